// SPDX-License-Identifier: Apache-2.0
// safetensors: what is right is read, each way of being wrong is refused with a sentence.
#include "embed/weights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

// 8 bytes of length, the header, `n_data` bytes 0, 1, 2 …; in exactly that much memory, so that a
// sanitizer sees any reading past the end.
static int open_text(struct weights **w, unsigned char **bytes, const char *header, size_t n_data,
                     struct err *err)
{
    size_t len = strlen(header), size = 8 + len + n_data;
    uint64_t length = len;
    *bytes = malloc(size);
    memcpy(*bytes, &length, 8);
    memcpy(*bytes + 8, header, len);
    for (size_t i = 0; i < n_data; i++)
        (*bytes)[8 + len + i] = (unsigned char)i;
    return weights_open_bytes(w, *bytes, size, err);
}

static void refuse(const char *header, size_t n_data, const char *sentence)
{
    struct weights *w = NULL;
    struct err err = { 0 };
    unsigned char *bytes;
    int rc = open_text(&w, &bytes, header, n_data, &err);
    if (rc != ERR_DATA || !strstr(err.text, sentence))
        print_error("%s: %d %s\n", header, rc, err.text);
    assert_int_equal(rc, ERR_DATA);
    assert_non_null(strstr(err.text, sentence));
    assert_null(w);
    free(bytes);
}

static void test_good(void **state)
{
    struct weights *w = NULL;
    struct err err = { 0 };
    unsigned char *bytes;
    const struct tensor *t;
    float x[4];
    (void)state;
    int rc = open_text(&w, &bytes,
                       "{\"__metadata__\":{\"a\":\"b\"},"
                       "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[16,20]},"
                       "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
                       "\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[20,22]},"
                       "\"e\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[22,22]},"
                       "\"i\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[22,30]} }  ",
                       30, &err);
    assert_int_equal(rc, 0);
    assert_int_equal(weights_count(w), 5);
    assert_int_equal(weights_need(w, "a", 2, 2, &t, &err), 0);
    tensor_read(t, 1, 3, x);
    assert_memory_equal(x, t->data + 4, 12);
    assert_int_equal(weights_need(w, "b", 0, 2, &t, &err), 0);
    tensor_read(t, 0, 2, x);
    uint32_t bits;
    memcpy(&bits, &x[0], 4);
    assert_int_equal(bits, 0x11100000);
    assert_int_equal(weights_need(w, "h", 0, 1, &t, &err), 0);
    tensor_read(t, 0, 1, x);
    assert_true(x[0] == 0x1.45p-10F); // 0x1514 as half
    assert_int_equal(weights_need(w, "a", 4, 1, &t, &err), ERR_DATA);
    assert_int_equal(weights_need(w, "a", 0, 4, &t, &err), ERR_DATA);
    assert_int_equal(weights_need(w, "i", 0, 1, &t, &err), ERR_DATA);
    assert_int_equal(weights_need(w, "none", 0, 1, &t, &err), ERR_DATA);
    weights_close(w);
    free(bytes);
}

static void test_numbers_are_finite(void **state)
{
    static const uint32_t bad[] = { 0x7F800000, 0xFF800000, 0x7FC00000 }; // ±infinity, no number
    (void)state;
    for (size_t i = 0; i <= COUNT_OF(bad); i++)
        for (size_t at = 0; at < 1500; at += 1499) {
            struct weights *w = NULL;
            struct err err = { 0 };
            unsigned char *bytes;
            const struct tensor *t;
            const char *header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1500],"
                                 "\"data_offsets\":[0,6000]}}";
            assert_int_equal(open_text(&w, &bytes, header, 6000, &err), 0);
            memset(bytes + 8 + strlen(header), 0, 6000);
            if (i < COUNT_OF(bad))
                memcpy(bytes + 8 + strlen(header) + 4 * at, &bad[i], 4);
            assert_int_equal(weights_need(w, "a", 0, 1500, &t, &err), 0);
            assert_int_equal(tensor_check(t, &err), i < COUNT_OF(bad) ? ERR_DATA : 0);
            weights_close(w);
            free(bytes);
        }
}

static void test_hostile_headers(void **state)
{
    (void)state;
    refuse("", 0, "JSON");
    refuse("nonsense", 4, "JSON");
    refuse("[]", 0, "no list of tensors");
    refuse("{}", 4, "hole");
    refuse("{\"a\":1}", 0, "not described");
    refuse("{\"a\":{}}", 0, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "outside");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "hole");
    refuse("{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "type");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "size");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", 4, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "offsets");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "offsets");
    // Products that overflow 64 bits: 2^33 · 2^31 · 4 and 2^62 · 4.
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[8589934592,2147483648],\"data_offsets\":[0,0]}}",
           0, "shape");
    refuse("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
           "size");
    // Overlap, hole, twice.
    refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
           "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
           4, "overlap");
    refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
           "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
           4, "overlap");
    refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
           "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
           3, "overlap");
}

// A header of nothing but small lists would take many times its own size.
static void test_header_of_lists(void **state)
{
    size_t n = (size_t)300000;
    char *header = malloc(3 * n + 16);
    (void)state;
    memcpy(header, "{\"a\":[", 6);
    for (size_t i = 0; i < n; i++)
        memcpy(header + 6 + 3 * i, "[],", 3);
    memcpy(header + 6 + 3 * n - 1, "]}", 3);
    refuse(header, 0, "are read here at most");
    free(header);
}

static void test_hostile_lengths(void **state)
{
    static const uint64_t lengths[] = { 1, 3, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t size = 0; size <= 10; size++) {
            unsigned char bytes[10] = "........{}";
            struct weights *w = NULL;
            struct err err = { 0 };
            memcpy(bytes, &lengths[i], 8);
            unsigned char *exact = malloc(size + 1);
            memcpy(exact, bytes, size);
            assert_int_equal(weights_open_bytes(&w, exact, size, &err), ERR_DATA);
            free(exact);
        }
}

static void test_missing_file(void **state)
{
    struct weights *w = NULL;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(weights_open(&w, "tests/unit/data/none.safetensors", &err), ERR_NO_INPUT);
    assert_int_equal(weights_open(&w, "tests/unit/data", &err), ERR_NO_INPUT);
    assert_int_equal(weights_open(&w, "tests/unit/data/tiny-bert/vocab.txt", &err), ERR_DATA);
    assert_non_null(strstr(err.text, "vocab.txt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_numbers_are_finite),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_header_of_lists),
        cmocka_unit_test(test_missing_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
