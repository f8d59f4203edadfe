// SPDX-License-Identifier: Apache-2.0
// Words that read out of a text in another way than word by word: the first letters of its words,
// the last ones, both also backwards; how often a word comes. Every word of the text may be
// supported and the text still spell out a name or a number. Pure.
#ifndef PRIVACY_DISGUISE_H
#define PRIVACY_DISGUISE_H

#include "base/arena.h"

#define DISGUISE_LEAST 6 // letters; shorter words are met by chance
#define DISGUISE_MOST 24
#define DISGUISE_MOST_TIMES 6   // a word in a title and its summary
#define DISGUISE_MOST_PUBLIC 10 // one of the closed list, as "the"

// Whether some run of such letters is a word that `is_hidden` knows (lower case, in bytes).
bool disguise_find(struct str text, bool (*is_hidden)(const void *context, struct str word),
                   const void *context, struct arena *scratch);
// Whether a word, its inflections with it, comes so often, or twice in a row, that it can tell a
// number, or one of two words a letter bit by bit.
bool disguise_repeats(struct str text);

#endif
