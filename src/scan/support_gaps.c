// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"
#include "scan/public_list.h"
#include "scan/support.h"

#define BULLET " \xC2\xB7 "      // U+00B7
#define QUOTE "\xE2\x80\x99"     // U+2019
#define MOST_BULLETS 3           // of a title of our templates
#define MOST_OPEN 3              // parts of a list that are no phrases: subjects
#define LEAST_BYTES ((size_t)16) // of a sentence that another follows
#define SMALL_BYTES ((size_t)16)

// What our templates write ------------------------------------------------------------------------

static bool is_phrase(const struct support *support, struct str part, struct arena *a)
{
    return map_find(&support->phrases, utf8_lower(a, part)) != SIZE_MAX;
}

// A subject, or words of our own: of the closed list, a space between two.
static bool is_of_public_words(struct str part)
{
    struct support_word word;
    char buffer[SUPPORT_WORD_BYTES];
    size_t before = 0, n = 0;
    for (size_t at = 0; support_next(part, &at, &word); before = word.end, n++) {
        struct str lower =
            support_lower(str_make(part.ptr + word.start, word.end - word.start), buffer);
        if (word.start - before != (n > 0) || (n && part.ptr[before] != ' ') ||
            !(public_list_has_word(word.stem) || public_list_has_word(lower)))
            return false;
    }
    return n > 0 && before == part.len;
}

// Whether all parts between separators are phrases, but for a few, and each comes once; so do the
// separators, but for the first.
static bool is_list(const struct support *support, struct str text, const char *const *between,
                    size_t n_between, struct arena *a)
{
    size_t n_open = 0;
    unsigned used = 0; // separators, by bits
    struct map seen = { 0 };
    bool fits = true;
    while (fits && text.len) {
        size_t end = text.len, skip = 0, which = 0;
        for (size_t i = 0; i < n_between; i++) {
            size_t at = str_find(text, str_of(between[i]), 0);
            if (at < end) {
                end = at;
                skip = strlen(between[i]);
                which = i;
            }
        }
        bool again = which && used >> which & 1;
        used |= 1u << which;
        struct str part = str_head(text, end);
        map_add(&seen, part, 0, &fits);
        fits = fits && !again;
        if (!is_phrase(support, part, a) && (!is_of_public_words(part) || ++n_open > MOST_OPEN))
            fits = false;
        text = str_from(text, end + skip);
        fits = fits && (!skip || text.len);
    }
    map_release(&seen);
    return fits;
}

static bool take(struct str *rest, const char *head)
{
    if (!str_starts(*rest, str_of(head)))
        return false;
    *rest = str_from(*rest, strlen(head));
    return true;
}

// "About 3.4 % of all conversations, from at least 200 accounts, mostly in French."
static bool is_template_end(struct str rest)
{
    size_t n = 0;
    if (!take(&rest, "About ") && !take(&rest, "Under "))
        return false;
    while (n < rest.len && ((rest.ptr[n] >= '0' && rest.ptr[n] <= '9') || rest.ptr[n] == '.'))
        n++;
    rest = str_from(rest, n);
    if (!take(&rest, " % of all conversations"))
        return false;
    if (take(&rest, ", from at least ")) {
        for (n = 0; n < rest.len && rest.ptr[n] >= '0' && rest.ptr[n] <= '9';)
            n++;
        rest = str_from(rest, n);
        if (!take(&rest, " accounts") && !take(&rest, " account"))
            return false;
    }
    if (take(&rest, ", mostly in "))
        return rest.len && rest.ptr[rest.len - 1] == '.' &&
               is_of_public_words(str_head(rest, rest.len - 1));
    return str_equal(rest, STR_LIT("."));
}

static bool is_template_summary(const struct support *support, struct str text, struct arena *a)
{
    static const char *const between[] = { ", ", "; also ", "; they share: " };
    struct str rest = text;
    if (!take(&rest, "What these conversations share: ") && !take(&rest, "Often about "))
        if (!str_starts(text, STR_LIT("No phrase is shared by enough of these conversations")))
            return false;
    size_t end =
        size_min(str_find(rest, STR_LIT(". About "), 0), str_find(rest, STR_LIT(". Under "), 0));
    if (end == SIZE_MAX) {
        end = rest.len && rest.ptr[rest.len - 1] == '.' ? rest.len - 1 : rest.len;
        if (end == rest.len)
            return false;
    } else if (!is_template_end(str_from(rest, end + 2))) {
        return false;
    }
    return is_list(support, str_head(rest, end), between, COUNT_OF(between), a);
}

