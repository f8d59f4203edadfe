// SPDX-License-Identifier: Apache-2.0
#include "scan/exact_form.h"

#include "scan/byte_at.h"

// All functions get the byte by which they are found, and say whether the form is there; *start is
// set before to that byte and *end to the next, which is right for most.

// "1_23"
static bool is_grouped(struct str text, size_t at, size_t *start, size_t *end)
{
    unsigned char c = byte_at(text, at - 2);
    (void)start, (void)end;
    return (c == '_' || c == '*') && is_digit_at(text, at - 1) && is_digit_at(text, at - 3);
}

// DE89 …, of which 15 characters are looked at.
static bool is_bank(struct str text, size_t at, size_t *start, size_t *end)
{
    static const size_t groups[] = { 4, 4, 3 };
    *start = at - 3;
    if (!is_digit_at(text, at - 1) || !is_letter_at(text, at - 2) || !is_letter_at(text, at - 3) ||
        is_word_at(text, at - 4))
        return false;
    at++;
    for (size_t i = 0; i < COUNT_OF(groups); i++) {
        unsigned char c = byte_at(text, at);
        at += c == ' ' || c == '-';
        for (size_t n = 0; n < groups[i]; n++, at++)
            if (!is_alnum_at(text, at))
                return false;
    }
    *end = at;
    return true;
}

// Eight digits and a letter, or x, y or z, seven digits and a letter.
static bool is_family(struct str text, size_t at, size_t *start, size_t *end)
{
    unsigned char c = byte_at(text, at - 1);
    size_t first = at - (c == ' ' || c == '-');
    (void)end;
    if (is_word_at(text, at + 1))
        return false;
    size_t n = digits_before(text, &first, 8);
    if (n == 7) {
        c = byte_at(text, first - 1);
        first -= c == ' ' || c == '-';
        c = lower_at(text, first - 1);
        if (c < 'x' || c > 'z')
            return false;
        first--;
    } else if (n != 8) {
        return false;
    }
    *start = first;
    return !is_word_at(text, first - 1);
}

// Of four numbers with points between the first digit of the last one.
static bool is_points(struct str text, size_t at, size_t *start, size_t *end)
{
    (void)end;
    for (size_t i = 0; i < 3; i++) {
        if (byte_at(text, at - 1) != '.')
            return false;
        at--;
        size_t n = digits_before(text, &at, 3);
        if (n < 1 || n > 3)
            return false;
    }
    *start = at;
    return !is_word_at(text, at - 1);
}

static bool is_separator_at(struct str text, size_t at)
{
    return byte_at(text, at) == ':' || byte_at(text, at) == '-';
}

static bool skip_hex_before(struct str text, size_t *at)
{
    size_t n = 0;
    for (; n <= 4 && is_hex_at(text, *at - 1); n++)
        *at -= 1;
    return n >= 1 && n <= 4;
}

// The third separator, with one to four hex digits between, and the second may be two.
static bool is_colon(struct str text, size_t at, size_t *start, size_t *end)
{
    (void)start, (void)end;
    if (!skip_hex_before(text, &at) || !is_separator_at(text, at - 1))
        return false;
    at -= is_separator_at(text, at - 2) ? 2 : 1;
    return skip_hex_before(text, &at) && is_separator_at(text, at - 1);
}

// "A 12345", "A, 12345"
static bool is_zip(struct str text, size_t at, size_t *start, size_t *end)
{
    size_t first = at + 1;
    (void)start, (void)end;
    if (digits_before(text, &first, 4) != 5 || byte_at(text, first - 1) != ' ')
        return false;
    return is_capital_at(text, first - 2) ||
           (byte_at(text, first - 2) == ',' && is_capital_at(text, first - 3));
}

// Two numbers with points: the third digit behind the second point.
static bool is_position(struct str text, size_t at, size_t *start, size_t *end)
{
    size_t i = at - 3, n_between = 0;
    (void)end;
    if (byte_at(text, i) != '.' || !is_digit_at(text, at - 1) || !is_digit_at(text, at - 2))
        return false;
    size_t n = digits_before(text, &i, 3);
    if (n < 1 || n > 3)
        return false;
    bool minus = byte_at(text, i - 1) == '-';
    for (; i > 0 && n_between <= 4 && !is_alnum_at(text, i - 1); i--)
        n_between++;
    if (n_between < 1 || n_between > (minus ? 4 : 3))
        return false;
    n = digits_before(text, &i, 8);
    if (n < 3 || n > 8 || byte_at(text, i - 1) != '.' || !is_digit_at(text, i - 2))
        return false;
    i--;
    digits_before(text, &i, 2); // three at most
    *start = i - (byte_at(text, i - 1) == '-');
    return true;
}

static bool is_in_link_at(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at);
    return at < text.len && c != ' ' && (c < '\t' || c > '\r') && c != '<' && c != '>' &&
           c != '"' && c != '\'';
}

