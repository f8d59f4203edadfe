// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// struct json is json_t seen from outside: never defined, only cast.
static const json_t *inner(const struct json *v)
{
    return (const json_t *)(const void *)v;
}

static const struct json *outer(const json_t *v)
{
    return (const struct json *)(const void *)v;
}

#define VALUES_A_CONTAINER 8 // what a list or map takes beside its members, in values

// Depth is checked before parsing: jansson's own limit is deeper than ours. *n_values: about as
// many as there will be.
static bool too_deep(struct str text, size_t *n_values, size_t *at)
{
    int depth = 0;
    bool quoted = false;
    *n_values = 1;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            ++*n_values;
        } else if (c == '[' || c == '{') {
            *n_values += VALUES_A_CONTAINER;
            if (++depth > LIMIT_JSON_DEPTH) {
                *at = i;
                return true;
            }
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return false;
}

int json_open(struct json **root, struct str text, struct err *err)
{
    return json_open_within(root, text, SIZE_MAX, err);
}

int json_open_within(struct json **root, struct str text, size_t most, struct err *err)
{
    size_t at = 0, n_values;
    if (too_deep(text, &n_values, &at))
        return err_set(err, ERR_DATA, "JSON is nested deeper than %d at byte %zu",
                       LIMIT_JSON_DEPTH, at);
    if (n_values > most)
        return err_set(err, ERR_DATA, "JSON of about %zu values; %zu are read here at most",
                       n_values, most);
    // jansson takes a NUL behind the value for the end of the text.
    const char *nul = text.len ? memchr(text.ptr, 0, text.len) : NULL;
    if (nul)
        return err_set(err, ERR_DATA, "not JSON at byte %zu: a NUL", (size_t)(nul - text.ptr));
    json_error_t error;
    json_t *v = json_loadb(text.len ? text.ptr : "", text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                           &error);
    if (!v) {
        // jansson quotes the text near the fault; that is somebody's words, so it is cut off.
        char *near = strstr(error.text, " near ");
        if (near)
            *near = 0;
        return err_set(err, ERR_DATA, "not JSON at byte %d: %s", error.position, error.text);
    }
    *root = (struct json *)(void *)v;
    return 0;
}

void json_close(struct json *root)
{
    json_decref((json_t *)(void *)root);
}

enum json_kind json_kind(const struct json *v)
{
    if (!v)
        return JSON_NONE;
    switch (json_typeof(inner(v))) {
    case JSON_OBJECT:
        return JSON_MAP;
    case JSON_ARRAY:
        return JSON_LIST;
    case JSON_STRING:
        return JSON_TEXT;
    case JSON_INTEGER:
    case JSON_REAL:
        return JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_BOOLEAN;
    case JSON_NULL:
        return JSON_NULL_VALUE;
    }
    return JSON_NONE;
}

const struct json *json_member(const struct json *v, const char *key)
{
    return outer(json_object_get(inner(v), key));
}

const struct json *json_element(const struct json *v, size_t i)
{
    return outer(json_array_get(inner(v), i));
}

size_t json_length(const struct json *v)
{
    return json_is_array(inner(v)) ? json_array_size(inner(v)) : json_object_size(inner(v));
}

void *json_walk(const struct json *v, void *at, struct str *key, const struct json **value)
{
    json_t *object = (json_t *)(uintptr_t)inner(v);
    at = at ? json_object_iter_next(object, at) : json_object_iter(object);
    if (at) {
        *key = str_of(json_object_iter_key(at));
        *value = outer(json_object_iter_value(at));
    }
    return at;
}

struct str json_str(const struct json *v)
{
    if (!json_is_string(inner(v)))
        return str_make("", 0);
    return str_make(json_string_value(inner(v)), json_string_length(inner(v)));
}

bool json_number(const struct json *v, double *out)
{
    if (!json_is_number(inner(v)))
        return false;
    *out = json_number_value(inner(v));
    return true;
}

bool json_whole(const struct json *v, int64_t *out)
{
    double d;
    if (json_is_integer(inner(v))) {
        *out = json_integer_value(inner(v));
        return true;
    }
    if (!json_number(v, &d) || d != floor(d) || fabs(d) > 9e15)
        return false;
    *out = (int64_t)d;
    return true;
}

bool json_truth(const struct json *v)
{
    return json_is_true(inner(v));
}

struct str json_compact(struct arena *a, const struct json *v)
{
    char *text = json_dumps(inner(v), JSON_COMPACT | JSON_ENCODE_ANY);
    struct str copy = arena_str(a, str_of(text));
    free(text);
    return copy;
}

static size_t escape(uint32_t c, char out[13])
{
    switch (c) {
    case '"':
        return (size_t)snprintf(out, 13, "\\\"");
    case '\\':
        return (size_t)snprintf(out, 13, "\\\\");
    case '\n':
        return (size_t)snprintf(out, 13, "\\n");
    case '\t':
        return (size_t)snprintf(out, 13, "\\t");
    case '\r':
        return (size_t)snprintf(out, 13, "\\r");
    default:
        break;
    }
    bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
    if (control || c == '<' || c == '>' || c == '&')
        return (size_t)snprintf(out, 13, "\\u%04x", (unsigned)c);
    return utf8_put(c, out);
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

int json_put_str(struct buf *b, struct str s, struct err *err)
{
    int rc = buf_add_char(b, '"', err);
    for (size_t at = 0; !rc && at < s.len;) {
        char piece[13];
        size_t from = at;
        while (at < s.len && is_plain(s.ptr[at]))
            at++;
        if (at > from) {
            rc = buf_add(b, str_make(s.ptr + from, at - from), err);
            continue;
        }
        size_t n = escape(utf8_next(s, &at), piece);
        rc = buf_add(b, str_make(piece, n), err);
    }
    return rc ? rc : buf_add_char(b, '"', err);
}

// The fewest digits worth trying. What fewer than 15 digits name, 15 digits name with zeros behind
// (any decimal of up to DBL_DIG digits survives), and %g leaves the zeros out: the same text, at
// once. Not so where the number of digits decides between 1000000 and 1e+06.
static int first_digits(double v)
{
    double size = fabs(v);
    return size < 1e5 && size > 1e-290 ? DBL_DIG : 6;
}

int json_put_number(struct buf *b, double v, struct err *err)
{
    if (!isfinite(v))
        return buf_add(b, STR_LIT("null"), err);
    char text[40];
    for (int digits = first_digits(v); digits <= 17; digits++) {
        double back;
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (digits == 17 || (str_to_f64(str_of(text), &back) && back == v))
            break;
    }
    for (char *p = text; *p; p++)
        if (*p == ',')
            *p = '.';
    return buf_add(b, str_of(text), err);
}
