// SPDX-License-Identifier: Apache-2.0
// Looking closer. A permit lets one user of the role safety open what is in one cluster, for a
// written reason, for a while, and when the rules say so only after a second person agreed. Under
// it every look is asked for on its own, least first, counted, and written to the log before
// anything is shown.
#ifndef ACCESS_PERMIT_H
#define ACCESS_PERMIT_H

#include "access/session.h"

#define PERMIT_LEAST_REASON 15  // characters that are no space
#define PERMIT_MOST_REASON 1000 // bytes
#define PERMIT_MOST_WAIT 86400  // seconds; then what nobody agreed to is over

enum permit_state { PERMIT_WAITS, PERMIT_OPEN, PERMIT_OVER };
struct permit {
    int64_t id, cluster_id, asked, expires; // expires 0 while it waits
    struct str name, approver, reason;      // approver empty: none
    enum permit_state state;
    struct str clusters; // the clustering that cluster_id is of: after a new one it opens nothing
};
// `clusters`: the name of the clustering (vault_name_clustering). ERR_USAGE with a sentence for the
// person: the role is another one, the reason too short.
int permit_ask(struct access *access, const struct visitor *visitor, int64_t cluster_id,
               struct str clusters, struct str reason, int64_t *id, struct err *err) MUST_USE;
// By somebody else, of the role safety or admin, within PERMIT_MOST_WAIT. Begins the permit's time.
int permit_approve(struct access *access, const struct visitor *visitor, int64_t id,
                   struct err *err) MUST_USE;
// By its own user, or refused by an approver.
int permit_close(struct access *access, const struct visitor *visitor, int64_t id,
                 struct err *err) MUST_USE;
// The newest 200, and all before that are open or wait; newest first. Users of the role safety and
// admin see them all: they approve.
int permit_list(struct access *access, struct arena *a, struct permit **list, size_t *n,
                struct err *err) MUST_USE;
// The visitor's own open or waiting permit for the cluster of this clustering; *found false when
// there is none.
int permit_find(struct access *access, const struct visitor *visitor, int64_t cluster_id,
                struct str clusters, struct arena *a, struct permit *permit, bool *found,
                struct err *err) MUST_USE;

// What can be opened, least first. Each of a conversation's three only after the one before it.
#define LOOKS(X)                                                                                   \
    X(LOOK_ACCOUNTS, "accounts", "cluster") /* numbers for accounts, and how much each wrote */    \
    X(LOOK_ACCOUNT_ID, "account id", "account") /* the caller's own id of one account */           \
    X(LOOK_FACETS, "facets", "conversation")                                                       \
    X(LOOK_REDACTED, "redacted transcript", "conversation")                                        \
    X(LOOK_TRANSCRIPT, "transcript", "conversation")
enum look_depth {
    LOOK_NOTHING,
#define LOOK_ENUM(look, name, subject) look,
    LOOKS(LOOK_ENUM)
#undef LOOK_ENUM
        N_LOOKS
};
const char *look_name(enum look_depth depth);

struct look {
    int64_t permit_id;
    enum look_depth depth;
    int64_t subject; // id of the cluster or account, seq of the conversation
    // Reads what is to be shown into memory; false in *there when the cluster holds no such thing.
    // ERR_USAGE when the clusters are no more those of the permit.
    int (*read)(void *context, const struct permit *permit, const struct look *look, bool *there,
                struct err *err);
    void *context;
    int64_t page; // of LOOK_ACCOUNTS: 0 the first; each one is a look of its own
};
// Checks, reads, logs, in this order: what was read may be shown only when this returns 0, and then
// the log has exactly one entry more. ERR_USAGE with a sentence when it is not allowed;
// ERR_NO_INPUT when there is no such thing in the permit's cluster.
int look_take(struct access *access, const struct visitor *visitor, const struct look *look,
              struct err *err) MUST_USE;

#endif
