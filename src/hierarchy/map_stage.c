// SPDX-License-Identifier: Apache-2.0
// Lays the tree out on a map (docs/vec.md): base clusters by UMAP over their
// centroids, pushed apart so that circles sized by share do not cover each other, parents at the
// mean of their children, and a density grid made of nothing but those places and counts. So no
// cell can tell more than the published counts do: every circle that adds to one meets both floors,
// and one that does not adds nothing. In a run that grows the map does not move: clusters that were
// released keep their place, new ones lie beside those they are nearest to in meaning. Only when
// the clusters are found again are those that grew into each other pushed apart. All is written in
// one transaction.
#include "base/stop.h"
#include "hierarchy/map_place.h"
#include "run/stage.h"
#include "store/vault_cluster.h"
#include "store/vault_map.h"
#include "store/vault_past.h"
#include "vec/umap.h"

struct work {
    struct run *run;
    struct kept_clusters kept;
    struct map_node *nodes; // base first
    size_t n_nodes, n_base;
    struct map_circle *circles; // of each node
    double *cells;
    struct map_place *past; // of nodes that were released before
    size_t n_past;
    bool *fixed;              // of each node: it has that place
    struct map_place *places; // of each node that is fixed
};

static int check_base(struct work *w, struct err *err)
{
    while (w->n_base < w->n_nodes && w->nodes[w->n_base].level == 0)
        w->n_base++;
    bool same = w->n_base == w->kept.n;
    for (size_t i = 0; i < w->n_base && same; i++)
        same = w->nodes[i].id == w->kept.id[i];
    if (!same)
        return err_set(err, ERR_DATA,
                       "the tree and the kept clusters do not belong together; run `clio "
                       "hierarchy` again");
    return 0;
}

// Where the release before had them.
static int read_past(struct work *w, struct err *err)
{
    int rc = vault_read_places(w->run->vault, &w->run->scratch, &w->past, &w->n_past, err);
    w->fixed = arena_zero_array(&w->run->scratch, w->n_nodes + 1, sizeof *w->fixed);
    w->places = arena_zero_array(&w->run->scratch, w->n_nodes + 1, sizeof *w->places);
    for (size_t p = 0; !rc && p < w->n_past; p++)
        for (size_t i = 0; i < w->n_nodes; i++)
            if (w->nodes[i].id == w->past[p].node_id) {
                w->fixed[i] = true;
                w->places[i] = w->past[p];
                w->circles[i].x = i < w->n_base ? w->past[p].x : 0;
                w->circles[i].y = i < w->n_base ? w->past[p].y : 0;
            }
    return rc;
}

static int place_new(struct work *w, struct err *err)
{
    struct vault_batch batch;
    int rc = vault_get_batch(w->run->vault, &w->run->scratch, &batch, err);
    if (rc)
        return rc;
    bool stays = batch.state == BATCH_WORKING && batch.recluster == BATCH_KEEP;
    for (size_t i = 0; i < w->n_base; i++)
        w->circles[i].weight = (double)w->nodes[i].n_conversations;
    map_size_circles(w->circles, w->n_base);
    map_place_new(&w->kept.centroids, w->fixed, !stays, w->circles, w->n_base);
    return 0;
}

static int place_base(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct umap_params params = umap_default_params();
    float *xy = arena_array(a, 2 * w->n_base + 1, sizeof *xy);
    params.seed = (uint64_t)config_whole(w->run->config, "seed");
    if (w->n_base == 0)
        return 0;
    if (map_has_fixed(w->fixed, w->n_base))
        return place_new(w, err);
    int rc = umap_layout(&w->kept.centroids, &params, w->run->pool, a, xy, err);
    for (size_t i = 0; i < w->n_base && !rc; i++)
        w->circles[i] = (struct map_circle){ (double)xy[2 * i], (double)xy[2 * i + 1], 0,
                                             (double)w->nodes[i].n_conversations };
    if (rc)
        return rc;
    map_size_circles(w->circles, w->n_base);
    map_fit(w->circles, w->n_base);
    map_spread(w->circles, w->n_base, a);
    return 0;
}

