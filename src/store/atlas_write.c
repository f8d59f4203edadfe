// SPDX-License-Identifier: Apache-2.0
// Writing an atlas: into a file beside the place where it will be, in one transaction, vacuumed so
// that the same content gives the same bytes, synced and renamed. Until then nothing is on the disk
// for sure, nor need it be: a file that a crash left is thrown away.
#include "store/atlas_lineage.h"

#include "base/file.h"
#include "base/limits.h"
#include "store/atlas_int.h"
#include "store/schema.h"
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct atlas_writer {
    struct sql *sql;
    int64_t tree;  // of what is added
    bool is_again; // the database is the caller's
    char path[LIMIT_PATH_BYTES], beside[LIMIT_PATH_BYTES];
};

static void remove_beside(const struct atlas_writer *w)
{
    char path[LIMIT_PATH_BYTES + 16];
    static const char *const tails[] = { "", "-journal", "-wal", "-shm" };
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        snprintf(path, sizeof path, "%s%s", w->beside, tails[i]);
        unlink(path);
    }
}

int atlas_writer_open(struct atlas_writer **out, const char *path, struct err *err)
{
    struct atlas_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    w->tree = 1;
    int n = snprintf(w->path, sizeof w->path, "%s", path);
    int m = snprintf(w->beside, sizeof w->beside, "%s.new", path);
    if (n < 0 || m < 0 || (size_t)m >= sizeof w->beside) {
        free(w);
        return err_set(err, ERR_CANNOT_CREATE, "the path of the atlas is too long");
    }
    if (file_is_dir(path)) {
        free(w);
        return err_set(err, ERR_CANNOT_CREATE, "%s is a directory; move it away", path);
    }
    remove_beside(w); // of a run that was killed
    int rc = sql_open(&w->sql, w->beside, SQL_CREATE, err);
    if (!rc) // keys are checked at the end, all of them at once
        rc = sql_exec(w->sql,
                      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                      "PRAGMA foreign_keys = OFF",
                      err);
    if (!rc)
        rc = sql_begin(w->sql, err);
    if (!rc)
        rc = sql_exec(w->sql, schema_atlas(), err);
    if (rc) {
        atlas_writer_abandon(w);
        return rc;
    }
    *out = w;
    return 0;
}

int atlas_writer_again(struct atlas_writer **out, struct atlas *atlas, struct err *err)
{
    static const char *const empty[] = {
        "DELETE FROM lineage",        "DELETE FROM release",        "DELETE FROM cluster_measure",
        "DELETE FROM cluster_near",   "DELETE FROM cluster_period", "DELETE FROM cluster_facet",
        "DELETE FROM cluster_phrase", "DELETE FROM cluster",        "DELETE FROM facet_pair",
        "DELETE FROM period",         "DELETE FROM density",        "DELETE FROM corpus_facet",
        "DELETE FROM tree_info",      "DELETE FROM run_info",       "DELETE FROM stage",
    };
    struct atlas_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    *w = (struct atlas_writer){ .sql = atlas->sql, .tree = 1, .is_again = true };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(empty); i++) {
        struct sql_query *q;
        rc = sql_prepare(w->sql, empty[i], &q, err);
        if (!rc)
            rc = sql_run(q, err);
    }
    if (rc) {
        atlas_writer_abandon(w);
        return rc;
    }
    *out = w;
    return 0;
}

void atlas_writer_abandon(struct atlas_writer *w)
{
    if (!w)
        return;
    if (w->is_again) {
        free(w);
        return;
    }
    sql_close(w->sql);
    remove_beside(w);
    free(w);
}

int atlas_writer_finish(struct atlas_writer *w, struct err *err)
{
    int64_t n_broken = 0, n_further = 0;
    int rc = sql_get_i64(w->sql, "SELECT count(*) FROM tree_info", &n_further, err);
    if (!rc && n_further) // a reader that knows of one tree would add them up
        rc = sql_exec(w->sql, "PRAGMA user_version = 2", err);
    if (!rc && !w->is_again)
        rc = sql_commit(w->sql, err);
    if (!rc)
        rc = sql_get_i64(w->sql, "SELECT count(*) FROM pragma_foreign_key_check", &n_broken, err);
    if (!rc && n_broken)
        rc = err_set(err, ERR_SOFTWARE, "the atlas would hold %lld rows without their cluster",
                     (long long)n_broken);
    if (w->is_again) {
        atlas_writer_abandon(w);
        return rc;
    }
    if (!rc)
        rc = sql_exec(w->sql, "VACUUM", err);
    sql_close(w->sql);
    w->sql = NULL;
    if (!rc && chmod(w->beside, 0644) != 0)
        rc = err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s", w->beside);
    if (!rc)
        rc = file_sync(w->beside, err);
    if (!rc && rename(w->beside, w->path) != 0)
        rc = err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot take its place", w->path);
    if (!rc)
        file_sync_folder(w->path);
    atlas_writer_abandon(w);
    return rc;
}

void atlas_writer_tree(struct atlas_writer *w, int64_t tree_id)
{
    w->tree = tree_id;
}

