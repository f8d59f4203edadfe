// SPDX-License-Identifier: Apache-2.0
// What changed from one atlas to another, out of the two files alone: an atlas names no
// conversation, so clusters are matched by their titles and, where these differ, by the phrases
// that they share.
#ifndef EVALUATE_DIFF_H
#define EVALUATE_DIFF_H

#include "store/atlas.h"

// Text or JSON into `out`: clusters a level, then born, gone, renamed (other title, a third or more
// of the phrases of both in common) and moved (under another parent) with their sizes. Of the tree
// of the facet `of`, or (NULL) of every tree that both have, and then which only one has: where one
// of them has several JSON is {"trees": […], "only_before": […], "only_after": […]}. ERR_USAGE when
// there is no such tree, or none that both have.
int evaluate_diff(struct atlas *before, struct atlas *after, const char *of, bool json,
                  struct buf *out, struct err *err) MUST_USE;

#endif
