// SPDX-License-Identifier: Apache-2.0
#include "scan/anchor.h"

static unsigned char byte_at(struct str text, size_t at)
{
    return at < text.len ? (unsigned char)text.ptr[at] : 0;
}

static unsigned char lower_at(struct str text, size_t at)
{
    return byte_at(text, at) | 0x20;
}

static bool is_word_at(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at), lower = c | 0x20;
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z') || c == '_';
}

static bool is_hex_at(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at), lower = c | 0x20;
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
}

// In any case of letters. A few other bytes that differ in one bit pass as well.
static bool begins_at(struct str text, size_t at, const char *word)
{
    for (; *word; word++, at++)
        if (lower_at(text, at) != ((unsigned char)*word | 0x20))
            return false;
    return true;
}

// The last byte first: it seldom fits.
static bool ends_at(struct str text, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at >= n && lower_at(text, at - 1) == ((unsigned char)word[n - 1] | 0x20) &&
           begins_at(text, at - n, word);
}

static bool any_ends_at(struct str text, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ends_at(text, at, words[i]))
            return true;
    return false;
}

// Letters as a set.
#define L(c) (1u << ((c) - 'a'))
static bool is_among(unsigned char lower, uint32_t letters)
{
    unsigned i = lower - 'a';
    return i < 26 && letters >> i & 1;
}

// "://", "c:/", "~/", "u/", "t.me/", "settings/", "/home/".
static bool is_slash(struct str text, size_t at)
{
    switch (lower_at(text, at - 1)) {
    case ':':
    case '~' | 0x20:
        return true;
    case 'u':
    case 'r':
        if (!is_word_at(text, at - 2))
            return true;
        break;
    case 'e':
        if (ends_at(text, at, "t.me"))
            return true;
        break;
    case 's':
        if (ends_at(text, at, "ings"))
            return true;
        break;
    default:
        break;
    }
    switch (lower_at(text, at + 1)) {
    case 'h':
        return begins_at(text, at + 1, "home/");
    case 'u':
        return begins_at(text, at + 1, "users/");
    case 'r':
        return begins_at(text, at + 1, "root/");
    case 'v':
        return begins_at(text, at + 1, "var/www/");
    default:
        return false;
    }
}

bool anchor_is_sign(struct str text, size_t at)
{
    switch (text.ptr[at]) {
    case '@':
        return true;
    case '%':
        return is_hex_at(text, at + 1) && is_hex_at(text, at + 2);
    case '<':
        return set_has(SET_DOCUMENT, byte_at(text, at - 1)) &&
               set_has(SET_DOCUMENT, byte_at(text, at + 1));
    case '/':
        return is_slash(text, at);
    case '\\':
        return byte_at(text, at - 1) == ':' || byte_at(text, at - 1) == '\\' ||
               ends_at(text, at, "ings");
    default:
        return false;
    }
}

bool anchor_is_dot(struct str text, size_t at)
{
    return begins_at(text, at, "dot");
}

// "www.", or the end of a host.
bool anchor_is_point(struct str text, size_t at)
{
    static const char *const ends[] = { "com",  "org",  "edu", "gov",  "info", "biz", "online",
                                        "shop", "club", "xyz", "site", "dev",  "app" };
    static const uint32_t firsts =
        L('c') | L('o') | L('e') | L('g') | L('i') | L('b') | L('s') | L('x') | L('d') | L('a');
    if (ends_at(text, at, "www"))
        return true;
    if (!is_among(lower_at(text, at + 1), firsts))
        return false;
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (begins_at(text, at + 1, ends[i]) && !is_word_at(text, at + 1 + strlen(ends[i])))
            return true;
    return false;
}

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// "api key", "api_key", "apikey".
static bool is_behind(struct str text, size_t at, const char *last, const char *first)
{
    if (!ends_at(text, at, last))
        return false;
    at -= strlen(last);
    unsigned char c = byte_at(text, at - 1);
    return ends_at(text, at - (c == ' ' || c == '_' || c == '-'), first);
}

static bool is_label(struct str text, size_t at)
{
    for (size_t n = 0; n < 3 && is_space(byte_at(text, at - 1)); n++)
        at--;
    if (byte_at(text, at - 1) == '"' || byte_at(text, at - 1) == '\'')
        at--;
    switch (lower_at(text, at - 1)) {
    case 'd':
        return ends_at(text, at, "password") || ends_at(text, at, "passwd") ||
               ends_at(text, at, "pwd") || is_behind(text, at, "id", "user");
    case 'e':
        return ends_at(text, at, "passcode") || ends_at(text, at, "passphrase") ||
               ends_at(text, at, "pin code") || is_behind(text, at, "name", "user");
    case 'n':
        return ends_at(text, at, "pin") || ends_at(text, at, "login") ||
               is_behind(text, at, "token", "access") || is_behind(text, at, "token", "auth");
    case 't':
        return ends_at(text, at, "secret");
    case 'y':
        return is_behind(text, at, "key", "api") || is_behind(text, at, "key", "access");
    default:
        return false;
    }
}

bool anchor_is_part(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at);
    if (c == ')' || c == ']' || c == '}')
        return lower_at(text, at - 1) == 't' && lower_at(text, at - 2) == 'a';
    return is_label(text, at);
}

