// SPDX-License-Identifier: Apache-2.0
// The promise of mode dp, measurement by measurement: with one account more or less, the exact
// answers differ by no more than the sensitivity that the noise is made for; noise is drawn, once,
// and from the release's own secret; what falls to small numbers is not shown.
#include "base/crypto.h"
#include "base/rng.h"
#include "check.h"
#include "dp/dp_draw.h"

#include <math.h>

#define N_VALUES 4
#define N_WORDS 60
#define MOST 5

struct world {
    struct arena arena;
    struct dp_input input;
    uint32_t n_accounts;
    float *vectors;
    float centres[12 * DP_DIMS];
    size_t k;
};

static void unit(float *x, struct rng *rng)
{
    double square = 0;
    for (size_t j = 0; j < DP_DIMS; j++) {
        x[j] = (float)rng_normal(rng);
        square += (double)x[j] * (double)x[j];
    }
    for (size_t j = 0; j < DP_DIMS; j++)
        x[j] = (float)((double)x[j] / sqrt(square));
}

// Accounts that bring 1 … MOST conversations each, some of them all alike.
static void make_world(struct world *world, uint64_t seed, uint32_t n_accounts)
{
    struct rng rng;
    *world = (struct world){ .n_accounts = n_accounts };
    rng_init(&rng, seed, "world");
    size_t room = (size_t)n_accounts * MOST;
    struct dp_item *items = arena_zero_array(&world->arena, room, sizeof *items);
    float *vectors = arena_zero_array(&world->arena, room * DP_DIMS, sizeof *vectors);
    uint64_t *rank = arena_array(&world->arena, N_WORDS, sizeof *rank);
    size_t n = 0;
    world->k = 1 + rng_below(&rng, 12);
    for (size_t c = 0; c < world->k; c++)
        unit(world->centres + c * DP_DIMS, &rng);
    for (size_t w = 0; w < N_WORDS; w++)
        rank[w] = rng_next(&rng);
    for (uint32_t a = 0; a < n_accounts; a++) {
        size_t mine = 1 + rng_below(&rng, MOST);
        bool alike = rng_below(&rng, 3) == 0;
        for (size_t i = 0; i < mine; i++, n++) {
            float *x = vectors + n * DP_DIMS;
            if (alike)
                memcpy(x, world->centres, DP_DIMS * sizeof *x);
            else
                unit(x, &rng);
            if (rng_below(&rng, 50) == 0)
                for (size_t j = 0; j < DP_DIMS; j++)
                    x[j] *= 3; // no unit vector: the clip holds it
            items[n] = (struct dp_item){ .account = a, .row = (uint32_t)n };
            items[n].n_words = (unsigned)rng_below(&rng, DP_WORDS + 1);
            for (unsigned w = 0; w < items[n].n_words; w++)
                items[n].words[w] = (uint32_t)(alike ? w : rng_below(&rng, N_WORDS));
            items[n].values[0] = (unsigned char)(alike ? 1 : rng_below(&rng, N_VALUES));
            items[n].values[1] = (unsigned char)rng_below(&rng, N_VALUES);
        }
    }
    world->vectors = vectors;
    world->input =
        (struct dp_input){ items, n, vectors, n, MOST, { N_VALUES, N_VALUES }, rank, N_WORDS };
}

// The same without one account.
static struct dp_input without(const struct world *world, uint32_t account, struct arena *a)
{
    struct dp_input less = world->input;
    less.items = arena_array(a, world->input.n_items + 1, sizeof *less.items);
    less.n_items = 0;
    for (size_t i = 0; i < world->input.n_items; i++)
        if (world->input.items[i].account != account)
            less.items[less.n_items++] = world->input.items[i];
    return less;
}

static uint64_t square_apart(const int64_t *x, const int64_t *y, size_t n)
{
    uint64_t square = 0;
    for (size_t i = 0; i < n; i++)
        square += (uint64_t)((x[i] - y[i]) * (x[i] - y[i]));
    return square;
}

static int64_t *to_table(const struct dp_pair *pairs, size_t n, size_t k, struct arena *a)
{
    int64_t *table = arena_zero_array(a, k * N_WORDS + 1, sizeof *table);
    for (size_t i = 0; i < n; i++)
        table[pairs[i].group * N_WORDS + pairs[i].word] = pairs[i].n;
    return table;
}

