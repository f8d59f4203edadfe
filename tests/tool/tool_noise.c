// SPDX-License-Identifier: Apache-2.0
// Experiments on the samplers and on the gates that draw, for tests/privacy/noise.sh:
//
//     tool_noise cases N VOTES SHRINK   stdin: cases of tests/privacy/noise_cases.tsv as noise.py
//                                 hands them on; accepts and rejects of each until most of VOTES
//                                 are known. Noise is SHRINK times too small (1: as it should be)
//     tool_noise floor N FLOOR    the floor of `guarded`: how often a phrase of n people is shown,
//                                 n from FLOOR - 1 to FLOOR + 20, with noise and without
//     tool_noise pairs N N_DP     counts with and without an account, as right and as two kinds of
//                                 wrong code blur them: how often each value came in half of all N
//                                 pairs and in the others; mode dp by N_DP pairs of releases
//     tool_noise facts N          how wide the noise of counts is, by N draws; what one of k trees
//                                 of mode dp gets of an epsilon of 8
#include "base/crypto.h"
#include "base/noise.h"
#include "base/rng.h"
#include "dp/dp_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static struct rng plain; // of what noise is compared with; no secret

// Histograms of whole numbers ---

#define REACH (1 << 23)

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct histogram {
    uint32_t *counts; // of -REACH … REACH - 1
    int64_t low, high;
};

static void put(struct histogram *h, int64_t x)
{
    int64_t cell = x < -REACH ? -REACH : x >= REACH ? REACH - 1 : x;
    h->counts[cell + REACH]++;
    h->low = min(h->low, cell);
    h->high = max(h->high, cell);
}

static void clear(struct histogram *h)
{
    if (!h->counts)
        h->counts = calloc((size_t)2 * REACH, sizeof *h->counts);
    if (!h->counts)
        abort();
    for (int64_t x = h->low; x <= h->high; x++)
        h->counts[x + REACH] = 0;
    h->low = REACH;
    h->high = -REACH;
}

static double at(const struct histogram *h, int64_t x)
{
    return h->counts[x + REACH];
}

// Cases ---

struct wanted {
    char kind[16], shape[16]; // count or closeness; laplace or gaussian
    double spread;            // scale, or variance
    double epsilon, delta;    // of a count
    double away;              // of a count: what the other side has more
    double mean, tolerance, granularity;
};

static int64_t draw(struct noise *n, const struct wanted *w, double spread)
{
    bool is_laplace = strcmp(w->shape, "laplace") == 0;
    double most = is_laplace ? 0x1p20 : 0x1p38, den = floor(most / spread);
    den = den < 1 ? 1 : den > 1024 ? 1024 : den;
    uint64_t num = (uint64_t)(spread * den + 0.5);
    return is_laplace ? noise_laplace(n, num, (uint64_t)den) : noise_gauss(n, num, (uint64_t)den);
}

// The share of what one side has too much of, by e^epsilon, of each value.
static double over(const struct histogram *a, const struct histogram *b, double epsilon, size_t n)
{
    double sum = 0;
    for (int64_t x = a->low; x <= a->high; x++)
        sum += fmax(0, at(a, x) - exp(epsilon) * at(b, x));
    return sum / (double)n;
}

static bool accepts_count(const struct wanted *w, struct noise *noise, size_t n, double shrink)
{
    static struct histogram a = { NULL, 0, -1 }, b = { NULL, 0, -1 };
    double spread = w->spread / (strcmp(w->shape, "laplace") == 0 ? shrink : shrink * shrink);
    clear(&a);
    clear(&b);
    for (size_t i = 0; i < n; i++) {
        put(&a, draw(noise, w, spread));
        put(&b, (int64_t)w->away + draw(noise, w, spread));
    }
    return over(&a, &b, w->epsilon, n) < w->delta + w->tolerance &&
           over(&b, &a, w->epsilon, n) < w->delta + w->tolerance;
}

// A real number of the law itself, in steps of the granularity from the mean.
static double real(const struct wanted *w, double deviation)
{
    if (strcmp(w->shape, "gaussian") == 0)
        return deviation * rng_normal(&plain);
    double size = -log(1 - rng_unit(&plain)) * deviation / M_SQRT2;
    return rng_below(&plain, 2) ? size : -size;
}

// Noise is drawn on a grid sixteen times finer than what is compared, and is anywhere in its place
// there, as real numbers are: one in sixteen would else be a tie, and rounded away from zero.
static bool accepts_closeness(const struct wanted *w, struct noise *noise, size_t n, double shrink)
{
    static struct histogram a = { NULL, 0, -1 }, b = { NULL, 0, -1 };
    double deviation = sqrt(w->spread) / w->granularity, fine = 16 * deviation / shrink;
    double spread = strcmp(w->shape, "laplace") == 0 ? fine / M_SQRT2 : fine * fine;
    double mean = w->mean / w->granularity, part = mean - floor(mean);
    double own = 0, cross = 0;
    clear(&a);
    clear(&b);
    for (size_t i = 0; i < n; i++) {
        double within = rng_unit(&plain) - 0.5;
        put(&a, llround(part + ((double)draw(noise, w, spread) + within) / 16));
        put(&b, llround(part + real(w, deviation)));
    }
    for (int64_t x = min(a.low, b.low); x <= max(a.high, b.high); x++) {
        own += at(&a, x) * (at(&a, x) - 1) / 2 + at(&b, x) * (at(&b, x) - 1) / 2;
        cross += at(&a, x) * at(&b, x);
    }
    double size = (double)n;
    return own - (size - 1) / size * cross < w->tolerance * (size - 1) * w->tolerance * size / 4;
}

