// SPDX-License-Identifier: Apache-2.0
// Over-represented languages: planted ones are found, at most one in twenty of what is listed is
// false, and where languages are dealt out at random nothing is listed. Over 100 made-up corpora;
// --record prints the figures for tests/quality/results.csv.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/languages.h"

enum { CLUSTERS = 200, LANGUAGES = 15, CORPORA = 100 };
static const int weights[LANGUAGES] = { 46, 9, 8, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1 };

struct outcome {
    size_t n_planted, n_found, n_listed, n_false, n_with_false;
};

static uint32_t draw_language(struct rng *rng, uint32_t favoured, double factor)
{
    double total = 0;
    for (uint32_t l = 0; l < LANGUAGES; l++)
        total += weights[l] * (l == favoured ? factor : 1);
    double at = rng_unit(rng) * total;
    uint32_t l = 0;
    while (l + 1 < LANGUAGES && (at -= weights[l] * (l == favoured ? factor : 1)) >= 0)
        l++;
    return l;
}

// Each fourth cluster has three times as much of one language when `planted`.
static void one_corpus(uint64_t seed, bool planted, struct outcome *o)
{
    static struct language_cell cells[CLUSTERS * LANGUAGES];
    static int64_t counts[CLUSTERS][LANGUAGES];
    int64_t all[LANGUAGES] = { 0 }, n_all = 0;
    struct arena a = { 0 };
    struct rng rng;
    size_t n = 0, n_false = 0;
    rng_init(&rng, seed, "test");
    memset(counts, 0, sizeof counts);
    for (uint32_t c = 0; c < CLUSTERS; c++) {
        bool one = planted && c % 4 == 0;
        int64_t size = 80 + (int64_t)rng_below(&rng, 400);
        for (int64_t i = 0; i < size; i++) {
            uint32_t l = draw_language(&rng, one ? 1 + c / 4 % 7 : LANGUAGES, 3);
            counts[c][l]++, all[l]++, n_all++;
        }
    }
    for (uint32_t c = 0; c < CLUSTERS; c++)
        for (uint32_t l = 0; l < LANGUAGES; l++)
            if (counts[c][l])
                cells[n++] = (struct language_cell){
                    .cluster = c, .language = l, .n = counts[c][l], .n_units = counts[c][l]
                };
    languages_judge(cells, n, all, n_all, &a);
    for (size_t i = 0; i < n; i++) {
        bool is_planted = planted && cells[i].cluster % 4 == 0 &&
                          cells[i].language == 1 + (uint32_t)cells[i].cluster / 4 % 7;
        bool listed = cells[i].q <= LANGUAGE_MOST_Q;
        assert_true(cells[i].low <= cells[i].ratio && cells[i].ratio <= cells[i].high);
        o->n_planted += is_planted;
        o->n_found += is_planted && listed;
        o->n_listed += listed;
        n_false += listed && !is_planted;
    }
    o->n_false += n_false;
    o->n_with_false += n_false > 0;
    arena_release(&a);
}

static struct outcome many(bool planted)
{
    struct outcome o = { 0 };
    for (uint64_t seed = 1; seed <= CORPORA; seed++)
        one_corpus(seed, planted, &o);
    return o;
}

static void test_planted_are_found(void **state)
{
    (void)state;
    struct outcome o = many(true);
    print_message("planted %zu, found %zu, listed %zu, false %zu\n", o.n_planted, o.n_found,
                  o.n_listed, o.n_false);
    assert_true((double)o.n_found >= 0.85 * (double)o.n_planted);
    assert_true((double)o.n_false <= 0.05 * (double)o.n_listed);
}

static void test_nothing_where_dealt_at_random(void **state)
{
    (void)state;
    struct outcome o = many(false);
    print_message("corpora with anything listed %zu of %d\n", o.n_with_false, CORPORA);
    assert_true(o.n_with_false <= CORPORA / 20 + 3);
}

// Many small clusters and as many languages: the cells that are large enough to be judged are large
// by chance, and the others count as tests all the same.
static void test_nothing_in_small_clusters(void **state)
{
    enum { SMALL = 400, OF = 24, RARE = 24 };
    static struct language_cell cells[SMALL * RARE];
    size_t n_with_any = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= CORPORA; seed++) {
        struct arena a = { 0 };
        struct rng rng;
        int64_t all[RARE] = { 0 };
        size_t n = 0, any = 0;
        rng_init(&rng, seed, "test");
        for (int64_t c = 0; c < SMALL; c++) {
            int64_t counts[RARE] = { 0 };
            for (int i = 0; i < OF; i++) {
                uint32_t l = (uint32_t)rng_below(&rng, RARE);
                counts[l]++, all[l]++;
            }
            for (uint32_t l = 0; l < RARE; l++)
                if (counts[l])
                    cells[n++] = (struct language_cell){
                        .cluster = c, .language = l, .n = counts[l], .n_units = counts[l]
                    };
        }
        languages_judge(cells, n, all, (int64_t)SMALL * OF, &a);
        for (size_t i = 0; i < n; i++)
            any += cells[i].q <= LANGUAGE_MOST_Q;
        n_with_any += any > 0;
        arena_release(&a);
    }
    print_message("small clusters: corpora with anything listed %zu of %d\n", n_with_any, CORPORA);
    assert_true(n_with_any <= CORPORA / 20 + 3);
}

static void test_few_are_never_judged(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct language_cell cells[2] = { { .cluster = 1, .language = 0, .n = 4, .n_units = 4 },
                                      { .cluster = 2, .language = 1, .n = 9000, .n_units = 9000 } };
    int64_t all[2] = { 4, 9000 };
    languages_judge(cells, 2, all, 9004, &a);
    assert_true(cells[0].q == 1 && cells[0].ratio > 2000);
    arena_release(&a);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--record") == 0) {
        struct outcome with = many(true), without = many(false);
        printf("planted found\t%.4f\t%zu\nfalse among listed\t%.4f\t%zu\n"
               "corpora dealt at random with anything listed\t%zu\t%d\n",
               (double)with.n_found / (double)with.n_planted, with.n_planted,
               (double)with.n_false / (double)with.n_listed, with.n_listed, without.n_with_false,
               CORPORA);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_are_found),
        cmocka_unit_test(test_nothing_where_dealt_at_random),
        cmocka_unit_test(test_nothing_in_small_clusters),
        cmocka_unit_test(test_few_are_never_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
