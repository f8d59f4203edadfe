// SPDX-License-Identifier: Apache-2.0
// Which subject of the public list a vector is nearest to (phrase/subject.h). A subject that lies
// near many others would take more than its part, so half of its mean cosine to the list is taken
// off: a correction for hubs that depends on the list alone, so that no conversation changes
// another's subject. The list and the embedder are English: a text that is not finds some subject
// all the same, and mostly a false one, however near (tests/quality/subjects.sh).
#ifndef CLUSTER_SUBJECT_MATCH_H
#define CLUSTER_SUBJECT_MATCH_H

#include "phrase/subject.h"
#include "vec/matrix.h"

struct embedder;
struct gemm_weights;
struct subject_match {
    struct subject_list list;
    struct gemm_weights *weights; // the vectors of the list
    float *hub;                   // what is taken off for each
};
// The list's vectors by this embedder; results are in the arena. Close is to be called whatever
// open returned.
int subject_match_open(struct subject_match *m, struct embedder *embedder, struct arena *a,
                       struct err *err) MUST_USE;
void subject_match_close(struct subject_match *m);
#define SUBJECT_LEAST 0.20f // a cosine: below it a text has nothing to do with any subject
// The cosine that a text needs: SUBJECT_LEAST when its conversation or the text itself is English,
// more in another language or an unknown one, and more than there is where most letters are not
// Latin ones. language: of the conversation, as the facet has it; empty: English.
float subject_least(struct str text, struct str language);
// out[i]: the subject of row i (unit length) that has at least the cosine least[i], borrowed from
// the list; else empty.
int subject_match_rows(const struct subject_match *m, const struct matrix *rows, const float *least,
                       struct arena *a, struct str *out, struct err *err) MUST_USE;

#endif
