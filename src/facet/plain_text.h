// SPDX-License-Identifier: Apache-2.0
// What a person said, without what they pasted: code, markup, addresses of pages, quotations.
// Sentences of it, and whether they ask for something. English by its word lists; other languages
// by their punctuation. Pure.
#ifndef FACET_PLAIN_TEXT_H
#define FACET_PLAIN_TEXT_H

#include "base/arena.h"

// Removes fenced and long inline code, lines that look like code, HTML tags, URLs, quoted lines,
// long quotations and list marks; decodes the commonest entities; folds spaces. Lines stay apart by
// '\n'. At most the first 16 KiB and the last 2 KiB are looked at. Never longer than `text` + 1.
struct str plain_text(struct str text, struct arena *a);

struct sentence {
    struct str text;   // without white space at its ends
    bool is_greeting;  // "hello there", "thanks a lot", "please continue": says nothing
    bool asks;         // imperative, question, or a stated wish
};
struct sentences {
    struct sentence *items;
    size_t n;
};
// `text` as plain_text gives it. Cuts at . ! ? … of all scripts and at line ends.
struct sentences sentences_of(struct str text, struct arena *a);
// Bytes of politeness that open a sentence: "please", "can you", "i want you to".
size_t polite_head(struct str sentence);
// The part up to the last clause mark (, ; : -) or word that fits in max bytes.
struct str clause_head(struct str text, size_t max);

#endif
