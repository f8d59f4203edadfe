// SPDX-License-Identifier: Apache-2.0
#include "dp/dp_public.h"

#include "embed/embedder.h"
#include "vec/dot.h"
#include "vec/pca.h"

#include <math.h>

#define SEED 1 // of the search for directions; public
#define HUB_PART 0.5
#define WORDS_COUNT 2.0 // against the centre, when a group is named

// "Databases and SQL: joins" for each word of each line.
static struct str *list_texts(const struct subject_list *list, size_t *n, struct arena *a)
{
    size_t room = 0;
    struct str *texts = NULL;
    *n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct str name = subject_name(list->items[i].value), rest = list->items[i].hint, word;
        rest = str_from(rest, name.len < rest.len ? name.len + 1 : rest.len);
        while (str_cut(&rest, ',', &word)) {
            texts = arena_room(a, texts, *n, &room, sizeof *texts);
            word = str_trim(word);
            texts[(*n)++] = arena_printf(a, "%.*s: %.*s", STR_ARG(name), STR_ARG(word));
        }
    }
    return texts;
}

void dp_public_project(const struct dp_public *p, const float *x, float out[DP_DIMS])
{
    double square = 0, sums[DP_DIMS];
    for (size_t i = 0; i < DP_DIMS; i++) {
        const float *direction = p->directions + i * p->n_cols;
        sums[i] = 0;
        for (size_t j = 0; j < p->n_cols; j++)
            sums[i] += ((double)x[j] - p->mean[j]) * (double)direction[j];
        square += sums[i] * sums[i];
    }
    for (size_t i = 0; i < DP_DIMS; i++)
        out[i] = (float)(square > 0 ? sums[i] / sqrt(square) : 0);
}

static const float *project_rows(const struct dp_public *p, const struct matrix *rows,
                                 struct arena *a)
{
    float *out = arena_array(a, rows->n_rows * DP_DIMS + 1, sizeof *out);
    for (size_t i = 0; i < rows->n_rows; i++)
        dp_public_project(p, matrix_row(rows, i), out + i * DP_DIMS);
    return out;
}

static double small_cosine(const float *x, const float *y)
{
    double sum = 0;
    for (size_t j = 0; j < DP_DIMS; j++)
        sum += (double)x[j] * (double)y[j];
    return sum;
}

static void find_hubs(struct dp_public *p, struct arena *a)
{
    size_t n = p->list.n;
    double *hub = arena_zero_array(a, n + 1, sizeof *hub);
    double *small = arena_zero_array(a, n + 1, sizeof *small);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            hub[i] += HUB_PART / (double)n *
                      dot_floats(matrix_row(&p->hints, i), matrix_row(&p->hints, j), p->n_cols);
            small[i] += HUB_PART / (double)n *
                        small_cosine(p->subjects + i * DP_DIMS, p->subjects + j * DP_DIMS);
        }
    p->hub = hub;
    p->hub_small = small;
}

int dp_public_make(struct dp_public *p, struct embedder *embedder, struct arena *a, struct err *err)
{
    struct matrix fine;
    *p = (struct dp_public){ .n_cols = embedder_dims(embedder) };
    if (p->n_cols < DP_DIMS)
        return err_set(err, ERR_CONFIG,
                       "mode dp needs an embedder of %d numbers or more a text; name another with "
                       "--embedder",
                       DP_DIMS);
    subject_read(a, &p->list);
    struct str *texts = list_texts(&p->list, &p->n_start, a);
    struct str *hints = arena_array(a, p->list.n + 1, sizeof *hints);
    for (size_t i = 0; i < p->list.n; i++)
        hints[i] = p->list.items[i].hint;
    int rc = matrix_make(&fine, p->n_start, p->n_cols, a, "the list of subjects", err);
    if (!rc)
        rc = embedder_encode_public(embedder, texts, p->n_start, &fine, err);
    if (!rc)
        rc = matrix_make(&p->hints, p->list.n, p->n_cols, a, "the list of subjects", err);
    if (!rc)
        rc = embedder_encode_public(embedder, hints, p->list.n, &p->hints, err);
    if (rc)
        return rc;
    double *mean = arena_array(a, p->n_cols, sizeof *mean);
    float *directions = arena_array(a, DP_DIMS * p->n_cols, sizeof *directions);
    pca_directions(&fine, DP_DIMS, SEED, a, mean, directions);
    p->mean = mean;
    p->directions = directions;
    p->start = project_rows(p, &fine, a);
    p->subjects = project_rows(p, &p->hints, a);
    find_hubs(p, a);
    return 0;
}

void dp_public_centre(struct dp_public *p, const float mean[DP_DIMS], struct arena *a)
{
    size_t n = p->list.n;
    float *subjects = arena_array(a, n * DP_DIMS + 1, sizeof *subjects);
    memcpy(subjects, p->subjects, n * DP_DIMS * sizeof *subjects);
    dp_centre(mean, subjects, n);
    p->subjects = subjects;
    find_hubs(p, a);
}

int dp_public_nearest(const struct dp_public *p, struct embedder *embedder, const float *centres,
                      const struct str *words, size_t n, struct arena *a, size_t *out,
                      struct err *err)
{
    struct matrix texts;
    int rc = matrix_make(&texts, n, p->n_cols, a, "the words of the groups", err);
    if (!rc && n)
        rc = embedder_encode(embedder, words, n, &texts, err);
    for (size_t g = 0; g < n && !rc; g++) {
        double most = -1e9;
        for (size_t i = 0; i < p->list.n; i++) {
            double score =
                small_cosine(centres + g * DP_DIMS, p->subjects + i * DP_DIMS) - p->hub_small[i];
            if (words[g].len)
                score += WORDS_COUNT *
                         (dot_floats(matrix_row(&texts, g), matrix_row(&p->hints, i), p->n_cols) -
                          p->hub[i]);
            if (score > most) {
                most = score;
                out[g] = i;
            }
        }
    }
    return rc;
}
