// SPDX-License-Identifier: Apache-2.0
// Three kinds of text. `str` is a borrowed view of bytes, not NUL-terminated. `raw` is text that
// derives from one person's words. `clean` is text that passed every gate: only privacy/release.c
// makes one, and atlas_add_* accepts nothing else. Passing the wrong kind does not compile.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/prelude.h"

#include <string.h>

struct str {
    const char *ptr; // UTF-8 unless said otherwise; may be NULL when len is 0
    size_t len;      // bytes
};
struct raw {
    struct str s;
};
struct clean {
    struct str s;
};

// For printf("%.*s", STR_ARG(x)).
#define STR_ARG(x) (int)(x).len, (x).ptr ? (x).ptr : ""
#define STR_LIT(literal) ((struct str){ (literal), sizeof(literal) - 1 })

static inline struct str str_of(const char *z)
{
    return (struct str){ z, z ? strlen(z) : 0 };
}
static inline struct str str_make(const char *ptr, size_t len)
{
    return (struct str){ ptr, len };
}
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
// Order of unsigned bytes, shorter first on a tie; the same as memcmp, never a locale's.
static inline int str_compare(struct str a, struct str b)
{
    size_t n = size_min(a.len, b.len);
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}
static inline bool str_starts(struct str s, struct str head)
{
    return s.len >= head.len && (head.len == 0 || memcmp(s.ptr, head.ptr, head.len) == 0);
}
static inline bool str_ends(struct str s, struct str tail)
{
    return s.len >= tail.len &&
           (tail.len == 0 || memcmp(s.ptr + s.len - tail.len, tail.ptr, tail.len) == 0);
}
// The part from byte `from` on; empty when `from` is past the end.
static inline struct str str_from(struct str s, size_t from)
{
    return from < s.len ? str_make(s.ptr + from, s.len - from) : str_make(NULL, 0);
}
static inline struct str str_head(struct str s, size_t len)
{
    return str_make(s.ptr, size_min(s.len, len));
}
static inline struct raw raw_of(struct str s)
{
    return (struct raw){ s };
}

// In text.c. Bytes considered: ASCII only; other bytes compare as they are.
struct str str_trim(struct str s);                      // without ASCII white space at both ends
bool str_equal_ci(struct str a, struct str b);          // ASCII letters without case
// First place of `needle` in `s` at or after `from`; SIZE_MAX when there is none.
size_t str_find(struct str s, struct str needle, size_t from);
// Cuts the next piece up to `separator` off the front of *rest; false when *rest was used up.
// An empty *rest with ptr != NULL still yields one empty piece.
bool str_cut(struct str *rest, char separator, struct str *piece);
// Parse the whole of `s` as a number; false when it is not exactly one, or out of range.
bool str_to_i64(struct str s, int64_t *out);
bool str_to_f64(struct str s, double *out); // always with a point, whatever the locale

#endif
