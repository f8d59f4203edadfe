// SPDX-License-Identifier: Apache-2.0
// Clio in C: what a million conversations are about, without anybody reading them.
//
// The public interface, a ladder: run everything · run one stage · query an atlas. Functions that
// can fail return 0 or an exit status of the command (docs in clio(1)) and fill *error; on success
// *error is left alone. Texts are UTF-8. One session is used by one thread at a time.
#ifndef CLIO_H
#define CLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct clio_error {
    int code;       // also the exit status of the command
    char text[480]; // one sentence for the person
};

const char *clio_version(void);

// A session holds settings. ---------------------------------------------------------------------
struct clio;
// Settings from defaults, the config file and CLIO_* variables.
int clio_open(struct clio **session, struct clio_error *error);
void clio_close(struct clio *session); // accepts NULL

struct clio_setting {
    const char *name;    // flag --name
    const char *value;   // placeholder or choices; "" for a switch
    const char *initial; // default
    const char *help;
    bool is_switch;
};
size_t clio_settings(const struct clio_setting **list); // static; how many there are
// Like a flag: stronger than everything else. Switches take "yes" or "no".
int clio_set(struct clio *session, const char *name, const char *value, struct clio_error *error);
const char *clio_get(const struct clio *session, const char *name); // NULL when there is none

// Run everything, or one stage. -------------------------------------------------------------------
struct clio_stage {
    const char *name, *summary, *reads, *writes;
};
size_t clio_stages(const struct clio_stage **list); // static, in the order of the line

// Progress on standard error unless the setting `quiet` is on. SIGINT and SIGTERM stop at the next
// commit when clio_watch_signals was called.
void clio_watch_signals(void);
// Runs the line on `files` ("-" is standard input) in the directory `dir`, doing only what is
// missing. n_files 0 goes on with the files and settings that the directory was made with.
int clio_run(struct clio *session, const char *dir, const char *const *files, size_t n_files,
             struct clio_error *error);
// From now on clio_run asks before the first text of a conversation goes to a server (profile
// remote): `text` is lines on what the questions that have no answer yet will take, in tokens,
// money and time. False: nothing is sent, and clio_run ends with status 1. Where nothing is left to
// ask, `confirm` is not called. NULL: ask nobody.
void clio_confirm_with(struct clio *session, bool (*confirm)(void *context, const char *text),
                       void *context);
// One stage alone; the stages before it must be done. Files only for "ingest".
int clio_run_stage(struct clio *session, const char *dir, const char *stage,
                   const char *const *files, size_t n_files, struct clio_error *error);

// What asking a server will take (profile remote): the stages before the first that asks are
// run, and with the setting `measure` so many conversations are asked about. Writes text or JSON.
int clio_estimate(struct clio *session, const char *dir, const char *const *files, size_t n_files,
                  FILE *out, struct clio_error *error);

struct clio_stage_status {
    const char *name;
    char tree[36]; // the clustered facet of the tree that it is of; "" where there is one tree
    const char *state;                   // waiting, started, stale, done
    int64_t n_in, n_out, n_left_out, ms; // left out: by --where, --screen, or the bound
    bool lacks_accounts; // of ingest: nothing read has an account, so floors count conversations
    int64_t n_odd_times; // of ingest: conversations with a time that cannot be read
    int64_t n_repaired;  // of ingest: texts with bytes that are no UTF-8, or lone surrogates
    int64_t n_copies;    // of ingest: conversations as another one, which counts for them
    int64_t n_unanswered, n_not_asked; // questions without an answer that can be used; of them,
                                       // those that were not asked, for want of money or time
};
// `list` has room for CLIO_MOST_STATUS; *n is how many there are.
#define CLIO_MOST_STATUS 96
int clio_status(struct clio *session, const char *dir, struct clio_stage_status *list, size_t *n,
                struct clio_error *error);

// What this machine has: CPU, kernels, models, versions; lines of "name: value" or, with the
// setting `json`, one object of the same names and `is_complete`; a value begins with "missing"
// when something needed is not there (then ERR_CONFIG's status 78 is returned).
int clio_check(struct clio *session, FILE *out, struct clio_error *error);
// How fast this machine's matrix products are, and what share of that the kernels reach; a table
// as text. One core, about ten seconds.
int clio_bench(struct clio *session, FILE *out, struct clio_error *error);

// The gate before a release. On a finished run: every gate again on DIR/atlas.db as it is, and the
// funnel of private texts, written to `out` (JSON with the setting json). Status 3 when a gate does
// not hold. On a run that is not finished: the stage audit, as clio_run_stage.
int clio_audit(struct clio *session, const char *dir, FILE *out, struct clio_error *error);

// Reads new conversations into the finished run in `dir` and releases all of it anew
// (docs/append.md): clusters keep who they are. Without files it goes on with what was begun.
// Settings are those of the run. `outcome` is "released", "held" (too few for a release of their
// own: they wait for the next append) or "nothing" (none was new: the run is as it was).
struct clio_appended {
    const char *outcome;
    int64_t n_read, n_counted, n_accounts; // of what was not released before
    int64_t n_emerging; // of all: they fit no cluster yet; of several trees the largest number
    bool reclustered;                      // the base clusters were found again (--recluster)
};
int clio_append(struct clio *session, const char *dir, const char *const *files, size_t n_files,
                struct clio_appended *appended, struct clio_error *error);