static int cases(size_t n, int n_votes, double shrink)
{
    struct wanted w;
    struct hash_key key;
    crypto_random(key.bytes, sizeof key.bytes);
    struct noise noise = noise_stream(&key, STR_LIT("cases"));
    rng_init(&plain, noise_below(&noise, UINT64_MAX), "real numbers");
    while (scanf("%15s %15s %lf %lf %lf %lf %lf %lf %lf", w.kind, w.shape, &w.spread, &w.epsilon,
                 &w.delta, &w.away, &w.mean, &w.tolerance, &w.granularity) == 9) {
        int votes[2] = { 0 };
        while (votes[0] <= n_votes / 2 && votes[1] <= n_votes / 2)
            votes[strcmp(w.kind, "count") == 0 ? accepts_count(&w, &noise, n, shrink)
                                               : accepts_closeness(&w, &noise, n, shrink)]++;
        printf("case,%d,%d\n", votes[1], votes[0]); // accepts, rejects
        fflush(stdout);
    }
    return 0;
}

// The floor of `guarded` ---

static struct hash_key key_of(uint64_t i)
{
    struct hash_key key = { { 0 } };
    memcpy(key.bytes, &i, sizeof i);
    return key;
}

static int floors(size_t n_tries, int64_t floor)
{
    uint64_t start;
    crypto_random((unsigned char *)&start, sizeof start);
    for (int64_t n = floor - 1; n <= floor + 20; n++) {
        size_t shown[2] = { 0 };
        for (size_t i = 0; i < n_tries; i++) {
            struct hash_key key = key_of(start++);
            shown[1] += noise_meets_floor(&key, 3, n, floor);
            shown[0] += noise_meets_floor(NULL, 3, n, floor);
        }
        printf("floor,%lld,%zu,%zu,%zu\n", (long long)n, n_tries, shown[1], shown[0]);
    }
    return 0;
}

// Pairs ---

enum { RIGHT, SMALL_NOISE, FAR_NEIGHBOUR, N_BUGS };

// What is released of n people: the noise of counts, in whole conversations or accounts, and the
// floor of words of special categories (scale 10, privacy/audit_stage.c).
static int64_t released(int what, int bug, uint64_t i, int64_t n)
{
    struct hash_key key = key_of(i);
    if (what == 2)
        return noise_meets_wide_floor(&key, 3, 250 + n, 350, bug == SMALL_NOISE ? 8 : 10);
    struct count_noise noise = { true, key, key, 5, 2 };
    struct count_noise own = noise_of_counts(&noise, STR_LIT("clusters"), &n, sizeof n);
    uint64_t scale = what == 0 ? noise.accounts : noise.conversations;
    return noise_count(&own, bug == SMALL_NOISE ? scale - 1 : scale, 0, n, 0);
}

static void show(const char *name, int bug, struct histogram h[2][2])
{
    int64_t low = REACH, high = -REACH;
    for (int k = 0; k < 4; k++) {
        low = min(low, h[k / 2][k % 2].low);
        high = max(high, h[k / 2][k % 2].high);
    }
    for (int64_t x = low; x <= high; x++)
        printf("pair,%s,%d,%lld,%.0f,%.0f,%.0f,%.0f\n", name, bug, (long long)x, at(&h[0][0], x),
               at(&h[0][1], x), at(&h[1][0], x), at(&h[1][1], x));
}

static void counts_with_and_without(size_t n_pairs)
{
    static const struct {
        const char *name;
        int64_t adds; // an account, most
    } gates[] = { { "accounts", 1 }, { "conversations", 5 }, { "sensitive", 1 } };
    static struct histogram h[2][2] = { { { NULL, 0, -1 }, { NULL, 0, -1 } },
                                        { { NULL, 0, -1 }, { NULL, 0, -1 } } };
    uint64_t start;
    crypto_random((unsigned char *)&start, sizeof start);
    for (int what = 0; what < (int)COUNT_OF(gates); what++)
        for (int bug = 0; bug < N_BUGS; bug++) {
            int64_t adds = gates[what].adds * (bug == FAR_NEIGHBOUR ? 2 : 1);
            for (int k = 0; k < 4; k++)
                clear(&h[k / 2][k % 2]);
            for (size_t i = 0; i < n_pairs; i++)
                for (int with = 0; with < 2; with++)
                    put(&h[i & 1][with], released(what, bug, start++, 100 + with * adds));
            show(gates[what].name, bug, h);
        }
}

