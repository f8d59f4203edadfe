// SPDX-License-Identifier: Apache-2.0
// An edge has a turn every (largest weight / its weight) epochs: a sum of 16 bits goes round. All
// turns that a row has in an epoch stand one behind the other: the other end of the edge, which
// pulls, then n_negative rows drawn at random, which push; sixteen steps at a time are worked out
// from where the row stands, then it moves. The order is fixed and sums are taken pairwise, so the
// places are the same with 16-, 32- and 64-byte registers (the library is compiled without
// contraction to FMA).
#include "vec/umap_steps.h"

#include "base/stop.h"
#include "vec/isa.h"

#include <math.h>
#include <string.h>

#define LANES ((size_t)16)
#define LARGEST_STEP 4.0F
#define LEAST_SQUARE 1e-12F // of a distance: what float32 can tell apart among places

typedef float floats __attribute__((vector_size(64)));
typedef int32_t wholes __attribute__((vector_size(64)));
typedef uint32_t bits __attribute__((vector_size(64)));
typedef uint64_t pairs __attribute__((vector_size(64))); // x and y of eight rows

// Which lanes of a register pull. The slope of a step is
// (factor · p + constant) / ((square + more) · (a · p + 1)), p = square^b.
struct pattern {
    floats factor, constant, more;
    unsigned pulls;
};

struct layout {
    const struct umap_graph *graph;
    struct umap_schedule schedule;
    float *xy;
    uint16_t *rate, *sum;     // of each edge: turns in 2^16 epochs, and what they have come to
    uint32_t *due;            // edges of a row that have their turn; as many as a row has at most
    uint32_t *ends;           // of the steps of a row, whole registers
    struct pattern *patterns; // n_negative + 1, then they come again
    bits random;
    float share; // rows / 2^24
};

// By address, because not every CPU that this is compiled for can pass sixteen floats.
#define INLINE static inline __attribute__((always_inline))
#define BLEND(where, yes, no) ((floats)(((wholes)(yes) & (where)) | ((wholes)(no) & ~(where))))
#define ALL(value) ((floats){ 0 } + (value))

// x^e for x > 0, off by 2e-4 of it at most. log2 of the mantissa and 2^fraction are least-squares
// polynomials.
INLINE void raise(const floats *x, float e, floats *out)
{
    wholes exponent = (wholes)*x;
    floats m = (floats)((exponent & 0x7FFFFF) | 0x3F800000) - 1;
    floats log2 = (m * -0.08001087605953217F + 0.31546759605407715F) * m - 0.6729341745376587F;
    log2 = (log2 * m + 1.4373021125793457F) * m + 0.00010018903412856162F;
    floats power = (log2 + __builtin_convertvector((exponent >> 23) - 127, floats)) * e;
    power = BLEND(power > 120, ALL(120), power);
    wholes whole = __builtin_convertvector(power + 128, wholes) - 128; // towards the lower one
    floats f = power - __builtin_convertvector(whole, floats);
    floats p = (f * 0.07790716737508774F + 0.22623319923877716F) * f + 0.6957771182060242F;
    p = p * f + 0.999927818775177F;
    *out = p * (floats)((whole + 127) << 23);
}

INLINE void clip(floats *step)
{
    *step = BLEND(*step > LARGEST_STEP, ALL(LARGEST_STEP), *step);
    *step = BLEND(*step < -LARGEST_STEP, ALL(-LARGEST_STEP), *step);
}

