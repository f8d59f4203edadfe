// SPDX-License-Identifier: Apache-2.0
// The table of patterns. A row names an expression for vectorscan that is cheap and hits too often,
// the bytes by which a hit grows to the left and right, and the judge that says yes or no and may
// make the span smaller. Private to scan/.
#ifndef SCAN_RECOGNISER_H
#define SCAN_RECOGNISER_H

#include "scan/exact_form.h"
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

// Rows of one group are compiled together. Vectorscan looks for rare pieces first and is fast where
// all patterns of a group have such pieces of one sort; all in one group are six times slower.
enum recogniser_group {
    GROUP_WORDS,   // words and signs: "@", "password"
    GROUP_PRINTED, // capitals and digits
    GROUP_STREET,
    GROUP_DATE,
    GROUP_FORMS, // what exact_form.h finds; in vectorscan only with SCAN_WHOLE
    N_GROUPS
};
#define N_SEARCHED GROUP_FORMS // those before it are searched for around anchors

struct recogniser {
    enum scan_kind kind;
    const char *pattern; // PCRE subset of vectorscan
    bool caseless;
    bool from_start; // grows to the left from where the match starts, else from its last byte
    unsigned left, right;
    // `text` is the plain form; *start … *end is the grown span. May change both and *kind.
    bool (*judge)(struct str text, size_t *start, size_t *end, enum scan_kind *kind);
    enum recogniser_group group;
    enum form form; // of GROUP_FORMS
};
extern const struct recogniser recognisers[];
extern const size_t n_recognisers;

bool set_has(unsigned set, unsigned char c);

// Two recognisers without a pattern, for runs of 16 bytes of SET_RUN and more, which scan.c finds
// itself: keys and hashes in the run as it grew by SET_TOKEN, and single words of it whose check
// digits hold (vehicles, codice fiscale, addresses of Bitcoin).
#define SET_RUN 256u           // letters, digits, + / _ = -
#define SET_DOCUMENT 512u      // capitals, digits and <
#define SET_GROUPED 1024u      // digits, _ and *; the last of all sets
#define RUN_LEAST ((size_t)16) // a power of two
bool judge_token(struct str text, size_t *start, size_t *end, enum scan_kind *kind);
bool judge_word(struct str text, size_t start, size_t end);

#endif
