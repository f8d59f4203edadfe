// SPDX-License-Identifier: Apache-2.0
// What a person downloads from their account. claude.ai: {uuid, account, created_at, chat_messages:
// [{sender, content, text}]}. ChatGPT: {conversation_id, create_time, mapping, current_node}, a
// tree of nodes of which the branch up to current_node is the conversation as it was last seen;
// where no such node is named, the branch up to the newest message that nothing follows.
#include "base/map.h"
#include "ingest/reader.h"

static bool fits_claude(const struct value *record)
{
    return is_message_list(value_member(record, "chat_messages"));
}

static int read_claude(const struct value *record, struct conversation_draft *d, struct err *err)
{
    return draft_add_messages(d, value_member(record, "chat_messages"), err);
}

const struct format claude_export_format = {
    .name = "claude-export",
    .fields = { "uuid", "account.uuid account", "created_at", "language", "model",
                "chat_messages account name summary updated_at" },
    .fits = fits_claude,
    .read_turns = read_claude,
};

static bool fits_chatgpt(const struct value *record)
{
    const struct value *mapping = value_member(record, "mapping");
    if (!value_is(mapping, VALUE_MAP))
        return false;
    const struct value *node = mapping->first;
    bool is_node = value_is(node, VALUE_MAP) && value_member(node, "message") &&
                   (value_member(node, "parent") || value_member(node, "children"));
    return is_node || value_is(value_member(record, "current_node"), VALUE_TEXT);
}

// An export may have tens of thousands of nodes: they are found by name through a table.
struct nodes {
    struct map names;
    const struct value **list; // by index in names
};

static void list_nodes(struct nodes *nodes, const struct value *mapping, struct arena *a)
{
    *nodes = (struct nodes){ .list = arena_array(a, mapping->n + 1u, sizeof *nodes->list) };
    for (const struct value *node = mapping->first; node; node = node->next) {
        bool is_new;
        size_t i = map_add(&nodes->names, node->key, 0, &is_new);
        if (is_new)
            nodes->list[i] = node;
    }
}

static const struct value *find_node(const struct nodes *nodes, const struct value *name)
{
    size_t i = map_find(&nodes->names, value_text(name));
    return i == SIZE_MAX ? NULL : nodes->list[i];
}

// Seconds since 1970; less than any where it is not told.
static double time_of(const struct value *node)
{
    const struct value *v = value_path(node, STR_LIT("message.create_time"));
    double time;
    return value_is(v, VALUE_NUMBER) && str_to_f64(v->text, &time) ? time : -1;
}

// The node with a message and no node behind it that was written last; of equal ones the last in
// the file. NULL: there is none.
static const struct value *newest_leaf(const struct nodes *nodes, const struct value *mapping,
                                       struct arena *a)
{
    bool *has_child = arena_zero(a, (mapping->n + 1u) * sizeof *has_child);
    const struct value *newest = NULL;
    for (const struct value *node = mapping->first; node; node = node->next) {
        size_t i = map_find(&nodes->names, value_text(value_member(node, "parent")));
        if (i != SIZE_MAX)
            has_child[i] = true;
    }
    for (const struct value *node = mapping->first; node; node = node->next)
        if (!has_child[map_find(&nodes->names, node->key)] &&
            value_is(value_member(node, "message"), VALUE_MAP) &&
            (!newest || time_of(node) >= time_of(newest)))
            newest = node;
    return newest;
}

// Hidden system nodes and empty ones are part of every export and nobody's words.
static bool is_shown(const struct value *message)
{
    const struct value *parts = value_path(message, STR_LIT("content.parts"));
    bool empty = value_is(parts, VALUE_LIST) &&
                 (!parts->n ||
                  (parts->n == 1 && value_is(parts->first, VALUE_TEXT) && !parts->first->text.len));
    return value_is(message, VALUE_MAP) && !empty &&
           !value_is(value_path(message, STR_LIT("metadata.is_visually_hidden_from_conversation")),
                     VALUE_TRUE);
}

// Walks from the last node to the root, then adds the turns in the other direction.
static int read_chatgpt(const struct value *record, struct conversation_draft *d, struct err *err)
{
    const struct value *mapping = value_member(record, "mapping");
    const struct value **path = arena_array(d->a, mapping->n + 1u, sizeof *path);
    struct nodes nodes;
    list_nodes(&nodes, mapping, d->a);
    const struct value *node = find_node(&nodes, value_member(record, "current_node"));
    if (!node)
        node = newest_leaf(&nodes, mapping, d->a);
    size_t n = 0;
    int rc = 0;
    while (node && n < mapping->n) {
        path[n++] = node;
        const struct value *parent = value_member(node, "parent");
        node = value_is(parent, VALUE_TEXT) ? find_node(&nodes, parent) : NULL;
    }
    map_release(&nodes.names);
    if (node || !n)
        return err_set(err, ERR_DATA, "its tree of messages has no way from the last to the first");
    while (!rc && n) {
        const struct value *message = value_member(path[--n], "message");
        if (is_shown(message))
            rc = draft_add_message(d, message, err);
    }
    return rc;
}

const struct format chatgpt_export_format = {
    .name = "chatgpt-export",
    .fields = { "conversation_id id", "user_id account", "create_time", "language",
                "default_model_slug model", "mapping current_node title update_time" },
    .fits = fits_chatgpt,
    .read_turns = read_chatgpt,
};
