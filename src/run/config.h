// SPDX-License-Identifier: Apache-2.0
// Settings: one table with name, default, range and help, from which the command line, --help, the
// man page and the environment variables are made. Order: flag > CLIO_NAME variable > config file
// ($XDG_CONFIG_HOME/clio/config, lines of "name = value") > default.
#ifndef RUN_CONFIG_H
#define RUN_CONFIG_H

#include "base/arena.h"

enum setting_kind { SETTING_TEXT, SETTING_WHOLE, SETTING_NUMBER, SETTING_SWITCH, SETTING_CHOICE,
                    SETTING_SIZE };
// FROM_RUN: what a run directory was made with; it counts for verbs that go on with that run.
enum setting_origin { FROM_DEFAULT, FROM_FILE, FROM_VARIABLE, FROM_RUN, FROM_FLAG };

struct setting {
    const char *name; // "min-accounts": flag --min-accounts, variable CLIO_MIN_ACCOUNTS
    enum setting_kind kind;
    const char *initial;  // default as text; "" = none
    const char *value;    // placeholder in help: "N", "FILE"; choices: "embedded|none"
    const char *help;
    double low, high; // range of SETTING_WHOLE and SETTING_NUMBER
};

struct config;
int config_open(struct config **config, struct err *err) MUST_USE; // defaults, file, variables
void config_close(struct config *config); // accepts NULL
// All settings, in the order of the table.
const struct setting *config_settings(size_t *n);
const struct setting *config_find(struct str name); // NULL when there is none

// ERR_USAGE (from a flag) or ERR_CONFIG names the setting, what was given and what is allowed.
int config_set(struct config *config, struct str name, struct str value,
               enum setting_origin origin, struct err *err) MUST_USE;
// A name that is not in the table is a fault of ours and ends the program.
const char *config_text(const struct config *config, const char *name);
int64_t config_whole(const struct config *config, const char *name);
double config_number(const struct config *config, const char *name);
size_t config_bytes(const struct config *config, const char *name); // of SETTING_SIZE
bool config_on(const struct config *config, const char *name);
enum setting_origin config_origin(const struct config *config, const char *name);

#endif
