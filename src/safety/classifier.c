// SPDX-License-Identifier: Apache-2.0
#include "safety/classifier.h"

#include "base/map.h"
#include "safety/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHARE_ASIDE 8 // of those that are listed one in so many is set aside in a round

const char *classifier_side_name(enum classifier_side side)
{
    static const char *const names[] = { "", "missed", "over" };
    return names[side];
}

// ---- judging

struct rates { // of each grade the share that is flagged
    double of[CLASSIFIER_GRADES];
    bool known[CLASSIFIER_GRADES]; // else of too few: that of the grades around it
};

struct grades { // what a cell is judged by
    int64_t n_of[CLASSIFIER_GRADES], flagged_of[CLASSIFIER_GRADES];
};

static void add_grades(struct grades *to, const struct classifier_cell *c)
{
    for (int g = 0; g < CLASSIFIER_GRADES; g++) {
        to->n_of[g] += c->n_of_grade[g];
        to->flagged_of[g] += c->flagged_of[g];
    }
}

static void measure(struct classifier_cell *c, const struct grades *by, const struct rates *rates)
{
    double sum = 0, expected = 0;
    c->n = c->n_flagged = c->n_unsure = 0;
    for (int g = 0; g < CLASSIFIER_GRADES; g++) {
        c->n_unsure += rates->known[g] ? 0 : by->n_of[g];
        c->n += by->n_of[g];
        c->n_flagged += by->flagged_of[g];
        sum += (g + 1) * (double)by->n_of[g];
        expected += rates->of[g] * (double)by->n_of[g];
    }
    struct interval i = wilson((double)c->n_flagged, (double)c->n);
    c->mean_concern = c->n ? sum / (double)c->n : 0;
    c->rate = c->n ? (double)c->n_flagged / (double)c->n : 0;
    c->expected = c->n ? expected / (double)c->n : 0;
    c->low = i.low;
    c->high = i.high;
    c->q = 1;
    c->side = CLASSIFIER_FAIR;
    double k = (double)c->n_flagged, n = (double)c->n;
    double fewer = binomial_lower(k, n, c->expected), more = binomial_upper(k, n, c->expected);
    c->p = fmin(1, 2 * fmin(fewer, more));
}

// What rests on grades that are too rare to have a rate must not be able to make the gap alone.
static bool is_judged(const struct classifier_cell *c)
{
    return c->n >= CLASSIFIER_LEAST && (double)c->n_unsure < CLASSIFIER_LEAST_GAP * (double)c->n;
}

static void take_sides(struct classifier_cell *cells, size_t n, struct arena *scratch)
{
    double *p = arena_array(scratch, n + 1, sizeof *p), *q = arena_array(scratch, n + 1, sizeof *q);
    size_t *order = arena_array(scratch, n + 1, sizeof *order), n_judged = 0;
    for (size_t i = 0; i < n; i++)
        if (is_judged(&cells[i]))
            p[n_judged++] = cells[i].p;
    false_discovery(p, n_judged, order, q);
    for (size_t i = 0, j = 0; i < n; i++) {
        struct classifier_cell *c = &cells[i];
        if (!is_judged(c))
            continue;
        c->q = q[j++];
        if (c->q > CLASSIFIER_MOST_Q || fabs(c->rate - c->expected) < CLASSIFIER_LEAST_GAP)
            continue;
        if (c->high < c->expected)
            c->side = CLASSIFIER_MISSED;
        else if (c->low > c->expected)
            c->side = CLASSIFIER_OVER;
    }
}

enum { ASIDE_CLUSTER = 1, ASIDE_LANGUAGE = 2 }; // why a cell is set aside

static bool is_fine(const struct classifier_cell *c)
{
    return c->cluster && c->language;
}

// Of grade g and as many around it as make enough.
static double pooled_rate(const double *all, const double *flagged, int g)
{
    double n = all[g], k = flagged[g];
    for (int d = 1; d < CLASSIFIER_GRADES && n < CLASSIFIER_LEAST; d++)
        for (int side = -d; side <= d; side += 2 * d)
            if (g + side >= 0 && g + side < CLASSIFIER_GRADES) {
                n += all[g + side];
                k += flagged[g + side];
            }
    return (k + 0.5) / (n + 1);
}

