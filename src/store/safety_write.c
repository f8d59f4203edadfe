// SPDX-License-Identifier: Apache-2.0
#include "store/safety_write.h"

#include "base/file.h"
#include "base/limits.h"
#include "store/sql.h"

#include <stdio.h>

int safety_begin(struct safety *safety, struct err *err)
{
    return sql_begin(safety_sql(safety), err);
}

int safety_commit(struct safety *safety, struct err *err)
{
    return sql_commit(safety_sql(safety), err);
}

void safety_rollback(struct safety *safety)
{
    sql_rollback(safety_sql(safety));
}

int safety_end(struct safety *safety, int rc, struct err *err)
{
    if (!rc)
        rc = safety_commit(safety, err);
    if (rc && safety)
        safety_rollback(safety);
    safety_close(safety);
    return rc;
}

int safety_set_info(struct safety *safety, const char *key, struct str value, struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(safety_sql(safety), "INSERT OR REPLACE INTO info VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(key));
    sql_bind_str(q, 2, value.ptr ? value : STR_LIT(""));
    return sql_run(q, err);
}

static const char clear_run[] = "DELETE FROM language_ratio; DELETE FROM conversation; "
                                "DELETE FROM cluster";
static const char clear_coordinated[] = "DELETE FROM coordinated_member; "
                                        "DELETE FROM coordinated_part; DELETE FROM coordinated";

int safety_clear(struct safety *safety, enum safety_part_of whose, struct err *err)
{
    return sql_exec(safety_sql(safety), whose == SAFETY_RUN ? clear_run : clear_coordinated, err);
}

static void bind_some(struct sql_query *q, int i, bool there, int64_t v)
{
    if (there)
        sql_bind_i64(q, i, v);
    else
        sql_bind_null(q, i);
}

int safety_add_cluster(struct safety *safety, const struct safety_cluster *c, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO cluster (id, title, n_conversations, n_accounts, n_graded, "
                         "mean_concern, n_concerning, top_account, n_top) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, c->id);
    sql_bind_str(q, 2, c->title.s.ptr ? c->title.s : STR_LIT(""));
    sql_bind_i64(q, 3, c->n_conversations);
    sql_bind_i64(q, 4, c->n_accounts);
    sql_bind_i64(q, 5, c->n_graded);
    if (c->n_graded)
        sql_bind_f64(q, 6, c->mean_concern);
    sql_bind_i64(q, 7, c->n_concerning);
    bind_some(q, 8, c->n_top > 0, c->top_account);
    sql_bind_i64(q, 9, c->n_top);
    return sql_run(q, err);
}

int safety_add_conversation(struct safety *safety, const struct safety_conversation *c,
                            struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO conversation (seq, cluster_id, account_id, time, concern, "
                         "language) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, c->seq);
    bind_some(q, 2, c->cluster_id != 0, c->cluster_id);
    bind_some(q, 3, c->has_account, c->account_id);
    bind_some(q, 4, c->has_time, c->time);
    bind_some(q, 5, c->concern != 0, c->concern);
    sql_bind_str(q, 6, c->language.len ? c->language : str_make(NULL, 0));
    return sql_run(q, err);
}

int safety_add_language(struct safety *safety, const struct safety_language *l, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO language_ratio (cluster_id, language, n_conversations, "
                         "ratio, low, high, q) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, l->cluster_id);
    sql_bind_str(q, 2, l->language);
    sql_bind_i64(q, 3, l->n_conversations);
    sql_bind_f64(q, 4, l->ratio);
    sql_bind_f64(q, 5, l->low);
    sql_bind_f64(q, 6, l->high);
    sql_bind_f64(q, 7, l->q);
    return sql_run(q, err);
}

int safety_add_group(struct safety *safety, const struct safety_group *g, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO coordinated (id, score, kind, how, p, n_accounts, "
                         "n_conversations, first_time, last_time, cluster_id, template) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, g->id);
    sql_bind_f64(q, 2, g->score);
    sql_bind_str(q, 3, g->kind);
    sql_bind_str(q, 4, g->how);
    sql_bind_f64(q, 5, g->p);
    sql_bind_i64(q, 6, g->n_accounts);
    sql_bind_i64(q, 7, g->n_conversations);
    bind_some(q, 8, g->has_time, g->first_time);
    bind_some(q, 9, g->has_time, g->last_time);
    bind_some(q, 10, g->cluster_id != 0, g->cluster_id);
    sql_bind_str(q, 11, g->template.s.ptr ? g->template.s : STR_LIT(""));
    return sql_run(q, err);
}

int safety_add_part(struct safety *safety, int64_t group_id, const struct safety_part *part,
                    struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO coordinated_part VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, group_id);
    sql_bind_str(q, 2, part->part);
    sql_bind_f64(q, 3, part->value);
    sql_bind_f64(q, 4, part->chance);
    sql_bind_f64(q, 5, part->p);
    sql_bind_f64(q, 6, part->points);
    return sql_run(q, err);
}

int safety_add_member(struct safety *safety, int64_t group_id, const struct safety_member *m,
                      struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO coordinated_member VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, group_id);
    sql_bind_i64(q, 2, m->seq);
    sql_bind_i64(q, 3, m->account_id);
    bind_some(q, 4, m->has_time, m->time);
    return sql_run(q, err);
}

// One statement with the column's name as its only parameter.
static int for_column(struct safety *safety, const char *text, struct str column, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety), text, &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, column);
    return sql_run(q, err);
}

int safety_drop_classifier(struct safety *safety, struct str column, bool *found, struct err *err)
{
    static const char *const of_it[] = {
        "DELETE FROM info WHERE key = 'classifier_clusters.' || ?1",
        "DELETE FROM classifier_cluster WHERE column = ?1",
        "DELETE FROM classifier WHERE column = ?1",
    };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(of_it); i++)
        rc = for_column(safety, of_it[i], column, err);
    *found = !rc && sql_changed(safety_sql(safety));
    return rc;
}

