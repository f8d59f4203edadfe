// SPDX-License-Identifier: Apache-2.0
// Which subject of the public list a vector is nearest to (phrase/subject.h). A subject that lies
// near many others would take more than its part, so half of its mean cosine to the list is taken
// off: a correction for hubs that depends on the list alone, so that no conversation changes
// another's subject.
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
// out[i]: the subject of row i (unit length), borrowed from the list; empty where none is near.
int subject_match_rows(const struct subject_match *m, const struct matrix *rows, struct arena *a,
                       struct str *out, struct err *err) MUST_USE;

#endif
