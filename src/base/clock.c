// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_unix(void)
{
    return (int64_t)time(NULL);
}

// Days since 1970-01-01 of a civil date (Hinnant, chrono-compatible low-level date algorithms).
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

void time_format(int64_t unix_seconds, char text[TIME_TEXT])
{
    time_t t = (time_t)unix_seconds;
    struct tm parts;
    if (!gmtime_r(&t, &parts) || parts.tm_year < -1900 || parts.tm_year > 9999 - 1900)
        parts = (struct tm){ .tm_year = 70, .tm_mday = 1 };
    int year = parts.tm_year + 1900; // %Y would not write the zeros of the year 33
    for (int i = 3; i >= 0; i--, year /= 10)
        text[i] = (char)('0' + year % 10);
    size_t n = strftime(text + 4, TIME_TEXT - 4, "-%m-%dT%H:%M:%SZ", &parts);
    assert(n == TIME_TEXT - 5);
}

// Reads exactly n digits at *at and moves on.
static bool digits(struct str s, size_t *at, size_t n, int *out)
{
    int v = 0;
    if (s.len - *at < n || *at > s.len)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = s.ptr[*at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *at += n;
    *out = v;
    return true;
}

static bool letter(struct str s, size_t *at, const char *any)
{
    if (*at >= s.len || !s.ptr[*at] || !strchr(any, s.ptr[*at]))
        return false;
    ++*at;
    return true;
}

// "Z", "+hh:mm", "+hhmm", "+hh" or nothing, as seconds east of UTC.
static bool zone(struct str s, size_t *at, int *east)
{
    int hours = 0, minutes = 0;
    *east = 0;
    if (*at == s.len || letter(s, at, "Zz"))
        return true;
    letter(s, at, " ");
    struct str rest = str_from(s, *at);
    if (str_equal(rest, STR_LIT("UTC")) || str_equal(rest, STR_LIT("GMT")) ||
        str_equal(rest, STR_LIT("Z"))) {
        *at = s.len;
        return true;
    }
    if (*at == s.len)
        return false;
    int sign = s.ptr[*at] == '-' ? -1 : 1;
    if (!letter(s, at, "+-") || !digits(s, at, 2, &hours))
        return false;
    letter(s, at, ":");
    if (*at < s.len && !digits(s, at, 2, &minutes))
        return false;
    *east = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

static bool time_of_day(struct str s, size_t *at, int *seconds)
{
    int hour, minute, second = 0, ignored;
    if (!digits(s, at, 2, &hour) || !letter(s, at, ":") || !digits(s, at, 2, &minute))
        return false;
    if (letter(s, at, ":") && !digits(s, at, 2, &second))
        return false;
    if (letter(s, at, ".,"))
        while (digits(s, at, 1, &ignored))
            ;
    *seconds = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second <= 60;
}

// Eight digits are a day, 20260102, never a second of the year 1970; *is_day says so, also of those
// that are no day.
static bool parse_day(struct str s, int64_t *out, bool *is_day)
{
    size_t at = 0;
    int year = 0, month = 0, day = 0;
    *is_day = s.len == 8 && digits(s, &at, 4, &year) && digits(s, &at, 2, &month) &&
              digits(s, &at, 2, &day);
    if (!*is_day || month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    *out = days_of(year, month, day) * 86400;
    return true;
}

static bool parse_epoch(struct str s, int64_t *out)
{
    double v;
    bool is_day, good = parse_day(s, out, &is_day);
    if (is_day)
        return good;
    if (!str_to_f64(s, &v) || !(v > -1e10 && v < 1e20))
        return false;
    while (v >= 1e11) // later than the year 5138 in seconds: a finer unit
        v /= 1000;
    *out = (int64_t)v;
    return true;
}

// Which of the names of three letters stands at *at, in any case; -1: none.
static int name_at(struct str s, size_t *at, const char *names)
{
    for (int i = 0; s.len - *at >= 3 && names[3 * i]; i++) {
        bool same = true;
        for (size_t k = 0; same && k < 3; k++)
            same = (s.ptr[*at + k] | 0x20) == (names[3 * i + (int)k] | 0x20);
        if (!same)
            continue;
        *at += 3;
        return i;
    }
    return -1;
}

static void blanks(struct str s, size_t *at)
{
    while (letter(s, at, " \t"))
        ;
}

// "EST" and its kind are of RFC 822, in hours; what zone() knows is left to it.
static bool mail_zone(struct str s, size_t *at, int *east)
{
    static const signed char hours[] = { -5, -4, -6, -5, -7, -6, -8, -7 };
    blanks(s, at);
    int i = name_at(s, at, "ESTEDTCSTCDTMSTMDTPSTPDT");
    if (i >= 0) {
        *east = 3600 * hours[i];
        return true;
    }
    struct str rest = str_from(s, *at);
    if (str_equal(rest, STR_LIT("UT")))
        *at = s.len;
    return zone(s, at, east);
}

static bool mail_year(struct str s, size_t *at, int *year)
{
    size_t start = *at;
    if (digits(s, at, 4, year))
        return true;
    *at = start;
    if (!digits(s, at, 2, year))
        return false;
    *year += *year < 50 ? 2000 : 1900; // RFC 2822, 4.3
    return true;
}

// RFC 2822, 3.3: the day of the week may be missing, and is not held against the date.
static bool parse_mail(struct str s, int64_t *out)
{
    size_t at = 0;
    int year, day = 0, tens = 0, seconds, east;
    struct str comment;
    if (s.len && s.ptr[s.len - 1] == ')' && str_cut(&s, '(', &comment))
        s = str_trim(comment);
    if (name_at(s, &at, "MonTueWedThuFriSatSun") >= 0 && !letter(s, &at, ","))
        return false;
    blanks(s, &at);
    if (!digits(s, &at, 1, &tens))
        return false;
    day = digits(s, &at, 1, &day) ? 10 * tens + day : tens;
    blanks(s, &at);
    int month = 1 + name_at(s, &at, "JanFebMarAprMayJunJulAugSepOctNovDec");
    blanks(s, &at);
    if (!mail_year(s, &at, &year) || month < 1 || day < 1 || day > days_in(year, month))
        return false;
    blanks(s, &at);
    if (!time_of_day(s, &at, &seconds) || !mail_zone(s, &at, &east))
        return false;
    *out = days_of(year, month, day) * 86400 + seconds - east;
    return at == s.len;
}

bool time_parse(struct str s, int64_t *unix_seconds)
{
    s = str_trim(s);
    size_t at = 0;
    int year = 0, month = 0, day = 0, seconds = 0, east = 0;
    if (!digits(s, &at, 4, &year) || !letter(s, &at, "-") || !digits(s, &at, 2, &month) ||
        !letter(s, &at, "-") || !digits(s, &at, 2, &day))
        return parse_epoch(s, unix_seconds) || parse_mail(s, unix_seconds);
    if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
        return false;
    if (at < s.len && (!letter(s, &at, "Tt ") || !time_of_day(s, &at, &seconds) ||
                       !zone(s, &at, &east)))
        return false;
    *unix_seconds = days_of(year, month, day) * 86400 + seconds - east;
    return at == s.len;
}
