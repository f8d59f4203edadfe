// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static_assert(sizeof(struct hash_key) == crypto_shorthash_KEYBYTES, "SipHash key size");
static_assert(sizeof(struct digest) >= sizeof(crypto_generichash_state), "BLAKE2b state size");

int crypto_start(struct err *err)
{
    if (sodium_init() < 0)
        return err_set(err, ERR_SOFTWARE, "libsodium could not start: no source of random bytes");
    return 0;
}

void crypto_random(void *out, size_t size)
{
    randombytes_buf(out, size);
}

void crypto_derive(const struct hash_key *key, struct str purpose, unsigned char out[32])
{
    crypto_generichash(out, 32, (const unsigned char *)(purpose.ptr ? purpose.ptr : ""),
                       purpose.len, key->bytes, sizeof key->bytes);
}

static crypto_generichash_state *state_of(struct digest *d)
{
    return (crypto_generichash_state *)(void *)d->state;
}

void crypto_derive_init(struct digest *d, const struct hash_key *key)
{
    crypto_generichash_init(state_of(d), key->bytes, sizeof key->bytes, 32);
}

void crypto_derive_add(struct digest *d, const void *piece, size_t size)
{
    crypto_generichash_update(state_of(d), piece, size);
}

void crypto_derive_end(struct digest *d, unsigned char out[32])
{
    crypto_generichash_final(state_of(d), out, 32);
}

void crypto_stream_block(const unsigned char key[32], uint64_t counter, uint64_t words[8])
{
    static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES] = { 0 };
    static const unsigned char zeros[64] = { 0 };
    unsigned char bytes[64];
    crypto_stream_chacha20_xor_ic(bytes, zeros, sizeof bytes, nonce, counter, key);
    for (size_t i = 0; i < 8; i++) {
        words[i] = 0;
        for (size_t j = 8; j-- > 0;)
            words[i] = words[i] << 8 | bytes[8 * i + j];
    }
}

void crypto_wipe(void *p, size_t size)
{
    sodium_memzero(p, size);
}

void crypto_hide_memory(void)
{
    struct rlimit none = { 0, 0 };
    bool limited = setrlimit(RLIMIT_CORE, &none) == 0;
#ifdef __SANITIZE_ADDRESS__ // its search for leaks traces the process
    bool hidden = true;
#else
    bool hidden = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
    assert(limited && hidden); // neither can fail with these arguments
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void crypto_hex(const void *bytes, size_t size, char *hex)
{
    sodium_bin2hex(hex, 2 * size + 1, bytes, size);
}

bool crypto_unhex(struct str hex, void *bytes, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < hex.len; i++)
        if (hex.ptr[i] >= 'A' && hex.ptr[i] <= 'F')
            return false;
    return hex.len == 2 * size &&
           sodium_hex2bin(bytes, size, hex.ptr, hex.len, NULL, &n, NULL) == 0 && n == size;
}

static_assert(PASSWORD_HASH == crypto_pwhash_STRBYTES, "size of a password's hash");

int password_hash(struct str password, const struct password_cost *cost, char hash[PASSWORD_HASH],
                  struct err *err)
{
    if (crypto_pwhash_str_alg(hash, password.ptr ? password.ptr : "", password.len, cost->passes,
                              cost->bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
        return err_set(err, ERR_TRY_AGAIN, "%zu MiB of memory are needed to hash a password",
                       cost->bytes >> 20);
    return 0;
}

bool password_fits(const char hash[PASSWORD_HASH], struct str password)
{
    return crypto_pwhash_str_verify(hash, password.ptr ? password.ptr : "", password.len) == 0;
}

bool password_is_old(const char hash[PASSWORD_HASH], const struct password_cost *cost)
{
    return crypto_pwhash_str_needs_rehash(hash, cost->passes, cost->bytes) != 0;
}

void hmac_sha256(struct str key, struct str text, unsigned char out[HMAC_BYTES])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)(key.ptr ? key.ptr : ""), key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                  text.len);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

static_assert(sizeof(((struct sign_key *)0)->secret) == crypto_sign_SECRETKEYBYTES, "signing key");
static_assert(SIGN_BYTES == crypto_sign_BYTES && SIGN_SEED == crypto_sign_SEEDBYTES, "signature");

void sign_key_of_seed(const unsigned char seed[SIGN_SEED], struct sign_key *key)
{
    crypto_sign_seed_keypair(key->shown, key->secret, seed);
}

void sign_text(const struct sign_key *key, struct str text, unsigned char out[SIGN_BYTES])
{
    crypto_sign_detached(out, NULL, (const unsigned char *)text.ptr, text.len, key->secret);
}

bool sign_fits(const unsigned char shown[32], struct str text, const unsigned char sign[SIGN_BYTES])
{
    return crypto_sign_verify_detached(sign, (const unsigned char *)text.ptr, text.len, shown) == 0;
}

