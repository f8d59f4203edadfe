// SPDX-License-Identifier: Apache-2.0
// What a file is when it is no text, by its first bytes: compressed, a database, UTF-16 …
#ifndef BASE_STRANGER_H
#define BASE_STRANGER_H

#include "base/err.h"
#include "base/text.h"

#define STRANGER_HEAD 4096 // bytes that are enough to see it

// ERR_DATA with a sentence that names `path` and what to do when `head`, the first bytes, are of
// something that is no text in UTF-8. `verb`: of clio, which reads the mended text from a pipe.
// `what` can be read: "JSON and CSV".
int stranger_refuse(struct str head, const char *path, const char *verb, const char *what,
                    struct err *err) MUST_USE;

#endif