bool anchor_is_key(struct str text, size_t start)
{
    static const char *const heads[] = { "AIza", "EAAC", "AKIA", "ASIA", "AGPA", "AROA", "AIDA" };
    static const char *const minus[] = { "sk-",   "glpat-", "xoxa-", "xoxb-",
                                         "xoxe-", "xoxp-",  "xoxr-", "xoxs-" };
    static const char *const line[] = { "k_live_", "ghp_", "gho_", "ghu_",    "ghs_",  "ghr_",
                                        "_pat_",   "hf_",  "npm_", "dop_v1_", "shpat_" };
    unsigned char last = lower_at(text, start - 2);
    switch (byte_at(text, start - 1)) {
    case '-':
        return is_among(last,
                        L('k') | L('t') | L('a') | L('b') | L('e') | L('p') | L('r') | L('s')) &&
               any_ends_at(text, start, minus, COUNT_OF(minus));
    case '_':
        return (last == '1' || is_among(last, L('e') | L('p') | L('o') | L('u') | L('s') | L('r') |
                                                  L('t') | L('f') | L('m'))) &&
               any_ends_at(text, start, line, COUNT_OF(line));
    case '.':
        return ends_at(text, start, "SG.") || ends_at(text, start, "ya29.");
    default:
        return any_ends_at(text, start, heads, COUNT_OF(heads)) ||
               (byte_at(text, start + 1) == 'J' && ends_at(text, start + 2, "eyJ"));
    }
}

// Second letters by the first.
#define AT(c) [(c) - 'a']
static bool is_pair_at(struct str text, size_t at, const uint32_t seconds[26])
{
    unsigned first = lower_at(text, at) - 'a';
    return first < 26 && is_among(lower_at(text, at + 1), seconds[first]);
}

// "Street", "ave" …, up to four words further on; "rue", "via" … at once.
bool anchor_is_street(struct str text, size_t at)
{
    static const uint32_t ends[26] = {
        AT('s') = L('t') | L('q'), AT('a') = L('v'),
        AT('r') = L('o') | L('d'), AT('l') = L('a') | L('n'),
        AT('d') = L('r'),          AT('b') = L('o') | L('l'),
        AT('h') = L('i') | L('w'), AT('t') = L('e'),
        AT('p') = L('a') | L('k'), AT('c') = L('o') | L('t') | L('r') | L('l'),
    };
    static const uint32_t heads[26] = {
        AT('r') = L('u'),          AT('a') = L('v'),          AT('b') = L('o') | L('i'),
        AT('p') = L('l') | L('i'), AT('c') = L('h') | L('a'), AT('q') = L('u'),
        AT('i') = L('m'),          AT('v') = L('i'),          AT('t') = L('e'),
    };
    if (is_pair_at(text, at, heads))
        return true;
    for (size_t n_words = 0; n_words < 4; n_words++) {
        size_t start = at;
        while ((is_word_at(text, at) || byte_at(text, at) == '\'' || byte_at(text, at) == '.' ||
                byte_at(text, at) == '-') &&
               at < start + 20)
            at++;
        if (byte_at(text, at) != ' ')
            return false;
        at++;
        if (is_pair_at(text, at, ends))
            return true;
    }
    return false;
}

// What ends in front of the space: "Straße", "str.", "Allee", "Platz", "Weg"; "box", "apt.",
// "apartment", "suite", "unit".
bool anchor_is_number_of(struct str text, size_t at)
{
    size_t space = at - 1;
    if (byte_at(text, space) == '#')
        space--;
    unsigned char last = lower_at(text, space - 1), before = lower_at(text, space - 2);
    if (byte_at(text, space) != ' ')
        return false;
    switch (last) {
    case 'e':
        return before == 's' || before == 'e' || before == 't' || before >= 0x80;
    case '.':
        return before == 'r' || before == 't';
    case 'z':
        return before == 't';
    case 'g':
        return before == 'e';
    case 'x':
        return before == 'o';
    case 't':
        return before == 'p' || before == 'n' || before == 'i';
    default:
        return false;
    }
}

// Behind the first letters of a month.
#define MONTH_BYTES ((size_t)28)
bool anchor_is_year(struct str text, size_t at)
{
    static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec" };
    static const uint32_t heads[26] = {
        AT('j') = L('a') | L('u'), AT('f') = L('e'), AT('m') = L('a'), AT('a') = L('p') | L('u'),
        AT('s') = L('e'),          AT('o') = L('c'), AT('n') = L('o'), AT('d') = L('e'),
    };
    for (size_t i = at > MONTH_BYTES ? at - MONTH_BYTES : 0; i < at; i++) {
        if (!is_pair_at(text, i, heads))
            continue;
        for (size_t k = 0; k < COUNT_OF(months); k++)
            if (begins_at(text, i, months[k]))
                return true;
    }
    return false;
}

// Behind "dob", "birth", "born", "geboren", "né".
#define BIRTH_BYTES ((size_t)44)
bool anchor_is_birth(struct str text, size_t at)
{
    if (!memchr(" ,./-", byte_at(text, at - 2), 5))
        return false;
    for (size_t i = at > BIRTH_BYTES ? at - BIRTH_BYTES : 0; i < at; i++) {
        unsigned char c = lower_at(text, i), next = lower_at(text, i + 1);
        if (c == 0xA9 || (c == 'b' && (next == 'o' || next == 'i' || lower_at(text, i - 1) == 'o')))
            return true;
    }
    return false;
}
