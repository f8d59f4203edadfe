// SPDX-License-Identifier: Apache-2.0
#include "scan/name_rule.h"

#include "base/bits.h"
#include "scan/public_list.h"
#include "scan/text_words.h"

#include <stdlib.h>

struct name_rule {
    struct word_table *table;
};

// What the rules found in a text: a bit a word, 64 to a number.
struct names {
    struct text_words words;
    uint64_t *found;
    uint64_t *person; // of these
};

int name_rule_open(struct name_rule **out, struct err *err)
{
    struct name_rule *rule = calloc(1, sizeof *rule);
    if (!rule)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = word_table_open(&rule->table, err);
    if (rc) {
        free(rule);
        return rc;
    }
    *out = rule;
    return 0;
}

void name_rule_close(struct name_rule *rule)
{
    if (!rule)
        return;
    word_table_close(rule->table);
    free(rule);
}

bool name_rule_is_public(const struct name_rule *rule, struct str word)
{
    return (word_table_find(rule->table, word) & WORD_KNOWN) != 0;
}

static bool is_function_word(struct str word)
{
    return public_list_has_word(word) && !str_equal(word, STR_LIT("may"));
}

bool name_rule_may_name(const struct name_rule *rule, struct str given, struct str family)
{
    return (word_table_find(rule->table, given) & WORD_GIVEN) &&
           (word_table_find(rule->table, family) & WORD_FAMILY) && !is_function_word(given) &&
           !is_function_word(family);
}

// The first word of a set at or behind i; n where there is none.
static size_t next_of(const uint64_t *set, size_t i, size_t n)
{
    if (i >= n)
        return n;
    uint64_t here = set[i / 64] >> i % 64;
    if (here)
        return i + (size_t)__builtin_ctzll(here);
    for (i = (i / 64 + 1) * 64; i < n; i += 64)
        if (set[i / 64])
            return i + (size_t)__builtin_ctzll(set[i / 64]);
    return n;
}

static unsigned bits_of(const struct names *names, size_t i)
{
    return text_words_bits(&names->words, i);
}

static bool is_upper(const struct names *names, size_t i)
{
    return text_words_is_upper(&names->words, i);
}

// Whether only a space, a hyphen or an initial's point is between word i and the one before.
static bool is_near(const struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    size_t start = words->ends[i - 1], end = words->starts[i];
    if (end - start >= 4)
        return false;
    for (size_t at = start; at < end; at++) {
        char c = words->text.ptr[at];
        bool initial = c == '.' && text_words_lower_len(words, i - 1) <= 4;
        if (c != ' ' && c != '-' && !initial)
            return false;
    }
    return true;
}

// Persons ------------------------------------------------------------------------------------

// A given name, or one word more that makes a word one: "May" is a month, "May Kowalczyk" is not.
static bool is_given(const struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    unsigned bits = bits_of(names, i);
    bool upper = is_upper(names, i);
    if (!(bits & WORD_GIVEN))
        return false;
    if (!(bits & WORD_KNOWN))
        return upper ? text_words_lower_len(words, i) > 2
                     : words->english && text_words_lower_len(words, i) > 3;
    return upper && i + 1 < words->n && is_upper(names, i + 1) && is_near(names, i + 1) &&
           (bits_of(names, i + 1) & (WORD_FAMILY | WORD_KNOWN)) == WORD_FAMILY;
}

// A family name or an initial behind a person.
static bool belongs_to_person(const struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    if (!is_near(names, i))
        return false;
    unsigned bits = bits_of(names, i);
    bool unknown = !(bits & WORD_KNOWN), family = bits & WORD_FAMILY;
    return is_upper(names, i) ? unknown || family || text_words_str(words, i).len == 1
                              : words->english && family && unknown;
}

// With what belongs to it, unless that was done.
static void add_person(struct names *names, size_t i)
{
    for (bool more = true; more && !bits_have(names->person, i); i++) {
        bits_add(names->person, i);
        bits_add(names->found, i);
        more = i + 1 < names->words.n && belongs_to_person(names, i + 1);
    }
}

static void find_persons(struct names *names)
{
    const struct text_words *words = &names->words;
    for (size_t k = 0; k < words->n_telling; k++) {
        size_t i = words->telling[k];
        unsigned bits = bits_of(names, i);
        if (is_given(names, i))
            add_person(names, i);
        // What stands behind a title, or behind "name is".
        if ((bits & WORD_TITLE) && i + 1 < words->n && is_upper(names, i + 1) &&
            is_near(names, i + 1))
            add_person(names, i + 1);
        if ((bits & WORD_NAME) && i > 0 && i + 2 < words->n && (bits_of(names, i + 1) & WORD_IS) &&
            !(bits_of(names, i + 2) & WORD_NOT))
            add_person(names, i + 2);
    }
}

// Names --------------------------------------------------------------------------------------

// "JavaScript" and "FastAPI" are made of public parts, "JohnSmith" is not. No part with a byte past
// ASCII is in a list.
static bool has_public_parts(const struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    const char *p = words->text.ptr;
    size_t start = words->starts[i], end = words->ends[i];
    if (text_words_lower_len(words, i) != end - start)
        return false;
    for (size_t at = start + 1; at <= end; at++) {
        bool capital = at < end && p[at] >= 'A' && p[at] <= 'Z';
        bool after_small = p[at - 1] >= 'a' && p[at - 1] <= 'z';
        if (at < end && !(capital && after_small))
            continue;
        struct word_place part = { (uint32_t)start, (uint32_t)(at - start) };
        unsigned bits = word_table_find_at(words->table, words->text, part);
        if (!(bits & WORD_KNOWN) || ((bits & WORD_GIVEN) && !(bits & WORD_PUBLIC)))
            return false;
        start = at;
    }
    return true;
}

