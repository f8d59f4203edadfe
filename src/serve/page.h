// SPDX-License-Identifier: Apache-2.0
// What the browser gets: the atlas as JSON, and the page that shows it. Private to serve/.
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include "base/buf.h"
#include "store/atlas.h"

typedef int page_maker(struct atlas *atlas, struct buf *out, struct err *err);

// For programs: {"run":{…},"clusters":[…],"facets":{…},"density":[…]}, one map a cluster.
int page_data(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
// {"run":…,"clusters":[{"id","title","level","share","n_conversations","children":[…]}]}, nested.
int page_tree_json(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
// {"clusters":[{"id","title","level","share","x","y"}],"density":[[i_x,i_y,weight]]}
int page_map_json(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;

// Shows the tree of this facet from here on, and in the other atlas (may be NULL) the tree of the
// same, or its first where it has none.
int page_choose(struct atlas *atlas, struct atlas *other, struct str facet,
                struct err *err) MUST_USE;

// For the explorer (page_views.c; the shapes stand in web/src/atlas.ts).
struct page_slice {
    int64_t id; // of the cluster
    size_t from, len;
};
struct page_slices {
    struct arena arena;
    struct page_slice *list; // by id
    size_t n;
};
int page_index(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
int page_cells(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
int page_time(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
// {"index":…,"details":…} of the atlas to compare with, "null" without one.
int page_other(struct atlas *other, struct buf *out, struct err *err) MUST_USE;
// A list with one map a cluster; `slices` (may be NULL, else zeroed) gets where each one stands.
int page_details(struct atlas *atlas, struct buf *out, struct page_slices *slices,
                 struct err *err) MUST_USE;
// NULL when there is no such cluster.
const struct page_slice *page_slice_of(const struct page_slices *slices, int64_t id);
// Of `n` elements of `width` bytes, sorted by the int64_t that each begins with: the first one in
// which that is at least `least`; n when there is none.
size_t page_first_from(const void *list, size_t n, size_t width, int64_t least);

// The page that a server gives: markup that names its script and style, and the policy for it.
extern const char page_policy[];
int page_shell(struct buf *out, struct err *err) MUST_USE;

#endif