// Pairwise, the same for any registers.
INLINE float sum_lanes(const floats *v)
{
    floats s = *v;
    s += __builtin_shufflevector(s, s, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    s += __builtin_shufflevector(s, s, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    s += __builtin_shufflevector(s, s, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    return s[0] + s[1];
}

INLINE uint64_t place_of(const float *xy, uint32_t row)
{
    uint64_t both;
    memcpy(&both, xy + 2 * (size_t)row, sizeof both);
    return both;
}

INLINE void gather(const float *xy, const uint32_t *row, floats *x, floats *y)
{
#define PLACE(l) place_of(xy, row[l])
    floats low = (floats)(pairs){ PLACE(0), PLACE(1), PLACE(2), PLACE(3),
                                  PLACE(4), PLACE(5), PLACE(6), PLACE(7) };
    floats high = (floats)(pairs){ PLACE(8),  PLACE(9),  PLACE(10), PLACE(11),
                                   PLACE(12), PLACE(13), PLACE(14), PLACE(15) };
#undef PLACE
    *x = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28,
                                 30);
    *y = __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29,
                                 31);
}

// Steps between `here` and sixteen others, added to *sum_x and *sum_y. One that stands at the same
// place neither pulls nor pushes: so `here` itself fills lanes that are left over.
INLINE void take_steps(struct layout *l, const float *here, const uint32_t *end,
                       const struct pattern *pattern, float alpha, floats *sum_x, floats *sum_y)
{
    float step[2][LANES];
    floats x, y, power;
    gather(l->xy, end, &x, &y);
    floats dx = here[0] - x, dy = here[1] - y, square = dx * dx + dy * dy + LEAST_SQUARE;
    raise(&square, l->schedule.b, &power);
    floats above = power * pattern->factor + pattern->constant;
    floats below = (square + pattern->more) * (power * l->schedule.a + 1);
    floats slope = above / below, step_x = slope * dx, step_y = slope * dy;
    clip(&step_x);
    clip(&step_y);
    step_x *= alpha;
    step_y *= alpha;
    *sum_x += step_x;
    *sum_y += step_y;
    memcpy(step[0], &step_x, sizeof step[0]);
    memcpy(step[1], &step_y, sizeof step[1]);
    for (unsigned pulls = pattern->pulls; pulls; pulls &= pulls - 1) {
        size_t i = (size_t)__builtin_ctz(pulls);
        l->xy[2 * (size_t)end[i]] -= step[0][i];
        l->xy[2 * (size_t)end[i] + 1] -= step[1][i];
    }
}

// Sixteen rows at random (Marsaglia's xorshift in every lane).
INLINE void draw(struct layout *l, uint32_t *row)
{
    bits r = l->random;
    r ^= r << 13;
    r ^= r >> 17;
    r ^= r << 5;
    l->random = r;
    floats place = __builtin_convertvector((wholes)(r >> 8), floats) * l->share;
    wholes at = __builtin_convertvector(place, wholes),
           last = (wholes){ 0 } + (int32_t)(l->graph->n - 1);
    at = (at & (at < last)) | (last & ~(at < last)); // the product may be rounded up to n
    memcpy(row, &at, sizeof at);
}

INLINE void visit(struct layout *l, size_t i, float alpha)
{
    const struct umap_graph *g = l->graph;
    size_t n_due = 0, each = (size_t)l->schedule.n_negative + 1;
    for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
        uint16_t sum = (uint16_t)(l->sum[e] + l->rate[e]);
        l->due[n_due] = g->other[e];
        n_due += sum < l->rate[e]; // went round
        l->sum[e] = sum;
    }
    size_t n = n_due * each;
    for (size_t at = 0; at < n; at += LANES)
        draw(l, l->ends + at);
    for (size_t t = 0; t < n_due; t++)
        l->ends[t * each] = l->due[t];
    for (size_t at = n; at % LANES; at++)
        l->ends[at] = (uint32_t)i;
    const float here[2] = { l->xy[2 * i], l->xy[2 * i + 1] };
    floats sum_x = { 0 }, sum_y = { 0 };
    size_t pattern = 0;
    for (size_t at = 0; at < n; at += LANES) {
        take_steps(l, here, l->ends + at, &l->patterns[pattern], alpha, &sum_x, &sum_y);
        pattern = pattern + 1 == each ? 0 : pattern + 1;
    }
    l->xy[2 * i] += sum_lanes(&sum_x);
    l->xy[2 * i + 1] += sum_lanes(&sum_y);
}

INLINE void run_body(struct layout *l)
{
    int n_epochs = l->schedule.n_epochs;
    for (int epoch = 0; epoch < n_epochs && !stop_asked(); epoch++) {
        float alpha = 1 - (float)epoch / (float)n_epochs;
        for (size_t i = 0; i < l->graph->n; i++)
            visit(l, i, alpha);
    }
}

static void run_plain(struct layout *l)
{
    run_body(l);
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void run_avx2(struct layout *l)
{
    run_body(l);
}

__attribute__((target("avx512f,avx512dq,avx512bw"))) static void run_avx512(struct layout *l)
{
    run_body(l);
}
#endif

static void run(struct layout *l)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        run_avx512(l);
        return;
    }
    if (isa_has(ISA_AVX2)) {
        run_avx2(l);
        return;
    }
#endif
    run_plain(l);
}

static int allocate(struct layout *l, struct arena *a, struct err *err)
{
    const struct umap_graph *g = l->graph;
    size_t each = (size_t)l->schedule.n_negative + 1, most = 0;
    for (size_t i = 0; i < g->n; i++)
        most = size_max(most, g->start[i + 1] - g->start[i]);
    l->rate = arena_try(a, g->n_edges, 2 * sizeof *l->rate, "the map", err);
    if (l->rate)
        l->ends = arena_try(a, most * each + LANES, sizeof *l->ends, "the map", err);
    if (!l->ends)
        return err->code;
    l->sum = l->rate + g->n_edges;
    l->due = arena_array(a, most + 1, sizeof *l->due);
    l->patterns = arena_zero_array(a, each, sizeof *l->patterns);
    for (size_t at = 0; at < each * LANES; at++) {
        struct pattern *pattern = &l->patterns[at / LANES];
        size_t lane = at % LANES;
        bool pulls = at % each == 0;
        pattern->factor[lane] = pulls ? -2 * l->schedule.a * l->schedule.b : 0;
        pattern->constant[lane] = pulls ? 0 : 2 * l->schedule.b;
        pattern->more[lane] = pulls ? 0 : 0.001F;
        pattern->pulls |= (unsigned)pulls << lane;
    }
    return 0;
}

int umap_steps(struct umap_graph *graph, const struct umap_schedule *schedule, struct rng *rng,
               struct arena *scratch, float *xy, struct err *err)
{
    assert(graph->n > 0 && graph->n <= UMAP_MOST_ROWS && schedule->n_epochs > 0);
    assert(schedule->n_negative >= 0 && schedule->n_negative <= UMAP_MOST_NEGATIVE);
    struct layout l = { .graph = graph, .schedule = *schedule, .xy = xy };
    float largest = 0;
    for (size_t e = 0; e < graph->n_edges; e++)
        largest = fmaxf(largest, graph->weight[e]);
    umap_graph_prune(graph, largest / (float)schedule->n_epochs);
    int rc = allocate(&l, scratch, err);
    if (rc)
        return rc;
    for (size_t e = 0; e < graph->n_edges; e++) {
        l.rate[e] = (uint16_t)fminf(graph->weight[e] / largest * 0x1p16F, 0xFFFF);
        l.sum[e] = 0;
    }
    for (size_t i = 0; i < LANES; i++)
        l.random[i] = (uint32_t)(rng_next(rng) >> 32) | 1;
    l.share = (float)graph->n * 0x1p-24F;
    run(&l);
    return stop_check(err);
}
