// SPDX-License-Identifier: Apache-2.0
#include "store/vault_ingest.h"

#include "store/sql.h"
#include "store/vault_conversation.h"

#include <stdlib.h>

#define SCATTERED 64 // bytes a record: its id in the index, its account, pages that are not full

int vault_add_source(struct vault *vault, int64_t id, struct str path, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO source (id, path, format, n_bytes, n_records, n_bad, done) "
                         "VALUES (?1, ?2, '', 0, 0, 0, 0)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    sql_bind_str(q, 2, path);
    return sql_run(q, err);
}

int vault_get_source(struct vault *vault, int64_t id, struct arena *a, struct source *source,
                     bool *there, struct err *err)
{
    struct sql_query *q;
    *there = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT path, format, n_bytes, n_records, n_bad, done, state FROM source "
                         "WHERE id = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    rc = sql_step(q, there, err);
    if (!rc && *there)
        *source = (struct source){
            .id = id,
            .path = arena_str(a, sql_str(q, 0)),
            .format = arena_str(a, sql_str(q, 1)),
            .n_bytes = sql_i64(q, 2),
            .n_records = sql_i64(q, 3),
            .n_bad = sql_i64(q, 4),
            .done = sql_i64(q, 5) != 0,
            .state = arena_str(a, sql_blob(q, 6)),
        };
    sql_finish(q);
    return rc;
}

int vault_update_source(struct vault *vault, const struct source *source, struct err *err)
{
    struct sql_query *q;
    sql_expect_scattered(vault_sql(vault), source->n_records * SCATTERED);
    int rc = sql_prepare(vault_sql(vault),
                         "UPDATE source SET format = ?2, n_bytes = ?3, n_records = ?4, n_bad = ?5, "
                         "done = ?6, state = ?7 WHERE id = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, source->id);
    sql_bind_str(q, 2, source->format);
    sql_bind_i64(q, 3, source->n_bytes);
    sql_bind_i64(q, 4, source->n_records);
    sql_bind_i64(q, 5, source->n_bad);
    sql_bind_i64(q, 6, source->done);
    sql_bind_blob(q, 7, source->state.ptr, source->state.len);
    return sql_run(q, err);
}

static struct str content_key(struct arena *a, struct str path, const char *of)
{
    return arena_printf(a, "digest of %.*s%s%s", STR_ARG(path), *of ? ", " : "", of);
}

int vault_get_content(struct vault *vault, struct str path, const char *of, struct arena *a,
                      struct str *known, struct err *err)
{
    return vault_get_setting(vault, content_key(a, path, of).ptr, a, known, err);
}

int vault_set_content(struct vault *vault, struct str path, const char *of, struct str known,
                      struct err *err)
{
    struct arena a = { 0 };
    int rc = vault_set_setting(vault, content_key(&a, path, of).ptr, known, err);
    arena_release(&a);
    return rc;
}

int vault_add_bad_record(struct vault *vault, int64_t source_id, uint64_t byte_offset,
                         struct str reason, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO bad_record VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, source_id);
    sql_bind_i64(q, 2, (int64_t)byte_offset);
    sql_bind_str(q, 3, reason);
    return sql_run(q, err);
}

static int add_account(struct vault *vault, struct str account, int64_t *id, struct err *err)
{
    struct sql_query *q;
    *id = (int64_t)hash_bytes(vault_key(vault), account);
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO account VALUES (?1, ?2) ON CONFLICT DO NOTHING", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, *id);
    sql_bind_str(q, 2, account);
    return sql_run(q, err);
}

// Those of an encrypted vault would be sorted in a file that is not.
static bool can_sort(const struct vault *vault)
{
    return !vault_is_sealed(vault) && !vault_is_held(vault);
}

int vault_drop_indexes(struct vault *vault, struct err *err)
{
    if (!can_sort(vault))
        return 0;
    return sql_exec(vault_sql(vault),
                    "DROP INDEX IF EXISTS conversation_by_transcript; "
                    "DROP INDEX IF EXISTS conversation_by_account",
                    err);
}

int vault_make_indexes(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault),
                    "CREATE INDEX IF NOT EXISTS conversation_by_transcript ON conversation "
                    "(transcript_hash); "
                    "CREATE INDEX IF NOT EXISTS conversation_by_account ON conversation "
                    "(account_id) WHERE account_id IS NOT NULL",
                    err);
}

