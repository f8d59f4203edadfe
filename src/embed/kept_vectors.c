// SPDX-License-Identifier: Apache-2.0
#include "embed/kept_vectors.h"

#include "base/cache.h"
#include "base/file.h"
#include "vec/dot.h"

#include <stdio.h>

#define MAGIC "CLIOVEC1"
#define HEX ((size_t)DIGEST_HEX - 1)

struct head {
    char magic[8], key[HEX];
    uint64_t n_rows, n_cols;
    char sum[HEX];
};
static_assert(sizeof(struct head) == 8 + HEX + 16 + HEX, "no gaps");

static bool find_place(const char key[DIGEST_HEX], char path[LIMIT_PATH_BYTES])
{
    char name[32 + DIGEST_HEX];
    snprintf(name, sizeof name, "models/%.16s.vectors", key);
    return cache_path(name, path);
}

// The head that belongs before these numbers, which stand without gaps.
static struct head make_head(const char key[DIGEST_HEX], uint64_t n_rows, uint64_t n_cols,
                             struct str numbers)
{
    struct head head = { .n_rows = n_rows, .n_cols = n_cols };
    struct digest d;
    char hex[DIGEST_HEX];
    memcpy(head.magic, MAGIC, sizeof head.magic);
    memcpy(head.key, key, HEX);
    digest_init(&d);
    digest_add(&d, str_make((const char *)&head, offsetof(struct head, sum)));
    digest_add(&d, numbers);
    digest_hex(&d, hex);
    memcpy(head.sum, hex, HEX);
    return head;
}

static bool are_unit(const struct matrix *m)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        const float *row = matrix_row(m, i);
        double square =
            dot_floats(row, row, m->n_cols); // with a number that is not finite: neither
        if (!(square > 0.98 && square < 1.02))
            return false;
    }
    return true;
}

bool kept_vectors_read(const char key[DIGEST_HEX], const struct matrix *out)
{
    struct arena a = { 0 };
    struct err ignored = { 0 };
    struct str file = STR_LIT("");
    char path[LIMIT_PATH_BYTES];
    size_t row_bytes = out->n_cols * sizeof(float), size = out->n_rows * row_bytes;
    bool good = find_place(key, path) && cache_is_ours(path) &&
                file_read(&a, path, sizeof(struct head) + size, &file, &ignored) == 0 &&
                file.len == sizeof(struct head) + size;
    if (good) {
        struct str numbers = str_from(file, sizeof(struct head));
        struct head wanted = make_head(key, out->n_rows, out->n_cols, numbers);
        good = memcmp(file.ptr, &wanted, sizeof wanted) == 0;
        for (size_t i = 0; i < out->n_rows && good; i++)
            memcpy(matrix_row(out, i), numbers.ptr + i * row_bytes, row_bytes);
    }
    arena_release(&a);
    return good && are_unit(out);
}

void kept_vectors_write(const char key[DIGEST_HEX], const struct matrix *vectors)
{
    struct arena a = { 0 };
    struct err ignored = { 0 };
    char path[LIMIT_PATH_BYTES];
    size_t row_bytes = vectors->n_cols * sizeof(float), size = vectors->n_rows * row_bytes;
    if (!find_place(key, path))
        return;
    char *file = arena_alloc(&a, sizeof(struct head) + size), *numbers = file + sizeof(struct head);
    for (size_t i = 0; i < vectors->n_rows; i++)
        memcpy(numbers + i * row_bytes, matrix_row(vectors, i), row_bytes);
    struct head head = make_head(key, vectors->n_rows, vectors->n_cols, str_make(numbers, size));
    memcpy(file, &head, sizeof head);
    if (file_write_private(path, str_make(file, sizeof head + size), &ignored))
        err_clear(&ignored);
    arena_release(&a);
}
