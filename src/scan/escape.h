// SPDX-License-Identifier: Apache-2.0
// Characters that are written as an escape: %40, &#64;, &#x40;, &commat;, \u0040, \x40, =40.
// Private to scan/.
#ifndef SCAN_ESCAPE_H
#define SCAN_ESCAPE_H

#include "scan/byte_mask.h"

// The text of the masks with every escape, one layer of them, as the character that it stands for;
// what control characters stand for is a space, what is no character stays as it is. (*origin)[i]
// is the place in `text` of byte i of the result, and (*origin)[len] is text.len. False, and
// nothing made, when there is no escape in it, which costs next to nothing.
bool escape_plain(const struct byte_masks *masks, struct arena *a, struct str *plain,
                  uint32_t **origin) MUST_USE;

#endif
