// SPDX-License-Identifier: Apache-2.0
// What the ingest stage writes: where each input stands, records that could not be read, and
// conversations. All calls belong into a transaction of the caller (vault_begin … vault_commit), so
// that conversations and the place to go on from are kept together or not at all.
#ifndef STORE_VAULT_INGEST_H
#define STORE_VAULT_INGEST_H

#include "store/vault.h"

struct source {
    int64_t id; // 1, 2, 3 … in the order given
    struct str path, format;
    int64_t n_bytes; // handed out so far
    int64_t n_records, n_bad;
    bool done;
    struct str state; // the record cutter's own
};
int vault_add_source(struct vault *vault, int64_t id, struct str path, struct err *err) MUST_USE;
// The source in the arena; *there = false when there is none of this id.
int vault_get_source(struct vault *vault, int64_t id, struct arena *a, struct source *source,
                     bool *there, struct err *err) MUST_USE;
int vault_update_source(struct vault *vault, const struct source *source, struct err *err) MUST_USE;
// What the content of an input counts as in a fingerprint, for a state of the file (base/file.h),
// for its digest (file_digest), or for neither (""): as it was last. ptr NULL: not known.
int vault_get_content(struct vault *vault, struct str path, const char *of, struct arena *a,
                      struct str *known, struct err *err) MUST_USE;
int vault_set_content(struct vault *vault, struct str path, const char *of, struct str known,
                      struct err *err) MUST_USE;
// `reason` holds no text of the record.
int vault_add_bad_record(struct vault *vault, int64_t source_id, uint64_t byte_offset,
                         struct str reason, struct err *err) MUST_USE;

struct new_conversation {
    int64_t seq;
    struct str external_id, account;     // account: ptr NULL = none
    struct str language, model, columns; // ptr NULL = none
    bool has_time;
    int64_t time;
    int64_t n_turns;  // of the person and the assistant
    struct str turns; // JSON, see vault.sql
    int64_t source_id;
    uint64_t byte_offset;
    // Of a record without an id: it is a repeat, too, of one before this seq that has the same
    // transcript and account; 0 = of none.
    int64_t seen_before;
};
// What happened to it. A repeat (same id, same transcript) is not stored again; the same id with
// another transcript is stored as "ID#2", "ID#3" …
enum added { ADDED, ADDED_RENAMED, ADDED_NOTHING };
int vault_add_conversation(struct vault *vault, const struct new_conversation *c, enum added *added,
                           struct err *err) MUST_USE;

// A uniform sample of `size` conversations, or outputs of the assistant (Clio paper, G.1): those
// with the smallest rank, where the rank is a seeded hash of the record and the output's number:
// ids may repeat, and files may come in any order. Only what may still be in the sample is stored.
struct sample {
    int64_t size; // 0 = keep all
    struct hash_key key;
    int64_t n;         // in the sample now
    int64_t last_rank; // the largest rank in it
};
int vault_open_sample(struct vault *vault, int64_t size, uint64_t seed, struct sample *sample,
                      struct err *err) MUST_USE;
// What tells records apart: id, account and turns, as they would be stored.
uint64_t sample_record(const struct sample *sample, struct str external_id, struct str account,
                       struct str turns);
// `n_turns`: the transcript up to the output; 0: the conversation as a whole.
int64_t sample_rank(const struct sample *sample, uint64_t record, size_t n_turns);
bool sample_may_hold(const struct sample *sample, int64_t rank);
// After vault_add_conversation stored `seq`; drops the one with the largest rank when full, and its
// conversation when that has no other output in the sample.
int vault_add_to_sample(struct vault *vault, struct sample *sample, int64_t rank, int64_t seq,
                        size_t n_turns, struct err *err) MUST_USE;

// The indexes by transcript and account: a table that is filled is read for them once, at the end
// or when the first id is repeated, in place of pages anywhere in them for every row. Without them
// everything works, slower. Nothing is dropped of an encrypted vault or in a transaction that is
// held.
int vault_drop_indexes(struct vault *vault, struct err *err) MUST_USE;
int vault_make_indexes(struct vault *vault, struct err *err) MUST_USE;
// The same for any number of rows, outside a transaction: hashes are sorted in files without a
// name, not in memory.
int vault_sort_indexes(struct vault *vault, struct err *err) MUST_USE;

// The last step, which may be repeated: cuts transcripts behind the latest output that is in the
// sample, numbers conversations 1, 2, 3 …, drops accounts that the
// sample left without any, and marks equal transcripts: all but the first are copies of it.
int vault_settle_conversations(struct vault *vault, struct err *err) MUST_USE;
// The part of it for conversations that come behind a finished run: marks equal transcripts, drops
// accounts without any. The old ones keep their seq.
int vault_settle_copies(struct vault *vault, struct err *err) MUST_USE;
// Takes out accounts without conversations, one by one: no list of all accounts is in memory.
int vault_drop_lone_accounts(struct vault *vault, struct err *err) MUST_USE;
int vault_last_seq(struct vault *vault, int64_t *seq, struct err *err) MUST_USE; // 0 = none
int vault_count_copies(struct vault *vault, int64_t *n, struct err *err) MUST_USE;

#endif
