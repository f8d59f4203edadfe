// SPDX-License-Identifier: Apache-2.0
#include "cluster/subject_match.h"

#include "base/utf8.h"
#include "embed/embedder.h"
#include "scan/language_guess.h"
#include "vec/dot.h"
#include "vec/gemm.h"

#define HUB_PART 0.5
#define LEAST_FOREIGN 0.40f // in another language: what is left has words of English, mostly
#define OUT_OF_REACH 2.0f   // no cosine

int subject_match_open(struct subject_match *m, struct embedder *embedder, struct arena *a,
                       struct err *err)
{
    struct matrix vectors;
    *m = (struct subject_match){ 0 };
    subject_read(a, &m->list);
    size_t n = m->list.n, d = embedder_dims(embedder);
    struct str *hints = arena_array(a, n + 1, sizeof *hints);
    for (size_t i = 0; i < n; i++)
        hints[i] = m->list.items[i].hint;
    m->hub = arena_zero_array(a, n + 1, sizeof *m->hub);
    int rc = matrix_make(&vectors, n, d, a, "the list of subjects", err);
    if (!rc)
        rc = embedder_encode_public(embedder, hints, n, &vectors, err);
    for (size_t i = 0; i < n && !rc; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += dot_floats(matrix_row(&vectors, i), matrix_row(&vectors, j), d);
        m->hub[i] = (float)(HUB_PART * sum / (double)n);
    }
    if (!rc)
        rc = gemm_weights_open(&m->weights, vectors.data, n, d, NULL, GEMM_FP32, GEMM_NOTHING, err);
    return rc;
}

void subject_match_close(struct subject_match *m)
{
    gemm_weights_close(m->weights);
    m->weights = NULL;
}

static bool is_latin(uint32_t c)
{
    return c < 0x250 || (c >= 0x1E00 && c < 0x1F00);
}

float subject_least(struct str text, struct str language)
{
    size_t n_letters = 0, n_latin = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        bool is_letter = utf8_class(c) == UTF8_LETTER;
        n_letters += is_letter;
        n_latin += is_letter && is_latin(c);
    }
    if (2 * n_latin < n_letters)
        return OUT_OF_REACH;
    const struct str english = STR_LIT("English");
    bool is_english = !language.len || str_equal(language, english) ||
                      str_equal(str_of(language_guess(text.ptr, text.len)), english);
    return is_english ? SUBJECT_LEAST : LEAST_FOREIGN;
}

int subject_match_rows(const struct subject_match *m, const struct matrix *rows, const float *least,
                       struct arena *a, struct str *out, struct err *err)
{
    struct arena_mark start = arena_save(a);
    size_t n = m->list.n;
    float *cosines = arena_array(a, rows->n_rows * n + 1, sizeof *cosines);
    assert(rows->stride == rows->n_cols);
    int rc = gemm_run(m->weights, rows->data, rows->n_rows, cosines, err);
    for (size_t i = 0; i < rows->n_rows && !rc; i++) {
        const float *c = cosines + i * n;
        size_t best = 0;
        for (size_t j = 1; j < n; j++)
            if (c[j] - m->hub[j] > c[best] - m->hub[best])
                best = j;
        out[i] = n && c[best] >= least[i] ? m->list.items[best].value : STR_LIT("");
    }
    arena_rewind(a, start);
    return rc;
}
