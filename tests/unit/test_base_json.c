// SPDX-License-Identifier: Apache-2.0
// json.c: JSONTestSuite (when ../shared is there), positions of faults, no text of the input in a
// sentence, depth, and what is written reads back.
#include "unit/check.h"

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/rng.h"
#include "base/utf8.h"

#include <dirent.h>
#include <math.h>

static void test_reads(void **state)
{
    struct json *root;
    struct err err;
    struct arena a = { 0 };
    double number;
    int64_t whole;
    (void)state;
    assert_ok(json_open(&root, STR_LIT("{\"b\":[1,2.5,\"x\\u0000y\",null,true,-7.0],\"a\":{}}"),
                        &err));
    const struct json *list = json_member(root, "b");
    assert_int_equal(json_kind(root), JSON_MAP);
    assert_int_equal(json_kind(list), JSON_LIST);
    assert_int_equal(json_length(list), 6);
    assert_true(json_whole(json_element(list, 0), &whole) && whole == 1);
    assert_true(json_number(json_element(list, 1), &number) && number == 2.5);
    assert_false(json_whole(json_element(list, 1), &whole));
    assert_true(json_whole(json_element(list, 5), &whole) && whole == -7);
    assert_int_equal(json_str(json_element(list, 2)).len, 3);
    assert_int_equal(json_kind(json_element(list, 3)), JSON_NULL_VALUE);
    assert_true(json_truth(json_element(list, 4)));
    assert_null(json_element(list, 6));
    assert_null(json_member(list, "b"));
    assert_int_equal(json_kind(json_member(NULL, "b")), JSON_NONE);
    assert_text(json_str(list), "");
    assert_text(json_compact(&a, root),
                "{\"b\":[1,2.5,\"x\\u0000y\",null,true,-7.0],\"a\":{}}");
    struct str key;
    const struct json *value;
    void *at = json_walk(root, NULL, &key, &value);
    assert_text(key, "b");
    at = json_walk(root, at, &key, &value);
    assert_text(key, "a");
    assert_null(json_walk(root, at, &key, &value));
    json_close(root);
    json_close(NULL);
    arena_release(&a);
}

static void test_refuses(void **state)
{
    struct json *root;
    struct err err;
    (void)state;
    const char *bad[] = { "", " ", "{", "[1,]", "{\"a\":1,}", "nul", "\"\\uD800\"", "[1] secret",
                          "{\"secret\" 1}", "\"secret\n\"", "'secret'", "[\xFF]", "NaN", "01" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_error(json_open(&root, str_of(bad[i]), &err), ERR_DATA);
        assert_non_null(strstr(err.text, "at byte "));
        assert_null(strstr(err.text, "secret"));
    }
    assert_error(json_open(&root, STR_LIT("[1, 2, x]"), &err), ERR_DATA);
    assert_non_null(strstr(err.text, "not JSON at byte 8"));
}

static void test_depth(void **state)
{
    struct json *root;
    struct err err;
    char text[4 * LIMIT_JSON_DEPTH];
    (void)state;
    for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        int rc = json_open(&root, str_make(text, 2 * depth), &err);
        assert_int_equal(rc, depth > LIMIT_JSON_DEPTH ? ERR_DATA : 0);
        if (!rc)
            json_close(root);
    }
    assert_string_equal(err.text, "JSON is nested deeper than 256 at byte 256");
    memset(text, '[', sizeof text);
    text[0] = '"';
    text[sizeof text - 1] = '"';
    assert_ok(json_open(&root, str_make(text, sizeof text), &err));
    json_close(root);
}

// What is in texts is no value; four bytes of lists would take a hundred times that.
static void test_a_strangers_text_is_bounded(void **state)
{
    struct err err = { 0 };
    struct json *root = NULL;
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20, "text");
    assert_ok(buf_printf(&text, &err, "[\"%s\"", "[{,"));
    for (int i = 0; i < 100; i++)
        assert_ok(buf_printf(&text, &err, ",[]"));
    assert_ok(buf_add_char(&text, ']', &err));
    assert_ok(json_open_within(&root, buf_view(&text), 1 + 8 + 900, &err));
    json_close(root);
    assert_error(json_open_within(&root, buf_view(&text), 8 + 900, &err), ERR_DATA);
    assert_string_equal(err.text, "JSON of about 909 values; 908 are read here at most");
    err_clear(&err);
    buf_release(&text);
}

static void write_str(struct str s, struct buf *b)
{
    struct err err;
    buf_clear(b);
    assert_ok(json_put_str(b, s, &err));
}

