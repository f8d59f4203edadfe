// SPDX-License-Identifier: Apache-2.0
// The facets of a run: what is asked of every conversation (Clio paper, B.1 and table 7). The
// paper's five stand in prompts/facets.yaml, which is built in; the setting --facets names a file
// of the same form that changes their wording or adds more (docs/facet.md).
#ifndef RUN_FACET_CATALOG_H
#define RUN_FACET_CATALOG_H

#include "scan/scan.h"

enum facet_kind {
    FACET_TEXT,     // free text of one person's conversation; never shown as it is
    FACET_CATEGORY, // a name out of a closed list
    FACET_NUMBER,   // a whole number from low to high
    FACET_COMPUTED, // by program
};
// The facets that a program knows by name; those of the user come behind.
enum facet_id {
    FACET_REQUEST,
    FACET_TASK,
    FACET_OPENING,
    FACET_LANGUAGE,
    FACET_CONCERN,
    FACET_TURNS,
    N_FACETS
};
enum facet_program {
    PROGRAM_TURNS,       // messages of the person and the assistant
    PROGRAM_HUMAN_TURNS, // messages of the person
    PROGRAM_HUMAN_WORDS, // words that the person wrote
    PROGRAM_COLUMN,      // a column of the input
};
#define FACET_MOST 32        // facets of a run
#define FACET_MOST_VALUES 24 // of one facet
#define FACET_UNKNOWN "Unknown"
#define FACET_OTHER "Other"

struct facet {
    const char *name;
    enum facet_kind kind;
    const char *summary;  // of the built-in ones
    const char *question; // for a model; "{language}" stands for the language of texts
    const char *stem;     // the beginning of a model's answer; not part of the value
    const char *criteria; // the form of titles when it is clustered; "" = the request's
    int max_tokens;       // of a small model's answer; 0: none is asked
    bool clustered;       // may be a facet whose values are embedded and clustered
    bool has_tree;        // is one unless --cluster-facet says otherwise
    enum facet_program program;
    const char *column; // of PROGRAM_COLUMN
    int64_t low, high;  // of FACET_NUMBER
    // What may be shown, in order: values, numbers or ranges, then "Unknown" and "Other". None for
    // texts and for the built-in facets, whose lists are public (scan/public_list.h).
    const char *values[FACET_MOST_VALUES + 2];
    size_t n_values;
};

// The built-in facet as the program knows it, without its question.
const struct facet *facet_catalog(enum facet_id id);

struct facet_list {
    struct facet items[FACET_MOST]; // the first N_FACETS by enum facet_id
    size_t n;
    struct str text; // of the file; ptr = NULL: there is none
};
// The built-in catalogue, then the file at `path` ("" = none) over it. All text is in the arena.
// ERR_CONFIG and ERR_NO_INPUT name the file, the line and what to do.
int facet_list_open(const char *path, struct arena *a, struct facet_list *list,
                    struct err *err) MUST_USE;
// The same from a text; `name` stands in errors. The scanner looks at the names, values and wording
// of the text, whose values are published; NULL: nobody does.
int facet_list_read(struct str text, const char *name, struct scanner *scanner, struct arena *a,
                    struct facet_list *list, struct err *err) MUST_USE;
const char *facets_default(void); // prompts/facets.yaml as it was at build time
// The facet of this name, NULL when there is none.
const struct facet *facet_list_find(const struct facet_list *list, const char *name);
// Whether a model may be asked for it.
bool facet_is_asked(const struct facet *facet);
// The user's own facets, and of these those that only a model can answer.
bool facet_list_needs_model(const struct facet_list *list);

#endif
