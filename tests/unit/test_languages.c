// SPDX-License-Identifier: Apache-2.0
// Over-represented languages: planted ones are found, at most one in twenty of what is listed is
// false, and where languages have nothing to do with clusters nothing is listed, whether an account
// has one conversation or many, in one language or several. Over 100 made-up corpora; --record
// prints the figures for tests/quality/results.csv.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/languages.h"

enum { CLUSTERS = 200, LANGUAGES = 15, CORPORA = 100, MOST_ROWS = CLUSTERS * 480 };
static const int weights[LANGUAGES] = { 46, 9, 8, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1 };
static struct language_row rows[MOST_ROWS];

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

static void shuffle_clusters(struct rng *rng, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(rng, i);
        uint32_t kept = rows[i - 1].cluster;
        rows[i - 1].cluster = rows[j].cluster;
        rows[j].cluster = kept;
    }
}

static bool is_planted(uint32_t cluster, uint32_t language)
{
    return cluster % 4 == 0 && language == 1 + cluster / 4 % 7;
}

static void judge(size_t n, bool planted, struct outcome *o)
{
    struct arena a = { 0 };
    struct language_cell *cells;
    size_t n_cells, n_false = 0;
    languages_judge(rows, n, &a, &cells, &n_cells);
    for (size_t i = 0; i < n_cells; i++) {
        bool is = planted && is_planted(cells[i].cluster, cells[i].language);
        bool listed = cells[i].q <= LANGUAGE_MOST_Q;
        assert_true(cells[i].low <= cells[i].ratio && cells[i].ratio <= cells[i].high);
        o->n_planted += is;
        o->n_found += is && listed;
        o->n_listed += listed;
        n_false += listed && !is;
    }
    o->n_false += n_false;
    o->n_with_false += n_false > 0;
    arena_release(&a);
}

// Each fourth cluster has three times as much of one language; accounts have `each` conversations.
static struct outcome many_planted(size_t each, uint64_t n_corpora)
{
    struct outcome o = { 0 };
    for (uint64_t seed = 1; seed <= n_corpora; seed++) {
        struct rng rng;
        size_t n = 0;
        rng_init(&rng, seed, "test");
        for (uint32_t c = 0; c < CLUSTERS; c++)
            for (size_t i = 80 + rng_below(&rng, 400); i > 0; i--)
                rows[n++].cluster = c;
        if (each > 1)
            shuffle_clusters(&rng, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t c = rows[i].cluster;
            rows[i].account = (int64_t)(i / each);
            rows[i].language = draw_language(&rng, c % 4 ? LANGUAGES : 1 + c / 4 % 7, 3);
        }
        judge(n, true, &o);
    }
    return o;
}

enum deal { OVER_CONVERSATIONS, OVER_ACCOUNTS, OVER_BOTH, DEALS };
enum { SOME_CLUSTERS = 24, SOME_ROWS = 4000, VARIED = 0 };

// How many conversations the next account has. Varied: most have one, a few have hundreds.
static size_t draw_size(struct rng *rng, size_t each)
{
    return each ? each : (size_t)(1 / (0.004 + 0.996 * rng_unit(rng)));
}

// Language and cluster have nothing to do with each other. Clusters differ in size by fifty to one.
// Over both: an account keeps to a language of its own three times in four. Of accounts that differ
// in size those with many conversations use English far more.
static void make_shuffled(struct rng *rng, size_t each, enum deal deal, size_t *n)
{
    int64_t account = 0;
    *n = 0;
    for (size_t size; (size = draw_size(rng, each)) && *n + size <= SOME_ROWS; account++) {
        bool english = !each && size > 3;
        uint32_t own = draw_language(rng, english ? 0 : LANGUAGES, 20);
        for (size_t i = 0; i < size; i++) {
            bool any = deal == OVER_CONVERSATIONS || (deal == OVER_BOTH && rng_below(rng, 4) == 0);
            double at = rng_unit(rng);
            rows[(*n)++] =
                (struct language_row){ account, (uint32_t)(SOME_CLUSTERS * at * at),
                                       any ? draw_language(rng, english ? 0 : LANGUAGES, 20)
                                           : own };
        }
    }
}

static struct outcome many_shuffled(size_t each, enum deal deal)
{
    struct outcome o = { 0 };
    for (uint64_t seed = 1; seed <= CORPORA; seed++) {
        struct rng rng;
        size_t n;
        rng_init(&rng, seed, "test");
        make_shuffled(&rng, each, deal, &n);
        judge(n, false, &o);
    }
    return o;
}

static const size_t sizes[] = { 1, 2, 5, 10, VARIED };
static const char *const size_names[] = { "1 an account", "2 an account", "5 an account",
                                          "10 an account", "1 to 250 an account" };
static const char *const deal_names[DEALS] = { "conversations", "accounts", "both" };

static void test_planted_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct outcome o = many_planted(sizes[i], i ? 10 : CORPORA);
        print_message("%zu an account: planted %zu, found %zu, listed %zu, false %zu\n", sizes[i],
                      o.n_planted, o.n_found, o.n_listed, o.n_false);
        assert_true((double)o.n_found >= 0.85 * (double)o.n_planted);
        assert_true((double)o.n_false <= 0.05 * (double)o.n_listed);
    }
}

