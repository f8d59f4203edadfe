// SPDX-License-Identifier: Apache-2.0
#include "scan/id_family.h"

#include "scan/check_sum.h"

#define MOST_CHARACTERS 34

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

static unsigned weigh(const char *s, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] * digit(s[i]);
    return sum;
}

static unsigned modulo(const char *s, size_t n, unsigned m)
{
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++)
        rest = (rest * 10 + digit(s[i])) % m;
    return rest;
}

static bool is_uniform(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (s[i] != s[0])
            return false;
    return true;
}

static bool luhn_n(const char *s, size_t n)
{
    return check_luhn(str_make(s, n));
}

// Verhoeff 1969: permutations of the dihedral group D5.
static bool aadhaar(const char *s)
{
    static const unsigned char d[10][10] = {
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, { 1, 2, 3, 4, 0, 6, 7, 8, 9, 5 },
        { 2, 3, 4, 0, 1, 7, 8, 9, 5, 6 }, { 3, 4, 0, 1, 2, 8, 9, 5, 6, 7 },
        { 4, 0, 1, 2, 3, 9, 5, 6, 7, 8 }, { 5, 9, 8, 7, 6, 0, 4, 3, 2, 1 },
        { 6, 5, 9, 8, 7, 1, 0, 4, 3, 2 }, { 7, 6, 5, 9, 8, 2, 1, 0, 4, 3 },
        { 8, 7, 6, 5, 9, 3, 2, 1, 0, 4 }, { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 },
    };
    static const unsigned char p[10] = { 1, 5, 7, 6, 2, 8, 3, 0, 9, 4 };
    unsigned check = 0;
    for (size_t i = 0; i < 12; i++) {
        unsigned c = digit(s[11 - i]);
        for (size_t j = 0; j < i % 8; j++)
            c = p[c];
        check = d[check][c];
    }
    return check == 0 && s[0] > '1';
}

static bool nhs(const char *s)
{
    static const unsigned char w[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2 };
    unsigned check = 11 - weigh(s, w, 9) % 11;
    return (check == 11 ? 0 : check) == digit(s[9]) && !is_uniform(s, 10);
}

static bool pesel(const char *s)
{
    static const unsigned char w[] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1 };
    unsigned month = (digit(s[2]) * 10 + digit(s[3])) % 20, day = digit(s[4]) * 10 + digit(s[5]);
    return weigh(s, w, 11) % 10 == 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool bsn(const char *s)
{
    static const unsigned char w[] = { 9, 8, 7, 6, 5, 4, 3, 2, 10 }; // -1 is 10 modulo 11
    return weigh(s, w, 9) % 11 == 0 && !is_uniform(s, 9);
}

// ISO/IEC 7064, modulo 11,10.
static bool oib(const char *s)
{
    unsigned product = 10;
    for (size_t i = 0; i < 10; i++) {
        unsigned sum = (digit(s[i]) + product) % 10;
        product = (sum ? sum : 10) * 2 % 11;
    }
    return (11 - product) % 10 == digit(s[10]);
}

static bool tax_germany(const char *s)
{
    return s[0] != '0' && oib(s);
}

static bool nir(const char *s) // France: 13 digits and 97 less their rest
{
    return (s[0] == '1' || s[0] == '2') &&
           97 - modulo(s, 13, 97) == digit(s[13]) * 10 + digit(s[14]);
}

static bool are_digits(const char *s, size_t n)
{
    return count_digits(str_make(s, n)) == n;
}

static bool nir_corsica(const char *s) // its two departments, 2A and 2B, count as 19 and 18
{
    char digits[15];
    if (s[5] != '2' || (s[6] != 'A' && s[6] != 'B') || !are_digits(s, 5) || !are_digits(s + 7, 8))
        return false;
    memcpy(digits, s, 15);
    digits[5] = '1';
    digits[6] = s[6] == 'A' ? '9' : '8';
    return nir(digits);
}

static bool cpf(const char *s)
{
    static const unsigned char w[] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
    unsigned first = weigh(s, w + 1, 9) * 10 % 11 % 10, second = weigh(s, w, 10) * 10 % 11 % 10;
    return first == digit(s[9]) && second == digit(s[10]) && !is_uniform(s, 11);
}

static bool tfn(const char *s)
{
    static const unsigned char w[] = { 1, 4, 3, 7, 5, 8, 6, 9, 10 };
    return weigh(s, w, 9) % 11 == 0 && !is_uniform(s, 9);
}

static bool abn(const char *s)
{
    static const unsigned char w[] = { 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 };
    return s[0] != '0' && (weigh(s, w, 11) - 10) % 89 == 0;
}

static bool aba(const char *s)
{
    static const unsigned char w[] = { 3, 7, 1, 3, 7, 1, 3, 7, 1 };
    unsigned bank = digit(s[0]) * 10 + digit(s[1]);
    bool used = (bank > 0 && bank <= 12) || (bank >= 21 && bank <= 32) ||
                (bank >= 61 && bank <= 72) || bank == 80;
    return weigh(s, w, 9) % 10 == 0 && used;
}

