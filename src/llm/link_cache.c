// SPDX-License-Identifier: Apache-2.0
// Answers by the digest of model, prompt and settings, in one private file of the run (mode 0600):
// a JSON object a line, `key` first, written as it comes. So a run that was killed at any moment
// asks for nothing twice, and a finished one can be repeated from its answers alone. A line that
// was cut off by a crash is dropped when the file is opened. In memory is only where each answer
// stands. Of several lines with one key the last counts; one with `forgotten` says that the answers
// before it are no use, to all but a replay; one with `gap` says why there is no answer, to a
// replay alone.
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "llm/call.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "{\"key\":\""
#define HEAD_BYTES (sizeof HEAD - 1)
#define FORGOTTEN "\",\"forgotten\":true}"
#define GAP "\",\"gap\":\""
// Values of `places` that are none: a gap, by its reason in llm_whys; an answer that is forgotten.
#define GAPS (NOWHERE - LLM_N_WHYS)
#define NOWHERE UINT64_MAX
#define COUNTED ((uint64_t)1 << 62) // on a place: it is among the answers from before already
#define MOST_LINE ((size_t)16 << 20)
#define BLOCK ((size_t)1 << 18)

struct cache {
    struct call_link link;
    struct llm_spend *spend;
    struct map places; // key -> offset of the line
    char *path;
    int fd;
    int64_t end, before; // of the file, now and when it was opened
    bool only_replay, is_sealed;
    struct seal_key key; // when lines are sealed: each is base64 of such an object
    size_t n_unreadable; // lines under another key, or damaged
    struct buf line, plain;
    char *host; // who is asked now; NULL = nobody
    bool told;  // of an answer from another one
};

static const char *const stop_names[] = { "finished", "cut", "failed" };

static bool is_key(const char *p)
{
    for (size_t i = 0; i < DIGEST_HEX - 1; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
            return false;
    return true;
}

// The line as it is to be read. False when it cannot be unsealed.
static bool open_line(struct cache *cache, struct str *line)
{
    if (!cache->is_sealed)
        return true;
    if (!crypto_unseal_line(&cache->key, *line, &cache->plain))
        return false;
    *line = buf_view(&cache->plain);
    return true;
}

static void note_place(struct cache *cache, struct str key, uint64_t place)
{
    bool is_new;
    size_t i = map_add(&cache->places, key, place, &is_new);
    if (!is_new)
        cache->places.entries[i].value = place;
}

static uint64_t place_of(const struct cache *cache, const char *key)
{
    size_t i = map_find(&cache->places, str_of(key));
    uint64_t place = i == SIZE_MAX ? NOWHERE : cache->places.entries[i].value;
    return place < GAPS ? place & ~COUNTED : place;
}

// An answer of an earlier command, once however often it is looked up.
static void count_answer(struct cache *cache, const char *key, uint64_t place)
{
    struct map_entry *entry = &cache->places.entries[map_find(&cache->places, str_of(key))];
    if (place < (uint64_t)cache->before && entry->value == place) {
        cache->spend->n_cached++;
        entry->value |= COUNTED;
    }
}

// The reason on a line of a gap, behind its key.
static uint64_t read_gap(struct str rest)
{
    struct str word;
    rest = str_from(rest, strlen(GAP));
    str_cut(&rest, '"', &word);
    for (size_t i = 0; i < LLM_N_WHYS; i++)
        if (str_equal(word, str_of(llm_whys[i])))
            return GAPS + i;
    return NOWHERE;
}

static void note_line(struct cache *cache, struct str line)
{
    struct str key = str_make(line.ptr + HEAD_BYTES, DIGEST_HEX - 1);
    struct str rest = str_from(line, HEAD_BYTES + DIGEST_HEX - 1);
    if (str_starts(rest, STR_LIT(GAP)))
        note_place(cache, key, read_gap(rest));
    else if (!str_equal(rest, STR_LIT(FORGOTTEN)))
        note_place(cache, key, (uint64_t)cache->end);
    else if (!cache->only_replay)
        note_place(cache, key, NOWHERE);
}

// Notes the whole lines in the buffer and drops them from it.
static void note_lines(struct cache *cache, struct buf *block)
{
    size_t from = 0;
    char *end;
    while ((end = memchr(block->ptr + from, '\n', block->len - from))) {
        size_t len = (size_t)(end - block->ptr) - from;
        struct str line = str_make(block->ptr + from, len);
        if (!open_line(cache, &line))
            cache->n_unreadable++;
        else if (line.len > HEAD_BYTES + DIGEST_HEX && memcmp(line.ptr, HEAD, HEAD_BYTES) == 0 &&
                 is_key(line.ptr + HEAD_BYTES))
            note_line(cache, line);
        cache->end += (int64_t)len + 1;
        from += len + 1;
    }
    buf_drop(block, from);
}

static int read_places(struct cache *cache, struct err *err)
{
    struct buf block;
    ssize_t n = 1;
    int rc = 0;
    buf_init(&block, MOST_LINE, "answer");
    while (!rc && n > 0) {
        char *place = buf_room(&block, BLOCK, err);
        if (!place) {
            rc = err_add(err, "%s", cache->path);
            break;
        }
        n = read(cache->fd, place, BLOCK);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            rc = err_set_errno(err, ERR_IO, errno, "%s cannot be read", cache->path);
        else {
            block.len += (size_t)n;
            note_lines(cache, &block);
        }
    }
    buf_release(&block);
    if (cache->n_unreadable)
        log_warning("%zu answers in %s cannot be unsealed with this vault's key; what is needed of "
                    "them is asked again",
                    cache->n_unreadable, cache->path);
    if (!rc && !cache->only_replay && ftruncate(cache->fd, cache->end) != 0)
        rc = err_set_errno(err, ERR_IO, errno, "%s cannot be written", cache->path);
    return rc;
}

static int read_line(struct cache *cache, int64_t at, struct err *err)
{
    buf_clear(&cache->line);
    for (;;) {
        char *place = buf_room(&cache->line, 4096, err);
        if (!place)
            return (int)err->code;
        ssize_t n = pread(cache->fd, place, 4096, at + (int64_t)cache->line.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(err, ERR_IO, "%s became shorter while it was read", cache->path);
        char *end = memchr(place, '\n', (size_t)n);
        cache->line.len += end ? (size_t)(end - place) : (size_t)n;
        if (end)
            return 0;
    }
}

void cache_set_host(struct call_link *self, const char *host)
{
    ((struct cache *)self)->host = strdup(host);
}

// The same name may be another model elsewhere.
static void check_host(struct cache *cache, struct str host)
{
    if (!host.len || !cache->host || cache->told || str_equal(host, str_of(cache->host)))
        return;
    log_warning("%s holds answers of %.*s to what would be asked of %s now; they are used as they "
                "are. If its model of this name is another one, begin a new run",
                cache->path, STR_ARG(str_head(host, 200)), cache->host);
    cache->told = true;
}

static int parse_line(struct cache *cache, struct call *call, struct err *err)
{
    struct json *root;
    struct str line = buf_view(&cache->line);
    if (!open_line(cache, &line))
        return err_set(err, ERR_DATA, "a line of %s was changed while it was in use", cache->path);
    int rc = json_open(&root, line, err);
    if (rc)
        return err_add(err, "%s", cache->path);
    struct str stop = json_str(json_member(root, "stop"));
    int64_t n_in = 0, n_out = 0;
    json_whole(json_member(root, "in"), &n_in);
    json_whole(json_member(root, "out"), &n_out);
    *call->reply = (struct llm_reply){
        .text = raw_of(arena_str(call->a, json_str(json_member(root, "reply")))),
        .n_prompt_tokens = (int)n_in, .n_reply_tokens = (int)n_out
    };
    for (size_t i = 0; i < COUNT_OF(stop_names); i++)
        if (str_equal(stop, str_of(stop_names[i])))
            call->reply->stop = (enum llm_stop)i;
    check_host(cache, json_str(json_member(root, "host")));
    if (call->reply->stop == LLM_FAILED)
        call->reply->why = WHY_REFUSED; // no other failure is kept
    json_close(root);
    return 0;
}

static int before(struct call_link *self, struct call *call, enum call_fate *fate, struct err *err)
{
    struct cache *cache = (struct cache *)self;
    uint64_t place = place_of(cache, call->key);
    int rc = 0;
    if (place >= GAPS && !cache->only_replay)
        return 0;
    if (place == NOWHERE)
        return err_set(err, ERR_NO_INPUT,
                       "%s holds no answer to a question: the run that it is of has another model, "
                       "other settings or conversations, or was not finished",
                       cache->path);
    if (place >= GAPS) {
        *call->reply = (struct llm_reply){ .text = raw_of(STR_LIT("")),
                                           .stop = LLM_FAILED,
                                           .why = llm_whys[place - GAPS] };
    } else {
        rc = read_line(cache, (int64_t)place, err);
        if (!rc)
            rc = parse_line(cache, call, err);
        if (!rc)
            count_answer(cache, call->key, place);
    }
    *fate = CALL_ANSWERED;
    return rc;
}

static int put_answer(struct cache *cache, const struct call *call, struct err *err)
{
    const struct llm_reply *reply = call->reply;
    struct buf *line = &cache->line;
    buf_clear(line);
    int rc = buf_printf(line, err, HEAD "%s\",\"stop\":\"%s\",\"in\":%d,\"out\":%d,", call->key,
                        stop_names[reply->stop], reply->n_prompt_tokens, reply->n_reply_tokens);
    if (!rc && cache->host)
        rc = buf_add(line, STR_LIT("\"host\":"), err);
    if (!rc && cache->host)
        rc = json_put_str(line, str_of(cache->host), err);
    if (!rc)
        rc = buf_add(line, cache->host ? STR_LIT(",\"reply\":") : STR_LIT("\"reply\":"), err);
    if (!rc)
        rc = json_put_str(line, reply->text.s, err);
    return rc ? rc : buf_add(line, STR_LIT("}"), err);
}

// Writes cache->line behind the others.
static int write_line(struct cache *cache, struct err *err)
{
    struct buf *line = &cache->line;
    int rc = 0;
    if (cache->is_sealed) {
        rc = crypto_seal_line(&cache->key, buf_view(line), &cache->plain, err);
        buf_clear(line);
        if (!rc)
            rc = buf_add(line, buf_view(&cache->plain), err);
    }
    if (!rc)
        rc = buf_add(line, STR_LIT("\n"), err);
    for (size_t done = 0; !rc && done < line->len;) {
        ssize_t n = pwrite(cache->fd, line->ptr + done, line->len - done,
                           cache->end + (int64_t)done);
        if (n < 0 && errno != EINTR)
            rc = err_set_errno(err, ERR_IO, errno, "%s cannot be written", cache->path);
        done += n > 0 ? (size_t)n : 0;
    }
    return rc;
}

static int after(struct call_link *self, struct call *call, struct heard *heard,
                 enum call_fate *fate, struct err *err)
{
    struct cache *cache = (struct cache *)self;
    (void)fate;
    if (heard->kind != HEARD_ANSWER && heard->kind != HEARD_REFUSED)
        return 0;
    int rc = put_answer(cache, call, err);
    if (!rc)
        rc = write_line(cache, err);
    if (rc)
        return rc;
    note_place(cache, str_of(call->key), (uint64_t)cache->end);
    cache->end += (int64_t)cache->line.len;
    return 0;
}

// A line without an answer: its key, what stands behind it, and what it means.
static int write_mark(struct cache *cache, const char *key, const char *rest, uint64_t place,
                      struct err *err)
{
    buf_clear(&cache->line);
    int rc = buf_printf(&cache->line, err, HEAD "%s%s", key, rest);
    if (!rc)
        rc = write_line(cache, err);
    if (rc)
        return rc;
    note_place(cache, str_of(key), place);
    cache->end += (int64_t)cache->line.len;
    return 0;
}

int cache_forget(struct call_link *self, const char *key, struct err *err)
{
    struct cache *cache = (struct cache *)self;
    if (cache->only_replay || place_of(cache, key) >= GAPS)
        return 0;
    return write_mark(cache, key, FORGOTTEN, NOWHERE, err);
}

int cache_keep_gap(struct call_link *self, const char *key, const char *why, struct err *err)
{
    struct cache *cache = (struct cache *)self;
    size_t i = llm_why_place(why);
    char rest[64];
    if (cache->only_replay || place_of(cache, key) == GAPS + i)
        return 0;
    snprintf(rest, sizeof rest, GAP "%s\"}", llm_whys[i]);
    return write_mark(cache, key, rest, GAPS + i, err);
}

static void close_cache(struct call_link *self)
{
    struct cache *cache = (struct cache *)self;
    if (cache->fd >= 0) {
        if (fsync(cache->fd) != 0)
            errno = 0; // a replay may stand on a read-only disk; a lost answer is asked for again
        close(cache->fd);
    }
    map_release(&cache->places);
    buf_release(&cache->line);
    buf_release(&cache->plain);
    crypto_wipe(&cache->key, sizeof cache->key);
    free(cache->path);
    free(cache->host);
    free(cache);
}

int link_cache_open(struct call_link **link, const struct llm_remote_options *options,
                    struct llm_spend *spend, struct err *err)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    cache->link = (struct call_link){ "cache", before, after, close_cache, NULL };
    cache->spend = spend;
    cache->only_replay = options->dialect == LLM_REPLAY;
    cache->path = strdup(options->answers);
    buf_init(&cache->line, MOST_LINE, "answer");
    buf_init(&cache->plain, MOST_LINE, "answer");
    cache->is_sealed = options->seal != NULL;
    if (options->seal)
        cache->key = *options->seal;
    int flags = cache->only_replay ? O_RDONLY : O_RDWR | O_CREAT;
    cache->fd = cache->path ? open(cache->path, flags | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    int rc = 0;
    if (cache->fd < 0)
        rc = err_set_errno(err, cache->only_replay ? ERR_NO_INPUT : ERR_CANNOT_CREATE, errno,
                           "the file of answers %s cannot be opened", options->answers);
    if (!rc)
        rc = read_places(cache, err);
    cache->before = cache->end;
    if (rc) {
        close_cache(&cache->link);
        return rc;
    }
    for (size_t i = 0; i < cache->places.n; i++)
        spend->n_known += cache->places.entries[i].value < GAPS;
    *link = &cache->link;
    return 0;
}