int safety_put_classifier(struct safety *safety, const struct safety_classifier *c, struct err *err)
{
    struct sql_query *q;
    bool found;
    int rc = safety_drop_classifier(safety, c->column, &found, err);
    if (!rc)
        rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO classifier (column, n, n_flagged, n_clusters, r, r_low, "
                         "r_high, r_fixed, n_missed, n_over, least_concern) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, c->column);
    sql_bind_i64(q, 2, c->n);
    sql_bind_i64(q, 3, c->n_flagged);
    sql_bind_i64(q, 4, c->n_clusters);
    if (c->has_r) {
        sql_bind_f64(q, 5, c->r);
        sql_bind_f64(q, 6, c->r_low);
        sql_bind_f64(q, 7, c->r_high);
        sql_bind_f64(q, 8, c->r_fixed);
    }
    sql_bind_i64(q, 9, c->n_missed);
    sql_bind_i64(q, 10, c->n_over);
    sql_bind_f64(q, 11, c->least_concern);
    return sql_run(q, err);
}

int safety_add_classifier_cluster(struct safety *safety, struct str column,
                                  const struct safety_classifier_cluster *c, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO classifier_cluster (column, language, cluster_id, n, "
                         "n_flagged, rate_low, rate_high, mean_concern, expected, q, side) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, column);
    sql_bind_str(q, 2, c->language.ptr ? c->language : STR_LIT(""));
    sql_bind_i64(q, 3, c->cluster_id);
    sql_bind_i64(q, 4, c->n);
    sql_bind_i64(q, 5, c->n_flagged);
    sql_bind_f64(q, 6, c->rate_low);
    sql_bind_f64(q, 7, c->rate_high);
    sql_bind_f64(q, 8, c->mean_concern);
    sql_bind_f64(q, 9, c->expected);
    sql_bind_f64(q, 10, c->q);
    sql_bind_str(q, 11, c->side.ptr ? c->side : STR_LIT(""));
    return sql_run(q, err);
}

static int count_named(struct safety *safety, struct str name, int64_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(safety_sql(safety), "SELECT count(*) FROM watch WHERE name = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    rc = sql_step(q, &row, err);
    *n = !rc && row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

int safety_add_watch(struct safety *safety, struct str name, struct str question, int64_t made,
                     int64_t *id, struct err *err)
{
    struct sql_query *q;
    int64_t n = 0;
    int rc = count_named(safety, name, &n, err);
    if (!rc && n)
        rc = err_set(err, ERR_USAGE,
                     "there is a watch called \"%.*s\"; drop it first or take "
                     "another name",
                     STR_ARG(str_head(name, 60)));
    if (!rc)
        rc = sql_prepare(safety_sql(safety),
                         "INSERT INTO watch (name, question, made) VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    sql_bind_str(q, 2, question);
    sql_bind_i64(q, 3, made);
    rc = sql_run(q, err);
    return rc ? rc : sql_get_i64(safety_sql(safety), "SELECT last_insert_rowid()", id, err);
}

int safety_set_question(struct safety *safety, int64_t watch_id, struct str question,
                        struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(safety_sql(safety), "UPDATE watch SET question = ?2 WHERE id = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    sql_bind_str(q, 2, question);
    return sql_run(q, err);
}

int safety_put_watch_cluster(struct safety *safety, int64_t watch_id,
                             const struct safety_watch_cluster *cluster, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT OR REPLACE INTO watch_cluster VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    sql_bind_str(q, 2, cluster->digest.ptr ? cluster->digest : STR_LIT(""));
    sql_bind_i64(q, 3, cluster->atlas_id);
    return sql_run(q, err);
}

#define OF_WATCH "watch_id = (SELECT id FROM watch WHERE name = ?1)"

int safety_drop_watch(struct safety *safety, struct str name, bool *found, struct err *err)
{
    static const char *const of_watch[] = {
        "DELETE FROM alert_due WHERE alert_id IN (SELECT id FROM alert WHERE " OF_WATCH ")",
        "DELETE FROM alert WHERE " OF_WATCH,
        "DELETE FROM watch_answer WHERE " OF_WATCH,
        "DELETE FROM watch_batch WHERE " OF_WATCH,
        "DELETE FROM watch_cluster WHERE " OF_WATCH,
        "DELETE FROM info WHERE key = 'watch_blind.' || ?1", // else the next of that name has it
    };
    int64_t n = 0;
    int rc = count_named(safety, name, &n, err);
    *found = n > 0;
    for (size_t i = 0; !rc && i < COUNT_OF(of_watch); i++)
        rc = for_column(safety, of_watch[i], name, err);
    return rc ? rc : for_column(safety, "DELETE FROM watch WHERE name = ?1", name, err);
}

int safety_put_watch_day(struct safety *safety, int64_t watch_id, int64_t day, int64_t n,
                         int64_t n_matched, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT OR REPLACE INTO watch_batch VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    sql_bind_i64(q, 2, day);
    sql_bind_i64(q, 3, n);
    sql_bind_i64(q, 4, n_matched);
    return sql_run(q, err);
}

int safety_put_answer(struct safety *safety, int64_t watch_id, int64_t transcript,
                      const char *answer, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT OR REPLACE INTO watch_answer VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    sql_bind_i64(q, 2, transcript);
    sql_bind_str(q, 3, str_of(answer));
    return sql_run(q, err);
}

int safety_add_alert(struct safety *safety, const struct safety_alert *alert, int64_t *id,
                     struct err *err)
{
    struct sql_query *q;
    int64_t n = 0;
    *id = 0;
    int rc = sql_prepare(safety_sql(safety),
                         "INSERT OR IGNORE INTO alert (watch_id, day, cause, value, low, high, "
                         "base, p) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, alert->watch_id);
    sql_bind_i64(q, 2, alert->day);
    sql_bind_str(q, 3, alert->cause);
    sql_bind_f64(q, 4, alert->value);
    sql_bind_f64(q, 5, alert->low);
    sql_bind_f64(q, 6, alert->high);
    sql_bind_f64(q, 7, alert->base);
    sql_bind_f64(q, 8, alert->p);
    rc = sql_run(q, err);
    if (!rc)
        rc = sql_get_i64(safety_sql(safety), "SELECT changes()", &n, err);
    if (!rc && n)
        rc = sql_get_i64(safety_sql(safety), "SELECT last_insert_rowid()", id, err);
    return rc;
}

static int for_due(struct safety *safety, const char *text, int64_t alert_id, const char *channel,
                   struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(safety_sql(safety), text, &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, alert_id);
    sql_bind_str(q, 2, str_of(channel));
    return sql_run(q, err);
}

int safety_add_due(struct safety *safety, int64_t alert_id, const char *channel, struct err *err)
{
    return for_due(safety, "INSERT INTO alert_due VALUES (?1, ?2)", alert_id, channel, err);
}

int safety_take_due(struct safety *safety, int64_t alert_id, const char *channel, bool *was_due,
                    struct err *err)
{
    int64_t n = 0;
    int rc = for_due(safety, "DELETE FROM alert_due WHERE alert_id = ?1 AND channel = ?2", alert_id,
                     channel, err);
    if (!rc)
        rc = sql_get_i64(safety_sql(safety), "SELECT changes()", &n, err);
    *was_due = n > 0;
    return rc;
}

static int purge_open(struct safety *safety, struct err *err)
{
    struct sql *db = safety_sql(safety);
    int rc = sql_exec(db, "PRAGMA secure_delete = ON", err);
    if (!rc)
        rc = sql_begin(db, err);
    if (!rc)
        rc = sql_exec(db, clear_run, err);
    if (!rc)
        rc = sql_exec(db, clear_coordinated, err);
    if (!rc)
        rc = sql_exec(db,
                      "DELETE FROM classifier_cluster; DELETE FROM classifier; "
                      // that a day was told stays known, so that it is not told again
                      "UPDATE alert SET cause = '', value = 0, low = 0, high = 0, base = 0, p = 1; "
                      "DELETE FROM alert_due; "
                      "DELETE FROM watch_answer; DELETE FROM watch_batch; "
                      "UPDATE watch_cluster SET digest = ''; "
                      "DELETE FROM info",
                      err);
    if (!rc)
        rc = sql_commit(db, err);
    if (!rc)
        rc = sql_rewrite(db, "safety.db", err);
    return rc;
}

int safety_purge(const char *dir, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    struct safety *safety = NULL;
    int n = snprintf(path, sizeof path, "%s/safety.db", dir);
    if (n < 0 || (size_t)n >= sizeof path || !file_exists(path))
        return 0;
    int rc = safety_open_to_write(&safety, dir, err);
    if (!rc)
        rc = purge_open(safety, err);
    safety_close(safety);
    return rc;
}
