// SPDX-License-Identifier: Apache-2.0
// Secrets: random bytes and keys. The one door to libsodium is crypto.c, which also implements
// hash.h.
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"
#include "base/hash.h"

// Ready libsodium; call once before anything else of this header or hash.h. Cheap to repeat.
int crypto_start(struct err *err) MUST_USE;
void crypto_random(void *out, size_t size);
// Reads the 16-byte key in the file at `path` (mode 0600), or makes a new one there.
int crypto_load_or_make_key(const char *path, struct hash_key *key, struct err *err) MUST_USE;
void crypto_wipe(void *p, size_t size);
// From now on the process leaves no core dump and its memory cannot be read by others of the same
// user: for keys that foreign libraries hold.
void crypto_hide_memory(void);

#endif
