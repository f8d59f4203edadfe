// SPDX-License-Identifier: Apache-2.0
#include "privacy/cells.h"

#define TASK_NODES ((size_t)256)

// Cell of a column.
static struct cell *cell_of(const struct cells *cells, size_t node, size_t column)
{
    return &cells->items[node * cells->n_columns + column];
}

static void make_columns(struct cells *cells, const bool *has, struct arena *a)
{
    size_t *value = arena_array(a, cells->n_values + 1, sizeof *value);
    size_t *column = arena_array(a, cells->n_values + 1, sizeof *column);
    for (size_t v = 0; v < cells->n_values; v++) {
        column[v] = CELLS_NONE;
        if (has && !has[v])
            continue;
        column[v] = cells->n_columns;
        value[cells->n_columns++] = v;
    }
    cells->value = value;
    cells->column = column;
}

void cells_make(struct cells *cells, size_t n_nodes, size_t n_values, const bool *has,
                const size_t *parent, struct arena *a)
{
    size_t *first = arena_zero_array(a, n_nodes + 1, sizeof *first);
    size_t *next = arena_zero_array(a, n_nodes + 1, sizeof *next);
    for (size_t i = n_nodes; i-- > 1;) {
        next[i] = first[parent[i]];
        first[parent[i]] = i;
    }
    *cells = (struct cells){ .n_nodes = n_nodes,
                             .n_values = n_values,
                             .parent = parent,
                             .first_child = first,
                             .next_sibling = next };
    make_columns(cells, has, a);
    size_t n = n_nodes * cells->n_columns;
    cells->items = arena_zero_array(a, n + 1, sizeof *cells->items);
    cells->last_account = arena_zero_array(a, n + 1, sizeof *cells->last_account);
}

void cells_add(struct cells *cells, size_t node, size_t value, int64_t account)
{
    struct cell *cell = cells_at(cells, node, value);
    int64_t *last = &cells->last_account[cell - cells->items];
    assert(account >= *last);
    cell->n_conversations++;
    if (account == *last) // or of none
        return;
    *last = account;
    cell->n_accounts++;
    cell->people += noise_person((uint64_t)account);
}

bool cell_holds(int64_t n_conversations, int64_t n_accounts, const struct cell_floors *floors)
{
    return n_conversations >= floors->min_conversations &&
           (!floors->has_accounts || n_accounts >= floors->min_accounts);
}

int64_t cells_total(const struct cells *cells, size_t node)
{
    int64_t total = 0;
    for (size_t column = 0; column < cells->n_columns; column++)
        total += cell_of(cells, node, column)->n_conversations;
    return total;
}

// What hidden cells of a node hold together. The accounts behind them are at least those behind
// the largest one.
static bool is_rest_safe(const struct cells *cells, size_t node, const struct cell_floors *floors)
{
    int64_t n = 0, n_accounts = 0;
    for (size_t column = 0; column < cells->n_columns; column++) {
        const struct cell *cell = cell_of(cells, node, column);
        if (cell->shown)
            continue;
        n += cell->n_conversations;
        n_accounts = cell->n_accounts > n_accounts ? cell->n_accounts : n_accounts;
    }
    return n == 0 || cell_holds(n, n_accounts, floors);
}

static void hide_smallest(struct cells *cells, size_t node)
{
    struct cell *smallest = NULL;
    for (size_t column = 0; column < cells->n_columns; column++) {
        struct cell *cell = cell_of(cells, node, column);
        if (cell->shown && (!smallest || cell->n_conversations < smallest->n_conversations))
            smallest = cell;
    }
    if (smallest)
        smallest->shown = false;
}

static bool has_noise(const struct cells *cells)
{
    return cells->noise && cells->noise->is_on;
}

// With noise: both counts as they are, the accounts with noise as well (noise_meets_floor), and
// the number that would be shown.
static bool meets_floors(const struct cells *cells, const struct cell *cell,
                         const struct cell_floors *floors)
{
    if (!cell_holds(cell->n_conversations, cell->n_accounts, floors))
        return false;
    if (!has_noise(cells))
        return true;
    return cell->n_shown >= floors->min_conversations &&
           (!floors->has_accounts || noise_meets_floor(&cells->noise->people, cell->people,
                                                       cell->n_accounts, floors->min_accounts));
}

static void protect_node(struct cells *cells, size_t node, const struct cell_floors *floors)
{
    size_t n_shown = 0;
    for (size_t column = 0; column < cells->n_columns; column++) {
        struct cell *cell = cell_of(cells, node, column);
        cell->shown = meets_floors(cells, cell, floors);
        n_shown += cell->shown;
    }
    for (; !has_noise(cells) && n_shown > 0 && !is_rest_safe(cells, node, floors); n_shown--)
        hide_smallest(cells, node);
}

// What those that do not show a value hold of it together, when the parent shows it.
static bool is_value_safe(const struct cells *cells, size_t node, size_t column,
                          const struct cell_floors *floors)
{
    int64_t rest = cell_of(cells, node, column)->n_conversations, n_accounts = 0;
    for (size_t c = cells->first_child[node]; c; c = cells->next_sibling[c]) {
        const struct cell *cell = cell_of(cells, c, column);
        if (cell->shown)
            rest -= cell->n_conversations;
        else if (cell->n_accounts > n_accounts)
            n_accounts = cell->n_accounts;
    }
    return rest == 0 || cell_holds(rest, n_accounts, floors);
}