static void test_nothing_where_dealt_at_random(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (enum deal deal = 0; deal < DEALS; deal++) {
            struct outcome o = many_shuffled(sizes[i], deal);
            print_message("%s, dealt over %s: corpora with anything listed "
                          "%zu of %d, rows %zu\n",
                          size_names[i], deal_names[deal], o.n_with_false, CORPORA, o.n_listed);
            assert_true(o.n_with_false <= CORPORA / 20 + 3);
        }
}

// Many small clusters and as many languages: the cells that are large enough to be judged are large
// by chance, and the others count as tests all the same.
static void test_nothing_in_small_clusters(void **state)
{
    enum { SMALL = 400, OF = 24, RARE = 24 };
    struct outcome o = { 0 };
    (void)state;
    for (uint64_t seed = 1; seed <= CORPORA; seed++) {
        struct rng rng;
        rng_init(&rng, seed, "test");
        for (size_t i = 0; i < (size_t)SMALL * OF; i++)
            rows[i] = (struct language_row){ (int64_t)i, (uint32_t)(i / OF),
                                             (uint32_t)rng_below(&rng, RARE) };
        judge((size_t)SMALL * OF, false, &o);
    }
    print_message("small clusters: corpora with anything listed %zu of %d\n", o.n_with_false,
                  CORPORA);
    assert_true(o.n_with_false <= CORPORA / 20 + 3);
}

// The account is what counts: 9,000 conversations of one say no more than one of another does.
static void test_few_are_never_judged(void **state)
{
    struct arena a = { 0 };
    struct language_cell *cells;
    size_t n_cells;
    (void)state;
    for (size_t i = 0; i < 12000; i++) // cluster 1: four accounts, in language 0
        rows[i] = i < 9004 ? (struct language_row){ (int64_t)size_max(i, 9000), 1, 0 }
                           : (struct language_row){ (int64_t)i, 2, 1 };
    languages_judge(rows, 12000, &a, &cells, &n_cells);
    assert_int_equal(n_cells, 2);
    assert_true(cells[0].n == 9004 && cells[0].n_accounts == 4 && cells[0].q == 1);
    assert_true(cells[0].ratio > 2);
    arena_release(&a);
}

// Parts of an account, 1/n each, may add up to a little more than 1.
static void test_one_language(void **state)
{
    struct outcome o = { 0 };
    size_t n = 0;
    (void)state;
    for (size_t account = 0; account < 100; account++)
        for (size_t i = 0; i <= account; i++)
            rows[n++] = (struct language_row){ (int64_t)account, (uint32_t)(account % 5), 0 };
    judge(n, false, &o);
    assert_int_equal(o.n_listed, 0);
}

// By hand. Accounts 1 and 2 have two conversations, 3 has one: of accounts of two a quarter of the
// mix is language 1, and of cluster 1 half of account 1's.
static void test_counts(void **state)
{
    static const struct language_row made[] = {
        { 1, 1, 0 }, { 1, 1, 1 }, { 2, 1, 0 }, { 2, 2, 0 }, { 3, 2, 1 }
    };
    struct arena a = { 0 };
    struct language_cell *cells;
    size_t n_cells;
    (void)state;
    memcpy(rows, made, sizeof made);
    languages_judge(rows, COUNT_OF(made), &a, &cells, &n_cells);
    assert_int_equal(n_cells, 4);
    assert_true(cells[1].cluster == 1 && cells[1].language == 1 && cells[1].n_accounts == 1);
    assert_true(cells[1].units == 0.5 && cells[1].expected == 0.5 && cells[1].ratio == 1);
    assert_true(cells[0].units == 1.5 && cells[0].expected == 1.5);
    assert_true(cells[3].units == 1 && cells[3].expected == 1.25); // 2 in language 1: a quarter
    arena_release(&a);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--record") == 0) {
        struct outcome with = many_planted(1, CORPORA), with_ten = many_planted(10, CORPORA);
        printf("planted found\t%.4f\t%zu\nfalse among listed\t%.4f\t%zu\n"
               "planted found, ten conversations an account\t%.4f\t%zu\n"
               "false among listed, ten conversations an account\t%.4f\t%zu\n",
               (double)with.n_found / (double)with.n_planted, with.n_planted,
               (double)with.n_false / (double)with.n_listed, with.n_listed,
               (double)with_ten.n_found / (double)with_ten.n_planted, with_ten.n_planted,
               (double)with_ten.n_false / (double)with_ten.n_listed, with_ten.n_listed);
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            for (enum deal deal = 0; deal < DEALS; deal++)
                printf("corpora with anything listed, %s, languages dealt over %s\t%zu\t%d\n",
                       size_names[i], deal_names[deal], many_shuffled(sizes[i], deal).n_with_false,
                       CORPORA);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_are_found),
        cmocka_unit_test(test_nothing_where_dealt_at_random),
        cmocka_unit_test(test_nothing_in_small_clusters),
        cmocka_unit_test(test_one_language),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_few_are_never_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
