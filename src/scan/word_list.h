// SPDX-License-Identifier: Apache-2.0
// The public word lists of this folder, embedded at build by cmake/embed.cmake: one word a line,
// lower case, in order of bytes. tools/make-word-lists and tools/make-sensitive-words write them.
// Private to scan/.
#ifndef SCAN_WORD_LIST_H
#define SCAN_WORD_LIST_H

const char *words_common(void); // English words: SCOWL, size 50
const char *words_public(void); // languages, countries, days, technologies: ours
unsigned long words_sensitive_size(void);
const char *words_sensitive(void); // special categories: WordNet 3.0 and ours, in 20 languages
const char *names_given(void);  // US Census 1990, public domain
const char *names_family(void); // the same, the 12,000 most frequent

#endif
