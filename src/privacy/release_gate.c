// SPDX-License-Identifier: Apache-2.0
// Cost: the audit stage's work, and the scanner over every conversation: a minute a GB.
#include "privacy/release_gate.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/stop.h"
#include "privacy/binomial.h"
#include "privacy/gate_int.h"
#include "scan/public_list.h"
#include "store/atlas_rows.h"
#include "store/vault_conversation.h"
#include "store/vault_facet.h"

#include <stdio.h>
#include <unistd.h>

static const char *const step_names[] = { "conversations", "facet values", "published texts" };
static const char *const gate_names[] = {
    "titles and summaries hold when they are judged again",
    "the atlas says what was judged, and shows nothing that is withheld",
    "phrases are released ones, and the scanner finds nothing in them",
    "clusters meet the floors when they are counted again",
    "values of facets come out of closed lists, and what has them meets the floor",
    "the scanner finds nothing in any published text",
    "every table and column is known here, and says no more than it may",
    "what became of whom is what the vault recorded",
    "the atlas is, row for row, what the vault makes of it once more",
    "the atlas is, row for row, what was released with noise and charged",
};

// In mode dp nothing of the trees is judged: the atlas is made of what was released alone.
static bool is_of_mode(const struct gates *g, enum gate gate)
{
    if (run_is_dp(g->run))
        return gate == GATE_LEFT || gate == GATE_COLUMNS || gate == GATE_RELEASE;
    return gate != GATE_RELEASE;
}

static int grade(struct gates *g, enum gate_step step, struct str text, bool *is_private,
                 struct err *err)
{
    struct audit_verdict verdict = { 5, "" };
    int rc = auditor_grade(g->scanner, text, &g->run->scratch, &verdict, err);
    *is_private = verdict.grade < AUDIT_PASSES;
    g->n[step]++;
    g->n_private[step] += *is_private;
    return rc;
}

static int read_conversations(struct gates *g, struct err *err)
{
    struct arena *a = &g->run->scratch;
    struct conversations batch;
    int64_t after = 0;
    bool is_private;
    int rc;
    do {
        struct arena_mark start = arena_save(a);
        rc = vault_read_conversations(g->run->vault, after, LIMIT_STAGE_BATCH, a, &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            struct arena_mark one = arena_save(a);
            after = batch.items[i].seq;
            rc = grade(g, STEP_RAW, batch.items[i].turns, &is_private, err);
            arena_rewind(a, one);
        }
        run_progress(g->run, (uint64_t)g->n[STEP_RAW], 0);
        if (!rc)
            rc = stop_check(err);
        arena_rewind(a, start);
    } while (!rc && batch.n);
    return rc;
}

static int read_facets(struct gates *g, const char *facet, struct err *err)
{
    struct facet_walk walk;
    bool found = true, is_private;
    int rc = facet_walk_open(&walk, g->run->vault, facet, 0, err);
    while (!rc && !(rc = facet_walk_next(&walk, &found, err)) && found) {
        struct arena_mark start = arena_save(&g->run->scratch);
        rc = grade(g, STEP_FACETS, walk.value.s, &is_private, err);
        arena_rewind(&g->run->scratch, start);
    }
    facet_walk_close(&walk);
    return rc;
}

int gate_read_published(struct gates *g, struct str text, struct err *err)
{
    bool is_private = false;
    int rc = text.len ? grade(g, STEP_PUBLISHED, text, &is_private, err) : 0;
    gate_check(g, GATE_LEFT, !is_private);
    return rc;
}

static int read_name(struct gates *g, struct str name, struct err *err)
{
    struct audit_verdict verdict = { 5, "" };
    bool is_new;
    size_t i = map_add(&g->names, name, 0, &is_new);
    int rc = is_new ? auditor_grade(g->scanner, name, &g->run->scratch, &verdict, err) : 0;
    if (is_new)
        g->names.entries[i].value = verdict.grade < AUDIT_PASSES;
    gate_check(g, GATE_LEFT, !g->names.entries[i].value);
    return rc;
}

