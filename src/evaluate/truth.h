// SPDX-License-Identifier: Apache-2.0
// Known labels of conversations: a TSV with a header, ids in its first column and one or two
// columns of labels (a fine and a coarse one, say). A last column that is called "language" is none
// of the labels.
#ifndef EVALUATE_TRUTH_H
#define EVALUATE_TRUTH_H

#include "base/map.h"

#define TRUTH_COLUMNS 3 // two of labels, one of languages
// Behind the name of the first column, up to a last ")": who wrote the conversations
// (evaluate/plant.h).
#define TRUTH_TEXTS_BY " (texts by "
#define TRUTH_GRAMMAR "a grammar of templates"

struct truth {
    struct map ids;                   // conversation id -> index
    struct map labels[TRUTH_COLUMNS]; // label -> number
    uint32_t *of[TRUTH_COLUMNS];      // label number of each id
    struct str names[TRUTH_COLUMNS];  // from the header, in the arena
    size_t n_columns;                 // of labels
    bool has_language;                // then column n_columns holds it
    struct str texts_by;              // as the header says, in the arena; empty: it does not
};
// `truth` is zeroed. ERR_NO_INPUT, ERR_DATA name file and line. Release frees the maps, whatever
// read returned.
int truth_read(struct truth *truth, const char *path, struct arena *a, struct err *err) MUST_USE;
void truth_release(struct truth *truth);

#endif
