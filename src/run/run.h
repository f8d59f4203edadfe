// SPDX-License-Identifier: Apache-2.0
// All that a stage is handed.
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "base/noise.h"
#include "base/pool.h"
#include "run/config.h"
#include "run/facet_catalog.h"
#include "store/vault.h"

struct atlas;
struct embedder;
struct matrix;
struct llm_link;
struct scanner;

// Trees of one run. Each is a further release on the same people, and the noise of the mode guarded
// is made for ten (run_count_noise).
#define RUN_MOST_TREES 6

struct run {
    const char *dir;      // the run's directory: vault.db, vault.key, atlas.db
    struct config *config;
    struct vault *vault;
    struct pool *pool;
    struct arena scratch; // a stage saves and rewinds it
    struct stage_record record; // of the stage that works now
    const char *stage;          // its name, for progress
    int64_t stage_ms, told_ms;  // when it began, and when others were told how far it is
    int lock;                   // of the directory, where that is told (run_begin); 0: nowhere
    void (*progress)(const char *stage, uint64_t done, uint64_t total); // NULL = silent
    struct facet_list facets;  // what is asked of every conversation; read by run_open_facets
    const char *trees[RUN_MOST_TREES]; // the clustered facets, a tree each, and how many
    size_t n_trees;                    // 0: more than there may be; at least 1 else
    size_t tree; // the one that is worked on: its tables are in place (store/vault_trees.h)
    struct llm_link *llm;      // opened by run_open_llm
    struct embedder *embedder; // opened by run_open_embedder
    struct scanner *scanner;   // opened by run_open_scanner
    struct atlas *atlas;       // of tests that publish often: written in place of DIR/atlas.db
    double spent;              // dollars, by both of them, under --max-cost
    int64_t asked_ms;          // and the time, under --max-time
    double part;               // of both ceilings that questions may use up now (run_keep_for)
};

// Opens DIR (made when `create`), takes its lock, opens the vault and the threads. The config is
// borrowed. ERR_TRY_AGAIN when another clio works there.
int run_open(struct run **run, const char *dir, struct config *config, bool create,
             struct err *err) MUST_USE;
void run_close(struct run *run); // accepts NULL
// A stage begins to work: its name, its record, and the time from which on.
void run_begin(struct run *run, const char *stage, const struct stage_record *record);
// How far it is, for who sits there (run->progress) and for `clio status`, which finds the
// directory locked.
void run_progress(struct run *run, uint64_t done, uint64_t total);
// Keeps the record as it is now, so that a run that is killed can be asked how far it came. In the
// transaction of a batch.
int run_keep_record(struct run *run, struct err *err) MUST_USE;

// Reads the catalogue that the setting `facets` names, when all settings are there, and lists the
// trees.
int run_open_facets(struct run *run, struct err *err) MUST_USE;
// Looks for private details in what was read of the file of `facets`: before stages work, not where
// a run is read, as the scanner takes 0.2 s. ERR_CONFIG names the line.
int run_check_facets(struct run *run, struct err *err) MUST_USE;
// Goes to another tree, 0 … n_trees - 1; outside of transactions and walks. run_open begins with
// the first, and whoever goes to another comes back to it.
int run_choose_tree(struct run *run, size_t tree, struct err *err) MUST_USE;
// Back to the first tree, with the status of what was done in another: the first error counts.
int run_leave_tree(struct run *run, int status, struct err *err) MUST_USE;
// The tree of a facet, for who names one (--of); NULL: the first. ERR_USAGE lists those there are.
int run_find_tree(const struct run *run, const char *facet, size_t *tree, struct err *err) MUST_USE;
const char *run_facet(const struct run *run); // the facet that is clustered in this tree
// Opens what the settings `model` and `embedder` name, on first use; both live until run_close.
int run_open_llm(struct run *run, struct err *err) MUST_USE;
int run_open_embedder(struct run *run, struct err *err) MUST_USE;
// Whether the models that the whole line needs on this machine are there, before it begins.
int run_check_models(const struct run *run, struct err *err) MUST_USE;
// The scanner for what points at a person (scan/scan.h), likewise: its patterns take 0.1 s.
int run_open_scanner(struct run *run, struct err *err) MUST_USE;
// Vectors of n texts, unit rows, in run->scratch; opens the embedder. `what`: as for matrix_make.
int run_encode(struct run *run, const struct str *texts, size_t n, const char *what,
               struct matrix *out, struct err *err) MUST_USE;
// *key is `room` in the mode guarded, NULL where floors are exact. Every tree has a key of its own:
// noise that is drawn for one is never that of another.
int run_noise_key(struct run *run, struct hash_key *room, const struct hash_key **key,
                  struct err *err) MUST_USE;
// The noise on counts in the mode guarded; off elsewhere. A third of the floor of accounts (of
// conversations without accounts), and for conversations at least what one account may add: so wide
// that two views of a cell that differ by less than the floor cannot be told apart over ten
// releases (tests/unit/test_differencing.c).
int run_count_noise(struct run *run, bool has_accounts, struct count_noise *noise,
                    struct err *err) MUST_USE;
bool run_is_dp(const struct run *run); // mode dp
bool run_is_exact(
    const struct run *run); // any other: groups and texts are made of what people wrote
bool run_has_profile(const struct run *run, const char *profile);
// A model that follows the paper's prompts: a server's, or the user's own file (profile gguf).
bool run_has_strong_model(const struct run *run);
// How many conversations a stage asks the model about in one transaction.
size_t run_model_batch(const struct run *run);
bool run_embeds_remote(const struct run *run); // --embeddings remote
// What the stage that works asks leaves a part of each ceiling to what comes behind it, from `next`
// on: without vectors there would be no atlas of what was answered, and without verdicts only
// withheld titles. Each tree has its share of these parts, so the first ones leave theirs to those
// behind them. Nothing is left for what asks no model or server. Until the next stage begins.
enum run_behind { RUN_VECTORS, RUN_TITLES_AND_TREE, RUN_VERDICTS, RUN_OTHER_TREES };
void run_keep_for(struct run *run, enum run_behind next);
int64_t run_vector_tokens(const struct run *run); // of texts by now, as that server counts them
// The paper's line of criteria: what a title looks like, by the facet that is clustered.
const char *run_criteria(const struct run *run);
bool run_calls_each(const struct run *run); // one call to a server a facet
// Who writes titles: the setting `titles`, where auto is a strong model and phrases elsewhere.
// Without a model there are phrases only.
enum run_titles { RUN_TITLES_PHRASES, RUN_TITLES_WORDED, RUN_TITLES_MODEL };
enum run_titles run_titles(const struct run *run);
// The same for a setting with choices auto, model and something else: auto is the model where
// titles are the model's.
bool run_by_model(const struct run *run, const char *setting);

#endif
