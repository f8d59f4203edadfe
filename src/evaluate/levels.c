// SPDX-License-Identifier: Apache-2.0
// Compares a run with known labels, level by level.
#include "base/json.h"
#include "evaluate/agreement.h"
#include "evaluate/truth.h"
#include "store/vault_assignment.h"

struct tree {
    const struct vault_assignment *list;
    size_t n;
    const struct vault_tree_node *nodes;
    size_t n_nodes;
    int n_levels;
};

static int put_level(struct buf *out, bool json, int level, struct str label,
                     const struct agreement *m, struct err *err)
{
    if (!json)
        return buf_printf(out, err, "%5d  %-16.*s %13zu %9zu %7zu %7.4f %7.4f %7.4f\n", level,
                          STR_ARG(label), m->n, m->n_clusters, m->n_labels, m->nmi, m->ari,
                          m->purity);
    int rc = buf_printf(out, err, "{\"level\":%d,\"label\":", level);
    if (!rc)
        rc = json_put_str(out, label, err);
    return rc ? rc
              : buf_printf(out, err,
                           ",\"n\":%zu,\"n_clusters\":%zu,\"n_labels\":%zu,"
                           "\"nmi\":%.6f,\"ari\":%.6f,\"purity\":%.6f}",
                           m->n, m->n_clusters, m->n_labels, m->nmi, m->ari, m->purity);
}

// The cluster at `level`, or the highest one below it, that holds base cluster `id`.
static int64_t climb(const struct tree *tree, int64_t id, int level)
{
    while (id > 0 && (size_t)id <= tree->n_nodes) {
        int64_t above = tree->nodes[id - 1].parent_id;
        if (!above || tree->nodes[above - 1].level > level)
            break;
        id = above;
    }
    return id;
}

// Pairs of label and cluster for every labelled conversation at one level.
static void measure(const struct truth *truth, const struct tree *tree, int level, size_t column,
                    struct arena *a, struct agreement *out)
{
    struct arena_mark start = arena_save(a);
    uint32_t *cluster = arena_array(a, tree->n + 1, sizeof *cluster);
    uint32_t *label = arena_array(a, tree->n + 1, sizeof *label);
    size_t n_pairs = 0;
    for (size_t i = 0; i < tree->n; i++) {
        size_t found = map_find(&truth->ids, tree->list[i].conversation_id);
        if (found == SIZE_MAX)
            continue;
        cluster[n_pairs] = (uint32_t)climb(tree, tree->list[i].base_id, level);
        label[n_pairs++] = truth->of[column][found];
    }
    agreement_measure(cluster, label, n_pairs, a, out);
    arena_rewind(a, start);
}

static int put_all(const struct truth *truth, const struct tree *tree, bool json, struct arena *a,
                   struct buf *out, struct err *err)
{
    const char *head = "level  label            conversations  clusters  labels     nmi     ari  "
                       "purity\n";
    int rc = buf_add(out, json ? STR_LIT("{\"levels\":[") : str_of(head), err);
    for (int level = 0; level < tree->n_levels; level++)
        for (size_t c = 0; !rc && c < truth->n_columns; c++) {
            struct agreement m;
            measure(truth, tree, level, c, a, &m);
            if (json && (level || c))
                rc = buf_add_char(out, ',', err);
            if (!rc)
                rc = put_level(out, json, level, truth->names[c], &m, err);
        }
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}

static int read_tree(struct run *run, struct tree *tree, struct err *err)
{
    struct vault_assignment *list;
    struct vault_tree_node *nodes;
    int rc = vault_read_assignments(run->vault, &run->scratch, &list, &tree->n, err);
    if (!rc)
        rc = vault_read_tree(run->vault, &run->scratch, &nodes, &tree->n_nodes, err);
    if (rc)
        return rc;
    tree->list = list;
    tree->nodes = nodes;
    tree->n_levels = 1;
    for (size_t i = 0; i < tree->n_nodes; i++)
        if (nodes[i].level >= tree->n_levels)
            tree->n_levels = nodes[i].level + 1;
    return 0;
}

int evaluate_agreement(struct run *run, const char *path, bool json, struct buf *out,
                       struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct truth truth = { 0 };
    struct tree tree = { 0 };
    int rc = truth_read(&truth, path, &run->scratch, err);
    if (!rc)
        rc = read_tree(run, &tree, err);
    if (!rc)
        rc = put_all(&truth, &tree, json, &run->scratch, out, err);
    truth_release(&truth);
    arena_rewind(&run->scratch, start);
    return rc;
}
