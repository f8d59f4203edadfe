// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/assign_parent.h"

#include "ask/prompt.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "hierarchy/tree.h"
#include "vec/dot.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST_VOTES 2

// Questions of one round: child and number of the vote.
struct question {
    uint32_t child, vote;
};
struct work {
    const struct assigner *in;
    struct assigned *out;
    struct map titles; // lower case → place in parents
    struct votes *votes;
    struct question *questions;
    const char *grammar;
    uint32_t *nearest; // of each child: its nearest parents, ASSIGN_SHOWN at most
    size_t n_shown;
};

static double nearness(const struct assigner *in, size_t child, size_t parent)
{
    return dot_floats(matrix_row(&in->child_vectors, child),
                      matrix_row(&in->parent_vectors, parent), in->child_vectors.n_cols);
}

struct near {
    double near;
    uint32_t parent;
};

static int by_nearness(const void *x, const void *y)
{
    const struct near *a = x, *b = y;
    if (a->near != b->near)
        return a->near > b->near ? -1 : 1;
    return (a->parent > b->parent) - (a->parent < b->parent);
}

// The nearest parents of a child, nearest first.
static void find_nearest(struct work *w, struct near *room, size_t child)
{
    for (size_t p = 0; p < w->in->n_parents; p++)
        room[p] = (struct near){ nearness(w->in, child, p), (uint32_t)p };
    qsort(room, w->in->n_parents, sizeof *room, by_nearness);
    for (size_t i = 0; i < w->n_shown; i++)
        w->nearest[child * w->n_shown + i] = room[i].parent;
}

// The list of parents in an order drawn for this child and vote.
static struct str put_parents(const struct work *w, const struct question *q, struct arena *a)
{
    uint32_t *order = arena_array(a, w->n_shown + 1, sizeof *order);
    char stream[64];
    struct rng rng;
    snprintf(stream, sizeof stream, "assign %u %u", q->child, q->vote);
    rng_init(&rng, w->in->seed, stream);
    memcpy(order, w->nearest + q->child * w->n_shown, w->n_shown * sizeof *order);
    for (size_t i = w->n_shown; i > 1; i--) {
        size_t j = rng_below(&rng, i);
        uint32_t swap = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swap;
    }
    struct str *lines = arena_array(a, w->n_shown + 1, sizeof *lines);
    size_t len = 0;
    for (size_t i = 0; i < w->n_shown; i++) {
        lines[i] = prompt_fence(w->in->parents[order[i]], ASSIGN_TITLE_BYTES, a);
        len += lines[i].len + 3;
    }
    char *all = arena_alloc(a, len + 1);
    struct str list = { all, 0 };
    for (size_t i = 0; i < w->n_shown; i++)
        list.len += (size_t)snprintf(all + list.len, len + 1 - list.len, "%s- %.*s", i ? "\n" : "",
                                     STR_ARG(lines[i]));
    return list;
}

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    struct votes *votes = &w->votes[w->questions[i].child];
    struct str answer = name_line(prompt_answer(reply, "answer"));
    if (!answer.ptr)
        return STR_LIT("the chosen title stands between <answer> and </answer>.");
    struct str lower = utf8_lower(a, answer);
    size_t found = map_find(&w->titles, lower);
    if (found == SIZE_MAX && !str_equal(lower, STR_LIT("none"))) {
        w->out->n_invented++;
        return STR_LIT("it is no title of the list; take one exactly as it stands there, or none.");
    }
    votes->parent[votes->n++] = found == SIZE_MAX ? TREE_APART : (uint32_t)found;
    return STR_LIT("");
}

// Where every question shows all parents an answer is one of them.
static const char *make_grammar(const struct work *w, struct arena *a)
{
    size_t n = w->in->n_parents;
    struct str *shown = arena_array(a, n + 1, sizeof *shown);
    if (w->n_shown < n)
        return ASK_CHOICE;
    for (size_t i = 0; i < n; i++)
        shown[i] = prompt_fence(w->in->parents[i], ASSIGN_TITLE_BYTES, a);
    return ask_choice(shown, n, a);
}

static int ask_round(struct work *w, size_t n, struct arena *a, struct err *err)
{
    struct prompt prompt = prompt_of("assign");
    struct raw *questions = arena_array(a, n + 1, sizeof *questions);
    struct ask ask = { w->in->llm, prompt.prefix, w->grammar, ASSIGN_MOST_TOKENS, take, w, NULL };
    for (size_t i = 0; i < n; i++) {
        const struct question *q = &w->questions[i];
        const struct prompt_value values[] = {
            { "parents", put_parents(w, q, a) },
            { "group", name_as_data(&w->in->children[q->child], a) },
        };
        questions[i] = raw_of(prompt_fill(&prompt, values, COUNT_OF(values), a));
    }
    return ask_all(&ask, questions, n, a, NULL, w->in->counts, err);
}

static bool agree(const struct votes *votes)
{
    return votes->n == FIRST_VOTES && votes->parent[0] == votes->parent[1];
}

static size_t add_questions(struct work *w, size_t child, uint32_t first, uint32_t end, size_t n)
{
    for (uint32_t vote = first; vote < end; vote++)
        w->questions[n++] = (struct question){ (uint32_t)child, vote };
    return n;
}

static int ask_votes(struct work *w, struct arena *a, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < w->in->n_children; i++)
        n = add_questions(w, i, 0, FIRST_VOTES, n);
    int rc = ask_round(w, n, a, err);
    n = 0;
    for (size_t i = 0; !rc && i < w->in->n_children; i++)
        if (!agree(&w->votes[i]))
            n = add_questions(w, i, FIRST_VOTES, ASSIGN_VOTES, n);
    return rc || !n ? rc : ask_round(w, n, a, err);
}

