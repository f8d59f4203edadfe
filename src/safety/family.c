// SPDX-License-Identifier: Apache-2.0
#include "safety/family.h"

#include "safety/statistics.h"

#include <stdlib.h>
#include <string.h>

#define N_BANDS 21
#define BAND_VALUES 3
#define MOST_COMPARED 24   // of a band's leaders, newest first
#define MOST_OF_ACCOUNT 48 // families of one account that are looked at for joining

// ---- families by wording

struct bands {
    uint32_t *heads, *next; // next[i_leader · N_BANDS + band]; FAMILY_NONE ends a chain
    uint32_t *prompt;       // of each leader, in the order they came
    uint64_t mask;
    size_t n_leaders;
};

static uint32_t *head_of(const struct bands *bands, const struct sketch *s, uint64_t band)
{
    uint64_t key = 0;
    memcpy(&key, s->values + band * BAND_VALUES, BAND_VALUES * sizeof s->values[0]);
    return &bands->heads[mix_bits(key ^ mix_bits(band + 1)) & bands->mask];
}

// The likest leader; FAMILY_NONE when none is like enough. Ties go to the earlier one.
static uint32_t find_leader(const struct bands *bands, const struct sketch *sketches, size_t i,
                            size_t *n_equal)
{
    uint32_t best = FAMILY_NONE;
    *n_equal = (size_t)(FAMILY_LIKENESS * SKETCH_VALUES);
    for (uint64_t band = 0; band < N_BANDS; band++) {
        uint32_t at = *head_of(bands, &sketches[i], band);
        for (size_t n = 0; at != FAMILY_NONE && n < MOST_COMPARED; n++) {
            uint32_t prompt = bands->prompt[at];
            size_t equal = prompt == best ? 0 : sketch_equal(&sketches[prompt], &sketches[i]);
            if (equal > *n_equal || (equal == *n_equal && best != FAMILY_NONE && prompt < best)) {
                *n_equal = equal;
                best = prompt;
            }
            at = bands->next[(size_t)at * N_BANDS + band];
        }
    }
    return best;
}

static void add_leader(struct bands *bands, const struct sketch *sketches, size_t i)
{
    size_t at = bands->n_leaders++;
    bands->prompt[at] = (uint32_t)i;
    for (uint64_t band = 0; band < N_BANDS; band++) {
        uint32_t *head = head_of(bands, &sketches[i], band);
        bands->next[at * N_BANDS + band] = *head;
        *head = (uint32_t)at;
    }
}

int family_find(const struct sketch *sketches, size_t n, struct arena *scratch, uint32_t *leader,
                float *likeness, struct err *err)
{
    struct arena_mark start = arena_save(scratch);
    struct bands bands = { .mask = 1 };
    while (bands.mask < (uint64_t)n * 8)
        bands.mask *= 2;
    bands.heads = arena_try(scratch, bands.mask, sizeof *bands.heads, "the bands", err);
    bands.next = arena_try(scratch, n + 1, N_BANDS * sizeof *bands.next, "the bands", err);
    bands.prompt = arena_try(scratch, n + 1, sizeof *bands.prompt, "the bands", err);
    bool there = bands.heads && bands.next && bands.prompt;
    if (there)
        memset(bands.heads, 0xFF, bands.mask * sizeof *bands.heads);
    bands.mask--;
    for (size_t i = 0; there && i < n; i++) {
        size_t n_equal = 0;
        leader[i] = sketches[i].there ? find_leader(&bands, sketches, i, &n_equal) : FAMILY_NONE;
        likeness[i] = leader[i] == FAMILY_NONE ? 1 : (float)n_equal / SKETCH_VALUES;
        if (sketches[i].there && leader[i] == FAMILY_NONE) {
            leader[i] = (uint32_t)i;
            add_leader(&bands, sketches, i);
        }
    }
    arena_rewind(scratch, start);
    return there ? 0 : (int)err->code;
}

// ---- families with accounts in common