// Mode dp: one group of 40 accounts, or one more, with the same word. What is seen of it is how
// many conversations and accounts it has and how many have the word; 0 where it is hidden.
#define N_WORLD 43
static int release_of(const struct dp_plan *plan, size_t n, uint64_t i, int64_t seen[3])
{
    static float vectors[N_WORLD * DP_DIMS];
    static struct dp_item items[N_WORLD];
    static const uint64_t rank[1] = { 1 };
    static struct arena a;
    struct err err = { 0 };
    struct dp_result result;
    struct hash_key key = key_of(i);
    struct arena_mark start = arena_save(&a);
    float centre[DP_DIMS] = { 1 };
    for (uint32_t k = 0; k < N_WORLD; k++) {
        vectors[k * DP_DIMS] = 1;
        items[k] = (struct dp_item){ .account = k, .row = k, .n_words = 1 };
    }
    struct dp_input input = { items, n, vectors, N_WORLD, 1, { 4, 4 }, rank, 1 };
    int rc = dp_draw(&input, plan, &key, centre, 1, 5, 15, &a, &result, &err);
    memset(seen, 0, 3 * sizeof *seen);
    if (!rc && result.n_groups) {
        seen[0] = result.groups[0].n_conversations;
        seen[1] = result.groups[0].n_accounts;
        seen[2] = result.n_words ? result.words[0].n : 0;
    }
    arena_rewind(&a, start);
    return rc;
}

static int releases_with_and_without(size_t n_pairs)
{
    static const char *const names[3] = { "dp conversations", "dp accounts", "dp words" };
    static struct histogram h[3][2][2];
    struct err err = { 0 };
    uint64_t start;
    crypto_random((unsigned char *)&start, sizeof start);
    for (int bug = 0; bug < N_BUGS; bug++) {
        struct dp_plan plan;
        if (dp_plan_make(&plan, 8, 1e-6, 1, 1, &err))
            return 1;
        plan.sizes.num = 4; // less than a plan ever has, so that few releases show a fault
        plan.accounts.num = 6;
        printf("plan,%.17g,%.17g,%.17g\n", (double)plan.sizes.num / (double)plan.sizes.den,
               (double)plan.accounts.num / (double)plan.accounts.den,
               (double)plan.words.num / (double)plan.words.den);
        struct budget_cost *noisy[] = { &plan.sizes, &plan.accounts, &plan.words };
        for (int k = 0; k < 3 && bug == SMALL_NOISE; k++) { // a fifth less, the same threshold
            noisy[k]->num *= 16;
            noisy[k]->den *= 25;
        }
        for (int k = 0; k < 12; k++)
            clear(&h[k / 4][k / 2 % 2][k % 2]);
        for (size_t i = 0; i < n_pairs; i++)
            for (size_t with = 0; with < 2; with++) {
                int64_t seen[3];
                if (release_of(&plan, 40 + with * (bug == FAR_NEIGHBOUR ? 2 : 1), start++, seen))
                    return 1;
                for (int k = 0; k < 3; k++)
                    put(&h[k][i & 1][with], seen[k]);
            }
        for (int k = 0; k < 3; k++)
            show(names[k], bug, h[k]);
    }
    return 0;
}

// Facts ---

// The least epsilon at which a release with one tree may cost as much.
static double epsilon_alone(int64_t rho, double delta)
{
    double low = 0, high = 64;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (budget_rho_of(middle, delta) < rho)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static int facts(size_t n_draws)
{
    struct hash_key key;
    crypto_random(key.bytes, sizeof key.bytes);
    struct noise noise = noise_stream(&key, STR_LIT("facts"));
    for (uint64_t scale = 2; scale <= 5; scale += 3) {
        double squares = 0;
        for (size_t i = 0; i < n_draws; i++) {
            double x = (double)noise_laplace(&noise, scale, 1);
            squares += x * x;
        }
        printf("spread,%llu,%.6f,%.6f\n", (unsigned long long)scale,
               sqrt(squares / (double)n_draws), noise_deviation(scale));
    }
    double delta = 1e-6 - 1e-6 / 16; // without what the selection of words takes
    for (int k = 2; k <= 3; k++)
        printf("trees,%d,%.6f\n", k, epsilon_alone(budget_rho_of(8, delta) / k, delta));
    return 0;
}

int main(int n, char **words)
{
    struct err err = { 0 };
    const char *what = n > 1 ? words[1] : "";
    double given[3] = { 0 };
    for (int i = 0; i < 3 && i + 2 < n; i++)
        given[i] = strtod(words[i + 2], NULL);
    if (crypto_start(&err))
        return 1;
    if (strcmp(what, "cases") == 0 && n == 5)
        return cases((size_t)given[0], (int)given[1], given[2]);
    if (strcmp(what, "floor") == 0 && n == 4)
        return floors((size_t)given[0], (int64_t)given[1]);
    if (strcmp(what, "pairs") == 0 && n == 4) {
        counts_with_and_without((size_t)given[0]);
        return releases_with_and_without((size_t)given[1]);
    }
    if (strcmp(what, "facts") == 0 && n == 3)
        return facts((size_t)given[0]);
    fprintf(stderr, "tool_noise: cases, floor, pairs or facts\n");
    return 2;
}
