// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/propose.h"

#include "ask/prompt.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <math.h>

#define MOST_TITLES ((size_t)4096) // in one answer
#define LIST_BYTES ((size_t)8 << 20)

// How many titles an answer may have.
struct bounds {
    size_t wanted, least, most;
};

static struct bounds bounds_of(double wanted)
{
    struct bounds b = { .wanted = size_max(1, (size_t)lround(wanted)) };
    b.least = size_max(1, (size_t)ceil(0.5 * (double)b.wanted));
    b.most = size_max(b.least, (size_t)lround(1.5 * (double)b.wanted));
    return b;
}

struct lists { // answers to the questions of one kind
    const struct bounds *bounds;
    struct titles *titles;
};

struct str name_as_data(const struct name *name, struct arena *a)
{
    return prompt_fence(arena_printf(a, "%.*s: %.*s", STR_ARG(name->title), STR_ARG(name->summary)),
                        PROPOSE_LINE_BYTES, a);
}

// Adds a title that is none of those there.
static void add_title(struct titles *titles, struct map *seen, struct str title, struct arena *a)
{
    bool is_new;
    map_add(seen, utf8_lower(a, title), 0, &is_new);
    if (is_new)
        titles->items[titles->n++] = arena_str(a, title);
}

// The last list that is one counts, even when it is too long or too short; a longer one is cut.
static struct str take_list(void *context, size_t i, struct str reply, struct arena *a)
{
    struct lists *lists = context;
    const struct bounds *bounds = &lists->bounds[i];
    struct str answer = prompt_answer(reply, "answer");
    if (!answer.ptr)
        return STR_LIT("the list stands between <answer> and </answer>.");
    struct str *lines = arena_array(a, MOST_TITLES, sizeof *lines);
    size_t n = prompt_list(answer, lines, MOST_TITLES);
    struct titles found = { arena_array(a, n + 1, sizeof *found.items), 0 };
    struct map seen = { 0 };
    for (size_t j = 0; j < n; j++) {
        struct str title = name_line(lines[j]);
        if (title.ptr)
            add_title(&found, &seen, title, a);
    }
    map_release(&seen);
    if (!found.n)
        return STR_LIT("each title is one line of one to ten plain words.");
    size_t n_found = found.n;
    found.n = size_min(found.n, bounds->most);
    lists->titles[i] = found;
    if (n_found >= bounds->least && n_found <= bounds->most)
        return STR_LIT("");
    return arena_printf(a, "the list had %zu titles instead of %zu to %zu.", n_found, bounds->least,
                        bounds->most);
}

// A list that is too long or too short counts.
static bool is_answer(void *context, size_t i)
{
    const struct lists *lists = context;
    return lists->titles[i].n > 0;
}

static int put_groups(const struct name *names, const uint32_t *which, size_t n, struct arena *a,
                      struct str *out, struct err *err)
{
    struct buf list;
    int rc = 0;
    buf_init(&list, LIST_BYTES, "groups of a prompt");
    for (size_t i = 0; !rc && i < n; i++) {
        struct str line = name_as_data(&names[which[i]], a);
        rc = buf_printf(&list, err, "%s%zu. %.*s", i ? "\n" : "", i + 1, STR_ARG(line));
    }
    if (!rc)
        *out = arena_str(a, buf_view(&list));
    buf_release(&list);
    return rc;
}

static struct str number(size_t n, struct arena *a)
{
    return arena_printf(a, "%zu", n);
}

static int make_question(const struct proposer *p, const struct neighborhood *place,
                         const struct bounds *bounds, const struct prompt *prompt, struct arena *a,
                         struct raw *question, struct err *err)
{
    struct str groups = { 0 }, near = { 0 };
    int rc = put_groups(p->children, place->inside, place->n_inside, a, &groups, err);
    if (!rc)
        rc = put_groups(p->children, place->near, place->n_near, a, &near, err);
    if (rc)
        return rc;
    const struct prompt_value values[] = {
        { "groups", groups },
        { "language", str_of(p->language) },
        { "near", near },
        { "wanted", number(bounds->wanted, a) },
        { "least", number(bounds->least, a) },
        { "most", number(bounds->most, a) },
    };
    *question = raw_of(prompt_fill(prompt, values, COUNT_OF(values), a));
    return 0;
}

size_t propose_count_parts(size_t n_wanted)
{
    return size_max(1, size_round_up(n_wanted, PROPOSE_MOST_MERGED) / PROPOSE_MOST_MERGED);
}

