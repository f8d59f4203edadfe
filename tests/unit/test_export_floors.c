// SPDX-License-Identifier: Apache-2.0
// Floors as a property of what leaves (trust review, P-21): random vaults (few accounts that own
// much, parents with one child, conversations without a time, clusters of one account) go through
// cap, floors and noise of the mode guarded, the publish stage, and every reader of the atlas: the
// exports, the report, all that the explorer is sent and what the verbs tree and export write. So
// that a million take minutes, they all go through one vault and one atlas that stay open, and only
// every 100th through a file of its own; of those, with CLIO=the program, every fifth also through
// the program's verbs. Each shown group and cell is counted again here from what was put in,
// and no number is in an export that is not in the atlas. In all: 0 below a floor, 0 accounts over
// the cap. STORES=… and FIRST=… for more than a few hundred; tests/privacy/test_floors.sh.
#include "base/crypto.h"
#include "base/file.h"
#include "base/rng.h"
#include "check.h"
#include "privacy/bound.h"
#include "privacy/threshold.h"
#include "run/stage.h"
#include "serve/page.h"
#include "serve/serve.h"
#include "store/atlas_int.h"
#include "store/atlas_write.h"
#include "store/vault_bound.h"
#include "verbs.h"

#define MOST 180
#define MOST_BASES 5
#define TOPS 2
#define FLOOR_ACCOUNTS 5
#define FLOOR 15
#define N_LANGUAGES 3
#define MOST_ACCOUNTS 128
#define EVERY_FILE 100
#define EVERY_PROGRAM 500

static char folder[64];
static struct err err;
static struct config *config;
static struct run *run;
static struct arena arena;
static struct atlas again = { .tree = 1 }; // what stays open

struct store {
    struct vault_member members[MOST]; // cluster_id 0: in none
    size_t language[MOST];
    int64_t day[MOST]; // 0: no time
    size_t n, k, top[MOST_BASES];
    bool kept[MOST_BASES];
    struct threshold_count counts[MOST_BASES], shown[MOST_BASES];
};
static const char *const languages[] = { "English", "French", "Thai" };
static const struct threshold_floors floors = { FLOOR_ACCOUNTS, FLOOR, true };

static void set(const char *name, const char *value)
{
    assert_int_equal(config_set(config, str_of(name), str_of(value), FROM_FLAG, &err), 0);
}

static void exec(const char *statements)
{
    if (sql_exec(vault_sql(run->vault), statements, &err))
        fail_msg("%s", err.text);
}

// An empty atlas, open for writing.
static int open_again(void)
{
    struct atlas_writer *w;
    const char *path = path_join(&arena, str_of(folder), "again.db").ptr;
    int rc = atlas_writer_open(&w, path, &err);
    if (!rc)
        rc = atlas_writer_finish(w, &err);
    if (!rc)
        rc = sql_open(&again.sql, path, SQL_READ_WRITE, &err);
    return rc ? rc
              : sql_exec(again.sql,
                         "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; "
                         "PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN",
                         &err);
}

static int setup(void **state)
{
    (void)state;
    // Thousands of small files that nobody keeps: in memory, where there is such a place.
    snprintf(folder, sizeof folder, "%s/clio-floors-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : P_tmpdir);
    if (!mkdtemp(folder) || crypto_start(&err) || config_open(&config, &err))
        return 1;
    set("profile", "none");
    set("threads", "1");
    int rc = run_open(&run, folder, config, true, &err);
    if (!rc)
        rc = vault_put_noise_key(run->vault, &(struct hash_key){ { 0 } }, &err);
    if (!rc) // what is written here is whole, and gone when this ends
        exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; "
             "PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; "
             "DROP INDEX conversation_by_transcript; DROP INDEX conversation_by_account; "
             "DROP INDEX placed_by_cluster; "
             "INSERT INTO source VALUES (1, 'x', 'simple', 1, 1, 0, 1, NULL); "
             "CREATE TEMP TABLE number (i INTEGER PRIMARY KEY); "
             "INSERT INTO number WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
             "SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n");
    return rc ? rc : open_again();
}

static int teardown(void **state)
{
    (void)state;
    sql_close(again.sql);
    run_close(run);
    config_close(config);
    arena_release(&arena);
    remove_dir(folder);
    return 0;
}

