// SPDX-License-Identifier: Apache-2.0
// What Clio keeps for speed alone and makes anew whenever it is gone: $XDG_CACHE_HOME/clio, else
// ~/.cache/clio. No text of a conversation, and nothing that derives from one, goes there.
#ifndef BASE_CACHE_H
#define BASE_CACHE_H

#include "base/limits.h"
#include "base/prelude.h"

// Path of a file there ("sha256", "models/x.gguf"), its folder made. False without a home, or where
// the folder cannot be made: then nothing is kept.
bool cache_path(const char *name, char path[LIMIT_PATH_BYTES]) MUST_USE;
// Whether it is a file that nobody else can have written or read (0600). One that is not there is
// nobody's.
bool cache_is_ours(const char *path) MUST_USE;

#endif
