// SPDX-License-Identifier: Apache-2.0
// JSON that is one list of records, or records one behind the other. Only strings, brackets and
// separators are looked at. Until the first line end tells, the stream may also be JSON lines.
//
// A fault is seen when brackets do not match, a value follows a value without a separator (so a
// lost quote shows at once), a line end is inside a text, or the stream ends. Then the search for
// the next record begins one byte behind the broken one's start: a '{' with the first key that
// records have here, behind a comma, and with the same space before when that holds a line end.
#include "base/limits.h"
#include "ingest/records_int.h"
#include "ingest/string_scan.h"

#define FAULT_CUT_OFF "the input ends inside this record"
#define FAULT_STRAY "no record begins here"
#define FAULT_STRUCTURE "brackets, quotes or commas do not match"
#define FAULT_PYTHON                                                                               \
    "it has NaN, None, True or single quotes, as Python's str() writes them and JSON has none; "   \
    "json.dumps writes JSON once NaN is made None"
#define FAULT_CONTROL "a text holds a line end or control character; its closing quote is missing"
#define FAULT_NESTED "it is nested too deep"
#define FAULT_NOT_CLOSED "it is not closed before the next record"

#define N_LESSONS 8 // whole records that are looked at before the space between them is trusted
#define NO_LESSON 255

enum outcome { GO_ON, WHOLE, BROKEN, IN_LINES };

