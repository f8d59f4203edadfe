// SPDX-License-Identifier: Apache-2.0
// Groups the vectors of all conversations into base clusters. All is computed in memory and written
// in one transaction, so an interruption leaves nothing half done; the work is the same for any
// number of threads.
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "cluster/base_clusters.h"
#include "run/stage.h"
#include "store/vault_cluster.h"
#include "store/vault_vector.h"

static int read_wanted(struct run *run, size_t *n_clusters, struct err *err)
{
    struct str text = str_of(config_text(run->config, "clusters"));
    int64_t n = 0;
    *n_clusters = 0;
    if (str_equal(text, STR_LIT("auto")))
        return 0;
    if (!str_to_i64(text, &n) || n < 1 || (uint64_t)n > LIMIT_CLUSTERS)
        return err_set(err, ERR_USAGE,
                       "the setting clusters is \"%.*s\"; give auto or a number from 1 to %zu",
                       STR_ARG(text), LIMIT_CLUSTERS);
    *n_clusters = (size_t)n;
    return 0;
}

static void tell_choice(const struct base_clusters *found)
{
    log_detail("cluster: %zu fine clusters merged to %zu", found->n_fine, found->choice.k);
    for (size_t i = 0; i < found->choice.n_steps; i++) {
        const struct choose_step *step = &found->choice.steps[i];
        log_detail("cluster: k %zu separation %.4f, %.1f %% in clusters under the floor%s", step->k,
                   step->separation, 100 * step->share_below,
                   step->k == found->choice.k ? ", taken" : "");
    }
}

static int write_all(struct run *run, const struct vault_vectors *all,
                     const struct base_clusters *found, struct err *err)
{
    size_t k = found->centroids.n_rows, d = found->centroids.n_cols;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_clear_clusters(run->vault, err);
    for (size_t c = 0; c < k && !rc; c++)
        rc = vault_add_cluster(run->vault, (int64_t)c + 1, (int64_t)found->sizes[c],
                               matrix_row(&found->centroids, c), d, err);
    for (size_t i = 0; i < all->vectors.n_rows && !rc; i++) {
        rc = vault_add_member(run->vault, all->seq[i], (int64_t)found->assignment[i] + 1,
                              found->similarity[i], err);
        if (!rc && i % 4096 == 0)
            rc = stop_check(err);
    }
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int run_cluster(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct base_clusters_params params = { .seed = (uint64_t)config_whole(run->config, "seed") };
    struct vault_vectors all;
    struct base_clusters found = { 0 };
    params.floor = (size_t)config_whole(run->config, "min-conversations");
    params.floor = size_max(params.floor, (size_t)config_whole(run->config, "min-accounts"));
    int rc = read_wanted(run, &params.n_clusters, err);
    if (!rc)
        rc = vault_load_vectors(run->vault, config_bytes(run->config, "memory"),
                                &run->scratch, &all, err);
    if (!rc) {
        run_progress(run, 0, all.vectors.n_rows);
        rc = base_clusters_fit(&all.vectors, &params, run->pool, &run->scratch, &found, err);
    }
    if (!rc)
        rc = stop_check(err);
    if (!rc) {
        tell_choice(&found);
        rc = write_all(run, &all, &found, err);
    }
    if (!rc) {
        run->record.n_in = (int64_t)all.vectors.n_rows;
        run->record.n_out = (int64_t)found.centroids.n_rows;
        run_progress(run, all.vectors.n_rows, all.vectors.n_rows);
    }
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage cluster_stage = {
    .name = "cluster",
    .summary = "groups conversations by what was asked",
    .reads = "vector_block",
    .writes = "base_cluster member",
    .settings = "clusters seed min-conversations min-accounts",
    .run = run_cluster,
    .is_off = run_is_dp,
};
