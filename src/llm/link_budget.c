// SPDX-License-Identifier: Apache-2.0
// Counts what is spent and keeps it under --max-cost. Before a call goes out its highest price is
// set aside: no text has more tokens than bytes, and no answer more than it may have. When it is
// over, the server's own count takes that place; an attempt that was sent and never answered may
// have been charged, so it stays at the highest price; under a ceiling, so does an answer whose
// tokens the server does not count. So the ceiling holds whatever the server does, as long as its
// prices are those of the table.
#include "llm/call.h"

#include <stdlib.h>

#define OVERHEAD_TOKENS 1024.0 // what a server's own template adds at most

struct budget {
    struct call_link link;
    struct llm_spend *spend;
    struct llm_price price;
    double max_cost, reserved; // dollars
    double *spent;             // by this chain and those beside it
    const double *part;        // of max_cost that may be spent now; NULL = all
    size_t n_reserved, n_held; // calls under way; questions in batches
};

static double cost_of(const struct budget *budget, const struct call *call, double n_in,
                      double n_out)
{
    double factor = call->in_batch ? budget->price.batch : 1;
    return factor * (n_in * budget->price.in + n_out * budget->price.out) / 1e6;
}

static double highest_price(const struct budget *budget, const struct call *call)
{
    const struct llm_request *request = call->request;
    size_t n_bytes = request->prefix.len + request->prompt.s.len + request->stem.len +
                     (request->schema ? strlen(request->schema) : 0);
    return cost_of(budget, call, (double)n_bytes + OVERHEAD_TOKENS,
                   (double)request->max_tokens + call->room);
}

// What is set aside is no more than rounding when it is for nobody.
static void set_aside(struct budget *budget, double dollars)
{
    budget->reserved = budget->n_reserved + budget->n_held ? budget->reserved + dollars : 0;
}

static int before(struct call_link *self, struct call *call, enum call_fate *fate, struct err *err)
{
    struct budget *budget = (struct budget *)self;
    double price = highest_price(budget, call);
    double most = budget->max_cost * (budget->part ? *budget->part : 1);
    if (budget->max_cost > 0 && *budget->spent + budget->reserved + price > most) {
        if (budget->n_reserved + budget->n_held == 0)
            return err_set(err, ERR_BUDGET,
                           "--max-cost %.4g dollars would be passed with the next "
                           "request; %.4f are spent%s",
                           budget->max_cost, *budget->spent, LLM_KEPT_PART(budget->part));
        *fate = budget->n_reserved ? CALL_LATER : CALL_HELD;
        return 0;
    }
    call->reserved = price;
    budget->n_reserved += price > 0;
    set_aside(budget, price);
    return 0;
}

static void undo(struct call_link *self, struct call *call)
{
    budget_take(self, call);
}

static int after(struct call_link *self, struct call *call, struct heard *heard,
                 enum call_fate *fate, struct err *err)
{
    struct budget *budget = (struct budget *)self;
    struct llm_spend *spend = budget->spend;
    (void)err;
    (void)fate;
    double before = spend->cost;
    *(call->in_batch ? &budget->n_held : &budget->n_reserved) -= call->reserved > 0;
    set_aside(budget, -call->reserved);
    if (heard->kind == HEARD_ANSWER || heard->kind == HEARD_REFUSED || heard->is_counted) {
        spend->n_prompt_tokens += call->reply->n_prompt_tokens;
        spend->n_reply_tokens += call->reply->n_reply_tokens;
        bool guess = heard->no_usage && budget->max_cost > 0; // a ceiling holds all the same
        spend->cost += guess ? call->reserved
                             : cost_of(budget, call, call->reply->n_prompt_tokens,
                                       call->reply->n_reply_tokens);
    } else if (heard->may_be_charged) {
        spend->n_lost++;
        spend->cost += call->reserved;
    }
    if (budget->spent != &spend->cost)
        *budget->spent += spend->cost - before;
    call->reserved = 0;
    return 0;
}

double budget_take(struct call_link *self, struct call *call)
{
    struct budget *budget = (struct budget *)self;
    double dollars = call->reserved;
    budget->n_reserved -= dollars > 0;
    set_aside(budget, -dollars);
    call->reserved = 0;
    return dollars;
}

void budget_hold(struct call_link *self, double dollars, size_t n)
{
    struct budget *budget = (struct budget *)self;
    budget->n_held += dollars > 0 ? n : 0;
    set_aside(budget, dollars);
}

void budget_give_back(struct call_link *self, double dollars, size_t n)
{
    struct budget *budget = (struct budget *)self;
    budget->n_held -= dollars > 0 ? size_min(n, budget->n_held) : 0;
    set_aside(budget, -dollars);
}

static void close_budget(struct call_link *self)
{
    free(self);
}

int link_budget_open(struct call_link **link, const struct llm_remote_options *options,
                     struct llm_spend *spend, struct err *err)
{
    if (options->max_cost > 0 && !options->price.known)
        return err_set(err, ERR_CONFIG, "--max-cost needs the price of %.60s, which is in no "
                       "table; give one with --prices FILE, a line: NAME,dollars in,dollars out "
                       "(a million tokens)", options->model);
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    budget->link = (struct call_link){ "budget", before, after, close_budget, undo };
    budget->spend = spend;
    budget->price = options->price;
    budget->max_cost = options->max_cost;
    budget->spent = options->spent ? options->spent : &spend->cost;
    budget->part = options->part;
    *link = &budget->link;
    return 0;
}