// "http://a", "t.me/a": by the first slash.
static bool is_link(struct str text, size_t at, size_t *start, size_t *end)
{
    size_t first = SIZE_MAX;
    *end = at + 2;
    if (byte_at(text, at - 3) == '.' && ends_at(text, at, "t.me") && is_in_link_at(text, at + 1)) {
        *start = at - 4;
        return true;
    }
    if (byte_at(text, at - 1) != ':' || byte_at(text, at + 1) != '/' ||
        !is_in_link_at(text, at + 2))
        return false;
    for (size_t n = 1; n <= 13; n++) { // signs before the colon
        size_t i = at - 1 - n;
        if (!is_alnum_at(text, i) && byte_at(text, i) != '+')
            break;
        if (n > 1 && is_letter_at(text, i))
            first = i;
    }
    *start = first;
    *end = at + 3;
    return first != SIZE_MAX;
}

bool form_has_slash(struct str text, size_t at)
{
    unsigned char before = lower_at(text, at - 1);
    return (before == ':' && byte_at(text, at + 1) == '/') || before == 'e' || before == 'u' ||
           before == 'r';
}

// "www.a": by the byte behind the point.
static bool is_www(struct str text, size_t at, size_t *start, size_t *end)
{
    (void)end;
    *start = at - 4;
    return ends_at(text, at - 1, "www") && is_in_link_at(text, at);
}

// "a.com": by the c.
static bool is_host(struct str text, size_t at, size_t *start, size_t *end)
{
    static const char *const ends[] = { "com",  "org",  "edu", "gov",  "info", "biz", "online",
                                        "shop", "club", "xyz", "site", "dev",  "app" };
    static const uint32_t firsts =
        L('c') | L('o') | L('e') | L('g') | L('i') | L('b') | L('s') | L('x') | L('d') | L('a');
    if (!is_among(lower_at(text, at), firsts))
        return false;
    if (!is_alnum_at(text, at - 2) && byte_at(text, at - 2) != '-')
        return false;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        if (lower_at(text, at) != (unsigned char)ends[i][0] || !begins_at(text, at, ends[i]))
            continue;
        *end = at + strlen(ends[i]);
        *start = *end - 1;
        if (!is_word_at(text, *end))
            return true;
    }
    return false;
}

static bool is_handle(struct str text, size_t at, size_t *start, size_t *end)
{
    (void)start;
    *end = at + 3;
    return is_word_at(text, at + 1) && is_word_at(text, at + 2);
}

// "u/abc", "r/abc": by the slash.
static bool is_forum(struct str text, size_t at, size_t *start, size_t *end)
{
    unsigned char c = lower_at(text, at - 1);
    *start = at - 1;
    *end = at + 4;
    if ((c != 'u' && c != 'r') || is_word_at(text, at - 2))
        return false;
    for (size_t i = at + 1; i < at + 4; i++)
        if (!is_word_at(text, i) && byte_at(text, i) != '-')
            return false;
    return true;
}

static bool is_colons(struct str text, size_t at, size_t *start, size_t *end)
{
    (void)start, (void)end;
    return byte_at(text, at - 1) == ':';
}

typedef bool is_form(struct str text, size_t at, size_t *start, size_t *end);
struct check {
    enum form form;
    is_form *is;
};

static void check(const struct check *checks, size_t n_checks, struct str text, size_t at,
                  struct form_list *found)
{
    for (size_t i = 0; i < n_checks; i++) {
        struct form_match match = { checks[i].form, at, at + 1 };
        if (checks[i].is(text, at, &match.start, &match.end))
            found->of[found->n++] = match;
    }
}
#define CHECK(checks) check(checks, COUNT_OF(checks), text, at, found)

void form_find(struct str text, size_t at, struct form_list *found)
{
    static const struct check digits[] = { { FORM_GROUPED, is_grouped },
                                           { FORM_BANK, is_bank },
                                           { FORM_POINTS, is_points },
                                           { FORM_ZIP, is_zip },
                                           { FORM_POSITION, is_position } };
    static const struct check letters[] = { { FORM_FAMILY, is_family } };
    static const struct check separators[] = { { FORM_COLON, is_colon } };
    static const struct check colons[] = { { FORM_COLONS, is_colons } };
    static const struct check slashes[] = { { FORM_LINK, is_link }, { FORM_FORUM, is_forum } };
    static const struct check ats[] = { { FORM_HANDLE, is_handle } };
    static const struct check behind_points[] = { { FORM_LINK, is_www }, { FORM_HOST, is_host } };
    unsigned char c = byte_at(text, at);
    found->n = 0;
    if (is_digit_at(text, at))
        CHECK(digits);
    else if (is_letter_at(text, at))
        CHECK(letters);
    else if (c == '/')
        CHECK(slashes);
    else if (c == '@')
        CHECK(ats);
    else if (is_separator_at(text, at))
        CHECK(separators);
    if (c == ':')
        CHECK(colons);
    if (byte_at(text, at - 1) == '.')
        CHECK(behind_points);
    if (byte_at(text, at - 1) == ' ')
        form_find_street(text, at, found);
    if (byte_at(text, at - 4) == ' ')
        form_find_date(text, at, found);
}
