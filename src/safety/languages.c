// SPDX-License-Identifier: Apache-2.0
#include "safety/languages.h"

#include "safety/statistics.h"

static void judge_cell(struct language_cell *cell, int64_t n_cluster, int64_t n_language,
                       int64_t n_all)
{
    double share = (double)n_language / (double)n_all;
    struct interval i =
        ratio_interval((double)cell->n_units, (double)n_cluster, (double)n_language, (double)n_all);
    cell->ratio = (double)cell->n_units / (double)n_cluster / share;
    cell->low = i.low;
    cell->high = i.high;
    cell->p = cell->n_units < LANGUAGE_LEAST
                  ? 1
                  : binomial_upper((double)cell->n_units, (double)n_cluster, share);
}

// Hypotheses: every cluster with every language that anybody has, whether the cell holds many, few
// or none. Which cells are large is known from the data, so their number is no honest one.
static size_t count_tests(const struct language_cell *cells, size_t n, struct arena *scratch)
{
    size_t n_clusters = 0, n_languages = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        n_clusters += !i || cells[i].cluster != cells[i - 1].cluster;
        most = size_max(most, cells[i].language);
    }
    bool *there = arena_zero_array(scratch, most + 1, sizeof *there);
    for (size_t i = 0; i < n; i++) {
        n_languages += !there[cells[i].language];
        there[cells[i].language] = true;
    }
    return n_clusters * n_languages;
}

void languages_judge(struct language_cell *cells, size_t n, const int64_t *all, int64_t n_all,
                     struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    size_t m = size_max(count_tests(cells, n, scratch), n), n_judged = 0;
    double *p = arena_array(scratch, m + 1, sizeof *p), *q = arena_array(scratch, m + 1, sizeof *q);
    size_t *order = arena_array(scratch, m + 1, sizeof *order);
    for (size_t from = 0, to; from < n; from = to) {
        int64_t n_cluster = 0;
        for (to = from; to < n && cells[to].cluster == cells[from].cluster; to++)
            n_cluster += cells[to].n_units;
        for (size_t i = from; i < to; i++) {
            judge_cell(&cells[i], n_cluster, all[cells[i].language], n_all);
            cells[i].q = 1;
            if (cells[i].n_units >= LANGUAGE_LEAST)
                p[n_judged++] = cells[i].p;
        }
    }
    for (size_t i = n_judged; i < m; i++)
        p[i] = 1;
    false_discovery(p, m, order, q);
    for (size_t i = 0, j = 0; i < n; i++)
        if (cells[i].n_units >= LANGUAGE_LEAST)
            cells[i].q = q[j++];
    arena_rewind(scratch, start);
}
