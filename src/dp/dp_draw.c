// SPDX-License-Identifier: Apache-2.0
// Cost: each pass n × k × DP_DIMS multiplications and k × DP_DIMS draws.
#include "dp/dp_draw.h"

#include "base/noise.h"
#include "base/stop.h"

#include <math.h>
#include <stdlib.h>

#define PRIOR 5.0 // accounts' worth of its old place in a new centre: holds noise in small groups
#define SURE 2.0  // standard deviations of the noise that a group must have to stay
#define SURE_SHOWN 1.75 // the same in accounts, to be shown
#define ALIKE 0.5 // cosine that the members of a group may have to its centre
#define MOST_MEAN 0.6 // length of the mean: of a corpus with one topic some of it has to be left

// Exact counts -----------------------------------------------------------------------------------

static float product(const float *x, const float *y)
{
    float sum = 0;
    for (size_t j = 0; j < DP_DIMS; j++)
        sum += x[j] * y[j];
    return sum;
}

// The centre that is nearest to x; DP_NO_GROUP where there is none.
static uint32_t find_nearest(const float *x, const float *centres, size_t k)
{
    uint32_t nearest = DP_NO_GROUP;
    float most = -2;
    for (size_t c = 0; c < k; c++) {
        float cosine = product(x, centres + c * DP_DIMS);
        if (cosine > most) {
            most = cosine;
            nearest = (uint32_t)c;
        }
    }
    return nearest;
}

void dp_assign(struct dp_input *input, const float *centres, size_t k)
{
    for (size_t i = 0; i < input->n_items; i++)
        input->items[i].group =
            find_nearest(input->vectors + (size_t)input->items[i].row * DP_DIMS, centres, k);
}

static size_t end_of_account(const struct dp_input *input, size_t first)
{
    size_t end = first + 1;
    while (end < input->n_items && input->items[end].account == input->items[first].account)
        end++;
    assert(end - first <= input->most); // dp_select.h saw to it
    return end;
}

static int64_t square_of(const int64_t *x)
{
    int64_t square = 0;
    for (size_t j = 0; j < DP_DIMS; j++)
        square += x[j] * x[j];
    return square;
}

// The vector in whole steps, no longer than `weight` whatever the floats held.
static void quantise(const float *x, int64_t weight, int64_t out[DP_DIMS])
{
    for (size_t j = 0; j < DP_DIMS; j++) {
        float step = isfinite(x[j]) ? x[j] * (float)weight : 0;
        out[j] = (int64_t)rintf(fmaxf(-(float)weight, fminf((float)weight, step)));
    }
    while (square_of(out) > weight * weight)
        for (size_t j = 0; j < DP_DIMS; j++)
            out[j] -= out[j] / 64 + (out[j] > 0) - (out[j] < 0);
}

void dp_count_sums(const struct dp_input *input, size_t k, int64_t *sums)
{
    int64_t step[DP_DIMS];
    memset(sums, 0, k * DP_DIMS * sizeof *sums);
    for (size_t i = 0; i < input->n_items;) {
        size_t end = end_of_account(input, i);
        int64_t weight = DP_GRID / (int64_t)(end - i);
        for (; i < end; i++) {
            const struct dp_item *item = &input->items[i];
            if (item->group >= k)
                continue;
            quantise(input->vectors + (size_t)item->row * DP_DIMS, weight, step);
            int64_t *sum = sums + (size_t)item->group * DP_DIMS;
            for (size_t j = 0; j < DP_DIMS; j++)
                sum[j] += step[j];
        }
    }
}

void dp_count_mean(const struct dp_input *input, int64_t sums[DP_DIMS + 1])
{
    int64_t step[DP_DIMS];
    memset(sums, 0, (DP_DIMS + 1) * sizeof *sums);
    for (size_t i = 0; i < input->n_items;) {
        size_t end = end_of_account(input, i);
        int64_t weight = DP_MEAN_GRID / (int64_t)(end - i);
        for (; i < end; i++) {
            quantise(input->vectors + (size_t)input->items[i].row * DP_DIMS, weight, step);
            for (size_t j = 0; j < DP_DIMS; j++)
                sums[j] += step[j];
            sums[DP_DIMS] += weight;
        }
    }
}

