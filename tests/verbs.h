// SPDX-License-Identifier: Apache-2.0
// What `clio tree` and `clio export` write of an atlas that is open, in this process and thousands
// of times: the code of the program itself with the opening of a file left out. For one test.
#ifndef TESTS_VERBS_H
#define TESTS_VERBS_H

#include "../src/clio_atlas.c"

static struct clio_atlas verbs_atlas;
#define clio_atlas_open(atlas, path, error) (*(atlas) = &verbs_atlas, 0)
#define clio_atlas_close(atlas) (void)(atlas)
#include "../src/cli/cmd_atlas.c"
#undef clio_atlas_open
#undef clio_atlas_close

int complain(const struct clio_error *error)
{
    return error->code;
}

int complain_usage(const char *fmt, ...)
{
    (void)fmt;
    return 2;
}

bool may_colour(FILE *out)
{
    return out == NULL;
}

// "tree", "tree --json", "csv" or "jsonl" of what verbs_load was given, both streams into `out`.
static inline int verbs_write(const char *what, FILE *out)
{
    static const struct command command = { .name = "a verb" };
    const char *words[] = { "atlas.db" };
    struct options options = { .words = words, .n_words = 1 };
    FILE *kept_out = stdout, *kept_err = stderr;
    bool is_tree = strncmp(what, "tree", 4) == 0;
    options.json = strcmp(what, "tree --json") == 0;
    options.format = is_tree ? NULL : what;
    stdout = stderr = out;
    int status = is_tree ? cmd_tree(&command, &options) : cmd_export(&command, &options);
    stdout = kept_out;
    stderr = kept_err;
    return status;
}

static inline int verbs_load(struct atlas *atlas, struct err *err)
{
    arena_release(&verbs_atlas.arena);
    verbs_atlas = (struct clio_atlas){ .atlas = atlas };
    return load_tree(&verbs_atlas, err);
}

#endif