// In cells that are not set aside.
static void find_rates(const struct classifier_cell *cells, size_t n, const uint8_t *aside,
                       struct rates *rates)
{
    double all[CLASSIFIER_GRADES] = { 0 }, flagged[CLASSIFIER_GRADES] = { 0 };
    for (size_t i = 0; i < n; i++)
        for (int g = 0; is_fine(&cells[i]) && !aside[i] && g < CLASSIFIER_GRADES; g++) {
            all[g] += (double)cells[i].n_of_grade[g];
            flagged[g] += (double)cells[i].flagged_of[g];
        }
    for (int g = 0; g < CLASSIFIER_GRADES; g++)
        if (all[g] >= CLASSIFIER_LEAST || !rates->known[g]) { // else as it was with more
            rates->of[g] = pooled_rate(all, flagged, g);
            rates->known[g] = all[g] >= CLASSIFIER_LEAST;
        }
}

// ---- what is set aside

struct off { // a listed cluster or language
    double gap;
    size_t i;
};
struct rounds {
    struct classifier_cell *cells;
    struct grades *by; // of each cell
    size_t n;
    uint8_t *aside;                          // of each cell, why it is set aside
    uint32_t *cluster;                       // of each cell: 1, 2, 3 …
    uint8_t *cluster_aside, *language_aside; // of these numbers, and of each language
    size_t *cluster_at, *language_at;        // 1 + the place of the whole cluster, or language
    struct off *off;
    size_t n_off, n_whole, n_aside, n_clusters, n_languages;
};

static void open_rounds(struct rounds *r, struct classifier_cell *cells, size_t n, struct arena *a)
{
    struct map numbers = { 0 };
    *r = (struct rounds){ .cells = cells, .n = n };
    r->by = arena_zero_array(a, n + 1, sizeof *r->by);
    r->aside = arena_zero_array(a, n + 1, sizeof *r->aside);
    r->cluster = arena_zero_array(a, n + 1, sizeof *r->cluster);
    for (size_t i = 0; i < n; i++) {
        r->n_whole += !is_fine(&cells[i]);
        r->n_languages = size_max(r->n_languages, cells[i].language);
        if (cells[i].cluster)
            r->cluster[i] = (uint32_t)map_number(&numbers, cells[i].cluster);
    }
    r->n_clusters = numbers.n;
    r->cluster_aside = arena_zero_array(a, r->n_clusters + 1, sizeof *r->cluster_aside);
    r->language_aside = arena_zero_array(a, r->n_languages + 1, sizeof *r->language_aside);
    r->cluster_at = arena_zero_array(a, r->n_clusters + 1, sizeof *r->cluster_at);
    r->language_at = arena_zero_array(a, r->n_languages + 1, sizeof *r->language_at);
    r->off = arena_array(a, r->n_whole + 1, sizeof *r->off);
    for (size_t i = 0; i < n; i++) {
        add_grades(&r->by[i], &cells[i]);
        if (!cells[i].language)
            r->cluster_at[r->cluster[i]] = i + 1;
        else if (!cells[i].cluster)
            r->language_at[cells[i].language] = i + 1;
    }
    map_release(&numbers);
}

// A cluster is judged by what lies outside of languages that are set aside, a language by what lies
// outside of clusters that are: what is wrong with the one would be seen, or hidden, in the other.
// What is set aside itself keeps what it was judged by, so that of two that hold the same
// conversations one stays.
static void count_anew(struct rounds *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (!is_fine(&r->cells[i]) && !r->aside[i])
            r->by[i] = (struct grades){ 0 };
    for (size_t i = 0; i < r->n; i++) {
        const struct classifier_cell *c = &r->cells[i];
        if (!is_fine(c) || r->aside[i])
            continue;
        size_t in[2] = { r->cluster_at[r->cluster[i]], r->language_at[c->language] };
        for (int k = 0; k < 2; k++)
            if (in[k])
                add_grades(&r->by[in[k] - 1], c);
    }
}

static int furthest_first(const void *x, const void *y)
{
    const struct off *a = x, *b = y;
    if (a->gap > b->gap || a->gap < b->gap)
        return a->gap > b->gap ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

// Listed clusters and languages that are not set aside yet, the furthest off first.
static void find_off(struct rounds *r)
{
    r->n_off = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct classifier_cell *c = &r->cells[i];
        if (!is_fine(c) && c->side != CLASSIFIER_FAIR && !r->aside[i])
            r->off[r->n_off++] = (struct off){ fabs(c->rate - c->expected), i };
    }
    qsort(r->off, r->n_off, sizeof *r->off, furthest_first);
}