int vault_sort_indexes(struct vault *vault, struct err *err)
{
    struct sql *db = vault_sql(vault);
    struct err other = { 0 };
    if (!can_sort(vault))
        return vault_make_indexes(vault, err);
    int rc = sql_exec(db, "PRAGMA temp_store = FILE", err);
    if (!rc)
        rc = vault_make_indexes(vault, err);
    int after = sql_exec(db, "PRAGMA temp_store = MEMORY", rc ? &other : err);
    return rc ? rc : after;
}

// *stored = false when there is a conversation of this id.
static int insert(struct vault *vault, const struct new_conversation *c, struct str external_id,
                  int64_t transcript_hash, bool *stored, struct err *err)
{
    struct sql_query *q;
    int64_t account_id = 0;
    int rc = c->account.ptr ? add_account(vault, c->account, &account_id, err) : 0;
    if (!rc)
        rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO conversation (seq, id, external_id, account_id, time, "
                         "language, model, columns, n_turns, turns, transcript_hash, source_id, "
                         "byte_offset) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
                         "?13) ON CONFLICT (id) DO NOTHING",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, c->seq);
    sql_bind_i64(q, 2, (int64_t)hash_bytes(vault_key(vault), external_id));
    sql_bind_str(q, 3, external_id);
    if (c->account.ptr)
        sql_bind_i64(q, 4, account_id);
    if (c->has_time)
        sql_bind_i64(q, 5, c->time);
    sql_bind_str(q, 6, c->language);
    sql_bind_str(q, 7, c->model);
    sql_bind_str(q, 8, c->columns);
    sql_bind_i64(q, 9, c->n_turns);
    sql_bind_str(q, 10, c->turns);
    sql_bind_i64(q, 11, transcript_hash);
    sql_bind_i64(q, 12, c->source_id);
    sql_bind_i64(q, 13, (int64_t)c->byte_offset);
    rc = sql_run(q, err);
    *stored = !rc && sql_changed(vault_sql(vault));
    return rc;
}

// "ID" itself or "ID#2", "ID#3" …
static bool is_of_id(struct str external_id, struct str id)
{
    struct str rest = external_id;
    int64_t n;
    if (!str_starts(external_id, id))
        return false;
    rest = str_from(external_id, id.len);
    return !rest.len || (rest.ptr[0] == '#' && str_to_i64(str_from(rest, 1), &n) && n > 1);
}

// Whether one of this account with the same transcript is there: under this id, or under one made
// of it; with `seen_before`, under any id among those before that seq.
static int has_record(struct vault *vault, const struct new_conversation *c,
                      int64_t transcript_hash, bool *same, struct err *err)
{
    struct sql_query *q;
    bool row = true;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT external_id, seq FROM conversation WHERE id = ?3 AND "
                         "transcript_hash = ?1 AND account_id IS ?2 UNION ALL " // most often this
                         "SELECT external_id, seq FROM conversation WHERE transcript_hash = ?1 "
                         "AND account_id IS ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, transcript_hash);
    if (c->account.ptr)
        sql_bind_i64(q, 2, (int64_t)hash_bytes(vault_key(vault), c->account));
    sql_bind_i64(q, 3, (int64_t)hash_bytes(vault_key(vault), c->external_id));
    for (*same = false; !*same && !(rc = sql_step(q, &row, err)) && row;)
        *same = is_of_id(sql_str(q, 0), c->external_id) || sql_i64(q, 1) < c->seen_before;
    sql_finish(q);
    return rc;
}

static struct str numbered(struct arena *a, struct str id, int64_t n)
{
    return n < 2 ? id : arena_printf(a, "%.*s#%lld", STR_ARG(id), (long long)n);
}

// A number that "ID#n" does not have yet although "ID#(n - 1)" is there: by leaps that double, then
// by halves, so that a log in which all ids are alike is not read in square time.
static int find_free_number(struct vault *vault, struct str id, int64_t *n, struct err *err)
{
    struct arena a = { 0 };
    int64_t taken = 1, free = 0;
    int rc = 0;
    while (!rc && free != taken + 1) {
        int64_t at = free ? taken + (free - taken) / 2 : 2 * taken;
        struct sql_query *q;
        bool row = false;
        rc = sql_prepare(vault_sql(vault), "SELECT 1 FROM conversation WHERE id = ?1", &q, err);
        if (rc)
            break;
        sql_bind_i64(q, 1, (int64_t)hash_bytes(vault_key(vault), numbered(&a, id, at)));
        rc = sql_step(q, &row, err);
        sql_finish(q);
        *(row ? &taken : &free) = at;
    }
    *n = free;
    arena_release(&a);
    return rc;
}

