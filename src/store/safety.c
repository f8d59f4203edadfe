// SPDX-License-Identifier: Apache-2.0
// Opening safety.db and reading it: one query a list, copied into the arena.
#include "store/safety.h"

#include "base/limits.h"
#include "store/safety_write.h"
#include "store/schema.h"
#include "store/seal.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>

#define SAFETY_APPLICATION 1129072979
#define SAFETY_VERSION 4
// What the versions before lack. Reading their other tables works as it is.
#define FROM_1                                                                                     \
    "CREATE TABLE watch_answer (watch_id INTEGER NOT NULL REFERENCES watch (id), "                 \
    "transcript INTEGER NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (watch_id, transcript)) "      \
    "STRICT, WITHOUT ROWID; " FROM_2
#define FROM_2                                                                                     \
    "CREATE TABLE alert_due (alert_id INTEGER NOT NULL REFERENCES alert (id), "                    \
    "channel TEXT NOT NULL, PRIMARY KEY (alert_id, channel)) STRICT, WITHOUT ROWID; " FROM_3
// Which cluster is meant stood in `info`, under the name of the watch.
#define FROM_3                                                                                     \
    "CREATE TABLE watch_cluster (watch_id INTEGER PRIMARY KEY REFERENCES watch (id), "             \
    "digest TEXT NOT NULL, atlas_id INTEGER NOT NULL) STRICT; "                                    \
    "INSERT INTO watch_cluster SELECT w.id, i.value, 0 FROM watch w "                              \
    "JOIN info i ON i.key = 'watch_cluster.' || w.name; "                                          \
    "DELETE FROM info WHERE key GLOB 'watch_cluster.*'; PRAGMA user_version = 4"

struct safety {
    struct sql *sql;
};

static int check_kind(struct sql *db, const char *path, bool create, struct err *err)
{
    struct sql_kind kind;
    int rc = sql_read_kind(db, create ? schema_safety() : NULL, &kind, err);
    if (rc)
        return rc;
    int64_t n_tables = 1;
    if (!create && !kind.application)
        rc = sql_get_i64(db, "SELECT count(*) FROM sqlite_master", &n_tables, err);
    if (rc || !n_tables) // killed, or the disk full, before there was anything in it
        return rc ? rc : err_set(err, ERR_NO_INPUT, "%s is empty", path);
    if (kind.application != SAFETY_APPLICATION)
        return err_set(err, ERR_DATA, "%s holds no safety run of clio; move it away", path);
    static const char *const from[] = { NULL, FROM_1, FROM_2, FROM_3 };
    bool is_old = kind.version >= 1 && kind.version < SAFETY_VERSION;
    if (is_old && create) {
        rc = sql_begin(db, err);
        if (!rc)
            rc = sql_exec(db, from[kind.version], err);
        if (!rc)
            rc = sql_commit(db, err);
        if (rc)
            sql_rollback(db);
        return rc;
    }
    if (kind.version != SAFETY_VERSION && !is_old)
        return err_set(err, ERR_CONFIG,
                       "%s was made by another clio (version %lld, this program knows %d); delete "
                       "it and run `clio safety run` again",
                       path, (long long)kind.version, SAFETY_VERSION);
    return 0;
}

static int open_file(struct safety **out, const char *dir, bool create, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/safety.db", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_CANNOT_CREATE, "the directory name is too long");
    // This file is not encrypted; beside an encrypted vault it would give away what that protects.
    char vault[LIMIT_PATH_BYTES + 16];
    snprintf(vault, sizeof vault, "%s/vault.db", dir);
    if (create && seal_is_sealed(vault))
        return err_set(err, ERR_CONFIG,
                       "%s is encrypted, and signals for review would be kept beside it in the "
                       "clear; make them in a run without a key",
                       vault);
    struct safety *safety = calloc(1, sizeof *safety);
    if (!safety)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = sql_open(&safety->sql, path, create ? SQL_CREATE : SQL_READ_ONLY, err);
    if (!rc)
        rc = check_kind(safety->sql, path, create, err);
    if (rc == ERR_NO_INPUT)
        rc = err_set(err, ERR_NO_INPUT, "%s is not there; run `clio safety run %s` first", path,
                     dir);
    if (rc) {
        safety_close(safety);
        return rc;
    }
    *out = safety;
    return 0;
}

