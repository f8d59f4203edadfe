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

// Which of sixteen lanes pull. The slope of a step is
// (factor · p + constant) / ((square + more) · (a · p + 1)), p = square^b.
struct pattern {
    float factor[LANES], constant[LANES], more[LANES];
    unsigned pulls;
};

struct layout {
    const struct umap_graph *graph;
    struct umap_schedule schedule;
    float *xy;
    uint16_t *rate, *sum;     // of each edge: turns in 2^16 epochs, and what they have come to
    uint32_t *due;            // edges of a row that have their turn; as many as a row has at most
    uint32_t *ends;           // of the steps of a row, sixteens
    struct pattern *patterns; // n_negative + 1, then they come again
    uint32_t random[LANES];
    float share; // rows / 2^24
};

#define INLINE static inline __attribute__((always_inline))
#define BLEND(where, yes, no) ((floats)(((wholes)(yes) & (where)) | ((wholes)(no) & ~(where))))
#define ALL(value) ((floats){ 0 } + (value))

// Pairwise, the same for any registers.
INLINE float sum_lanes(const float *v)
{
    float s[LANES / 2];
    for (size_t i = 0; i < LANES / 2; i++)
        s[i] = v[i] + v[i + LANES / 2];
    for (size_t n = LANES / 4; n > 0; n /= 2)
        for (size_t i = 0; i < n; i++)
            s[i] += s[i + n];
    return s[0];
}

INLINE uint64_t place_of(const float *xy, uint32_t row)
{
    uint64_t both;
    memcpy(&both, xy + 2 * (size_t)row, sizeof both);
    return both;
}

// The edges of row i that have their turn in this epoch.
INLINE size_t list_due(struct layout *l, size_t i)
{
    const struct umap_graph *g = l->graph;
    size_t n_due = 0;
    for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
        uint16_t sum = (uint16_t)(l->sum[e] + l->rate[e]);
        l->due[n_due] = g->other[e];
        n_due += sum < l->rate[e]; // went round
        l->sum[e] = sum;
    }
    return n_due;
}

#define PLACE(row) place_of(xy, row)
#define TWO_PLACES(row) PLACE((row)[0]), PLACE((row)[1])
#define FOUR_PLACES(row) TWO_PLACES(row), TWO_PLACES((row) + 2)

#define PART 4
#define PLACES TWO_PLACES
#define EVEN 0, 2, 4, 6
#define ODD 1, 3, 5, 7
#define NAMED(name) name##_plain
#define TARGET
#include "vec/umap_steps_body.inc"

#ifdef __x86_64__
#define PART 8
#define PLACES FOUR_PLACES
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define ODD 1, 3, 5, 7, 9, 11, 13, 15
#define NAMED(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#include "vec/umap_steps_body.inc"

#define PART 16
#define PLACES(row) FOUR_PLACES(row), FOUR_PLACES((row) + 4)
#define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#define NAMED(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512dq,avx512bw")))
#include "vec/umap_steps_body.inc"
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
