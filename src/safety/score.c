// SPDX-License-Identifier: Apache-2.0
#include "safety/score.h"

#include "base/minhash.h"
#include "base/stop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY 1440 // minutes
#define OFFICE_HOURS 11
#define MONDAY 5760 // minutes after 1970-01-01, a Thursday, of the first Monday

static const struct {
    const char *name;
    double weight;
} parts[SCORE_N_PARTS] = {
    [SCORE_REPEAT] = { "repeat", 33 },
    [SCORE_USE] = { "use", 20 },
    [SCORE_TOGETHER] = { "together", 12 },
    [SCORE_TEMPLATE] = { "template", 12 },
    [SCORE_CLIENT] = { "client", 8 },
    [SCORE_BURST] = { "burst", 4 },
    [SCORE_RARE] = { "rare", 5 },
    [SCORE_AGENT] = { "agent", 2 },
    [SCORE_CLUSTER] = { "cluster", 4 },
    [SCORE_ONE_OFF] = { "one-off", -20 },
    [SCORE_ORGANISATION] = { "organisation", -40 },
};

const char *score_part_name(enum score_part part)
{
    return parts[part].name;
}

enum score_kind score_kind_of(const struct score *score)
{
    if (score->points[SCORE_ORGANISATION] <= -15)
        return SCORE_OFFICE;
    return score->value[SCORE_ONE_OFF] >= 0.6 ? SCORE_COPIES : SCORE_RING;
}

const char *score_kind_name(enum score_kind kind)
{
    static const char *const names[] = { "ring", "copies", "organisation" };
    return names[kind];
}

static int by_minute(const void *x, const void *y)
{
    int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;
    return (a > b) - (a < b);
}

