// SPDX-License-Identifier: Apache-2.0
#include "vec/gemm_panels.h"

#include "vec/panel.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT ((size_t)64)
#define BLOCK_ROWS ((size_t)32)

static size_t n_panels_of(size_t n_out)
{
    return size_round_up(n_out, PANEL_COLUMNS) / PANEL_COLUMNS;
}

uint8_t *gemm_panels_pack(const int8_t *b, size_t n_out, size_t n_in)
{
    size_t d = size_round_up(n_in, PANEL_STEP), size = panel_size(d), n_panels = n_panels_of(n_out);
    uint8_t *panels = aligned_alloc(ALIGNMENT, n_panels * size);
    int8_t *numbers = calloc(PANEL_COLUMNS, d);
    for (size_t p = 0; p < n_panels && panels && numbers; p++) {
        const int8_t *columns[PANEL_COLUMNS];
        for (size_t j = 0; j < PANEL_COLUMNS; j++) {
            size_t column = p * PANEL_COLUMNS + j;
            columns[j] = column < n_out ? numbers + j * d : NULL;
            if (columns[j])
                memcpy(numbers + j * d, b + column * n_in, n_in);
        }
        panel_pack(columns, d, panels + p * size);
    }
    if (!numbers) {
        free(panels);
        panels = NULL;
    }
    free(numbers);
    return panels;
}

int gemm_panels_run(const uint8_t *panels, size_t n_out, size_t n_in, const int8_t *a, size_t n,
                    int32_t *c, struct err *err)
{
    size_t n_panels = n_panels_of(n_out), stride = n_panels * PANEL_COLUMNS;
    int32_t *products = aligned_alloc(ALIGNMENT, BLOCK_ROWS * stride * sizeof *products);
    if (!products)
        return err_set(err, ERR_UNAVAILABLE, "no memory for a matrix product");
    for (size_t first = 0; first < n; first += BLOCK_ROWS) {
        size_t n_here = size_min(BLOCK_ROWS, n - first);
        panel_multiply_all(panels, n_panels, n_in, a + first * n_in, n_here, products, stride);
        for (size_t i = 0; i < n_here; i++) {
            const int8_t *row = a + (first + i) * n_in;
            int32_t sum = 0, *to = c + (first + i) * n_out;
            for (size_t j = 0; j < n_in; j++)
                sum += row[j];
            for (size_t j = 0; j < n_out; j++) // of wide rows the products have wrapped
                to[j] = (int32_t)((uint32_t)products[i * stride + j] - 128U * (uint32_t)sum);
        }
    }
    free(products);
    return 0;
}
