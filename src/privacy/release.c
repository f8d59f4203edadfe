// SPDX-License-Identifier: Apache-2.0
#include "privacy/release.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <math.h>

#define TEXT_BYTES 1200
#define SETTING_BYTES 80
#define PASSING_GRADE 3

static int check_floors(const struct release_proof *proof, bool is_phrase, struct err *err)
{
    int64_t most = proof->min_accounts > proof->min_conversations ? proof->min_accounts
                                                                  : proof->min_conversations;
    if (proof->has_accounts && proof->n_accounts < proof->min_accounts)
        return err_set(err, ERR_PRIVACY, "%lld accounts are behind a text, the floor is %lld",
                       (long long)proof->n_accounts, (long long)proof->min_accounts);
    int64_t floor = !is_phrase ? proof->min_conversations : proof->has_accounts ? 1 : most;
    if (proof->n_conversations < floor)
        return err_set(err, ERR_PRIVACY, "%lld conversations are behind a text, the floor is %lld",
                       (long long)proof->n_conversations, (long long)floor);
    if (proof->grade < PASSING_GRADE || proof->grade > 5)
        return err_set(err, ERR_PRIVACY, "a text with the auditor's grade %d may not be released",
                       proof->grade);
    return 0;
}

static int check_shape(struct str s, struct err *err)
{
    if (s.len == 0 || s.len > TEXT_BYTES)
        return err_set(err, ERR_PRIVACY, "a text of %zu bytes may not be released", s.len);
    if (!utf8_is_valid(s, NULL))
        return err_set(err, ERR_PRIVACY, "a text that is not UTF-8 may not be released");
    for (size_t at = 0; at < s.len;)
        if (utf8_class(utf8_next(s, &at)) == UTF8_CONTROL)
            return err_set(err, ERR_PRIVACY, "a text with a control character may not be released");
    return 0;
}

static int release(struct raw text, const struct release_proof *proof, bool is_phrase,
                   struct arena *a, struct clean *out, struct err *err)
{
    int rc = check_floors(proof, is_phrase, err);
    if (!rc)
        rc = check_shape(text.s, err);
    if (!rc)
        *out = (struct clean){ arena_str(a, text.s) };
    return rc;
}

int release_text(struct raw text, const struct release_proof *proof, struct arena *a,
                 struct clean *out, struct err *err)
{
    return release(text, proof, false, a, out, err);
}

int release_phrase(struct raw text, const struct release_proof *proof, struct arena *a,
                   struct clean *out, struct err *err)
{
    return release(text, proof, true, a, out, err);
}

int release_listed(struct str value, const char *const *allowed, size_t n, struct clean *out,
                   struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(value, str_of(allowed[i]))) {
            *out = (struct clean){ str_of(allowed[i]) };
            return 0;
        }
    return err_set(err, ERR_PRIVACY, "a value that is in no closed list may not be released");
}

int release_number(double value, struct arena *a, struct clean *out, struct err *err)
{
    if (!isfinite(value))
        return err_set(err, ERR_SOFTWARE, "a number that is not finite would be released");
    bool whole = value == rint(value) && fabs(value) < 9e15;
    *out = (struct clean){ whole ? arena_printf(a, "%lld", (long long)value)
                                 : arena_printf(a, "%.6f", value) };
    return 0;
}

int release_setting(const char *value, struct arena *a, struct clean *out, struct err *err)
{
    const char *slash = strrchr(value, '/');
    struct str s = str_of(slash ? slash + 1 : value);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                     c == '.' || c == '_' || c == '+' || c == '-';
        if (!plain || s.len > SETTING_BYTES)
            return err_set(err, ERR_PRIVACY,
                           "a setting with unusual characters may not be "
                           "released; rename the file that it names");
    }
    *out = (struct clean){ arena_str(a, s) };
    return 0;
}

int release_day(int64_t unix_seconds, struct arena *a, struct clean *out, struct err *err)
{
    char text[TIME_TEXT];
    if (unix_seconds < -62135596800 || unix_seconds > 253402300799)
        return err_set(err, ERR_DATA, "a time outside the years 1 to 9999 is no day");
    time_format(unix_seconds, text);
    *out = (struct clean){ arena_str(a, str_make(text, 10)) };
    return 0;
}
