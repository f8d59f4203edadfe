// SPDX-License-Identifier: Apache-2.0
#include "evaluate/facet_score.h"

#include "evaluate/truth.h"
#include "safety/statistics.h"
#include "store/vault_assignment.h"

#include <stdlib.h>

static const char *const facets[] = { "language", "turns", "concern" };

struct ranked {
    double value;
    size_t place;
};

static int by_value(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    return (a->value > b->value) - (a->value < b->value);
}

static double *ranks_of(const double *x, size_t n, struct arena *a)
{
    struct ranked *sorted = arena_array(a, n + 1, sizeof *sorted);
    double *ranks = arena_array(a, n + 1, sizeof *ranks);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct ranked){ x[i], i };
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && sorted[j].value <= sorted[i].value; j++)
            ;
        for (size_t k = i; k < j; k++)
            ranks[sorted[k].place] = (double)(i + j - 1) / 2;
    }
    return ranks;
}

bool spearman(const double *x, const double *y, size_t n, struct arena *scratch, double *rho)
{
    struct arena_mark start = arena_save(scratch);
    bool ok = pearson(ranks_of(x, n, scratch), ranks_of(y, n, scratch), n, rho);
    arena_rewind(scratch, start);
    return ok;
}

struct pairs { // of one facet
    const char *facet;
    size_t n, n_same;
    double *want, *got; // numbers; NULL for language
};

// Pairs a facet's values with the labels in a column.
static int find_pairs(struct run *run, const struct truth *truth, size_t column,
                      struct pairs *pairs, struct err *err)
{
    struct facet_labels found;
    bool numbers = strcmp(pairs->facet, "language") != 0;
    int rc = vault_read_facet_labels(run->vault, pairs->facet, &run->scratch, &found, err);
    pairs->want = arena_array(&run->scratch, found.n + 1, sizeof(double));
    pairs->got = arena_array(&run->scratch, found.n + 1, sizeof(double));
    for (size_t i = 0; !rc && i < found.n; i++) {
        size_t at = map_find(&truth->ids, found.items[i].conversation_id);
        if (at == SIZE_MAX)
            continue;
        struct str label = truth->labels[column].entries[truth->of[column][at]].key;
        struct str value = found.items[i].value.s;
        bool is_number = !numbers || (str_to_f64(label, &pairs->want[pairs->n]) &&
                                      str_to_f64(value, &pairs->got[pairs->n]));
        if (!is_number)
            rc = err_set(err, ERR_DATA, "a label of %s is no number", pairs->facet);
        bool same =
            numbers ? pairs->want[pairs->n] == pairs->got[pairs->n] : str_equal(label, value);
        pairs->n_same += same;
        pairs->n++;
    }
    return rc;
}

static int put_pairs(const struct pairs *pairs, bool first, bool json, struct arena *a,
                     struct buf *out, struct err *err)
{
    struct interval range = wilson((double)pairs->n_same, (double)pairs->n), wide = { 0, 0 };
    double share = (double)pairs->n_same / (double)pairs->n, rho = 0;
    bool numbers = strcmp(pairs->facet, "language") != 0;
    bool has = numbers && pairs->n > 3 && spearman(pairs->want, pairs->got, pairs->n, a, &rho);
    if (has)
        wide = fisher(rho, pairs->n);
    int rc =
        buf_printf(out, err,
                   json ? "%s{\"facet\":\"%s\",\"n\":%zu,\"same\":{\"value\":%.6f,\"low\":%.6f,"
                          "\"high\":%.6f}"
                        : "%s%-9s %9zu  same %.4f (%.4f to %.4f)",
                   json && !first ? "," : "", pairs->facet, pairs->n, share, range.low, range.high);
    if (!rc && has)
        rc = buf_printf(out, err,
                        json ? ",\"spearman\":{\"value\":%.6f,\"low\":%.6f,\"high\":%.6f}"
                             : "  Spearman %.4f (%.4f to %.4f)",
                        rho, wide.low, wide.high);
    return rc ? rc : buf_add(out, json ? STR_LIT("}") : STR_LIT("\n"), err);
}

static size_t find_column(const struct truth *truth, const char *name)
{
    if (strcmp(name, "language") == 0)
        return truth->has_language ? truth->n_columns : SIZE_MAX;
    for (size_t c = 0; c < truth->n_columns; c++)
        if (str_equal_ci(truth->names[c], str_of(name)))
            return c;
    return SIZE_MAX;
}

int evaluate_facets(struct run *run, const char *path, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct truth truth = { 0 };
    bool any = false;
    int rc = truth_read(&truth, path, &run->scratch, err);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("{\"facets\":["), err);
    for (size_t i = 0; !rc && i < COUNT_OF(facets); i++) {
        struct pairs pairs = { .facet = facets[i] };
        size_t column = find_column(&truth, facets[i]);
        if (column == SIZE_MAX)
            continue;
        rc = find_pairs(run, &truth, column, &pairs, err);
        if (!rc && !pairs.n)
            rc = err_set(err, ERR_DATA, "no conversation of %s has a label in %s", run->dir, path);
        if (!rc)
            rc = put_pairs(&pairs, !any, json, &run->scratch, out, err);
        any = true;
    }
    if (!rc && !any)
        rc = err_set(err, ERR_DATA,
                     "%s has no column turns or concern, and none of languages as "
                     "its last one",
                     path);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("]}\n"), err);
    truth_release(&truth);
    arena_rewind(&run->scratch, start);
    return rc;
}