void dp_count_sizes(const struct dp_input *input, size_t k, int64_t *conversations,
                    int64_t *accounts)
{
    memset(conversations, 0, k * sizeof *conversations);
    memset(accounts, 0, k * sizeof *accounts);
    for (size_t i = 0; i < input->n_items;) {
        size_t first = i, end = end_of_account(input, i);
        for (; i < end; i++) {
            uint32_t group = input->items[i].group;
            bool again = false;
            for (size_t j = first; j < i; j++)
                again |= input->items[j].group == group;
            if (group >= k)
                continue;
            conversations[group]++;
            accounts[group] += !again;
        }
    }
}

void dp_count_values(const struct dp_input *input, size_t k, size_t which, int64_t *counts)
{
    size_t n = input->n_values[which];
    memset(counts, 0, (k + 1) * n * sizeof *counts);
    for (size_t i = 0; i < input->n_items; i++) {
        size_t group = input->items[i].group < k ? input->items[i].group : k;
        counts[group * n + input->items[i].values[which]]++;
    }
}

struct ranked {
    struct dp_pair pair;
    uint64_t rank;
};

static int by_pair(const void *x, const void *y)
{
    const struct dp_pair *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word);
}

static int by_rank(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return by_pair(&a->pair, &b->pair);
}

// The different pairs of one account, at most DP_PAIRS: those first in the public order.
static size_t pairs_of(const struct dp_input *input, size_t first, size_t end, struct ranked *room)
{
    size_t n = 0, kept = 0;
    for (size_t i = first; i < end; i++)
        for (unsigned w = 0; w < input->items[i].n_words; w++)
            if (input->items[i].group != DP_NO_GROUP)
                room[n++] = (struct ranked){ { input->items[i].group, input->items[i].words[w], 1 },
                                             input->word_rank[input->items[i].words[w]] };
    if (n)
        qsort(room, n, sizeof *room, by_rank);
    for (size_t i = 0; i < n && kept < DP_PAIRS; i++)
        if (i == 0 || by_pair(&room[i].pair, &room[i - 1].pair) != 0)
            room[kept++] = room[i];
    return kept;
}

void dp_count_words(const struct dp_input *input, struct arena *a, struct dp_pair **pairs,
                    size_t *n)
{
    struct arena work = { 0 };
    struct ranked *room = arena_array(&work, input->most * DP_WORDS + 1, sizeof *room);
    struct dp_pair *list = arena_array(&work, input->n_items * DP_WORDS + 1, sizeof *list);
    size_t n_list = 0, n_kept = 0;
    for (size_t i = 0; i < input->n_items;) {
        size_t end = end_of_account(input, i), n_mine = pairs_of(input, i, end, room);
        for (size_t j = 0; j < n_mine; j++)
            list[n_list++] = room[j].pair;
        i = end;
    }
    if (n_list)
        qsort(list, n_list, sizeof *list, by_pair);
    for (size_t i = 0; i < n_list; i++)
        if (i && by_pair(&list[i], &list[n_kept - 1]) == 0)
            list[n_kept - 1].n++;
        else
            list[n_kept++] = list[i];
    *pairs = arena_array(a, n_kept + 1, sizeof **pairs);
    memcpy(*pairs, list, n_kept * sizeof *list);
    *n = n_kept;
    arena_release(&work);
}

// With noise
// ---------------------------------------------------------------------------------------

static void add_noise(int64_t *counts, size_t n, const struct budget_cost *cost,
                      const char *purpose, const struct hash_key *key)
{
    struct noise noise = noise_stream(key, str_of(purpose));
    for (size_t i = 0; i < n; i++)
        counts[i] += noise_gauss(&noise, cost->num, cost->den);
}

static double deviation(const struct budget_cost *cost)
{
    return sqrt((double)cost->num / (double)cost->den);
}

void dp_centre(const float mean[DP_DIMS], float *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float *x = rows + i * DP_DIMS;
        double square = 0;
        for (size_t j = 0; j < DP_DIMS; j++) {
            x[j] -= mean[j];
            square += (double)x[j] * (double)x[j];
        }
        for (size_t j = 0; j < DP_DIMS && square > 0; j++)
            x[j] = (float)((double)x[j] / sqrt(square));
    }
}

