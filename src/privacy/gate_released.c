// SPDX-License-Identifier: Apache-2.0
// Cost: writing the atlas of mode dp once more, and reading both.
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "privacy/gate_int.h"
#include "privacy/publish_dp.h"
#include "store/atlas_rows.h"

#include <unistd.h>

struct rows {
    struct gates *g; // texts are scanned; NULL: they are not
    struct digest digest;
    int64_t n;
};

static bool is_text(const char *table, const char *column)
{
    static const char *const texts[][2] = { { "cluster", "title" },
                                            { "cluster", "summary" },
                                            { "cluster_phrase", "phrase" },
                                            { "lineage", "title" } };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(table, texts[i][0]) == 0 && strcmp(column, texts[i][1]) == 0)
            return true;
    return false;
}

static int add_row(void *context, const struct atlas_any_row *row, struct err *err)
{
    struct rows *rows = context;
    int rc = 0;
    digest_add(&rows->digest, str_of(row->table));
    for (size_t i = 0; !rc && i < row->n_columns; i++) {
        digest_add(&rows->digest, str_of(row->columns[i]));
        if (!row->values)
            continue;
        digest_add(&rows->digest, str_of(row->values[i].is_null ? "null" : "value"));
        digest_add(&rows->digest, row->values[i].text);
        if (rows->g && is_text(row->table, row->columns[i]))
            rc = gate_read_published(rows->g, row->values[i].text, err);
    }
    rows->n += row->values != NULL;
    return rc;
}

static int digest_rows(struct atlas *atlas, struct rows *rows, struct arena *a,
                       char hex[DIGEST_HEX], struct err *err)
{
    digest_init(&rows->digest);
    int rc = atlas_visit_all(atlas, a, add_row, rows, err);
    digest_hex(&rows->digest, hex);
    return rc;
}

// The same atlas at `path`, for a moment.
static int digest_again(struct gates *g, const struct released *released,
                        const struct ledger_state *state, const char *path, char hex[DIGEST_HEX],
                        struct err *err)
{
    struct rows rows = { 0 };
    struct atlas *atlas = NULL;
    int rc = publish_dp_write(g->run, released, state, g->scanner, path, err);
    if (!rc)
        rc = atlas_open(&atlas, path, err);
    if (!rc)
        rc = digest_rows(atlas, &rows, &g->run->scratch, hex, err);
    atlas_close(atlas);
    unlink(path);
    return rc;
}

int gate_check_released(struct gates *g, struct err *err)
{
    struct run *run = g->run;
    const char *path = path_join(&run->scratch, str_of(run->dir), "atlas.db.again").ptr;
    struct rows rows = { .g = g };
    struct released *released;
    struct ledger_sum before;
    struct ledger_state state;
    struct err over = { 0 };
    double budget = 0;
    char here[DIGEST_HEX], again[DIGEST_HEX] = "";
    int64_t n_others = 0;
    int rc = publish_dp_read(run, &released, err);
    if (!rc)
        rc = vault_ledger_sum(run->vault, released, run->n_trees, &before, err);
    if (!rc)
        rc = digest_rows(g->atlas, &rows, &run->scratch, here, err);
    if (!rc)
        rc = atlas_count_others(g->atlas, &n_others, err);
    if (!rc)
        rc = publish_dp_budget(run, &budget, err);
    if (!rc && before.has_mine &&
        ledger_check(released, run->n_trees, &before, budget, &state, &over))
        log_detail("more was published than a budget of %.3g allows", budget); // it is out already
    if (!rc && before.has_mine)
        rc = digest_again(g, released, &state, path, again, err);
    if (rc)
        return rc;
    gate_check(g, GATE_COLUMNS, n_others == 0);
    gate_check(g, GATE_RELEASE, strcmp(here, again) == 0);
    g->n_checked[GATE_RELEASE] = rows.n;
    return 0;
}