// Squared distances of all measurements with and without the account, given the same centres.
static void measure(struct world *world, uint32_t account, uint64_t apart[DP_N_COSTS])
{
    struct arena *a = &world->arena;
    struct dp_input *all = &world->input;
    size_t k = world->k, n[2];
    int64_t *sums[2], *sizes[2], *accounts[2], *values[2][2];
    struct dp_pair *pairs[2];
    dp_assign(all, world->centres, k);
    struct dp_input less = without(world, account, a);
    struct dp_input *inputs[2] = { all, &less };
    for (int i = 0; i < 2; i++) {
        sums[i] = arena_array(a, k * DP_DIMS, sizeof *sums[i]);
        sizes[i] = arena_array(a, k, sizeof *sizes[i]);
        accounts[i] = arena_array(a, k, sizeof *accounts[i]);
        dp_count_sums(inputs[i], k, sums[i]);
        dp_count_sizes(inputs[i], k, sizes[i], accounts[i]);
        dp_count_words(inputs[i], a, &pairs[i], &n[i]);
        for (size_t v = 0; v < 2; v++) {
            values[i][v] = arena_array(a, (k + 1) * N_VALUES, sizeof *values[i][v]);
            dp_count_values(inputs[i], k, v, values[i][v]);
        }
    }
    apart[0] = square_apart(sums[0], sums[1], k * DP_DIMS);
    apart[1] = square_apart(sizes[0], sizes[1], k);
    apart[2] = square_apart(accounts[0], accounts[1], k);
    apart[3] =
        square_apart(to_table(pairs[0], n[0], k, a), to_table(pairs[1], n[1], k, a), k * N_WORDS);
    apart[4] = square_apart(values[0][0], values[1][0], (k + 1) * N_VALUES);
    apart[5] = square_apart(values[0][1], values[1][1], (k + 1) * N_VALUES);
    int64_t mean[2][DP_DIMS + 1];
    for (int i = 0; i < 2; i++)
        dp_count_mean(inputs[i], mean[i]);
    apart[6] = square_apart(mean[0], mean[1], DP_DIMS + 1);
}

static size_t n_worlds(void)
{
    const char *wanted = getenv("DP_WORLDS");
    return wanted ? (size_t)strtoul(wanted, NULL, 10) : 3000;
}

static void one_account_changes_no_more_than_stated(void **state)
{
    struct err err = { 0 };
    struct dp_plan plan;
    struct budget_cost costs[DP_N_COSTS];
    uint64_t most[DP_N_COSTS] = { 0 };
    (void)state;
    assert_ok(dp_plan_make(&plan, 8, 1e-6, 1, MOST, &err));
    dp_plan_costs(&plan, costs);
    for (size_t w = 0; w < n_worlds(); w++) {
        struct world world;
        uint64_t apart[DP_N_COSTS];
        make_world(&world, w, 1 + (uint32_t)(w % 7));
        measure(&world, (uint32_t)(w % world.n_accounts), apart);
        for (size_t i = 0; i < DP_N_COSTS; i++) {
            assert_true(apart[i] <= costs[i].square);
            most[i] = apart[i] > most[i] ? apart[i] : most[i];
        }
        arena_release(&world.arena);
    }
    // The bounds are met, so that they are neither guessed nor loose.
    for (size_t i = 0; i < DP_N_COSTS; i++)
        assert_true((double)most[i] > 0.9 * (double)costs[i].square);
}

// The whole draw ---------------------------------------------------------------------------------

struct drawn {
    struct arena arena;
    struct dp_result result;
};

// 3 topics of `n` accounts each, with a word each, and a lone account with a word of its own.
static void draw(struct drawn *out, size_t n, double epsilon, uint64_t key_seed)
{
    struct err err = { 0 };
    struct dp_plan plan;
    struct hash_key key = hash_key_of_seed(key_seed);
    struct rng rng;
    *out = (struct drawn){ .result = { 0 } };
    struct arena *a = &out->arena;
    rng_init(&rng, 7, "topics");
    float centres[4 * DP_DIMS];
    for (size_t c = 0; c < 4; c++)
        unit(centres + c * DP_DIMS, &rng);
    struct dp_item *items = arena_zero_array(a, 3 * n + 1, sizeof *items);
    float *vectors = arena_array(a, (3 * n + 1) * DP_DIMS, sizeof *vectors);
    static const uint64_t rank[4] = { 3, 1, 2, 0 };
    for (size_t i = 0; i < 3 * n + 1; i++) {
        size_t topic = i < 3 * n ? i % 3 : 0;
        memcpy(vectors + i * DP_DIMS, centres + topic * DP_DIMS, DP_DIMS * sizeof *vectors);
        items[i] = (struct dp_item){ .account = (uint32_t)i, .row = (uint32_t)i, .n_words = 1 };
        items[i].words[0] = i < 3 * n ? (uint32_t)topic : 3;
        items[i].values[0] = (unsigned char)topic;
    }
    struct dp_input input = { items, 3 * n + 1, vectors, 3 * n + 1, 1, { N_VALUES, N_VALUES },
                              rank,  4 };
    assert_ok(dp_plan_make(&plan, epsilon, 1e-6, 1, 1, &err));
    assert_ok(dp_draw(&input, &plan, &key, centres, 4, 5, 15, a, &out->result, &err));
}

