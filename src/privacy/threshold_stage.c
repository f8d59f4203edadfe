// SPDX-License-Identifier: Apache-2.0
// Applies the cap on one account's part of a cluster (bound.h) and the floors. What is over the cap
// is unclustered. A base cluster under either floor is not kept; its conversations go to the most
// similar kept cluster when they fit there as well as nine tenths of its own members do, else they
// are unclustered. Then the cap and the floors are applied once more to what came of it. Nothing is
// dropped: every conversation is placed somewhere or counted as unclustered. Counts and centroids
// are then made anew. In the mode guarded the counts that are written carry noise, drawn here and
// nowhere else: all stages behind, and all that is shown, are made of these. One transaction.
#include "base/log.h"
#include "base/stop.h"
#include "privacy/bound.h"
#include "privacy/rehome.h"
#include "privacy/threshold.h"
#include "run/stage.h"
#include "store/vault_vector.h"

struct work {
    struct vault_member *members; // cluster_id becomes the place in the end
    size_t n, k;
    struct matrix centroids; // k × d
    bool *kept;
    float *fit;
    double *sums;                           // k × d, of the vectors placed in each cluster
    struct threshold_count *counts, *shown; // exact; with noise in the mode guarded
    struct threshold_floors floors;
    struct count_noise noise;
    struct rehome rehome;
    size_t n_moved, n_over_share;
};

// Vectors of one block, with the members they belong to, both in the order of seq.
struct stretch {
    struct vault_member *members;
    const struct matrix *vectors;
};

// Places what belongs to clusters that are not kept.
static int place(struct run *run, struct work *work, const struct stretch *s, struct err *err)
{
    size_t n = s->vectors->n_rows, d = s->vectors->n_cols, n_rows = 0;
    size_t *which = arena_array(&run->scratch, n, sizeof *which);
    int64_t *places = arena_array(&run->scratch, n, sizeof *places);
    struct matrix rows;
    for (size_t i = 0; i < n; i++) {
        int64_t id = s->members[i].cluster_id;
        if (id && !work->kept[id - 1])
            which[n_rows++] = i;
    }
    if (!n_rows)
        return 0;
    int rc = matrix_make(&rows, n_rows, d, &run->scratch, "vectors", err);
    for (size_t i = 0; !rc && i < n_rows; i++)
        memcpy(matrix_row(&rows, i), matrix_row(s->vectors, which[i]), d * sizeof(float));
    if (!rc)
        rc = rehome_rows(&work->rehome, &rows, &run->scratch, places, err);
    for (size_t i = 0; !rc && i < n_rows; i++) {
        s->members[which[i]].cluster_id = places[i];
        work->n_moved += places[i] != 0;
    }
    return rc;
}

static int add_to_sums(struct run *run, struct work *work, const struct stretch *s, struct err *err)
{
    size_t d = work->centroids.n_cols;
    (void)run;
    (void)err;
    for (size_t row = 0; row < s->vectors->n_rows; row++) {
        int64_t id = s->members[row].cluster_id;
        const float *vector = matrix_row(s->vectors, row);
        for (size_t i = 0; id && i < d; i++)
            work->sums[(size_t)(id - 1) * d + i] += (double)vector[i];
    }
    return 0;
}

static int check_stretch(const struct work *work, size_t i_member,
                         const struct vault_vectors *block, struct err *err)
{
    for (size_t i = 0; i < block->vectors.n_rows; i++)
        if (i_member + i >= work->n || work->members[i_member + i].seq != block->seq[i])
            return err_set(err, ERR_DATA,
                           "members and vectors do not belong together; run `clio cluster` again");
    return 0;
}

// Walks vectors and members side by side.
static int walk(struct run *run, struct work *work,
                int (*visit)(struct run *, struct work *, const struct stretch *, struct err *),
                struct err *err)
{
    size_t i_member = 0;
    int rc = 0;
    for (int64_t i_block = 0; !rc; i_block++) {
        struct arena_mark start = arena_save(&run->scratch);
        struct vault_vectors block;
        rc = vault_load_vector_block(run->vault, i_block, &run->scratch, &block, err);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = check_stretch(work, i_member, &block, err);
        size_t n_rows = rc ? 0 : block.vectors.n_rows;
        struct stretch s = { work->members + i_member, &block.vectors };
        if (n_rows)
            rc = visit(run, work, &s, err);
        i_member += n_rows;
        arena_rewind(&run->scratch, start);
        run_progress(run, i_member, work->n);
        if (!n_rows)
            break;
    }
    return rc;
}

// The cap, then the floors on what is left.
static void apply_gates(struct run *run, struct work *work)
{
    if (work->floors.has_accounts && strcmp(config_text(run->config, "privacy"), "guarded") == 0)
        work->n_over_share += bound_clusters(work->members, work->n, work->k, &run->scratch);
    threshold_count(work->members, work->n, work->k, &run->scratch, work->counts);
    for (size_t i = 0; i < work->k; i++)
        work->kept[i] = threshold_holds_noisily(&work->counts[i], &work->floors, &work->noise);
}

// Members of clusters that fell under a floor after all.
static void uncluster_the_rest(struct work *work)
{
    for (size_t i = 0; i < work->n; i++)
        if (work->members[i].cluster_id && !work->kept[work->members[i].cluster_id - 1])
            work->members[i].cluster_id = 0;
}