int atlas_add_cluster(struct atlas_writer *w, const struct atlas_new_cluster *c, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql,
                         "INSERT INTO cluster (id, parent_id, level, withheld, title, summary, "
                         "n_conversations, n_accounts, share, x, y, tree_id) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, c->id);
    if (c->parent_id)
        sql_bind_i64(q, 2, c->parent_id);
    sql_bind_i64(q, 3, c->level);
    sql_bind_i64(q, 4, c->withheld);
    if (!c->withheld) {
        sql_bind_str(q, 5, c->title.s);
        sql_bind_str(q, 6, c->summary.s);
    }
    sql_bind_i64(q, 7, c->n_conversations);
    if (c->n_accounts >= 0)
        sql_bind_i64(q, 8, c->n_accounts);
    sql_bind_f64(q, 9, c->share);
    if (c->placed) {
        sql_bind_f64(q, 10, c->x);
        sql_bind_f64(q, 11, c->y);
    }
    sql_bind_i64(q, 12, w->tree);
    return sql_run(q, err);
}

int atlas_add_phrase(struct atlas_writer *w, int64_t cluster_id, int rank, struct clean phrase,
                     int64_t support, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO cluster_phrase VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_str(q, 3, phrase.s);
    if (support)
        sql_bind_i64(q, 4, support);
    return sql_run(q, err);
}

int atlas_add_facet(struct atlas_writer *w, int64_t cluster_id, const char *facet,
                    struct clean value, int64_t n_conversations, double share, struct err *err)
{
    struct sql_query *q;
    int rc =
        cluster_id
            ? sql_prepare(w->sql, "INSERT INTO cluster_facet VALUES (?5, ?1, ?2, ?3, ?4)", &q, err)
            : sql_prepare(w->sql, "INSERT INTO corpus_facet VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet));
    sql_bind_str(q, 2, value.s);
    sql_bind_i64(q, 3, n_conversations);
    sql_bind_f64(q, 4, share);
    if (cluster_id)
        sql_bind_i64(q, 5, cluster_id);
    return sql_run(q, err);
}

int atlas_add_density(struct atlas_writer *w, int i_x, int i_y, double weight, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(
        w->sql, "INSERT INTO density (tree_id, i_x, i_y, weight) VALUES (?4, ?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 4, w->tree);
    sql_bind_i64(q, 1, i_x);
    sql_bind_i64(q, 2, i_y);
    sql_bind_f64(q, 3, weight);
    return sql_run(q, err);
}

int atlas_add_measure(struct atlas_writer *w, int64_t cluster_id, const char *measure, double value,
                      struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO cluster_measure VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_str(q, 2, str_of(measure));
    sql_bind_f64(q, 3, value);
    return sql_run(q, err);
}

int atlas_add_info(struct atlas_writer *w, const char *key, struct clean value, struct err *err)
{
    struct sql_query *q;
    int rc = w->tree > 1 ? sql_prepare(w->sql, "INSERT INTO tree_info VALUES (?3, ?1, ?2)", &q, err)
                         : sql_prepare(w->sql, "INSERT INTO run_info VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    if (w->tree > 1)
        sql_bind_i64(q, 3, w->tree);
    sql_bind_str(q, 1, str_of(key));
    sql_bind_str(q, 2, value.s.ptr ? value.s : STR_LIT(""));
    return sql_run(q, err);
}

int atlas_add_stage(struct atlas_writer *w, int position, const char *name, int64_t n_in,
                    int64_t n_out, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO stage VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, position);
    sql_bind_str(q, 2, str_of(name));
    sql_bind_i64(q, 3, n_in);
    sql_bind_i64(q, 4, n_out);
    return sql_run(q, err);
}

int atlas_add_period(struct atlas_writer *w, int64_t i_period, struct clean first_day,
                     int64_t n_conversations, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO period VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, i_period);
    sql_bind_str(q, 2, first_day.s);
    if (n_conversations >= 0)
        sql_bind_i64(q, 3, n_conversations);
    return sql_run(q, err);
}

int atlas_add_cluster_period(struct atlas_writer *w, int64_t cluster_id, int64_t i_period,
                             int64_t n_conversations, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO cluster_period VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_i64(q, 2, i_period);
    sql_bind_i64(q, 3, n_conversations);
    return sql_run(q, err);
}

int atlas_add_pair(struct atlas_writer *w, const char *facet_a, struct clean value_a,
                   const char *facet_b, struct clean value_b, int64_t n_conversations,
                   struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO facet_pair VALUES (?1, ?2, ?3, ?4, ?5)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet_a));
    sql_bind_str(q, 2, value_a.s);
    sql_bind_str(q, 3, str_of(facet_b));
    sql_bind_str(q, 4, value_b.s);
    sql_bind_i64(q, 5, n_conversations);
    return sql_run(q, err);
}

int atlas_add_near(struct atlas_writer *w, int64_t cluster_id, int rank, int64_t near_id,
                   struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO cluster_near VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_i64(q, 3, near_id);
    return sql_run(q, err);
}

int atlas_add_release(struct atlas_writer *w, int64_t id, const struct clean *last_day,
                      int64_t n_conversations, int64_t n_base, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(w->sql, "INSERT INTO release VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    if (last_day)
        sql_bind_str(q, 2, last_day->s);
    sql_bind_i64(q, 3, n_conversations);
    sql_bind_i64(q, 4, n_base);
    return sql_run(q, err);
}

int atlas_add_event(struct atlas_writer *w, int64_t release_id, int64_t rank, const char *kind,
                    int64_t cluster_id, int64_t other_id, const struct clean *title,
                    struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(w->sql, "INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, release_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_str(q, 3, str_of(kind));
    sql_bind_i64(q, 4, cluster_id);
    if (other_id)
        sql_bind_i64(q, 5, other_id);
    if (title)
        sql_bind_str(q, 6, title->s);
    sql_bind_i64(q, 7, w->tree);
    return sql_run(q, err);
}
