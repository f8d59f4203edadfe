// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_ask.h"

#include "facet/facet_parse.h"
#include "facet/facet_rule.h"
#include "facet/transcript.h"

// Costs as transcript_cost counts them: about 100 tokens of English.
static const struct transcript_limits limits = { .total = 400, .first = 330 };
#define OPENING_ENOUGH ((size_t)16) // cost of a first human turn that says something

// One line of plain words, without signs that only code, tags and addresses have.
static const char one_line[] = "root ::= \" \"? [^ \\n\\r\\t<>{}|\\\\`@#*.] char* \".\"\n"
                               "char ::= [^\\n\\r\\t<>{}|\\\\`@#*.] | \".\" [a-zA-Z]\n";

struct round {
    const struct facet_prompt *prompt;
    const struct conversation *conversations;
    struct facet_set *sets;
    size_t *items; // of the conversations that are asked now
    size_t n_items;
    size_t without; // example left out
};

// A small model answers for what it read last. So it sees the opening alone (facet retrieval among
// 700: 0.89 in the first five, against 0.72 with the last turns behind it) unless that says
// nothing.
static size_t turns_shown(const struct turn *turns, size_t n)
{
    size_t first = first_human_turn(turns, n);
    bool enough = first < n && transcript_cost(str_trim(turns[first].text.s)) >= OPENING_ENOUGH;
    return enough ? first + 1 : n;
}

static int make_request(const struct round *round, size_t item, struct str prefix, struct arena *a,
                        struct llm_request *request, struct err *err)
{
    const struct facet *facet = facet_catalog(FACET_REQUEST);
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(round->conversations[item].turns, a, &turns, &n, err);
    if (rc)
        return rc;
    struct str transcript = transcript_write(turns, turns_shown(turns, n), &limits, a);
    struct str text = arena_printf(a, "%.*s%.*s", STR_ARG(str_trim(transcript)),
                                   STR_ARG(round->prompt->after));
    *request = (struct llm_request){ .prefix = prefix, .prompt = raw_of(text),
                                     .stem = str_of(facet->stem), .grammar = one_line,
                                     .max_tokens = facet->max_tokens };
    return 0;
}

static void take_reply(struct facet_set *set, const struct llm_reply *reply, struct arena *a)
{
    const struct facet *facet = facet_catalog(FACET_REQUEST);
    struct str value;
    set->gap = reply->stop == LLM_FAILED
                   ? "failed"
                   : facet_parse(facet, reply->text.s, reply->stop == LLM_CUT, a, &value);
    if (set->gap)
        return;
    set->values[FACET_REQUEST] = raw_of(value);
    set->values[FACET_TASK] = raw_of(rule_task(value, a));
}

static int ask_round(struct llm_link *llm, const struct round *round, struct arena *a,
                     struct facet_ask_counts *counts, struct err *err)
{
    struct llm_request *requests = arena_array(a, round->n_items, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, round->n_items, sizeof *replies);
    struct str prefix = facet_prompt_prefix(round->prompt, round->without, a);
    int rc = 0;
    for (size_t i = 0; !rc && i < round->n_items; i++)
        rc = make_request(round, round->items[i], prefix, a, &requests[i], err);
    if (!rc)
        rc = llm_ask(llm, requests, round->n_items, a, replies, err);
    for (size_t i = 0; !rc && i < round->n_items; i++) {
        take_reply(&round->sets[round->items[i]], &replies[i], a);
        counts->n_prompt_tokens += replies[i].n_prompt_tokens;
        counts->n_reply_tokens += replies[i].n_reply_tokens;
    }
    return rc;
}

// The model sometimes gives an example's answer back: ask again without that example. An answer
// that is then still one of the examples is none.
static int ask_copied_again(struct llm_link *llm, struct round *round, size_t n, struct arena *a,
                            struct facet_ask_counts *counts, struct err *err)
{
    const struct facet_prompt *prompt = round->prompt;
    size_t *copied = arena_array(a, n, sizeof *copied);
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        copied[i] = round->sets[i].gap
                        ? prompt->n_examples
                        : facet_prompt_copied(prompt, round->sets[i].values[FACET_REQUEST].s);
    for (size_t example = 0; !rc && example < prompt->n_examples; example++) {
        round->n_items = 0;
        for (size_t i = 0; i < n; i++)
            if (copied[i] == example)
                round->items[round->n_items++] = i;
        round->without = example;
        counts->n_copied += (int64_t)round->n_items;
        if (round->n_items)
            rc = ask_round(llm, round, a, counts, err);
    }
    for (size_t i = 0; !rc && i < n; i++)
        if (copied[i] < prompt->n_examples && !round->sets[i].gap &&
            facet_prompt_copied(prompt, round->sets[i].values[FACET_REQUEST].s) <
                prompt->n_examples)
            round->sets[i].gap = "copied";
    return rc;
}

int facet_ask(struct llm_link *llm, const struct facet_prompt *prompt,
              const struct conversation *conversations, struct facet_set *sets, size_t n,
              struct arena *a, struct facet_ask_counts *counts, struct err *err)
{
    struct raw(*rules)[2] = arena_array(a, n, sizeof *rules);
    struct round round = { prompt, conversations, sets, arena_array(a, n, sizeof(size_t)), 0,
                           prompt->n_examples };
    for (size_t i = 0; i < n; i++) {
        rules[i][0] = sets[i].values[FACET_REQUEST];
        rules[i][1] = sets[i].values[FACET_TASK];
        if (!sets[i].is_empty)
            round.items[round.n_items++] = i;
    }
    int rc = round.n_items ? ask_round(llm, &round, a, counts, err) : 0;
    if (!rc)
        rc = ask_copied_again(llm, &round, n, a, counts, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (sets[i].gap) {
            sets[i].values[FACET_REQUEST] = rules[i][0];
            sets[i].values[FACET_TASK] = rules[i][1];
        }
    return rc;
}
