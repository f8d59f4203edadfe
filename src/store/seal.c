// SPDX-License-Identifier: Apache-2.0
#include "store/seal.h"

#include "base/file.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC "clio vault 1\n\0\0" // and the NUL of the literal: 16 bytes
#define PASSES 3u                  // Argon2id; with 256 MiB about half a second
#define MEMORY ((uint64_t)256 << 20)
#define MOST_PASSES 64u
#define MOST_MEMORY ((uint64_t)8 << 30)
#define BLOCK_PAGES ((size_t)64)
#define STATE_AT 512 // a sector of its own, so that it is written whole or not at all

enum { FOR_PAGES = 1, FOR_LOG = 2, FOR_STATE = 3, FOR_CHECK = 4, FOR_OTHERS = 16 };

struct lock { // first bytes of the block
    char magic[16];
    uint32_t kind, zero;
    uint64_t passes, memory;
    unsigned char salt[SEAL_SALT];
    unsigned char check[32];         // tells another key from a damaged block
    unsigned char extra[SEAL_EXTRA]; // of the wrapped key
    unsigned char wrapped[32];
};
struct state { // at STATE_AT, sealed
    unsigned char extra[SEAL_EXTRA];
    unsigned char sealed[80];
};
struct closed { // what is sealed in it
    uint64_t in_order, n_bytes;
    char digest[DIGEST_HEX - 1]; // of the nonces and tags of all pages
};
static_assert(sizeof(struct lock) == 160 && sizeof(struct state) == 120 &&
                  sizeof(struct closed) == 80,
              "no gaps in the block");

struct seal {
    char path[LIMIT_PATH_BYTES];
    int fd;
    bool begun;
    struct seal_key master, pages, log, states;
};

// Whole reads and writes -----------------------------------------------------------------------

static int read_at(const struct seal *seal, void *out, size_t n, uint64_t at, struct err *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t got = pread(seal->fd, (char *)out + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be read", seal->path);
        if (got == 0)
            return err_set(err, ERR_DATA,
                           "%s is cut off; take it from a backup, or begin a new directory",
                           seal->path);
        done += (size_t)got;
    }
    return 0;
}

