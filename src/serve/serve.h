// SPDX-License-Identifier: Apache-2.0
// Showing an atlas in the browser: a server on this machine, or one self-contained page. Both read
// the atlas and can name nothing else.
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/buf.h"
#include "store/atlas.h"

struct serve_options {
    const char *atlas_path;
    uint16_t port;  // 0 = any free one
    void (*ready)(void *context, const char *url); // called once, when it listens
    void *context;
};
// Listens on 127.0.0.1 until stop_asked(), then returns 0. ERR_UNAVAILABLE when the port is taken.
int serve_run(const struct serve_options *options, struct err *err) MUST_USE;

// The page with tree, map, languages and sizes, everything inside; opens from disk.
int report_write(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;

#endif
