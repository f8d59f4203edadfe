// SPDX-License-Identifier: Apache-2.0
// Reads flags: --name value, --name=value, switches without value, "--" before words that begin
// with a dash.
#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

static const struct clio_setting *find_setting(const char *name, size_t len)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i].name) == len && strncmp(list[i].name, name, len) == 0 &&
            strcmp(list[i].name, "input") != 0)
            return &list[i];
    return NULL;
}

static bool is(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && strncmp(name, wanted, len) == 0;
}

// A flag of some verbs that takes no value.
static bool is_switch(const char *name, size_t len)
{
    return is(name, len, "safety") || is(name, len, "yes") || is(name, len, "replay");
}

static int read_switch(struct options *options, const char *name, size_t len)
{
    struct clio_error error = { 0 };
    options->safety = options->safety || is(name, len, "safety");
    options->yes = options->yes || is(name, len, "yes");
    if (is(name, len, "replay") && clio_set(options->session, "provider", "replay", &error))
        return complain(&error);
    return 0;
}

static int read_port(struct options *options, const char *value)
{
    char *end;
    options->port = strtol(value, &end, 10);
    if (!*value || *end || options->port < 0 || options->port > 65535)
        return complain_usage("--port takes a number from 0 to 65535, not \"%.60s\"", value);
    return 0;
}

// A flag that only some verbs have; *taken tells whether it was one.
static int read_own(struct options *options, const struct command *command, const char *name,
                    size_t len, const char *value, bool *taken)
{
    *taken = command_has_own(command, name, len);
    if (!*taken)
        return 0;
    if (is_switch(name, len))
        return read_switch(options, name, len);
    if (!value)
        return complain_usage("--%.*s needs a value; see `clio %s --help`", (int)len, name,
                              command->name);
    if (is(name, len, "port"))
        return read_port(options, value);
    if (is(name, len, "format"))
        options->format = value;
    else if (is(name, len, "role"))
        options->role = value;
    else if (is(name, len, "anchor"))
        options->anchor = value;
    else if (is(name, len, "key"))
        options->key = value;
    else if (is(name, len, "truth"))
        options->truth = value;
    else if (is(name, len, "compare"))
        options->compare = value;
    else if (is(name, len, "of"))
        options->of = value;
    else if (is(name, len, "uds"))
        options->uds = value;
    else if (is(name, len, "behind"))
        options->behind = value;
    else if (options->by)
        return complain_usage("clio %s takes one of %s", command->name, command->own);
    else
        options->by = is(name, len, "account")        ? "account"
                      : is(name, len, "conversation") ? "conversation"
                                                      : "before";
    options->what = value;
    return 0;
}

// *used counts the arguments that were read beyond the flag itself.
static int read_flag(struct options *options, const struct command *command, const char *flag,
                     const char *next, int *used)
{
    const char *equals = strchr(flag, '=');
    size_t len = equals ? (size_t)(equals - flag) : strlen(flag);
    // "--out --json" lacks a value; "--out=--json" means it
    const char *value = equals ? equals + 1 : next && strncmp(next, "--", 2) != 0 ? next : NULL;
    bool taken;
    int status = read_own(options, command, flag, len, value, &taken);
    if (taken || status) {
        *used = !equals && !is_switch(flag, len);
        return status;
    }
    const struct clio_setting *setting = find_setting(flag, len);
    if (setting && command->settings && !command_takes(command, setting->name))
        return complain_usage("--%s means nothing to clio %s, which would leave it aside; see "
                              "`clio %s --help`",
                              setting->name, command->name, command->name);
    if (!setting || !command->settings)
        return complain_usage("clio %s knows no flag --%.*s; see `clio %s --help`", command->name,
                              (int)len, flag, command->name);
    if (setting->is_switch && !equals)
        value = "yes";
    else if (!value)
        return complain_usage("--%s needs a value (%s)", setting->name, setting->value);
    *used = !setting->is_switch && !equals;
    struct clio_error error = { 0 };
    if (clio_set(options->session, setting->name, value, &error))
        return complain(&error);
    return 0;
}

int options_read(struct options *options, const struct command *command, int argc, char **argv)
{
    bool only_words = false;
    int status = 0;
    options->words = calloc((size_t)argc + 1, sizeof *options->words);
    if (!options->words)
        return complain_usage("out of memory for %d words", argc);
    for (int i = 0; !status && i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        int used = 0;
        if (only_words || argv[i][0] != '-' || !argv[i][1]) {
            options->words[options->n_words++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (strcmp(argv[i], "-o") == 0 && strcmp(command->name, "report") == 0) {
            if (!next || strncmp(next, "--", 2) == 0)
                return complain_usage("-o needs a file name");
            options->output = next;
            used = 1;
        } else if (argv[i][1] == '-') {
            status = read_flag(options, command, argv[i] + 2, next, &used);
        } else {
            status = complain_usage("clio %s knows no flag %.20s; see `clio %s --help`",
                                    command->name, argv[i], command->name);
        }
        i += used;
    }
    const char *json = clio_get(options->session, "json");
    options->json = json && strcmp(json, "yes") == 0;
    return status;
}
