// SPDX-License-Identifier: Apache-2.0
// The command's verbs: one table from which help, man page and completion are made.
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "clio.h"

// What stands on the command line after the verb.
struct options {
    struct clio *session;
    const char **words; // what is no flag, in order; the caller's to free
    size_t n_words;
    const char *output; // -o FILE
    const char *format; // --format
    const char *truth;  // --truth
    const char *of;     // --of: the clustered facet, of an atlas with several trees
    const char *by;     // "account", "conversation" or "before": the flag of purge that was given
    const char *what;   // its value
    const char *role;   // --role, of access user add
    const char *anchor, *key; // of access log verify
    bool safety;              // --safety, of serve
    bool yes;                 // --yes, of run
    const char *compare;      // --compare
    const char *uds;          // --uds
    const char *behind;       // --behind
    long port;                // --port; 7325 when not given
    bool json;
};

struct command {
    const char *name;
    const char *words;    // placeholder of what follows: "FILE…", "DIR"
    const char *own;      // flags that only this verb has, for help: "--port N"
    const char *summary;  // one line
    const char *detail;   // a paragraph
    const char *examples; // lines, each a command
    const char *settings; // common flags that mean something to it: names, "*" for all, or NULL
    int (*run)(const struct command *command, const struct options *options);
};

// The table, ended by a name of NULL. Verbs of stages are in it by their names.
const struct command *command_table(void);
const struct command *command_find(const char *name); // NULL when there is none

// Whether the common flag means something to the verb.
bool command_takes(const struct command *command, const char *name);
// Flags that only some verbs have, and whether one has one.
struct own_flag {
    const char *name, *value, *help;
};
const struct own_flag *command_own_flags(size_t *n);
bool command_has_own(const struct command *command, const char *name, size_t len);

// The common flags in groups, ended by a title of NULL; the group without names is of those that
// are in no other. `names` are apart by blanks.
struct flag_group {
    const char *title, *names;
};
const struct flag_group *flag_groups(void);
bool flag_in(const char *names, const char *name);
bool flag_in_group(const struct flag_group *group, const char *name);
// Names of the flags that the verb is mostly called with; NULL where --help shows all.
const char *flags_often(const struct command *command);

// Fills *options from argv (after the verb). Returns 0, or an exit status after a sentence.
int options_read(struct options *options, const struct command *command, int argc, char **argv);

void help_all(FILE *out);
// The flags that the verb is mostly called with, or all that it takes.
void help_one(const struct command *command, bool all, FILE *out);
void help_man(FILE *out); // the page clio(1)
// A completion script for the shell: "bash", "zsh" or "fish". False, and nothing written, for
// others.
bool help_complete(const char *shell, FILE *out);

// "clio: <sentence>" on standard error; returns the exit status.
int complain(const struct clio_error *error);
int complain_usage(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
// Whether colour may be used on `out`: a terminal, NO_COLOR and TERM=dumb respected, FORCE_COLOR
// too.
bool may_colour(FILE *out);

int cmd_run(const struct command *command, const struct options *options);
int cmd_append(const struct command *command, const struct options *options);
int cmd_estimate(const struct command *command, const struct options *options);
int cmd_stage(const struct command *command, const struct options *options);
int cmd_status(const struct command *command, const struct options *options);
int cmd_tree(const struct command *command, const struct options *options);
int cmd_export(const struct command *command, const struct options *options);
int cmd_report(const struct command *command, const struct options *options);
int cmd_serve(const struct command *command, const struct options *options);
int cmd_evaluate(const struct command *command, const struct options *options);
int cmd_scan(const struct command *command, const struct options *options);
int cmd_audit(const struct command *command, const struct options *options);
int cmd_purge(const struct command *command, const struct options *options);
int cmd_watch(const struct command *command, const struct options *options);
int cmd_safety(const struct command *command, const struct options *options);
int cmd_access(const struct command *command, const struct options *options);
int cmd_diff(const struct command *command, const struct options *options);
int cmd_bench(const struct command *command, const struct options *options);
int cmd_check(const struct command *command, const struct options *options);
int cmd_help(const struct command *command, const struct options *options);

#endif
