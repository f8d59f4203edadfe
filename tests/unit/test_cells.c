// SPDX-License-Identifier: Apache-2.0
// Hidden cells: nothing shown is under a floor, and no subtraction of shown numbers leaves a rest
// that is.
#include "base/rng.h"
#include "privacy/cells.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static const struct cell_floors floors = { 5, 15, true };

static void counts_distinct_accounts(void **state)
{
    static const size_t parent[] = { 0, 0 };
    struct cells cells;
    static const struct {
        size_t value;
        int64_t account;
    } records[] = { { 0, 0 }, { 0, 7 }, { 1, 7 }, { 0, 7 }, { 0, 8 } };
    (void)state;
    cells_make(&cells, 2, 2, NULL, parent, &arena);
    for (size_t i = 0; i < COUNT_OF(records); i++)
        cells_add(&cells, 1, records[i].value, records[i].account);
    assert_int_equal(cells_at(&cells, 1, 0)->n_conversations, 4);
    assert_int_equal(cells_at(&cells, 1, 0)->n_accounts, 2);
    assert_int_equal(cells_at(&cells, 1, 1)->n_accounts, 1);
    assert_int_equal(cells_total(&cells, 1), 5);
}

// 60 in English, 20 in French, 3 in Thai: Thai is under the floor; French must go too.
static void a_lone_hidden_cell_takes_a_second(void **state)
{
    static const size_t parent[] = { 0 };
    struct cells cells;
    (void)state;
    cells_make(&cells, 1, 3, NULL, parent, &arena);
    *cells_at(&cells, 0, 0) = (struct cell){ 60, 40, false, 0, 0 };
    *cells_at(&cells, 0, 1) = (struct cell){ 20, 10, false, 0, 0 };
    *cells_at(&cells, 0, 2) = (struct cell){ 3, 2, false, 0, 0 };
    cells_protect(&cells, &floors, NULL, STR_LIT("test"), NULL);
    assert_true(cells_at(&cells, 0, 0)->shown);
    assert_false(cells_at(&cells, 0, 1)->shown);
    assert_false(cells_at(&cells, 0, 2)->shown);
}

// The parent shows 20 in French; one child 17, the other 3: the 17 would give the 3 away.
static void a_child_is_not_had_from_its_sibling(void **state)
{
    static const size_t parent[] = { 0, 0, 0 };
    struct cells cells;
    (void)state;
    cells_make(&cells, 3, 2, NULL, parent, &arena);
    *cells_at(&cells, 0, 0) = (struct cell){ 120, 90, false, 0, 0 };
    *cells_at(&cells, 0, 1) = (struct cell){ 20, 15, false, 0, 0 };
    *cells_at(&cells, 1, 0) = (struct cell){ 60, 45, false, 0, 0 };
    *cells_at(&cells, 1, 1) = (struct cell){ 17, 12, false, 0, 0 };
    *cells_at(&cells, 2, 0) = (struct cell){ 60, 45, false, 0, 0 };
    *cells_at(&cells, 2, 1) = (struct cell){ 3, 3, false, 0, 0 };
    cells_protect(&cells, &floors, NULL, STR_LIT("test"), NULL);
    assert_true(cells_at(&cells, 0, 1)->shown);
    assert_false(cells_at(&cells, 1, 1)->shown);
    assert_false(cells_at(&cells, 2, 1)->shown);
}

// Children with 40, 30, 16 and 3 in French: the 3 stays unknown beside the 16, so 40 and 30 stand.
static void siblings_that_give_nothing_away_stay(void **state)
{
    static const size_t parent[] = { 0, 0, 0, 0, 0 };
    static const int64_t french[] = { 89, 40, 30, 16, 3 };
    struct cells cells;
    (void)state;
    cells_make(&cells, 5, 2, NULL, parent, &arena);
    for (size_t node = 0; node < 5; node++) {
        *cells_at(&cells, node, 0) = (struct cell){ node ? 60 : 240, 45, false, 0, 0 };
        *cells_at(&cells, node, 1) = (struct cell){ french[node], french[node], false, 0, 0 };
    }
    cells_protect(&cells, &floors, NULL, STR_LIT("test"), NULL);
    for (size_t node = 0; node < 5; node++)
        assert_int_equal(cells_at(&cells, node, 1)->shown, french[node] > 16);
}

