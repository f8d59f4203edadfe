// SPDX-License-Identifier: Apache-2.0
// JSON of one record: JSONTestSuite, agreement with jansson, and texts that come back as they were.
#include "ingest/value.h"

#include "base/json.h"
#include "base/limits.h"
#include "ingest/string_scan.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "shared_file.h"

static struct arena arena;

static int parse(struct str text, struct value **v, size_t *n_repaired)
{
    struct err err = { 0 };
    int rc = value_parse(text, &arena, v, n_repaired, &err);
    assert_true(rc == 0 || (rc == ERR_DATA && err.text[0]));
    return rc;
}

static struct str read_whole(const char *dir, const char *name)
{
    char path[4096];
    struct str text = { 0 };
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "rb");
    assert_non_null(f);
    char *room = arena_alloc(&arena, 1 << 20);
    text = str_make(room, fread(room, 1, 1 << 20, f));
    fclose(f);
    return text;
}

// i_ cases that are read, all others of them are refused: numbers of any size are kept as written,
// broken UTF-8 and lone surrogates in texts are repaired; UTF-16, byte order marks and depth 500
// are not JSON of a record.
static bool is_read(const char *name)
{
    static const char *const refused[] = {
        "i_string_utf16BE_no_BOM.json",
        "i_string_utf16LE_no_BOM.json",
        "i_string_UTF-16LE_with_BOM.json",
        "i_structure_500_nested_arrays.json",
        "i_structure_UTF-8_BOM_empty_object.json",
    };
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        if (strcmp(name, refused[i]) == 0)
            return false;
    return true;
}

static void test_suite(void **state)
{
    (void)state;
    const char *dir = shared_file("corpora/json/test_parsing");
    DIR *d = opendir(dir);
    assert_non_null(d);
    size_t n_y = 0, n_n = 0, n_i = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        struct value *v;
        size_t n_repaired = 0;
        const char *name = entry->d_name;
        if (!strstr(name, ".json"))
            continue;
        int rc = parse(read_whole(dir, name), &v, &n_repaired);
        bool wanted = name[0] == 'y' || (name[0] == 'i' && is_read(name));
        if ((rc == 0) != wanted)
            fail_msg("%s: %s", name, rc ? "refused" : "read");
        n_y += name[0] == 'y';
        n_n += name[0] == 'n';
        n_i += name[0] == 'i';
        arena_release(&arena);
    }
    closedir(d);
    assert_int_equal(n_y, 95);
    assert_int_equal(n_n, 188);
    assert_int_equal(n_i, 35);
}

// What jansson reads we read too, and write so that jansson reads the same again.
static void test_agrees_with_jansson(void **state)
{
    (void)state;
    const char *dir = shared_file("corpora/json/test_parsing");
    DIR *d = opendir(dir);
    size_t n = 0;
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        struct json *theirs, *again;
        struct err err = { 0 };
        struct value *v;
        struct buf b;
        size_t n_repaired = 0;
        struct str text = read_whole(dir, entry->d_type == DT_DIR ? "../LICENSE" : entry->d_name);
        if (entry->d_name[0] == 'n' || json_open(&theirs, text, &err))
            continue; // jansson takes a number with a NUL behind it
        if (parse(text, &v, &n_repaired))
            fail_msg("%s", entry->d_name);
        buf_init(&b, 1 << 20, "text");
        assert_int_equal(value_put(&b, v, &err), 0);
        assert_int_equal(json_open(&again, buf_view(&b), &err), 0);
        if (!strstr(entry->d_name, "duplicated_key")) // jansson keeps one of two
            assert_true(str_equal(json_compact(&arena, theirs), json_compact(&arena, again)));
        json_close(theirs);
        json_close(again);
        buf_release(&b);
        arena_release(&arena);
        n++;
    }
    closedir(d);
    assert_true(n > 80);
}