static size_t find_node(const struct work *w, int64_t id)
{
    for (size_t i = w->n_base; i < w->n_nodes; i++)
        if (w->nodes[i].id == id)
            return i;
    return SIZE_MAX;
}

// Nodes come level by level, so a parent's children are all placed before it is used.
static int place_parents(struct work *w, struct err *err)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct map_circle *c = &w->circles[i];
        if (i >= w->n_base) {
            if (!(c->weight > 0))
                return err_set(err, ERR_DATA,
                               "cluster %lld has no children; run `clio hierarchy` "
                               "again",
                               (long long)w->nodes[i].id);
            c->x = w->fixed[i] ? w->places[i].x : c->x / c->weight;
            c->y = w->fixed[i] ? w->places[i].y : c->y / c->weight;
        }
        if (!w->nodes[i].parent_id)
            continue;
        size_t parent = find_node(w, w->nodes[i].parent_id);
        if (parent == SIZE_MAX || w->nodes[parent].level <= w->nodes[i].level)
            return err_set(err, ERR_DATA, "cluster %lld has no parent; run `clio hierarchy` again",
                           (long long)w->nodes[i].id);
        w->circles[parent].x += c->x * c->weight;
        w->circles[parent].y += c->y * c->weight;
        w->circles[parent].weight += c->weight;
    }
    return 0;
}

static bool meets_floors(const struct work *w, const struct map_node *node, bool has_accounts)
{
    return node->n_conversations >= config_whole(w->run->config, "min-conversations") &&
           (!has_accounts || node->n_accounts >= config_whole(w->run->config, "min-accounts"));
}

static int fill_cells(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct map_circle *counted = arena_array(a, w->n_base + 1, sizeof *counted);
    size_t n = 0;
    bool has_accounts;
    int rc = vault_has_accounts(w->run->vault, &has_accounts, err);
    for (size_t i = 0; i < w->n_base && !rc; i++)
        if (meets_floors(w, &w->nodes[i], has_accounts))
            counted[n++] = w->circles[i];
    w->cells = arena_array(a, MAP_CELLS * MAP_CELLS, sizeof *w->cells);
    map_density(counted, n, w->cells);
    return rc;
}

static int put_all(struct work *w, struct err *err)
{
    struct vault *vault = w->run->vault;
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = vault_clear_map(vault, err);
    for (size_t i = 0; i < w->n_nodes && !rc; i++)
        rc = vault_put_position(vault, w->nodes[i].id, w->circles[i].x, w->circles[i].y, err);
    for (int y = 0; y < MAP_CELLS; y++)
        for (int x = 0; x < MAP_CELLS && !rc; x++)
            if (w->cells[y * MAP_CELLS + x] > 0)
                rc = vault_put_density(vault, x, y, w->cells[y * MAP_CELLS + x], err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

static int run_map(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work w = { .run = run };
    int rc = vault_read_kept(run->vault, &run->scratch, &w.kept, err);
    if (!rc)
        rc = vault_read_map_nodes(run->vault, &run->scratch, &w.nodes, &w.n_nodes, err);
    if (!rc)
        rc = check_base(&w, err);
    if (!rc) {
        w.circles = arena_zero_array(&run->scratch, w.n_nodes + 1, sizeof *w.circles);
        rc = read_past(&w, err);
    }
    if (!rc)
        rc = place_base(&w, err);
    run_progress(run, 1, 2);
    if (!rc)
        rc = place_parents(&w, err);
    if (!rc)
        rc = fill_cells(&w, err);
    if (!rc)
        rc = stop_check(err);
    if (!rc)
        rc = put_all(&w, err);
    run_progress(run, 2, 2);
    run->record.n_in = (int64_t)w.kept.n;
    run->record.n_out = rc ? 0 : (int64_t)w.n_nodes;
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage map_stage = {
    .name = "map",
    .summary = "places the clusters on a map and draws where conversations are many",
    .reads = "conversation kept_cluster node identity",
    .writes = "position density",
    .settings = "seed min-accounts min-conversations rule:seven_pushed rule:near_in_int8",
    .run = run_map,
    .is_off = run_is_dp,
    .each_tree = true,
};
