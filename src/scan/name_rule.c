// SPDX-License-Identifier: Apache-2.0
#include "scan/name_rule.h"

#include "base/utf8.h"
#include "scan/byte_mask.h"
#include "scan/word_table.h"

#include <stdlib.h>

#define KNOWN (WORD_COMMON | WORD_PUBLIC)

// Bits of a byte of ASCII.
enum { BYTE_WORD = 1, BYTE_CAPITAL = 2, BYTE_SMALL = 4 };

struct name_rule {
    struct word_table *words;
    uint8_t byte_class[256];
};

struct word {
    uint32_t start, end; // in the text
    uint16_t bits;       // of word_table.h
    uint8_t n_lower;     // bytes in lower case, without accents and 's; at most 255
    bool upper;          // begins with a capital
    bool all_upper;      // only capitals
    bool inner_upper;    // a capital behind a small letter
    bool digits;         // begins with a digit
    bool near;           // only a space, a hyphen or an initial's point since the word before
    bool person, name;   // what the rules found
};

struct words {
    struct word *items;
    size_t n, n_answered;      // the table's answers are there up to n_answered
    size_t n_letters, n_known; // of these: no numbers; in a list of known words
};

int name_rule_open(struct name_rule **out, struct err *err)
{
    struct name_rule *rule = calloc(1, sizeof *rule);
    if (!rule)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = word_table_open(&rule->words, err);
    if (rc) {
        free(rule);
        return rc;
    }
    for (int c = 0; c < 0x80; c++)
        rule->byte_class[c] = c >= '0' && c <= '9'   ? BYTE_WORD
                              : c >= 'A' && c <= 'Z' ? BYTE_WORD | BYTE_CAPITAL
                              : c >= 'a' && c <= 'z' ? BYTE_WORD | BYTE_SMALL
                                                     : 0;
    *out = rule;
    return 0;
}

void name_rule_close(struct name_rule *rule)
{
    if (!rule)
        return;
    word_table_close(rule->words);
    free(rule);
}

bool name_rule_is_public(const struct name_rule *rule, struct str word)
{
    return (word_table_find(rule->words, word) & KNOWN) != 0;
}

// Reading words ------------------------------------------------------------------------------

static bool is_word_char(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

static bool is_capital(struct arena *a, struct str word, size_t at)
{
    unsigned char c = (unsigned char)word.ptr[at];
    if (c < 0x80)
        return c >= 'A' && c <= 'Z';
    struct str one = str_make(word.ptr + at, word.len - at);
    size_t next = 0;
    utf8_next(one, &next);
    one.len = next;
    return !str_equal(one, utf8_lower(a, one));
}

static bool is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2019;
}

// The first place at or after `i` where a word begins, or the end.
static size_t find_word(const struct byte_masks *masks, size_t i)
{
    while (i < masks->text.len) {
        uint64_t word = BYTE_BITS(masks, word, i), high = BYTE_BITS(masks, high, i);
        if (!(word | high)) {
            i += MASK_BYTES;
            continue;
        }
        size_t next = i + (size_t)__builtin_ctzll(word | high);
        i = next;
        if ((unsigned char)masks->text.ptr[i] < 0x80)
            return i;
        if (is_word_char(utf8_next(masks->text, &next)))
            return i;
        i = next;
    }
    return masks->text.len;
}

// The end of the word that begins at `i`, of any characters.
static size_t end_of_word(struct str text, size_t i)
{
    size_t end = i;
    while (i < text.len) {
        uint32_t c = utf8_next(text, &i);
        size_t after = i;
        bool inside = is_apostrophe(c) && after < text.len && is_word_char(utf8_next(text, &after));
        if (!is_word_char(c) && !inside)
            break;
        end = i;
    }
    return end;
}

// "I\u2019m" as the lists spell it.
static struct str with_plain_apostrophe(struct arena *a, struct str s)
{
    size_t at = str_find(s, STR_LIT("\xe2\x80\x99"), 0);
    if (at == SIZE_MAX)
        return s;
    return arena_printf(a, "%.*s'%.*s", (int)at, s.ptr, STR_ARG(str_from(s, at + 3)));
}

// Without accents whatever happens: ASCII, and letters of scripts of which no word is in a list.
static bool is_plain(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = (unsigned char)s.ptr[at];
        if (c < 0x80) {
            at++;
            continue;
        }
        c = utf8_next(s, &at);
        bool other =
            (c >= 0x400 && c < 0x530) || (c > 0x3040 && c < 0x3100) || (c >= 0x4E00 && c < 0xA000);
        if (!other && c != 0x2019)
            return false;
    }
    return true;
}

