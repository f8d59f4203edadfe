// SPDX-License-Identifier: Apache-2.0
// Names by rule. Words are looked up in four public lists (English words, public proper words such
// as languages and technologies, given names, family names):
//   1. a given name that is no English word, what stands behind a title (Mr, Frau …) or behind "my
//      name is" is a person, and so are the capitalised words that follow;
//   2. in English text, a capitalised word that is in no list is a name of something.
// Words of other languages and names in lower case that are no given name pass: the floors and the
// support gate are there for them. Cost: text_words.h.
#ifndef SCAN_NAME_RULE_H
#define SCAN_NAME_RULE_H

#include "scan/byte_mask.h"
#include "scan/scan.h"

struct name_rule;
int name_rule_open(struct name_rule **rule, struct err *err) MUST_USE;
void name_rule_close(struct name_rule *rule); // accepts NULL
// Spans of the masks' text in the arena, in order. `what`: SCAN_PERSONS and SCAN_NAMES count.
void name_rule_find(const struct name_rule *rule, const struct byte_masks *masks, unsigned what,
                    struct arena *a, struct scan_span **spans, size_t *n);
// Whether a word (lower case) is in a public list: English or public proper words.
bool name_rule_is_public(const struct name_rule *rule, struct str word);
bool name_rule_may_name(const struct name_rule *rule, struct str given, struct str family);

#endif