// Takes conversations and all that derives from them out of the run in `dir`, for good. `by` is
// "account", "conversation" (then `what` is the caller's own id) or "before" (then a day,
// YYYY-MM-DD, or a time of RFC 3339). At the next run it is drawn anew who counts, and the stages
// from embed on work anew.
struct clio_purged {
    int64_t n_conversations, n_accounts, n_values; // values: answers to facets
    int64_t n_timeless; // before: that stay because they have no time that can be read
};
int clio_purge(struct clio *session, const char *dir, const char *by, const char *what,
               struct clio_purged *purged, struct clio_error *error);

// Finds contacts, numbers, keys and names in a file and writes a line each: where it stands, how
// long it is and what it is, never the text itself. JSON lines with the setting `json`. *n_found is
// how many there were.
int clio_scan(struct clio *session, const char *file, FILE *out, uint64_t *n_found,
              struct clio_error *error);

// Compares runs with what is known of them; text or JSON. `what` is a word of `clio evaluate`
// (docs/evaluate.md): "agreement", "reconstruct", "coherence" … need one directory, "stability" two
// to 32, "plant" one to write planted corpora into. `truth`: a TSV with a header, conversation id
// and labels, for those that need one; else NULL. `of`: the clustered facet whose tree it is about;
// NULL: the first.
int clio_evaluate(struct clio *session, const char *what, const char *const *dirs, size_t n_dirs,
                  const char *truth, const char *of, FILE *out, struct clio_error *error);
// What changed between two atlases, each a file or a run directory: in every tree that both have,
// or in that of the facet `of` (NULL: in every).
int clio_diff(struct clio *session, const char *before, const char *after, const char *of,
              FILE *out, struct clio_error *error);

// Query an atlas. --------------------------------------------------------------------------------
struct clio_atlas;
// `path`: an atlas file, or a run directory that holds one. Opens nothing but that file.
int clio_atlas_open(struct clio_atlas **atlas, const char *path, struct clio_error *error);
void clio_atlas_close(struct clio_atlas *atlas); // accepts NULL
// The facets that are clustered, a tree each; "" of an atlas that does not say. The list lives as
// long as the atlas.
int clio_atlas_trees(struct clio_atlas *atlas, const char *const **facets, size_t *n,
                     struct clio_error *error);
// All that follows is of the tree of this facet; of the first when none was chosen.
int clio_atlas_choose_tree(struct clio_atlas *atlas, const char *facet, struct clio_error *error);

struct clio_facet {
    const char *facet, *value;
    int64_t n_conversations;
    double share; // of the cluster, 0 … 1
};
struct clio_cluster {
    int64_t id, parent; // parent 0 = top
    int level;          // 0 = base
    bool withheld;
    const char *title, *summary;         // "" when withheld
    int64_t n_conversations, n_accounts; // n_accounts -1: the corpus has no accounts
    double share;                        // of all conversations, 0 … 1
    double x, y;                         // 0 … 1; NaN when not placed
    const struct clio_facet *facets;
    size_t n_facets;
};
// All clusters, parents before children, larger first; valid until the atlas is closed.
int clio_atlas_clusters(struct clio_atlas *atlas, const struct clio_cluster **list, size_t *n,
                        struct clio_error *error);
// What the atlas says of its run ("profile", "n_conversations" …); NULL when it does not say.
const char *clio_atlas_info(struct clio_atlas *atlas, const char *key);
// The i-th of all that it says under keys that begin with `start`, by key: `rest` is the key
// without it. False: there are no more.
bool clio_atlas_info_at(struct clio_atlas *atlas, const char *start, size_t i, const char **rest,
                        const char **value);
// The documented JSON contract: {"run":{…},"clusters":[…]}.
int clio_atlas_export_json(struct clio_atlas *atlas, FILE *out, struct clio_error *error);
// The explorer with this atlas, one self-contained page; `other` (may be NULL) is an atlas to
// compare with.
int clio_atlas_report(struct clio_atlas *atlas, struct clio_atlas *other, const char *file,
                      struct clio_error *error);

struct clio_serve_options {
    uint16_t port;       // on 127.0.0.1; 0 = any free one
    const char *socket;  // a Unix socket to listen on in place of the port; NULL: none
    const char *compare; // an atlas to compare with, a file or a run directory; NULL: none
    const char *behind;  // "https://HOST" that a proxy which ends TLS shows to browsers; NULL: none
    void (*ready)(void *context, const char *url); // called once with the address, or the socket
    void *context;
};
// Serves the atlas until a signal. Search by meaning works when the session's embedder is there.
int clio_serve(struct clio *session, const char *path, const struct clio_serve_options *options,
               struct clio_error *error);

#ifdef __cplusplus
}
#endif
#endif
