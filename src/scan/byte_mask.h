// SPDX-License-Identifier: Apache-2.0
// What the bytes of a text are, 64 at a time, as one bit a byte: the scanner finds words, digits,
// long runs and the places where a pattern can be (anchor.h) by bits and not byte by byte. 64 bytes
// cost about 7 ns with AVX-512 and VBMI, and 50 with SSE2, which every x86-64 has; elsewhere a
// plain loop fills the same masks. Private to scan/.
#ifndef SCAN_BYTE_MASK_H
#define SCAN_BYTE_MASK_H

#include "base/arena.h"

#define MASK_BYTES ((size_t)64)

// What a byte can be. word: ASCII letters and digits; high: past ASCII; run: letters, digits,
// + / _ = -; joint: space ( ) + - . /; grouped: _ *; sign: @ % & < \ /; part: = ) ] }; tail: d e n
// t y in any case, quotes and white space; i, s, o: in any case.
#define BYTE_FIELDS(X)                                                                             \
    X(word)                                                                                        \
    X(capital)                                                                                     \
    X(small)                                                                                       \
    X(digit)                                                                                       \
    X(high)                                                                                        \
    X(run)                                                                                         \
    X(apostrophe)                                                                                  \
    X(space)                                                                                       \
    X(point)                                                                                       \
    X(hyphen)                                                                                      \
    X(colon)                                                                                       \
    X(joint)                                                                                       \
    X(grouped)                                                                                     \
    X(sign)                                                                                        \
    X(part)                                                                                        \
    X(tail)                                                                                        \
    X(i)                                                                                           \
    X(s)                                                                                           \
    X(o)

#define MASKS_EACH ((size_t)8) // so many numbers are worked on at once
struct byte_masks {
    struct str text;
    size_t n;
    // Bit b of number k is of byte 64 k + b; those past the end are 0. So is number -1, and those
    // from n on up to a multiple of MASKS_EACH.
#define FIELD(name) uint64_t *name;
    BYTE_FIELDS(FIELD)
#undef FIELD
};
struct byte_masks byte_masks_of(struct str text, struct arena *a);
// Numbers `first` and on of n times 64 bytes without AVX-512; the same.
void byte_masks_fill_plain(struct byte_masks *masks, const char *p, size_t first, size_t n);

// The places of the bits of n numbers of 64, in order. There is room for PLACES_MORE of them more
// than there are bits.
#define PLACES_MORE ((size_t)16)
void byte_places(const uint64_t *bits, size_t n, uint32_t *places);
void byte_places_plain(const uint64_t *bits, size_t n, uint32_t *places); // without AVX-512

#endif