static struct str text_of(const char *json, size_t *n_repaired)
{
    struct value *v;
    assert_int_equal(parse(str_of(json), &v, n_repaired), 0);
    return value_text(v);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct {
        const char *json, *text;
        size_t len, n_repaired;
    } cases[] = {
        { "\"\"", "", 0, 0 },
        { "\"a\\u0000b\"", "a\0b", 3, 0 },
        { "\"\\ud83d\\ude00 \\\\ \\/ \\\" \\b\\f\\n\\r\\t\"", "😀 \\ / \" \b\f\n\r\t", 16, 0 },
        { "\"\\ud83d!\"", "\xEF\xBF\xBD!", 4, 1 },
        { "\"\\ude00\\ud83d\"", "\xEF\xBF\xBD\xEF\xBF\xBD", 6, 1 },
        { "\"\\ud83d\\u0041\"",
          "\xEF\xBF\xBD"
          "A",
          4, 1 },
        { "\"a\xFF\xC3\"", "a\xEF\xBF\xBD\xEF\xBF\xBD", 7, 1 },
        { "\"0123456789abcdef0123456789\\n\xC3\xA9\"", "0123456789abcdef0123456789\n\xC3\xA9", 29,
          0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t n_repaired = 0;
        struct str got = text_of(cases[i].json, &n_repaired);
        assert_int_equal(got.len, cases[i].len);
        assert_memory_equal(got.ptr, cases[i].text, got.len);
        assert_int_equal(n_repaired, cases[i].n_repaired);
    }
    arena_release(&arena);
}

// Every byte at every place of a 16-byte step, written and read again.
static void test_round_trip(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++) {
        for (size_t at = 0; at < 40; at++) {
            char text[40];
            struct buf b;
            struct err err = { 0 };
            struct value *v;
            size_t n_repaired = 0;
            memset(text, 'x', sizeof text);
            text[at] = (char)c;
            buf_init(&b, 1000, "text");
            assert_int_equal(value_put_text(&b, str_make(text, sizeof text), &err), 0);
            assert_int_equal(parse(buf_view(&b), &v, &n_repaired), 0);
            assert_true(str_equal(value_text(v), str_make(text, sizeof text)));
            buf_release(&b);
        }
        arena_release(&arena);
    }
}

// scan_string, said one byte after the other.
static const char *scan_slowly(const char *at, const char *end, unsigned *marks)
{
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c < 0x20)
            return at;
        *marks |= c >= 0x80 ? STRING_HIGH : 0u;
        if (c != '\\')
            continue;
        *marks |= STRING_ESCAPES;
        if (at + 1 == end)
            return at;
        c = (unsigned char)*++at;
        *marks |= c >= 0x80 ? STRING_HIGH : 0u;
        if (c != '"' && c != '\\' && c != 'n' && c != 'r' && c != 't')
            *marks |= STRING_ODD;
    }
    return at;
}

// Random texts, mostly of what the scan is about; with long ones the steps of 64 bytes carry over.
static void test_scan_string(void **state)
{
    static const char letters[] = "aaaaaaaaaaaaaaaaaaaaaa\\\\\\\\nrt\"bu/\n\x1F\xC3";
    string_scan *ways[3];
    size_t n_ways = scan_string_ways(ways);
    uint64_t x = 12345;
    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[300];
        size_t n = (size_t)round % 290, from = (size_t)round % 7;
        bool calm = round % 3; // else there is a quote soon
        for (size_t i = 0; i < from + n; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            char c = letters[(x >> 33) % (sizeof letters - 1)];
            bool stops = (c == '"' || (unsigned char)c < 0x20) && !(i && text[i - 1] == '\\');
            text[i] = calm && stops ? '\\' : c;
        }
        unsigned slow = 0;
        const char *want = scan_slowly(text + from, text + from + n, &slow);
        for (size_t i = 0; i < n_ways; i++) {
            unsigned fast = 0;
            assert_ptr_equal(ways[i](text + from, text + from + n, &fast), want);
            assert_int_equal(fast, slow);
        }
    }
}

// A text that is written as it stands is not looked through again; a repaired one is.
static void test_stands_as_written(void **state)
{
    struct value *v;
    size_t n_repaired = 0;
    (void)state;
    assert_int_equal(parse(STR_LIT("\"plain \xC3\xA9 \x7F\""), &v, &n_repaired), 0);
    assert_non_null(v->escaped);
    assert_true(str_equal(value_text(v), STR_LIT("plain \xC3\xA9 \x7F")));
    assert_ptr_equal(value_text(v).ptr, v->text.ptr);
    assert_int_equal(parse(STR_LIT("\"broken \xC3\""), &v, &n_repaired), 0);
    assert_null(v->escaped);
    assert_true(str_equal(value_escaped(v, &arena), STR_LIT("broken \xEF\xBF\xBD")));
    assert_int_equal(n_repaired, 1);
    arena_release(&arena);
}

