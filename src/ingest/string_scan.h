// SPDX-License-Identifier: Apache-2.0
// The inner loop of reading JSON strings: to the quote that closes a text.
#ifndef INGEST_STRING_SCAN_H
#define INGEST_STRING_SCAN_H

#include "base/prelude.h"

// What scan_string saw before it stopped.
enum string_marks {
    STRING_HIGH = 1,    // a byte of 0x80 or more
    STRING_ESCAPES = 2, // a '\\'
    STRING_ODD = 4, // an escape that is none of \" \\ \n \r \t: those that value_put_text writes
};

// From inside a text to the '"' that closes it or the control byte that may not be in it, whichever
// comes first; else to the '\\' whose escape is cut off by the end, else to `end`. Adds to *marks
// what it saw. The same on every CPU.
typedef const char *string_scan(const char *at, const char *end, unsigned *marks);
string_scan scan_string;
// The ways in which this CPU can do it, for tests; how many.
size_t scan_string_ways(string_scan *ways[3]);

#endif
