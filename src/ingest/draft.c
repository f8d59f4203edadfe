// SPDX-License-Identifier: Apache-2.0
// What all formats have in common: fields by paths, time, account, columns that are kept.
#include "base/clock.h"
#include "base/limits.h"
#include "ingest/reader.h"

#define MAX_COLUMNS ((size_t)64 << 10) // bytes of one record's other columns
#define MAX_LIST ((size_t)4 << 10)     // of a list of maps; a longer one is condensed

void draft_add_turn(struct conversation_draft *d, enum turn_role role, struct str escaped)
{
    if (d->n_turns == d->n_room) {
        size_t size = d->n_room * sizeof *d->turns;
        d->n_room = d->n_room ? 2 * d->n_room : 8;
        d->turns = arena_grow(d->a, d->turns, size, d->n_room * sizeof *d->turns);
    }
    d->turns[d->n_turns++] = (struct draft_turn){ role, escaped };
}

// The first of the paths that leads to a value that is not null; *path is that path.
static const struct value *find_field(const struct value *record, struct str own, const char *paths,
                                      struct str *path)
{
    struct str rest = own.ptr ? own : str_of(paths);
    char separator = own.ptr ? '\n' : ' ';
    while (str_cut(&rest, separator, path)) {
        const struct value *v = path->len ? value_path(record, *path) : NULL;
        if (v && v->kind != VALUE_NULL)
            return v;
    }
    *path = str_make(NULL, 0);
    return NULL;
}

static struct str read_field(struct conversation_draft *d, const struct value *record,
                             struct str own, const char *paths, struct str *path, struct err *err)
{
    const struct value *v = find_field(record, own, paths, path);
    struct str text = value_plain(v, d->a, err);
    return text.len ? text : str_make(NULL, 0);
}

// A map about the person is known by what names them: what else is in it may be another each time
// (when they were last seen), and one person would be as many accounts as conversations.
static const struct value *who_of(const struct value *v)
{
    struct str rest = STR_LIT("id uuid user_id userId account_id accountId _id sub email name"),
               key;
    if (!value_is(v, VALUE_MAP))
        return v;
    while (str_cut(&rest, ' ', &key)) {
        const struct value *one = value_find(v, key);
        if (value_is(one, VALUE_TEXT) || value_is(one, VALUE_NUMBER))
            return one;
    }
    return NULL;
}

static struct str read_account(struct conversation_draft *d, const struct value *record,
                               struct str own, const char *paths, struct str *path, struct err *err)
{
    struct str text = value_plain(who_of(find_field(record, own, paths, path)), d->a, err);
    return text.len ? text : str_make(NULL, 0);
}

// "QWJhYvA_57" is part 57 of QWJhYvA: the text before the last '_' when digits follow it.
static struct str id_prefix(struct str id)
{
    size_t n = id.len;
    while (n && id.ptr[n - 1] >= '0' && id.ptr[n - 1] <= '9')
        n--;
    bool part = n > 1 && n < id.len && id.ptr[n - 1] == '_';
    return part ? str_head(id, n - 1) : id;
}

static bool names(const char *list, struct str key)
{
    struct str rest = str_of(list), name;
    while (str_cut(&rest, ' ', &name))
        if (name.len && str_equal(name, key))
            return true;
    return false;
}

static bool was_taken(struct str key, const struct str *paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(key, paths[i]))
            return true;
    return false;
}

// "key":value into `one`; a long list, as of verdicts a turn, is condensed to one.
static int put_column(struct conversation_draft *d, const struct value *m, struct buf *one,
                      struct err *err)
{
    bool is_list = value_is(m, VALUE_LIST) && value_is(m->first, VALUE_MAP);
    buf_clear(one);
    int rc = value_put_text(one, m->key, err);
    if (!rc)
        rc = buf_add_char(one, ':', err);
    size_t head = one->len;
    if (!rc)
        rc = value_put(one, m, err);
    if (!is_list || (!rc && one->len - head <= MAX_LIST))
        return rc;
    buf_clear(one);
    err_clear(err);
    rc = value_put_text(one, m->key, err);
    if (!rc)
        rc = buf_add_char(one, ':', err);
    return rc ? rc : put_condensed(one, m, d->a, err);
}