static void topics_are_seen_and_a_lone_word_is_not(void **state)
{
    struct drawn drawn;
    (void)state;
    for (uint64_t seed = 1; seed < 30; seed++) {
        draw(&drawn, 200, 8, seed);
        assert_int_equal(drawn.result.n_groups, 3);
        for (size_t i = 0; i < 3; i++)
            assert_true(llabs(drawn.result.groups[i].n_conversations - 200) < 150);
        assert_int_equal(drawn.result.n_words, 3);
        for (size_t i = 0; i < 3; i++)
            assert_true(drawn.result.words[i].word != 3);
        arena_release(&drawn.arena);
    }
}

static void one_release_one_draw(void **state)
{
    struct drawn one, again, other;
    size_t n_other = 0;
    (void)state;
    draw(&one, 100, 4, 1);
    draw(&again, 100, 4, 1);
    draw(&other, 100, 4, 2);
    assert_int_equal(one.result.n_groups, again.result.n_groups);
    for (size_t i = 0; i < one.result.n_groups; i++) {
        const struct dp_group *x = &one.result.groups[i], *y = &again.result.groups[i];
        assert_int_equal(x->n_conversations, y->n_conversations);
        assert_int_equal(x->n_accounts, y->n_accounts);
        assert_memory_equal(x->centre, y->centre, sizeof x->centre);
        n_other += i < other.result.n_groups &&
                   other.result.groups[i].n_conversations != x->n_conversations;
    }
    assert_true(n_other > 0);
    arena_release(&one.arena);
    arena_release(&again.arena);
    arena_release(&other.arena);
}

// Sizes, accounts, words and values of 400 draws: their spread is what the plan says, and no two of
// them were drawn from the same bits.
static void noise_is_as_wide_as_planned(void **state)
{
    enum { DRAWS = 400 };
    struct err err = { 0 };
    struct dp_plan plan;
    double sum[4] = { 0 }, cross[4][4] = { { 0 } };
    (void)state;
    assert_ok(dp_plan_make(&plan, 2, 1e-6, 1, 1, &err));
    double variance[4] = { (double)plan.sizes.num, (double)plan.accounts.num,
                           (double)plan.words.num, (double)plan.values[0].num };
    for (uint64_t seed = 1; seed <= DRAWS; seed++) {
        struct drawn drawn;
        draw(&drawn, 2000, 2, seed);
        assert_int_equal(drawn.result.n_groups, 3);
        double x[4] = { (double)(drawn.result.groups[0].n_conversations - 2001), 0,
                        (double)(drawn.result.words[0].n - 2000),
                        (double)(drawn.result.values[0][0] - 2001) };
        x[1] = (double)(drawn.result.groups[1].n_accounts - 2000);
        if (drawn.result.groups[1].n_accounts == drawn.result.groups[1].n_conversations)
            x[1] = 0; // held at the conversations
        for (int i = 0; i < 4; i++) {
            sum[i] += x[i] / DRAWS;
            for (int j = 0; j < 4; j++)
                cross[i][j] += x[i] * x[j] / DRAWS / sqrt(variance[i] * variance[j]);
        }
        arena_release(&drawn.arena);
    }
    for (int i = 0; i < 4; i++) {
        if (i == 1)
            continue; // one-sided, see above
        assert_true(fabs(sum[i]) < 4 * sqrt(variance[i] / DRAWS));
        assert_true(fabs(cross[i][i] - 1) < 4 * sqrt(2.0 / DRAWS));
        for (int j = 0; j < i; j++)
            if (j != 1)
                assert_true(fabs(cross[i][j]) < 4 / sqrt(DRAWS));
    }
}

static void few_people_are_no_group(void **state)
{
    size_t n_shown = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct drawn drawn;
        draw(&drawn, 3, 1, seed);
        n_shown += drawn.result.n_words;
        arena_release(&drawn.arena);
    }
    assert_int_equal(n_shown, 0);
}