static int by_number(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

// From the first to the third quarter of sorted times.
static int64_t quarter_to_quarter(const int32_t *times, size_t n)
{
    size_t first = n / 4, third = n * 3 / 4;
    return (int64_t)times[third] - times[first];
}

void score_world_make(struct score_world *world, struct arena *a)
{
    uint32_t *n_sent = arena_zero_array(a, world->n_accounts + 1, sizeof *n_sent), last = 0;
    for (size_t i = 0; i < world->n; i++)
        last = world->cluster[i] > last ? world->cluster[i] : last;
    uint32_t *n_in = arena_zero_array(a, (size_t)last + 1, sizeof *n_in);
    for (size_t i = 0; i < world->n; i++)
        n_in[world->cluster[i]]++;
    struct arena_mark start = arena_save(a);
    int32_t *times = arena_array(a, world->n + 1, sizeof *times);
    size_t n_times = 0, n_addresses = 0, n_agents = 0, n_clustered = 0;
    for (size_t i = 0; i < world->n; i++) {
        n_sent[world->account[i]]++;
        n_addresses += world->address[i] != 0;
        n_agents += world->agent[i] != 0;
        n_clustered += world->cluster[i] != 0;
        if (world->minute[i] != SCORE_NO_TIME)
            times[n_times++] = world->minute[i];
    }
    qsort(times, n_times, sizeof *times, by_minute);
    world->n_sent = n_sent;
    world->n_in_cluster = n_in;
    world->has_cluster = n_clustered * 10 > world->n;
    world->has_time = n_times > 1 && n_times * 2 > world->n;
    world->has_address = n_addresses * 10 > world->n;
    world->has_agent = n_agents * 10 > world->n;
    world->middle_half = n_times ? (double)quarter_to_quarter(times, n_times) : 0;
    arena_rewind(a, start);
}

// ---- one set of prompts

struct room { // for n items
    uint64_t *keys, *sharing;
    int32_t *times;
    double *shares;
};

struct measured {
    double value[SCORE_N_PARTS];
    size_t n_accounts, n_repeating, n_once, n_core;
};

// The accounts: how many, how many more than once, and how much of what they send this is.
static void measure_accounts(const struct score_world *w, const uint32_t *items, size_t n,
                             struct room *room, struct measured *m)
{
    for (size_t i = 0; i < n; i++)
        room->keys[i] = (uint64_t)w->account[items[i]] << 32 | w->text[items[i]];
    qsort(room->keys, n, sizeof *room->keys, by_number);
    for (size_t from = 0, to; from < n; from = to) {
        uint64_t account = room->keys[from] >> 32;
        size_t n_texts = 0;
        for (to = from; to < n && room->keys[to] >> 32 == account; to++)
            n_texts += to == from || room->keys[to] != room->keys[to - 1];
        room->shares[m->n_accounts++] = (double)(to - from) / w->n_sent[account];
        m->n_repeating += score_is_repeat(to - from, n_texts);
        m->n_core += score_is_core(to - from, w->n_sent[account]);
    }
    m->n_once = m->n_accounts - m->n_repeating;
    m->value[SCORE_REPEAT] = (double)m->n_repeating / (double)m->n_accounts;
    m->value[SCORE_ONE_OFF] = (double)m->n_once / (double)m->n_accounts;
    double sum = 0; // the mean of shares cut at 1: as good as the median here and without a sort
    for (size_t i = 0; i < m->n_accounts; i++)
        sum += fmin(1, room->shares[i]);
    m->value[SCORE_USE] = sum / (double)m->n_accounts;
}

// Accounts with an address in common with another one; and, for organisations, how far each keeps
// to one address that others keep to as well.
static void measure_addresses(const struct score_world *w, const uint32_t *items, size_t n,
                              struct room *room, struct measured *m)
{
    size_t n_keys = 0, n_shared = 0;
    for (size_t i = 0; i < n; i++)
        if (w->address[items[i]])
            room->keys[n_keys++] = (uint64_t)w->address[items[i]] << 32 | w->account[items[i]];
    qsort(room->keys, n_keys, sizeof *room->keys, by_number);
    uint64_t *sharing = room->sharing; // account, and how often from this address
    for (size_t from = 0, to; from < n_keys; from = to) {
        bool more = false;
        for (to = from; to < n_keys && room->keys[to] >> 32 == room->keys[from] >> 32; to++)
            more |= room->keys[to] != room->keys[from];
        for (size_t i = from, j; more && i < to; i = j) {
            for (j = i; j < to && room->keys[j] == room->keys[i];)
                j++;
            sharing[n_shared++] = room->keys[i] << 32 | (j - i);
        }
    }
    qsort(sharing, n_shared, sizeof *sharing, by_number);
    size_t n_distinct = 0, n_kept = 0;
    for (size_t i = 0; i < n_shared; i++) // the last of an account is its most used shared address
        if (i + 1 == n_shared || sharing[i + 1] >> 32 != sharing[i] >> 32) {
            n_distinct++;
            n_kept += (uint32_t)sharing[i];
        }
    m->value[SCORE_CLIENT] = (double)n_distinct / (double)m->n_accounts;
    m->value[SCORE_ORGANISATION] = (double)n_kept / (double)n; // times office hours, later
}

// The most frequent number that is not 0, and how often it is there.
static size_t most_frequent(const uint32_t *number, const uint32_t *items, size_t n,
                            struct room *room, uint32_t *which)
{
    size_t n_keys = 0, n_top = 0;
    for (size_t i = 0; i < n; i++)
        if (number[items[i]])
            room->keys[n_keys++] = number[items[i]];
    qsort(room->keys, n_keys, sizeof *room->keys, by_number);
    *which = 0;
    for (size_t from = 0, to; from < n_keys; from = to) {
        for (to = from; to < n_keys && room->keys[to] == room->keys[from];)
            to++;
        if (to - from > n_top) {
            n_top = to - from;
            *which = (uint32_t)room->keys[from];
        }
    }
    return n_top;
}

// Share sent on working days within the best window of OFFICE_HOURS hours, whatever the time zone.
static double office_share(const int32_t *times, size_t n)
{
    size_t hours[24] = { 0 }, best = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t week = (((int64_t)times[i] - MONDAY) % (7 * DAY) + 7 * DAY) % (7 * DAY);
        if (week < 5 * DAY)
            hours[week % DAY / 60]++;
    }
    for (size_t from = 0; from < 24; from++) {
        size_t sum = 0;
        for (size_t h = 0; h < OFFICE_HOURS; h++)
            sum += hours[(from + h) % 24];
        best = size_max(best, sum);
    }
    return (double)best / (double)n;
}

