// SPDX-License-Identifier: Apache-2.0
// Opening a stream, telling its kind by its first bytes, and cutting lines. JSON that is not in
// lines is cut by cut_json.c, tables by cut_table.c.
#include "ingest/records.h"

#include "base/limits.h"
#include "base/stranger.h"
#include "ingest/records_int.h"

#include <stdlib.h>

#define READABLE "JSON, JSON lines, CSV and TSV in UTF-8"

static const char bom[] = "\xEF\xBB\xBF";

int records_have(struct records *r, uint64_t offset, uint64_t keep, bool *have, struct err *err)
{
    struct window *w = &r->window;
    int rc = 0;
    while (!rc && offset >= window_end(w) && !w->ended)
        rc = window_more(w, keep, err);
    *have = offset < window_end(w);
    return rc;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Cells of a row outside quotes; *rest moves behind it. 0 when the head ends inside of it.
static size_t count_cells(struct str *rest, char delimiter, char line_end)
{
    bool quoted = false;
    size_t n = 1;
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        quoted ^= c == '"';
        n += !quoted && c == delimiter;
        if (!quoted && c == line_end) {
            *rest = str_from(*rest, i + 1);
            return n;
        }
    }
    *rest = str_make(NULL, 0);
    return 0;
}

#define ROWS_TO_TELL 8

// Whether the first rows have one number of cells, more than one.
static bool is_steady(struct str head, char delimiter, char line_end)
{
    size_t n = count_cells(&head, delimiter, line_end), n_rows = n > 0;
    while (head.len && n_rows < ROWS_TO_TELL) {
        size_t more = count_cells(&head, delimiter, line_end);
        if (more && more != n)
            return false;
        n_rows += more > 0;
    }
    return n > 1 && n_rows > 1;
}

// The one that cuts the first rows into as many cells each. Else by the first row, tabs before
// commas before semicolons before bars: a comma is common inside texts, a tab is not.
static char choose_delimiter(struct str head, char line_end)
{
    const char *end = memchr(head.ptr, line_end, head.len);
    struct str row = str_head(head, end ? (size_t)(end - head.ptr) : head.len);
    static const char all[] = "\t,;|";
    for (const char *d = all; *d; d++)
        if (is_steady(head, *d, line_end))
            return *d;
    for (const char *d = all; *d; d++)
        if (row.len && memchr(row.ptr, *d, row.len))
            return *d;
    return ',';
}

// '\r' where lines end in it alone; what is inside of quotes says nothing.
static char choose_line_end(struct str head)
{
    bool quoted = false, alone = false;
    for (size_t i = 0; i < head.len; i++) {
        quoted ^= head.ptr[i] == '"';
        if (!quoted && head.ptr[i] == '\n')
            return '\n';
        alone = alone || (!quoted && head.ptr[i] == '\r');
    }
    return alone ? '\r' : '\n';
}

// Excel writes "sep=;" before the header, or expects it there; 0: the first line is none such.
static size_t separator_line(struct str head)
{
    size_t n = 5;
    if (head.len < n || !str_equal_ci(str_head(head, 4), STR_LIT("sep=")))
        return 0;
    n += n < head.len && head.ptr[n] == '\r';
    return n < head.len && head.ptr[n] == '\n' ? n + 1 : 0;
}

// `at`: where `head` begins, behind white space.
static void tell_table(struct records_state *s, struct str head, uint64_t at)
{
    size_t n = separator_line(head);
    s->line_end = choose_line_end(head);
    s->delimiter = n ? head.ptr[4] : choose_delimiter(head, s->line_end);
    s->next = n ? at + n : s->next;
}

static bool is_markup(struct str head)
{
    static const char *const begins[] = { "<!doctype", "<html", "<?xml" };
    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (str_equal_ci(str_head(head, strlen(begins[i])), str_of(begins[i])))
            return true;
    return false;
}

