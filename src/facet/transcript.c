// SPDX-License-Identifier: Apache-2.0
#include "facet/transcript.h"

#include "base/utf8.h"

static const char *const our_tags[] = { "user",   "assistant", "system",     "tool",
                                        "other",  "omitted",   "transcript", "conversation",
                                        "answer", "question" };

size_t first_human_turn(const struct turn *turns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (turns[i].role == TURN_USER && str_trim(turns[i].text.s).len)
            return i;
    return n;
}

static size_t byte_cost(char c)
{
    return (unsigned char)c < 128 ? 1 : 2;
}

size_t transcript_cost(struct str text)
{
    size_t cost = 0;
    for (size_t i = 0; i < text.len; i++)
        cost += byte_cost(text.ptr[i]);
    return cost;
}

static bool is_folded(char c) // into one space
{
    return (unsigned char)c <= ' ' || c == 127;
}

static bool is_our_tag(struct str rest)
{
    size_t at = 1;
    while (at < rest.len && (rest.ptr[at] == '/' || is_folded(rest.ptr[at])))
        at++;
    for (size_t i = 0; i < COUNT_OF(our_tags); i++) {
        struct str name = str_of(our_tags[i]);
        if (str_equal_ci(str_head(str_from(rest, at), name.len), name))
            return true;
    }
    return false;
}

#define LONGEST_LOOK ((size_t)64 << 10) // of one turn; more than any cap lets through

// Of a very long turn only the two ends are looked at.
static struct str ends_of(struct str text, struct arena *a)
{
    if (text.len <= 2 * LONGEST_LOOK)
        return text;
    struct str head = utf8_clip(text, LONGEST_LOOK);
    size_t from = text.len - LONGEST_LOOK;
    while (from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from++;
    char *both = arena_alloc(a, head.len + text.len - from);
    memcpy(both, head.ptr, head.len);
    memcpy(both + head.len, text.ptr + from, text.len - from);
    return str_make(both, head.len + text.len - from);
}

// Neutralises our tags and folds white space and controls, which cost tokens and say nothing here.
static struct str neutralised(struct str text, struct arena *a)
{
    text = ends_of(text, a);
    char *out = arena_array(a, text.len + 1, 3); // ‹ takes three bytes
    size_t n = 0;
    bool space = true;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_space = is_folded(c);
        if (is_space && space)
            continue;
        space = is_space;
        if (is_space) {
            out[n++] = ' ';
        } else if (c == '<' && is_our_tag(str_from(text, i))) {
            memcpy(out + n, "‹", 3);
            n += 3;
        } else {
            out[n++] = c;
        }
    }
    return str_trim(str_make(out, n));
}

// The longest head that costs at most `cost`, ending on a character, better on a word.
static struct str head_of(struct str text, size_t cost)
{
    size_t n = 0, used = 0;
    while (n < text.len && used + byte_cost(text.ptr[n]) <= cost)
        used += byte_cost(text.ptr[n++]);
    struct str head = utf8_clip(text, n);
    for (size_t back = 0; head.len < text.len && back < 16 && back < head.len; back++)
        if (head.ptr[head.len - 1 - back] == ' ')
            return str_head(head, head.len - 1 - back);
    return head;
}