// Counts of people are no more exact than they need be, however much may be spent, and what they
// leave goes to the centres: nothing is lost but roundings. Under a small budget they take their
// shares.
static void counts_are_not_too_exact(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct err err = { 0 };
        struct dp_plan plan;
        struct budget_cost costs[DP_N_COSTS];
        double epsilon = i ? 8 : 0.5;
        int64_t total = 0, rho = budget_rho_of(epsilon, 1e-6 * 15 / 16);
        assert_ok(dp_plan_make(&plan, epsilon, 1e-6, 1, 1, &err));
        dp_plan_costs(&plan, costs);
        for (size_t c = 0; c < DP_N_COSTS; c++)
            total = budget_add(total, costs[c].rho);
        assert_true(total <= rho && (double)total > 0.999 * (double)rho);
        assert_true((plan.sizes.num == 900 && plan.accounts.num == 256) == (i == 1));
        assert_true((plan.values[0].num == 400 && plan.values[1].num == 400) == (i == 1));
        assert_true(plan.sizes.num >= 900 && plan.accounts.num >= 256 && plan.values[0].num >= 400);
        assert_true(((double)plan.centres.rho > 0.7 * (double)rho) == (i == 1));
    }
}

// Where a group is shown is a public centre, the one that the noisy one is nearest to.
static void places_are_public(void **state)
{
    struct drawn one, other;
    (void)state;
    draw(&one, 200, 8, 1);
    draw(&other, 200, 8, 2);
    assert_int_equal(one.result.n_groups, other.result.n_groups);
    for (size_t i = 0; i < one.result.n_groups; i++) {
        assert_int_equal(one.result.groups[i].place, i); // topics are as the first three centres
        assert_int_equal(other.result.groups[i].place, i);
        assert_memory_not_equal(one.result.groups[i].centre, other.result.groups[i].centre,
                                sizeof one.result.groups[i].centre);
    }
    arena_release(&one.arena);
    arena_release(&other.arena);
}

// Of a count only its step is told, so that one account more is hardly ever seen; those of a step
// stand by text.
static void words_are_told_in_steps(void **state)
{
    struct dp_pair words[] = { { 0, 0, 800 }, { 0, 1, 207 }, { 0, 2, 51 },
                               { 0, 3, 13 },  { 0, 4, 52 },  { 0, 5, 208 } };
    const struct str texts[] = { STR_LIT("a"), STR_LIT("c"), STR_LIT("f"),
                                 STR_LIT("e"), STR_LIT("d"), STR_LIT("b") };
    static const int64_t want[] = { 208, 208, 52, 52, 13, 13 };
    static const uint32_t order[] = { 0, 5, 1, 4, 3, 2 };
    struct dp_result result = { .words = words, .n_words = 6 };
    (void)state;
    dp_tell_words(&result, 13, texts);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(words[i].n, want[i]);
        assert_int_equal(words[i].word, order[i]);
    }
    result = (struct dp_result){ .words = words, .n_words = 1 };
    dp_tell_words(&result, INT64_MAX, texts); // as where nothing is shown: ends
}

// Which word came first in the files is not seen in the order of those that are as frequent.
static void ties_go_by_text(void **state)
{
    struct dp_pair words[] = { { 0, 2, 9 }, { 0, 0, 7 }, { 0, 1, 7 }, { 1, 0, 7 } };
    struct dp_pair other[] = { { 0, 2, 9 }, { 0, 0, 7 }, { 0, 1, 7 }, { 1, 1, 7 } };
    const struct str texts[] = { STR_LIT("tea"), STR_LIT("coffee"), STR_LIT("water") };
    const struct str swapped[] = { STR_LIT("coffee"), STR_LIT("tea"), STR_LIT("water") };
    struct dp_result result = { .words = words, .n_words = 4 };
    struct dp_result result_swapped = { .words = other, .n_words = 4 };
    (void)state;
    dp_tell_words(&result, 2, texts);
    dp_tell_words(&result_swapped, 2, swapped);
    for (size_t i = 0; i < 4; i++)
        assert_true(str_equal(texts[words[i].word], swapped[other[i].word]));
    assert_true(str_equal(texts[words[1].word], STR_LIT("coffee")));
}

int main(void)
{
    struct err err = { 0 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_account_changes_no_more_than_stated),
        cmocka_unit_test(topics_are_seen_and_a_lone_word_is_not),
        cmocka_unit_test(one_release_one_draw),
        cmocka_unit_test(noise_is_as_wide_as_planned),
        cmocka_unit_test(few_people_are_no_group),
        cmocka_unit_test(counts_are_not_too_exact),
        cmocka_unit_test(places_are_public),
        cmocka_unit_test(words_are_told_in_steps),
        cmocka_unit_test(ties_go_by_text),
    };
    return crypto_start(&err) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
