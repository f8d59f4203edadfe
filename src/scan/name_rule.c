// SPDX-License-Identifier: Apache-2.0
#include "scan/name_rule.h"

#include "base/map.h"
#include "base/utf8.h"
#include "scan/word_list.h"

#include <stdlib.h>

enum { COMMON = 1, PUBLIC = 2, GIVEN = 4, FAMILY = 8 };

struct name_rule {
    struct map words; // value: the lists it is in
};

struct word {
    size_t start, end;
    unsigned lists;
    struct str lower;  // without accents and 's
    bool upper;        // begins with a capital
    bool all_upper;    // only capitals
    bool inner_upper;  // a capital behind a small letter
    bool near;         // only a space, a hyphen or an initial's point since the word before
    bool person, name; // what the rules found
};

static void add_list(struct map *words, const char *text, uint64_t list)
{
    struct str rest = str_of(text), word;
    while (str_cut(&rest, '\n', &word)) {
        bool is_new;
        if (!word.len)
            continue;
        size_t i = map_add(words, word, list, &is_new);
        words->entries[i].value |= list;
    }
}

int name_rule_open(struct name_rule **out, struct err *err)
{
    struct name_rule *rule = calloc(1, sizeof *rule);
    if (!rule)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    add_list(&rule->words, words_common(), COMMON);
    add_list(&rule->words, words_public(), PUBLIC);
    add_list(&rule->words, names_given(), GIVEN);
    add_list(&rule->words, names_family(), FAMILY);
    *out = rule;
    return 0;
}

void name_rule_close(struct name_rule *rule)
{
    if (!rule)
        return;
    map_release(&rule->words);
    free(rule);
}

static unsigned lists_of(const struct name_rule *rule, struct str word)
{
    size_t i = map_find(&rule->words, word);
    return i == SIZE_MAX ? 0 : (unsigned)rule->words.entries[i].value;
}

bool name_rule_is_public(const struct name_rule *rule, struct str word)
{
    return (lists_of(rule, word) & (COMMON | PUBLIC)) != 0;
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

// The next word at or after *at; false at the end.
static bool next_word(struct str text, size_t *at, size_t *start, size_t *end)
{
    size_t i = *at;
    while (i < text.len) {
        size_t before = i;
        if (is_word_char(utf8_next(text, &i))) {
            i = before;
            break;
        }
    }
    *start = i;
    *end = i;
    while (i < text.len) {
        uint32_t c = utf8_next(text, &i);
        size_t after = i;
        bool inside = is_apostrophe(c) && after < text.len && is_word_char(utf8_next(text, &after));
        if (!is_word_char(c) && !inside)
            break;
        *end = i;
    }
    *at = *end;
    return *end > *start;
}

// "I\u2019m" as the lists spell it.
static struct str with_plain_apostrophe(struct arena *a, struct str s)
{
    size_t at = str_find(s, STR_LIT("\xe2\x80\x99"), 0);
    if (at == SIZE_MAX)
        return s;
    return arena_printf(a, "%.*s'%.*s", (int)at, s.ptr, STR_ARG(str_from(s, at + 3)));
}

static void describe_word(const struct name_rule *rule, struct arena *a, struct str text,
                          struct word *w)
{
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
    w->lower = with_plain_apostrophe(a, utf8_strip_accents(a, s));
    if (str_ends(w->lower, STR_LIT("'s")))
        w->lower.len -= 2;
    w->lists = lists_of(rule, w->lower);
}

static bool is_near(struct str gap, bool initial)
{
    for (size_t i = 0; i < gap.len; i++)
        if (gap.ptr[i] != ' ' && gap.ptr[i] != '-' && !(initial && gap.ptr[i] == '.'))
            return false;
    return gap.len > 0 && gap.len < 4;
}

static size_t read_words(const struct name_rule *rule, struct arena *a, struct str text,
                         struct word **words)
{
    size_t n = 0, room = 0, at = 0, start, end, last = 0;
    *words = NULL;
    while (next_word(text, &at, &start, &end)) {
        if (n == room) {
            size_t more = room ? 2 * room : 64;
            *words = arena_grow(a, *words, room * sizeof **words, more * sizeof **words);
            room = more;
        }
        struct word *w = &(*words)[n];
        *w = (struct word){ .start = start, .end = end };
        describe_word(rule, a, text, w);
        bool initial = n > 0 && (w[-1].end - w[-1].start == 1 || w[-1].lower.len <= 4);
        w->near = n > 0 && is_near(str_make(text.ptr + last, start - last), initial);
        last = end;
        n++;
    }
    return n;
}

// The rules ----------------------------------------------------------------------------------

static bool is_among(struct str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(word, str_of(list[i])))
            return true;
    return false;
}

static bool is_title(const struct word *w)
{
    static const char *const titles[] = {
        "mr",    "mrs",    "ms",  "miss", "dr",   "prof",     "professor", "herr",  "frau",
        "senor", "senora", "sr",  "sra",  "srta", "monsieur", "madame",    "mme",   "mlle",
        "don",   "dona",   "sir", "lord", "lady", "signor",   "signora",   "mister"
    };
    return is_among(w->lower, titles, COUNT_OF(titles));
}