struct scan {
    uint64_t at;
    unsigned depth;
    bool in_text, after_value;
    bool inner_alike; // something inside looks like the beginning of a record
    const char *fault;
    uint8_t lists[LIMIT_JSON_DEPTH / 8]; // a bit a level: 1 = list, 0 = map
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static enum outcome broken(struct scan *s, const char *fault)
{
    s->fault = fault;
    return BROKEN;
}

// Length of '{', space, "key" at p; 0 when it is none or longer than a mark.
static size_t head_length(const char *p, const char *end)
{
    const char *from = p;
    if (p == end || *p++ != '{')
        return 0;
    while (p < end && is_space(*p))
        p++;
    if (p == end || *p++ != '"')
        return 0;
    while (p < end && *p != '"' && *p != '\\' && *p != '\n')
        p++;
    if (p == end || *p != '"' || p + 1 - from > RECORDS_MARK)
        return 0;
    return (size_t)(p + 1 - from);
}

static bool same_head(const struct mark *mark, const char *head, size_t len)
{
    return mark->head_len == len && memcmp(mark->head, head, len) == 0;
}

// Whether a record plausibly begins at `at`, in the part of the window from `from` on.
static bool begins_record(const struct records *r, uint64_t at, uint64_t from)
{
    const struct mark *mark = &r->state.mark;
    const char *first = window_at(&r->window, from), *p = window_at(&r->window, at);
    const char *end = r->window.data + r->window.len, *before = p;
    size_t head = head_length(p, end);
    if (!head ||
        (mark->head_len && !same_head(mark, p, head) && !same_head(&r->state.other, p, head)))
        return false;
    while (before > first && is_space(before[-1]))
        before--;
    size_t gap = (size_t)(p - before);
    if (before == first || gap > RECORDS_MARK || (r->state.in_list && before[-1] != ','))
        return false;
    if (mark->gap_len && memchr(mark->gap, '\n', mark->gap_len))
        return gap == mark->gap_len && memcmp(before, mark->gap, gap) == 0;
    return r->state.in_list || before[-1] == '}' || memchr(before, '\n', gap) != NULL;
}

// How a record begins: the sign by which the next one is found after a fault. Looks ahead, so that
// the sign does not depend on where a block of input ends.
static int read_mark(struct records *r, uint64_t gap_from, struct mark *mark, struct err *err)
{
    const struct window *w = &r->window;
    bool have;
    int rc = records_have(r, r->start + RECORDS_MARK, gap_from, &have, err);
    mark->head_len = 0;
    if (rc)
        return rc;
    size_t head = head_length(window_at(w, r->start), w->data + w->len);
    size_t gap = (size_t)(r->start - gap_from);
    if (!head || gap > RECORDS_MARK)
        return 0;
    memcpy(mark->head, window_at(w, r->start), head);
    mark->head_len = (uint8_t)head;
    memcpy(mark->gap, window_at(w, gap_from), gap);
    mark->gap_len = (uint8_t)gap;
    return 0;
}

static bool gap_has_line(const struct records_state *s)
{
    return s->mark.gap_len && memchr(s->mark.gap, '\n', s->mark.gap_len);
}

// Whether the space before a '{' inside a record is the space that records have before them. Once
// enough whole records have shown that this never happens inside one, it means that this record is
// not closed. (Files with an indent of 0 have the same space everywhere.)
static bool looks_outer(const struct records *r, const struct scan *s)
{
    size_t gap = r->state.mark.gap_len;
    return s->depth && r->state.n_lessons <= N_LESSONS && gap_has_line(&r->state) &&
           s->at - r->start > gap &&
           memcmp(window_at(&r->window, s->at - gap), r->state.mark.gap, gap) == 0;
}

static enum outcome open_bracket(const struct records *r, struct scan *s, char c)
{
    if (s->after_value)
        return broken(s, FAULT_STRUCTURE);
    if (s->depth == LIMIT_JSON_DEPTH)
        return broken(s, FAULT_NESTED);
    if (c == '{' && looks_outer(r, s) && begins_record(r, s->at, r->start)) {
        if (r->state.n_lessons == N_LESSONS)
            return broken(s, FAULT_NOT_CLOSED);
        s->inner_alike = true;
    }
    uint8_t bit = (uint8_t)(1u << s->depth % 8), *byte = &s->lists[s->depth / 8];
    *byte = (uint8_t)(c == '[' ? *byte | bit : *byte & ~bit);
    s->depth++;
    return GO_ON;
}

static enum outcome close_bracket(struct scan *s, char c)
{
    if (!s->depth)
        return c == ']' ? WHOLE : broken(s, FAULT_STRUCTURE); // a scalar before the list's end
    s->depth--;
    bool is_list = s->lists[s->depth / 8] >> s->depth % 8 & 1;
    if (is_list != (c == ']'))
        return broken(s, FAULT_STRUCTURE);
    s->after_value = true;
    s->at += s->depth == 0;
    return s->depth ? GO_ON : WHOLE;
}

// One byte outside texts. WHOLE: the record ends at s->at.
static enum outcome step_outside(const struct records *r, struct scan *s, char c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return GO_ON;
    case '"':
        if (s->after_value)
            return broken(s, FAULT_STRUCTURE);
        s->in_text = true;
        return GO_ON;
    case '{':
    case '[':
        return open_bracket(r, s, c);
    case '}':
    case ']':
        return close_bracket(s, c);
    case ',':
    case ':':
        s->after_value = false;
        return s->depth ? GO_ON : WHOLE;
    default: // numbers and words; their spelling is the parser's
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
            c == 'E')
            return GO_ON;
        return broken(s, memchr("NITF'", c, 5) ? FAULT_PYTHON : FAULT_STRUCTURE);
    }
}

// At a line end while lines are still possible: a '{' behind it that no list or map expects, means
// that the first line was a broken record of JSON lines.
static int look_behind_line(struct records *r, struct scan *s, enum outcome *outcome,
                            struct err *err)
{
    uint64_t at = s->at;
    bool have;
    int rc;
    while (!(rc = records_have(r, at, r->start, &have, err)) && have &&
           is_space(*window_at(&r->window, at)))
        at++;
    const char *before = window_at(&r->window, s->at), *first = window_at(&r->window, r->start);
    while (before > first && is_space(before[-1]))
        before--;
    bool value_before = s->in_text || !strchr("[{,:", before[-1]);
    bool lines = !rc && have && *window_at(&r->window, at) == '{' && value_before;
    if (lines)
        *outcome = IN_LINES;
    else
        r->state.kind = STREAM_JSON;
    return rc;
}

