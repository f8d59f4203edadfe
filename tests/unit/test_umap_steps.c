// SPDX-License-Identifier: Apache-2.0
// The steps of the layout beside the same steps written one by one with pow() in float64, on a
// small graph, for a few epochs (more would grow the last bits of either without bound); a row with
// many edges, none at random, places that are the same.
#include "vec/umap_steps.h"

#include "check.h"

#include <math.h>

#define LANES 16
#define N ((size_t)60)

static struct arena arena;

// A ring in which every row also knows row 0.
static struct umap_graph make_graph(void)
{
    struct umap_graph g = { .n = N };
    g.start = arena_array(&arena, N + 1, sizeof *g.start);
    g.other = arena_array(&arena, 4 * N, sizeof *g.other);
    g.weight = arena_array(&arena, 4 * N, sizeof *g.weight);
    for (size_t i = 0; i < N; i++) {
        g.start[i] = g.n_edges;
        for (size_t j = 0; j < N; j++) {
            bool beside = j == (i + 1) % N || i == (j + 1) % N;
            if (i == j || (!beside && i && j))
                continue;
            g.other[g.n_edges] = (uint32_t)j;
            g.weight[g.n_edges++] = beside ? 1 : 0.3F + 0.001F * (float)(i + j);
        }
    }
    g.start[N] = g.n_edges;
    return g;
}

static void place_rows(float *xy)
{
    struct rng rng;
    rng_init(&rng, 2, "places");
    for (size_t i = 0; i < 2 * N; i++)
        xy[i] = (float)(10 * rng_unit(&rng));
    memcpy(xy + 2, xy, 2 * sizeof *xy); // row 1 stands where row 0 does
}

static void step_one(double *xy, const double *there, size_t j, bool pulls,
                     const struct umap_schedule *s, double alpha, const double here[2],
                     double sum[2])
{
    double d[2] = { here[0] - there[0], here[1] - there[1] };
    double square = d[0] * d[0] + d[1] * d[1], a = (double)s->a, b = (double)s->b;
    if (!(square > 0))
        return;
    double below = 1 + a * pow(square, b);
    double slope =
        pulls ? -2 * a * b * pow(square, b - 1) / below : 2 * b / ((0.001 + square) * below);
    for (size_t c = 0; c < 2; c++) {
        double step = alpha * fmin(4, fmax(-4, slope * d[c]));
        sum[c] += step;
        if (pulls)
            xy[2 * j + c] -= step;
    }
}

static size_t draw_one(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return (size_t)((float)(*state >> 8) * ((float)N * 0x1p-24F));
}

static void visit_plainly(const struct umap_graph *g, const struct umap_schedule *s, size_t i,
                          uint32_t *turns, uint32_t random[LANES], double alpha, double *xy)
{
    size_t each = (size_t)s->n_negative + 1, n = 0, ends[16 * N];
    double here[2] = { xy[2 * i], xy[2 * i + 1] }, sum[2] = { 0 };
    for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
        if (g->weight[e] < 1 / (float)s->n_epochs)
            continue; // has no turn
        uint32_t rate = (uint32_t)fminf(g->weight[e] * 65536, 65535), before = turns[e];
        turns[e] += rate;
        if (turns[e] >> 16 == before >> 16)
            continue;
        ends[n] = g->other[e];
        n += each;
    }
    for (size_t at = 0; at < size_round_up(n, LANES); at++) {
        size_t row = draw_one(&random[at % LANES]);
        if (at % each)
            ends[at] = row;
    }
    double there[2 * LANES]; // sixteen are read before the first of them is moved
    for (size_t at = 0; at < n; at++) {
        for (size_t l = at; at % LANES == 0 && l < size_min(at + LANES, n); l++)
            memcpy(there + 2 * (l % LANES), xy + 2 * ends[l], 2 * sizeof *xy);
        step_one(xy, there + 2 * (at % LANES), ends[at], at % each == 0, s, alpha, here, sum);
    }
    xy[2 * i] += sum[0];
    xy[2 * i + 1] += sum[1];
}

static void check_schedule(int n_epochs, int n_negative, double allowed)
{
    struct umap_schedule s = {
        .n_epochs = n_epochs, .n_negative = n_negative, .a = 1.93F, .b = 0.79F
    };
    struct umap_graph g = make_graph();
    uint32_t random[LANES], *turns = arena_zero_array(&arena, g.n_edges, sizeof *turns);
    float xy[2 * N];
    double want[2 * N], most = 0;
    struct rng rng;
    struct err err;
    place_rows(xy);
    for (size_t i = 0; i < 2 * N; i++)
        want[i] = (double)xy[i];
    rng_init(&rng, 9, "steps");
    for (size_t l = 0; l < LANES; l++)
        random[l] = (uint32_t)(rng_next(&rng) >> 32) | 1;
    for (int epoch = 0; epoch < n_epochs; epoch++)
        for (size_t i = 0; i < N; i++)
            visit_plainly(&g, &s, i, turns, random, 1 - (double)epoch / n_epochs, want);
    rng_init(&rng, 9, "steps");
    assert_ok(umap_steps(&g, &s, &rng, &arena, xy, &err));
    for (size_t i = 0; i < 2 * N; i++)
        most = fmax(most, fabs((double)xy[i] - want[i]));
    print_message("%d epochs, %d at random: off by %.2g\n", n_epochs, n_negative, most);
    assert_true(most < allowed);
}

static void test_equals_plain_steps(void **state)
{
    (void)state;
    check_schedule(4, 0, 0.01);
    check_schedule(2, 5, 0.02);
    check_schedule(2, 7, 0.02);
    check_schedule(2, 15, 0.05);
}

static void test_rows_do_not_run_away(void **state)
{
    static const int negatives[] = { 0, 1, 5, 40 };
    struct umap_schedule s = { .n_epochs = 300, .a = 1.93F, .b = 0.79F };
    struct rng rng;
    struct err err;
    (void)state;
    for (size_t t = 0; t < COUNT_OF(negatives); t++) {
        struct umap_graph g = make_graph();
        float xy[2 * N];
        s.n_negative = negatives[t];
        place_rows(xy);
        rng_init(&rng, 9, "steps");
        assert_ok(umap_steps(&g, &s, &rng, &arena, xy, &err));
        uint32_t sum = 0, bits;
        for (size_t i = 0; i < 2 * N; i++) {
            assert_true(isfinite(xy[i]) && fabsf(xy[i]) < 200);
            memcpy(&bits, xy + i, sizeof bits);
            sum = sum * 16777619U ^ bits;
        }
        print_message("bits %08x\n", sum); // compared by tests/cli/test_masked_cpu.sh
    }
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_plain_steps),
        cmocka_unit_test(test_rows_do_not_run_away),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
