// SPDX-License-Identifier: Apache-2.0
#include "llm/batch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/stop.h"
#include "llm/dialect.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_RESULTS ((size_t)1 << 30)
#define CONNECT_MS 15000
#define STEP_MS 50 // how long a signal to stop may go unseen
#define LONGEST_WAIT_MS 60000
#define CLOCKS_APART 900 // seconds that the vendor's clock and ours may differ
#define LIST_LATE 60     // seconds that a new batch may not be in the vendor's list yet
#define LOOK_AGAIN_MS 3000
#define MOST_PAGES 1000 // of that list, 100 batches each

struct batches {
    const struct batch_form *form;
    struct http *http;
    struct batch_list list;
    struct arena arena; // addresses
    const char *url, *files;
    struct buf body, keys; // questions that are to go out
    struct map pending;    // their keys
    struct map foreign;    // ids of batches that were looked into and are another run's
    bool has_waited;       // for one that may be ours, which was said
    double dollars;        // their highest price
    size_t most;           // questions of one batch
    int n_tries;
    int64_t first_wait_ms;
    struct rng rng;
};

// ---- one request

static int wait_ms(int64_t ms, struct batches *b, struct err *err)
{
    int64_t until = clock_ms() + ms;
    int rc = stop_check(err);
    while (!rc && clock_ms() < until) {
        rc = http_wait(b->http, STEP_MS, err);
        if (!rc)
            rc = stop_check(err);
    }
    return rc;
}

static int talk_once(struct batches *b, const struct http_request *request,
                     struct http_answer *answer, struct err *err)
{
    int rc = http_send(b->http, request, b, err);
    while (!rc && !http_next(b->http, answer)) {
        rc = http_wait(b->http, STEP_MS, err);
        if (!rc)
            rc = stop_check(err);
    }
    struct http_answer ignored;
    while (rc && http_cancel(b->http, &ignored))
        ;
    return rc;
}

static bool is_good(const struct http_answer *answer)
{
    return answer->fault == HTTP_ANSWERED && answer->status >= 200 && answer->status < 300;
}

// Why a request was not taken, when trying again is no use; 0 when it may be.
static int judge(const struct batches *b, const struct http_answer *answer, struct heard *heard,
                 struct err *err)
{
    unsigned leave_out = 0;
    snprintf(heard->code, sizeof heard->code, "%s", http_fault_text(answer->fault));
    heard->wait_ms = -1;
    if (answer->fault == HTTP_TLS || answer->fault == HTTP_FORBIDDEN)
        return err_set(err, ERR_UNAVAILABLE, "%s: %s", http_host(b->http), heard->code);
    if (answer->fault != HTTP_ANSWERED)
        return 0;
    hear_status(answer, 0, http_host(b->http), heard, &leave_out, err);
    bool no_place = answer->status == 404 || answer->status == 405 || answer->status == 501;
    if (no_place)
        return err_set(err, ERR_CONFIG,
                       "%s has no interface for batches (%s); run without --batch "
                       "(--batch=no)",
                       http_host(b->http), heard->code);
    if (heard->kind == HEARD_STOP)
        return (int)err->code;
    if (heard->kind == HEARD_REJECTED || heard->kind == HEARD_ADAPT)
        return err_set(err, ERR_CONFIG,
                       "%s does not take the batch (%s); run without --batch "
                       "(--batch=no)",
                       http_host(b->http), heard->code);
    return 0;
}

