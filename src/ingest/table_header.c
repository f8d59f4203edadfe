// SPDX-License-Identifier: Apache-2.0
// Names of columns, and what is meant by them. Names of the user's and known ones may stand in a
// sentence; other cells of a first row may be somebody's words and may not.
#include "ingest/table_header.h"

#include "base/utf8.h"

#define TEXT_NAMES "text prompt question instruction query"
#define REPLY_NAMES "reply response completion answer output"
#define MOST_NAMES 12
#define MOST_NAME 40 // bytes

struct reading {
    struct records *records;
    struct str path; // of the file
    struct arena *a;
    struct table_header *header;
};

static bool is_joint(char c)
{
    return c == ' ' || c == '_' || c == '-';
}

// But for case and what joins words: "User ID" and "user_id".
static bool is_alike(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    do {
        while (i < a.len && is_joint(a.ptr[i]))
            i++;
        while (j < b.len && is_joint(b.ptr[j]))
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len;
    } while (str_equal_ci(str_make(a.ptr + i++, 1), str_make(b.ptr + j++, 1)));
    return false;
}

static size_t count_named(const struct table_header *h, struct str name, bool loosely,
                          struct str *found)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n_columns; i++) {
        struct str column = h->columns[i];
        if (loosely ? !is_alike(column, name) : !str_equal(column, name))
            continue;
        n++;
        *found = column;
    }
    return n;
}

// The column of that name, else the only one that is alike; ptr NULL: none.
static struct str find_column(const struct table_header *h, struct str name)
{
    struct str found = { NULL, 0 };
    if (count_named(h, name, false, &found))
        return found;
    size_t n = count_named(h, name, true, &found);
    return n && count_named(h, found, false, &found) == n ? found : str_make(NULL, 0);
}

// Spells *path as the file does: the column itself, or the one whose JSON the path goes on in.
static bool spell(const struct table_header *header, struct str *path, struct arena *a)
{
    struct str rest = *path, first, column = find_column(header, *path);
    if (column.ptr) {
        *path = column;
        return true;
    }
    str_cut(&rest, '.', &first);
    column = find_column(header, first);
    if (column.ptr && rest.ptr)
        *path = arena_printf(a, "%.*s.%.*s", STR_ARG(column), STR_ARG(rest));
    return column.ptr && rest.ptr;
}

struct str table_header_spell(const struct table_header *header, struct str path, struct arena *a)
{
    spell(header, &path, a);
    return path;
}

// The first of the names that a column has; *as_is: it is spelled so.
static struct str find_known(const struct table_header *h, const char *names, bool *as_is)
{
    struct str rest = str_of(names), name, found;
    *as_is = true;
    while (str_cut(&rest, ' ', &name))
        if (count_named(h, name, false, &found))
            return found;
    *as_is = false;
    rest = str_of(names);
    while (str_cut(&rest, ' ', &name)) {
        found = find_column(h, name);
        if (found.ptr)
            return found;
    }
    return str_make(NULL, 0);
}

// Formats know names as they are spelled; a column whose name is only alike is mapped.
static void map_known(const struct table_header *h, struct str *field, const char *names)
{
    bool as_is;
    struct str column = find_known(h, names, &as_is);
    if (!field->ptr && column.ptr && !as_is)
        *field = column;
}

static void map_known_turns(const struct table_header *h, struct field_map *map)
{
    bool text_as_is, reply_as_is, list_as_is;
    struct str text = find_known(h, TEXT_NAMES, &text_as_is);
    struct str reply = find_known(h, REPLY_NAMES, &reply_as_is);
    struct str list = find_known(h, MESSAGE_LISTS, &list_as_is);
    if (map->text.ptr || map->messages.ptr || (list.ptr && list_as_is))
        return;
    if (text.ptr && (!text_as_is || (reply.ptr && !reply_as_is))) {
        map->text = text;
        map->reply = reply;
        map_known(h, &map->system, "system");
    } else if (!text.ptr && list.ptr)
        map->messages = list;
}

static const char *delimiter_name(const struct reading *r)
{
    char d = records_state(r->records)->delimiter;
    return d == '\t' ? "tabs" : d == ';' ? "semicolons" : d == '|' ? "bars" : "commas";
}

// "3 columns with commas between"
static struct str count_columns(const struct reading *r)
{
    return r->header->n_columns == 1 ? STR_LIT("1 column")
                                     : arena_printf(r->a, "%zu columns with %s between",
                                                    r->header->n_columns, delimiter_name(r));
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || (unsigned char)s.ptr[i] > '~')
            return false;
    return s.len > 0 && s.len <= MOST_NAME;
}

