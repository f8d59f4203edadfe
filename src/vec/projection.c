// SPDX-License-Identifier: Apache-2.0
// The directions are the first principal axes of the centroids, by simultaneous iteration
// (Rutishauser 1969) on their products; nothing hangs on how exact they are but how much is left
// over. What float32 and directions that are not quite orthonormal can add is bounded like any
// rounding.
#include "vec/projection.h"

#include "base/rng.h"
#include "vec/dot.h"
#include "vec/round.h"

#include <math.h>
#include <string.h>

#define N_ITERATIONS 8
#define MOST_CENTROIDS ((size_t)1024) // whose axes are looked for
#define SAMPLE ((size_t)256)          // rows that tell how many directions are best
#define STEP ((size_t)16)             // numbers of directions tried are multiples of it
#define N_STEPS (PROJECTION_MOST / STEP)
#define LOOK 2000.0 // a centroid that may be nearer costs as much as so many products of a panel
#define TASK_ROWS ((size_t)512)
#define LONGEST 1.01     // row (matrix_check_unit)
#define FLOAT_ERROR 1e-6 // of the few operations in float32 that follow the whole numbers

int projection_make(struct projection **out, const struct matrix *x, int8_t *whole, size_t k,
                    struct arena *a, struct err *err)
{
    static const char what[] = "clustering";
    size_t n = x->n_rows, d = x->n_cols;
    struct projection *s = arena_zero(a, sizeof *s);
    s->x = x;
    s->whole = whole;
    s->k = k;
    s->directions = arena_array(a, PROJECTION_MOST * d, sizeof *s->directions);
    s->scale = arena_array(a, k, sizeof *s->scale);
    s->tail = arena_array(a, k, sizeof *s->tail);
    s->columns = arena_array(a, k, d);
    s->column_place = arena_try(a, k * PROJECTION_MOST, sizeof(float), what, err);
    if (s->column_place)
        s->row = arena_try(a, n, sizeof *s->row, what, err);
    if (s->row)
        s->own_places = arena_try(a, n, PROJECTION_MOST, what, err); // touched as far as needed
    if (!s->own_places)
        return err->code;
    *out = s;
    return 0;
}

// The sums of products of each two of the d columns, over some centroids: d × d.
static float *multiply_columns(const struct matrix *centroids, struct arena *scratch)
{
    size_t k = centroids->n_rows, d = centroids->n_cols, n = size_min(k, MOST_CENTROIDS);
    float *products = arena_array(scratch, d * d, sizeof *products);
    float *turned = arena_array(scratch, d * n, sizeof *turned);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            turned[j * n + i] = matrix_row(centroids, i * k / n)[j];
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++)
            products[i * d + j] = products[j * d + i] =
                dot_rough(turned + i * n, turned + j * n, n);
    return products;
}

// Gram and Schmidt, twice; a direction in which nothing differs becomes zero.
static void make_orthonormal(float *v, size_t n, size_t d)
{
    for (size_t r = 0; r < n; r++) {
        float *own = v + r * d;
        double before = dot_floats(own, own, d);
        for (size_t b = 0; b < 2 * r; b++) {
            const float *other = v + b % r * d;
            float along = dot_rough(own, other, d);
            for (size_t j = 0; j < d; j++)
                own[j] -= along * other[j];
        }
        double square = dot_floats(own, own, d);
        float scale = square > 1e-8 * before && square > 1e-30 ? (float)(1 / sqrt(square)) : 0;
        for (size_t j = 0; j < d; j++)
            own[j] *= scale;
    }
}

