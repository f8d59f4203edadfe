// SPDX-License-Identifier: Apache-2.0
// For tests only: the command with every gate open. These definitions take the place of those in
// the library (scan/scan.c, privacy/auditor.c, privacy/release.c) when the program clio_gateless is
// linked; there is no switch in clio itself. The canary test must find secrets in what it writes.
#include "privacy/auditor.h"
#include "privacy/release.h"
#include "scan/scan.h"

// The rest of release.c stays: numbers, listed values, settings, days.
int gated_text(struct raw text, const struct release_proof *proof, struct arena *a,
               struct clean *out, struct err *err);
int gated_phrase(struct raw text, const struct release_proof *proof, struct arena *a,
                 struct clean *out, struct err *err);
#define release_text gated_text
#define release_phrase gated_phrase
#include "../../src/privacy/release.c"
#undef release_text
#undef release_phrase

int release_text(struct raw text, const struct release_proof *proof, struct arena *a,
                 struct clean *out, struct err *err)
{
    (void)proof, (void)err;
    *out = (struct clean){ arena_str(a, text.s) };
    return 0;
}

int release_phrase(struct raw text, const struct release_proof *proof, struct arena *a,
                   struct clean *out, struct err *err)
{
    return release_text(text, proof, a, out, err);
}

int auditor_judge(struct scanner *scanner, const struct audit_subject *subject, struct arena *a,
                  struct audit_verdict *verdict, struct err *err)
{
    (void)scanner, (void)subject, (void)a, (void)err;
    *verdict = (struct audit_verdict){ 5, "" };
    return 0;
}

bool auditor_phrase_holds(const struct gate_phrase *phrase, const struct audit_floors *floors)
{
    (void)phrase, (void)floors;
    return true;
}

int auditor_grade(struct scanner *scanner, struct str text, struct arena *a,
                  struct audit_verdict *verdict, struct err *err)
{
    (void)scanner, (void)text, (void)a, (void)verdict, (void)err;
    return 0;
}

int64_t auditor_word_floor(const struct audit_floors *floors)
{
    (void)floors;
    return 1;
}

int scan_open(struct scanner **scanner, struct err *err)
{
    (void)err;
    *scanner = NULL;
    return 0;
}

void scan_close(struct scanner *scanner)
{
    (void)scanner;
}

int scan_find(struct scanner *scanner, struct str text, unsigned what, struct arena *a,
              struct scan_span **spans, size_t *n, struct err *err)
{
    (void)scanner, (void)text, (void)what, (void)a, (void)err;
    *spans = NULL;
    *n = 0;
    return 0;
}

int scan_scrub(struct scanner *scanner, struct str text, struct arena *a, struct str *out,
               size_t *n_found, struct err *err)
{
    (void)scanner, (void)a, (void)err;
    *out = text;
    if (n_found)
        *n_found = 0;
    return 0;
}

int scan_mark(struct str text, const struct scan_span *spans, size_t n, struct arena *a,
              struct str *out, struct err *err)
{
    (void)spans, (void)n, (void)a, (void)err;
    *out = text;
    return 0;
}

bool scan_is_public(const struct scanner *scanner, struct str word)
{
    (void)scanner, (void)word;
    return true;
}

bool scan_may_name(const struct scanner *scanner, struct str one, struct str other)
{
    (void)scanner, (void)one, (void)other;
    return false;
}

const char *scan_kind_name(enum scan_kind kind)
{
    (void)kind;
    return "";
}

// No gate, but of the same file as the scanner: this program takes no --where.
int scan_regex_open(struct scan_regex **regex, struct str pattern, struct err *err)
{
    (void)pattern;
    *regex = NULL;
    return err_set(err, ERR_USAGE, "the program without gates takes no regular expressions");
}

void scan_regex_close(struct scan_regex *regex)
{
    (void)regex;
}

int scan_regex_fits(struct scan_regex *regex, struct str text, bool *fits, struct err *err)
{
    (void)regex, (void)text;
    *fits = false;
    return err_set(err, ERR_SOFTWARE, "no regular expression was opened");
}