// In every third store a language is one of few accounts, and so is a time: cells with enough
// conversations and too few people.
static void draw(struct store *s, struct rng *r)
{
    *s = (struct store){ .n = 30 + rng_below(r, MOST - 30), .k = 1 + rng_below(r, MOST_BASES) };
    size_t n_accounts = 3 + rng_below(r, 100), rare = 1 + rng_below(r, 30);
    int64_t few = rng_below(r, 3) ? 0 : 2 + (int64_t)rng_below(r, 8);
    for (size_t i = 0; i < s->k; i++)
        s->top[i] = rng_below(r, TOPS); // a parent may get one child, or none
    for (size_t i = 0; i < s->n; i++) {
        double u = rng_unit(r);
        int64_t account = 1 + (int64_t)((double)n_accounts * u * u);
        int64_t cluster = rng_below(r, 12) ? 1 + (int64_t)rng_below(r, s->k) : 0;
        if (account == 1 && rng_below(r, 2))
            cluster = 1;
        s->members[i] = (struct vault_member){ (int64_t)i + 1, cluster, account, true, 0.5F };
        s->language[i] = rng_below(r, rare) ? 0 : 1 + rng_below(r, N_LANGUAGES - 1);
        s->day[i] = rng_below(r, 10) ? 1 + (int64_t)rng_below(r, 40) : 0;
        if (!few)
            continue;
        s->language[i] = account % few ? 0 : 1 + (size_t)(account / few) % (N_LANGUAGES - 1);
        s->day[i] = s->day[i] ? 1 + 7 * (account % 5) : 0;
    }
}

// The gates before the tree, as the threshold stage applies them.
static void gate(struct store *s, const struct count_noise *noise)
{
    bound_clusters(s->members, s->n, s->k, &arena);
    threshold_count(s->members, s->n, s->k, &arena, s->counts);
    for (size_t i = 0; i < s->k; i++)
        s->kept[i] = threshold_holds_noisily(&s->counts[i], &floors, noise);
    for (size_t i = 0; i < s->n; i++)
        if (s->members[i].cluster_id && !s->kept[s->members[i].cluster_id - 1])
            s->members[i].cluster_id = 0;
    threshold_blur(s->counts, s->kept, s->k, &floors, noise, s->shown);
}

static struct sql_query *query(const char *text)
{
    struct sql_query *q;
    if (sql_prepare(vault_sql(run->vault), text, &q, &err))
        fail_msg("%s", err.text);
    return q;
}

// Runs it with n numbers; INT64_MIN is NULL.
static void put(const char *text, const int64_t *values, int n)
{
    struct sql_query *q = query(text);
    for (int i = 0; i < n; i++)
        if (values[i] != INT64_MIN)
            sql_bind_i64(q, i + 1, values[i]);
    assert_ok(sql_run(q, &err));
}
#define PUT(text, ...)                                                                             \
    put(text, (const int64_t[]){ __VA_ARGS__ },                                                    \
        (int)(sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)))

// One statement a table, which is cheaper than one a row. ?1 has seven digits of each conversation:
// account, cluster, language, day.
static void put_conversations(const struct store *s)
{
    static const char *const texts[] = {
        "INSERT INTO conversation (seq, id, external_id, account_id, time, n_turns, turns, "
        "transcript_hash, source_id, byte_offset) SELECT i, i, i || '', "
        "CAST(substr(?1, 7 * i - 6, 3) AS INTEGER), "
        "nullif(86400 * CAST(substr(?1, 7 * i - 1, 2) AS INTEGER), 0), 2, '[]', i, 1, 0 "
        "FROM number WHERE i <= ?2",
        "INSERT INTO placed SELECT i, nullif(CAST(substr(?1, 7 * i - 3, 1) AS INTEGER), 0) "
        "FROM number WHERE i <= ?2",
        // Facet by facet, which is the order of their table.
        "INSERT INTO facet_value SELECT i, 'concern', iif(i % 9 = 1, '2', '1') FROM number "
        "WHERE i <= ?2",
        "INSERT INTO facet_value SELECT i, 'language', CASE substr(?1, 7 * i - 2, 1) "
        "WHEN x'30' THEN 'English' WHEN x'31' THEN 'French' ELSE 'Thai' END FROM number "
        "WHERE i <= ?2",
        "INSERT INTO facet_value SELECT i, 'turns', (i - 1) % 4 + 1 || '' FROM number "
        "WHERE i <= ?2",
    };
    static char drawn[7 * MOST + 1];
    for (size_t i = 0; i < s->n; i++) {
        const struct vault_member *m = &s->members[i];
        snprintf(drawn + 7 * i, 8, "%03d%d%zu%02d", (int)m->account_id, (int)m->cluster_id,
                 s->language[i], (int)s->day[i]);
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct sql_query *q = query(texts[i]);
        sql_bind_blob(q, 1, drawn, 7 * s->n);
        sql_bind_i64(q, 2, (int64_t)s->n);
        assert_ok(sql_run(q, &err));
    }
}

