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
    struct map stems;     // of words that enough accounts use -> 1 + place in forms, 0: none
    struct map phrases;   // that met their floor, in lower case -> place in shown
    struct map forms;     // words, in lower case -> place in shown
    struct map shown;     // phrases and words as we write them
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
// One word that met its floor, in the form that we write it in; the first one of a word stays.
void support_add_form(struct support *support, struct str form);

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
// where a sentence begins. Of a word that is known in two spellings each stays: not for a text that
// a model wrote. In the arena.
struct str support_respell(const struct support *support, struct str text, struct arena *a);
// A text that a model wrote, each word in the one form that we give it there: texts that differ in
// capitals only are one, so that nothing can be told in them. A released phrase between separators,
// or a language, as it is shown; else a well-known name ("JavaScript"), small letters for a word of
// the closed list, the form of support_add_form, that of another inflection, or small letters; a
// large one where a sentence begins. In the arena.
struct str support_spell(const struct support *support, struct str text, struct arena *a);
// Such a form of a word in lower case; `first`: of a sentence.
struct str support_form(const struct support *support, struct str lower, struct str stem,
                        bool first, char buffer[2 * SUPPORT_WORD_BYTES + 4]);
bool support_has_capital(struct str s); // anywhere
// Whether a sentence begins behind what stands in front of a word; `first`: of the text.
bool support_begins_sentence(struct str gap, bool first);

// NULL when the text holds, else a static reason. A title may end with "(N)"; a summary may hold
// one share and one round number of accounts, as support->numbers has them. All other numbers are
// words like others.
const char *support_fault(const struct support *support, struct str text, enum support_kind kind);
// The first `most` words of `text`, lower case and in the arena, that are not supported; returns
// how many.
size_t support_missing(const struct support *support, struct str text, enum support_kind kind,
                       struct arena *a, struct str *words, size_t most);

#endif