// Enough words that are English ones; short texts only when all bytes are ASCII.
static bool is_english(const struct word *words, size_t n, struct str text)
{
    size_t n_known = 0, n_letters = 0;
    for (size_t i = 0; i < n; i++) {
        bool digits = words[i].lower.len && words[i].lower.ptr[0] <= '9';
        n_letters += !digits;
        n_known += (words[i].lists & (COMMON | PUBLIC)) != 0;
    }
    if (n_letters <= 4) {
        for (size_t i = 0; i < text.len; i++)
            if ((unsigned char)text.ptr[i] >= 0x80)
                return false;
        return true;
    }
    return n_known * 5 >= n_letters * 2;
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
        unsigned lists = lists_of(rule, str_make(lower.ptr + start, i - start));
        if (!(lists & (COMMON | PUBLIC)) || ((lists & GIVEN) && !(lists & PUBLIC)))
            return false;
        start = i;
    }
    return true;
}

// A given name, or one word more that makes a word one: "May" is a month, "May Kowalczyk" is not.
static bool is_given(const struct word *w, const struct word *next, bool english)
{
    if (!(w->lists & GIVEN))
        return false;
    if (!(w->lists & (COMMON | PUBLIC)))
        return w->upper ? w->lower.len > 2 : english && w->lower.len > 3;
    return w->upper && next && next->upper && (next->lists & FAMILY) &&
           !(next->lists & (COMMON | PUBLIC));
}

// What stands behind a title, or behind "name is".
static bool is_introduced(const struct word *words, size_t i)
{
    const struct word *w = &words[i];
    if (i > 0 && is_title(w - 1) && w->near && w->upper)
        return true;
    return i > 2 && str_equal(w[-1].lower, STR_LIT("is")) &&
           str_equal(w[-2].lower, STR_LIT("name")) && !str_equal(w->lower, STR_LIT("not"));
}

// A family name or an initial behind a person.
static bool belongs_to_person(const struct word *w, bool english)
{
    bool unknown = !(w->lists & (COMMON | PUBLIC)), family = w->lists & FAMILY;
    if (!w[-1].person || !w->near)
        return false;
    return w->upper ? unknown || family || w->end - w->start == 1 : english && family && unknown;
}

static void find_persons(struct word *words, size_t n, bool english)
{
    for (size_t i = 0; i < n; i++) {
        const struct word *next = i + 1 < n && words[i + 1].near ? &words[i + 1] : NULL;
        words[i].person = is_given(&words[i], next, english) || is_introduced(words, i);
    }
    for (size_t i = 1; i < n; i++)
        words[i].person = words[i].person || belongs_to_person(&words[i], english);
}

// A word in no list right before a name: "xandru Quorvath", where a program lowered the first
// letter.
static void find_words_before(struct word *words, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if ((words[i].name || words[i].person) && words[i].near && !words[i - 1].lists &&
            words[i - 1].lower.len > 2 && words[i - 1].lower.ptr[0] > '9')
            words[i - 1].name = true;
}

static void find_names(const struct name_rule *rule, struct str text, struct word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct word *w = &words[i];
        struct str s = str_make(text.ptr + w->start, w->end - w->start);
        bool known = (w->lists & (COMMON | PUBLIC)) != 0;
        if (w->person || known || !(w->upper || w->inner_upper))
            continue;
        if (w->all_upper && s.len <= 5 && !(w->lists & (GIVEN | FAMILY)))
            continue; // SQL, NASA
        if (w->inner_upper && has_public_parts(rule, w->lower, s))
            continue;
        // A plural or another form of a word that is known.
        if (s.len > 4 && str_ends(w->lower, STR_LIT("s")) &&
            (lists_of(rule, str_head(w->lower, w->lower.len - 1)) & (COMMON | PUBLIC)))
            continue;
        w->name = true;
    }
}

static bool is_organisation(const struct word *w)
{
    static const char *const ends[] = { "inc",      "corp",       "corporation",  "llc",
                                        "ltd",      "limited",    "gmbh",         "ag",
                                        "plc",      "company",    "bank",         "university",
                                        "hospital", "clinic",     "school",       "college",
                                        "church",   "institute",  "foundation",   "group",
                                        "holdings", "industries", "technologies", "solutions",
                                        "labs",     "partners",   "associates",   "academy" };
    return w->upper && is_among(w->lower, ends, COUNT_OF(ends));
}

// The span from word i on; returns the index behind it.
static size_t grow(const struct word *words, size_t n, size_t i, struct scan_span *span)
{
    static const char *const places[] = { "in", "near", "at", "from" };
    size_t end = i + 1;
    bool person = words[i].person;
    while (end < n && words[end].near && (words[end].person || words[end].name)) {
        person = person || words[end].person;
        end++;
    }
    bool family = !person && (words[end - 1].lists & FAMILY);
    span->kind = person || family ? SCAN_PERSON : SCAN_NAME;
    if (span->kind != SCAN_PERSON && i > 0 &&
        is_among(words[i - 1].lower, places, COUNT_OF(places)))
        span->kind = SCAN_PLACE;
    if (end < n && words[end].near && is_organisation(&words[end])) {
        span->kind = SCAN_COMPANY;
        end++;
    }
    span->start = words[i].start;
    span->len = words[end - 1].end - span->start;
    return end;
}

void name_rule_find(const struct name_rule *rule, struct str text, unsigned what, struct arena *a,
                    struct scan_span **spans, size_t *n_spans)
{
    struct word *words;
    size_t n = read_words(rule, a, text, &words);
    bool english = is_english(words, n, text);
    *n_spans = 0;
    *spans = arena_array(a, n + 1, sizeof **spans);
    if (what & SCAN_PERSONS)
        find_persons(words, n, english);
    if ((what & SCAN_NAMES) && english)
        find_names(rule, text, words, n);
    if ((what & SCAN_NAMES) && english)
        find_words_before(words, n);
    for (size_t i = 0; i < n;) {
        if (words[i].person || words[i].name)
            i = grow(words, n, i, &(*spans)[(*n_spans)++]);
        else
            i++;
    }
}