// The worst one, or an eighth of many: so the rounds are as many as a logarithm of the listed.
static void set_aside(struct rounds *r)
{
    size_t n = size_max(1, r->n_off / SHARE_ASIDE);
    for (size_t k = 0; k < n; k++) {
        size_t i = r->off[k].i;
        bool is_cluster = r->cells[i].cluster != 0;
        r->aside[i] = is_cluster ? ASIDE_CLUSTER : ASIDE_LANGUAGE;
        if (is_cluster)
            r->cluster_aside[r->cluster[i]] = ASIDE_CLUSTER;
        else
            r->language_aside[r->cells[i].language] = ASIDE_LANGUAGE;
    }
    r->n_aside += n;
    for (size_t i = 0; i < r->n; i++)
        if (is_fine(&r->cells[i]))
            r->aside[i] = r->cluster_aside[r->cluster[i]] | r->language_aside[r->cells[i].language];
}

// ---- r, and what it would be

static enum classifier_side side_of(const struct rounds *r, size_t at)
{
    return at ? r->cells[at - 1].side : CLASSIFIER_FAIR;
}

// Of each cluster the flags that are missing if what is listed were flagged as expected, language
// by language; and of all how many more and how many fewer.
static void find_missing(const struct rounds *r, const struct rates *rates, double *missing,
                         double *more, double *fewer)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct classifier_cell *c = &r->cells[i];
        if (!is_fine(c))
            continue;
        enum classifier_side side = side_of(r, r->cluster_at[r->cluster[i]]);
        if (side == CLASSIFIER_FAIR)
            side = side_of(r, r->language_at[c->language]);
        if (side == CLASSIFIER_FAIR)
            continue;
        double gap = 0;
        for (int g = 0; g < CLASSIFIER_GRADES; g++)
            gap += rates->of[g] * (double)c->n_of_grade[g] - (double)c->flagged_of[g];
        missing[r->cluster[i]] += gap;
        *more += side == CLASSIFIER_MISSED ? gap : 0;
        *fewer -= side == CLASSIFIER_OVER ? gap : 0;
    }
}

static void correlate(const struct rounds *r, const struct rates *rates, struct arena *a,
                      struct classifier_result *result)
{
    size_t room = r->n_clusters + 1, m = 0;
    double *x = arena_array(a, room, sizeof *x), *y = arena_array(a, room, sizeof *y);
    double *fixed = arena_array(a, room, sizeof *fixed);
    double *missing = arena_zero_array(a, room, sizeof *missing);
    find_missing(r, rates, missing, &result->n_missed, &result->n_over);
    for (size_t i = 0; i < r->n; i++) {
        const struct classifier_cell *c = &r->cells[i];
        double n = 0, flagged = 0, sum = 0;
        for (int g = 0; !c->language && g < CLASSIFIER_GRADES; g++) {
            n += (double)c->n_of_grade[g];
            flagged += (double)c->flagged_of[g];
            sum += (g + 1) * (double)c->n_of_grade[g];
        }
        result->n += (int64_t)n;
        result->n_flagged += (int64_t)flagged;
        if (n < CLASSIFIER_LEAST)
            continue;
        x[m] = sum / n;
        y[m] = flagged / n;
        fixed[m++] = (flagged + missing[r->cluster[i]]) / n;
    }
    result->n_clusters = m;
    result->has_r = m > 3 && pearson(x, y, m, &result->r);
    if (!result->has_r)
        return;
    struct interval i = fisher(result->r, m);
    result->r_low = i.low;
    result->r_high = i.high;
    result->r_fixed = result->r;
    if (!pearson(x, fixed, m, &result->r_fixed))
        result->r_fixed = result->r;
}

void classifier_judge(struct classifier_cell *cells, size_t n, struct arena *scratch,
                      struct classifier_result *result)
{
    struct arena_mark start = arena_save(scratch);
    struct rates rates = { 0 };
    struct rounds r;
    *result = (struct classifier_result){ 0 };
    open_rounds(&r, cells, n, scratch);
    for (;;) {
        struct arena_mark one = arena_save(scratch);
        find_rates(cells, n, r.aside, &rates);
        count_anew(&r);
        for (size_t i = 0; i < n; i++)
            measure(&cells[i], &r.by[i], &rates);
        take_sides(cells, n, scratch);
        arena_rewind(scratch, one);
        find_off(&r);
        if (!r.n_off || r.n_aside > r.n_whole / 3)
            break;
        set_aside(&r);
    }
    correlate(&r, &rates, scratch, result);
    arena_rewind(scratch, start);
}
