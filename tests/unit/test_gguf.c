// SPDX-License-Identifier: Apache-2.0
// Hostile GGUF files are refused before llama.cpp sees them.
#include "base/buf.h"
#include "base/rng.h"
#include "llm/gguf_check.h"
#include "llm/gguf_open.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

_Noreturn void ggml_abort(const char *file, int line, const char *fmt, ...); // ggml.h is llm's

#define MEMORY 0x1p34 // 16 GiB

static struct buf file;
static struct err err;

static void put(const void *data, size_t size)
{
    assert_int_equal(buf_add(&file, str_make(data, size), &err), 0);
}

static void put_u32(uint32_t v)
{
    put(&v, sizeof v);
}

static void put_u64(uint64_t v)
{
    put(&v, sizeof v);
}

static void put_string(const char *s)
{
    put_u64(strlen(s));
    put(s, strlen(s));
}

struct shape {
    const char *magic;
    uint32_t version;
    uint64_t n_tensors, n_keys;
    uint32_t alignment, n_dims;
    uint64_t n_rows;
    uint32_t type;
    uint64_t offset;
    size_t n_data;
    const char *list; // two items of four bytes
    uint32_t list_type, item_type;
    const char *number;
    uint32_t number_type, bits;
};
static const struct shape good = {
    "GGUF", 3, 1, 5, 32, 2, 4, 8, 0, 4 * 34, "tokenizer.ggml.scores", 9, 6, "llama.block_count",
    4,      30
};

static int check(struct shape s)
{
    buf_clear(&file);
    err_clear(&err);
    put(s.magic, 4);
    put_u32(s.version);
    put_u64(s.n_tensors);
    put_u64(s.n_keys);
    put_string("general.architecture");
    put_u32(8);
    put_string("llama");
    put_string("general.alignment");
    put_u32(4);
    put_u32(s.alignment);
    put_string("tokenizer.ggml.tokens");
    put_u32(9);
    put_u32(8);
    put_u64(2);
    put_string("a");
    put_string("b");
    put_string(s.list);
    put_u32(s.list_type);
    put_u32(s.item_type);
    put_u64(2);
    put_u64(0);
    put_string(s.number);
    put_u32(s.number_type);
    put_u32(s.bits);
    put_string("blk.0.weight");
    put_u32(s.n_dims);
    put_u64(32);
    for (uint32_t i = 1; i < s.n_dims && i < 8; i++)
        put_u64(s.n_rows);
    put_u32(s.type);
    put_u64(s.offset);
    while (file.len % 32)
        put("", 1);
    for (size_t i = 0; i < s.n_data; i++)
        put("x", 1);
    return gguf_check(buf_view(&file), MEMORY, "m.gguf", &err);
}

static void test_good_file_passes(void **state)
{
    (void)state;
    assert_int_equal(check(good), 0);
}

static void test_hostile_files_are_refused(void **state)
{
    (void)state;
    struct shape s;
#define REFUSED(change) (s = good, change, assert_int_equal(check(s), ERR_DATA))
    REFUSED(s.magic = "GGML");
    REFUSED(s.version = 1);
    REFUSED(s.version = 0x03000000);
    REFUSED(s.n_tensors = 0);
    REFUSED(s.n_tensors = UINT64_MAX);
    REFUSED(s.n_keys = UINT64_MAX / 2);
    REFUSED(s.item_type = 4); // llama.cpp would read them as floats
    REFUSED(s.item_type = 5);
    REFUSED(s.list = "tokenizer.ggml.token_type");
    REFUSED(s.list = "tokenizer.ggml.tokens");
    REFUSED(s.list = "tokenizer.ggml.merges");
    s = good;
    s.list = "tokenizer.ggml.token_type";
    s.item_type = 4;
    assert_int_equal(check(s), 0);
    s.item_type = 5;
    assert_int_equal(check(s), 0);
    s.list = "some.other.list";
    assert_int_equal(check(s), 0);
    REFUSED(s.bits = 0);
    REFUSED(s.bits = 100000);
    REFUSED((s.bits = UINT32_MAX, s.number_type = 5));
    s = good;
    s.number = "llama.attention.layer_norm_rms_epsilon";
    s.number_type = 6;
    s.bits = 0x3727C5ACu; // 1e-5
    assert_int_equal(check(s), 0);
    static const uint32_t wrong[] = { 0x7FC00000u, 0xBF800000u, 0x7F800000u }; // NaN, -1, infinity
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        s.bits = wrong[i];
        assert_int_equal(check(s), ERR_DATA);
    }
    // sizes of keys and values, and of what is turned by its place
    static const struct {
        const char *number;
        uint32_t type, good, bad;
    } sizes[] = {
        { "llama.attention.key_length", 4, 64, 1 << 20 },
        { "llama.attention.value_length", 4, 64, 0 },
        { "llama.rope.dimension_count", 4, 64, UINT32_MAX },
        { "llama.rope.freq_base", 6, 0x461C4000u, 0 }, // 10,000
        { "llama.rope.scaling.factor", 6, 0x40800000u, 0xC0800000u },
        { "llama.expert_count", 4, 8, 100000 },
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        s = good;
        s.number = sizes[i].number;
        s.number_type = sizes[i].type;
        s.bits = sizes[i].good;
        assert_int_equal(check(s), 0);
        s.bits = sizes[i].bad;
        assert_int_equal(check(s), ERR_DATA);
    }
    REFUSED(s.n_keys = 4); // the fifth is then read as a tensor
    REFUSED(s.n_keys = 3); // the fourth is then read as a tensor
    REFUSED(s.n_keys = 2); // the third is then read as a tensor
    REFUSED(s.alignment = 0);
    REFUSED(s.alignment = 24);
    REFUSED(s.alignment = 1u << 31);
    REFUSED(s.n_dims = 0);
    REFUSED(s.n_dims = 5);
    REFUSED(s.n_rows = 0);
    REFUSED(s.n_rows = UINT64_MAX / 16);
    REFUSED(s.n_rows = 5);
    REFUSED(s.type = 4);
    REFUSED(s.type = 4000000000u);
    REFUSED(s.type = 12); // 256 values a block, rows of 32
    REFUSED(s.offset = 8);
    REFUSED(s.offset = UINT64_MAX - 31);
    REFUSED(s.offset = 64);
    REFUSED(s.n_data = 4 * 34 - 1);
}

