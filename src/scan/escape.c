// SPDX-License-Identifier: Apache-2.0
#include "scan/escape.h"

#include "base/utf8.h"

#define MOST_BYTES 4 // of one character

// What an escape stands for, and how many bytes it takes; none where n_taken is 0.
struct escape {
    char bytes[MOST_BYTES];
    size_t n_bytes, n_taken;
};

static int hex_value(char c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// Reads digits of a base from `at` on, at most `most`; returns how many.
static size_t read_number(struct str text, size_t at, int base, size_t most, uint32_t *value)
{
    size_t n = 0;
    *value = 0;
    for (; n < most && at + n < text.len; n++) {
        int digit = hex_value(text.ptr[at + n]);
        if (digit < 0 || digit >= base)
            break;
        *value = *value * (uint32_t)base + (uint32_t)digit;
    }
    return n;
}

static struct escape character(uint32_t c, size_t n_taken)
{
    struct escape out = { .n_taken = n_taken };
    if (!c || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return (struct escape){ 0 };
    out.n_bytes = utf8_put(c < ' ' || (c >= 0x7F && c < 0xA0) ? ' ' : c, out.bytes);
    return out;
}

// %xx; past ASCII as many of them as make one character.
static struct escape percent(struct str text, size_t at)
{
    struct escape out = { 0 };
    uint32_t value;
    while (out.n_bytes < MOST_BYTES && at + out.n_taken < text.len &&
           text.ptr[at + out.n_taken] == '%' &&
           read_number(text, at + out.n_taken + 1, 16, 2, &value) == 2) {
        if (!out.n_bytes && value < 0x80)
            return character(value, 3);
        out.bytes[out.n_bytes++] = (char)(unsigned char)value;
        out.n_taken += 3;
        if (utf8_is_valid(str_make(out.bytes, out.n_bytes), NULL))
            return out;
    }
    return (struct escape){ 0 };
}

// &#64; and &#x40;, with or without the last sign, and a few by name.
static struct escape entity(struct str text, size_t at)
{
    static const struct {
        const char *name;
        uint32_t c;
    } names[] = { { "&commat;", '@' }, { "&period;", '.' }, { "&lowbar;", '_' },
                  { "&colon;", ':' },  { "&nbsp;", ' ' },   { "&hyphen;", '-' },
                  { "&dash;", '-' },   { "&plus;", '+' },   { "&sol;", '/' },
                  { "&shy;", 0xAD },   { "&zwj;", 0x200D }, { "&zwnj;", 0x200C },
                  { "&lpar;", '(' },   { "&rpar;", ')' } };
    struct str rest = str_from(text, at);
    uint32_t value;
    if (rest.len > 2 && rest.ptr[1] == '#') {
        bool hex = (rest.ptr[2] | 0x20) == 'x';
        size_t start = hex ? 3 : 2, n = read_number(rest, start, hex ? 16 : 10, 7, &value);
        size_t end = start + n;
        return n ? character(value, end + (end < rest.len && rest.ptr[end] == ';'))
                 : (struct escape){ 0 };
    }
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_starts(rest, str_of(names[i].name)))
            return character(names[i].c, strlen(names[i].name));
    return (struct escape){ 0 };
}

// \xhh, \uhhhh, \u{h…}.
static struct escape backslash(struct str text, size_t at)
{
    uint32_t value;
    if (at + 3 >= text.len)
        return (struct escape){ 0 };
    if (text.ptr[at + 1] == 'x' && read_number(text, at + 2, 16, 2, &value) == 2)
        return value < 0x80 ? character(value, 4) : (struct escape){ 0 };
    if (text.ptr[at + 1] != 'u')
        return (struct escape){ 0 };
    if (text.ptr[at + 2] != '{')
        return read_number(text, at + 2, 16, 4, &value) == 4 ? character(value, 6)
                                                             : (struct escape){ 0 };
    size_t n = read_number(text, at + 3, 16, 6, &value), end = at + 3 + n;
    return n && end < text.len && text.ptr[end] == '}' ? character(value, n + 4)
                                                       : (struct escape){ 0 };
}

// Of quoted-printable only what contacts need, between letters or digits: a = stands in much else.
static struct escape quoted(struct str text, size_t at)
{
    struct str rest = str_from(text, at);
    bool at_sign = str_starts(rest, STR_LIT("=40")), point = str_starts(rest, STR_LIT("=2E"));
    if ((!at_sign && !point) || !at || rest.len < 4 || !is_alnum(text.ptr[at - 1]) ||
        !is_alnum(rest.ptr[3]))
        return (struct escape){ 0 };
    return character(at_sign ? '@' : '.', 3);
}

static const struct {
    char lead;
    struct escape (*read)(struct str text, size_t at);
} kinds[] = { { '%', percent }, { '&', entity }, { '\\', backslash }, { '=', quoted } };

static struct escape escape_at(struct str text, size_t at)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (text.ptr[at] == kinds[i].lead)
            return kinds[i].read(text, at);
    return (struct escape){ 0 };
}

// Of the leads % & and \ are in the field `sign` and not in `run`; = is the one of `part` that is
// in `run`.
static bool has_escape(const struct byte_masks *masks)
{
    for (size_t i = 0; i < masks->n; i++) {
        uint64_t run = masks->run[i], leads = (masks->sign[i] & ~run) | (masks->part[i] & run);
        for (; leads; leads &= leads - 1)
            if (escape_at(masks->text, i * MASK_BYTES + (size_t)__builtin_ctzll(leads)).n_taken)
                return true;
    }
    return false;
}

bool escape_plain(const struct byte_masks *masks, struct arena *a, struct str *plain,
                  uint32_t **origin)
{
    struct str text = masks->text;
    if (!has_escape(masks))
        return false;
    // No escape is shorter than the character that it stands for.
    char *out = arena_array(a, text.len + 1, 1);
    uint32_t *from = arena_array(a, text.len + 1, sizeof *from);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        struct escape escape = escape_at(text, at);
        if (!escape.n_taken) {
            from[len] = (uint32_t)at;
            out[len++] = text.ptr[at++];
            continue;
        }
        for (size_t i = 0; i < escape.n_bytes; i++) {
            from[len] = (uint32_t)at;
            out[len++] = escape.bytes[i];
        }
        at += escape.n_taken;
    }
    out[len] = 0;
    from[len] = (uint32_t)text.len;
    *plain = str_make(out, len);
    *origin = from;
    return true;
}
