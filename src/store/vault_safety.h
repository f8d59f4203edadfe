// SPDX-License-Identifier: Apache-2.0
// Every conversation of the vault for safety/, copies of a transcript and those that were left out
// too: a ring's prompts are near-copies of one another, and all of an account's count here.
#ifndef STORE_VAULT_SAFETY_H
#define STORE_VAULT_SAFETY_H

#include "store/vault.h"

struct safety_source {
    int64_t seq;
    int64_t stands_for; // the conversation whose facets and vector it has: itself, or the first one
    bool has_account, has_time;
    int64_t account_id, time;
    int64_t cluster_id;  // base cluster before any floor, 0: none
    int concern;         // facet, 1 … 5; 0: not graded
    struct str language; // facet; empty when not known
    int64_t transcript;  // keyed hash of the transcript that it stands for; 0: not asked for
    struct str columns;  // JSON map; ptr NULL: none, or not asked for
    struct str turns;    // JSON, vault_parse_turns; ptr NULL: not asked for
};
struct safety_sources {
    struct safety_source *items; // in the arena
    size_t n;
};
enum safety_source_part { SAFETY_TURNS = 1, SAFETY_COLUMNS = 2, SAFETY_TRANSCRIPT = 4 };
// Those with seq > after_seq in the order of seq: at most max_n, fewer when their texts pass 16
// MiB; n 0 at the end. `step` > 1: only each step-th seq. `parts`: what is wanted beside numbers.
int vault_read_sources(struct vault *vault, int64_t after_seq, int64_t step, size_t max_n,
                       int parts, struct arena *a, struct safety_sources *out,
                       struct err *err) MUST_USE;
int vault_count_sources(struct vault *vault, int64_t *n, struct err *err) MUST_USE;

#endif
