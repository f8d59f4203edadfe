// SPDX-License-Identifier: Apache-2.0
// Anchors are the same whatever this CPU has, and however many numbers are looked at at once. That
// none is missing say test_scan and privacy/test_anchors.
#include "unit/scan_fixture.h"

#include "scan/anchor.h"

// Pieces of what patterns look for, and long runs that go over the ends of numbers.
static struct str make_text(struct rng *rng, size_t len)
{
    static const char *const pieces[] = {
        "1",      "22",    "1987",     "A",  "x",     ".",         "-",      " ",
        "_",      ":",     "://",      "@",  "a.com", "is",        "=",      ")",
        "[at]",   " dot ", " Street ", "e ", "May ",  "born on ",  "ghp_",   "AKIA",
        "-----B", "%4",    "\xc3\xa9", "(",  "unit ", "%41%41%41", "users/",
    };
    return text_of_pieces(rng, pieces, COUNT_OF(pieces), 20, 40, len);
}

#define N_SETS (N_SEARCHED + 4)
// All sets of all numbers, found `each` at a time.
static uint64_t *find_all(const struct byte_masks *masks, size_t each, bool plain)
{
    struct anchor_state state = { 0 };
    struct anchors anchors;
    uint64_t *all = arena_zero_array(&arena, masks->n * N_SETS, sizeof *all);
    for (size_t first = 0; first < masks->n; first += each) {
        size_t n = size_min(each, masks->n - first);
        (plain ? anchors_find_plain : anchors_find)(masks, first, n, &state, &anchors);
        for (size_t k = 0; k < n; k++) {
            uint64_t *sets = all + (first + k) * N_SETS;
            for (size_t group = 0; group < N_SEARCHED; group++)
                sets[group] = anchors.of[group][k];
            sets[N_SEARCHED] = anchors.number[k];
            sets[N_SEARCHED + 1] = anchors.token[k];
            sets[N_SEARCHED + 2] = anchors.form[k];
            sets[N_SEARCHED + 3] = anchors.run[k];
        }
    }
    return all;
}

static void anchors_are_the_same(void **state)
{
    struct rng rng;
    size_t n_found[N_SETS] = { 0 };
    (void)state;
    rng_init(&rng, 1, "anchors");
    for (size_t round = 0; round < 300; round++) {
        struct arena_mark mark = arena_save(&arena);
        struct byte_masks masks = byte_masks_of(make_text(&rng, rng_below(&rng, 12000)), &arena);
        size_t size = masks.n * N_SETS * sizeof(uint64_t);
        uint64_t *all = find_all(&masks, ANCHORS_EACH, false);
        assert_memory_equal(all, find_all(&masks, ANCHORS_EACH, true), size);
        assert_memory_equal(all, find_all(&masks, MASKS_EACH, false), size);
        for (size_t i = 0; i < masks.n * N_SETS; i++)
            n_found[i % N_SETS] += all[i] != 0;
        arena_rewind(&arena, mark);
    }
    for (size_t i = 0; i < COUNT_OF(n_found); i++)
        assert_true(n_found[i] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(anchors_are_the_same) };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