// A caller's own "ID#2" looks the same: who purges "ID" is told them apart by this.
static int mark_renamed(struct vault *vault, struct str name, struct str id, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO renamed VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)hash_bytes(vault_key(vault), name));
    sql_bind_i64(q, 2, (int64_t)hash_bytes(vault_key(vault), id));
    return sql_run(q, err);
}

int vault_add_conversation(struct vault *vault, const struct new_conversation *c, enum added *added,
                           struct err *err)
{
    struct arena a = { 0 };
    int64_t transcript_hash = (int64_t)hash_text_wide(c->turns), n = 0;
    bool stored = false, same = false;
    int rc = c->seen_before ? has_record(vault, c, transcript_hash, &same, err) : 0;
    if (!rc && !same)
        rc = insert(vault, c, c->external_id, transcript_hash, &stored, err);
    *added = ADDED;
    if (!rc && !same && !stored) {
        *added = ADDED_RENAMED;
        rc = vault_make_indexes(vault, err); // one scan more would be one for each that is repeated
        if (!rc)
            rc = has_record(vault, c, transcript_hash, &same, err);
        if (!rc && !same)
            rc = find_free_number(vault, c->external_id, &n, err);
        struct str name = same || rc ? c->external_id : numbered(&a, c->external_id, n);
        if (!rc && !same)
            rc = insert(vault, c, name, transcript_hash, &stored, err);
        if (!rc && stored)
            rc = mark_renamed(vault, name, c->external_id, err);
        assert(rc || same || stored);
    }
    if (same)
        *added = ADDED_NOTHING;
    arena_release(&a);
    return rc;
}

static int find_last_rank(struct vault *vault, struct sample *sample, int64_t *seq, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT rank, seq FROM sample_rank ORDER BY rank DESC, seq DESC LIMIT 1",
                         &q, err);
    if (!rc)
        rc = sql_step(q, &row, err);
    sample->last_rank = !rc && row ? sql_i64(q, 0) : 0;
    *seq = !rc && row ? sql_i64(q, 1) : 0;
    sql_finish(q);
    return rc;
}

int vault_open_sample(struct vault *vault, int64_t size, uint64_t seed, struct sample *sample,
                      struct err *err)
{
    int64_t seq;
    *sample = (struct sample){ .size = size, .key = hash_key_of_seed(seed) };
    int rc = sql_get_i64(vault_sql(vault), "SELECT count(*) FROM sample_rank", &sample->n, err);
    return rc ? rc : find_last_rank(vault, sample, &seq, err);
}

uint64_t sample_record(const struct sample *sample, struct str external_id, struct str account,
                       struct str turns)
{
    uint64_t all[3] = { hash_bytes(&sample->key, external_id), hash_bytes(&sample->key, account),
                        hash_bytes(&sample->key, turns) };
    return hash_bytes(&sample->key, str_make((const char *)all, sizeof all));
}

int64_t sample_rank(const struct sample *sample, uint64_t record, size_t n_turns)
{
    uint64_t both[2] = { record, n_turns };
    return (int64_t)(hash_bytes(&sample->key, str_make((const char *)both, sizeof both)) >> 1);
}

bool sample_may_hold(const struct sample *sample, int64_t rank)
{
    return !sample->size || sample->n < sample->size || rank < sample->last_rank;
}

static int drop(struct vault *vault, int64_t rank, int64_t seq, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "DELETE FROM sample_rank WHERE rank = ?1 AND seq = ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, rank);
    sql_bind_i64(q, 2, seq);
    rc = sql_run(q, err);
    if (!rc) // sql_fill: no reference does it
        rc = sql_run_with(vault_sql(vault),
                          "DELETE FROM renamed WHERE id = (SELECT id FROM conversation WHERE "
                          "seq = ?1) AND NOT EXISTS (SELECT 1 FROM sample_rank r WHERE r.seq = ?1)",
                          seq, err);
    return rc ? rc
              : sql_run_with(vault_sql(vault),
                             "DELETE FROM conversation WHERE seq = ?1 AND NOT EXISTS "
                             "(SELECT 1 FROM sample_rank r WHERE r.seq = ?1)",
                             seq, err);
}

