// SPDX-License-Identifier: Apache-2.0
#include "evaluate/placement.h"

int64_t placement_climb(const struct placement *p, int64_t id, int level)
{
    while (id > 0 && (size_t)id <= p->n_nodes) {
        int64_t above = p->nodes[id - 1].parent_id;
        if (!above || p->nodes[above - 1].level > level)
            break;
        id = above;
    }
    return id;
}

bool placement_is_apart(const struct placement *p, int64_t id)
{
    int64_t top = placement_climb(p, id, p->n_levels);
    return top > 0 && (size_t)top <= p->n_nodes && p->nodes[top - 1].level < p->n_levels - 1;
}

int placement_read(struct run *run, struct arena *a, struct placement *out, struct err *err)
{
    struct vault_assignment *list = NULL;
    struct vault_tree_node *nodes = NULL;
    *out = (struct placement){ .n_levels = 1 };
    int rc = vault_read_assignments(run->vault, a, &list, &out->n, err);
    if (!rc)
        rc = vault_read_tree(run->vault, a, &nodes, &out->n_nodes, err);
    if (rc)
        return rc;
    out->list = list;
    out->nodes = nodes;
    for (size_t i = 0; i < out->n_nodes; i++)
        if (nodes[i].level >= out->n_levels)
            out->n_levels = nodes[i].level + 1;
    return 0;
}