static void fill(struct cells *cells, struct rng *rng)
{
    for (size_t node = cells->n_nodes; node-- > 0;)
        for (size_t v = 0; v < cells->n_values; v++) {
            struct cell *cell = cells_at(cells, node, v);
            bool leaf = true;
            for (size_t c = node + 1; c < cells->n_nodes; c++)
                leaf = leaf && cells->parent[c] != node;
            if (leaf) {
                cell->n_conversations = (int64_t)(rng_below(rng, 3) ? rng_below(rng, 60) : 0);
                int64_t most = cell->n_conversations;
                cell->n_accounts = most ? 1 + (int64_t)rng_below(rng, (uint64_t)most) : 0;
            }
            if (node) {
                struct cell *parent = cells_at(cells, cells->parent[node], v);
                parent->n_conversations += cell->n_conversations;
                // Accounts may be the same ones: the largest child's is the least there can be.
                if (cell->n_accounts > parent->n_accounts)
                    parent->n_accounts = cell->n_accounts;
            }
        }
}

static void check_rest(const struct cells *cells, size_t node)
{
    int64_t rest = 0;
    for (size_t v = 0; v < cells->n_values; v++) {
        const struct cell *cell = cells_at(cells, node, v);
        if (cell->shown)
            assert_true(cell_holds(cell->n_conversations, cell->n_accounts, &floors));
        else
            rest += cell->n_conversations;
    }
    bool nothing_shown = rest == cells_total(cells, node);
    assert_true(rest == 0 || nothing_shown || rest >= floors.min_conversations);
}

static void check_children(const struct cells *cells, size_t node)
{
    for (size_t v = 0; v < cells->n_values; v++) {
        const struct cell *parent = cells_at(cells, node, v);
        int64_t rest = parent->n_conversations;
        size_t n_shown = 0;
        for (size_t c = node + 1; c < cells->n_nodes; c++)
            if (cells->parent[c] == node && cells_at(cells, c, v)->shown) {
                rest -= cells_at(cells, c, v)->n_conversations;
                n_shown++;
            }
        assert_true(n_shown == 0 || parent->shown);
        assert_true(n_shown == 0 || rest == 0 || rest >= floors.min_conversations);
    }
}

static void no_rest_is_under_a_floor(void **state)
{
    struct rng rng;
    size_t n_shown = 0, n_hidden = 0;
    (void)state;
    rng_init(&rng, 1, "test");
    for (int round = 0; round < 10000; round++) {
        struct arena_mark start = arena_save(&arena);
        size_t n_nodes = 1 + rng_below(&rng, 12), n_values = 1 + rng_below(&rng, 6);
        size_t *parent = arena_zero_array(&arena, n_nodes, sizeof *parent);
        struct cells cells;
        for (size_t i = 1; i < n_nodes; i++)
            parent[i] = rng_below(&rng, i);
        cells_make(&cells, n_nodes, n_values, NULL, parent, &arena);
        fill(&cells, &rng);
        cells_protect(&cells, &floors, NULL, STR_LIT("test"), NULL);
        for (size_t i = 0; i < n_nodes; i++) {
            check_rest(&cells, i);
            check_children(&cells, i);
        }
        for (size_t i = 0; i < n_nodes * n_values; i++) {
            n_shown += cells.items[i].shown;
            n_hidden += !cells.items[i].shown && cells.items[i].n_conversations >= 15;
        }
        arena_rewind(&arena, start);
    }
    assert_true(n_shown > 10000); // the rule does not just hide everything
    print_message("%zu cells shown, %zu above the floor hidden\n", n_shown, n_hidden);
    arena_release(&arena);
}

