// SPDX-License-Identifier: Apache-2.0
// The table of addresses and their contents. Contents are made when the server starts and again
// when the atlas file was replaced, but for those that programs alone ask for, which are made for
// the first that does; else a request computes nothing. Private to serve/.
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "access/access.h"
#include "base/hash.h"
#include "serve/page.h"
#include "serve/private.h"

enum route_content {
    ROUTE_PAGE,
    ROUTE_SCRIPT,
    ROUTE_STYLE,
    ROUTE_INDEX,
    ROUTE_CELLS,
    ROUTE_TIME,
    ROUTE_DETAILS,
    ROUTE_OTHER,
    ROUTE_DATA,
    ROUTE_TREE,
    ROUTE_MAP,
    ROUTE_HEALTH,
    ROUTE_SIGN_STYLE,
    ROUTE_PRIVATE_STYLE,
    ROUTE_CONTENTS, // of those above; what is below is made for each request
    ROUTE_CLUSTER,
    ROUTE_SEARCH,
    ROUTE_METRICS,
    ROUTE_READY,
    ROUTE_SIGN_IN,
    ROUTE_SIGN_OUT,
    ROUTE_PRIVATE
};

struct route {
    const char *method, *path; // # in a path stands for a number
    enum route_content content;
    const char *type; // media type
    unsigned roles;   // who may have it when the server is for those who sign in
    enum private_page page;
};
const struct route *route_table(size_t *n);
// NULL when there is none; *id becomes the number in the path, else 0.
const struct route *route_find(const char *method, struct str path, int64_t *id);

struct content {
    struct buf plain, packed; // packed: gzip, empty when it would not be smaller
    char tag[DIGEST_HEX];     // for ETag, without quotes; empty: not made yet
};
// What hangs on the tree that is shown; what does not is empty but in the first.
struct tree_contents {
    char facet[40]; // that was clustered
    struct content list[ROUTE_CONTENTS];
    struct page_slices clusters; // of list[ROUTE_DETAILS].plain
};
// All contents of one atlas, and of the one it is compared with.
#define CONTENTS_MOST_TREES 6 // as many as a run may have; an atlas may be anybody's file
struct content_stamp {        // tells a file from one that took its place; all 0: not there
    int64_t inode, modified_ns, size;
};
struct contents {
    struct content_stamp stamps[2]; // of the files they were made from
    struct atlas *atlas; // what is not made yet comes out of it, also when its file was replaced
    int64_t n_clusters;
    struct tree_contents *trees;
    size_t n_trees;
};
// The tree of this facet (?tree=FACET), the first when there is none or `facet` is NULL.
size_t contents_tree(const struct contents *c, const char *facet);
// Where content `what` of this tree stands: in the first where it hangs on no tree.
size_t contents_place(enum route_content what, size_t tree);
// Where the files are; other NULL: nothing to compare with.
struct content_files {
    const char *atlas, *other;
};
// False when a file was replaced since the stamps were taken.
bool contents_fit(const struct content_stamp stamps[2], const struct content_files *files);
// Fills a zeroed struct. After an error it is empty but for the stamps of what could not be read.
int contents_make(struct contents *c, const struct content_files *files, struct err *err) MUST_USE;
// A content in its place. *out is NULL after an error. By one thread at a time.
int contents_get(struct contents *c, enum route_content what, size_t tree,
                 const struct content **out, struct err *err) MUST_USE;
void contents_release(struct contents *c);

#endif
