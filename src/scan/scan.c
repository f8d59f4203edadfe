// SPDX-License-Identifier: Apache-2.0
#include "scan/scan.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "scan/anchor.h"
#include "scan/escape.h"
#include "scan/name_rule.h"
#include "scan/recogniser.h"
#include "scan/spelled.h"

#include <hs/hs.h>
#include <stdatomic.h>
#include <stdlib.h>

#define MAX_AT_ONCE 64 // threads that scan at the same moment
#define MAX_PATTERNS 64
#define PAD_BYTES ((size_t)64) // see with_pad

struct scanner {
    hs_database_t *databases[N_GROUPS];
    hs_scratch_t *scratch[MAX_AT_ONCE]; // serves all databases, one after the other
    uint16_t sets[256];                 // of each byte, as set_has
    unsigned char rows[N_FORMS];        // of recognisers[]
    atomic_flag busy[MAX_AT_ONCE];
    struct name_rule *names;
    struct spelled spelled;
};

// What vectorscan's callback needs.
struct hunt {
    const uint16_t *sets;
    struct str text;         // the plain form
    const char *padded;      // the same with what with_pad adds; NULL: not yet needed
    struct byte_masks masks; // of it
    size_t offset, end;      // of what is scanned now
    struct arena *arena;
    struct scan_span *spans;
    size_t n, n_room;
    size_t judged_to[MAX_PATTERNS]; // a row: bytes up to here are judged
};

static const char *const kind_words[] = {
#define SCAN_WORDS(kind, words, mark) words,
    SCAN_KINDS(SCAN_WORDS)
#undef SCAN_WORDS
};
static const char *const kind_marks[] = {
#define SCAN_MARK(kind, words, mark) mark,
    SCAN_KINDS(SCAN_MARK)
#undef SCAN_MARK
};

const char *scan_kind_name(enum scan_kind kind)
{
    return kind_words[kind];
}

static int compile(struct scanner *scanner, enum recogniser_group group, struct err *err)
{
    const char *patterns[MAX_PATTERNS];
    unsigned flags[MAX_PATTERNS], ids[MAX_PATTERNS], n = 0;
    hs_compile_error_t *wrong = NULL;
    if (n_recognisers > COUNT_OF(patterns))
        BUG("more patterns than places");
    for (size_t i = 0; i < n_recognisers; i++) {
        if (recognisers[i].group != group)
            continue;
        patterns[n] = recognisers[i].pattern;
        flags[n] = (recognisers[i].caseless ? HS_FLAG_CASELESS : 0u) |
                   (recognisers[i].from_start ? HS_FLAG_SOM_LEFTMOST : 0u);
        ids[n++] = (unsigned)i;
    }
    if (hs_compile_multi(patterns, flags, ids, n, HS_MODE_BLOCK, NULL, &scanner->databases[group],
                         &wrong) == HS_SUCCESS)
        return 0;
    int rc = err_set(err, ERR_SOFTWARE, "a pattern of group %d cannot be compiled: %s", (int)group,
                     wrong ? wrong->message : "no reason given");
    hs_free_compile_error(wrong);
    return rc;
}

static int grow_scratch(struct scanner *scanner, size_t place, struct err *err)
{
    for (size_t i = 0; i < N_GROUPS; i++)
        if (hs_alloc_scratch(scanner->databases[i], &scanner->scratch[place]) != HS_SUCCESS)
            return err_set(err, ERR_UNAVAILABLE, "out of memory for the pattern scanner");
    return 0;
}

int scan_open(struct scanner **out, struct err *err)
{
    struct scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    for (size_t i = 0; i < MAX_AT_ONCE; i++)
        atomic_flag_clear(&scanner->busy[i]);
    for (size_t i = n_recognisers; i-- > 0;)
        scanner->rows[recognisers[i].form] = (unsigned char)i; // the first of each
    for (unsigned c = 0; c < COUNT_OF(scanner->sets); c++)
        for (unsigned set = 1; set <= SET_GROUPED; set <<= 1)
            scanner->sets[c] |= (uint16_t)(set_has(set, (unsigned char)c) ? set : 0);
    int rc = 0;
    spelled_open(&scanner->spelled);
    for (int i = 0; !rc && i < N_GROUPS; i++)
        rc = compile(scanner, (enum recogniser_group)i, err);
    if (!rc)
        rc = grow_scratch(scanner, 0, err);
    if (!rc)
        rc = name_rule_open(&scanner->names, err);
    if (rc) {
        scan_close(scanner);
        return rc;
    }
    *out = scanner;
    return 0;
}