// The centroid of what counts in cluster i now; that of the cluster stage when nothing does.
static const float *centroid_of(struct work *work, size_t i)
{
    size_t d = work->centroids.n_cols;
    float *row = matrix_row(&work->centroids, i);
    if (work->counts[i].n_conversations) {
        for (size_t j = 0; j < d; j++)
            row[j] = (float)(work->sums[i * d + j] / (double)work->counts[i].n_conversations);
        struct matrix one = matrix_view(row, 1, d);
        matrix_normalize(&one);
    }
    return row;
}

// What stands for all conversations from here on, where counts are noisy: what is shown of the
// kept clusters, and the noisy rest. Never noted where counts are exact.
static int put_shown_total(struct run *run, struct work *work, int64_t n_unclustered,
                           struct err *err)
{
    if (!work->noise.is_on)
        return 0;
    struct count_noise own = noise_of_counts(&work->noise, STR_LIT("rest"), work->counts,
                                             work->k * sizeof *work->counts);
    int64_t rest = noise_count(&own, own.conversations, (uint64_t)n_unclustered, n_unclustered, 0);
    int64_t total = rest;
    for (size_t i = 0; i < work->k; i++)
        total += work->kept[i] ? work->shown[i].n_conversations : 0;
    int rc = vault_set_note(run->vault, "threshold", "shown_rest", rest, err);
    return rc ? rc : vault_set_note(run->vault, "threshold", "shown_total", total, err);
}

static int write_all(struct run *run, struct work *work, struct err *err)
{
    size_t n_unclustered = 0;
    int rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < work->k; i++)
        rc = vault_put_kept(run->vault, (int64_t)i + 1, work->shown[i].n_conversations,
                            work->shown[i].n_accounts, work->kept[i], centroid_of(work, i),
                            work->centroids.n_cols, err);
    for (size_t i = 0; !rc && i < work->n; i++) {
        n_unclustered += work->members[i].cluster_id == 0;
        rc = vault_put_placed(run->vault, work->members[i].seq, work->members[i].cluster_id, err);
        if (!rc && i % 4096 == 0)
            rc = stop_check(err);
    }
    if (!rc)
        rc = vault_set_note(run->vault, "threshold", "moved", (int64_t)work->n_moved, err);
    if (!rc)
        rc =
            vault_set_note(run->vault, "threshold", "over_share", (int64_t)work->n_over_share, err);
    if (!rc)
        rc = vault_set_note(run->vault, "threshold", "unclustered", (int64_t)n_unclustered, err);
    if (!rc)
        rc = put_shown_total(run, work, (int64_t)n_unclustered, err);
    return rc ? rc : vault_commit(run->vault, err);
}

static int prepare(struct run *run, struct work *work, struct err *err)
{
    struct arena *a = &run->scratch;
    struct vault_vectors first;
    work->floors.min_accounts = config_whole(run->config, "min-accounts");
    work->floors.min_conversations = config_whole(run->config, "min-conversations");
    int rc = vault_has_accounts(run->vault, &work->floors.has_accounts, err);
    if (!rc)
        rc = run_count_noise(run, work->floors.has_accounts, &work->noise, err);
    if (!rc)
        rc = vault_read_members(run->vault, a, &work->members, &work->n, err);
    if (!rc)
        rc = vault_load_vector_block(run->vault, 0, a, &first, err);
    if (!rc)
        rc = vault_read_centroids(run->vault, first.vectors.n_cols, a, &work->centroids, err);
    if (rc)
        return rc;
    work->k = work->centroids.n_rows;
    work->kept = arena_zero_array(a, work->k + 1, sizeof *work->kept);
    work->fit = arena_array(a, work->k + 1, sizeof *work->fit);
    work->counts = arena_zero_array(a, work->k + 1, sizeof *work->counts);
    work->shown = arena_zero_array(a, work->k + 1, sizeof *work->shown);
    work->sums = arena_zero_array(a, work->k * work->centroids.n_cols + 1, sizeof *work->sums);
    threshold_fit(work->members, work->n, work->k, a, work->fit);
    return 0;
}

static int run_threshold(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { 0 };
    size_t n_kept = 0;
    int rc = vault_clear_placed(run->vault, err);
    if (!rc)
        rc = prepare(run, &work, err);
    if (!rc) {
        apply_gates(run, &work);
        rc = rehome_open(&work.rehome, &work.centroids, work.kept, work.fit, run->pool,
                         &run->scratch, err);
    }
    if (!rc)
        rc = walk(run, &work, place, err);
    if (!rc) {
        apply_gates(run, &work);
        uncluster_the_rest(&work);
        threshold_count(work.members, work.n, work.k, &run->scratch, work.counts);
        threshold_blur(work.counts, work.kept, work.k, &work.floors, &work.noise, work.shown);
        rc = walk(run, &work, add_to_sums, err);
    }
    if (!rc)
        rc = write_all(run, &work, err);
    for (size_t i = 0; !rc && i < work.k; i++)
        n_kept += work.kept[i];
    if (!rc && !n_kept)
        log_warning("no cluster reaches the floors of %lld accounts and %lld conversations, so the "
                    "atlas will show none",
                    (long long)work.floors.min_accounts, (long long)work.floors.min_conversations);
    run->record.n_in = (int64_t)work.k;
    run->record.n_out = (int64_t)n_kept;
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage threshold_stage = {
    .name = "threshold",
    .summary = "applies the floors on accounts and conversations",
    .reads = "conversation vector_block base_cluster member",
    .writes = "kept_cluster placed",
    .settings = "privacy max-per-account min-accounts min-conversations",
    .run = run_threshold,
    .is_off = run_is_dp,
    .each_tree = true,
};
