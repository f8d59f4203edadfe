// SPDX-License-Identifier: Apache-2.0
#include "cluster/describe_ask.h"

#include "ask/prompt.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "store/vault_facet.h"

#define NOTE_BYTES ((size_t)300)
#define SHOWN_WORDS 150
#define MAX_TOKENS 400

struct work {
    struct run *run;
    const struct phrase_words *words;
    const struct phrase_title *titles;
    struct scanner *scanner;
    struct described_by_model *out;
    enum name_fault *faults; // of each cluster, the last one
    struct support support;
    struct map taken; // lower-case titles
};

static int put_notes(struct work *w, const struct sample *sample, struct str *out, struct err *err)
{
    struct arena *a = &w->run->scratch;
    const char *facet = run_facet(w->run);
    struct buf list;
    int rc = 0;
    buf_init(&list, SAMPLE_MOST * (2 * NOTE_BYTES + 8), "notes of a prompt");
    for (size_t i = 0; !rc && i < sample->n; i++) {
        struct raw value;
        rc = vault_get_facet(w->run->vault, sample->items[i].seq, facet, a, &value, err);
        if (!rc && value.s.len) {
            struct str note = prompt_fence(value.s, NOTE_BYTES, a);
            rc = buf_printf(&list, err, "%s- %.*s", list.len ? "\n" : "", STR_ARG(note));
        }
    }
    if (!rc)
        *out = arena_str(a, buf_view(&list));
    buf_release(&list);
    return rc;
}

static int make_question(struct work *w, const struct contrast *contrast,
                         const struct prompt *prompt, size_t i, struct raw *question,
                         struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str inside = { 0 }, outside = { 0 };
    int rc = put_notes(w, &contrast->members[i], &inside, err);
    if (!rc)
        rc = put_notes(w, &contrast->outsiders[i], &outside, err);
    if (rc)
        return rc;
    const struct prompt_value values[] = {
        { "criteria", str_of(run_criteria(w->run)) },
        { "inside", inside },
        { "outside", outside },
        { "language", str_of(config_text(w->run->config, "language-of-titles")) },
        { "words", phrase_words_line(&w->words[i], SHOWN_WORDS, a) },
    };
    *question = raw_of(prompt_fill(prompt, values, COUNT_OF(values), a));
    return 0;
}

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    struct name name;
    support_clear(&w->support);
    for (size_t j = 0; j < w->words[i].n; j++)
        support_add(&w->support, w->words[i].items[j].text);
    struct name_gate gate = { w->scanner, &w->support, &w->taken,
                              config_text(w->run->config, "language-of-titles") };
    struct str complaint = name_read(reply, &gate, w->titles[i].text, a, &name, &w->faults[i]);
    if (complaint.len)
        return complaint;
    w->out->names[i] = (struct name){ arena_str(a, name.title), arena_str(a, name.summary) };
    map_add(&w->taken, utf8_lower(a, name.title), 0, NULL);
    return complaint;
}

static int ask_for_all(struct work *w, const struct contrast *contrast, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct prompt prompt = prompt_of("describe");
    struct raw *questions = arena_array(a, contrast->n + 1, sizeof *questions);
    struct ask ask = { w->run->llm, prompt.prefix, ASK_NAME, MAX_TOKENS, take, w };
    int rc = 0;
    for (size_t i = 0; !rc && i < contrast->n; i++)
        rc = make_question(w, contrast, &prompt, i, &questions[i], err);
    return rc ? rc : ask_all(&ask, questions, contrast->n, a, NULL, &w->out->counts, err);
}

int describe_by_model(struct run *run, const struct kept_clusters *kept,
                      const struct phrase_words *words, const struct phrase_title *titles,
                      struct scanner *scanner, struct described_by_model *out, struct err *err)
{
    struct work w = {
        .run = run, .words = words, .titles = titles, .scanner = scanner, .out = out
    };
    struct arena *a = &run->scratch;
    struct contrast contrast;
    *out = (struct described_by_model){ .names =
                                            arena_zero_array(a, kept->n + 1, sizeof *out->names) };
    w.faults = arena_zero_array(a, kept->n + 1, sizeof *w.faults);
    for (size_t i = 0; i < kept->n; i++)
        map_add(&w.taken, utf8_lower(a, titles[i].text), 0, NULL);
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = contrast_find(run, kept, &contrast, err);
    if (!rc)
        rc = ask_for_all(&w, &contrast, err);
    for (size_t i = 0; !rc && i < kept->n; i++)
        if (!out->names[i].title.ptr)
            out->n_faults[w.faults[i]]++;
    support_release(&w.support);
    map_release(&w.taken);
    return rc;
}
