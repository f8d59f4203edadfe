// SPDX-License-Identifier: Apache-2.0
// Floors as a property of what leaves (trust review, P-21): random vaults (few accounts that own
// much, parents with one child, conversations without a time, clusters of one account) go through
// cap, floors and noise of the mode guarded, the publish stage, and every reader of the atlas: the
// exports, the report and all that the explorer is sent; with CLIO=the program, every 25th one also
// the verbs tree and export. Each shown group and cell is counted again here from what was put in,
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
#include "store/sql.h"
#include "store/vault_bound.h"

#define MOST 240
#define MOST_BASES 5
#define TOPS 2
#define FLOOR_ACCOUNTS 5
#define FLOOR 15
#define N_LANGUAGES 3

static char folder[64];
static struct err err;
static struct config *config;
static struct run *run;
static struct arena arena;

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
    if (!rc) // what is written here is whole, and gone when this ends
        exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF");
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    run_close(run);
    config_close(config);
    arena_release(&arena);
    remove_dir(folder);
    return 0;
}

static void draw(struct store *s, struct rng *r)
{
    *s = (struct store){ .n = 30 + rng_below(r, MOST - 30), .k = 1 + rng_below(r, MOST_BASES) };
    size_t n_accounts = 3 + rng_below(r, 100), rare = 1 + rng_below(r, 30);
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

static void put_value(size_t seq, const char *facet, const char *value)
{
    struct sql_query *q = query("INSERT INTO facet_value VALUES (?1, ?2, ?3)");
    sql_bind_i64(q, 1, (int64_t)seq);
    sql_bind_str(q, 2, str_of(facet));
    sql_bind_str(q, 3, str_of(value));
    assert_ok(sql_run(q, &err));
}

// Facet by facet, which is the order of their table.
static void put_values(const struct store *s)
{
    static const char *const concerns[] = { "1", "2" }, *const turns[] = { "1", "2", "3", "4" };
    for (size_t i = 0; i < s->n; i++)
        put_value(i + 1, "concern", concerns[i % 9 == 0]);
    for (size_t i = 0; i < s->n; i++)
        put_value(i + 1, "language", languages[s->language[i]]);
    for (size_t i = 0; i < s->n; i++)
        put_value(i + 1, "turns", turns[i % 4]);
}

static void put_conversations(const struct store *s)
{
    bool known[128] = { false };
    for (size_t i = 0; i < s->n; i++) {
        const struct vault_member *m = &s->members[i];
        if (!known[m->account_id])
            PUT("INSERT INTO account VALUES (?1, 'a' || ?1)", m->account_id);
        known[m->account_id] = true;
        PUT("INSERT INTO conversation (seq, id, external_id, account_id, time, n_turns, turns, "
            "transcript_hash, weight, source_id, byte_offset) VALUES (?1, ?1, ?1 || '', ?2, ?3, 2, "
            "'[]', ?1, 1, 1, 0)",
            (int64_t)i + 1, m->account_id, s->day[i] ? 86400 * s->day[i] : INT64_MIN);
        PUT("INSERT INTO placed VALUES (?1, ?2)", (int64_t)i + 1,
            m->cluster_id ? m->cluster_id : INT64_MIN);
    }
    put_values(s);
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
    exec("BEGIN; DELETE FROM verdict; DELETE FROM node; DELETE FROM placed; DELETE FROM "
         "base_cluster; DELETE FROM facet_value; DELETE FROM conversation; DELETE FROM account; "
         "DELETE FROM source; DELETE FROM stage_note; "
         "INSERT INTO source VALUES (1, 'x', 'simple', 1, 1, 0, 1, NULL)");
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
    exec("COMMIT");
}

// What is behind a number that is shown: conversations and accounts of a group (0: all) with a
// language (SIZE_MAX: any) in a stretch of days (to 0: whenever).
static struct threshold_count behind(const struct store *s, int64_t node, size_t language,
                                     int64_t from, int64_t to)
{
    struct threshold_count count = { 0, 0, 0 };
    bool seen[128] = { false };
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

// The vault's number of a cluster of the atlas: both order by level, then by what is shown.
static int64_t vault_id(int64_t id)
{
    struct sql_query *q;
    bool row = false;
    assert_ok(sql_prepare(vault_sql(run->vault),
                          "SELECT id FROM node ORDER BY level DESC, n_conversations DESC, id "
                          "LIMIT 1 OFFSET ?1 - 1",
                          &q, &err));
    sql_bind_i64(q, 1, id);
    assert_ok(sql_step(q, &row, &err));
    assert_true(row);
    int64_t found = sql_i64(q, 0);
    sql_finish(q);
    return found;
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
        for (int64_t account = 1; list[i].level == 0 && account < 110; account++) {
            int64_t own = 0;
            for (size_t m = 0; m < s->n; m++)
                own += s->members[m].cluster_id == node && s->members[m].account_id == account;
            assert_true(own <= 1 || own * 5 <= all);
        }
    }
    return n;
}

static bool is_weekly(struct atlas *atlas)
{
    struct atlas_info *list;
    size_t n;
    bool yes = false;
    assert_ok(atlas_run_info(atlas, &arena, &list, &n, &err));
    for (size_t i = 0; i < n; i++)
        yes |= str_equal(list[i].key, STR_LIT("period_step")) &&
               str_equal(list[i].value, STR_LIT("week"));
    return yes;
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
    int64_t length = is_weekly(atlas) ? 7 : 1;
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
    struct buf out;
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
    buf_release(&out);
}

// What the program itself writes.
static void check_verbs(const char *program, const bool *known, size_t n_known)
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

static void nothing_under_a_floor_leaves(void **state)
{
    static struct store s;
    const char *program = getenv("CLIO");
    int64_t n = wanted("STORES", 300), first = wanted("FIRST", 0);
    size_t n_clusters = 0, n_cells = 0, n_noisy = 0, n_known = 10000;
    (void)state;
    for (int64_t i = first; i < first + n; i++) {
        struct arena_mark start = arena_save(&arena);
        struct rng r;
        struct hash_key key = { { (unsigned char)i, (unsigned char)(i >> 8),
                                  (unsigned char)(i >> 16), 1 } };
        struct count_noise noise;
        struct atlas *atlas;
        rng_init(&r, (uint64_t)i, "exports");
        draw(&s, &r);
        assert_ok(vault_put_noise_key(run->vault, &key, &err));
        assert_ok(run_count_noise(run, true, &noise, &err));
        assert_true(noise.is_on && noise.accounts == 2 && noise.conversations == 5);
        gate(&s, &noise);
        write_vault(&s, true);
        assert_ok(publish_stage.run(run, &err));
        assert_ok(atlas_open(&atlas, path_join(&arena, str_of(folder), "atlas.db").ptr, &err));
        n_clusters += check_clusters(&s, atlas);
        n_cells += check_cells(&s, atlas);
        bool *known = arena_zero_array(&arena, n_known, sizeof *known);
        find_known(atlas, known, n_known);
        check_exports(atlas, known, n_known);
        if (program && i % 25 == 0)
            check_verbs(program, known, n_known);
        for (size_t c = 0; c < s.k; c++)
            n_noisy += s.kept[c] && s.shown[c].n_conversations != s.counts[c].n_conversations;
        atlas_close(atlas);
        arena_rewind(&arena, start);
    }
    assert_true(n_clusters > (size_t)n && n_cells > (size_t)n && n_noisy * 3 > n_clusters);
    print_message("%lld stores, %zu groups, %zu cells, 0 violations\n", (long long)n, n_clusters,
                  n_cells);
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
    assert_ok(vault_put_noise_key(run->vault, &key, &err));
    assert_ok(run_count_noise(run, true, &noise, &err));
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
