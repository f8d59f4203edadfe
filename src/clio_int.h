// SPDX-License-Identifier: Apache-2.0
// What the files of the façade share: clio.c, clio_append.c, clio_atlas.c, clio_files.c and
// clio_safety.c.
#ifndef CLIO_INT_H
#define CLIO_INT_H

#include "base/arena.h"
#include "base/buf.h"
#include "clio.h"
#include "run/config.h"

struct run;
struct clio {
    struct config *config;
    bool (*confirm)(void *context, const char *text); // of clio_confirm_with; NULL = ask nobody
    void *confirm_context;
};

// Hands an inner error out; returns its code.
int facade_give(const struct err *err, struct clio_error *error);

void facade_voice(const struct config *config); // quiet, verbose
#define FACADE_MOST_NAMES ((size_t)16 << 20)    // bytes of a list of files
// Every file is there and readable, and every directory holds one, before anything is made.
int facade_check_files(const char *const *files, size_t n_files, struct err *err) MUST_USE;
// Their absolute names, one a line, a directory as the files in it by name; refuses a name that
// cannot be told apart.
int facade_list_files(const char *const *files, size_t n_files, struct buf *list,
                      struct err *err) MUST_USE;

// The file of an atlas that is named by it or by its run's directory.
struct str facade_atlas_path(struct arena *a, const char *path);
// ERR_NO_INPUT for a directory that holds none.
int facade_has_atlas(const char *path, struct err *err) MUST_USE;

// A verb that reads a run which is there and writes text: open, fill `text`, close. `of`: the facet
// whose tree is in place until then; NULL: the first.
struct facade_reading {
    struct run *run;
    struct buf text;
};
int facade_open(struct facade_reading *reading, struct clio *session, const char *dir,
                const char *of, struct err *err) MUST_USE;
// Goes back to the first tree and closes the run.
int facade_leave(struct facade_reading *reading, int rc, struct err *err);
// Writes the text to `out` when rc is 0, closes all, hands the error out.
int facade_close(struct facade_reading *reading, int rc, FILE *out, struct err *err,
                 struct clio_error *error);

#endif
