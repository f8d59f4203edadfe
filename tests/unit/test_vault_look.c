// SPDX-License-Identifier: Apache-2.0
// Behind a cluster are all of its conversations and accounts: copies and near-copies that were left
// out as well as members, page by page, each once, and none that stands with no member or with one
// of another cluster. The list that vault_safety.c makes of the same vault is the oracle.
#include "unit/check.h"

#include "store/sql.h"
#include "store/vault_look.h"
#include "store/vault_safety.h"

#define N 400
#define PAGE 7

static char dir[256];
static struct vault *vault, *look;
static struct err err;

static void must(const char *statements)
{
    assert_ok(sql_exec(vault_sql(vault), statements, &err));
}

// 40 texts. The first ten are members of cluster 3, the next ten of cluster 4; ten are near-copies
// of the first ten, five are over a bound, five were screened out. Every text was sent ten times,
// each time by another account (seq % 13 + 1; 13 is nobody).
static int setup(void **state)
{
    (void)state;
    make_dir(dir);
    assert_ok(vault_open(&vault, dir, true, &err));
    must("INSERT INTO source VALUES (1, 'x', 'simple', 1, 400, 0, 1, NULL);"
         "WITH t (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 12)"
         "INSERT INTO account SELECT i, 'who' || i FROM t;"
         "WITH t (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 400)"
         "INSERT INTO conversation (seq, id, external_id, account_id, time, n_turns, turns,"
         " transcript_hash, source_id, byte_offset)"
         " SELECT i, i, 'c' || i, nullif(i % 13 + 1, 13), 1000 + i, 1,"
         " '[[\"user\",\"text ' || i || '\"]]', (i - 1) % 40, 1, i FROM t;"
         "INSERT INTO copy SELECT seq, (seq - 1) % 40 + 1 FROM conversation WHERE seq > 40;"
         "INSERT INTO base_cluster VALUES (3, 10, x'00'), (4, 10, x'00');"
         "INSERT INTO member SELECT seq, iif(seq > 10, 4, 3), 0.5 FROM conversation"
         " WHERE seq <= 20;"
         "INSERT INTO left_out SELECT seq, seq - 20 FROM conversation WHERE seq BETWEEN 21 AND 30;"
         "INSERT INTO left_out SELECT seq, NULL FROM conversation WHERE seq BETWEEN 31 AND 35;"
         "INSERT INTO screened_out SELECT seq FROM conversation WHERE seq BETWEEN 36 AND 40;"
         "INSERT INTO facet_value SELECT seq, 'request', 'of ' || seq FROM conversation"
         " WHERE seq <= 20");
    return vault_open_to_look(&look, dir, &err);
}

static int teardown(void **state)
{
    (void)state;
    vault_close(look);
    vault_close(vault);
    remove_dir(dir);
    return 0;
}

static void check_conversation(int64_t cluster_id, const struct safety_source *s, struct arena *a)
{
    struct look_facet *facets;
    struct turn *turns;
    struct raw who;
    size_t n;
    bool inside = s->cluster_id == cluster_id, found;
    assert_ok(vault_look_turns(look, cluster_id, s->seq, a, &turns, &n, &found, &err));
    assert_int_equal(found, inside);
    if (inside)
        assert_text(turns[0].text.s, arena_printf(a, "text %lld", (long long)s->seq).ptr);
    assert_ok(vault_look_facets(look, cluster_id, s->seq, a, &facets, &n, &found, &err));
    assert_int_equal(found, inside);
    if (inside)
        assert_text(facets[0].value.s, arena_printf(a, "of %lld", (long long)s->stands_for).ptr);
    if (!inside || !s->has_account)
        return;
    assert_ok(vault_look_account(look, cluster_id, s->account_id, a, &who, &found, &err));
    assert_true(found);
    assert_text(who.s, arena_printf(a, "who%lld", (long long)s->account_id).ptr);
}

static void read_pages(int64_t cluster_id, bool *seen, size_t *n_seen, struct arena *a)
{
    struct look_conversation *list;
    int64_t last = -1;
    bool was[16] = { false }; // an account's conversations stand together
    size_t n = 1;
    for (size_t from = 0; n > 0; from += n) {
        assert_ok(vault_look_conversations(look, cluster_id, from, PAGE, a, &list, &n, &err));
        assert_true(n <= PAGE);
        for (size_t i = 0; i < n; i++) {
            assert_false(seen[list[i].seq]);
            seen[list[i].seq] = true;
            assert_int_equal(list[i].time, 1000 + list[i].seq);
            assert_true(list[i].account_id == last || !was[list[i].account_id]);
            last = list[i].account_id;
            was[last] = true;
        }
        *n_seen += n;
    }
}

static void all_of_a_cluster_is_there(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct safety_sources all;
    assert_ok(vault_read_sources(vault, 0, 1, N, 0, &a, &all, &err));
    assert_int_equal(all.n, N);
    for (int64_t id = 3; id <= 4; id++) {
        struct look_cluster size;
        bool found, seen[N + 1] = { false }, who[16] = { false };
        size_t n = 0, n_seen = 0;
        int64_t n_accounts = 0;
        read_pages(id, seen, &n_seen, &a);
        for (size_t i = 0; i < all.n; i++) {
            const struct safety_source *s = &all.items[i];
            assert_int_equal(seen[s->seq], s->cluster_id == id);
            check_conversation(id, s, &a);
            if (s->cluster_id != id)
                continue;
            n++;
            n_accounts += s->has_account && !who[s->account_id];
            who[s->account_id] = true;
        }
        assert_ok(vault_look_cluster(look, id, &size, &found, &err));
        assert_true(found);
        assert_int_equal(n, id == 3 ? 200 : 100);
        assert_int_equal(n_seen, n);
        assert_int_equal(size.n_conversations, n);
        assert_int_equal(size.n_accounts, n_accounts);
    }
    arena_release(&a);
}

// An account all of whose conversations are elsewhere is not behind the cluster.
static void others_are_not(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct raw who;
    bool found;
    must("INSERT INTO account VALUES (20, 'who20');"
         "UPDATE conversation SET account_id = 20 WHERE seq IN (35, 75, 40, 11, 51)");
    vault_close(look);
    assert_ok(vault_open_to_look(&look, dir, &err));
    assert_ok(vault_look_account(look, 3, 20, &a, &who, &found, &err));
    assert_false(found);
    assert_ok(vault_look_account(look, 4, 20, &a, &who, &found, &err));
    assert_true(found);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_cluster_is_there),
        cmocka_unit_test(others_are_not),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
