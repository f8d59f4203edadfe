// SPDX-License-Identifier: Apache-2.0
// `clio safety coordinated`: groups of accounts that send similarly built prompts, out of every
// conversation of the vault, each with one explainable score (score.h). Only reads text and
// columns that ingest kept; base clusters are named where they are there. Memory: about 250 bytes
// a conversation. Signals for human review.
#ifndef SAFETY_COORDINATED_H
#define SAFETY_COORDINATED_H

#include "base/buf.h"
#include "run/run.h"

// Finds the groups, writes them into DIR/safety.db and a table (or JSON) of those with at least the
// setting `least-score` into `out`. ERR_DATA when the corpus has no accounts.
int coordinated_run(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;

// The parts, private to safety/ ----------------------------------------------------------------

struct coordinated { // the corpus in numbers; place i is the i-th conversation with an account
    size_t n, n_room;
    int64_t *seq;
    uint32_t *account, *address, *agent, *cluster; // numbers from 0; 0: none, but for accounts
    uint32_t *text;                                // hash of the prompt as it stands
    int32_t *minute;
    float *likeness, *rarity;
    struct sketch *sketches;
    int64_t *account_id; // of each number
    size_t n_accounts;
};
// Reads the vault into it (coordinated_read.c). In the run's scratch.
int coordinated_read(struct run *run, struct coordinated *c, struct err *err) MUST_USE;

// Names of columns that tell of the client, space-separated paths; the first that is there counts.
struct client {
    struct str address, agent; // in the arena; empty when not there
};
void client_read(struct str columns, struct str address_names, struct str agent_names,
                 struct arena *a, struct client *client);

#endif
