// SPDX-License-Identifier: Apache-2.0
#include "scan/name_rule.h"

#include "base/utf8.h"
#include "scan/byte_mask.h"
#include "scan/public_list.h"
#include "scan/word_table.h"

#include <stdlib.h>

#define KNOWN (WORD_COMMON | WORD_PUBLIC)

// Bits of a byte of ASCII.
enum { BYTE_WORD = 1, BYTE_CAPITAL = 2, BYTE_SMALL = 4 };

struct name_rule {
    struct word_table *words;
    uint8_t byte_class[256];
};

enum {
    IS_UPPER = 1,    // begins with a capital
    ALL_UPPER = 2,   // only capitals
    INNER_UPPER = 4, // a capital behind a small letter
    IS_NUMBER = 8,   // begins with a digit
    IS_PERSON = 16,
    IS_NAME = 32, // what the rules found
    IS_FOUND = IS_PERSON | IS_NAME
};

struct word {
    uint32_t start, end; // in the text
    uint16_t bits;       // of word_table.h
    uint8_t n_lower;     // bytes in lower case, without accents and 's; at most 255
    uint8_t is;          // of the bits above
};

// Sets of words have a bit each, 64 to a number.
struct words {
    struct str text;
    struct word *items;
    size_t n, n_answered;      // the table's answers are there up to n_answered
    size_t n_letters, n_known; // of these: no numbers; in a list of known words
    uint64_t *may_be;          // given names, and words behind a title or an "is"
    uint64_t *odd;             // with a capital, and not known
    uint64_t *found;           // IS_PERSON or IS_NAME
    unsigned lead;             // the last answered is a title or an "is"
};

