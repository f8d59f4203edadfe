// SPDX-License-Identifier: Apache-2.0
// English numbers as words, cardinal and ordinal, those up to 99 of five languages more
// (spelled.h), and Roman ones: several would tell a number that the scanner looks for in digits.
// Pure.
#ifndef SCAN_NUMBER_WORD_H
#define SCAN_NUMBER_WORD_H

#include "base/text.h"

#define NUMBER_WORDS_MOST 3 // that one published text of a model may hold

// "7" of "seven", in lower case; NULL of what is none, of "one" (as often a pronoun) and ordinals.
const char *number_word_digits(struct str lower);
// Any of them, "one", ordinals, plurals and "xiv", too.
bool number_word_is(struct str lower);
size_t number_word_count(struct str text); // in any case

#endif
