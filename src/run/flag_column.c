// SPDX-License-Identifier: Apache-2.0
#include "run/flag_column.h"

#include "base/json.h"

#include <string.h>

struct flag_column flag_column_make(struct str name, double flag_from)
{
    struct flag_column column = { .paths = { name }, .n_paths = 1, .flag_from = flag_from };
    if (str_equal(name, STR_LIT("flagged")))
        column.paths[column.n_paths++] = STR_LIT("openai_moderation.flagged");
    return column;
}

static bool flag_text(struct str text, double flag_from, bool *known)
{
    static const char *const yes[] = { "true", "yes", "1", "flagged", "toxic" };
    double number;
    *known = text.len > 0;
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (str_equal_ci(text, str_of(yes[i])))
            return true;
    return str_to_f64(text, &number) && number >= flag_from;
}

static bool flag_value(const struct json *v, double flag_from, bool *known)
{
    double number;
    switch (json_kind(v)) {
    case JSON_BOOLEAN:
        *known = true;
        return json_truth(v);
    case JSON_NUMBER:
        *known = json_number(v, &number);
        return *known && number >= flag_from;
    case JSON_TEXT:
        return flag_text(json_str(v), flag_from, known);
    default:
        return false;
    }
}

static bool find_flag(const struct json *root, struct str path, double flag_from, bool *known)
{
    char name[128];
    struct str rest = path, key;
    bool flagged = false, one = false;
    *known = false;
    if (json_kind(root) == JSON_LIST) {
        for (size_t i = 0; i < json_length(root); i++) {
            flagged |= find_flag(json_element(root, i), path, flag_from, &one);
            *known |= one;
        }
        return flagged;
    }
    if (!path.len)
        return flag_value(root, flag_from, known);
    if (path.len < sizeof name) { // a key may hold a point itself
        memcpy(name, path.ptr, path.len);
        name[path.len] = 0;
        if (json_member(root, name))
            return find_flag(json_member(root, name), str_make("", 0), flag_from, known);
    }
    str_cut(&rest, '.', &key);
    if (key.len == path.len || key.len >= sizeof name)
        return false;
    memcpy(name, key.ptr, key.len);
    name[key.len] = 0;
    return find_flag(json_member(root, name), rest, flag_from, known);
}

int flag_column_read(const struct flag_column *column, struct str columns)
{
    struct json *root = NULL;
    struct err ignored = { 0 };
    int said = -1;
    if (!columns.len || json_open(&root, columns, &ignored))
        return said;
    for (size_t i = 0; i < column->n_paths && said < 0; i++) {
        bool known, flagged = find_flag(root, column->paths[i], column->flag_from, &known);
        if (known)
            said = flagged;
    }
    json_close(root);
    return said;
}
