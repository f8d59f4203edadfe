// SPDX-License-Identifier: Apache-2.0
// clio access user|policy|log: who may look closer. Passwords come from the terminal or from
// standard input, never from the command line, where other programs could read them.
#include "clio_access.h"

#include "cli/command.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MOST_SECRET 1100

static void wipe(char *secret, size_t size)
{
    explicit_bzero(secret, size);
}

// One line of standard input without echo. False at its end.
static bool read_line(const char *ask, char secret[MOST_SECRET])
{
    struct termios old, quiet;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
    if (terminal) {
        fputs(ask, stderr);
        quiet = old;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool got = fgets(secret, MOST_SECRET, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        fputc('\n', stderr);
    }
    if (got)
        secret[strcspn(secret, "\r\n")] = 0;
    return got;
}

// At a terminal it is asked for twice.
static int read_secret(char secret[MOST_SECRET])
{
    char again[MOST_SECRET] = "";
    if (!read_line("password: ", secret))
        return complain_usage("the password is read from the terminal or from standard input, and "
                              "there was none");
    bool same = true;
    if (isatty(STDIN_FILENO)) {
        same = read_line("once more: ", again) && strcmp(secret, again) == 0;
        wipe(again, sizeof again);
    }
    return same ? 0 : complain_usage("the two passwords differ; nothing was changed");
}

static int change_user(const struct options *options, const char *change)
{
    char secret[MOST_SECRET] = "";
    struct clio_error error = { 0 };
    bool needs = strcmp(change, "add") == 0 || strcmp(change, "password") == 0;
    const char *value =
        strcmp(change, "role") == 0 && options->n_words == 5 ? options->words[4] : options->role;
    if (strcmp(change, "add") == 0 && !clio_access_has_role(value)) // before it is typed twice
        return complain_usage("--role is viewer, analyst, safety or admin");
    int status = needs ? read_secret(secret) : 0;
    if (!status && clio_access_user(options->words[2], change, options->words[3], value, secret,
                                    stdout, &error))
        status = complain(&error);
    wipe(secret, sizeof secret);
    return status;
}

static int do_user(const struct options *options)
{
    const char *change = options->n_words > 1 ? options->words[1] : "";
    struct clio_error error = { 0 };
    if (strcmp(change, "list") == 0 && options->n_words == 3)
        return clio_access_users(options->words[2], options->json, stdout, &error)
                   ? complain(&error)
                   : 0;
    bool role = strcmp(change, "role") == 0 && options->n_words == 5;
    if (options->n_words == 4 || role)
        return change_user(options, change);
    return complain_usage("usage: clio access user add|role|password|totp|disable|enable DIR NAME "
                          "[--role ROLE], or clio access user list DIR");
}

static int do_policy(const struct options *options)
{
    struct clio_error error = { 0 };
    bool set = options->n_words == 5 && strcmp(options->words[1], "set") == 0;
    bool list = options->n_words == 3 && strcmp(options->words[1], "list") == 0;
    if (!set && !list)
        return complain_usage("usage: clio access policy list DIR, or clio access policy set DIR "
                              "NAME NUMBER");
    return clio_access_policy(options->words[2], set ? options->words[3] : NULL,
                              set ? options->words[4] : NULL, options->json, stdout, &error)
               ? complain(&error)
               : 0;
}

static int do_log(const struct options *options)
{
    struct clio_error error = { 0 };
    int status;
    bool verify = options->n_words == 3 && strcmp(options->words[1], "verify") == 0;
    bool show = options->n_words == 3 && strcmp(options->words[1], "show") == 0;
    if (!verify && !show)
        return complain_usage("usage: clio access log verify DIR [--anchor N:HASH] [--key HEX], or "
                              "clio access log show DIR");
    status = verify
                 ? clio_access_log_verify(options->words[2], options->anchor, options->key,
                                          options->json, stdout, &error)
                 : clio_access_log_show(options->words[2], 100000, options->json, stdout, &error);
    return status ? complain(&error) : 0;
}

int cmd_access(const struct command *command, const struct options *options)
{
    const char *what = options->n_words ? options->words[0] : "";
    if (strcmp(what, "user") == 0)
        return do_user(options);
    if (strcmp(what, "policy") == 0)
        return do_policy(options);
    if (strcmp(what, "log") == 0)
        return do_log(options);
    return complain_usage("clio %s is followed by user, policy or log; see `clio %s --help`",
                          command->name, command->name);
}
