// SPDX-License-Identifier: Apache-2.0
// Input: a safetensors file. What is accepted can be read to the last number.
#include "embed/shape.h"
#include "embed/weights.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct tensor *t)
{
    if (t->type == TENSOR_OTHER)
        return;
    float *x = malloc((t->n_items + 1) * sizeof *x);
    if (!x)
        abort();
    tensor_read(t, 0, t->n_items, x);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weights *w = NULL;
    struct err err = { 0 };
    struct shape shape;
    // In exactly as much memory as there are bytes, so that a sanitizer sees any step outside.
    unsigned char *exact = malloc(size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, data, size);
    if (weights_open_bytes(&w, exact, size, &err) == 0) {
        for (size_t i = 0; i < weights_count(w); i++)
            read_all(weights_at(w, i));
        if (shape_read(&shape, "none", w, &err) == 0)
            assert(shape.n_heads && shape.dims % shape.n_heads == 0 && shape.max_tokens >= 2);
    } else {
        assert(err.code == ERR_DATA && err.text[0]);
    }
    weights_close(w);
    free(exact);
    return 0;
}
