// SPDX-License-Identifier: Apache-2.0
// Codes by time (RFC 6238 over RFC 4226) with its default, HMAC-SHA-1, six digits, steps of 30
// seconds, as every authenticator makes them (docs/decisions/0010). Pure.
#ifndef ACCESS_TOTP_H
#define ACCESS_TOTP_H

#include "base/arena.h"

#define TOTP_STEP_SECONDS 30
uint32_t totp_code(struct str secret, int64_t step, int n_digits); // n_digits 6 … 8
// Whether `code` is that of now, or of one step before or after, and of a step later than
// `last_step` (a code is taken once). When `last_step` lies ahead of all three the clock was set
// back, and any of them will do: which codes were taken the caller must know. Blanks in `code` do
// not count. *step is set when it is.
bool totp_fits(struct str secret, struct str code, int64_t now, int64_t last_step, int64_t *step);
// otpauth://totp/… with the secret in base32 (RFC 4648), in the arena.
struct str totp_uri(struct str secret, struct str name, struct arena *a);

#endif
