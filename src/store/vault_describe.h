// SPDX-License-Identifier: Apache-2.0
// Phrases, titles and summaries of base clusters in the vault: written by the describe stage, read
// by hierarchy, audit and publish. And the placed conversations with what phrases are counted in.
#ifndef STORE_VAULT_DESCRIBE_H
#define STORE_VAULT_DESCRIBE_H

#include "store/vault.h"

struct sql_query;

// Every placed conversation with its facet values, in the order of seq. `facet` is the one that is
// clustered: of a facet of the user's own, its value stands in the place of the request, and there
// is no task and no opening.
//     struct placed_walk walk;
//     int rc = placed_walk_open(&walk, vault, "request", err);
//     bool found = true;
//     while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found)
//         use(&walk);
//     placed_walk_close(&walk);
struct placed_walk {
    int64_t seq;
    int64_t cluster_id;                 // 0: unclustered
    int64_t account_id;                 // 0: the conversation has no account
    // Borrowed until the next call; empty when not there.
    struct raw request, task, opening, language, subject;
    struct sql_query *query;
};
// Close is to be called whatever open returned.
int placed_walk_open(struct placed_walk *walk, struct vault *vault, const char *facet,
                     struct err *err) MUST_USE;
int placed_walk_next(struct placed_walk *walk, bool *found, struct err *err) MUST_USE;
void placed_walk_close(struct placed_walk *walk);

// Base clusters that are kept, by id.
struct described_cluster {
    int64_t id, n_conversations, n_accounts;
};
int vault_list_described(struct vault *vault, struct arena *a, struct described_cluster **list,
                         size_t *n, struct err *err) MUST_USE;

struct vault_phrase {
    struct raw text;
    int64_t n_accounts, n_conversations;
    double score;
};
// Inside a transaction. Ranks count from 0, best first.
int vault_put_phrase(struct vault *vault, int64_t cluster_id, int rank,
                     const struct vault_phrase *phrase, struct err *err) MUST_USE;
int vault_put_description(struct vault *vault, int64_t cluster_id, struct raw title,
                          struct raw summary, struct err *err) MUST_USE;
// Empties both tables; inside a transaction.
int vault_clear_descriptions(struct vault *vault, struct err *err) MUST_USE;

// ptr NULL when the cluster has none. In the arena.
int vault_get_description(struct vault *vault, int64_t cluster_id, struct arena *a,
                          struct raw *title, struct raw *summary, struct err *err) MUST_USE;
int vault_get_phrases(struct vault *vault, int64_t cluster_id, struct arena *a,
                      struct vault_phrase **list, size_t *n, struct err *err) MUST_USE;

#endif
