// SPDX-License-Identifier: Apache-2.0
#include "ask/ask.h"

#include "ask/prompt.h"
#include "base/log.h"
#include "base/stop.h"

#define THOUGHT 300 // letters

struct str ask_literal(struct str text, struct arena *a)
{
    char *all = arena_alloc(a, 2 * text.len + 3), *to = all;
    *to++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            *to++ = '\\';
        *to++ = text.ptr[i];
    }
    *to++ = '"';
    *to = 0;
    return str_make(all, (size_t)(to - all));
}

const char *ask_choice(const struct str *choices, size_t n, struct arena *a)
{
    struct str rest = STR_LIT("\"none\"");
    for (size_t i = 0; i < n; i++)
        rest = arena_printf(a, "%.*s | %.*s", STR_ARG(rest), STR_ARG(ask_literal(choices[i], a)));
    return arena_printf(a, "root ::= [^<>]{0,%d} \"<answer>\" ( %.*s ) \"</answer>\"\n", THOUGHT,
                        STR_ARG(rest))
        .ptr;
}

struct round {
    size_t *which; // questions of this round
    size_t n;
    int number;             // 0, 1 …
    struct str *complaints; // of each of them; empty in the first round
    // Of each question: there was no answer when it was asked last, and why.
    bool *silent;
    const char **why;
};

// Each round asks in other words: the answer to the same words is in the file of answers.
static struct raw question_again(struct raw question, struct str complaint, int number,
                                 struct arena *a)
{
    if (!complaint.len)
        return question;
    struct str why = prompt_fence(complaint, ASK_COMPLAINT_BYTES, a);
    struct str which =
        number > 1 ? arena_printf(a, "Your last %d answers", number) : STR_LIT("Your last answer");
    return raw_of(arena_printf(a,
                               "%.*s\n\n%.*s could not be used: %.*s Answer again, in the form "
                               "that is asked for.",
                               STR_ARG(question.s), STR_ARG(which), STR_ARG(why)));
}

static struct llm_request make_request(const struct ask *ask, struct raw question)
{
    return (struct llm_request){
        .prefix = ask->prefix,
        .prompt = question,
        .grammar = ask->grammar,
        .max_tokens = ask->max_tokens,
        .is_whole = true,
    };
}

// Asks one round; what is to be asked again moves to the front of the lists.
static int ask_round(const struct ask *ask, const struct raw *questions, struct round *round,
                     bool *gap, struct arena *a, struct ask_counts *counts, struct err *err)
{
    struct llm_request *requests = arena_array(a, round->n, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, round->n, sizeof *replies);
    size_t n_again = 0;
    for (size_t i = 0; i < round->n; i++)
        requests[i] = make_request(ask, question_again(questions[round->which[i]],
                                                       round->complaints[i], round->number, a));
    int rc = llm_ask(ask->llm, requests, round->n, a, replies, err);
    if (rc == ERR_BUDGET) { // what was answered is there, the rest are gaps
        log_warning("%s", err->text);
        err_clear(err);
        rc = 0;
    }
    for (size_t i = 0; !rc && i < round->n; i++) {
        size_t item = round->which[i];
        counts->n_prompt_tokens += replies[i].n_prompt_tokens;
        counts->n_reply_tokens += replies[i].n_reply_tokens;
        round->silent[item] = replies[i].stop == LLM_FAILED;
        round->why[item] = replies[i].why;
        if (round->silent[item]) // the chain has tried again already
            continue;
        struct str complaint = ask->take(ask->context, item, replies[i].text.s, a);
        gap[item] = complaint.len > 0;
        if (complaint.len) {
            round->which[n_again] = item;
            round->complaints[n_again++] = complaint;
        }
    }
    round->n = n_again;
    return rc;
}

// Question i has no good answer in the end.
static int count_gap(const struct ask *ask, const struct raw *questions, const struct round *round,
                     size_t i, struct ask_counts *counts, struct err *err)
{
    struct llm_request request = make_request(ask, questions[i]);
    counts->n_gaps++;
    counts->n_silent += round->silent[i];
    if (!round->silent[i] && ask->is_answer && ask->is_answer(ask->context, i))
        return 0;
    counts->n_why[llm_why_place(round->silent[i] ? round->why[i] : WHY_UNUSABLE)]++;
    return llm_forget(ask->llm, &request, err);
}

int ask_all(const struct ask *ask, const struct raw *questions, size_t n, struct arena *a,
            bool *gap, struct ask_counts *counts, struct err *err)
{
    struct round round = { .n = n };
    bool *gaps = gap ? gap : arena_array(a, n + 1, sizeof *gaps);
    round.which = arena_array(a, n + 1, sizeof *round.which);
    round.silent = arena_zero_array(a, n + 1, sizeof *round.silent);
    round.why = arena_zero_array(a, n + 1, sizeof *round.why);
    round.complaints = arena_zero_array(a, n + 1, sizeof *round.complaints);
    for (size_t i = 0; i < n; i++) {
        round.which[i] = i;
        gaps[i] = true;
    }
    counts->n_asked += (int64_t)n;
    int rc = 0;
    for (int i = 0; !rc && i < ASK_ROUNDS && round.n; i++) {
        counts->n_again += i ? (int64_t)round.n : 0;
        round.number = i;
        rc = stop_check(err);
        if (!rc)
            rc = ask_round(ask, questions, &round, gaps, a, counts, err);
    }
    for (size_t i = 0; !rc && i < n; i++)
        if (gaps[i])
            rc = count_gap(ask, questions, &round, i, counts, err);
    return rc;
}

int ask_pass_ceiling(struct ask_counts *counts, int rc, struct err *err)
{
    if (rc != ERR_BUDGET)
        return rc;
    log_warning("%s", err->text);
    err_clear(err);
    counts->n_gaps++;
    counts->n_silent++;
    counts->n_why[llm_why_place(WHY_NOT_ASKED)]++;
    return 0;
}