static void put_noise_key(const struct hash_key *key)
{
    struct sql_query *q =
        query("UPDATE setting SET value = lower(hex(?1)) WHERE key = 'noise key'");
    sql_bind_blob(q, 1, key->bytes, sizeof key->bytes);
    assert_ok(sql_run(q, &err));
    assert_true(sql_changed(vault_sql(run->vault)));
}

static void put_node(size_t id, int level, size_t parent, const struct threshold_count *count)
{
    PUT("INSERT INTO node VALUES (?1, ?2, ?3, 'Story', 'Story', ?4, ?5)", (int64_t)id, level,
        parent ? (int64_t)parent : INT64_MIN, count->n_conversations, count->n_accounts);
    PUT("INSERT INTO verdict VALUES (?1, 5, '', NULL, NULL)", (int64_t)id);
}

// `all`: also the clusters that are not kept, which no reader may notice.
static void write_vault(const struct store *s, bool all)
{
    struct threshold_count tops[TOPS] = { 0 };
    int64_t rest = 0, total = 0;
    static const char *const empty[] = {
        "BEGIN",
        "DELETE FROM verdict",
        "DELETE FROM node",
        "DELETE FROM placed",
        "DELETE FROM base_cluster",
        "DELETE FROM facet_value",
        "DELETE FROM conversation",
        "DELETE FROM stage_note",
    };
    for (size_t i = 0; i < COUNT_OF(empty); i++)
        assert_ok(sql_run(query(empty[i]), &err));
    for (size_t i = 0; i < s->k; i++)
        if (all || s->kept[i])
            PUT("INSERT INTO base_cluster VALUES (?1, 1, x'00')", (int64_t)i + 1);
    put_conversations(s);
    for (size_t i = 0; i < s->k; i++) {
        if (!s->kept[i])
            continue;
        put_node(i + 1, 0, 100 + s->top[i], &s->shown[i]);
        tops[s->top[i]].n_conversations += s->shown[i].n_conversations;
        tops[s->top[i]].n_accounts = s->shown[i].n_accounts > tops[s->top[i]].n_accounts
                                         ? s->shown[i].n_accounts
                                         : tops[s->top[i]].n_accounts;
        total += s->shown[i].n_conversations;
    }
    for (size_t i = 0; i < TOPS; i++)
        if (tops[i].n_conversations)
            put_node(100 + i, 1, 0, &tops[i]);
    for (size_t i = 0; i < s->n; i++)
        rest += s->members[i].cluster_id == 0;
    PUT("INSERT INTO stage_note VALUES ('threshold', 'shown_rest', ?1), "
        "('threshold', 'shown_total', ?2)",
        rest, total + rest);
    assert_ok(sql_run(query("COMMIT"), &err));
}

// What is behind a number that is shown: conversations and accounts of a group (0: all) with a
// language (SIZE_MAX: any) in a stretch of days (to 0: whenever).
static struct threshold_count behind(const struct store *s, int64_t node, size_t language,
                                     int64_t from, int64_t to)
{
    struct threshold_count count = { 0, 0, 0 };
    bool seen[MOST_ACCOUNTS] = { false };
    for (size_t i = 0; i < s->n; i++) {
        const struct vault_member *m = &s->members[i];
        bool inside = m->cluster_id && (node == 0 || m->cluster_id == node ||
                                        100 + (int64_t)s->top[m->cluster_id - 1] == node);
        bool on = to == 0 || (s->day[i] && s->day[i] >= from && s->day[i] < to);
        if (!inside || !on || (language != SIZE_MAX && s->language[i] != language))
            continue;
        count.n_conversations++;
        count.n_accounts += !seen[m->account_id];
        seen[m->account_id] = true;
    }
    return count;
}

