// SPDX-License-Identifier: Apache-2.0
#include "pipeline/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "pipeline/purge.h"

int retention_apply(struct run *run, struct err *err)
{
    int64_t days = config_whole(run->config, "keep-days"), n = 0;
    struct vault_purge purge = { .by = PURGE_BEFORE, .before = clock_unix() - days * 86400 };
    if (days == 0)
        return 0;
    int rc = vault_count_before(run->vault, purge.before, &n, err);
    if (rc || n == 0)
        return rc;
    rc = purge_run(run, &purge, err);
    if (!rc)
        log_note("%lld conversations are older than %lld days and are gone from the vault",
                 (long long)purge.n_conversations, (long long)days);
    return rc;
}