// ": a, b, c", for who misspelled one. Where no name is known the first row may be no header but
// somebody's words, which stand in no error: then "".
static struct str name_columns(const struct reading *r, bool known)
{
    const struct table_header *h = r->header;
    struct str names = STR_LIT("");
    size_t n = 0;
    for (size_t i = 0; known && i < h->n_columns && n < MOST_NAMES; i++)
        if (is_name(h->columns[i]))
            names = arena_printf(r->a, "%.*s%s%.*s", STR_ARG(names), n++ ? ", " : ": ",
                                 STR_ARG(h->columns[i]));
    return n && n < h->n_columns ? arena_printf(r->a, "%.*s …", STR_ARG(names)) : names;
}

static int refuse_column(const struct reading *r, struct str wanted, bool known, struct err *err)
{
    struct str found;
    if (count_named(r->header, wanted, true, &found) > 1)
        return err_set(err, ERR_USAGE,
                       "%.*s has no column \"%.*s\", but more than one that differs from it by "
                       "capitals or blanks alone; spell the one that is meant",
                       STR_ARG(r->path), STR_ARG(str_head(wanted, MOST_NAME)));
    return err_set(err, ERR_USAGE,
                   "%.*s has no column \"%.*s\" (%.*s%.*s); numbers name columns, too, as in --map "
                   "text=3, of a table without a header, or with --map header=yes,text=3",
                   STR_ARG(r->path), STR_ARG(str_head(wanted, MOST_NAME)),
                   STR_ARG(count_columns(r)), STR_ARG(str_head(name_columns(r, known), 200)));
}

static int refuse_untold(const struct reading *r, struct err *err)
{
    struct str role = find_column(r->header, STR_LIT("role"));
    if (role.ptr && find_column(r->header, STR_LIT("content")).ptr)
        return err_set(err, ERR_DATA, "%.*s has one message of a conversation a row; " TOGETHER,
                       STR_ARG(r->path));
    return err_set(err, ERR_DATA,
                   "%.*s is neither JSON nor a table with a column named text, prompt or messages "
                   "(%.*s found); --map text=COLUMN says where the text is%s",
                   STR_ARG(r->path), STR_ARG(count_columns(r)),
                   r->header->n_columns == 1 ? ". Where each line is a conversation's text: jq -Rc "
                                               "'{text: .}' FILE | clio run -"
                                             : "");
}

// Columns of what was sent to a model and of what came back.
static bool has_calls(const struct table_header *h)
{
    const char *asked, *answered;
    struct str found;
    for (size_t n = 0; (asked = call_names(n, &answered)); n++)
        if (count_named(h, str_of(asked), false, &found) &&
            count_named(h, str_of(answered), false, &found))
            return true;
    return false;
}

// Where everything stands: what the user named, then what is like a known name.
static int find_fields(const struct reading *r, struct err *err)
{
    struct field_map *m = &r->header->map;
    struct str *const wanted[] = { &m->text, &m->reply,    &m->system, &m->messages, &m->id,
                                   &m->time, &m->language, &m->model,  &m->account };
    const struct str *missing = NULL;
    bool as_is, known = find_known(r->header, TEXT_NAMES " " MESSAGE_LISTS, &as_is).ptr ||
                        has_calls(r->header);
    bool told = m->text.ptr || m->messages.ptr || known;
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        bool there = wanted[i]->ptr && spell(r->header, wanted[i], r->a);
        known = known || there;
        if (wanted[i]->ptr && !there && !missing)
            missing = wanted[i];
    }
    if (missing)
        return refuse_column(r, *missing, known, err);
    if (!told)
        return refuse_untold(r, err);
    map_known_turns(r->header, m);
    map_known(r->header, &m->id, "id conversation_id conversation_hash uuid custom_id");
    map_known(r->header, &m->time, TIME_NAMES " date create_time created");
    map_known(r->header, &m->language, "language lang");
    map_known(r->header, &m->model, "model");
    if (!m->account_is_id_prefix)
        map_known(r->header, &m->account, ACCOUNT_NAMES " hashed_ip");
    return 0;
}

static bool is_known(struct str name)
{
    struct str rest = STR_LIT(TEXT_NAMES " " REPLY_NAMES " " MESSAGE_LISTS " " ACCOUNT_NAMES
                                         " " TIME_NAMES " id hashed_ip date"),
               one;
    while (str_cut(&rest, ' ', &one))
        if (is_alike(one, name))
            return true;
    return false;
}

