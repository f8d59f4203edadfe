// SPDX-License-Identifier: Apache-2.0
// Words of special categories, and the wide noise under which they are shown.
#include "unit/check.h"

#include "base/noise.h"
#include "scan/sensitive.h"

static void test_words(void **state)
{
    static const char *const yes[] = { "asthma",
                                       "Asthma",
                                       "migraines",
                                       "a history of HIV",
                                       "tonsillitis",
                                       "fibroses or fibrosis",
                                       "sexuality",
                                       "muslim prayer times",
                                       "heroin",
                                       "rapists",
                                       "living with PCOS",
                                       "glipizide",
                                       "Chemotherapien im Vergleich",
                                       "dépression",
                                       "depresion",
                                       "ШИЗОФРЕНИЮ лечить",
                                       "我被诊断出糖尿病了",
                                       "妊娠中の旅行",
                                       "ツハイマ",
                                       "のアルツハ",
                                       "对阿尔茨",
                                       "โรคเบาหว",
                                       "lesbisch",
                                       "Brustkrebs? Krebs!" };
    static const char *const no[] = { "",
                                      "as",
                                      "budget",
                                      "diagnosis",
                                      "sympathy",
                                      "plan a garden",
                                      "terminal command",
                                      "a123b",
                                      "std vector",
                                      "abort controller",
                                      "illness",
                                      "Schaltkreis",
                                      "Gartenplan für Mai",
                                      "旅行の計画",
                                      "ハイテク産業",
                                      "阿尔卑斯山",
                                      "วางแผนท่องเที่ยว",
                                      "制定预算",
                                      "план поездки",
                                      "—",
                                      "anxi ety" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (!sensitive_has(str_of(yes[i])))
            fail_msg("\"%s\" is not found", yes[i]);
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (sensitive_has(str_of(no[i])))
            fail_msg("\"%s\" is found", no[i]);
}

// The share of keys under which n accounts are enough; one more changes its odds by at most
// exp(1/10), here with the error of 200,000 draws.
static double share_shown(int64_t n)
{
    int shown = 0;
    for (uint64_t i = 0; i < 200000; i++) {
        struct hash_key key = hash_key_of_seed(i);
        shown += noise_meets_wide_floor(&key, 1, n, SENSITIVE_FLOOR, SENSITIVE_SCALE);
    }
    return shown / 200000.0;
}

static void test_noise(void **state)
{
    (void)state;
    assert_true(share_shown(SENSITIVE_FLOOR - 150) < 0.0001);
    assert_true(share_shown(SENSITIVE_FLOOR + 150) > 0.9999);
    double at = share_shown(SENSITIVE_FLOOR), below = share_shown(SENSITIVE_FLOOR - 1);
    assert_true(at > 0.51 && at < 0.54 && below > 0.46 && below < 0.49);
    assert_true(at / below < 1.12 && (1 - below) / (1 - at) < 1.12);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_words),
                                        cmocka_unit_test(test_noise) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
