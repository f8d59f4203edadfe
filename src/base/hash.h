// SPDX-License-Identifier: Apache-2.0
// Short keyed hashes (SipHash-2-4, Aumasson and Bernstein 2012; libsodium's). One key gives one
// family of 64-bit values; for ids of conversations and accounts the key is the run's own secret.
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/text.h"

struct hash_key {
    unsigned char bytes[16];
};

// The same on every machine and in every run. Not for secrets: `seed` is no key.
struct hash_key hash_key_of_seed(uint64_t seed);
uint64_t hash_bytes(const struct hash_key *key, struct str s);
// Fixed public key: for tables in memory and for deterministic order.
uint64_t hash_text(struct str s);
// Another family, three to four times as fast for texts of a kilobyte and more: the SipHash of four
// SipHashes, of the words 0, 4, 8 … of the text, 1, 5, 9 … and so on, of its length in bytes and of
// the up to 31 bytes left over, padded with zeros.
uint64_t hash_wide(const struct hash_key *key, struct str s);
// The same of a text in pieces of any length.
struct wide_hash {
    struct hash_key key;
    uint64_t v[4][4]; // a row of SipHash's four words, of each stream
    uint64_t len;     // bytes so far
    char rest[32];
};
void wide_hash_init(struct wide_hash *w, const struct hash_key *key);
void wide_hash_add(struct wide_hash *w, struct str s);
uint64_t wide_hash_end(struct wide_hash *w);
// The same with a fixed public key.
uint64_t hash_text_wide(struct str s);

// BLAKE2b-256 (RFC 7693) in pieces, for fingerprints of files and settings.
struct digest {
    _Alignas(64) unsigned char state[384];
};
#define DIGEST_HEX 65 // 64 hex digits and a NUL
void digest_init(struct digest *d);
void digest_add(struct digest *d,
                struct str s); // length-prefixed: ("ab","c") differs from ("a","bc")
void digest_hex(struct digest *d, char hex[DIGEST_HEX]); // ends it

// SHA-256 of a text; in base64, as content security policies name scripts.
#define SHA256_BASE64 45
void sha256_bytes(struct str s, unsigned char out[32]);
void sha256_base64(struct str s, char out[SHA256_BASE64]);

// SHA-256 of a whole file as hex, as in deps.lock.
struct err;
int file_sha256(const char *path, char hex[DIGEST_HEX], struct err *err) MUST_USE;
// BLAKE2b-256 of the hash_wide values of a file's blocks of 1 MiB, many times as fast: for telling
// whether a file has changed, which is missed once in 2^64 times. The key is public, so it is no
// proof against somebody who makes two files on purpose.
int file_digest(const char *path, char hex[DIGEST_HEX], struct err *err) MUST_USE;
// The same of a file that is read for another reason, in pieces of any length.
struct content_digest {
    struct digest all;
    struct wide_hash block; // that is being filled
};
void content_digest_init(struct content_digest *d);
void content_digest_add(struct content_digest *d, struct str piece);
void content_digest_hex(struct content_digest *d, char hex[DIGEST_HEX]); // ends it

#endif
