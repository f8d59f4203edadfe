// SPDX-License-Identifier: Apache-2.0
// Showing an atlas in the browser: a server on this machine, or one self-contained page. Both read
// the atlas and can name nothing else.
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "access/access.h"
#include "base/buf.h"
#include "store/atlas.h"

// How texts become vectors, handed in by the caller: serve/ itself knows no embedder.
struct serve_meaning {
    void *context;
    size_t n_dims;
    // out: n × n_dims, unit rows. Called by one thread at a time.
    int (*encode)(void *context, const struct str *texts, size_t n, float *out, struct err *err);
};

struct private_pages;
struct serve_options {
    // For those who sign in, and what some of them see; both NULL: for everybody on this machine.
    struct access *access;
    const struct private_pages *pages;
    const char *atlas_path;
    const char *other_path; // atlas to compare with; NULL: none
    const char *socket;     // listen on this Unix socket in place of a port; NULL: on the port
    uint16_t port;          // on 127.0.0.1; 0 = any free one
    const char *outside;    // the https origin of a proxy in front (serve/guard.h); NULL: none
    const struct serve_meaning *meaning;           // NULL: no search by meaning
    void (*ready)(void *context, const char *url); // called once, when it listens
    void *context;
};
// Listens until stop_asked(), then returns 0. ERR_USAGE when `outside` is no such origin,
// ERR_UNAVAILABLE when the port is taken, or the
// socket, by a server that lives; one that a dead server left is taken over.
int serve_run(const struct serve_options *options, struct err *err) MUST_USE;

// The page with tree, map, languages and sizes, everything inside; opens from disk. `other` (may
// be NULL) is there to compare with.
int report_write(struct atlas *atlas, struct atlas *other, struct buf *out,
                 struct err *err) MUST_USE;

#endif
