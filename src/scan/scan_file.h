// SPDX-License-Identifier: Apache-2.0
// The scanner over a whole file, a window at a time.
#ifndef SCAN_SCAN_FILE_H
#define SCAN_SCAN_FILE_H

#include "scan/scan.h"

struct scan_hit {
    uint64_t offset, line; // of its first byte; lines from 1
    size_t len;
    enum scan_kind kind;
    const char *family; // whose check digits hold (scan/id_family.h), NULL = nobody's; static
};
// Calls `seen` for every hit, in order. Windows end at the end of a line where there is one within
// 16 KiB, so that nothing is cut. Errors: the file cannot be read, or is over 2 GiB.
int scan_file(struct scanner *scanner, const char *path,
              void (*seen)(void *context, const struct scan_hit *hit), void *context,
              uint64_t *n_found, struct err *err) MUST_USE;

#endif