static void find_directions(struct projection *s, const struct matrix *centroids,
                            struct arena *scratch)
{
    size_t d = s->x->n_cols, n = size_min(PROJECTION_MOST, d);
    struct arena_mark start = arena_save(scratch);
    struct rng rng;
    float *products = multiply_columns(centroids, scratch), *v = s->directions;
    float *next = arena_array(scratch, n * d, sizeof *next);
    rng_init(&rng, 1, "projection");
    for (size_t i = 0; i < n * d; i++)
        v[i] = (float)rng_normal(&rng);
    make_orthonormal(v, n, d);
    for (int t = 0; t < N_ITERATIONS; t++) {
        for (size_t r = 0; r < n; r++)
            for (size_t j = 0; j < d; j++)
                next[r * d + j] = dot_rough(products + j * d, v + r * d, d);
        make_orthonormal(next, n, d);
        memcpy(v, next, n * d * sizeof *v);
    }
    arena_rewind(scratch, start);
}

// The Frobenius norm of the directions' products less those of orthonormal ones.
static double find_skew(const float *v, size_t n, size_t d)
{
    double sum = 0;
    for (size_t r = 0; r < n; r++)
        for (size_t b = 0; b <= r; b++) {
            double e = dot_floats(v + r * d, v + b * d, d) - (r == b ? 1 : 0);
            if (r == b && e == -1)
                continue; // a direction of zeros leaves all over
            sum += (r == b ? 1 : 2) * e * e;
        }
    return sqrt(sum);
}

static void find_place(const struct projection *s, const float *x, size_t n, float *place)
{
    size_t d = s->x->n_cols;
    for (size_t r = 0; r < n; r++)
        place[r] = dot_rough(x, s->directions + r * d, d);
}

// What float32 can have moved a place of a vector of unit length by.
static double place_error(const struct projection *s)
{
    return 1.001 * (double)(s->x->n_cols + 16) * 0x1p-24 * sqrt((double)s->width);
}

// What is left over of a vector, given the squares of its length and of its place's.
static double left_over(const struct projection *s, double square, double place)
{
    double at_least = fmax(0, sqrt(place) - place_error(s) * sqrt(square));
    double left = square - at_least * at_least + 2 * s->skew * square;
    return left > 0 ? sqrt(left) * (1 + 1e-6) : 0;
}

struct trial {
    size_t n_steps;
    double hits[N_STEPS + 1]; // with 0, STEP, 2 STEP … directions; centroids that may be nearer
};

// What is left over behind each step, and the place.
static void find_tails(const struct projection *s, const float *x, size_t n_steps, float *place,
                       float *tails)
{
    double left = dot_floats(x, x, s->x->n_cols);
    find_place(s, x, n_steps * STEP, place);
    for (size_t t = 0; t <= n_steps; t++) {
        tails[t] = left > 0 ? (float)sqrt(left) : 0;
        for (size_t j = t * STEP; t < n_steps && j < (t + 1) * STEP; j++)
            left -= (double)place[j] * (double)place[j];
    }
}

static void try_row(const struct projection *s, size_t i, float own, const float *tails,
                    struct trial *trial)
{
    float place[PROJECTION_MOST] = { 0 }, tail[N_STEPS + 1] = { 0 };
    find_tails(s, matrix_row(s->x, i), trial->n_steps, place, tail);
    for (size_t c = 0; c < s->k; c++) {
        const float *other = s->column_place + c * PROJECTION_MOST;
        float sum = 0;
        for (size_t t = 1; t <= trial->n_steps; t++) {
            float some = 0;
            for (size_t j = (t - 1) * STEP; j < t * STEP; j++)
                some += place[j] * other[j];
            sum += some;
            trial->hits[t] += sum + tail[t] * tails[c * (N_STEPS + 1) + t] > own - 0.01F;
        }
    }
}