// Words as they are read. A place of 0 bytes is that of a word that read_any asked for already.
struct reader {
    const struct name_rule *rule;
    const struct byte_masks *masks;
    struct arena *arena;
    struct words *words;
    size_t room;
    struct word_place places[2 * WORD_MANY]; // of word i at i % 128
    uint64_t capital[2]; // of the 64 words of these two halves: those with a capital
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

static bool is_function_word(struct str word)
{
    return public_list_has_word(word) && !str_equal(word, STR_LIT("may"));
}

bool name_rule_may_name(const struct name_rule *rule, struct str given, struct str family)
{
    return (word_table_find(rule->words, given) & WORD_GIVEN) &&
           (word_table_find(rule->words, family) & WORD_FAMILY) && !is_function_word(given) &&
           !is_function_word(family);
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

static uint8_t marks_of(bool upper, bool small, bool inner, bool number)
{
    return (uint8_t)((upper ? IS_UPPER : 0) | (upper && !small ? ALL_UPPER : 0) |
                     (inner ? INNER_UPPER : 0) | (number ? IS_NUMBER : 0));
}

// Takes the word behind the last one in.
static void place_word(struct reader *r, size_t start, size_t len, uint8_t is)
{
    size_t i = r->words->n++, half = i / WORD_MANY % 2;
    uint64_t capital = (is & (IS_UPPER | INNER_UPPER)) != 0;
    r->places[i % COUNT_OF(r->places)] = (struct word_place){ (uint32_t)start, (uint32_t)len };
    r->capital[half] |= capital << i % WORD_MANY;
    r->words->n_letters += !(is & IS_NUMBER);
}

// A word of any characters; returns its end.
static size_t read_any(struct reader *r, size_t start)
{
    struct str text = r->words->text;
    struct arena_mark mark = arena_save(r->arena);
    struct word *w = &r->words->items[r->words->n];
    size_t end = end_of_word(text, start);
    struct str s = str_make(text.ptr + start, end - start);
    bool before = false, any_small = false, inner = false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool capital = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
        any_small = any_small || small;
        inner = inner || (capital && before);
        before = small;
    }
    *w = (struct word){ .start = (uint32_t)start, .end = (uint32_t)end };
    struct str lower = lower_of(r->arena, text, w);
    w->n_lower = (uint8_t)size_min(lower.len, 255);
    w->is = marks_of(is_capital(r->arena, s, 0), any_small, inner, lower.len && *lower.ptr <= '9');
    w->bits = (uint16_t)word_table_find(r->rule->words, lower);
    place_word(r, 0, 0, w->is);
    arena_rewind(r->arena, mark);
    return end;
}

static void push_word(struct reader *r, size_t start, size_t end, size_t n_lower, uint8_t is)
{
    struct words *words = r->words;
    words->items[words->n] = (struct word){ .start = (uint32_t)start,
                                            .end = (uint32_t)end,
                                            .n_lower = (uint8_t)size_min(n_lower, 255),
                                            .is = is };
    place_word(r, start, n_lower, is);
}

// Takes in the words of a window from `at` on: a bit each where they start and where they end. Of
// the other sets the bit at a word's end says something about the word.
struct window {
    uint64_t starts, ends, capital, letter;
    uint64_t no_small, no_inner, own; // without a small letter, without an inner capital, with 's
};
static void push_window(struct reader *r, size_t at, struct window w)
{
    struct words *words = r->words;
    uint64_t odd = 0;
    size_t first = words->n, half = first / WORD_MANY % 2, n = 0, n_letters = 0;
    for (; w.starts; w.starts &= w.starts - 1, w.ends &= w.ends - 1, n++) {
        unsigned start = (unsigned)__builtin_ctzll(w.starts),
                 end = (unsigned)__builtin_ctzll(w.ends);
        unsigned upper = w.capital >> start & 1, letter = w.letter >> start & 1;
        unsigned inner = ~(w.no_inner >> end) & 1, no_small = w.no_small >> end & 1;
        uint32_t from = (uint32_t)(at + start),
                 len = end - start - 2 * (unsigned)(w.own >> end & 1);
        uint8_t is = (uint8_t)(upper * IS_UPPER | (upper & no_small) * ALL_UPPER |
                               inner * INNER_UPPER | (letter ^ 1) * IS_NUMBER);
        words->items[first + n] = (struct word){
            .start = from, .end = (uint32_t)(at + end), .n_lower = (uint8_t)len, .is = is
        };
        r->places[(first + n) % COUNT_OF(r->places)] = (struct word_place){ from, len };
        odd |= (uint64_t)(upper | inner) << n;
        n_letters += letter;
    }
    size_t shift = first % WORD_MANY;
    r->capital[half] |= odd << shift;
    r->capital[1 - half] |= shift ? odd >> (WORD_MANY - shift) : 0;
    words->n_letters += n_letters;
    words->n += n;
}

// The words of ASCII letters, digits and apostrophes in the 64 bytes from `at` on, where one
// begins, up to the first with a byte past ASCII at its end or behind an apostrophe there, or with
// its end further on. Returns the end of the last one; `at` where there is none.
static size_t read_window(struct reader *r, size_t at)
{
    const struct byte_masks *masks = r->masks;
    uint64_t letters = BYTE_BITS(masks, word, at), high = BYTE_BITS(masks, high, at);
    uint64_t capital = BYTE_BITS(masks, capital, at), small = BYTE_BITS(masks, small, at);
    uint64_t quote = BYTE_BITS(masks, apostrophe, at);
    uint64_t joined = quote & letters << 1 & letters >> 1, word = letters | joined;
    uint64_t other = high | (quote & (high >> 1 | (uint64_t)1 << 63));
    uint64_t ends = ~word & word << 1 & (other ? (other & -other) - 1 : ~(uint64_t)0);
    if (!ends)
        return at;
    size_t last = 63 - (size_t)__builtin_clzll(ends);
    uint64_t inside = word & (((uint64_t)1 << last) - 1), starts = inside & ~(inside << 1);
    // One added where a word starts comes out at its end if no bit in between is missing.
    push_window(r, at,
                (struct window){ .starts = starts,
                                 .ends = ends,
                                 .capital = capital,
                                 .letter = capital | small,
                                 .no_small = (inside & ~small) + starts,
                                 .no_inner = (inside & ~(small << 1 & capital)) + starts,
                                 .own = joined << 2 & BYTE_BITS(masks, s, at) << 1 });
    return at + last;
}

// A word of ASCII, returns its end; 0, with nothing read, when there is more in it.
static size_t read_ascii(struct reader *r, size_t start)
{
    struct str text = r->words->text;
    const unsigned char *p = (const unsigned char *)text.ptr;
    const uint8_t *byte_class = r->rule->byte_class;
    unsigned all = 0, inner = 0, before = 0;
    size_t i = start;
    for (;; i++) {
        unsigned class = i < text.len ? byte_class[p[i]] : 0;
        if (!class) {
            if (i == text.len || (p[i] < 0x80 && p[i] != '\''))
                break;
            if (p[i] >= 0x80 || (i + 1 < text.len && p[i + 1] >= 0x80))
                return 0;
            if (i + 1 == text.len || !byte_class[p[i + 1]])
                break;
        }
        all |= class;
        inner |= before >> 1 & class; // BYTE_SMALL before BYTE_CAPITAL
        before = class;
    }
    size_t n = i - start;
    bool owns = n > 2 && p[i - 2] == '\'' && (p[i - 1] | 0x20) == 's';
    push_word(r, start, i, n - (owns ? 2 : 0),
              marks_of(byte_class[p[start]] & BYTE_CAPITAL, all & BYTE_SMALL, inner & BYTE_CAPITAL,
                       p[start] <= '9'));
    return i;
}

// The table's answers for the next 64 words, the last ones may be missing. What read_any knows
// already stays.
static void answer(struct reader *r)
{
    struct words *words = r->words;
    uint16_t bits[WORD_MANY];
    size_t set = words->n_answered / WORD_MANY, half = set % 2;
    size_t n = size_min(WORD_MANY, words->n - words->n_answered);
    struct word_place *places = &r->places[half * WORD_MANY];
    struct word *items = &words->items[words->n_answered];
    memset(places + n, 0, (WORD_MANY - n) * sizeof *places);
    word_table_find_many(r->rule->words, words->text, places, bits);
    for (size_t i = 0; i < n; i++)
        bits[i] = items[i].bits |= bits[i];
    uint64_t known = word_table_which(bits, KNOWN);
    uint64_t lead = word_table_which(bits, WORD_TITLE | WORD_IS);
    words->n_known += (size_t)__builtin_popcountll(known);
    words->may_be[set] = word_table_which(bits, WORD_GIVEN) | lead << 1 | words->lead;
    words->odd[set] = r->capital[half] & ~known;
    words->found[set] = 0;
    words->lead = (unsigned)(lead >> 63);
    r->capital[half] = 0;
    words->n_answered += n;
}

static void make_room(struct reader *r, size_t room)
{
    struct words *words = r->words;
    size_t n_sets = r->room / WORD_MANY, more = room / WORD_MANY;
    uint64_t **sets[] = { &words->may_be, &words->odd, &words->found };
    words->items = arena_grow(r->arena, words->items, r->room * sizeof *words->items,
                              room * sizeof *words->items);
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        *sets[i] =
            arena_grow(r->arena, *sets[i], n_sets * sizeof **sets[i], more * sizeof **sets[i]);
    r->room = room;
}

#define WINDOW_WORDS (MASK_BYTES / 2) // at most, and the one that a window cannot read
static void read_words(struct reader *r)
{
    struct words *words = r->words;
    make_room(r, size_round_up(words->text.len / 5 + WINDOW_WORDS, WORD_MANY));
    for (size_t at = 0; (at = find_word(r->masks, at)) < words->text.len;) {
        if (r->room - words->n < WINDOW_WORDS)
            make_room(r, 2 * r->room);
        if (words->n - words->n_answered >= WORD_MANY)
            answer(r);
        size_t end = read_window(r, at);
        if (end == at)
            end = read_ascii(r, at);
        at = end ? end : read_any(r, at);
    }
    while (words->n_answered < words->n)
        answer(r);
}

// The first word of a set at or behind i; at least n where there is none.
static size_t next_of(const uint64_t *set, size_t i, size_t n)
{
    if (i >= n)
        return n;
    uint64_t here = set[i / WORD_MANY] >> i % WORD_MANY;
    if (here)
        return i + (size_t)__builtin_ctzll(here);
    for (i = (i / WORD_MANY + 1) * WORD_MANY; i < n; i += WORD_MANY)
        if (set[i / WORD_MANY])
            return i + (size_t)__builtin_ctzll(set[i / WORD_MANY]);
    return n;
}

static void mark(struct words *words, size_t i, uint8_t is)
{
    words->items[i].is |= is;
    words->found[i / WORD_MANY] |= (uint64_t)1 << i % WORD_MANY;
}

// Whether only a space, a hyphen or an initial's point is between word i and the one before.
static bool is_near(const struct words *words, size_t i)
{
    if (i == 0)
        return false;
    const struct word *w = &words->items[i], *before = w - 1;
    bool initial = before->end - before->start == 1 || before->n_lower <= 4;
    struct str gap = str_make(words->text.ptr + before->end, w->start - before->end);
    for (size_t c = 0; c < gap.len; c++)
        if (gap.ptr[c] != ' ' && gap.ptr[c] != '-' && !(initial && gap.ptr[c] == '.'))
            return false;
    return gap.len > 0 && gap.len < 4;
}

// The rules ----------------------------------------------------------------------------------

// Enough words that are English ones; short texts only when all bytes are ASCII.
static bool is_english(const struct words *words)
{
    struct str text = words->text;
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
static bool is_given(const struct words *words, size_t i, bool english)
{
    const struct word *w = &words->items[i], *next = w + 1;
    bool upper = w->is & IS_UPPER;
    if (!(w->bits & WORD_GIVEN))
        return false;
    if (!(w->bits & KNOWN))
        return upper ? w->n_lower > 2 : english && w->n_lower > 3;
    return upper && i + 1 < words->n && (next->is & IS_UPPER) && (next->bits & WORD_FAMILY) &&
           !(next->bits & KNOWN) && is_near(words, i + 1);
}

// What stands behind a title, or behind "name is".
static bool is_introduced(const struct words *words, size_t i)
{
    const struct word *w = &words->items[i];
    if (i > 0 && (w[-1].bits & WORD_TITLE) && (w->is & IS_UPPER) && is_near(words, i))
        return true;
    return i > 2 && (w[-1].bits & WORD_IS) && (w[-2].bits & WORD_NAME) && !(w->bits & WORD_NOT);
}

// A family name or an initial behind a person.
static bool belongs_to_person(const struct words *words, size_t i, bool english)
{
    const struct word *w = &words->items[i];
    bool unknown = !(w->bits & KNOWN), family = w->bits & WORD_FAMILY;
    if (!is_near(words, i))
        return false;
    return w->is & IS_UPPER ? unknown || family || w->end - w->start == 1
                            : english && family && unknown;
}

static void find_persons(struct words *words, bool english)
{
    size_t n = words->n;
    for (size_t i = 0; (i = next_of(words->may_be, i, n)) < n; i++) {
        if (!is_given(words, i, english) && !is_introduced(words, i))
            continue;
        mark(words, i, IS_PERSON);
        for (size_t j = i + 1; j < n && belongs_to_person(words, j, english); j++)
            mark(words, j, IS_PERSON);
    }
}

// A word in no list right before a name: "xandru Quorvath", where a program lowered the first
// letter.
static void find_words_before(struct words *words)
{
    for (size_t set = size_round_up(words->n, WORD_MANY) / WORD_MANY; set-- > 0;)
        for (uint64_t left = words->found[set]; left;) {
            unsigned bit = 63U - (unsigned)__builtin_clzll(left);
            size_t i = set * WORD_MANY + bit;
            const struct word *before = &words->items[i] - 1;
            if (i > 0 && !(before->bits & WORD_LISTS) && before->n_lower > 2 &&
                !(before->is & IS_NUMBER) && is_near(words, i))
                mark(words, i - 1, IS_NAME);
            left = words->found[set] & (((uint64_t)1 << bit) - 1); // with what was marked now
        }
}

// A plural or another form of a word that is known.
static bool is_known_form(const struct name_rule *rule, struct str lower, size_t n)
{
    return n > 4 && str_ends(lower, STR_LIT("s")) &&
           (word_table_find(rule->words, str_head(lower, lower.len - 1)) & KNOWN);
}

static void find_names(const struct name_rule *rule, struct arena *a, struct words *words)
{
    for (size_t i = 0; (i = next_of(words->odd, i, words->n)) < words->n; i++) {
        const struct word *w = &words->items[i];
        if (w->is & IS_PERSON)
            continue;
        struct str s = str_make(words->text.ptr + w->start, w->end - w->start);
        if ((w->is & ALL_UPPER) && s.len <= 5 && !(w->bits & (WORD_GIVEN | WORD_FAMILY)))
            continue; // SQL, NASA
        unsigned char last = (unsigned char)s.ptr[s.len - 1];
        if (!(w->is & INNER_UPPER) && last < 0x80 && (last | 0x20) != 's') {
            mark(words, i, IS_NAME); // of no parts, and no plural
            continue;
        }
        struct arena_mark start = arena_save(a);
        struct str lower = lower_of(a, words->text, w);
        if (!((w->is & INNER_UPPER) && has_public_parts(rule, lower, s)) &&
            !is_known_form(rule, lower, s.len))
            mark(words, i, IS_NAME);
        arena_rewind(a, start);
    }
}

static bool is_organisation(const struct word *w)
{
    return (w->is & IS_UPPER) && (w->bits & WORD_ORGANISATION);
}

// The span from word i on; returns the index behind it.
static size_t grow(const struct words *words, size_t i, struct scan_span *span)
{
    const struct word *items = words->items;
    size_t end = i + 1;
    unsigned all = items[i].is;
    for (; end < words->n && (items[end].is & IS_FOUND) && is_near(words, end); end++)
        all |= items[end].is;
    bool person = all & IS_PERSON, family = !person && (items[end - 1].bits & WORD_FAMILY);
    span->kind = person || family ? SCAN_PERSON : SCAN_NAME;
    if (span->kind != SCAN_PERSON && i > 0 && (items[i - 1].bits & WORD_BEFORE_PLACE))
        span->kind = SCAN_PLACE;
    if (end < words->n && is_organisation(&items[end]) && is_near(words, end)) {
        span->kind = SCAN_COMPANY;
        end++;
    }
    span->start = items[i].start;
    span->len = items[end - 1].end - span->start;
    return end;
}

void name_rule_find(const struct name_rule *rule, const struct byte_masks *masks, unsigned what,
                    struct arena *a, struct scan_span **spans, size_t *n_spans)
{
    struct words words = { .text = masks->text };
    struct reader reader;
    size_t room = 0;
    reader.rule = rule;
    reader.masks = masks;
    reader.arena = a;
    reader.words = &words;
    reader.room = 0;
    reader.capital[0] = reader.capital[1] = 0;
    read_words(&reader);
    bool english = is_english(&words);
    *n_spans = 0;
    *spans = NULL;
    if (what & SCAN_PERSONS)
        find_persons(&words, english);
    if ((what & SCAN_NAMES) && english)
        find_names(rule, a, &words);
    if ((what & SCAN_NAMES) && english)
        find_words_before(&words);
    for (size_t i = 0; (i = next_of(words.found, i, words.n)) < words.n;) {
        *spans = arena_room(a, *spans, *n_spans, &room, sizeof **spans);
        i = grow(&words, i, &(*spans)[(*n_spans)++]);
    }
}
