// SPDX-License-Identifier: Apache-2.0
// The screen stage: the model says yes or no to the question of --screen about every conversation,
// and only those with a yes go on (Clio paper, G.3). Without a question the stage is not in the
// line. In the order of seq, batch by batch, each batch one transaction; it goes on after the last
// conversation that has an answer. A conversation that has none in the end is left out and counted
// as a gap.
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "facet/screen.h"
#include "run/stage.h"
#include "store/vault_facet.h"
#include "store/vault_screen.h"

static struct str question_of(const struct run *run)
{
    return str_trim(str_of(config_text(run->config, "screen")));
}

static bool is_off(const struct run *run)
{
    return question_of(run).len == 0;
}

static int put_counts(struct run *run, const struct ask_counts *counts, struct err *err)
{
    int64_t n_in, n_out, n;
    int rc = vault_get_note(run->vault, "screen", "prompt_tokens", &n_in, err);
    if (!rc)
        rc = vault_set_note(run->vault, "screen", "prompt_tokens", n_in + counts->n_prompt_tokens,
                            err);
    if (!rc)
        rc = vault_get_note(run->vault, "screen", "reply_tokens", &n_out, err);
    if (!rc)
        rc = vault_set_note(run->vault, "screen", "reply_tokens", n_out + counts->n_reply_tokens,
                            err);
    if (!rc)
        rc = vault_count_screen(run->vault, "no", &n, err);
    if (!rc)
        rc = vault_set_note(run->vault, "screen", "said_no", n, err);
    if (!rc)
        rc = vault_count_screen(run->vault, "", &n, err);
    return rc ? rc : vault_set_note(run->vault, "screen", "without_answer", n, err);
}

static int do_batch(struct run *run, const struct conversations *batch, bool *over, struct err *err)
{
    const char **answers = arena_zero_array(&run->scratch, batch->n + 1, sizeof *answers);
    struct ask_counts counts = { 0 };
    int rc = screen_ask(run->llm, question_of(run), batch->items, batch->n, &run->scratch, answers,
                        &counts, over, err);
    if (!rc)
        rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < batch->n; i++)
        rc = vault_put_screen(run->vault, batch->items[i].seq, answers[i], err);
    if (!rc)
        rc = put_counts(run, &counts, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int do_all(struct run *run, int64_t n_all, struct err *err)
{
    struct conversations batch = { 0 };
    int64_t after, n_done;
    size_t size = run_model_batch(run);
    bool over = false;
    int rc = vault_last_screen(run->vault, &after, &n_done, err);
    do {
        struct arena_mark start = arena_save(&run->scratch);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = vault_read_conversations(run->vault, after, size, &run->scratch, &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            n_done += (int64_t)batch.n;
            rc = do_batch(run, &batch, &over, err);
        }
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_done, (uint64_t)n_all);
    } while (!rc && batch.n);
    return rc;
}

int screen_offer_rest(struct run *run, struct llm_link *llm, struct err *err)
{
    struct conversations batch = { 0 };
    int64_t after, n_done;
    int rc = vault_last_screen(run->vault, &after, &n_done, err);
    do {
        struct arena_mark start = arena_save(&run->scratch);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = vault_read_conversations(run->vault, after, LIMIT_SERVER_BATCH, &run->scratch,
                                          &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            rc = screen_offer(llm, question_of(run), batch.items, batch.n, &run->scratch, err);
        }
        arena_rewind(&run->scratch, start);
    } while (!rc && batch.n);
    return rc;
}

// With --batch: all questions are offered before the first is waited for.
static int offer_all(struct run *run, struct err *err)
{
    int rc = screen_offer_rest(run, run->llm, err);
    return rc ? rc : llm_offer(run->llm, NULL, 0, err);
}

// What was never answered is asked again, and all behind it, out of the file of answers.
static int forget_open(struct run *run, struct err *err)
{
    int rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && ask_open_gaps[i]; i++)
        rc = vault_forget_screen(run->vault, ask_open_gaps[i], err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// Nobody passed: the question is wrong, unless some have no answer yet.
static int tell_none(struct run *run, int64_t n_all, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct facet_counts counts;
    int64_t n, n_not_asked, n_open = 0;
    int rc = vault_count_screen_gaps(run->vault, &run->scratch, &counts, err);
    if (rc)
        return rc;
    struct str reasons = facet_counts_text(&counts, &run->scratch);
    n = facet_counts_sum(&counts);
    for (size_t i = 0; ask_open_gaps[i]; i++)
        n_open += facet_counts_of(&counts, ask_open_gaps[i]);
    n_not_asked = facet_counts_of(&counts, WHY_NOT_ASKED);
    if (n == 0)
        rc = err_set(err, ERR_DATA,
                     "the model said yes to --screen for none of %lld conversations; ask another "
                     "question",
                     (long long)n_all);
    else
        rc = err_set(err, n_not_asked ? ERR_BUDGET : ERR_GAPS,
                     "finished with gaps: the model said yes to --screen for none of %lld "
                     "conversations and %lld have no answer (%.*s), so there is no atlas; %s",
                     (long long)n_all, (long long)n, STR_ARG(reasons),
                     n_not_asked ? "the same command with a higher ceiling asks again"
                     : n_open    ? "the same command asks again"
                                 : "ask another question, or another model");
    arena_rewind(&run->scratch, start);
    return rc;
}

static int finish(struct run *run, int64_t n_all, struct err *err)
{
    int rc = vault_count_screen(run->vault, "yes", &run->record.n_out, err);
    if (!rc)
        rc = vault_get_note(run->vault, "screen", "prompt_tokens", &run->record.n_prompt_tokens,
                            err);
    if (!rc)
        rc = vault_get_note(run->vault, "screen", "reply_tokens", &run->record.n_reply_tokens, err);
    return rc || run->record.n_out ? rc : tell_none(run, n_all, err);
}

static int check(const struct run *run, struct err *err)
{
    if (is_off(run) || !run_has_profile(run, "none"))
        return 0;
    return err_set(err, ERR_USAGE,
                   "--screen asks a model, and profile none has none; use --profile embedded, "
                   "gguf or remote, or choose by words with --where");
}

static int run_screen(struct run *run, struct err *err)
{
    int64_t n_all = 0, n_yes = 0, n_asked = 0;
    run_keep_for(run, RUN_VECTORS);
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = forget_open(run, err);
    if (!rc)
        rc = vault_count_screen(run->vault, "yes", &n_yes, err);
    if (!rc)
        rc = vault_last_screen(run->vault, &n_asked, &n_asked, err);
    if (!rc)
        rc = vault_count_conversations(run->vault, &n_all, err);
    n_all += n_asked - n_yes; // those that are out already are not counted
    run->record.n_in = n_all;
    if (!rc && llm_takes_offers(run->llm))
        rc = offer_all(run, err);
    if (!rc)
        rc = do_all(run, n_all, err);
    return rc ? rc : finish(run, n_all, err);
}

static int has_open_gaps(struct run *run, bool *yes, struct err *err)
{
    int64_t n = 0;
    int rc = 0;
    for (size_t i = 0; !rc && !n && ask_open_gaps[i]; i++)
        rc = vault_count_screen(run->vault, ask_open_gaps[i], &n, err);
    *yes = n > 0;
    return rc;
}

const struct stage screen_stage = {
    .name = "screen",
    .summary = "keeps what the model says yes to",
    .reads = "conversation",
    .writes = "screen_answer screened_out",
    .settings = "profile model seed screen prompt:screen",
    .run = run_screen,
    .has_left = has_open_gaps,
    .check = check,
    .is_off = is_off,
};
