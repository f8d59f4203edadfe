// SPDX-License-Identifier: Apache-2.0
// The support gate: every word of a published text must be one that enough accounts of the cluster
// use, an English inflection of such a word, or one out of a closed public list (function words and
// words of our own templates). Capitals, numbers and what stands between words are held as well, as
// a text can be hidden in them. Whoever wrote the text, the same rule. Pure.
#ifndef SCAN_SUPPORT_H
#define SCAN_SUPPORT_H

#include "base/map.h"

#define SUPPORT_WORD_BYTES 96

// A run of letters, marks and digits, with + and # behind a letter ("c++").
struct support_word {
    size_t start, end; // in the text
    struct str stem;   // lower case without inflection, in `buffer`
    bool capitals;     // any
    char buffer[SUPPORT_WORD_BYTES];
};
// The next word at or after *at; false at the end. A word that is too long has an empty stem.
bool support_next(struct str text, size_t *at, struct support_word *word);
// Such a word in lower case, in the buffer; cut where it is too long.
struct str support_lower(struct str word, char buffer[SUPPORT_WORD_BYTES]);

// Numbers of one cluster as our templates write them. Zeroed: no number at all, which is what a
// model may write.
struct support_numbers {
    struct str share;      // "3.4", in front of " %" in a summary; borrowed, empty: none
    int64_t most_accounts; // a round number in front of " account" may be as large
    int64_t most_title;    // "(N)" at the end of a title, N from 2 to this
};
struct support {
    struct map stems;     // of words that enough accounts use
    struct map phrases;   // that met their floor, in lower case
    struct map spellings; // with capitals, as enough accounts write them: "Python"
    struct support_numbers numbers;
};
// A zeroed struct is ready; release frees all.
void support_release(struct support *support);
void support_clear(struct support *support); // of its numbers, too
// Words of a phrase that met its floor, in its spelling.
void support_add(struct support *support, struct str phrase);
// One word that met its floor; `spelling` has a len of 0 where its capitals did not.
void support_add_word(struct support *support, struct str stem, struct str spelling);

enum support_kind { SUPPORT_TITLE, SUPPORT_SUMMARY };
// The text with one separator where a model could choose among many, as a number can be told in
// them: a space between words, the apostrophe of a clitic, one stop between the two sentences of a
// summary and one at its end. A list of phrases as our templates write it stays, and so does what
// support_fault refuses. In the arena.
struct str support_punctuate(const struct support *support, struct str text, enum support_kind kind,
                             struct arena *a);
// Whether only ordinary separators are between its words.
bool support_has_plain_gaps(struct str text);
// The text with capitals as enough accounts write them, small letters elsewhere, and a large one
// where a sentence begins: how a model writes titles tells nothing. In the arena.
struct str support_respell(const struct support *support, struct str text, struct arena *a);

// NULL when the text holds, else a static reason. A title may end with "(N)"; a summary may hold
// one share and one round number of accounts, as support->numbers has them. All other numbers are
// words like others.
const char *support_fault(const struct support *support, struct str text, enum support_kind kind);
// The first `most` words of `text`, lower case and in the arena, that are not supported; returns
// how many.
size_t support_missing(const struct support *support, struct str text, enum support_kind kind,
                       struct arena *a, struct str *words, size_t most);

#endif