// Sends until there is an answer that is good or, with `gone`, says that it is not there (*gone).
// With `unsure` set, an attempt that may have been taken all the same ends it (*unsure).
static int talk(struct batches *b, const struct http_request *request, struct http_answer *answer,
                bool *gone, bool *unsure, struct err *err)
{
    double bound = (double)b->first_wait_ms;
    for (int i = 1;; i++) {
        struct heard heard = { .answer = answer };
        int rc = talk_once(b, request, answer, err);
        if (rc || is_good(answer))
            return rc;
        if (gone && answer->fault == HTTP_ANSWERED && answer->status == 404) {
            *gone = true;
            return 0;
        }
        rc = judge(b, answer, &heard, err);
        if (rc)
            return rc;
        if (unsure && (answer->fault == HTTP_ANSWERED ? answer->status >= 500 : answer->sent)) {
            *unsure = true;
            return 0;
        }
        if (i >= b->n_tries)
            return err_set(err, ERR_TRY_AGAIN, "%s does not answer about batches: %s, %d times",
                           http_host(b->http), heard.code, i);
        int64_t wait = heard.wait_ms >= 0 ? heard.wait_ms : (int64_t)(rng_unit(&b->rng) * bound);
        bound = bound * 2 < LONGEST_WAIT_MS ? bound * 2 : LONGEST_WAIT_MS;
        rc = wait_ms(wait < 10 * LONGEST_WAIT_MS ? wait : 10 * LONGEST_WAIT_MS, b, err);
        if (rc)
            return rc;
    }
}

static int strange(const struct batches *b, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE,
                   "%s does not speak of batches as expected; run without "
                   "--batch (--batch=no)",
                   http_host(b->http));
}

static int read_news(const struct batches *b, struct str body, struct batch_news *news,
                     struct err *err)
{
    struct json *root = NULL;
    struct err why = { 0 };
    bool ok = json_open(&root, body, &why) == 0 && b->form->read_news(root, news);
    json_close(root);
    return ok ? 0 : strange(b, err);
}

static const char *url_of(struct arena *a, const char *base, const char *id, const char *behind)
{
    return arena_printf(a, "%s/%s%s", base, id, behind).ptr;
}

// ---- whose answer it is

