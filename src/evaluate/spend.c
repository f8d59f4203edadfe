// SPDX-License-Identifier: Apache-2.0
#include "evaluate/spend.h"

#include "run/remote.h"

#define PAPER_CONVERSATIONS 100000.0

// A row; the paper's figures are tokens and dollars for PAPER_CONVERSATIONS, 0 where it has none.
static const struct step {
    const char *stage;
    double paper_in, paper_out, paper_dollars;
} steps[] = {
    { "screen", 0, 0, 0 },
    { "facet", 130e6, 10e6, 45.00 },
    { "embed", 0, 0, 0 }, // vectors by a server
    { "describe", 1e6, 50e3, 3.75 },
    { "hierarchy", 18e3, 600, 0.06 },
    { "audit", 0, 0, 0 },
};

struct sums {
    double n_in, n_out, dollars, paper_in, paper_out, paper_dollars;
    bool priced;
};

static int put_row(struct buf *out, bool json, const char *name, const struct sums *s,
                   struct err *err)
{
    if (json) {
        int rc = buf_printf(out, err, "{\"step\":\"%s\",\"tokens_in\":%.0f,\"tokens_out\":%.0f,",
                            name, s->n_in, s->n_out);
        if (!rc && s->priced)
            rc = buf_printf(out, err, "\"dollars\":%.6f,", s->dollars);
        return rc ? rc
                  : buf_printf(out, err,
                               "\"paper_in\":%.0f,\"paper_out\":%.0f,\"paper_dollars\":%.6f}",
                               s->paper_in, s->paper_out, s->paper_dollars);
    }
    int rc = buf_printf(out, err, "%-10s %12.0f %11.0f ", name, s->n_in, s->n_out);
    if (!rc)
        rc = s->priced ? buf_printf(out, err, "%10.4f", s->dollars)
                       : buf_printf(out, err, "%10s", "-");
    return rc ? rc
              : buf_printf(out, err, "   %12.0f %11.0f %10.4f\n", s->paper_in, s->paper_out,
                           s->paper_dollars);
}

static void add(struct sums *to, const struct sums *s)
{
    to->n_in += s->n_in;
    to->n_out += s->n_out;
    to->dollars += s->dollars;
    to->paper_in += s->paper_in;
    to->paper_out += s->paper_out;
    to->paper_dollars += s->paper_dollars;
    to->priced = to->priced && (s->priced || s->n_in + s->n_out <= 0);
}

// Over all trees: each has records of its own of the stages that work once for every tree.
static int count_tokens(struct run *run, const char *stage, double *n_in, double *n_out,
                        struct err *err)
{
    bool of_tree = strcmp(stage, "facet") != 0 && strcmp(stage, "screen") != 0;
    int rc = 0;
    for (size_t tree = 0; !rc && tree < (of_tree ? run->n_trees : 1); tree++) {
        struct stage_record record = { 0 };
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = vault_get_stage(run->vault, stage, &record, err);
        *n_in += (double)record.n_prompt_tokens;
        *n_out += (double)record.n_reply_tokens;
    }
    return run_leave_tree(run, rc, err);
}

// What the server of a step takes; the one that makes vectors has a price of its own.
static int find_price(struct run *run, const char *stage, struct llm_price *price, struct err *err)
{
    bool vectors = strcmp(stage, "embed") == 0;
    *price = (struct llm_price){ 0 };
    if (vectors && !run_embeds_remote(run))
        return 0;
    int rc = remote_price(run->config, config_text(run->config, vectors ? "embedder" : "model"),
                          false, &run->scratch, price, err);
    if (!rc && !vectors)
        *price = remote_price_of_most(run->config, price);
    return rc;
}

static int put_steps(struct run *run, double n, bool json, struct buf *out, struct err *err)
{
    struct sums all = { .priced = true };
    double scale = n / PAPER_CONVERSATIONS;
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(steps); i++) {
        double n_in = 0, n_out = 0;
        struct llm_price price;
        rc = count_tokens(run, steps[i].stage, &n_in, &n_out, err);
        if (!rc)
            rc = find_price(run, steps[i].stage, &price, err);
        if (rc)
            break;
        struct sums s = { .n_in = n_in,
                          .n_out = n_out,
                          .paper_in = steps[i].paper_in * scale,
                          .paper_out = steps[i].paper_out * scale,
                          .paper_dollars = steps[i].paper_dollars * scale };
        s.priced = price.known;
        s.dollars = (s.n_in * price.in + s.n_out * price.out) / 1e6;
        add(&all, &s);
        rc = put_row(out, json, steps[i].stage, &s, err);
        if (!rc && json)
            rc = buf_add_char(out, ',', err);
    }
    if (!rc && all.n_in + all.n_out <= 0)
        rc = err_set(err, ERR_DATA, "no stage of %s has asked a model yet", run->dir);
    return rc ? rc : put_row(out, json, "total", &all, err);
}

int evaluate_spend(struct run *run, const char *none, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    int64_t n = 0;
    (void)none;
    int rc = vault_count_conversations(run->vault, &n, err);
    if (!rc)
        rc = json ? buf_printf(out, err, "{\"n\":%lld,\"steps\":[", (long long)n)
                  : buf_printf(out, err,
                               "%lld conversations\n\n"
                               "                    this run                          "
                               "the paper's table, as many\n"
                               "step          tokens in  tokens out    dollars      "
                               "tokens in  tokens out    dollars\n",
                               (long long)n);
    if (!rc)
        rc = put_steps(run, (double)n, json, out, err);
    arena_rewind(&run->scratch, start);
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}
