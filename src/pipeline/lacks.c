// SPDX-License-Identifier: Apache-2.0
// What conversations do not have and people should know of: read from the notes that the stage
// ingest keeps, O(1).
#include "pipeline/pipeline.h"

#include "base/log.h"
#include "store/vault.h"

int pipeline_find_lacks(struct run *run, struct corpus_lacks *lacks, struct err *err)
{
    int64_t note = 0;
    int rc = vault_get_note(run->vault, "ingest", "no_accounts", &note, err);
    lacks->accounts = note != 0;
    if (!rc)
        rc = vault_get_note(run->vault, "ingest", "odd_times", &lacks->n_odd_times, err);
    if (!rc)
        rc = vault_get_note(run->vault, "ingest", "repaired_texts", &lacks->n_repaired, err);
    if (!rc && !run_is_dp(run)) // where each counts for itself
        rc = vault_get_note(run->vault, "ingest", "copies", &lacks->n_copies, err);
    return rc;
}

int pipeline_say_lacks(struct run *run, struct err *err)
{
    struct corpus_lacks lacks = { 0 };
    int rc = pipeline_find_lacks(run, &lacks, err);
    if (!rc && lacks.accounts)
        log_note("this corpus has no accounts, so the floors count conversations only; "
                 "--account-from FIELD says where they stand, if it has them");
    if (!rc && lacks.n_odd_times)
        log_note("%lld conversations have a time that cannot be read, and count as without one",
                 (long long)lacks.n_odd_times);
    if (!rc && lacks.n_repaired)
        log_note("texts that are not in UTF-8: %lld; what cannot be read of them is marked in them",
                 (long long)lacks.n_repaired);
    if (!rc && lacks.n_copies)
        log_note("%lld conversation%s word for word as another one, and count%s once with it",
                 (long long)lacks.n_copies, lacks.n_copies == 1 ? " is" : "s are",
                 lacks.n_copies == 1 ? "s" : "");
    return rc;
}
