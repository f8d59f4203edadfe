// SPDX-License-Identifier: Apache-2.0
// Numbers of people and things that carry check digits, by the rule of who issues them. A family
// holds when length, shape and check digits are right: one number in ten to a hundred does so by
// chance, so this names a hit and never lets one go. Pure.
#ifndef SCAN_ID_FAMILY_H
#define SCAN_ID_FAMILY_H

#include "base/text.h"

struct id_family {
    const char *name;             // "Aadhaar (India)"
    size_t n;                     // characters without separators
    bool has_letters;             // else digits only
    bool (*holds)(const char *s); // n characters, capitals
};
extern const struct id_family id_families[];
extern const size_t n_id_families;

// The first family that holds for the letters and digits of `s`; NULL when none does.
const struct id_family *id_family_of(struct str s);

#endif
