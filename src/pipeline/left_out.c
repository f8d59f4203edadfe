// SPDX-License-Identifier: Apache-2.0
#include "pipeline/left_out.h"

#include "run/unanswered.h"
#include "store/vault_screen.h"

int left_out_count(struct run *run, const char *stage, int64_t *n, struct err *err)
{
    static const char *const notes[][2] = {
        { "ingest", "filtered_out" },   { "ingest", "without_output" }, { "screen", "said_no" },
        { "screen", "without_answer" }, { "bound", "near_copies" },     { "bound", "over_bound" },
        { "embed", "without_vector" },
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

int left_out_questions(struct run *run, const char *stage, int64_t *n, int64_t *n_not_asked,
                       struct err *err)
{
    int64_t of[LLM_N_WHYS] = { 0 };
    *n = *n_not_asked = 0;
    if (strcmp(stage, "facet") == 0) {
        int rc = vault_get_note(run->vault, stage, "by_rule_instead", n, err);
        return rc ? rc : vault_get_note(run->vault, stage, "not_asked", n_not_asked, err);
    }
    if (strcmp(stage, "embed") == 0) {
        int rc = vault_get_note(run->vault, stage, "without_vector", n, err);
        *n_not_asked = *n;
        return rc;
    }
    if (strcmp(stage, "screen") == 0) {
        int rc = vault_count_screen(run->vault, "", n, err);
        return rc ? rc : vault_count_screen(run->vault, WHY_NOT_ASKED, n_not_asked, err);
    }
    int rc = unanswered_get(run, stage, of, err);
    for (size_t i = 0; !rc && i < LLM_N_WHYS; i++)
        *n += of[i];
    *n_not_asked = of[llm_why_place(WHY_NOT_ASKED)];
    return rc;
}