void scan_close(struct scanner *scanner)
{
    if (!scanner)
        return;
    for (size_t i = 0; i < MAX_AT_ONCE; i++)
        hs_free_scratch(scanner->scratch[i]);
    for (size_t i = 0; i < N_GROUPS; i++)
        hs_free_database(scanner->databases[i]);
    name_rule_close(scanner->names);
    free(scanner);
}

static void push(struct hunt *hunt, size_t start, size_t end, enum scan_kind kind)
{
    if (hunt->n == hunt->n_room) {
        size_t room = hunt->n_room ? 2 * hunt->n_room : 16;
        hunt->spans = arena_grow(hunt->arena, hunt->spans, hunt->n_room * sizeof *hunt->spans,
                                 room * sizeof *hunt->spans);
        hunt->n_room = room;
    }
    hunt->spans[hunt->n++] = (struct scan_span){ start, end - start, kind };
}

static unsigned set_of(const struct hunt *hunt, size_t at)
{
    return hunt->sets[(unsigned char)hunt->text.ptr[at]];
}

// A match of row `id`.
static void judge(struct hunt *hunt, unsigned id, size_t start, size_t end)
{
    const struct recogniser *row = &recognisers[id];
    enum scan_kind kind = row->kind;
    if (end <= hunt->judged_to[id])
        return;
    while (end < hunt->text.len && (set_of(hunt, end) & row->right))
        end++;
    while (start > 0 && (set_of(hunt, start - 1) & row->left))
        start--;
    // A pattern without growth may match again further right and must be judged again.
    hunt->judged_to[id] = row->right == SET_NONE ? 0 : end;
    if (!row->judge || row->judge(hunt->text, &start, &end, &kind))
        push(hunt, start, end, kind);
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                    void *context)
{
    struct hunt *hunt = context;
    size_t start = recognisers[id].from_start ? (size_t)from : (size_t)to - 1;
    (void)flags;
    if (hunt->offset + (size_t)to <= hunt->end)
        judge(hunt, id, hunt->offset + start, hunt->offset + (size_t)to);
    return 0;
}

// A place to work in for this thread, as long as the call lasts.
static int take_scratch(struct scanner *scanner, size_t *place, struct err *err)
{
    for (size_t i = 0;; i = (i + 1) % MAX_AT_ONCE) {
        if (atomic_flag_test_and_set_explicit(&scanner->busy[i], memory_order_acquire))
            continue;
        *place = i;
        int rc = scanner->scratch[i] ? 0 : grow_scratch(scanner, i, err);
        if (rc)
            atomic_flag_clear_explicit(&scanner->busy[i], memory_order_release);
        return rc;
    }
}

// Words of a run whose check digits hold.
static void find_words(struct hunt *hunt, size_t start, size_t end)
{
    for (size_t at = start; at < end;) {
        size_t from = at;
        while (at < end && (set_of(hunt, at) & SET_WORD))
            at++;
        if (judge_word(hunt->text, from, at))
            push(hunt, from, at, SCAN_ID);
        at += at == from || at < end;
    }
}

static void judge_run(struct hunt *hunt, size_t start, size_t end)
{
    enum scan_kind kind = SCAN_KEY;
    find_words(hunt, start, end);
    while (end < hunt->text.len && (set_of(hunt, end) & SET_TOKEN))
        end++;
    while (start > 0 && (set_of(hunt, start - 1) & SET_TOKEN))
        start--;
    if (judge_token(hunt->text, &start, &end, &kind))
        push(hunt, start, end, kind);
}

// Where a group may match: a stretch around anchors that are near each other.
struct stretch {
    size_t start, end;
};
// What a text is scanned with.
struct search {
    struct scanner *scanner;
    hs_scratch_t *scratch;
    struct hunt *hunt;
    struct stretch stretches[N_SEARCHED]; // not scanned yet; end 0: none
    size_t run_end;                     // runs up to here are judged
    hs_error_t code;
};