struct family_params family_default_params(size_t n_accounts)
{
    return (struct family_params){ 3, n_accounts / 25 + 20, 1e-7, 0.2 };
}

struct use { // one account's use of one family
    uint32_t family, account;
};
struct pair {
    uint32_t a, b; // families, a < b
};

static int by_family(const void *x, const void *y)
{
    const struct use *a = x, *b = y;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return (a->account > b->account) - (a->account < b->account);
}

static int by_account(const void *x, const void *y)
{
    const struct use *a = x, *b = y;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return (a->family > b->family) - (a->family < b->family);
}

static int by_pair(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

struct join {
    const struct family_params *params;
    struct use *uses; // distinct
    size_t n_uses;
    uint32_t *n_accounts; // of each family, by its leader
    uint32_t *root;       // union-find over leaders
    double n_effective;   // accounts as if all were equally busy
};

static uint32_t find_root(uint32_t *root, uint32_t i)
{
    while (root[i] != i)
        i = root[i] = root[root[i]];
    return i;
}

static size_t drop_doubles(struct use *uses, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || by_family(&uses[i], &uses[n_kept - 1]) != 0)
            uses[n_kept++] = uses[i];
    return n_kept;
}

// Busy accounts meet in more families: the number of equally busy accounts that would meet as
// often.
static double count_effective(const uint32_t *account, size_t n, size_t n_accounts,
                              struct arena *scratch)
{
    uint32_t *busy = arena_zero_array(scratch, n_accounts + 1, sizeof *busy);
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        busy[account[i]]++;
    for (size_t i = 0; i < n_accounts; i++)
        squares += (double)busy[i] * busy[i];
    return squares > 0 ? (double)n * (double)n / squares : 1;
}

static bool may_join(const struct join *join, uint32_t family)
{
    uint32_t n = join->n_accounts[family];
    return n >= 2 && n <= join->params->most_accounts;
}

// Joins the families of one run of equal pairs when they share more accounts than chance gives.
static void try_pair(struct join *join, struct pair pair, size_t n_common)
{
    double a = join->n_accounts[pair.a], b = join->n_accounts[pair.b];
    double smaller = a < b ? a : b;
    if (n_common < 2 || (double)n_common < join->params->least_share * smaller ||
        poisson_tail((double)n_common, a * b / join->n_effective) > join->params->most_chance)
        return;
    uint32_t x = find_root(join->root, pair.a), y = find_root(join->root, pair.b);
    if (x != y)
        join->root[x < y ? y : x] = x < y ? x : y;
}

static size_t end_of_account(const struct join *join, size_t from)
{
    size_t to = from;
    while (to < join->n_uses && join->uses[to].account == join->uses[from].account)
        to++;
    return to;
}

static int join_pairs(struct join *join, struct arena *scratch, struct err *err)
{
    size_t n_pairs = 0;
    for (size_t from = 0, to; from < join->n_uses; from = to) {
        to = end_of_account(join, from);
        size_t n = size_min(to - from, MOST_OF_ACCOUNT);
        n_pairs += n * (n - 1) / 2;
    }
    struct pair *pairs = arena_try(scratch, n_pairs + 1, sizeof *pairs, "pairs of families", err);
    if (!pairs)
        return (int)err->code;
    n_pairs = 0;
    for (size_t from = 0, to; from < join->n_uses; from = to) {
        to = end_of_account(join, from);
        size_t end = from + size_min(to - from, MOST_OF_ACCOUNT);
        for (size_t i = from; i < end; i++)
            for (size_t j = i + 1; j < end; j++)
                pairs[n_pairs++] = (struct pair){ join->uses[i].family, join->uses[j].family };
    }
    qsort(pairs, n_pairs, sizeof *pairs, by_pair);
    for (size_t from = 0, to; from < n_pairs; from = to) {
        for (to = from; to < n_pairs && by_pair(&pairs[to], &pairs[from]) == 0;)
            to++;
        try_pair(join, pairs[from], to - from);
    }
    return 0;
}

