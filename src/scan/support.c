// SPDX-License-Identifier: Apache-2.0
#include "scan/support.h"

#include "base/utf8.h"
#include "scan/public_list.h"

void support_release(struct support *support)
{
    map_release(&support->words);
}

void support_clear(struct support *support)
{
    map_clear(&support->words);
}

// The next run of letters, marks and digits of `text` at or after *at; false at the end.
static bool next_word(struct str text, size_t *at, struct str *word)
{
    size_t start = SIZE_MAX;
    while (*at < text.len) {
        size_t before = *at;
        enum utf8_class class = utf8_class(utf8_next(text, at));
        bool inside = class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
        if (inside && start == SIZE_MAX)
            start = before;
        if (!inside && start != SIZE_MAX) {
            *word = str_make(text.ptr + start, before - start);
            return true;
        }
    }
    if (start == SIZE_MAX)
        return false;
    *word = str_from(text, start);
    return true;
}

void support_add(struct support *support, struct str phrase, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct str lower = utf8_lower(scratch, phrase), word;
    size_t at = 0;
    while (next_word(lower, &at, &word))
        map_add(&support->words, word, 0, NULL);
    arena_rewind(scratch, start);
}

static bool is_number(struct str word, int max_digits)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.ptr[i] < '0' || word.ptr[i] > '9')
            return false;
    return word.len <= (size_t)max_digits;
}

static bool is_suffix(struct str s)
{
    static const char *const list[] = { "",   "s",   "es", "e",   "ed",  "d", "ing",
                                        "er", "ers", "y",  "ies", "ied", "i" };
    for (size_t i = 0; i < COUNT_OF(list); i++)
        if (str_equal(s, str_of(list[i])))
            return true;
    return false;
}

// English inflections: "plan" and "planning", "story" and "stories", "create" and "creating".
static bool is_inflection(struct str a, struct str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    if (n < 3)
        return false;
    struct str x = str_from(a, n), y = str_from(b, n);
    if (is_suffix(x) && is_suffix(y))
        return true;
    // A doubled last letter: "plan" + "n" + "ing".
    struct str *longer = x.len > y.len ? &x : &y, *shorter = x.len > y.len ? &y : &x;
    return shorter->len == 0 && longer->len > 1 && longer->ptr[0] == a.ptr[n - 1] &&
           is_suffix(str_from(*longer, 1));
}

static bool is_supported(const struct support *support, struct str word)
{
    if (map_find(&support->words, word) != SIZE_MAX || public_list_has_word(word))
        return true;
    for (size_t i = 0; i < support->words.n; i++)
        if (is_inflection(support->words.entries[i].key, word))
            return true;
    return false;
}

size_t support_missing(const struct support *support, struct str text, int max_digits,
                       struct arena *a, struct str *words, size_t most)
{
    struct str lower = utf8_lower(a, text), word;
    size_t at = 0, n = 0;
    while (n < most && next_word(lower, &at, &word))
        if (!is_number(word, max_digits) && !is_supported(support, word))
            words[n++] = word;
    return n;
}

bool support_holds(const struct support *support, struct str text, int max_digits,
                   struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct str word;
    bool holds = support_missing(support, text, max_digits, scratch, &word, 1) == 0;
    arena_rewind(scratch, start);
    return holds;
}
