// SPDX-License-Identifier: Apache-2.0
// A public list of what people ask assistants about: subjects.txt, a line each, "Group: Subject:
// words that go with it". Every conversation gets the one that its vector is nearest to, so that a
// cluster can be named by a subject that enough of its accounts have in common, in words that are
// nobody's: a closed vocabulary, as the public keywords of Urania (arXiv 2506.04681), chosen by
// vectors.
#ifndef PHRASE_SUBJECT_H
#define PHRASE_SUBJECT_H

#include "base/arena.h"

struct subject {
    struct str value; // "Software: Databases and SQL", as it is stored
    struct str hint;  // "Databases and SQL: SELECT queries, joins", what is turned into its vector
};
struct subject_list {
    struct subject *items;
    size_t n;
};
void subject_read(struct arena *a, struct subject_list *list);
// "Software: Databases and SQL" is of the group "Software"; all of it when there is no colon.
struct str subject_group(struct str value);
struct str subject_name(struct str value); // "Databases and SQL"

#endif