// The parent with most votes; of two with as many the nearer one, and any before none.
static uint32_t decide(const struct work *w, size_t child)
{
    const struct votes *votes = &w->votes[child];
    uint32_t best = TREE_APART;
    size_t most = 0;
    for (size_t i = 0; i < votes->n; i++) {
        uint32_t parent = votes->parent[i];
        size_t n = 0;
        for (size_t j = 0; j < votes->n; j++)
            n += votes->parent[j] == parent;
        bool nearer =
            parent != TREE_APART && parent != best &&
            (best == TREE_APART || nearness(w->in, child, parent) > nearness(w->in, child, best));
        if (n > most || (n == most && nearer)) {
            most = n;
            best = parent;
        }
    }
    return best;
}

static void decide_all(struct work *w)
{
    for (size_t i = 0; i < w->in->n_children; i++) {
        uint32_t instead = w->in->given ? TREE_APART : w->nearest[i * w->n_shown];
        w->out->parent[i] = w->votes[i].n ? decide(w, i) : instead;
        w->out->n_silent += w->votes[i].n == 0;
    }
    w->out->n_nearest = w->in->given ? 0 : w->out->n_silent;
}

static bool has_vote(const struct votes *votes, uint32_t parent)
{
    bool found = !votes;
    for (size_t i = 0; votes && i < votes->n; i++)
        found = found || votes->parent[i] == parent;
    return found;
}

void assign_without_lone(const struct matrix *child_vectors, const struct matrix *parent_vectors,
                         const struct votes *votes, uint32_t *parent, size_t n_children,
                         struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    size_t n_parents = parent_vectors->n_rows, d = child_vectors->n_cols;
    size_t *n = arena_zero_array(scratch, n_parents + 1, sizeof *n);
    for (size_t i = 0; i < n_children; i++)
        if (parent[i] != TREE_APART)
            n[parent[i]]++;
    for (size_t i = 0; i < n_children; i++) { // each move takes one parent away and makes none lone
        uint32_t from = parent[i], to = TREE_APART;
        double most = 0;
        if (from == TREE_APART || n[from] != 1)
            continue;
        for (size_t p = 0; p < n_parents; p++) {
            if (p == from || !n[p] || !has_vote(votes ? &votes[i] : NULL, (uint32_t)p))
                continue;
            double near =
                dot_floats(matrix_row(child_vectors, i), matrix_row(parent_vectors, p), d);
            if (to == TREE_APART || near > most) {
                to = (uint32_t)p;
                most = near;
            }
        }
        n[from] = 0;
        parent[i] = to;
        if (to != TREE_APART)
            n[to]++;
    }
    arena_rewind(scratch, start);
}

static size_t count_parents(const struct work *w, struct arena *a)
{
    bool *seen = arena_zero_array(a, w->in->n_parents + 1, sizeof *seen);
    size_t n = 0;
    for (size_t i = 0; i < w->in->n_children; i++)
        if (w->out->parent[i] != TREE_APART && !seen[w->out->parent[i]]) {
            seen[w->out->parent[i]] = true;
            n++;
        }
    return n;
}

// A lone child goes where it fits, too, or stands apart. Only where that leaves no two parents, so
// that there would be no level, it goes to the nearest.
static void settle_lone(struct work *w, struct arena *a)
{
    const struct assigner *in = w->in;
    size_t n = in->n_children;
    uint32_t *before = arena_array(a, n + 1, sizeof *before);
    memcpy(before, w->out->parent, n * sizeof *before);
    assign_without_lone(&in->child_vectors, &in->parent_vectors, w->votes, w->out->parent, n, a);
    if (count_parents(w, a) > 1)
        return;
    memcpy(w->out->parent, before, n * sizeof *before);
    assign_without_lone(&in->child_vectors, &in->parent_vectors, NULL, w->out->parent, n, a);
    for (size_t i = 0; i < n; i++)
        w->out->n_nearest += w->out->parent[i] != before[i];
}

int assign_parents(const struct assigner *in, struct arena *a, struct assigned *out,
                   struct err *err)
{
    struct work w = { .in = in, .out = out, .n_shown = size_min(in->n_parents, ASSIGN_SHOWN) };
    size_t n = in->n_children;
    *out = (struct assigned){ .parent = arena_array(a, n + 1, sizeof *out->parent) };
    w.votes = arena_zero_array(a, n + 1, sizeof *w.votes);
    w.questions = arena_array(a, n * ASSIGN_VOTES + 1, sizeof *w.questions);
    w.nearest = arena_array(a, n * w.n_shown + 1, sizeof *w.nearest);
    struct near *room = arena_array(a, in->n_parents + 1, sizeof *room);
    for (size_t p = 0; p < in->n_parents; p++)
        map_add(&w.titles, utf8_lower(a, in->parents[p]), 0, NULL);
    for (size_t i = 0; i < n; i++)
        find_nearest(&w, room, i);
    w.grammar = make_grammar(&w, a);
    int rc = ask_votes(&w, a, err);
    if (!rc) {
        decide_all(&w);
        if (!in->given)
            settle_lone(&w, a);
    }
    for (size_t i = 0; i < n && !rc; i++)
        out->n_apart += out->parent[i] == TREE_APART;
    map_release(&w.titles);
    return rc;
}