// The mean out of a noisy sum: as much of it as is no noise, and no more than MOST_MEAN.
static void find_mean(const struct dp_input *input, const struct dp_plan *plan,
                      const struct hash_key *key, float mean[DP_DIMS])
{
    int64_t sums[DP_DIMS + 1];
    double square = 0, noise = DP_DIMS * (double)plan->mean.num / (double)plan->mean.den;
    dp_count_mean(input, sums);
    add_noise(sums, DP_DIMS + 1, &plan->mean, "mean", key);
    for (size_t j = 0; j < DP_DIMS; j++)
        square += (double)sums[j] * (double)sums[j];
    double scale = square > noise ? 1 - noise / square : 0;
    scale /= fmax((double)sums[DP_DIMS], (double)DP_MEAN_GRID);
    scale = fmin(scale, square > 0 ? MOST_MEAN / sqrt(square) : 0);
    for (size_t j = 0; j < DP_DIMS; j++)
        mean[j] = (float)((double)sums[j] * scale);
}

// New centres out of noisy sums, those of groups that are surely there: whose sum reaches far
// enough along the old centre. Returns how many.
static size_t move_centres(const int64_t *sums, float *centres, size_t k, double least)
{
    size_t n = 0;
    for (size_t c = 0; c < k; c++) {
        double place[DP_DIMS], square = 0, reach = 0;
        for (size_t j = 0; j < DP_DIMS; j++) {
            double old = (double)centres[c * DP_DIMS + j];
            reach += (double)sums[c * DP_DIMS + j] * old;
            place[j] = (double)sums[c * DP_DIMS + j] + PRIOR * (double)DP_GRID * old;
            square += place[j] * place[j];
        }
        if (reach < least || !(square > 0))
            continue;
        for (size_t j = 0; j < DP_DIMS; j++)
            centres[n * DP_DIMS + j] = (float)(place[j] / sqrt(square));
        n++;
    }
    return n;
}

static int find_centres(struct dp_input *input, const struct dp_plan *plan,
                        const struct hash_key *key, int64_t min_accounts, float *centres, size_t *k,
                        struct arena *work, struct err *err)
{
    static const char *const purposes[] = { "centres 1", "centres 2", "centres 3", "centres 4" };
    int64_t *sums = arena_array(work, *k * DP_DIMS + 1, sizeof *sums);
    double least = fmax(ALIKE * (double)(min_accounts * DP_GRID), SURE * deviation(&plan->centres));
    assert((size_t)plan->n_passes <= COUNT_OF(purposes));
    for (int pass = 0; pass < plan->n_passes; pass++) {
        if (stop_check(err))
            return (int)err->code;
        dp_assign(input, centres, *k);
        dp_count_sums(input, *k, sums);
        add_noise(sums, *k * DP_DIMS, &plan->centres, purposes[pass], key);
        *k = move_centres(sums, centres, *k, least);
    }
    return 0;
}

// Noisy sizes decide which groups are shown; items in others count in none.
static void measure_sizes(struct dp_input *input, const struct dp_plan *plan,
                          const struct hash_key *key, int64_t min_accounts,
                          int64_t min_conversations, const float *centres, size_t k,
                          struct arena *a, struct dp_result *result)
{
    struct arena work = { 0 };
    int64_t *n = arena_array(&work, k + 1, sizeof *n);
    int64_t *n_accounts = arena_array(&work, k + 1, sizeof *n_accounts);
    uint32_t *number = arena_array(&work, k + 1, sizeof *number);
    double least = fmax((double)min_accounts, SURE_SHOWN * deviation(&plan->accounts));
    double most_rest = 0;
    result->groups = arena_array(a, k + 1, sizeof *result->groups);
    dp_assign(input, centres, k);
    dp_count_sizes(input, k, n, n_accounts);
    add_noise(n, k, &plan->sizes, "sizes", key);
    add_noise(n_accounts, k, &plan->accounts, "accounts", key);
    for (size_t c = 0; c < k; c++) {
        number[c] = DP_NO_GROUP;
        if (n[c] < min_conversations || (double)n_accounts[c] < least) {
            most_rest += (double)n[c];
            continue;
        }
        struct dp_group *group = &result->groups[result->n_groups];
        group->n_conversations = n[c];
        group->n_accounts = n_accounts[c] < n[c] ? n_accounts[c] : n[c];
        memcpy(group->centre, centres + c * DP_DIMS, sizeof group->centre);
        number[c] = (uint32_t)result->n_groups++;
    }
    result->n_rest = most_rest > 0 ? (int64_t)most_rest : 0;
    for (size_t i = 0; i < input->n_items; i++)
        if (input->items[i].group != DP_NO_GROUP)
            input->items[i].group = number[input->items[i].group];
    arena_release(&work);
}

