// SPDX-License-Identifier: Apache-2.0
// Which provider profile `remote` uses: from the settings and the variables that people have set
// already for other tools. Order: --base-url and --provider, then the provider whose variables are
// set. Keys come from variables only and are never copied into settings; to a server that only the
// run directory names none is sent, as that may be somebody else's, but for loopback and the
// vendors' own addresses.
#ifndef RUN_REMOTE_H
#define RUN_REMOTE_H

#include "llm/llm_remote.h"
#include "run/run.h"

// Views into the environment, the config and the arena. ERR_CONFIG says what to set when nothing
// names a provider, or when two do. Who only counts (!asks) needs none.
int remote_options(const struct run *run, bool asks, struct arena *a,
                   struct llm_remote_options *options, struct err *err) MUST_USE;
// The errors of remote_options alone, before anything is read.
int remote_check(const struct run *run, bool asks, struct err *err) MUST_USE;
// The same for --embeddings remote: by OpenAI's variables, whoever answers questions.
int remote_embedding_options(const struct run *run, struct arena *a,
                             struct llm_remote_options *options, struct err *err) MUST_USE;
// The ceiling of --max-time in milliseconds, 1 at the least; 0 = none.
int64_t remote_max_ms(const struct config *config);
// The price of `model` by --prices, else by $XDG_CONFIG_HOME/clio/prices.csv, else by the table
// that comes with clio. A server on this machine costs nothing unless a table says so.
int remote_price(const struct config *config, const char *model, bool own_machine, struct arena *a,
                 struct llm_price *price, struct err *err) MUST_USE;

// The day of that table, "2026-11-27".
struct str remote_listed_date(void);
// The price of a question in a batch, with --batch; else as it is.
struct llm_price remote_price_of_most(const struct config *config, const struct llm_price *price);

// After a purge: of the batches that are under way no answer to a question of who is gone is kept
// (llm/batch_list.h). *n: how many they are.
int remote_mask_batches(struct run *run, size_t *n, struct err *err) MUST_USE;

// One line on what a stage has used of a remote model: tokens, money, requests. Silent when it used
// none.
void remote_tell(const struct run *run);
// The same on vectors by a server, of the embedder's price.
void remote_tell_vectors(const struct run *run, int64_t n_tokens);

#endif
