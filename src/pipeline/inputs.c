// SPDX-License-Identifier: Apache-2.0
#include "pipeline/inputs.h"

#include "base/file.h"
#include "base/log.h"
#include "store/vault_ingest.h"

#include <sys/stat.h>

static bool has_stdin(struct str files)
{
    struct str path;
    while (str_cut(&files, '\n', &path))
        if (str_equal(path, STR_LIT("-")))
            return true;
    return false;
}

bool inputs_replace_stdin(const struct run *run)
{
    return config_on(run->config, "replace") &&
           has_stdin(str_of(config_text(run->config, "input")));
}

int inputs_allow_anew(const struct run *run, struct err *err)
{
    if (config_on(run->config, "replace") || !has_stdin(str_of(config_text(run->config, "input"))))
        return 0;
    return err_set(err, ERR_USAGE,
                   "another setting for reading, or another version of clio, has the conversations "
                   "in %s read anew, and they came from standard input: give all of it again with "
                   "--replace, or name another directory",
                   run->dir);
}

bool inputs_are_there(const struct run *run)
{
    struct arena a = { 0 };
    struct str rest = str_of(config_text(run->config, "input")), path;
    bool there = true;
    struct stat info;
    while (there && str_cut(&rest, '\n', &path))
        there = !path.len || (stat(arena_copy(&a, path), &info) == 0 && S_ISREG(info.st_mode));
    arena_release(&a);
    return there;
}

// Whether the sources in the vault are the files that are named; *begun: something of them is kept.
static int compare(struct run *run, bool *same, bool *begun, bool *done, struct str *first,
                   struct err *err)
{
    struct str rest = str_of(config_text(run->config, "input")), path;
    bool there = true, more = true;
    int rc = 0;
    *same = *done = true;
    *begun = false;
    for (int64_t id = 1; !rc && (there || more); id++) {
        struct source source = { 0 };
        more = str_cut(&rest, '\n', &path);
        rc = vault_get_source(run->vault, id, &run->scratch, &source, &there, err);
        if (rc || (!there && !more))
            break;
        if (id == 1)
            *first = there ? source.path : STR_LIT("");
        *same = *same && there && more && str_equal(source.path, path);
        *begun = *begun || (there && (source.n_records || source.done));
        *done = *done && there && source.done;
    }
    return rc;
}

int inputs_allow(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct str first = STR_LIT("");
    bool same, begun, done;
    int rc = compare(run, &same, &begun, &done, &first, err);
    if (!rc && begun && !same && !config_on(run->config, "replace"))
        rc = err_set(err, ERR_USAGE,
                     "other inputs were begun in this directory (%.*s%s): name another one with "
                     "--out, add these files with `clio append`, or give --replace to have them in "
                     "place of what is there",
                     STR_ARG(str_head(first, 200)), first.len > 200 ? "…" : "");
    if (!rc && same && begun && done && !config_on(run->config, "replace") &&
        has_stdin(str_of(config_text(run->config, "input"))))
        log_warning("standard input was read into %s before and is not read again; for other "
                    "conversations name another directory, or give --replace",
                    run->dir);
    arena_rewind(&run->scratch, start);
    return rc;
}

// A file that was never read here needs no digest: one is made while it is read, and says later
// that a file in another state has the content of before.
#define FIRST STR_LIT("as it was read first")

// What the content of a regular file that is there counts as.
static int know_file(struct run *run, struct str path, const struct stat *info, struct str *known,
                     struct err *err)
{
    char hex[DIGEST_HEX], state[FILE_STATE];
    struct err unreadable = { 0 }; // ingest says so when it has to read it
    struct vault *vault = run->vault;
    struct arena *a = &run->scratch;
    struct str last = STR_LIT("");
    file_state(info, state);
    int rc = vault_get_content(vault, path, state, a, known, err);
    if (rc || known->ptr)
        return rc;
    rc = vault_get_content(vault, path, "", a, &last, err);
    if (rc)
        return rc;
    if (last.ptr && file_digest(arena_copy(a, path), hex, &unreadable)) {
        *known = last;
        return 0;
    }
    if (last.ptr)
        rc = vault_get_content(vault, path, hex, a, known, err);
    if (!rc && !known->ptr)
        *known = last.ptr ? arena_str(a, str_of(hex)) : FIRST;
    if (!rc)
        rc = vault_set_content(vault, path, state, *known, err);
    return rc ? rc : vault_set_content(vault, path, "", *known, err);
}

int inputs_fingerprint(struct run *run, struct digest *d, struct str path, struct err *err)
{
    struct arena *a = &run->scratch;
    struct stat info;
    struct str known = STR_LIT("");
    const char *name = arena_copy(a, path);
    bool there = stat(name, &info) == 0;
    int rc = 0;
    if (there && S_ISREG(info.st_mode))
        rc = know_file(run, path, &info, &known, err);
    else if (!there)
        rc = vault_get_content(run->vault, path, "", a, &known, err);
    digest_add(d, path);
    digest_add(d, known);
    return rc;
}
