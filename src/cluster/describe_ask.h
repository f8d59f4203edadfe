// SPDX-License-Identifier: Apache-2.0
// Titles and summaries of base clusters by a strong model with the contrastive prompt of the paper
// (G.5; prompts/describe.txt): up to 50 members, 50 nearest outsiders, and the words that enough
// accounts share, which are the only content words that it may use.
#ifndef CLUSTER_DESCRIBE_ASK_H
#define CLUSTER_DESCRIBE_ASK_H

#include "ask/ask.h"
#include "ask/name_check.h"
#include "cluster/outsider.h"
#include "phrase/phrase.h"

#define DESCRIBE_SUPPORT_WORDS ((size_t)1000) // of a cluster
#define DESCRIBE_NOTE_BYTES ((size_t)300)     // of a conversation in a prompt

struct described_by_model {
    struct name *names;             // of each cluster; title.ptr NULL: none that passed the gate
    size_t n_faults[NAME_N_FAULTS]; // last faults of those that have none
    size_t n_confusable, n_apart; // pairs of siblings with like titles; told apart when asked again
    struct ask_counts counts;
};
// `words`: of each cluster. `titles`: its title by phrases, which no other cluster may take.
// One llm_ask a round for all clusters, then as many for those that may be taken for another
// (prompts/apart.txt), whose titles change where the new ones are less alike. Results in
// run->scratch.
int describe_by_model(struct run *run, const struct kept_clusters *kept,
                      const struct phrase_words *words, const struct phrase_title *titles,
                      struct scanner *scanner, struct described_by_model *out,
                      struct err *err) MUST_USE;

#endif
