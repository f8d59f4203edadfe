// SPDX-License-Identifier: Apache-2.0
#include "safety/languages.h"

#include "safety/statistics.h"

#include <math.h>
#include <stdlib.h>

enum { STRATA = 64 }; // accounts of 1, 2 … 3, 4 … 7, … conversations

struct tally { // of one cluster and one language
    double units;
    uint32_t n, n_accounts;
};
struct counts {
    size_t n_clusters, n_languages; // largest number + 1
    struct tally *tallies;          // by cluster, then language
    uint32_t *accounts_of;          // by cluster, then stratum
    double *mixes;                  // by stratum, then language: sum over accounts
    int64_t accounts[STRATA], n_accounts;
};

static int by_account(const void *x, const void *y)
{
    const struct language_row *a = x, *b = y;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return (a->language > b->language) - (a->language < b->language);
}

static void open_counts(struct counts *c, const struct language_row *rows, size_t n,
                        struct arena *a)
{
    *c = (struct counts){ 0 };
    for (size_t i = 0; i < n; i++) {
        c->n_clusters = size_max(c->n_clusters, (size_t)rows[i].cluster + 1);
        c->n_languages = size_max(c->n_languages, (size_t)rows[i].language + 1);
    }
    c->tallies = arena_zero_array(a, c->n_clusters * c->n_languages + 1, sizeof *c->tallies);
    c->accounts_of = arena_zero_array(a, c->n_clusters * STRATA + 1, sizeof *c->accounts_of);
    c->mixes = arena_zero_array(a, STRATA * c->n_languages + 1, sizeof *c->mixes);
}

// One account's conversations in one cluster.
static void add_cluster(struct counts *c, const struct language_row *rows, size_t n, size_t stratum)
{
    c->accounts_of[rows->cluster * (size_t)STRATA + stratum]++;
    for (size_t i = 0; i < n; i++) {
        struct tally *t = &c->tallies[rows->cluster * c->n_languages + rows[i].language];
        t->n++;
        t->n_accounts += !i || rows[i].language != rows[i - 1].language;
        t->units += 1 / (double)n;
    }
}

static void add_account(struct counts *c, const struct language_row *rows, size_t n)
{
    size_t stratum = 0;
    while (n >> (stratum + 1))
        stratum++;
    c->accounts[stratum]++;
    c->n_accounts++;
    for (size_t i = 0; i < n; i++)
        c->mixes[stratum * c->n_languages + rows[i].language] += 1 / (double)n;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && rows[to].cluster == rows[from].cluster;)
            to++;
        add_cluster(c, rows + from, to - from, stratum);
    }
}

static void judge_cell(const struct counts *c, struct language_cell *cell)
{
    const uint32_t *of = &c->accounts_of[cell->cluster * (size_t)STRATA];
    double n = 0;
    for (size_t s = 0; s < STRATA; s++)
        if (of[s]) {
            n += of[s];
            cell->expected +=
                of[s] * c->mixes[s * c->n_languages + cell->language] / (double)c->accounts[s];
        }
    double share = cell->expected / n, n_all = (double)c->n_accounts;
    struct interval i = ratio_interval(cell->units, n, share * n_all, n_all);
    cell->ratio = cell->units / cell->expected;
    cell->low = i.low;
    cell->high = i.high;
    cell->p = cell->q = 1;
    if (cell->n_accounts >= LANGUAGE_LEAST) // the sum of parts may be a little more than n
        cell->p = binomial_upper(fmin(cell->units, n), n, share);
}

// Hypotheses: every cluster with every language that anybody has, whether the cell holds many, few
// or none. Which cells are large is known from the data, so their number is no honest one.
static size_t count_tests(const struct counts *c)
{
    size_t n_clusters = 0, n_languages = 0;
    for (size_t i = 0; i < c->n_clusters; i++) {
        size_t l = 0;
        while (l < c->n_languages && !c->tallies[i * c->n_languages + l].n)
            l++;
        n_clusters += l < c->n_languages;
    }
    for (size_t l = 0; l < c->n_languages; l++) {
        size_t i = 0;
        while (i < c->n_clusters && !c->tallies[i * c->n_languages + l].n)
            i++;
        n_languages += i < c->n_clusters;
    }
    return n_clusters * n_languages;
}

static void find_q(struct language_cell *cells, size_t n, size_t n_tests, struct arena *a)
{
    struct arena_mark start = arena_save(a);
    double *p = arena_array(a, n_tests + 1, sizeof *p), *q = arena_array(a, n_tests + 1, sizeof *q);
    size_t *order = arena_array(a, n_tests + 1, sizeof *order), n_judged = 0;
    for (size_t i = 0; i < n; i++)
        if (cells[i].n_accounts >= LANGUAGE_LEAST)
            p[n_judged++] = cells[i].p;
    for (size_t i = n_judged; i < n_tests; i++)
        p[i] = 1;
    false_discovery(p, n_tests, order, q);
    for (size_t i = 0, j = 0; i < n; i++)
        if (cells[i].n_accounts >= LANGUAGE_LEAST)
            cells[i].q = q[j++];
    arena_rewind(a, start);
}

void languages_judge(struct language_row *rows, size_t n, struct arena *a,
                     struct language_cell **cells, size_t *n_cells)
{
    struct counts c;
    size_t n_made = 0;
    qsort(rows, n, sizeof *rows, by_account);
    open_counts(&c, rows, n, a);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && rows[to].account == rows[from].account;)
            to++;
        add_account(&c, rows + from, to - from);
    }
    size_t n_all = c.n_clusters * c.n_languages;
    *n_cells = 0;
    for (size_t i = 0; i < n_all; i++)
        *n_cells += c.tallies[i].n > 0;
    *cells = arena_zero_array(a, *n_cells + 1, sizeof **cells);
    for (size_t i = 0; i < n_all; i++) {
        if (!c.tallies[i].n)
            continue;
        struct language_cell *cell = &(*cells)[n_made++];
        *cell = (struct language_cell){ .cluster = (uint32_t)(i / c.n_languages),
                                        .language = (uint32_t)(i % c.n_languages),
                                        .n = c.tallies[i].n,
                                        .n_accounts = c.tallies[i].n_accounts,
                                        .units = c.tallies[i].units };
        judge_cell(&c, cell);
    }
    find_q(*cells, *n_cells, count_tests(&c), a);
}
