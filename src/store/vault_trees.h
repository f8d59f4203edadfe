// SPDX-License-Identifier: Apache-2.0
// One set of tables a tree. Several clustered facets make several trees (docs/decisions/0013): the
// stages from embed to map work once for each, in a set of tables of its own, and all else in the
// vault is shared. One set is in place, under the names of vault.sql; the others are parked beside
// it in the same file, as tree_2_member and so on. At rest the first set is in place, so whoever
// knows of no trees sees the first.
#ifndef STORE_VAULT_TREES_H
#define STORE_VAULT_TREES_H

#include "store/vault.h"

// Added to the version of a vault with more than one set: a program that knows of one would leave
// the others' rows behind in a purge, and must not open it.
#define VAULT_MORE_TREES 100

// How many sets there are, at least 1.
int vault_trees_count(struct vault *vault, size_t *n, struct err *err) MUST_USE;
// Puts set `tree` (0: the first) in place, in one transaction of its own, and makes it, empty, when
// it is not there yet: sets are made in order. No walk may be open. Costs some milliseconds: tables
// are renamed, no row is touched.
int vault_trees_choose(struct vault *vault, size_t tree, struct err *err) MUST_USE;
// Runs statements once for each set, the one in place first, with what the names of its tables
// begin with in place of each @ in them. They are ours: no word of anybody's.
int vault_trees_exec(struct vault *vault, const char *text, struct err *err) MUST_USE;
// The largest number that such a query gives for a set, at least 0.
int vault_trees_most(struct vault *vault, const char *query, int64_t *most,
                     struct err *err) MUST_USE;
// Drops the sets from number n on; n ≥ 1, and the first is in place.
int vault_trees_drop(struct vault *vault, size_t n, struct err *err) MUST_USE;

// Numbers the nodes of the set in place for the atlas behind those of the sets before it: in the
// order of vault_gate_nodes, from `before` + 1 on. *last: the largest number then.
int vault_trees_number(struct vault *vault, int64_t before, int64_t *last,
                       struct err *err) MUST_USE;

#endif
