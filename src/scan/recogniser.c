// SPDX-License-Identifier: Apache-2.0
#include "scan/recogniser.h"

#include "scan/check_sum.h"
#include "scan/id_family.h"

#include <arpa/inet.h>

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_hex(unsigned char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool among(unsigned char c, const char *list)
{
    return c && strchr(list, c);
}

static bool is_alnum(unsigned char c)
{
    return is_digit(c) || is_upper(c) || is_lower(c);
}

static bool is_document(unsigned char c)
{
    return is_digit(c) || is_upper(c);
}

static bool is_address(unsigned char c)
{
    return is_hex(c) || c == ':' || c == '.';
}

static bool is_visible(unsigned char c)
{
    return c > ' ' && c != 0x7F && !among(c, "\"'`<>");
}

static const struct {
    unsigned set;
    bool (*holds)(unsigned char c);
    const char *also;
    bool beyond_ascii;
} sets[] = {
    { SET_DIGIT, is_digit, "", false },        { SET_WORD, is_alnum, "_", true },
    { SET_EMAIL, is_alnum, "._%+-@", true },   { SET_NUMBER, is_digit, " ()+-./", false },
    { SET_TOKEN, is_alnum, "+/_=-.~", false }, { SET_ADDRESS, is_hex, ":.-", false },
    { SET_HOST, is_alnum, ".-", false },       { SET_VISIBLE, is_visible, "", true },
    { SET_RUN, is_alnum, "+/_=-", false },     { SET_DOCUMENT, is_document, "<", false },
    { SET_GROUPED, is_digit, "_*", false },
};

bool set_has(unsigned set, unsigned char c)
{
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        if ((set & sets[i].set) &&
            (sets[i].holds(c) || among(c, sets[i].also) || (sets[i].beyond_ascii && c >= 0x80)))
            return true;
    return false;
}

static struct str part(struct str text, size_t start, size_t end)
{
    return str_make(text.ptr + start, end - start);
}

static bool is_around(unsigned char c)
{
    switch (c) {
    case ' ':
    case '.':
    case ',':
    case ';':
    case ':':
    case '-':
    case '/':
    case '(':
        return true;
    default:
        return false;
    }
}

// Without what a sentence puts around a span.
static void trim(struct str text, size_t *start, size_t *end)
{
    for (; *start < *end; *start += 1) {
        unsigned char c = (unsigned char)text.ptr[*start];
        if (!is_around(c) && c != ')')
            break;
    }
    for (; *start < *end; *end -= 1) {
        unsigned char c = (unsigned char)text.ptr[*end - 1];
        if (!is_around(c) && c != '?' && c != '!')
            break;
    }
}

// Whether a word begins or ends at `at`, as \b says.
static bool is_edge(struct str text, size_t at)
{
    unsigned char before = at ? (unsigned char)text.ptr[at - 1] : ' ';
    unsigned char after = at < text.len ? (unsigned char)text.ptr[at] : ' ';
    return (is_alnum(before) || before == '_') != (is_alnum(after) || after == '_');
}

static bool judge_trim(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    trim(text, start, end);
    return *end > *start;
}

static bool judge_path(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    size_t from = *start;
    bool yes = judge_trim(text, start, end, kind);
    *start = from;
    return yes;
}

static bool judge_email(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    trim(text, start, end);
    return memchr(text.ptr + *start, '@', *end - *start) != NULL;
}

// A card inside a run of digits and separators: a window with a valid sum and an issuer's prefix.
static bool has_card(struct str run)
{
    for (size_t s = 0; s < run.len; s++) {
        size_t n = 0;
        if (!among((unsigned char)run.ptr[s], "23456") ||
            (s > 0 && is_digit((unsigned char)run.ptr[s - 1])))
            continue;
        for (size_t e = s; e < run.len && n < 19; e++) {
            n += is_digit((unsigned char)run.ptr[e]);
            bool ends = e + 1 == run.len || !is_digit((unsigned char)run.ptr[e + 1]);
            if (n >= 13 && ends && check_luhn(part(run, s, e + 1)))
                return true;
        }
    }
    return false;
}

// The digit groups of a run as a shape: "3-2-4", with the separators as they are.
static void shape_of(struct str run, char shape[64])
{
    size_t n = 0, len = 0;
    for (size_t i = 0; i <= run.len && len < 60; i++) {
        if (i < run.len && is_digit((unsigned char)run.ptr[i])) {
            n++;
            continue;
        }
        if (n)
            shape[len++] = n > 9 ? 'n' : (char)('0' + n);
        n = 0;
        if (i < run.len)
            shape[len++] = run.ptr[i];
    }
    shape[len] = 0;
}

static bool is_listed(const char *shape, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(shape, list[i]))
            return true;
    return false;
}

