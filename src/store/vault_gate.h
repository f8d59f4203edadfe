// SPDX-License-Identifier: Apache-2.0
// What the gates at the end of the line read from the vault, and the auditor's verdicts. Only
// privacy/ uses it.
#ifndef STORE_VAULT_GATE_H
#define STORE_VAULT_GATE_H

#include "store/vault.h"

struct sql_query;

// A node of the tree with what the stages hierarchy, audit and map found about it.
struct gate_node {
    int64_t id, parent_id; // parent_id 0 = top
    int level;             // 0 = base
    struct raw title, summary;
    int64_t n_conversations, n_accounts; // as the hierarchy counted
    int grade;                           // 0: not judged yet
    bool placed;
    double x, y;
    int64_t atlas_id;      // 0: by its place in the order of the atlas
    struct raw past_title; // of the same cluster in the release before; ptr NULL: none
    struct raw past_summary;
};
// In the order of the atlas: top level first, larger first, then by id. Title and summary are those
// of the verdict where it has some. In the arena.
int vault_gate_nodes(struct vault *vault, struct arena *a, struct gate_node **list, size_t *n,
                     struct err *err) MUST_USE;

struct gate_phrase {
    int rank;
    struct raw text;
    int64_t n_accounts, n_conversations;
};
int vault_gate_phrases(struct vault *vault, int64_t node_id, struct arena *a,
                       struct gate_phrase **list, size_t *n, struct err *err) MUST_USE;

// Single words that enough accounts share (node_word), as phrases of rank 0; none where no model
// wrote the titles.
int vault_gate_words(struct vault *vault, int64_t node_id, struct arena *a,
                     struct gate_phrase **list, size_t *n, struct err *err) MUST_USE;

struct gate_verdict {
    int grade;
    const char *reason;        // one of our own short codes, never a person's words
    struct raw title, summary; // published in place of the node's own; ptr NULL: its own stay
};
// Inside a transaction.
int vault_put_verdict(struct vault *vault, int64_t node_id, const struct gate_verdict *verdict,
                      struct err *err) MUST_USE;
int vault_clear_verdicts(struct vault *vault, struct err *err) MUST_USE;

// Every placed conversation with what is counted of it, in the order of seq. Text is borrowed
// until the next call. Close is to be called whatever open returned.
#define GATE_MOST_FACETS 32
struct gate_walk {
    int64_t seq, cluster_id; // cluster_id 0: unclustered
    int64_t account_id;
    bool has_account, has_time;
    int64_t time;                        // unix seconds
    struct raw values[GATE_MOST_FACETS]; // of the facets asked for; empty when not there
    size_t n_values;
    struct str columns; // JSON map of what else came with it; empty unless asked for
    struct sql_query *query;
    struct gate_facet { // its values, each read once, in step with the conversations
        struct sql_query *query;
        bool found;  // there is one
        int64_t seq; // whose it is
    } facets[GATE_MOST_FACETS];
};
int gate_walk_open(struct gate_walk *walk, struct vault *vault, const char *const *facets,
                   size_t n_facets, bool with_columns, struct err *err) MUST_USE;
int gate_walk_next(struct gate_walk *walk, bool *found, struct err *err) MUST_USE;
void gate_walk_close(struct gate_walk *walk);
int vault_count_placed(struct vault *vault, int64_t *n, struct err *err) MUST_USE;

struct gate_cell {
    int i_x, i_y;
    double n_conversations;
};
int vault_gate_density(struct vault *vault, struct arena *a, struct gate_cell **list, size_t *n,
                       struct err *err) MUST_USE;

struct gate_note {
    struct str stage, key; // in the arena
    int64_t value;
};
int vault_gate_notes(struct vault *vault, struct arena *a, struct gate_note **list, size_t *n,
                     struct err *err) MUST_USE;
int vault_count_bad_records(struct vault *vault, int64_t *n, struct err *err) MUST_USE;

#endif
