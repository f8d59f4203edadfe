// SPDX-License-Identifier: Apache-2.0
// Conversations in the vault: read in the order of `seq`, added by the ingest stage.
//
//     int64_t after = 0;
//     struct conversations batch;
//     do {
//         struct arena_mark start = arena_save(a);
//         rc = vault_read_conversations(vault, after, LIMIT_STAGE_BATCH, a, &batch, err);
//         for (size_t i = 0; !rc && i < batch.n; i++)
//             after = batch.items[i].seq, use(&batch.items[i]);
//         arena_rewind(a, start);
//     } while (!rc && batch.n);
#ifndef STORE_VAULT_CONVERSATION_H
#define STORE_VAULT_CONVERSATION_H

#include "store/vault.h"

enum turn_role { TURN_USER, TURN_ASSISTANT, TURN_SYSTEM, TURN_TOOL, TURN_OTHER };
struct turn {
    enum turn_role role;
    struct raw text; // well-formed UTF-8; may hold NUL
};

struct conversation {
    int64_t seq;            // 1, 2, 3 … in the order read
    int64_t id;             // keyed hash of external_id
    struct str external_id; // the caller's own
    bool has_account, has_time;
    int64_t account_id;         // keyed hash of the caller's account
    int64_t time;               // unix seconds, UTC
    struct str language, model; // as the corpus says; ptr NULL = not known
    struct str columns;         // other columns, a JSON map; ptr NULL = none
    int64_t n_turns;            // turns of the person and the assistant
    struct str turns;           // JSON: [["user","text"],…]; see vault_parse_turns
};
struct conversations {
    struct conversation *items;
    size_t n;
};

// The conversations that count (each transcript once) with seq > after_seq, in order: at most
// max_n of them, fewer when their transcripts pass 16 MiB together; n = 0 at the end. Copies in
// the arena, so transactions may come and go between calls.
int vault_read_conversations(struct vault *vault, int64_t after_seq, size_t max_n, struct arena *a,
                             struct conversations *out, struct err *err) MUST_USE;
// The same, without those that have a value of `facet`.
int vault_read_to_ask(struct vault *vault, const char *facet, int64_t after_seq, size_t max_n,
                      struct arena *a, struct conversations *out, struct err *err) MUST_USE;
// The turns of conversation.turns, decoded into the arena. A conversation may have no turn at all,
// no turn of the person, or begin with the assistant. ERR_DATA when `json` was not written by us.
int vault_parse_turns(struct str json, struct arena *a, struct turn **turns, size_t *n,
                      struct err *err) MUST_USE;
// Shortens such JSON to its first n turns, in the arena; *n_exchanged is how many of these are the
// person's and the assistant's.
int vault_cut_turns(struct str *json, size_t n, struct arena *a, int64_t *n_exchanged,
                    struct err *err) MUST_USE;
const char *turn_role_name(enum turn_role role); // "user", "assistant", "system", "tool", "other"

#endif
