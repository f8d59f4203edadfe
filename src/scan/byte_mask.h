// SPDX-License-Identifier: Apache-2.0
// What the bytes of a text are, 64 at a time, as one bit a byte: the scanner finds words, digits,
// long runs and the places where a pattern can be (anchor.h) by bits and not byte by byte. 64 bytes
// cost about 7 ns with AVX-512 and VBMI, and 50 with SSE2, which every x86-64 has; elsewhere a
// plain loop fills the same masks. Private to scan/.
#ifndef SCAN_BYTE_MASK_H
#define SCAN_BYTE_MASK_H

#include "base/arena.h"

#define MASK_BYTES ((size_t)64)

struct byte_mask { // bit i: byte i of the 64
    uint64_t word; // ASCII letters and digits
    uint64_t capital, small, digit;
    uint64_t high; // past ASCII
    uint64_t run;  // letters, digits, + / _ = -
    uint64_t apostrophe;
    uint64_t space, point, hyphen, colon;
    uint64_t joint;   // space ( ) + - . /
    uint64_t grouped; // _ *
    uint64_t sign;    // @ % & < \ /
    uint64_t part;    // = ) ] }
    uint64_t tail;    // d e n t y in any case, quotes and white space
    uint64_t i, s, o; // in any case
};
struct byte_masks {
    struct str text;
    // Of every 64 bytes; bits past the end are 0. One before the first and two more are all 0.
    const struct byte_mask *items;
    size_t n;
};
struct byte_masks byte_masks_of(struct str text, struct arena *a);
// n times 64 bytes without AVX-512; the same masks.
void byte_mask_fill_plain(const char *p, struct byte_mask *masks, size_t n);

// The places of the bits of n numbers of 64, in order. There is room for PLACES_MORE of them more
// than there are bits.
#define PLACES_MORE ((size_t)16)
void byte_places(const uint64_t *bits, size_t n, uint32_t *places);
void byte_places_plain(const uint64_t *bits, size_t n, uint32_t *places); // without AVX-512

// The 64 bits from place `at` on, up to 64 past the end, of one field of the masks, given by its
// offset in the struct.
static inline uint64_t byte_bits(const struct byte_masks *masks, size_t field, size_t at)
{
    const char *here = (const char *)&masks->items[at / MASK_BYTES] + field;
    uint64_t low, high;
    unsigned shift = at % MASK_BYTES;
    memcpy(&low, here, sizeof low);
    memcpy(&high, here + sizeof(struct byte_mask), sizeof high);
    return shift ? low >> shift | high << (64 - shift) : low;
}
#define BYTE_BITS(masks, field, at) byte_bits((masks), offsetof(struct byte_mask, field), (at))

#endif