int vault_add_to_sample(struct vault *vault, struct sample *sample, int64_t rank, int64_t seq,
                        size_t n_turns, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO sample_rank VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, rank);
    sql_bind_i64(q, 2, seq);
    sql_bind_i64(q, 3, (int64_t)n_turns);
    rc = sql_run(q, err);
    sample->n++;
    if (!rc)
        rc = find_last_rank(vault, sample, &seq, err);
    if (!rc && sample->n > sample->size) {
        rc = drop(vault, sample->last_rank, seq, err);
        sample->n--;
        if (!rc)
            rc = find_last_rank(vault, sample, &seq, err);
    }
    return rc;
}

static int write_turns(struct vault *vault, int64_t seq, struct str turns, int64_t n_exchanged,
                       struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "UPDATE conversation SET turns = ?2, n_turns = ?3, transcript_hash = ?4 "
                         "WHERE seq = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_str(q, 2, turns);
    sql_bind_i64(q, 3, n_exchanged);
    sql_bind_i64(q, 4, (int64_t)hash_text_wide(turns));
    return sql_run(q, err);
}

// Transcripts end with the latest of their outputs that is in the sample.
static int cut_to_outputs(struct vault *vault, struct err *err)
{
    struct arena a = { 0 };
    struct sql_query *q;
    int64_t seq = 0;
    bool row = true;
    int rc = 0;
    while (!rc && row) {
        rc = sql_prepare(vault_sql(vault),
                         "SELECT c.seq, max(r.n_turns), c.turns FROM sample_rank r JOIN "
                         "conversation c ON c.seq = r.seq WHERE r.n_turns > 0 AND r.seq = (SELECT "
                         "min(seq) FROM sample_rank WHERE seq > ?1 AND n_turns > 0) GROUP BY c.seq",
                         &q, err);
        if (rc)
            break;
        sql_bind_i64(q, 1, seq);
        rc = sql_step(q, &row, err);
        size_t n = !rc && row ? (size_t)sql_i64(q, 1) : 0;
        struct str turns = !rc && row ? arena_str(&a, sql_str(q, 2)) : STR_LIT("");
        seq = !rc && row ? sql_i64(q, 0) : seq;
        sql_finish(q);
        int64_t n_exchanged;
        if (!rc && row)
            rc = vault_cut_turns(&turns, n, &a, &n_exchanged, err);
        if (!rc && row)
            rc = write_turns(vault, seq, turns, n_exchanged, err);
        arena_release(&a);
    }
    return rc;
}

// Without a sample nothing was taken out, and the numbers are 1 … n already: the count tells, which
// an index of one page in a hundred gives.
static int find_gaps(struct vault *vault, bool *gaps, struct err *err)
{
    int64_t n = 0, last = 0;
    int rc = sql_get_i64(vault_sql(vault), "SELECT count(*) FROM conversation", &n, err);
    if (!rc)
        rc = vault_last_seq(vault, &last, err);
    *gaps = n != last;
    return rc;
}

// Numbers go down only, one after the other, so no two are ever the same.
static int renumber(struct vault *vault, struct err *err)
{
    struct sql_query *find, *move;
    int64_t to = 0, seq = 0;
    bool row = true;
    int rc = find_gaps(vault, &row, err);
    while (!rc && row) {
        rc = sql_prepare(vault_sql(vault),
                         "SELECT seq FROM conversation WHERE seq > ?1 ORDER BY seq LIMIT 1", &find,
                         err);
        if (rc)
            break;
        sql_bind_i64(find, 1, seq);
        rc = sql_step(find, &row, err);
        seq = !rc && row ? sql_i64(find, 0) : seq;
        sql_finish(find);
        if (rc || !row || seq == ++to)
            continue;
        rc = sql_prepare(vault_sql(vault), "UPDATE conversation SET seq = ?2 WHERE seq = ?1", &move,
                         err);
        if (rc)
            break;
        sql_bind_i64(move, 1, seq);
        sql_bind_i64(move, 2, to);
        rc = sql_run(move, err);
    }
    return rc;
}

// Conversations whose transcripts have the same hash, in groups, the first of each group first.
struct twin {
    int64_t seq, transcript_hash;
    int64_t first; // seq of the first one with an equal transcript; its own when it is the first
    size_t group; // where in `items` its group begins
};
struct twins {
    struct arena arena;
    struct twin *items;
    struct twin **by_seq;
    size_t n, n_room;
};