static int tell_kind(struct records *r, struct err *err)
{
    struct window *w = &r->window;
    struct records_state *s = &r->state;
    uint64_t at = 0;
    bool have = false;
    int rc = records_have(r, 4095, 0, &have, err); // enough to see what it is
    if (!rc && w->len == 0)
        return err_set(err, ERR_NO_INPUT, "%s is empty", w->path);
    if (!rc)
        rc = stranger_refuse(str_make(w->data, w->len), w->path, "run", READABLE, err);
    if (rc)
        return rc;
    if (str_starts(str_make(w->data, w->len), str_of(bom)))
        at = 3;
    s->next = at;
    while (!(rc = records_have(r, at, s->next, &have, err)) && have && is_space(*window_at(w, at)))
        at++;
    if (rc || !have) {
        s->kind = STREAM_LINES; // white space only: no record
        return rc;
    }
    char first = *window_at(w, at);
    rc = records_have(r, at + 4096, s->next, &have, err);
    if (!rc && is_markup(window_text(w, at, window_end(w))))
        return err_set(err, ERR_DATA,
                       "%s is a web page or XML; " READABLE
                       " can be read. Exports of ChatGPT have conversations.json beside their page",
                       w->path);
    s->kind = first == '{' || first == '[' ? STREAM_JSON_OPEN : STREAM_TABLE;
    if (s->kind == STREAM_TABLE)
        tell_table(s, str_head(window_text(w, at, window_end(w)), 4096), at);
    return rc;
}

int records_open(struct records **out, const char *path, size_t block, struct err *err)
{
    struct records *r = aligned_alloc(_Alignof(struct records), sizeof *r);
    if (!r)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    *r = (struct records){ 0 };
    int rc = window_open(&r->window, path, block ? block : LIMIT_READ_BLOCK, err);
    if (!rc)
        rc = tell_kind(r, err);
    if (rc) {
        records_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

void records_close(struct records *r)
{
    if (!r)
        return;
    window_close(&r->window);
    free(r);
}

int records_digest(struct records *r, char hex[DIGEST_HEX], char state[FILE_STATE], bool *same,
                   struct err *err)
{
    return window_digest(&r->window, hex, state, same, err);
}

const struct records_state *records_state(const struct records *r)
{
    return &r->state;
}

int records_resume(struct records *r, const struct records_state *state, struct err *err)
{
    r->state = *state;
    return window_skip_to(&r->window, state->next, err);
}

// Skips white space and byte order marks; sets r->start to what follows.
static int skip_to_record(struct records *r, bool *have, struct err *err)
{
    uint64_t at = r->state.next;
    int rc = 0;
    while (!(rc = records_have(r, at, at, have, err)) && *have) {
        char c = *window_at(&r->window, at);
        if (!is_space(c) && c != bom[0])
            break;
        if (c == bom[0]) {
            rc = records_have(r, at + 2, at, have, err);
            if (rc || !*have || memcmp(window_at(&r->window, at), bom, 3) != 0) {
                *have = true;
                break;
            }
            at += 2;
        }
        at++;
    }
    r->start = at;
    return rc;
}

int cut_line(struct records *r, struct record *out, struct err *err)
{
    bool have;
    int rc = skip_to_record(r, &have, err);
    if (rc || !have)
        return rc;
    struct window *w = &r->window;
    uint64_t from = r->start, at = from, to = 0;
    bool found = false, too_large = false;
    while (!rc && !found && (rc = records_have(r, at, too_large ? at : from, &have, err)) == 0 &&
           have) {
        const char *p = window_at(w, at), *end = memchr(p, '\n', (size_t)(window_end(w) - at));
        found = end != NULL;
        at = found ? at + (uint64_t)(end - p) : window_end(w);
        too_large = too_large || at - from > LIMIT_RECORD_BYTES;
    }
    if (rc)
        return rc;
    to = at;
    if (too_large)
        records_report(r, from, FAULT_TOO_LARGE, at, out);
    else {
        while (to > from && is_space(*window_at(w, to - 1)))
            to--;
        records_hand_out(r, from, to, at, out);
    }
    return 0;
}

int records_next(struct records *r, struct record *out, struct err *err)
{
    *out = (struct record){ .kind = RECORD_END, .offset = r->state.next };
    switch (r->state.kind) {
    case STREAM_LINES:
        return cut_line(r, out, err);
    case STREAM_TABLE:
        return cut_row(r, out, err);
    default:
        return cut_json(r, out, err);
    }
}
