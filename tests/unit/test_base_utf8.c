// SPDX-License-Identifier: Apache-2.0
// utf8.c: every scalar value there and back, malformed bytes, folding.
#include "unit/check.h"

#include "base/utf8.h"

#include <ctype.h>

static void test_every_character(void **state)
{
    char text[4];
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        size_t at = 0, n = utf8_put(c, text);
        struct str s = str_make(text, n);
        assert_true(utf8_is_valid(s, NULL));
        assert_int_equal(utf8_next(s, &at), c);
        assert_int_equal(at, n);
        size_t bad = 99;
        if (n > 1) {
            assert_false(utf8_is_valid(str_head(s, n - 1), &bad));
            assert_int_equal(bad, 0);
        }
    }
}

static void test_malformed(void **state)
{
    struct arena a = { 0 };
    (void)state;
    const struct {
        const char *text, *repaired;
        size_t bad;
    } cases[] = {
        { "a\xC0\xAF", "a\xEF\xBF\xBD\xEF\xBF\xBD", 1 },                  // overlong
        { "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 0 },    // a surrogate
        { "ok\xF4\x90\x80\x80", NULL, 2 },                                // past U+10FFFF
        { "\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD", 0 },                    // cut off
        { "\x80x", "\xEF\xBF\xBDx", 0 },                                  // no lead byte
        { "\xFF", "\xEF\xBF\xBD", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t bad = 99;
        assert_false(utf8_is_valid(str_of(cases[i].text), &bad));
        assert_int_equal(bad, cases[i].bad);
        struct str repaired = utf8_repair(&a, str_of(cases[i].text));
        assert_true(utf8_is_valid(repaired, NULL));
        if (cases[i].repaired)
            assert_text(repaired, cases[i].repaired);
    }
    struct str whole = STR_LIT("naïve");
    assert_ptr_equal(utf8_repair(&a, whole).ptr, whole.ptr);
    arena_release(&a);
}

static void test_clips(void **state)
{
    struct str s = STR_LIT("aé漢😀");
    (void)state;
    const size_t lengths[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
    for (size_t max = 0; max < COUNT_OF(lengths); max++)
        assert_int_equal(utf8_clip(s, max).len, lengths[max]);
    assert_int_equal(utf8_count(s), 4);
}

static void test_folds(void **state)
{
    struct arena a = { 0 };
    (void)state;
    assert_text(utf8_fold(&a, STR_LIT("Straße")), "strasse");
    assert_text(utf8_fold(&a, STR_LIT("ＡＢＣ１")), "abc1");
    assert_text(utf8_fold(&a, STR_LIT("pass\u200Bword\u00AD")), "password");
    assert_text(utf8_fold(&a, STR_LIT("e\u0301")), "é");
    assert_text(utf8_fold(&a, STR_LIT("")), "");
    assert_text(utf8_fold(&a, STR_LIT("x\xFFy")), "x\xEF\xBF\xBDy");
    assert_text(utf8_lower(&a, STR_LIT("ÀB\u200BΣ")), "àb\u200Bσ");
    assert_text(utf8_strip_accents(&a, STR_LIT("Crème BRÛLÉE")), "creme brulee");
    arena_release(&a);
}

static void test_classes(void **state)
{
    (void)state;
    const struct {
        uint32_t c;
        enum utf8_class class;
    } cases[] = {
        { 'a', UTF8_LETTER },  { 0x6F22, UTF8_LETTER },  { 0x301, UTF8_MARK },
        { '7', UTF8_DIGIT },   { 0x663, UTF8_DIGIT },    { ' ', UTF8_SPACE },
        { 0xA0, UTF8_SPACE },  { '-', UTF8_PUNCTUATION }, { '_', UTF8_PUNCTUATION },
        { '+', UTF8_SYMBOL },  { 0x1F600, UTF8_SYMBOL }, { '\n', UTF8_CONTROL },
        { 0x200B, UTF8_CONTROL }, { 0xE000, UTF8_OTHER },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(utf8_class(cases[i].c), cases[i].class);
    assert_true(utf8_is_stop(0x3002) && utf8_is_stop(0x589) && utf8_is_stop(0x17D4));
    assert_false(utf8_is_stop('.') || utf8_is_stop(0x3001) || utf8_is_stop(0));
}

// What utf8_plain lets be without a look: no compatibility form of it is of ASCII, and the text
// comes back as it is.
static void test_plain_lets_be(void **state)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = { { 0xBB, 0x130 },
                   { 0x2015, 0x2023 },
                   { 0x3003, 0x3163 },
                   { 0x3400, 0xA61F },
                   { 0xAC00, 0xD7A3 } };
    struct arena a = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        for (uint32_t c = ranges[i].from; c <= ranges[i].to; c++) {
            struct arena_mark mark = arena_save(&a);
            char bytes[8];
            uint32_t *origin;
            struct str s = str_make(bytes, utf8_put(c, bytes)), folded = utf8_fold(&a, s);
            bool high = false;
            for (size_t k = 0; k < folded.len; k++)
                high = high || (unsigned char)folded.ptr[k] >= 0x80;
            assert_true(high || c == 0xDF); // of which two letters are made
            assert_true(utf8_plain(&a, s, &origin).ptr == bytes);
            assert_null(origin);
            arena_rewind(&a, mark);
        }
    arena_release(&a);
}

// ASCII does not go through utf8proc: it comes out as it does behind a character that has to.
static void test_ascii_alone(void **state)
{
    static const char symbols[] = "$+<=>^`|~";
    struct str (*const ways[])(struct arena *, struct str) = { utf8_fold, utf8_lower,
                                                               utf8_strip_accents };
    struct arena a = { 0 };
    char all[1 + 127 + 2] = "";
    (void)state;
    for (int c = 1; c < 128; c++) {
        enum utf8_class want = isalpha(c)           ? UTF8_LETTER
                               : isdigit(c)         ? UTF8_DIGIT
                               : iscntrl(c)         ? UTF8_CONTROL
                               : c == ' '           ? UTF8_SPACE
                               : strchr(symbols, c) ? UTF8_SYMBOL
                                                    : UTF8_PUNCTUATION;
        assert_int_equal(utf8_class((uint32_t)c), want);
        assert_int_equal(utf8_lower_char((uint32_t)c), tolower(c));
        all[c - 1] = (char)c;
    }
    assert_int_equal(utf8_class(0), UTF8_CONTROL);
    memcpy(all + 127, "\xC3\xA9", 2); // é
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct str fast = ways[i](&a, str_make(all, 127)), slow = ways[i](&a, str_make(all, 129));
        assert_int_equal(fast.len, 127);
        assert_true(slow.len > 127);
        assert_memory_equal(fast.ptr, slow.ptr, 127);
        assert_int_equal(fast.ptr[127], 0);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_clips),           cmocka_unit_test(test_folds),
        cmocka_unit_test(test_classes),         cmocka_unit_test(test_plain_lets_be),
        cmocka_unit_test(test_ascii_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