static void test_writes_texts(void **state)
{
    struct buf b;
    struct rng rng;
    struct err err;
    struct arena a = { 0 };
    (void)state;
    buf_init(&b, 1 << 16, "text");
    write_str(STR_LIT("a\"\\\n\t\r</script>&\x01\x7F\u2028é\xC2\x85"), &b);
    assert_text(buf_view(&b),
                "\"a\\\"\\\\\\n\\t\\r\\u003c/script\\u003e\\u0026\\u0001\\u007f\\u2028é"
                "\\u0085\"");
    write_str(STR_LIT("\xFFz"), &b);
    assert_text(buf_view(&b), "\"\xEF\xBF\xBDz\"");
    rng_init(&rng, 3, "json");
    for (int round = 0; round < 500; round++) {
        char bytes[64];
        struct json *root;
        size_t n = rng_below(&rng, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)rng_below(&rng, 256);
        write_str(str_make(bytes, n), &b);
        assert_ok(json_open(&root, buf_view(&b), &err));
        struct str want = utf8_repair(&a, str_make(bytes, n));
        assert_true(str_equal(json_str(root), want));
        json_close(root);
    }
    buf_release(&b);
    arena_release(&a);
}

static void test_writes_numbers(void **state)
{
    struct buf b;
    struct rng rng;
    struct err err;
    (void)state;
    buf_init(&b, 64, "number");
    const struct {
        double v;
        const char *text;
    } cases[] = { { 0, "0" },       { 1, "1" },      { -2.5, "-2.5" }, { 0.1, "0.1" },
                  { 1e300, "1e+300" }, { NAN, "null" }, { INFINITY, "null" }, { 1e6, "1e+06" },
                  { 0.1 + 0.2, "0.30000000000000004" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&b);
        assert_ok(json_put_number(&b, cases[i].v, &err));
        assert_text(buf_view(&b), cases[i].text);
    }
    rng_init(&rng, 4, "json");
    for (int round = 0; round < 2000; round++) {
        uint64_t bits = rng_next(&rng);
        double v, back;
        struct json *root;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        buf_clear(&b);
        assert_ok(json_put_number(&b, v, &err));
        assert_ok(json_open(&root, buf_view(&b), &err));
        assert_true(json_number(root, &back) && back == v);
        json_close(root);
    }
    buf_release(&b);
}

// The fewest digits, from six on, that name the same number.
static void same_as_tried_one_by_one(double v, struct buf *b)
{
    struct err err;
    char want[40];
    double back;
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(want, sizeof want, "%.*g", digits, v);
        if (str_to_f64(str_of(want), &back) && back == v)
            break;
    }
    buf_clear(b);
    assert_ok(json_put_number(b, v, &err));
    assert_text(buf_view(b), want);
}

static void test_numbers_are_the_shortest(void **state)
{
    struct buf b;
    struct rng rng;
    (void)state;
    buf_init(&b, 64, "number");
    rng_init(&rng, 5, "json");
    for (int e = -1060; e <= 1023; e++) {
        same_as_tried_one_by_one(ldexp(1, e), &b);
        same_as_tried_one_by_one(nextafter(ldexp(1, e), 0), &b);
    }
    for (int round = 0; round < 3000; round++) {
        double whole = (double)(1 + rng_below(&rng, 3000000));
        same_as_tried_one_by_one(whole, &b);
        same_as_tried_one_by_one(-(double)rng_below(&rng, 1 << 20) / whole, &b);
        same_as_tried_one_by_one(whole / pow(10, (double)rng_below(&rng, 300)), &b);
        same_as_tried_one_by_one(99999 + (double)rng_below(&rng, 2000) / 1000, &b);
    }
    buf_release(&b);
}

// The directory of JSONTestSuite; skips where it may be missing.
static DIR *open_suite(char path[512])
{
    const char *shared = getenv("CLIO_SHARED"), *ci = getenv("CI");
    snprintf(path, 512, "%s/corpora/json/test_parsing", shared ? shared : "../shared");
    DIR *dir = opendir(path);
    if (!dir && ci && strcmp(ci, "true") == 0)
        fail_msg("in CI %s may not be missing", path);
    if (!dir) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    return dir;
}

// y_ is accepted, n_ refused, i_ may go either way. One y_ is refused, with a sentence: a NUL in a
// name, which no format that clio reads has.
static void test_suite(void **state)
{
    char folder[512], path[1024];
    struct arena a = { 0 };
    struct err err;
    int n = 0;
    (void)state;
    DIR *dir = open_suite(folder);
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct str text;
        struct json *root;
        if (!strchr("yni", entry->d_name[0]) || entry->d_name[1] != '_')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_ok(file_read(&a, path, 1 << 20, &text, &err));
        int rc = json_open(&root, text, &err);
        bool nul_name = strcmp(entry->d_name, "y_object_escaped_null_in_key.json") == 0;
        if ((entry->d_name[0] == 'y' && rc && !nul_name) || (entry->d_name[0] == 'n' && !rc))
            fail_msg("%s: %s", entry->d_name, rc ? err.text : "accepted");
        if (!rc)
            json_close(root);
        n++;
    }
    closedir(dir);
    assert_int_equal(n, 318);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_a_strangers_text_is_bounded),
        cmocka_unit_test(test_writes_texts),
        cmocka_unit_test(test_writes_numbers),
        cmocka_unit_test(test_numbers_are_the_shortest),
        cmocka_unit_test(test_suite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