// All members that no field was read from, as one JSON map; values that are too large are left out.
static int keep_columns(struct conversation_draft *d, const struct value *record, const char *used,
                        const struct str *taken, size_t n_taken, struct err *err)
{
    struct buf b, one;
    buf_init(&b, MAX_COLUMNS, "set of columns");
    buf_init(&one, MAX_COLUMNS, "column");
    int rc = 0;
    for (const struct value *m = record->first; !rc && m; m = m->next) {
        struct err ignored = { 0 };
        if (m->kind == VALUE_NULL || names(used, m->key) || was_taken(m->key, taken, n_taken))
            continue;
        if (put_column(d, m, &one, &ignored) || b.len + one.len + 2 > MAX_COLUMNS)
            continue;
        rc = buf_add_char(&b, b.len ? ',' : '{', err);
        if (!rc)
            rc = buf_add(&b, buf_view(&one), err);
    }
    if (!rc && b.len)
        rc = buf_add_char(&b, '}', err);
    if (!rc && b.len)
        d->columns = arena_str(d->a, buf_view(&b));
    buf_release(&one);
    buf_release(&b);
    return rc;
}

static int read_fields(struct conversation_draft *d, const struct value *record,
                       const struct field_map *map, const struct fields *f, struct err *err)
{
    struct str taken[9] = { 0 };
    d->external_id = read_field(d, record, map->id, f->id, &taken[0], err);
    d->account = read_account(d, record, map->account, f->account, &taken[1], err);
    struct str time = read_field(d, record, map->time, f->time, &taken[2], err);
    d->language = read_field(d, record, map->language, f->language, &taken[3], err);
    d->model = read_field(d, record, map->model, f->model, &taken[4], err);
    d->has_time = time.ptr && time_parse(time, &d->time);
    d->odd_time = time.ptr && !d->has_time;
    if (map->account_is_id_prefix && d->external_id.ptr)
        d->account = id_prefix(d->external_id);
    taken[5] = map->text;
    taken[6] = map->reply;
    taken[7] = map->system;
    taken[8] = map->messages;
    return keep_columns(d, record, f->used, taken, COUNT_OF(taken), err);
}

static const struct format mapped_format = {
    .name = "mapped",
    .fields = {
        "id conversation_id conversation_hash uuid custom_id",
        ACCOUNT_NAMES " hashed_ip",
        TIME_NAMES " create_time created",
        "language lang",
        "model",
        "",
    },
};

static int add_mapped(struct conversation_draft *d, const struct value *record, struct str path,
                      enum turn_role role, struct err *err)
{
    const struct value *v = path.ptr ? value_path(record, path) : NULL;
    if (!v || v->kind == VALUE_NULL)
        return 0;
    if (v->kind == VALUE_NUMBER) // a number is somebody's text too when it is named so
        draft_add_turn(d, role, v->text);
    if (v->kind == VALUE_NUMBER)
        return 0;
    if (value_is(v, VALUE_MAP) && message_list(v)) // the map around it, as a request's body is
        return draft_add_messages(d, message_list(v), err);
    if (!is_message_or_list(v))
        return draft_add_content(d, role, v, err);
    return v->kind == VALUE_LIST ? draft_add_messages(d, v, err) : draft_add_message(d, v, err);
}

// --map messages= may lead to the list or to the map around it, as a request's body is.
static int add_mapped_list(struct conversation_draft *d, const struct value *record,
                           struct str path, struct err *err)
{
    const struct value *v = value_path(record, path);
    return draft_add_messages(d, value_is(v, VALUE_MAP) ? message_list(v) : v, err);
}

static int read_mapped(const struct value *record, const struct field_map *map,
                       struct conversation_draft *d, struct err *err)
{
    int rc = add_mapped(d, record, map->system, TURN_SYSTEM, err);
    if (!rc && map->messages.ptr)
        rc = add_mapped_list(d, record, map->messages, err);
    if (!rc)
        rc = add_mapped(d, record, map->text, TURN_USER, err);
    if (!rc)
        rc = add_mapped(d, record, map->reply, TURN_ASSISTANT, err);
    if (!rc && !d->n_turns)
        rc = err_set(err, ERR_DATA, "the fields that --map names are not there or empty");
    return rc;
}