int gate_read_facet(struct gates *g, struct str facet, struct str value, struct err *err)
{
    int rc = read_name(g, facet, err);
    return rc || gate_value_is_ours(g, facet, value) ? rc : read_name(g, value, err);
}

static bool is_released(const struct recheck_node *node, struct str phrase)
{
    for (size_t i = 0; i < node->n_phrases; i++)
        if (str_equal(node->phrases[i].text.s, phrase))
            return true;
    return false;
}

static int check_phrases(struct gates *g, const struct atlas_cluster *cluster,
                         const struct recheck_node *node, struct err *err)
{
    struct str *phrases;
    size_t n;
    int rc = atlas_cluster_phrases(g->atlas, cluster->id, &g->run->scratch, &phrases, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        gate_check(g, GATE_PHRASES, is_released(node, phrases[i]));
    g->n_seen_phrases += rc ? 0 : (int64_t)n;
    return rc;
}

static const struct recheck_node *find_node(const struct gates *g, int64_t id)
{
    for (size_t i = 0; i < g->texts.n; i++)
        if (g->texts.nodes[i].id == id)
            return &g->texts.nodes[i];
    return NULL;
}

static int check_cluster(struct gates *g, size_t i, struct err *err)
{
    const struct atlas_cluster *cluster = &g->clusters[i];
    const struct recheck_node *node = find_node(g, cluster->id);
    const struct audit_floors *floors = &g->texts.floors;
    bool known = node != NULL;
    gate_check(g, GATE_SAME,
               known && cluster->withheld == node->withheld &&
                   (cluster->withheld ? !cluster->title.len && !cluster->summary.len
                                      : str_equal(cluster->title, node->title.s) &&
                                            str_equal(cluster->summary, node->summary.s)));
    gate_check(g, GATE_TEXTS, known && (node->withheld || !node->fault));
    gate_check(g, GATE_FLOORS,
               known && cluster->n_conversations >= floors->min_conversations &&
                   node->n_conversations >= floors->min_conversations &&
                   (!floors->has_accounts || (cluster->n_accounts >= floors->min_accounts &&
                                              node->n_accounts >= floors->min_accounts)));
    return known ? check_phrases(g, cluster, node, err) : 0;
}

// The tree in place, in the vault and in the atlas.
static int check_tree(struct gates *g, struct err *err)
{
    struct arena *a = &g->run->scratch;
    int rc = 0;
    if (g->run->n_trees > 1)
        rc = atlas_choose_tree(g->atlas, str_of(run_facet(g->run)), err);
    if (!rc)
        rc = recheck_texts(g->run, &g->texts, err);
    if (!rc)
        rc = atlas_clusters(g->atlas, a, &g->clusters, &g->n_clusters, err);
    for (size_t i = 0; !rc && i < g->n_clusters; i++)
        rc = check_cluster(g, i, err);
    if (!rc)
        gate_check(g, GATE_SAME, g->n_clusters == g->texts.n);
    g->n_seen_clusters += rc ? 0 : (int64_t)g->n_clusters;
    return rc;
}

// Every tree, and no other: what is in the atlas is what the run made.
static int check_atlas(struct gates *g, struct err *err)
{
    struct run *run = g->run;
    struct str path = path_join(&run->scratch, str_of(run->dir), "atlas.db");
    struct atlas_tree *trees;
    size_t n = 0;
    int rc = atlas_open(&g->atlas, path.ptr, err);
    if (!rc && run_is_dp(run))
        return gate_check_released(g, err);
    if (!rc)
        rc = atlas_trees(g->atlas, &run->scratch, &trees, &n, err);
    if (!rc)
        gate_check(g, GATE_SAME, n == run->n_trees);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = check_tree(g, err);
    }
    rc = run_leave_tree(run, rc, err);
    if (!rc)
        rc = gate_check_columns(g, err);
    return rc ? rc : gate_check_again(g, err);
}

