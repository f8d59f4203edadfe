// SPDX-License-Identifier: Apache-2.0
// Reading whole tables of an atlas in one go, for the explorer. A table or column that came later
// than the atlas was made counts as empty.
#include "store/atlas.h"
#include "store/atlas_int.h"

static int has_column(struct atlas *atlas, const char *table, const char *column, bool *has,
                      struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(atlas->sql, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(table));
    sql_bind_str(q, 2, str_of(column));
    rc = sql_step(q, has, err);
    sql_finish(q);
    return rc;
}

// Leaves *q NULL when the table is not there.
static int prepare_if(struct atlas *atlas, const char *table, const char *query,
                      struct sql_query **q, struct err *err)
{
    struct sql_query *find;
    bool row = false;
    *q = NULL;
    int rc = sql_prepare(
        atlas->sql, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", &find, err);
    if (rc)
        return rc;
    sql_bind_str(find, 1, str_of(table));
    rc = sql_step(find, &row, err);
    sql_finish(find);
    return rc || !row ? rc : sql_prepare(atlas->sql, query, q, err);
}

static const struct {
    const char *table, *query; // cluster, a, b, number, conversations, share
} sources[] = {
    [ATLAS_FACET_ROWS] = { "cluster_facet",
                           "SELECT cluster_id, facet, value, NULL, n_conversations, share "
                           "FROM cluster_facet ORDER BY facet, value, cluster_id" },
    [ATLAS_DETAIL_ROWS] = { "cluster_facet",
                            "SELECT cluster_id, facet, value, NULL, n_conversations, share "
                            "FROM cluster_facet ORDER BY cluster_id, facet, n_conversations "
                            "DESC, value" },
    [ATLAS_PHRASE_ROWS] = { "cluster_phrase",
                            "SELECT cluster_id, phrase, NULL, support, NULL, NULL FROM "
                            "cluster_phrase ORDER BY cluster_id, rank" },
    [ATLAS_NEAR_ROWS] = { "cluster_near",
                          "SELECT cluster_id, NULL, NULL, near_id, NULL, NULL FROM cluster_near "
                          "ORDER BY cluster_id, rank" },
    [ATLAS_TIME_ROWS] = { "cluster_period",
                          "SELECT cluster_id, NULL, NULL, i_period, n_conversations, NULL FROM "
                          "cluster_period ORDER BY cluster_id, i_period" },
    [ATLAS_MEASURE_ROWS] = { "cluster_measure",
                             "SELECT cluster_id, measure, NULL, CAST(round(1000 * value) AS "
                             "INTEGER), NULL, NULL FROM cluster_measure ORDER BY measure, "
                             "cluster_id" },
};

static const char phrases_without_support[] =
    "SELECT cluster_id, phrase, NULL, NULL, NULL, NULL FROM cluster_phrase ORDER BY cluster_id, "
    "rank";

int atlas_rows(struct atlas *atlas, enum atlas_rows what, struct arena *a, struct atlas_row **list,
               size_t *n, struct err *err)
{
    struct sql_query *q = NULL;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    bool whole = true;
    int rc = what == ATLAS_PHRASE_ROWS
                 ? has_column(atlas, sources[what].table, "support", &whole, err)
                 : 0;
    if (!rc)
        rc = prepare_if(atlas, sources[what].table,
                        whole ? sources[what].query : phrases_without_support, &q, err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_row){ .cluster_id = sql_i64(q, 0),
                                              .a = atlas_text(a, q, 1),
                                              .b = atlas_text(a, q, 2),
                                              .number = sql_i64(q, 3),
                                              .n_conversations = sql_i64(q, 4),
                                              .share = sql_f64(q, 5) };
    }
    sql_finish(q);
    return rc;
}

int atlas_periods(struct atlas *atlas, struct arena *a, struct atlas_period **list, size_t *n,
                  struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = prepare_if(atlas, "period",
                        "SELECT first_day, n_conversations FROM period ORDER BY i_period", &q, err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct atlas_period){ atlas_text(a, q, 0), sql_is_null(q, 1) ? -1 : sql_i64(q, 1) };
    }
    sql_finish(q);
    return rc;
}

int atlas_pairs(struct atlas *atlas, struct arena *a, struct atlas_pair **list, size_t *n,
                struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = prepare_if(atlas, "facet_pair",
                        "SELECT facet_a, value_a, facet_b, value_b, n_conversations FROM "
                        "facet_pair ORDER BY facet_a, facet_b, value_a, value_b",
                        &q, err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct atlas_pair){ atlas_text(a, q, 0), atlas_text(a, q, 1), atlas_text(a, q, 2),
                                 atlas_text(a, q, 3), sql_i64(q, 4) };
    }
    sql_finish(q);
    return rc;
}

int atlas_releases(struct atlas *atlas, struct arena *a, struct atlas_release **list, size_t *n,
                   struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = prepare_if(atlas, "release",
                        "SELECT id, last_day, n_conversations, n_base FROM release ORDER BY id", &q,
                        err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_release){
            .id = sql_i64(q, 0),
            .n_conversations = sql_i64(q, 2),
            .n_base = sql_i64(q, 3),
            .last_day = atlas_text(a, q, 1),
        };
    }
    sql_finish(q);
    return rc;
}

int atlas_lineage(struct atlas *atlas, struct arena *a, struct atlas_event **list, size_t *n,
                  struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = prepare_if(atlas, "lineage",
                        "SELECT release_id, kind, cluster_id, other_id, title FROM lineage "
                        "ORDER BY release_id, rank",
                        &q, err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_event){
            .release_id = sql_i64(q, 0),
            .cluster_id = sql_i64(q, 2),
            .other_id = sql_i64(q, 3),
            .kind = atlas_text(a, q, 1),
            .title = atlas_text(a, q, 4),
        };
    }
    sql_finish(q);
    return rc;
}

int atlas_stages(struct atlas *atlas, struct arena *a, struct atlas_stage **list, size_t *n,
                 struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = prepare_if(atlas, "stage", "SELECT name, n_in, n_out FROM stage ORDER BY position", &q,
                        err);
    while (!rc && q && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_stage){ atlas_text(a, q, 0), sql_i64(q, 1), sql_i64(q, 2) };
    }
    sql_finish(q);
    return rc;
}
