// SPDX-License-Identifier: Apache-2.0
// The fields of a posted form (application/x-www-form-urlencoded). Pure. Private to serve/ and to
// those who answer its private pages.
#ifndef SERVE_FORM_H
#define SERVE_FORM_H

#include "base/arena.h"

#define FORM_MOST_FIELDS 16
#define FORM_MOST_BYTES ((size_t)16 << 10)

struct form_field {
    struct str name, value;
};
struct form {
    struct form_field fields[FORM_MOST_FIELDS];
    size_t n;
};
// False when it has too many fields, a cut %, a NUL or bytes that are not UTF-8.
bool form_read(struct form *form, struct str body, struct arena *a);
struct str form_get(const struct form *form, const char *name); // empty when it is not there
int64_t form_number(const struct form *form, const char *name); // 0 when it is none

#endif
