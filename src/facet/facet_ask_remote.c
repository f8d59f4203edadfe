// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_ask_remote.h"

#include "ask/ask_twice.h"
#include "facet/facet_json.h"
#include "facet/prompt_files.h"
#include "facet/transcript.h"
#include "llm/llm_remote.h"

#define MOST_TOKENS 300 // of an answer
// Costs as transcript_cost counts them: about 1,500 tokens of English.
static const struct transcript_limits limits = { .total = 6000, .first = 3000 };

const char facet_gap_not_asked[] = WHY_NOT_ASKED;

struct prompt {
    struct str before, after; // the conversation
};
struct work {
    const struct conversation *conversations;
    struct facet_set *sets;
    size_t *items; // conversations that are asked about
    size_t n_items;
};

static struct prompt read_prompt(void)
{
    struct str text = str_of(prompt_facets()), place = STR_LIT("{conversation}");
    size_t at = str_find(text, place, 0);
    if (at == SIZE_MAX)
        BUG("prompts/facets.txt has no place for the conversation");
    return (struct prompt){ str_head(text, at), str_trim(str_from(text, at + place.len)) };
}

int facet_remote_request(const struct conversation *conversation, bool repair, struct arena *a,
                         struct llm_request *request, struct err *err)
{
    struct prompt prompt = read_prompt();
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(conversation->turns, a, &turns, &n, err);
    if (rc)
        return rc;
    struct str transcript = transcript_write(turns, n, &limits, a);
    const char *note = repair ? "\nYour last answer could not be read. Answer with the JSON "
                                "object and nothing else."
                              : "";
    *request = (struct llm_request){ .prefix = prompt.before,
                                     .prompt = raw_of(arena_printf(
                                         a, "%.*s\n%.*s%s", STR_ARG(str_trim(transcript)),
                                         STR_ARG(prompt.after), note)),
                                     .schema = facet_json_schema,
                                     .max_tokens = MOST_TOKENS };
    return 0;
}

static int make(void *context, size_t i, bool repair, struct arena *a, struct llm_request *request,
                struct err *err)
{
    const struct work *work = context;
    return facet_remote_request(&work->conversations[work->items[i]], repair, a, request, err);
}

static const char *take(void *context, size_t i, struct str reply, struct arena *a)
{
    const struct work *work = context;
    return facet_json_parse(reply, a, &work->sets[work->items[i]]);
}

int facet_ask_remote(struct llm_link *llm, const struct conversation *conversations,
                     struct facet_set *sets, size_t n, struct arena *a,
                     struct facet_ask_counts *counts, bool *over, struct err *err)
{
    struct work work = { conversations, sets, arena_array(a, n + 1, sizeof(size_t)), 0 };
    struct ask_twice ask = { llm, make, take, &work,
                             "the facets that are missing come from rules" };
    struct ask_counts asked = { 0 };
    for (size_t i = 0; i < n; i++)
        if (!sets[i].is_empty)
            work.items[work.n_items++] = i;
    const char **gaps = arena_zero_array(a, work.n_items + 1, sizeof *gaps);
    int rc = ask_twice(&ask, work.n_items, a, gaps, &asked, over, err);
    for (size_t i = 0; !rc && i < work.n_items; i++)
        sets[work.items[i]].gap = gaps[i];
    counts->n_prompt_tokens += asked.n_prompt_tokens;
    counts->n_reply_tokens += asked.n_reply_tokens;
    return rc;
}
