// SPDX-License-Identifier: Apache-2.0
// The gate before a release: texts against the vault (release_gate.c), every table of the atlas,
// column by column (gate_column.c), and the whole of it against the same atlas made once more
// (gate_again.c, in mode dp gate_released.c). Private to privacy/.
#ifndef PRIVACY_GATE_INT_H
#define PRIVACY_GATE_INT_H

#include "privacy/recheck.h"
#include "store/atlas.h"

enum gate_step { STEP_RAW, STEP_FACETS, STEP_PUBLISHED, N_STEPS };
enum gate {
    GATE_TEXTS,
    GATE_SAME,
    GATE_PHRASES,
    GATE_FLOORS,
    GATE_VALUES,
    GATE_LEFT,
    GATE_COLUMNS,
    GATE_PAST,
    GATE_AGAIN,
    GATE_RELEASE, // the same in mode dp, which has this one, the scanner and the tables
    N_GATES
};

struct gates {
    struct run *run;
    struct scanner *scanner;
    struct recheck texts; // of the tree in place; floors are those of the run
    struct atlas *atlas;
    const char *again; // where the atlas is made once more, for a moment
    struct atlas_cluster *clusters;
    size_t n_clusters;
    int64_t n_seen_clusters, n_seen_phrases; // of all trees
    int64_t n[N_STEPS], n_private[N_STEPS];
    int64_t n_checked[N_GATES], n_faults[N_GATES];
    struct map names;  // of facets and their values that were looked at; 1: private
    const char *where; // the tables that are others than in the atlas made once more; NULL: none
};

static inline void gate_check(struct gates *g, enum gate gate, bool holds)
{
    g->n_checked[gate]++;
    g->n_faults[gate] += !holds;
}
// A text of the atlas: the scanner must find nothing in it.
int gate_read_published(struct gates *g, struct str text, struct err *err) MUST_USE;
// The name of a facet and a value that a user named: the scanner must find nothing in them, either.
// They stand in many rows, are looked at once, and are no texts of the funnel.
int gate_read_facet(struct gates *g, struct str facet, struct str value,
                    struct err *err) MUST_USE;
// A value of a list that is the program's own: a language ("Luba Lulua" is like a person's name), a
// concern, a range ("201-1000" is like a telephone's). No user named it.
bool gate_value_is_ours(const struct gates *g, struct str facet, struct str value);
// Every table and column as it stands in the file, when the texts were looked at: one that is not
// known here is a fault, counts are held to the floors, texts to the scanner, values to their
// lists, what became of whom to the vault.
int gate_check_columns(struct gates *g, struct err *err) MUST_USE;
// The atlas is made once more of the vault, as publish does, at g->again, and both are the
// same, row for row and byte for byte; so no number in it is an invented one.
int gate_check_again(struct gates *g, struct err *err) MUST_USE;
// Counts the rows of the atlas at `made` as checked, and each table that is another in the run's,
// which is then in `where`, as a fault; also a file of other bytes than these rows make.
int gate_compare(struct gates *g, enum gate gate, const char *made, struct err *err) MUST_USE;
// Mode dp: what was released is made into an atlas once more, at g->again, and both have the
// same rows; so nothing else is in it. Nothing is charged.
int gate_check_released(struct gates *g, struct err *err) MUST_USE;

#endif
