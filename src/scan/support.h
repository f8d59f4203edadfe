// SPDX-License-Identifier: Apache-2.0
// The support gate: every word of a published text must be one that enough accounts of the cluster
// share, an inflection of such a word, or one out of a closed public list (function words and the
// words of our own templates). Pure.
#ifndef SCAN_SUPPORT_H
#define SCAN_SUPPORT_H

#include "base/map.h"

struct support {
    struct map words; // lower case
};
// A zeroed struct is ready; release frees all.
void support_release(struct support *support);
void support_clear(struct support *support);
// Words of a phrase that met its floor.
void support_add(struct support *support, struct str phrase, struct arena *scratch);
// True when every word of `text` is supported. Numbers of at most max_digits digits are ours.
bool support_holds(const struct support *support, struct str text, int max_digits,
                   struct arena *scratch);
// The first `most` words of `text`, lower case and in the arena, that are not; returns how many.
size_t support_missing(const struct support *support, struct str text, int max_digits,
                       struct arena *a, struct str *words, size_t most);

#endif
