// SPDX-License-Identifier: Apache-2.0
// A prompt as a row of words with its obvious slots masked: numbers, links and mail addresses, and
// what stands in quotation marks are one word each, the same for every prompt. Shingles are pairs
// of neighbouring words: a slot of any length breaks only the pairs at its edges and inside, so
// templates with filled slots keep most of theirs. Scripts without spaces: a word a sign. Pure.
#ifndef SAFETY_PROMPT_WORDS_H
#define SAFETY_PROMPT_WORDS_H

#include "base/arena.h"
#include "base/minhash.h"

#define PROMPT_MOST_WORDS 400 // what is behind does not count
#define PROMPT_LEAST_PAIRS 8  // fewer distinct pairs are alike by chance: "tell me a joke"

struct prompt_words {
    uint32_t *hash;   // of each word, lower case
    struct str *text; // lower case; "#", "@" or "\"" for a mask
    size_t n;
};
// In the arena. `text` is well-formed UTF-8.
void prompt_words_read(struct str text, struct arena *a, struct prompt_words *words);

// The pair of the words i and i + 1.
static inline uint32_t prompt_pair(const struct prompt_words *words, size_t i)
{
    return (uint32_t)(mix_bits(((uint64_t)words->hash[i] << 32 | words->hash[i + 1]) +
                               0x9E3779B97F4A7C15u) >>
                      32);
}

// What the prompts of a sample that hold a pair weigh, by the pair's hash; 8 MiB.
#define PROMPT_COUNTS ((size_t)1 << 20)
struct prompt_counts {
    double *weight; // PROMPT_COUNTS of them; pairs that meet in one place share it
    double all;     // of all prompts
};
void prompt_counts_make(struct prompt_counts *counts, struct arena *a); // all 0
void prompt_counts_add(struct prompt_counts *counts, const struct prompt_words *words,
                       double weight, struct arena *scratch);
// Share of the sample that holds the pair, 0 … 1.
double prompt_share(const struct prompt_counts *counts, uint32_t pair);

// The sketch of the pairs that at most `most_share` of the sample hold; `there` is false when fewer
// than PROMPT_LEAST_PAIRS are left. *rarity: mean -log10 of their shares, 0 when not there.
void prompt_sketch(const struct prompt_words *words, const struct prompt_counts *counts,
                   double most_share, struct sketch *sketch, float *rarity, struct arena *scratch);

// What most of the prompts share, in the words of the first: runs of words whose pairs at least
// `least_share` of all n hold, "…" for what stands between. At most 600 bytes. In the arena.
struct str prompt_template(const struct prompt_words *prompts, size_t n, double least_share,
                           struct arena *a);

#endif
