// SPDX-License-Identifier: Apache-2.0
// Which records are read at all: the setting --where (Clio paper, B: a target set may be cut by a
// regular expression before a run). Tests, joined by " && ", all of which must hold:
//
//     REGEX            fits in the text of some turn
//     NAME~REGEX       fits in it; NAME is text, user, assistant, system, tool (turns of these),
//     NAME!~REGEX      language, model, or a column or path of the record, found as --map finds it;
//                      !~ holds where it does not fit, also where there is no such column
#ifndef INGEST_WHERE_H
#define INGEST_WHERE_H

#include "ingest/reader.h"

struct where;
struct table_header;
// *out is NULL when `text` is empty. ERR_USAGE says what is wrong with it.
int where_open(struct where **out, struct str text, struct err *err) MUST_USE;
void where_close(struct where *where); // accepts NULL
// Before the records of an input: how its header spells the columns, which lives in `a`; NULL: its
// records are JSON, and each spells its fields by itself.
void where_begin_input(struct where *where, const struct table_header *header, struct arena *a);
// `record`: what the draft was read from. NULL holds for everything.
int where_holds(struct where *where, const struct conversation_draft *d, const struct value *record,
                bool *holds, struct err *err) MUST_USE;
// The name of a column that no record had so far; ptr NULL when all were seen.
struct str where_unseen(const struct where *where);

#endif
