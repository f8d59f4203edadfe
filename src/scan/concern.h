// SPDX-License-Identifier: Apache-2.0
// The concern scale of one text by a short list of English words; concern.c says how rough it is.
#ifndef SCAN_CONCERN_H
#define SCAN_CONCERN_H

#include "base/arena.h"

// 1 (none) … 5 (severe), of what one person wrote. Its first 32 KiB count.
int concern_by_rule(struct str text, struct arena *a);

#endif
