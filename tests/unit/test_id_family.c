// SPDX-License-Identifier: Apache-2.0
// Numbers with check digits: examples of their issuers hold; of generated ones every wrong digit
// and every swap of neighbours is refused at the rate that the rule of the family promises. IDS is
// how many valid numbers a family are generated (20,000; a million takes some minutes).
#include "base/rng.h"
#include "scan/id_family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

// least: shares of wrong digits and of swapped neighbours that are refused.
static const struct {
    const char *family, *example;
    double least_digit, least_swap;
} cases[] = {
    { "codice fiscale", "RSSMRA85T10A562S", 1, 0.9 },
    { "vehicle", "1M8GDM9AXKP042788", 0.93, 0.93 },
    { "NIF", "12345678-Z", 1, 1 },
    { "NIE", "X-1234567-L", 1, 1 },
    { "NIR (", "2 55 08 14 168 025 38", 1, 1 },
    { "NIR of", "1 55 08 2A 168 025 50", 1, 1 },
    { "ID number", "800101 5009 087", 1, 0.97 },
    { "resident", "850101-1234566", 0.96, 0.96 },
    { "citizen", "1-1017-00230-70-8", 0.89, 0.96 }, // its third digit weighs 11
    { "IMEI", "49-015420-323751-8", 1, 0.97 },
    { "Aadhaar", "2341 2341 2346", 1, 1 },
    { "personal number with", "19811218-9876", 1, 0.97 },
    { "PESEL", "44051401359", 1, 0.85 },
    { "CPF", "529.982.247-25", 0.99, 0.99 },
    { "tax number (Germany)", "86095742719", 1, 0.97 },
    { "business", "51 824 753 556", 1, 1 },
    { "OIB", "69435151530", 1, 0.97 },
    { "NHS", "943 476 5919", 1, 1 },
    { "provider", "1234567893", 1, 0.97 },
    { "personal number (", "811218-9876", 1, 0.97 },
    { "BSN", "111222333", 1, 1 },
    { "tax file", "123 456 782", 1, 1 },
    { "routing", "111000025", 1, 0.85 },
    { "social insurance", "130 692 544", 1, 0.97 },
    { "company", "004 085 616", 0.89, 0.86 },
};

static const struct id_family *find(const char *name)
{
    for (size_t i = 0; i < n_id_families; i++)
        if (!strncmp(id_families[i].name, name, strlen(name)))
            return &id_families[i];
    fail_msg("no family %s", name);
    return NULL;
}

static size_t flatten(const char *example, char *flat)
{
    size_t n = 0;
    for (; *example; example++)
        if (!strchr(" -.", *example))
            flat[n++] = *example;
    return n;
}

static void examples_hold(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(cases), n_id_families);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char flat[40];
        const struct id_family *family = find(cases[i].family);
        assert_int_equal(flatten(cases[i].example, flat), family->n);
        if (!family->holds(flat))
            fail_msg("%s is no %s", cases[i].example, family->name);
        assert_non_null(id_family_of(str_of(cases[i].example)));
    }
    assert_null(id_family_of(STR_LIT("")));
    assert_null(id_family_of(STR_LIT("12345")));
    assert_null(id_family_of(STR_LIT("1234567890123456789012345678901234567890")));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A number under n, of the upper or lower half of one draw: two are had for one, without a
// division.
static size_t part(uint64_t half, size_t n)
{
    return (size_t)((half & 0xFFFFFFFF) * n >> 32);
}

// Digits of the example drawn anew, then one after the other once more until the number holds.
static void draw_valid(struct rng *r, const struct id_family *family, const char *example, char *s)
{
    size_t places[40], n = 0;
    for (size_t i = 0; i < family->n; i++) {
        s[i] = example[i];
        if (is_digit(s[i]))
            places[n++] = i;
    }
    for (size_t i = 0; i < n; i++)
        s[places[i]] = (char)('0' + part(rng_next(r), 10));
    while (!family->holds(s)) {
        uint64_t x = rng_next(r);
        s[places[part(x >> 32, n)]] = (char)('0' + part(x, 10));
    }
}

// One of the places where a digit stands, or where it and the next one are two different digits;
// SIZE_MAX: there is none.
static size_t draw_place(struct rng *r, const char *s, size_t n, bool of_two)
{
    size_t places[40], n_places = 0;
    for (size_t i = 0; i + of_two < n; i++)
        if (is_digit(s[i]) && (!of_two || (is_digit(s[i + 1]) && s[i + 1] != s[i])))
            places[n_places++] = i;
    return n_places ? places[part(rng_next(r), n_places)] : SIZE_MAX;
}

struct refusals {
    int64_t n_digits, n_swaps, digits, swaps; // tried; refused
};

// A wrong digit of a number that holds, then two neighbours swapped.
static void spoil(struct rng *r, const struct id_family *family, char *s, struct refusals *refused)
{
    size_t at = draw_place(r, s, family->n, false);
    char kept = s[at];
    s[at] = (char)('0' + (kept - '0' + 1 + (int)part(rng_next(r), 9)) % 10);
    refused->n_digits++;
    refused->digits += !family->holds(s);
    s[at] = kept;
    at = draw_place(r, s, family->n, true);
    if (at == SIZE_MAX)
        return;
    kept = s[at];
    s[at] = s[at + 1];
    s[at + 1] = kept;
    refused->n_swaps++;
    refused->swaps += !family->holds(s);
}

static void wrong_ones_are_refused(void **state)
{
    const char *wanted = getenv("IDS");
    int64_t n = 20000;
    (void)state;
    if (wanted)
        assert_true(str_to_i64(str_of(wanted), &n));
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        const struct id_family *family = find(cases[c].family);
        struct refusals refused = { 0, 0, 0, 0 };
        char example[40], s[40];
        struct rng r;
        flatten(cases[c].example, example);
        rng_init(&r, c, "ids");
        for (int64_t i = 0; i < n; i++) {
            draw_valid(&r, family, example, s);
            spoil(&r, family, s, &refused);
        }
        double digits = (double)refused.digits / (double)refused.n_digits;
        double swaps = (double)refused.swaps / (double)refused.n_swaps;
        double room = n < 20000 ? 0.05 : 0; // what chance may do
        double least_digit = cases[c].least_digit < 1 ? cases[c].least_digit - room : 1;
        if (digits < least_digit || swaps < cases[c].least_swap - room)
            fail_msg("%s: refused %.4f of wrong digits, %.4f of swaps", family->name, digits,
                     swaps);
        print_message("%s: refused %lld of %lld wrong digits, %lld of %lld swaps\n", family->name,
                      (long long)refused.digits, (long long)refused.n_digits,
                      (long long)refused.swaps, (long long)refused.n_swaps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(examples_hold),
                                        cmocka_unit_test(wrong_ones_are_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