static struct str tail_of(struct str text, size_t cost)
{
    size_t from = text.len, used = 0;
    while (from > 0 && used + byte_cost(text.ptr[from - 1]) <= cost)
        used += byte_cost(text.ptr[--from]);
    while (from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from++;
    for (size_t on = 0; from > 0 && on < 16 && from + on < text.len; on++)
        if (text.ptr[from + on] == ' ')
            return str_from(text, from + on + 1);
    return str_from(text, from);
}

#define CUT_MARK " […] "
#define CUT_COST 9 // 4 of ASCII would be 4; the ellipsis takes three bytes of cost 2

// Keeps two thirds at the head and one third at the tail when the text costs too much.
static struct str shortened(struct str text, size_t cost, struct arena *a)
{
    if (transcript_cost(text) <= cost)
        return text;
    if (cost < 4 * CUT_COST)
        return head_of(text, cost);
    size_t room = cost - CUT_COST - 1;
    struct str head = head_of(text, room - room / 3), tail = tail_of(text, room / 3);
    return arena_printf(a, "%.*s" CUT_MARK "%.*s", STR_ARG(head), STR_ARG(tail));
}

#define ELEMENT_COST 26    // "<assistant></assistant>\n" at the most
#define OMITTED_COST 40    // "<omitted turns=\"…\"/>\n"
#define OTHERS_PART 8      // of the cap that one turn of system, tool or other may take
#define SMALLEST_TURN 32   // a turn is not worth its tags when less of it would stay

// What a model thought by itself, where it stands in its text: nobody said it. Without an end all
// of it is thought.
static struct str without_thoughts(const struct turn *turn)
{
    static const struct str open = { "<think>", 7 }, shut = { "</think>", 8 };
    struct str text = str_trim(turn->text.s);
    if (turn->role != TURN_ASSISTANT || !str_starts(text, open))
        return turn->text.s;
    size_t end = str_find(text, shut, 0);
    return end == SIZE_MAX ? str_make("", 0) : str_from(text, end + shut.len);
}

// What is neither the person's nor the assistant's may not crowd them out.
static size_t most_of(const struct turn *turn, const struct transcript_limits *limits, size_t most)
{
    bool said = turn->role == TURN_USER || turn->role == TURN_ASSISTANT;
    return said ? most : size_min(most, limits->total / OTHERS_PART);
}

// One element when it fits *room, taken off *room; empty when it does not.
static struct str element(const struct turn *turn, size_t most, size_t *room, struct arena *a)
{
    struct str text = neutralised(without_thoughts(turn), a);
    size_t limit = *room > ELEMENT_COST ? size_min(most, *room - ELEMENT_COST) : 0;
    if (!text.len || (limit < SMALLEST_TURN && transcript_cost(text) > limit))
        return str_make(NULL, 0);
    text = shortened(text, limit, a);
    *room -= transcript_cost(text) + ELEMENT_COST;
    const char *tag = turn_role_name(turn->role);
    return arena_printf(a, "<%s>%.*s</%s>\n", tag, STR_ARG(text), tag);
}

// What all turns but the first would take, counted no further than `enough`.
static size_t cost_of_rest(const struct turn *turns, size_t n, size_t first, size_t enough)
{
    size_t cost = 0;
    for (size_t i = 0; i < n && cost < enough; i++)
        if (i != first)
            cost += ELEMENT_COST + transcript_cost(str_head(turns[i].text.s, enough));
    return cost;
}

static struct str joined(const struct str *parts, size_t n, struct arena *a)
{
    size_t n_bytes = 1, at = 0;
    for (size_t i = 0; i < n; i++)
        n_bytes += parts[i].len;
    char *out = arena_alloc(a, n_bytes);
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len)
            memcpy(out + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    out[at] = '\0';
    return str_make(out, at);
}

struct str transcript_write(const struct turn *turns, size_t n,
                            const struct transcript_limits *limits, struct arena *a)
{
    struct str *parts = arena_zero_array(a, n + 1, sizeof *parts);
    size_t room = limits->total - OMITTED_COST;
    size_t first = first_human_turn(turns, n), from;
    if (first == n)
        first = 0;
    if (first < n) {
        size_t rest = cost_of_rest(turns, n, first, room);
        parts[first] = element(&turns[first], size_max(limits->first, room - size_min(rest, room)),
                               &room, a);
    }
    for (from = n; from > first + 1; from--) {
        const struct turn *turn = &turns[from - 1];
        parts[from - 1] = element(turn, most_of(turn, limits, limits->total), &room, a);
        if (!parts[from - 1].len && str_trim(without_thoughts(turn)).len)
            break;
    }
    if (from > first + 1) // its place is that of a turn that was left out
        parts[first + 1] = arena_printf(a, "<omitted turns=\"%zu\"/>\n", from - first - 1);
    // What stands before the first human turn, a system prompt as a rule, has what is left.
    for (size_t i = first; i-- > 0;)
        parts[i] = element(&turns[i], most_of(&turns[i], limits, limits->first / 2), &room, a);
    return joined(parts, n, a);
}
