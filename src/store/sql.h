// SPDX-License-Identifier: Apache-2.0
// A thin layer over SQLite, private to store/: sql.c is the one door to sqlite3.h.
//
//     struct sql_query *q;
//     int rc = sql_prepare(db, "SELECT id, title FROM cluster WHERE level = ?1", &q, err);
//     if (!rc)
//         sql_bind_i64(q, 1, level);
//     bool row;
//     while (!rc && !(rc = sql_step(q, &row, err)) && row)
//         use(sql_i64(q, 0), sql_str(q, 1));
//     sql_finish(q);
//
// Queries are kept prepared by their text's address, so a literal is compiled once a database.
// sql_finish resets and clears the query; it accepts NULL.
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#define SQL_REWRITTEN "-purge" // behind the name of a database: the file of sql_rewrite

struct sql;
struct sql_query;
enum sql_mode { SQL_READ_ONLY, SQL_READ_WRITE, SQL_CREATE, SQL_CREATE_LARGE };

// SQL_CREATE makes the file (mode 0600) when it is not there. WAL, foreign keys on, 5 s busy time.
// SQL_CREATE_LARGE: the same with larger pages, for gigabytes that are written row by row.
// ERR_NO_INPUT when it is not there, ERR_DATA when it is no database, ERR_CANNOT_CREATE, ERR_IO.
int sql_open(struct sql **db, const char *path, enum sql_mode mode, struct err *err) MUST_USE;
// The same for a database that is encrypted under `secret` (seal.h); NULL is sql_open. The database
// is this program's alone while it is open. Also ERR_CONFIG (wrong key) and ERR_DATA (damaged).
struct seal_secret;
struct seal_key;
int sql_open_sealed(struct sql **db, const char *path, enum sql_mode mode,
                    const struct seal_secret *secret, struct err *err) MUST_USE;
// A key of the encrypted database for another file (`purpose` tells them apart); false when it is
// not encrypted.
bool sql_key_for(const struct sql *db, uint64_t purpose, struct seal_key *key);
// From here on the database is read as a file that may be anybody's: its values, and the
// expressions of its schema, are bounded, and what is read until the next call takes at most as
// much work and memory, and gives at most as many bytes, as its size accounts for, many times over.
// What takes more ends with ERR_DATA.
void sql_distrust(struct sql *db);
void sql_close(struct sql *db); // accepts NULL; an open transaction is rolled back

int sql_exec(struct sql *db, const char *statements, struct err *err) MUST_USE; // several, with ;
int sql_begin(struct sql *db, struct err *err) MUST_USE;
int sql_commit(struct sql *db, struct err *err) MUST_USE;
void sql_rollback(struct sql *db);
// While a database is filled: a rollback journal in place of the log, so that pages that are new
// are written once, not into the log and from there into the file. Every commit is then on the
// disk. References are not looked up, nor do they delete: who fills writes what is referred to
// first. No transaction may be open. An encrypted database, or one that another program has open,
// stays as it is.
int sql_fill(struct sql *db, bool on, struct err *err) MUST_USE;

// So many bytes of the file are written in no order, as keyed hashes are: from the next commit on
// the cache holds them, as far as its bound (32 MiB) goes.
void sql_expect_scattered(struct sql *db, int64_t n_bytes);

// Writes the database anew without free pages, by way of a file beside it (SQL_REWRITTEN, 0600,
// encrypted as the database is) that is gone afterwards. Takes the room of the database on the disk
// twice (that file, the log), in memory 16 MiB and 16 bytes for each row that an index has. A crash
// leaves the database as it was or as it shall be, and perhaps the file, which the next call
// deletes. Empties the log, too: ERR_TRY_AGAIN when another program reads `what`.
int sql_rewrite(struct sql *db, const char *what, struct err *err) MUST_USE;

int sql_prepare(struct sql *db, const char *text, struct sql_query **q, struct err *err) MUST_USE;
// Parameters count from 1, columns from 0. Bound text and blobs must live until the next step.
void sql_bind_i64(struct sql_query *q, int i, int64_t v);
void sql_bind_f64(struct sql_query *q, int i, double v);
void sql_bind_str(struct sql_query *q, int i, struct str v); // TEXT; ptr NULL binds NULL
void sql_bind_blob(struct sql_query *q, int i, const void *data, size_t size);
void sql_bind_null(struct sql_query *q, int i);
int sql_step(struct sql_query *q, bool *row, struct err *err) MUST_USE; // *row: there is a row
int sql_run(struct sql_query *q, struct err *err) MUST_USE;             // step to the end, finish
// One statement with a number as its only parameter, to the end.
int sql_run_with(struct sql *db, const char *text, int64_t value, struct err *err) MUST_USE;
void sql_finish(struct sql_query *q);
bool sql_changed(struct sql *db); // whether the last INSERT, UPDATE or DELETE touched a row

bool sql_is_null(struct sql_query *q, int i);
int64_t sql_i64(struct sql_query *q, int i);
double sql_f64(struct sql_query *q, int i);
struct str sql_str(struct sql_query *q, int i);  // borrowed until the next step or finish
struct str sql_blob(struct sql_query *q, int i); // the same
struct str sql_copy(struct arena *a, struct sql_query *q, int i); // ptr NULL for NULL

// One number from a query without parameters; 0 when there is no row or it is NULL.
int sql_get_i64(struct sql *db, const char *text, int64_t *out, struct err *err) MUST_USE;
// One text from a query whose parameter ?1 is `key`, in the arena; ptr NULL when there is no row or
// it is NULL.
int sql_find_text(struct sql *db, const char *text, const char *key, struct arena *a,
                  struct str *out, struct err *err) MUST_USE;
// What the header of the file says: whose it is and in which version. `schema`: the statements that
// make an empty file one of ours first, in one transaction; NULL leaves it as it is.
struct sql_kind {
    int64_t application, version;
};
int sql_read_kind(struct sql *db, const char *schema, struct sql_kind *kind,
                  struct err *err) MUST_USE;

#endif