int propose_titles(const struct proposer *p, const struct neighborhoods *places, struct arena *a,
                   struct titles *out, struct err *err)
{
    struct prompt prompt = prompt_of("propose");
    struct raw *questions = arena_array(a, places->n, sizeof *questions);
    struct bounds *bounds = arena_array(a, places->n, sizeof *bounds);
    struct lists lists = { bounds, arena_zero_array(a, places->n, sizeof *lists.titles) };
    struct map seen = { 0 };
    size_t n = 0, most = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < places->n; i++) {
        double share = (double)places->items[i].n_inside / (double)p->n_children;
        bounds[i] = bounds_of((double)p->n_wanted * share);
        most = size_max(most, bounds[i].most);
        rc = make_question(p, &places->items[i], &bounds[i], &prompt, a, &questions[i], err);
    }
    struct ask ask = { p->llm,    prompt.prefix,
                       ASK_LIST,  PROPOSE_TOKENS_TO_THINK + PROPOSE_TOKENS_A_TITLE * (int)most,
                       take_list, &lists,
                       is_answer };
    if (!rc)
        rc = ask_all(&ask, questions, places->n, a, NULL, p->counts, err);
    for (size_t i = 0; !rc && i < places->n; i++)
        n += lists.titles[i].n;
    *out = (struct titles){ arena_array(a, n + 1, sizeof *out->items), 0 };
    for (size_t i = 0; !rc && i < places->n; i++)
        for (size_t j = 0; j < lists.titles[i].n; j++)
            add_title(out, &seen, lists.titles[i].items[j], a);
    map_release(&seen);
    return rc;
}

static int put_titles(const struct titles *titles, struct arena *a, struct str *out,
                      struct err *err)
{
    struct buf list;
    int rc = 0;
    buf_init(&list, LIST_BYTES, "titles of a prompt");
    for (size_t i = 0; !rc && i < titles->n; i++) {
        struct str line = prompt_fence(titles->items[i], PROPOSE_LINE_BYTES, a);
        rc = buf_printf(&list, err, "%s%zu. %.*s", i ? "\n" : "", i + 1, STR_ARG(line));
    }
    if (!rc)
        *out = arena_str(a, buf_view(&list));
    buf_release(&list);
    return rc;
}

static int make_merge(const struct proposer *p, const struct titles *part,
                      const struct bounds *bounds, const struct prompt *prompt, struct arena *a,
                      struct raw *question, struct err *err)
{
    struct str list = { 0 };
    int rc = put_titles(part, a, &list, err);
    if (rc)
        return rc;
    const struct prompt_value values[] = {
        { "titles", list },
        { "language", str_of(p->language) },
        { "wanted", number(bounds->wanted, a) },
        { "least", number(bounds->least, a) },
        { "most", number(bounds->most, a) },
    };
    *question = raw_of(prompt_fill(prompt, values, COUNT_OF(values), a));
    return 0;
}

// What the parts became, each title once; of a part without an answer its first titles.
static void join_parts(const struct titles *merged, const struct titles *parts,
                       const struct bounds *bounds, size_t n_parts, struct arena *a,
                       struct titles *out)
{
    struct map seen = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < n_parts; i++)
        n += bounds[i].most;
    *out = (struct titles){ arena_array(a, n + 1, sizeof *out->items), 0 };
    for (size_t i = 0; i < n_parts; i++) {
        const struct titles *from = merged[i].n ? &merged[i] : &parts[i];
        for (size_t j = 0; j < from->n && j < bounds[i].most; j++)
            add_title(out, &seen, from->items[j], a);
    }
    map_release(&seen);
}

int propose_merge(const struct proposer *p, const struct titles *proposed, struct arena *a,
                  struct titles *out, struct err *err)
{
    struct prompt prompt = prompt_of("dedupe");
    size_t n_wanted = size_max(1, size_min(p->n_wanted, proposed->n)), most = 0, first = 0;
    size_t n_parts = propose_count_parts(n_wanted);
    struct raw *questions = arena_array(a, n_parts, sizeof *questions);
    struct bounds *bounds = arena_array(a, n_parts, sizeof *bounds);
    struct titles *parts = arena_array(a, n_parts, sizeof *parts);
    struct lists lists = { bounds, arena_zero_array(a, n_parts, sizeof *lists.titles) };
    int rc = 0;
    for (size_t i = 0; i < n_parts && !rc; i++) {
        size_t end = proposed->n * (i + 1) / n_parts;
        parts[i] = (struct titles){ proposed->items + first, end - first };
        bounds[i] = bounds_of((double)n_wanted / (double)n_parts);
        most = size_max(most, bounds[i].most);
        rc = make_merge(p, &parts[i], &bounds[i], &prompt, a, &questions[i], err);
        first = end;
    }
    struct ask ask = { p->llm,    prompt.prefix,
                       ASK_LIST,  PROPOSE_TOKENS_TO_THINK + PROPOSE_TOKENS_A_TITLE * (int)most,
                       take_list, &lists,
                       is_answer };
    if (!rc)
        rc = ask_all(&ask, questions, n_parts, a, NULL, p->counts, err);
    if (!rc)
        join_parts(lists.titles, parts, bounds, n_parts, a, out);
    return rc;
}
