// SPDX-License-Identifier: Apache-2.0
// Help and the man page, both from the tables of verbs, settings and stages.
#include "cli/command.h"

#include <string.h>

void help_all(FILE *out)
{
    fputs("clio: what a million conversations are about, without anybody reading them\n\n"
          "usage: clio VERB [FLAGS] [WORDS]\n\nverbs:\n",
          out);
    for (const struct command *c = command_table(); c->name; c++)
        fprintf(out, "  %-10s %s\n", c->name, c->summary);
    fputs("\nStart with:\n  clio run conversations.jsonl --out demo\n  clio tree demo\n"
          "  clio serve demo\n\n`clio VERB --help` explains a verb, `--help all` with every flag. "
          "`clio help man` "
          "prints the man page.\n",
          out);
}

#define WIDTH 80   // columns of a page
#define HANGING 28 // where the text beside a flag begins

// Columns of len bytes of UTF-8; every character here takes one.
static size_t columns(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += (text[i] & 0xc0) != 0x80;
    return n;
}

// Text from column `at` on, in lines of WIDTH that begin at `indent`; ends the last line.
static void put_wrapped(FILE *out, const char *text, size_t at, size_t indent)
{
    bool fresh = true; // nothing stands on this line yet
    while (*text) {
        size_t len = strcspn(text, " "), width = columns(text, len);
        if (!fresh && at + 1 + width > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
            fresh = true;
        }
        fprintf(out, "%s%.*s", fresh ? "" : " ", (int)len, text);
        at += width + !fresh;
        fresh = false;
        text += len + (text[len] == ' ');
    }
    fputc('\n', out);
}

static void put_flag(FILE *out, const char *flag, const char *value, const char *help,
                     const char *initial)
{
    char text[512];
    size_t at = 2 + columns(flag, strlen(flag)) + 1 + columns(value, strlen(value));
    snprintf(text, sizeof text, "%s%s%s%s", help, *initial ? " [" : "", initial,
             *initial ? "]" : "");
    fprintf(out, "  %s %s", flag, value);
    if (at + 1 > HANGING)
        fprintf(out, "\n%*s", HANGING, "");
    else
        fprintf(out, "%*s", (int)(HANGING - at), "");
    put_wrapped(out, text, HANGING, HANGING);
}

static void put_own(const struct command *command, FILE *out)
{
    size_t n;
    const struct own_flag *list = command_own_flags(&n);
    if (!command->own)
        return;
    fputs("\nflags of its own:\n", out);
    if (strstr(command->own, "-o FILE"))
        put_flag(out, "-o", "FILE.html", "file to write", "");
    for (size_t i = 0; i < n; i++)
        if (command_has_own(command, list[i].name, strlen(list[i].name))) {
            char flag[64];
            snprintf(flag, sizeof flag, "--%s", list[i].name);
            put_flag(out, flag, list[i].value, list[i].help, "");
        }
}

// The settings of a group that the verb takes and that are among `names`, if any are named.
static size_t put_group(const struct command *command, const struct flag_group *group,
                        const char *names, FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list), n_put = 0;
    for (size_t i = 0; i < n; i++) {
        char flag[64];
        if (strcmp(list[i].name, "input") == 0 || !flag_in_group(group, list[i].name) ||
            !command_takes(command, list[i].name) || (names && !flag_in(names, list[i].name)))
            continue;
        if (n_put++ == 0)
            fprintf(out, "\n%s:\n", group->title);
        snprintf(flag, sizeof flag, "--%s", list[i].name);
        put_flag(out, flag, list[i].value, list[i].help, list[i].is_switch ? "" : list[i].initial);
    }
    return n_put;
}

static size_t count_taken(const struct command *command)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list), n_taken = 0;
    for (size_t i = 0; i < n; i++)
        n_taken += strcmp(list[i].name, "input") != 0 && command_takes(command, list[i].name);
    return n_taken;
}

// Of one of the flags that were shown: those with a dash in them show best how it goes.
static void put_variable(const struct command *command, const char *names, FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    const char *shown = NULL;
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, "input") != 0 && command_takes(command, list[i].name) &&
            (!names || flag_in(names, list[i].name)) &&
            (!shown || (!strchr(shown, '-') && strchr(list[i].name, '-'))))
            shown = list[i].name;
    if (!shown)
        return;
    fprintf(out, "\nEach is also a variable: --%s is CLIO_", shown);
    for (; *shown; shown++)
        fputc(*shown == '-' ? '_' : *shown - 'a' + 'A', out);
    fputs(".\n", out);
}

void help_one(const struct command *command, bool all, FILE *out)
{
    const char *names = all ? NULL : flags_often(command);
    size_t n_put = 0;
    fprintf(out, "usage: clio %s%s%s%s%s%s\n\n%s.\n\n", command->name, *command->words ? " " : "",
            command->words, command->own ? " " : "", command->own ? command->own : "",
            command->settings ? " [FLAGS]" : "", command->summary);
    put_wrapped(out, command->detail, 0, 0);
    fputs("\nexamples:\n", out);
    for (const char *line = command->examples; line && *line;) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "  %.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    put_own(command, out);
    if (!command->settings)
        return;
    for (const struct flag_group *group = flag_groups(); group->title; group++)
        n_put += put_group(command, group, names, out);
    put_variable(command, names, out);
    if (n_put < count_taken(command))
        fprintf(out, "These are the flags most used; `clio %s --help all` shows all %zu.\n",
                command->name, count_taken(command));
}