static int write_at(const struct seal *seal, const void *from, size_t n, uint64_t at,
                    struct err *err)
{
    for (size_t done = 0; done < n;) {
        ssize_t put = pwrite(seal->fd, (const char *)from + done, n - done, (off_t)(at + done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be written", seal->path);
        done += (size_t)put;
    }
    if (fdatasync(seal->fd) != 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be written", seal->path);
    return 0;
}

// Pieces ---------------------------------------------------------------------------------------

struct place {
    unsigned char bytes[9];
};

static struct str place_of(enum seal_piece piece, uint64_t number, struct place *place)
{
    place->bytes[0] = (unsigned char)piece;
    for (size_t i = 0; i < 8; i++)
        place->bytes[1 + i] = (unsigned char)(number >> (8 * i));
    return str_make((const char *)place->bytes, sizeof place->bytes);
}

static const struct seal_key *key_of(const struct seal *seal, enum seal_piece piece)
{
    return piece == SEAL_PIECE_PAGE ? &seal->pages : &seal->log;
}

void seal_page(const struct seal *seal, enum seal_piece piece, uint64_t number, const void *page,
               unsigned char *out)
{
    struct place place;
    crypto_seal(key_of(seal, piece), place_of(piece, number, &place), page, SEAL_TEXT, out,
                out + SEAL_TEXT);
}

bool unseal_page(const struct seal *seal, enum seal_piece piece, uint64_t number, void *page)
{
    struct place place;
    unsigned char *text = page;
    bool whole = crypto_unseal(key_of(seal, piece), place_of(piece, number, &place), text,
                               SEAL_TEXT, text + SEAL_TEXT, text);
    memset(text + SEAL_TEXT, 0, SEAL_EXTRA);
    return whole;
}

void seal_head(const struct seal *seal, enum seal_piece piece, uint64_t number, const void *head,
               size_t n, unsigned char *out)
{
    struct place place;
    crypto_seal(&seal->log, place_of(piece, number, &place), head, n, out, out + n);
}

bool unseal_head(const struct seal *seal, enum seal_piece piece, uint64_t number,
                 const unsigned char *sealed, size_t n, void *head)
{
    struct place place;
    return crypto_unseal(&seal->log, place_of(piece, number, &place), sealed, n, sealed + n, head);
}

void seal_key_for(const struct seal *seal, uint64_t purpose, struct seal_key *key)
{
    crypto_derive_key(&seal->master, FOR_OTHERS + purpose, key);
}

// The lock -------------------------------------------------------------------------------------

static int key_of_secret(const struct seal_secret *secret, const struct lock *lock,
                         struct seal_key *key, struct err *err)
{
    if (secret->kind == SEAL_PASSPHRASE)
        return crypto_stretch(secret->passphrase, lock->salt, lock->passes, lock->memory, key, err);
    *key = secret->key;
    return 0;
}

static struct str lock_place(const struct lock *lock)
{
    return str_make((const char *)lock, offsetof(struct lock, extra));
}

// At the start of the block, which has no state yet.
static int make_lock(struct seal *seal, const struct seal_secret *secret, unsigned char *block,
                     struct err *err)
{
    struct lock lock = { .magic = MAGIC, .kind = secret->kind };
    struct seal_key key, check;
    if (secret->kind == SEAL_PASSPHRASE) {
        lock.passes = PASSES;
        lock.memory = MEMORY;
    }
    crypto_random(lock.salt, sizeof lock.salt);
    int rc = key_of_secret(secret, &lock, &key, err);
    if (rc)
        return rc;
    crypto_derive_key(&key, FOR_CHECK, &check);
    memcpy(lock.check, check.bytes, sizeof lock.check);
    crypto_random_key(&seal->master);
    crypto_seal(&key, lock_place(&lock), seal->master.bytes, sizeof seal->master.bytes,
                lock.wrapped, lock.extra);
    crypto_wipe(&key, sizeof key);
    memcpy(block, &lock, sizeof lock);
    return 0;
}

static int damaged_block(const struct seal *seal, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "the first block of %s is damaged; take the file from a backup, or begin a new "
                   "directory",
                   seal->path);
}

static int check_kind(const struct seal *seal, const struct lock *lock,
                      const struct seal_secret *secret, struct err *err)
{
    bool by_file = lock->kind == SEAL_KEY_FILE;
    bool known = memcmp(lock->magic, MAGIC, sizeof lock->magic) == 0 && lock->zero == 0 &&
                 (by_file || lock->kind == SEAL_PASSPHRASE) && lock->passes <= MOST_PASSES &&
                 lock->memory <= MOST_MEMORY;
    if (!known)
        return damaged_block(seal, err);
    if (lock->kind == secret->kind)
        return 0;
    return err_set(err, ERR_CONFIG, "%s was encrypted with a %s; name it with %s", seal->path,
                   by_file ? "key file" : "passphrase",
                   by_file ? "--vault-key FILE" : "--vault-passphrase-from");
}

static int open_lock(struct seal *seal, const struct seal_secret *secret, struct err *err)
{
    unsigned char block[SEAL_BLOCK];
    struct lock lock;
    struct seal_key key, check;
    int rc = read_at(seal, block, sizeof block, 0, err);
    if (rc)
        return rc;
    memcpy(&lock, block, sizeof lock);
    for (size_t i = sizeof lock; i < sizeof block; i++)
        if ((i < STATE_AT || i >= STATE_AT + sizeof(struct state)) && block[i])
            return damaged_block(seal, err);
    rc = check_kind(seal, &lock, secret, err);
    if (!rc)
        rc = key_of_secret(secret, &lock, &key, err);
    if (rc)
        return rc;
    crypto_derive_key(&key, FOR_CHECK, &check);
    bool right = memcmp(check.bytes, lock.check, sizeof lock.check) == 0;
    bool whole = crypto_unseal(&key, lock_place(&lock), lock.wrapped, sizeof lock.wrapped,
                               lock.extra, seal->master.bytes);
    crypto_wipe(&key, sizeof key);
    if (right && whole)
        return 0;
    if (right)
        return damaged_block(seal, err);
    return err_set(err, ERR_CONFIG,
                   "this %s does not open %s: it was encrypted with another one, or its first "
                   "block is damaged. Nothing was changed",
                   secret->kind == SEAL_KEY_FILE ? "key" : "passphrase", seal->path);
}

// Closed in order ------------------------------------------------------------------------------

static int damaged_page(const struct seal *seal, uint64_t number, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "%s is damaged or was changed by somebody without its key: page %llu cannot be "
                   "unsealed. Take it from a backup, or begin a new directory",
                   seal->path, (unsigned long long)number);
}

// The digest of all pages' nonces and tags; with `check` every page is unsealed, too.
static int digest_pages(const struct seal *seal, bool check, struct closed *closed, struct err *err)
{
    struct digest d;
    char hex[DIGEST_HEX];
    int64_t size = file_size(seal->path);
    unsigned char *block = malloc(BLOCK_PAGES * SEAL_PAGE);
    if (!block)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = 0;
    closed->n_bytes = (uint64_t)(size < 0 ? 0 : size);
    uint64_t n_pages = closed->n_bytes / SEAL_PAGE; // the first is no page but the block
    digest_init(&d);
    for (uint64_t first = 1; !rc && first < n_pages; first += BLOCK_PAGES) {
        size_t n = (size_t)(n_pages - first < BLOCK_PAGES ? n_pages - first : BLOCK_PAGES);
        rc = read_at(seal, block, n * SEAL_PAGE, first * SEAL_PAGE, err);
        for (size_t i = 0; !rc && i < n; i++) {
            unsigned char *page = block + i * SEAL_PAGE;
            digest_add(&d, str_make((const char *)page + SEAL_TEXT, SEAL_EXTRA));
            if (check && !unseal_page(seal, SEAL_PIECE_PAGE, first + i, page))
                rc = damaged_page(seal, first + i, err);
        }
    }
    crypto_wipe(block, BLOCK_PAGES * SEAL_PAGE);
    free(block);
    digest_hex(&d, hex);
    memcpy(closed->digest, hex, sizeof closed->digest);
    return rc;
}

static struct state make_state(const struct seal *seal, const struct closed *closed)
{
    struct state state;
    crypto_seal(&seal->states, STR_LIT("state"), closed, sizeof *closed, state.sealed, state.extra);
    return state;
}

static int put_state(const struct seal *seal, const struct closed *closed, struct err *err)
{
    struct state state = make_state(seal, closed);
    return write_at(seal, &state, sizeof state, STATE_AT, err);
}

static bool has_log(const struct seal *seal)
{
    char log[LIMIT_PATH_BYTES + 8];
    snprintf(log, sizeof log, "%s-wal", seal->path);
    return file_size(log) > 0;
}

static int check_state(const struct seal *seal, struct err *err)
{
    struct state state;
    struct closed noted, found = { 0 };
    int rc = read_at(seal, &state, sizeof state, STATE_AT, err);
    if (rc)
        return rc;
    if (!crypto_unseal(&seal->states, STR_LIT("state"), state.sealed, sizeof state.sealed,
                       state.extra, &noted))
        return damaged_block(seal, err);
    if (!noted.in_order)
        return 0; // a run was killed; its log is beside it, and every page is checked when read
    if (has_log(seal))
        return err_set(err, ERR_DATA,
                       "%s was closed without a log, but %s-wal is there: it is of another state "
                       "of the vault. Move it away and run the same command again",
                       seal->path, seal->path);
    int64_t size = file_size(seal->path);
    bool same_size = size >= 0 && (uint64_t)size == noted.n_bytes;
    if (same_size)
        rc = digest_pages(seal, true, &found, err);
    if (rc || (same_size && memcmp(found.digest, noted.digest, sizeof found.digest) == 0))
        return rc;
    return err_set(err, ERR_DATA,
                   "%s is damaged: %s. Take it from a backup, or begin a new directory", seal->path,
                   same_size ? "a part of it is of an older state"
                   : size < 0 || (uint64_t)size < noted.n_bytes ? "it was cut off"
                                                                : "something was added to it");
}

// Opening and closing --------------------------------------------------------------------------

bool seal_is_sealed(const char *path)
{
    char head[16] = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool whole = pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head;
    close(fd);
    // One wrong bit here must not make the file look like somebody else's.
    size_t n_same = 0;
    for (size_t i = 0; i < sizeof head; i++)
        n_same += head[i] == MAGIC[i];
    return whole && n_same + 2 >= sizeof head;
}

// The block is written at once: a lock without a state would be taken for damaged, for ever.
static int put_block(const struct seal *seal, unsigned char *block, struct err *err)
{
    struct closed nothing = { 0 };
    struct state state = make_state(seal, &nothing);
    memcpy(block + STATE_AT, &state, sizeof state);
    return write_at(seal, block, SEAL_BLOCK, 0, err);
}

static int open_block(struct seal *seal, const struct seal_secret *secret, struct err *err)
{
    unsigned char block[SEAL_BLOCK] = { 0 }; // of a new file
    bool is_new = file_size(seal->path) == 0;
    int rc = is_new ? make_lock(seal, secret, block, err) : open_lock(seal, secret, err);
    if (rc)
        return rc;
    crypto_derive_key(&seal->master, FOR_PAGES, &seal->pages);
    crypto_derive_key(&seal->master, FOR_LOG, &seal->log);
    crypto_derive_key(&seal->master, FOR_STATE, &seal->states);
    return is_new ? put_block(seal, block, err) : check_state(seal, err);
}

static void release(struct seal *seal)
{
    if (seal->fd >= 0)
        close(seal->fd);
    crypto_wipe(seal, sizeof *seal);
    free(seal);
}

int seal_open(struct seal **out, const char *path, const struct seal_secret *secret,
              struct err *err)
{
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    snprintf(seal->path, sizeof seal->path, "%s", path);
    int rc = crypto_start(err);
    seal->fd = open(path, O_RDWR | O_CLOEXEC);
    if (!rc && seal->fd < 0)
        rc = err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened for writing", path);
    if (!rc)
        rc = open_block(seal, secret, err);
    if (rc) {
        release(seal);
        return rc;
    }
    *out = seal;
    return 0;
}

int seal_begin(struct seal *seal, struct err *err)
{
    struct closed not_in_order = { 0 };
    if (seal->begun)
        return 0;
    int rc = put_state(seal, &not_in_order, err);
    seal->begun = !rc;
    return rc;
}

int seal_close(struct seal *seal, struct err *err)
{
    struct closed closed = { .in_order = 1 };
    int rc = 0;
    if (!seal)
        return 0;
    if (seal->begun && !has_log(seal)) {
        rc = digest_pages(seal, false, &closed, err);
        if (!rc)
            rc = put_state(seal, &closed, err);
    }
    release(seal);
    return rc;
}
