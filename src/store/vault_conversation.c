// SPDX-License-Identifier: Apache-2.0
// Reading conversations. Cost: one indexed walk over `conversation`, one copy of what is read.
// Transcripts are our own compact JSON, so they are decoded by a small reader here.
#include "store/vault_conversation.h"

#include "store/sql.h"

#define MAX_BATCH_BYTES ((size_t)16 << 20)

static const char *const role_names[] = { "user", "assistant", "system", "tool", "other" };

const char *turn_role_name(enum turn_role role)
{
    return role_names[role];
}

static struct conversation copy_row(struct arena *a, struct sql_query *q)
{
    return (struct conversation){
        .seq = sql_i64(q, 0),
        .id = sql_i64(q, 1),
        .external_id = sql_copy(a, q, 2),
        .has_account = !sql_is_null(q, 3),
        .account_id = sql_i64(q, 3),
        .has_time = !sql_is_null(q, 4),
        .time = sql_i64(q, 4),
        .language = sql_copy(a, q, 5),
        .model = sql_copy(a, q, 6),
        .columns = sql_copy(a, q, 7),
        .n_turns = sql_i64(q, 8),
        .turns = sql_copy(a, q, 9),
    };
}

#define THAT_COUNT                                                                                 \
    "SELECT seq, id, external_id, account_id, time, language, model, columns, n_turns, turns "     \
    "FROM conversation c WHERE seq > ?1 AND seq NOT IN (SELECT seq FROM copy) AND "                \
    "seq NOT IN (SELECT seq FROM screened_out) AND seq NOT IN (SELECT seq FROM left_out) "

static int read_rows(struct sql_query *q, int64_t after_seq, size_t max_n, struct arena *a,
                     struct conversations *out, struct err *err)
{
    size_t n_bytes = 0, n_room = 0;
    bool row = true;
    int rc = 0;
    sql_bind_i64(q, 1, after_seq);
    sql_bind_i64(q, 2, (int64_t)size_min(max_n, INT64_MAX));
    while (n_bytes < MAX_BATCH_BYTES && !(rc = sql_step(q, &row, err)) && row) {
        out->items = arena_room(a, out->items, out->n, &n_room, sizeof *out->items);
        out->items[out->n] = copy_row(a, q);
        n_bytes += out->items[out->n++].turns.len;
    }
    sql_finish(q);
    return rc;
}

int vault_read_conversations(struct vault *vault, int64_t after_seq, size_t max_n, struct arena *a,
                             struct conversations *out, struct err *err)
{
    struct sql_query *q;
    *out = (struct conversations){ 0 };
    int rc = sql_prepare(vault_sql(vault), THAT_COUNT "ORDER BY seq LIMIT ?2", &q, err);
    return rc ? rc : read_rows(q, after_seq, max_n, a, out, err);
}

int vault_read_to_ask(struct vault *vault, const char *facet, int64_t after_seq, size_t max_n,
                      struct arena *a, struct conversations *out, struct err *err)
{
    struct sql_query *q;
    *out = (struct conversations){ 0 };
    int rc = sql_prepare(vault_sql(vault),
                         THAT_COUNT "AND NOT EXISTS (SELECT 1 FROM facet_value f WHERE f.facet = "
                                    "?3 AND f.seq = c.seq) ORDER BY seq LIMIT ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 3, str_of(facet));
    return read_rows(q, after_seq, max_n, a, out, err);
}

// Reading our own JSON: a cursor that fails by running to the end with `bad` set.
struct cursor {
    const char *at, *end;
    bool bad;
};

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static void need(struct cursor *c, char wanted)
{
    c->bad = c->bad || !take(c, wanted);
}

static uint32_t take_hex(struct cursor *c)
{
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        char d = c->at < c->end ? *c->at++ : 'x';
        bool digit = d >= '0' && d <= '9', letter = d >= 'a' && d <= 'f';
        c->bad = c->bad || (!digit && !letter);
        v = v * 16 + (uint32_t)(digit ? d - '0' : d - 'a' + 10);
    }
    return v;
}