// Distinct uses by families that may be joined, in the order of accounts.
static void gather_uses(struct join *join, const uint32_t *leader, const uint32_t *account,
                        size_t n)
{
    join->n_uses = 0;
    for (size_t i = 0; i < n; i++)
        if (leader[i] != FAMILY_NONE)
            join->uses[join->n_uses++] = (struct use){ leader[i], account[i] };
    qsort(join->uses, join->n_uses, sizeof *join->uses, by_family);
    join->n_uses = drop_doubles(join->uses, join->n_uses);
    for (size_t i = 0; i < join->n_uses; i++)
        join->n_accounts[join->uses[i].family]++;
    size_t n_kept = 0;
    for (size_t i = 0; i < join->n_uses; i++)
        if (may_join(join, join->uses[i].family))
            join->uses[n_kept++] = join->uses[i];
    join->n_uses = n_kept;
    qsort(join->uses, join->n_uses, sizeof *join->uses, by_account);
}

// Distinct accounts of each joined group, counted at its root.
static uint32_t *count_joined(struct join *join, const uint32_t *leader, const uint32_t *account,
                              size_t n, struct arena *scratch)
{
    uint32_t *n_of = arena_zero_array(scratch, n + 1, sizeof *n_of);
    join->n_uses = 0;
    for (size_t i = 0; i < n; i++)
        if (leader[i] != FAMILY_NONE)
            join->uses[join->n_uses++] =
                (struct use){ find_root(join->root, leader[i]), account[i] };
    qsort(join->uses, join->n_uses, sizeof *join->uses, by_family);
    join->n_uses = drop_doubles(join->uses, join->n_uses);
    for (size_t i = 0; i < join->n_uses; i++)
        n_of[join->uses[i].family]++;
    return n_of;
}

static void number_groups(struct join *join, const uint32_t *leader, const uint32_t *account,
                          size_t n, struct arena *scratch, uint32_t *group, size_t *n_groups)
{
    const uint32_t *n_of = count_joined(join, leader, account, n, scratch);
    uint32_t *number = arena_array(scratch, n + 1, sizeof *number);
    memset(number, 0xFF, (n + 1) * sizeof *number);
    *n_groups = 0;
    for (size_t i = 0; i < n; i++) {
        group[i] = FAMILY_NONE;
        uint32_t root = leader[i] == FAMILY_NONE ? 0 : find_root(join->root, leader[i]);
        if (leader[i] == FAMILY_NONE || n_of[root] < join->params->least_accounts)
            continue;
        if (number[root] == FAMILY_NONE)
            number[root] = (uint32_t)(*n_groups)++;
        group[i] = number[root];
    }
}

int family_join(const uint32_t *leader, const uint32_t *account, size_t n, size_t n_accounts,
                const struct family_params *params, struct arena *scratch, uint32_t *group,
                size_t *n_groups, struct err *err)
{
    struct arena_mark start = arena_save(scratch);
    struct join join = { .params = params };
    join.uses = arena_try(scratch, n + 1, sizeof *join.uses, "uses of families", err);
    join.n_accounts = arena_try(scratch, n + 1, sizeof *join.n_accounts, "families", err);
    join.root = arena_try(scratch, n + 1, sizeof *join.root, "families", err);
    int rc = join.uses && join.n_accounts && join.root ? 0 : (int)err->code;
    if (!rc) {
        memset(join.n_accounts, 0, (n + 1) * sizeof *join.n_accounts);
        for (size_t i = 0; i < n; i++)
            join.root[i] = (uint32_t)i;
        join.n_effective = count_effective(account, n, n_accounts, scratch);
        gather_uses(&join, leader, account, n);
        rc = join_pairs(&join, scratch, err);
    }
    if (!rc)
        number_groups(&join, leader, account, n, scratch, group, n_groups);
    arena_rewind(scratch, start);
    return rc;
}