static struct str lower_plain(struct arena *a, struct str s)
{
    char *out = arena_array(a, s.len + 1, 1);
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        unsigned char c = (unsigned char)s.ptr[at];
        bool apostrophe = c == 0xE2 && at + 3 <= s.len; // the only one of three bytes from there
        out[len++] = (char)(apostrophe ? '\'' : c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        at += apostrophe ? 3 : 1;
    }
    out[len] = 0;
    return str_make(out, len);
}

// In lower case, without accents and 's.
static struct str lower_of(struct arena *a, struct str text, const struct word *w)
{
    struct str s = str_make(text.ptr + w->start, w->end - w->start);
    struct str lower =
        is_plain(s) ? lower_plain(a, s) : with_plain_apostrophe(a, utf8_strip_accents(a, s));
    if (str_ends(lower, STR_LIT("'s")))
        lower.len -= 2;
    return lower;
}

static void read_any(const struct name_rule *rule, struct arena *a, struct str text, struct word *w)
{
    struct arena_mark mark = arena_save(a);
    w->end = (uint32_t)end_of_word(text, w->start);
    struct str s = str_make(text.ptr + w->start, w->end - w->start);
    bool small_before = false;
    w->upper = is_capital(a, s, 0);
    w->all_upper = w->upper;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool capital = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
        w->all_upper = w->all_upper && !small;
        w->inner_upper = w->inner_upper || (capital && small_before);
        small_before = small;
    }
    struct str lower = lower_of(a, text, w);
    w->n_lower = (uint8_t)size_min(lower.len, 255);
    w->digits = lower.len && lower.ptr[0] <= '9';
    w->bits = (uint16_t)word_table_find(rule->words, lower);
    arena_rewind(a, mark);
}

// The same for a word of plain letters and digits, up to 63 of them; false, with nothing read, when
// an apostrophe or a byte past ASCII follows, or it is longer.
static bool read_plain(const struct word_table *words, const struct byte_masks *masks,
                       struct word *w, struct word_asked *asked)
{
    size_t start = w->start;
    uint64_t not_word = ~BYTE_BITS(masks, word, start);
    if (!not_word)
        return false;
    unsigned n = (unsigned)__builtin_ctzll(not_word);
    if (start + n < masks->text.len) {
        unsigned char behind = (unsigned char)masks->text.ptr[start + n];
        if (behind == '\'' || behind >= 0x80)
            return false;
    }
    uint64_t inside = ((uint64_t)1 << n) - 1;
    uint64_t capital = BYTE_BITS(masks, capital, start) & inside;
    uint64_t small = BYTE_BITS(masks, small, start) & inside;
    w->end = (uint32_t)(start + n);
    w->upper = capital & 1;
    w->all_upper = w->upper && !small;
    w->inner_upper = (small << 1 & capital) != 0;
    w->digits = !((capital | small) & 1);
    w->n_lower = (uint8_t)n;
    *asked = word_table_ask(words, masks->text, start, n);
    return true;
}

// The same for a word of ASCII; false, with nothing read, when there is more in it.
static bool read_ascii(const struct name_rule *rule, struct str text, struct word *w,
                       struct word_asked *asked)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    const uint8_t *byte_class = rule->byte_class;
    unsigned all = 0, inner = 0, before = 0;
    size_t i = w->start;
    for (;; i++) {
        unsigned class = i < text.len ? byte_class[p[i]] : 0;
        if (!class) {
            if (i == text.len || (p[i] < 0x80 && p[i] != '\''))
                break;
            if (p[i] >= 0x80 || (i + 1 < text.len && p[i + 1] >= 0x80))
                return false;
            if (i + 1 == text.len || !byte_class[p[i + 1]])
                break;
        }
        all |= class;
        inner |= before >> 1 & class; // BYTE_SMALL before BYTE_CAPITAL
        before = class;
    }
    size_t n = i - w->start;
    bool owns = n > 2 && p[i - 2] == '\'' && (p[i - 1] | 0x20) == 's';
    w->end = (uint32_t)i;
    w->upper = byte_class[p[w->start]] & BYTE_CAPITAL;
    w->all_upper = w->upper && !(all & BYTE_SMALL);
    w->inner_upper = inner & BYTE_CAPITAL;
    w->digits = p[w->start] <= '9';
    n -= owns ? 2 : 0;
    w->n_lower = (uint8_t)size_min(n, 255);
    *asked = word_table_ask(rule->words, text, w->start, n);
    return true;
}

