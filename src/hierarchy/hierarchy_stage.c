// SPDX-License-Identifier: Apache-2.0
// Builds the tree over the kept base clusters and names its parents (docs/hierarchy.md). All is
// computed in memory and written in one transaction, so an interruption leaves nothing half done.
#include "base/log.h"
#include "base/stop.h"
#include "hierarchy/parent_text.h"
#include "run/stage.h"
#include "store/vault_node.h"

struct work {
    struct run *run;
    struct kept_clusters kept;
    struct tree tree;
    struct parent_text text;
    int64_t first_id[TREE_LEVELS]; // of the parents of each level
};

static int64_t parent_id(const struct work *w, size_t l, size_t node)
{
    return l + 1 < w->tree.n_levels ? w->first_id[l + 1] + w->tree.parent[l][node] : 0;
}

static int put_base(struct work *w, size_t i, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct vault_node node = { w->kept.id[i],        parent_id(w, 0, i), 0,
                               { { NULL, 0 } },      { { NULL, 0 } },    w->kept.n_conversations[i],
                               w->kept.n_accounts[i] };
    struct vault_phrase *phrases = NULL;
    size_t n_phrases = 0;
    int rc = vault_get_description(w->run->vault, node.id, a, &node.title, &node.summary, err);
    if (!rc && !node.title.s.ptr)
        rc = err_set(err, ERR_DATA, "cluster %lld has no title; run `clio describe` again",
                     (long long)node.id);
    if (!rc)
        rc = vault_put_node(w->run->vault, &node, err);
    if (!rc)
        rc = vault_get_phrases(w->run->vault, node.id, a, &phrases, &n_phrases, err);
    for (size_t j = 0; j < n_phrases && !rc; j++)
        rc = vault_put_node_phrase(w->run->vault, node.id, (int)j, &phrases[j], err);
    return rc;
}

static int put_parent(struct work *w, size_t l, size_t i, struct err *err)
{
    const struct level_text *level = &w->text.level[l];
    const struct phrase_list *list = &level->lists[i];
    struct phrase_facts facts = { level->n_conversations[i], level->n_accounts[i], w->text.n_total,
                                  w->text.params.has_accounts };
    struct vault_node node = {
        w->first_id[l] + (int64_t)i,
        parent_id(w, l, i),
        (int)l,
        raw_of(level->titles[i].text),
        raw_of(phrase_summary(list, &level->titles[i], &facts, &w->run->scratch)),
        level->n_conversations[i],
        level->n_accounts[i],
    };
    int rc = vault_put_node(w->run->vault, &node, err);
    for (size_t j = 0; j < list->n && !rc; j++) {
        struct vault_phrase phrase = { raw_of(list->items[j].text), list->items[j].n_accounts,
                                       list->items[j].n_conversations, list->items[j].score };
        rc = vault_put_node_phrase(w->run->vault, node.id, (int)j, &phrase, err);
    }
    return rc;
}

static int put_all(struct work *w, struct err *err)
{
    int rc = vault_begin(w->run->vault, err);
    if (!rc)
        rc = vault_clear_nodes(w->run->vault, err);
    for (size_t l = 0; l < w->tree.n_levels; l++)
        for (size_t i = 0; i < w->tree.size[l] && !rc; i++) {
            struct arena_mark start = arena_save(&w->run->scratch);
            rc = l ? put_parent(w, l, i, err) : put_base(w, i, err);
            arena_rewind(&w->run->scratch, start);
        }
    if (!rc)
        rc = vault_commit(w->run->vault, err);
    if (rc)
        vault_rollback(w->run->vault);
    return rc;
}

static int build(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    size_t n_top = (size_t)config_whole(w->run->config, "top-level");
    int64_t last = 0;
    int rc = vault_read_kept(w->run->vault, a, &w->kept, err);
    if (!rc)
        rc = vault_find_last_cluster(w->run->vault, &last, err);
    double *weights = rc ? NULL : arena_array(a, w->kept.n + 1, sizeof *weights);
    for (size_t i = 0; i < w->kept.n && !rc; i++)
        weights[i] = (double)w->kept.n_conversations[i];
    if (!rc)
        rc = tree_build(&w->kept.centroids, weights, n_top, a, &w->tree, err);
    for (size_t l = 1; l < w->tree.n_levels && !rc; l++) {
        w->first_id[l] = last + 1;
        last += (int64_t)w->tree.size[l];
    }
    return rc;
}

static int run_hierarchy(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work w = { .run = run };
    int rc = build(&w, err);
    if (!rc)
        rc = stop_check(err);
    run_progress(run, 1, 3);
    if (!rc)
        rc = parent_text_make(run, &w.kept, &w.tree, &w.text, err);
    run_progress(run, 2, 3);
    if (!rc)
        rc = put_all(&w, err);
    run_progress(run, 3, 3);
    run->record.n_in = (int64_t)w.kept.n;
    run->record.n_out = 0;
    for (size_t l = 0; l < w.tree.n_levels && !rc; l++) {
        run->record.n_out += (int64_t)w.tree.size[l];
        log_detail("hierarchy: level %zu has %zu clusters", l, w.tree.size[l]);
    }
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage hierarchy_stage = {
    .name = "hierarchy",
    .summary = "builds the tree of clusters and names its parents",
    .reads = "conversation facet_value kept_cluster placed phrase description",
    .writes = "node node_phrase",
    .settings = "top-level profile titles model min-accounts min-conversations",
    .run = run_hierarchy,
};
