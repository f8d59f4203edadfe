// SPDX-License-Identifier: Apache-2.0
#include "scan/number_word.h"

#include "scan/spelled.h"
#include "scan/support.h"

#include <stdio.h>

const char *number_word_digits(struct str lower)
{
    static const char *const numbers[][2] = {
        { "zero", "0" },        { "two", "2" },       { "three", "3" },     { "four", "4" },
        { "five", "5" },        { "six", "6" },       { "seven", "7" },     { "eight", "8" },
        { "nine", "9" },        { "ten", "10" },      { "eleven", "11" },   { "twelve", "12" },
        { "thirteen", "13" },   { "fourteen", "14" }, { "fifteen", "15" },  { "sixteen", "16" },
        { "seventeen", "17" },  { "eighteen", "18" }, { "nineteen", "19" }, { "twenty", "20" },
        { "thirty", "30" },     { "forty", "40" },    { "fifty", "50" },    { "sixty", "60" },
        { "seventy", "70" },    { "eighty", "80" },   { "ninety", "90" },   { "hundred", "100" },
        { "thousand", "1000" },
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (str_equal(lower, str_of(numbers[i][0])))
            return numbers[i][1];
    return NULL;
}

// Of "sevens", "sixes", "twenties", "seventh".
static bool is_form(struct str lower)
{
    static const char *const tails[][2] = { { "s", "" },     { "es", "" },    { "ies", "y" },
                                            { "th", "" },    { "ieth", "y" }, { "ths", "" },
                                            { "ieths", "y" } };
    char base[24];
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        struct str tail = str_of(tails[i][0]);
        if (!str_ends(lower, tail) || lower.len >= sizeof base)
            continue;
        int n = snprintf(base, sizeof base, "%.*s%s", (int)(lower.len - tail.len), lower.ptr,
                         tails[i][1]);
        if (n > 0 && number_word_digits(str_make(base, (size_t)n)))
            return true;
    }
    return false;
}

// The digits of one place, of which `one`, `five` and `ten` are the letters: "ix", "iv", "viii".
static void take_place(struct str *rest, char one, char five, char ten)
{
    const char pairs[][2] = { { one, ten }, { one, five } };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (str_starts(*rest, str_make(pairs[i], 2))) {
            *rest = str_from(*rest, 2);
            return;
        }
    if (rest->len && rest->ptr[0] == five)
        *rest = str_from(*rest, 1);
    for (size_t n = 0; n < 3 && rest->len && rest->ptr[0] == one; n++)
        *rest = str_from(*rest, 1);
}

// The list of English words has nearly all of them up to 199. "I" is a pronoun, and some are more
// often something else.
static bool is_roman(struct str lower)
{
    static const char *const words[] = { "cc", "cd", "ci", "cli", "cv", "mix", "ml" };
    struct str rest = lower;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal(lower, str_of(words[i])))
            return false;
    for (size_t n = 0; n < 3 && rest.len && rest.ptr[0] == 'm'; n++)
        rest = str_from(rest, 1);
    take_place(&rest, 'c', 'd', 'm');
    take_place(&rest, 'x', 'l', 'c');
    take_place(&rest, 'i', 'v', 'x');
    return lower.len > 1 && !rest.len;
}

// Of German, French, Spanish, Italian and Portuguese. Left out is what is more often something else
// there ("dos" is "of the", "un" is "a") or in English ("null", "due").
static bool is_foreign(struct str lower)
{
    static const char *const words[] = { "null", "un", "um", "dos", "due", "elf", "oh", "tre" };
    char key[SPELLED_BYTES + 3];
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal(lower, str_of(words[i])))
            return false;
    struct str head = str_head(lower, SPELLED_BYTES);
    snprintf(key, sizeof key, "%.*s:", STR_ARG(head));
    const char *at = strstr(spelled_numbers, key);
    return at && (at == spelled_numbers || at[-1] == ' ');
}

bool number_word_is(struct str lower)
{
    static const char *const others[] = {
        "one",    "ones",   "first",  "firsts", "second",    "third",     "thirds",   "fifth",
        "fifths", "eighth", "ninth",  "ninths", "twelfth",   "nought",    "naught",   "nil",
        "once",   "twice",  "thrice", "dozen",  "million",   "billion",   "trillion", "eighths",
        "single", "double", "triple", "treble", "quadruple", "quintuple",
    };
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_equal(lower, str_of(others[i])))
            return true;
    return number_word_digits(lower) || is_form(lower) || is_roman(lower) || is_foreign(lower);
}

size_t number_word_count(struct str text)
{
    struct support_word word;
    size_t n = 0;
    for (size_t at = 0; support_next(text, &at, &word);) {
        char lower[SUPPORT_WORD_BYTES];
        struct str one = str_make(text.ptr + word.start, word.end - word.start);
        n += number_word_is(support_lower(one, lower));
    }
    return n;
}
