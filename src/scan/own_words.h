// SPDX-License-Identifier: Apache-2.0
// Holds what a model writes about one conversation to the words of that conversation, so that it
// cannot carry one person's words into what is kept of another. A word of an answer stays when the
// conversation's own turns have it, by the stem of the support gate, or when it is in a public list
// and neither a number (as words: more than one) nor beside another what could be a person's name
// nor a word of a special category (scan/sensitive.h); characters of scripts without spaces stay in
// pairs that the turns have. All else is taken out. Three steps: want (the answers), read (every
// turn), cut (each answer). Pure.
#ifndef SCAN_OWN_WORDS_H
#define SCAN_OWN_WORDS_H

#include "base/map.h"
#include "scan/scan.h"

struct own_words {     // zeroed: ready
    struct map wanted; // what stands in the answers -> 1 where the turns have it
    size_t n_found;
};
struct own_cut {
    struct str text; // in the arena, or the answer itself when nothing was dropped
    size_t n_dropped;
    bool is_poor; // more was dropped than is left to say something
};
void own_words_release(struct own_words *own);
void own_words_want(struct own_words *own, struct str answer);
// Cost: that of reading the words of the turn; nothing once all that is wanted was found.
void own_words_read(struct own_words *own, struct str turn);
// Capitals inside a word stay as the turns have them, else they are small: they could hide a text.
void own_words_cut(const struct own_words *own, const struct scanner *scanner, struct str answer,
                   struct arena *a, struct own_cut *out);

#endif
