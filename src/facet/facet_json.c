// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_json.h"

#include "base/json.h"
#include "base/utf8.h"
#include "facet/facet_parse.h"
#include "scan/language_guess.h"

#define MOST_ANSWER ((size_t)64 << 10)
#define MOST_OBJECTS 64 // of an answer that are looked at; the last one that can be read counts

// The object that begins at the first brace from `at` on, to the brace that closes it.
static struct str find_object(struct str s, size_t at)
{
    size_t from = str_find(s, STR_LIT("{"), at);
    int depth = 0;
    bool quoted = false;
    for (size_t i = from; i < s.len; i++) {
        char c = s.ptr[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return str_make(s.ptr + from, i + 1 - from);
        }
    }
    return str_make(NULL, 0);
}

// A number of the facet's range, also when it is written as text.
static const char *read_number(const struct facet *f, const struct json *value, struct arena *a,
                               struct str *out)
{
    int64_t n;
    bool ok = json_kind(value) == JSON_TEXT ? str_to_i64(str_trim(json_str(value)), &n)
                                            : json_whole(value, &n);
    if (!ok || n < f->low || n > f->high)
        return strcmp(f->name, "concern") == 0 ? "concern" : "number";
    *out = arena_printf(a, "%lld", (long long)n);
    return NULL;
}

// A value of the facet's list, in any case; the list's spelling is taken.
static const char *read_category(const struct facet *f, struct str said, struct str *out)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (str_equal_ci(str_trim(said), str_of(f->values[i]))) {
            *out = str_of(f->values[i]);
            return NULL;
        }
    return "category";
}

static const char *read_value(const struct facet *f, const struct json *value, struct arena *a,
                              struct str *out)
{
    *out = str_make(NULL, 0);
    if (f->kind == FACET_NUMBER && value)
        return read_number(f, value, a, out);
    if (json_kind(value) != JSON_TEXT)
        return "incomplete";
    struct str said = json_str(value);
    if (f->kind == FACET_TEXT)
        return facet_parse(f, said, false, a, out);
    if (f->n_values)
        return read_category(f, said, out);
    const char *language = language_from_name(said.ptr, said.len);
    *out = language ? str_of(language) : *out; // else what the rule found stands
    return NULL;
}

static const char *read_members(const struct json *root, const struct facet_list *list,
                                const struct facet_question *q, struct arena *a,
                                struct facet_set *set)
{
    struct str values[FACET_MOST];
    for (size_t i = 0; i < q->n; i++) {
        const struct facet *f = &list->items[q->ids[i]];
        const char *why = read_value(f, json_member(root, f->name), a, &values[i]);
        if (why)
            return why;
    }
    for (size_t i = 0; i < q->n; i++)
        if (values[i].ptr)
            set->values[q->ids[i]] = raw_of(values[i]);
    return NULL;
}

const char *facet_json_parse(struct str reply, const struct facet_list *list,
                             const struct facet_question *question, struct arena *a,
                             struct facet_set *set)
{
    struct str text = str_head(utf8_repair(a, str_head(reply, MOST_ANSWER)), MOST_ANSWER), object;
    struct json *last = NULL;
    size_t at = 0;
    for (int i = 0; i < MOST_OBJECTS && (object = find_object(text, at)).len; i++) {
        struct json *root = NULL;
        struct err err = { 0 };
        at = (size_t)(object.ptr - text.ptr) + object.len;
        if (json_open(&root, object, &err))
            continue;
        json_close(last);
        last = root;
    }
    if (!last)
        return str_trim(reply).len ? "no-json" : "empty";
    const char *why = read_members(last, list, question, a, set);
    json_close(last);
    return why;
}
