// SPDX-License-Identifier: Apache-2.0
// Cost: the publish stage's time and memory, an atlas more on the disk, and reading both.
#include "base/file.h"
#include "privacy/gate_int.h"
#include "privacy/publish.h"
#include "store/atlas_rows.h"

#define HEADER 100 // bytes, of a file of SQLite: https://www.sqlite.org/fileformat.html

static uint64_t number_at(const struct file_map *file, size_t at, size_t n)
{
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | file->data[at + i];
    return value;
}

// Whether all of a file is its pages, and none of them is free: in others anything can stand.
static bool is_full(const struct file_map *file)
{
    if (file->size < HEADER)
        return false;
    uint64_t page = number_at(file, 16, 2);
    page = page == 1 ? 65536 : page;
    return number_at(file, 28, 4) * page == file->size && number_at(file, 36, 4) == 0;
}

// The same rows are the same bytes where the same version of SQLite wrote both.
static bool are_same(const struct file_map *a, const struct file_map *b)
{
    bool one_writer = a->size >= HEADER && number_at(a, 96, 4) == number_at(b, 96, 4);
    return !one_writer || (a->size == b->size && memcmp(a->data, b->data, a->size) == 0);
}

static int is_same_file(const char *made, const char *path, bool *same, struct err *err)
{
    struct file_map left = { 0 }, right = { 0 };
    int rc = file_map_open(&left, made, err);
    if (!rc)
        rc = file_map_open(&right, path, err);
    if (!rc)
        *same = is_full(&right) && are_same(&left, &right);
    file_map_close(&right);
    file_map_close(&left);
    return rc;
}

static void add_where(struct gates *g, const char *what, int64_t cluster_id)
{
    struct arena *a = &g->run->scratch;
    struct str before = g->where ? arena_printf(a, "%s, ", g->where) : STR_LIT("");
    struct str cluster = STR_LIT("");
    if (cluster_id)
        cluster = arena_printf(a, " (cluster %lld)", (long long)cluster_id);
    g->where = arena_printf(a, "%.*s%s%.*s", STR_ARG(before), what, STR_ARG(cluster)).ptr;
}

int gate_compare(struct gates *g, enum gate gate, const char *made, struct err *err)
{
    struct arena *a = &g->run->scratch;
    const char *path = path_join(a, str_of(g->run->dir), "atlas.db").ptr;
    struct atlas *left = NULL, *right = NULL;
    struct atlas_difference *list = NULL;
    size_t n = 0;
    bool same = true;
    int rc = atlas_open(&left, made, err);
    if (!rc)
        rc = atlas_open(&right, path, err); // with a measure of its own for what it may take
    if (!rc)
        rc = atlas_compare(left, right, a, &list, &n, &g->n_checked[gate], err);
    atlas_close(left);
    atlas_close(right);
    for (size_t i = 0; !rc && i < n; i++) {
        g->n_faults[gate]++;
        add_where(g, list[i].table, list[i].cluster_id);
    }
    if (!rc && !n)
        rc = is_same_file(made, path, &same, err);
    if (!rc && !same) {
        g->n_faults[gate]++;
        add_where(g, "bytes of the file that are no row", 0);
    }
    return rc;
}

int gate_check_again(struct gates *g, struct err *err)
{
    struct err refused = { 0 };
    int rc = publish_again(g->run, g->again, &refused);
    if (rc == ERR_PRIVACY) { // a floor does not hold, so that the vault gives no atlas
        gate_check(g, GATE_AGAIN, false);
        return 0;
    }
    if (rc)
        *err = refused;
    return rc ? rc : gate_compare(g, GATE_AGAIN, g->again, err);
}
