// SPDX-License-Identifier: Apache-2.0
// What the browser gets: the atlas as JSON, and the page that shows it. Private to serve/.
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include "base/buf.h"
#include "store/atlas.h"

// {"run":{…},"clusters":[…],"facets":{…},"density":[…]}: all that the page shows.
int page_data(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
// {"run":…,"clusters":[{"id","title","level","share","n_conversations","children":[…]}]}, nested.
int page_tree_json(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;
// {"clusters":[{"id","title","level","share","x","y"}],"density":[[i_x,i_y,weight]]}
int page_map_json(struct atlas *atlas, struct buf *out, struct err *err) MUST_USE;

// The whole page around `data`, with a policy that lets it run its own script, its own style and
// nothing else. `policy` gets the same policy as a header's value.
#define PAGE_POLICY 512
int page_html(struct str data, struct buf *out, char policy[PAGE_POLICY], struct err *err) MUST_USE;

#endif