// One stretch of text or one byte outside; *wait = more bytes are needed first.
static enum outcome step(const struct records *r, struct scan *s, bool *wait)
{
    const char *p = window_at(&r->window, s->at), *end = r->window.data + r->window.len;
    enum outcome outcome = GO_ON;
    unsigned marks = 0;
    if (!s->in_text && *p == ' ') { // an indent
        while (p < end && *p == ' ')
            p++;
        s->at = r->window.base + (uint64_t)(p - r->window.data);
        return GO_ON;
    }
    if (!s->in_text) {
        outcome = step_outside(r, s, *p);
        s->at += outcome == GO_ON;
        return outcome;
    }
    const char *stop = scan_string(p, end, &marks);
    s->at += (uint64_t)(stop - p);
    if (stop == end || (*stop == '\n' && stop > p)) // a line end is looked at by the caller first
        return GO_ON;
    if (*stop == '"') {
        s->in_text = false;
        s->after_value = true;
        s->at++;
        return s->depth ? GO_ON : WHOLE;
    }
    if (*stop != '\\')
        return broken(s, FAULT_CONTROL);
    *wait = true; // its escape is behind the window
    return GO_ON;
}

static int scan_record(struct records *r, struct scan *s, enum outcome *outcome, struct err *err)
{
    bool have = true, wait = false;
    int rc = 0;
    *outcome = GO_ON;
    while (!rc && *outcome == GO_ON && have) {
        if (s->at - r->start > LIMIT_RECORD_BYTES) {
            *outcome = broken(s, FAULT_TOO_LARGE);
            break;
        }
        rc = records_have(r, s->at + wait, r->start, &have, err);
        uint64_t end = window_end(&r->window);
        wait = false;
        while (!rc && have && *outcome == GO_ON && s->at < end && !wait) {
            bool line = r->state.kind == STREAM_JSON_OPEN && *window_at(&r->window, s->at) == '\n';
            if (line)
                rc = look_behind_line(r, s, outcome, err);
            else if (!s->in_text && *window_at(&r->window, s->at) == '{' && looks_outer(r, s))
                rc = records_have(r, s->at + RECORDS_MARK, r->start, &have, err), have = true;
            end = window_end(&r->window);
            if (!rc && *outcome == GO_ON)
                *outcome = step(r, s, &wait);
        }
    }
    if (!rc && *outcome == GO_ON)
        *outcome = broken(s, FAULT_CUT_OFF);
    if (*outcome == WHOLE && s->at == r->start)
        *outcome = broken(s, FAULT_STRAY);
    if (*outcome == WHOLE && s->at - r->start > LIMIT_RECORD_BYTES)
        *outcome = broken(s, FAULT_TOO_LARGE);
    return rc;
}

// Sets *next to where the next record plausibly begins, or to the end of the stream.
static int find_next(struct records *r, uint64_t from, uint64_t *next, struct err *err)
{
    struct window *w = &r->window;
    uint64_t at = from + 1, keep = from;
    bool have, enough;
    int rc = 0;
    while (!(rc = records_have(r, at, keep, &have, err)) && have) {
        const char *p = window_at(w, at), *brace = memchr(p, '{', (size_t)(window_end(w) - at));
        at = brace ? at + (uint64_t)(brace - p) : window_end(w);
        keep = at - keep > 2 * RECORDS_MARK ? at - 2 * RECORDS_MARK : keep;
        if (!brace)
            continue;
        rc = records_have(r, at + RECORDS_MARK, keep, &enough, err);
        if (rc || begins_record(r, at, keep > w->base ? keep : w->base))
            break;
        at++;
    }
    *next = at;
    return rc;
}

