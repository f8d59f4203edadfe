// SPDX-License-Identifier: Apache-2.0
#include "scan/support.h"

#include "base/utf8.h"
#include "scan/public_list.h"

#define BULLET " \xC2\xB7 " // U+00B7

void support_release(struct support *support)
{
    map_release(&support->stems);
    map_release(&support->phrases);
    map_release(&support->forms);
    map_release(&support->shown);
    map_release(&support->spellings);
}

void support_clear(struct support *support)
{
    map_clear(&support->stems);
    map_clear(&support->phrases);
    map_clear(&support->forms);
    map_clear(&support->shown);
    map_clear(&support->spellings);
    support->numbers = (struct support_numbers){ 0 };
}

// Words ----------------------------------------------------------------------------------------

static bool cut_tail(struct str *s, const char *tail, size_t least)
{
    struct str t = str_of(tail);
    if (!str_ends(*s, t) || s->len < t.len + least)
        return false;
    s->len -= t.len;
    return true;
}

static bool is_doubled(struct str s)
{
    char last = s.len > 2 ? s.ptr[s.len - 1] : 'e';
    return last == s.ptr[s.len - 2] && !strchr("aeiouls", last);
}

// Brings English inflections together: plural, -ing, -ed; the same for "plan" and "planning",
// "story" and "stories", "movie" and "movies", "create" and "creating". Only ever cuts: buffer
// holds the lower-case word.
static struct str cut_inflection(char *buffer, size_t len)
{
    struct str s = str_make(buffer, len);
    if (len > 4 && (str_ends(s, STR_LIT("ies")) || str_ends(s, STR_LIT("ied")))) {
        buffer[len - 3] = 'y';
        return str_head(s, len - 2);
    }
    if (len > 4 && str_ends(s, STR_LIT("ie"))) { // as its plural
        buffer[len - 2] = 'y';
        return str_head(s, len - 1);
    }
    if (cut_tail(&s, "ing", 3) || cut_tail(&s, "ed", 3)) {
        s.len -= is_doubled(s);
    } else if (!str_ends(s, STR_LIT("ss")) && !str_ends(s, STR_LIT("us")) &&
               !str_ends(s, STR_LIT("is"))) {
        if (cut_tail(&s, "ses", 3) || cut_tail(&s, "xes", 3) || cut_tail(&s, "ches", 3) ||
            cut_tail(&s, "shes", 3))
            s.len = len - 2;
        else
            cut_tail(&s, "s", 3);
    }
    cut_tail(&s, "e", 3);
    return s;
}

static bool is_inside(struct str text, size_t at, uint32_t c)
{
    if (c == '+' || c == '#') // "c++", "c#": behind a letter or another of them
        return at > 0 && ((text.ptr[at - 1] | 0x20) >= 'a' || text.ptr[at - 1] == '+') &&
               (unsigned char)text.ptr[at - 1] < 0x80 && text.ptr[at - 1] != '-';
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

bool support_next(struct str text, size_t *at, struct support_word *word)
{
    size_t len = 0;
    bool fits = true;
    word->start = word->end = text.len;
    word->capitals = false;
    while (*at < text.len) {
        size_t before = *at;
        uint32_t c = utf8_next(text, at);
        if (!is_inside(text, before, c)) {
            if (word->start < text.len)
                break;
            continue;
        }
        if (word->start == text.len)
            word->start = before;
        word->end = *at;
        uint32_t lower = utf8_lower_char(c);
        word->capitals |= lower != c;
        fits = fits && len + 4 <= sizeof word->buffer;
        if (fits)
            len += utf8_put(lower, word->buffer + len);
    }
    word->stem = fits ? cut_inflection(word->buffer, len) : str_make(word->buffer, 0);
    return word->start < text.len;
}

struct str support_lower(struct str s, char buffer[SUPPORT_WORD_BYTES])
{
    size_t n = 0;
    for (size_t at = 0; at < s.len && n + 4 <= SUPPORT_WORD_BYTES;)
        n += utf8_put(utf8_lower_char(utf8_next(s, &at)), buffer + n);
    return str_make(buffer, n);
}

static struct str shown(struct str text, const struct support_word *word)
{
    return str_make(text.ptr + word->start, word->end - word->start);
}

// What is supported ------------------------------------------------------------------------------

void support_add_word(struct support *support, struct str stem, struct str spelling)
{
    map_add(&support->stems, stem, 0, NULL);
    if (spelling.len)
        map_add(&support->spellings, spelling, 0, NULL);
}

void support_add_form(struct support *support, struct str form)
{
    struct support_word word;
    char buffer[SUPPORT_WORD_BYTES];
    for (size_t at = 0; support_next(form, &at, &word);) {
        struct str s = shown(form, &word);
        if (!word.stem.len)
            continue;
        size_t stem = map_add(&support->stems, word.stem, 0, NULL);
        size_t place = map_add(&support->shown, s, 0, NULL);
        size_t i = map_add(&support->forms, support_lower(s, buffer), place, NULL);
        if (!support->stems.entries[stem].value)
            support->stems.entries[stem].value = i + 1;
        if (word.capitals)
            map_add(&support->spellings, s, 0, NULL);
    }
}

// "SQL", "iPhone": what no sentence gives a capital to.
static bool has_inner_capital(struct str s)
{
    size_t at = 0;
    if (s.len)
        utf8_next(s, &at);
    return support_has_capital(str_from(s, at));
}

void support_add(struct support *support, struct str phrase)
{
    struct support_word word;
    struct arena a = { 0 };
    size_t place = map_add(&support->shown, phrase, 0, NULL);
    map_add(&support->phrases, utf8_lower(&a, phrase), place, NULL);
    arena_release(&a);
    for (size_t at = 0; support_next(phrase, &at, &word);) {
        struct str s = shown(phrase, &word);
        if (!word.stem.len)
            continue;
        support_add_word(support, word.stem, word.capitals ? s : str_make(NULL, 0));
        if (has_inner_capital(s)) // a subject of the public list begins with a capital anyway
            support_add_form(support, s);
    }
}

// Of the closed list, as it stands or by its stem.
static bool is_public(const struct support_word *word, struct str lower)
{
    return public_list_has_word(word->stem) || public_list_has_word(lower);
}

// The text ------------------------------------------------------------------------------------

struct judged {
    const struct support *support;
    struct str text;
    enum support_kind kind;
    int n_percent, n_accounts;
};

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

// 1, 2 or 5 and noughts.
static bool is_round(struct str s)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.ptr[i] != '0')
            return false;
    return strchr("125", s.ptr[0]) != NULL && s.len <= 9;
}