static int by_group_and_count(const void *x, const void *y)
{
    const struct dp_pair *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word);
}

static int by_group_count_and_text(const void *x, const void *y, void *context)
{
    const struct dp_pair *a = x, *b = y;
    const struct str *texts = context;
    if (a->group == b->group && a->n == b->n)
        return str_compare(texts[a->word], texts[b->word]);
    return by_group_and_count(a, b);
}

void dp_tell_words(struct dp_result *result, int64_t least_words, const struct str *texts)
{
    for (size_t i = 0; i < result->n_words; i++) {
        int64_t n = result->words[i].n, step = least_words;
        while (step <= n / DP_STEP)
            step *= DP_STEP;
        result->words[i].n = step;
    }
    if (result->n_words)
        qsort_r(result->words, result->n_words, sizeof *result->words, by_group_count_and_text,
                (void *)texts);
}

static void measure_words(const struct dp_input *input, const struct dp_plan *plan,
                          const struct hash_key *key, struct arena *a, struct dp_result *result)
{
    struct noise noise = noise_stream(key, STR_LIT("words"));
    struct dp_pair *pairs;
    size_t n, kept = 0;
    dp_count_words(input, a, &pairs, &n);
    for (size_t i = 0; i < n; i++) {
        pairs[i].n += noise_gauss(&noise, plan->words.num, plan->words.den);
        if (pairs[i].n >= plan->least_words)
            pairs[kept++] = pairs[i];
    }
    if (kept)
        qsort(pairs, kept, sizeof *pairs, by_group_and_count);
    result->words = pairs;
    result->n_words = kept;
}

// What is shown of where a group is: a public centre, as a noisy one would tell most of the account
// that moves it. Both without the mean.
static void find_places(const float *start, size_t n_start, struct dp_result *result)
{
    for (size_t g = 0; g < result->n_groups; g++) // unit rows, so that one is nearest
        result->groups[g].place = find_nearest(result->groups[g].centre, start, n_start);
}

int dp_draw(struct dp_input *given, const struct dp_plan *plan, const struct hash_key *key,
            const float *start, size_t n_start, int64_t min_accounts, int64_t min_conversations,
            struct arena *a, struct dp_result *result, struct err *err)
{
    struct arena work = { 0 };
    struct dp_input centred = *given, *input = &centred; // of the same items
    float *centres = arena_array(&work, n_start * DP_DIMS + 1, sizeof *centres);
    float *public = arena_array(&work, n_start * DP_DIMS + 1, sizeof *public);
    float *vectors = arena_try(&work, given->n_rows + 1, DP_DIMS * sizeof *vectors,
                               "the vectors without their mean", err);
    size_t k = n_start;
    *result = (struct dp_result){ 0 };
    if (!vectors) {
        arena_release(&work);
        return (int)err->code;
    }
    memcpy(centres, start, n_start * DP_DIMS * sizeof *centres);
    memcpy(vectors, given->vectors, given->n_rows * DP_DIMS * sizeof *vectors);
    find_mean(given, plan, key, result->mean);
    dp_centre(result->mean, centres, n_start);
    memcpy(public, centres, n_start * DP_DIMS * sizeof *centres);
    dp_centre(result->mean, vectors, given->n_rows);
    centred.vectors = vectors;
    int rc = find_centres(input, plan, key, min_accounts, centres, &k, &work, err);
    if (!rc) {
        static const char *const purposes[2] = { "language", "concern" };
        measure_sizes(input, plan, key, min_accounts, min_conversations, centres, k, a, result);
        find_places(public, n_start, result);
        measure_words(input, plan, key, a, result);
        for (size_t which = 0; which < 2; which++) {
            size_t n = (result->n_groups + 1) * input->n_values[which];
            result->values[which] = arena_array(a, n + 1, sizeof *result->values[which]);
            dp_count_values(input, result->n_groups, which, result->values[which]);
            add_noise(result->values[which], n, &plan->values[which], purposes[which], key);
        }
    }
    arena_release(&work);
    return rc;
}
