// SPDX-License-Identifier: Apache-2.0
#include "ask/name_check.h"

#include "ask/prompt.h"
#include "base/utf8.h"
#include "scan/language_guess.h"
#include "scan/name_pair.h"

#define MOST_MISSING 12
#define LEAST_JUDGED ((size_t)60) // bytes of a summary whose language is judged

const char *name_fault_code(enum name_fault fault)
{
    static const char *const codes[] = { "", "form", "words", "private", "same", "language" };
    return codes[fault];
}

static bool is_plain(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (utf8_class(c) == UTF8_CONTROL || c == 0xFFFD ||
            (c < 128 && strchr("<>{}[]`\\|*_", (int)c)))
            return false;
    }
    return utf8_is_valid(text, NULL);
}

static size_t count_words(struct str text)
{
    size_t n = 0;
    bool inside = false;
    for (size_t at = 0; at < text.len;) {
        enum utf8_class class = utf8_class(utf8_next(text, &at));
        bool word = class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
        n += word && !inside;
        inside = word || (inside && class != UTF8_SPACE);
    }
    return n;
}

// Ends of sentences: a full stop, question or exclamation mark before a space or the end, and those
// of other scripts anywhere.
static size_t count_sentences(struct str text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        bool latin = c == '.' || c == '?' || c == '!';
        n += utf8_is_stop(c) || (latin && (at == text.len || text.ptr[at] == ' '));
    }
    return n;
}

// Han, kana, Thai, Lao, Burmese and Khmer have no spaces between words, and Thai has no stop
// either.
static bool has_spaces(struct str text)
{
    size_t n = 0, n_without = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (utf8_class(c) != UTF8_LETTER)
            continue;
        n++;
        n_without += (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) ||
                     (c >= 0x1780 && c <= 0x17FF) || (c >= 0x3040 && c <= 0x30FF) ||
                     (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
                     (c >= 0x20000 && c <= 0x323AF);
    }
    return 2 * n_without < n;
}

static struct str without_quotes(struct str s)
{
    static const char *const pairs[] = { "\"", "'", "\xE2\x80\x9C", "\xE2\x80\x9D" };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct str mark = str_of(pairs[i]);
        if (str_starts(s, mark))
            s = str_from(s, mark.len);
        if (str_ends(s, mark))
            s.len -= mark.len;
    }
    return str_trim(s);
}

struct str name_line(struct str line)
{
    struct str none = { 0 };
    line = without_quotes(str_trim(line));
    while (line.len && line.ptr[line.len - 1] == '.')
        line.len--;
    size_t n = count_words(line);
    bool fits = n && n <= NAME_TITLE_WORDS && utf8_count(line) <= NAME_TITLE_CHARACTERS;
    return fits && is_plain(line) ? line : none;
}

static struct str check_form(const struct name *name)
{
    if (!name->title.ptr || !name->summary.ptr)
        return STR_LIT("give <summary>…</summary> and then <title>…</title>.");
    if (!name_line(name->title).ptr)
        return STR_LIT("the title is one line of one to ten plain words.");
    bool spaced = has_spaces(name->summary);
    if (!is_plain(name->summary) || utf8_count(name->summary) > NAME_SUMMARY_CHARACTERS ||
        (spaced && count_words(name->summary) < 4))
        return STR_LIT("the summary is plain text of at most 600 characters.");
    size_t n = count_sentences(name->summary);
    return (n || !spaced) && n <= 2 ? STR_LIT("") : STR_LIT("the summary has two sentences.");
}

static struct str check_words(const struct name *name, const struct support *support,
                              struct arena *a)
{
    struct str missing[MOST_MISSING], list = STR_LIT("");
    size_t n = support_missing(support, name->title, SUPPORT_TITLE, a, missing, MOST_MISSING);
    n += support_missing(support, name->summary, SUPPORT_SUMMARY, a, missing + n, MOST_MISSING - n);
    if (!n)
        return list;
    for (size_t i = 0; i < n; i++)
        list = arena_printf(a, "%.*s%s%.*s", STR_ARG(list), i ? ", " : "", STR_ARG(missing[i]));
    return arena_printf(a, "these words are not in the list of words that may be used: %.*s.",
                        STR_ARG(list));
}

// Two words that everybody may use and that are somebody's name together; the auditor looks again.
static bool has_name_pair(const struct name *name, const struct name_gate *gate, struct arena *a)
{
    return name_pair_in(gate->scanner, gate->support, name->title, a) ||
           name_pair_in(gate->scanner, gate->support, name->summary, a) ||
           name_pair_between(gate->scanner, gate->support, name->title, name->summary, a);
}

static bool is_private(const struct name *name, struct scanner *scanner, struct arena *a)
{
    struct scan_span *spans;
    struct err ignored = { 0 };
    size_t n = 0, m = 0;
    return scan_find(scanner, name->title, SCAN_SHOWN, a, &spans, &n, &ignored) ||
           scan_find(scanner, name->summary, SCAN_SHOWN, a, &spans, &m, &ignored) || n || m;
}

// A summary that CLD2 takes for another language; it is not sure of short ones.
static bool is_other_language(struct str summary, const char *language)
{
    if (summary.len < LEAST_JUDGED)
        return false;
    const char *guess = language_guess(summary.ptr, summary.len);
    return strcmp(guess, language) != 0 && strcmp(guess, "Unknown") != 0;
}

struct str name_read(struct str reply, const struct name_gate *gate, struct str own,
                     struct arena *a, struct name *name, enum name_fault *fault)
{
    *name = (struct name){ prompt_answer(reply, "title"), prompt_answer(reply, "summary") };
    *fault = NAME_FORM;
    struct str complaint = check_form(name);
    if (complaint.len)
        return complaint;
    name->title = name_line(name->title);
    *fault = NAME_LANGUAGE;
    if (is_other_language(name->summary, gate->language))
        return arena_printf(a, "write title and summary in %s.", gate->language);
    *fault = NAME_WORDS;
    complaint = check_words(name, gate->support, a);
    if (complaint.len)
        return complaint;
    *fault = NAME_PRIVATE;
    if (is_private(name, gate->scanner, a))
        return STR_LIT("it holds a name, a number or a contact; leave it out.");
    if (has_name_pair(name, gate, a))
        return STR_LIT("two words one after the other could be a person's name; use others.");
    *fault = NAME_SAME;
    struct str lower = utf8_lower(a, name->title);
    if (!str_equal(lower, utf8_lower(a, own)) && map_find(gate->taken, lower) != SIZE_MAX)
        return STR_LIT("another group has this very title; say what sets this one apart.");
    *fault = NAME_GOOD;
    return STR_LIT("");
}
