// SPDX-License-Identifier: Apache-2.0
#include "facet/screen.h"

#include "ask/prompt.h"
#include "base/utf8.h"
#include "facet/transcript.h"

#define QUESTION_BYTES ((size_t)600)
#define MARK "\x1f"    // where the conversation goes
// Costs as transcript_cost counts them: about 1,500 tokens of English for a server, what one item
// may have of the model in this process (llm/provider_llama.c) otherwise.
static const struct transcript_limits remote_limits = { .total = 6000, .first = 3000 };
static const struct transcript_limits small_limits = { .total = 600, .first = 420 };
static const char whole_grammar[] = "root ::= \"<answer>\" (\"yes\" | \"no\") \"</answer>\"\n";
static const char grammar[] = "root ::= (\"yes\" | \"no\") \"</answer>\"\n";

struct work {
    const struct conversation *conversations;
    const char **answers;
    size_t *items;            // conversations that are asked about
    struct str before, after; // the conversation, in the prompt
    bool in_process;
};

static bool says_nothing(const struct turn *turns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_trim(turns[i].text.s).len)
            return false;
    return true;
}

static int make(void *context, size_t i, bool repair, struct arena *a, struct llm_request *request,
                struct err *err)
{
    const struct work *work = context;
    struct arena own = { 0 }; // what was pasted may be long; what is asked is not
    struct str transcript = STR_LIT("");
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(work->conversations[work->items[i]].turns, &own, &turns, &n, err);
    if (!rc)
        transcript =
            transcript_write(turns, n, work->in_process ? &small_limits : &remote_limits, &own);
    *request = (struct llm_request){
        .prefix = work->before,
        .prompt = raw_of(arena_printf(a, "%.*s%.*s%s", STR_ARG(str_trim(transcript)),
                                      STR_ARG(work->after),
                                      repair ? "\nYour last answer was neither yes nor no." : "")),
        .stem = work->in_process ? STR_LIT("<answer>") : STR_LIT(""),
        .grammar = work->in_process ? grammar : whole_grammar,
        .max_tokens = SCREEN_MOST_TOKENS,
        .is_whole = !work->in_process,
    };
    arena_release(&own);
    return rc;
}

const char *screen_read(struct str reply)
{
    struct str said = prompt_answer(reply, "answer");
    said = str_trim(said.ptr ? said : reply);
    size_t n = 0;
    while (n < said.len && ((said.ptr[n] | 32) >= 'a' && (said.ptr[n] | 32) <= 'z'))
        n++;
    said.len = n;
    return str_equal_ci(said, STR_LIT("yes"))  ? "yes"
           : str_equal_ci(said, STR_LIT("no")) ? "no"
                                               : NULL;
}

static const char *take(void *context, size_t i, struct str reply, struct arena *a)
{
    const struct work *work = context;
    const char *said = screen_read(reply);
    (void)a;
    if (said)
        work->answers[work->items[i]] = said;
    return said ? NULL : "no-answer";
}

static void cut_prompt(struct work *work, struct str question, struct arena *a)
{
    struct prompt prompt = prompt_of("screen");
    const struct prompt_value values[] = {
        { "question", prompt_fence(question, QUESTION_BYTES, a) },
        { "conversation", STR_LIT(MARK) },
    };
    struct str body = prompt_fill(&prompt, values, COUNT_OF(values), a);
    size_t at = str_find(body, STR_LIT(MARK), 0);
    work->before = arena_printf(a, "%.*s%.*s", STR_ARG(prompt.prefix), STR_ARG(str_head(body, at)));
    work->after = str_from(body, at + 1);
}

// What both of the functions below ask about.
static int set_items(struct work *work, struct str question, size_t n, struct arena *a,
                     size_t *n_items, struct err *err)
{
    int rc = 0;
    work->items = arena_array(a, n + 1, sizeof(size_t));
    cut_prompt(work, question, a);
    *n_items = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        struct arena_mark start = arena_save(a);
        struct turn *turns;
        size_t n_turns;
        rc = vault_parse_turns(work->conversations[i].turns, a, &turns, &n_turns, err);
        if (!rc && !says_nothing(turns, n_turns))
            work->items[(*n_items)++] = i;
        arena_rewind(a, start);
    }
    return rc;
}

int screen_offer(struct llm_link *llm, struct str question,
                 const struct conversation *conversations, size_t n, struct arena *a,
                 struct err *err)
{
    struct work work = { .conversations = conversations };
    struct ask_twice ask = { llm, make, take, &work, "" };
    size_t n_items;
    int rc = set_items(&work, question, n, a, &n_items, err);
    return rc ? rc : ask_twice_offer(&ask, n_items, a, err);
}

int screen_ask(struct llm_link *llm, struct str question, const struct conversation *conversations,
               size_t n, struct arena *a, const char **answers, struct ask_counts *counts,
               bool *over, struct err *err)
{
    struct work work = { .conversations = conversations,
                         .answers = answers,
                         .in_process = strcmp(llm->name, "llama") == 0 };
    struct ask_twice ask = { llm, make, take, &work,
                             "conversations that were not asked about are left out" };
    size_t n_items = 0;
    for (size_t i = 0; i < n; i++)
        answers[i] = "no";
    int rc = set_items(&work, question, n, a, &n_items, err);
    const char **gaps = arena_zero_array(a, n_items + 1, sizeof *gaps);
    if (!rc)
        rc = ask_twice(&ask, n_items, a, gaps, counts, over, err);
    for (size_t i = 0; !rc && i < n_items; i++)
        if (gaps[i])
            answers[work.items[i]] = gaps[i];
    return rc;
}
