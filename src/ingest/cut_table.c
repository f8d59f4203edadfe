// SPDX-License-Identifier: Apache-2.0
// CSV and TSV rows (RFC 4180, or all lines end in CR alone): a cell that begins with a quote goes
// on to the closing quote, over line ends, with quotes doubled inside. Where the quotes of a row do
// not work out, the row is its first line only: in TSV, where quotes are mostly plain characters,
// read as it is; in CSV a fault.
#include "base/arena.h"
#include "base/limits.h"
#include "ingest/records_int.h"

#define FAULT_QUOTE "the quotes of this row do not match"

enum scan { SCAN_ROW, SCAN_BAD_QUOTE, SCAN_TOO_LARGE };

struct row_scan {
    uint64_t at;                     // next byte to look at; at the end of the row afterwards
    uint64_t line_end;               // first line end seen; 0 = none
    bool cell_start, quoted, closed; // closed: behind a quote that may be the closing one
    bool single_line;                // a line end inside quotes is a fault
};

// True when the row ends before c.
static bool step(struct row_scan *s, char c, const struct records_state *of, enum scan *result)
{
    bool at_end = c == of->line_end;
    if (at_end && !s->line_end)
        s->line_end = s->at;
    if (s->quoted && !s->closed) {
        s->closed = c == '"';
        if (at_end && s->single_line)
            *result = SCAN_BAD_QUOTE;
        return false;
    }
    if (s->closed && c == '"') { // doubled
        s->closed = false;
        return false;
    }
    if (at_end)
        return true;
    if (c == of->delimiter) {
        s->cell_start = true;
        s->quoted = s->closed = false;
        return false;
    }
    if (s->closed && c != '\r')
        *result = SCAN_BAD_QUOTE;
    s->quoted = s->quoted || (s->cell_start && c == '"');
    s->cell_start = false;
    return false;
}

static int scan_row(struct records *r, struct row_scan *s, enum scan *result, struct err *err)
{
    struct window *w = &r->window;
    bool have, done = false;
    int rc = 0;
    *result = SCAN_ROW;
    while (!done && *result == SCAN_ROW && !(rc = records_have(r, s->at, r->start, &have, err)) &&
           have) {
        const char *p = window_at(w, s->at), *end = w->data + w->len;
        while (p < end && *result == SCAN_ROW && !(done = step(s, *p, &r->state, result))) {
            p++;
            s->at++;
        }
        if (s->at - r->start > LIMIT_RECORD_BYTES)
            *result = SCAN_TOO_LARGE;
    }
    if (!rc && !done && *result == SCAN_ROW && s->quoted && !s->closed)
        *result = SCAN_BAD_QUOTE; // the end inside quotes
    if (*result != SCAN_ROW && s->line_end)
        r->state.single_lines_until =
            s->at > r->state.single_lines_until ? s->at : r->state.single_lines_until;
    return rc;
}

static void hand_out(struct records *r, uint64_t end, struct record *out)
{
    uint64_t to = end;
    if (to > r->start && *window_at(&r->window, to - 1) == '\r')
        to--;
    records_hand_out(r, r->start, to, end, out);
}

// The line end at or behind `at`, or the end of the stream; the window need not hold the line.
static int find_line_end(struct records *r, uint64_t at, bool keep_row, uint64_t *end,
                         struct err *err)
{
    bool have;
    int rc;
    while (!(rc = records_have(r, at, keep_row ? r->start : at, &have, err)) && have) {
        const char *p = window_at(&r->window, at);
        const char *line = memchr(p, r->state.line_end, (size_t)(window_end(&r->window) - at));
        at = line ? at + (uint64_t)(line - p) : window_end(&r->window);
        if (line)
            break;
    }
    *end = at;
    return rc;
}

// A row whose quotes do not work out, or that is too large: its first line only.
static int fall_back(struct records *r, const struct row_scan *s, enum scan why, struct record *out,
                     struct err *err)
{
    uint64_t end = s->line_end;
    bool too_large = why == SCAN_TOO_LARGE && !end;
    int rc = end ? 0 : find_line_end(r, s->at, !too_large, &end, err);
    if (rc)
        return rc;
    if (too_large || end - r->start > LIMIT_RECORD_BYTES)
        records_report(r, r->start, FAULT_TOO_LARGE, end, out);
    else if (r->state.delimiter != '\t')
        records_report(r, r->start, FAULT_QUOTE, end, out);
    else {
        hand_out(r, end, out);
        out->literal = true;
    }
    return 0;
}

int cut_row(struct records *r, struct record *out, struct err *err)
{
    struct window *w = &r->window;
    enum scan result;
    bool have;
    int rc = 0;
    r->start = r->state.next;
    while (!(rc = records_have(r, r->start, r->start, &have, err)) && have &&
           (*window_at(w, r->start) == '\n' || *window_at(w, r->start) == '\r'))
        r->start++;
    if (rc || !have)
        return rc;
    uint64_t start = r->start;
    struct row_scan s = { .at = start, .cell_start = true };
    s.single_line = start < r->state.single_lines_until;
    rc = scan_row(r, &s, &result, err);
    if (!rc && result != SCAN_ROW)
        return fall_back(r, &s, result, out, err);
    if (!rc)
        hand_out(r, s.at, out);
    return rc;
}

static struct str unquote(struct str cell, struct arena *a)
{
    char *text = arena_alloc(a, cell.len + 1);
    size_t n = 0;
    for (size_t i = 1; i + 1 < cell.len; i++) {
        text[n++] = cell.ptr[i];
        if (cell.ptr[i] == '"')
            i++;
    }
    return str_make(text, n);
}

static size_t cell_end(struct str row, size_t at, char delimiter, bool literal, bool *quoted)
{
    *quoted = !literal && at < row.len && row.ptr[at] == '"';
    if (*quoted) {
        at++;
        while (at < row.len && (row.ptr[at] != '"' || (at + 1 < row.len && row.ptr[at + 1] == '"')))
            at += row.ptr[at] == '"' ? 2 : 1;
        at = size_min(at + 1, row.len);
    }
    const char *end = at < row.len ? memchr(row.ptr + at, delimiter, row.len - at) : NULL;
    return end ? (size_t)(end - row.ptr) : row.len;
}

size_t records_split_row(const struct record *row, char delimiter, struct arena *a,
                         struct str *cells, size_t max_cells)
{
    size_t n = 0, at = 0;
    bool more = true, quoted;
    while (more) {
        size_t end = cell_end(row->text, at, delimiter, row->literal, &quoted);
        struct str cell = str_make(row->text.ptr + at, end - at);
        if (n < max_cells)
            cells[n] = quoted ? unquote(cell, a) : cell;
        n++;
        more = end < row->text.len;
        at = end + 1;
    }
    return n;
}
