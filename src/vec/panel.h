// SPDX-License-Identifier: Apache-2.0
// Products of chosen rows with sixteen columns, in whole numbers, private to vec/. oneDNN
// multiplies all rows with all columns; where only some pairs are wanted (vec/prune.c) this kernel
// takes the rows by their addresses, so nothing is gathered. VNNI of AVX-512 where there, else
// AVX2, else plain C: the same numbers, exact.
#ifndef VEC_PANEL_H
#define VEC_PANEL_H

#include "base/prelude.h"

#define PANEL_COLUMNS ((size_t)16)
#define PANEL_STEP ((size_t)4) // numbers of a column that stand side by side

// Bytes of one panel of columns of d numbers; d must be a multiple of 4.
static inline size_t panel_size(size_t d)
{
    return d * PANEL_COLUMNS;
}
// columns[j]: d numbers of -127 … 127, or NULL for a column of zeros. panel: 64-byte aligned.
void panel_pack(const int8_t *const columns[PANEL_COLUMNS], size_t d, uint8_t *panel);
// out[i][j] = rows[i] · column j + 128 · sum of rows[i]: columns are kept as they are + 128,
// because VNNI multiplies unsigned with signed. d up to 32,768.
void panel_multiply(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                    int32_t (*out)[PANEL_COLUMNS]);
void panel_multiply_plain(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                          int32_t (*out)[PANEL_COLUMNS]); // the oracle
bool panel_is_fast(void); // whether this CPU has AVX2 or VNNI of AVX-512, and oneDNN may use it
// Any number of panels of columns of d numbers, any d up to 100,000 (panels are padded with zeros
// to a multiple of 4): out[i × stride + j] for column j of all. For CPUs that have AVX2; VNNI of
// AVX-512 is not used, because oneDNN's products are faster there.
void panel_multiply_all(const uint8_t *panels, size_t n_panels, size_t d, const int8_t *rows,
                        size_t n, int32_t *out, size_t stride);

// The same of n rows that stand one behind the other, in whole sixteens (rows and out; what is
// behind n means nothing), by AMX's tiles; there when panel_has_tiles(d).
bool panel_has_tiles(size_t d);
void panel_multiply_tiles(const uint8_t *panel, size_t d, const int8_t *rows, size_t n,
                          int32_t (*out)[PANEL_COLUMNS]);

#endif
