// SPDX-License-Identifier: Apache-2.0
// The verbs of trust and safety.
#include "cli/command.h"
#include "clio_safety.h"

int cmd_safety(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words != 2)
        return complain_usage("usage: clio %s %s", command->name, command->words);
    return clio_safety(options->session, options->words[1], options->words[0], stdout, &error)
               ? complain(&error)
               : 0;
}
