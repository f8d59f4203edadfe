// SPDX-License-Identifier: Apache-2.0
// Which clusters of the same level lie nearest in meaning: cosine of the mean vectors. Only the
// order is published, no number. Every cluster here has met the floors. They are looked for by
// threads of their own, while the tree is counted and its clusters are written.
#include "privacy/publish.h"
#include "store/vault_cluster.h"
#include "vec/nearest.h"

#define N_NEAR 5

struct near_level {
    size_t *node; // its clusters, places in the order of the atlas
    size_t n;
    struct nearest near; // n 0: fewer than two
};
struct near_search {
    struct arena arena;   // the searching thread's, once it works
    struct loner *thread; // NULL: one thread does all
    struct pool *pool;
    struct matrix x; // mean vectors of all nodes; no rows where the vault does not hold them all
    struct near_level *levels;
    size_t n_levels;
    struct err err;
};

// Mean vectors of all nodes, in the order of the atlas: of the base as kept, of a parent the mean
// over its conversations.
static int mean_vectors(struct publish *p, struct near_search *s, struct err *err)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    struct kept_clusters kept;
    struct matrix *x = &s->x;
    int rc = vault_read_kept(p->run->vault, &p->run->scratch, &kept, err);
    size_t d = rc || !kept.n ? 0 : kept.centroids.n_cols;
    if (d)
        rc = matrix_make(x, p->n_nodes, d, &s->arena, "the vectors of the tree", err);
    for (size_t i = 0; !rc && i < x->n_rows; i++)
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
    if (!rc && d && matrix_normalize(x) != 0)
        x->n_rows = 0;
    arena_rewind(&p->run->scratch, start);
    return rc;
}

static void list_levels(const struct publish *p, struct near_search *s)
{
    for (size_t i = 0; i < p->n_nodes; i++)
        s->n_levels = size_max(s->n_levels, (size_t)p->nodes[i].level + 1);
    s->levels = arena_zero_array(&s->arena, s->n_levels + 1, sizeof *s->levels);
    for (size_t l = 0; l < s->n_levels; l++) {
        struct near_level *level = &s->levels[l];
        level->node = arena_array(&s->arena, p->n_nodes + 1, sizeof *level->node);
        for (size_t i = 0; i < p->n_nodes; i++)
            if ((size_t)p->nodes[i].level == l)
                level->node[level->n++] = i;
    }
}

static int search_level(struct near_search *s, struct near_level *level)
{
    struct matrix part;
    size_t n = level->n, d = s->x.n_cols;
    if (n < 2)
        return 0;
    int rc = matrix_make(&part, n, d, &s->arena, "the vectors of a level", &s->err);
    for (size_t i = 0; !rc && i < n; i++)
        memcpy(matrix_row(&part, i), matrix_row(&s->x, level->node[i]), d * sizeof(float));
    return rc ? rc
              : nearest_search(&part, size_min(N_NEAR, n - 1), s->pool, &s->arena, &level->near,
                               &s->err);
}

static void search(void *context)
{
    struct near_search *s = context;
    int rc = 0;
    for (size_t l = 0; !rc && s->x.n_rows && l < s->n_levels; l++)
        rc = search_level(s, &s->levels[l]);
}

// One thread less than there are, as the calling one has its own work.
int publish_near_start(struct publish *p, struct err *err)
{
    struct near_search *s = arena_zero(&p->run->scratch, sizeof *s);
    size_t n_threads = pool_threads(p->run->pool);
    p->near = s;
    int rc = mean_vectors(p, s, err);
    if (!rc)
        list_levels(p, s);
    if (!rc && n_threads > 1)
        rc = pool_open(&s->pool, n_threads - 1, err);
    if (!rc && n_threads > 1)
        rc = loner_open(&s->thread, err);
    if (!rc && s->thread)
        loner_start(s->thread, search, s);
    return rc;
}

void publish_near_close(struct publish *p)
{
    if (!p->near)
        return;
    loner_close(p->near->thread);
    pool_close(p->near->pool);
    arena_release(&p->near->arena);
    p->near = NULL;
}

static int write_level(struct publish *p, const struct near_level *level, struct atlas_writer *w,
                       struct err *err)
{
    const struct nearest *near = &level->near;
    int rc = 0;
    for (size_t i = 0; !rc && i < near->n; i++)
        for (size_t j = 0; !rc && j < near->k; j++)
            rc = atlas_add_near(w, publish_id(p, level->node[i] + 1), (int)j + 1,
                                publish_id(p, level->node[near->index[i * near->k + j]] + 1), err);
    return rc;
}

int publish_near(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct near_search *s = p->near;
    if (s->thread)
        loner_wait(s->thread);
    else
        search(s);
    if (s->err.code) {
        *err = s->err;
        return (int)err->code;
    }
    int rc = 0;
    for (size_t l = 0; !rc && l < s->n_levels; l++)
        rc = write_level(p, &s->levels[l], w, err);
    return rc;
}