// Vectorscan 5.4.9 with AVX-512 misses matches in the last 64 bytes of what it is given: it is
// given as many more. At the end of a text those are line ends, as no match ends in them and no
// word goes on.
static const char *with_pad(struct arena *a, struct str text)
{
    char *copy = arena_array(a, text.len + PAD_BYTES, 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, '\n', PAD_BYTES);
    return copy;
}

static void scan_stretch(struct search *search, size_t group, struct stretch stretch)
{
    struct hunt *hunt = search->hunt;
    bool inside = stretch.end + PAD_BYTES <= hunt->text.len;
    hunt->offset = stretch.start;
    hunt->end = stretch.end;
    if (!inside && !hunt->padded)
        hunt->padded = with_pad(hunt->arena, hunt->text);
    const char *text = inside ? hunt->text.ptr : hunt->padded;
    if (search->code == HS_SUCCESS)
        search->code = hs_scan(search->scanner->databases[group], text + stretch.start,
                               (unsigned)(stretch.end - stretch.start + PAD_BYTES), 0,
                               search->scratch, on_match, hunt);
}

// The end of a stretch, where no word and no host is cut: what is as long as a text likes (the host
// of an e-mail address, of a path) lies inside, and no word seems to end that does not.
static size_t end_of_stretch(const struct hunt *hunt, size_t at)
{
    size_t len = hunt->text.len;
    while (at < len && ((set_of(hunt, at) & SET_EMAIL) || hunt->text.ptr[at] == '\\'))
        at++;
    return size_min(len, at + 1); // one more behind the last sign of a path
}

// Takes in the anchors of 64 bytes, from the first to the last. A stretch begins where no word does
// that the text has begun before; the walk there stops at the stretch before, so every byte is
// walked over once, whatever the text.
static void add_anchors(struct search *search, size_t group, size_t first, size_t last)
{
    struct stretch *stretch = &search->stretches[group];
    struct anchor_reach reach = anchor_reach[group];
    size_t len = search->hunt->text.len, end = size_min(len, last + 1 + reach.behind);
    size_t start = first > reach.before ? first - reach.before : 0;
    while (start > stretch->end && (set_of(search->hunt, start) & SET_WORD))
        start--;
    if (stretch->end && start > stretch->end) {
        scan_stretch(search, group, *stretch);
        stretch->end = 0;
    }
    if (!stretch->end)
        stretch->start = start;
    if (end > stretch->end)
        stretch->end = end_of_stretch(search->hunt, end);
}

// Behind the last byte of the run that goes on at `at`.
static size_t end_of_run(const struct byte_masks *masks, size_t at)
{
    size_t k = at / MASK_BYTES;
    uint64_t others = ~masks->run[k] >> at % MASK_BYTES << at % MASK_BYTES;
    while (!others)
        others = ~masks->run[++k];
    return k * MASK_BYTES + (size_t)__builtin_ctzll(others);
}

// A bit for every byte from the one on that makes a run long enough.
static void judge_runs(struct search *search, size_t start, uint64_t ends)
{
    for (; ends; ends &= ends - 1) {
        size_t at = start + (size_t)__builtin_ctzll(ends);
        if (at < search->run_end)
            continue;
        search->run_end = end_of_run(&search->hunt->masks, at);
        judge_run(search->hunt, at + 1 - RUN_LEAST, search->run_end);
    }
}

// A bit for the last byte of each match of a form that is told by bits alone.
static void judge_ends(struct search *search, enum form form, size_t start, uint64_t ends)
{
    for (; ends; ends &= ends - 1) {
        size_t at = start + (size_t)__builtin_ctzll(ends);
        judge(search->hunt, search->scanner->rows[form], at, at + 1);
    }
}

// A bit for every byte that may tell of one of the other forms.
static void judge_forms(struct search *search, size_t start, uint64_t some)
{
    struct form_list found;
    for (; some; some &= some - 1) {
        form_find(search->hunt->text, start + (size_t)__builtin_ctzll(some), &found);
        for (size_t i = 0; i < found.n; i++)
            judge(search->hunt, search->scanner->rows[found.of[i].form], found.of[i].start,
                  found.of[i].end);
    }
}

