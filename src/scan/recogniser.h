// SPDX-License-Identifier: Apache-2.0
// The table of patterns. A row names an expression for vectorscan that is cheap and hits too often,
// the bytes by which a hit grows to the left and right, and the judge that says yes or no and may
// make the span smaller. Private to scan/.
#ifndef SCAN_RECOGNISER_H
#define SCAN_RECOGNISER_H

#include "scan/scan.h"

#define SET_NONE 0u
#define SET_DIGIT 1u
#define SET_WORD 2u // letters, digits, _ and bytes past ASCII
#define SET_EMAIL 4u
#define SET_NUMBER 8u   // digits and what stands between groups of them
#define SET_TOKEN 16u   // keys, hashes, base64
#define SET_ADDRESS 32u // of networks: hex digits, colons, points
#define SET_HOST 128u
#define SET_VISIBLE 64u // all but white space, quotes and angle brackets

struct recogniser {
    enum scan_kind kind;
    const char *pattern; // PCRE subset of vectorscan
    bool caseless;
    bool from_start; // grows to the left from where the match starts, else from its last byte
    unsigned left, right;
    // `text` is the plain form; *start … *end is the grown span. May change both and *kind.
    bool (*judge)(struct str text, size_t *start, size_t *end, enum scan_kind *kind);
};
extern const struct recogniser recognisers[];
extern const size_t n_recognisers;

bool set_has(unsigned set, unsigned char c);

#endif
