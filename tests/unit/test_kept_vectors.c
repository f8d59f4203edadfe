// SPDX-License-Identifier: Apache-2.0
// The vectors of a public list: the same bits whether a file keeps them or not; read when they are
// there; made anew when the file is of another model, damaged anywhere, or of others' hands.
#include "unit/check.h"

#include "base/crypto.h"
#include "base/file.h"
#include "embed/embedder.h"
#include "embed/kept_vectors.h"

#include <dirent.h>
#include <sys/stat.h>

#define DATA_DIR "tests/unit/data/"
#define N_TEXTS ((size_t)9)
#define NOT_A_PROBE 1
#define HEAD ((size_t)152)

static const char *const words[N_TEXTS] = {
    "Recipes: soup, bread", "Databases: joins", "Law: rent",      "Sleep",
    "Gardens: roses, soil", "Poems about rain", "Taxes: a house", "Trains",
    "Chess: openings",
};
static struct str texts[N_TEXTS];
static char home[256], folder[300];
static struct arena arena;
static struct err err;

static struct embedder *open_model(const char *name, enum embedder_precision precision)
{
    struct embedder *e = NULL;
    assert_ok(embedder_open(&e, name, precision, NULL, &err));
    return e;
}

static struct matrix make_rows(const struct embedder *e)
{
    struct matrix m;
    assert_ok(matrix_make(&m, N_TEXTS, embedder_dims(e), &arena, "test", &err));
    memset(m.data, 0xFF, N_TEXTS * m.stride * sizeof(float));
    return m;
}

static void expect_rows(const struct matrix *got, const struct matrix *wanted)
{
    for (size_t i = 0; i < N_TEXTS; i++)
        assert_memory_equal(matrix_row(got, i), matrix_row(wanted, i), got->n_cols * sizeof(float));
}

// The vectors by way of the file are `wanted`.
static void expect_public(struct embedder *e, const struct matrix *wanted)
{
    struct matrix got = make_rows(e);
    assert_ok(embedder_encode_public(e, texts, N_TEXTS, &got, &err));
    expect_rows(&got, wanted);
}

// How many files are kept; the path of one of them.
static size_t count_kept(char path[600])
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.') {
            n++;
            snprintf(path, 600, "%s/%s", folder, entry->d_name);
        }
    if (dir)
        closedir(dir);
    return n;
}

// How many of them have this size; all must be the owner's alone.
static size_t count_sized(size_t size)
{
    size_t n = 0;
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        assert_int_equal(fstatat(dirfd(dir), entry->d_name, &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        n += (size_t)st.st_size == size;
    }
    closedir(dir);
    return n;
}

static struct str read_kept(const char *path)
{
    struct str file;
    assert_ok(file_read(&arena, path, (size_t)1 << 20, &file, &err));
    return file;
}

static int clear(void **state)
{
    (void)state;
    remove_dir(folder);
    return 0;
}

static void test_same_bits(void **state)
{
    static const char *const models[] = { DATA_DIR "tiny-bert", DATA_DIR "tiny-mpnet" };
    static const enum embedder_precision precisions[] = { EMBEDDER_FP32, EMBEDDER_BF16,
                                                          EMBEDDER_INT16, EMBEDDER_INT8 };
    char path[600];
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(models); i++)
        for (size_t p = 0; p < COUNT_OF(precisions); p++) {
            struct embedder *e = open_model(models[i], precisions[p]);
            struct matrix plain = make_rows(e);
            assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
            expect_public(e, &plain);
            assert_int_equal(count_kept(path), ++n); // one each
            size_t size = HEAD + N_TEXTS * plain.n_cols * sizeof(float);
            assert_int_equal(count_sized(size), p + 1); // the models differ in size
            expect_public(e, &plain);
            assert_int_equal(count_kept(path), n);
            embedder_close(e);
        }
}

// Vectors that the encoder did not make, under the key of the only file there.
static void forge(const struct matrix *plain, size_t row, struct matrix *forged)
{
    char path[600], key[DIGEST_HEX] = "";
    assert_int_equal(count_kept(path), 1);
    memcpy(key, read_kept(path).ptr + 8, DIGEST_HEX - 1);
    memcpy(forged->data, plain->data, N_TEXTS * plain->stride * sizeof(float));
    memcpy(matrix_row(forged, row), matrix_row(plain, row + 1), plain->n_cols * sizeof(float));
    kept_vectors_write(key, forged);
}

static void test_read_when_there(void **state)
{
    struct embedder *e = open_model(DATA_DIR "tiny-bert", EMBEDDER_FP32);
    struct matrix plain = make_rows(e), forged = make_rows(e);
    (void)state;
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    forge(&plain, NOT_A_PROBE, &forged);
    expect_public(e, &forged); // so it was read
    forge(&plain, 0, &forged);
    expect_public(e, &plain); // as if another build had made it: all is made anew, and kept
    forge(&plain, NOT_A_PROBE, &forged);
    struct str other = texts[3];
    texts[3] = STR_LIT("Trees"); // another list
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    texts[3] = other;
    embedder_close(e);
}

