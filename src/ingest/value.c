// SPDX-License-Identifier: Apache-2.0
// A recursive descent over RFC 8259's grammar; depth is bounded by LIMIT_JSON_DEPTH, the number of
// values by LIMIT_RECORD_VALUES; cost is one pass, memory one struct value a node and the bytes of
// texts that hold escapes.
#include "ingest/value.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "ingest/json_scan.h"
#include "ingest/string_scan.h"

struct parser {
    const char *begin, *at, *end;
    struct arena *a;
    size_t *n_repaired;
    int depth;
    struct err *err;
    size_t n_values;
};

static int refuse(struct parser *p, const char *what)
{
    return err_set(p->err, ERR_DATA, "not JSON at byte %zu of the record: %s",
                   (size_t)(p->at - p->begin), what);
}

static void skip_space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
        p->at++;
}

static bool take(struct parser *p, char wanted)
{
    if (p->at == p->end || *p->at != wanted)
        return false;
    p->at++;
    return true;
}

static bool take_hex(struct parser *p, uint32_t *out)
{
    uint32_t v = 0;
    if (p->end - p->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;
        if (c >= '0' && c <= '9')
            v = v * 16 + (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            v = v * 16 + (uint32_t)((c | 32) - 'a' + 10);
        else
            return false;
    }
    *out = v;
    return true;
}

// Behind "\u". A pair of surrogates is one character; a lone one becomes U+FFFD.
static int take_unicode(struct parser *p, char **out, bool *repaired)
{
    uint32_t c, low;
    if (!take_hex(p, &c))
        return refuse(p, "\\u needs four hexadecimal digits");
    if (c >= 0xD800 && c < 0xDC00 && p->end - p->at >= 6 && p->at[0] == '\\' && p->at[1] == 'u') {
        const char *back = p->at;
        p->at += 2;
        if (!take_hex(p, &low))
            return refuse(p, "\\u needs four hexadecimal digits");
        if (low >= 0xDC00 && low < 0xE000)
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        else
            p->at = back;
    }
    if (c >= 0xD800 && c < 0xE000) {
        *repaired = true;
        c = 0xFFFD;
    }
    *out += utf8_put(c, *out);
    return 0;
}

static int take_escape(struct parser *p, char **out, bool *repaired)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end)
        return refuse(p, "a text is not closed");
    char kind = *p->at++;
    if (kind == 'u')
        return take_unicode(p, out, repaired);
    const char *found = kind ? memchr(from, kind, sizeof from - 1) : NULL;
    if (!found)
        return refuse(p, "an escape that JSON does not have");
    *(*out)++ = to[found - from];
    return 0;
}

static int decode_text(struct parser *p, const char *quote, struct str *out, bool *repaired)
{
    char *text = arena_alloc(p->a, (size_t)(quote - p->at) + 4), *put = text;
    int rc = 0;
    while (!rc && p->at < quote) {
        const char *slash = memchr(p->at, '\\', (size_t)(quote - p->at));
        size_t n = (size_t)((slash ? slash : quote) - p->at);
        memcpy(put, p->at, n);
        put += n;
        p->at += n;
        if (slash) {
            p->at++;
            rc = take_escape(p, &put, repaired);
        }
    }
    *out = str_make(text, (size_t)(put - text));
    return rc;
}

// Behind the opening quote. What value_put_text would write the same is left as it is.
static int take_raw(struct parser *p, struct str *out, bool *escaped)
{
    unsigned marks = 0;
    bool repaired = false;
    const char *quote = scan_string(p->at, p->end, &marks);
    if (quote == p->end || *quote == '\\')
        return refuse(p, "a text is not closed");
    if (*quote != '"') {
        p->at = quote;
        return refuse(p, "a control character inside a text");
    }
    struct str raw = str_make(p->at, (size_t)(quote - p->at));
    *escaped = !(marks & STRING_ODD) && (!(marks & STRING_HIGH) || utf8_is_valid(raw, NULL));
    *out = raw;
    if ((marks & STRING_ESCAPES) && !*escaped && decode_text(p, quote, out, &repaired))
        return (int)p->err->code;
    p->at = quote + 1;
    if ((marks & STRING_HIGH) && !*escaped && !utf8_is_valid(*out, NULL)) {
        *out = utf8_repair(p->a, *out);
        repaired = true;
    }
    *p->n_repaired += repaired;
    return 0;
}

