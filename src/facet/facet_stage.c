// SPDX-License-Identifier: Apache-2.0
// The facet stage: a value of every facet for every conversation that counts, in the order of seq,
// batch by batch, each batch one transaction. It goes on after the last conversation that has its
// values, so the batches of a run that was interrupted are those of one that was not.
#include "base/limits.h"
#include "base/stop.h"
#include "facet/facet_set.h"
#include "run/stage.h"
#include "store/vault_facet.h"

// Every conversation gets this facet last.
#define LAST_FACET FACET_TURNS

static int put_set(struct run *run, const struct facet_set *set, struct err *err)
{
    int rc = 0;
    for (int i = 0; !rc && i < N_FACETS; i++)
        rc = vault_put_facet(run->vault, set->seq, facet_catalog((enum facet_id)i)->name,
                             set->values[i], err);
    if (!rc && set->gap)
        rc = vault_put_facet_gap(run->vault, set->seq, set->gap, err);
    return rc;
}

static int add_note(struct run *run, const char *key, int64_t more, struct err *err)
{
    int64_t value;
    int rc = vault_get_note(run->vault, "facet", key, &value, err);
    return rc ? rc : vault_set_note(run->vault, "facet", key, value + more, err);
}

// Writes one batch and commits it.
static int put_batch(struct run *run, const struct facet_set *sets, size_t n, struct err *err)
{
    int64_t n_no_human = 0;
    int rc = vault_begin(run->vault, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < n; i++) {
        n_no_human += sets[i].no_human_turn;
        rc = put_set(run, &sets[i], err);
    }
    if (!rc && n_no_human)
        rc = add_note(run, "no_human_turn", n_no_human, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int do_batch(struct run *run, const struct conversations *batch, struct err *err)
{
    struct arena *a = &run->scratch;
    struct facet_set *sets = arena_array(a, batch->n, sizeof *sets);
    int rc = 0;
    for (size_t i = 0; !rc && i < batch->n; i++) {
        rc = facet_set_by_rule(&batch->items[i], a, &sets[i], err);
        if (rc)
            err_add(err, "conversation %lld", (long long)batch->items[i].seq);
    }
    return rc ? rc : put_batch(run, sets, batch->n, err);
}

static int run_facet(struct run *run, struct err *err)
{
    struct conversations batch = { 0 };
    int64_t after = 0, n_all = 0, n_done = 0;
    int rc = vault_count_conversations(run->vault, &n_all, err);
    if (!rc)
        rc = vault_last_facet(run->vault, facet_catalog(LAST_FACET)->name, &after, err);
    do {
        struct arena_mark start = arena_save(&run->scratch);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = vault_read_conversations(run->vault, after, LIMIT_STAGE_BATCH, &run->scratch,
                                          &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            n_done += (int64_t)batch.n;
            rc = do_batch(run, &batch, err);
        }
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_done, (uint64_t)n_all);
    } while (!rc && batch.n);
    run->record.n_in = n_all;
    run->record.n_out = n_all;
    return rc;
}

const struct stage facet_stage = {
    .name = "facet",
    .summary = "asks what each conversation is about",
    .reads = "conversation",
    .writes = "facet_value facet_gap",
    .settings = "profile model seed",
    .run = run_facet,
};
