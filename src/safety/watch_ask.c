// SPDX-License-Identifier: Apache-2.0
// find what is open -> offer it (--batch) -> ask batch by batch, each one transaction -> read all
#include "safety/watch_ask.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/sorted.h"
#include "base/stop.h"
#include "facet/screen.h"
#include "run/remote.h"
#include "store/vault_safety.h"

struct work {
    struct run *run;
    struct safety *safety;
    const struct safety_watch *watch;
    struct str question;
    struct safety_answers known; // before
    int64_t before_open;         // all rows up to this seq are answered or never asked
    size_t n_open, n_done, n_gaps;
    bool over;
};

int watch_ask_check(const struct run *run, struct err *err)
{
    if (!run_has_profile(run, "none"))
        return 0;
    return err_set(err, ERR_USAGE,
                   "a watch with \"screen\" asks a model, and profile none has none; use --profile "
                   "embedded or remote, or watch for \"words\"");
}

static bool is_open(const struct work *work, const struct safety_source *row)
{
    return row->has_time && row->stands_for == row->seq &&
           sorted_find(work->known.transcript, work->known.n, row->transcript) == SIZE_MAX;
}

static int count_open(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct safety_sources batch = { 0 };
    int64_t after = 0;
    int rc = 0;
    do {
        struct arena_mark start = arena_save(a);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(work->run->vault, after, 1, LIMIT_STAGE_BATCH,
                                    SAFETY_TRANSCRIPT, a, &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            bool open = is_open(work, &batch.items[i]);
            if (open && !work->n_open)
                work->before_open = batch.items[i].seq - 1;
            work->n_open += open;
            after = batch.items[i].seq;
        }
        arena_rewind(a, start);
    } while (!rc && batch.n);
    return rc;
}

static bool is_kept(const char *answer)
{
    for (size_t i = 0; ask_open_gaps[i]; i++)
        if (strcmp(answer, ask_open_gaps[i]) == 0)
            return false;
    return true;
}

// list: conversations of `batch` that are open, and their transcripts.
struct open {
    struct conversation *list;
    int64_t *transcript;
    size_t n;
};

static int ask_batch(struct work *work, const struct open *open, struct err *err)
{
    struct run *run = work->run;
    struct ask_counts counts = { 0 };
    const char **answers = arena_zero_array(&run->scratch, open->n + 1, sizeof *answers);
    int rc = screen_ask(run->llm, work->question, open->list, open->n, &run->scratch, answers,
                        &counts, &work->over, err);
    run->record.n_prompt_tokens += counts.n_prompt_tokens;
    run->record.n_reply_tokens += counts.n_reply_tokens;
    if (!rc)
        rc = safety_begin(work->safety, err);
    for (size_t i = 0; !rc && i < open->n; i++) {
        bool kept = is_kept(answers[i]);
        work->n_gaps += strcmp(answers[i], "yes") != 0 && strcmp(answers[i], "no") != 0;
        if (kept)
            rc = safety_put_answer(work->safety, work->watch->id, open->transcript[i], answers[i],
                                   err);
    }
    if (!rc)
        rc = safety_commit(work->safety, err);
    if (rc)
        safety_rollback(work->safety);
    work->n_done += open->n;
    run_progress(run, work->n_done, work->n_open);
    return rc;
}

static int offer_batch(struct work *work, const struct open *open, struct err *err)
{
    return screen_offer(work->run->llm, work->question, open->list, open->n, &work->run->scratch,
                        err);
}

// `use` for each batch of what is open.
static int walk_open(struct work *work,
                     int (*use)(struct work *work, const struct open *open, struct err *err),
                     struct err *err)
{
    struct run *run = work->run;
    struct arena *a = &run->scratch;
    struct safety_sources batch = { 0 };
    size_t size = run_model_batch(run);
    int64_t after = work->before_open;
    int rc = 0;
    do {
        struct arena_mark start = arena_save(a);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, size, SAFETY_TURNS | SAFETY_TRANSCRIPT, a,
                                    &batch, err);
        struct open open = { arena_zero_array(a, batch.n + 1, sizeof *open.list),
                             arena_array(a, batch.n + 1, sizeof *open.transcript), 0 };
        for (size_t i = 0; !rc && i < batch.n; i++) {
            after = batch.items[i].seq;
            if (!is_open(work, &batch.items[i]))
                continue;
            open.list[open.n].turns = batch.items[i].turns;
            open.transcript[open.n++] = batch.items[i].transcript;
        }
        if (!rc && open.n)
            rc = use(work, &open, err);
        arena_rewind(a, start);
    } while (!rc && batch.n && !work->over);
    return rc;
}

static int ask_open(struct work *work, struct err *err)
{
    struct run *run = work->run;
    int rc = watch_ask_check(run, err);
    if (!rc)
        rc = run_open_llm(run, err);
    if (!rc && llm_takes_offers(run->llm))
        rc = walk_open(work, offer_batch, err);
    if (!rc && llm_takes_offers(run->llm))
        rc = llm_offer(run->llm, NULL, 0, err);
    if (!rc)
        rc = walk_open(work, ask_batch, err);
    if (rc)
        return rc;
    work->n_gaps += work->n_open - work->n_done;
    remote_tell(run);
    if (work->n_gaps)
        log_warning(
            "watch %.*s: %zu of %zu new conversations have no answer and do not count; what "
            "was not asked is asked the next time",
            STR_ARG(work->watch->name), work->n_gaps, work->n_open);
    return 0;
}

int watch_ask(struct run *run, struct safety *safety, const struct safety_watch *watch,
              struct str question, struct safety_answers *answers, struct err *err)
{
    struct work work = { .run = run, .safety = safety, .watch = watch, .question = question };
    struct arena *a = &run->scratch;
    int rc = safety_read_answers(safety, watch->id, a, &work.known, err);
    if (!rc)
        rc = count_open(&work, err);
    if (!rc && work.n_open)
        rc = ask_open(&work, err);
    *answers = work.known;
    return rc || !work.n_open ? rc : safety_read_answers(safety, watch->id, a, answers, err);
}