static void holds(struct threshold_count count, int64_t shown)
{
    assert_true(count.n_conversations >= FLOOR);
    assert_true(count.n_accounts >= FLOOR_ACCOUNTS);
    assert_true(shown >= FLOOR);
}

static int64_t vault_ids[MOST_BASES + TOPS];

// Both order by level, then by what is shown.
static void read_vault_ids(void)
{
    struct sql_query *q =
        query("SELECT id FROM node ORDER BY level DESC, n_conversations DESC, id");
    size_t n = 0;
    for (bool row = true;;) {
        assert_ok(sql_step(q, &row, &err));
        if (!row)
            break;
        assert_true(n < COUNT_OF(vault_ids));
        vault_ids[n++] = sql_i64(q, 0);
    }
    sql_finish(q);
    while (n < COUNT_OF(vault_ids))
        vault_ids[n++] = 0;
}

// The vault's number of a cluster of the atlas.
static int64_t vault_id(int64_t id)
{
    assert_true(id > 0 && id <= (int64_t)COUNT_OF(vault_ids) && vault_ids[id - 1]);
    return vault_ids[id - 1];
}

static size_t language_of(struct str value)
{
    for (size_t i = 0; i < N_LANGUAGES; i++)
        if (str_equal(value, str_of(languages[i])))
            return i;
    fail_msg("a language that nobody wrote");
    return 0;
}

static size_t check_clusters(const struct store *s, struct atlas *atlas)
{
    struct atlas_cluster *list;
    size_t n;
    assert_ok(atlas_clusters(atlas, &arena, &list, &n, &err));
    for (size_t i = 0; i < n; i++) {
        int64_t node = vault_id(list[i].id);
        holds(behind(s, node, SIZE_MAX, 0, 0), list[i].n_conversations);
        assert_true(list[i].n_accounts >= FLOOR_ACCOUNTS);
        int64_t all = list[i].level == 0 ? s->counts[node - 1].n_conversations : 0;
        int64_t own[MOST_ACCOUNTS] = { 0 };
        for (size_t m = 0; list[i].level == 0 && m < s->n; m++)
            own[s->members[m].account_id] += s->members[m].cluster_id == node;
        for (size_t account = 0; account < MOST_ACCOUNTS; account++)
            assert_true(own[account] <= 1 || own[account] * 5 <= all);
    }
    return n;
}

// Days of a period; no conversation is behind the 31st of February.
static int64_t period_length(struct atlas *atlas)
{
    struct atlas_info *list;
    size_t n;
    int64_t length = 1;
    assert_ok(atlas_run_info(atlas, &arena, &list, &n, &err));
    for (size_t i = 0; i < n; i++)
        if (str_equal(list[i].key, STR_LIT("period_step")))
            length = str_equal(list[i].value, STR_LIT("month"))  ? 31
                     : str_equal(list[i].value, STR_LIT("week")) ? 7
                                                                 : 1;
    return length;
}

// Cells of languages, by time, and pairs; sums of cells are never more than their group.
static size_t check_cells(const struct store *s, struct atlas *atlas)
{
    struct atlas_facet *facets;
    struct atlas_row *rows;
    struct atlas_period *periods;
    struct atlas_pair *pairs;
    size_t n, n_periods, n_pairs, n_all = 0;
    assert_ok(atlas_rows(atlas, ATLAS_FACET_ROWS, &arena, &rows, &n, &err));
    for (size_t i = 0; i < n; i++)
        if (str_equal(rows[i].a, STR_LIT("language")))
            holds(behind(s, vault_id(rows[i].cluster_id), language_of(rows[i].b), 0, 0),
                  rows[i].n_conversations);
        else
            assert_true(rows[i].n_conversations >= FLOOR);
    n_all += n;
    assert_ok(atlas_corpus_facets(atlas, &arena, &facets, &n, &err));
    for (size_t i = 0; i < n; i++)
        if (str_equal(facets[i].facet, STR_LIT("language")))
            holds(behind(s, 0, language_of(facets[i].value), 0, 0), facets[i].n_conversations);
    assert_ok(atlas_periods(atlas, &arena, &periods, &n_periods, &err));
    assert_ok(atlas_rows(atlas, ATLAS_TIME_ROWS, &arena, &rows, &n, &err));
    int64_t length = period_length(atlas);
    for (size_t i = 0; i < n; i++) { // days, in 1970: the n-th period is a day of it
        const struct atlas_period *p = &periods[rows[i].number];
        int month = (p->first_day.ptr[5] - '0') * 10 + p->first_day.ptr[6] - '0';
        int day = (p->first_day.ptr[8] - '0') * 10 + p->first_day.ptr[9] - '0';
        bool before = str_starts(p->first_day, STR_LIT("1969"));
        int64_t from = before ? day - 32 : (month - 1) * 31 + day - 1;
        holds(behind(s, vault_id(rows[i].cluster_id), SIZE_MAX, from, from + length),
              rows[i].n_conversations);
        assert_true(p->n_conversations >= rows[i].n_conversations);
    }
    assert_ok(atlas_pairs(atlas, &arena, &pairs, &n_pairs, &err));
    for (size_t i = 0; i < n_pairs; i++)
        assert_true(pairs[i].n_conversations >= FLOOR);
    return n_all + n + n_pairs;
}

