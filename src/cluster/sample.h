// SPDX-License-Identifier: Apache-2.0
// The best few conversations of a stream for a prompt: at most one of an account, and near-copies
// once. What "best" means is a rank that the caller gives, smallest first: a drawn number for
// members, the distance for outsiders. Memory: the few; cost: one comparison for what is not among
// them.
#ifndef CLUSTER_SAMPLE_H
#define CLUSTER_SAMPLE_H

#include "base/text.h"

#define SAMPLE_MOST 50 // members and outsiders of the paper's prompt (G.5)

struct sampled {
    double rank;
    int64_t seq;
    int64_t account;    // 0: none, then it is like no other
    uint64_t text_hash; // sample_hash of its text
};
struct sample {
    struct sampled items[SAMPLE_MOST]; // by rank, then seq
    size_t n;
};
void sample_offer(struct sample *sample, const struct sampled *offered);
// Of the letters of a text, in lower case: what differs in numbers, spaces and punctuation only is
// a near-copy.
uint64_t sample_hash(struct str text);
// A number on [0, 1) that depends on seed and seq alone.
double sample_draw(uint64_t seed, int64_t seq);

#endif