static int read_key(int fd, const char *path, struct hash_key *key, struct err *err)
{
    unsigned char bytes[sizeof key->bytes + 1];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be read", path);
    if ((size_t)n != sizeof key->bytes)
        return err_set(err, ERR_DATA,
                       "%s is not a key of %zu bytes; restore it from a backup, or start a new "
                       "run directory",
                       path, sizeof key->bytes);
    memcpy(key->bytes, bytes, sizeof key->bytes);
    crypto_wipe(bytes, sizeof bytes);
    return 0;
}

int crypto_load_or_make_key(const char *path, struct hash_key *key, struct err *err)
{
    int rc = crypto_start(err);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        crypto_random(key->bytes, sizeof key->bytes);
        return file_write_private(path, str_make((char *)key->bytes, sizeof key->bytes), err);
    }
    if (fd < 0)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened", path);
    rc = read_key(fd, path, key, err);
    close(fd);
    return rc;
}

static_assert(SEAL_EXTRA == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "nonce and tag");
static_assert(sizeof(struct seal_key) == crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
              "key of the cipher");
static_assert(sizeof(struct seal_key) == crypto_kdf_KEYBYTES, "key to derive keys from");
static_assert(SEAL_SALT == crypto_pwhash_SALTBYTES, "salt of Argon2id");
#define SEAL_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

void crypto_seal(const struct seal_key *key, struct str place, const void *plain, size_t n,
                 void *sealed, unsigned char extra[SEAL_EXTRA])
{
    randombytes_buf(extra, SEAL_NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt_detached(sealed, extra + SEAL_NONCE, NULL, plain, n,
                                                        (const unsigned char *)place.ptr, place.len,
                                                        NULL, extra, key->bytes);
}

bool crypto_unseal(const struct seal_key *key, struct str place, const void *sealed, size_t n,
                   const unsigned char extra[SEAL_EXTRA], void *plain)
{
    if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
            plain, NULL, sealed, n, extra + SEAL_NONCE, (const unsigned char *)place.ptr, place.len,
            extra, key->bytes) == 0)
        return true;
    sodium_memzero(plain, n);
    return false;
}

#define LINE_PLACE STR_LIT("line")

int crypto_seal_line(const struct seal_key *key, struct str line, struct buf *out, struct err *err)
{
    struct buf bytes;
    buf_init(&bytes, line.len + SEAL_EXTRA, "sealed line");
    size_t n_text =
        sodium_base64_ENCODED_LEN(line.len + SEAL_EXTRA, sodium_base64_VARIANT_ORIGINAL);
    unsigned char *sealed = (unsigned char *)buf_room(&bytes, line.len + SEAL_EXTRA, err);
    buf_clear(out);
    char *text = sealed ? buf_room(out, n_text, err) : NULL;
    if (text) {
        crypto_seal(key, LINE_PLACE, line.ptr, line.len, sealed + SEAL_EXTRA, sealed);
        sodium_bin2base64(text, n_text, sealed, line.len + SEAL_EXTRA,
                          sodium_base64_VARIANT_ORIGINAL);
        out->len = n_text - 1;
    }
    buf_release(&bytes);
    return text ? 0 : (int)err->code;
}

bool crypto_unseal_line(const struct seal_key *key, struct str sealed, struct buf *out)
{
    struct err ignored = { 0 };
    struct buf bytes;
    size_t n = 0;
    buf_init(&bytes, sealed.len + 1, "sealed line");
    buf_clear(out);
    unsigned char *raw = (unsigned char *)buf_room(&bytes, sealed.len + 1, &ignored);
    char *text = raw ? buf_room(out, sealed.len + 1, &ignored) : NULL;
    bool whole = text &&
                 sodium_base642bin(raw, sealed.len, sealed.ptr, sealed.len, NULL, &n, NULL,
                                   sodium_base64_VARIANT_ORIGINAL) == 0 &&
                 n >= SEAL_EXTRA &&
                 crypto_unseal(key, LINE_PLACE, raw + SEAL_EXTRA, n - SEAL_EXTRA, raw, text);
    if (whole)
        out->len = n - SEAL_EXTRA;
    buf_release(&bytes);
    return whole;
}

void crypto_random_key(struct seal_key *key)
{
    randombytes_buf(key->bytes, sizeof key->bytes);
}

void crypto_derive_key(const struct seal_key *from, uint64_t purpose, struct seal_key *key)
{
    crypto_kdf_derive_from_key(key->bytes, sizeof key->bytes, purpose, "cliovlt", from->bytes);
}

int crypto_stretch(struct str passphrase, const unsigned char salt[SEAL_SALT], uint64_t passes,
                   uint64_t memory, struct seal_key *key, struct err *err)
{
    if (crypto_pwhash(key->bytes, sizeof key->bytes, passphrase.ptr, passphrase.len, salt, passes,
                      memory, crypto_pwhash_ALG_ARGON2ID13) == 0)
        return 0;
    return err_set(err, ERR_UNAVAILABLE,
                   "turning the passphrase into a key takes %llu MiB of memory, which are not "
                   "free; free some and run the same command again",
                   (unsigned long long)(memory >> 20));
}

