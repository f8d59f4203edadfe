// SPDX-License-Identifier: Apache-2.0
#include "run/unanswered.h"

#include <stdio.h>

void unanswered_key(char key[UNANSWERED_KEY], size_t i)
{
    int n = snprintf(key, UNANSWERED_KEY, "unanswered_%s", llm_whys[i]);
    for (int j = 0; j < n; j++)
        if (key[j] == '-')
            key[j] = '_';
}

int unanswered_put(struct run *run, const char *stage, const int64_t n[LLM_N_WHYS], struct err *err)
{
    char key[UNANSWERED_KEY];
    int rc = 0;
    for (size_t i = 0; !rc && i < LLM_N_WHYS; i++) {
        unanswered_key(key, i);
        rc = vault_put_note(run->vault, stage, key, n[i], err);
    }
    return rc;
}

int unanswered_get(struct run *run, const char *stage, int64_t n[LLM_N_WHYS], struct err *err)
{
    char key[UNANSWERED_KEY];
    int rc = 0;
    for (size_t i = 0; !rc && i < LLM_N_WHYS; i++) {
        unanswered_key(key, i);
        rc = vault_get_note(run->vault, stage, key, &n[i], err);
    }
    return rc;
}

int unanswered_is_open(struct run *run, const char *stage, bool *yes, struct err *err)
{
    int64_t n[LLM_N_WHYS] = { 0 };
    bool of_server = run_has_profile(run, "remote");
    int rc = unanswered_get(run, stage, n, err);
    *yes = false;
    for (size_t i = 0; !rc && i < LLM_N_WHYS; i++)
        *yes = *yes || (n[i] && (of_server || i == llm_why_place(WHY_NOT_ASKED)));
    return rc;
}
