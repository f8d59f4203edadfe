// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_json.h"

#include "base/json.h"
#include "base/utf8.h"
#include "facet/facet_parse.h"
#include "facet/language_guess.h"

#define MOST_ANSWER ((size_t)64 << 10)

const char facet_json_schema[] =
    "{\"type\":\"object\",\"properties\":{\"request\":{\"type\":\"string\"},"
    "\"task\":{\"type\":\"string\"},\"language\":{\"type\":\"string\"},"
    "\"concern\":{\"type\":\"integer\",\"enum\":[1,2,3,4,5]}},"
    "\"required\":[\"request\",\"task\",\"language\",\"concern\"],"
    "\"additionalProperties\":false}";

// The object that begins at the first brace, to the brace that closes it.
static struct str find_object(struct str s)
{
    size_t from = str_find(s, STR_LIT("{"), 0);
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

static bool read_concern(const struct json *value, int64_t *level)
{
    bool ok = json_kind(value) == JSON_TEXT ? str_to_i64(str_trim(json_str(value)), level)
                                            : json_whole(value, level);
    return ok && *level >= 1 && *level <= 5;
}

static const char *read_members(const struct json *root, struct arena *a, struct facet_set *set)
{
    struct str request, task, named = json_str(json_member(root, "language"));
    int64_t concern;
    if (json_kind(json_member(root, "request")) != JSON_TEXT ||
        json_kind(json_member(root, "task")) != JSON_TEXT ||
        json_kind(json_member(root, "language")) != JSON_TEXT)
        return "incomplete";
    if (!read_concern(json_member(root, "concern"), &concern))
        return "concern";
    const struct facet *facet = facet_catalog(FACET_REQUEST);
    const char *why = facet_parse(facet, json_str(json_member(root, "request")), false, a,
                                  &request);
    if (!why)
        why = facet_parse(facet_catalog(FACET_TASK), json_str(json_member(root, "task")), false, a,
                          &task);
    if (why)
        return why;
    const char *language = language_from_name(named.ptr, named.len);
    set->values[FACET_REQUEST] = raw_of(request);
    set->values[FACET_TASK] = raw_of(task);
    set->values[FACET_CONCERN] = raw_of(arena_printf(a, "%lld", (long long)concern));
    if (language) // else what the rule found stands: a closed list of names
        set->values[FACET_LANGUAGE] = raw_of(str_of(language));
    return NULL;
}

const char *facet_json_parse(struct str reply, struct arena *a, struct facet_set *set)
{
    struct json *root = NULL;
    struct err err = { 0 };
    struct str object = find_object(str_head(utf8_repair(a, str_head(reply, MOST_ANSWER)),
                                             MOST_ANSWER));
    if (!object.len || json_open(&root, object, &err))
        return str_trim(reply).len ? "no-json" : "empty";
    const char *why = read_members(root, a, set);
    json_close(root);
    return why;
}
