// SPDX-License-Identifier: Apache-2.0
// Recorded answers, for tests: the same answers on every machine and without a model. A file has a
// JSON object a line: {"key":…,"stop":…,"reply":…}. The key is a digest of all that makes up the
// request, so a recording holds no prompt. With a link behind, what is not there is asked of it and
// added to the file when the chain is closed.
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "llm/llm.h"

#include <stdlib.h>

#define MOST_BYTES ((size_t)256 << 20)

struct recorded {
    struct str text;
    enum llm_stop stop;
};
struct replay {
    struct llm_link link;
    struct arena arena;
    const char *path;
    struct map keys; // -> index into answers
    struct recorded *answers;
    size_t n_room;
    bool has_news;
};

static const char *const stop_names[] = { "finished", "cut", "failed" };

static void digest_of(const struct llm_request *request, char key[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    digest_add(&d, request->prefix);
    digest_add(&d, request->prompt.s);
    digest_add(&d, request->stem);
    digest_add(&d, str_of(request->grammar ? request->grammar : ""));
    digest_add(&d, str_make((const char *)&request->max_tokens, sizeof request->max_tokens));
    digest_hex(&d, key);
}

static void keep(struct replay *replay, struct str key, struct str text, enum llm_stop stop)
{
    bool is_new;
    size_t i = map_add(&replay->keys, key, 0, &is_new);
    if (!is_new)
        return;
    replay->answers =
        arena_room(&replay->arena, replay->answers, i, &replay->n_room, sizeof *replay->answers);
    replay->answers[i] = (struct recorded){ arena_str(&replay->arena, text), stop };
}

static int read_line(struct replay *replay, struct str line, struct err *err)
{
    struct json *root;
    int rc = json_open(&root, line, err);
    if (rc)
        return rc;
    struct str key = json_str(json_member(root, "key")), stop = json_str(json_member(root, "stop"));
    const struct json *reply = json_member(root, "reply");
    rc = ERR_DATA;
    for (size_t i = 0; i < COUNT_OF(stop_names); i++)
        if (str_equal(stop, str_of(stop_names[i])) && key.len == DIGEST_HEX - 1 &&
            json_kind(reply) == JSON_TEXT) {
            keep(replay, key, json_str(reply), (enum llm_stop)i);
            rc = 0;
        }
    json_close(root);
    return rc ? err_set(err, ERR_DATA, "no recorded answer") : 0;
}

static int read_recording(struct replay *replay, struct err *err)
{
    struct str file, line;
    size_t n = 0;
    int rc = file_read(&replay->arena, replay->path, MOST_BYTES, &file, err);
    while (!rc && file.len && str_cut(&file, '\n', &line)) {
        n++;
        if (line.len && (rc = read_line(replay, line, err)))
            err_add(err, "%s, line %zu", replay->path, n);
    }
    return rc;
}

static int write_recording(const struct replay *replay, struct err *err)
{
    struct buf out;
    int rc = 0;
    buf_init(&out, MOST_BYTES, "recording");
    for (size_t i = 0; !rc && i < replay->keys.n; i++) {
        const struct recorded *answer = &replay->answers[i];
        rc = buf_printf(&out, err, "{\"key\":\"%.*s\",\"stop\":\"%s\",\"reply\":",
                        STR_ARG(replay->keys.entries[i].key), stop_names[answer->stop]);
        if (!rc)
            rc = json_put_str(&out, answer->text, err);
        if (!rc)
            rc = buf_add(&out, STR_LIT("}\n"), err);
    }
    if (!rc)
        rc = file_write_private(replay->path, buf_view(&out), err);
    buf_release(&out);
    return rc;
}

// Asks the link behind for what is not recorded, in one call and in order.
static int ask_missing(struct replay *replay, const struct llm_request *requests, size_t n,
                       struct arena *a, struct err *err)
{
    struct llm_request *missing = arena_array(a, n, sizeof *missing);
    struct llm_reply *replies = arena_zero_array(a, n, sizeof *replies);
    char key[DIGEST_HEX];
    size_t n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        digest_of(&requests[i], key);
        if (map_find(&replay->keys, str_of(key)) == SIZE_MAX)
            missing[n_missing++] = requests[i];
    }
    if (!n_missing)
        return 0;
    if (!replay->link.next)
        return err_set(err, ERR_NO_INPUT, "%s holds no answer for %zu of %zu prompts; record anew",
                       replay->path, n_missing, n);
    int rc = llm_ask(replay->link.next, missing, n_missing, a, replies, err);
    for (size_t i = 0; !rc && i < n_missing; i++) {
        digest_of(&missing[i], key);
        keep(replay, str_of(key), replies[i].text.s, replies[i].stop);
        replay->has_news = true;
    }
    return rc;
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *err)
{
    struct replay *replay = (struct replay *)self;
    int rc = ask_missing(replay, requests, n, a, err);
    for (size_t i = 0; !rc && i < n; i++) {
        char key[DIGEST_HEX];
        digest_of(&requests[i], key);
        const struct recorded *answer = &replay->answers[map_find(&replay->keys, str_of(key))];
        replies[i] =
            (struct llm_reply){ .text = raw_of(arena_str(a, answer->text)), .stop = answer->stop };
    }
    return rc;
}

static void close_replay(struct llm_link *self)
{
    struct replay *replay = (struct replay *)self;
    struct err ignored = { 0 };
    if (replay->has_news && write_recording(replay, &ignored))
        err_clear(&ignored); // a recording is for tests, which then miss it
    map_release(&replay->keys);
    arena_release(&replay->arena);
    free(replay);
}

int llm_open_replay(struct llm_link **llm, const char *path, struct llm_link *next, struct err *err)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (!replay)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    replay->link = (struct llm_link){ "replay", ask, close_replay, next, NULL, NULL };
    replay->path = arena_copy(&replay->arena, str_of(path));
    int rc = next && !file_exists(path) ? 0 : read_recording(replay, err);
    if (rc) {
        close_replay(&replay->link);
        return rc;
    }
    *llm = &replay->link;
    return 0;
}
