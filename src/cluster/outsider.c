// SPDX-License-Identifier: Apache-2.0
#include "cluster/outsider.h"

#include "base/pool.h"
#include "base/stop.h"
#include "store/vault_describe.h"
#include "store/vault_vector.h"
#include "vec/gemm.h"

#include <stdlib.h>

#define NO_CLUSTER UINT32_MAX
#define TASK_ROWS ((size_t)128)

// A placed conversation.
struct place {
    int64_t seq, account;
    uint64_t text_hash;
    uint32_t cluster; // place in kept; NO_CLUSTER = none of them
};
struct work {
    struct run *run;
    const struct kept_clusters *kept;
    struct contrast *out;
    struct place *places; // rising seq
    size_t n, n_room;
    uint64_t seed;
    bool by_task; // the facet that is clustered
};

static int by_id(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static uint32_t cluster_of(const struct kept_clusters *kept, int64_t id)
{
    const int64_t *found =
        id && kept->n ? bsearch(&id, kept->id, kept->n, sizeof *found, by_id) : NULL;
    return found ? (uint32_t)(found - kept->id) : NO_CLUSTER;
}

static void add_place(struct work *w, const struct placed_walk *walk)
{
    struct arena *a = &w->run->scratch;
    if (w->n == w->n_room) {
        size_t room = 2 * w->n_room + 1024;
        w->places =
            arena_grow(a, w->places, w->n_room * sizeof *w->places, room * sizeof *w->places);
        w->n_room = room;
    }
    struct place *place = &w->places[w->n++];
    *place = (struct place){ walk->seq, walk->account_id,
                             sample_hash(w->by_task ? walk->task.s : walk->request.s),
                             cluster_of(w->kept, walk->cluster_id) };
    if (place->cluster == NO_CLUSTER)
        return;
    struct sampled member = { sample_draw(w->seed, place->seq), place->seq, place->account,
                              place->text_hash };
    sample_offer(&w->out->members[place->cluster], &member);
}

static int read_places(struct work *w, struct err *err)
{
    struct placed_walk walk;
    bool found = true;
    int rc = placed_walk_open(&walk, w->run->vault, run_facet(w->run), err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        add_place(w, &walk);
        if (w->n % 4096 == 0)
            rc = stop_check(err);
    }
    placed_walk_close(&walk);
    return rc;
}

static int by_seq(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = ((const struct place *)y)->seq;
    return (a > b) - (a < b);
}

static void offer_row(struct work *w, int64_t seq, const float *similarity)
{
    const struct place *place = w->n ? bsearch(&seq, w->places, w->n, sizeof *place, by_seq) : NULL;
    for (size_t c = 0; place && c < w->kept->n; c++) {
        if (place->cluster == c)
            continue;
        struct sampled near = { 1 - (double)similarity[c], seq, place->account, place->text_hash };
        sample_offer(&w->out->outsiders[c], &near);
    }
}

// Products of one block, rows in parts: a task writes its own.
struct block_products {
    const struct gemm_weights *centroids;
    const struct matrix *rows;
    float *products; // rows × clusters
    size_t n_clusters;
    struct err *errs; // of each task
};

static void multiply_task(void *context, size_t i_task, size_t i_thread)
{
    struct block_products *job = context;
    size_t first = i_task * TASK_ROWS, n = size_min(TASK_ROWS, job->rows->n_rows - first);
    (void)i_thread;
    int rc = gemm_run(job->centroids, matrix_row(job->rows, first), n,
                      job->products + first * job->n_clusters, &job->errs[i_task]);
    assert((rc == 0) == (job->errs[i_task].code == 0));
}

static int multiply(const struct work *w, const struct gemm_weights *centroids,
                    const struct matrix *rows, float *products, struct err *err)
{
    struct block_products job = { centroids, rows, products, w->kept->n, NULL };
    size_t n_tasks = size_round_up(rows->n_rows, TASK_ROWS) / TASK_ROWS;
    job.errs = arena_zero_array(&w->run->scratch, n_tasks + 1, sizeof *job.errs);
    pool_run(w->run->pool, n_tasks, multiply_task, &job);
    for (size_t i = 0; i < n_tasks; i++)
        if (job.errs[i].code) {
            *err = job.errs[i];
            return err->code;
        }
    return 0;
}

static int read_vectors(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct gemm_weights *centroids = NULL;
    struct vault_vectors block = { .vectors = { .n_rows = 1 } };
    int rc = gemm_weights_open(&centroids, w->kept->centroids.data, w->kept->n,
                               w->kept->centroids.n_cols, NULL, GEMM_FP32, GEMM_NOTHING, err);
    for (int64_t i = 0; !rc && block.vectors.n_rows; i++) {
        struct arena_mark start = arena_save(a);
        rc = vault_load_vector_block(w->run->vault, i, a, &block, err);
        size_t n = rc ? 0 : block.vectors.n_rows;
        if (n && block.vectors.n_cols != w->kept->centroids.n_cols)
            rc = err_set(err, ERR_DATA,
                         "vectors and clusters do not fit each other; run `clio "
                         "cluster` again");
        float *products = arena_array(a, n * w->kept->n + 1, sizeof *products);
        if (!rc && n)
            rc = multiply(w, centroids, &block.vectors, products, err);
        for (size_t j = 0; !rc && j < n; j++)
            offer_row(w, block.seq[j], products + j * w->kept->n);
        if (!rc)
            rc = stop_check(err);
        arena_rewind(a, start);
    }
    gemm_weights_close(centroids);
    return rc;
}

int contrast_find(struct run *run, const struct kept_clusters *kept, struct contrast *out,
                  struct err *err)
{
    struct work w = { .run = run, .kept = kept, .out = out };
    struct arena *a = &run->scratch;
    w.seed = (uint64_t)config_whole(run->config, "seed");
    w.by_task = strcmp(run_facet(run), "task") == 0;
    *out = (struct contrast){ .n = kept->n };
    out->members = arena_zero_array(a, kept->n + 1, sizeof *out->members);
    out->outsiders = arena_zero_array(a, kept->n + 1, sizeof *out->outsiders);
    int rc = read_places(&w, err);
    if (!rc && kept->n)
        rc = read_vectors(&w, err);
    return rc;
}