static bool is_share_at(const struct judged *j, size_t at)
{
    struct str share = j->support->numbers.share, rest = str_from(j->text, at);
    return share.len && str_starts(rest, share) &&
           str_starts(str_from(rest, share.len), STR_LIT(" %")) && at > 0 &&
           j->text.ptr[at - 1] == ' ';
}

// The cluster's own share, once: "34", or the "3" and then the "4" of "3.4".
static bool is_own_share(struct judged *j, const struct support_word *word)
{
    size_t len = j->support->numbers.share.len;
    if (is_share_at(j, word->start))
        return ++j->n_percent == 1;
    return word->end >= len && is_share_at(j, word->end - len) && j->n_percent == 1;
}

static bool is_from_to(struct str number, int64_t least, int64_t most)
{
    int64_t n;
    return number.ptr[0] != '0' && str_to_i64(number, &n) && n >= least && n <= most;
}

// Numbers that our templates write: "(2)" at the end of a title; "3.4 %" and "200 accounts".
static bool is_template_number(struct judged *j, const struct support_word *word)
{
    const struct support_numbers *own = &j->support->numbers;
    struct str number = shown(j->text, word), rest = str_from(j->text, word->end);
    if (j->kind == SUPPORT_TITLE)
        return is_from_to(number, 2, own->most_title) && str_equal(rest, STR_LIT(")")) &&
               word->start > 1 && j->text.ptr[word->start - 1] == '(';
    if (str_starts(rest, STR_LIT(" account")) && is_round(number))
        return is_from_to(number, 1, own->most_accounts) && ++j->n_accounts == 1;
    return is_own_share(j, word);
}

static bool is_among(struct str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(s, str_of(list[i])))
            return true;
    return false;
}

// Spaces and punctuation between two words: one ordinary separator, so that nothing can be written
// in them.
static bool is_plain_gap(struct str gap)
{
    static const char *const gaps[] = {
        " ",
        ", ",
        ". ",
        "; ",
        ": ",
        "-",
        "/",
        " (",
        ") ",
        "), ",
        ".",
        "? ",
        "). ",
        BULLET,
        " - ",
        "'",
        " & ",
        "\xE2\x80\x99",
        "! ",
        " % ",
        // the same marks of other scripts, the Catalan l·l and the Afrikaans 'n
        "։ ",
        "। ",
        "。",
        "、",
        "，",
        "：",
        "، ",
        "·",
        " '",
        ": '",
    };
    return is_among(gap, gaps, COUNT_OF(gaps));
}

static bool is_plain_end(struct str end)
{
    static const char *const ends[] = { "",    ".", ")", ").", "?", "!", " %",
                                        " %.", "։", "।", "。", "؟", "？" };
    return is_among(end, ends, COUNT_OF(ends));
}

bool support_has_plain_gaps(struct str text)
{
    struct support_word word;
    size_t before = 0, n = 0;
    for (size_t at = 0; support_next(text, &at, &word); before = word.end, n++) {
        struct str gap = str_make(text.ptr + before, word.start - before);
        if (n ? !is_plain_gap(gap) : gap.len > 0)
            return false;
    }
    return is_plain_end(str_from(text, before));
}

bool support_begins_sentence(struct str gap, bool first)
{
    return first || str_starts(gap, STR_LIT(". ")) || str_starts(gap, STR_LIT("? ")) ||
           str_starts(gap, STR_LIT("! ")) || str_starts(gap, STR_LIT("։ ")) ||
           str_ends(gap, STR_LIT("). "));
}