// Where most of the prompts have a time: a few times say nothing of the others.
static void measure_times(const struct score_world *w, const uint32_t *items, size_t n,
                          struct room *room, struct measured *m)
{
    size_t n_times = 0, most = 0;
    for (size_t i = 0; i < n; i++)
        if (w->minute[items[i]] != SCORE_NO_TIME)
            room->times[n_times++] = w->minute[items[i]];
    if (n_times < 2 || n_times * 2 <= n) {
        m->value[SCORE_ORGANISATION] = 0;
        return;
    }
    qsort(room->times, n_times, sizeof *room->times, by_minute);
    double half = (double)quarter_to_quarter(room->times, n_times);
    m->value[SCORE_TOGETHER] = w->middle_half > 0 ? fmax(0, 1 - half / w->middle_half) : 0;
    for (size_t from = 0, to = 0; from < n_times; from++) {
        while (to < n_times && (int64_t)room->times[to] - room->times[from] < DAY)
            to++;
        most = size_max(most, to - from);
    }
    m->value[SCORE_BURST] = (double)most / (double)n_times;
    double office = office_share(room->times, n_times);
    m->value[SCORE_ORGANISATION] = (w->has_address ? m->value[SCORE_ORGANISATION] : 0.75) * office;
}

static struct measured measure(const struct score_world *w, const uint32_t *items, size_t n,
                               struct room *room)
{
    struct measured m = { .n_accounts = 0 };
    measure_accounts(w, items, n, room, &m);
    if (w->has_address)
        measure_addresses(w, items, n, room, &m);
    uint32_t which;
    if (w->has_agent)
        m.value[SCORE_AGENT] = (double)most_frequent(w->agent, items, n, room, &which) / (double)n;
    size_t n_top = w->has_cluster ? most_frequent(w->cluster, items, n, room, &which) : 0;
    if (n_top)
        m.value[SCORE_CLUSTER] = fmin(1, (double)n_top / w->n_in_cluster[which]);
    if (w->has_time)
        measure_times(w, items, n, room, &m);
    else
        m.value[SCORE_ORGANISATION] = 0;
    return m;
}

// ---- points

static double cut(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

// What a part earns for its value beyond chance; the two that take away work on their own scale.
static double points_of(enum score_part part, double value, double chance)
{
    double weight = parts[part].weight;
    if (part == SCORE_TEMPLATE)
        return weight * cut((value - 0.2) / 0.5);
    if (part == SCORE_ONE_OFF)
        return weight * cut((value - 0.4) / 0.5);
    if (part == SCORE_ORGANISATION)
        return weight * cut((value - 0.5) / 0.25);
    return chance >= 1 ? 0 : weight * cut((value - chance) / (1 - chance));
}

static double total_of(const double *value, const double *chance, double *points)
{
    double total = 0;
    for (int part = 0; part < SCORE_N_PARTS; part++) {
        double one = points_of((enum score_part)part, value[part], chance[part]);
        if (points)
            points[part] = one;
        total += one;
    }
    return fmax(0, total);
}

static struct room make_room(struct arena *a, size_t n)
{
    return (struct room){ arena_array(a, n, sizeof(uint64_t)), arena_array(a, n, sizeof(uint64_t)),
                          arena_array(a, n, sizeof(int32_t)), arena_array(a, n, sizeof(double)) };
}

// ---- chance

size_t score_n_drawn(size_t n, size_t n_all)
{
    size_t step = 1;
    while (n > 4096 && step * 32 <= n)
        step *= 2;
    return size_min(n_all, (n + step - 1) / step * step);
}

// n different places, as in the group that is compared.
static void draw_items(struct rng *rng, uint8_t *seen, size_t n_all, uint32_t *items, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t at = (uint32_t)rng_below(rng, n_all);
        if (!seen[at])
            items[i++] = at;
        seen[at] = 1;
    }
    for (size_t i = 0; i < n; i++)
        seen[items[i]] = 0;
}

