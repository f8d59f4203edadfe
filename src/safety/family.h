// SPDX-License-Identifier: Apache-2.0
// Families of prompts that are built alike: each prompt joins the likest earlier leader that has at
// least FAMILY_LIKENESS of its pairs in common, or leads a family of its own. Families do not grow
// from neighbour to neighbour. Candidates come from bands of the sketches (locality-sensitive
// hashing, Indyk and Motwani 1998): 21 bands of three values meet in 0.75 of cases at a likeness of
// 0.4. Families that share more accounts than chance gives are joined afterwards: one ring that
// uses several wordings or languages. Pure. Cost: 21 look-ups a prompt.
//
// Memory, beside what the caller brings (a sketch is 130 bytes): family_find takes 32 to 64 bytes a
// prompt (room for eight heads, as a power of two) and 88 a leader; where every prompt leads that
// is 120 to 152 a prompt (measured 129 at 200,000 and 152 at 262,145), 122 MB for 1,000,000, and
// where one in ten leads 41 to 73. family_join takes 24 bytes a prompt, 4 an account and 8 for each
// two families that one account uses, of at most 48: up to 188 a prompt where accounts are that
// busy. Sorting these takes as much again. Both give all of it back.
#ifndef SAFETY_FAMILY_H
#define SAFETY_FAMILY_H

#include "base/arena.h"
#include "base/minhash.h"

#define FAMILY_LIKENESS 0.30
#define FAMILY_NONE UINT32_MAX

// leader[i]: the prompt that leads the family of i (its own number for a leader), FAMILY_NONE where
// there is no sketch. likeness[i]: to the leader. ERR_UNAVAILABLE when memory is gone.
int family_find(const struct sketch *sketches, size_t n, struct arena *scratch, uint32_t *leader,
                float *likeness, struct err *err) MUST_USE;

struct family_params {
    size_t least_accounts; // groups with fewer distinct accounts are nobody's
    size_t most_accounts;  // families with more are popular: never joined to another
    double most_chance;    // two are joined when chance gives their common accounts less often
    double least_share;    // and when these are this share of the smaller one's accounts
};
struct family_params family_default_params(size_t n_accounts);

// group[i]: 0, 1, 2 … for prompts of families with enough accounts, joined; FAMILY_NONE for others.
// account[i] < n_accounts. *n_groups how many. Result independent of the numbers of accounts.
int family_join(const uint32_t *leader, const uint32_t *account, size_t n, size_t n_accounts,
                const struct family_params *params, struct arena *scratch, uint32_t *group,
                size_t *n_groups, struct err *err) MUST_USE;

#endif
