// SPDX-License-Identifier: Apache-2.0
// One record's JSON (RFC 8259) as a tree in an arena. Text is a view of the record's own bytes,
// escapes and all where they are spelled as this program spells them, so parsing copies next to
// nothing and most texts are copied out as they stand. It is here beside base/json.h because
// reading is the one place where JSON is most of the work: 4 to 5 times jansson's speed.
// Real exports hold lone surrogates and broken UTF-8 in texts: these become U+FFFD and are counted;
// everything else that is not JSON is refused.
#ifndef INGEST_VALUE_H
#define INGEST_VALUE_H

#include "base/arena.h"
#include "base/buf.h"

enum value_kind {
    VALUE_NULL,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_NUMBER,
    VALUE_TEXT,
    VALUE_LIST,
    VALUE_MAP
};

struct value {
    enum value_kind kind;
    unsigned n;            // elements or members
    struct str key;        // of a member, decoded
    struct str text;       // TEXT: well-formed UTF-8; value_text has it decoded. NUMBER: as written
    struct arena *escaped; // TEXT: `text` stands as value_put_text writes it, escapes and all;
                           // where to decode it. NULL: it is decoded
    struct value *first;   // of a list or map, in the order of the document
    struct value *next;
};

// The whole of `text` as one value. ERR_DATA says what is wrong and at which byte. The tree borrows
// `text`. *n_repaired (may not be NULL) grows by the texts that had to be repaired.
int value_parse(struct str text, struct arena *a, struct value **root, size_t *n_repaired,
                struct err *err) MUST_USE;

// All of these accept NULL for v and then find nothing.
struct value *value_find(const struct value *v, struct str key); // the last member of that name
const struct value *value_member(const struct value *v, const char *key); // the same
// By a path of keys and list indices: "metadata.user_id", "choices.0.message".
const struct value *value_path(const struct value *v, struct str path);
// The path as the keys of v are spelled: each as it is, else the only one that differs by case
// (ASCII) alone. Where it leads nowhere, the rest stays as it is.
struct str value_spell(const struct value *v, struct str path, struct arena *a);
// Of TEXT, else ptr NULL. A text with escapes is decoded anew each time, into the arena of
// value_parse.
struct str value_text(const struct value *v);
// The same with the escapes of value_put_text, without quotes: mostly a view of the record.
struct str value_escaped(const struct value *v, struct arena *a);
bool value_is(const struct value *v, enum value_kind kind);
// TEXT as it is, a number as written, anything else as compact JSON in the arena; ptr NULL for
// null and for nothing.
struct str value_plain(const struct value *v, struct arena *a, struct err *err);

// Compact JSON. Escapes what RFC 8259 demands, nothing else: the one spelling of a text, so that
// equal transcripts are equal bytes.
int value_put(struct buf *b, const struct value *v, struct err *err) MUST_USE;
int value_put_text(struct buf *b, struct str text, struct err *err) MUST_USE;
// A text as it stands between the quotes of value_put_text, and back. What is the same is no copy.
struct str value_escape(struct arena *a, struct str text);
struct str value_unescape(struct arena *a, struct str escaped);

#endif