// The name is the user's or a known one, so it may be said.
static bool is_read(const struct field_map *m, struct str name)
{
    const struct str fields[] = { m->text, m->reply,    m->system, m->messages, m->id,
                                  m->time, m->language, m->model,  m->account };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        struct str rest = fields[i], first = rest;
        if (str_equal(rest, name) || (str_cut(&rest, '.', &first) && str_equal(first, name)))
            return true;
    }
    return is_known(name);
}

// One of two columns of a name would be lost. Of those that are read the user says which is meant;
// others are kept as NAME#2, as conversations with the same id are.
static int tell_apart(const struct reading *r, struct err *err)
{
    struct table_header *h = r->header;
    struct str *names = arena_array(r->a, h->n_columns, sizeof *names);
    for (size_t i = 0; i < h->n_columns; i++) {
        size_t n = 1, first = i;
        for (size_t j = i; j-- > 0;)
            if (str_equal(h->columns[j], h->columns[i])) {
                n++;
                first = j;
            }
        names[i] = h->columns[i].len ? h->columns[i] : arena_printf(r->a, "%zu", i + 1);
        if (n == 1 || !h->columns[i].len)
            continue;
        if (is_read(&h->map, names[i]))
            return err_set(
                err, ERR_DATA,
                "%.*s has more than one column \"%.*s\", numbers %zu and %zu; name all by "
                "number, as in --map header=yes,text=%zu",
                STR_ARG(r->path), STR_ARG(str_head(names[i], MOST_NAME)), first + 1, i + 1,
                first + 1);
        names[i] = arena_printf(r->a, "%.*s#%zu", STR_ARG(names[i]), n);
    }
    h->columns = names;
    return 0;
}

static int read_names(const struct reading *r, const struct record *row, struct err *err)
{
    struct table_header *h = r->header;
    struct str cells[1];
    char delimiter = records_state(r->records)->delimiter;
    size_t n = records_split_row(row, delimiter, r->a, cells, 0);
    if (n > LIMIT_COLUMNS)
        return err_set(err, ERR_DATA, "%.*s: its first row has more than %zu cells",
                       STR_ARG(r->path), LIMIT_COLUMNS);
    h->columns = arena_array(r->a, n, sizeof *h->columns);
    h->n_columns = records_split_row(row, delimiter, r->a, h->columns, n);
    for (size_t i = 0; i < n; i++)
        h->columns[i] = arena_str(r->a, str_trim(h->columns[i]));
    int rc = find_fields(r, err);
    return rc ? rc : tell_apart(r, err);
}

int table_header_read(struct records *records, const struct field_map *own, struct str path,
                      struct arena *a, struct table_header *out, struct err *err)
{
    struct reading r = { .records = records, .path = path, .a = a, .header = out };
    struct record row;
    *out = (struct table_header){ .map = *own };
    if (records_state(records)->kind != STREAM_TABLE || (own->by_number && !own->has_header))
        return 0;
    int rc = records_next(records, &row, err);
    if (!rc && row.kind != RECORD_WHOLE)
        rc = err_set(err, ERR_DATA, "%.*s: its first row is no header of a table", STR_ARG(path));
    return rc || own->by_number ? rc : read_names(&r, &row, err);
}

int table_row(const struct record *row, char delimiter, const struct table_header *header,
              struct arena *a, struct value **out, struct err *err)
{
    struct str *cells = arena_array(a, LIMIT_COLUMNS, sizeof *cells);
    if (row->text.len && memchr(row->text.ptr, 0, row->text.len))
        return err_set(err, ERR_DATA,
                       "the row holds zero bytes, which no text has; part of the file was "
                       "overwritten, or never written");
    size_t n = records_split_row(row, delimiter, a, cells, LIMIT_COLUMNS);
    if (n > LIMIT_COLUMNS)
        return err_set(err, ERR_DATA, "a row has more than %zu cells", LIMIT_COLUMNS);
    while (header->n_columns && n > header->n_columns && !cells[n - 1].len)
        n--; // a delimiter at the end of each row
    if (header->n_columns && n != header->n_columns)
        return err_set(err, ERR_DATA, "the row has %zu cells, the header has %zu", n,
                       header->n_columns);
    struct value *map = arena_zero(a, sizeof *map), **link = &map->first;
    map->kind = VALUE_MAP;
    for (size_t i = 0; i < n; i++) {
        if (!cells[i].len)
            continue;
        struct value *cell = arena_zero(a, sizeof *cell);
        cell->kind = VALUE_TEXT;
        cell->key = header->n_columns ? header->columns[i] : arena_printf(a, "%zu", i + 1);
        cell->text = utf8_repair(a, cells[i]);
        *link = cell;
        link = &cell->next;
        map->n++;
    }
    *out = map;
    return 0;
}
