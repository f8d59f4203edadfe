// SPDX-License-Identifier: Apache-2.0
// Tensors of a safetensors file, mapped and not copied. A file is hostile until shown otherwise:
// every type, shape, size and offset is checked before anything is read through it. Format:
// 8 bytes little-endian length of the header, the header (JSON: name -> dtype, shape,
// data_offsets), then the data, which the tensors must cover without overlap or hole.
#ifndef EMBED_WEIGHTS_H
#define EMBED_WEIGHTS_H

#include "base/arena.h"

struct weights;
enum tensor_type { TENSOR_F32, TENSOR_F16, TENSOR_BF16, TENSOR_OTHER };

struct tensor {
    struct str name;
    enum tensor_type type;
    size_t n_dims, shape[4];
    size_t n_items;
    const unsigned char *data; // not aligned
};

// ERR_NO_INPUT when the file is not there, ERR_DATA names what is wrong in it.
int weights_open(struct weights **w, const char *path, struct err *err) MUST_USE;
// The same over bytes in memory, which must outlive w.
int weights_open_bytes(struct weights **w, const unsigned char *data, size_t size,
                       struct err *err) MUST_USE;
void weights_close(struct weights *w); // accepts NULL

size_t weights_count(const struct weights *w);
const struct tensor *weights_at(const struct weights *w, size_t i);          // in header order
const struct tensor *weights_find(const struct weights *w, const char *name); // NULL: not there
// A tensor of floats of exactly n_rows × n_cols; n_rows 0 means one dimension of n_cols. ERR_DATA
// says which is missing or of another shape.
int weights_need(const struct weights *w, const char *name, size_t n_rows, size_t n_cols,
                 const struct tensor **tensor, struct err *err) MUST_USE;
// ERR_DATA when a number of the tensor is infinite, none, or larger than 100,000: so no sum of an
// encoder within the limits of shape.h leaves float32. The tensor is of a float type.
int tensor_check(const struct tensor *t, struct err *err) MUST_USE;
// Items first … first + n - 1 as float32. The tensor is of a float type.
void tensor_read(const struct tensor *t, size_t first, size_t n, float *out);

#endif
