// SPDX-License-Identifier: Apache-2.0
// Writing the publishable store (atlas.sql): takes only `struct clean` text, and is driven by
// privacy/publish_stage.c.
#ifndef STORE_ATLAS_WRITE_H
#define STORE_ATLAS_WRITE_H

#include "base/arena.h"
#include "base/text.h"

// Written beside `path` and renamed at the end, so a reader sees a whole atlas or the old one.
struct atlas_writer;
int atlas_writer_open(struct atlas_writer **w, const char *path, struct err *err) MUST_USE;
// Into an atlas that is open for writing, in place of what it holds: for tests that publish a
// million times. Nothing is made anew, committed, renamed or vacuumed, and finish leaves it open.
struct atlas;
int atlas_writer_again(struct atlas_writer **w, struct atlas *atlas, struct err *err) MUST_USE;
int atlas_writer_finish(struct atlas_writer *w, struct err *err) MUST_USE; // frees w in any case
void atlas_writer_abandon(struct atlas_writer *w); // accepts NULL; the old atlas stays

// What is added from here on is of this tree, 1 at first: clusters, density, info.
void atlas_writer_tree(struct atlas_writer *w, int64_t tree_id);
struct atlas_new_cluster {
    int64_t id, parent_id; // parent_id 0 = top
    int level;
    bool withheld; // then title and summary are ignored
    struct clean title, summary;
    int64_t n_conversations, n_accounts; // n_accounts -1: the corpus has no accounts
    double share;
    bool placed;
    double x, y;
};
int atlas_add_cluster(struct atlas_writer *w, const struct atlas_new_cluster *c,
                      struct err *err) MUST_USE;
// support: the least of its band (docs/atlas-format.md), never a count; 0 = not told.
int atlas_add_phrase(struct atlas_writer *w, int64_t cluster_id, int rank, struct clean phrase,
                     int64_t support, struct err *err) MUST_USE;
// cluster_id 0 = the corpus.
int atlas_add_facet(struct atlas_writer *w, int64_t cluster_id, const char *facet,
                    struct clean value, int64_t n_conversations, double share,
                    struct err *err) MUST_USE;
int atlas_add_density(struct atlas_writer *w, int i_x, int i_y, double weight,
                      struct err *err) MUST_USE;
// n_conversations -1: under a floor.
int atlas_add_period(struct atlas_writer *w, int64_t i_period, struct clean first_day,
                     int64_t n_conversations, struct err *err) MUST_USE;
int atlas_add_cluster_period(struct atlas_writer *w, int64_t cluster_id, int64_t i_period,
                             int64_t n_conversations, struct err *err) MUST_USE;
int atlas_add_pair(struct atlas_writer *w, const char *facet_a, struct clean value_a,
                   const char *facet_b, struct clean value_b, int64_t n_conversations,
                   struct err *err) MUST_USE;
int atlas_add_near(struct atlas_writer *w, int64_t cluster_id, int rank, int64_t near_id,
                   struct err *err) MUST_USE;
// measure: "coherence" (docs/atlas-format.md).
int atlas_add_measure(struct atlas_writer *w, int64_t cluster_id, const char *measure, double value,
                      struct err *err) MUST_USE;
int atlas_add_info(struct atlas_writer *w, const char *key, struct clean value,
                   struct err *err) MUST_USE;
int atlas_add_stage(struct atlas_writer *w, int position, const char *name, int64_t n_in,
                    int64_t n_out, struct err *err) MUST_USE;

#endif
