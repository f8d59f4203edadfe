// SPDX-License-Identifier: Apache-2.0
#include "pipeline/left_out.h"

#include "store/vault.h"

int left_out_count(struct run *run, const char *stage, int64_t *n, struct err *err)
{
    static const char *const notes[][2] = {
        { "ingest", "filtered_out" },   { "ingest", "without_output" }, { "screen", "said_no" },
        { "screen", "without_answer" }, { "bound", "near_copies" },     { "bound", "over_bound" },
    };
    int rc = 0;
    *n = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(notes); i++) {
        int64_t one = 0;
        if (strcmp(notes[i][0], stage) == 0)
            rc = vault_get_note(run->vault, stage, notes[i][1], &one, err);
        *n += one;
    }
    return rc;
}
