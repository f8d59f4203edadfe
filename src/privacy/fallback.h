// SPDX-License-Identifier: Apache-2.0
// What takes the place of a title and a summary that a gate refused: the released phrases of the
// node and words of our own. Pure.
#ifndef PRIVACY_FALLBACK_H
#define PRIVACY_FALLBACK_H

#include "base/map.h"
#include "store/vault_gate.h"

#define FALLBACK_PHRASES 3

// "Story · chapter · book", "Various requests" when there is no phrase; one that is in `used`
// (lower case) gets a number. Added to `used`.
struct str fallback_title(const struct gate_phrase *phrases, size_t n, struct map *used,
                          struct arena *a);
struct str fallback_summary(const struct gate_phrase *phrases, size_t n, struct arena *a);

#endif
