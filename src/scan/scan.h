// SPDX-License-Identifier: Apache-2.0
// Finds what points at a person or opens a door: contacts, numbers, keys, addresses, names.
// Patterns are found by bits (exact_form.h) or run in vectorscan around anchors (scan.c is the one
// door to hs.h), over a plain form of the text (utf8_plain: zero-width characters, full-width forms
// and look-alikes do not hide anything), and every hit is judged by program: check sums, lengths,
// mix of characters. Names go by rule and word lists (name_rule.h). It is a net with holes:
// docs/gates.md says which. The floors and the support gate stand behind it.
#ifndef SCAN_SCAN_H
#define SCAN_SCAN_H

#include "base/arena.h"

// kind, its name, what stands in its place. Marks in brackets: no title can be made of them.
#define SCAN_KINDS(X)                                                                              \
    X(SCAN_EMAIL, "e-mail address", "[email]")                                                     \
    X(SCAN_LINK, "link", "[link]")                                                                 \
    X(SCAN_PHONE, "phone number", "[phone]")                                                       \
    X(SCAN_NETWORK, "network address", "[network]")                                                \
    X(SCAN_CARD, "card number", "[card]")                                                          \
    X(SCAN_BANK, "bank account", "[account]")                                                      \
    X(SCAN_ID, "ID number", "[id]")                                                                \
    X(SCAN_KEY, "secret key", "[key]")                                                             \
    X(SCAN_HANDLE, "account name", "[handle]")                                                     \
    X(SCAN_STREET, "street address", "[street]")                                                   \
    X(SCAN_POSITION, "position", "[position]")                                                     \
    X(SCAN_DATE, "date", "[date]")                                                                 \
    X(SCAN_PATH, "file path", "[path]")                                                            \
    X(SCAN_NUMBER, "number", "[number]")                                                           \
    X(SCAN_PERSON, "person", "[person]")                                                           \
    X(SCAN_COMPANY, "organisation", "[organisation]")                                              \
    X(SCAN_PLACE, "place", "[place]")                                                              \
    X(SCAN_NAME, "name", "[name]")

enum scan_kind {
#define SCAN_ENUM(kind, words, mark) kind,
    SCAN_KINDS(SCAN_ENUM)
#undef SCAN_ENUM
        SCAN_N_KINDS
};
// What to look for.
#define SCAN_PATTERNS 1u // everything before SCAN_PERSON
#define SCAN_PERSONS 2u  // given names out of the list, with what belongs to them
#define SCAN_NAMES 4u    // any capitalised word that is in no public list; English text only
#define SCAN_ALL 7u
// Every pattern over all of the text, not only where one can be (anchor.h): finds the same, and is
// what tests compare with.
#define SCAN_WHOLE 8u
// Contacts and numbers spelled in words or letter by letter (spelled.h), which takes longer than
// all the rest: for what is kept or shown.
#define SCAN_SPELLED 16u
#define SCAN_KEPT (SCAN_ALL | SCAN_SPELLED)                      // what is kept is rid of these
#define SCAN_SHOWN (SCAN_PATTERNS | SCAN_PERSONS | SCAN_SPELLED) // what is shown has none

struct scan_span {
    size_t start, len; // bytes of the text
    enum scan_kind kind;
};

// Compiles the patterns (about 0.1 s): once a program. One scanner serves many threads at once.
struct scanner;
int scan_open(struct scanner **scanner, struct err *err) MUST_USE;
void scan_close(struct scanner *scanner); // accepts NULL

// All spans in the arena, in order, none overlapping. `text` is UTF-8, malformed bytes are let be.
int scan_find(struct scanner *scanner, struct str text, unsigned what, struct arena *a,
              struct scan_span **spans, size_t *n, struct err *err) MUST_USE;
// The text with every span (SCAN_KEPT) replaced by its mark: "Ask Ada Byron, ada@x.org" becomes
// "Ask [person], [email]". *n_found is the number of spans; may be NULL.
int scan_scrub(struct scanner *scanner, struct str text, struct arena *a, struct str *out,
               size_t *n_found, struct err *err) MUST_USE;
// The text with the mark of its kind in the place of each of n spans, which are in order and do not
// overlap; the text itself when n is 0.
int scan_mark(struct str text, const struct scan_span *spans, size_t n, struct arena *a,
              struct str *out, struct err *err) MUST_USE;
// Whether a word (lower case) is in a public list: English or public proper words.
bool scan_is_public(const struct scanner *scanner, struct str word);
// Whether two words (lower case) are a given and a family name out of the lists, in either order
// and even when both are ordinary words as well; function words are none.
bool scan_may_name(const struct scanner *scanner, struct str one, struct str other);
// One pattern of the user's own: PCRE without back references and look-around, so its time grows
// with the text and nothing else; \w, \d and \b know ASCII, \p{…} all of Unicode. ERR_USAGE says
// what is wrong with it. One thread at a time.
struct scan_regex;
int scan_regex_open(struct scan_regex **regex, struct str pattern, struct err *err) MUST_USE;
void scan_regex_close(struct scan_regex *regex); // accepts NULL
// Whether it fits anywhere in well-formed UTF-8.
int scan_regex_fits(struct scan_regex *regex, struct str text, bool *fits,
                    struct err *err) MUST_USE;
const char *scan_kind_name(enum scan_kind kind); // "e-mail address"; static

#endif
