// SPDX-License-Identifier: Apache-2.0
// JSON inside of a text, as cells of tables and exports of databases hold it: opened in place where
// a conversation, or a path of --map, is in it, so that everything behind is the same as for JSON.
// Nothing else is opened: what a person wrote stays their text, whatever it looks like.
#include "ingest/reader.h"

static bool is_container(const struct value *v)
{
    return value_is(v, VALUE_LIST) || value_is(v, VALUE_MAP);
}

// A text that is one list or map of JSON, which `fits`, becomes that. Any other stays as it is.
static void open_text(struct value *v, bool (*fits)(const struct value *), struct arena *a)
{
    struct str text = str_trim(value_text(v));
    struct value *inside;
    struct err ignored = { 0 };
    size_t n_repaired = 0;
    if (!text.len || (text.ptr[0] != '[' && text.ptr[0] != '{') ||
        value_parse(text, a, &inside, &n_repaired, &ignored) || !fits(inside))
        return;
    v->kind = inside->kind;
    v->n = inside->n;
    v->first = inside->first;
}

// The member that the path begins with is opened when the path goes on inside of it, or, where it
// ends there, when it `fits`; `fits` NULL: then not.
static void open_path(struct value *record, struct str path, bool (*fits)(const struct value *),
                      struct arena *a)
{
    struct value *whole = path.ptr ? value_find(record, path) : NULL;
    if (whole && fits)
        open_text(whole, fits, a);
    struct str first;
    bool goes_on = !whole && memchr(path.len ? path.ptr : "", '.', path.len);
    struct value *begin = goes_on && str_cut(&path, '.', &first) ? value_find(record, first) : NULL;
    if (begin)
        open_text(begin, is_container, a);
}

// An answer is opened only beside what was asked: by itself it is somebody's text.
static void open_calls(struct value *record, struct arena *a)
{
    const char *asked, *answered;
    for (size_t n = 0; (asked = call_names(n, &answered)); n++) {
        struct value *sent = value_find(record, str_of(asked));
        struct value *back = value_find(record, str_of(answered));
        if (sent)
            open_text(sent, is_call, a);
        if (back && is_call(sent))
            open_text(back, is_container, a);
    }
}

void record_open(struct value *record, const struct field_map *map, struct arena *a)
{
    if (!value_is(record, VALUE_MAP))
        return;
    const struct str fields[] = { map->id, map->account, map->time, map->language, map->model };
    const struct str turns[] = { map->text, map->reply, map->system };
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        open_path(record, fields[i], NULL, a);
    for (size_t i = 0; i < COUNT_OF(turns); i++)
        open_path(record, turns[i], is_message_or_list, a);
    open_path(record, map->messages, is_container, a);
    if (map->text.ptr || map->messages.ptr)
        return;
    open_calls(record, a);
    struct str rest = STR_LIT(MESSAGE_LISTS), key;
    while (str_cut(&rest, ' ', &key)) {
        struct value *v = value_find(record, key);
        if (v)
            open_text(v, is_message_list, a);
    }
}
