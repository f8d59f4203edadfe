// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

// Length of the well-formed character at p, 0 when there is none (Unicode 15, table 3-7).
static size_t sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (left < n)
        return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (p[0] == 0xE0)
        low = 0xA0;
    else if (p[0] == 0xED)
        high = 0x9F;
    else if (p[0] == 0xF0)
        low = 0x90;
    else if (p[0] == 0xF4)
        high = 0x8F;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

bool utf8_is_valid(struct str s, size_t *bad)
{
    for (size_t at = 0; at < s.len;) {
        size_t n = sequence((const unsigned char *)s.ptr + at, s.len - at);
        if (!n) {
            if (bad)
                *bad = at;
            return false;
        }
        at += n;
    }
    return true;
}

uint32_t utf8_next_wide(struct str s, size_t *at)
{
    if (*at >= s.len)
        return 0;
    const unsigned char *p = (const unsigned char *)s.ptr + *at;
    size_t n = sequence(p, s.len - *at);
    *at += n ? n : 1;
    switch (n) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    case 3:
        return (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    case 4:
        return (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    default:
        return 0xFFFD;
    }
}

size_t utf8_put(uint32_t c, char out[4])
{
    assert(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out);
}

// Where the first byte past ASCII is; the length when there is none.
static size_t ascii_length(struct str s, size_t at)
{
    for (uint64_t eight; at + sizeof eight <= s.len; at += sizeof eight) {
        memcpy(&eight, s.ptr + at, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (at < s.len && (unsigned char)s.ptr[at] < 0x80)
        at++;
    return at;
}

// What is ASCII does not go through utf8proc, which took a fifth of the time of stages that read
// words.
static bool is_ascii(struct str s)
{
    return ascii_length(s, 0) == s.len;
}

static uint32_t lower_ascii(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static struct str lower_all(struct arena *a, struct str s)
{
    char *out = arena_array(a, s.len + 1, 1);
    for (size_t i = 0; i < s.len; i++)
        out[i] = (char)lower_ascii((unsigned char)s.ptr[i]);
    out[s.len] = 0;
    return str_make(out, s.len);
}

uint32_t utf8_lower_char(uint32_t c)
{
    return c < 0x80 ? lower_ascii(c) : (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

uint32_t utf8_upper_char(uint32_t c)
{
    return (uint32_t)utf8proc_toupper((utf8proc_int32_t)c);
}

struct str utf8_clip(struct str s, size_t max)
{
    if (s.len <= max)
        return s;
    while (max > 0 && ((unsigned char)s.ptr[max] & 0xC0) == 0x80)
        max--;
    return str_make(s.ptr, max);
}

size_t utf8_count(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

struct str utf8_repair(struct arena *a, struct str s)
{
    if (utf8_is_valid(s, NULL))
        return s;
    char *out = arena_array(a, s.len + 1, 3);
    size_t len = 0;
    for (size_t at = 0; at < s.len;)
        len += utf8_put(utf8_next(s, &at), out + len);
    out[len] = 0;
    return str_make(out, len);
}

static struct str map(struct arena *a, struct str s, int options)
{
    s = utf8_repair(a, s);
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.ptr, (utf8proc_ssize_t)s.len,
                                      &mapped, (utf8proc_option_t)options);
    if (n < 0)
        return arena_str(a, s);
    struct str out = arena_str(a, str_make((char *)mapped, (size_t)n));
    free(mapped);
    return out;
}

struct str utf8_fold(struct arena *a, struct str s)
{
    if (!s.len)
        return s;
    if (is_ascii(s))
        return lower_all(a, s);
    return map(a, s, UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

// Letters that look like a Latin one (Cyrillic, Greek, small capitals), dashes and points; in
// order.
struct form {
    uint16_t from;
    char to;
};
static const struct form look_alikes[] = {
    { 0x00B7, '.' }, { 0x0131, 'i' }, { 0x0251, 'a' }, { 0x0261, 'g' }, { 0x0262, 'g' },
    { 0x026A, 'i' }, { 0x0274, 'n' }, { 0x0280, 'r' }, { 0x028F, 'y' }, { 0x0299, 'b' },
    { 0x029C, 'h' }, { 0x029F, 'l' }, { 0x0391, 'A' }, { 0x0392, 'B' }, { 0x0395, 'E' },
    { 0x0396, 'Z' }, { 0x0397, 'H' }, { 0x0399, 'I' }, { 0x039A, 'K' }, { 0x039C, 'M' },
    { 0x039D, 'N' }, { 0x039F, 'O' }, { 0x03A1, 'P' }, { 0x03A4, 'T' }, { 0x03A5, 'Y' },
    { 0x03A7, 'X' }, { 0x03BF, 'o' }, { 0x03F2, 'c' }, { 0x03F3, 'j' }, { 0x0405, 'S' },
    { 0x0406, 'I' }, { 0x0408, 'J' }, { 0x0410, 'A' }, { 0x0412, 'B' }, { 0x0415, 'E' },
    { 0x041A, 'K' }, { 0x041C, 'M' }, { 0x041D, 'H' }, { 0x041E, 'O' }, { 0x0420, 'P' },
    { 0x0421, 'C' }, { 0x0422, 'T' }, { 0x0425, 'X' }, { 0x0430, 'a' }, { 0x0435, 'e' },
    { 0x043E, 'o' }, { 0x0440, 'p' }, { 0x0441, 'c' }, { 0x0443, 'y' }, { 0x0445, 'x' },
    { 0x0455, 's' }, { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x04BB, 'h' }, { 0x04CF, 'l' },
    { 0x0501, 'd' }, { 0x051B, 'q' }, { 0x051D, 'w' }, { 0x0585, 'o' }, { 0x1D00, 'a' },
    { 0x1D04, 'c' }, { 0x1D05, 'd' }, { 0x1D07, 'e' }, { 0x1D0A, 'j' }, { 0x1D0B, 'k' },
    { 0x1D0D, 'm' }, { 0x1D0F, 'o' }, { 0x1D18, 'p' }, { 0x1D1B, 't' }, { 0x1D1C, 'u' },
    { 0x1D20, 'v' }, { 0x1D21, 'w' }, { 0x1D22, 'z' }, { 0x2010, '-' }, { 0x2011, '-' },
    { 0x2012, '-' }, { 0x2013, '-' }, { 0x2014, '-' }, { 0x2027, '.' }, { 0x2043, '-' },
    { 0x2212, '-' }, { 0x2219, '.' }, { 0x22C5, '.' }, { 0x2E3A, '-' }, { 0xA730, 'f' },
    { 0xA731, 's' }, { 0xA7AF, 'q' },
};

// Digits of all other scripts (category Nd of Unicode 15) by the code of their zero, in order; each
// has ten in a row.
static const uint32_t zeros[] = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136,
    0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50,
    0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1E140, 0x1E2F0, 0x1E950,
};

// Letters and digits in black discs and squares, in brackets, and those that flags are made of, by
// the first of each row, which Unicode does not say to be another form of ASCII, or of three signs.
static const struct {
    uint32_t from;
    char first;
    unsigned char n;
} discs[] = { { 0x1F150, 'A', 26 }, { 0x1F170, 'A', 26 }, { 0x2776, '1', 9 }, { 0x2780, '1', 9 },
              { 0x278A, '1', 9 },   { 0x24F5, '1', 9 },   { 0x2474, '1', 9 }, { 0x249C, 'a', 26 },
              { 0x1F110, 'A', 26 }, { 0x1F1E6, 'A', 26 } };

// Marks that are drawn over the character before (strokes, accents, the frame of a key), and those
// of annotations, which are not drawn at all.
static bool is_mark_over(uint32_t c)
{
    return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
           (c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF) ||
           (c >= 0xFE20 && c <= 0xFE2F) || (c >= 0xFFF9 && c <= 0xFFFB);
}

// What stands for c in a list that is in order; 0: nothing.
static char form_in(const struct form *list, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    if (c < list[0].from || c > list[n - 1].from) // most
        return 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (list[middle].from < c)
            low = middle + 1;
        else
            high = middle;
    }
    return list[low].from == c ? list[low].to : 0;
}

static char look_alike(uint32_t c)
{
    char to = form_in(look_alikes, COUNT_OF(look_alikes), c);
    if (to)
        return to;
    for (size_t i = 0; i < COUNT_OF(discs); i++)
        if (c >= discs[i].from && c < discs[i].from + discs[i].n)
            return (char)(discs[i].first + (char)(c - discs[i].from));
    return 0;
}

// 0 … 9 of a digit of another script; more: it is none.
static uint32_t digit_of(uint32_t c)
{
    size_t low = 0, high = COUNT_OF(zeros); // the first zero behind c
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zeros[middle] <= c)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? c - zeros[low - 1] : UINT32_MAX;
}

// What is common and has none: quotes, letters with accents, Japanese, Chinese and Korean.
static bool has_no_form(uint32_t c)
{
    return (c >= 0x2015 && c <= 0x2023) || (c >= 0xBB && c <= 0x130) ||
           (c >= 0x3400 && c <= 0xA61F) || (c >= 0x3001 && c <= 0x3163) ||
           (c >= 0xAC00 && c <= 0xD7A3);
}

// Writes the ASCII form of c and returns its length; 0: it is invisible; -1: it has none.
static int ascii_form(uint32_t c, char out[8])
{
    utf8proc_int32_t parts[8];
    if (has_no_form(c))
        return -1;
    out[0] = look_alike(c);
    if (out[0])
        return 1;
    if (is_mark_over(c))
        return 0;
    uint32_t digit = digit_of(c);
    if (digit < 10) {
        out[0] = (char)('0' + digit);
        return 1;
    }
    int boundary = 0;
    utf8proc_ssize_t n =
        utf8proc_decompose_char((utf8proc_int32_t)c, parts, COUNT_OF(parts),
                                UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_IGNORE, &boundary);
    if (n < 0 || n > (utf8proc_ssize_t)COUNT_OF(parts))
        return -1;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        if (parts[i] >= 0x80)
            return -1;
        out[i] = (char)parts[i];
    }
    return (int)n;
}

#define HAN_LEAST 3 // numerals of Chinese in a row

static bool is_ascii_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The full stop of Chinese and Japanese ends sentences, but is a dot inside of a host's name
// (UTS #46), where both its neighbours are ASCII.
static bool is_dot(uint32_t c, struct str before, struct str behind)
{
    return (c == 0x3002 || c == 0xFF61) && before.len && behind.len &&
           is_ascii_name(before.ptr[before.len - 1]) && is_ascii_name(behind.ptr[0]);
}

// The digit of a numeral of Chinese, in the writing of banks, too; 0: it is none.
static char han_digit(uint32_t c)
{
    static const struct form numerals[] = {
        { 0x3007, '0' }, { 0x4E00, '1' }, { 0x4E03, '7' }, { 0x4E09, '3' }, { 0x4E5D, '9' },
        { 0x4E8C, '2' }, { 0x4E94, '5' }, { 0x4F0D, '5' }, { 0x516B, '8' }, { 0x516D, '6' },
        { 0x53C1, '3' }, { 0x53C3, '3' }, { 0x56DB, '4' }, { 0x58F1, '1' }, { 0x58F9, '1' },
        { 0x5E7A, '1' }, { 0x5F10, '2' }, { 0x634C, '8' }, { 0x67D2, '7' }, { 0x7396, '9' },
        { 0x8086, '4' }, { 0x8CB3, '2' }, { 0x8D30, '2' }, { 0x9646, '6' }, { 0x9678, '6' },
        { 0x96F6, '0' },
    };
    return form_in(numerals, COUNT_OF(numerals), c);
}

// The end of a run of such numerals at `start`, if it has as many as stand for a number digit by
// digit: a word has two or three of them, a year four ("三三两两", "二〇一九年").
static size_t end_of_numerals(struct str s, size_t start)
{
    size_t end = start, n = 0;
    for (size_t at = start; at < s.len && han_digit(utf8_next(s, &at)); n++)
        end = at;
    return n >= HAN_LEAST ? end : start;
}

// Where the first character is that has an ASCII form; the length when there is none.
static size_t same_length(struct str s)
{
    char form[8];
    for (size_t at = 0;;) {
        size_t start = at = ascii_length(s, at);
        if (at == s.len)
            return at;
        uint32_t c = utf8_next(s, &at);
        if (is_dot(c, str_head(s, start), str_from(s, at)) || ascii_form(c, form) >= 0 ||
            (han_digit(c) && end_of_numerals(s, start) > start))
            return start;
    }
}

struct str utf8_plain(struct arena *a, struct str s, uint32_t **origin)
{
    *origin = NULL;
    size_t same = same_length(s), len = same;
    if (same == s.len)
        return s;
    char *out = arena_array(a, s.len + 2, 4);
    uint32_t *from = arena_array(a, s.len + 2, 4 * sizeof *from);
    size_t numerals_end = 0;
    memcpy(out, s.ptr, same);
    for (size_t i = 0; i < same; i++)
        from[i] = (uint32_t)i;
    for (size_t at = same; at < s.len;) {
        char form[8];
        size_t start = at, end = ascii_length(s, at);
        memcpy(out + len, s.ptr + at, end - at);
        for (; at < end; at++)
            from[len++] = (uint32_t)at;
        if (at == s.len)
            break;
        start = at;
        uint32_t c = utf8_next(s, &at);
        if (start >= numerals_end && han_digit(c))
            numerals_end = end_of_numerals(s, start);
        if (start < numerals_end)
            c = (uint32_t)han_digit(c);
        else if (is_dot(c, str_make(out, len), str_from(s, at)))
            c = '.';
        int n = ascii_form(c, form);
        const char *bytes = n < 0 ? s.ptr + start : form;
        size_t n_bytes = n < 0 ? at - start : (size_t)n;
        for (size_t i = 0; i < n_bytes; i++) {
            out[len] = bytes[i];
            from[len++] = (uint32_t)(n < 0 ? start + i : start);
        }
    }
    out[len] = 0;
    from[len] = (uint32_t)s.len;
    *origin = from;
    return str_make(out, len);
}

struct str utf8_lower(struct arena *a, struct str s)
{
    if (is_ascii(s))
        return lower_all(a, s);
    char *out = arena_array(a, s.len + 1, 4);
    size_t len = 0;
    for (size_t at = 0; at < s.len;)
        len += utf8_put(utf8_lower_char(utf8_next(s, &at)), out + len);
    out[len] = 0;
    return str_make(out, len);
}

struct str utf8_strip_accents(struct arena *a, struct str s)
{
    if (!s.len)
        return s;
    if (is_ascii(s))
        return lower_all(a, s);
    struct str flat = map(a, s, UTF8PROC_DECOMPOSE);
    char *out = arena_array(a, flat.len + 1, 4);
    size_t len = 0;
    for (size_t at = 0; at < flat.len;) {
        uint32_t c = utf8_next(flat, &at);
        if (utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_MN)
            continue;
        len += utf8_put(utf8_lower_char(c), out + len);
    }
    out[len] = 0;
    return str_make(out, len);
}

bool utf8_is_stop(uint32_t c)
{
    switch (c) {
    case 0x3002: // Chinese, Japanese: 。 ！ ？, and half width
    case 0xFF01:
    case 0xFF1F:
    case 0xFF61:
    case 0x061F: // Arabic ؟, Urdu ۔
    case 0x06D4:
    case 0x0964: // languages of India: । ॥
    case 0x0965:
    case 0x0589: // Armenian ։
    case 0x1362: // Ethiopic ። ፧
    case 0x1367:
    case 0x104B: // Burmese ။
    case 0x17D4: // Khmer ។
        return true;
    default:
        return false;
    }
}

static enum utf8_class class_of_ascii(uint32_t c)
{
    if (lower_ascii(c) >= 'a' && lower_ascii(c) <= 'z')
        return UTF8_LETTER;
    if (c >= '0' && c <= '9')
        return UTF8_DIGIT;
    if (c < ' ' || c == 0x7F)
        return UTF8_CONTROL;
    if (c == ' ')
        return UTF8_SPACE;
    return strchr("$+<=>^`|~", (int)c) ? UTF8_SYMBOL : UTF8_PUNCTUATION;
}

enum utf8_class utf8_class(uint32_t c)
{
    if (c < 0x80)
        return class_of_ascii(c);
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return UTF8_LETTER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return UTF8_MARK;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return UTF8_DIGIT;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return UTF8_SPACE;
    case UTF8PROC_CATEGORY_PC:
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO:
        return UTF8_PUNCTUATION;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
        return UTF8_SYMBOL;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
        return UTF8_CONTROL;
    default:
        return UTF8_OTHER;
    }
}