// With noise: what is shown is over the floor, parts never exceed their whole in either direction,
// and the same counts give the same numbers, other counts others.
static void noisy_cells_fit(void **state)
{
    struct rng rng;
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    int64_t limit[12];
    size_t n_shown = 0, n_noisy = 0;
    (void)state;
    rng_init(&rng, 2, "test");
    for (int round = 0; round < 3000; round++) {
        struct arena_mark start = arena_save(&arena);
        size_t n_nodes = 1 + rng_below(&rng, 12), n_values = 1 + rng_below(&rng, 6);
        size_t *parent = arena_zero_array(&arena, n_nodes, sizeof *parent);
        struct cells cells;
        for (size_t i = 1; i < n_nodes; i++)
            parent[i] = rng_below(&rng, i);
        cells_make(&cells, n_nodes, n_values, NULL, parent, &arena);
        fill(&cells, &rng);
        memset(limit, 0, sizeof limit);
        for (size_t i = n_nodes; i-- > 0;) {
            limit[i] = cells.first_child[i] ? limit[i] : cells_total(&cells, i);
            if (i)
                limit[parent[i]] += limit[i];
        }
        cells_protect(&cells, &floors, &noise, STR_LIT("test"), NULL);
        cells_fit(&cells, limit, &floors);
        for (size_t i = 0; i < n_nodes; i++) {
            int64_t sum = 0;
            for (size_t v = 0; v < n_values; v++) {
                const struct cell *cell = cells_at(&cells, i, v);
                int64_t below = 0;
                for (size_t c = 1; c < n_nodes; c++)
                    if (parent[c] == i && cells_at(&cells, c, v)->shown)
                        below += cells_at(&cells, c, v)->n_shown;
                sum += cell->shown ? cell->n_shown : 0;
                assert_true(!cell->shown || cell->n_shown >= floors.min_conversations);
                assert_true(below == 0 || (cell->shown && cell->n_shown >= below));
                n_shown += cell->shown;
                n_noisy += cell->shown && cell->n_shown != cell->n_conversations;
            }
            assert_true(sum <= limit[i]);
        }
        arena_rewind(&arena, start);
    }
    assert_true(n_shown > 3000 && n_noisy * 10 > n_shown * 8);
}

// A cell under a floor, and the same one with nobody in it (P-10): all that is shown is the same.
// Each world has values that are shown and three that hold few; some of one of these move to
// another, or, in every other world with noise, all of them are gone: one somebody and nobody.
// (With exact counts a rest of somebody takes a second cell with it and a rest of nobody does not,
// which is why such counts are for people's own data.) 10,000 pairs.
static void draw_few(struct cells *cells, struct rng *r, int64_t few[3])
{
    for (size_t v = 0; v < cells->n_values; v++) {
        int64_t n = v < 3 ? few[v] : 15 + (int64_t)rng_below(r, 60);
        for (size_t node = cells->n_nodes - 1, end = 0; !end; node = cells->parent[node]) {
            cells_at(cells, node, v)->n_conversations += n;
            cells_at(cells, node, v)->n_accounts += n;
            end = node == 0;
        }
    }
}

