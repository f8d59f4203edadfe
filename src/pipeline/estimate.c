// SPDX-License-Identifier: Apache-2.0
#include "pipeline/estimate.h"

#include "base/json.h"
#include "base/log.h"
#include "pipeline/estimate_clusters.h"
#include "pipeline/pipeline.h"

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

// Of the questions about clusters, at the prices that the facets have.
static struct estimate_range dollars_of(const struct facet_estimate *e,
                                        const struct cluster_estimate *c)
{
    return (struct estimate_range){
        (c->in.low * e->price_in + c->out.low * e->price_out) / 1e6,
        (c->in.middle * e->price_in + c->out.middle * e->price_out) / 1e6,
        (c->in.high * e->price_in + c->out.high * e->price_out) / 1e6,
    };
}

static int put_clusters_json(struct buf *out, const struct facet_estimate *e,
                             const struct cluster_estimate *c, struct err *err)
{
    struct estimate_range dollars = dollars_of(e, c);
    int rc = buf_add(out, STR_LIT(",\"about_clusters\":{\"measured\":0"), err);
    if (!rc)
        rc = put_range(out, "clusters", &c->clusters, err);
    if (!rc)
        rc = put_range(out, "questions", &c->questions, err);
    if (!rc)
        rc = put_range(out, "told_apart", &c->apart, err);
    if (!rc)
        rc = put_range(out, "tokens_in", &c->in, err);
    if (!rc)
        rc = put_range(out, "tokens_out", &c->out, err);
    if (!rc && e->priced)
        rc = put_range(out, "dollars", &dollars, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_json(struct buf *out, const struct facet_estimate *e,
                    const struct cluster_estimate *c, struct err *err)
{
    int rc = buf_printf(out, err, "{\"conversations\":%lld,\"measured\":%zu", (long long)e->n,
                        e->n_measured);
    if (!rc)
        rc = put_range(out, "tokens_in", &e->in, err);
    if (!rc)
        rc = put_range(out, "tokens_out", &e->out, err);
    if (!rc && e->priced)
        rc = put_range(out, "dollars", &e->dollars, err);
    if (!rc && e->seconds.high > 0)
        rc = put_range(out, "seconds", &e->seconds, err);
    if (!rc)
        rc = put_clusters_json(out, e, c, err);
    return rc ? rc : buf_add(out, STR_LIT("}\n"), err);
}

static int put_clusters_text(struct buf *out, const struct facet_estimate *e,
                             const struct cluster_estimate *c, struct err *err)
{
    struct estimate_range dollars = dollars_of(e, c);
    int rc = buf_printf(
        out, err,
        "\nThat is for the facets. Titles, tree and audit ask about clusters, and how many there "
        "will be is a\nguess; the upper ends hold whatever it is, unless the model thinks before "
        "it answers.\n"
        "questions      %.0f (%.0f to %.0f)\n"
        "  told apart   %.0f (at most %.0f): titles that may be taken for one "
        "another\n"
        "tokens in      %.0f (%.0f to %.0f)\ntokens out     %.0f (%.0f to %.0f)\n",
        c->questions.middle, c->questions.low, c->questions.high, c->apart.middle, c->apart.high,
        c->in.middle, c->in.low, c->in.high, c->out.middle, c->out.low, c->out.high);
    return rc || !e->priced ? rc
                            : buf_printf(out, err, "dollars        %.4f (%.4f to %.4f)\n",
                                         dollars.middle, dollars.low, dollars.high);
}

static int put_text(struct buf *out, const struct facet_estimate *e,
                    const struct cluster_estimate *c, struct err *err)
{
    int rc = buf_printf(out, err, "conversations  %lld\ntokens in      %.0f (%.0f to %.0f)\n"
                        "tokens out     %.0f (%.0f to %.0f)\n", (long long)e->n, e->in.middle,
                        e->in.low, e->in.high, e->out.middle, e->out.low, e->out.high);
    if (!rc && e->priced)
        rc = buf_printf(out, err, "dollars        %.4f (%.4f to %.4f)\n", e->dollars.middle,
                        e->dollars.low, e->dollars.high);
    else if (!rc)
        rc = buf_printf(out, err, "dollars        unknown: no table has a price for this model; "
                        "see --prices\n");
    if (!rc && e->seconds.high > 0)
        rc = buf_printf(out, err, "minutes        %.1f to %.1f\n", e->seconds.low / 60,
                        e->seconds.high / 60);
    if (!rc && e->n_measured)
        rc = buf_printf(out, err,
                        "measured on %zu conversations, whose answers are kept; 95 %% "
                        "intervals.\n",
                        e->n_measured);
    else if (!rc)
        rc = buf_printf(out, err,
                        "guessed from the length of all prompts, nothing was asked; "
                        "--measure 50 asks about 50 conversations.\n");
    return rc || c->questions.high < 1 ? rc : put_clusters_text(out, e, c, err);
}

// Runs the stages before the facets. The screen sends text, so it is not run for an estimate.
static int run_before(struct run *run, struct err *err)
{
    struct pipeline_entry entries[PIPELINE_MOST_ENTRIES];
    size_t n;
    int rc = pipeline_status(run, entries, &n, err);
    for (size_t i = 0; !rc && i < n && entries[i].stage != &facet_stage; i++)
        if (entries[i].stage == &screen_stage && entries[i].state != PIPELINE_DONE)
            rc = err_set(err, ERR_USAGE,
                         "who passes --screen is not known yet, and finding out sends text; run "
                         "`clio ingest` and `clio screen %s` first, or estimate without --screen",
                         run->dir);
        else
            rc = pipeline_start(run, entries[i].stage, err);
    return rc;
}

int estimate_run(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct facet_estimate e;
    struct cluster_estimate clusters = { 0 };
    int rc = facet_estimate_allows(run, err); // before anything is read
    if (!rc)
        rc = run_before(run, err);
    if (!rc)
        rc = facet_estimate(run, (size_t)config_whole(run->config, "measure"), &e, err);
    log_progress_end();
    if (rc)
        return rc;
    estimate_clusters(run, e.n, &clusters);
    return json ? put_json(out, &e, &clusters, err) : put_text(out, &e, &clusters, err);
}