static bool is_near(struct str gap, bool initial)
{
    for (size_t i = 0; i < gap.len; i++)
        if (gap.ptr[i] != ' ' && gap.ptr[i] != '-' && !(initial && gap.ptr[i] == '.'))
            return false;
    return gap.len > 0 && gap.len < 4;
}

// The table's answers for the words from *from up to `to`. What read_any knows already stays.
#define AHEAD ((size_t)32)
static void answer(const struct name_rule *rule, struct words *words, size_t to,
                   const struct word_asked *asked)
{
    for (; words->n_answered < to; words->n_answered++) {
        struct word *w = &words->items[words->n_answered];
        w->bits |= (uint16_t)word_table_answer(rule->words, &asked[words->n_answered % AHEAD]);
        words->n_letters += !w->digits;
        words->n_known += (w->bits & KNOWN) != 0;
    }
}

static void read_words(const struct name_rule *rule, struct arena *a,
                       const struct byte_masks *masks, struct words *words)
{
    struct str text = masks->text;
    struct word_asked asked[AHEAD];
    size_t room = text.len / 5 + 16, n = 0, last = 0;
    *words = (struct words){ .items = arena_array(a, room, sizeof *words->items) };
    for (size_t at = 0; (at = find_word(masks, at)) < text.len; at = last) {
        if (n == room) {
            words->items = arena_grow(a, words->items, room * sizeof *words->items,
                                      2 * room * sizeof *words->items);
            room *= 2;
        }
        if (n - words->n_answered == AHEAD)
            answer(rule, words, n - AHEAD / 2, asked);
        struct word *w = &words->items[n];
        struct word_asked *own = &asked[n % AHEAD];
        *w = (struct word){ .start = (uint32_t)at };
        *own = (struct word_asked){ 0 };
        if (!read_plain(rule->words, masks, w, own) && !read_ascii(rule, text, w, own))
            read_any(rule, a, text, w);
        bool initial = n > 0 && (w[-1].end - w[-1].start == 1 || w[-1].n_lower <= 4);
        w->near = n > 0 && is_near(str_make(text.ptr + last, at - last), initial);
        last = w->end;
        n++;
    }
    answer(rule, words, n, asked);
    words->n = n;
}

// The rules ----------------------------------------------------------------------------------

// Enough words that are English ones; short texts only when all bytes are ASCII.
static bool is_english(const struct words *words, struct str text)
{
    if (words->n_letters <= 4) {
        for (size_t i = 0; i < text.len; i++)
            if ((unsigned char)text.ptr[i] >= 0x80)
                return false;
        return true;
    }
    return words->n_known * 5 >= words->n_letters * 2;
}

// "JavaScript" and "FastAPI" are made of public parts, "JohnSmith" is not.
static bool has_public_parts(const struct name_rule *rule, struct str lower, struct str word)
{
    size_t start = 0;
    if (lower.len != word.len)
        return false;
    for (size_t i = 1; i <= word.len; i++) {
        bool capital = i < word.len && word.ptr[i] >= 'A' && word.ptr[i] <= 'Z';
        bool after_small = word.ptr[i - 1] >= 'a' && word.ptr[i - 1] <= 'z';
        if (i < word.len && !(capital && after_small))
            continue;
        unsigned bits = word_table_find(rule->words, str_make(lower.ptr + start, i - start));
        if (!(bits & KNOWN) || ((bits & WORD_GIVEN) && !(bits & WORD_PUBLIC)))
            return false;
        start = i;
    }
    return true;
}

// A given name, or one word more that makes a word one: "May" is a month, "May Kowalczyk" is not.
static bool is_given(const struct word *w, const struct word *next, bool english)
{
    if (!(w->bits & WORD_GIVEN))
        return false;
    if (!(w->bits & KNOWN))
        return w->upper ? w->n_lower > 2 : english && w->n_lower > 3;
    return w->upper && next && next->upper && (next->bits & WORD_FAMILY) && !(next->bits & KNOWN);
}