// What a vendor gives back with the answer to a question of the batch of that name.
static void custom_id(const char *name, struct str key, char id[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    digest_add(&d, STR_LIT("clio batch 1"));
    digest_add(&d, str_of(name));
    digest_add(&d, key);
    digest_hex(&d, id);
}

// From the ids of a batch's questions to places in the list of keys.
static void map_ids(const struct batches *b, size_t index, struct map *ids)
{
    char id[DIGEST_HEX];
    for (size_t i = 0; i < b->list.keys.n; i++)
        if (b->list.keys.entries[i].value == index) {
            custom_id(b->list.items[index].name, b->list.keys.entries[i].key, id);
            map_add(ids, str_of(id), i, NULL);
        }
}

// Gives each line of a file of answers on, its key that of the question or "".
static int read_lines(struct batches *b, struct str rest, const struct map *ids, batch_each *each,
                      void *context, size_t *n_unreadable, struct err *err)
{
    struct arena a = { 0 };
    struct str text;
    int rc = 0;
    while (!rc && rest.len && str_cut(&rest, '\n', &text)) {
        struct json *root = NULL;
        struct err why = { 0 };
        struct batch_line line;
        if (!str_trim(text).len)
            continue;
        if (json_open_within(&root, text, ANSWER_VALUES, &why) == 0 &&
            b->form->read_line(root, &a, &line)) {
            size_t place = map_find(ids, line.key);
            line.key = place == SIZE_MAX ? str_make("", 0)
                                         : b->list.keys.entries[ids->entries[place].value].key;
            rc = each(context, &line, err);
        } else
            ++*n_unreadable;
        json_close(root);
        arena_release(&a);
    }
    return rc;
}

static int fetch_file(struct batches *b, const char *url, const struct map *ids, batch_each *each,
                      void *context, size_t *n_unreadable, struct err *err)
{
    struct http_request request = { .method = HTTP_GET, .url = url };
    struct http_answer answer;
    bool gone = false;
    int rc = talk(b, &request, &answer, &gone, NULL, err);
    return rc || gone ? rc : read_lines(b, answer.body, ids, each, context, n_unreadable, err);
}

// ---- sending

static int upload(struct batches *b, char id[BATCH_ID], struct err *err)
{
    struct http_answer answer;
    struct json *root = NULL;
    struct err why = { 0 };
    struct http_request request = { .url = b->files,
                                    .type = b->form->type,
                                    .body = buf_view(&b->body) };
    bool unsure = false;
    int rc = talk(b, &request, &answer, NULL, &unsure, err);
    if (!rc && unsure) {
        log_warning("%s did not say whether it took a file of questions, and may keep it: look "
                    "among its files for clio.jsonl and delete those of no batch",
                    http_host(b->http));
        rc = talk(b, &request, &answer, NULL, NULL, err);
    }
    if (rc)
        return rc;
    id[0] = 0;
    if (json_open(&root, answer.body, &why) == 0)
        batch_read_id(json_member(root, "id"), id);
    json_close(root);
    return id[0] ? 0 : strange(b, err);
}

static bool is_known(const struct batches *b, const char *id)
{
    for (size_t i = 0; i < b->list.n; i++)
        if (strcmp(b->list.items[i].id, id) == 0)
            return true;
    return false;
}

enum found { LOST, MAYBE, FOUND };

static int count_ours(void *context, const struct batch_line *line, struct err *err)
{
    size_t *n = context;
    (void)err;
    *n += line->key.len > 0;
    return 0;
}

// Whose a batch is that has ended, by the ids of its answers.
static int look_into(struct batches *b, size_t index, const char *id, enum found *found,
                     struct err *err)
{
    struct arena a = { 0 };
    struct map ids = { 0 };
    size_t n_ours = 0, n_unreadable = 0;
    map_ids(b, index, &ids);
    int rc = fetch_file(b, url_of(&a, b->url, id, "/results"), &ids, count_ours, &n_ours,
                        &n_unreadable, err);
    if (!rc && n_ours)
        *found = FOUND;
    else if (!rc)
        map_add(&b->foreign, str_of(id), 0, NULL);
    map_release(&ids);
    arena_release(&a);
    return rc;
}

// Whether a batch that the vendor lists is this one of ours, whose id never arrived. Where it keeps
// no name of ours, the number of questions and the time must fit, and then its answers; while it
// runs it may be ours.
static int compare(struct batches *b, size_t index, const struct batch_news *news,
                   enum found *found, struct err *err)
{
    const struct batch *batch = &b->list.items[index];
    if (is_known(b, news->id) || map_find(&b->foreign, str_of(news->id)) != SIZE_MAX)
        return 0;
    if (b->form->uploads) {
        *found = strcmp(news->name, batch->name) == 0 ? FOUND : *found;
        return 0;
    }
    if (news->n_all != (int64_t)batch->n || news->made < batch->made - CLOCKS_APART ||
        news->made > batch->made + CLOCKS_APART)
        return 0;
    if (news->state != BATCH_RUNS)
        return look_into(b, index, news->id, found, err);
    *found = MAYBE;
    return 0;
}

// One page of the vendor's list, the newest first, behind the batch `last`, which becomes the last
// one of it; "" when there is no use in another.
static int look_at_page(struct batches *b, size_t index, char last[BATCH_ID], enum found *found,
                        struct err *err)
{
    struct arena a = { 0 };
    struct http_answer answer;
    struct json *root = NULL;
    struct err why = { 0 };
    const char *url = arena_printf(&a, "%s?limit=100%s%s%s%s", b->url, last[0] ? "&" : "",
                                   last[0] ? b->form->after : "", last[0] ? "=" : "", last)
                          .ptr;
    struct http_request request = { .method = HTTP_GET, .url = url };
    struct batch_news news = { 0 };
    const struct batch *batch = &b->list.items[index];
    int rc = talk(b, &request, &answer, NULL, NULL, err);
    if (!rc && json_open(&root, answer.body, &why))
        rc = strange(b, err);
    const struct json *data = json_member(root, "data");
    last[0] = 0;
    for (size_t i = 0; !rc && *found != FOUND && i < json_length(data); i++) {
        if (!b->form->read_news(json_element(data, i), &news))
            continue;
        rc = compare(b, index, &news, found, err);
        bool older = news.made && news.made < batch->made - CLOCKS_APART;
        snprintf(last, BATCH_ID, "%s", older ? "" : news.id);
    }
    if (!json_truth(json_member(root, "has_more")))
        last[0] = 0;
    if (!rc && *found == FOUND)
        rc = batch_list_name(&b->list, index, news.id, news.input, err);
    json_close(root);
    arena_release(&a);
    return rc;
}

// Looks for a batch whose id never arrived; once more after a while when it can be so new that the
// list does not have it yet.
static int find_lost(struct batches *b, size_t index, enum found *found, struct err *err)
{
    int rc = 0;
    *found = LOST;
    for (int round = 0; !rc && *found == LOST && round < 2; round++) {
        char last[BATCH_ID] = "";
        if (round && clock_unix() - b->list.items[index].made > LIST_LATE)
            break;
        if (round)
            rc = wait_ms(LOOK_AGAIN_MS, b, err);
        for (int page = 0; !rc && *found != FOUND && page < MOST_PAGES && (!page || last[0]);
             page++)
            rc = look_at_page(b, index, last, found, err);
    }
    if (!rc && *found == MAYBE && !b->has_waited) {
        b->has_waited = true;
        log_note("a batch under way at %s may be one of these or another run's; which of them is "
                 "known when it has ended",
                 http_host(b->http));
    }
    return rc;
}

static int create(struct batches *b, size_t index, const char *file, struct err *err)
{
    struct http_request request = { .url = b->url, .type = NULL, .body = buf_view(&b->body) };
    struct buf body;
    struct batch_news news;
    bool done = false;
    enum found found = LOST;
    int rc = 0;
    buf_init(&body, 1024, "batch");
    if (b->form->uploads) {
        rc = batch_put_create(&body, b->list.items[index].name, file, err);
        request.body = buf_view(&body);
    }
    for (int i = 0; !rc && !done; i++) {
        struct http_answer answer;
        bool unsure = false;
        rc = talk(b, &request, &answer, NULL, &unsure, err);
        if (!rc && unsure)
            rc = find_lost(b, index, &found, err);
        else if (!rc)
            rc = read_news(b, answer.body, &news, err);
        done = found != LOST;
        if (!rc && !unsure) {
            rc = batch_list_name(&b->list, index, news.id, file, err);
            done = true;
        }
        if (!rc && !done && i + 1 >= b->n_tries)
            rc = err_set(err, ERR_TRY_AGAIN, "%s breaks off whenever a batch is sent",
                         http_host(b->http));
    }
    buf_release(&body);
    return rc;
}

size_t batches_pending(const struct batches *b)
{
    return b->pending.n;
}

double batches_drop(struct batches *b)
{
    double dollars = b->dollars;
    b->dollars = 0;
    map_clear(&b->pending);
    buf_release(&b->body);
    buf_release(&b->keys);
    return dollars;
}

int batches_send(struct batches *b, struct err *err)
{
    char file[BATCH_ID] = "";
    size_t index = 0, n = b->pending.n;
    if (!n)
        return 0;
    int rc = batch_list_add(&b->list, buf_view(&b->keys), b->dollars, &index, err);
    if (rc)
        return rc;
    rc = b->form->end(&b->body, err);
    if (!rc && b->form->uploads)
        rc = upload(b, file, err);
    if (!rc && b->form->uploads) // so that it is deleted whatever comes
        rc = batch_list_name(&b->list, index, "", file, err);
    if (!rc)
        rc = create(b, index, file, err);
    struct err ignored = { 0 };
    if (!rc)
        log_note("a batch of %zu questions is under way at %s", n, http_host(b->http));
    else if (b->form->uploads && !file[0] && batch_list_end(&b->list, index, &ignored))
        err_clear(&ignored); // it never got that far; the next start sees that too
    batches_drop(b);
    return rc;
}

int batches_add(struct batches *b, struct str key, struct str body, double dollars, struct err *err)
{
    char id[DIGEST_HEX];
    int rc = 0;
    if (b->pending.n && b->body.len + body.len > BATCH_BYTES)
        rc = batches_send(b, err);
    bool first = b->pending.n == 0;
    if (!rc && first)
        rc = b->form->begin(&b->body, err);
    custom_id(b->list.next, key, id);
    if (!rc)
        rc = b->form->put_item(&b->body, first, str_of(id), body, err);
    if (!rc)
        rc = buf_add(&b->keys, key, err);
    if (rc)
        return rc;
    map_add(&b->pending, key, 0, NULL);
    b->dollars += dollars;
    return b->pending.n >= b->most ? batches_send(b, err) : 0;
}

uint64_t batches_find(const struct batches *b, struct str key)
{
    if (map_find(&b->pending, key) != SIZE_MAX)
        return BATCH_PENDING;
    return batch_list_find(&b->list, key);
}

uint64_t batches_claim(struct batches *b, struct str key)
{
    uint64_t pending = batches_find(b, key);
    return pending == BATCH_PENDING ? pending : batch_list_claim(&b->list, key);
}

bool batches_keeps(const struct batches *b, size_t index, struct str key)
{
    return batch_list_keeps(&b->list, index, key);
}

void batches_shrink(struct batches *b)
{
    b->most = b->most / 2 > BATCH_LEAST ? b->most / 2 : BATCH_LEAST;
}

// ---- asking and fetching

size_t batches_n(const struct batches *b)
{
    return b->list.n;
}

size_t batches_n_open(const struct batches *b)
{
    return b->list.n_open;
}

const struct batch *batches_item(const struct batches *b, size_t index)
{
    return &b->list.items[index];
}

const char *batches_host(const struct batches *b)
{
    return http_host(b->http);
}

int batches_ask(struct batches *b, size_t index, struct batch_news *news, struct err *err)
{
    struct arena a = { 0 };
    struct http_answer answer;
    bool gone = false;
    enum found what = FOUND;
    int rc = 0;
    if (!b->list.items[index].id[0]) // a run ended while it was sent
        rc = find_lost(b, index, &what, err);
    *news = (struct batch_news){ .state = what == MAYBE ? BATCH_RUNS : BATCH_ENDED };
    if (rc || what == MAYBE)
        return rc;
    bool found = what == FOUND;
    struct http_request request = { .method = HTTP_GET,
                                    .url = url_of(&a, b->url, b->list.items[index].id, "") };
    if (!rc && !found && b->form->uploads && !b->list.items[index].file[0])
        log_warning("a command ended while it sent a batch to %s, which may keep its questions: "
                    "look among its files for clio.jsonl and delete those of no batch",
                    http_host(b->http));
    if (!rc && found)
        rc = talk(b, &request, &answer, &gone, NULL, err);
    if (!rc && found && !gone)
        rc = read_news(b, answer.body, news, err);
    if (!rc && gone)
        log_warning("%s no longer knows a batch of %zu questions; they are asked again",
                    http_host(b->http), b->list.items[index].n);
    arena_release(&a);
    return rc;
}

int batches_fetch(struct batches *b, size_t index, const struct batch_news *news, batch_each *each,
                  void *context, size_t *n_unreadable, struct err *err)
{
    struct arena a = { 0 };
    struct map ids = { 0 };
    int rc = 0;
    map_ids(b, index, &ids);
    if (!b->form->uploads && news->id[0])
        rc = fetch_file(b, url_of(&a, b->url, b->list.items[index].id, "/results"), &ids, each,
                        context, n_unreadable, err);
    for (size_t i = 0; !rc && b->form->uploads && i < BATCH_FILES; i++)
        if (news->files[i][0])
            rc = fetch_file(b, url_of(&a, b->files, news->files[i], "/content"), &ids, each,
                            context, n_unreadable, err);
    map_release(&ids);
    arena_release(&a);
    return rc;
}

static void delete_one(struct batches *b, const char *base, const char *id, bool *kept)
{
    struct arena a = { 0 };
    struct err ignored = { 0 };
    struct http_answer answer;
    struct http_request request = { .method = HTTP_DELETE, .url = url_of(&a, base, id, "") };
    if (id[0] &&
        (talk_once(b, &request, &answer, &ignored) || (!is_good(&answer) && answer.status != 404)))
        *kept = true;
    arena_release(&a);
}

int batches_end(struct batches *b, size_t index, const struct batch_news *news, bool ours,
                struct err *err)
{
    struct batch batch = b->list.items[index];
    bool kept = false;
    int rc = batch_list_end(&b->list, index, err);
    if (rc)
        return rc;
    if (!b->form->uploads && !ours)
        log_warning("a batch at %s (%s) that was taken for one of these has no answer to any of "
                    "its questions; it stays there for whose it is",
                    http_host(b->http), batch.id);
    if (!b->form->uploads && ours)
        delete_one(b, b->url, news->id, &kept);
    for (size_t i = 0; b->form->uploads && i < BATCH_FILES; i++)
        delete_one(b, b->files, news->files[i], &kept);
    if (b->form->uploads)
        delete_one(b, b->files, batch.file[0] ? batch.file : news->input, &kept);
    if (kept)
        log_warning("%s did not delete all of a batch (%s); it keeps questions or answers until "
                    "they expire there",
                    http_host(b->http), batch.id);
    return 0;
}

// ---- opening

void batches_close(struct batches *b)
{
    if (!b)
        return;
    batches_drop(b);
    map_release(&b->pending);
    map_release(&b->foreign);
    batch_list_release(&b->list);
    http_close(b->http);
    arena_release(&b->arena);
    free(b);
}

static int open_parts(struct batches *b, const struct llm_remote_options *options, struct err *err)
{
    struct arena keys = { 0 };
    const struct dialect *dialect = dialect_of(options->dialect);
    const char *headers[8];
    const char *base = options->url && *options->url ? options->url : dialect->home;
    struct str url = dialect_url(dialect, base, &b->arena);
    bool uploads = options->dialect != LLM_ANTHROPIC;
    struct str root = uploads ? str_head(url, url.len - strlen(dialect->path)) : url;
    b->form = uploads ? &batch_form_openai : &batch_form_anthropic;
    b->url = arena_printf(&b->arena, "%.*s/batches", STR_ARG(root)).ptr;
    b->files = arena_printf(&b->arena, "%.*s/files", STR_ARG(root)).ptr;
    dialect_headers(options, &keys, headers);
    struct http_options how = { .url = b->url,
                                .headers = headers,
                                .only_loopback = options->only_loopback,
                                .most_in_flight = 1,
                                .most_bytes = MOST_RESULTS,
                                .connect_ms = CONNECT_MS,
                                .idle_ms = options->timeout_ms,
                                .total_ms = 10 * options->timeout_ms };
    int rc = http_open(&b->http, &how, err);
    dialect_wipe_headers(headers);
    arena_release(&keys);
    if (!rc)
        rc = batch_list_open(&b->list, options->batches, options->seal, http_host(b->http), err);
    return rc;
}

int batches_open(struct batches **out, const struct llm_remote_options *options, struct err *err)
{
    struct batches *b = calloc(1, sizeof *b);
    if (!b)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    b->list.fd = -1;
    b->most = BATCH_MOST;
    b->n_tries = options->n_tries;
    b->first_wait_ms = options->first_wait_ms;
    buf_init(&b->body, 4 * BATCH_BYTES, "batch");
    buf_init(&b->keys, BATCH_MOST * DIGEST_HEX, "batch");
    rng_init(&b->rng, options->seed, "batches");
    int rc = open_parts(b, options, err);
    if (rc) {
        batches_close(b);
        return rc;
    }
    if (b->list.n_elsewhere)
        log_warning("%zu batches are under way at another host than %s; their answers are not "
                    "asked for now",
                    b->list.n_elsewhere, http_host(b->http));
    *out = b;
    return 0;
}
