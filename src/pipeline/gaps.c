// SPDX-License-Identifier: Apache-2.0
#include "pipeline/gaps.h"

#include "facet/facet_ask_remote.h"
#include "run/remote.h"
#include "store/vault_facet.h"
#include "store/vault_screen.h"

// Conversations that the screen has no answer about.
static int check_screen(struct run *run, struct err *err)
{
    int64_t n, n_not_asked;
    int rc = vault_count_screen(run->vault, "", &n, err);
    if (!rc)
        rc = vault_count_screen(run->vault, facet_gap_not_asked, &n_not_asked, err);
    if (!rc && n)
        rc = err_set(err, n_not_asked ? ERR_BUDGET : ERR_GAPS,
                     "finished with gaps: %lld conversations have no answer to --screen and are "
                     "left out (%lld of them not asked about)%s",
                     (long long)n, (long long)n_not_asked,
                     n_not_asked ? "; the same command with a higher ceiling asks about them" : "");
    return rc;
}

// A model that was to build the tree in place and gave none.
static int check_tree(struct run *run, struct err *err)
{
    static const char *const keys[] = { "by_linkage_instead", "gaps", "gaps_silent",
                                        "levels_by_linkage" };
    int64_t n[COUNT_OF(keys)] = { 0 };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(keys); i++)
        rc = vault_get_note(run->vault, "hierarchy", keys[i], &n[i], err);
    if (!rc && n[0])
        rc = err_set(err, ERR_GAPS,
                     "finished with gaps: the model gave no two parents for the clusters, and the "
                     "tree is by linkage instead (questions without an answer %lld, with none that "
                     "can be used %lld)",
                     (long long)n[2], (long long)(n[1] - n[2]));
    if (!rc && n[3])
        rc = err_set(
            err, ERR_GAPS,
            "finished with gaps: the model gave no two parents for the clusters below the "
            "top, and %lld level%s there %s by linkage instead (questions without an answer "
            "%lld, with none that can be used %lld)",
            (long long)n[3], n[3] == 1 ? "" : "s", n[3] == 1 ? "is" : "are", (long long)n[2],
            (long long)(n[1] - n[2]));
    return rc;
}

static int check_conversations(struct run *run, struct err *err)
{
    struct arena *a = &run->scratch;
    struct arena_mark start = arena_save(a);
    struct facet_counts counts;
    struct str reasons = str_make("", 0);
    int64_t n_all, n_gaps = 0;
    bool not_asked = false;
    int rc = vault_count_conversations(run->vault, &n_all, err);
    if (!rc)
        rc = vault_count_gap_reasons(run->vault, a, &counts, err);
    for (size_t i = 0; !rc && i < counts.n; i++) {
        struct str reason = counts.items[i].value.s;
        n_gaps += counts.items[i].n;
        not_asked = not_asked || str_equal(reason, str_of(facet_gap_not_asked));
        reasons = arena_printf(a, "%.*s%s%.*s %lld", STR_ARG(reasons), i ? ", " : "",
                               STR_ARG(reason), (long long)counts.items[i].n);
    }
    if (!rc && n_gaps)
        rc = err_set(err, not_asked ? ERR_BUDGET : ERR_GAPS,
                     "finished with gaps: %lld of %lld conversations have facets by rule, not by "
                     "the model (%.*s)%s", (long long)n_gaps, (long long)n_all, STR_ARG(reasons),
                     not_asked ? "; the same command with a higher ceiling asks for them" : "");
    int64_t n_left = remote_not_asked(run);
    if (!rc && n_left)
        rc = err_set(err, ERR_BUDGET, "finished with gaps: %lld questions about clusters were not "
                     "asked: titles and tree there are by program, and what the auditor by model "
                     "did not judge is withheld",
                     (long long)n_left);
    arena_rewind(a, start);
    return rc;
}

int gaps_check(struct run *run, struct err *err)
{
    int rc = check_screen(run, err);
    if (!rc && run_has_strong_model(run))
        rc = check_conversations(run, err);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = check_tree(run, err);
    }
    return run_leave_tree(run, rc, err);
}
