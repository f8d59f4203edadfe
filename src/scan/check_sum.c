// SPDX-License-Identifier: Apache-2.0
#include "scan/check_sum.h"

#include "base/hash.h"

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

#define BASE58_BYTES 25
bool check_base58(struct str s)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    unsigned char bytes[BASE58_BYTES] = { 0 }, once[32], twice[32];
    if (s.len < 26 || s.len > 35)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const char *place = s.ptr[i] ? strchr(digits, s.ptr[i]) : NULL;
        if (!place)
            return false;
        unsigned rest = (unsigned)(place - digits);
        for (size_t j = BASE58_BYTES; j-- > 0;) {
            rest += 58u * bytes[j];
            bytes[j] = (unsigned char)(rest & 0xFF);
            rest >>= 8;
        }
        if (rest)
            return false;
    }
    sha256_bytes(str_make((const char *)bytes, BASE58_BYTES - 4), once);
    sha256_bytes(str_make((const char *)once, sizeof once), twice);
    return !memcmp(twice, bytes + BASE58_BYTES - 4, 4);
}

// One digit of five bits more in the checksum of BIP 173, a BCH code.
static uint32_t bech32_add(uint32_t sum, unsigned digit)
{
    static const uint32_t factors[] = { 0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD,
                                        0x2A1462B3 };
    unsigned top = sum >> 25;
    sum = (sum & 0x1FFFFFF) << 5 ^ digit;
    for (size_t i = 0; i < COUNT_OF(factors); i++)
        sum ^= top >> i & 1 ? factors[i] : 0;
    return sum;
}

bool check_bech32(struct str s)
{
    static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    static const unsigned char head[] = { 3, 3, 0, 2, 3 }; // of "bc", spread out
    uint32_t sum = 1;
    if (s.len < 14 || s.len > 74 || !str_equal_ci(str_head(s, 3), STR_LIT("bc1")))
        return false;
    for (size_t i = 0; i < sizeof head; i++)
        sum = bech32_add(sum, head[i]);
    for (size_t i = 3; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        const char *place = c ? strchr(digits, c >= 'A' && c <= 'Z' ? c | 0x20 : c) : NULL;
        if (!place)
            return false;
        sum = bech32_add(sum, (unsigned)(place - digits));
    }
    return sum == 1 || sum == 0x2BC830A3;
}
