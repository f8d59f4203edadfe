// SPDX-License-Identifier: Apache-2.0
// crypto.c: published values of SipHash and SHA-256, digests in pieces, the key file.
#include "unit/check.h"

#include "base/crypto.h"
#include "base/file.h"

#include <sys/stat.h>

// SipHash-2-4 of the bytes 0 … 14 under the key 0 … 15: appendix A of Aumasson and Bernstein.
static void test_siphash(void **state)
{
    struct hash_key key;
    char text[15];
    (void)state;
    for (size_t i = 0; i < sizeof key.bytes; i++)
        key.bytes[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)i;
    assert_true(hash_bytes(&key, str_make(text, sizeof text)) == 0xa129ca6149be45e5U);
    assert_true(hash_bytes(&key, str_make(NULL, 0)) == hash_bytes(&key, STR_LIT("")));
    struct hash_key one = hash_key_of_seed(1), two = hash_key_of_seed(2);
    assert_true(hash_bytes(&one, STR_LIT("x")) != hash_bytes(&two, STR_LIT("x")));
    assert_true(hash_text(STR_LIT("x")) == hash_text(STR_LIT("x")));
}

// What hash_wide says of itself, with libsodium's SipHash one stream after the other.
static uint64_t wide_by_streams(const struct hash_key *key, const unsigned char *p, size_t n)
{
    unsigned char streams[4][2048], last[4 * 8 + 8 + 32] = { 0 };
    size_t n_steps = n / 32;
    for (size_t j = 0; j < 4; j++) {
        for (size_t i = 0; i < n_steps; i++)
            memcpy(streams[j] + 8 * i, p + 32 * i + 8 * j, 8);
        uint64_t value = hash_bytes(key, str_make((const char *)streams[j], 8 * n_steps));
        memcpy(last + 8 * j, &value, 8);
    }
    memcpy(last + 32, &n, 8);
    memcpy(last + 40, p + 32 * n_steps, n % 32);
    return hash_bytes(key, str_make((const char *)last, sizeof last));
}

static void test_wide(void **state)
{
    static unsigned char text[8192 + 3];
    struct hash_key key = hash_key_of_seed(7);
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * 2654435761u >> 11);
    for (size_t n = 0; n <= 8192; n += n < 300 ? 1 : 263)
        for (size_t at = 0; at < 3; at++) // wherever it lies
            assert_true(hash_wide(&key, str_make((const char *)text + at, n)) ==
                        wide_by_streams(&key, text + at, n));
    assert_true(hash_wide(&key, str_make(NULL, 0)) == hash_wide(&key, STR_LIT("")));
    for (size_t at = 0; at < 100; at++) { // every byte counts, in its place
        uint64_t before = hash_wide(&key, str_make((const char *)text, 100));
        text[at] ^= 0x20;
        assert_true(hash_wide(&key, str_make((const char *)text, 100)) != before);
        text[at] ^= 0x20;
    }
    assert_true(hash_wide(&key, str_make("\0", 1)) != hash_wide(&key, STR_LIT("")));
    struct hash_key other = hash_key_of_seed(8);
    assert_true(hash_wide(&key, STR_LIT("x")) != hash_wide(&other, STR_LIT("x")));
}

static void test_wide_in_pieces(void **state)
{
    static unsigned char text[2048 + 31];
    struct hash_key key = hash_key_of_seed(9);
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * 2654435761u >> 7);
    for (size_t piece = 32; piece <= 2048; piece *= 2)
        for (size_t n = 0; n <= sizeof text; n += n < 100 ? 1 : 61) {
            struct wide_hash w;
            wide_hash_init(&w, &key);
            for (size_t at = 0; at < n; at += piece)
                wide_hash_add(&w, str_make((const char *)text + at, size_min(piece, n - at)));
            assert_true(wide_hash_end(&w) == wide_by_streams(&key, text, n));
        }
}

