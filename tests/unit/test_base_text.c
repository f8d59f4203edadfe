// SPDX-License-Identifier: Apache-2.0
// text.c: cutting, finding, numbers that are exactly numbers in any locale.
#include "unit/check.h"

#include <float.h>
#include <locale.h>
#include <math.h>

static void test_cuts(void **state)
{
    struct str rest = STR_LIT("a,,b,"), piece;
    (void)state;
    const char *want[] = { "a", "", "b", "" };
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_true(str_cut(&rest, ',', &piece));
        assert_text(piece, want[i]);
    }
    assert_false(str_cut(&rest, ',', &piece));
    rest = STR_LIT("");
    assert_true(str_cut(&rest, ',', &piece));
    assert_text(piece, "");
    assert_false(str_cut(&rest, ',', &piece));
    rest = str_make(NULL, 0);
    assert_false(str_cut(&rest, ',', &piece));
}

static void test_trims_and_compares(void **state)
{
    (void)state;
    assert_text(str_trim(STR_LIT(" \t\n a b \r\v")), "a b");
    assert_text(str_trim(STR_LIT(" \n ")), "");
    assert_true(str_equal_ci(STR_LIT("Content-TYPE"), STR_LIT("content-type")));
    assert_false(str_equal_ci(STR_LIT("É"), STR_LIT("é")));
    assert_true(str_compare(STR_LIT("ab"), STR_LIT("b")) < 0);
    assert_true(str_compare(STR_LIT("ab"), STR_LIT("a")) > 0);
    assert_true(str_compare(STR_LIT("\x80"), STR_LIT("a")) > 0);
    assert_int_equal(str_compare(str_make(NULL, 0), STR_LIT("")), 0);
    assert_text(str_from(STR_LIT("abc"), 9), "");
    assert_text(str_head(STR_LIT("abc"), 2), "ab");
    assert_true(str_starts(STR_LIT("abc"), STR_LIT("")));
    assert_true(str_ends(STR_LIT("abc"), STR_LIT("bc")));
    assert_false(str_ends(STR_LIT("c"), STR_LIT("bc")));
}

static void test_finds(void **state)
{
    struct str s = STR_LIT("banana");
    (void)state;
    assert_int_equal(str_find(s, STR_LIT("an"), 0), 1);
    assert_int_equal(str_find(s, STR_LIT("an"), 2), 3);
    assert_true(str_find(s, STR_LIT("an"), 4) == SIZE_MAX);
    assert_int_equal(str_find(s, STR_LIT(""), 6), 6);
    assert_true(str_find(s, STR_LIT(""), 7) == SIZE_MAX);
    assert_true(str_find(str_make(NULL, 0), STR_LIT("a"), 0) == SIZE_MAX);
}

static void test_reads_whole_numbers(void **state)
{
    int64_t v = 5;
    (void)state;
    assert_true(str_to_i64(STR_LIT("-9223372036854775808"), &v));
    assert_true(v == INT64_MIN);
    assert_true(str_to_i64(STR_LIT("0012"), &v));
    assert_int_equal(v, 12);
    const char *bad[] = { "", " 1", "1 ", "1.0", "0x10", "9223372036854775808", "1e3", "-", "--1",
                          "99999999999999999999999999", "٣" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (str_to_i64(str_of(bad[i]), &v))
            fail_msg("\"%s\" was read as %lld", bad[i], (long long)v);
    assert_false(str_to_i64(str_make("1\0", 2), &v));
    assert_int_equal(v, 12);
}

static void test_reads_numbers(void **state)
{
    double v = 5;
    (void)state;
    assert_true(str_to_f64(STR_LIT("-1.5e3"), &v));
    assert_true(v == -1500);
    assert_true(str_to_f64(STR_LIT(".5"), &v));
    assert_true(v == 0.5);
    const char *bad[] = { "", " 1", "1 ", "1,5", "nan", "inf", "-infinity", "0x10", "1e999", "1e",
                          "NAN(7)", "1.2.3" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (str_to_f64(str_of(bad[i]), &v))
            fail_msg("\"%s\" was read as %g", bad[i], v);
    // A locale with a comma changes nothing.
    if (setlocale(LC_ALL, "de_DE.UTF-8"))
        assert_true(str_to_f64(STR_LIT("1.5"), &v) && v == 1.5);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),           cmocka_unit_test(test_trims_and_compares),
        cmocka_unit_test(test_finds),          cmocka_unit_test(test_reads_whole_numbers),
        cmocka_unit_test(test_reads_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
