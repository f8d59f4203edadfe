// SPDX-License-Identifier: Apache-2.0
// Which batches are under way at a vendor and which questions are in them: a private file beside
// the file of answers (mode 0600, sealed as that one), appended to and synced, so that a run which
// ended at any moment asks after its batches instead of paying again. It holds digests and ids, no
// text. About 100 bytes of memory a question.
//
// Lines: {"made":NAME,"host":…,"at":…,"dollars":…,"keys":"…"} before a batch is sent,
// {"named":NAME,"id":…,"file":…} when the vendor has given it an id, {"ended":NAME}, and
// {"masked":true} after a purge: who asked the questions of the batches before it may be gone, so
// an answer of them is kept only when somebody claims it, that is, asks its question again. A line
// that was cut off by a crash is dropped.
#ifndef LLM_BATCH_LIST_H
#define LLM_BATCH_LIST_H

#include "base/crypto.h"
#include "base/hash.h"
#include "base/map.h"
#include "llm/batch_form.h"

#define BATCH_NONE UINT64_MAX

struct batch {
    char name[BATCH_NAME], id[BATCH_ID], file[BATCH_ID]; // file: what was uploaded
    size_t n;
    double dollars; // its highest price
    int64_t made;   // unix seconds
    bool is_open;   // sent, or about to be; else ended
    bool is_masked; // made before a purge
    size_t n_claimed; // of its questions, when it is masked
};
struct batch_list {
    struct map keys;               // digest of a question → index of the open batch that it is in
    struct map claimed;            // of those in masked batches
    struct batch *items;           // n of them, in the order they were made
    size_t n, n_open, n_elsewhere; // elsewhere: open ones at another host
    struct arena arena;
    char *path;
    const char *host;
    char next[BATCH_NAME]; // the name that the next batch will have
    int fd;
    bool is_sealed, is_read;
    struct seal_key seal;
    struct buf line, sealed;
};

// `seal` NULL = plain. The host is copied. Release accepts a zeroed list.
int batch_list_open(struct batch_list *list, const char *path, const struct seal_key *seal,
                    const char *host, struct err *err) MUST_USE;
void batch_list_release(struct batch_list *list);
// `keys`: n digests of DIGEST_HEX - 1 digits one behind the other. *index is the new batch.
int batch_list_add(struct batch_list *list, struct str keys, double dollars, size_t *index,
                   struct err *err) MUST_USE;
int batch_list_name(struct batch_list *list, size_t index, const char *id, const char *file,
                    struct err *err) MUST_USE;
int batch_list_end(struct batch_list *list, size_t index, struct err *err) MUST_USE;
// The open batch that a question is in; BATCH_NONE. Claim: likewise, of a question that is asked.
uint64_t batch_list_find(const struct batch_list *list, struct str key);
uint64_t batch_list_claim(struct batch_list *list, struct str key);
bool batch_list_keeps(const struct batch_list *list, size_t index, struct str key);
// Masks every batch of a file, at any host. *n: how many are open.
int batch_list_mask(const char *path, const struct seal_key *seal, size_t *n,
                    struct err *err) MUST_USE;

#endif
