// SPDX-License-Identifier: Apache-2.0
// One score, 0 … 100, for a group of prompts built alike: the sum of parts that a person can check.
// Each part that counts accounts, times or clients stands beside what the same number of prompts
// drawn at random from the corpus gives (permutation, SCORE_DRAWS times), and only what is beyond
// chance earns points. docs/safety.md has the table of parts. Cost: n log n a draw; the draws of
// one number of prompts serve every group that has as many, so 199 n log n of all prompts at most.
#ifndef SAFETY_SCORE_H
#define SAFETY_SCORE_H

#include "base/arena.h"
#include "base/rng.h"

#define SCORE_DRAWS 199
#define SCORE_CORE_SENT 3 // prompts of an account in the core of a group, and half of all it sent
#define SCORE_DEFAULT 45.0 // groups from here on are listed
#define SCORE_NO_TIME INT32_MIN

enum score_part {
    SCORE_REPEAT,       // share of the accounts that sent it more than once (score_is_repeat)
    SCORE_USE,          // of all that the middle account sends, how much is this
    SCORE_TOGETHER,     // how close in time they lie: 1 - their middle half over the corpus's
    SCORE_TEMPLATE,     // likeness to the leading prompt
    SCORE_CLIENT,       // share of the accounts with an address that another of them uses too
    SCORE_BURST,        // share sent on the busiest day
    SCORE_RARE,         // how rare the shared phrases are, 0 … 1
    SCORE_AGENT,        // share sent by the most common client
    SCORE_CLUSTER,      // how much of the base cluster that most of it is in is this
    SCORE_ONE_OFF,      // less: share of the accounts that did not (sheets, jokes)
    SCORE_ORGANISATION, // less: each from one shared address, in office hours of working days
    SCORE_N_PARTS,
};
const char *score_part_name(enum score_part part);

// The corpus: one place a prompt. Numbers of accounts, addresses and agents count from 0; 0 as
// address or agent: not known.
struct score_world {
    const uint32_t *account, *address, *agent, *cluster;
    const uint32_t *text;  // hash of each prompt, word for word
    const int32_t *minute; // unix time in minutes, SCORE_NO_TIME: not known
    const float *likeness, *rarity;
    size_t n;
    const uint32_t *n_sent; // prompts of each account
    size_t n_accounts;
    const uint32_t *n_in_cluster; // prompts of each base cluster
    bool has_time, has_address, has_agent, has_cluster;
    double middle_half; // minutes between the first and third quarter of all times
};
// Fills has_…, n_sent, n_in_cluster and middle_half from the rest.
void score_world_make(struct score_world *world, struct arena *a);

struct score {
    double value[SCORE_N_PARTS], chance[SCORE_N_PARTS], p[SCORE_N_PARTS], points[SCORE_N_PARTS];
    double total, p_total; // 0 … 100; how often a draw reaches this total
    size_t n_accounts, n_repeating;
    size_t n_core; // accounts that sent it SCORE_CORE_SENT times and little else
    int32_t first_minute, last_minute;
};
// Whether an account that sent n of a group's prompts, n_texts different ones, comes back to it.
// The same text a second time is one more try for an answer, as with a homework sheet.
static inline bool score_is_repeat(size_t n, size_t n_texts)
{
    return n_texts > 1 || n > 2;
}
// Whether an account that sent n of a group's prompts, and n_sent in all, is of the group's core.
static inline bool score_is_core(uint64_t n, uint64_t n_sent)
{
    return n >= SCORE_CORE_SENT && 2 * n >= n_sent;
}
enum score_kind { SCORE_RING, SCORE_COPIES, SCORE_OFFICE };
enum score_kind score_kind_of(const struct score *score);
const char *score_kind_name(enum score_kind kind); // ring, copies, organisation

// What chance gives: parts of SCORE_DRAWS times n prompts drawn at random, none twice in one draw.
struct score_chance {
    double value[SCORE_DRAWS][SCORE_N_PARTS], mean[SCORE_N_PARTS];
    size_t most_core; // accounts in a draw's core, at most
};
// How many prompts are drawn for a group of n out of n_all: as many, beyond 4,096 up to a sixteenth
// more, so that groups about as large share their draws.
size_t score_n_drawn(size_t n, size_t n_all);
// n: score_n_drawn() of a group's number of prompts; it and `seed` decide the draws. seen: a byte a
// prompt of the world, all 0 before and after. Ends early, with nothing to go by, when somebody
// asked to stop (base/stop.h).
void score_draw(const struct score_world *world, size_t n, uint64_t seed, uint8_t *seen,
                struct arena *scratch, struct score_chance *chance);

// items: places in the world, n > 0. chance: of score_n_drawn(n, world->n).
void score_group(const struct score_world *world, const uint32_t *items, size_t n,
                 const struct score_chance *chance, struct arena *scratch, struct score *score);

#endif
