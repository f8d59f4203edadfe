// SPDX-License-Identifier: Apache-2.0
#include "evaluate/truth.h"

#include "base/file.h"

#define MOST_TRUTH ((size_t)1 << 31)

static int bad_line(const char *path, size_t number, const char *what, struct err *err)
{
    return err_set(err, ERR_DATA, "%s, line %zu: %s", path, number, what);
}

// Cuts a line into the id and its labels; *n is how many labels there are.
static bool cut_line(struct str line, struct str *id, struct str labels[TRUTH_COLUMNS], size_t *n)
{
    *n = 0;
    if (!str_cut(&line, '\t', id))
        return false;
    while (*n < TRUTH_COLUMNS && str_cut(&line, '\t', &labels[*n]))
        ++*n;
    return *n > 0;
}

// Of "conversation (texts by NAME)" the name.
static struct str read_writer(struct str head)
{
    static const struct str before = { TRUTH_TEXTS_BY, sizeof TRUTH_TEXTS_BY - 1 };
    size_t at = str_find(head, before, 0);
    if (at == SIZE_MAX || !str_ends(head, STR_LIT(")")))
        return STR_LIT("");
    struct str name = str_from(head, at + before.len);
    return str_head(name, name.len - 1);
}

static int add_line(struct truth *truth, const char *path, size_t number, struct str line,
                    struct err *err)
{
    struct str id, labels[TRUTH_COLUMNS];
    size_t n;
    bool is_new;
    if (!cut_line(line, &id, labels, &n))
        return bad_line(path, number, "a conversation id, a tab and a label are needed", err);
    if (number == 1) {
        memcpy(truth->names, labels, sizeof truth->names);
        truth->has_language = n > 1 && str_equal_ci(labels[n - 1], STR_LIT("language"));
        truth->n_columns = n - truth->has_language;
        truth->texts_by = read_writer(id);
        return truth->n_columns < TRUTH_COLUMNS
                   ? 0
                   : bad_line(path, number, "more than two columns of labels", err);
    }
    if (truth->n_columns + truth->has_language != n)
        return bad_line(path, number, "it has another number of columns than the header", err);
    size_t i = map_add(&truth->ids, id, 0, &is_new);
    if (!is_new)
        return bad_line(path, number, "this conversation id stands above already", err);
    for (size_t c = 0; c < n; c++)
        truth->of[c][i] = (uint32_t)map_add(&truth->labels[c], labels[c], 0, NULL);
    return 0;
}

int truth_read(struct truth *truth, const char *path, struct arena *a, struct err *err)
{
    struct str text, line;
    size_t n_lines = 0, number = 0;
    int rc = file_read(a, path, MOST_TRUTH, &text, err);
    for (size_t i = 0; !rc && i < text.len; i++)
        n_lines += text.ptr[i] == '\n';
    for (size_t c = 0; !rc && c < TRUTH_COLUMNS; c++)
        truth->of[c] = arena_array(a, n_lines + 2, sizeof *truth->of[c]);
    while (!rc && str_cut(&text, '\n', &line)) {
        number++;
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (line.len)
            rc = add_line(truth, path, number, line, err);
    }
    if (!rc && truth->ids.n == 0)
        rc = err_set(err, ERR_DATA, "%s holds no labels below its header", path);
    return rc;
}

void truth_release(struct truth *truth)
{
    map_release(&truth->ids);
    for (size_t c = 0; c < TRUTH_COLUMNS; c++)
        map_release(&truth->labels[c]);
}