// Whole numbers of 10 and more that an export writes: each has to be one of the atlas.
static void check_numbers(struct str text, const bool *known, size_t n_known)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], before = i ? text.ptr[i - 1] : ' ';
        quoted ^= c == '"' && before != '\\';
        if (quoted || c < '1' || c > '9' || before == '.' || (before >= '0' && before <= '9'))
            continue;
        size_t value = 0, end = i;
        for (; end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9'; end++)
            value = 10 * value + (size_t)(text.ptr[end] - '0');
        bool whole = end == text.len || (text.ptr[end] != '.' && text.ptr[end] != 'e');
        if (whole && value >= 10 && !(value < n_known && known[value]))
            fail_msg("%zu is no number of the atlas: %.*s", value, 60,
                     text.ptr + (i > 40 ? i - 40 : 0));
    }
}

// Every number that the atlas holds. What tells of the run itself is among them.
static void find_known(struct atlas *atlas, bool *known, size_t n_known)
{
    struct atlas_cluster *list;
    struct atlas_facet *facets;
    struct atlas_row *rows;
    struct atlas_period *periods;
    struct atlas_pair *pairs;
    struct atlas_stage *stages;
    struct atlas_info *info;
    size_t n;
    assert_ok(atlas_clusters(atlas, &arena, &list, &n, &err));
    for (size_t i = 0; i < n; i++)
        known[list[i].n_conversations] = known[list[i].n_accounts] = true;
    assert_ok(atlas_corpus_facets(atlas, &arena, &facets, &n, &err));
    for (size_t i = 0; i < n; i++)
        known[facets[i].n_conversations] = true;
    for (int what = ATLAS_FACET_ROWS; what <= ATLAS_TIME_ROWS; what++) {
        assert_ok(atlas_rows(atlas, (enum atlas_rows)what, &arena, &rows, &n, &err));
        for (size_t i = 0; i < n; i++)
            known[rows[i].n_conversations] = known[rows[i].number] = true;
    }
    assert_ok(atlas_periods(atlas, &arena, &periods, &n, &err));
    for (size_t i = 0; i < n; i++)
        known[periods[i].n_conversations > 0 ? periods[i].n_conversations : 0] = true;
    assert_ok(atlas_pairs(atlas, &arena, &pairs, &n, &err));
    for (size_t i = 0; i < n; i++)
        known[pairs[i].n_conversations] = true;
    assert_ok(atlas_stages(atlas, &arena, &stages, &n, &err));
    for (size_t i = 0; i < n; i++)
        known[stages[i].n_in] = known[stages[i].n_out] = true;
    assert_ok(atlas_run_info(atlas, &arena, &info, &n, &err));
    for (size_t i = 0; i < n; i++) {
        int64_t value;
        if (str_to_i64(info[i].value, &value) && value >= 0 && (size_t)value < n_known)
            known[value] = true;
    }
}

