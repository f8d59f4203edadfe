// SPDX-License-Identifier: Apache-2.0
// Counts of facet values a node of the tree, and which of them may be shown. A cell is shown when
// it meets both floors. Where counts are exact further cells are hidden until nothing that is
// hidden could be had by subtraction from the node's total, from the parent, or from the children.
// In the mode guarded every cell carries noise of its own, drawn once; what is shown is that
// number, and parts never exceed their whole. A rest is then as noisy as what it is taken from, and
// nothing more is hidden: a large cell that went for the sake of a small one would tell that there
// is somebody in the small one. Pure.
#ifndef PRIVACY_CELLS_H
#define PRIVACY_CELLS_H

#include "base/arena.h"
#include "base/noise.h"
#include "base/pool.h"

struct cell {
    int64_t n_conversations, n_accounts; // accounts: distinct
    bool shown;
    int64_t n_shown; // conversations as they are shown
    uint64_t people; // who the accounts are (noise_person)
};
// Node 0 is the corpus (what is in clusters), its children are the top level. A parent has a lower
// number than its children. A value that nobody has takes no room: of 180 languages few occur.
struct cells {
    size_t n_nodes, n_values, n_columns;
    const size_t *parent; // of each node; parent[0] is not used
    const size_t *value;  // of each column, rising
    const size_t *column; // of each value; CELLS_NONE: it has no cells
    struct cell *items;   // n_nodes × n_columns
    const size_t *first_child, *next_sibling; // 0: none
    int64_t *last_account;                    // that was added to each item
    const struct count_noise *noise;          // NULL or off: counts are exact
};
#define CELLS_NONE SIZE_MAX
struct cell_floors {
    int64_t min_accounts, min_conversations;
    bool has_accounts;
};

// Of a value that has cells.
static inline struct cell *cells_at(const struct cells *cells, size_t node, size_t value)
{
    assert(node < cells->n_nodes && value < cells->n_values);
    assert(cells->column[value] != CELLS_NONE);
    return &cells->items[node * cells->n_columns + cells->column[value]];
}
static inline bool cells_show(const struct cells *cells, size_t node, size_t value)
{
    return cells->column[value] != CELLS_NONE && cells_at(cells, node, value)->shown;
}
// has[value]: whether anybody has the value; NULL: each has its cells.
void cells_make(struct cells *cells, size_t n_nodes, size_t n_values, const bool *has,
                const size_t *parent, struct arena *a);
// One conversation of the account (1, 2, 3 … as noise_person wants them; 0: of none) in one node.
// They come account by account, from the lowest: so each is counted once in a cell.
void cells_add(struct cells *cells, size_t node, size_t value, int64_t account);
bool cell_holds(int64_t n_conversations, int64_t n_accounts, const struct cell_floors *floors);
// Draws the noise of all cells under `name` and hides what is under a floor with it, and what its
// parent does not show. Noise NULL or off: nothing is drawn, and what could be had by subtraction
// is hidden, too. The same for any number of threads; pool NULL: the calling one.
void cells_protect(struct cells *cells, const struct cell_floors *floors,
                   const struct count_noise *noise, struct str name, struct pool *pool);
// Makes shown cells fit: in every node their sum is at most limit[node] (those of the children must
// not exceed the parent's), and no parent shows less of a value than its children together. What
// sinks under the floor by it is hidden. Does nothing where counts are exact.
void cells_fit(struct cells *cells, const int64_t *limit, const struct cell_floors *floors);
// Scales what n parts show down to a whole; nothing where they fit.
void cells_scale(int64_t *parts, size_t n, int64_t whole);
int64_t cells_total(const struct cells *cells, size_t node); // conversations, shown or not

#endif