static bool is_plain_name(struct str s)
{
    bool plain = s.len && s.len <= 40;
    for (size_t i = 0; plain && i < s.len; i++)
        plain = (s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
                s.ptr[i] == '_';
    return plain;
}

// The first of the names that the record has; ptr NULL: none.
static struct str name_in(const struct value *record, const char *names)
{
    struct str rest = str_of(names), name;
    while (str_cut(&rest, ' ', &name))
        if (value_find(record, name))
            return name;
    return str_make(NULL, 0);
}

// Logs of databases have one message a record. Who says it is told by a name that is a role.
bool is_single_message(const struct value *record)
{
    static const char *const keys[] = { "role", "sender", "from" };
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (role_named(value_text(value_member(record, keys[i])), STR_LIT("")) != TURN_OTHER)
            return is_message_or_list(record);
    return false;
}

// Without the conversation's name a record is a conversation's list that was taken for the file's.
static int refuse_single(const struct value *record, struct err *err)
{
    struct str id = name_in(record, "conversation_id conversationId session_id sessionId "
                                    "thread_id threadId chat_id chatId");
    struct str user = name_in(record, ACCOUNT_NAMES);
    if (!id.ptr)
        return err_set(err, ERR_DATA,
                       SINGLE_MESSAGE "; where its list is the conversation: jq -c "
                                      "'{messages: .}' FILE | clio run -; where it is a "
                                      "conversation by itself: --map text=NAME");
    return err_set(err, ERR_DATA,
                   SINGLE_MESSAGE "; put those of a conversation together: jq -sc "
                                  "'group_by(.%.*s)[] | {id: .[0].%.*s%s%.*s, messages: .}' FILE "
                                  "| clio run -",
                   STR_ARG(id), STR_ARG(id), user.ptr ? ", user: .[0]." : "", STR_ARG(user));
}

// A map around one list of maps is most often the answer of an interface, with records inside.
static int refuse_unknown(const struct value *record, struct err *err)
{
    const struct value *list = NULL;
    size_t n = 0;
    if (is_single_message(record))
        return refuse_single(record, err);
    for (const struct value *m = record->first; m; m = m->next)
        if (value_is(m, VALUE_TEXT) && names(MESSAGE_LISTS, m->key))
            return draft_add_messages(NULL, m, err);
        else if (value_is(m, VALUE_LIST) && value_is(m->first, VALUE_MAP)) {
            list = m;
            n++;
        }
    if (n == 1 && is_plain_name(list->key) && is_single_message(list->first))
        return err_set(err, ERR_DATA,
                       "its messages stand under \"%.*s\"; say so: --map messages=%.*s",
                       STR_ARG(list->key), STR_ARG(list->key));
    if (n == 1 && is_plain_name(list->key))
        return err_set(err, ERR_DATA,
                       LIST_INSIDE " \"%.*s\"; take it out: jq -c '.%.*s[]' FILE | "
                                   "clio run -",
                       STR_ARG(list->key), STR_ARG(list->key));
    return err_set(err, ERR_DATA,
                   "no conversation is recognised in it; --map says where the text is");
}

// Neither a map nor a list of messages.
static int refuse_kind(const struct value *record, struct err *err)
{
    return value_is(record, VALUE_TEXT)
               ? err_set(err, ERR_DATA,
                         "the record is a text alone; make a map of it: jq -c '.[] | {text: .}' "
                         "FILE | clio run -")
               : err_set(err, ERR_DATA, "the record is not a JSON map");
}

static int read_map(struct conversation_draft *d, const struct value *record,
                    const struct field_map *map, const struct format *preferred,
                    const struct format **used, struct err *err)
{
    const struct format *format = &mapped_format;
    bool mapped = map->text.ptr || map->messages.ptr;
    if (!mapped)
        format =
            preferred && preferred->fits && preferred->fits(record) ? preferred : recognise(record);
    if (!format)
        return refuse_unknown(record, err);
    *used = format;
    int rc = read_fields(d, record, map, &format->fields, err);
    if (!rc)
        rc = mapped ? read_mapped(record, map, d, err) : format->read_turns(record, d, err);
    return rc;
}

int draft_read(struct conversation_draft *d, const struct value *record,
               const struct field_map *map, const struct format *preferred,
               const struct format **used, struct err *err)
{
    struct value list, around = { .kind = VALUE_MAP, .n = 1, .first = &list };
    if (value_is(record, VALUE_MAP))
        return read_map(d, record, map, preferred, used, err);
    if (!is_message_list(record) || !record->n)
        return refuse_kind(record, err);
    list = *record; // a bare list of messages
    list.key = STR_LIT("messages");
    list.next = NULL;
    return read_map(d, &around, map, preferred, used, err);
}

static const struct {
    const char *name;
    size_t offset;
} targets[] = {
    { "id", offsetof(struct field_map, id) },
    { "user", offsetof(struct field_map, account) },
    { "account", offsetof(struct field_map, account) },
    { "time", offsetof(struct field_map, time) },
    { "language", offsetof(struct field_map, language) },
    { "model", offsetof(struct field_map, model) },
    { "text", offsetof(struct field_map, text) },
    { "reply", offsetof(struct field_map, reply) },
    { "system", offsetof(struct field_map, system) },
    { "messages", offsetof(struct field_map, messages) },
};

static struct str *target(struct field_map *map, struct str name)
{
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        if (str_equal(name, str_of(targets[i].name)))
            return (struct str *)(void *)((char *)map + targets[i].offset);
    return NULL;
}

static struct str field_of(const struct field_map *map, size_t i)
{
    return *(const struct str *)(const void *)((const char *)map + targets[i].offset);
}

void field_map_spell(struct field_map *map, const struct value *record, struct arena *a)
{
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        struct str *path = (struct str *)(void *)((char *)map + targets[i].offset);
        if (path->ptr && value_is(record, VALUE_MAP) && !value_path(record, *path))
            *path = value_spell(record, *path, a);
    }
}

