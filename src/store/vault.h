// SPDX-License-Identifier: Apache-2.0
// The private store of a run: opening it, transactions, the record of stages. What each stage
// reads and writes has a header of its own beside this one (vault_conversation.h, vault_facet.h …);
// the tables are in vault.sql. Private to stages: serve/ cannot name it.
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "base/arena.h"
#include "base/hash.h"

struct vault;
struct sql;

// Opens DIR/vault.db, making it when `create`; the key is in DIR/vault.key (0600). ERR_DATA when
// it is another kind of file, or the key of one with conversations is gone, ERR_CONFIG when a newer
// clio made it.
int vault_open(struct vault **vault, const char *dir, bool create, struct err *err) MUST_USE;
// The same for a vault that is encrypted (docs/decisions/0005); `secret` NULL or of no kind is
// vault_open. ERR_CONFIG when it does not open this vault, or the vault is not encrypted.
struct seal_secret;
struct seal_key;
int vault_open_sealed(struct vault **vault, const char *dir, bool create,
                      const struct seal_secret *secret, struct err *err) MUST_USE;
bool vault_is_there(const char *dir); // and not empty
// The key for another private file of the run, until the vault is closed; NULL: not encrypted.
const struct seal_key *vault_answers_key(const struct vault *vault);
bool vault_is_sealed(const struct vault *vault); // it is encrypted
void vault_close(struct vault *vault); // accepts NULL
struct sql *vault_sql(struct vault *vault); // for store/ only
const struct hash_key *vault_key(const struct vault *vault);

int vault_begin(struct vault *vault, struct err *err) MUST_USE;
int vault_commit(struct vault *vault, struct err *err) MUST_USE;
// What is committed is on the disk when the call returns, until it is turned off again; else it may
// be lost when the power fails, but nothing before it. Outside a transaction.
int vault_set_durable(struct vault *vault, bool durable, struct err *err) MUST_USE;
bool vault_is_held(const struct vault *vault);
// While a vault is filled for the first time (sql_fill); nothing while a transaction is held.
int vault_fill(struct vault *vault, bool on, struct err *err) MUST_USE;
void vault_rollback(struct vault *vault); // nothing happens when no transaction is open
// From hold to let_go all that is written is one transaction, which vault_begin, _commit and
// _rollback between them leave alone: it is kept whole or not at all, also when the program ends.
// Outside a transaction. vault_let_go without a hold does nothing.
int vault_hold(struct vault *vault, struct err *err) MUST_USE;
int vault_let_go(struct vault *vault, bool keep, struct err *err) MUST_USE;

// Settings that a run keeps for later verbs (the profile, the floors …).
int vault_set_setting(struct vault *vault, const char *key, struct str value, struct err *err)
    MUST_USE;
int vault_get_setting(struct vault *vault, const char *key, struct arena *a, struct str *value,
                      struct err *err) MUST_USE; // ptr NULL when it is not there

struct stage_record {
    char fingerprint[DIGEST_HEX];
    bool done;
    int64_t n_in, n_out, ms, n_prompt_tokens, n_reply_tokens;
};
// A record of zeros when the stage never ran.
int vault_get_stage(struct vault *vault, const char *stage, struct stage_record *record,
                    struct err *err) MUST_USE;
// Which clustering the ids of clusters belong to, in the arena: another name once they were made
// anew, by other settings or from other conversations. "" when there is none.
int vault_name_clustering(struct vault *vault, struct arena *a, struct str *name,
                          struct err *err) MUST_USE;
int vault_put_stage(struct vault *vault, const char *stage, const struct stage_record *record,
                    struct err *err) MUST_USE;
// Empties the named tables (space-separated), the stage's notes and its record, in one transaction.
int vault_clear_stage(struct vault *vault, const char *stage, const char *tables,
                      struct err *err) MUST_USE;
// Empties the named tables, inside a transaction.
int vault_clear_tables(struct vault *vault, const char *tables, struct err *err) MUST_USE;
// A count that the person should know: ("ingest", "bad_records", 1).
int vault_set_note(struct vault *vault, const char *stage, const char *key, int64_t value,
                   struct err *err) MUST_USE;
// The same where 0 is no note: there is none afterwards.
int vault_put_note(struct vault *vault, const char *stage, const char *key, int64_t value,
                   struct err *err) MUST_USE;
int vault_get_note(struct vault *vault, const char *stage, const char *key, int64_t *value,
                   struct err *err) MUST_USE; // 0 when it is not there

// Conversations that count: transcripts that differ, after sampling and the bound stage.
int vault_count_conversations(struct vault *vault, int64_t *n, struct err *err) MUST_USE;
// Whether any conversation has an account; without, floors count conversations.
int vault_has_accounts(struct vault *vault, bool *yes, struct err *err) MUST_USE;

#endif
