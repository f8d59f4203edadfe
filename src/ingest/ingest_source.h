// SPDX-License-Identifier: Apache-2.0
// Reading one input into the vault, in batches that can be gone on from. Private to ingest/.
#ifndef INGEST_INGEST_SOURCE_H
#define INGEST_INGEST_SOURCE_H

#include "ingest/reader.h"
#include "ingest/where.h"
#include "run/run.h"
#include "store/vault_ingest.h"
#include "store/vault_purge.h"

#define PREFIX_SEEN ((int64_t)1 << 40) // an id has what --account-from id-prefix looks for

// Counts over all inputs, kept as notes of the stage with every batch.
struct tally {
    int64_t n_read;     // conversations, before sampling
    int64_t n_bad;      // records that could not be read
    int64_t n_repeated; // the same id, account and transcript again: not counted
    int64_t n_renamed;  // the same id with another transcript: kept with a suffix
    int64_t n_repaired; // texts with broken UTF-8 or lone surrogates
    int64_t n_filtered; // conversations that do not fit --where
    int64_t n_purged;   // conversations that were purged before, and are passed over
    int64_t n_silent;   // without any answer of the assistant, with --sample-by output
    int64_t n_odd_times;  // conversations with a time that cannot be read
    int64_t n_impersonal; // conversations without a turn of the person
    int64_t n_wordless;   // whose turns of the person have no text
    int64_t fields_seen;  // bits of field_map_see, and PREFIX_SEEN
};
struct ingest {
    struct run *run;
    struct field_map map;
    struct sample sample;
    bool by_output; // what is drawn are answers of the assistant
    struct where *where;
    struct vault_purged purged;
    int64_t limit; // 0 = all
    bool grows;    // reads behind a run that is finished: old conversations keep their seq
    int64_t first_new; // then: what is before it was there
    bool strict;
    int64_t next_seq;
    struct tally tally;
    int n_warnings;                         // bad records that were told one by one
    uint64_t n_bytes_before, n_bytes_total; // for progress
};

static inline bool ingest_is_full(const struct ingest *in)
{
    return in->limit && in->tally.n_read >= in->limit;
}
int tally_load(struct ingest *in, struct err *err) MUST_USE;
int tally_save(struct ingest *in, struct err *err) MUST_USE; // inside a transaction
// Reads what is missing of the source and marks it done. `name` stands before record numbers where
// records have no id. ERR_DATA when nothing in it is a conversation, or at the first bad record
// when strict.
int ingest_source(struct ingest *in, struct source *source, struct str name,
                  struct err *err) MUST_USE;

#endif
