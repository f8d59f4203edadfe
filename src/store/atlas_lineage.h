// SPDX-License-Identifier: Apache-2.0
// Writing what became of whom into an atlas (tables release and lineage); driven by
// privacy/publish_lineage.c.
#ifndef STORE_ATLAS_LINEAGE_H
#define STORE_ATLAS_LINEAGE_H

#include "store/atlas_write.h"

// last_day: NULL where it is not known.
int atlas_add_release(struct atlas_writer *w, int64_t id, const struct clean *last_day,
                      int64_t n_conversations, int64_t n_base, struct err *err) MUST_USE;
// In the tree that atlas_writer_tree named. kind: born, split, merged, died or retitled. other_id
// 0: none. title: of one that is gone, NULL where it is not told.
int atlas_add_event(struct atlas_writer *w, int64_t release_id, int64_t rank, const char *kind,
                    int64_t cluster_id, int64_t other_id, const struct clean *title,
                    struct err *err) MUST_USE;

#endif
