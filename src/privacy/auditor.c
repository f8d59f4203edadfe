// SPDX-License-Identifier: Apache-2.0
#include "privacy/auditor.h"

#include "base/utf8.h"
#include "privacy/disguise.h"
#include "scan/name_pair.h"
#include "scan/number_word.h"

static const struct audit_verdict private_pattern[] = {
    [SCAN_EMAIL] = { 1, "e-mail address" }, [SCAN_LINK] = { 2, "link" },
    [SCAN_PHONE] = { 1, "phone number" },   [SCAN_NETWORK] = { 1, "network address" },
    [SCAN_CARD] = { 1, "card number" },     [SCAN_BANK] = { 1, "bank account" },
    [SCAN_ID] = { 1, "ID number" },         [SCAN_KEY] = { 1, "secret key" },
    [SCAN_HANDLE] = { 1, "account name" },  [SCAN_STREET] = { 1, "street address" },
    [SCAN_POSITION] = { 1, "position" },    [SCAN_DATE] = { 2, "date" },
    [SCAN_PATH] = { 2, "file path" },       [SCAN_NUMBER] = { 2, "long number" },
};

static void worsen(struct audit_verdict *verdict, int grade, const char *reason)
{
    if (grade < verdict->grade)
        *verdict = (struct audit_verdict){ grade, reason };
}

// Control characters, invisible characters and markup have no place in a title.
static void judge_characters(struct str text, struct audit_verdict *verdict)
{
    if (!utf8_is_valid(text, NULL))
        worsen(verdict, 2, "not UTF-8");
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (utf8_class(c) == UTF8_CONTROL)
            worsen(verdict, 2, "control character");
        if (c == '<' || c == '>' || c == '{' || c == '}' || c == '`' || c == '\\' || c == '[')
            worsen(verdict, 2, "markup");
    }
}

static void worsen_by(const struct scan_span *span, struct str text, struct audit_verdict *verdict)
{
    if (span->kind < SCAN_PERSON)
        worsen(verdict, private_pattern[span->kind].grade, private_pattern[span->kind].reason);
    else if (memchr(text.ptr + span->start, ' ', span->len))
        worsen(verdict, 2, "name of a person"); // given name and family name
    else
        worsen(verdict, AUDIT_PASSES, "given name"); // that enough accounts share
}

int auditor_grade(struct scanner *scanner, struct str text, struct arena *a,
                  struct audit_verdict *verdict, struct err *err)
{
    struct scan_span *spans;
    size_t n;
    int rc = scan_find(scanner, text, SCAN_SHOWN, a, &spans, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        worsen_by(&spans[i], text, verdict);
    return rc;
}

static int judge_text(struct scanner *scanner, const struct support *support, struct str text,
                      enum support_kind kind, struct arena *a, struct audit_verdict *verdict,
                      struct err *err)
{
    if (utf8_count(text) >
        (kind == SUPPORT_TITLE ? AUDIT_TITLE_CHARACTERS : AUDIT_SUMMARY_CHARACTERS))
        worsen(verdict, 2, "too long");
    if (text.len == 0)
        worsen(verdict, 2, "empty");
    judge_characters(text, verdict);
    const char *fault = support ? support_fault(support, text, kind) : NULL;
    if (fault)
        worsen(verdict, 2, fault);
    return auditor_grade(scanner, text, a, verdict, err);
}

static bool is_hidden(const void *context, struct str word)
{
    const struct audit_subject *subject = context;
    return tally_hides(subject->tally, word);
}

// Title and summary one after the other, so that a word may begin in one and end in the other.
static void judge_letters(const struct audit_subject *subject, struct arena *a,
                          struct audit_verdict *verdict)
{
    struct str both =
        arena_printf(a, "%.*s. %.*s", STR_ARG(subject->title.s), STR_ARG(subject->summary.s));
    if (subject->tally && disguise_find(both, is_hidden, subject, a))
        worsen(verdict, 2, "letters spell a word of too few accounts");
    if (subject->tally && number_word_count(both) > NUMBER_WORDS_MOST)
        worsen(verdict, 2, "a number in words");
    if (subject->by_model && disguise_repeats(both))
        worsen(verdict, 2, "words again and again");
}

// What the scanner finds where one text goes over into the next, and in neither.
static int judge_join(struct scanner *scanner, struct str before, struct str behind,
                      struct arena *a, struct audit_verdict *verdict, struct err *err)
{
    struct str both = arena_printf(a, "%.*s %.*s", STR_ARG(before), STR_ARG(behind));
    struct scan_span *spans;
    size_t n;
    int rc = scan_find(scanner, both, SCAN_SHOWN, a, &spans, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (spans[i].start < before.len && spans[i].start + spans[i].len > before.len + 1)
            worsen_by(&spans[i], both, verdict);
    return rc;
}

static int judge_pair(struct scanner *scanner, const struct support *support, struct str before,
                      struct str behind, struct arena *a, struct audit_verdict *verdict,
                      struct err *err)
{
    if (!before.len || !behind.len)
        return 0;
    if (name_pair_between(scanner, support, before, behind, a))
        worsen(verdict, 2, "name of a person");
    return judge_join(scanner, before, behind, a, verdict, err);
}

// Texts of a model, in the order in which they are read: what it could tell by words that it puts
// side by side, and by a word at the end of one that goes on in the next.
static int judge_order(struct scanner *scanner, const struct audit_subject *subject,
                       struct arena *a, struct audit_verdict *verdict, struct err *err)
{
    const struct support *support = subject->support;
    struct str title = subject->title.s, summary = subject->summary.s;
    if (name_pair_in(scanner, support, title, a) || name_pair_in(scanner, support, summary, a))
        worsen(verdict, 2, "name of a person");
    int rc = judge_pair(scanner, support, title, summary, a, verdict, err);
    if (!rc)
        rc = judge_pair(scanner, support, subject->above.title.s, title, a, verdict, err);
    if (!rc)
        rc = judge_pair(scanner, support, subject->above.summary.s, title, a, verdict, err);
    if (!rc && subject->n_phrases)
        rc = judge_pair(scanner, support, summary, subject->phrases[0].text.s, a, verdict, err);
    return rc;
}

int auditor_judge(struct scanner *scanner, const struct audit_subject *subject, struct arena *a,
                  struct audit_verdict *verdict, struct err *err)
{
    struct arena_mark start = arena_save(a);
    *verdict = (struct audit_verdict){ 5, "" };
    int rc =
        judge_text(scanner, subject->support, subject->title.s, SUPPORT_TITLE, a, verdict, err);
    if (!rc)
        rc = judge_text(scanner, subject->support, subject->summary.s, SUPPORT_SUMMARY, a, verdict,
                        err);
    for (size_t i = 0; !rc && i < subject->n_phrases; i++)
        rc = judge_text(scanner, NULL, subject->phrases[i].text.s, SUPPORT_TITLE, a, verdict, err);
    if (!rc)
        judge_letters(subject, a, verdict);
    if (!rc && subject->by_model)
        rc = judge_order(scanner, subject, a, verdict, err);
    arena_rewind(a, start);
    return rc;
}

int64_t auditor_word_floor(const struct audit_floors *floors)
{
    if (floors->has_accounts || floors->min_accounts > floors->min_conversations)
        return floors->min_accounts;
    return floors->min_conversations;
}

bool auditor_phrase_holds(const struct gate_phrase *phrase, const struct audit_floors *floors)
{
    int64_t n = floors->has_accounts ? phrase->n_accounts : phrase->n_conversations;
    return n >= auditor_word_floor(floors);
}