int safety_open(struct safety **safety, const char *dir, struct err *err)
{
    return open_file(safety, dir, false, err);
}

int safety_open_to_write(struct safety **safety, const char *dir, struct err *err)
{
    return open_file(safety, dir, true, err);
}

void safety_close(struct safety *safety)
{
    if (!safety)
        return;
    sql_close(safety->sql);
    free(safety);
}

struct sql *safety_sql(struct safety *safety)
{
    return safety->sql;
}

// A list that grows in the arena while rows come.
struct rows {
    struct arena *a;
    struct sql_query *q;
    void *items;
    size_t n, n_room, size;
};

// The place for the next row, cleared; NULL at the end or when *rc tells of a failure.
static void *next_row(struct rows *rows, int *rc, struct err *err)
{
    bool row = false;
    if (!*rc)
        *rc = sql_step(rows->q, &row, err);
    if (*rc || !row)
        return NULL;
    rows->items = arena_room(rows->a, rows->items, rows->n, &rows->n_room, rows->size);
    void *place = (char *)rows->items + rows->n++ * rows->size;
    memset(place, 0, rows->size);
    return place;
}

static int begin_rows(struct rows *rows, struct safety *safety, const char *text, struct arena *a,
                      size_t size, struct err *err)
{
    *rows = (struct rows){ .a = a, .size = size };
    return sql_prepare(safety->sql, text, &rows->q, err);
}

static struct str copy_text(struct rows *rows, int i)
{
    return arena_str(rows->a, sql_str(rows->q, i));
}

#define END_ROWS(rows, list, n)                                                                    \
    do {                                                                                           \
        sql_finish((rows).q);                                                                      \
        *(list) = (rows).items;                                                                    \
        *(n) = (rows).n;                                                                           \
    } while (0)

