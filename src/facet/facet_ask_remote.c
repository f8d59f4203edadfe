// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_ask_remote.h"

#include "ask/ask_twice.h"
#include "facet/facet_json.h"
#include "facet/transcript.h"
#include "llm/llm_remote.h"

// Costs as transcript_cost counts them: about 1,500 tokens of English.
static const struct transcript_limits limits = { .total = 6000, .first = 3000 };

const char facet_gap_not_asked[] = WHY_NOT_ASKED;

struct work {
    const struct facet_questions *questions;
    const struct conversation *conversations;
    struct facet_set *sets;
    size_t *items; // conversations that are asked about; questions of each stand together
    size_t n_items;
};

int facet_remote_request(const struct facet_question *question,
                         const struct conversation *conversation, bool repair, struct arena *a,
                         struct llm_request *request, struct err *err)
{
    struct arena work = { 0 }; // what was pasted may be long; what is asked is not
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(conversation->turns, &work, &turns, &n, err);
    struct str transcript = rc ? STR_LIT("") : transcript_write(turns, n, &limits, &work);
    const char *note = repair ? "\nYour last answer could not be read. Answer with the JSON "
                                "object and nothing else."
                              : "";
    *request = (struct llm_request){
        .prefix = question->before,
        .prompt = raw_of(arena_printf(a, "%.*s\n%.*s%s", STR_ARG(str_trim(transcript)),
                                      STR_ARG(question->after), note)),
        .schema = question->schema,
        .grammar = question->grammar,
        .max_tokens = question->max_tokens,
        .is_whole = true,
    };
    arena_release(&work);
    return rc;
}

static int make(void *context, size_t i, bool repair, struct arena *a, struct llm_request *request,
                struct err *err)
{
    const struct work *work = context;
    size_t n = work->questions->n, item = work->items[i / n];
    return facet_remote_request(&work->questions->items[i % n], &work->conversations[item], repair,
                                a, request, err);
}

static const char *take(void *context, size_t i, struct str reply, struct arena *a)
{
    const struct work *work = context;
    size_t n = work->questions->n, item = work->items[i / n];
    return facet_json_parse(reply, work->questions->list, &work->questions->items[i % n], a,
                            &work->sets[item]);
}

int facet_offer_remote(struct llm_link *llm, const struct facet_questions *questions,
                       const struct conversation *conversations, struct facet_set *sets, size_t n,
                       struct arena *a, struct err *err)
{
    struct work work = { questions, conversations, sets, arena_array(a, n + 1, sizeof(size_t)), 0 };
    struct ask_twice ask = { llm, make, take, &work, "" };
    for (size_t i = 0; i < n; i++)
        if (!sets[i].is_empty)
            work.items[work.n_items++] = i;
    return ask_twice_offer(&ask, work.n_items * questions->n, a, err);
}

int facet_ask_remote(struct llm_link *llm, const struct facet_questions *questions,
                     const struct conversation *conversations, struct facet_set *sets, size_t n,
                     struct arena *a, struct facet_ask_counts *counts, bool *over, struct err *err)
{
    struct work work = { questions, conversations, sets, arena_array(a, n + 1, sizeof(size_t)), 0 };
    struct ask_twice ask = { llm, make, take, &work,
                             "the facets that are missing come from rules" };
    struct ask_counts asked = { 0 };
    for (size_t i = 0; i < n; i++)
        if (!sets[i].is_empty)
            work.items[work.n_items++] = i;
    size_t n_asked = work.n_items * questions->n;
    const char **gaps = arena_zero_array(a, n_asked + 1, sizeof *gaps);
    int rc = ask_twice(&ask, n_asked, a, gaps, &asked, over, err);
    for (size_t i = 0; !rc && i < n_asked; i++) {
        struct facet_set *set = &sets[work.items[i / questions->n]];
        if (!set->gap || (ask_is_open(gaps[i]) && !ask_is_open(set->gap)))
            set->gap = gaps[i];
    }
    counts->n_prompt_tokens += asked.n_prompt_tokens;
    counts->n_reply_tokens += asked.n_reply_tokens;
    return rc;
}
