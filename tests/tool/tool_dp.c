// SPDX-License-Identifier: Apache-2.0
// Experiments on mode dp's own code, for tests/privacy/dp.sh:
//
//     tool_dp law N           p-values of the samplers against their laws (chi-square), 20 settings
//     tool_dp sybil N EPSILON how often a word is shown with T - 1 and with T accounts
//     tool_dp attack N EPSILON OTHERS [off]   N releases of a made-up corpus of OTHERS accounts and
//                             500 canary accounts, half of these in: what it says of each canary,
//                             in the atlas (7 numbers) and in the vault (4)
//     tool_dp time N          N draws in batches: |noise| beside the time that could be seen
//     tool_dp epsilon         reads lines "rho delta", rho in units; prints epsilon
#include "base/crypto.h"
#include "base/noise.h"
#include "base/rng.h"
#include "dp/dp_draw.h"
#include "privacy/dp_title.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double whole(const char *text)
{
    return strtod(text, NULL);
}

static struct hash_key secret(void)
{
    struct hash_key key;
    crypto_random(key.bytes, sizeof key.bytes);
    return key;
}

// Laws ---

#define REACH 4096

// Upper tail of chi-square by Wilson and Hilferty.
static double p_value(double chi, double degrees)
{
    double z = (cbrt(chi / degrees) - (1 - 2 / (9 * degrees))) / sqrt(2 / (9 * degrees));
    return 0.5 * erfc(z / M_SQRT2);
}

static void test_law(bool gauss, uint64_t num, uint64_t den, size_t n_draws)
{
    static double counts[2 * REACH + 1], weight[2 * REACH + 1];
    struct hash_key key = secret();
    struct noise noise = noise_stream(&key, STR_LIT("law"));
    double all = 0, chi = 0, got = 0, want = 0, worst = 0, sum_got = 0, sum_want = 0;
    double ratio = (double)num / (double)den;
    int n_cells = 0;
    memset(counts, 0, sizeof counts);
    for (int x = -REACH; x <= REACH; x++) {
        weight[x + REACH] =
            gauss ? exp(-(double)x * x / (2 * ratio)) : exp(-fabs((double)x) / ratio);
        all += weight[x + REACH];
    }
    for (size_t i = 0; i < n_draws; i++) {
        int64_t x = gauss ? noise_gauss(&noise, num, den) : noise_laplace(&noise, num, den);
        counts[(x < -REACH ? -REACH : x > REACH ? REACH : x) + REACH]++;
    }
    for (int i = 0; i <= 2 * REACH; i++) {
        got += counts[i];
        want += weight[i] / all * (double)n_draws;
        sum_got += counts[i];
        sum_want += weight[i] / all * (double)n_draws;
        worst = fmax(worst, fabs(sum_got - sum_want));
        if (want >= 20 || i == 2 * REACH) {
            chi += want > 0 ? (got - want) * (got - want) / want : 0;
            n_cells++;
            got = want = 0;
        }
    }
    printf("law,%s,%llu/%llu,%zu,%.6f,%.6f\n", gauss ? "gauss" : "laplace", (unsigned long long)num,
           (unsigned long long)den, n_draws, n_cells > 1 ? p_value(chi, n_cells - 1) : 1,
           worst / sqrt((double)n_draws));
}

static int laws(size_t n_draws)
{
    static const uint64_t scales[10][2] = { { 1, 1 }, { 1, 2 },  { 2, 1 },  { 3, 2 },   { 5, 1 },
                                            { 7, 3 }, { 20, 1 }, { 41, 8 }, { 100, 1 }, { 1, 3 } };
    for (int i = 0; i < 10; i++) {
        test_law(false, scales[i][0], scales[i][1], n_draws);
        test_law(true, scales[i][0] * scales[i][0], scales[i][1], n_draws);
    }
    return 0;
}

// Worlds ---

#define N_TOPICS 30
#define N_WORDS 400
#define N_CANARIES 500

struct world {
    struct arena arena;
    struct dp_item *items;
    float *vectors;
    uint64_t *rank;
    size_t n;
    float centres[N_TOPICS * DP_DIMS];
};

static void unit(float *x)
{
    double square = 0;
    for (size_t j = 0; j < DP_DIMS; j++)
        square += (double)x[j] * (double)x[j];
    for (size_t j = 0; j < DP_DIMS; j++)
        x[j] = (float)((double)x[j] / sqrt(square));
}

