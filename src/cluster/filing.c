// SPDX-License-Identifier: Apache-2.0
// A new cluster must be as alike as the existing ones are: its members' mean similarity to their
// centroid is not more than a twentieth below that of the loosest quarter of clusters. Members that
// are nearer to an existing centroid than to the new one stay where they are.
#include "cluster/filing.h"

#include "cluster/base_clusters.h"
#include "vec/dot.h"

#include <stdlib.h>
#include <string.h>

#define ALIKE 0.95

struct work {
    const struct matrix *x;
    struct filing_member *members;
    const struct filing_params *params;
    struct pool *pool;
    struct arena *a;
    size_t k;
    float **own; // of each cluster: similarities of what it was made of, rising
    size_t *n_own;
    double alike;   // mean similarity that a new cluster needs
    uint32_t *near; // of each row that is looked at: its nearest given centroid
    float *near_similarity;
};

static int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

static int by_double(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

// Similarities of the members that each cluster was made of, and what a quarter of the clusters do
// not reach on average.
static void learn_clusters(struct work *w)
{
    size_t n = w->x->n_rows, n_used = 0, *fill = arena_zero_array(w->a, w->k + 1, sizeof *fill);
    double *means = arena_array(w->a, w->k + 1, sizeof *means);
    float *all = arena_array(w->a, n + 1, sizeof *all);
    w->own = arena_zero_array(w->a, w->k + 1, sizeof *w->own);
    w->n_own = arena_zero_array(w->a, w->k + 1, sizeof *w->n_own);
    for (size_t i = 0; i < n; i++)
        if (w->members[i].cluster_id > 0 && !w->members[i].is_filed)
            w->n_own[w->members[i].cluster_id - 1]++;
    for (size_t c = 0, at = 0; c < w->k; at += w->n_own[c++])
        w->own[c] = all + at;
    for (size_t i = 0; i < n; i++) {
        int64_t id = w->members[i].cluster_id;
        if (id > 0 && !w->members[i].is_filed)
            w->own[id - 1][fill[id - 1]++] = w->members[i].similarity;
    }
    for (size_t c = 0; c < w->k; c++) {
        double sum = 0;
        if (!w->n_own[c])
            continue;
        qsort(w->own[c], w->n_own[c], sizeof(float), by_value);
        for (size_t i = 0; i < w->n_own[c]; i++)
            sum += (double)w->own[c][i];
        means[n_used++] = sum / (double)w->n_own[c];
    }
    if (n_used)
        qsort(means, n_used, sizeof *means, by_double);
    w->alike = n_used ? ALIKE * means[n_used / 4] : 0;
}

// Share of what cluster c was made of that is less similar. A cluster that has none of these any
// more (all were purged) fits nobody.
static float fit_of(const struct work *w, size_t c, float similarity)
{
    size_t low = 0, high = w->n_own[c];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->own[c][middle] < similarity)
            low = middle + 1;
        else
            high = middle;
    }
    return w->n_own[c] ? (float)((double)low / (double)w->n_own[c]) : 0;
}

// The rows in `list` as a matrix of their own.
static int take_rows(const struct work *w, const size_t *list, size_t n, struct matrix *rows,
                     struct err *err)
{
    int rc = matrix_make(rows, n, w->x->n_cols, w->a, "new conversations", err);
    for (size_t i = 0; !rc && i < n; i++)
        memcpy(matrix_row(rows, i), matrix_row(w->x, list[i]), w->x->n_cols * sizeof(float));
    return rc;
}

static int find_near(struct work *w, const struct matrix *rows, const struct matrix *centroids,
                     struct err *err)
{
    w->near = arena_array(w->a, rows->n_rows + 1, sizeof *w->near);
    w->near_similarity = arena_array(w->a, rows->n_rows + 1, sizeof *w->near_similarity);
    return kmeans_assign(rows, centroids, w->pool, w->near, w->near_similarity, err);
}

