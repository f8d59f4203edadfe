// SPDX-License-Identifier: Apache-2.0
#include "scan/anchor.h"

#include "scan/byte_at.h"

static bool any_ends_at(struct str text, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ends_at(text, at, words[i]))
            return true;
    return false;
}

// "c:/users/", "~/", "settings/", "/home/".
static bool is_slash(struct str text, size_t at)
{
    unsigned char before = byte_at(text, at - 1);
    if (before == '~' || ends_at(text, at, "ings"))
        return true;
    switch (lower_at(text, at + 1)) {
    case 'h':
        return begins_at(text, at + 1, "home/");
    case 'u':
        return begins_at(text, at + 1, "users");
    case 'r':
        return begins_at(text, at + 1, "root/");
    case 'v':
        return begins_at(text, at + 1, "var/www/");
    default:
        return false;
    }
}

// An e-mail address, or " @ " in one.
static bool is_at(struct str text, size_t at)
{
    unsigned char before = byte_at(text, at - 1), next = byte_at(text, at + 1);
    if (before == ' ')
        return next == ' ';
    return (is_word_at(text, at - 1) || (before && strchr(".+%-", before))) &&
           (is_alnum_at(text, at + 1) || next == '-' || next >= 0x80);
}

// %41, and at most three bytes behind.
static bool skip_percent(struct str text, size_t *at)
{
    if (byte_at(text, *at) != '%' || !is_hex_at(text, *at + 1) || !is_hex_at(text, *at + 2))
        return false;
    *at += 3;
    for (size_t n = 0; n < 3 && *at < text.len && byte_at(text, *at) != '%'; n++)
        *at += 1;
    return true;
}

// The first of three.
static bool is_percent(struct str text, size_t at)
{
    size_t n = 0;
    while (n < 3 && skip_percent(text, &at))
        n++;
    return n == 3;
}

bool anchor_is_sign(struct str text, size_t at)
{
    unsigned char before = byte_at(text, at - 1);
    switch (text.ptr[at]) {
    case '@':
        return is_at(text, at);
    case '%':
        return is_percent(text, at);
    case '<':
        return set_has(SET_DOCUMENT, before) && set_has(SET_DOCUMENT, byte_at(text, at + 1));
    case '/':
        return is_slash(text, at);
    case '\\':
        return before == '\\' || begins_at(text, at + 1, "users") || ends_at(text, at, "ings");
    default:
        return false;
    }
}

bool anchor_is_dot(struct str text, size_t at)
{
    return begins_at(text, at, "dot");
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

// What ends in front of the space, with a number sign in front of the digit or not.
bool anchor_is_number_of(struct str text, size_t at)
{
    size_t space = at - 1;
    if (byte_at(text, space) == '#')
        space--;
    if (byte_at(text, space) != ' ')
        return false;
    switch (lower_at(text, space - 1)) {
    case 'e':
        return ends_at(text, space, "asse") || ends_at(text, space, "allee") ||
               ends_at(text, space, "suite") ||
               ends_at(text, space,
                       "stra\xc3\x9f"
                       "e");
    case '.':
        return ends_at(text, space, "str.") || ends_at(text, space, "apt.");
    case 'z':
        return ends_at(text, space, "platz");
    case 'g':
        return ends_at(text, space, "weg");
    case 'x':
        return ends_at(text, space, "box");
    case 't':
        return ends_at(text, space, "apt") || ends_at(text, space, "apartment") ||
               ends_at(text, space, "unit");
    default:
        return false;
    }
}

// A bit, the highest of a byte, for each of eight that is c; a byte right above may have one, too.
static uint64_t bytes_are(uint64_t eight, unsigned char c)
{
    uint64_t other = eight ^ (c * 0x0101010101010101ull);
    return (other - 0x0101010101010101ull) & ~other & 0x8080808080808080ull;
}

// "dob", "birth", "born on", "geboren am"; "né le": by the b and the last byte of é.
static bool is_birth_at(struct str text, size_t at)
{
    if (byte_at(text, at) == 0xA9)
        return begins_at(text, at + 1, " le");
    if (lower_at(text, at) != 'b')
        return false;
    return begins_at(text, at, "birth") || begins_at(text, at, "born on") ||
           begins_at(text, at, "boren am") || ends_at(text, at + 1, "dob");
}

// Two digits behind one of these.
#define BIRTH_BYTES ((size_t)48)
bool anchor_is_birth(struct str text, size_t at)
{
    if (!memchr(" ,./-", byte_at(text, at - 2), 5))
        return false;
    for (size_t i = at > BIRTH_BYTES ? at - BIRTH_BYTES : 0; i < at; i += sizeof(uint64_t)) {
        uint64_t eight = 0;
        memcpy(&eight, text.ptr + i, size_min(sizeof eight, text.len - i));
        uint64_t some = bytes_are(eight | 0x2020202020202020ull, 'b') | bytes_are(eight, 0xA9);
        for (; some; some &= some - 1)
            if (is_birth_at(text, i + (size_t)__builtin_ctzll(some) / 8))
                return true;
    }
    return false;
}