// Every pattern over all of the text.
static void scan_whole(struct search *search)
{
    for (size_t i = 0; i < N_GROUPS; i++)
        scan_stretch(search, i, (struct stretch){ 0, search->hunt->text.len });
}

// The anchors of 64 bytes from `start` on, number k of `anchors`.
static void scan_number(struct search *search, const struct anchors *anchors, size_t k,
                        size_t start)
{
    for (size_t group = 0; group < N_SEARCHED; group++) {
        uint64_t here = anchors->of[group][k];
        if (here)
            add_anchors(search, group, start + (size_t)__builtin_ctzll(here),
                        start + 63 - (size_t)__builtin_clzll(here));
    }
    judge_ends(search, FORM_NUMBER, start, anchors->number[k]);
    judge_ends(search, FORM_TOKEN, start, anchors->token[k]);
    judge_forms(search, start, anchors->form[k]);
}

static void scan_anchors(struct search *search, bool whole)
{
    const struct byte_masks *masks = &search->hunt->masks;
    struct anchor_state state = { 0 };
    struct anchors anchors;
    for (size_t first = 0; first < masks->n; first += ANCHORS_EACH) {
        size_t n = size_min(masks->n - first, ANCHORS_EACH);
        anchors_find(masks, first, n, &state, &anchors);
        for (size_t k = 0; k < n; k++)
            if (anchors.any[k]) {
                size_t start = (first + k) * MASK_BYTES;
                if (!whole)
                    scan_number(search, &anchors, k, start);
                judge_runs(search, start, anchors.run[k]);
            }
    }
    for (size_t group = 0; group < N_SEARCHED; group++)
        if (search->stretches[group].end)
            scan_stretch(search, group, search->stretches[group]);
}

static bool is_ascii(const struct byte_masks *masks)
{
    uint64_t high = 0;
    for (size_t i = 0; i < masks->n; i++)
        high |= masks->high[i];
    return !high;
}

// Where the spans from `first` on stand in what their text was made of.
static void map_back(struct hunt *hunt, size_t first, const uint32_t *origin)
{
    for (size_t i = first; origin && i < hunt->n; i++) {
        struct scan_span *span = &hunt->spans[i];
        size_t end = span->start + span->len;
        while (end < hunt->text.len && origin[end] == origin[end - 1])
            end++; // the whole of a character that became several
        span->start = origin[span->start];
        span->len = origin[end] - span->start; // with what is invisible behind it
    }
}

static int find_in_form(struct scanner *scanner, struct byte_masks masks, bool whole,
                        struct hunt *hunt, struct err *err)
{
    uint32_t *origin = NULL;
    size_t place, first = hunt->n;
    hunt->masks = masks;
    hunt->text = masks.text;
    if (!is_ascii(&masks)) {
        hunt->text = utf8_plain(hunt->arena, masks.text, &origin);
        if (origin)
            hunt->masks = byte_masks_of(hunt->text, hunt->arena);
    }
    if (!hunt->text.len)
        return 0;
    hunt->padded = NULL;
    int rc = take_scratch(scanner, &place, err);
    if (rc)
        return rc;
    memset(hunt->judged_to, 0, sizeof hunt->judged_to);
    struct search search = { .scanner = scanner, .scratch = scanner->scratch[place], .hunt = hunt };
    if (whole)
        scan_whole(&search);
    scan_anchors(&search, whole);
    atomic_flag_clear_explicit(&scanner->busy[place], memory_order_release);
    if (search.code != HS_SUCCESS)
        return err_set(err, ERR_SOFTWARE, "the pattern scanner failed (%d)", (int)search.code);
    map_back(hunt, first, origin);
    return 0;
}

// The text as it is, and once more with escapes as what they stand for: neither hides the other.
static int find_patterns(struct scanner *scanner, struct byte_masks masks, bool whole,
                         struct hunt *hunt, struct err *err)
{
    uint32_t *origin;
    struct str plain;
    int rc = find_in_form(scanner, masks, whole, hunt, err);
    size_t first = hunt->n;
    if (rc || !escape_plain(&masks, hunt->arena, &plain, &origin))
        return rc;
    rc = find_in_form(scanner, byte_masks_of(plain, hunt->arena), whole, hunt, err);
    hunt->text = plain;
    map_back(hunt, first, origin);
    return rc;
}

