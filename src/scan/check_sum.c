// SPDX-License-Identifier: Apache-2.0
#include "scan/check_sum.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

size_t count_digits(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += is_digit(s.ptr[i]);
    return n;
}

bool check_luhn(struct str s)
{
    unsigned sum = 0;
    bool twice = false;
    for (size_t i = s.len; i-- > 0;) {
        if (!is_digit(s.ptr[i]))
            continue;
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (twice)
            digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
        twice = !twice;
    }
    return sum % 10 == 0;
}

bool check_iban(struct str s)
{
    char flat[34];
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !is_digit(c))
            continue;
        if (n == sizeof flat)
            return false;
        flat[n++] = letter ? (char)(c & ~0x20) : c;
    }
    if (n < 15 || is_digit(flat[0]) || is_digit(flat[1]) || !is_digit(flat[2]) ||
        !is_digit(flat[3]))
        return false;
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = flat[(i + 4) % n];
        unsigned value = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1;
}