static struct str decode_escapes(struct arena *a, struct str raw)
{
    size_t n_repaired = 0;
    bool repaired = false;
    struct err err = { 0 };
    struct parser p = { raw.ptr, raw.ptr, raw.ptr + raw.len, a, &n_repaired, 0, &err, 0 };
    struct str text;
    if (decode_text(&p, p.end, &text, &repaired))
        BUG("a text was taken for well escaped: %s", err.text);
    return text;
}

static int take_text(struct parser *p, struct str *out)
{
    bool escaped;
    int rc = take_raw(p, out, &escaped);
    if (!rc && escaped)
        *out = value_unescape(p->a, *out);
    return rc;
}

static size_t take_digits(struct parser *p)
{
    const char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - from);
}

static int take_number(struct parser *p, struct value *v)
{
    const char *from = p->at;
    take(p, '-');
    if (!take(p, '0') && !take_digits(p))
        return refuse(p, "a value was expected");
    if (take(p, '.') && !take_digits(p))
        return refuse(p, "a digit was expected");
    if (p->at < p->end && (*p->at | 32) == 'e') {
        p->at++;
        if (!take(p, '-'))
            take(p, '+');
        if (!take_digits(p))
            return refuse(p, "a digit was expected");
    }
    v->kind = VALUE_NUMBER;
    v->text = str_make(from, (size_t)(p->at - from));
    return 0;
}

static int take_word(struct parser *p, struct value *v)
{
    static const char *const words[] = { "null", "false", "true" }; // as in enum value_kind
    struct str rest = str_make(p->at, (size_t)(p->end - p->at));
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (str_starts(rest, str_of(words[i]))) {
            v->kind = (enum value_kind)i;
            p->at += strlen(words[i]);
            return 0;
        }
    }
    return refuse(p, "a value was expected");
}

static int take_value(struct parser *p, struct value *v);

static int take_key(struct parser *p, struct value *v)
{
    if (!take(p, '"'))
        return refuse(p, "a key in quotes was expected");
    int rc = take_text(p, &v->key);
    skip_space(p);
    if (!rc && !take(p, ':'))
        rc = refuse(p, "':' was expected");
    skip_space(p);
    return rc;
}

// A digit and a comma take two bytes, the value that stands for them 64.
static int count_value(struct parser *p)
{
    return ++p->n_values <= LIMIT_RECORD_VALUES
               ? 0
               : err_set(p->err, ERR_DATA, "the record has more than %zu values of JSON",
                         LIMIT_RECORD_VALUES);
}

// Behind '[' or '{'.
static int take_children(struct parser *p, struct value *parent, bool keyed)
{
    struct value **link = &parent->first;
    char close = keyed ? '}' : ']';
    int rc = 0;
    if (++p->depth > LIMIT_JSON_DEPTH)
        return refuse(p, "nested too deep");
    skip_space(p);
    bool more = !take(p, close);
    while (more) {
        if (count_value(p))
            return (int)p->err->code;
        struct value *child = arena_zero(p->a, sizeof *child);
        *link = child;
        link = &child->next;
        parent->n++;
        if (keyed)
            rc = take_key(p, child);
        if (!rc)
            rc = take_value(p, child);
        if (rc)
            return rc;
        skip_space(p);
        more = take(p, ',');
        if (more)
            skip_space(p);
        else if (!take(p, close))
            return refuse(p, keyed ? "',' or '}' was expected" : "',' or ']' was expected");
    }
    p->depth--;
    return 0;
}