static void check_exports(struct atlas *atlas, const bool *known, size_t n_known)
{
    typedef int put_page(struct atlas *, struct buf *, struct err *);
    static put_page *const puts[] = { atlas_export_json, page_data,  page_tree_json, page_map_json,
                                      page_index,        page_cells, page_time };
    static struct buf out;
    if (!out.max)
        buf_init(&out, 1 << 24, "exports");
    for (size_t i = 0; i < COUNT_OF(puts); i++) {
        buf_clear(&out);
        assert_ok(puts[i](atlas, &out, &err));
        assert_true(buf_view(&out).len > 10);
        check_numbers(buf_view(&out), known, n_known);
    }
    buf_clear(&out);
    assert_ok(page_details(atlas, &out, NULL, &err));
    check_numbers(buf_view(&out), known, n_known);
    buf_clear(&out);
    assert_ok(report_write(atlas, NULL, &out, &err));
    struct str report = buf_view(&out);
    size_t from = str_find(report, STR_LIT("type=\"application/json\">"), 0);
    size_t to = from == SIZE_MAX ? from : str_find(report, STR_LIT("</script>"), from);
    assert_true(to != SIZE_MAX);
    check_numbers(str_make(report.ptr + from, to - from), known, n_known);
}

// What the verbs tree and export write.
static void check_verbs(struct atlas *atlas, const bool *known, size_t n_known)
{
    static const char *const verbs[] = { "tree", "tree --json", "csv", "jsonl" };
    static FILE *out;
    static char *text;
    static size_t len;
    if (!out)
        out = open_memstream(&text, &len);
    assert_non_null(out);
    assert_ok(verbs_load(atlas, &err));
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        rewind(out);
        assert_int_equal(verbs_write(verbs[i], out), 0);
        assert_int_equal(fflush(out), 0);
        struct str all = str_make(text, (size_t)ftell(out));
        assert_true(all.len > 10);
        size_t head = i ? 0 : str_find(all, STR_LIT("\n\n"), 0); // sentences on the run
        assert_true(head != SIZE_MAX);
        check_numbers(str_from(all, head), known, n_known);
    }
}

// What the program itself writes.
static void check_program(const char *program, const bool *known, size_t n_known)
{
    static const char *const verbs[] = { "tree", "tree --json", "export --format csv",
                                         "export --format jsonl" };
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        struct buf out;
        char piece[4096];
        struct str command = arena_printf(&arena, "'%s' %s '%s' 2>&1", program, verbs[i], folder);
        FILE *pipe = popen(command.ptr, "r");
        assert_non_null(pipe);
        buf_init(&out, 1 << 24, "output");
        for (size_t n; (n = fread(piece, 1, sizeof piece, pipe)) > 0;)
            assert_ok(buf_add(&out, str_make(piece, n), &err));
        assert_int_equal(pclose(pipe), 0);
        assert_true(buf_view(&out).len > 10);
        size_t head = i ? 0 : str_find(buf_view(&out), STR_LIT("\n\n"), 0); // sentences on the run
        assert_true(head != SIZE_MAX);
        check_numbers(str_from(buf_view(&out), head), known, n_known);
        buf_release(&out);
    }
}

static int64_t wanted(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    if (text && !str_to_i64(str_of(text), &otherwise))
        fail_msg("%s is no number", name);
    return otherwise;
}

struct tally {
    size_t n_clusters, n_cells, n_noisy;
};

// Everything that leaves an atlas, of the store behind it.
static void check_atlas(const struct store *s, struct atlas *atlas, const char *program,
                        struct tally *tally)
{
    static bool known[10000];
    memset(known, 0, sizeof known);
    read_vault_ids();
    tally->n_clusters += check_clusters(s, atlas);
    tally->n_cells += check_cells(s, atlas);
    find_known(atlas, known, COUNT_OF(known));
    check_exports(atlas, known, COUNT_OF(known));
    check_verbs(atlas, known, COUNT_OF(known));
    if (program)
        check_program(program, known, COUNT_OF(known));
}

