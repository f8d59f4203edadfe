// SPDX-License-Identifier: Apache-2.0
// Vectors of a public list, kept so that they are made once: a file of numbers a list and encoder,
// $XDG_CACHE_HOME/clio/models/<key>.vectors (base/cache.h), 0600. Layout: "CLIOVEC1", key (64 hex
// digits), rows and columns (8 bytes each), BLAKE2b-256 of all that and of the numbers (64 hex
// digits), then the numbers as float32, row by row; sizes and numbers as this machine writes them.
// A file that is cut off, damaged, of another key or of others' hands is as none. A false one that
// its owner made with the right sum cannot be told here: the folder is trusted as the models are.
// Private to embed/.
#ifndef EMBED_KEPT_VECTORS_H
#define EMBED_KEPT_VECTORS_H

#include "base/hash.h"
#include "vec/matrix.h"

// `key` tells all that the vectors depend on. Fills `out`, whose sizes are those that are wanted;
// false when nothing usable is there, and `out` is then anything.
bool kept_vectors_read(const char key[DIGEST_HEX], const struct matrix *out) MUST_USE;
// Whole or not at all, whoever else writes; what goes wrong only costs the next one time.
void kept_vectors_write(const char key[DIGEST_HEX], const struct matrix *vectors);

#endif