// Each new conversation goes to its nearest cluster, or is emerging.
static int file_new(struct work *w, const struct matrix *centroids, struct filing *out,
                    struct err *err)
{
    struct matrix rows;
    size_t n = 0, *list = arena_array(w->a, w->x->n_rows + 1, sizeof *list);
    for (size_t i = 0; i < w->x->n_rows; i++)
        if (w->members[i].cluster_id == FILING_NEW)
            list[n++] = i;
    if (!n)
        return 0;
    int rc = take_rows(w, list, n, &rows, err);
    if (!rc)
        rc = find_near(w, &rows, centroids, err);
    for (size_t i = 0; !rc && i < n; i++) {
        struct filing_member *m = &w->members[list[i]];
        m->is_filed = true;
        m->similarity = w->near_similarity[i];
        m->fit = fit_of(w, w->near[i], m->similarity);
        m->cluster_id = m->fit >= (float)FILING_NOWHERE ? (int64_t)w->near[i] + 1 : 0;
        out->n_filed += m->cluster_id != 0;
    }
    return rc;
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static bool is_numerous(const struct work *w, const size_t *rows, size_t n)
{
    struct arena_mark start = arena_save(w->a);
    int64_t *accounts = arena_array(w->a, n + 1, sizeof *accounts), n_accounts = 0;
    size_t n_known = 0;
    for (size_t i = 0; i < n; i++)
        if (w->members[rows[i]].has_account)
            accounts[n_known++] = w->members[rows[i]].account_id;
    if (n_known)
        qsort(accounts, n_known, sizeof *accounts, by_number);
    for (size_t i = 0; i < n_known; i++)
        n_accounts += i == 0 || accounts[i] != accounts[i - 1];
    arena_rewind(w->a, start);
    return (int64_t)n >= w->params->min_conversations &&
           (!w->params->has_accounts || n_accounts >= w->params->min_accounts);
}

// The unit mean of some rows.
static void find_centroid(const struct work *w, const size_t *rows, size_t n, float *centroid)
{
    size_t d = w->x->n_cols;
    struct arena_mark start = arena_save(w->a);
    double *sum = arena_zero_array(w->a, d, sizeof *sum);
    for (size_t i = 0; i < n; i++)
        dot_add(sum, matrix_row(w->x, rows[i]), d);
    for (size_t j = 0; j < d; j++)
        centroid[j] = (float)(sum[j] / (double)n);
    arena_rewind(w->a, start);
    struct matrix one = matrix_view(centroid, 1, d);
    matrix_normalize(&one);
}

// One group of the pool: drops who is nearer to an existing cluster, and judges what is left. *n is
// 0 when it is no cluster. centroid: of what is left.
static void judge_group(const struct work *w, size_t *rows, const float *near_similarity, size_t *n,
                        float *centroid, float *similarity)
{
    size_t d = w->x->n_cols, n_left = 0;
    double sum = 0;
    find_centroid(w, rows, *n, centroid);
    for (size_t i = 0; i < *n; i++)
        if ((float)dot_floats(matrix_row(w->x, rows[i]), centroid, d) > near_similarity[i])
            rows[n_left++] = rows[i];
    *n = n_left;
    if (!is_numerous(w, rows, n_left)) {
        *n = 0;
        return;
    }
    find_centroid(w, rows, n_left, centroid);
    for (size_t i = 0; i < n_left; i++) {
        similarity[i] = (float)dot_floats(matrix_row(w->x, rows[i]), centroid, d);
        sum += (double)similarity[i];
    }
    if (sum / (double)n_left < w->alike)
        *n = 0;
}

// Groups of the pool that are clusters, for one way of cutting it.
struct found {
    struct matrix centroids;
    size_t **rows; // of each
    float **similarity;
    size_t *n_rows, n, n_gathered;
};

static int find_groups(const struct work *w, const struct matrix *rows, const size_t *pool,
                       const struct base_clusters *groups, struct found *out, struct err *err)
{
    size_t k = groups->centroids.n_rows, d = w->x->n_cols;
    *out = (struct found){ .rows = arena_array(w->a, k + 1, sizeof *out->rows),
                           .similarity = arena_array(w->a, k + 1, sizeof *out->similarity),
                           .n_rows = arena_array(w->a, k + 1, sizeof *out->n_rows) };
    int rc = matrix_make(&out->centroids, k, d, w->a, "centroids", err);
    for (size_t g = 0; !rc && g < k; g++) {
        size_t n = 0, *list = arena_array(w->a, groups->sizes[g] + 1, sizeof *list);
        float *near = arena_array(w->a, groups->sizes[g] + 1, sizeof *near);
        for (size_t i = 0; i < rows->n_rows; i++)
            if (groups->assignment[i] == g) {
                near[n] = w->near_similarity[i];
                list[n++] = pool[i];
            }
        out->rows[out->n] = list;
        out->similarity[out->n] = arena_array(w->a, n + 1, sizeof(float));
        judge_group(w, list, near, &n, matrix_row(&out->centroids, out->n),
                    out->similarity[out->n]);
        out->n_rows[out->n] = n;
        out->n_gathered += n;
        out->n += n > 0;
    }
    return rc;
}

// Copies what was found into w->a.
static int keep_found(const struct work *w, const struct found *found, struct found *out,
                      struct err *err)
{
    size_t d = w->x->n_cols;
    *out = *found;
    int rc = matrix_make(&out->centroids, found->n, d, w->a, "centroids", err);
    out->rows = arena_array(w->a, found->n + 1, sizeof *out->rows);
    out->similarity = arena_array(w->a, found->n + 1, sizeof *out->similarity);
    out->n_rows = arena_array(w->a, found->n + 1, sizeof *out->n_rows);
    for (size_t g = 0; !rc && g < found->n; g++) {
        size_t n = out->n_rows[g] = found->n_rows[g];
        out->rows[g] = arena_array(w->a, n, sizeof **out->rows);
        out->similarity[g] = arena_array(w->a, n, sizeof **out->similarity);
        memcpy(matrix_row(&out->centroids, g), matrix_row(&found->centroids, g), d * sizeof(float));
        memcpy(out->rows[g], found->rows[g], n * sizeof **out->rows);
        memcpy(out->similarity[g], found->similarity[g], n * sizeof **out->similarity);
    }
    return rc;
}

// Cuts the pool as the rule says, then in half as many parts, and so on: the cut that gathers most.
// A small pool is cut too finely by the rule, and no part of it would reach the floors.
static int find_best(const struct work *w, const struct matrix *rows, const size_t *pool,
                     struct found *best, struct err *err)
{
    struct base_clusters_params params = { .seed = w->params->seed, .noise = w->params->noise };
    struct arena once = { 0 }; // of one cut
    struct work attempt = *w;
    int rc = 0;
    attempt.a = &once;
    params.floor = size_max((size_t)w->params->min_conversations, 1);
    *best = (struct found){ 0 };
    while (!rc) {
        struct base_clusters groups;
        struct found found;
        size_t k = 0;
        rc = base_clusters_fit(rows, &params, w->pool, &once, &groups, err);
        if (!rc)
            rc = find_groups(&attempt, rows, pool, &groups, &found, err);
        if (!rc && found.n_gathered > best->n_gathered)
            rc = keep_found(w, &found, best, err);
        if (!rc)
            k = groups.centroids.n_rows;
        arena_release(&once);
        if (k <= 1)
            break;
        params.n_clusters = k / 2;
    }
    return rc;
}

static void move_to(struct work *w, const struct found *found, size_t g, int64_t id)
{
    for (size_t i = 0; i < found->n_rows[g]; i++) {
        struct filing_member *m = &w->members[found->rows[g][i]];
        m->cluster_id = id;
        m->similarity = found->similarity[g][i];
        m->is_filed = false;
    }
}

// Makes clusters of what fits nowhere and of what was filed without fitting.
static int gather(struct work *w, const struct matrix *centroids, struct filing *out,
                  struct err *err)
{
    struct matrix rows;
    struct found found;
    size_t n = 0, d = w->x->n_cols, *pool = arena_array(w->a, w->x->n_rows + 1, sizeof *pool);
    for (size_t i = 0; i < w->x->n_rows; i++)
        if (w->members[i].is_filed && w->members[i].fit < (float)FILING_FITS)
            pool[n++] = i;
    if (n < size_max((size_t)w->params->min_conversations, 1))
        return 0;
    int rc = take_rows(w, pool, n, &rows, err);
    if (!rc)
        rc = find_near(w, &rows, centroids, err);
    if (!rc)
        rc = find_best(w, &rows, pool, &found, err);
    if (!rc)
        rc = matrix_make(&out->centroids, w->k + found.n, d, w->a, "centroids", err);
    if (rc)
        return rc;
    memcpy(out->centroids.data, centroids->data, w->k * d * sizeof(float));
    for (size_t g = 0; g < found.n; g++) {
        memcpy(matrix_row(&out->centroids, w->k + g), matrix_row(&found.centroids, g),
               d * sizeof(float));
        move_to(w, &found, g, (int64_t)(w->k + g) + 1);
    }
    out->n_new_clusters = found.n;
    out->n_gathered = found.n_gathered;
    return 0;
}

int filing_run(const struct matrix *x, const struct matrix *centroids,
               struct filing_member *members, const struct filing_params *params, struct pool *pool,
               struct arena *a, struct filing *out, struct err *err)
{
    struct work w = {
        .x = x, .members = members, .params = params, .pool = pool, .a = a, .k = centroids->n_rows
    };
    *out = (struct filing){ .centroids = *centroids };
    learn_clusters(&w);
    int rc = file_new(&w, centroids, out, err);
    if (!rc)
        rc = gather(&w, centroids, out, err);
    for (size_t i = 0; !rc && i < x->n_rows; i++) {
        out->n_emerging += members[i].cluster_id == 0;
        out->n_later += members[i].is_filed;
        out->n_unfit += members[i].is_filed && members[i].fit < (float)FILING_FITS;
    }
    return rc;
}

bool filing_is_outgrown(const struct filing *filing, size_t n)
{
    return filing->n_later * 3 > n || filing->n_unfit * 10 > n;
}