static bool is_year_range(struct str run)
{
    return run.len == 9 && (run.ptr[0] == '1' || run.ptr[0] == '2') &&
           (run.ptr[5] == '1' || run.ptr[5] == '2') && count_digits(run) == 8;
}

static bool judge_ipv4(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    trim(text, start, end);
    struct str rest = part(text, *start, *end), piece;
    int n = 0;
    while (str_cut(&rest, '.', &piece)) {
        int64_t value;
        if (!str_to_i64(piece, &value) || value < 0 || value > 255)
            return false;
        n++;
    }
    return n == 4;
}

// The NIR of Corsica has a letter in the middle: "1 55 08 2" goes on with "A 168 025 50".
static bool goes_on(struct str text, size_t start, size_t *end)
{
    size_t at = *end, n = 0;
    if (at == text.len || !among((unsigned char)text.ptr[at], "ABab"))
        return false;
    for (at++; at < text.len && n < 8; at++)
        if (is_digit((unsigned char)text.ptr[at]))
            n++;
        else if (text.ptr[at] != ' ')
            return false;
    if (n < 8 || !is_edge(text, at) || !id_family_of(part(text, start, at)))
        return false;
    *end = at;
    return true;
}

// Any run of at least six digits.
static bool judge_number(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    static const char *const dates[] = { "4-2-2", "2-2-4", "2/2/4", "4/2/2", "2.2.4", "4.2.2",
                                         "1/1/4", "1/2/4", "2/1/4", "1.1.4", "1.2.4", "2.1.4",
                                         "2/2/2", "4/1/1", "4-1-2", "4-2-1" };
    static const char *const ids[] = { "3-2-4", "3 2 4", "3.3.3-2", "4 4 4", "6-4", "8-4" };
    static const char *const years[] = { "4-4", "4/4" };
    char shape[64];
    trim(text, start, end);
    struct str run = part(text, *start, *end);
    if (has_card(run)) {
        *kind = SCAN_CARD;
        return true;
    }
    size_t n = count_digits(run);
    if (n < 6)
        return false;
    if (goes_on(text, *start, end)) {
        *kind = SCAN_ID;
        return true;
    }
    shape_of(run, shape);
    if (is_listed(shape, years, COUNT_OF(years)) && is_year_range(run))
        return false;
    if (judge_ipv4(text, start, end, kind))
        *kind = SCAN_NETWORK;
    else if (is_listed(shape, dates, COUNT_OF(dates)))
        *kind = SCAN_DATE;
    else if (is_listed(shape, ids, COUNT_OF(ids)))
        *kind = SCAN_ID;
    else if (run.len == n && id_family_of(run))
        *kind = SCAN_ID;
    else if (n >= 7 && n <= 15 && (run.len > n || (*start && text.ptr[*start - 1] == '+')))
        *kind = SCAN_PHONE;
    if (*start && (text.ptr[*start - 1] == '+' || text.ptr[*start - 1] == '('))
        *start -= 1;
    return true;
}

// Digits in groups that programs write: 0171_555_1234. Not 1_000_000, nor a product, 60*60*24*365,
// unless it is a card.
static bool judge_grouped(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    while (*start < *end && !is_digit((unsigned char)text.ptr[*start]))
        *start += 1;
    while (*start < *end && !is_digit((unsigned char)text.ptr[*end - 1]))
        *end -= 1;
    struct str run = part(text, *start, *end);
    size_t n = count_digits(run), n_first = 0;
    if (n < 7 || n == run.len)
        return false;
    if (has_card(run)) {
        *kind = SCAN_CARD;
        return true;
    }
    while (run.ptr[n_first] != '_' && run.ptr[n_first] != '*')
        n_first++;
    bool thousands = n_first <= 3;
    for (size_t at = n_first; thousands && at < run.len; at += 4)
        thousands = at + 4 <= run.len && count_digits(part(run, at + 1, at + 4)) == 3;
    return n <= 15 && !thousands && !memchr(run.ptr, '*', run.len);
}