struct hash_key hash_key_of_seed(uint64_t seed)
{
    struct hash_key key = { { 0 } };
    memcpy(key.bytes, &seed, sizeof seed);
    memcpy(key.bytes + 8, "clioseed", 8);
    return key;
}

uint64_t hash_bytes(const struct hash_key *key, struct str s)
{
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t value;
    crypto_shorthash(out, (const unsigned char *)(s.ptr ? s.ptr : ""), s.len, key->bytes);
    memcpy(&value, out, sizeof value);
    return value;
}

static const struct hash_key text_key = { "clio text tables" };

uint64_t hash_text(struct str s)
{
    return hash_bytes(&text_key, s);
}

uint64_t hash_text_wide(struct str s)
{
    return hash_wide(&text_key, s);
}

void digest_init(struct digest *d)
{
    crypto_generichash_init(state_of(d), NULL, 0, 32);
}

void digest_add(struct digest *d, struct str s)
{
    uint64_t len = s.len;
    crypto_generichash_state *state = state_of(d);
    crypto_generichash_update(state, (const unsigned char *)&len, sizeof len);
    if (s.len)
        crypto_generichash_update(state, (const unsigned char *)s.ptr, s.len);
}

void digest_hex(struct digest *d, char hex[DIGEST_HEX])
{
    unsigned char out[32];
    crypto_generichash_final(state_of(d), out, sizeof out);
    sodium_bin2hex(hex, DIGEST_HEX, out, sizeof out);
}

void sha256_bytes(struct str s, unsigned char out[crypto_hash_sha256_BYTES])
{
    crypto_hash_sha256(out, (const unsigned char *)(s.ptr ? s.ptr : ""), s.len);
}

void sha256_base64(struct str s, char out[SHA256_BASE64])
{
    unsigned char sum[crypto_hash_sha256_BYTES];
    sha256_bytes(s, sum);
    sodium_bin2base64(out, SHA256_BASE64, sum, sizeof sum, sodium_base64_VARIANT_ORIGINAL);
}

#define FILE_BLOCK ((size_t)1 << 20)
#define FILE_PIECE ((size_t)128 << 10) // stays in the cache until it is hashed

// Hands a whole file to `add`, piece by piece.
static int read_whole(const char *path, void (*add)(void *state, const unsigned char *p, size_t n),
                      void *state, struct err *err)
{
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened", path);
    unsigned char *buffer = sodium_malloc(FILE_PIECE);
    size_t n = 0;
    while (buffer && (n = fread(buffer, 1, FILE_PIECE, f)) > 0)
        add(state, buffer, n);
    int failed = !buffer || ferror(f);
    sodium_free(buffer);
    fclose(f);
    return failed ? err_set(err, ERR_IO, "%s cannot be read to its end", path) : 0;
}

static void add_sha256(void *state, const unsigned char *p, size_t n)
{
    crypto_hash_sha256_update(state, p, n);
}

int file_sha256(const char *path, char hex[DIGEST_HEX], struct err *err)
{
    unsigned char out[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    int rc = read_whole(path, add_sha256, &state, err);
    crypto_hash_sha256_final(&state, out);
    if (!rc)
        sodium_bin2hex(hex, DIGEST_HEX, out, sizeof out);
    return rc;
}

static void begin_block(struct content_digest *d)
{
    static const struct hash_key fixed = { "clio file digest" };
    wide_hash_init(&d->block, &fixed);
}

static void end_block(struct content_digest *d)
{
    uint64_t value = wide_hash_end(&d->block);
    crypto_generichash_update(state_of(&d->all), (const unsigned char *)&value, sizeof value);
}

void content_digest_init(struct content_digest *d)
{
    digest_init(&d->all);
    begin_block(d);
}

void content_digest_add(struct content_digest *d, struct str piece)
{
    while (piece.len) {
        if (d->block.len == FILE_BLOCK) {
            end_block(d);
            begin_block(d);
        }
        size_t n = size_min(piece.len, FILE_BLOCK - (size_t)d->block.len);
        wide_hash_add(&d->block, str_head(piece, n));
        piece = str_from(piece, n);
    }
}

void content_digest_hex(struct content_digest *d, char hex[DIGEST_HEX])
{
    if (d->block.len)
        end_block(d);
    digest_hex(&d->all, hex);
}

static void add_piece(void *state, const unsigned char *p, size_t n)
{
    content_digest_add(state, str_make((const char *)p, n));
}

int file_digest(const char *path, char hex[DIGEST_HEX], struct err *err)
{
    struct content_digest d;
    content_digest_init(&d);
    int rc = read_whole(path, add_piece, &d, err);
    if (!rc)
        content_digest_hex(&d, hex);
    return rc;
}
