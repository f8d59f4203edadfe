// SPDX-License-Identifier: Apache-2.0
#include "cluster/describe_ask.h"

#include "ask/prompt.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "cluster/confusable.h"
#include "store/vault_facet.h"
#include "vec/dot.h"

struct work {
    struct run *run;
    const struct phrase_words *words;
    const struct phrase_title *titles;
    struct scanner *scanner;
    struct described_by_model *out;
    enum name_fault *faults; // of each cluster, the last one
    struct support support;
    struct map taken; // lower-case titles
    const uint32_t *asked; // of each question that tells apart its cluster
    enum name_fault *apart_faults; // of each of them, the last one
    struct name *apart;    // of each cluster what it answers; title.ptr NULL: nothing new
};

static int put_notes(struct work *w, const struct sample *sample, struct str *out, struct err *err)
{
    struct arena *a = &w->run->scratch;
    const char *facet = run_facet(w->run);
    struct buf list;
    int rc = 0;
    buf_init(&list, SAMPLE_MOST * (2 * DESCRIBE_NOTE_BYTES + 8), "notes of a prompt");
    for (size_t i = 0; !rc && i < sample->n; i++) {
        struct raw value;
        rc = vault_get_facet(w->run->vault, sample->items[i].seq, facet, a, &value, err);
        if (!rc && value.s.len) {
            struct str note = prompt_fence(value.s, DESCRIBE_NOTE_BYTES, a);
            rc = buf_printf(&list, err, "%s- %.*s", list.len ? "\n" : "", STR_ARG(note));
        }
    }
    if (!rc)
        *out = arena_str(a, buf_view(&list));
    buf_release(&list);
    return rc;
}

// About cluster i, with those of `outside` as not in it. `other`: the title that it may be taken
// for; empty where the prompt does not name one.
static int make_question(struct work *w, const struct sample *inside, const struct sample *outside,
                         const struct prompt *prompt, size_t i, struct str other,
                         struct raw *question, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str in = { 0 }, out = { 0 };
    int rc = put_notes(w, inside, &in, err);
    if (!rc)
        rc = put_notes(w, outside, &out, err);
    if (rc)
        return rc;
    const struct prompt_value values[] = {
        { "criteria", str_of(run_criteria(w->run)) },
        { "own", prompt_fence(w->out->names[i].title, DESCRIBE_NOTE_BYTES, a) },
        { "other", prompt_fence(other, DESCRIBE_NOTE_BYTES, a) },
        { "inside", in },
        { "outside", out },
        { "language", str_of(config_text(w->run->config, "language-of-titles")) },
        { "words", phrase_words_line(&w->words[i], NAME_SHOWN_WORDS, a) },
    };
    *question = raw_of(prompt_fill(prompt, values, COUNT_OF(values), a));
    return 0;
}

// Takes an answer through the gate for names; `own`: the title that cluster i has. What passes
// becomes *out, and no other cluster may be called so.
static struct str take_name(struct work *w, size_t i, struct str own, struct str reply,
                            struct arena *a, struct name *out, enum name_fault *fault)
{
    struct name name;
    support_clear(&w->support);
    for (size_t j = 0; j < w->words[i].n; j++)
        support_add(&w->support, w->words[i].items[j].text);
    struct name_gate gate = { w->scanner, &w->support, &w->taken,
                              config_text(w->run->config, "language-of-titles") };
    struct str complaint = name_read(reply, &gate, own, a, &name, fault);
    if (complaint.len)
        return complaint;
    *out = (struct name){ arena_str(a, name.title), arena_str(a, name.summary) };
    map_add(&w->taken, utf8_lower(a, name.title), 0, NULL);
    return complaint;
}

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    return take_name(w, i, w->titles[i].text, reply, a, &w->out->names[i], &w->faults[i]);
}

// What the gate refused is an answer; what has no form is none.
static bool is_answer(void *context, size_t i)
{
    const struct work *w = context;
    return w->faults[i] != NAME_FORM;
}

static int ask_for_all(struct work *w, const struct contrast *contrast, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct prompt prompt = prompt_of("describe");
    struct raw *questions = arena_array(a, contrast->n + 1, sizeof *questions);
    struct ask ask = { w->run->llm, prompt.prefix, ASK_NAME, NAME_MOST_TOKENS, take, w, is_answer };
    int rc = 0;
    for (size_t i = 0; !rc && i < contrast->n; i++)
        rc = make_question(w, &contrast->members[i], &contrast->outsiders[i], &prompt, i,
                           STR_LIT(""), &questions[i], err);
    return rc ? rc : ask_all(&ask, questions, contrast->n, a, NULL, &w->out->counts, err);
}

// Siblings that a reader may take for one another ------------------------------------------------