// What stands behind a title, or behind "name is".
static bool is_introduced(const struct word *words, size_t i)
{
    const struct word *w = &words[i];
    if (i > 0 && (w[-1].bits & WORD_TITLE) && w->near && w->upper)
        return true;
    return i > 2 && (w[-1].bits & WORD_IS) && (w[-2].bits & WORD_NAME) && !(w->bits & WORD_NOT);
}

// A family name or an initial behind a person.
static bool belongs_to_person(const struct word *w, bool english)
{
    bool unknown = !(w->bits & KNOWN), family = w->bits & WORD_FAMILY;
    if (!w->near)
        return false;
    return w->upper ? unknown || family || w->end - w->start == 1 : english && family && unknown;
}

static void find_persons(struct word *words, size_t n, bool english)
{
    unsigned before = 0; // bits of the word before
    for (size_t i = 0; i < n; i++) {
        struct word *w = &words[i];
        bool may_be = (w->bits & WORD_GIVEN) || (before & (WORD_TITLE | WORD_IS));
        before = w->bits;
        if (may_be) {
            const struct word *next = i + 1 < n && w[1].near ? &w[1] : NULL;
            w->person = is_given(w, next, english) || is_introduced(words, i);
        }
        if (i > 0 && w[-1].person && !w->person)
            w->person = belongs_to_person(w, english);
    }
}

// A word in no list right before a name: "xandru Quorvath", where a program lowered the first
// letter.
static void find_words_before(struct word *words, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if ((words[i].name || words[i].person) && words[i].near &&
            !(words[i - 1].bits & WORD_LISTS) && words[i - 1].n_lower > 2 && !words[i - 1].digits)
            words[i - 1].name = true;
}

// A plural or another form of a word that is known.
static bool is_known_form(const struct name_rule *rule, struct str lower, size_t n)
{
    return n > 4 && str_ends(lower, STR_LIT("s")) &&
           (word_table_find(rule->words, str_head(lower, lower.len - 1)) & KNOWN);
}

static void find_names(const struct name_rule *rule, struct arena *a, struct str text,
                       struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct word *w = &words[i];
        if (!(w->upper || w->inner_upper) || w->person || (w->bits & KNOWN))
            continue;
        struct str s = str_make(text.ptr + w->start, w->end - w->start);
        if (w->all_upper && s.len <= 5 && !(w->bits & (WORD_GIVEN | WORD_FAMILY)))
            continue; // SQL, NASA
        struct arena_mark mark = arena_save(a);
        struct str lower = lower_of(a, text, w);
        w->name = !(w->inner_upper && has_public_parts(rule, lower, s)) &&
                  !is_known_form(rule, lower, s.len);
        arena_rewind(a, mark);
    }
}

static bool is_organisation(const struct word *w)
{
    return w->upper && (w->bits & WORD_ORGANISATION);
}

// The span from word i on; returns the index behind it.
static size_t grow(const struct word *words, size_t n, size_t i, struct scan_span *span)
{
    size_t end = i + 1;
    bool person = words[i].person;
    while (end < n && words[end].near && (words[end].person || words[end].name)) {
        person = person || words[end].person;
        end++;
    }
    bool family = !person && (words[end - 1].bits & WORD_FAMILY);
    span->kind = person || family ? SCAN_PERSON : SCAN_NAME;
    if (span->kind != SCAN_PERSON && i > 0 && (words[i - 1].bits & WORD_BEFORE_PLACE))
        span->kind = SCAN_PLACE;
    if (end < n && words[end].near && is_organisation(&words[end])) {
        span->kind = SCAN_COMPANY;
        end++;
    }
    span->start = words[i].start;
    span->len = words[end - 1].end - span->start;
    return end;
}

void name_rule_find(const struct name_rule *rule, const struct byte_masks *masks, unsigned what,
                    struct arena *a, struct scan_span **spans, size_t *n_spans)
{
    struct words words;
    read_words(rule, a, masks, &words);
    bool english = is_english(&words, masks->text);
    *n_spans = 0;
    *spans = arena_array(a, words.n + 1, sizeof **spans);
    if (what & SCAN_PERSONS)
        find_persons(words.items, words.n, english);
    if ((what & SCAN_NAMES) && english)
        find_names(rule, a, masks->text, words.items, words.n);
    if ((what & SCAN_NAMES) && english)
        find_words_before(words.items, words.n);
    for (size_t i = 0; i < words.n;) {
        if (words.items[i].person || words.items[i].name)
            i = grow(words.items, words.n, i, &(*spans)[(*n_spans)++]);
        else
            i++;
    }
}