// Text for roff: a dot at the start of a line and backslashes are escaped, dashes kept plain.
static void put_roff(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
            fputs("\\&", out);
    }
}

static void man_verbs(FILE *out)
{
    fputs(".SH VERBS\n", out);
    for (const struct command *c = command_table(); c->name; c++) {
        fprintf(out, ".SS clio %s %s %s\n", c->name, c->words, c->own ? c->own : "");
        put_roff(out, c->detail);
        fputs("\n.PP\n.nf\n", out);
        put_roff(out, c->examples);
        fputs("\n.fi\n", out);
    }
}

static void man_settings(FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    fputs(".SH FLAGS\nOrder: flag, what the run directory was made with (when no files are named), "
          "CLIO_* variable, config file, default.\n",
          out);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, "input") == 0)
            continue;
        fprintf(out, ".TP\n.B \\-\\-");
        put_roff(out, list[i].name);
        fprintf(out, " %s\n", list[i].value);
        put_roff(out, list[i].help);
        if (*list[i].initial && !list[i].is_switch)
            fprintf(out, " Default: %s.", list[i].initial);
        fputc('\n', out);
    }
}

static void man_stages(FILE *out)
{
    const struct clio_stage *list;
    size_t n = clio_stages(&list);
    fputs(".SH STAGES\nIn this order:\n", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, ".TP\n.B %s\n", list[i].name);
        put_roff(out, list[i].summary);
        fputc('\n', out);
    }
}

void help_man(FILE *out)
{
    fprintf(
        out,
        ".TH CLIO 1 \"\" \"clio %s\" \"User Commands\"\n.SH NAME\nclio \\- what a million "
        "conversations are about, without anybody reading them\n.SH SYNOPSIS\n.B clio\n"
        ".I VERB\n[\\fIFLAGS\\fR] [\\fIWORDS\\fR]\n.SH DESCRIPTION\nReads conversations between "
        "people and an assistant, groups them by what they are about, and writes one file, "
        "atlas.db, that holds only what enough people share. Results go to standard output, "
        "messages and progress to standard error.\n",
        clio_version());
    man_verbs(out);
    man_settings(out);
    man_stages(out);
    fputs(
        ".SH EXIT STATUS\n0 good; 1 failure, or scan or purge found nothing; 2 usage; 3 a privacy "
        "gate "
        "failed, or the log of looks was tampered with; 4 budget of money or time reached, go on "
        "with a larger one; 5 finished with gaps, questions without an answer; 65 bad data; "
        "66 no input; 69 unavailable; 70 internal error; 73 cannot create; 74 input/output error; "
        "75 try again later; 78 bad configuration; 130 or 143 stopped by SIGINT or SIGTERM, what "
        "is done is kept (serve ends with 0 then).\n"
        ".SH FILES\nDIR/atlas.db (may be shown). Private: DIR/vault.db (people's words), "
        "DIR/vault.key (its key), DIR/answers.jsonl, DIR/vectors.jsonl and DIR/batches.jsonl (of a "
        "server), "
        "DIR/safety.db (clio safety, clio watch), DIR/access.* (users, log of looks). DIR/lock "
        "(one program at a time). $XDG_CONFIG_HOME/clio/config (settings, \"name = value\" a "
        "line), $XDG_CONFIG_HOME/clio/prices.csv (prices of models), $XDG_DATA_HOME/clio/models "
        "(models), $XDG_CACHE_HOME/clio/models (a model as converted for this CPU, vectors of "
        "public lists).\n"
        ".SH ENVIRONMENT\nCLIO_<SETTING> for every flag; CLIO_MODELS, HF_HOME, HF_HUB_CACHE, "
        "NO_COLOR, FORCE_COLOR; "
        "OPENAI_*, ANTHROPIC_* and OLLAMA_HOST (server and key of --profile remote), HTTPS_PROXY, "
        "HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE.\n",
        out);
}

int cmd_help(const struct command *command, const struct options *options)
{
    (void)command;
    if (options->n_words == 0) {
        help_all(stdout);
        return 0;
    }
    if (strcmp(options->words[0], "man") == 0) {
        help_man(stdout);
        return 0;
    }
    if (help_complete(options->words[0], stdout))
        return 0;
    const struct command *asked = command_find(options->words[0]);
    if (!asked)
        return complain_usage("there is no verb \"%.60s\"", options->words[0]);
    bool all = options->n_words > 1 && strcmp(options->words[1], "all") == 0;
    if (options->n_words > 1 && !all)
        return complain_usage("clio help %s takes `all` behind it, not \"%.60s\"", asked->name,
                              options->words[1]);
    help_one(asked, all, stdout);
    return 0;
}
