// SPDX-License-Identifier: Apache-2.0
// The parts of the publish stage: counting (publish_count.c), clusters (publish_cluster.c), what is
// said of the run (publish_info.c), the rest of writing (publish_stage.c). Private to privacy/.
#ifndef PRIVACY_PUBLISH_H
#define PRIVACY_PUBLISH_H

#include "base/file.h"
#include "privacy/cells.h"
#include "privacy/publish_period.h"
#include "privacy/release.h"
#include "run/flag_column.h"
#include "run/stage.h"
#include "store/atlas_write.h"
#include "store/vault_gate.h"

// The facets with a closed set of values: the first three are built in, then what a classifier said
// where --classifier names its column, then the user's own.
enum publish_facet { PUBLISH_LANGUAGE, PUBLISH_CONCERN, PUBLISH_TURNS, PUBLISH_N_BUILT_IN };
#define PUBLISH_CLASSIFIER "classifier" // no other facet may have this name (facet_catalog.c)
#define PUBLISH_MOST_FACETS FACET_MOST
#define PUBLISH_MOST_PAIRED 6 // so many facets are counted in pairs
#define PUBLISH_MOST_PAIRS (PUBLISH_MOST_PAIRED * (PUBLISH_MOST_PAIRED - 1) / 2)

struct publish_facet_list {
    const char *name;
    const char *const *values; // all that may be shown; in the end what stands for the rest
    size_t n_values;
    size_t fallback; // the value of what is in none of them
};

// A pair of facets: node 0 is all conversations in clusters, node 1 + a those with value a of the
// first facet; the values are those of the second.
struct publish_pair {
    size_t a, b; // places in the list of facets
    struct cells cells;
};

struct publish_past { // of all trees
    bool grows;       // the run has a past
    bool looks;       // nothing is written into the vault: it holds what this release wrote
    struct arena arena;
    struct vault_event *events; // what became of whom, tree by tree; in the arena
    size_t n_events, n_room;
    int64_t n_base; // base clusters
};

struct publish_place {
    int64_t id;    // in the vault
    size_t number; // in the order of the atlas, from 1
};
struct publish {
    struct run *run;
    struct publish_past *past;
    const struct publish *first; // of a further tree: the first one, which tells of the corpus
    struct cell_floors floors;
    struct count_noise noise; // mode guarded: on all that is counted
    struct gate_node *nodes; // in the order of the atlas; node i becomes cluster i + 1
    struct publish_place *places; // of the nodes, by id
    size_t n_nodes, n_withheld;
    size_t *parent;     // of cluster 1 … n_nodes; 0 = top
    bool *is_retitled;  // of each node: it had another title in the release before
    struct near_search *near; // publish_near_start
    struct cells sizes; // one value a node
    struct publish_facet_list list[PUBLISH_MOST_FACETS];
    size_t n_facets;
    size_t i_classifier; // its place in the list; SIZE_MAX: not asked for
    struct flag_column flag;
    int64_t n_labelled, n_other_labels; // conversations with a yes or a no; with another word
    struct cells facets[PUBLISH_MOST_FACETS];
    int64_t *rest[PUBLISH_MOST_FACETS];   // of each value: conversations in no cluster, rounded
    int64_t n_clustered, n_rest, n_total; // n_rest rounded, n_total = n_clustered + n_rest
    int64_t n_accounts;                   // rounded down
    bool has_period;
    int64_t first_time, last_time;
    struct period_grid grid;  // n 0: no times
    struct cells periods;     // one value a period and one for all outside of them
    int64_t *rest_of_periods; // as rest
    struct publish_pair pairs[PUBLISH_MOST_PAIRS];
    size_t n_pairs;
};

// Whether the tree has cells of facets and periods. In a mode without noise two trees of the same
// people could be subtracted from one another, so that a further tree has sizes only.
static inline bool publish_has_cells(const struct publish *p)
{
    return !p->first || p->noise.is_on;
}
// Who cluster `number` (1 … n_nodes) is in the atlas; 0 stays 0.
int64_t publish_id(const struct publish *p, size_t number);
// The number of the cluster with this id in the vault, SIZE_MAX when there is none.
size_t publish_find_node(const struct publish *p, int64_t id);
struct release_proof publish_proof(const struct publish *p, int64_t n_accounts,
                                   int64_t n_conversations, int grade);
// With noise in the mode guarded (`what` names the count), then to the nearest multiple of the
// conversations floor (at least 5).
int64_t publish_round(const struct publish *p, struct str what, int64_t n);
// Of the bands 1, 2, 5, 10, 20, 50, 100 … the least of the one in which n lies.
int64_t publish_band(int64_t n);
// The cells of one question: noise and floors, or floors and complements; then made to fit what
// nodes show.
void publish_protect(struct publish *p, struct cells *cells, struct str name);
int publish_count(struct publish *p, struct err *err) MUST_USE;
// Clusters with their phrases.
int publish_clusters(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
int publish_facets(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
int publish_periods(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
int publish_pairs(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
// Begins to look for the neighbours of all nodes, beside the calling thread; publish_near waits for
// them and writes them, publish_near_close ends it in any case.
int publish_near_start(struct publish *p, struct err *err) MUST_USE;
int publish_near(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
void publish_near_close(struct publish *p);
int publish_measures(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
// What became of whom in this tree, kept in `past` until all trees are through; then all of it.
int publish_find_lineage(struct publish *p, struct err *err) MUST_USE;
int publish_lineage(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
// What is said of one tree; what is said of the run, with the texts of all trees that are shown.
int publish_sizes(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
int publish_info(struct publish *p, int64_t n_texts, struct atlas_writer *w,
                 struct err *err) MUST_USE;
// How the atlas tells a stage's note. Of clusters and questions: a number where it can be seen in
// the tree and its titles, or hangs on the server alone; `none` or `some` where it hangs on what a
// model read, which may be one person's. All others count conversations.
enum publish_note { NOTE_ROUNDED, NOTE_EXACT, NOTE_SOME };
enum publish_note publish_note_of(struct str stage, struct str key);
// The stages that the atlas tells of, and whether what goes in and comes out of them is
// conversations: their counts are rounded (publish_round).
struct publish_told {
    const char *name;
    bool rounds_in, rounds_out;
};
extern const struct publish_told publish_told[];
extern const size_t n_publish_told;
int publish_stages(struct publish *p, struct atlas_writer *w, struct err *err) MUST_USE;
// The atlas that is there once more, at `path`; in any mode but dp. The vault stays as it is.
int publish_again(struct run *run, const char *path, struct err *err) MUST_USE;

#endif