// The longest valid one that begins here.
static bool judge_iban(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    for (size_t e = size_min(text.len, *start + 42); e >= *start + 15; e--) {
        bool ends = e == text.len || !set_has(SET_WORD, (unsigned char)text.ptr[e]);
        if (ends && check_iban(part(text, *start, e))) {
            *end = e;
            return true;
        }
    }
    return false;
}

static bool judge_ipv6(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    struct str run = part(text, *start, *end);
    size_t n_colons = 0, n_hex = 0;
    for (size_t i = *start; i < *end; i++) {
        n_colons += among((unsigned char)text.ptr[i], ":-");
        n_hex += is_hex((unsigned char)text.ptr[i]);
    }
    if (count_digits(run) + n_colons == run.len && !memchr(run.ptr, ':', run.len) && has_card(run))
        *kind = SCAN_CARD; // 4111-1111-1111-1111
    return n_colons >= 3 && n_hex >= 4 && run.len >= 8;
}

// Whether "[…]" picks from a list: Python's x[1000::2], double[:, ::1].
static bool is_slice(struct str text, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        if (is_hex((unsigned char)text.ptr[i]) && !is_digit((unsigned char)text.ptr[i]))
            return false;
    unsigned char before = start ? (unsigned char)text.ptr[start - 1] : ' ';
    unsigned char outside = start > 1 ? (unsigned char)text.ptr[start - 2] : ' ';
    if (before != '[')
        return end < text.len && text.ptr[end] == ']';
    return is_alnum(outside) || among(outside, "_])");
}

// An address that leaves out zeros, "2001:db8::1", in s, which begins and ends with it. What is no
// address but could be read as one has other beginnings: C++'s a::b, a time 12::30, Face::add.
static bool is_short_ipv6(struct str s)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t first = 0;
    if (s.len >= sizeof copy)
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    while (first < s.len && copy[first] != ':')
        first++;
    bool begins = first == 4 || (!first && (s.len == 3 || str_starts(s, STR_LIT("::ffff:")))) ||
                  str_starts(s, STR_LIT("64:ff9b:"));
    return begins && count_digits(s) && inet_pton(AF_INET6, copy, &address) == 1;
}

static bool is_word_at(struct str text, size_t at)
{
    return at < text.len && set_has(SET_WORD, (unsigned char)text.ptr[at]);
}

// Around "::", with the length of a network behind it: "2001:db8::/32".
static bool judge_short_ipv6(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    size_t from = *end, to = *end, most = INET6_ADDRSTRLEN;
    (void)kind;
    while (from > 0 && *end - from < most && is_address((unsigned char)text.ptr[from - 1]))
        from--;
    while (to < text.len && to - *end < most && is_address((unsigned char)text.ptr[to]))
        to++;
    while (to > from && text.ptr[to - 1] == '.')
        to--;
    if (to - from > 3 && text.ptr[to - 1] == ':' && text.ptr[to - 2] != ':')
        to--;
    if ((from && is_word_at(text, from - 1)) || is_word_at(text, to) ||
        !is_short_ipv6(part(text, from, to)) || is_slice(text, from, to))
        return false;
    *start = from;
    *end = to;
    struct str more = str_head(str_from(text, to), 4);
    size_t n = count_digits(more);
    if (n && more.ptr[0] == '/' && is_digit((unsigned char)more.ptr[1]))
        *end = to + 1 + n;
    return true;
}

struct mix {
    size_t n_digits, n_upper, n_lower, n_other, n_switches;
};