// Skips what separates records; r->start is then the next one's first byte, *gap_from the first
// byte behind the comma or bracket.
static int skip_separators(struct records *r, bool *have, uint64_t *gap_from, struct err *err)
{
    struct records_state *s = &r->state;
    uint64_t at = s->next;
    int rc = 0;
    *gap_from = at;
    while (!(rc = records_have(r, at, *gap_from, have, err)) && *have) {
        char c = *window_at(&r->window, at);
        bool mark = c == '\xEF' || c == '\xBB' || c == '\xBF'; // of byte order, between records
        if (c == '[' && !s->in_list) {
            s->in_list = 1;
            s->kind = STREAM_JSON;
        } else if (c == ']' && s->in_list)
            s->in_list = 0;
        else if (!is_space(c) && !mark && (c != ',' || !s->in_list))
            break;
        at++;
        if (c == ',' || c == '[' || at - *gap_from > RECORDS_MARK)
            *gap_from = at;
    }
    r->start = at;
    return rc;
}

// Behind the first record of a stream that began with '{': a line end or the end means JSON lines.
static int decide_lines(struct records *r, uint64_t end, struct err *err)
{
    uint64_t at = end;
    bool have;
    int rc;
    while (!(rc = records_have(r, at, r->start, &have, err)) && have) {
        char c = *window_at(&r->window, at);
        if (c != ' ' && c != '\t' && c != '\r') {
            r->state.kind = c == '\n' ? STREAM_LINES : STREAM_JSON;
            return 0;
        }
        at++;
    }
    r->state.kind = STREAM_LINES;
    return rc;
}

// One record that begins otherwise is kept aside; two in a row change the mark.
static void learn(struct records_state *state, const struct scan *s, const struct mark *mark,
                  enum outcome outcome)
{
    bool known = !state->mark.head_len || same_head(&state->mark, mark->head, mark->head_len) ||
                 same_head(&state->other, mark->head, mark->head_len);
    if (mark->head_len && (outcome == WHOLE || !state->mark.head_len)) {
        if (known)
            state->mark = *mark;
        else
            state->other = *mark;
    }
    if (outcome == WHOLE && state->n_lessons < N_LESSONS)
        state->n_lessons = s->inner_alike ? NO_LESSON : state->n_lessons + 1;
}

// What there is between r->start and the next record, or a record.
static int cut_from_start(struct records *r, uint64_t gap_from, struct record *out, struct err *err)
{
    struct scan s = { .at = r->start, .fault = FAULT_STRAY };
    enum outcome outcome = BROKEN;
    struct mark mark = { 0 };
    uint64_t next = 0;
    int rc = 0;
    // In a list of maps anything else is stray: it may be a bracket that would swallow the rest.
    bool scalars = r->state.in_list && !r->state.mark.head_len;
    if (scalars || *window_at(&r->window, r->start) == '{') {
        rc = read_mark(r, gap_from, &mark, err);
        if (!rc)
            rc = scan_record(r, &s, &outcome, err);
        learn(&r->state, &s, &mark, outcome);
    }
    if (!rc && outcome == IN_LINES) {
        r->state.kind = STREAM_LINES;
        r->state.next = r->start;
        return cut_line(r, out, err);
    }
    if (!rc && outcome == WHOLE && r->state.kind == STREAM_JSON_OPEN)
        rc = decide_lines(r, s.at, err);
    if (!rc && outcome == BROKEN)
        rc = find_next(r, r->start, &next, err);
    if (rc)
        return rc;
    if (outcome == WHOLE)
        records_hand_out(r, r->start, s.at, s.at, out);
    else {
        records_report(r, r->start, s.fault, next, out);
        if (next == window_end(&r->window)) // the end of the list went with the broken record
            r->state.in_list = 0;
    }
    return 0;
}

int cut_json(struct records *r, struct record *out, struct err *err)
{
    uint64_t gap_from;
    bool have;
    int rc = skip_separators(r, &have, &gap_from, err);
    if (!rc && have && !r->state.in_list && *window_at(&r->window, r->start) == ',') {
        records_report(r, r->start, "a list is closed too early", r->start + 1, out);
        r->state.in_list = 1;
        return 0;
    }
    if (rc || have)
        return rc ? rc : cut_from_start(r, gap_from, out, err);
    if (r->state.in_list)
        records_report(r, r->start, "the list is not closed", r->start, out);
    r->state.in_list = 0;
    return 0;
}