// How many directions cost least; all of them: SIZE_MAX.
static size_t choose_width(const struct projection *s, const struct matrix *centroids,
                           const uint32_t *index, struct arena *scratch)
{
    size_t n = s->x->n_rows, d = s->x->n_cols, n_sample = size_min(n, SAMPLE), best = SIZE_MAX;
    struct arena_mark start = arena_save(scratch);
    struct trial trial = { .n_steps = size_min(N_STEPS, (d - 1) / STEP) };
    float *tails = arena_array(scratch, s->k * (N_STEPS + 1), sizeof *tails);
    for (size_t c = 0; c < s->k; c++)
        find_tails(s, matrix_row(centroids, c), trial.n_steps,
                   s->column_place + c * PROJECTION_MOST, tails + c * (N_STEPS + 1));
    for (size_t r = 0; r < n_sample; r++) {
        size_t i = r * n / n_sample;
        float own = dot_rough(matrix_row(s->x, i), matrix_row(centroids, index[i]), d);
        try_row(s, i, own, tails, &trial);
    }
    double least = (double)(s->k * d);
    for (size_t t = 1; t <= trial.n_steps; t++) {
        double cost = (double)(s->k * t * STEP) + LOOK * trial.hits[t] / (double)n_sample;
        if (cost < least) {
            least = cost;
            best = t * STEP;
        }
    }
    arena_rewind(scratch, start);
    return best;
}

// Rounds a place and measures what that moved.
static struct projection_row round_place(const struct projection *s, const float *x,
                                         const float *place, int8_t *rounded)
{
    struct projection_row row = { .scale = round_to_int8(place, s->width, rounded) };
    double square = 0, moved = 0;
    for (size_t j = 0; j < s->width; j++) {
        double e = (double)place[j] - (double)row.scale * rounded[j];
        moved += e * e;
        square += (double)place[j] * (double)place[j];
        row.less += 128 * rounded[j];
    }
    row.residue = (float)(sqrt(moved) * (1 + 1e-6));
    row.length = (float)((sqrt(square) + sqrt(moved)) * (1 + 1e-6));
    if (!s->plain)
        row.tail = (float)left_over(s, dot_floats(x, x, s->x->n_cols), square);
    return row;
}

static void place_rows(void *context, size_t i_task, size_t i_thread)
{
    struct projection *s = context;
    size_t first = i_task * TASK_ROWS, end = size_min(first + TASK_ROWS, s->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++) {
        const float *x = matrix_row(s->x, i);
        float place[PROJECTION_MOST];
        if (!s->plain)
            find_place(s, x, s->width, place);
        s->row[i] = round_place(s, x, s->plain ? x : place, s->places + i * s->width);
    }
}

void projection_open(struct projection *s, const struct matrix *centroids, const uint32_t *index,
                     struct pool *pool, struct arena *scratch)
{
    find_directions(s, centroids, scratch);
    s->width = choose_width(s, centroids, index, scratch);
    s->plain = s->width == SIZE_MAX;
    if (s->plain)
        s->width = s->x->n_cols;
    s->places = s->plain ? s->whole : s->own_places;
    s->skew = s->plain ? 0 : find_skew(s->directions, s->width, s->x->n_cols);
    pool_run(pool, size_round_up(s->x->n_rows, TASK_ROWS) / TASK_ROWS, place_rows, s);
}

// The places of the centroids, rounded, what is left over of each, and the largest of all lengths.
void projection_columns(struct projection *s, const struct matrix *centroids)
{
    size_t d = s->x->n_cols;
    double longest = 0;
    s->length = s->residue = 0;
    for (size_t c = 0; c < s->k; c++) {
        const float *centroid = matrix_row(centroids, c);
        float *place = s->column_place + c * PROJECTION_MOST;
        if (!s->plain)
            find_place(s, centroid, s->width, place);
        struct projection_row column =
            round_place(s, centroid, s->plain ? centroid : place, s->columns + c * s->width);
        s->scale[c] = column.scale;
        s->tail[c] = column.tail;
        s->length = fmax(s->length, (double)column.length);
        s->residue = fmax(s->residue, (double)column.residue);
        longest = fmax(longest, sqrt(dot_floats(centroid, centroid, d)));
    }
    double places = s->plain ? 0 : (3 * place_error(s) + 2 * s->skew) * LONGEST * longest;
    s->float_error = places + FLOAT_ERROR;
}

double projection_slack(const struct projection *s, size_t i)
{
    const struct projection_row *row = &s->row[i];
    return (double)row->residue * s->length + (double)row->length * s->residue + s->float_error;
}
