// SPDX-License-Identifier: Apache-2.0
// Pages for some roles only. serve/ knows their addresses and who may see them; what is on them
// comes from functions that it is handed (src/clio.c), so that nothing in serve/ can name the
// vault.
#ifndef SERVE_PRIVATE_H
#define SERVE_PRIVATE_H

#include "access/session.h"
#include "base/buf.h"
#include "serve/form.h"

enum private_page {
    PRIVATE_NONE,
    PRIVATE_OVERVIEW,
    PRIVATE_CLUSTER, // of id
    PRIVATE_ASK,     // posted: a permit for the cluster of id; field reason
    PRIVATE_LOOK,    // posted: fields permit, depth, subject, and page of a list
    PRIVATE_PERMITS,
    PRIVATE_PERMIT, // posted: the permit of id; field do: approve or close
    PRIVATE_CLASSIFIER,
    PRIVATE_COORDINATED,
    PRIVATE_GROUP, // of id
    PRIVATE_WATCHES,
    PRIVATE_LOG,
};
struct private_request {
    enum private_page page;
    int64_t id; // the number in the address
    const struct form *form;
    const struct visitor *visitor;
};
struct private_answer {
    unsigned status;    // 200, 303, 403, 404
    struct buf *page;   // HTML
    char location[128]; // where to go, with 303
};
struct private_pages {
    void *context;
    int (*answer)(void *context, struct access *access, const struct private_request *request,
                  struct private_answer *answer, struct err *err);
};

#endif