static void check_store(int64_t number, const char *program, struct tally *tally)
{
    struct arena_mark start = arena_save(&arena);
    struct store *s = arena_array(&arena, 1, sizeof *s);
    struct rng r;
    struct hash_key key = { { (unsigned char)number, (unsigned char)(number >> 8),
                              (unsigned char)(number >> 16), 1 } };
    struct count_noise noise;
    struct atlas *atlas = &again;
    bool own_file = number % EVERY_FILE == 0;
    rng_init(&r, (uint64_t)number, "exports");
    draw(s, &r);
    put_noise_key(&key);
    assert_ok(run_count_noise(run, true, &noise, &err));
    assert_true(noise.is_on && noise.accounts == 2 && noise.conversations == 5);
    gate(s, &noise);
    write_vault(s, true);
    run->atlas = own_file ? NULL : &again;
    assert_ok(publish_stage.run(run, &err));
    run->atlas = NULL;
    if (own_file)
        assert_ok(atlas_open(&atlas, path_join(&arena, str_of(folder), "atlas.db").ptr, &err));
    check_atlas(s, atlas, number % EVERY_PROGRAM == 0 ? program : NULL, tally);
    for (size_t c = 0; c < s->k; c++)
        tally->n_noisy += s->kept[c] && s->shown[c].n_conversations != s->counts[c].n_conversations;
    if (own_file)
        atlas_close(atlas);
    arena_rewind(&arena, start);
}

static void nothing_under_a_floor_leaves(void **state)
{
    const char *program = getenv("CLIO");
    int64_t n = wanted("STORES", 300), first = wanted("FIRST", 0);
    struct tally tally = { 0, 0, 0 };
    (void)state;
    for (int64_t i = first; i < first + n; i++)
        check_store(i, program, &tally);
    assert_true(tally.n_clusters > (size_t)n && tally.n_cells > (size_t)n &&
                tally.n_noisy * 3 > tally.n_clusters);
    print_message("%lld stores, %zu groups, %zu cells, 0 violations\n", (long long)n,
                  tally.n_clusters, tally.n_cells);
}

// Somebody who has a language that few have, or another one that few have: the file that is
// published is the same, byte for byte (P-10); and so it is when the groups that are not shown were
// never there. PAIRS=… for more; PAIRS_DIR gets both files of each, N.a and N.b, for the server.
static void suppressed_is_absent(void **state)
{
    static struct store s;
    struct hash_key key = { { 3 } };
    struct count_noise noise;
    struct str atlas[2];
    const char *path = path_join(&arena, str_of(folder), "atlas.db").ptr;
    size_t n_moved = 0;
    (void)state;
    put_noise_key(&key);
    // Noise hides what an account may add, and no bound is no reason for less of it.
    const char *const bounds[] = { "20", "0", "5" };
    for (size_t i = 0; i < COUNT_OF(bounds); i++) {
        set("max-per-account", bounds[i]);
        assert_ok(run_count_noise(run, true, &noise, &err));
        assert_int_equal(noise.conversations, i == 0 ? 20 : 5);
    }
    int64_t n_pairs = wanted("PAIRS", 50);
    const char *kept = getenv("PAIRS_DIR");
    for (int64_t i = 0; i < n_pairs; i++) {
        struct arena_mark start = arena_save(&arena);
        struct rng r;
        size_t n_few[N_LANGUAGES] = { 0 };
        rng_init(&r, (uint64_t)i, "suppressed");
        draw(&s, &r);
        for (size_t m = 0; m < s.n; m++) {
            s.members[m].account_id = 1 + (int64_t)(m % 120);
            if (s.language[m] && ++n_few[s.language[m]] > 6)
                s.language[m] = 0;
        }
        gate(&s, &noise);
        for (int side = 0; side < 2; side++) {
            write_vault(&s, side == 0);
            assert_ok(publish_stage.run(run, &err));
            assert_ok(file_read(&arena, path, 1 << 22, &atlas[side], &err));
            for (size_t m = 0; m < s.n; m++) {
                n_moved += s.language[m] == 2;
                s.language[m] = s.language[m] == 2 ? 1 : s.language[m];
            }
        }
        for (int side = 0; kept && side < 2; side++) {
            struct str name = arena_printf(&arena, "%lld.%c", (long long)i, "ab"[side]);
            assert_ok(file_write(path_join(&arena, str_of(kept), name.ptr).ptr, atlas[side], &err));
        }
        assert_true(str_equal(atlas[0], atlas[1]));
        arena_rewind(&arena, start);
    }
    assert_true(n_pairs < 10 || (int64_t)n_moved > n_pairs);
    print_message("%lld pairs of atlases, the same bytes\n", (long long)n_pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_under_a_floor_leaves),
                                        cmocka_unit_test(suppressed_is_absent) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
