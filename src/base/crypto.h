// SPDX-License-Identifier: Apache-2.0
// Secrets: random bytes and keys. The one door to libsodium is crypto.c, which also implements
// hash.h.
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

// Ready libsodium; call once before anything else of this header or hash.h. Cheap to repeat.
int crypto_start(struct err *err) MUST_USE;
void crypto_random(void *out, size_t size);
// Reads the 16-byte key in the file at `path` (mode 0600), or makes a new one there.
int crypto_load_or_make_key(const char *path, struct hash_key *key, struct err *err) MUST_USE;
// Streams of random bits for noise.h: a 32-byte key for one purpose (BLAKE2b-256 of the purpose
// under the key), and block number `counter` of ChaCha20 under it as little-endian words.
void crypto_derive(const struct hash_key *key, struct str purpose, unsigned char out[32]);
// crypto_derive of a purpose in pieces.
void crypto_derive_init(struct digest *d, const struct hash_key *key);
void crypto_derive_add(struct digest *d, const void *piece, size_t size);
void crypto_derive_end(struct digest *d, unsigned char out[32]);
void crypto_stream_block(const unsigned char key[32], uint64_t counter, uint64_t words[8]);
void crypto_wipe(void *p, size_t size);
// From now on the process leaves no core dump and its memory cannot be read by others of the same
// user: for people's words and for keys that foreign libraries hold.
void crypto_hide_memory(void);
// Compares without telling by its time where two secrets differ.
bool crypto_equal(const void *a, const void *b, size_t size);
// Small letters; `hex` has room for 2 × size + 1.
void crypto_hex(const void *bytes, size_t size, char *hex);
// Only small letters, and exactly `size` bytes; else false.
bool crypto_unhex(struct str hex, void *bytes, size_t size);

// Passwords: Argon2id (RFC 9106), one lane.
struct password_cost {
    size_t bytes;    // of memory; at least 8 KiB
    unsigned passes; // over it
};
#define PASSWORD_HASH 128 // text with its parameters and salt, NUL-terminated
int password_hash(struct str password, const struct password_cost *cost, char hash[PASSWORD_HASH],
                  struct err *err) MUST_USE;
bool password_fits(const char hash[PASSWORD_HASH], struct str password);
// Whether the hash was made at another cost and should be made anew.
bool password_is_old(const char hash[PASSWORD_HASH], const struct password_cost *cost);

#define HMAC_BYTES 32
void hmac_sha256(struct str key, struct str text, unsigned char out[HMAC_BYTES]);

// Signatures: Ed25519 (RFC 8032).
struct sign_key {
    unsigned char secret[64];
    unsigned char shown[32]; // the public half
};
#define SIGN_BYTES 64
#define SIGN_SEED 32
void sign_key_of_seed(const unsigned char seed[SIGN_SEED], struct sign_key *key);
void sign_text(const struct sign_key *key, struct str text, unsigned char out[SIGN_BYTES]);
bool sign_fits(const unsigned char shown[32], struct str text,
               const unsigned char sign[SIGN_BYTES]);

// Sealing (XChaCha20-Poly1305): what is sealed cannot be read without the key, nor changed, nor put
// in another's place when `place` differs, without being noticed. Two seals of one text differ.
struct seal_key {
    unsigned char bytes[32];
};
#define SEAL_EXTRA 40 // bytes beside the n sealed ones: nonce and tag
#define SEAL_SALT 16
void crypto_seal(const struct seal_key *key, struct str place, const void *plain, size_t n,
                 void *sealed, unsigned char extra[SEAL_EXTRA]); // `sealed` may be `plain`
// False, and `plain` zeroed, when key, place, bytes or extra are not those of the sealing.
bool crypto_unseal(const struct seal_key *key, struct str place, const void *sealed, size_t n,
                   const unsigned char extra[SEAL_EXTRA], void *plain) MUST_USE;
// The same for a line of text, as base64; `out` is cleared first. False (or ERR_DATA) as above.
int crypto_seal_line(const struct seal_key *key, struct str line, struct buf *out,
                     struct err *err) MUST_USE;
bool crypto_unseal_line(const struct seal_key *key, struct str sealed, struct buf *out) MUST_USE;
void crypto_random_key(struct seal_key *key);
// A key for one purpose out of another; numbers give independent keys.
void crypto_derive_key(const struct seal_key *from, uint64_t purpose, struct seal_key *key);
// Argon2id (RFC 9106). `passes` and `memory` (bytes) are the cost. ERR_UNAVAILABLE without memory.
int crypto_stretch(struct str passphrase, const unsigned char salt[SEAL_SALT], uint64_t passes,
                   uint64_t memory, struct seal_key *key, struct err *err) MUST_USE;

#endif
