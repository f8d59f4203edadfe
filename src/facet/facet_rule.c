// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_rule.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "facet/plain_text.h"
#include "scan/concern.h"
#include "scan/language_guess.h"

#define MOST_TURNS_TRIED 6
#define FEWEST_LETTERS 6 // of a request; less is "more", "ok", "2"

static size_t letters_in(struct str s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);
        // A sign of a script without letters says as much as a few letters.
        n += utf8_class(c) == UTF8_LETTER ? (c >= 0x2E80 ? 3 : 1) : 0;
    }
    return n;
}

static struct str one_line(struct str s, struct arena *a)
{
    char *out = arena_copy(a, s);
    for (size_t i = 0; i < s.len; i++)
        if (out[i] == '\n')
            out[i] = ' ';
    return str_trim(str_make(out, s.len));
}

// From sentence `from` on, as many as fit; the first is cut at a clause when it alone does not.
// *whole: the same uncut, and what follows.
static struct str joined_from(const struct sentences *list, size_t from, struct str plain,
                              struct arena *a, struct str *whole)
{
    char *out = arena_alloc(a, RULE_REQUEST_BYTES + 2);
    size_t n = 0;
    *whole = str_make(NULL, 0);
    if (from < list->n)
        *whole = utf8_clip(str_from(plain, (size_t)(list->items[from].text.ptr - plain.ptr)),
                           RULE_WHOLE_BYTES);
    for (size_t i = from; i < list->n; i++) {
        struct str text = list->items[i].text;
        if (list->items[i].is_greeting)
            continue;
        if (n && n + 1 + text.len > RULE_REQUEST_BYTES)
            break;
        text = clause_head(text, RULE_REQUEST_BYTES);
        if (n)
            out[n++] = ' ';
        memcpy(out + n, text.ptr, text.len);
        n += text.len;
    }
    return str_make(out, n);
}

// The request in one turn's text; empty when it holds none.
static struct str request_in(struct str text, struct arena *a, struct str *whole)
{
    struct str plain = plain_text(text, a);
    struct sentences list = sentences_of(plain, a);
    size_t first = list.n, asking = list.n;
    for (size_t i = 0; i < list.n; i++) {
        if (list.items[i].is_greeting || letters_in(list.items[i].text) < FEWEST_LETTERS)
            continue;
        first = first == list.n ? i : first;
        if (list.items[i].asks) {
            asking = i;
            break;
        }
    }
    if (first == list.n)
        return str_make(NULL, 0);
    size_t n_bytes = 0;
    for (size_t i = first; i < list.n; i++)
        n_bytes += list.items[i].text.len + 1;
    bool all = n_bytes <= RULE_REQUEST_BYTES + 1 || asking == list.n;
    return joined_from(&list, all ? first : asking, plain, a, whole);
}

enum rule_source rule_request(const struct turn *turns, size_t n, struct arena *a, struct str *out,
                              struct str *whole)
{
    size_t n_tried = 0;
    struct str last_resort = { 0 }, last_whole = { 0 };
    for (size_t i = 0; i < n && n_tried < MOST_TURNS_TRIED; i++) {
        if (turns[i].role != TURN_USER)
            continue;
        n_tried++;
        *out = request_in(turns[i].text.s, a, whole);
        if (out->len)
            return RULE_HUMAN;
        if (!last_resort.len) {
            struct str plain = plain_text(turns[i].text.s, a);
            last_resort = str_trim(clause_head(plain, RULE_REQUEST_BYTES));
            last_whole = utf8_clip(plain, RULE_WHOLE_BYTES);
        }
    }
    if (letters_in(last_resort)) {
        *out = one_line(last_resort, a);
        *whole = last_whole;
        return RULE_HUMAN;
    }
    for (size_t i = 0; i < n; i++) {
        if (turns[i].role != TURN_ASSISTANT)
            continue;
        struct str plain = plain_text(turns[i].text.s, a);
        struct sentences list = sentences_of(plain, a);
        *out = joined_from(&list, 0, plain, a, whole);
        if (letters_in(*out))
            return n_tried ? RULE_HUMAN : RULE_ASSISTANT;
    }
    *out = *whole = str_make(NULL, 0);
    return RULE_NOTHING;
}

static bool first_word_is(struct str s, const char *const *list, size_t n)
{
    size_t length = 0;
    while (length < s.len && s.ptr[length] != ' ')
        length++;
    for (size_t i = 0; i < n; i++)
        if (str_equal_ci(str_head(s, length), str_of(list[i])))
            return true;
    return false;
}

struct str rule_task(struct str request, struct arena *a)
{
    static const char *const explained[] = { "what", "what's", "whats", "why", "how", "who", "when",
                                             "where", "which" };
    struct sentences list = sentences_of(request, a);
    struct str s = list.n ? list.items[0].text : request;
    for (size_t i = 0; i < list.n; i++)
        if (list.items[i].asks) {
            s = list.items[i].text;
            break;
        }
    s = clause_head(str_from(s, polite_head(s)), RULE_TASK_BYTES);
    while (s.len && strchr(".!?:;,", s.ptr[s.len - 1]) && s.ptr[s.len - 1])
        s.len--;
    const char *verb = first_word_is(s, explained, COUNT_OF(explained)) ? "explain " : "";
    char *out = arena_copy(a, arena_printf(a, "%s%.*s", verb, STR_ARG(s)));
    size_t n = strlen(out), at = strlen(verb);
    bool one_capital = n > at + 1 && out[at + 1] >= 'a' && out[at + 1] <= 'z';
    if (one_capital && out[at] >= 'A' && out[at] <= 'Z')
        out[at] = (char)(out[at] | 32);
    return str_make(out, n);
}

struct str rule_language(const struct turn *turns, size_t n, struct str given, struct arena *a)
{
    const char *name = given.len ? language_from_name(given.ptr, given.len) : NULL;
    if (name)
        return str_of(name);
    struct buf text;
    struct err ignored = { 0 };
    struct str all = { 0 };
    buf_init(&text, (size_t)64 << 10, "text of the human turns");
    for (size_t i = 0; i < n && text.len < text.max / 2; i++) {
        if (turns[i].role != TURN_USER)
            continue;
        struct arena_mark start = arena_save(a);
        struct str plain = utf8_clip(plain_text(turns[i].text.s, a), text.max / 2);
        // buf_add cannot fail: half of the room is left, and a newline fits with it
        if (buf_add(&text, plain, &ignored) || buf_add_char(&text, '\n', &ignored))
            err_clear(&ignored);
        arena_rewind(a, start);
    }
    all = buf_view(&text);
    name = language_guess(all.ptr, all.len);
    buf_release(&text);
    return str_of(name);
}

int rule_concern(const struct turn *turns, size_t n, struct arena *a)
{
    int grade = 1;
    for (size_t i = 0; i < n; i++) {
        int one = turns[i].role == TURN_USER ? concern_by_rule(turns[i].text.s, a) : 1;
        grade = one > grade ? one : grade;
    }
    return grade;
}