void score_draw(const struct score_world *w, size_t n, uint64_t seed, uint8_t *seen,
                struct arena *scratch, struct score_chance *chance)
{
    struct arena_mark start = arena_save(scratch);
    struct room room = make_room(scratch, n);
    uint32_t *items = arena_array(scratch, n, sizeof *items);
    struct rng rng;
    rng_init(&rng, seed ^ mix_bits(n), "coordinated");
    memset(chance, 0, sizeof *chance);
    for (size_t i = 0; i < SCORE_DRAWS && !stop_asked(); i++) {
        draw_items(&rng, seen, w->n, items, n);
        struct measured drawn = measure(w, items, n, &room);
        memcpy(chance->value[i], drawn.value, sizeof drawn.value);
        chance->most_core = size_max(chance->most_core, drawn.n_core);
        for (int part = 0; part < SCORE_N_PARTS; part++)
            chance->mean[part] += drawn.value[part] / SCORE_DRAWS;
    }
    arena_rewind(scratch, start);
}

static void compare(const struct score_chance *chance, struct score *score)
{
    size_t n_above[SCORE_N_PARTS] = { 0 }, n_total = 0;
    memcpy(score->chance, chance->mean, sizeof score->chance);
    score->chance[SCORE_TEMPLATE] = score->chance[SCORE_RARE] = 0; // not drawn
    score->total = total_of(score->value, score->chance, score->points);
    for (size_t i = 0; i < SCORE_DRAWS; i++) {
        double drawn[SCORE_N_PARTS];
        memcpy(drawn, chance->value[i], sizeof drawn);
        drawn[SCORE_TEMPLATE] = score->value[SCORE_TEMPLATE]; // the wording is given
        drawn[SCORE_RARE] = score->value[SCORE_RARE];
        for (int part = 0; part < SCORE_N_PARTS; part++)
            n_above[part] += drawn[part] >= score->value[part];
        n_total += total_of(drawn, score->chance, NULL) >= score->total;
    }
    for (int part = 0; part < SCORE_N_PARTS; part++)
        score->p[part] = (double)(n_above[part] + 1) / (SCORE_DRAWS + 1);
    score->p_total = (double)(n_total + 1) / (SCORE_DRAWS + 1);
}

static void find_ends(const struct score_world *w, const uint32_t *items, size_t n,
                      struct score *score)
{
    score->first_minute = score->last_minute = SCORE_NO_TIME;
    for (size_t i = 0; i < n; i++) {
        int32_t minute = w->minute[items[i]];
        if (minute == SCORE_NO_TIME)
            continue;
        if (score->first_minute == SCORE_NO_TIME || minute < score->first_minute)
            score->first_minute = minute;
        score->last_minute = minute > score->last_minute ? minute : score->last_minute;
    }
}

void score_group(const struct score_world *w, const uint32_t *items, size_t n,
                 const struct score_chance *chance, struct arena *scratch, struct score *score)
{
    struct arena_mark start = arena_save(scratch);
    struct room room = make_room(scratch, n);
    struct measured own = measure(w, items, n, &room);
    double likeness = 0, rarity = 0;
    for (size_t i = 0; i < n; i++) {
        likeness += (double)w->likeness[items[i]];
        rarity += (double)w->rarity[items[i]];
    }
    own.value[SCORE_TEMPLATE] = likeness / (double)n;
    own.value[SCORE_RARE] = cut((rarity / (double)n - 1) / 3); // a tenth of all … one in 10,000
    memset(score, 0, sizeof *score);
    memcpy(score->value, own.value, sizeof score->value);
    score->n_accounts = own.n_accounts;
    score->n_repeating = own.n_repeating;
    score->n_core = own.n_core;
    find_ends(w, items, n, score);
    compare(chance, score);
    arena_rewind(scratch, start);
}