void field_map_see(const struct field_map *map, const struct value *record, int64_t *seen)
{
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        struct str path = field_of(map, i);
        if (!path.ptr || (*seen & (int64_t)1 << i))
            continue;
        const struct value *v = value_path(record, path);
        *seen |= (int64_t)(v && v->kind != VALUE_NULL) << i;
    }
}

struct str field_map_unseen(const struct field_map *map, int64_t seen, const char **name)
{
    for (size_t i = 0; i < COUNT_OF(targets); i++)
        if (field_of(map, i).ptr && !(seen & (int64_t)1 << i)) {
            *name = targets[i].name;
            return field_of(map, i);
        }
    return str_make(NULL, 0);
}

static int parse_pair(struct field_map *map, struct str pair, bool *number, struct err *err)
{
    struct str field = pair, name;
    int64_t ignored;
    if (!str_cut(&field, '=', &name) || !field.len)
        return err_set(err, ERR_USAGE,
                       "--map wants NAME=FIELD with commas between, as in --map "
                       "'text=Prompt Text,user=who'; got \"%.*s\"",
                       STR_ARG(str_head(pair, 60)));
    if (str_equal(str_trim(name), STR_LIT("header"))) {
        map->has_header = str_equal(str_trim(field), STR_LIT("yes"));
        *number = true; // says nothing of the others
        return map->has_header || str_equal(str_trim(field), STR_LIT("no"))
                   ? 0
                   : err_set(err, ERR_USAGE, "--map header= is yes or no");
    }
    struct str *place = target(map, str_trim(name));
    if (!place)
        return err_set(err, ERR_USAGE,
                       "--map knows id, user, time, language, model, text, reply, system and "
                       "messages, not \"%.*s\"",
                       STR_ARG(name));
    *place = str_trim(field);
    *number = str_to_i64(*place, &ignored);
    return 0;
}

// A blank ends a pair only where the next one begins, since names of columns may hold blanks.
static bool ends_pair(struct str rest, size_t at)
{
    char c = rest.ptr[at];
    if (c == ',' || c == '\n' || (c != ' ' && c != '\t'))
        return c == ',' || c == '\n';
    struct str next = str_from(rest, at + 1);
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        size_t len = strlen(targets[i].name);
        if (str_starts(next, str_of(targets[i].name)) && next.len > len && next.ptr[len] == '=')
            return true;
    }
    return false;
}

int field_map_parse(struct field_map *map, struct str text, struct str account_from,
                    struct err *err)
{
    struct str rest = text, piece;
    size_t n = 0, n_numbers = 0;
    int rc = 0;
    *map = (struct field_map){ 0 };
    while (!rc && rest.len) {
        size_t end = 0;
        while (end < rest.len && !ends_pair(rest, end))
            end++;
        piece = str_trim(str_head(rest, end));
        rest = str_from(rest, end + 1);
        bool number = false;
        if (piece.len)
            rc = parse_pair(map, piece, &number, err);
        n += piece.len > 0;
        n_numbers += number;
    }
    if (!rc && (map->reply.ptr || map->system.ptr) && !map->text.ptr && !map->messages.ptr)
        rc = err_set(err, ERR_USAGE,
                     "--map %s= stands beside text= or messages=, which say where the turns of the "
                     "person are; name one of them, too",
                     map->reply.ptr ? "reply" : "system");
    map->by_number = n && n == n_numbers;
    map->account_is_id_prefix = str_equal(account_from, STR_LIT("id-prefix"));
    if (!rc && account_from.len && !map->account_is_id_prefix)
        map->account = account_from;
    return rc;
}
