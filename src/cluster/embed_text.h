// SPDX-License-Identifier: Apache-2.0
// What of a facet value is turned into a vector.
#ifndef CLUSTER_EMBED_TEXT_H
#define CLUSTER_EMBED_TEXT_H

#include "base/arena.h"

// The value without the marks that the scanner left ("[name]"): they say nothing of the subject,
// and left in they draw conversations together that share only that somebody was named. A value
// of marks alone comes back as it is. Spaces around a mark become one. In the arena, or `value`
// itself when no mark is in it.
struct str embed_text(struct str value, struct arena *a);

#endif
