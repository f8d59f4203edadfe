// SPDX-License-Identifier: Apache-2.0
// The verbs of trust and safety.
#include "cli/command.h"
#include "clio_safety.h"

#include <string.h>

// add DIR NAME QUESTION | drop DIR NAME | list DIR | run DIR
int cmd_watch(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    size_t n = options->n_words;
    const char *what = n ? options->words[0] : "";
    size_t want = strcmp(what, "add") == 0 ? 4 : strcmp(what, "drop") == 0 ? 3 : 2;
    if (n != want)
        return complain_usage("usage: clio %s %s", command->name, command->words);
    return clio_watch(options->session, options->words[1], what, n > 2 ? options->words[2] : NULL,
                      n > 3 ? options->words[3] : NULL, options->of, stdout, &error)
               ? complain(&error)
               : 0;
}

int cmd_safety(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words != 2)
        return complain_usage("usage: clio %s %s", command->name, command->words);
    return clio_safety(options->session, options->words[1], options->words[0], options->of, stdout,
                       &error)
               ? complain(&error)
               : 0;
}
