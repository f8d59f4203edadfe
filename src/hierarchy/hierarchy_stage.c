// SPDX-License-Identifier: Apache-2.0
// Builds the tree over the kept base clusters and names its parents (docs/hierarchy.md): by linkage
// of their vectors, or by a strong model. All is computed in memory and written in one transaction,
// so an interruption leaves nothing half done; what a model answered is in the cache of its chain.
#include "base/log.h"
#include "base/stop.h"
#include "hierarchy/grow.h"
#include "hierarchy/identity.h"
#include "hierarchy/rename.h"
#include "run/stage.h"
#include "run/unanswered.h"
#include "store/vault_node.h"

struct work {
    struct run *run;
    struct kept_clusters kept;
    struct tree tree;
    struct parent_text text;
    struct grown grown;
    struct identity identity;
    int64_t first_id[TREE_LEVELS]; // of the parents of each level
};

static int64_t parent_id(const struct work *w, size_t l, size_t node)
{
    if (l + 1 >= w->tree.n_levels || w->tree.parent[l][node] == TREE_APART)
        return 0;
    return w->first_id[l + 1] + w->tree.parent[l][node];
}

// Words that a model may have written with: the audit looks them up.
static int put_words(struct work *w, size_t l, size_t i, int64_t id, struct err *err)
{
    const struct phrase_words *words = w->text.level[l].words ? &w->text.level[l].words[i] : NULL;
    int rc = 0;
    for (size_t j = 0; words && j < words->n && !rc; j++)
        rc = vault_put_node_word(w->run->vault, id, words->items[j].shown,
                                 words->items[j].n_supporters, err);
    return rc;
}

static int put_base(struct work *w, size_t i, struct err *err)
{
    struct arena *a = &w->run->scratch;
    const struct name *name = &w->text.level[0].names[i];
    struct vault_node node = {
        .id = w->kept.id[i],
        .parent_id = parent_id(w, 0, i),
        .title = raw_of(name->title),
        .summary = raw_of(name->summary),
        .n_conversations = w->kept.n_conversations[i],
        .n_accounts = w->kept.n_accounts[i],
    };
    struct vault_phrase *phrases = NULL;
    size_t n_phrases = 0;
    int rc = vault_put_node(w->run->vault, &node, err);
    if (!rc)
        rc = vault_get_phrases(w->run->vault, node.id, a, &phrases, &n_phrases, err);
    for (size_t j = 0; j < n_phrases && !rc; j++)
        rc = vault_put_node_phrase(w->run->vault, node.id, (int)j, &phrases[j], err);
    return rc ? rc : put_words(w, 0, i, node.id, err);
}

static int put_parent(struct work *w, size_t l, size_t i, struct err *err)
{
    const struct level_text *level = &w->text.level[l];
    const struct phrase_list *list = &level->lists[i];
    struct vault_node node = {
        .id = w->first_id[l] + (int64_t)i,
        .parent_id = parent_id(w, l, i),
        .level = (int)l,
        .title = raw_of(level->names[i].title),
        .summary = raw_of(level->names[i].summary),
        .n_conversations = level->n_conversations[i],
        .n_accounts = level->n_accounts[i],
    };
    int rc = vault_put_node(w->run->vault, &node, err);
    for (size_t j = 0; j < list->n + list->n_subjects && !rc; j++) {
        const struct phrase *p = phrase_released(list, j);
        struct vault_phrase phrase = { raw_of(p->text), p->n_accounts, p->n_conversations,
                                       p->score };
        rc = vault_put_node_phrase(w->run->vault, node.id, (int)j, &phrase, err);
    }
    return rc ? rc : put_words(w, l, i, node.id, err);
}

static int put_notes(struct work *w, struct err *err)
{
    const struct grown *g = &w->grown;
    const struct {
        const char *key;
        size_t value;
    } notes[] = {
        { "by_linkage_instead", g->failed },           { "levels_by_linkage", g->n_by_linkage },
        { "by_phrases_instead", g->n_by_phrases },     { "invented_parents", g->n_invented },
        { "by_nearest_instead", g->n_nearest },        { "apart", g->n_apart },
        { "asked_again", (size_t)g->counts.n_again },  { "gaps", (size_t)g->counts.n_gaps },
        { "gaps_silent", (size_t)g->counts.n_silent },
    };
    int rc = unanswered_put(w->run, "hierarchy", g->counts.n_why, err);
    for (size_t i = 0; g->counts.n_asked && i < COUNT_OF(notes) && !rc; i++)
        rc = vault_set_note(w->run->vault, "hierarchy", notes[i].key, (int64_t)notes[i].value, err);
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
            if (!rc && w->identity.grows)
                rc = vault_put_identity(w->run->vault,
                                        l ? w->first_id[l] + (int64_t)i : w->kept.id[i],
                                        w->identity.ids[l][i], err);
            arena_rewind(&w->run->scratch, start);
        }
    if (!rc)
        rc = put_notes(w, err);
    if (!rc)
        rc = vault_commit(w->run->vault, err);
    if (rc)
        vault_rollback(w->run->vault);
    return rc;
}