int safety_read_info(struct safety *safety, struct arena *a, struct safety_info **list, size_t *n,
                     struct err *err)
{
    struct rows rows;
    struct safety_info *row;
    int rc =
        begin_rows(&rows, safety, "SELECT key, value FROM info ORDER BY key", a, sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_info){ copy_text(&rows, 0), copy_text(&rows, 1) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_get_info(struct safety *safety, const char *key, struct arena *a, struct str *value,
                    struct err *err)
{
    return sql_find_text(safety->sql, "SELECT value FROM info WHERE key = ?1", key, a, value, err);
}

// Without accounts each conversation may be another person's, or all one's.
int64_t safety_people(const struct safety_cluster *c)
{
    return c->n_accounts ? c->n_accounts : c->n_conversations;
}

bool safety_is_of_few(const struct safety_cluster *c)
{
    return safety_people(c) < SAFETY_LEAST_ACCOUNTS;
}

int safety_read_clusters(struct safety *safety, struct arena *a, struct safety_cluster **list,
                         size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_cluster *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT id, title, n_conversations, n_accounts, n_graded, n_concerning, "
                        "mean_concern, top_account, n_top FROM cluster ORDER BY "
                        "coalesce(mean_concern, 0) DESC, n_conversations DESC, id",
                        a, sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_cluster){
            .id = sql_i64(rows.q, 0),
            .title = raw_of(copy_text(&rows, 1)),
            .n_conversations = sql_i64(rows.q, 2),
            .n_accounts = sql_i64(rows.q, 3),
            .n_graded = sql_i64(rows.q, 4),
            .n_concerning = sql_i64(rows.q, 5),
            .mean_concern = sql_f64(rows.q, 6),
            .top_account = sql_i64(rows.q, 7),
            .n_top = sql_i64(rows.q, 8),
        };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_languages(struct safety *safety, struct arena *a, struct safety_language **list,
                          size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_language *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT cluster_id, n_conversations, language, ratio, low, high, q "
                        "FROM language_ratio ORDER BY cluster_id, language",
                        a, sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row =
            (struct safety_language){ sql_i64(rows.q, 0), sql_i64(rows.q, 1), copy_text(&rows, 2),
                                      sql_f64(rows.q, 3), sql_f64(rows.q, 4), sql_f64(rows.q, 5),
                                      sql_f64(rows.q, 6) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_cluster_accounts(struct safety *safety, int64_t cluster_id, size_t most,
                                 struct arena *a, struct safety_account **list, size_t *n,
                                 struct err *err)
{
    struct rows rows;
    struct safety_account *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT account_id, count(*) AS n, avg(concern) FROM conversation "
                        "WHERE cluster_id = ?1 AND account_id IS NOT NULL GROUP BY account_id "
                        "ORDER BY n DESC, account_id LIMIT ?2",
                        a, sizeof *row, err);
    if (!rc) {
        sql_bind_i64(rows.q, 1, cluster_id);
        sql_bind_i64(rows.q, 2, (int64_t)size_min(most, INT64_MAX));
    }
    while ((row = next_row(&rows, &rc, err)))
        *row =
            (struct safety_account){ sql_i64(rows.q, 0), sql_i64(rows.q, 1), sql_f64(rows.q, 2) };
    END_ROWS(rows, list, n);
    return rc;
}

#define CONVERSATION                                                                               \
    "SELECT seq, cluster_id, account_id, time, concern, language FROM conversation "

static struct safety_conversation read_conversation(struct rows *rows)
{
    return (struct safety_conversation){
        .seq = sql_i64(rows->q, 0),
        .cluster_id = sql_i64(rows->q, 1),
        .has_account = !sql_is_null(rows->q, 2),
        .account_id = sql_i64(rows->q, 2),
        .has_time = !sql_is_null(rows->q, 3),
        .time = sql_i64(rows->q, 3),
        .concern = (int)sql_i64(rows->q, 4),
        .language = copy_text(rows, 5),
    };
}

int safety_get_conversation(struct safety *safety, int64_t seq, struct arena *a,
                            struct safety_conversation *out, bool *found, struct err *err)
{
    struct rows rows;
    struct safety_conversation *row;
    int rc = begin_rows(&rows, safety, CONVERSATION "WHERE seq = ?1", a, sizeof *row, err);
    if (!rc)
        sql_bind_i64(rows.q, 1, seq);
    while ((row = next_row(&rows, &rc, err)))
        *out = *row = read_conversation(&rows);
    *found = rows.n > 0;
    sql_finish(rows.q);
    return rc;
}

int safety_read_conversations(struct safety *safety, int64_t cluster_id, const int64_t *account_id,
                              int64_t after_seq, size_t most, struct arena *a,
                              struct safety_conversation **list, size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_conversation *row;
    int rc = cluster_id ? begin_rows(&rows, safety,
                                     CONVERSATION "WHERE cluster_id = ?1 AND seq > ?3 AND "
                                                  "(?2 IS NULL OR account_id = ?2) "
                                                  "ORDER BY seq LIMIT ?4",
                                     a, sizeof *row, err)
                        : begin_rows(&rows, safety,
                                     CONVERSATION "WHERE seq > ?3 AND "
                                                  "(?2 IS NULL OR account_id = ?2) "
                                                  "ORDER BY seq LIMIT ?4",
                                     a, sizeof *row, err);
    if (!rc) {
        if (cluster_id)
            sql_bind_i64(rows.q, 1, cluster_id);
        if (account_id)
            sql_bind_i64(rows.q, 2, *account_id);
        sql_bind_i64(rows.q, 3, after_seq);
        sql_bind_i64(rows.q, 4, (int64_t)size_min(most, INT64_MAX));
    }
    while ((row = next_row(&rows, &rc, err)))
        *row = read_conversation(&rows);
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_groups(struct safety *safety, struct arena *a, struct safety_group **list,
                       size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_group *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT id, score, p, kind, how, n_accounts, n_conversations, cluster_id, "
                        "first_time, last_time, template FROM coordinated ORDER BY id",
                        a, sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_group){
            .id = sql_i64(rows.q, 0),
            .score = sql_f64(rows.q, 1),
            .p = sql_f64(rows.q, 2),
            .kind = copy_text(&rows, 3),
            .how = copy_text(&rows, 4),
            .n_accounts = sql_i64(rows.q, 5),
            .n_conversations = sql_i64(rows.q, 6),
            .cluster_id = sql_i64(rows.q, 7),
            .has_time = !sql_is_null(rows.q, 8),
            .first_time = sql_i64(rows.q, 8),
            .last_time = sql_i64(rows.q, 9),
            .template = raw_of(copy_text(&rows, 10)),
        };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_group_parts(struct safety *safety, int64_t group_id, struct arena *a,
                            struct safety_part **list, size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_part *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT part, value, chance, p, points FROM coordinated_part "
                        "WHERE group_id = ?1 ORDER BY points DESC, part",
                        a, sizeof *row, err);
    if (!rc)
        sql_bind_i64(rows.q, 1, group_id);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_part){ copy_text(&rows, 0), sql_f64(rows.q, 1), sql_f64(rows.q, 2),
                                     sql_f64(rows.q, 3), sql_f64(rows.q, 4) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_group_members(struct safety *safety, int64_t group_id, struct arena *a,
                              struct safety_member **list, size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_member *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT seq, account_id, time FROM coordinated_member WHERE group_id = ?1 "
                        "ORDER BY account_id, seq",
                        a, sizeof *row, err);
    if (!rc)
        sql_bind_i64(rows.q, 1, group_id);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_member){ .seq = sql_i64(rows.q, 0),
                                       .account_id = sql_i64(rows.q, 1),
                                       .has_time = !sql_is_null(rows.q, 2),
                                       .time = sql_i64(rows.q, 2) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_classifiers(struct safety *safety, struct arena *a, struct safety_classifier **list,
                            size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_classifier *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT column, n, n_flagged, n_clusters, n_missed, n_over, r, r_low, "
                        "r_high, r_fixed, least_concern FROM classifier ORDER BY column",
                        a, sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_classifier){
            .column = copy_text(&rows, 0),
            .n = sql_i64(rows.q, 1),
            .n_flagged = sql_i64(rows.q, 2),
            .n_clusters = sql_i64(rows.q, 3),
            .n_missed = sql_i64(rows.q, 4),
            .n_over = sql_i64(rows.q, 5),
            .has_r = !sql_is_null(rows.q, 6),
            .r = sql_f64(rows.q, 6),
            .r_low = sql_f64(rows.q, 7),
            .r_high = sql_f64(rows.q, 8),
            .r_fixed = sql_f64(rows.q, 9),
            .least_concern = sql_f64(rows.q, 10),
        };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_classifier_clusters(struct safety *safety, struct str column, struct arena *a,
                                    struct safety_classifier_cluster **list, size_t *n,
                                    struct err *err)
{
    struct rows rows;
    struct safety_classifier_cluster *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT cluster_id, n, n_flagged, rate_low, rate_high, mean_concern, "
                        "expected, q, language, side FROM classifier_cluster WHERE column = ?1 "
                        "ORDER BY language, cluster_id",
                        a, sizeof *row, err);
    if (!rc)
        sql_bind_str(rows.q, 1, column);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_classifier_cluster){
            .cluster_id = sql_i64(rows.q, 0),
            .n = sql_i64(rows.q, 1),
            .n_flagged = sql_i64(rows.q, 2),
            .rate_low = sql_f64(rows.q, 3),
            .rate_high = sql_f64(rows.q, 4),
            .mean_concern = sql_f64(rows.q, 5),
            .expected = sql_f64(rows.q, 6),
            .q = sql_f64(rows.q, 7),
            .language = copy_text(&rows, 8),
            .side = copy_text(&rows, 9),
        };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_watches(struct safety *safety, struct arena *a, struct safety_watch **list,
                        size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_watch *row;
    int rc = begin_rows(&rows, safety, "SELECT id, made, name, question FROM watch ORDER BY id", a,
                        sizeof *row, err);
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_watch){ sql_i64(rows.q, 0), sql_i64(rows.q, 1), copy_text(&rows, 2),
                                      copy_text(&rows, 3) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_get_watch_cluster(struct safety *safety, int64_t watch_id, struct arena *a,
                             struct safety_watch_cluster *cluster, struct err *err)
{
    struct rows rows;
    struct safety_watch_cluster *row;
    int rc =
        begin_rows(&rows, safety, "SELECT digest, atlas_id FROM watch_cluster WHERE watch_id = ?1",
                   a, sizeof *row, err);
    *cluster = (struct safety_watch_cluster){ 0 };
    if (!rc)
        sql_bind_i64(rows.q, 1, watch_id);
    while ((row = next_row(&rows, &rc, err)))
        *cluster = (struct safety_watch_cluster){ copy_text(&rows, 0), sql_i64(rows.q, 1) };
    sql_finish(rows.q);
    return rc;
}

int safety_last_watch_day(struct safety *safety, int64_t watch_id, bool *any, int64_t *day,
                          struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(safety->sql,
                         "SELECT max(day) FROM (SELECT day FROM watch_batch WHERE watch_id = ?1 "
                         "UNION ALL SELECT day FROM alert WHERE watch_id = ?1)",
                         &q, err);
    *any = false;
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    rc = sql_step(q, &row, err);
    *any = !rc && row && !sql_is_null(q, 0);
    *day = *any ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

static struct safety_alert read_alert(struct rows *rows)
{
    return (struct safety_alert){
        .id = sql_i64(rows->q, 0),
        .watch_id = sql_i64(rows->q, 1),
        .day = sql_i64(rows->q, 2),
        .cause = copy_text(rows, 3),
        .value = sql_f64(rows->q, 4),
        .low = sql_f64(rows->q, 5),
        .high = sql_f64(rows->q, 6),
        .base = sql_f64(rows->q, 7),
        .p = sql_f64(rows->q, 8),
    };
}

int safety_read_alerts(struct safety *safety, size_t most, struct arena *a,
                       struct safety_alert **list, size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_alert *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT id, watch_id, day, cause, value, low, high, base, p FROM alert "
                        "WHERE cause <> '' ORDER BY day DESC, id DESC LIMIT ?1",
                        a, sizeof *row, err);
    if (!rc)
        sql_bind_i64(rows.q, 1, (int64_t)size_min(most, INT64_MAX));
    while ((row = next_row(&rows, &rc, err)))
        *row = read_alert(&rows);
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_due(struct safety *safety, const char *channel, struct arena *a,
                    struct safety_due **list, size_t *n, struct err *err)
{
    struct rows rows;
    struct safety_due *row;
    int rc = begin_rows(&rows, safety,
                        "SELECT a.id, a.watch_id, a.day, a.cause, a.value, a.low, a.high, a.base, "
                        "a.p, w.name FROM alert_due d JOIN alert a ON a.id = d.alert_id "
                        "JOIN watch w ON w.id = a.watch_id WHERE d.channel = ?1 ORDER BY a.id",
                        a, sizeof *row, err);
    if (!rc)
        sql_bind_str(rows.q, 1, str_of(channel));
    while ((row = next_row(&rows, &rc, err)))
        *row = (struct safety_due){ .alert = read_alert(&rows), .watch = copy_text(&rows, 9) };
    END_ROWS(rows, list, n);
    return rc;
}

int safety_read_answers(struct safety *safety, int64_t watch_id, struct arena *a,
                        struct safety_answers *answers, struct err *err)
{
    struct sql_query *q;
    int64_t n = 0;
    bool row = false;
    *answers = (struct safety_answers){ 0 };
    int rc = sql_get_i64(safety->sql, "SELECT count(*) FROM watch_answer", &n, err);
    if (rc)
        return rc;
    answers->transcript = arena_array(a, (size_t)n + 1, sizeof *answers->transcript);
    answers->answer = arena_array(a, (size_t)n + 1, sizeof *answers->answer);
    rc = sql_prepare(safety->sql,
                     "SELECT transcript, answer FROM watch_answer WHERE watch_id = ?1 "
                     "ORDER BY transcript",
                     &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, watch_id);
    while (!(rc = sql_step(q, &row, err)) && row && answers->n < (size_t)n) {
        struct str answer = sql_str(q, 1);
        answers->transcript[answers->n] = sql_i64(q, 0);
        answers->answer[answers->n++] = str_equal(answer, STR_LIT("yes"))  ? 'y'
                                        : str_equal(answer, STR_LIT("no")) ? 'n'
                                                                           : '-';
    }
    sql_finish(q);
    return rc;
}
