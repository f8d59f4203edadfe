// SPDX-License-Identifier: Apache-2.0
// The encrypted form of a vault: what stands where in the file, and how each piece is sealed. The
// file begins with one block of 4,096 bytes: what it is, how the key is found, the vault's own
// random key wrapped in yours, and whether the file was closed in order. Behind it stand SQLite's
// pages, each sealed alone (XChaCha20-Poly1305) with its number as the place and the nonce and tag
// in its last 40 bytes; the log (vault.db-wal) is sealed frame by frame. docs/decisions/0005 says
// what this protects from. Used through sealed_vfs.h; private to store/.
#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "store/secret.h"

#define SEAL_PAGE ((size_t)4096)                 // of SQLite; the last SEAL_EXTRA bytes are ours
#define SEAL_TEXT (SEAL_PAGE - SEAL_EXTRA)       // what SQLite uses of it
#define SEAL_BLOCK SEAL_PAGE                     // before the first page of the file
#define SEAL_LOG_HEAD ((size_t)32)               // header of SQLite's log
#define SEAL_FRAME_HEAD ((size_t)24)             // header of a frame of it; a page follows
#define SEAL_FRAME (SEAL_FRAME_HEAD + SEAL_PAGE) // as SQLite counts

// Where SQLite's files stand in a piece.
enum seal_piece { SEAL_PIECE_PAGE, SEAL_PIECE_LOG_HEAD, SEAL_PIECE_FRAME_HEAD, SEAL_PIECE_FRAME };

struct seal;
// Whether the file at `path` is an encrypted vault; false when it is not there.
bool seal_is_sealed(const char *path);
// Opens the vault's key in the first block of the file, making the block when the file is empty,
// and checks that a file that was closed in order is the very same: every page can be unsealed
// (about a second a GB), none is of an older state, none is missing, no log is beside it.
// Keeps the file open. ERR_CONFIG for the wrong key or kind of key, ERR_DATA for what is damaged.
int seal_open(struct seal **seal, const char *path, const struct seal_secret *secret,
              struct err *err) MUST_USE;
// Before the first change: from now on the file counts as not closed in order.
int seal_begin(struct seal *seal, struct err *err) MUST_USE;
// After SQLite closed the file: notes that it is whole when no log is left. Wipes and frees.
int seal_close(struct seal *seal, struct err *err) MUST_USE; // accepts NULL

// A page in place; its last SEAL_EXTRA bytes must be zero before sealing and are after unsealing.
void seal_page(const struct seal *seal, enum seal_piece piece, uint64_t number, const void *page,
               unsigned char *out);
bool unseal_page(const struct seal *seal, enum seal_piece piece, uint64_t number,
                 void *page) MUST_USE;
// Headers of the log: n bytes become n + SEAL_EXTRA and back.
void seal_head(const struct seal *seal, enum seal_piece piece, uint64_t number, const void *head,
               size_t n, unsigned char *out);
bool unseal_head(const struct seal *seal, enum seal_piece piece, uint64_t number,
                 const unsigned char *sealed, size_t n, void *head) MUST_USE;
// A key for what else belongs to the vault (the file of answers).
void seal_key_for(const struct seal *seal, uint64_t purpose, struct seal_key *key);

#endif
