// SPDX-License-Identifier: Apache-2.0
// Taking people's words out of the vault for good.
#ifndef STORE_VAULT_PURGE_H
#define STORE_VAULT_PURGE_H

#include "base/map.h"
#include "store/vault.h"

enum vault_purge_by { PURGE_ACCOUNT, PURGE_CONVERSATION, PURGE_BEFORE };
struct vault_purge {
    enum vault_purge_by by;
    struct str id;  // the caller's own, of the account or the conversation
    int64_t before; // unix seconds: conversations of an earlier time go; those without one stay
    bool for_good;  // what goes is to be passed over where it is read again
    bool unasked;   // no stage from facet on has seen what goes: what these made may stay
    int64_t n_conversations, n_accounts, n_values; // what went: filled in
};
// Deletes the conversations with their facet values and what was left out for them, and accounts
// that own nothing any more. A copy of a transcript that goes takes the first one's place, with its
// facet values, which are of the same text. In one transaction; deleted bytes are overwritten.
// Tables of the stages from embed on must be empty, or `unasked`.
int vault_purge_rows(struct vault *vault, struct vault_purge *purge, struct err *err) MUST_USE;

// What was purged for good: of accounts and conversations keyed hashes of the caller's ids, or of a
// record that was stored as "ID#2", which say nothing without the vault's key, and a time. Zeroed:
// nobody. Release frees all.
struct vault_purged {
    struct map ids[2]; // by vault_purge_by: PURGE_ACCOUNT, PURGE_CONVERSATION
    bool has_before;
    int64_t before; // conversations of an earlier time
};
// Remembers who is asked for, whether or not the vault has them now. Before vault_purge_rows: of an
// "ID#2" that ingest made, the record itself is remembered, however it is numbered another time.
int vault_remember_purged(struct vault *vault, const struct vault_purge *purge,
                          struct err *err) MUST_USE;
int vault_read_purged(struct vault *vault, struct vault_purged *purged, struct err *err) MUST_USE;
void vault_purged_release(struct vault_purged *purged);
// account: ptr NULL = none. `time`: NULL = not known.
bool vault_is_purged(const struct vault *vault, const struct vault_purged *purged,
                     struct str account, struct str conversation, const int64_t *time);
// The same of one record among others of its id. turns: as they would be stored.
bool vault_record_is_purged(const struct vault *vault, const struct vault_purged *purged,
                            struct str account, struct str conversation, struct str turns);
// How many conversations vault_purge_rows would take. Changes nothing.
int vault_count_purge(struct vault *vault, const struct vault_purge *purge, int64_t *n,
                      struct err *err) MUST_USE;
// Conversations without a time: none is ever before a day.
int vault_count_timeless(struct vault *vault, int64_t *n, struct err *err) MUST_USE;
// Conversations of an earlier time.
int vault_count_before(struct vault *vault, int64_t before, int64_t *n, struct err *err) MUST_USE;
// Whether all conversations of an earlier time are from first_seq on and none has a facet value.
int vault_is_unasked_before(struct vault *vault, int64_t before, int64_t first_seq, bool *yes,
                            struct err *err) MUST_USE;
// Whether rows were purged and vault_purge_file did not come to its end since: then copies of them
// may be left.
int vault_purge_is_pending(struct vault *vault, bool *pending, struct err *err) MUST_USE;
// Writes the file anew without free pages and empties the write-ahead log, so that no byte of what
// was deleted is left in either. Needs twice the vault's size on the disk meanwhile.
int vault_purge_file(struct vault *vault, struct err *err) MUST_USE;

#endif
