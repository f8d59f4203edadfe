// SPDX-License-Identifier: Apache-2.0
// Documents are dealt out by group and account as a sort that compares would, near-copies are
// found inside their group, grams are counted as a slow walk counts them, and long loops over
// documents hear a signal.
#include "base/rng.h"
#include "base/stop.h"
#include "unit/phrase_fixture.h"

#include <signal.h>
#include <stdlib.h>

#define N_DOCS 5000
#define N_BASE 40
#define N_PARENTS 6
#define N_ACCOUNTS 300
#define N_SUBJECTS 9

// Few texts, so that many repeat; some are too short to be copies, some have no word.
static void add_random(struct rng *rng)
{
    static const char *const texts[] = { "", "bake bread", "bake a large loaf of sourdough bread",
                                         "paint the garden fence dark green",
                                         "please write to my landlord about heating" };
    static const char *const languages[] = { "English", "German", "" };
    char subject[40];
    struct err err = { 0 };
    uint64_t base = rng_below(rng, N_BASE + 1);
    struct str text = str_of(texts[rng_below(rng, COUNT_OF(texts))]);
    assert_int_equal(phrase_corpus_add(corpus, base == N_BASE ? PHRASE_NO_GROUP : (uint32_t)base,
                                       (int64_t)rng_below(rng, N_ACCOUNTS), &text, 1,
                                       str_of(languages[rng_below(rng, COUNT_OF(languages))]),
                                       &err),
                     0);
    uint64_t i = rng_below(rng, N_SUBJECTS + 1);
    snprintf(subject, sizeof subject, "Group %d: subject %d", (int)i / 3, (int)i);
    phrase_corpus_subject(corpus, i == N_SUBJECTS ? str_make(NULL, 0) : str_of(subject));
}

static uint32_t parent_of[N_BASE], group_of[N_DOCS];

static void fill(void)
{
    struct rng rng;
    rng_init(&rng, 8, "order");
    for (size_t i = 0; i < N_DOCS; i++)
        add_random(&rng);
    for (uint32_t i = 0; i < N_BASE; i++)
        parent_of[i] = i % 7 == 6 ? PHRASE_NO_GROUP : (uint32_t)rng_below(&rng, N_PARENTS);
    for (size_t i = 0; i < N_DOCS; i++) {
        uint32_t base = corpus->docs[i].group;
        uint32_t group = base == PHRASE_NO_GROUP ? PHRASE_NO_GROUP : parent_of[base];
        group_of[i] = group == PHRASE_NO_GROUP ? N_PARENTS : group;
    }
}

static int by_group_and_account(const void *x, const void *y)
{
    uint32_t i = *(const uint32_t *)x, j = *(const uint32_t *)y;
    const struct phrase_doc *a = &corpus->docs[i], *b = &corpus->docs[j];
    if (group_of[i] != group_of[j])
        return group_of[i] < group_of[j] ? -1 : 1;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return (i > j) - (i < j);
}

static bool repeats(uint32_t i)
{
    const struct phrase_doc *doc = &corpus->docs[i];
    bool found = false;
    for (uint32_t j = 0; j < i && doc->n_first >= 4; j++)
        found = found || (group_of[j] == group_of[i] && corpus->docs[j].hash == doc->hash);
    return found;
}

static void test_order_is_that_of_a_sort(void **state)
{
    struct doc_order all, distinct;
    static uint32_t sorted[N_DOCS];
    size_t n = 0;
    (void)state;
    fill();
    for (uint32_t i = 0; i < N_DOCS; i++)
        sorted[i] = i;
    qsort(sorted, N_DOCS, sizeof *sorted, by_group_and_account);
    phrase_order_docs(corpus, parent_of, N_PARENTS, &arena, &all, &distinct);
    assert_int_equal(all.start[N_PARENTS + 1], N_DOCS);
    assert_memory_equal(all.docs, sorted, sizeof sorted);
    for (size_t g = 0; g <= N_PARENTS; g++)
        for (size_t i = all.start[g]; i < all.start[g + 1]; i++)
            assert_int_equal(group_of[all.docs[i]], g);
    for (size_t g = 0; g <= N_PARENTS; g++) {
        assert_int_equal(distinct.start[g], n);
        for (size_t i = all.start[g]; i < all.start[g + 1]; i++)
            if (corpus->docs[sorted[i]].n && !repeats(sorted[i]))
                assert_int_equal(distinct.docs[n++], sorted[i]);
    }
    assert_int_equal(distinct.start[N_PARENTS + 1], n);
    assert_in_range(n, N_PARENTS * 3, N_DOCS / 2); // there were copies, and not only copies
}

static void test_no_documents_have_an_order(void **state)
{
    struct doc_order all, distinct;
    (void)state;
    phrase_order_docs(corpus, NULL, 0, &arena, &all, &distinct);
    assert_int_equal(all.start[1], 0);
    assert_int_equal(distinct.start[1], 0);
}

