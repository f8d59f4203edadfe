// SPDX-License-Identifier: Apache-2.0
// Floors as a property: 10,000 random stores (skewed accounts, conversations without one, clusters
// of one account, copies) go through bound, cap, floors and cells; what comes out is counted again
// here in the plainest way. FLOORS=1000000 for the long run.
#include "base/rng.h"
#include "privacy/bound.h"
#include "privacy/cells.h"
#include "privacy/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MOST 400
#define VALUES 3

struct store {
    struct bound_item items[MOST];
    struct vault_member members[MOST]; // cluster_id 0: unclustered or left out
    size_t value[MOST];
    size_t n, k;
    int64_t most;
    struct threshold_floors floors;
    bool kept[MOST];
};
static struct arena arena;

// Accounts by a power law: a few own much.
static int64_t draw_account(struct rng *r, size_t n_accounts)
{
    double u = rng_unit(r);
    return (int64_t)((double)n_accounts * u * u * u) + 1;
}

static void draw_store(struct store *s, uint64_t seed)
{
    struct rng r;
    rng_init(&r, seed, "floors");
    *s = (struct store){ .n = 1 + rng_below(&r, MOST), .k = 1 + rng_below(&r, 9) };
    s->most = (int64_t)rng_below(&r, 9);
    s->floors.min_accounts = 1 + (int64_t)rng_below(&r, 10);
    s->floors.min_conversations = 1 + (int64_t)rng_below(&r, 25);
    s->floors.has_accounts = rng_below(&r, 10) > 0;
    size_t n_accounts = 1 + rng_below(&r, 120), without = rng_below(&r, 4) ? 0 : 3;
    for (size_t i = 0; i < s->n; i++) {
        bool has = s->floors.has_accounts && rng_below(&r, 10) >= without;
        int64_t account = has ? draw_account(&r, n_accounts) : 0;
        // One cluster may be one account's alone.
        int64_t cluster = account == 1 && rng_below(&r, 2) ? 1 : 1 + (int64_t)rng_below(&r, s->k);
        s->items[i] = (struct bound_item){ account, has, rng_below(&r, 20) > 0, rng_below(&r, 50) };
        s->members[i] =
            (struct vault_member){ (int64_t)i + 1, cluster, account, has, (float)rng_unit(&r) };
        s->value[i] = rng_below(&r, 10) < 8 ? 0 : 1 + rng_below(&r, 2);
    }
}

static void apply_gates(struct store *s)
{
    struct threshold_count counts[MOST];
    bound_accounts(s->items, s->n, s->most, &arena);
    for (size_t i = 0; i < s->n; i++)
        if (!s->items[i].counts)
            s->members[i].cluster_id = 0;
    if (s->floors.has_accounts)
        bound_clusters(s->members, s->n, s->k, &arena);
    threshold_count(s->members, s->n, s->k, &arena, counts);
    for (size_t c = 0; c < s->k; c++)
        s->kept[c] = threshold_holds(&counts[c], &s->floors);
    for (size_t i = 0; i < s->n; i++)
        if (s->members[i].cluster_id && !s->kept[s->members[i].cluster_id - 1])
            s->members[i].cluster_id = 0;
}

static int64_t count_of(const struct store *s, int64_t cluster, int64_t account)
{
    int64_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->members[i].cluster_id && (!cluster || s->members[i].cluster_id == cluster) &&
             (!account || (s->members[i].has_account && s->members[i].account_id == account));
    return n;
}

// No account over its bound, none over its share of a cluster, no cluster under a floor.
static void check_store(const struct store *s)
{
    for (int64_t cluster = 1; cluster <= (int64_t)s->k; cluster++) {
        int64_t n = count_of(s, cluster, 0), n_accounts = 0;
        for (int64_t account = 1; account <= 121; account++) {
            int64_t own = count_of(s, cluster, account);
            n_accounts += own > 0;
            assert_true(own <= 5 || own * 50 <= n);
            assert_true(own <= 1 || own * 5 <= n);
        }
        if (!s->kept[cluster - 1]) {
            assert_int_equal(n, 0);
            continue;
        }
        assert_true(n >= s->floors.min_conversations);
        assert_true(!s->floors.has_accounts || n_accounts >= s->floors.min_accounts);
    }
    for (int64_t account = 1; s->most && account <= 121; account++)
        assert_true(count_of(s, 0, account) <= s->most);
}

