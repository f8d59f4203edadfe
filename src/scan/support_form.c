// SPDX-License-Identifier: Apache-2.0
// The one form of every word of a text that a model wrote. The text in lower case decides all.
#include "base/utf8.h"
#include "scan/public_list.h"
#include "scan/support.h"

#define BULLET " \xC2\xB7 " // U+00B7

// Words that are no language nearly everywhere, although one has the name.
static bool is_word_too(struct str lower)
{
    static const char *const words[] = { "polish", "unknown", "pig", "ga", "ewe" };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_equal(lower, str_of(words[i])))
            return true;
    return false;
}

bool support_has_capital(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);
        if (utf8_lower_char(c) != c)
            return true;
    }
    return false;
}

static struct str copy_form(struct str s, bool large, char *buffer)
{
    size_t at = 0, n = 0;
    if (large && s.len)
        n = utf8_put(utf8_upper_char(utf8_next(s, &at)), buffer);
    memcpy(buffer + n, s.ptr + at, s.len - at);
    return str_make(buffer, n + s.len - at);
}

// The capitals of another inflection as far as the two have the same letters: "NFTs" after "NFT".
static struct str copy_capitals(struct str lower, struct str form, char *buffer)
{
    size_t n = 0;
    bool same = true;
    for (size_t at = 0, at_form = 0; at < lower.len;) {
        uint32_t c = utf8_next(lower, &at);
        uint32_t other = same && at_form < form.len ? utf8_next(form, &at_form) : 0;
        same = same && utf8_lower_char(other) == c;
        n += utf8_put(same ? other : c, buffer + n);
    }
    return str_make(buffer, n);
}

static struct str shown_at(const struct support *support, const struct map_entry *entry)
{
    return support->shown.entries[entry->value].key;
}

static struct str word_form(const struct support *support, struct str lower, struct str stem,
                            char *buffer)
{
    struct str name = public_list_spelling(lower);
    size_t own = map_find(&support->forms, lower), akin;
    bool language = public_list_has_language(lower);
    if (name.len)
        return copy_form(name, false, buffer);
    if (public_list_has_noun(lower))
        return copy_form(lower, true, buffer);
    if (public_list_has_small(lower))
        return copy_form(lower, false, buffer);
    if (language && !is_word_too(lower))
        return copy_form(lower, true, buffer);
    if (own != SIZE_MAX)
        return copy_form(shown_at(support, &support->forms.entries[own]), false, buffer);
    akin = map_find(&support->stems, stem);
    if (akin == SIZE_MAX || !support->stems.entries[akin].value)
        return copy_form(lower, false, buffer);
    const struct map_entry *other = &support->forms.entries[support->stems.entries[akin].value - 1];
    return copy_capitals(lower, shown_at(support, other), buffer);
}

struct str support_form(const struct support *support, struct str lower, struct str stem,
                        bool first, char buffer[2 * SUPPORT_WORD_BYTES + 4])
{
    struct str form = word_form(support, lower, stem, buffer);
    size_t at = 0;
    char large[4];
    if (!first || !form.len || support_has_capital(form)) // "iPhone" stays
        return form;
    size_t n = utf8_put(utf8_upper_char(utf8_next(form, &at)), large);
    memmove(buffer + n, form.ptr + at, form.len - at);
    memcpy(buffer, large, n);
    return str_make(buffer, n + form.len - at);
}

// The text --------------------------------------------------------------------------------------

static bool ends_part(struct str rest)
{
    static const char *const marks[] = { BULLET, ", ", "; ", ": ", " (", "." };
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts(rest, str_of(marks[i])))
            return true;
    return rest.len == 0;
}

// The longest phrase or language that the text, in lower case, begins with and that a separator
// follows, as it is shown; empty: none.
static struct str find_part(const struct support *support, struct str rest)
{
    struct str best = STR_LIT("");
    size_t len = 0;
    for (size_t i = 0; i < support->phrases.n; i++) {
        struct str key = support->phrases.entries[i].key;
        if (key.len > len && str_starts(rest, key) && ends_part(str_from(rest, key.len))) {
            best = shown_at(support, &support->phrases.entries[i]);
            len = key.len;
        }
    }
    for (size_t i = 0; i < n_public_languages; i++) {
        struct str name = str_of(public_languages[i]);
        if (name.len >= size_max(len, 1) && name.len <= rest.len &&
            str_equal_ci(name, str_head(rest, name.len)) && ends_part(str_from(rest, name.len))) {
            best = name;
            len = name.len;
        }
    }
    return best;
}

// Where one of them may stand: behind a separator, and in "Often about X; also X", "mostly in X".
static bool begins_part(struct str gap, struct str before, bool first)
{
    return first || !str_equal(gap, STR_LIT(" ")) || str_equal(before, STR_LIT("about")) ||
           str_equal(before, STR_LIT("also")) || str_equal(before, STR_LIT("in"));
}

// Whether the word, which ends at `at`, is small before the one that a blank parts it from.
static bool is_small_here(struct str lower, struct str own, size_t at)
{
    struct support_word next;
    size_t end = at;
    return support_next(lower, &at, &next) && next.start == end + 1 && lower.ptr[end] == ' ' &&
           public_list_is_small_before(own,
                                       str_make(lower.ptr + next.start, next.end - next.start));
}

struct str support_spell(const struct support *support, struct str text, struct arena *a)
{
    struct support_word word;
    struct str lower = utf8_lower(a, text), before = STR_LIT("");
    char *out = arena_alloc(a, 4 * lower.len + 8), buffer[2 * SUPPORT_WORD_BYTES + 4];
    size_t end = 0, len = 0, n = 0;
    for (size_t at = 0; support_next(lower, &at, &word); n++) {
        struct str gap = str_make(lower.ptr + end, word.start - end);
        struct str own = str_make(lower.ptr + word.start, word.end - word.start), part = own;
        bool first = support_begins_sentence(gap, n == 0);
        memcpy(out + len, gap.ptr, gap.len);
        len += gap.len;
        if (begins_part(gap, before, n == 0))
            part = find_part(support, str_from(lower, word.start));
        else
            part.len = 0;
        if (part.len) {
            len += copy_form(part, first && !support_has_capital(part), out + len).len;
            at = word.start + part.len;
        } else if (is_small_here(lower, own, word.end)) {
            len += copy_form(own, first, out + len).len;
        } else if (word.stem.len) {
            struct str form = support_form(support, own, word.stem, first, buffer);
            memcpy(out + len, form.ptr, form.len);
            len += form.len;
        } else { // too long to be known
            memcpy(out + len, own.ptr, own.len);
            len += own.len;
        }
        end = part.len ? at : word.end;
        before = own;
    }
    memcpy(out + len, lower.ptr + end, lower.len - end);
    return str_make(out, len + lower.len - end);
}
