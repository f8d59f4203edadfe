// SPDX-License-Identifier: Apache-2.0
// The samplers without chance: their decision tree is walked bit by bit, every leaf down to `DEPTH`
// bits, and the exact probability of each value is held against its law. What the tree has below
// that depth is the only room that is left. The source of bits is replaced by the walk.
#define crypto_stream_block walked_bits
#include "../../src/base/noise.c"
#undef crypto_stream_block

#include "base/rng.h"
#include "check.h"

#include <math.h>

#define MOST 40 // values -MOST … MOST are told apart

static uint64_t prefix; // the first bits, the next one lowest
static struct rng filler;

void walked_bits(const unsigned char key[32], uint64_t counter, uint64_t words[8])
{
    (void)key;
    for (size_t i = 0; i < 8; i++)
        words[i] = rng_next(&filler);
    if (counter == 0)
        words[0] = prefix;
}

static int depth(void)
{
    const char *wanted = getenv("NOISE_DEPTH");
    return wanted ? (int)strtol(wanted, NULL, 10) : 20;
}

struct tree {
    double mass[2 * MOST + 1]; // of the leaves
    double below;              // not walked
};

static uint64_t mirrored(uint64_t number, int n_bits)
{
    uint64_t out = 0;
    for (int i = 0; i < n_bits; i++)
        out |= (number >> i & 1) << (n_bits - 1 - i);
    return out;
}

// Every leaf of at most `most` bits once: the bits used are a number, the next leaf begins at the
// next number of as many bits.
static struct tree walk(int64_t (*draw)(struct noise *, uint64_t, uint64_t), uint64_t num,
                        uint64_t den, int most)
{
    struct tree tree = { .below = 0 };
    uint64_t at = 0; // of `most` bits, the first bit highest
    rng_init(&filler, 1, "bits below the walk");
    while (at < (uint64_t)1 << most) {
        struct noise n = { .counter = 0 };
        prefix = mirrored(at, most);
        int64_t x = draw(&n, num, den);
        uint64_t used = 512 * n.counter - n.n_bits;
        int step = used < (uint64_t)most ? most - (int)used : 0;
        if (used > (uint64_t)most)
            tree.below += ldexp(1, -most);
        else if (x >= -MOST && x <= MOST)
            tree.mass[x + MOST] += ldexp(1, -(int)used);
        else
            tree.below += ldexp(1, -(int)used);
        at = ((at >> step) + 1) << step;
    }
    return tree;
}

static void check_law(const struct tree *tree, double (*weight)(double, double), double scale,
                      double most_below)
{
    double all = 0;
    for (int x = -4000; x <= 4000; x++)
        all += weight(x, scale);
    assert_true(tree->below < most_below);
    for (int x = -MOST; x <= MOST; x++) {
        double p = weight(x, scale) / all;
        assert_true(tree->mass[x + MOST] <= p + 1e-12);
        assert_true(tree->mass[x + MOST] + tree->below >= p - 1e-12);
    }
}

static double weight_laplace(double x, double scale)
{
    return exp(-fabs(x) / scale);
}

static double weight_gauss(double x, double variance)
{
    return exp(-x * x / (2 * variance));
}

static void laplace_is_exact(void **state)
{
    static const uint64_t scales[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 3, 2 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scales); i++) {
        struct tree tree = walk(noise_laplace, scales[i][0], scales[i][1], depth());
        check_law(&tree, weight_laplace, (double)scales[i][0] / (double)scales[i][1], 0.5);
        print_message("laplace %d/%d: %.5f below depth %d\n", (int)scales[i][0], (int)scales[i][1],
                      tree.below, depth());
    }
}

static void gauss_is_exact(void **state)
{
    static const uint64_t squares[][2] = { { 1, 1 }, { 1, 2 }, { 2, 1 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(squares); i++) {
        struct tree tree = walk(noise_gauss, squares[i][0], squares[i][1], depth());
        check_law(&tree, weight_gauss, (double)squares[i][0] / (double)squares[i][1], 0.6);
        print_message("gauss %d/%d: %.5f below depth %d\n", (int)squares[i][0], (int)squares[i][1],
                      tree.below, depth());
    }
}

static int64_t draw_exp(struct noise *n, uint64_t num, uint64_t den)
{
    return noise_exp(n, num, den);
}

static void exp_is_exact(void **state)
{
    static const uint64_t ratios[][2] = { { 0, 1 }, { 1, 1 }, { 1, 2 }, { 2, 3 }, { 5, 4 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ratios); i++) {
        struct tree tree = walk(draw_exp, ratios[i][0], ratios[i][1], depth());
        double p = exp(-(double)ratios[i][0] / (double)ratios[i][1]);
        assert_true(tree.below < 0.05);
        assert_true(tree.mass[MOST + 1] <= p + 1e-12);
        assert_true(tree.mass[MOST + 1] + tree.below >= p - 1e-12);
        assert_true(tree.mass[MOST] <= 1 - p + 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_is_exact),
        cmocka_unit_test(laplace_is_exact),
        cmocka_unit_test(gauss_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