// Year, month and day in two digits each.
static bool is_day(const char *s)
{
    unsigned month = digit(s[2]) * 10 + digit(s[3]), day = digit(s[4]) * 10 + digit(s[5]);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool sweden(const char *s)
{
    return is_day(s) && luhn_n(s, 10);
}

static bool sweden_century(const char *s)
{
    bool used = (s[0] == '1' && s[1] == '9') || (s[0] == '2' && s[1] == '0');
    return used && sweden(s + 2);
}

static bool south_africa(const char *s)
{
    return is_day(s) && s[10] <= '2' && luhn_n(s, 13);
}

static bool acn(const char *s)
{
    static const unsigned char w[] = { 8, 7, 6, 5, 4, 3, 2, 1, 1 };
    return weigh(s, w, 9) % 10 == 0 && !is_uniform(s, 9);
}

static bool korea(const char *s)
{
    static const unsigned char w[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };
    return is_day(s) && (11 - weigh(s, w, 12) % 11) % 10 == digit(s[12]);
}

static bool thailand(const char *s)
{
    static const unsigned char w[] = { 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };
    return s[0] != '0' && (11 - weigh(s, w, 12) % 11) % 10 == digit(s[12]);
}

static bool sin_canada(const char *s)
{
    return luhn_n(s, 9) && s[0] != '0' && s[0] != '8';
}

static bool npi(const char *s)
{
    char prefixed[15] = { '8', '0', '8', '4', '0' };
    memcpy(prefixed + 5, s, 10);
    return (s[0] == '1' || s[0] == '2') && luhn_n(prefixed, 15);
}

static bool imei(const char *s)
{
    return luhn_n(s, 15) && !is_uniform(s, 15) && !nir(s);
}

static char letter_of(unsigned rest)
{
    return "TRWAGMYFPDXBNJZSQVHLCKE"[rest];
}

static bool nif(const char *s)
{
    return are_digits(s, 8) && letter_of(modulo(s, 8, 23)) == s[8];
}

static bool nie(const char *s)
{
    char digits[8];
    if (s[0] < 'X' || s[0] > 'Z' || !are_digits(s + 1, 7))
        return false;
    memcpy(digits, s, 8);
    digits[0] = (char)('0' + (s[0] - 'X'));
    return letter_of(modulo(digits, 8, 23)) == s[8];
}

// Italy: characters at odd places by this table, at even ones by value.
static bool codice_fiscale(const char *s)
{
    static const unsigned char odd[] = { 1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                         20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++) {
        bool number = s[i] >= '0' && s[i] <= '9';
        unsigned value = number ? digit(s[i]) : (unsigned)(s[i] - 'A');
        if (number == (i < 6 || i == 8 || i == 11))
            return false;
        sum += i % 2 ? value : odd[value];
    }
    return (char)('A' + sum % 26) == s[15];
}

// Cars: ISO 3779 with the check digit of North America.
static bool vin(const char *s)
{
    static const char values[] = "12345678.12345.7.923456789"; // of A … Z; I, O, Q are not used
    static const unsigned char w[] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
    unsigned sum = 0, n_letters = 0;
    for (size_t i = 0; i < 17; i++) {
        bool number = s[i] >= '0' && s[i] <= '9';
        char value = number ? s[i] : values[s[i] - 'A'];
        if (value == '.')
            return false;
        n_letters += !number;
        sum += w[i] * digit(value);
    }
    return n_letters >= 3 && s[8] == "0123456789X"[sum % 11];
}

const struct id_family id_families[] = {
    { "codice fiscale (Italy)", 16, true, codice_fiscale },
    { "vehicle number", 17, true, vin },
    { "NIF (Spain)", 9, true, nif },
    { "NIE (Spain)", 9, true, nie },
    { "NIR (France)", 15, false, nir },
    { "NIR of Corsica (France)", 15, true, nir_corsica },
    { "IMEI of a telephone", 15, false, imei },
    { "ID number (South Africa)", 13, false, south_africa },
    { "resident number (Korea)", 13, false, korea },
    { "citizen number (Thailand)", 13, false, thailand },
    { "Aadhaar (India)", 12, false, aadhaar },
    { "personal number with the century (Sweden)", 12, false, sweden_century },
    { "PESEL (Poland)", 11, false, pesel },
    { "CPF (Brazil)", 11, false, cpf },
    { "tax number (Germany)", 11, false, tax_germany },
    { "business number (Australia)", 11, false, abn },
    { "OIB (Croatia)", 11, false, oib },
    { "NHS number (United Kingdom)", 10, false, nhs },
    { "provider number (United States)", 10, false, npi },
    { "personal number (Sweden)", 10, false, sweden },
    { "BSN (Netherlands)", 9, false, bsn },
    { "tax file number (Australia)", 9, false, tfn },
    { "routing number (United States)", 9, false, aba },
    { "social insurance number (Canada)", 9, false, sin_canada },
    { "company number (Australia)", 9, false, acn },
};
const size_t n_id_families = COUNT_OF(id_families);

const struct id_family *id_family_of(struct str s)
{
    char flat[MOST_CHARACTERS + 1];
    size_t n = 0, n_letters = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9'))
            continue;
        if (n == MOST_CHARACTERS)
            return NULL;
        n_letters += letter;
        flat[n++] = letter ? (char)(c & ~0x20) : c;
    }
    for (size_t i = 0; i < n_id_families; i++)
        if (id_families[i].n == n && id_families[i].has_letters == (n_letters > 0) &&
            id_families[i].holds(flat))
            return &id_families[i];
    return NULL;
}