// One number of a network, or, with n > 1, the same for each of n layers.
struct size {
    const char *key;
    uint32_t value, n;
};

static int check_sizes(const struct size *sizes, size_t n)
{
    buf_clear(&file);
    err_clear(&err);
    put("GGUF", 4);
    put_u32(3);
    put_u64(1);
    put_u64(n + 1);
    for (size_t i = 0; i < n; i++) {
        put_string(sizes[i].key);
        put_u32(sizes[i].n ? 9 : 4);
        if (sizes[i].n) {
            put_u32(4);
            put_u64(sizes[i].n);
        }
        for (uint32_t j = 0; j < sizes[i].n + !sizes[i].n; j++)
            put_u32(sizes[i].value);
    }
    put_string("general.architecture");
    put_u32(8);
    put_string("llama");
    put_string("w");
    put_u32(1);
    put_u64(32);
    put_u32(8);
    put_u64(0);
    while (file.len % 32)
        put("", 1);
    for (size_t i = 0; i < 34; i++)
        put("x", 1);
    return gguf_check(buf_view(&file), MEMORY, "m.gguf", &err);
}

// Numbers that are plausible one by one, and the memory that their product takes.
static void test_keys_and_values_fit_in_memory(void **state)
{
    (void)state;
    // Llama 3.1 405B: 516 KB a token
    struct size big[] = { { "llama.block_count", 126, 0 },
                          { "llama.embedding_length", 16384, 0 },
                          { "llama.attention.head_count", 128, 0 },
                          { "llama.attention.head_count_kv", 8, 0 },
                          { "other.attention.key_length", 16384, 0 },
                          { "llama.context_length", 131072, 0 } };
    assert_int_equal(check_sizes(big, COUNT_OF(big)), 0);
    big[3].value = 128; // 8 MB a token
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
    assert_non_null(strstr(err.text, "8192 tokens take 63 GiB of memory, and there are 16"));
    assert_int_equal(check_sizes(big, 3), ERR_DATA); // as many as heads, where none are given
    big[3].value = 8;
    big[4].key = "llama.attention.key_length";
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
    big[4].key = "llama.attention.value_length";
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
    // a number a layer
    big[4].value = 128;
    big[3].n = 126;
    assert_int_equal(check_sizes(big, COUNT_OF(big)), 0);
    big[3].value = 128;
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
    big[3].value = 1 << 20;
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
    assert_non_null(strstr(err.text, "list of heads"));
    big[3] = (struct size){ "llama.attention.head_count_kv", 1, 5000 };
    assert_int_equal(check_sizes(big, COUNT_OF(big)), ERR_DATA);
}

// An abort of ggml's says its one line, and starts no debugger that prints what is in memory.
static void test_an_abort_says_one_line(void **state)
{
    struct llama_model *model;
    char said[4096] = "";
    int pipes[2], status;
    size_t n = 0;
    (void)state;
    assert_int_equal(gguf_open(&model, "/nowhere/m.gguf", &err), ERR_NO_INPUT);
    err_clear(&err);
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], 1);
        dup2(pipes[1], 2);
        signal(SIGABRT, SIG_DFL);
        ggml_abort("m.c", 1, "enough");
    }
    close(pipes[1]);
    for (ssize_t got = 1; n < sizeof said - 1 && got > 0; n += got > 0 ? (size_t)got : 0)
        got = read(pipes[0], said + n, sizeof said - 1 - n);
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_string_equal(said, "m.c:1: enough\n");
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    assert_int_equal(check(good), 0);
    for (size_t n = 0; n < file.len; n++)
        assert_int_equal(gguf_check(str_make(file.ptr, n), MEMORY, "m.gguf", &err), ERR_DATA);
}

// Any bytes changed: refused or passed, but never read outside the file (the asan build sees that).
static void test_changed_bytes_do_not_crash(void **state)
{
    struct rng rng;
    char copy[1024];
    (void)state;
    rng_init(&rng, 3, "gguf");
    assert_int_equal(check(good), 0);
    assert_true(file.len <= sizeof copy);
    for (int i = 0; i < 20000; i++) {
        memcpy(copy, file.ptr, file.len);
        for (uint64_t n = 1 + rng_below(&rng, 6); n > 0; n--)
            copy[rng_below(&rng, file.len)] = (char)rng_next(&rng);
        err_clear(&err);
        if (gguf_check(str_make(copy, file.len), MEMORY, "m.gguf", &err))
            assert_true(str_starts(str_of(err.text), STR_LIT("m.gguf cannot be used")));
    }
}

static int setup(void **state)
{
    (void)state;
    buf_init(&file, 1 << 16, "test file");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_file_passes),
        cmocka_unit_test(test_hostile_files_are_refused),
        cmocka_unit_test(test_keys_and_values_fit_in_memory),
        cmocka_unit_test(test_an_abort_says_one_line),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_changed_bytes_do_not_crash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