// Names the parents of a tree by linkage from the base up, where a model writes titles.
static int rename_all(struct work *w, struct err *err)
{
    struct renamed renamed = { .counts = &w->grown.counts };
    int rc = run_open_llm(w->run, err);
    for (size_t l = 1; l < w->tree.n_levels && !rc; l++)
        rc = rename_level(&w->text, &w->tree, l, NULL, &renamed, err);
    w->grown.n_by_phrases += renamed.n_by_phrases;
    return rc;
}

static int build_by_linkage(struct work *w, size_t n_top, struct err *err)
{
    double *weights = arena_array(&w->run->scratch, w->kept.n + 1, sizeof *weights);
    for (size_t i = 0; i < w->kept.n; i++)
        weights[i] = (double)w->kept.n_conversations[i];
    int rc = tree_build(&w->kept.centroids, weights, n_top, &w->run->scratch, &w->tree, err);
    if (!rc)
        rc = stop_check(err);
    for (size_t l = w->tree.n_levels; l-- > 1 && !rc;) // the widest first: it has most to say
        rc = parent_text_level(&w->text, &w->tree, l, err);
    if (!rc && w->tree.n_levels > 1 && run_titles(w->run) == RUN_TITLES_MODEL)
        rc = rename_all(w, err);
    return rc;
}

// A run that grows keeps its tree; its parents have their titles (privacy/audit_stage.c).
static int build_as_before(struct work *w, struct err *err)
{
    int rc = identity_tree(&w->identity, &w->run->scratch, &w->tree, err);
    for (size_t l = w->tree.n_levels; l-- > 1 && !rc;)
        rc = parent_text_level(&w->text, &w->tree, l, err);
    return rc;
}

static int build(struct work *w, struct err *err)
{
    if (w->identity.is_frozen)
        return build_as_before(w, err);
    size_t n_top = (size_t)config_whole(w->run->config, "top-level");
    bool by_model = run_by_model(w->run, "tree");
    int rc = by_model ? grow_tree(&w->text, n_top, &w->tree, &w->grown, err) : 0;
    if (!rc && w->grown.failed)
        log_note("hierarchy: the model gave no two parents for the clusters; the tree is by "
                 "linkage instead");
    if (!rc && w->grown.n_by_linkage)
        log_note("hierarchy: the model gave no two parents for the clusters of level %zu; above it "
                 "the tree is by linkage",
                 w->tree.n_levels - 1 - w->grown.n_by_linkage);
    return rc || (by_model && !w->grown.failed) ? rc : build_by_linkage(w, n_top, err);
}

static int number_nodes(struct work *w, struct err *err)
{
    int64_t last = 0;
    int rc = vault_find_last_cluster(w->run->vault, &last, err);
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
    run->record.n_prompt_tokens = run->record.n_reply_tokens = 0; // the whole stage is done anew
    run_keep_for(run, RUN_VERDICTS);
    int rc = vault_read_kept(run->vault, &run->scratch, &w.kept, err);
    if (!rc)
        rc = identity_open(&w.identity, run, &w.kept, err);
    if (!rc)
        rc = parent_text_open(&w.text, run, &w.kept, err);
    run_progress(run, 1, 3);
    if (!rc)
        rc = build(&w, err);
    if (!rc)
        parent_text_fit(&w.text, &w.tree);
    run_progress(run, 2, 3);
    if (!rc)
        rc = number_nodes(&w, err);
    if (!rc && w.identity.grows)
        rc = identity_number(&w.identity, run, &w.tree, err);
    if (!rc)
        rc = put_all(&w, err);
    run_progress(run, 3, 3);
    run->record.n_prompt_tokens += w.grown.counts.n_prompt_tokens;
    run->record.n_reply_tokens += w.grown.counts.n_reply_tokens;
    run->record.n_in = (int64_t)w.kept.n;
    run->record.n_out = 0;
    for (size_t l = 0; l < w.tree.n_levels && !rc; l++) {
        run->record.n_out += (int64_t)w.tree.size[l];
        log_detail("hierarchy: level %zu has %zu clusters", l, w.tree.size[l]);
    }
    parent_text_close(&w.text);
    arena_rewind(&run->scratch, start);
    return rc;
}

static int has_left(struct run *run, bool *yes, struct err *err)
{
    return unanswered_is_open(run, "hierarchy", yes, err);
}

const struct stage hierarchy_stage = {
    .name = "hierarchy",
    .summary = "builds the tree of clusters and names its parents",
    .reads = "conversation facet_value subject kept_cluster placed phrase description",
    .writes = "identity node node_phrase node_word",
    .settings =
        "privacy top-level profile titles tree model embedder cluster-facet seed "
        "min-accounts min-conversations prompt:propose prompt:dedupe prompt:assign prompt:rename "
        "rule:capitals rule:pairs rule:small_ai",
    .run = run_hierarchy,
    .has_left = has_left,
    .is_off = run_is_dp,
    .each_tree = true,
};