// Escapes that are written the same are not decoded before somebody asks, nor copied to be written.
static void test_escaped(void **state)
{
    static const char same[] = "\"a \\\"quote\\\" \\\\ \\n\\r\\t \xC3\xA9\"";
    static const char *const others[] = { "\"\\/\"", "\"\\u0041\\n\"", "\"\\n\xFF\"",
                                          "\"\\b\\n\"" };
    struct value *v;
    struct err err = { 0 };
    size_t n_repaired = 0;
    struct buf b;
    (void)state;
    buf_init(&b, 1000, "text");
    assert_int_equal(parse(str_of(same), &v, &n_repaired), 0);
    assert_ptr_equal(value_escaped(v, &arena).ptr, same + 1);
    assert_true(str_equal(value_text(v), STR_LIT("a \"quote\" \\ \n\r\t \xC3\xA9")));
    assert_true(str_equal(value_plain(v, &arena, &err), value_text(v)));
    assert_int_equal(value_put(&b, v, &err), 0);
    assert_true(str_equal(buf_view(&b), str_of(same)));
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        buf_clear(&b);
        assert_int_equal(parse(str_of(others[i]), &v, &n_repaired), 0);
        assert_int_equal(value_put_text(&b, value_text(v), &err), 0);
        struct str inner = str_make(b.ptr + 1, b.len - 2);
        assert_true(str_equal(value_escaped(v, &arena), inner));
        assert_true(str_equal(value_unescape(&arena, inner), value_text(v)));
    }
    assert_int_equal(n_repaired, 1);
    assert_null(value_escaped(NULL, &arena).ptr);
    assert_true(str_equal(value_unescape(&arena, STR_LIT("")), STR_LIT("")));
    assert_int_equal(parse(STR_LIT("{\"a\\n\":\"\\t\"}"), &v, &n_repaired), 0); // keys are decoded
    assert_true(str_equal(value_text(value_member(v, "a\n")), STR_LIT("\t")));
    buf_release(&b);
    arena_release(&arena);
}

static void test_paths(void **state)
{
    (void)state;
    struct value *v;
    size_t n_repaired = 0;
    struct err err = { 0 };
    assert_int_equal(
        parse(STR_LIT("{\"a\":{\"b\":[1,{\"c\":\"x\"}]},\"a.b\":2,\"d\":null,\"d\":true}"), &v,
              &n_repaired),
        0);
    assert_true(str_equal(value_plain(value_path(v, STR_LIT("a.b")), &arena, &err), STR_LIT("2")));
    assert_true(str_equal(value_text(value_path(v, STR_LIT("a.b.1.c"))), STR_LIT("x")));
    const struct value *a = value_member(v, "a");
    assert_true(str_equal(value_text(value_path(a, STR_LIT("b.1.c"))), STR_LIT("x")));
    assert_null(value_path(a, STR_LIT("b.2.c")));
    assert_null(value_path(a, STR_LIT("b.-1")));
    assert_int_equal(value_member(v, "d")->kind, VALUE_TRUE);
    assert_true(str_equal(value_plain(a, &arena, &err), STR_LIT("{\"b\":[1,{\"c\":\"x\"}]}")));
    assert_null(value_member(NULL, "a"));
    arena_release(&arena);
}

static void test_depth(void **state)
{
    (void)state;
    char text[2 * LIMIT_JSON_DEPTH + 3];
    struct value *v;
    size_t n_repaired = 0;
    for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(parse(str_make(text, 2 * depth), &v, &n_repaired),
                         depth > LIMIT_JSON_DEPTH ? ERR_DATA : 0);
    }
    arena_release(&arena);
}

// A record of few bytes may not take many times its size in memory.
static void test_number_of_values(void **state)
{
    (void)state;
    struct value *v;
    size_t n_repaired = 0;
    char *text = arena_alloc(&arena, 2 * LIMIT_RECORD_VALUES + 3);
    for (size_t n = LIMIT_RECORD_VALUES; n <= LIMIT_RECORD_VALUES + 1; n++) {
        struct err err = { 0 };
        for (size_t i = 0; i < n; i++)
            memcpy(text + 2 * i, i ? ",1" : "[1", 2);
        text[2 * n] = ']';
        int rc = value_parse(str_make(text, 2 * n + 1), &arena, &v, &n_repaired, &err);
        assert_int_equal(rc, n > LIMIT_RECORD_VALUES ? ERR_DATA : 0);
        assert_string_equal(err.text, rc ? "the record has more than 1048576 values of JSON" : "");
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),       cmocka_unit_test(test_agrees_with_jansson),
        cmocka_unit_test(test_texts),       cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_paths),       cmocka_unit_test(test_depth),
        cmocka_unit_test(test_scan_string), cmocka_unit_test(test_stands_as_written),
        cmocka_unit_test(test_escaped),     cmocka_unit_test(test_number_of_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
