// SPDX-License-Identifier: Apache-2.0
// What outlives a release in a run that grows (`clio append`, docs/append.md): batches of
// conversations that came later, who is who in the atlas, and what became of whom.
#ifndef STORE_VAULT_PAST_H
#define STORE_VAULT_PAST_H

#include "store/vault.h"

// Batches -----------------------------------------------------------------------------------------

enum batch_state { BATCH_READING, BATCH_WORKING, BATCH_RELEASED };
// Whether base clusters stay, are found from where they are, or from nothing; AUTO: the stage
// cluster makes it one of the first two.
enum batch_recluster { BATCH_KEEP, BATCH_WARM, BATCH_ANEW, BATCH_AUTO };
struct vault_batch {
    int64_t id;        // 1, 2, 3 …; 0: the run never grew
    int64_t first_seq; // its conversations have this seq or a higher one
    int64_t n_sources; // inputs that were there before it
    enum batch_state state;
    enum batch_recluster recluster;
    bool clustered;      // the stage cluster is through with it in this tree
    struct str settings; // how it is read, for pipeline/append.c; in the arena
    int64_t first_open;  // first_seq of the oldest batch that is not released; 0: all are
};
// The newest one; recluster and clustered as the tree in place has them.
int vault_get_batch(struct vault *vault, struct arena *a, struct vault_batch *batch,
                    struct err *err) MUST_USE;
// Adds it or writes it over, but for what the stage cluster says of it. For use inside a
// transaction or alone.
int vault_put_batch(struct vault *vault, const struct vault_batch *batch, struct err *err) MUST_USE;
// The stage cluster is through with it in the tree in place, and has decided so.
int vault_put_clustered(struct vault *vault, int64_t batch_id, enum batch_recluster recluster,
                        struct err *err) MUST_USE;
// *through: in some tree it is through with a batch that is not released. Else what it decided of
// batches that come to it again is forgotten.
int vault_forget_clustered(struct vault *vault, bool *through, struct err *err) MUST_USE;
// Takes back a batch that was being read: its conversations, accounts, inputs and the batch itself.
// Inside a transaction.
int vault_drop_batch(struct vault *vault, const struct vault_batch *batch,
                     struct err *err) MUST_USE;
int vault_release_batches(struct vault *vault, struct err *err) MUST_USE; // all of them
// While the others are released anew, those of open batches count nowhere, neither by themselves
// nor as copies of what was there; the stage bound has work to do then. Given back, they are as
// before but for bound, which draws them; nothing happens when they were not set aside. Both in a
// transaction of their own.
int vault_set_aside(struct vault *vault, int64_t first_seq, struct err *err) MUST_USE;
int vault_give_back(struct vault *vault, int64_t first_seq, struct err *err) MUST_USE;
// Conversations from a seq on; those of them that no stage left out, and their accounts.
int vault_count_batch(struct vault *vault, int64_t first_seq, int64_t *n_read,
                      int64_t *n_conversations, int64_t *n_accounts, struct err *err) MUST_USE;
// Who these are (noise_person): accounts by their numbers in the whole run, or conversations.
int vault_batch_people(struct vault *vault, int64_t first_seq, bool has_accounts, uint64_t *people,
                       struct err *err) MUST_USE;

// Conversations before `first_seq` that go on now and were asked for no facets, rising, in the
// arena: the model said yes to them later, or had no answer before.
int vault_read_unasked(struct vault *vault, int64_t first_seq, struct arena *a, int64_t **seqs,
                       size_t *n, struct err *err) MUST_USE;

// What was released last --------------------------------------------------------------------------

// Keeps what the line released in the tree in place: who is who, with titles and places. Then, when
// all trees have, that a release's past is kept. Both inside a transaction.
int vault_keep_past(struct vault *vault, struct err *err) MUST_USE;
int vault_count_past(struct vault *vault, struct err *err) MUST_USE;

struct past_cluster {
    int64_t id, parent_id;     // in the atlas; parent_id 0 = top
    int level;                 // 0 = base
    struct raw title, summary; // ptr NULL: withheld
    int64_t n_conversations, n_accounts;
    int grade;
    bool placed;
    double x, y;
};
// By level, the base first, then by id. n 0 when nothing is kept. In the arena.
int vault_read_past(struct vault *vault, struct arena *a, struct past_cluster **list, size_t *n,
                    struct err *err) MUST_USE;
struct past_overlap { // conversations that were in one and are in the other now
    int64_t past_id;  // in the atlas
    int64_t base_id;  // base cluster in the vault, 0: in none now
    int64_t n;
};
// Of the conversations that were in a base cluster then and are still counted. By past_id, base_id.
int vault_read_overlaps(struct vault *vault, struct arena *a, struct past_overlap **list, size_t *n,
                        struct err *err) MUST_USE;
// The largest id that a cluster of any release and tree had, or has been given; 0: none.
int vault_last_atlas_id(struct vault *vault, int64_t *id, struct err *err) MUST_USE;

// Who base cluster `base_id` of the tree in place is in the atlas, and the other way round; 0:
// nobody (it is under a floor, it is gone), or the stage hierarchy is not through. Not in mode dp.
int vault_find_atlas_id(struct vault *vault, int64_t base_id, int64_t *atlas_id,
                        struct err *err) MUST_USE;
int vault_find_base(struct vault *vault, int64_t atlas_id, int64_t *base_id,
                    struct err *err) MUST_USE;
// Who is who now: written by the stage hierarchy. Inside a transaction.
int vault_put_identity(struct vault *vault, int64_t node_id, int64_t atlas_id,
                       struct err *err) MUST_USE;

// Lineage -----------------------------------------------------------------------------------------

struct vault_event {
    int64_t publication_id;
    struct str kind;                     // born, split, merged, died, retitled
    int64_t cluster_id;                  // in the atlas
    int64_t other_id;                    // 0: none
    struct raw title;                    // of one that is gone; ptr NULL: none
    int64_t n_accounts, n_conversations; // what the title stood on
    int grade;
    int64_t tree; // 1, 2, 3 …
};
struct vault_publication {
    int64_t id;          // 1, 2, 3 …
    struct str last_day; // ptr NULL: not known
    int64_t n_conversations, n_base; // n_base: of all trees
};
// The number of the release that is being made: one more than those whose past is kept.
int vault_next_publication(struct vault *vault, int64_t *id, struct err *err) MUST_USE;
// Writes the release over with its events, in a transaction of its own.
int vault_put_publication(struct vault *vault, const struct vault_publication *publication,
                          const struct vault_event *events, size_t n, struct err *err) MUST_USE;
int vault_read_publications(struct vault *vault, struct arena *a, struct vault_publication **list,
                            size_t *n, struct err *err) MUST_USE;
// Events of releases before `before`, oldest first.
int vault_read_lineage(struct vault *vault, int64_t before, struct arena *a,
                       struct vault_event **list, size_t *n, struct err *err) MUST_USE;

#endif
