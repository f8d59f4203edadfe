// SPDX-License-Identifier: Apache-2.0
#include "scan/name_pair.h"

#include "base/utf8.h"

// The next word of more than one letter, as the lists have it: small letters without accents.
static bool next_word(struct str text, size_t *at, struct arena *scratch, struct str *out)
{
    struct support_word word;
    while (support_next(text, at, &word)) {
        struct str own = str_make(text.ptr + word.start, word.end - word.start);
        if (utf8_count(own) < 2)
            continue;
        *out = utf8_strip_accents(scratch, own);
        return true;
    }
    return false;
}

// Whether a phrase has one right before the other.
static bool has_pair(struct str phrase, struct str first, struct str second, struct arena *scratch)
{
    struct str before = { 0 }, word;
    for (size_t at = 0; next_word(phrase, &at, scratch, &word); before = word)
        if (str_equal(before, first) && str_equal(word, second))
            return true;
    return false;
}

static bool is_released(const struct support *support, struct str first, struct str second,
                        struct arena *scratch)
{
    for (size_t i = 0; support && i < support->phrases.n; i++)
        if (has_pair(support->phrases.entries[i].key, first, second, scratch))
            return true;
    return false;
}

static bool is_name(const struct scanner *scanner, const struct support *support, struct str first,
                    struct str second, struct arena *scratch)
{
    return first.len && second.len && scan_may_name(scanner, first, second) &&
           !is_released(support, first, second, scratch);
}

bool name_pair_in(const struct scanner *scanner, const struct support *support, struct str text,
                  struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct str before = { 0 }, word;
    bool found = false;
    for (size_t at = 0; !found && next_word(text, &at, scratch, &word); before = word)
        found = is_name(scanner, support, before, word, scratch);
    arena_rewind(scratch, start);
    return found;
}

bool name_pair_between(const struct scanner *scanner, const struct support *support,
                       struct str before, struct str behind, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct str last = { 0 }, first = { 0 };
    for (size_t at = 0; next_word(before, &at, scratch, &last);)
        continue;
    size_t at = 0;
    bool found =
        next_word(behind, &at, scratch, &first) && is_name(scanner, support, last, first, scratch);
    arena_rewind(scratch, start);
    return found;
}