// A conversation of a topic, with words of the topic and one rare word.
static void add_item(struct world *w, struct rng *rng, uint32_t rare)
{
    size_t topic = rng_below(rng, N_TOPICS), i = w->n++;
    struct dp_item *item = &w->items[i];
    *item = (struct dp_item){ .account = (uint32_t)i, .row = (uint32_t)i, .n_words = 4 };
    for (size_t j = 0; j < DP_DIMS; j++)
        w->vectors[i * DP_DIMS + j] =
            w->centres[topic * DP_DIMS + j] + 0.1f * (float)rng_normal(rng);
    unit(w->vectors + i * DP_DIMS);
    for (unsigned k = 0; k < 3; k++)
        item->words[k] = (uint32_t)(topic * 8 + 2 * k + rng_below(rng, 2));
    item->words[3] = rare;
    item->values[0] = (unsigned char)rng_below(rng, 4);
}

static void open_world(struct world *w, size_t room, size_t n_words, uint64_t seed)
{
    struct rng rng;
    *w = (struct world){ .n = 0 };
    w->items = arena_zero_array(&w->arena, room, sizeof *w->items);
    w->vectors = arena_zero_array(&w->arena, room * DP_DIMS, sizeof *w->vectors);
    w->rank = arena_array(&w->arena, n_words, sizeof *w->rank);
    rng_init(&rng, seed, "centres");
    for (size_t c = 0; c < N_TOPICS; c++) {
        for (size_t j = 0; j < DP_DIMS; j++)
            w->centres[c * DP_DIMS + j] = (float)rng_normal(&rng);
        unit(w->centres + c * DP_DIMS);
    }
    for (size_t i = 0; i < n_words; i++)
        w->rank[i] = rng_next(&rng);
}

static struct dp_input input_of(struct world *w, size_t n, size_t n_words)
{
    return (struct dp_input){ w->items, n, w->vectors, w->n, 1, { 4, 4 }, w->rank, n_words };
}

// Noise off: as small as there is, and no threshold.
static int make_plan(struct dp_plan *plan, double epsilon, bool off, struct err *err)
{
    int rc = dp_plan_make(plan, epsilon, 1e-6, 1, 1, err);
    if (off) {
        plan->centres.num = plan->sizes.num = plan->accounts.num = plan->words.num = 1;
        plan->centres.den = plan->sizes.den = plan->accounts.den = plan->words.den = 1 << 10;
        plan->values[0].num = plan->values[1].num = plan->mean.num = 1;
        plan->values[0].den = plan->values[1].den = plan->mean.den = 1 << 10;
        plan->least_words = 1;
    }
    return rc;
}

static int sybils(size_t n_tries, double epsilon)
{
    struct err err = { 0 };
    struct dp_plan plan;
    struct world w;
    size_t shown[2] = { 0 };
    if (make_plan(&plan, epsilon, false, &err))
        return 1;
    int64_t t = plan.least_words;
    open_world(&w, (size_t)t + 60, N_WORDS, 1);
    struct rng rng;
    rng_init(&rng, 2, "sybils");
    for (int64_t i = 0; i < t + 60; i++) { // one topic; the first t have the word
        add_item(&w, &rng, i < t ? 399 : 300);
        memcpy(w.vectors + (w.n - 1) * DP_DIMS, w.centres, DP_DIMS * sizeof(float));
    }
    for (size_t i = 0; i < n_tries; i++)
        for (int with = 0; with < 2; with++) {
            struct hash_key key = secret();
            struct arena a = { 0 };
            struct dp_result result;
            struct dp_input input = input_of(&w, w.n, N_WORDS);
            if (!with) { // the target is the first
                input.items++;
                input.n_items--;
            }
            if (dp_draw(&input, &plan, &key, w.centres, 1, 5, 15, &a, &result, &err))
                return 1;
            for (size_t k = 0; k < result.n_words; k++)
                shown[with] += result.words[k].word == 399;
            arena_release(&a);
        }
    // Two discrete Gaussians a step apart are told apart with at most the probability of 0, which
    // is what this attack has: it is shown when 0 or more is added, or 1 or more.
    double all = 0, variance = (double)plan.words.num / (double)plan.words.den;
    for (int x = -4000; x <= 4000; x++)
        all += exp(-(double)x * x / (2 * variance));
    double bound = 1 / all;
    printf("sybil,%g,%lld,%zu,%zu,%zu,%.5f\n", epsilon, (long long)t, n_tries, shown[0], shown[1],
           bound);
    return 0;
}

