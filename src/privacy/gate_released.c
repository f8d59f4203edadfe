// SPDX-License-Identifier: Apache-2.0
// Cost: writing the atlas of mode dp once more, and reading both.
#include "base/file.h"
#include "base/log.h"
#include "privacy/gate_int.h"
#include "privacy/publish_dp.h"
#include "store/atlas_rows.h"

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

// With the value in the next column.
static bool is_facet(const char *column)
{
    return strcmp(column, "facet") == 0 || strcmp(column, "facet_a") == 0 ||
           strcmp(column, "facet_b") == 0;
}

static int look_at_row(void *context, const struct atlas_any_row *row, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && row->values && i < row->n_columns; i++)
        if (is_text(row->table, row->columns[i]))
            rc = gate_read_published(context, row->values[i].text, err);
        else if (i + 1 < row->n_columns && is_facet(row->columns[i]))
            rc = gate_read_facet(context, row->values[i].text, row->values[i + 1].text, err);
    return rc;
}

int gate_check_released(struct gates *g, struct err *err)
{
    struct run *run = g->run;
    struct released *released;
    struct ledger_sum before;
    struct ledger_state state;
    struct err over = { 0 };
    double budget = 0;
    int64_t n_others = 0;
    int rc = publish_dp_read(run, &released, err);
    if (!rc)
        rc = vault_ledger_sum(run->vault, released, run->n_trees, &before, err);
    if (!rc)
        rc = atlas_visit_all(g->atlas, &run->scratch, look_at_row, g, err);
    if (!rc)
        rc = atlas_count_others(g->atlas, &n_others, err);
    if (!rc)
        rc = publish_dp_budget(run, &budget, err);
    if (!rc && before.has_mine &&
        ledger_check(released, run->n_trees, &before, budget, &state, &over))
        log_detail("more was published than a budget of %.3g allows", budget); // it is out already
    if (!rc && before.has_mine)
        rc = publish_dp_write(run, released, &state, g->scanner, g->again, err);
    if (!rc && before.has_mine)
        rc = gate_compare(g, GATE_RELEASE, g->again, err);
    if (rc)
        return rc;
    gate_check(g, GATE_COLUMNS, n_others == 0);
    if (!before.has_mine)
        gate_check(g, GATE_RELEASE, false);
    return 0;
}
