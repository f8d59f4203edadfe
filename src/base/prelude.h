// SPDX-License-Identifier: Apache-2.0
// Attributes and fixed-width types that every file may use. Includes nothing of ours.
#ifndef BASE_PRELUDE_H
#define BASE_PRELUDE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(i_format, i_first) __attribute__((format(printf, i_format, i_first)))
#define NO_RETURN __attribute__((noreturn))
#define NEVER_NULL __attribute__((returns_nonnull))
#define UNUSED __attribute__((unused))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline size_t size_min(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t size_max(size_t a, size_t b) { return a > b ? a : b; }

// Rounds `n` up to a multiple of `step` (step > 0; the sum must not overflow).
static inline size_t size_round_up(size_t n, size_t step) { return (n + step - 1) / step * step; }

// Checked arithmetic: false when the result does not fit, and then *out is unspecified.
static inline MUST_USE bool size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}
static inline MUST_USE bool size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

// A fault of ours, not of the user: prints file, line and sentence, then aborts.
NO_RETURN void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)

#endif