static int by_place(const void *x, const void *y)
{
    const struct scan_span *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->len != b->len)
        return a->len > b->len ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

// Spans of one kind come nearly in order: each goes back over the few that it is before. Where that
// would be too many all are sorted.
static void sort(struct scan_span *spans, size_t n)
{
    size_t n_moves = 0;
    for (size_t i = 1; i < n; i++) {
        struct scan_span span = spans[i];
        size_t at = i;
        for (; at > 0 && by_place(&spans[at - 1], &span) > 0; at--)
            spans[at] = spans[at - 1];
        spans[at] = span;
        n_moves += i - at;
        if (n_moves > 16 * n) {
            qsort(spans, n, sizeof *spans, by_place);
            return;
        }
    }
}

// Overlapping spans become one, of the kind of the longest.
static size_t merge(struct scan_span *spans, size_t n)
{
    size_t kept = 0;
    sort(spans, n);
    for (size_t i = 0; i < n; i++) {
        struct scan_span *last = kept ? &spans[kept - 1] : NULL;
        if (!last || spans[i].start >= last->start + last->len) {
            spans[kept++] = spans[i];
            continue;
        }
        size_t end = size_max(last->start + last->len, spans[i].start + spans[i].len);
        last->kind = spans[i].len > last->len ? spans[i].kind : last->kind;
        last->len = end - last->start;
    }
    return kept;
}

// The parts of a name that no pattern covers: what a pattern found keeps its kind and its place.
static void push_name(struct hunt *hunt, size_t n_patterns, struct str text, struct scan_span name)
{
    size_t at = name.start, end = name.start + name.len;
    for (size_t i = 0; i <= n_patterns && at < end; i++) {
        bool last = i == n_patterns;
        size_t from = last ? end : hunt->spans[i].start;
        size_t to = last ? end : from + hunt->spans[i].len, stop = size_min(from, end);
        if (to <= at)
            continue;
        while (stop > at && text.ptr[stop - 1] == ' ')
            stop--;
        if (stop > at)
            push(hunt, at, stop, name.kind);
        at = size_max(at, to);
        while (at < end && text.ptr[at] == ' ')
            at++;
    }
}

static void push_spelled(void *context, size_t start, size_t end, enum scan_kind kind)
{
    push(context, start, end, kind);
}

int scan_find(struct scanner *scanner, struct str text, unsigned what, struct arena *a,
              struct scan_span **spans, size_t *n, struct err *err)
{
    struct hunt hunt = { .arena = a, .sets = scanner->sets };
    int rc = 0;
    *spans = NULL;
    *n = 0;
    if (text.len > UINT32_MAX / 2)
        return err_set(err, ERR_DATA, "a text of %zu bytes is too long to be scanned", text.len);
    struct byte_masks masks = byte_masks_of(text, a);
    if (what & SCAN_PATTERNS)
        rc = find_patterns(scanner, masks, what & SCAN_WHOLE, &hunt, err);
    if (rc)
        return rc;
    if (what & SCAN_SPELLED)
        spelled_find(&scanner->spelled, text, push_spelled, &hunt);
    if (what & (SCAN_PERSONS | SCAN_NAMES)) {
        struct scan_span *names;
        size_t n_names;
        name_rule_find(scanner->names, &masks, what, a, &names, &n_names);
        size_t n_patterns = hunt.n = merge(hunt.spans, hunt.n);
        for (size_t i = 0; i < n_names; i++)
            push_name(&hunt, n_patterns, text, names[i]);
    }
    *n = merge(hunt.spans, hunt.n);
    *spans = hunt.spans;
    return 0;
}

bool scan_is_public(const struct scanner *scanner, struct str word)
{
    return name_rule_is_public(scanner->names, word);
}

bool scan_may_name(const struct scanner *scanner, struct str one, struct str other)
{
    return name_rule_may_name(scanner->names, one, other) ||
           name_rule_may_name(scanner->names, other, one);
}