// One release, as it is shown, and the numbers behind it.
struct release {
    const struct dp_result *r;
    const struct dp_title *titles; // of the words as they are told
    double least_cell;             // as in privacy/publish_dp.c
};

static struct str word_text(uint32_t word, struct arena *a)
{
    return arena_printf(a, "w%uz", word);
}

// Titles of the words as they are told; dp_result keeps their noisy counts, for the vault's part.
static void show(struct release *release, const struct dp_result *r, const struct dp_plan *plan,
                 size_t n_words, struct arena *a)
{
    struct dp_result told = *r;
    struct released *out = arena_zero_array(a, 1, sizeof *out);
    struct str *texts = arena_array(a, n_words, sizeof *texts);
    for (uint32_t w = 0; w < n_words; w++)
        texts[w] = word_text(w, a);
    told.words = arena_array(a, r->n_words + 1, sizeof *told.words);
    memcpy(told.words, r->words, r->n_words * sizeof *told.words);
    dp_tell_words(&told, plan->least_words, texts);
    out->clusters = arena_zero_array(a, r->n_groups + 1, sizeof *out->clusters);
    out->words = arena_array(a, r->n_words + 1, sizeof *out->words);
    for (; out->n_clusters < r->n_groups; out->n_clusters++)
        out->clusters[out->n_clusters] =
            (struct released_cluster){ .n_accounts = r->groups[out->n_clusters].n_accounts,
                                       .subject = STR_LIT("List: topic") };
    for (size_t i = 0; i < told.n_words; i++)
        out->words[out->n_words++] =
            (struct released_word){ told.words[i].group, texts[told.words[i].word],
                                    told.words[i].n };
    double deviation = sqrt((double)plan->values[0].num / (double)plan->values[0].den);
    *release = (struct release){ r, dp_titles(out, a), fmax(15, ceil(4 * deviation)) };
}

static double cosine(const float *x, const float *y)
{
    double sum = 0;
    for (size_t j = 0; j < DP_DIMS; j++)
        sum += (double)x[j] * (double)y[j];
    return sum;
}

// How high the canary's words stand in its group's list of words.
static double ranks(const struct dp_title *title, const struct dp_item *item, struct arena *a)
{
    double sum = 0;
    for (size_t p = 0; p < title->n_phrases; p++)
        for (unsigned k = 0; k < 3; k++)
            if (str_equal(title->phrases[p], word_text(item->words[k], a)))
                sum += DP_PHRASES + 1 - (double)p;
    return sum;
}

// What the release says about a canary. In the atlas: how near is a public place of a group, how
// large are that group's numbers and its cells of the canary's values, how high do its words stand,
// is its rare word there. In the vault: how near is a noisy centre, how many accounts have the
// words, and what is in the cells that are not shown.
static void tell(const struct release *release, const struct world *w, size_t canary, size_t number,
                 bool in, struct arena *a)
{
    const struct dp_result *r = release->r;
    const struct dp_item *item = &w->items[canary];
    const float *x = w->vectors + canary * DP_DIMS;
    float left[DP_DIMS];
    double place = -2, centre = -2, words = 0, rare = 0, cells[2] = { 0 }, told[2] = { 0 };
    size_t best = 0;
    memcpy(left, x, sizeof left);
    dp_centre(r->mean, left, 1);
    for (size_t g = 0; g < r->n_groups; g++) {
        double near = cosine(x, w->centres + r->groups[g].place * DP_DIMS);
        best = near > place ? g : best;
        place = fmax(place, near);
        centre = fmax(centre, cosine(left, r->groups[g].centre));
    }
    for (size_t i = 0; i < r->n_words; i++) {
        for (unsigned k = 0; k < 3; k++)
            if (r->words[i].group == best && r->words[i].word == item->words[k])
                words += (double)r->words[i].n;
        rare += r->words[i].word == item->words[3];
    }
    double n = r->n_groups ? (double)r->groups[best].n_conversations : 0;
    for (size_t v = 0; v < 2 && r->n_groups; v++) {
        cells[v] = (double)r->values[v][best * 4 + item->values[v]];
        told[v] = cells[v] < release->least_cell ? 0 : fmin(cells[v], n);
    }
    printf("canary,%zu,%zu,%d,%.6f,%.0f,%lld,%.0f,%.0f,%.0f,%.0f,%.6f,%.0f,%.0f,%.0f\n", number,
           canary, in, place, n, r->n_groups ? (long long)r->groups[best].n_accounts : 0, told[0],
           told[1], r->n_groups ? ranks(&release->titles[best], item, a) : 0, rare, centre, words,
           cells[0], cells[1]);
}

