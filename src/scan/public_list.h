// SPDX-License-Identifier: Apache-2.0
// Closed lists of what may be published without the support of any account: names of languages,
// values of the other facets, words of our own templates.
#ifndef SCAN_PUBLIC_LIST_H
#define SCAN_PUBLIC_LIST_H

#include "base/text.h"

extern const char *const public_languages[]; // English names, as scan/language_guess.h gives them
extern const size_t n_public_languages;
extern const char *const public_concerns[]; // "1" … "5"
extern const size_t n_public_concerns;
extern const char *const public_turns[]; // "1", "2", "3-5", "6-10", "11+"
extern const size_t n_public_turns;
extern const char *const public_flags[]; // "flagged", "not flagged", "no label"
extern const size_t n_public_flags;

// The place in the list, n when it is not there.
size_t public_list_find(const char *const *list, size_t n, struct str value);
// The place in public_turns of a number of turns.
size_t public_turns_of(int64_t n_turns);
// Part of a language's English name; lower case.
bool public_list_has_language(struct str word);
// A function word of English or of a language that titles are written in, a word of our templates,
// or part of a language's name; lower case.
bool public_list_has_word(struct str word);
// One of these that is no part of a language's name; lower case.
bool public_list_has_small(struct str word);
// Common spelling of a well-known name ("JavaScript"), empty when there is none; any case.
struct str public_list_spelling(struct str word);
// Whether a word that has such a spelling is a small one of another language where `next` follows
// it: "ai" before a word that English does not have, as in "consigli ai genitori". Lower case.
bool public_list_is_small_before(struct str word, struct str next);
// One of these that is a noun of German, which has a capital wherever it stands; lower case.
bool public_list_has_noun(struct str word);

#endif