static int take_value(struct parser *p, struct value *v)
{
    bool escaped = false;
    int rc;
    if (p->at == p->end)
        return refuse(p, "it ends too early");
    switch (*p->at) {
    case '"':
        p->at++;
        v->kind = VALUE_TEXT;
        rc = take_raw(p, &v->text, &escaped);
        v->escaped = escaped ? p->a : NULL;
        return rc;
    case '{':
        p->at++;
        v->kind = VALUE_MAP;
        return take_children(p, v, true);
    case '[':
        p->at++;
        v->kind = VALUE_LIST;
        return take_children(p, v, false);
    case 't':
    case 'f':
    case 'n':
        return take_word(p, v);
    default:
        return take_number(p, v);
    }
}

int value_parse(struct str text, struct arena *a, struct value **root, size_t *n_repaired,
                struct err *err)
{
    const char *begin = text.len ? text.ptr : "";
    struct parser p = { begin, begin, begin + text.len, a, n_repaired, 0, err, 0 };
    *root = arena_zero(a, sizeof **root);
    skip_space(&p);
    int rc = take_value(&p, *root);
    skip_space(&p);
    if (!rc && p.at < p.end)
        rc = refuse(&p, "something follows the value");
    return rc;
}

bool value_is(const struct value *v, enum value_kind kind)
{
    return v && v->kind == kind;
}

static inline struct value *find_member(const struct value *v, struct str key)
{
    struct value *found = NULL;
    if (value_is(v, VALUE_MAP))
        for (struct value *m = v->first; m; m = m->next)
            if (str_equal(m->key, key))
                found = m;
    return found;
}

struct value *value_find(const struct value *v, struct str key)
{
    return find_member(v, key);
}

const struct value *value_member(const struct value *v, const char *key)
{
    return find_member(v, str_of(key));
}

static const struct value *find_element(const struct value *v, struct str index)
{
    int64_t i;
    if (!value_is(v, VALUE_LIST) || !str_to_i64(index, &i) || i < 0)
        return NULL;
    const struct value *e = v->first;
    while (e && i--)
        e = e->next;
    return e;
}

const struct value *value_path(const struct value *v, struct str path)
{
    const struct value *whole = find_member(v, path); // a key may hold a point itself
    bool is_key = value_is(v, VALUE_MAP) && path.len && !memchr(path.ptr, '.', path.len);
    struct str piece;
    if (whole || is_key)
        return whole;
    while (v && str_cut(&path, '.', &piece))
        v = value_is(v, VALUE_LIST) ? find_element(v, piece) : find_member(v, piece);
    return v;
}

static const struct value *find_alike(const struct value *v, struct str key)
{
    const struct value *exact = find_member(v, key), *found = NULL;
    if (exact || !value_is(v, VALUE_MAP))
        return exact;
    for (const struct value *m = v->first; m; m = m->next) {
        if (!str_equal_ci(m->key, key))
            continue;
        if (found && !str_equal(found->key, m->key))
            return NULL;
        found = m;
    }
    return found;
}

struct str value_spell(const struct value *v, struct str path, struct arena *a)
{
    const struct value *whole = find_alike(v, path);
    struct str rest = path, piece;
    if (whole)
        return whole->key;
    if (!path.len || !memchr(path.ptr, '.', path.len))
        return path;
    char *spelled = arena_copy(a, path), *at = spelled;
    while (v && str_cut(&rest, '.', &piece)) {
        bool in_list = value_is(v, VALUE_LIST);
        v = in_list ? find_element(v, piece) : find_alike(v, piece);
        if (v && !in_list) // of the same length, as they differ by case alone
            memcpy(at, v->key.ptr, v->key.len);
        at += piece.len + 1;
    }
    return str_make(spelled, path.len);
}

struct str value_text(const struct value *v)
{
    if (!value_is(v, VALUE_TEXT))
        return str_make(NULL, 0);
    return v->escaped ? value_unescape(v->escaped, v->text) : v->text;
}

struct str value_unescape(struct arena *a, struct str escaped)
{
    return memchr(escaped.len ? escaped.ptr : "", '\\', escaped.len) ? decode_escapes(a, escaped)
                                                                     : escaped;
}