static void digest_of(const char *const *pieces, char hex[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    for (; *pieces; pieces++)
        digest_add(&d, str_of(*pieces));
    digest_hex(&d, hex);
}

static void test_digest_keeps_pieces_apart(void **state)
{
    char a[DIGEST_HEX], b[DIGEST_HEX], c[DIGEST_HEX];
    (void)state;
    digest_of((const char *const[]){ "ab", "c", NULL }, a);
    digest_of((const char *const[]){ "a", "bc", NULL }, b);
    digest_of((const char *const[]){ "ab", "c", NULL }, c);
    assert_int_equal(strlen(a), DIGEST_HEX - 1);
    assert_string_equal(a, c);
    assert_string_not_equal(a, b);
}

static void test_sha256(void **state)
{
    char dir[256], path[300], hex[DIGEST_HEX];
    struct err err;
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/x", dir);
    assert_ok(file_write(path, STR_LIT("abc"), &err));
    assert_ok(file_sha256(path, hex, &err));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_ok(file_write(path, STR_LIT(""), &err));
    assert_ok(file_sha256(path, hex, &err));
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_error(file_sha256(dir, hex, &err), ERR_IO);
    remove_dir(dir);
    assert_error(file_sha256(path, hex, &err), ERR_NO_INPUT);
}

// The values are from a SipHash in Python, written from its paper, and hashlib's BLAKE2b.
static void test_file_digest(void **state)
{
    static char block[(1 << 20) + 1];
    char dir[256], path[300], hex[DIGEST_HEX], other[DIGEST_HEX];
    struct err err;
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/x", dir);
    assert_ok(file_write(path, STR_LIT(""), &err));
    assert_ok(file_digest(path, hex, &err));
    assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    memset(block, 'a', sizeof block);
    block[sizeof block - 1] = 'b';
    assert_ok(file_write(path, str_make(block, sizeof block), &err));
    assert_ok(file_digest(path, hex, &err));
    assert_string_equal(hex, "56012a98a42f09225b45a595d0cd62b89d5de4ec55cd8ccb7d94082ce8014284");
    for (size_t at = 0; at < sizeof block; at += 1 << 20) { // of either block
        block[at] ^= 1;
        assert_ok(file_write(path, str_make(block, sizeof block), &err));
        assert_ok(file_digest(path, other, &err));
        assert_string_not_equal(hex, other);
        block[at] ^= 1;
    }
    assert_error(file_digest(dir, hex, &err), ERR_IO);
    remove_dir(dir);
    assert_error(file_digest(path, hex, &err), ERR_NO_INPUT);
}

static void test_content_in_pieces(void **state)
{
    static char text[(2 << 20) + 77];
    static const size_t pieces[] = { 1, 5, 31, 32, 33, 1000, (1 << 18) + 3, 1 << 20, sizeof text };
    char dir[256], path[300], hex[DIGEST_HEX], other[DIGEST_HEX];
    struct err err;
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/x", dir);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 2654435761U >> 13);
    assert_ok(file_write(path, str_make(text, sizeof text), &err));
    assert_ok(file_digest(path, hex, &err));
    remove_dir(dir);
    for (size_t p = 0; p < COUNT_OF(pieces); p++) {
        struct content_digest d;
        content_digest_init(&d);
        for (size_t at = 0; at < sizeof text; at += pieces[p]) {
            content_digest_add(&d, str_make(text + at, size_min(pieces[p], sizeof text - at)));
            content_digest_add(&d, STR_LIT(""));
        }
        content_digest_hex(&d, other);
        assert_string_equal(hex, other);
    }
}

static void test_key_file(void **state)
{
    char dir[256], path[300];
    struct hash_key made, read;
    struct err err;
    struct stat st;
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/vault.key", dir);
    assert_ok(crypto_load_or_make_key(path, &made, &err));
    assert_ok(crypto_load_or_make_key(path, &read, &err));
    assert_memory_equal(&made, &read, sizeof made);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(file_write(path, STR_LIT("short"), &err));
    assert_error(crypto_load_or_make_key(path, &read, &err), ERR_DATA);
    assert_ok(file_write(path, STR_LIT("a key that is longer than it may be"), &err));
    assert_error(crypto_load_or_make_key(path, &read, &err), ERR_DATA);
    remove_dir(dir);
}

int main(void)
{
    struct err err;
    if (crypto_start(&err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash),        cmocka_unit_test(test_digest_keeps_pieces_apart),
        cmocka_unit_test(test_sha256),         cmocka_unit_test(test_file_digest),
        cmocka_unit_test(test_key_file),       cmocka_unit_test(test_wide),
        cmocka_unit_test(test_wide_in_pieces), cmocka_unit_test(test_content_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
