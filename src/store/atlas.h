// SPDX-License-Identifier: Apache-2.0
// Reading the publishable store (atlas.sql): one file, read-only, for all who show it. The writer
// is in atlas_write.h.
#ifndef STORE_ATLAS_H
#define STORE_ATLAS_H

#include "base/arena.h"
#include "base/buf.h"

struct atlas;

struct atlas_cluster {
    int64_t id, parent_id; // parent_id 0 = top
    int level;             // 0 = base
    bool withheld;
    struct str title, summary; // empty when withheld
    int64_t n_conversations, n_accounts; // n_accounts -1: the corpus has no accounts
    double share;                        // of all conversations, 0 … 1
    bool placed;                         // x and y are known
    double x, y;                         // 0 … 1
};
struct atlas_facet {
    struct str facet, value;
    int64_t n_conversations;
    double share; // of the cluster, or of the corpus
};
struct atlas_cell {
    int i_x, i_y;
    double weight; // 0 … 1
};
struct atlas_info {
    struct str key, value;
};

// ERR_NO_INPUT when it is not there, ERR_DATA when it is no atlas, ERR_CONFIG when too new.
int atlas_open(struct atlas **atlas, const char *path, struct err *err) MUST_USE;
void atlas_close(struct atlas *atlas); // accepts NULL
// Trees (atlas_tree.c). All that is read below is of one of them, at first the first; what is of
// the whole corpus is the same in each.
struct atlas_tree {
    int64_t id;       // 1, 2, 3 …
    struct str facet; // that was clustered; empty: made by a clio that did not say
};
int atlas_trees(struct atlas *atlas, struct arena *a, struct atlas_tree **list, size_t *n,
                struct err *err) MUST_USE; // at least one
// By the facet's name; ERR_USAGE names those that there are.
int atlas_choose_tree(struct atlas *atlas, struct str facet, struct err *err) MUST_USE;
struct str atlas_tree_facet(struct atlas *atlas, struct arena *a); // of the chosen one
// All lists come from the arena, complete, in a fixed order: clusters by level (the top first),
// larger first, id (ERR_DATA: no tree); facets by facet, falling count, value; phrases by rank.
int atlas_clusters(struct atlas *atlas, struct arena *a, struct atlas_cluster **list, size_t *n,
                   struct err *err) MUST_USE;
void atlas_sort_by_id(struct atlas_cluster *list, size_t n); // the order of atlas_rows
int atlas_cluster_facets(struct atlas *atlas, int64_t cluster_id, struct arena *a,
                         struct atlas_facet **list, size_t *n, struct err *err) MUST_USE;
int atlas_corpus_facets(struct atlas *atlas, struct arena *a, struct atlas_facet **list, size_t *n,
                        struct err *err) MUST_USE;
int atlas_cluster_phrases(struct atlas *atlas, int64_t cluster_id, struct arena *a,
                          struct str **list, size_t *n, struct err *err) MUST_USE;
int atlas_density(struct atlas *atlas, struct arena *a, struct atlas_cell **list, size_t *n,
                  struct err *err) MUST_USE;
int atlas_run_info(struct atlas *atlas, struct arena *a, struct atlas_info **list, size_t *n,
                   struct err *err) MUST_USE;
// Whole tables, for the explorer (atlas_read_cells.c). A table that an older atlas lacks is empty.
struct atlas_row { // a cell, a phrase or a neighbour of a cluster
    int64_t cluster_id;
    struct str a, b; // facet and value; phrase
    int64_t number;  // conversations; period; cluster; support
    int64_t n_conversations;
    double share; // of the cluster, of a cell
};
enum atlas_rows {
    ATLAS_FACET_ROWS,   // a facet, b value, n_conversations; by facet, then value
    ATLAS_DETAIL_ROWS,  // the same by cluster, facet, falling count
    ATLAS_PHRASE_ROWS,  // a phrase, number: support, 0 = not told; by cluster, rank
    ATLAS_NEAR_ROWS,    // number: the near cluster; by cluster, rank
    ATLAS_TIME_ROWS,    // number: i_period, n_conversations; by cluster, period
    ATLAS_MEASURE_ROWS, // a measure, number: its value in thousandths; by measure, cluster
};
int atlas_rows(struct atlas *atlas, enum atlas_rows what, struct arena *a, struct atlas_row **list,
               size_t *n, struct err *err) MUST_USE;
struct atlas_period {
    struct str first_day;
    int64_t n_conversations; // -1: under a floor
};
int atlas_periods(struct atlas *atlas, struct arena *a, struct atlas_period **list, size_t *n,
                  struct err *err) MUST_USE;
struct atlas_pair {
    struct str facet_a, value_a, facet_b, value_b;
    int64_t n_conversations;
};
int atlas_pairs(struct atlas *atlas, struct arena *a, struct atlas_pair **list, size_t *n,
                struct err *err) MUST_USE;
struct atlas_stage {
    struct str name;
    int64_t n_in, n_out;
};
int atlas_stages(struct atlas *atlas, struct arena *a, struct atlas_stage **list, size_t *n,
                 struct err *err) MUST_USE;
struct atlas_release { // what became of whom; none for a run that never grew
    int64_t id, n_conversations, n_base;
    struct str last_day; // empty: not known
};
struct atlas_event {
    int64_t release_id, cluster_id, other_id; // other_id 0: none
    struct str kind, title;                   // the title of one that is gone, empty: not told
};
int atlas_releases(struct atlas *atlas, struct arena *a, struct atlas_release **list, size_t *n,
                   struct err *err) MUST_USE;
int atlas_lineage(struct atlas *atlas, struct arena *a, struct atlas_event **list, size_t *n,
                  struct err *err) MUST_USE;
// The documented export contract as one JSON document: {"run":{…},"clusters":[…]}.
int atlas_export_json(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;

#endif
