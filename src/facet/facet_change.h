// SPDX-License-Identifier: Apache-2.0
// Values that come after a conversation was embedded: the answer to a question that was open, or
// the first values of a conversation that the screen lets through only now. What stands on the old
// ones is taken back before the new ones are written, so that a kill in between costs the work
// again and never leaves a vector beside a value that it is not of.
#ifndef FACET_FACET_CHANGE_H
#define FACET_FACET_CHANGE_H

#include "facet/facet_set.h"
#include "run/run.h"

struct facet_change {
    int64_t last_seq[RUN_MOST_TREES]; // of the vectors in each tree; 0: there are none
};
// Looks how far each tree is embedded; the first tree is in place then, as before.
int facet_change_open(struct run *run, struct facet_change *change, struct err *err) MUST_USE;
// For n sets that are about to be written, their seqs rising: takes back what embed and cluster
// made of those that will have another value of a tree's facet, in that tree. Outside of
// transactions. Costs nothing behind the last vector.
int facet_change_take_back(struct run *run, const struct facet_change *change,
                           const struct facet_set *sets, size_t n, struct err *err) MUST_USE;

#endif
