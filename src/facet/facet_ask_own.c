// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_ask_own.h"

#include "ask/ask_twice.h"
#include "ask/prompt.h"
#include "facet/facet_parse.h"
#include "facet/facet_question.h"
#include "facet/transcript.h"

#define MARK "\x1f" // where the conversation goes
// Costs as transcript_cost counts them: what one item may have of the model in this process.
static const struct transcript_limits limits = { .total = 600, .first = 420 };
// One line without signs that only code, tags and addresses have.
static const char one_line[] = "root ::= \" \"? [^ \\n\\r\\t<>{}|\\\\`@#*.] char* \".\"\n"
                               "char ::= [^\\n\\r\\t<>{}|\\\\`@#*.] | \".\" [a-zA-Z]\n";

struct question {
    const struct facet *facet;
    size_t id;
    struct str before, after;
    const char *grammar;
};
struct work {
    const struct conversation *conversations;
    struct facet_set *sets;
    struct question questions[FACET_MOST];
    size_t *items; // conversations that are asked about
    size_t n_items;
};

// Question i is about conversation i % n_items: the questions of a facet stand together, since the
// model computes what they share once.
static const struct question *question_of(const struct work *work, size_t i, size_t *item)
{
    *item = work->items[i % work->n_items];
    return &work->questions[i / work->n_items];
}

static const char *make_grammar(const struct facet *f, struct arena *a)
{
    struct str all = STR_LIT("");
    if (f->kind == FACET_TEXT)
        return one_line;
    for (size_t i = 0; i < f->n_values; i++)
        if (strcmp(f->values[i], FACET_UNKNOWN) != 0)
            all = arena_printf(a, "%.*s%s\"%s\"", STR_ARG(all), all.len ? " | " : "", f->values[i]);
    if (!all.len) // the only value; an empty alternative would be an empty answer
        all = STR_LIT("\"" FACET_UNKNOWN "\"");
    return arena_printf(a, "root ::= %.*s\n", STR_ARG(all)).ptr;
}

static void make_question(struct question *q, const struct facet_list *list, size_t id,
                          const char *language, struct arena *a)
{
    struct prompt prompt = prompt_of("facet_one");
    q->facet = &list->items[id];
    q->id = id;
    const struct prompt_value values[] = {
        { "question", facet_question_text(q->facet, language, a) },
        { "conversation", STR_LIT(MARK) },
    };
    struct str body = prompt_fill(&prompt, values, COUNT_OF(values), a);
    size_t at = str_find(body, STR_LIT(MARK), 0);
    q->before = arena_printf(a, "%.*s%.*s", STR_ARG(prompt.prefix), STR_ARG(str_head(body, at)));
    q->after = str_from(body, at + 1);
    q->grammar = make_grammar(q->facet, a);
}

static int make(void *context, size_t i, bool repair, struct arena *a, struct llm_request *request,
                struct err *err)
{
    const struct work *work = context;
    size_t item, n;
    const struct question *q = question_of(work, i, &item);
    struct turn *turns;
    (void)repair; // answers are the likeliest ones: a second try would say the same
    int rc = vault_parse_turns(work->conversations[item].turns, a, &turns, &n, err);
    if (rc)
        return rc;
    struct str transcript = transcript_write(turns, n, &limits, a);
    *request = (struct llm_request){
        .prefix = q->before,
        .prompt =
            raw_of(arena_printf(a, "%.*s%.*s", STR_ARG(str_trim(transcript)), STR_ARG(q->after))),
        .stem = str_of(q->facet->stem),
        .grammar = q->grammar,
        .max_tokens = q->facet->max_tokens,
    };
    return 0;
}

static const char *take(void *context, size_t i, struct str reply, struct arena *a)
{
    const struct work *work = context;
    size_t item;
    struct str value;
    const struct question *q = question_of(work, i, &item);
    if (q->facet->kind == FACET_TEXT) {
        const char *why = facet_parse(q->facet, reply, false, a, &value);
        if (why)
            return why;
        work->sets[item].values[q->id] = raw_of(value);
        return NULL;
    }
    for (size_t v = 0; v < q->facet->n_values; v++)
        if (str_equal(str_trim(reply), str_of(q->facet->values[v]))) {
            work->sets[item].values[q->id] = raw_of(str_of(q->facet->values[v]));
            return NULL;
        }
    return q->facet->kind == FACET_NUMBER ? "number" : "category";
}

int facet_ask_own(struct llm_link *llm, const struct facet_list *list, const char *language,
                  const struct conversation *conversations, struct facet_set *sets, size_t n,
                  struct arena *a, struct facet_ask_counts *counts, struct err *err)
{
    struct work work = { .conversations = conversations,
                         .sets = sets,
                         .items = arena_array(a, n + 1, sizeof(size_t)) };
    struct ask_twice ask = { llm, make, take, &work, "they stay unknown" };
    struct ask_counts asked = { 0 };
    size_t n_questions = 0;
    bool over = false;
    for (size_t i = N_FACETS; i < list->n; i++)
        if (facet_is_asked(&list->items[i]))
            make_question(&work.questions[n_questions++], list, i, language, a);
    for (size_t i = 0; i < n; i++)
        if (!sets[i].is_empty)
            work.items[work.n_items++] = i;
    size_t n_asked = n_questions * work.n_items;
    if (!n_asked)
        return 0;
    const char **gaps = arena_zero_array(a, n_asked + 1, sizeof *gaps);
    int rc = ask_twice(&ask, n_asked, a, gaps, &asked, &over, err);
    for (size_t i = 0; !rc && i < n_asked; i++) {
        struct facet_set *set = &sets[work.items[i % work.n_items]];
        set->gap = set->gap ? set->gap : gaps[i];
    }
    counts->n_prompt_tokens += asked.n_prompt_tokens;
    counts->n_reply_tokens += asked.n_reply_tokens;
    return rc;
}
