// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_equal_ci(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

size_t str_find(struct str s, struct str needle, size_t from)
{
    if (from > s.len)
        return SIZE_MAX;
    if (!needle.len)
        return from;
    if (!s.len)
        return SIZE_MAX;
    const char *at = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

bool str_cut(struct str *rest, char separator, struct str *piece)
{
    if (!rest->ptr)
        return false;
    const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    if (!at) {
        *piece = *rest;
        *rest = str_make(NULL, 0);
        return true;
    }
    *piece = str_make(rest->ptr, (size_t)(at - rest->ptr));
    *rest = str_make(at + 1, rest->len - piece->len - 1);
    return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
    char digits[24];
    if (!s.len || s.len >= sizeof digits || is_space(s.ptr[0]))
        return false;
    memcpy(digits, s.ptr, s.len);
    digits[s.len] = 0;
    char *end;
    errno = 0;
    long long v = strtoll(digits, &end, 10);
    if (errno || *end || end != digits + s.len)
        return false;
    *out = v;
    return true;
}

// Made once, by whichever thread comes first; kept until the process ends.
static locale_t c_locale(void)
{
    static locale_t kept;
    locale_t mine = __atomic_load_n(&kept, __ATOMIC_ACQUIRE), nobody = NULL;
    if (mine)
        return mine;
    mine = newlocale(LC_ALL_MASK, "C", NULL);
    if (__atomic_compare_exchange_n(&kept, &nobody, mine, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return mine;
    freelocale(mine);
    return nobody;
}

bool str_to_f64(struct str s, double *out)
{
    char digits[64];
    if (!s.len || s.len >= sizeof digits)
        return false;
    memcpy(digits, s.ptr, s.len);
    digits[s.len] = 0;
    if (strspn(digits, "+-.0123456789eE") != s.len) // no white space, hexadecimal, nan or inf
        return false;
    char *end;
    double v = strtod_l(digits, &end, c_locale());
    if (end != digits + s.len || !isfinite(v))
        return false;
    *out = v;
    return true;
}
