// SPDX-License-Identifier: Apache-2.0
// clio: what a million conversations are about. This file finds the verb and hands over.
#include "cli/command.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Of a pipe that was given up by who read it.
static bool reader_is_gone(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

int complain(const struct clio_error *error)
{
    if (ferror(stdout) && reader_is_gone()) // `| head` has seen enough: finish() ends quietly
        return error->code;
    fprintf(stderr, "clio: %s\n", error->text);
    return error->code;
}

int complain_usage(const char *fmt, ...)
{
    va_list args;
    fputs("clio: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return 2;
}

bool may_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *force = getenv("FORCE_COLOR"), *term = getenv("TERM");
    if (no && *no)
        return false;
    if (force && *force)
        return true;
    return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0;
}

// --help, or --help all; *all tells which.
static bool asks_for_help(int argc, char **argv, bool *all)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        bool equals = strcmp(argv[i], "--help=all") == 0;
        *all = equals || (i + 1 < argc && strcmp(argv[i + 1], "all") == 0);
        if (equals || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

// What was written to standard output must have arrived: a full disk is no success.
static int finish(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (reader_is_gone()) { // `| head` has seen enough
            signal(SIGPIPE, SIG_DFL);
            raise(SIGPIPE);
        }
        fputs("clio: standard output cannot be written\n", stderr);
        return status ? status : 74;
    }
    return status;
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct options options = { .port = 7325 };
    struct clio_error error = { 0 };
    if (clio_open(&options.session, &error))
        return complain(&error);
    int status = options_read(&options, command, argc, argv);
    if (!status)
        status = command->run(command, &options);
    free(options.words);
    clio_close(options.session);
    return finish(status);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help_all(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("clio %s\n", clio_version());
        return finish(0);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_all(stdout);
        return finish(0);
    }
    const struct command *command = command_find(argv[1]);
    if (!command && argv[1][0] == '-')
        return complain_usage("the verb comes first, as in `clio run FILE --quiet`; `clio --help` "
                              "lists them");
    if (!command)
        return complain_usage("there is no verb \"%.60s\"; `clio --help` lists them", argv[1]);
    bool all;
    if (asks_for_help(argc - 2, argv + 2, &all)) {
        help_one(command, all, stdout);
        return finish(0);
    }
    clio_watch_signals();
    return run_command(command, argc - 2, argv + 2);
}