static void suppressed_is_absent(void **state)
{
    static const size_t parent[] = { 0, 0, 1 };
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    int64_t limit[3] = { 1000, 1000, 1000 };
    size_t n_same = 0, n_shown = 0;
    (void)state;
    for (uint64_t pair = 0; pair < 10000; pair++) {
        struct arena_mark start = arena_save(&arena);
        struct cells cells[2];
        struct rng r;
        rng_init(&r, pair, "pair");
        int64_t few[3] = { (int64_t)rng_below(&r, 8), 1 + (int64_t)rng_below(&r, 7), 0 };
        bool same = true, gone = pair % 4 == 1;
        noise.is_on = pair % 2;
        for (int side = 0; side < 2; side++) {
            rng_init(&r, pair, "world");
            cells_make(&cells[side], 3, 6, NULL, parent, &arena);
            draw_few(&cells[side], &r, few);
            // Those with the second value have the first instead.
            few[0] = gone ? 0 : few[0] + few[1];
            few[1] = 0;
            cells_protect(&cells[side], &floors, &noise, STR_LIT("test"), NULL);
            cells_fit(&cells[side], limit, &floors);
        }
        for (size_t i = 0; i < 18; i++) {
            const struct cell *x = &cells[0].items[i], *y = &cells[1].items[i];
            same = same && x->shown == y->shown && (!x->shown || x->n_shown == y->n_shown);
            n_shown += x->shown;
        }
        n_same += same;
        arena_rewind(&arena, start);
    }
    assert_int_equal(n_same, 10000);
    assert_true(n_shown > 10000);
    print_message("%zu of 10000 pairs the same\n", n_same);
}

static void noise_belongs_to_its_counts(void **state)
{
    static const size_t parent[] = { 0 };
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    int64_t first[64];
    size_t n_same = 0;
    (void)state;
    for (int round = 0; round < 3; round++) { // the second time the same, the third one more
        struct cells cells;
        cells_make(&cells, 1, COUNT_OF(first), NULL, parent, &arena);
        for (size_t v = 0; v < COUNT_OF(first); v++)
            *cells_at(&cells, 0, v) = (struct cell){ 100, 80, false, 0, 0 };
        cells_at(&cells, 0, 63)->n_conversations += round == 2;
        cells_protect(&cells, &floors, &noise, STR_LIT("test"), NULL);
        for (size_t v = 0; v < COUNT_OF(first); v++) {
            if (round == 1)
                assert_int_equal(first[v], cells_at(&cells, 0, v)->n_shown);
            n_same += round == 2 && first[v] == cells_at(&cells, 0, v)->n_shown;
            first[v] = cells_at(&cells, 0, v)->n_shown;
        }
    }
    assert_true(n_same < 20);
    arena_release(&arena);
}

// 3,000 nodes in every number of threads: the same numbers, the same cells.
static void threads_change_nothing(void **state)
{
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    struct cells one = { 0 }, cells;
    size_t *parent = arena_zero_array(&arena, 3000, sizeof *parent), n_shown = 0;
    struct rng rng;
    struct err err;
    (void)state;
    rng_init(&rng, 3, "test");
    for (size_t i = 1; i < 3000; i++)
        parent[i] = rng_below(&rng, i);
    for (size_t n_threads = 0; n_threads <= 3; n_threads++) {
        struct pool *pool = NULL;
        assert_true(!n_threads || pool_open(&pool, n_threads, &err) == 0);
        cells_make(&cells, 3000, 5, NULL, parent, &arena);
        rng_init(&rng, 4, "test");
        fill(&cells, &rng);
        cells_protect(&cells, &floors, &noise, STR_LIT("test"), pool);
        for (size_t i = 0; n_threads && i < 3000 * (size_t)5; i++) {
            assert_int_equal(cells.items[i].shown, one.items[i].shown);
            assert_int_equal(cells.items[i].n_shown, one.items[i].n_shown);
            n_shown += cells.items[i].shown;
        }
        one = n_threads ? one : cells;
        pool_close(pool);
    }
    assert_true(n_shown > 3000);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_distinct_accounts),
        cmocka_unit_test(a_lone_hidden_cell_takes_a_second),
        cmocka_unit_test(a_child_is_not_had_from_its_sibling),
        cmocka_unit_test(siblings_that_give_nothing_away_stay),
        cmocka_unit_test(noisy_cells_fit),
        cmocka_unit_test(suppressed_is_absent),
        cmocka_unit_test(noise_belongs_to_its_counts),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(no_rest_is_under_a_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