static int write_step(const struct gates *g, int i, bool json, struct buf *out, struct err *err)
{
    double low = 0, high = 1, n = (double)(g->n[i] ? g->n[i] : 1);
    if (g->n[i])
        binomial_bounds(g->n_private[i], g->n[i], &low, &high);
    if (json)
        return buf_printf(out, err,
                          "%s{\"step\":\"%s\",\"n\":%lld,\"private\":%lld,\"low\":%.6f,"
                          "\"high\":%.6f}",
                          i ? "," : "", step_names[i], (long long)g->n[i],
                          (long long)g->n_private[i], low, high);
    return buf_printf(out, err, "%-16s %9lld of %9lld private: %.3f %% (%.3f … %.3f)\n",
                      step_names[i], (long long)g->n_private[i], (long long)g->n[i],
                      100 * (double)g->n_private[i] / n, 100 * low, 100 * high);
}

// Of what is another than in the atlas made once more: tables and clusters, no text of the vault.
static int write_gate(const struct gates *g, int i, bool json, const char *before, struct buf *out,
                      struct err *err)
{
    bool again = (i == GATE_AGAIN || i == GATE_RELEASE) && g->where;
    long long n = g->n_checked[i], faults = g->n_faults[i];
    if (json)
        return buf_printf(out, err, "%s{\"gate\":\"%s\",\"n\":%lld,\"faults\":%lld%s%s%s}", before,
                          gate_names[i], n, faults, again ? ",\"where\":\"" : "",
                          again ? g->where : "", again ? "\"" : "");
    return buf_printf(out, err, "%-4s %9lld checked, %lld faults: %s%s%s\n", faults ? "FAIL" : "ok",
                      n, faults, gate_names[i], again ? ": not " : "", again ? g->where : "");
}

static int write_report(const struct gates *g, bool json, struct buf *out, struct err *err)
{
    const char *before = "", *mode = config_text(g->run->config, "privacy");
    int rc = json ? buf_printf(out, err, "{\"privacy\":\"%s\",\"funnel\":[", mode)
                  : buf_printf(out, err, "Privacy: %s\n", mode);
    for (int i = 0; !rc && i < N_STEPS; i++)
        rc = write_step(g, i, json, out, err);
    if (!rc && json)
        rc = buf_printf(out, err, "],\"gates\":[");
    for (int i = 0; !rc && i < N_GATES; i++) {
        if (!is_of_mode(g, i))
            continue;
        rc = write_gate(g, i, json, before, out, err);
        before = ",";
    }
    return rc || !json ? rc : buf_printf(out, err, "]}\n");
}

int release_gate(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct gates g = { .run = run };
    int64_t n_faults = 0;
    int rc = run_open_scanner(run, err);
    g.scanner = run->scanner;
    g.again = path_join(&run->scratch, str_of(run->dir), ATLAS_AGAIN).ptr;
    if (!rc)
        rc = check_atlas(&g, err);
    unlink(g.again);
    if (!rc)
        rc = read_facets(&g, "request", err);
    if (!rc)
        rc = read_facets(&g, "task", err);
    for (size_t i = 0; !rc && i < run->n_trees; i++) // of one's own
        if (strcmp(run->trees[i], "request") != 0 && strcmp(run->trees[i], "task") != 0)
            rc = read_facets(&g, run->trees[i], err);
    if (!rc)
        rc = read_conversations(&g, err);
    if (!rc)
        rc = write_report(&g, json, out, err);
    for (size_t i = 0; i < N_GATES; i++)
        n_faults += g.n_faults[i];
    if (!rc && n_faults)
        rc = err_set(err, ERR_PRIVACY,
                     "%lld faults in %s/atlas.db: do not publish it. `clio run --out %s` makes it "
                     "anew from the vault",
                     (long long)n_faults, run->dir, run->dir);
    atlas_close(g.atlas);
    map_release(&g.names);
    arena_rewind(&run->scratch, start);
    return rc;
}
