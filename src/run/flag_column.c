// SPDX-License-Identifier: Apache-2.0
#include "run/flag_column.h"

#include "base/json.h"

#include <string.h>

struct flag_column flag_column_make(struct str name, double flag_from, struct str words)
{
    struct flag_column column = {
        .paths = { name }, .n_paths = 1, .flag_from = flag_from, .words = words
    };
    if (str_equal(name, STR_LIT("flagged")))
        column.paths[column.n_paths++] = STR_LIT("openai_moderation.flagged");
    return column;
}

struct said {
    bool known, flagged;
    bool other; // a text that is neither a yes nor a no
};

static bool is_one_of(struct str text, const char *const words[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal_ci(text, str_of(words[i])))
            return true;
    return false;
}

static bool is_in_list(struct str text, struct str list)
{
    struct str word;
    while (str_cut(&list, ',', &word))
        if (str_trim(word).len && str_equal_ci(str_trim(word), text))
            return true;
    return false;
}

static struct said flag_text(const struct flag_column *column, struct str text)
{
    static const char *const yes[] = { "true", "yes", "1", "flagged", "toxic" };
    static const char *const no[] = { "false", "no", "none", "not flagged", "not toxic", "safe" };
    struct said said = { .known = text.len > 0 };
    double number;
    if (is_in_list(text, column->words))
        said.flagged = true;
    else if (str_to_f64(text, &number))
        said.flagged = number >= column->flag_from;
    else if (!column->words.len && is_one_of(text, yes, COUNT_OF(yes)))
        said.flagged = true;
    else
        said.other = said.known && !column->words.len && !is_one_of(text, no, COUNT_OF(no));
    return said;
}

static struct said flag_value(const struct flag_column *column, const struct json *v)
{
    struct said said = { 0 };
    double number;
    switch (json_kind(v)) {
    case JSON_BOOLEAN:
        said.known = true;
        said.flagged = json_truth(v);
        return said;
    case JSON_NUMBER:
        said.known = json_number(v, &number);
        said.flagged = said.known && number >= column->flag_from;
        return said;
    case JSON_TEXT:
        return flag_text(column, json_str(v));
    default:
        return said;
    }
}

static struct said find_flag(const struct flag_column *column, const struct json *root,
                             struct str path)
{
    char name[128];
    struct str rest = path, key;
    struct said said = { 0 };
    if (json_kind(root) == JSON_LIST) {
        for (size_t i = 0; i < json_length(root); i++) {
            struct said one = find_flag(column, json_element(root, i), path);
            said.known |= one.known;
            said.flagged |= one.flagged;
            said.other |= one.other;
        }
        return said;
    }
    if (!path.len)
        return flag_value(column, root);
    if (path.len < sizeof name) { // a key may hold a point itself
        memcpy(name, path.ptr, path.len);
        name[path.len] = 0;
        if (json_member(root, name))
            return find_flag(column, json_member(root, name), str_make("", 0));
    }
    str_cut(&rest, '.', &key);
    if (key.len == path.len || key.len >= sizeof name)
        return said;
    memcpy(name, key.ptr, key.len);
    name[key.len] = 0;
    return find_flag(column, json_member(root, name), rest);
}

int flag_column_read(const struct flag_column *column, struct str columns)
{
    struct json *root = NULL;
    struct err ignored = { 0 };
    struct said said = { 0 };
    if (!columns.len || json_open(&root, columns, &ignored))
        return FLAG_NONE;
    for (size_t i = 0; i < column->n_paths && !said.known; i++)
        said = find_flag(column, root, column->paths[i]);
    json_close(root);
    return !said.known ? FLAG_NONE : said.flagged ? FLAG_YES : said.other ? FLAG_OTHER : FLAG_NO;
}
