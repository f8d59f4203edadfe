// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_parse.h"

#include "base/utf8.h"

#define FEWEST_WORDS 2
#define MOST_BYTES ((size_t)240)
#define LOOP_WORDS 3 // as many words in a row, met before: the model runs in circles

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_ci(struct str s, struct str head)
{
    return s.len >= head.len && str_equal_ci(str_head(s, head.len), head);
}

static struct str without_head(struct str s, struct str head)
{
    return head.len && starts_ci(s, head) ? str_trim(str_from(s, head.len)) : s;
}

static struct str without_marks(struct str s)
{
    static const char marks[] = "\"'`*_-:;,. ";
    while (s.len && s.ptr[0] && strchr(marks, s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && s.ptr[s.len - 1] && strchr(marks, s.ptr[s.len - 1]))
        s.len--;
    return s;
}

// Up to the end of the first line that says something.
static struct str first_line(struct str s)
{
    s = str_trim(s);
    size_t end = str_find(s, STR_LIT("\n"), 0);
    return end == SIZE_MAX ? s : str_trim(str_head(s, end));
}

// Up to a point before a space, unless a single letter or "e.g" stands before it.
static struct str first_sentence(struct str s)
{
    for (size_t i = 1; i + 1 < s.len; i++) {
        bool mark = s.ptr[i] == '.' || s.ptr[i] == '!' || s.ptr[i] == '?';
        if (mark && s.ptr[i + 1] == ' ' && i >= 2 && s.ptr[i - 2] != ' ' && s.ptr[i - 2] != '.')
            return str_head(s, i);
    }
    return s;
}

struct words {
    struct str items[128];
    size_t n;
};

static void split(struct str s, struct words *words)
{
    words->n = 0;
    for (size_t i = 0; i < s.len && words->n < COUNT_OF(words->items);) {
        while (i < s.len && is_space(s.ptr[i]))
            i++;
        size_t from = i;
        while (i < s.len && !is_space(s.ptr[i]))
            i++;
        if (i > from)
            words->items[words->n++] = str_make(s.ptr + from, i - from);
    }
}

// How many words come before the answer begins to repeat itself.
static size_t before_loop(const struct words *words)
{
    for (size_t i = 1; i + LOOP_WORDS <= words->n; i++)
        for (size_t j = 0; j < i; j++) {
            size_t n = 0;
            while (n < LOOP_WORDS && str_equal_ci(words->items[i + n], words->items[j + n]))
                n++;
            if (n == LOOP_WORDS)
                return i;
        }
    return words->n;
}

static struct str join(const struct words *words, size_t n, struct arena *a)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n; i++)
        n_bytes += words->items[i].len + 1;
    char *out = arena_alloc(a, n_bytes + 1);
    size_t at = 0;
    for (size_t i = 0; i < n && at + words->items[i].len <= MOST_BYTES; i++) {
        if (i)
            out[at++] = ' ';
        memcpy(out + at, words->items[i].ptr, words->items[i].len);
        at += words->items[i].len;
    }
    out[at] = '\0';
    return str_make(out, at);
}

static size_t count_letters(struct str s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.len;)
        n += utf8_class(utf8_next(s, &at)) == UTF8_LETTER;
    return n;
}

static const char *judge(struct str s, size_t n_words)
{
    static const char *const refusals[] = { "i'm sorry", "i am sorry", "i cannot", "i can't",
                                            "sorry,", "as an ai" };
    if (count_letters(s) < 3)
        return "empty";
    // A script without spaces says much in one word.
    if (n_words < FEWEST_WORDS && s.len < 12)
        return "short";
    if (str_find(s, STR_LIT("<"), 0) != SIZE_MAX || str_find(s, STR_LIT("|>"), 0) != SIZE_MAX ||
        str_find(s, STR_LIT("{"), 0) != SIZE_MAX)
        return "control";
    for (size_t i = 0; i < COUNT_OF(refusals); i++)
        if (starts_ci(s, str_of(refusals[i])))
            return "refused";
    return NULL;
}

const char *facet_parse(const struct facet *facet, struct str reply, bool cut, struct arena *a,
                        struct str *value)
{
    struct words words;
    struct str s = utf8_repair(a, first_line(reply));
    *value = str_make(NULL, 0);
    s = without_marks(without_head(s, STR_LIT("<answer>")));
    s = without_head(s, str_of(facet->stem));
    s = without_head(s, STR_LIT("help them to "));
    s = without_head(s, STR_LIT("help them "));
    struct str end = STR_LIT("</answer>");
    size_t at = str_find(s, end, 0);
    if (at != SIZE_MAX)
        s = str_head(s, at);
    s = without_marks(s);
    struct str sentence = first_sentence(s);
    cut = cut && sentence.len == s.len && s.len > 0 && reply.ptr[reply.len - 1] != '\n';
    split(without_marks(sentence), &words);
    size_t n = before_loop(&words);
    if (cut && n == words.n && n > FEWEST_WORDS)
        n--; // it may be half a word
    s = without_marks(join(&words, n, a));
    const char *why = judge(s, n);
    if (!why)
        *value = arena_str(a, s);
    return why;
}

bool facet_same(struct str a, struct str b)
{
    for (size_t i = 0, j = 0;; i++, j++) {
        while (i < a.len && (unsigned char)a.ptr[i] < 128 &&
               !((a.ptr[i] | 32) >= 'a' && (a.ptr[i] | 32) <= 'z'))
            i++;
        while (j < b.len && (unsigned char)b.ptr[j] < 128 &&
               !((b.ptr[j] | 32) >= 'a' && (b.ptr[j] | 32) <= 'z'))
            j++;
        if (i >= a.len || j >= b.len)
            return i >= a.len && j >= b.len;
        char c = a.ptr[i], d = b.ptr[j];
        if (((unsigned char)c < 128 ? c | 32 : c) != ((unsigned char)d < 128 ? d | 32 : d))
            return false;
    }
}
