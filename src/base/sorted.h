// SPDX-License-Identifier: Apache-2.0
// Looking things up in a rising list of numbers.
#ifndef BASE_SORTED_H
#define BASE_SORTED_H

#include "base/prelude.h"

// Place of `wanted` among n numbers, each larger than the one before; SIZE_MAX when it is not
// there.
static inline size_t sorted_find(const int64_t *list, size_t n, int64_t wanted)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && list[low] == wanted ? low : SIZE_MAX;
}

#endif