static struct cell *smallest_child(struct cells *cells, size_t node, size_t column)
{
    struct cell *smallest = NULL;
    for (size_t c = cells->first_child[node]; c; c = cells->next_sibling[c]) {
        struct cell *cell = cell_of(cells, c, column);
        if (cell->shown && (!smallest || cell->n_conversations < smallest->n_conversations))
            smallest = cell;
    }
    return smallest;
}

// A value is hidden in all of them when the parent does not show it; where counts are exact also in
// the smallest ones, as long as the parent less those that show it would be under a floor. What is
// hidden so held both floors, so a node's own rest stays as safe as it was.
static void protect_children(struct cells *cells, size_t node, size_t column,
                             const struct cell_floors *floors)
{
    struct cell *cell;
    while (!(cell_of(cells, node, column)->shown &&
             (has_noise(cells) || is_value_safe(cells, node, column, floors))) &&
           (cell = smallest_child(cells, node, column)))
        cell->shown = false;
}

// The number of a cell among those of all values, whether anybody has them or not.
static size_t number_of(const struct cells *cells, size_t node, size_t column)
{
    return node * cells->n_values + cells->value[column];
}

// The key is made of the counts that may be shown, as pairs, those of a node in a piece; a cell
// under a floor is as good as none there, too.
static struct count_noise own_noise(const struct cells *cells, const struct cell_floors *floors,
                                    const struct count_noise *noise, struct str name)
{
    struct arena a = { 0 };
    struct noise_set set;
    size_t size = 2 * cells->n_values * sizeof(int64_t);
    int64_t *pairs = arena_zero_array(&a, cells->n_values + 1, 2 * sizeof *pairs);
    noise_set_init(&set, noise, name);
    for (size_t node = 0; node < cells->n_nodes; node++) {
        for (size_t column = 0; column < cells->n_columns; column++) {
            const struct cell *cell = cell_of(cells, node, column);
            int64_t *pair = pairs + 2 * cells->value[column];
            bool holds = cell_holds(cell->n_conversations, cell->n_accounts, floors);
            pair[0] = holds ? cell->n_conversations : 0;
            pair[1] = holds ? cell->n_accounts : 0;
        }
        noise_set_add(&set, pairs, size);
    }
    arena_release(&a);
    return noise_set_end(&set);
}

static void draw_node(struct cells *cells, size_t node, const struct cell_floors *floors)
{
    const struct count_noise *own = cells->noise;
    for (size_t column = 0; column < cells->n_columns; column++) {
        struct cell *cell = cell_of(cells, node, column);
        uint64_t number = 2 * number_of(cells, node, column);
        if (cell_holds(cell->n_conversations, cell->n_accounts, floors))
            cell->n_shown = noise_count(own, own->conversations, number, cell->n_conversations, 0);
    }
}

struct protect {
    struct cells *cells;
    const struct cell_floors *floors;
};

static void protect_task(void *context, size_t i_task, size_t i_thread)
{
    const struct protect *p = context;
    size_t end = size_min((i_task + 1) * TASK_NODES, p->cells->n_nodes);
    (void)i_thread;
    for (size_t node = i_task * TASK_NODES; node < end; node++) {
        draw_node(p->cells, node, p->floors);
        protect_node(p->cells, node, p->floors);
    }
}

void cells_protect(struct cells *cells, const struct cell_floors *floors,
                   const struct count_noise *noise, struct str name, struct pool *pool)
{
    struct count_noise own = { 0 };
    struct protect p = { cells, floors };
    if (noise && noise->is_on)
        own = own_noise(cells, floors, noise, name);
    cells->noise = &own;
    pool_run(pool, size_round_up(cells->n_nodes, TASK_NODES) / TASK_NODES, protect_task, &p);
    for (size_t node = 0; node < cells->n_nodes; node++)
        for (size_t column = 0; column < cells->n_columns; column++)
            protect_children(cells, node, column, floors);
    cells->noise = noise;
}

void cells_scale(int64_t *parts, size_t n, int64_t whole)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += parts[i];
    for (size_t i = 0; sum > whole && i < n; i++)
        parts[i] = (int64_t)((double)parts[i] * (double)whole / (double)sum);
}

// What a node's shown children show of each value, and what the node shows beyond that.
static void fit_node(struct cells *cells, size_t node, int64_t limit, int64_t *below,
                     int64_t *beyond)
{
    int64_t room = limit;
    for (size_t column = 0; column < cells->n_columns; column++) {
        const struct cell *cell = cell_of(cells, node, column);
        below[column] = 0;
        for (size_t c = cells->first_child[node]; c; c = cells->next_sibling[c])
            below[column] +=
                cell_of(cells, c, column)->shown ? cell_of(cells, c, column)->n_shown : 0;
        beyond[column] =
            cell->shown && cell->n_shown > below[column] ? cell->n_shown - below[column] : 0;
        room -= below[column];
    }
    cells_scale(beyond, cells->n_columns, room > 0 ? room : 0);
}

void cells_fit(struct cells *cells, const int64_t *limit, const struct cell_floors *floors)
{
    struct arena a = { 0 };
    int64_t *below = arena_array(&a, cells->n_columns + 1, sizeof *below);
    int64_t *beyond = arena_array(&a, cells->n_columns + 1, sizeof *beyond);
    for (size_t node = cells->n_nodes; has_noise(cells) && node-- > 0;) {
        fit_node(cells, node, limit[node], below, beyond);
        for (size_t column = 0; column < cells->n_columns; column++) {
            struct cell *cell = cell_of(cells, node, column);
            cell->n_shown = below[column] + beyond[column];
            cell->shown = cell->shown && cell->n_shown >= floors->min_conversations;
        }
    }
    arena_release(&a);
}
