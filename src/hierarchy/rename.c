// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/rename.h"

#include "ask/prompt.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "hierarchy/propose.h"

#define LIST_BYTES ((size_t)1 << 20)

struct work {
    struct parent_text *t;
    struct level_text *level;
    struct support support;
    enum name_fault *faults; // of each parent, the last one
    size_t n_named;
};

static int put_children(const struct parent_text *t, const struct tree *tree, size_t l, size_t node,
                        struct arena *a, struct str *out, struct err *err)
{
    struct buf list;
    size_t n = 0;
    int rc = 0;
    buf_init(&list, LIST_BYTES, "groups of a prompt");
    for (size_t i = 0; !rc && i < tree->size[l - 1] && n < RENAME_SHOWN_CHILDREN; i++)
        if (tree->parent[l - 1][i] == node) {
            struct str line = name_as_data(&t->level[l - 1].names[i], a);
            rc = buf_printf(&list, err, "%s- %.*s", n++ ? "\n" : "", STR_ARG(line));
        }
    if (!rc)
        *out = arena_str(a, buf_view(&list));
    buf_release(&list);
    return rc;
}

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    const struct phrase_words *words = &w->level->words[i];
    struct name name;
    support_clear(&w->support);
    for (size_t j = 0; j < words->n; j++)
        support_add(&w->support, words->items[j].text);
    struct name_gate gate = { w->t->params.scanner, &w->support, &w->t->used,
                              config_text(w->t->run->config, "language-of-titles") };
    struct str complaint =
        name_read(reply, &gate, w->level->titles[i].text, a, &name, &w->faults[i]);
    if (complaint.len)
        return complaint;
    w->level->names[i] = (struct name){ arena_str(a, name.title), arena_str(a, name.summary) };
    map_add(&w->t->used, utf8_lower(a, name.title), UINT64_MAX, NULL);
    w->n_named++;
    return complaint;
}

// What the gate refused is an answer; what has no form is none.
static bool is_answer(void *context, size_t i)
{
    const struct work *w = context;
    return w->faults[i] != NAME_FORM;
}

int rename_level(struct parent_text *t, const struct tree *tree, size_t l,
                 const struct str *proposed, struct renamed *out, struct err *err)
{
    struct arena *a = &t->run->scratch;
    struct prompt prompt = prompt_of("rename");
    size_t n = tree->size[l];
    struct work w = { .t = t,
                      .level = &t->level[l],
                      .faults = arena_zero_array(a, n + 1, sizeof *w.faults) };
    struct raw *questions = arena_array(a, n + 1, sizeof *questions);
    struct ask ask = {
        t->run->llm, prompt.prefix, ASK_NAME, NAME_MOST_TOKENS, take, &w, is_answer
    };
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        struct str groups = { 0 };
        rc = put_children(t, tree, l, i, a, &groups, err);
        const struct prompt_value values[] = {
            { "criteria", str_of(run_criteria(t->run)) },
            { "proposed", proposed ? prompt_fence(proposed[i], 200, a) : STR_LIT("(nothing)") },
            { "groups", groups },
            { "language", str_of(config_text(t->run->config, "language-of-titles")) },
            { "words", phrase_words_line(&w.level->words[i], NAME_SHOWN_WORDS, a) },
        };
        if (!rc)
            questions[i] = raw_of(prompt_fill(&prompt, values, COUNT_OF(values), a));
    }
    if (!rc)
        rc = ask_all(&ask, questions, n, a, NULL, out->counts, err);
    support_release(&w.support);
    out->n += n;
    out->n_by_phrases += n - w.n_named;
    return rc;
}