static int attack(size_t n_releases, double epsilon, size_t n_others, bool off)
{
    size_t n_words = N_WORDS + N_CANARIES + n_others;
    struct err err = { 0 };
    struct dp_plan plan;
    if (make_plan(&plan, epsilon, off, &err))
        return 1;
    for (size_t release = 0; release < n_releases; release++) {
        struct world w;
        struct rng rng;
        struct arena a = { 0 };
        struct dp_result result;
        struct hash_key key = secret();
        bool in[N_CANARIES];
        open_world(&w, N_CANARIES + n_others, n_words, 3);
        rng_init(&rng, 5, "canaries");
        for (uint32_t i = 0; i < N_CANARIES; i++) // each with a word of its own
            add_item(&w, &rng, N_WORDS + i);
        rng_init(&rng, release, "others");
        for (uint32_t i = 0; i < n_others; i++)
            add_item(&w, &rng, N_WORDS + N_CANARIES + i);
        struct dp_input input = input_of(&w, w.n, n_words);
        input.items = arena_array(&a, w.n, sizeof *input.items);
        input.n_items = 0;
        for (size_t i = 0; i < w.n; i++) {
            bool takes = i >= N_CANARIES || rng_below(&rng, 2) == 0;
            if (i < N_CANARIES)
                in[i] = takes;
            if (takes)
                input.items[input.n_items++] = w.items[i];
        }
        if (dp_draw(&input, &plan, &key, w.centres, N_TOPICS, 5, 15, &a, &result, &err))
            return 1;
        struct release shown;
        show(&shown, &result, &plan, n_words, &a);
        for (size_t i = 0; i < N_CANARIES; i++)
            tell(&shown, &w, i, release, in[i], &a);
        arena_release(&a);
        arena_release(&w.arena);
    }
    return 0;
}

// Time ---

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int time_draws(size_t n_draws)
{
    enum { BATCH = 1000 };
    struct hash_key key = secret();
    struct noise noise = noise_stream(&key, STR_LIT("time"));
    for (size_t b = 0; b < n_draws / BATCH; b++) {
        double size = 0;
        int64_t start = now();
        for (int i = 0; i < BATCH; i++)
            size += fabs((double)noise_gauss(&noise, 100, 1));
        int64_t took = now() - start;
        // What the stage lets see: full seconds.
        printf("time,%.0f,%lld,%lld\n", size, (long long)took,
               (long long)(took / 1000000000 + 1) * 1000);
    }
    return 0;
}

static int epsilons(void)
{
    double rho, delta;
    while (scanf("%lf %lf", &rho, &delta) == 2)
        printf("%.17g\n", budget_epsilon((int64_t)rho, delta));
    return 0;
}

int main(int n, char **words)
{
    struct err err = { 0 };
    const char *what = n > 1 ? words[1] : "";
    double amount = n > 2 ? whole(words[2]) : 0, epsilon = n > 3 ? whole(words[3]) : 8;
    if (crypto_start(&err))
        return 1;
    if (strcmp(what, "law") == 0)
        return laws((size_t)amount);
    if (strcmp(what, "sybil") == 0)
        return sybils((size_t)amount, epsilon);
    if (strcmp(what, "attack") == 0)
        return attack((size_t)amount, epsilon, n > 4 ? (size_t)whole(words[4]) : 5000, n > 5);
    if (strcmp(what, "time") == 0)
        return time_draws((size_t)amount);
    if (strcmp(what, "epsilon") == 0)
        return epsilons();
    fprintf(stderr, "tool_dp: law, sybil, attack, time or epsilon\n");
    return 2;
}
