// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate_clusters.h"

#include "ask/ask.h"
#include "ask/prompt.h"
#include "cluster/choose_k.h"
#include "cluster/describe_ask.h"
#include "cluster/sample.h"
#include "hierarchy/assign_parent.h"
#include "hierarchy/neighborhood.h"
#include "hierarchy/propose.h"
#include "hierarchy/rename.h"
#include "hierarchy/tree.h"
#include "privacy/auditor_ask.h"

#include <math.h>

#define AGAIN_BYTES (ASK_COMPLAINT_BYTES + 100) // what is added to a question that is asked again

enum way { LOW, MIDDLE, HIGH, N_WAYS };

struct work {
    const struct run *run;
    struct cluster_estimate *out;
    enum way way;
    double n_clusters;
};

static double pick(const struct work *w, double low, double middle, double high)
{
    return w->way == LOW ? low : w->way == MIDDLE ? middle : high;
}

static void add_to(struct estimate_range *range, enum way way, double more)
{
    double *const ends[N_WAYS] = { &range->low, &range->middle, &range->high };
    *ends[way] += more;
}

// n questions of so many bytes, each answered with so many tokens. Returns how many are sent.
static double ask(struct work *w, double n, double bytes, double tokens)
{
    double n_sent = n * pick(w, 1, 1, ASK_ROUNDS);
    double all = bytes + pick(w, 0, 0, AGAIN_BYTES);
    add_to(&w->out->questions, w->way, n_sent);
    add_to(&w->out->in, w->way, n_sent * all / pick(w, 5, 4, 3));
    add_to(&w->out->out, w->way, n_sent * tokens);
    return n_sent;
}

static double size_of(const char *prompt)
{
    return (double)prompt_text(prompt).len;
}

// A line on a cluster, title and summary.
static double line_bytes(const struct work *w)
{
    return pick(w, 60, 200, PROPOSE_LINE_BYTES + 8);
}

static double words_bytes(const struct work *w)
{
    return NAME_SHOWN_WORDS * pick(w, 2, 9, 24);
}

static void count_titles(struct work *w)
{
    double least = (double)config_whole(w->run->config, "min-accounts");
    double notes =
        pick(w, least * 20, 1.5 * SAMPLE_MOST * 80, 2.0 * SAMPLE_MOST * (DESCRIBE_NOTE_BYTES + 3));
    double rest = (double)strlen(run_criteria(w->run)) + notes + words_bytes(w);
    double tokens = pick(w, 15, 80, NAME_MOST_TOKENS);
    double pairs = floor(w->n_clusters / pick(w, 2, 8, 2));
    double n = w->way == LOW ? 0 : 2 * pairs; // each cluster is in one pair at most
    ask(w, w->n_clusters, size_of("describe") + rest, tokens);
    n = ask(w, n, size_of("apart") + rest + pick(w, 0, 80, 2 * DESCRIBE_NOTE_BYTES), tokens);
    add_to(&w->out->apart, w->way, n);
}

// The questions that find parents for n clusters: about `wanted`, at most `most` of them.
static void count_level(struct work *w, double n, double wanted, double most)
{
    double places = fmax(1, round(n / NEIGHBORHOOD_MEAN));
    double groups = (n + pick(w, 0, 5, NEIGHBORHOOD_NEAR) * places) * line_bytes(w) / places;
    double list = pick(w, 5, 15, PROPOSE_TOKENS_A_TITLE);
    double thoughts = pick(w, 0, 100, PROPOSE_TOKENS_TO_THINK);
    double shown = fmin(most, (double)ASSIGN_SHOWN);
    double votes = n * pick(w, 2, 2.5, ASSIGN_VOTES);
    ask(w, places, size_of("propose") + groups, thoughts + list * fmax(1, wanted / places));
    double parts = (double)propose_count_parts((size_t)wanted);
    ask(w, parts,
        size_of("dedupe") + (most + places) * pick(w, 15, 40, PROPOSE_LINE_BYTES + 8) / parts,
        thoughts + list * most / parts);
    ask(w, votes,
        size_of("assign") + shown * pick(w, 15, 40, ASSIGN_TITLE_BYTES + 3) + line_bytes(w),
        pick(w, 5, 20, ASSIGN_MOST_TOKENS));
}

static void count_renames(struct work *w, double n_children, double n)
{
    double shown = fmin(n_children, n * RENAME_SHOWN_CHILDREN);
    double bytes = size_of("rename") + (double)strlen(run_criteria(w->run)) + words_bytes(w) +
                   pick(w, 10, 40, ASSIGN_TITLE_BYTES);
    ask(w, n, bytes + shown * line_bytes(w) / fmax(n, 1), pick(w, 15, 80, NAME_MOST_TOKENS));
}

// Returns how many parents there are on all levels.
static double count_tree(struct work *w)
{
    size_t n_top = (size_t)config_whole(w->run->config, "top-level");
    struct tree_sizes plan = tree_plan((size_t)w->n_clusters, n_top);
    bool grown = run_by_model(w->run, "tree");
    double n = w->n_clusters, all = 0;
    for (size_t l = 1; l < plan.n_levels; l++) {
        double wanted = (double)plan.size[l],
               most = grown ? round(pick(w, 0.5, 1, 1.5) * wanted) : wanted;
        most = fmax(2, fmin(most, n / 2)); // a parent has two children
        if (grown)
            count_level(w, n, wanted, most);
        if (run_titles(w->run) == RUN_TITLES_MODEL)
            count_renames(w, n, most);
        all += most;
        n = most;
    }
    return all;
}

static void count_audit(struct work *w, double n)
{
    double text = pick(w, 60, 250, AUDIT_MOST_BYTES);
    if (run_by_model(w->run, "auditor"))
        ask(w, n, size_of("audit") + text, pick(w, 5, 40, AUDIT_MOST_TOKENS));
}

// How many base clusters a tree may have: what was asked for, or the rule's most.
static double count_clusters(const struct work *w, int64_t n)
{
    const struct config *config = w->run->config;
    int64_t wanted = 0;
    size_t floor = (size_t)config_whole(config, "min-conversations");
    floor = size_max(floor, (size_t)config_whole(config, "min-accounts"));
    double most = (double)choose_largest((size_t)n, floor);
    if (str_to_i64(str_of(config_text(config, "clusters")), &wanted) && wanted > 0)
        most = fmin((double)wanted, (double)n);
    return pick(w, 1, ceil(most / 2), most);
}

void estimate_clusters(const struct run *run, int64_t n, struct cluster_estimate *out)
{
    *out = (struct cluster_estimate){ 0 };
    if (run_is_dp(run) || n < 1)
        return;
    for (enum way way = LOW; way < N_WAYS; way++) {
        struct work w = { .run = run, .out = out, .way = way };
        w.n_clusters = count_clusters(&w, n);
        add_to(&out->clusters, way, w.n_clusters);
        for (size_t tree = 0; tree < run->n_trees; tree++) {
            if (run_titles(run) == RUN_TITLES_MODEL)
                count_titles(&w);
            count_audit(&w, w.n_clusters + count_tree(&w));
        }
    }
}