static struct str take_apart(void *context, size_t i_question, struct str reply, struct arena *a)
{
    struct work *w = context;
    uint32_t i = w->asked[i_question];
    return take_name(w, i, w->out->names[i].title, reply, a, &w->apart[i],
                     &w->apart_faults[i_question]);
}

static bool is_answer_apart(void *context, size_t i_question)
{
    const struct work *w = context;
    return w->apart_faults[i_question] != NAME_FORM;
}

// Pairs among the clusters that the model named.
static int find_pairs(struct work *w, const struct kept_clusters *kept, struct confusable **pairs,
                      size_t *n_pairs, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str *titles = arena_array(a, kept->n + 1, sizeof *titles);
    uint32_t *which = arena_array(a, kept->n + 1, sizeof *which);
    struct matrix vectors, centroids;
    size_t n = 0, d = kept->centroids.n_cols;
    int rc = matrix_make(&centroids, kept->n + 1, d, a, "centroids", err);
    for (size_t i = 0; !rc && i < kept->n; i++)
        if (w->out->names[i].title.ptr) {
            memcpy(matrix_row(&centroids, n), matrix_row(&kept->centroids, i), d * sizeof(float));
            titles[n] = w->out->names[i].title;
            which[n++] = (uint32_t)i;
        }
    *n_pairs = 0;
    if (rc || n < 2)
        return rc;
    centroids.n_rows = n;
    rc = run_encode(w->run, titles, n, "vectors of titles", &vectors, err);
    if (!rc)
        confusable_find(&centroids, &vectors, which, a, pairs, n_pairs);
    return rc;
}

// What a cluster would be called now.
static const struct name *new_name(const struct work *w, uint32_t i)
{
    return w->apart[i].title.ptr ? &w->apart[i] : &w->out->names[i];
}

// New names stand where they make the two titles less alike.
static int take_new_names(struct work *w, const struct confusable *pairs, size_t n, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str *titles = arena_array(a, 2 * n + 1, sizeof *titles);
    struct matrix vectors;
    for (size_t i = 0; i < n; i++) {
        titles[2 * i] = new_name(w, pairs[i].a)->title;
        titles[2 * i + 1] = new_name(w, pairs[i].b)->title;
    }
    int rc = run_encode(w->run, titles, 2 * n, "vectors of titles", &vectors, err);
    for (size_t i = 0; !rc && i < n; i++) {
        double alike = dot_floats(matrix_row(&vectors, 2 * i), matrix_row(&vectors, 2 * i + 1),
                                  vectors.n_cols);
        if (alike >= pairs[i].alike)
            continue;
        w->out->names[pairs[i].a] = *new_name(w, pairs[i].a);
        w->out->names[pairs[i].b] = *new_name(w, pairs[i].b);
        w->out->n_apart++;
    }
    return rc;
}

static int tell_apart(struct work *w, const struct kept_clusters *kept,
                      const struct contrast *contrast, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct prompt prompt = prompt_of("apart");
    struct ask ask = { w->run->llm, prompt.prefix,  ASK_NAME, NAME_MOST_TOKENS, take_apart,
                       w,           is_answer_apart };
    struct confusable *pairs = NULL;
    size_t n = 0;
    int rc = find_pairs(w, kept, &pairs, &n, err);
    if (rc || !n)
        return rc;
    struct raw *questions = arena_array(a, 2 * n, sizeof *questions);
    uint32_t *asked = arena_array(a, 2 * n, sizeof *asked);
    w->apart = arena_zero_array(a, kept->n + 1, sizeof *w->apart);
    w->asked = asked;
    w->apart_faults = arena_zero_array(a, 2 * n, sizeof *w->apart_faults);
    w->out->n_confusable = n;
    for (size_t i = 0; !rc && i < 2 * n; i++) {
        const struct confusable *pair = &pairs[i / 2];
        uint32_t other = i % 2 ? pair->a : pair->b;
        asked[i] = i % 2 ? pair->b : pair->a;
        rc = make_question(w, &contrast->members[asked[i]], &contrast->members[other], &prompt,
                           asked[i], w->out->names[other].title, &questions[i], err);
    }
    if (!rc)
        rc = ask_all(&ask, questions, 2 * n, a, NULL, &w->out->counts, err);
    return rc ? rc : take_new_names(w, pairs, n, err);
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
    if (!rc)
        rc = ask_pass_ceiling(&out->counts, tell_apart(&w, kept, &contrast, err), err);
    for (size_t i = 0; !rc && i < kept->n; i++)
        if (!out->names[i].title.ptr)
            out->n_faults[w.faults[i]]++;
    support_release(&w.support);
    map_release(&w.taken);
    return rc;
}