// What a token is made of; a switch is a change between letters and digits or of case upwards.
static struct mix mix_of(struct str s)
{
    enum { DIGIT, UPPER, LOWER, OTHER, NOTHING };
    // By the type before and that of a byte.
    static const unsigned char switches[5][4] = {
        [DIGIT] = { 0, 1, 1, 0 },
        [UPPER] = { 1, 0, 0, 0 },
        [LOWER] = { 1, 1, 0, 0 },
        [OTHER] = { 1, 1, 1, 0 },
    };
    size_t n_digits = 0, n_upper = 0, n_lower = 0, n_switches = 0;
    unsigned before = NOTHING;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        unsigned type = OTHER - (OTHER - DIGIT) * is_digit(c) - (OTHER - UPPER) * is_upper(c) -
                        (OTHER - LOWER) * is_lower(c);
        n_digits += type == DIGIT;
        n_upper += type == UPPER;
        n_lower += type == LOWER;
        n_switches += switches[before][type];
        before = type;
    }
    return (struct mix){ n_digits, n_upper, n_lower, s.len - n_digits - n_upper - n_lower,
                         n_switches };
}

static size_t count_distinct(struct str s)
{
    uint64_t seen[4] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        n += ~(seen[c / 64] >> c % 64) & 1;
        seen[c / 64] |= (uint64_t)1 << c % 64;
    }
    return n;
}