// Shown cells hold the floors; so does what a node's shown cells leave of its total.
static void check_cells(const struct store *s)
{
    static const size_t parents[MOST]; // all clusters hang on the corpus, node 0
    struct cell_floors floors = { s->floors.min_accounts, s->floors.min_conversations,
                                  s->floors.has_accounts };
    struct cells cells;
    cells_make(&cells, s->k + 1, VALUES, NULL, parents, &arena);
    for (int64_t account = 0; account <= 121; account++)
        for (size_t i = 0; i < s->n; i++) {
            const struct vault_member *m = &s->members[i];
            for (size_t level = 0; m->cluster_id && level < 2; level++)
                if (account == (m->has_account ? m->account_id : 0))
                    cells_add(&cells, level * (size_t)m->cluster_id, s->value[i], account);
        }
    cells_protect(&cells, &floors, NULL, STR_LIT("test"), NULL);
    for (size_t node = 0; node <= s->k; node++) {
        int64_t hidden = cells_total(&cells, node);
        for (size_t v = 0; v < VALUES; v++) {
            const struct cell *cell = cells_at(&cells, node, v);
            hidden -= cell->shown ? cell->n_conversations : 0;
            assert_true(!cell->shown ||
                        cell_holds(cell->n_conversations, cell->n_accounts, &floors));
        }
        assert_true(hidden == 0 || hidden >= floors.min_conversations || node == 0 ||
                    hidden == cells_total(&cells, node));
    }
}

static void floors_hold_in_random_stores(void **state)
{
    static struct store store;
    const char *wanted = getenv("FLOORS");
    int64_t n = 10000, n_kept = 0, n_clusters = 0;
    (void)state;
    if (wanted)
        assert_true(str_to_i64(str_of(wanted), &n));
    for (int64_t i = 0; i < n; i++) {
        struct arena_mark start = arena_save(&arena);
        draw_store(&store, (uint64_t)i);
        apply_gates(&store);
        check_store(&store);
        check_cells(&store);
        for (size_t c = 0; c < store.k; c++)
            n_kept += store.kept[c];
        n_clusters += (int64_t)store.k;
        arena_rewind(&arena, start);
    }
    // Neither all nor none: otherwise the property says nothing.
    assert_true(n_kept * 10 > n_clusters && n_kept * 10 < n_clusters * 9);
    print_message("%lld stores, %lld of %lld clusters kept, 0 violations\n", (long long)n,
                  (long long)n_kept, (long long)n_clusters);
}

static void bound_is_drawn_not_first_come(void **state)
{
    struct bound_item items[10];
    (void)state;
    for (size_t i = 0; i < 10; i++)
        items[i] = (struct bound_item){ 7, true, true, 100 - i };
    items[9].counts = false; // a near-copy does not use up the bound
    assert_int_equal(bound_accounts(items, 10, 3, &arena), 6);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(items[i].counts, i >= 6 && i <= 8);
    assert_int_equal(bound_accounts(items, 10, 0, &arena), 0);
}

static void room_is_taken_once(void **state)
{
    struct bound_item items[5] = { { 7, true, true, 1 },
                                   { 7, true, false, 2 },
                                   { 8, true, false, 3 },
                                   { 0, false, false, 4 },
                                   { 7, true, false, 5 } };
    struct bound_room *room = bound_room_make(items, 5, 2, &arena);
    (void)state;
    assert_true(bound_room_take(room, &items[1]));
    assert_false(bound_room_take(room, &items[4])); // two of account 7 count
    assert_true(bound_room_take(room, &items[2]));
    assert_true(bound_room_take(room, &items[2]));
    assert_false(bound_room_take(room, &items[2]));
    for (int i = 0; i < 9; i++)
        assert_true(bound_room_take(room, &items[3]));
}

static void share_grows_with_the_cluster(void **state)
{
    (void)state;
    assert_int_equal(bound_share(1), 1);
    assert_int_equal(bound_share(15), 3);
    assert_int_equal(bound_share(100), 5);
    assert_int_equal(bound_share(250), 5);
    assert_int_equal(bound_share(1000), 20);
}

// Of fifteen one account may have two (of the thirteen that three would leave, two are a fifth):
// its most alike stay, wherever they stand.
static void the_least_alike_give_way(void **state)
{
    struct vault_member members[15];
    (void)state;
    for (size_t i = 0; i < 15; i++)
        members[i] = (struct vault_member){ (int64_t)i + 1, 1, i < 5 ? 7 : (int64_t)i + 100, true,
                                            i == 1 || i == 4 ? 0.9F : 0.5F };
    assert_int_equal(bound_clusters(members, 15, 1, &arena), 3);
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(members[i].cluster_id, i == 1 || i >= 4);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_is_taken_once),
        cmocka_unit_test(floors_hold_in_random_stores),
        cmocka_unit_test(bound_is_drawn_not_first_come),
        cmocka_unit_test(share_grows_with_the_cluster),
        cmocka_unit_test(the_least_alike_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
