// SPDX-License-Identifier: Apache-2.0
#include "access/totp.h"

#include "base/crypto.h"

#include <nettle/hmac.h>
#include <stdio.h>

uint32_t totp_code(struct str secret, int64_t step, int n_digits)
{
    unsigned char counter[8], sum[SHA1_DIGEST_SIZE];
    struct hmac_sha1_ctx hmac;
    for (int i = 0; i < 8; i++)
        counter[i] = (unsigned char)((uint64_t)step >> (8 * (7 - i)));
    hmac_sha1_set_key(&hmac, secret.len, (const uint8_t *)secret.ptr);
    hmac_sha1_update(&hmac, sizeof counter, counter);
    hmac_sha1_digest(&hmac, sizeof sum, sum);
    crypto_wipe(&hmac, sizeof hmac);
    size_t from = sum[sizeof sum - 1] & 0xF; // dynamic truncation, RFC 4226, 5.3
    uint32_t value = ((uint32_t)(sum[from] & 0x7F) << 24) | ((uint32_t)sum[from + 1] << 16) |
                     ((uint32_t)sum[from + 2] << 8) | sum[from + 3];
    uint32_t most = 1;
    for (int i = 0; i < n_digits; i++)
        most *= 10;
    return value % most;
}

// Programs show codes as "123 456", and so are they typed: blanks do not count.
static bool read_code(struct str code, char digits[6])
{
    size_t n = 0;
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] != ' ' && n++ < 6)
            digits[n - 1] = code.ptr[i];
    return n == 6;
}

bool totp_fits(struct str secret, struct str code, int64_t now, int64_t last_step, int64_t *step)
{
    char digits[6] = { 0 };
    bool fits = false, whole = read_code(code, digits);
    int64_t at = now / TOTP_STEP_SECONDS;
    bool is_back = last_step > at + 1;
    for (int64_t s = at - 1; s <= at + 1; s++) { // all three, whatever fits: equal time
        char want[16];
        snprintf(want, sizeof want, "%06u", totp_code(secret, s, 6));
        if (crypto_equal(digits, want, 6) && whole && (s > last_step || is_back) && !fits) {
            fits = true;
            *step = s;
        }
    }
    return fits;
}

struct str totp_uri(struct str secret, struct str name, struct arena *a)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t n = (secret.len * 8 + 4) / 5;
    char *text = arena_zero(a, n + 1);
    for (size_t i = 0; i < n; i++) {
        unsigned value = 0;
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            unsigned byte = bit / 8 < secret.len ? (unsigned char)secret.ptr[bit / 8] : 0;
            value = value << 1 | (byte >> (7 - bit % 8) & 1u);
        }
        text[i] = letters[value];
    }
    return arena_printf(a,
                        "otpauth://totp/Clio:%.*s?secret=%s&issuer=Clio&algorithm=SHA1&digits=6"
                        "&period=%d",
                        STR_ARG(name), text, TOTP_STEP_SECONDS);
}
