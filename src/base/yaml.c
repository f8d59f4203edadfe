// SPDX-License-Identifier: Apache-2.0
// From libyaml's events to a tree. Its own document tree is not used: it follows aliases and has no
// bounds.
#include "base/yaml.h"

#include "base/utf8.h"

#include <yaml.h>

struct reading {
    yaml_parser_t parser;
    const char *name;
    struct arena *a;
    size_t n_nodes;
};

static size_t line_of(const yaml_event_t *event)
{
    return event->start_mark.line + 1;
}

static int refuse(const struct reading *r, size_t line, struct err *err, const char *why)
{
    return err_set(err, ERR_CONFIG, "%s, line %zu: %s", r->name, line, why);
}

static int next(struct reading *r, yaml_event_t *event, struct err *err)
{
    if (yaml_parser_parse(&r->parser, event))
        return 0;
    memset(event, 0, sizeof *event);
    if (r->parser.error == YAML_MEMORY_ERROR)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    const char *what = r->parser.problem ? r->parser.problem : "it cannot be read";
    size_t line = r->parser.error == YAML_READER_ERROR ? 1 : r->parser.problem_mark.line + 1;
    return err_set(err, ERR_CONFIG,
                   "%s, line %zu: this is not YAML (%s); mind indentation, quotes "
                   "and colons",
                   r->name, line, what);
}

static int read_node(struct reading *r, yaml_event_t *event, size_t depth, struct yaml_node **out,
                     struct err *err);

static bool has_key(const struct yaml_node *map, struct str key)
{
    for (const struct yaml_node *m = map->first; m; m = m->next)
        if (str_equal(m->key, key))
            return true;
    return false;
}

// Elements, or keys and values, until the end of the list or map. Ends the event it is given.
static int read_children(struct reading *r, struct yaml_node *node, size_t depth, struct err *err)
{
    yaml_event_type_t end =
        node->kind == YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;
    struct yaml_node **tail = &node->first;
    int rc = 0;
    for (;;) {
        yaml_event_t event;
        struct str key = { 0 };
        rc = next(r, &event, err);
        if (rc || event.type == end) {
            yaml_event_delete(&event);
            return rc;
        }
        if (node->kind == YAML_MAP) {
            bool plain = event.type == YAML_SCALAR_EVENT && !event.data.scalar.anchor &&
                         !event.data.scalar.tag;
            size_t line = line_of(&event);
            if (plain)
                key = arena_str(r->a, str_make((const char *)event.data.scalar.value,
                                               event.data.scalar.length));
            yaml_event_delete(&event);
            if (!plain)
                return refuse(r, line, err, "the name of an entry is one plain word");
            if (has_key(node, key))
                return refuse(r, line, err, "an entry stands here for the second time; leave one");
            rc = next(r, &event, err);
            if (rc)
                return rc;
        }
        rc = read_node(r, &event, depth + 1, tail, err);
        yaml_event_delete(&event);
        if (rc)
            return rc;
        (*tail)->key = key;
        tail = &(*tail)->next;
    }
}

static int check_event(struct reading *r, const yaml_event_t *event, size_t depth, struct err *err)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (event->type == YAML_ALIAS_EVENT || anchor)
        return refuse(r, line_of(event), err,
                      "anchors (&) and aliases (*) are not taken here; "
                      "write the text out, or put it into quotes");
    if (tag)
        return refuse(r, line_of(event), err,
                      "tags (!) are not taken here; put the text into "
                      "quotes");
    if (depth > YAML_MOST_DEPTH)
        return refuse(r, line_of(event), err, "this is nested deeper than any of our files is");
    if (++r->n_nodes > YAML_MOST_NODES)
        return refuse(r, line_of(event), err, "this file has more than 4096 entries");
    return 0;
}

static int read_node(struct reading *r, yaml_event_t *event, size_t depth, struct yaml_node **out,
                     struct err *err)
{
    int rc = check_event(r, event, depth, err);
    if (rc)
        return rc;
    struct yaml_node *node = arena_zero_array(r->a, 1, sizeof *node);
    node->line = line_of(event);
    *out = node;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        node->kind = YAML_TEXT;
        node->text = arena_str(
            r->a, str_make((const char *)event->data.scalar.value, event->data.scalar.length));
        return 0;
    case YAML_SEQUENCE_START_EVENT:
        node->kind = YAML_LIST;
        return read_children(r, node, depth, err);
    case YAML_MAPPING_START_EVENT:
        node->kind = YAML_MAP;
        return read_children(r, node, depth, err);
    default:
        return refuse(r, node->line, err, "here an entry is missing");
    }
}

// The events around the one document.
static int expect(struct reading *r, yaml_event_type_t type, const char *why, struct err *err)
{
    yaml_event_t event;
    int rc = next(r, &event, err);
    if (!rc && event.type != type)
        rc = refuse(r, line_of(&event), err, why);
    yaml_event_delete(&event);
    return rc;
}

static int read_document(struct reading *r, struct yaml_node **root, struct err *err)
{
    yaml_event_t event = { 0 };
    int rc = expect(r, YAML_STREAM_START_EVENT, "this is not YAML", err);
    if (!rc)
        rc = expect(r, YAML_DOCUMENT_START_EVENT, "the file is empty", err);
    if (!rc)
        rc = next(r, &event, err);
    if (!rc)
        rc = read_node(r, &event, 1, root, err);
    yaml_event_delete(&event);
    if (!rc)
        rc = expect(r, YAML_DOCUMENT_END_EVENT, "this is not YAML", err);
    if (!rc)
        rc = expect(r, YAML_STREAM_END_EVENT, "a second document (---) begins; keep one", err);
    return rc;
}

int yaml_read(struct str text, const char *name, struct arena *a, struct yaml_node **root,
              struct err *err)
{
    struct reading r = { .name = name, .a = a };
    size_t bad = 0;
    *root = NULL;
    if (text.len > YAML_MOST_BYTES)
        return err_set(err, ERR_CONFIG, "%s: %zu bytes are too many, at most %zu are read", name,
                       text.len, YAML_MOST_BYTES);
    if (!utf8_is_valid(text, &bad))
        return err_set(err, ERR_CONFIG, "%s, byte %zu: this is not UTF-8; save the file as UTF-8",
                       name, bad);
    if (!yaml_parser_initialize(&r.parser))
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    int rc = read_document(&r, root, err);
    yaml_parser_delete(&r.parser);
    return rc;
}

const struct yaml_node *yaml_member(const struct yaml_node *map, const char *key)
{
    if (map && map->kind == YAML_MAP)
        for (const struct yaml_node *m = map->first; m; m = m->next)
            if (str_equal(m->key, str_of(key)))
                return m;
    return NULL;
}
