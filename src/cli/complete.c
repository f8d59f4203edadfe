// SPDX-License-Identifier: Apache-2.0
// Completion scripts for three shells, from the tables of verbs and settings: verbs first, then
// flags with their choices, then files.
#include "cli/command.h"

#include <string.h>

// A summary inside single quotes of a shell; `also` are further characters to escape.
static void put_quoted(const char *text, const char *also, FILE *out)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(also, *text))
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
}

// "embedded|none" is a list of choices; "N|auto", "DIR" or "FILE.gguf" only says what is meant.
static bool has_choices(const struct clio_setting *s)
{
    if (!strchr(s->value, '|'))
        return false;
    for (const char *c = s->value; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            return false;
    return true;
}

static void put_choices(const struct clio_setting *s, FILE *out)
{
    for (const char *c = s->value; *c; c++)
        fputc(*c == '|' ? ' ' : *c, out);
}

static bool is_shown(const struct clio_setting *s)
{
    return strcmp(s->name, "input") != 0;
}

static void complete_bash(FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    fputs("_clio() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
          "  case $before in\n",
          out);
    for (size_t i = 0; i < n; i++)
        if (is_shown(&list[i]) && has_choices(&list[i])) {
            fprintf(out, "    --%s) COMPREPLY=($(compgen -W \"", list[i].name);
            put_choices(&list[i], out);
            fputs("\" -- \"$word\")); return ;;\n", out);
        }
    fputs("    --help) COMPREPLY=($(compgen -W all -- \"$word\")); return ;;\n  esac\n  if [ "
          "\"$COMP_CWORD\" = 1 ]; then\n    COMPREPLY=($(compgen -W \"",
          out);
    for (const struct command *c = command_table(); c->name; c++)
        fprintf(out, "%s ", c->name);
    fputs("\" -- \"$word\"))\n  elif [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"", out);
    for (size_t i = 0; i < n; i++)
        if (is_shown(&list[i]))
            fprintf(out, "--%s ", list[i].name);
    fputs("--help\" -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\n"
          "complete -o filenames -F _clio clio\n",
          out);
}

static void complete_zsh(FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    fputs("#compdef clio\n_clio() {\n  local -a verbs flags\n  verbs=(\n", out);
    for (const struct command *c = command_table(); c->name; c++) {
        fprintf(out, "    '%s:", c->name);
        put_quoted(c->summary, "", out);
        fputs("'\n", out);
    }
    fputs("  )\n  flags=(\n", out);
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(&list[i]))
            continue;
        fprintf(out, "    '--%s[", list[i].name);
        put_quoted(list[i].help, "[]\\:", out);
        fputs("]", out);
        if (has_choices(&list[i])) {
            fprintf(out, ":%s:(", list[i].name);
            put_choices(&list[i], out);
            fputs(")", out);
        } else if (!list[i].is_switch) {
            fprintf(out, ":%s:_files", list[i].name);
        }
        fputs("'\n", out);
    }
    fputs("    '--help[explain the verb]'\n  )\n  if (( CURRENT == 2 )); then\n"
          "    _describe verb verbs\n  else\n    shift words\n    (( CURRENT-- ))\n"
          "    _arguments $flags '*:file:_files'\n  fi\n}\n"
          "if [ \"${funcstack[1]}\" = _clio ]; then _clio \"$@\"; else compdef _clio clio; fi\n",
          out);
}

static void complete_fish(FILE *out)
{
    const struct clio_setting *list;
    size_t n = clio_settings(&list);
    for (const struct command *c = command_table(); c->name; c++) {
        fprintf(out, "complete -c clio -n __fish_use_subcommand -f -a %s -d '", c->name);
        put_quoted(c->summary, "", out);
        fputs("'\n", out);
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_shown(&list[i]))
            continue;
        fprintf(out, "complete -c clio -n 'not __fish_use_subcommand' -l %s", list[i].name);
        if (has_choices(&list[i])) {
            fputs(" -x -a '", out);
            put_choices(&list[i], out);
            fputs("'", out);
        } else if (!list[i].is_switch) {
            fputs(" -r", out);
        }
        fputs(" -d '", out);
        put_quoted(list[i].help, "", out);
        fputs("'\n", out);
    }
}

bool help_complete(const char *shell, FILE *out)
{
    static const struct {
        const char *name;
        void (*put)(FILE *out);
    } shells[] = { { "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish } };
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].put(out);
            return true;
        }
    return false;
}
