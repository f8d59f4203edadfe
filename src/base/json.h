// SPDX-License-Identifier: Apache-2.0
// JSON documents (RFC 8259): reading into a tree, and writing pieces. json.c is the one door to
// jansson. Cutting a huge file into records is ingest/records.h.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

struct json; // one value; lives as long as the document's root

enum json_kind { JSON_NONE, JSON_NULL_VALUE, JSON_BOOLEAN, JSON_NUMBER, JSON_TEXT, JSON_LIST,
                 JSON_MAP };

// The whole of `text` as one value of any kind. ERR_DATA says what is wrong and at which byte of
// `text`. Invalid UTF-8, lone surrogates and nesting past LIMIT_JSON_DEPTH are refused. *root is
// the caller's, to be given to json_close.
int json_open(struct json **root, struct str text, struct err *err) MUST_USE;
// The same for what a stranger sends: a text of more than `most` values is refused before any
// memory is taken for it, a list or map counting as 8. A value takes about 48 bytes, which is 24
// times its text in a list of digits.
int json_open_within(struct json **root, struct str text, size_t most, struct err *err) MUST_USE;
void json_close(struct json *root); // accepts NULL

enum json_kind json_kind(const struct json *v); // JSON_NONE for NULL
// Members: NULL when v is no map or list, or has no such member. Borrowed.
const struct json *json_member(const struct json *v, const char *key);
const struct json *json_element(const struct json *v, size_t i);
size_t json_length(const struct json *v); // of a list or map; else 0
// Walks a map in the order of the document: start with at = NULL, ends with NULL.
void *json_walk(const struct json *v, void *at, struct str *key, const struct json **value);

struct str json_str(const struct json *v);                // empty when v is no text
bool json_number(const struct json *v, double *out);      // false when v is no number
bool json_whole(const struct json *v, int64_t *out);    // false when v is no whole number
bool json_truth(const struct json *v);                    // false when v is not `true`
// The value as compact JSON in the arena, keys in the document's order.
struct str json_compact(struct arena *a, const struct json *v);

// Writing: `s` as a JSON string with quotes. Everything outside printable ASCII that could end a
// <script> or a line (</, U+2028, U+2029, controls) is escaped; malformed UTF-8 becomes U+FFFD.
int json_put_str(struct buf *b, struct str s, struct err *err) MUST_USE;
// A finite number in the shortest form that reads back equal; null when not finite.
int json_put_number(struct buf *b, double v, struct err *err) MUST_USE;

#endif