// A plural or another form of a word that is known.
static bool is_known_form(const struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    struct str s = text_words_str(words, i);
    unsigned char last = (unsigned char)s.ptr[s.len - 1];
    if (s.len <= 4 || (last < 0x80 && (last | 0x20) != 's'))
        return false;
    if (text_words_is_ascii(words, i)) {
        struct word_place place = text_words_place(words, i);
        place.len--;
        return (words->text.ptr[place.start + place.len] | 0x20) == 's' &&
               (word_table_find_at(words->table, words->text, place) & WORD_KNOWN);
    }
    struct arena_mark mark = arena_save(words->arena);
    struct str lower = text_words_lower(words, i, words->arena);
    bool known = str_ends(lower, STR_LIT("s")) &&
                 (word_table_find(words->table, str_head(lower, lower.len - 1)) & WORD_KNOWN);
    arena_rewind(words->arena, mark);
    return known;
}

static bool has_small(struct str s)
{
    bool has = false;
    for (size_t i = 0; i < s.len; i++)
        has = has || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z');
    return has;
}

// Whether a word that is not known is a name: of those with a capital.
static bool is_name(const struct names *names, size_t i)
{
    struct str s = text_words_str(&names->words, i);
    bool upper = is_upper(names, i), inner = text_words_has_inner(&names->words, i);
    bool listed = bits_of(names, i) & (WORD_GIVEN | WORD_FAMILY);
    if (!upper && !inner)
        return false;
    if (upper && s.len <= 5 && !listed && !has_small(s))
        return false; // SQL, NASA
    return !(inner && has_public_parts(names, i)) && !is_known_form(names, i);
}

// Words in no list right before a name: "xandru Quorvath", where a program lowered the first
// letter.
static void add_words_before(struct names *names, size_t i)
{
    const struct text_words *words = &names->words;
    for (; i > 0 && !bits_have(names->found, i - 1) && is_near(names, i); i--) {
        if (text_words_lower_len(words, i - 1) <= 2 || !text_words_is_letters(words, i - 1) ||
            text_words_is_common(words, i - 1) || (bits_of(names, i - 1) & WORD_LISTS))
            return;
        bits_add(names->found, i - 1);
    }
}

static void find_names(struct names *names)
{
    const struct text_words *words = &names->words;
    for (size_t k = 0; k < words->n_telling; k++) {
        size_t i = words->telling[k];
        if (!(bits_of(names, i) & WORD_KNOWN) && !bits_have(names->person, i) && is_name(names, i))
            bits_add(names->found, i);
    }
    for (size_t i = 0; (i = next_of(names->found, i, words->n)) < words->n; i++)
        add_words_before(names, i);
}

// Spans --------------------------------------------------------------------------------------

// "in", "near", with accents, too; most others are told by their length.
static bool is_before_place(const struct names *names, size_t i)
{
    size_t len = text_words_lower_len(&names->words, i);
    return (len == 2 || len == 4) && (bits_of(names, i) & WORD_BEFORE_PLACE);
}

static bool is_organisation(const struct names *names, size_t i)
{
    return is_upper(names, i) && (bits_of(names, i) & WORD_ORGANISATION);
}

// The span from word i on; returns the index behind it.
static size_t grow(const struct names *names, size_t i, struct scan_span *span)
{
    const struct text_words *words = &names->words;
    size_t end = i + 1;
    bool person = bits_have(names->person, i);
    for (; end < words->n && bits_have(names->found, end) && is_near(names, end); end++)
        person = person || bits_have(names->person, end);
    span->kind = person || (bits_of(names, end - 1) & WORD_FAMILY) ? SCAN_PERSON : SCAN_NAME;
    if (span->kind != SCAN_PERSON && i > 0 && is_before_place(names, i - 1))
        span->kind = SCAN_PLACE;
    if (end < words->n && is_near(names, end) && is_organisation(names, end)) {
        span->kind = SCAN_COMPANY;
        end++;
    }
    span->start = words->starts[i];
    span->len = words->ends[end - 1] - span->start;
    return end;
}

void name_rule_find(const struct name_rule *rule, const struct byte_masks *masks, unsigned what,
                    struct arena *a, struct scan_span **spans, size_t *n_spans)
{
    struct names names;
    size_t room = 0;
    text_words_read(&names.words, rule->table, masks, a);
    size_t n = names.words.n, n_sets = n / 64 + 1;
    names.found = arena_zero_array(a, n_sets, sizeof *names.found);
    names.person = arena_zero_array(a, n_sets, sizeof *names.person);
    *n_spans = 0;
    *spans = NULL;
    if (what & SCAN_PERSONS)
        find_persons(&names);
    if ((what & SCAN_NAMES) && names.words.english)
        find_names(&names);
    for (size_t i = 0; (i = next_of(names.found, i, n)) < n;) {
        *spans = arena_room(a, *spans, *n_spans, &room, sizeof **spans);
        i = grow(&names, i, &(*spans)[(*n_spans)++]);
    }
}