static char *take_escape(struct cursor *c, char *out)
{
    static const char from[] = "\"\\nrtbf/", to[] = "\"\\\n\r\t\b\f/";
    char kind = c->at < c->end ? *c->at++ : 0;
    if (kind == 'u') {
        uint32_t code = take_hex(c); // only controls are written this way
        c->bad = c->bad || code > 0x7F;
        *out = (char)(code & 0x7F);
        return out + 1;
    }
    const char *found = kind ? memchr(from, kind, sizeof from - 1) : NULL;
    c->bad = c->bad || !found;
    *out = found ? to[found - from] : ' ';
    return out + 1;
}

// A string, decoded into the arena; the text between escapes is copied run by run.
static struct str take_text(struct cursor *c, struct arena *a)
{
    need(c, '"');
    const char *quote = c->at;
    while (quote < c->end && *quote != '"')
        quote += *quote == '\\' ? 2 : 1;
    if (c->bad || quote >= c->end) {
        c->bad = true;
        return str_make("", 0);
    }
    char *text = arena_alloc(a, (size_t)(quote - c->at) + 1), *out = text;
    while (c->at < quote) {
        const char *stop = memchr(c->at, '\\', (size_t)(quote - c->at));
        size_t n = (size_t)((stop ? stop : quote) - c->at);
        memcpy(out, c->at, n);
        out += n;
        c->at += n;
        if (stop) {
            c->at++;
            out = take_escape(c, out);
        }
    }
    *out = 0;
    c->at = quote + 1;
    return str_make(text, (size_t)(out - text));
}

static enum turn_role role_of(struct str name, struct cursor *c)
{
    for (size_t i = 0; i < COUNT_OF(role_names); i++)
        if (str_equal(name, str_of(role_names[i])))
            return (enum turn_role)i;
    c->bad = true;
    return TURN_OTHER;
}

static struct turn take_turn(struct cursor *c, struct arena *a)
{
    struct turn turn;
    need(c, '[');
    turn.role = role_of(take_text(c, a), c);
    need(c, ',');
    turn.text = raw_of(take_text(c, a));
    need(c, ']');
    return turn;
}

static int refuse(struct err *err)
{
    return err_set(err, ERR_DATA,
                   "the vault holds a transcript that clio did not write; start a new run");
}

int vault_parse_turns(struct str json, struct arena *a, struct turn **turns, size_t *n,
                      struct err *err)
{
    struct cursor c = { json.ptr, json.ptr + json.len, false };
    size_t n_room = 8;
    *turns = arena_array(a, n_room, sizeof **turns);
    *n = 0;
    need(&c, '[');
    bool more = !c.bad && !take(&c, ']');
    while (more) {
        if (*n == n_room) {
            *turns = arena_grow(a, *turns, n_room * sizeof **turns, 2 * n_room * sizeof **turns);
            n_room *= 2;
        }
        (*turns)[(*n)++] = take_turn(&c, a);
        more = !c.bad && take(&c, ',');
        if (!more)
            need(&c, ']');
    }
    return c.bad || c.at != c.end ? refuse(err) : 0;
}

int vault_cut_turns(struct str *json, size_t n, struct arena *a, int64_t *n_exchanged,
                    struct err *err)
{
    struct cursor c = { json->ptr, json->ptr + json->len, false };
    *n_exchanged = 0;
    need(&c, '[');
    for (size_t i = 0; !c.bad && i < n; i++) {
        if (i)
            need(&c, ',');
        enum turn_role role = take_turn(&c, a).role;
        *n_exchanged += role == TURN_USER || role == TURN_ASSISTANT;
    }
    if (c.bad)
        return refuse(err);
    *json = arena_printf(a, "%.*s]", (int)(c.at - json->ptr), json->ptr);
    return 0;
}
