// SPDX-License-Identifier: Apache-2.0
// Gzip (RFC 1952) of a whole text; gzip.c is the one door to zlib.
#ifndef BASE_GZIP_H
#define BASE_GZIP_H

#include "base/buf.h"

// Appends the packed text to `out`. The same text gives the same bytes: no name, no time.
enum gzip_effort {
    GZIP_EFFORT_QUICK = 4,
    GZIP_EFFORT_MOST = 9 // an atlas's JSON a tenth smaller, in five times the time
};
int gzip_pack(struct str text, enum gzip_effort effort, struct buf *out, struct err *err) MUST_USE;

#endif