static int read_twins(struct vault *vault, struct twins *twins, struct err *err)
{
    struct sql_query *q;
    bool row = true;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT seq, transcript_hash FROM conversation WHERE transcript_hash IN "
                         "(SELECT transcript_hash FROM conversation GROUP BY transcript_hash "
                         "HAVING count(*) > 1) ORDER BY transcript_hash, seq",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        twins->items =
            arena_room(&twins->arena, twins->items, twins->n, &twins->n_room, sizeof *twins->items);
        size_t i = twins->n++, before = i ? twins->items[i - 1].group : 0;
        int64_t seq = sql_i64(q, 0), hash = sql_i64(q, 1);
        bool same = i && twins->items[before].transcript_hash == hash;
        twins->items[i] = (struct twin){ seq, hash, seq, same ? before : i };
    }
    sql_finish(q);
    return rc;
}

static int compare_seq(const void *a, const void *b)
{
    const struct twin *const *left = a, *const *right = b;
    return ((*left)->seq > (*right)->seq) - ((*left)->seq < (*right)->seq);
}

static void sort_by_seq(struct twins *twins)
{
    twins->by_seq = arena_array(&twins->arena, twins->n + 1, sizeof(struct twin *));
    for (size_t i = 0; i < twins->n; i++)
        twins->by_seq[i] = &twins->items[i];
    qsort(twins->by_seq, twins->n, sizeof(struct twin *), compare_seq);
}

// Equal hashes are not enough: the transcripts themselves are compared.
static int is_equal(struct vault *vault, int64_t seq, int64_t other, bool *equal, struct err *err)
{
    struct sql_query *q;
    bool row;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT a.turns = b.turns FROM conversation a, conversation b "
                         "WHERE a.seq = ?1 AND b.seq = ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_i64(q, 2, other);
    rc = sql_step(q, &row, err);
    *equal = !rc && row && sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

// A group has nearly always one transcript.
static int find_first(struct vault *vault, struct twins *twins, struct twin *twin, struct err *err)
{
    bool equal = false;
    int rc = 0;
    for (struct twin *first = &twins->items[twin->group]; !rc && !equal && first < twin; first++) {
        if (first->first != first->seq)
            continue;
        rc = is_equal(vault, twin->seq, first->seq, &equal, err);
        if (equal)
            twin->first = first->seq;
    }
    return rc;
}

static int mark_copy(struct vault *vault, const struct twin *twin, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO copy VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, twin->seq);
    sql_bind_i64(q, 2, twin->first);
    return sql_run(q, err);
}

// In the order of the rows, so that a page is read once.
static int mark_copies(struct vault *vault, struct err *err)
{
    struct twins twins = { 0 };
    int rc = read_twins(vault, &twins, err);
    sort_by_seq(&twins);
    for (size_t i = 0; !rc && i < twins.n; i++) {
        struct twin *twin = twins.by_seq[i];
        rc = find_first(vault, &twins, twin, err);
        if (!rc && twin->first != twin->seq)
            rc = mark_copy(vault, twin, err);
    }
    arena_release(&twins.arena);
    return rc;
}

int vault_drop_lone_accounts(struct vault *vault, struct err *err)
{
    int rc = vault_make_indexes(vault, err); // one lookup an account
    return rc ? rc
              : sql_exec(vault_sql(vault),
                         "DELETE FROM account WHERE NOT EXISTS (SELECT 1 FROM conversation c "
                         "WHERE c.account_id = account.id)",
                         err);
}

int vault_settle_copies(struct vault *vault, struct err *err)
{
    int rc = sql_exec(vault_sql(vault), "DELETE FROM copy", err);
    if (!rc)
        rc = vault_drop_lone_accounts(vault, err); // which makes the indexes
    return rc ? rc : mark_copies(vault, err);
}

int vault_settle_conversations(struct vault *vault, struct err *err)
{
    struct sql *db = vault_sql(vault);
    int rc = sql_exec(db, "DELETE FROM copy", err);
    if (!rc)
        rc = cut_to_outputs(vault, err);
    if (!rc)
        rc = renumber(vault, err);
    if (!rc)
        rc = sql_exec(db, "DELETE FROM sample_rank", err);
    return rc ? rc : vault_settle_copies(vault, err);
}

int vault_last_seq(struct vault *vault, int64_t *seq, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT max(seq) FROM conversation", seq, err);
}

int vault_count_copies(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM copy", n, err);
}
