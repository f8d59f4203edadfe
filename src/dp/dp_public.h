// SPDX-License-Identifier: Apache-2.0
// What mode dp knows before it looks at any conversation, and what therefore costs nothing: the
// public list of subjects (phrase/subjects.txt) with the words that go with them, turned into
// vectors; the directions in which these differ most, so that conversations are measured in
// DP_DIMS numbers and not in hundreds (noise on a centre grows with the square root of that); and
// the first centres, one a word of the list.
#ifndef DP_DP_PUBLIC_H
#define DP_DP_PUBLIC_H

#include "dp/dp_draw.h"
#include "phrase/subject.h"
#include "vec/matrix.h"

struct embedder;
struct dp_public {
    struct subject_list list;
    struct matrix hints;   // list.n × n_cols
    const float *subjects; // the same, list.n × DP_DIMS
    const double *hub;     // list.n: what is taken off, of the words; of the centre
    const double *hub_small;
    const float *start; // n_start × DP_DIMS
    size_t n_start, n_cols;
    const double *mean;      // n_cols
    const float *directions; // DP_DIMS × n_cols
};
// In the arena. ERR_CONFIG when the embedder's vectors have fewer than DP_DIMS numbers.
int dp_public_make(struct dp_public *p, struct embedder *embedder, struct arena *a,
                   struct err *err) MUST_USE;
// A vector of n_cols numbers -> DP_DIMS, unit length (zeros stay): of this vector alone.
void dp_public_project(const struct dp_public *p, const float *x, float out[DP_DIMS]);
// Puts the subjects, which centres of groups are compared with, into the centres' space: without
// the released mean. In the arena.
void dp_public_centre(struct dp_public *p, const float mean[DP_DIMS], struct arena *a);
// The place in the list that is nearest to each of n noisy centres (rows of DP_DIMS) and to its
// released words ("flight, hotel"; len 0: none). Of released things alone, so it costs nothing. A
// subject that is near many others gives half of its mean nearness away (cluster/subject_match.h).
int dp_public_nearest(const struct dp_public *p, struct embedder *embedder, const float *centres,
                      const struct str *words, size_t n, struct arena *a, size_t *out,
                      struct err *err) MUST_USE;

#endif