// Capitals as enough accounts write them, a name of a language, or the first letter of a sentence.
static bool has_known_capitals(const struct judged *j, const struct support_word *word,
                               struct str lower, bool first)
{
    struct str s = shown(j->text, word);
    if (!word->capitals || map_find(&j->support->spellings, s) != SIZE_MAX)
        return true;
    char buffer[2 * SUPPORT_WORD_BYTES + 4];
    if (str_equal(s, support_form(j->support, lower, word->stem, first, buffer)))
        return true;
    size_t at = 0, at_lower = 0;
    utf8_next(s, &at);
    utf8_next(lower, &at_lower);
    bool only_first = str_equal(str_from(s, at), str_from(lower, at_lower));
    if (only_first && first)
        return true;
    if (only_first && (public_list_has_language(lower) || public_list_has_noun(lower)))
        return true;
    // "Requests" behind a bullet, and a phrase's spelling with its first letter made large.
    struct map const *known = &j->support->spellings;
    for (size_t i = 0; first && i < known->n; i++) {
        size_t skip = 0;
        utf8_next(known->entries[i].key, &skip);
        if (str_equal(str_from(known->entries[i].key, skip), str_from(s, at)))
            return true;
    }
    return false;
}

static struct str lower_of(struct str text, const struct support_word *word,
                           char buffer[2 * SUPPORT_WORD_BYTES])
{
    size_t len = 0;
    for (size_t at = word->start; at < word->end && len + 4 < 2 * SUPPORT_WORD_BYTES;)
        len += utf8_put(utf8_lower_char(utf8_next(text, &at)), buffer + len);
    return str_make(buffer, len);
}

static bool is_supported(struct judged *j, const struct support_word *word, struct str lower)
{
    if (is_number(shown(j->text, word)) && is_template_number(j, word))
        return true;
    return word->stem.len &&
           (map_find(&j->support->stems, word->stem) != SIZE_MAX || is_public(word, lower));
}

static const char *word_fault(struct judged *j, const struct support_word *word, bool first)
{
    char buffer[2 * SUPPORT_WORD_BYTES];
    struct str lower = lower_of(j->text, word, buffer);
    if (!is_supported(j, word, lower))
        return "word of too few accounts";
    return has_known_capitals(j, word, lower, first) ? NULL : "unusual capitals";
}

const char *support_fault(const struct support *support, struct str text, enum support_kind kind)
{
    struct judged j = { support, text, kind, 0, 0 };
    struct support_word word;
    size_t before = 0, n = 0;
    const char *fault = NULL;
    for (size_t at = 0; !fault && support_next(text, &at, &word); n++) {
        struct str gap = str_make(text.ptr + before, word.start - before);
        fault = n ? (is_plain_gap(gap) ? NULL : "unusual punctuation")
                  : (gap.len ? "unusual punctuation" : NULL);
        if (!fault)
            fault = word_fault(&j, &word, support_begins_sentence(gap, n == 0));
        before = word.end;
    }
    if (!fault && !is_plain_end(str_from(text, before)))
        fault = "unusual punctuation";
    return fault;
}

size_t support_missing(const struct support *support, struct str text, enum support_kind kind,
                       struct arena *a, struct str *words, size_t most)
{
    struct judged j = { support, text, kind, 0, 0 };
    struct support_word word;
    char buffer[2 * SUPPORT_WORD_BYTES];
    size_t n = 0;
    for (size_t at = 0; n < most && support_next(text, &at, &word);) {
        struct str lower = lower_of(text, &word, buffer);
        if (!is_supported(&j, &word, lower))
            words[n++] = arena_str(a, lower);
    }
    return n;
}

struct str support_respell(const struct support *support, struct str text, struct arena *a)
{
    struct judged j = { support, text, SUPPORT_TITLE, 0, 0 };
    struct support_word word;
    char *out = arena_alloc(a, 3 * text.len + 1), buffer[2 * SUPPORT_WORD_BYTES];
    size_t before = 0, n = 0, len = 0;
    for (size_t at = 0; support_next(text, &at, &word); n++) {
        struct str gap = str_make(text.ptr + before, word.start - before);
        struct str s = shown(text, &word), lower = lower_of(text, &word, buffer);
        bool first = support_begins_sentence(gap, n == 0);
        memcpy(out + len, gap.ptr, gap.len);
        len += gap.len;
        before = word.end;
        bool noun = public_list_has_noun(lower);
        if (!noun && (!word.stem.len || has_known_capitals(&j, &word, lower, first))) {
            memcpy(out + len, s.ptr, s.len);
            len += s.len;
            continue;
        }
        for (size_t i = 0; i < lower.len;) {
            bool large = (first || noun) && i == 0;
            uint32_t c = utf8_next(lower, &i);
            len += utf8_put(large ? utf8_upper_char(c) : c, out + len);
        }
    }
    memcpy(out + len, text.ptr + before, text.len - before);
    return str_make(out, len + text.len - before);
}
