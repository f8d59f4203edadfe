// SPDX-License-Identifier: Apache-2.0
// What a classifier said of a conversation, out of the columns that came with the input and are
// kept as JSON: flagged or not. Used where its rate is published (--classifier) and where it is
// held against concern (`clio safety classifier`). Pure.
#ifndef RUN_FLAG_COLUMN_H
#define RUN_FLAG_COLUMN_H

#include "base/text.h"

struct flag_column {
    struct str paths[2]; // tried in order; borrowed
    size_t n_paths;
    double flag_from; // a number flags from here on
    struct str words; // texts that flag, separated by commas; borrowed
};
// "flagged" stands for "openai_moderation.flagged", too, where WildChat and LMSYS have it. words
// may be empty: true, yes, 1, flagged and toxic then.
struct flag_column flag_column_make(struct str name, double flag_from, struct str words);
// FLAG_NONE: `columns` (a JSON map, may be empty) does not say. FLAG_OTHER: it holds a text, none
// of those that flag, no number, and no no either (false, no, none, not flagged, not toxic, safe);
// with `words` every other text is a no. Booleans; numbers; texts; a name of a key, or a path with
// points; of lists any element, so that a conversation whose turns are judged one by one is flagged
// when one is.
enum { FLAG_NONE = -1, FLAG_NO, FLAG_YES, FLAG_OTHER };
int flag_column_read(const struct flag_column *column, struct str columns);

#endif