static int base64_value(unsigned char c)
{
    return is_upper(c)            ? c - 'A'
           : is_lower(c)          ? c - 'a' + 26
           : is_digit(c)          ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

// True when the token is base64 of readable text: somebody packed words in it.
static bool hides_text(struct str s)
{
    size_t n_bytes = 0;
    uint32_t bits = 0;
    int n_bits = 0;
    if (s.len < 16)
        return false;
    for (size_t i = 0; i < s.len && s.ptr[i] != '='; i++) {
        int value = base64_value((unsigned char)s.ptr[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        n_bits += 6;
        if (n_bits < 8)
            continue;
        n_bits -= 8;
        unsigned char c = (unsigned char)(bits >> n_bits);
        if (c < ' ' || c >= 0x7F)
            return false;
        n_bytes++;
    }
    return n_bytes > 0;
}

bool judge_word(struct str text, size_t start, size_t end)
{
    struct str s = part(text, start, end);
    if (s.len < 14)
        return false;
    if (check_base58(s) || check_bech32(s))
        return true;
    if (s.len != 16 && s.len != 17)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool wrong = s.len == 17 ? among(c | 0x20, "ioq") : i < 6 && is_digit(c);
        if (!is_alnum(c) || wrong)
            return false;
    }
    return is_edge(text, start) && is_edge(text, end) && id_family_of(s) != NULL;
}

// A digit, or three capitals: what is made of less is no key.
static bool has_digit_or_capitals(struct str s)
{
    size_t n_upper = 0;
    for (size_t i = 0; i < s.len; i++) {
        n_upper += is_upper((unsigned char)s.ptr[i]);
        if (n_upper == 3 || is_digit((unsigned char)s.ptr[i]))
            return true;
    }
    return false;
}

// Keys, hashes, passwords: long and mixed, or hex, or text in base64.
bool judge_token(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    trim(text, start, end);
    struct str s = part(text, *start, *end);
    if (s.len < 8)
        return false;
    if (hides_text(s))
        return true;
    if (!has_digit_or_capitals(s))
        return false;
    struct mix m = mix_of(s);
    if (m.n_other * 4 > s.len) // a path, a rule of dashes
        return false;
    bool two_kinds = m.n_digits && (m.n_upper || m.n_lower);
    if (s.len >= 16 && two_kinds && m.n_switches >= 4)
        return true;
    if (s.len >= 20 && m.n_upper >= 3 && m.n_switches * 3 >= s.len && count_distinct(s) >= 12)
        return true;
    return two_kinds && (m.n_digits >= 5 || (m.n_switches >= 3 && m.n_digits >= 3));
}

// A value behind "password:" and the like: anything that is no plain word.
static bool judge_password(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    while (*end > *start + 1 && among((unsigned char)text.ptr[*end - 1], ".,;:)]}"))
        *end -= 1;
    struct mix m = mix_of(part(text, *start, *end));
    return m.n_digits || m.n_other || (m.n_upper && m.n_lower && m.n_switches);
}

static bool judge_handle(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    unsigned char before = *start ? (unsigned char)text.ptr[*start - 1] : ' ';
    return *end - *start >= 4 && !set_has(SET_WORD, before) && before != '.';
}

static bool judge_percent(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    size_t n = 0;
    for (size_t i = *start; i < *end; i++)
        n += text.ptr[i] == '%';
    return n >= 3;
}

// From BEGIN to END, or to the end of the text when it was cut.
static bool judge_private_key(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    size_t stop = str_find(text, STR_LIT("-----END"), *start);
    size_t line = stop == SIZE_MAX ? SIZE_MAX : str_find(text, STR_LIT("KEY-----"), stop);
    *end = line == SIZE_MAX ? text.len : line + 8;
    return true;
}

// Two capitals and a number of five digits, or five and four: "CA 90210-1234".
static bool judge_zip(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    size_t digits = *end - 5, at = digits - 1; // of the space
    at -= text.ptr[at - 1] == ',';
    if (at < 2 || !is_upper((unsigned char)text.ptr[at - 2]))
        return false;
    *start = at - 2;
    struct str more = str_head(str_from(text, *end), 5);
    if (more.len == 5 && more.ptr[0] == '-' && count_digits(str_from(more, 1)) == 4)
        *end += 5;
    return is_edge(text, *start) && is_edge(text, *end);
}

// Letters and digits whose check digits hold.
static bool judge_family(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)kind;
    return id_family_of(part(text, *start, *end)) != NULL;
}

// A line that machines read in a passport or an identity card (ICAO 9303): 30, 36 or 44 characters.
static bool judge_document(struct str text, size_t *start, size_t *end, enum scan_kind *kind)
{
    (void)text, (void)kind;
    return *end - *start >= 30;
}

// Identity numbers without check digits, in the forms that their issuers print: National Insurance
// (United Kingdom), Medicare (United States), PAN and plates of India, social insurance of Germany,
// plates of Nigeria and Germany.
#define PRINTED                                                                                    \
    "\\b(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]|"              \
    "[1-9][A-Z][A-Z0-9][0-9]-?[A-Z][A-Z0-9][0-9]-?[A-Z]{2}[0-9]{2}|"                               \
    "[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]|[A-Z]{2} ?[0-9]{2} [A-Z]{1,3} ?[0-9]{4}|"              \
    "[0-9]{2} [0-9]{6} [A-Z] [0-9]{3}|[A-Z]{3}-[0-9]{3}[A-Z]{2}|[A-Z]{1,3}-[A-Z]{1,2} "            \
    "[0-9]{3,4})\\b"
#define POSTCODE "\\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][ABD-HJLNP-UW-Z]{2}\\b" // United Kingdom
#define MONTH "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\\.?"
#define LABEL                                                                                      \
    "(?:password|passwd|passcode|passphrase|pwd|pin code|pin|secret|api[ _-]?key|access[ _-]?key|" \
    "access[ _-]?token|auth[ _-]?token|client[ _-]?secret|login|user ?name|user ?id)"
#define STREET                                                                                     \
    "(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|highway|hwy|square|" \
    "sq|terrace|parkway|pkwy|crescent|close)"

const struct recogniser recognisers[] = {
    { SCAN_EMAIL, "[\\w.+%-]@[a-z0-9\\x80-\\xff-]+(?:\\.[a-z0-9-]+)*\\.[a-z]{2}", true, false,
      SET_EMAIL, SET_EMAIL, judge_email, GROUP_WORDS, FORM_NONE },
    { SCAN_EMAIL,
      "[\\w.+-](?: at [\\w-]{2,40} dot | ?(?:\\[at\\]|\\(at\\)|\\{at\\}| @ ) ?[\\w-]{2,40} ?(?: "
      "dot "
      "|\\[dot\\]|\\(dot\\)|\\{dot\\}|\\.| \\. ) "
      "?)(?:com|org|net|edu|gov|io|co|info|de|fr|uk|es|it|"
      "ru|in|me)\\b",
      true, true, SET_EMAIL, SET_NONE, judge_trim, GROUP_WORDS, FORM_NONE },
    { SCAN_LINK, "(?:[a-z][a-z0-9+]{1,12}://|www\\.|t\\.me/)[^\\s<>\"']", true, true, SET_NONE,
      SET_VISIBLE, judge_trim, GROUP_FORMS, FORM_LINK },
    { SCAN_LINK, "[a-z0-9-]\\.(?:com|org|edu|gov|info|biz|online|shop|club|xyz|site|dev|app)\\b",
      true, false, SET_HOST, SET_VISIBLE, judge_trim, GROUP_FORMS, FORM_HOST },
    { SCAN_LINK, "(?:%[0-9a-f]{2}[^\\s%]{0,3}){3}", true, false, SET_VISIBLE, SET_VISIBLE,
      judge_percent, GROUP_WORDS, FORM_NONE },
    { SCAN_NUMBER, "[0-9](?:[ ().+/-]{0,2}[0-9]){5}", false, false, SET_NUMBER, SET_NUMBER,
      judge_number, GROUP_FORMS, FORM_NUMBER },
    { SCAN_PHONE, "[0-9][_*][0-9]{2}", false, false, SET_GROUPED, SET_GROUPED, judge_grouped,
      GROUP_FORMS, FORM_GROUPED },
    { SCAN_BANK, "\\b[a-z]{2}[0-9]{2}[ -]?[a-z0-9]{4}[ -]?[a-z0-9]{4}[ -]?[a-z0-9]{3}", true, true,
      SET_NONE, SET_NONE, judge_iban, GROUP_FORMS, FORM_BANK },
    { SCAN_ID, "\\b[0-9]{8}[ -]?[a-z]\\b|\\b[xyz][ -]?[0-9]{7}[ -]?[a-z]\\b", true, true, SET_NONE,
      SET_NONE, judge_family, GROUP_FORMS, FORM_FAMILY },
    { SCAN_ID, "[A-Z0-9]<[A-Z0-9<]", false, true, SET_DOCUMENT, SET_DOCUMENT, judge_document,
      GROUP_WORDS, FORM_NONE },
    { SCAN_NETWORK, "\\b[0-9]{1,3}(?:\\.[0-9]{1,3}){3}", false, true, SET_NONE, SET_DIGIT,
      judge_ipv4, GROUP_FORMS, FORM_POINTS },
    { SCAN_NETWORK, "[0-9a-f]{0,4}[:-][0-9a-f]{1,4}[:-]{1,2}[0-9a-f]{1,4}[:-]", true, false,
      SET_ADDRESS, SET_ADDRESS, judge_ipv6, GROUP_FORMS, FORM_COLON },
    { SCAN_NETWORK, "::", false, false, SET_NONE, SET_NONE, judge_short_ipv6, GROUP_FORMS,
      FORM_COLONS },
    { SCAN_KEY,
      "(?:\\bsk-|\\bsk_live_|\\bpk_live_|\\brk_live_|\\bgh[pousr]_|\\bgithub_pat_|"
      "\\bglpat-|\\bxox[abeprs]-|\\bhf_|\\bnpm_|\\bSG\\.|\\bAIza|\\bya29\\.|\\bEAAC|"
      "\\bdop_v1_|\\bshpat_)[A-Za-z0-9_-]{10}",
      false, false, SET_TOKEN, SET_TOKEN, judge_trim, GROUP_WORDS, FORM_NONE },
    { SCAN_KEY, "\\b(?:AKIA|ASIA|AGPA|AROA|AIDA)[0-9A-Z]{12}", false, false, SET_TOKEN, SET_TOKEN,
      judge_trim, GROUP_WORDS, FORM_NONE },
    { SCAN_KEY, "\\beyJ[A-Za-z0-9_-]{8}", false, false, SET_TOKEN, SET_TOKEN, judge_trim,
      GROUP_WORDS, FORM_NONE },
    { SCAN_KEY, "[A-Za-z][._-]?[0-9]{3}|[0-9]{3}[._-]?[A-Za-z]", false, false, SET_TOKEN, SET_TOKEN,
      judge_token, GROUP_FORMS, FORM_TOKEN },
    { SCAN_KEY, "[A-Za-z][0-9]{1,2}[A-Za-z]{1,3}[0-9]|[0-9][A-Za-z]{1,2}[0-9]{1,2}[A-Za-z]", false,
      false, SET_TOKEN, SET_TOKEN, judge_token, GROUP_FORMS, FORM_TOKEN },
    { SCAN_KEY, "\\b" LABEL "[\"']?\\s{0,3}(?:is|=|:|:=|=>)\\s{0,3}[\"']?[^\\s\"'=:>]", true, false,
      SET_NONE, SET_VISIBLE, judge_password, GROUP_WORDS, FORM_NONE },
    { SCAN_KEY, "-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----", false, true, SET_NONE, SET_NONE,
      judge_private_key, GROUP_WORDS, FORM_NONE },
    { SCAN_HANDLE, "@[a-z0-9_]{2}", true, true, SET_NONE, SET_WORD, judge_handle, GROUP_FORMS,
      FORM_HANDLE },
    { SCAN_HANDLE, "\\b[ur]/[a-z0-9_-]{3}", true, true, SET_NONE, SET_WORD, NULL, GROUP_FORMS,
      FORM_FORUM },
    { SCAN_STREET, "\\b[0-9]{1,5}[a-z]?,? (?:[nsew]\\.? )?(?:[a-z0-9'.-]{2,20} ){1,3}" STREET "\\b",
      true, true, SET_NONE, SET_NONE, NULL, GROUP_FORMS, FORM_STREET },
    { SCAN_STREET,
      "\\b[0-9]{1,4}(?: bis| ter)?,? (?:rue|avenue|boulevard|place|chemin|quai|impasse"
      "|calle|via|viale|piazza) (?:[\\w'\\x80-\\xff-]{1,20} ?){1,4}",
      true, true, SET_NONE, SET_NONE, NULL, GROUP_FORMS, FORM_RUE },
    { SCAN_STREET,
      "[a-z\\x80-\\xff]{3,30}(?:stra\xc3\x9f"
      "e|strasse|str\\.|gasse|allee|platz|weg) [0-9]{1,4}",
      true, true, SET_WORD, SET_WORD, NULL, GROUP_STREET, FORM_NONE },
    { SCAN_STREET, "\\b(?:p\\.? ?o\\.? box|apt\\.?|apartment|suite|unit) #?[0-9]{1,6}", true, true,
      SET_NONE, SET_DIGIT, NULL, GROUP_STREET, FORM_NONE },
    { SCAN_ID, PRINTED, false, true, SET_NONE, SET_NONE, NULL, GROUP_PRINTED, FORM_NONE },
    { SCAN_STREET, POSTCODE, false, true, SET_NONE, SET_NONE, NULL, GROUP_PRINTED, FORM_NONE },
    { SCAN_STREET, "[A-Z],? [0-9]{5}", false, false, SET_NONE, SET_NONE, judge_zip, GROUP_FORMS,
      FORM_ZIP },
    { SCAN_POSITION, "-?[0-9]{1,3}\\.[0-9]{3,8}[^0-9a-z]{1,3}-?[0-9]{1,3}\\.[0-9]{3}", true, true,
      SET_NONE, SET_DIGIT, NULL, GROUP_FORMS, FORM_POSITION },
    { SCAN_DATE, "\\b" MONTH " [0-9]{1,2}(?:st|nd|rd|th)?,? (?:of )?[12][0-9]{3}\\b", true, true,
      SET_NONE, SET_NONE, NULL, GROUP_FORMS, FORM_MONTH },
    { SCAN_DATE, "\\b[0-9]{1,2}(?:st|nd|rd|th|\\.)?(?: of)? " MONTH ",? [12][0-9]{3}\\b", true,
      true, SET_NONE, SET_NONE, NULL, GROUP_FORMS, FORM_DAY },
    { SCAN_DATE,
      "\\b(?:dob|date of birth|born on|birthday|birthdate|birth date|geboren am|"
      "n\xc3\xa9 le)\\W{0,4}[0-9a-z]{1,9}[ ./-]{1,2}[0-9a-z]{1,9}[ ,./-]{1,3}[0-9]{2}",
      true, true, SET_NONE, SET_DIGIT, NULL, GROUP_DATE, FORM_NONE },
    { SCAN_PATH,
      "(?:/(?:home|users|root|var/www)/|[a-z]:[\\\\/]{1,2}users[\\\\/]|"
      "documents and settings[\\\\/]|~/|\\\\\\\\[a-z0-9-]+\\\\)[^\\s\"'<>]",
      true, true, SET_NONE, SET_VISIBLE, judge_path, GROUP_WORDS, FORM_NONE },
};
const size_t n_recognisers = COUNT_OF(recognisers);
