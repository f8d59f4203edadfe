// SPDX-License-Identifier: Apache-2.0
#include "pipeline/gaps.h"

#include "base/log.h"
#include "facet/facet_ask_remote.h"
#include "run/unanswered.h"
#include "store/vault_facet.h"

// What is told: the first sentence in the error, the others as warnings.
struct gaps {
    struct run *run;
    bool not_asked; // some of it, for want of money or time
    struct str first, rest[4];
    size_t n_rest;
};

static void tell(struct gaps *gaps, bool not_asked, struct str sentence)
{
    gaps->not_asked = gaps->not_asked || not_asked;
    if (!gaps->first.len)
        gaps->first = sentence;
    else if (gaps->n_rest < COUNT_OF(gaps->rest))
        gaps->rest[gaps->n_rest++] = sentence;
}

static const char *again(bool open, bool not_asked)
{
    return not_asked ? "; the same command with a higher ceiling asks again"
           : open    ? "; the same command asks again"
                     : "";
}

// Conversations without an answer, by their reasons. `of`: " of 240", or nothing.
static void tell_counts(struct gaps *gaps, const struct facet_counts *counts, struct str of,
                        const char *what)
{
    struct arena *a = &gaps->run->scratch;
    struct str reasons = facet_counts_text(counts, a);
    bool not_asked = facet_counts_of(counts, facet_gap_not_asked) > 0;
    if (counts->n)
        tell(gaps, not_asked,
             arena_printf(a, "%lld%.*s conversations %s (%.*s)%s",
                          (long long)facet_counts_sum(counts), STR_ARG(of), what, STR_ARG(reasons),
                          again(false, not_asked)));
}

static int check_screen(struct gaps *gaps, struct err *err)
{
    struct facet_counts counts;
    int rc = vault_count_screen_gaps(gaps->run->vault, &gaps->run->scratch, &counts, err);
    if (!rc)
        tell_counts(gaps, &counts, STR_LIT(""), "have no answer to --screen and are left out");
    return rc;
}

static int check_conversations(struct gaps *gaps, int64_t n_all, struct err *err)
{
    struct arena *a = &gaps->run->scratch;
    struct facet_counts counts;
    int rc = vault_count_gap_reasons(gaps->run->vault, a, &counts, err);
    if (!rc)
        tell_counts(gaps, &counts, arena_printf(a, " of %lld", (long long)n_all),
                    "have facets by rule, not by the model");
    return rc;
}

// Questions about clusters, over all trees; vectors in the tree that lacks most.
struct asked {
    int64_t n[3][LLM_N_WHYS]; // of each stage, by reason
    int64_t n_all, n_by_linkage, n_levels, n_no_vector;
    bool open;
};
static const char *const stages[3] = { "describe", "hierarchy", "audit" };

static int count_tree(struct run *run, struct asked *asked, struct err *err)
{
    int64_t by_linkage = 0, levels = 0, no_vector = 0;
    int rc = vault_get_note(run->vault, "hierarchy", "by_linkage_instead", &by_linkage, err);
    if (!rc)
        rc = vault_get_note(run->vault, "hierarchy", "levels_by_linkage", &levels, err);
    if (!rc)
        rc = vault_get_note(run->vault, "embed", "without_vector", &no_vector, err);
    asked->n_no_vector = no_vector > asked->n_no_vector ? no_vector : asked->n_no_vector;
    asked->n_by_linkage += by_linkage;
    asked->n_levels += levels;
    for (size_t s = 0; !rc && s < COUNT_OF(stages); s++) {
        int64_t n[LLM_N_WHYS] = { 0 };
        bool open = false;
        rc = unanswered_get(run, stages[s], n, err);
        for (size_t i = 0; !rc && i < LLM_N_WHYS; i++) {
            asked->n[s][i] += n[i];
            asked->n_all += n[i];
        }
        if (!rc)
            rc = unanswered_is_open(run, stages[s], &open, err);
        asked->open = asked->open || open;
    }
    return rc;
}

// "describe: unreachable 2, unusable 1; audit: refused 1"
static struct str list_reasons(const struct asked *asked, struct arena *a)
{
    struct str list = STR_LIT("");
    for (size_t s = 0; s < COUNT_OF(stages); s++) {
        const char *before = list.len ? "; " : "", *name = stages[s], *colon = ": ";
        for (size_t i = 0; i < LLM_N_WHYS; i++)
            if (asked->n[s][i]) {
                list = arena_printf(a, "%.*s%s%s%s%s %lld", STR_ARG(list), before, name, colon,
                                    llm_whys[i], (long long)asked->n[s][i]);
                before = ", ";
                name = colon = "";
            }
    }
    return list;
}

// A model that was to build the tree in place and gave none.
static void check_tree(struct gaps *gaps, const struct asked *asked)
{
    struct arena *a = &gaps->run->scratch;
    if (asked->n_by_linkage)
        tell(gaps, false,
             STR_LIT("the model gave no two parents for the clusters, and the tree is by linkage "
                     "instead"));
    if (asked->n_levels)
        tell(gaps, false,
             arena_printf(a,
                          "the model gave no two parents for the clusters below the top, and %lld "
                          "level%s there %s by linkage instead",
                          (long long)asked->n_levels, asked->n_levels == 1 ? "" : "s",
                          asked->n_levels == 1 ? "is" : "are"));
}

static void check_vectors(struct gaps *gaps, const struct asked *asked, int64_t n_all)
{
    if (asked->n_no_vector)
        tell(gaps, true,
             arena_printf(&gaps->run->scratch,
                          "%lld of %lld conversations have no vector%s and are left out%s",
                          (long long)asked->n_no_vector, (long long)n_all,
                          gaps->run->n_trees > 1 ? " in a tree" : "", again(false, true)));
}

static int check_clusters(struct gaps *gaps, int64_t n_all, struct err *err)
{
    struct run *run = gaps->run;
    struct asked asked = { 0 };
    int rc = 0;
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = count_tree(run, &asked, err);
    }
    rc = run_leave_tree(run, rc, err);
    if (rc)
        return rc;
    check_vectors(gaps, &asked, n_all);
    bool not_asked = asked.n[0][0] + asked.n[1][0] + asked.n[2][0] > 0;
    if (asked.n_all)
        tell(gaps, not_asked,
             arena_printf(&run->scratch,
                          "%lld question%s about clusters %s no answer that can be used (%.*s): "
                          "titles and tree there are by program, and what the auditor by model did "
                          "not judge is withheld%s",
                          (long long)asked.n_all, asked.n_all == 1 ? "" : "s",
                          asked.n_all == 1 ? "has" : "have",
                          STR_ARG(list_reasons(&asked, &run->scratch)),
                          again(asked.open, not_asked)));
    check_tree(gaps, &asked);
    return 0;
}

int gaps_check(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct gaps gaps = { .run = run };
    int64_t n_all = 0;
    int rc = vault_count_conversations(run->vault, &n_all, err);
    if (!rc)
        rc = check_screen(&gaps, err);
    if (!rc && run_has_strong_model(run))
        rc = check_conversations(&gaps, n_all, err);
    if (!rc)
        rc = check_clusters(&gaps, n_all, err);
    for (size_t i = 0; !rc && i < gaps.n_rest; i++)
        log_warning("also: %.*s", STR_ARG(gaps.rest[i]));
    if (!rc && gaps.first.len)
        rc = err_set(err, gaps.not_asked ? ERR_BUDGET : ERR_GAPS, "finished with gaps: %.*s",
                     STR_ARG(gaps.first));
    arena_rewind(&run->scratch, start);
    return rc;
}
