// SPDX-License-Identifier: Apache-2.0
// Contacts in pieces. A model that retells what somebody wrote drops an @ or a domain: of
// "ada.byron9@x.example" stays "write to ada.byron9", which no pattern knows. So what the scanner
// finds in the person's own words is taken to pieces, and these are looked for in the answer.
#ifndef SCAN_SCAN_PARTS_H
#define SCAN_SCAN_PARTS_H

#include "scan/scan.h"

struct scan_part {
    struct str text; // ASCII letters and digits, SCAN_PART_BYTES or more, no public word
    enum scan_kind kind;
};
struct scan_parts { // zeroed: none
    struct scan_part *items;
    size_t n, n_room;
};
#define SCAN_PART_BYTES ((size_t)5)

// Adds the pieces of e-mail addresses, account names and keys that stand in `source`; they live in
// the arena and borrow nothing of it.
int scan_parts_add(struct scan_parts *parts, struct scanner *scanner, struct str source,
                   struct arena *a, struct err *err) MUST_USE;
// The text with the mark of its kind in the place of every piece that stands there as a word, in
// any case of ASCII letters; the text itself when there is none. Cost: text × pieces.
int scan_parts_scrub(const struct scan_parts *parts, struct str text, struct arena *a,
                     struct str *out, struct err *err) MUST_USE;

#endif
