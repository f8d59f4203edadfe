// SPDX-License-Identifier: Apache-2.0
// Compares a run with known labels, level by level.
#include "base/json.h"
#include "evaluate/agreement.h"
#include "evaluate/placement.h"
#include "evaluate/truth.h"

static int put_level(struct buf *out, bool json, int level, struct str label,
                     const struct agreement *m, struct err *err)
{
    if (!json)
        return buf_printf(out, err, "%5d  %-16.*s %13zu %9zu %7zu %7.4f %7.4f %7.4f %7.4f %8.4f\n",
                          level, STR_ARG(label), m->n, m->n_clusters, m->n_labels, m->nmi, m->ari,
                          m->purity, m->split, m->outside);
    int rc = buf_printf(out, err, "{\"level\":%d,\"label\":", level);
    if (!rc)
        rc = json_put_str(out, label, err);
    return rc ? rc
              : buf_printf(out, err,
                           ",\"n\":%zu,\"n_clusters\":%zu,\"n_labels\":%zu,"
                           "\"nmi\":%.6f,\"ari\":%.6f,\"purity\":%.6f,\"split\":%.6f,"
                           "\"outside\":%.6f}",
                           m->n, m->n_clusters, m->n_labels, m->nmi, m->ari, m->purity, m->split,
                           m->outside);
}

// Pairs of label and cluster for every labelled conversation at one level.
static void measure(const struct truth *truth, const struct placement *tree, int level,
                    size_t column, struct arena *a, struct agreement *out)
{
    struct arena_mark start = arena_save(a);
    uint32_t *cluster = arena_array(a, tree->n + 1, sizeof *cluster);
    uint32_t *label = arena_array(a, tree->n + 1, sizeof *label);
    size_t n_pairs = 0;
    for (size_t i = 0; i < tree->n; i++) {
        size_t found = map_find(&truth->ids, tree->list[i].conversation_id);
        if (found == SIZE_MAX)
            continue;
        cluster[n_pairs] = (uint32_t)placement_climb(tree, tree->list[i].base_id, level);
        label[n_pairs++] = truth->of[column][found];
    }
    agreement_measure(cluster, label, n_pairs, a, out);
    arena_rewind(a, start);
}

int levels_put(const struct truth *truth, const struct placement *tree, bool json,
               struct arena *scratch, struct buf *out, struct err *err)
{
    const char *head = "level  label            conversations  clusters  labels     nmi     ari  "
                       "purity   split  outside\n";
    int rc = buf_add(out, json ? STR_LIT("\"levels\":[") : str_of(head), err);
    for (int level = 0; level < tree->n_levels; level++)
        for (size_t c = 0; !rc && c < truth->n_columns; c++) {
            struct agreement m;
            measure(truth, tree, level, c, scratch, &m);
            if (json && (level || c))
                rc = buf_add_char(out, ',', err);
            if (!rc)
                rc = put_level(out, json, level, truth->names[c], &m, err);
        }
    return rc || !json ? rc : buf_add_char(out, ']', err);
}

static bool has_any(const struct truth *truth, const struct placement *tree)
{
    for (size_t i = 0; i < tree->n; i++)
        if (map_find(&truth->ids, tree->list[i].conversation_id) != SIZE_MAX)
            return true;
    return false;
}

int evaluate_agreement(struct run *run, const char *path, bool json, struct buf *out,
                       struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct truth truth = { 0 };
    struct placement tree = { 0 };
    int rc = truth_read(&truth, path, &run->scratch, err);
    if (!rc)
        rc = placement_read(run, &run->scratch, &tree, err);
    if (!rc && !has_any(&truth, &tree))
        rc = err_set(err, ERR_DATA, "no conversation of %s that is in a cluster has a label in %s",
                     run->dir, path);
    if (!rc && json)
        rc = buf_add_char(out, '{', err);
    if (!rc)
        rc = levels_put(&truth, &tree, json, &run->scratch, out, err);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("}\n"), err);
    truth_release(&truth);
    arena_rewind(&run->scratch, start);
    return rc;
}
