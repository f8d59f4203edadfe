// SPDX-License-Identifier: Apache-2.0
// Names that a model puts together of words which stand alone in what people wrote: "grace" and
// "hopper" are ordinary words, and each may be one that enough accounts use. Pure.
#ifndef SCAN_NAME_PAIR_H
#define SCAN_NAME_PAIR_H

#include "scan/scan.h"
#include "scan/support.h"

// Whether two words side by side are a given and a family name out of the lists, in either order,
// whatever stands between them and with single letters passed over ("grace's hopper", "grace m
// hopper"). Not where a released phrase has the two like that: then enough people wrote them so.
bool name_pair_in(const struct scanner *scanner, const struct support *support, struct str text,
                  struct arena *scratch);
// The same of the last word of one text and the first of the next, as they are read one after the
// other. False where one of them is empty.
bool name_pair_between(const struct scanner *scanner, const struct support *support,
                       struct str before, struct str behind, struct arena *scratch);

#endif
