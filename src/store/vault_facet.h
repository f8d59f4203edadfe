// SPDX-License-Identifier: Apache-2.0
// Facet values in the vault: written by the facet stage, read by embed, describe, audit and
// publish. Only conversations that count (no copies) have values. Values derive from one
// person's words even after scrubbing, hence `raw`. Names of facets: run/facet_catalog.c.
//
//     struct facet_walk walk;
//     int rc = facet_walk_open(&walk, vault, "request", 0, err);
//     bool found = true;
//     while (!rc && !(rc = facet_walk_next(&walk, &found, err)) && found)
//         use(walk.seq, walk.value);
//     facet_walk_close(&walk);
#ifndef STORE_VAULT_FACET_H
#define STORE_VAULT_FACET_H

#include "store/vault.h"

struct sql_query;

// Replaces a value that is there. Call inside a transaction.
int vault_put_facet(struct vault *vault, int64_t seq, const char *facet, struct raw value,
                    struct err *err) MUST_USE;
// Why the model gave no answer; `reason` is one of our own short codes, never a person's words.
int vault_put_facet_gap(struct vault *vault, int64_t seq, const char *reason, struct err *err)
    MUST_USE;
int vault_drop_facet_gap(struct vault *vault, int64_t seq, struct err *err) MUST_USE;
int vault_count_facet_gaps(struct vault *vault, int64_t *n, struct err *err) MUST_USE;
// The next conversations with this reason and seq > after, in order: at most max, in the arena.
int vault_read_facet_gaps(struct vault *vault, const char *reason, int64_t after, size_t max,
                          struct arena *a, int64_t **seqs, size_t *n, struct err *err) MUST_USE;

// One facet of all conversations, in the order of seq, those with seq > after. Several walks may be
// open at a time. open: close is to be called whatever open returned.
struct facet_walk {
    int64_t seq;
    struct raw value; // borrowed until the next call
    struct sql_query *query;
};
int facet_walk_open(struct facet_walk *walk, struct vault *vault, const char *facet, int64_t after,
                    struct err *err) MUST_USE;
int facet_walk_next(struct facet_walk *walk, bool *found, struct err *err) MUST_USE;
void facet_walk_close(struct facet_walk *walk);

// One value; ptr NULL when it is not there. In the arena.
int vault_get_facet(struct vault *vault, int64_t seq, const char *facet, struct arena *a,
                    struct raw *value, struct err *err) MUST_USE;
// Where to go on: all conversations up to this seq that count have the facet. And how many there
// have it.
int vault_last_facet(struct vault *vault, const char *facet, int64_t *seq, int64_t *n,
                     struct err *err) MUST_USE;

// How often each value of a facet stands in the vault (each conversation counts with its weight),
// most frequent first, ties by value. For facets from closed lists: language, concern.
struct facet_count {
    struct raw value;
    int64_t n;
};
struct facet_counts {
    struct facet_count *items; // in the arena
    size_t n;
};
int vault_count_gap_reasons(struct vault *vault, struct arena *a, struct facet_counts *counts,
                            struct err *err) MUST_USE; // each gap counts once
int vault_count_screen_gaps(struct vault *vault, struct arena *a, struct facet_counts *counts,
                            struct err *err) MUST_USE; // answers that are neither yes nor no
// "malformed 3, not-asked 2" of them, in the arena.
struct str facet_counts_text(const struct facet_counts *counts, struct arena *a);
int64_t facet_counts_of(const struct facet_counts *counts, const char *value); // 0: there is none
int64_t facet_counts_sum(const struct facet_counts *counts);
int vault_count_facet_values(struct vault *vault, const char *facet, struct arena *a,
                             struct facet_counts *counts, struct err *err) MUST_USE;

#endif
