// SPDX-License-Identifier: Apache-2.0
#include "evaluate/plant_model.h"

#include "ask/ask.h"
#include "ask/prompt.h"
#include "base/map.h"
#include "evaluate/plant.h"
#include "run/model_path.h"
#include "run/remote.h"

#define MOST_BYTES ((size_t)1200) // of a message
#define LEAST_BYTES ((size_t)6)
#define MOST_TOKENS 400
#define MESSAGE "root ::= \"<message>\" line \"</message>\"\n" ASK_LINE

struct work {
    struct run *run;
    struct ask_counts counts;
    struct map seen; // messages that came
    struct plant_text *texts;
    struct str *written;
};

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    struct str message = prompt_answer(reply, "message");
    if (!message.ptr)
        return STR_LIT("the message stands between <message> and </message>.");
    message = prompt_fence(message, MOST_BYTES + 1, a);
    if (message.len < LEAST_BYTES || message.len > MOST_BYTES)
        return STR_LIT("the message has a few sentences.");
    if (str_equal_ci(message, w->texts[i].english) || str_equal_ci(message, STR_LIT("the message")))
        return STR_LIT("the message is to be in the person's own words and language.");
    bool is_new;
    map_add(&w->seen, message, 0, &is_new);
    if (!is_new)
        return STR_LIT("another person has sent this very message; write one in other words.");
    w->written[i] = message;
    return STR_LIT("");
}

static int write_texts(void *context, struct plant_text *texts, size_t n, struct arena *a,
                       struct err *err)
{
    struct work *w = context;
    struct prompt prompt = prompt_of("plant");
    struct raw *questions = arena_array(a, n + 1, sizeof *questions);
    struct ask ask = { w->run->llm, prompt.prefix, MESSAGE, MOST_TOKENS, take, w, NULL };
    w->texts = texts;
    w->written = arena_zero_array(a, n + 1, sizeof *w->written);
    for (size_t i = 0; i < n; i++) {
        const struct prompt_value values[] = { { "wish", texts[i].english },
                                               { "language", texts[i].language } };
        questions[i] = raw_of(prompt_fill(&prompt, values, COUNT_OF(values), a));
    }
    int rc = ask_all(&ask, questions, n, a, NULL, &w->counts, err);
    for (size_t i = 0; !rc && i < n; i++)
        texts[i].text = w->written[i];
    return rc;
}

// The model as the header of the truth calls it.
static int name_model(struct run *run, struct str *name, struct err *err)
{
    struct arena *a = &run->scratch;
    int rc = 0;
    *name = str_of(config_text(run->config, "model"));
    if (!run_has_profile(run, "remote")) {
        rc = model_path_llm(a, run->config, name, err);
        *name = rc ? *name : model_path_name(*name);
    }
    *name = prompt_fence(*name, 100, a);
    return rc;
}

// Why messages did not come.
static int tell_gaps(const struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str why = STR_LIT("");
    const struct ask_counts *counts = &w->counts;
    for (size_t i = 0; i < LLM_N_WHYS; i++)
        if (counts->n_why[i])
            why = arena_printf(a, "%.*s%s%s %lld", STR_ARG(why), why.len ? ", " : "", llm_whys[i],
                               (long long)counts->n_why[i]);
    if (!counts->n_gaps)
        return 0;
    bool not_asked = counts->n_why[llm_why_place(WHY_NOT_ASKED)] > 0;
    return err_set(err, not_asked ? ERR_BUDGET : ERR_GAPS,
                   "%lld of %lld messages did not come and are left out (%.*s)%s",
                   (long long)counts->n_gaps, (long long)counts->n_asked, STR_ARG(why),
                   not_asked ? "; a higher ceiling asks for them" : "");
}

int plant_by_model(struct run *run, const char *dir, size_t n, uint64_t seed, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work w = { .run = run };
    struct plant_writer writer = { .write = write_texts, .context = &w };
    run->stage = "plant";
    int rc = name_model(run, &writer.name, err);
    if (!rc)
        rc = run_open_llm(run, err);
    if (!rc)
        rc = plant_files(dir, n, seed, &writer, err);
    run->record.n_prompt_tokens = w.counts.n_prompt_tokens;
    run->record.n_reply_tokens = w.counts.n_reply_tokens;
    remote_tell(run);
    if (!rc)
        rc = tell_gaps(&w, err);
    map_release(&w.seen);
    arena_rewind(&run->scratch, start);
    return rc;
}