int scan_mark(struct str text, const struct scan_span *spans, size_t n, struct arena *a,
              struct str *out, struct err *err)
{
    size_t at = 0;
    int rc = 0;
    *out = text;
    if (n == 0)
        return 0;
    struct buf b;
    buf_init(&b, text.len + n * 32 + 1, "text without names");
    for (size_t i = 0; i < n && !rc; i++) {
        rc = buf_add(&b, str_make(text.ptr + at, spans[i].start - at), err);
        if (!rc)
            rc = buf_add(&b, str_of(kind_marks[spans[i].kind]), err);
        at = spans[i].start + spans[i].len;
    }
    if (!rc)
        rc = buf_add(&b, str_from(text, at), err);
    if (!rc)
        *out = arena_str(a, buf_view(&b));
    buf_release(&b);
    return rc;
}

int scan_scrub(struct scanner *scanner, struct str text, struct arena *a, struct str *out,
               size_t *n_found, struct err *err)
{
    struct scan_span *spans = NULL;
    size_t n = 0;
    int rc = scan_find(scanner, text, SCAN_KEPT, a, &spans, &n, err);
    if (n_found)
        *n_found = n;
    *out = text;
    return rc ? rc : scan_mark(text, spans, n, a, out, err);
}

struct scan_regex {
    hs_database_t *database;
    hs_scratch_t *scratch;
    char *copy; // see scan_regex_fits
    size_t room;
};

int scan_regex_open(struct scan_regex **out, struct str pattern, struct err *err)
{
    struct arena a = { 0 };
    hs_compile_error_t *wrong = NULL;
    struct scan_regex *regex = calloc(1, sizeof *regex);
    if (!regex)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = 0;
    unsigned flags = HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY;
    if (hs_compile(arena_copy(&a, pattern), flags, HS_MODE_BLOCK, NULL, &regex->database, &wrong) !=
        HS_SUCCESS)
        rc = err_set(err, ERR_USAGE, "\"%.*s\" is no regular expression that can be used: %s",
                     STR_ARG(str_head(pattern, 80)), wrong ? wrong->message : "no reason given");
    hs_free_compile_error(wrong);
    if (!rc && hs_alloc_scratch(regex->database, &regex->scratch) != HS_SUCCESS)
        rc = err_set(err, ERR_UNAVAILABLE, "out of memory for a regular expression");
    arena_release(&a);
    if (rc) {
        scan_regex_close(regex);
        return rc;
    }
    *out = regex;
    return 0;
}

void scan_regex_close(struct scan_regex *regex)
{
    if (!regex)
        return;
    hs_free_scratch(regex->scratch);
    hs_free_database(regex->database);
    free(regex->copy);
    free(regex);
}

// Where a match must end, and whether one does.
struct fit {
    size_t len;
    bool fits;
};

static int on_fit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                  void *context)
{
    struct fit *fit = context;
    (void)id, (void)from, (void)flags;
    fit->fits = to <= fit->len;
    return fit->fits; // enough
}

static int fit_once(struct scan_regex *regex, const char *text, size_t len, struct fit *fit,
                    struct err *err)
{
    hs_error_t code = hs_scan(regex->database, text, (unsigned)len, 0, regex->scratch, on_fit, fit);
    if (code != HS_SUCCESS && code != HS_SCAN_TERMINATED)
        return err_set(err, ERR_SOFTWARE, "a regular expression failed with code %d", code);
    return 0;
}

// What is not seen is looked for again with the end further away, see with_pad: there and here it
// is the end of the text, or a place in front of a line's end, alike.
int scan_regex_fits(struct scan_regex *regex, struct str text, bool *fits, struct err *err)
{
    struct fit fit = { .len = text.len };
    int rc = fit_once(regex, text.ptr ? text.ptr : "", text.len, &fit, err);
    *fits = fit.fits;
    if (rc || fit.fits || !text.len)
        return rc;
    if (regex->room < text.len + PAD_BYTES) {
        size_t room = 2 * (text.len + PAD_BYTES);
        char *copy = realloc(regex->copy, room);
        if (!copy)
            return err_set(err, ERR_TRY_AGAIN, "out of memory for a regular expression");
        regex->copy = copy;
        regex->room = room;
    }
    memcpy(regex->copy, text.ptr, text.len);
    memset(regex->copy + text.len, '\n', PAD_BYTES);
    rc = fit_once(regex, regex->copy, text.len + PAD_BYTES, &fit, err);
    *fits = fit.fits;
    return rc;
}
