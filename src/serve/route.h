// SPDX-License-Identifier: Apache-2.0
// The table of addresses and their contents. Contents are made when the server starts and again
// when the atlas file was replaced; a request computes nothing. Private to serve/.
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "base/hash.h"
#include "serve/page.h"

enum route_content {
    ROUTE_PAGE,
    ROUTE_SCRIPT,
    ROUTE_STYLE,
    ROUTE_INDEX,
    ROUTE_CELLS,
    ROUTE_TIME,
    ROUTE_DETAILS,
    ROUTE_DATA,
    ROUTE_TREE,
    ROUTE_MAP,
    ROUTE_HEALTH,
    ROUTE_CONTENTS
};

struct route {
    const char *path;
    enum route_content content;
    const char *type; // media type
};
const struct route *route_table(size_t *n);
const struct route *route_find(struct str path); // NULL when there is none
// "/cluster/12.json" → 12; 0 for any other path.
int64_t route_cluster(struct str path);

struct content {
    struct buf plain, packed; // packed: gzip, empty when it would not be smaller
    char tag[DIGEST_HEX + 2]; // quoted, as in ETag
};
struct contents {
    const char *atlas_path;
    int64_t inode, modified_ns; // of the atlas they were made from
    struct content list[ROUTE_CONTENTS];
    struct page_slices clusters; // of list[ROUTE_DETAILS].plain
};
// A zeroed struct with atlas_path set is ready. Makes the contents anew when the file was replaced;
// when that fails the old contents stay and are still served.
int contents_refresh(struct contents *c, struct err *err) MUST_USE;
void contents_release(struct contents *c);

#endif
