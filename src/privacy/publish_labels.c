// SPDX-License-Identifier: Apache-2.0
#include "privacy/publish_labels.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "run/flag_column.h"
#include "store/vault_safety.h"

int publish_labels_judge(const struct run *run, int64_t n_labelled, int64_t n_other,
                         struct err *err)
{
    const char *column = config_text(run->config, "classifier");
    if (n_labelled && n_other)
        log_warning("labels of the column \"%s\" that are neither yes, no nor a number count as "
                    "not flagged; say with --flag-words which of them flag",
                    column);
    if (n_labelled)
        return 0;
    if (n_other)
        return err_set(err, ERR_CONFIG,
                       "the column \"%s\" holds words of its own; say with --flag-words which of "
                       "them flag",
                       column);
    return err_set(err, ERR_CONFIG,
                   "no conversation has a label in the column \"%s\": give --classifier the name "
                   "of a column of the input, or leave it out",
                   column);
}

int publish_labels_find(struct run *run, struct err *err)
{
    struct str name = str_of(config_text(run->config, "classifier"));
    struct flag_column column = flag_column_make(name, config_number(run->config, "flag-from"),
                                                 str_of(config_text(run->config, "flag-words")));
    struct safety_sources batch = { 0 };
    int64_t n = 0, n_labelled = 0, n_other = 0, after = 0;
    if (!name.len || run_is_dp(run))
        return 0;
    int rc = 0;
    do {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, LIMIT_STAGE_BATCH, SAFETY_COLUMNS,
                                    &run->scratch, &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            int said = flag_column_read(&column, batch.items[i].columns);
            n_labelled += said == FLAG_YES || said == FLAG_NO;
            n_other += said == FLAG_OTHER;
            after = batch.items[i].seq;
            n++;
        }
        arena_rewind(&run->scratch, start);
    } while (!rc && batch.n && !n_labelled);
    if (rc || !n || n_labelled) // publish warns of other words among what it shows
        return rc;
    return publish_labels_judge(run, n_labelled, n_other, err);
}
