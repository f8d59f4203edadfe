// SPDX-License-Identifier: Apache-2.0
// Groups the vectors of all conversations into base clusters. All is computed in memory and written
// in one transaction, so an interruption leaves nothing half done; the work is the same for any
// number of threads. In a run that grows (docs/append.md) the clusters that are there stay, and
// what is new is filed under them, or they are where the search begins (--recluster warm, or auto
// when the run has outgrown them).
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "cluster/base_clusters.h"
#include "cluster/filing.h"
#include "run/stage.h"
#include "store/vault_cluster.h"
#include "store/vault_past.h"
#include "store/vault_threshold.h"
#include "store/vault_vector.h"

// Without accounts a title's words need as many conversations as a cluster does, not a third: in an
// average cluster one in five of them has to be enough.
#define NAME_FLOORS 5

static int read_wanted(const struct run *run, size_t *n_clusters, struct err *err)
{
    struct str text = str_of(config_text(run->config, "clusters"));
    int64_t n = 0;
    *n_clusters = 0;
    if (str_equal(text, STR_LIT("auto")))
        return 0;
    if (!str_to_i64(text, &n) || n < 1 || (uint64_t)n > LIMIT_CLUSTERS)
        return err_set(err, ERR_USAGE, "--clusters is auto or a number from 1 to %zu, not \"%.*s\"",
                       LIMIT_CLUSTERS, STR_ARG(str_head(text, 40)));
    *n_clusters = (size_t)n;
    return 0;
}

static void tell_choice(const struct base_clusters *found)
{
    log_detail("cluster: %zu fine clusters merged to %zu", found->n_fine, found->choice.k);
    for (size_t i = 0; i < found->choice.n_steps; i++) {
        const struct choose_step *step = &found->choice.steps[i];
        log_detail("cluster: k %zu separation %.4f, %.1f %% in clusters under the floor", step->k,
                   step->separation, 100 * step->share_below);
    }
}

// The stage is through with a batch: what it did to it is not done twice.
static int mark_batch(struct run *run, struct vault_batch *batch, struct err *err)
{
    if (!batch->id || batch->state != BATCH_WORKING)
        return 0;
    batch->clustered = true;
    if (batch->recluster == BATCH_AUTO)
        batch->recluster = BATCH_KEEP;
    return vault_put_clustered(run->vault, batch->id, batch->recluster, err);
}

static int write_all(struct run *run, struct vault_batch *batch, const struct vault_vectors *all,
                     const struct base_clusters *found, struct err *err)
{
    size_t k = found->centroids.n_rows, d = found->centroids.n_cols;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = mark_batch(run, batch, err);
    if (!rc)
        rc = vault_clear_clusters(run->vault, err);
    if (!rc && batch->id)
        rc = vault_set_note(run->vault, "cluster", "emerging", 0, err);
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

// start: where the search begins; NULL: from nothing.
static int find_clusters(struct run *run, struct vault_batch *batch,
                         const struct vault_vectors *all, size_t n_wanted,
                         const struct matrix *start, struct err *err)
{
    struct base_clusters_params params = { .n_clusters = n_wanted,
                                           .seed = (uint64_t)config_whole(run->config, "seed"),
                                           .start = start };
    struct base_clusters found = { 0 };
    params.floor = (size_t)config_whole(run->config, "min-conversations");
    params.floor = size_max(params.floor, (size_t)config_whole(run->config, "min-accounts"));
    struct count_noise noise = { 0 };
    bool has_accounts;
    int rc = vault_has_accounts(run->vault, &has_accounts, err);
    if (!rc)
        rc = run_count_noise(run, has_accounts, &noise, err);
    params.noise = &noise;
    if (!rc && !has_accounts)
        params.most = size_max(1, all->vectors.n_rows / (NAME_FLOORS * size_max(params.floor, 1)));
    if (!rc)
        rc = base_clusters_fit(&all->vectors, &params, run->pool, &run->scratch, &found, err);
    if (!rc)
        rc = stop_check(err);
    if (!rc) {
        tell_choice(&found);
        rc = write_all(run, batch, all, &found, err);
    }
    return rc;
}

// Keeps of what is known those that have a vector; a ceiling may have left others without.
static size_t match_vectors(const struct vault_vectors *all, struct vault_filed *rows, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n && n_kept < all->vectors.n_rows; i++)
        if (rows[i].seq == all->seq[n_kept])
            rows[n_kept++] = rows[i];
    return n_kept;
}

// What is known of every row of the vectors.
static int read_filed(struct run *run, const struct vault_vectors *all, struct vault_filed **rows,
                      struct filing_member **members, struct err *err)
{
    size_t n, d = all->vectors.n_rows;
    int rc = vault_read_filed(run->vault, &run->scratch, rows, &n, err);
    if (!rc)
        n = match_vectors(all, *rows, n);
    if (!rc && n != d)
        rc = err_set(err, ERR_DATA,
                     "the vectors are not of these conversations; run `clio embed` "
                     "again");
    *members = arena_array(&run->scratch, n + 1, sizeof **members);
    for (size_t i = 0; !rc && i < n; i++) {
        const struct vault_filed *f = &(*rows)[i];
        (*members)[i] = (struct filing_member){
            .cluster_id = f->is_member ? f->cluster_id : FILING_NEW,
            .account_id = f->account_id,
            .has_account = f->has_account,
            .is_filed = f->is_member && f->fit >= 0,
            .similarity = f->similarity,
            .fit = (float)f->fit,
        };
    }
    return rc;
}

