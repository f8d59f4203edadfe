// SPDX-License-Identifier: Apache-2.0
// Patterns that need no pattern matcher. What each of these rows of recognisers[] matches is told
// by bits (anchor.h) and a few looks at bytes, exactly: vectorscan is not asked about them, but by
// SCAN_WHOLE, which must find the same. A row's expression is the specification; the function here
// is what it does. Private to scan/.
#ifndef SCAN_EXACT_FORM_H
#define SCAN_EXACT_FORM_H

#include "base/text.h"

enum form {
    FORM_NONE,
    FORM_NUMBER, // told by bits alone
    FORM_TOKEN,  // so
    FORM_GROUPED,
    FORM_BANK,
    FORM_FAMILY, // digits and a letter whose check digits may hold
    FORM_POINTS, // 127.0.0.1
    FORM_COLON,  // of network addresses
    FORM_COLONS, // "::"
    FORM_ZIP,
    FORM_POSITION,
    FORM_LINK,
    FORM_HOST,
    FORM_HANDLE,
    FORM_FORUM,  // "u/name"
    FORM_STREET, // "12 Main Street"
    FORM_RUE,    // "12 rue X"
    FORM_MONTH,  // "May 1, 1987"
    FORM_DAY,    // "1 May 1987"
    N_FORMS
};

struct form_match {
    enum form form;
    size_t start, end; // as vectorscan tells them: start is end - 1 where the row is not from_start
};
#define FORMS_AT_ONCE ((size_t)16)
struct form_list {
    struct form_match of[FORMS_AT_ONCE];
    size_t n;
};
// What is told by the byte `at`: the last one of the match, but of a bank account the fourth, of a
// link and of names of accounts the sign in it (the first slash of "://"), and the first one behind
// the point of a host, and the one behind the space behind a street's number. Where `at` rises the
// ends of each form do.
void form_find(struct str text, size_t at, struct form_list *found);
// Whether it may say something of a slash; of a byte behind a number and a space; of a year's last.
bool form_has_slash(struct str text, size_t at);
bool form_has_street(struct str text, size_t at);
bool form_has_date(struct str text, size_t at);
// Parts of form_find.
void form_find_street(struct str text, size_t at, struct form_list *found);
void form_find_date(struct str text, size_t at, struct form_list *found);

#endif
