// SPDX-License-Identifier: Apache-2.0
#include "vec/near_list.h"

#include "vec/dot.h"

// A row that will be read: the ones kept lie anywhere.
static void fetch(const struct matrix *x, uint32_t row)
{
    const char *at = (const char *)matrix_row(x, row);
    for (size_t i = 0; i < x->n_cols * sizeof(float); i += 64)
        __builtin_prefetch(at + i);
}

void near_list_order(const struct matrix *x, size_t i, const uint32_t *kept, size_t n, size_t k,
                     uint32_t *index, float *similarity)
{
    size_t n_ordered = 0;
    for (size_t c = 0; c < n; c++) {
        if (c + 1 < n)
            fetch(x, kept[c + 1]);
        float value = (float)dot_floats(matrix_row(x, i), matrix_row(x, kept[c]), x->n_cols);
        size_t at = n_ordered < k ? n_ordered++ : k;
        for (; at > 0 && (value > similarity[at - 1] ||
                          (value == similarity[at - 1] && kept[c] < index[at - 1]));
             at--)
            if (at < k) {
                similarity[at] = similarity[at - 1];
                index[at] = index[at - 1];
            }
        if (at < k) {
            similarity[at] = value;
            index[at] = kept[c];
        }
    }
}
