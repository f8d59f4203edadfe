// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include "base/json.h"
#include "base/log.h"
#include "base/stop.h"
#include "pipeline/estimate_clusters.h"
#include "pipeline/pipeline.h"
#include "run/remote.h"

#include <math.h>

#define MOST_TEXT ((size_t)1 << 16)
#define BATCH_SECONDS 86400.0 // that a vendor may take for a batch
// Tokens of a text that a vector is made of, a facet's value mostly: a guess.
#define VECTOR_LOW 4.0
#define VECTOR_MIDDLE 15.0
#define VECTOR_HIGH 60.0
#define N_SUBJECTS 200.0 // of the public list that goes with the first, and more

static int put_range(struct buf *out, const char *name, const struct estimate_range *range,
                     struct err *err)
{
    int rc = buf_printf(out, err, ",\"%s\":{\"low\":", name);
    if (!rc)
        rc = json_put_number(out, range->low, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"middle\":"), err);
    if (!rc)
        rc = json_put_number(out, range->middle, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"high\":"), err);
    if (!rc)
        rc = json_put_number(out, range->high, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

struct estimate {
    struct facet_estimate facets;
    struct cluster_estimate clusters;
    struct screen_estimate screen;
    bool screens; // --screen is still to be asked: who passes is not known
    bool batches; // --batch: an answer may take a day
    bool vectors; // --embeddings remote
    struct estimate_range vectors_in, vectors_dollars;
    bool vectors_priced;
};

static struct estimate_range times(const struct estimate_range *range, double factor)
{
    return (struct estimate_range){ range->low * factor, range->middle * factor,
                                    range->high * factor };
}

// A text of every conversation, in each tree, at most with its opening as a second one.
static int estimate_vectors(struct run *run, struct estimate *e, struct arena *a, struct err *err)
{
    double n = (double)e->facets.n * (double)size_max(run->n_trees, 1);
    struct llm_price price = { 0 };
    e->vectors = run_embeds_remote(run);
    if (!e->vectors)
        return 0;
    int rc = remote_price(run->config, config_text(run->config, "embedder"), false, a, &price, err);
    e->vectors_in =
        (struct estimate_range){ e->screens ? 0 : n * VECTOR_LOW, (n + N_SUBJECTS) * VECTOR_MIDDLE,
                                 (2 * n + N_SUBJECTS) * VECTOR_HIGH };
    e->vectors_priced = price.known;
    e->vectors_dollars = times(&e->vectors_in, price.in / 1e6);
    return rc;
}

// At the prices that the facets have.
static struct estimate_range dollars_of(const struct facet_estimate *e,
                                        const struct estimate_range *in,
                                        const struct estimate_range *out)
{
    return (struct estimate_range){
        (in->low * e->price_in + out->low * e->price_out) / 1e6,
        (in->middle * e->price_in + out->middle * e->price_out) / 1e6,
        (in->high * e->price_in + out->high * e->price_out) / 1e6,
    };
}

static void add_range(struct estimate_range *to, const struct estimate_range *more)
{
    to->low += more->low;
    to->middle += more->middle;
    to->high += more->high;
}

// Several parts together.
struct total {
    double questions;
    struct estimate_range in, out, dollars;
};

// What the model is asked: facets, the screen, clusters.
static struct total total_asked(const struct estimate *e)
{
    struct total t = { .questions =
                           e->screen.n + e->facets.n_requests + e->clusters.questions.middle,
                       .in = e->facets.in,
                       .out = e->facets.out };
    add_range(&t.in, &e->screen.in);
    add_range(&t.out, &e->screen.out);
    add_range(&t.in, &e->clusters.in);
    add_range(&t.out, &e->clusters.out);
    t.dollars = dollars_of(&e->facets, &t.in, &t.out);
    return t;
}

// With the vectors, where these have a price.
static struct total total_of(const struct estimate *e)
{
    struct total t = total_asked(e);
    if (e->vectors && e->vectors_priced) {
        add_range(&t.in, &e->vectors_in);
        add_range(&t.dollars, &e->vectors_dollars);
    }
    return t;
}

static int put_tokens_json(struct buf *out, const struct facet_estimate *e,
                           const struct estimate_range *n_in, const struct estimate_range *n_out,
                           struct err *err)
{
    struct estimate_range dollars = dollars_of(e, n_in, n_out);
    int rc = put_range(out, "tokens_in", n_in, err);
    if (!rc)
        rc = put_range(out, "tokens_out", n_out, err);
    return rc || !e->priced ? rc : put_range(out, "dollars", &dollars, err);
}

static int put_clusters_json(struct buf *out, const struct facet_estimate *e,
                             const struct cluster_estimate *c, struct err *err)
{
    int rc = buf_add(out, STR_LIT(",\"about_clusters\":{\"measured\":0"), err);
    if (!rc)
        rc = put_range(out, "clusters", &c->clusters, err);
    if (!rc)
        rc = put_range(out, "questions", &c->questions, err);
    if (!rc)
        rc = put_range(out, "told_apart", &c->apart, err);
    if (!rc)
        rc = put_tokens_json(out, e, &c->in, &c->out, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_screen_json(struct buf *out, const struct facet_estimate *e,
                           const struct screen_estimate *screen, struct err *err)
{
    int rc = buf_printf(out, err, ",\"screen\":{\"measured\":0,\"questions\":%.0f", screen->n);
    if (!rc)
        rc = put_tokens_json(out, e, &screen->in, &screen->out, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_vectors_json(struct buf *out, const struct estimate *e, struct err *err)
{
    int rc = buf_add(out, STR_LIT(",\"vectors\":{\"measured\":0"), err);
    if (!rc)
        rc = put_range(out, "tokens_in", &e->vectors_in, err);
    if (!rc && e->vectors_priced)
        rc = put_range(out, "dollars", &e->vectors_dollars, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_total_json(struct buf *out, const struct estimate *e, struct err *err)
{
    struct total t = total_of(e);
    int rc = buf_printf(out, err, ",\"total\":{\"questions\":%.0f", t.questions);
    if (!rc)
        rc = put_range(out, "tokens_in", &t.in, err);
    if (!rc)
        rc = put_range(out, "tokens_out", &t.out, err);
    if (!rc && e->facets.priced)
        rc = put_range(out, "dollars", &t.dollars, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_json(struct buf *out, const struct estimate *estimate, struct err *err)
{
    const struct facet_estimate *e = &estimate->facets;
    int rc = buf_printf(out, err, "{\"conversations\":%lld,\"answered\":%lld,\"measured\":%zu",
                        (long long)e->n, (long long)e->n_answered, e->n_measured);
    if (!rc)
        rc = put_range(out, "tokens_in", &e->in, err);
    if (!rc)
        rc = put_range(out, "tokens_out", &e->out, err);
    if (!rc && e->priced)
        rc = put_range(out, "dollars", &e->dollars, err);
    if (!rc && e->priced)
        rc = buf_printf(out, err, ",\"prices\":\"%s\"", e->listed ? "unchecked" : "own");
    if (!rc)
        rc = buf_printf(out, err, ",\"time\":\"%s\"", e->timed ? "measured" : "guessed");
    if (!rc)
        rc = put_range(out, "seconds", &e->seconds, err);
    if (!rc && estimate->screens)
        rc = put_screen_json(out, e, &estimate->screen, err);
    if (!rc)
        rc = put_clusters_json(out, e, &estimate->clusters, err);
    if (!rc && estimate->vectors)
        rc = put_vectors_json(out, estimate, err);
    if (!rc)
        rc = put_total_json(out, estimate, err);
    return rc ? rc : buf_add(out, STR_LIT("}\n"), err);
}

static int put_tokens(struct buf *out, const struct facet_estimate *e,
                      const struct estimate_range *n_in, const struct estimate_range *n_out,
                      const struct estimate_range *dollars, struct err *err)
{
    int rc =
        buf_printf(out, err,
                   "tokens in      %.0f (%.0f to %.0f)\n"
                   "tokens out     %.0f (%.0f to %.0f)\n",
                   n_in->middle, n_in->low, n_in->high, n_out->middle, n_out->low, n_out->high);
    return rc || !e->priced ? rc
                            : buf_printf(out, err, "dollars        %.4f (%.4f to %.4f)\n",
                                         dollars->middle, dollars->low, dollars->high);
}

// Where the dollars are from.
static int put_prices(struct buf *out, const struct facet_estimate *e, struct err *err)
{
    if (!e->priced)
        return buf_add(out,
                       STR_LIT("dollars        unknown: no table has a price for this model; "
                               "see --prices\n"),
                       err);
    return e->listed ? buf_printf(out, err,
                                  "prices         clio's own table of list prices of %.*s: check "
                                  "with your vendor, or give --prices\n",
                                  STR_ARG(remote_listed_date()))
                     : 0;
}

static int put_clusters_text(struct buf *out, const struct facet_estimate *e,
                             const struct cluster_estimate *c, struct err *err)
{
    struct estimate_range dollars = dollars_of(e, &c->in, &c->out);
    int rc = buf_printf(
        out, err,
        "\nThat is for the facets. Titles, tree and audit ask about clusters, and how many there "
        "will be is a\nguess; the upper ends hold whatever it is, unless the model thinks before "
        "it answers.\n"
        "questions      %.0f (%.0f to %.0f)\n"
        "  told apart   %.0f (at most %.0f): titles that may be taken for one "
        "another\n",
        c->questions.middle, c->questions.low, c->questions.high, c->apart.middle, c->apart.high);
    return rc ? rc : put_tokens(out, e, &c->in, &c->out, &dollars, err);
}

static int put_screen_text(struct buf *out, const struct facet_estimate *e,
                           const struct screen_estimate *screen, struct err *err)
{
    struct estimate_range dollars = dollars_of(e, &screen->in, &screen->out);
    int rc = buf_printf(out, err,
                        "\nThe question of --screen comes before, to all of them. Who passes is "
                        "not known yet: the upper ends\nabove and below are for all of them.\n"
                        "questions      %.0f\n",
                        screen->n);
    return rc ? rc : put_tokens(out, e, &screen->in, &screen->out, &dollars, err);
}

static int put_vectors_text(struct buf *out, const struct estimate *e, struct err *err)
{
    const struct estimate_range *in = &e->vectors_in, *dollars = &e->vectors_dollars;
    int rc = buf_printf(out, err,
                        "\nVectors of --embeddings remote come on top, a guess.\n"
                        "tokens in      %.0f (%.0f to %.0f)\n",
                        in->middle, in->low, in->high);
    if (!rc && e->vectors_priced)
        rc = buf_printf(out, err, "dollars        %.4f (%.4f to %.4f)\n", dollars->middle,
                        dollars->low, dollars->high);
    return rc || e->vectors_priced
               ? rc
               : buf_add(out,
                         STR_LIT("dollars        unknown: no table has a price for this "
                                 "embedder; see --prices\n"),
                         err);
}

static int put_minutes(struct buf *out, const struct estimate *e,
                       const struct estimate_range *seconds, struct err *err)
{
    int rc = buf_printf(out, err, "minutes        %.1f to %.1f%s", seconds->low / 60,
                        seconds->high / 60, e->facets.timed && !e->batches ? "" : ", a guess");
    return rc ? rc
              : buf_add(out,
                        e->batches ? STR_LIT(": a vendor may take a day for a batch\n")
                                   : STR_LIT("\n"),
                        err);
}

static int put_facets_text(struct buf *out, const struct estimate *estimate, struct err *err)
{
    const struct facet_estimate *e = &estimate->facets;
    int rc = buf_printf(out, err, "conversations  %lld\n", (long long)e->n);
    if (!rc)
        rc = put_tokens(out, e, &e->in, &e->out, &e->dollars, err);
    if (!rc)
        rc = put_prices(out, e, err);
    return rc ? rc : put_minutes(out, estimate, &e->seconds, err);
}

static int put_total_text(struct buf *out, const struct estimate *e, struct err *err)
{
    struct total t = total_of(e);
    int rc = buf_printf(out, err, "\nAll of that together%s.\n",
                        e->vectors && !e->vectors_priced ? ", without the vectors" : "");
    return rc ? rc : put_tokens(out, &e->facets, &t.in, &t.out, &t.dollars, err);
}

static int put_text(struct buf *out, const struct estimate *estimate, struct err *err)
{
    const struct facet_estimate *e = &estimate->facets;
    int rc = put_facets_text(out, estimate, err);
    if (!rc && e->n_measured)
        rc = buf_printf(out, err,
                        "measured on %zu conversations, whose answers are kept; 95 %% "
                        "intervals.\n",
                        e->n_measured);
    else if (!rc)
        rc = buf_printf(out, err,
                        "guessed from the length of all prompts, nothing was asked; "
                        "--measure 50 asks about 50 conversations.\n");
    if (!rc && e->n_answered)
        rc = buf_printf(out, err,
                        "%lld of these questions are answered already: a run does not ask, or pay "
                        "for, them again.\n",
                        (long long)e->n_answered);
    if (!rc && estimate->screens)
        rc = put_screen_text(out, e, &estimate->screen, err);
    if (!rc && estimate->clusters.questions.high >= 1)
        rc = put_clusters_text(out, e, &estimate->clusters, err);
    if (!rc && estimate->vectors)
        rc = put_vectors_text(out, estimate, err);
    bool several = estimate->screens || estimate->vectors || estimate->clusters.questions.high >= 1;
    return rc || !several ? rc : put_total_text(out, estimate, err);
}

// Runs the stages before the facets. The screen sends text, so it is not run for an estimate; what
// is behind it then waits, too. *screens: it is not done.
static int run_before(struct run *run, bool *screens, struct err *err)
{
    struct pipeline_entry entries[PIPELINE_MOST_ENTRIES];
    size_t n;
    int rc = pipeline_status(run, entries, &n, err);
    *screens = false;
    for (size_t i = 0; !rc && !*screens && i < n && entries[i].stage != &facet_stage; i++) {
        *screens = entries[i].stage == &screen_stage && entries[i].state != PIPELINE_DONE;
        if (!*screens)
            rc = pipeline_start(run, entries[i].stage, err);
    }
    return rc;
}

// Nobody may pass the screen, so nothing may come of what is behind it.
static void set_unsure(struct estimate *e)
{
    e->facets.in.low = e->facets.out.low = e->facets.dollars.low = e->facets.seconds.low = 0;
    e->clusters.questions.low = e->clusters.in.low = e->clusters.out.low = 0;
}

static void set_batches(const struct run *run, struct estimate *e)
{
    e->batches = config_on(run->config, "batch");
    if (e->batches)
        e->facets.timed = false;
    if (e->batches && e->facets.n_requests > 0)
        e->facets.seconds.high = fmax(e->facets.seconds.high, BATCH_SECONDS);
}

// Stages that ask a server and are not done.
struct left {
    bool facets, clusters, vectors;
};

static int find_left(struct run *run, struct left *left, struct err *err)
{
    struct pipeline_entry entries[PIPELINE_MOST_ENTRIES];
    size_t n = 0;
    int rc = pipeline_status(run, entries, &n, err);
    *left = (struct left){ false };
    for (size_t i = 0; !rc && i < n; i++) {
        const struct stage *stage = entries[i].stage;
        bool open = entries[i].state != PIPELINE_DONE;
        left->facets |= open && stage == &facet_stage;
        left->vectors |= open && stage == &embed_stage && run_embeds_remote(run);
        left->clusters |= open && (stage == &describe_stage || stage == &hierarchy_stage ||
                                   stage == &audit_stage);
    }
    return rc;
}

// With `left` only what is not done, which it becomes, is looked at: nothing, when all is.
static int look(struct run *run, size_t n_ask, struct left *left, struct estimate *e,
                struct err *err)
{
    *e = (struct estimate){ 0 };
    int rc = facet_estimate_allows(run->config, err); // before anything is read
    if (!rc)
        rc = remote_check(run, n_ask || left, err);
    if (!rc)
        rc = run_before(run, &e->screens, err);
    if (!rc && e->screens && n_ask)
        rc = err_set(err, ERR_USAGE,
                     "--measure asks conversations that pass --screen, which nobody knows yet, and "
                     "finding out sends text; run `clio ingest` and `clio screen %s` first, or "
                     "estimate without --measure",
                     run->dir);
    if (!rc && left)
        rc = find_left(run, left, err);
    bool all_done = left && !e->screens && !left->facets && !left->clusters && !left->vectors;
    if (!rc && !all_done)
        rc = facet_estimate(run, n_ask, left != NULL, &e->facets, err);
    if (!rc && e->screens)
        rc = facet_estimate_screen(run, &e->screen, err);
    log_progress_end();
    if (rc || all_done)
        return rc;
    estimate_clusters(run, e->facets.n, &e->clusters);
    if (e->screens)
        set_unsure(e);
    set_batches(run, e);
    return estimate_vectors(run, e, &run->scratch, err);
}

int estimate_allows(const struct config *config, struct err *err)
{
    return facet_estimate_allows(config, err);
}

int estimate_run(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct estimate e;
    int rc = look(run, (size_t)config_whole(run->config, "measure"), NULL, &e, err);
    if (rc)
        return rc;
    return json ? put_json(out, &e, err) : put_text(out, &e, err);
}

// Takes out what is done already. False: nothing is left to ask.
static bool keep_left(struct estimate *e, const struct left *left)
{
    if (!left->facets) {
        e->facets.in = e->facets.out = (struct estimate_range){ 0 };
        e->facets.dollars = e->facets.seconds = (struct estimate_range){ 0 };
        e->facets.n_requests = 0;
    }
    if (!left->clusters)
        e->clusters = (struct cluster_estimate){ 0 };
    return e->screens || e->facets.n_requests > 0 || e->clusters.questions.high >= 1 ||
           left->vectors;
}

// What is said of all of it together.
static int put_question(struct run *run, const struct estimate *estimate, struct buf *out,
                        struct err *err)
{
    const struct facet_estimate *e = &estimate->facets;
    const struct cluster_estimate *c = &estimate->clusters;
    struct estimate_range seconds = e->seconds, more;
    struct total t = total_asked(estimate);
    more = facet_estimate_time(run, c->questions.high + estimate->screen.n);
    if (estimate->batches) // titles, those told apart, the tree, the audit
        more.high = fmax(more.high, 4 * BATCH_SECONDS);
    add_range(&seconds, &more);
    int rc = buf_printf(out, err,
                        "Before anything is sent: what asking %s will take.\n"
                        "conversations  %lld\nquestions      about %.0f\n",
                        config_text(run->config, "model"), (long long)e->n, t.questions);
    if (!rc)
        rc = put_tokens(out, e, &t.in, &t.out, &t.dollars, err);
    if (!rc)
        rc = put_prices(out, e, err);
    if (!rc)
        rc = put_minutes(out, estimate, &seconds, err);
    if (!rc && e->n_measured)
        rc = buf_printf(out, err,
                        "%zu answers that are kept were measured, and are not paid for "
                        "again.\n",
                        e->n_measured);
    else if (!rc)
        rc = buf_printf(out, err,
                        "Guessed from the length of all prompts; `clio estimate --out %s "
                        "--measure 50` measures.\n",
                        run->dir);
    return rc || !estimate->vectors ? rc : put_vectors_text(out, estimate, err);
}

int estimate_confirm(struct run *run, bool (*confirm)(void *context, const char *text),
                     void *context, struct err *err)
{
    struct estimate e;
    struct left left;
    struct buf text;
    if (!run_has_profile(run, "remote") ||
        strcmp(config_text(run->config, "provider"), "replay") == 0)
        return 0;
    buf_init(&text, MOST_TEXT, "estimate");
    int rc = run_check_models(run, err);
    if (!rc)
        rc = look(run, 0, &left, &e, err);
    bool asks = !rc && keep_left(&e, &left);
    if (asks)
        rc = put_question(run, &e, &text, err);
    if (!rc && asks)
        rc = buf_add_char(&text, 0, err);
    if (!rc && asks && !confirm(context, buf_view(&text).ptr)) {
        rc = stop_check(err);
        if (!rc)
            rc = err_set(err, ERR_FAILURE,
                         "nothing was sent; the conversations are read, and `clio run --out %s` "
                         "asks again",
                         run->dir);
    }
    buf_release(&text);
    return rc;
}