struct str value_plain(const struct value *v, struct arena *a, struct err *err)
{
    if (!v || v->kind == VALUE_NULL)
        return str_make(NULL, 0);
    if (v->kind == VALUE_NUMBER)
        return v->text;
    if (v->kind == VALUE_TEXT)
        return value_text(v);
    struct buf b;
    buf_init(&b, LIMIT_RECORD_BYTES, "value");
    struct str s = str_make(NULL, 0);
    if (!value_put(&b, v, err))
        s = arena_str(a, buf_view(&b));
    buf_release(&b);
    return s;
}

static int put_escape(struct buf *b, unsigned char c, struct err *err)
{
    static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
    const char *found = c ? memchr(from, c, sizeof from - 1) : NULL;
    if (!found)
        return buf_printf(b, err, "\\u%04x", (unsigned)c);
    char pair[2] = { '\\', to[found - from] };
    return buf_add(b, str_make(pair, 2), err);
}

static int put_escaped(struct buf *b, struct str text, struct err *err)
{
    const char *at = text.len ? text.ptr : "", *end = at + text.len;
    unsigned high = 0;
    int rc = 0;
    while (!rc && at < end) {
        const char *stop = scan_text(at, end, &high);
        rc = buf_add(b, str_make(at, (size_t)(stop - at)), err);
        at = stop;
        if (!rc && at < end)
            rc = put_escape(b, (unsigned char)*at++, err);
    }
    return rc;
}

int value_put_text(struct buf *b, struct str text, struct err *err)
{
    int rc = buf_add_char(b, '"', err);
    if (!rc)
        rc = put_escaped(b, text, err);
    return rc ? rc : buf_add_char(b, '"', err);
}

struct str value_escape(struct arena *a, struct str text)
{
    const char *begin = text.len ? text.ptr : "", *end = begin + text.len;
    unsigned high = 0;
    struct err err = { 0 };
    struct buf b;
    if (scan_text(begin, end, &high) == end)
        return text;
    buf_init(&b, SIZE_MAX / 2, "text");
    if (put_escaped(&b, text, &err))
        BUG("no room for a text: %s", err.text);
    struct str escaped = arena_str(a, buf_view(&b));
    buf_release(&b);
    return escaped;
}

struct str value_escaped(const struct value *v, struct arena *a)
{
    if (!value_is(v, VALUE_TEXT))
        return str_make(NULL, 0);
    return v->escaped ? v->text : value_escape(a, v->text);
}

static int put_text(struct buf *b, const struct value *v, struct err *err)
{
    int rc = buf_add_char(b, '"', err);
    if (!rc)
        rc = v->escaped ? buf_add(b, v->text, err) : put_escaped(b, v->text, err);
    return rc ? rc : buf_add_char(b, '"', err);
}

static int put_children(struct buf *b, const struct value *v, struct err *err)
{
    bool keyed = v->kind == VALUE_MAP;
    int rc = buf_add_char(b, keyed ? '{' : '[', err);
    for (const struct value *m = v->first; !rc && m; m = m->next) {
        if (m != v->first)
            rc = buf_add_char(b, ',', err);
        if (!rc && keyed)
            rc = value_put_text(b, m->key, err);
        if (!rc && keyed)
            rc = buf_add_char(b, ':', err);
        if (!rc)
            rc = value_put(b, m, err);
    }
    return rc ? rc : buf_add_char(b, keyed ? '}' : ']', err);
}

int value_put(struct buf *b, const struct value *v, struct err *err)
{
    static const char *const words[] = { "null", "false", "true" };
    switch (v->kind) {
    case VALUE_LIST:
    case VALUE_MAP:
        return put_children(b, v, err);
    case VALUE_TEXT:
        return put_text(b, v, err);
    case VALUE_NUMBER:
        return buf_add(b, v->text, err);
    default:
        return buf_add(b, str_of(words[v->kind]), err);
    }
}
