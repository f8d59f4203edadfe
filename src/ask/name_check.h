// SPDX-License-Identifier: Apache-2.0
// The gate for a title and a summary that a model wrote, before they are written down: the form of
// the paper (G.5: at most ten words; two sentences), every word shared by enough accounts of the
// cluster or in the public list (scan/support.h), nothing that the scanner finds, no title twice.
// What fails is told to the model as a sentence. The auditor judges all texts again.
#ifndef ASK_NAME_CHECK_H
#define ASK_NAME_CHECK_H

#include "base/map.h"
#include "scan/scan.h"
#include "scan/support.h"

#define NAME_TITLE_WORDS 10
#define NAME_TITLE_CHARACTERS ((size_t)120)
#define NAME_SUMMARY_CHARACTERS ((size_t)600)
#define NAME_SHOWN_WORDS 150 // of those it may be written with, in its prompt
#define NAME_MOST_TOKENS 400 // of the answer

struct name {
    struct str title, summary;
};
enum name_fault {
    NAME_GOOD,
    NAME_FORM,
    NAME_WORDS,
    NAME_PRIVATE,
    NAME_SAME,
    NAME_LANGUAGE,
    NAME_N_FAULTS
};
// What a name is held to.
struct name_gate {
    struct scanner *scanner;
    const struct support *support;
    const struct map *taken; // lower-case titles that there are
    const char *language;    // English name of the language that titles are written in
};
const char *name_fault_code(enum name_fault fault); // "form", "words" …; static

// Reads <title> and <summary> out of a reply and judges them. `own`: the one of the titles taken
// that is this cluster's own.
// Returns the sentence for the model, nothing when the name is good; *name is then in the arena.
// The scanner's own failure counts as NAME_PRIVATE. The language is judged by CLD2, where the
// summary is long enough and CLD2 is sure.
struct str name_read(struct str reply, const struct name_gate *gate, struct str own,
                     struct arena *a, struct name *name, enum name_fault *fault);

// A title of at most ten words on one line without markup: for what is only proposed and never
// shown. ptr NULL when it is none; else trimmed, without quotes and full stop.
struct str name_line(struct str line);

#endif
