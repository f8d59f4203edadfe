// SPDX-License-Identifier: Apache-2.0
// Cost: one scan of a conversation's text a test; vectorscan's time is linear in the text.
#include "ingest/where.h"

#include "ingest/table_header.h"
#include "scan/scan.h"

#include <stdlib.h>

#define MOST_TESTS 16

enum subject { SUBJECT_TURNS, SUBJECT_LANGUAGE, SUBJECT_MODEL, SUBJECT_COLUMN };

struct test {
    struct str name, column; // of a column: as the user spells it, as the header of this input does
    enum subject subject;
    unsigned roles; // bits of enum turn_role
    bool negated;
    size_t n_looked, n_seen; // records; of a column
    struct scan_regex *regex;
};
struct where {
    struct arena arena;
    bool by_header; // else each record spells its fields
    struct test tests[MOST_TESTS];
    size_t n;
};

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '.' ||
           c == '-';
}

// Takes "NAME~" or "NAME!~" off the front; a text without it is all regular expression.
static struct str take_name(struct str *text, bool *negated)
{
    size_t n = 0, at;
    while (n < text->len && is_name_char(text->ptr[n]))
        n++;
    for (at = n; at < text->len && text->ptr[at] == ' ';)
        at++;
    *negated = at < text->len && text->ptr[at] == '!';
    at += *negated;
    if (!n || at >= text->len || text->ptr[at] != '~') {
        *negated = false;
        return STR_LIT("text");
    }
    struct str name = str_head(*text, n);
    *text = str_trim(str_from(*text, at + 1));
    return name;
}

static void set_subject(struct test *test)
{
    static const struct {
        const char *name;
        unsigned roles;
    } turns[] = {
        { "text", ~0u },
        { "user", 1u << TURN_USER },
        { "assistant", 1u << TURN_ASSISTANT },
        { "system", 1u << TURN_SYSTEM },
        { "tool", 1u << TURN_TOOL },
    };
    test->subject = str_equal(test->name, STR_LIT("language")) ? SUBJECT_LANGUAGE
                    : str_equal(test->name, STR_LIT("model"))  ? SUBJECT_MODEL
                                                               : SUBJECT_COLUMN;
    for (size_t i = 0; i < COUNT_OF(turns); i++)
        if (str_equal(test->name, str_of(turns[i].name))) {
            test->subject = SUBJECT_TURNS;
            test->roles = turns[i].roles;
        }
}

static int add_test(struct where *where, struct str text, struct err *err)
{
    if (where->n == MOST_TESTS)
        return err_set(err, ERR_USAGE, "--where takes at most %d tests", MOST_TESTS);
    struct test *test = &where->tests[where->n];
    text = str_trim(text);
    test->name = take_name(&text, &test->negated);
    if (!text.len)
        return err_set(err, ERR_USAGE,
                       "--where has a test without a regular expression; write it as in "
                       "--where 'language~^English$ && user!~(?i)test'");
    set_subject(test);
    int rc = scan_regex_open(&test->regex, text, err);
    where->n += rc == 0;
    return rc ? err_add(err, "--where") : 0;
}

int where_open(struct where **out, struct str text, struct err *err)
{
    static const struct str join = { " && ", 4 };
    *out = NULL;
    if (!str_trim(text).len)
        return 0;
    struct where *where = calloc(1, sizeof *where);
    if (!where)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    struct str rest = arena_str(&where->arena, text);
    size_t at;
    int rc = 0;
    do {
        at = str_find(rest, join, 0);
        rc = add_test(where, at == SIZE_MAX ? rest : str_head(rest, at), err);
        rest = at == SIZE_MAX ? rest : str_from(rest, at + join.len);
    } while (!rc && at != SIZE_MAX);
    if (rc) {
        where_close(where);
        return rc;
    }
    *out = where;
    return 0;
}

void where_close(struct where *where)
{
    if (!where)
        return;
    for (size_t i = 0; i < where->n; i++)
        scan_regex_close(where->tests[i].regex);
    arena_release(&where->arena);
    free(where);
}

static int fits_turns(struct test *test, const struct conversation_draft *d, bool *fits,
                      struct err *err)
{
    int rc = 0;
    *fits = false;
    for (size_t i = 0; !rc && !*fits && i < d->n_turns; i++)
        if (test->roles >> d->turns[i].role & 1)
            rc = scan_regex_fits(test->regex, value_unescape(d->a, d->turns[i].escaped), fits, err);
    return rc;
}

void where_begin_input(struct where *where, const struct table_header *header, struct arena *a)
{
    for (size_t i = 0; where && i < where->n; i++)
        where->tests[i].column =
            header ? table_header_spell(header, where->tests[i].name, a) : where->tests[i].name;
    if (where)
        where->by_header = header != NULL;
}

// Where a cell of a table is empty, no other column stands for it.
static const struct value *find_column(const struct where *where, const struct test *test,
                                       const struct value *record, struct arena *a)
{
    const struct value *v = value_path(record, test->column);
    return v || where->by_header ? v : value_path(record, value_spell(record, test->column, a));
}

static int fits_field(const struct where *where, struct test *test,
                      const struct conversation_draft *d, const struct value *record, bool *fits,
                      struct err *err)
{
    struct str field = test->subject == SUBJECT_LANGUAGE ? d->language
                       : test->subject == SUBJECT_MODEL  ? d->model
                                                         : str_make(NULL, 0);
    if (test->subject == SUBJECT_COLUMN) {
        field = value_plain(find_column(where, test, record, d->a), d->a, err);
        test->n_looked++;
        test->n_seen += field.ptr != NULL;
    }
    *fits = false;
    return field.ptr ? scan_regex_fits(test->regex, field, fits, err) : 0;
}

int where_holds(struct where *where, const struct conversation_draft *d, const struct value *record,
                bool *holds, struct err *err)
{
    int rc = 0;
    *holds = true;
    for (size_t i = 0; where && !rc && *holds && i < where->n; i++) {
        struct test *test = &where->tests[i];
        bool fits;
        rc = test->subject == SUBJECT_TURNS ? fits_turns(test, d, &fits, err)
                                            : fits_field(where, test, d, record, &fits, err);
        *holds = !rc && fits != test->negated;
    }
    return rc;
}

struct str where_unseen(const struct where *where)
{
    for (size_t i = 0; where && i < where->n; i++)
        if (where->tests[i].n_looked && !where->tests[i].n_seen)
            return where->tests[i].name;
    return str_make(NULL, 0);
}
