// SPDX-License-Identifier: Apache-2.0
// Which clusters of the same level lie nearest in meaning: cosine of the mean vectors. Only the
// order is published, no number. Every cluster here has met the floors.
#include "privacy/publish.h"
#include "store/vault_cluster.h"
#include "vec/nearest.h"

#define N_NEAR 5

// Mean vectors of all nodes, in the order of the atlas: of the base as kept, of a parent the mean
// over its conversations. *found is false when the vault does not hold them all.
static int mean_vectors(struct publish *p, struct matrix *x, bool *found, struct err *err)
{
    struct arena *a = &p->run->scratch;
    struct kept_clusters kept;
    int rc = vault_read_kept(p->run->vault, a, &kept, err);
    *found = !rc && kept.n > 0;
    if (!*found)
        return rc;
    size_t d = kept.centroids.n_cols;
    rc = matrix_make(x, p->n_nodes, d, a, "the vectors of the tree", err);
    for (size_t i = 0; !rc && i < p->n_nodes; i++)
        memset(matrix_row(x, i), 0, d * sizeof(float));
    for (size_t k = 0; !rc && k < kept.n; k++) {
        size_t node = publish_find_node(p, kept.id[k]);
        if (node == SIZE_MAX || node > p->n_nodes)
            continue;
        float weight = (float)kept.n_conversations[k];
        for (; node; node = p->parent[node])
            for (size_t j = 0; j < d; j++)
                matrix_row(x, node - 1)[j] += weight * matrix_row(&kept.centroids, k)[j];
    }
    if (!rc)
        *found = matrix_normalize(x) == 0;
    return rc;
}

static int write_level(struct publish *p, const struct matrix *x, int level, struct atlas_writer *w,
                       struct err *err)
{
    struct arena *a = &p->run->scratch;
    struct arena_mark start = arena_save(a);
    size_t *node = arena_array(a, p->n_nodes + 1, sizeof *node), n = 0;
    struct nearest near = { 0 };
    struct matrix part;
    for (size_t i = 0; i < p->n_nodes; i++)
        if (p->nodes[i].level == level)
            node[n++] = i;
    int rc = n > 1 ? matrix_make(&part, n, x->n_cols, a, "the vectors of a level", err) : 0;
    for (size_t i = 0; !rc && n > 1 && i < n; i++)
        memcpy(matrix_row(&part, i), matrix_row(x, node[i]), x->n_cols * sizeof(float));
    if (!rc && n > 1)
        rc = nearest_search(&part, size_min(N_NEAR, n - 1), p->run->pool, a, &near, err);
    for (size_t i = 0; !rc && i < near.n; i++)
        for (size_t j = 0; !rc && j < near.k; j++)
            rc = atlas_add_near(w, publish_id(p, node[i] + 1), (int)j + 1,
                                publish_id(p, node[near.index[i * near.k + j]] + 1), err);
    arena_rewind(a, start);
    return rc;
}

int publish_near(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    struct matrix x;
    bool found;
    int top = 0;
    int rc = mean_vectors(p, &x, &found, err);
    for (size_t i = 0; i < p->n_nodes; i++)
        top = p->nodes[i].level > top ? p->nodes[i].level : top;
    for (int level = 0; !rc && found && level <= top; level++)
        rc = write_level(p, &x, level, w, err);
    arena_rewind(&p->run->scratch, start);
    return rc;
}