// Another vocabulary gives other tokens with the same weights.
static void test_other_vocabulary(void **state)
{
    char dir[256], command[1200];
    struct embedder *e = open_model(DATA_DIR "tiny-bert", EMBEDDER_FP32);
    struct matrix plain = make_rows(e), forged = make_rows(e);
    (void)state;
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    forge(&plain, NOT_A_PROBE, &forged);
    embedder_close(e);
    make_dir(dir);
    snprintf(command, sizeof command,
             "cp -r " DATA_DIR "tiny-bert/* %s && sed 's/^the$/thx/' " DATA_DIR
             "tiny-bert/vocab.txt >%s/vocab.txt",
             dir, dir);
    assert_int_equal(system(command), 0);
    e = open_model(dir, EMBEDDER_FP32);
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    embedder_close(e);
    remove_dir(dir);
}

static void write_bytes(const char *path, struct str bytes)
{
    assert_ok(file_write_private(path, bytes, &err));
}

static void test_damage(void **state)
{
    char path[600], away[610];
    struct embedder *e = open_model(DATA_DIR "tiny-bert", EMBEDDER_FP32);
    struct matrix plain = make_rows(e), forged = make_rows(e);
    (void)state;
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    forge(&plain, NOT_A_PROBE, &forged); // were it still read when damaged, it would show
    assert_int_equal(count_kept(path), 1);
    struct str good = read_kept(path);
    char *bytes = arena_alloc(&arena, good.len + 1);
    for (size_t i = 0; i < good.len; i += i < HEAD ? 1 : 397) {
        memcpy(bytes, good.ptr, good.len);
        bytes[i] = (char)(bytes[i] ^ 0x10);
        write_bytes(path, str_make(bytes, good.len));
        expect_public(e, &plain);
        write_bytes(path, str_head(good, i)); // cut off
        expect_public(e, &plain);
    }
    memcpy(bytes, good.ptr, good.len);
    bytes[good.len] = 0;
    write_bytes(path, str_make(bytes, good.len + 1)); // longer
    expect_public(e, &plain);
    write_bytes(path, good);
    assert_int_equal(chmod(path, 0640), 0); // others can read it: not as it was written
    expect_public(e, &plain);
    write_bytes(path, good);
    snprintf(away, sizeof away, "%s.away", path);
    assert_int_equal(rename(path, away), 0);
    assert_int_equal(symlink(away, path), 0);
    expect_public(e, &plain);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_public(e, &plain);
    embedder_close(e);
}

// Numbers that no encoder gives, with a right sum.
static void test_no_vectors(void **state)
{
    static const float wrong[] = { 0.0F / 0.0F, 1.0F / 0.0F, 5 };
    char path[600], key[DIGEST_HEX] = "";
    struct embedder *e = open_model(DATA_DIR "tiny-bert", EMBEDDER_FP32);
    struct matrix plain = make_rows(e);
    (void)state;
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    expect_public(e, &plain);
    assert_int_equal(count_kept(path), 1);
    memcpy(key, read_kept(path).ptr + 8, DIGEST_HEX - 1);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        float *at = matrix_row(&plain, NOT_A_PROBE) + 2, before = *at;
        *at = wrong[i];
        kept_vectors_write(key, &plain);
        *at = before;
        expect_public(e, &plain);
    }
    embedder_close(e);
}

static void test_nowhere_to_keep(void **state)
{
    char in_the_way[300], before[256];
    struct embedder *e = open_model(DATA_DIR "tiny-bert", EMBEDDER_FP32);
    struct matrix plain = make_rows(e);
    (void)state;
    assert_ok(embedder_encode(e, texts, N_TEXTS, &plain, &err));
    snprintf(before, sizeof before, "%s", getenv("HOME") ? getenv("HOME") : "");
    snprintf(in_the_way, sizeof in_the_way, "%s/file", home);
    write_bytes(in_the_way, STR_LIT("x"));
    assert_int_equal(setenv("XDG_CACHE_HOME", in_the_way, 1), 0);
    expect_public(e, &plain);
    assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
    assert_int_equal(unsetenv("HOME"), 0);
    expect_public(e, &plain);
    assert_int_equal(setenv("HOME", before, 1), 0);
    assert_int_equal(setenv("XDG_CACHE_HOME", home, 1), 0);
    embedder_close(e);
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++)
        texts[i] = str_of(words[i]);
    make_dir(home);
    snprintf(folder, sizeof folder, "%s/clio/models", home);
    return setenv("XDG_CACHE_HOME", home, 1) || crypto_start(&err);
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    remove_dir(home);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_bits), TEST(test_read_when_there), TEST(test_other_vocabulary),
        TEST(test_damage),    TEST(test_no_vectors),      TEST(test_nowhere_to_keep),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
