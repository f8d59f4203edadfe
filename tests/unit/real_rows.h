// SPDX-License-Identifier: Apache-2.0
// Vectors of real texts by real models, as they were recorded (tests/quality/record_embed.py).
#ifndef TESTS_UNIT_REAL_ROWS_H
#define TESTS_UNIT_REAL_ROWS_H

#include "embed_models.h"
#include "vec/matrix.h"

#include "check.h"

#include <math.h>

#define REAL_ROWS ((size_t)50)

// Recorded numbers as float32, in the arena; f16 or f32 by the size of the file.
static inline float *recorded_floats(struct arena *a, const char *name, size_t n_items)
{
    struct str raw;
    struct err err = { 0 };
    assert_ok(file_read(a, path_join(a, str_of(DATA_DIR), name).ptr, (size_t)1 << 24, &raw, &err));
    float *x = arena_array(a, n_items, sizeof *x);
    if (raw.len == n_items * sizeof *x) {
        memcpy(x, raw.ptr, raw.len);
        return x;
    }
    assert_int_equal(raw.len, n_items * 2);
    for (size_t i = 0; i < n_items; i++) {
        uint16_t half;
        memcpy(&half, raw.ptr + 2 * i, 2);
        float value = ldexpf((float)(half & 0x3FF) + (half & 0x7C00 ? 1024 : 0),
                             (half & 0x7C00 ? half >> 10 & 31 : 1) - 25);
        x[i] = half & 0x8000 ? -value : value;
    }
    return x;
}

// MiniLM's vectors of 384 numbers, or mpnet's of 768, of unit length: of texts that are empty, of
// one word, alike, in several languages, and longer than a model reads.
static inline struct matrix real_rows(struct arena *a, bool mpnet)
{
    size_t d = mpnet ? 768 : 384;
    const char *name = mpnet ? "embed_mpnet.f16" : "embed_minilm.f16";
    struct matrix x = matrix_view(recorded_floats(a, name, REAL_ROWS * d), REAL_ROWS, d);
    matrix_normalize(&x);
    return x;
}

#endif
