// SPDX-License-Identifier: Apache-2.0
#include "pipeline/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/purge.h"
#include "store/vault_past.h"

// In a batch of an append that nothing was asked of yet, what is too old goes without a trace: what
// the stages made of all the others stays.
static int find_unasked(struct run *run, struct vault_purge *purge, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct vault_batch batch;
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    if (!rc && batch.id && batch.state == BATCH_WORKING)
        rc = vault_is_unasked_before(run->vault, purge->before, batch.first_open, &purge->unasked,
                                     err);
    arena_rewind(&run->scratch, start);
    return rc;
}

int retention_apply(struct run *run, struct err *err)
{
    int64_t days = config_whole(run->config, "keep-days"), n = 0, n_timeless = 0;
    struct vault_purge purge = { .by = PURGE_BEFORE,
                                 .before = days ? clock_unix() - days * 86400 : INT64_MIN };
    bool pending = false;
    int rc = vault_purge_is_pending(run->vault, &pending, err);
    if (!rc && days)
        rc = vault_count_before(run->vault, purge.before, &n, err);
    if (rc || (n == 0 && !pending))
        return rc;
    if (!pending)
        rc = find_unasked(run, &purge, err);
    if (!rc)
        rc = purge_run(run, &purge, err);
    if (!rc && days)
        rc = vault_count_timeless(run->vault, &n_timeless, err);
    if (!rc && n_timeless)
        log_warning("%lld conversations have no time that can be read, so --keep-days never takes "
                    "them",
                    (long long)n_timeless);
    if (!rc && pending)
        log_note("a purge that was cut short is finished");
    if (!rc && n)
        log_note("%lld conversations are older than %lld days and are gone from the vault",
                 (long long)purge.n_conversations, (long long)days);
    return rc;
}
