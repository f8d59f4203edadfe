// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_ask_remote.h"

#include "base/log.h"
#include "facet/facet_json.h"
#include "facet/prompt_files.h"
#include "facet/transcript.h"
#include "llm/llm_remote.h"

#define MOST_TOKENS 300 // of an answer
// Costs as transcript_cost counts them: about 1,500 tokens of English.
static const struct transcript_limits limits = { .total = 6000, .first = 3000 };

const char facet_gap_not_asked[] = WHY_NOT_ASKED;
const char *const facet_open_gaps[] = { WHY_NOT_ASKED, WHY_UNREACHABLE, NULL };

struct prompt {
    struct str before, after; // the conversation
};
struct round {
    const struct conversation *conversations;
    struct facet_set *sets;
    size_t *items; // of the conversations that are asked now
    size_t n_items;
    bool repair;
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

static void take_reply(struct facet_set *set, const struct llm_reply *reply, struct arena *a)
{
    if (reply->stop == LLM_FAILED)
        set->gap = reply->why ? reply->why : "failed";
    else
        set->gap = facet_json_parse(reply->text.s, a, set);
    if (set->gap && reply->stop == LLM_CUT)
        set->gap = "cut";
}

static int ask_round(struct llm_link *llm, const struct round *round, struct arena *a,
                     struct facet_ask_counts *counts, bool *over, struct err *err)
{
    struct llm_request *requests = arena_array(a, round->n_items, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, round->n_items, sizeof *replies);
    int rc = 0;
    for (size_t i = 0; !rc && i < round->n_items; i++)
        rc = facet_remote_request(&round->conversations[round->items[i]], round->repair, a,
                                  &requests[i], err);
    if (rc || round->n_items == 0)
        return rc;
    rc = llm_ask(llm, requests, round->n_items, a, replies, err);
    if (rc == ERR_BUDGET) {
        log_warning("%s; the facets that are missing come from rules", err->text);
        err_clear(err);
        *over = true;
        rc = 0;
    }
    for (size_t i = 0; !rc && i < round->n_items; i++) {
        take_reply(&round->sets[round->items[i]], &replies[i], a);
        counts->n_prompt_tokens += replies[i].n_prompt_tokens;
        counts->n_reply_tokens += replies[i].n_reply_tokens;
    }
    return rc;
}

// A refusal stands; what was never answered was tried often enough.
static bool may_repair(const char *gap)
{
    static const char *const final[] = { WHY_REFUSED, WHY_REJECTED, WHY_MALFORMED, WHY_UNREACHABLE,
                                         WHY_NOT_ASKED };
    for (size_t i = 0; gap && i < COUNT_OF(final); i++)
        if (strcmp(gap, final[i]) == 0)
            return false;
    return gap != NULL;
}

int facet_ask_remote(struct llm_link *llm, const struct conversation *conversations,
                     struct facet_set *sets, size_t n, struct arena *a,
                     struct facet_ask_counts *counts, bool *over, struct err *err)
{
    struct round round = { conversations, sets, arena_array(a, n, sizeof(size_t)), 0, false };
    for (size_t i = 0; i < n; i++)
        if (!sets[i].is_empty && *over)
            sets[i].gap = WHY_NOT_ASKED;
        else if (!sets[i].is_empty)
            round.items[round.n_items++] = i;
    int rc = ask_round(llm, &round, a, counts, over, err);
    round.n_items = 0;
    round.repair = true;
    for (size_t i = 0; i < n; i++)
        if (may_repair(sets[i].gap))
            round.items[round.n_items++] = i;
    if (!rc && !*over)
        rc = ask_round(llm, &round, a, counts, over, err);
    return rc;
}