// What is looked for by the documents ends where a stop was asked, wherever it came.
static void test_loops_hear_a_signal(void **state)
{
    struct doc_order all, distinct;
    struct group_grams groups[N_PARENTS] = { 0 };
    struct phrase_list lists[N_PARENTS] = { 0 };
    struct phrase_params params = phrase_default_params();
    struct err err = { 0 }, again = { 0 };
    (void)state;
    fill();
    phrase_corpus_settle(corpus, &params);
    phrase_order_docs(corpus, parent_of, N_PARENTS, &arena, &all, &distinct);
    stop_request(SIGTERM);
    int spread = phrase_drop_alone(corpus, &params, &distinct, groups, &err);
    int subjects = phrase_find_subjects(corpus, &params, &all, true, &arena, lists, &again);
    stop_request(0);
    assert_int_equal(spread, ERR_TERMINATED);
    assert_int_equal(subjects, ERR_TERMINATED);
    assert_int_equal(lists[0].n_subjects, 0);
    assert_int_equal(phrase_find_subjects(corpus, &params, &all, true, &arena, lists, &again), 0);
    assert_true(lists[0].n_subjects > 0);
}

#define N_LINES 1500
#define N_WORDS 60 // of these most are in under two lines in a hundred

// Six words a line, one of the first words far more often than one of the last; behind one in three
// a comma.
static void add_line(struct rng *rng)
{
    char line[200];
    size_t len = 0;
    struct err err = { 0 };
    for (int i = 0; i < 6; i++) {
        uint64_t word = rng_below(rng, 1 + rng_below(rng, 1 + rng_below(rng, N_WORDS)));
        len += (size_t)snprintf(line + len, sizeof line - len, "w%c%cx%s ", 'a' + (int)(word / 8),
                                'a' + (int)(word % 8), rng_below(rng, 3) ? "" : ",");
    }
    struct str text = str_make(line, len);
    assert_int_equal(phrase_corpus_add(corpus, 0, 1 + (int64_t)rng_below(rng, 40), &text, 1,
                                       STR_LIT("English"), &err),
                     0);
}

// Whether the document has the words, and whether where they first stand another follows at once.
static bool holds(const struct phrase_doc *doc, const uint32_t *words, size_t n, bool *goes_on)
{
    const uint32_t *of = corpus->words + doc->start;
    for (size_t at = 0; at + n <= doc->n; at++)
        if (!memcmp(of + at, words, n * sizeof *words)) {
            *goes_on = at + n < doc->n && of[at + n] != WORD_BREAK;
            return true;
        }
    return false;
}

// Documents and accounts that have the words, by looking into every one.
static void count_slowly(const struct doc_order *order, const uint32_t *words, size_t n,
                         size_t *n_docs, size_t *n_accounts, size_t *n_goes_on)
{
    uint32_t last = 0;
    bool goes_on;
    *n_docs = *n_accounts = *n_goes_on = 0;
    for (size_t i = 0; i < order->start[1]; i++) {
        const struct phrase_doc *doc = &corpus->docs[order->docs[i]];
        if (!holds(doc, words, n, &goes_on))
            continue;
        ++*n_docs;
        *n_goes_on += goes_on;
        *n_accounts += doc->account != last;
        last = doc->account;
    }
}

static void test_counts_are_those_of_a_walk(void **state)
{
    struct rng rng;
    struct doc_order all, order;
    struct gram_tables tables;
    struct phrase_params params = phrase_default_params();
    size_t n_grams, n_docs, n_accounts, n_goes_on, n_single = 0, n_longer = 0, n_expected = 0;
    (void)state;
    rng_init(&rng, 3, "lines");
    for (int i = 0; i < N_LINES; i++)
        add_line(&rng);
    phrase_corpus_settle(corpus, &params);
    phrase_order_docs(corpus, NULL, 1, &arena, &all, &order);
    size_t n = order.start[1];
    double least = GRAM_LEAST_SHARE * (double)n;
    gram_tables_init(&tables, corpus, &arena);
    struct gram *grams = gram_count(corpus, order.docs, n, &params, &tables, &arena, &n_grams);
    for (size_t i = 0; i < n_grams; i++) {
        size_t length = gram_length(&grams[i]);
        count_slowly(&order, grams[i].words, length, &n_docs, &n_accounts, &n_goes_on);
        assert_int_equal(grams[i].n_docs, n_docs);
        assert_int_equal(grams[i].n_accounts, n_accounts);
        assert_int_equal(grams[i].n_goes_on, n_goes_on);
        assert_true((double)n_docs >= least && (int64_t)n_accounts >= params.min_accounts);
        *(length == 1 ? &n_single : &n_longer) += 1;
    }
    for (uint32_t word = 0; word < corpus->vocabulary.n; word++) {
        count_slowly(&order, &word, 1, &n_docs, &n_accounts, &n_goes_on);
        n_expected += (double)n_docs >= least && (int64_t)n_accounts >= params.min_accounts;
        assert_int_equal(tables.common[word], 0); // ready for the next group
    }
    assert_int_equal(n_single, n_expected);
    assert_in_range(n_single, 8, N_WORDS - 8);
    assert_true(n_longer > 20);
    gram_tables_release(&tables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_is_that_of_a_sort),
        TEST(test_no_documents_have_an_order),
        TEST(test_loops_hear_a_signal),
        TEST(test_counts_are_those_of_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