static bool has_changed(const struct vault_filed *row, const struct filing_member *m)
{
    return !row->is_member || row->cluster_id != m->cluster_id || (row->fit >= 0) != m->is_filed;
}

static int write_filed(struct run *run, struct vault_batch *batch, struct vault_filed *rows,
                       const struct filing_member *members, size_t n, const struct filing *filing,
                       struct err *err)
{
    const struct matrix *centroids = &filing->centroids;
    size_t n_old = centroids->n_rows - filing->n_new_clusters;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = mark_batch(run, batch, err);
    for (size_t c = n_old; c < centroids->n_rows && !rc; c++)
        rc = vault_add_cluster(run->vault, (int64_t)c + 1, 0, matrix_row(centroids, c),
                               centroids->n_cols, err);
    for (size_t i = 0; i < n && !rc; i++) {
        if (!has_changed(&rows[i], &members[i]))
            continue;
        rows[i].cluster_id = members[i].cluster_id;
        rows[i].similarity = members[i].similarity;
        rows[i].fit = members[i].is_filed ? (double)members[i].fit : -1;
        rc = vault_put_filed(run->vault, &rows[i], err);
    }
    if (!rc)
        rc = vault_count_members(run->vault, err);
    if (!rc)
        rc = vault_set_note(run->vault, "cluster", "emerging", (int64_t)filing->n_emerging, err);
    if (!rc)
        rc = vault_set_note(run->vault, "cluster", "gathered", (int64_t)filing->n_gathered, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// Whether the clusters stay, when --recluster leaves it to them.
static void decide(struct vault_batch *batch, const struct filing *filing, size_t n)
{
    if (batch->recluster != BATCH_AUTO)
        return;
    batch->recluster = filing_is_outgrown(filing, n) ? BATCH_WARM : BATCH_KEEP;
    if (batch->recluster == BATCH_WARM)
        log_note("cluster: %zu of %zu conversations came after the clusters were found, %zu of "
                 "them fit badly; they are found again from where they are (--recluster)",
                 filing->n_later, n, filing->n_unfit);
}

// Files what is new; to find the clusters again all rows are then clustered from the centroids that
// there are.
static int file_batch(struct run *run, struct vault_batch *batch, const struct vault_vectors *all,
                      size_t n_wanted, struct err *err)
{
    struct matrix centroids;
    struct vault_filed *rows;
    struct filing_member *members;
    struct filing filing;
    struct filing_params params = {
        .min_conversations = config_whole(run->config, "min-conversations"),
        .min_accounts = config_whole(run->config, "min-accounts"),
        .seed = (uint64_t)config_whole(run->config, "seed"),
    };
    struct count_noise noise = { 0 };
    int rc = vault_has_accounts(run->vault, &params.has_accounts, err);
    if (!rc)
        rc = run_count_noise(run, params.has_accounts, &noise, err);
    params.noise = &noise;
    if (!rc)
        rc = vault_read_centroids(run->vault, all->vectors.n_cols, &run->scratch, &centroids, err);
    if (!rc)
        rc = read_filed(run, all, &rows, &members, err);
    if (!rc)
        rc = filing_run(&all->vectors, &centroids, members, &params, run->pool, &run->scratch,
                        &filing, err);
    if (!rc)
        rc = stop_check(err);
    if (!rc)
        log_detail("cluster: %zu filed, %zu emerging, %zu in %zu new clusters", filing.n_filed,
                   filing.n_emerging, filing.n_gathered, filing.n_new_clusters);
    if (rc)
        return rc;
    decide(batch, &filing, all->vectors.n_rows);
    if (!batch->recluster)
        return write_filed(run, batch, rows, members, all->vectors.n_rows, &filing, err);
    return find_clusters(run, batch, all, n_wanted, &filing.centroids, err);
}

static int run_cluster(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct vault_vectors all;
    struct vault_batch batch;
    int64_t k = 0;
    size_t n_wanted;
    int rc = read_wanted(run, &n_wanted, err);
    if (!rc)
        rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    if (!rc)
        rc = vault_count_clusters(run->vault, &k, err);
    if (!rc)
        rc = vault_load_vectors(run->vault, config_bytes(run->config, "memory"), &run->scratch,
                                &all, err);
    size_t n = rc ? 0 : all.vectors.n_rows;
    bool grows = !rc && batch.id && batch.state == BATCH_WORKING && k > 0;
    run_progress(run, 0, n);
    bool anew = grows && !batch.clustered && batch.recluster == BATCH_ANEW;
    if (!rc && grows && !batch.clustered && !anew)
        rc = file_batch(run, &batch, &all, n_wanted, err);
    else if (!rc && (!grows || anew))
        rc = find_clusters(run, &batch, &all, n_wanted, NULL, err);
    if (!rc)
        rc = vault_count_clusters(run->vault, &k, err);
    run->record.n_in = (int64_t)n;
    run->record.n_out = rc ? 0 : k;
    run_progress(run, n, n);
    arena_rewind(&run->scratch, start);
    return rc;
}

// Before anything is read: the vectors may take hours.
static int check(const struct run *run, struct err *err)
{
    size_t n_wanted;
    return read_wanted(run, &n_wanted, err);
}

const struct stage cluster_stage = {
    .name = "cluster",
    .summary = "groups conversations by what was asked",
    .reads = "conversation vector_block",
    .writes = "base_cluster member filed",
    .settings = "clusters seed min-conversations min-accounts privacy max-per-account "
                "rule:noisy_order rule:split_merge",
    .run = run_cluster,
    .check = check,
    .is_off = run_is_dp,
    .each_tree = true,
};
