// SPDX-License-Identifier: Apache-2.0
// An imported label beside concern (the paper, section 4.3: r = 0.71 over clusters). What a cell,
// a cluster, a language or one language of a cluster, is expected to have flagged follows from its
// own concern: of each grade the share that is flagged elsewhere. Far fewer: missed; far more:
// over-flagged. "Elsewhere" leaves out what is listed, worst first, so that a gross fault does not
// make all else look wrong; and a cluster is judged by what lies outside of languages that were
// listed before it, a language by what lies outside of such clusters, so that a fault of the one is
// not told of the other. The statistics are ours; the paper shows a scatter plot. Pure.
#ifndef SAFETY_CLASSIFIER_H
#define SAFETY_CLASSIFIER_H

#include "base/arena.h"

#define CLASSIFIER_GRADES 5
#define CLASSIFIER_MOST_Q 0.05
#define CLASSIFIER_LEAST 15       // conversations; smaller cells are not judged and not in r
#define CLASSIFIER_LEAST_GAP 0.05 // between rate and expectation, for a cell to be listed

enum classifier_side { CLASSIFIER_FAIR, CLASSIFIER_MISSED, CLASSIFIER_OVER };
struct classifier_cell {
    int64_t cluster;   // 0: all clusters (of a slice)
    uint32_t language; // 0: all languages
    int64_t n_of_grade[CLASSIFIER_GRADES], flagged_of[CLASSIFIER_GRADES]; // by concern
    // Filled by classifier_judge, of what it is judged by:
    int64_t n, n_flagged;
    int64_t n_unsure; // of grades that are too rare to have a rate; with many it is not judged
    double mean_concern, rate, low, high, expected; // low … high: of the rate, 95 %
    double p, q;
    enum classifier_side side;
};
const char *classifier_side_name(enum classifier_side side); // "", missed, over

struct classifier_result {
    int64_t n, n_flagged;
    size_t n_clusters; // in r
    bool has_r;        // at least four clusters that differ
    double r, r_low, r_high;
    double r_fixed;          // if what is listed were flagged as expected, language by language
    double n_missed, n_over; // and how many flags that is more, and how many fewer
};
// Cells of three kinds, each conversation once in each: a cluster and a language; a cluster, all
// languages (these make r, whole); a language, all clusters. False discoveries are controlled over
// all cells together, both sides. Cost: n·log n of the cells, and that at most 1 + 8·ln(listed
// cells) times or a little more.
void classifier_judge(struct classifier_cell *cells, size_t n, struct arena *scratch,
                      struct classifier_result *result);

#endif