static bool is_template_title(const struct support *support, struct str text, struct arena *a)
{
    static const char *const between[] = { BULLET };
    size_t n = 0;
    for (size_t at = 0; (at = str_find(text, str_of(BULLET), at)) != SIZE_MAX; at++)
        n++;
    return n > 0 && n <= MOST_BULLETS && is_list(support, text, between, 1, a);
}

// What a model writes -----------------------------------------------------------------------------

static bool is_one_of(const char *list, struct str s) // lower case, a space around each
{
    char key[SMALL_BYTES] = " ";
    if (s.len + 2 >= sizeof key)
        return false;
    memcpy(key + 1, s.ptr, s.len);
    key[s.len + 1] = ' ';
    key[s.len + 2] = '\0';
    return strstr(list, key) != NULL;
}

// "children's", "don't", "l'histoire".
static bool has_apostrophe(struct str before, struct str word, struct str gap)
{
    char one[SUPPORT_WORD_BYTES], two[SUPPORT_WORD_BYTES];
    struct str head = support_lower(before, one), tail = support_lower(word, two);
    bool written = str_equal(gap, STR_LIT("'")) || str_equal(gap, STR_LIT(QUOTE));
    return written && (is_one_of(" s t d m ll re ve ", tail) ||
                       is_one_of(" l d c j m n s t qu all dell dall nell un ", head));
}

// The mark that ends a sentence in the script of the word before it.
static const char *stop_after(struct str word)
{
    uint32_t c = 0;
    for (size_t at = 0; at < word.len;)
        c = utf8_next(word, &at);
    if (c >= 0x900 && c <= 0x9FF) // Devanagari, Bengali
        return "। ";
    if (c >= 0x530 && c <= 0x58F)
        return "։ ";
    return c >= 0x3040 && c <= 0x9FFF ? "。" : ". ";
}

static bool ends_sentence(struct str gap)
{
    static const char *const marks[] = { ". ", "? ", "! ", "). " };
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(marks); i++)
        if (str_starts(gap, str_of(marks[i])))
            return true;
    return utf8_is_stop(utf8_next(gap, &at));
}

// "(2)" behind a title that another one is like.
static bool is_title_number(struct str text, const struct support_word *word)
{
    for (size_t i = word->start; i < word->end; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return str_equal(str_from(text, word->end), STR_LIT(")")) && word->start > 1 &&
           text.ptr[word->start - 1] == '(' && text.ptr[word->start - 2] == ' ';
}

struct written {
    char *out;
    size_t len;
};

static void put(struct written *w, struct str s)
{
    memcpy(w->out + w->len, s.ptr, s.len);
    w->len += s.len;
}

// With a large letter where a sentence begins.
static void put_word(struct written *w, struct str s, bool first)
{
    size_t at = 0;
    if (first)
        w->len += utf8_put(utf8_upper_char(utf8_next(s, &at)), w->out + w->len);
    put(w, str_from(s, at));
}

static struct str plain_text(struct str text, enum support_kind kind, struct arena *a)
{
    struct written w = { .out = arena_alloc(a, 2 * text.len + 8) };
    struct support_word word;
    struct str before = STR_LIT("");
    size_t end = 0, n = 0, begin = 0, n_stops = 0;
    for (size_t at = 0; support_next(text, &at, &word); end = word.end, n++) {
        struct str s = str_make(text.ptr + word.start, word.end - word.start);
        struct str gap = str_make(text.ptr + end, word.start - end);
        bool stops =
            kind == SUPPORT_SUMMARY && !n_stops && end - begin >= LEAST_BYTES && ends_sentence(gap);
        begin = stops ? word.start : begin;
        n_stops += stops;
        if (stops)
            put(&w, str_of(stop_after(before)));
        else if (n)
            put(&w, has_apostrophe(before, s, gap) ? STR_LIT("'") : STR_LIT(" "));
        put_word(&w, s, !n || stops);
        before = s;
    }
    if (n && kind == SUPPORT_SUMMARY)
        put(&w, str_trim(str_of(stop_after(before))));
    return str_make(w.out, w.len);
}

struct str support_punctuate(const struct support *support, struct str text, enum support_kind kind,
                             struct arena *a)
{
    struct str number = STR_LIT("");
    if (!support_has_plain_gaps(text))
        return text;
    if (kind == SUPPORT_SUMMARY)
        return is_template_summary(support, text, a) ? text : plain_text(text, kind, a);
    struct support_word word;
    for (size_t at = 0; support_next(text, &at, &word);)
        if (is_title_number(text, &word)) {
            number = str_from(text, word.start - 2);
            text = str_head(text, word.start - 2);
            break;
        }
    if (!is_template_title(support, text, a))
        text = plain_text(text, kind, a);
    return arena_printf(a, "%.*s%.*s", STR_ARG(text), STR_ARG(number));
}
