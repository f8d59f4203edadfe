// SPDX-License-Identifier: Apache-2.0
#include "safety/coordinated_text.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/stop.h"
#include "safety/prompt_words.h"
#include "safety/score.h"
#include "store/safety.h"
#include "store/vault_conversation.h"
#include "store/vault_safety.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_READ ((size_t)24) // prompts from which a template is drawn
#define HELD_SHARE 0.6         // a pair of words that so many of them hold belongs to it, and three

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static int64_t most_common(const struct coordinated *c, const struct coordinated_found *f,
                           struct arena *a)
{
    struct arena_mark start = arena_save(a);
    uint32_t *list = arena_array(a, f->n, sizeof *list), best = 0;
    size_t n_best = 0, n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (c->cluster[f->items[i]])
            list[n++] = c->cluster[f->items[i]];
    qsort(list, n, sizeof *list, by_number);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && list[to] == list[from];)
            to++;
        if (to - from > n_best) {
            n_best = to - from;
            best = list[from];
        }
    }
    arena_rewind(a, start);
    return best;
}

static int read_prompt(struct run *run, int64_t seq, struct prompt_words *words, struct err *err)
{
    struct safety_sources one;
    struct turn *turns;
    size_t n;
    int rc = vault_read_sources(run->vault, seq - 1, 1, 1, SAFETY_TURNS, &run->scratch, &one, err);
    if (!rc && (one.n != 1 || one.items[0].seq != seq))
        rc = err_set(err, ERR_DATA, "the vault changed while it was read; run it again");
    if (!rc)
        rc = vault_parse_turns(one.items[0].turns, &run->scratch, &turns, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (turns[i].role == TURN_USER && turns[i].text.s.len) {
            prompt_words_read(turns[i].text.s, &run->scratch, words);
            return 0;
        }
    *words = (struct prompt_words){ NULL, NULL, 0 };
    return rc;
}

// The first prompt of each account, in the order of the corpus; all prompts where there are too few
// accounts for words of a template to be those of several.
static size_t choose_prompts(const struct coordinated *c, const struct coordinated_found *f,
                             uint32_t *chosen)
{
    struct map seen = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (map_number(&seen, c->account[f->items[i]]) > n)
            chosen[n++] = f->items[i];
    map_release(&seen);
    if (n >= SAFETY_LEAST_ACCOUNTS)
        return n;
    memcpy(chosen, f->items, f->n * sizeof *chosen);
    return f->n;
}

static int describe_one(struct run *run, const struct coordinated *c, struct coordinated_found *f,
                        struct err *err)
{
    struct arena *a = &run->scratch;
    static const size_t room = 640; // a template and what it may grow to
    char *kept = arena_alloc(a, room);
    struct arena_mark start = arena_save(a);
    uint32_t *chosen = arena_array(a, f->n + 1, sizeof *chosen);
    size_t n_chosen = choose_prompts(c, f, chosen), n = size_min(n_chosen, MOST_READ);
    struct prompt_words *prompts = arena_array(a, n, sizeof *prompts);
    double share = fmax(HELD_SHARE, (double)SAFETY_LEAST_ACCOUNTS / (double)n);
    int rc = stop_check(err);
    for (size_t i = 0; !rc && i < n; i++) // spread over the group
        rc = read_prompt(run, c->seq[chosen[i * n_chosen / n]], &prompts[i], err);
    f->cluster = most_common(c, f, a);
    if (!rc) {
        struct str text = str_head(prompt_template(prompts, n, fmin(1, share), a), room);
        memcpy(kept, text.ptr, text.len);
        f->template = str_make(kept, text.len);
    }
    arena_rewind(a, start);
    return rc;
}

int coordinated_describe(struct run *run, const struct coordinated *c,
                         struct coordinated_found *found, size_t n, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = describe_one(run, c, &found[i], err);
    return rc;
}

static void day_of(int32_t minute, char text[11])
{
    char all[TIME_TEXT] = "-";
    if (minute != SCORE_NO_TIME)
        time_format((int64_t)minute * 60, all);
    snprintf(text, 11, "%.10s", all);
}

static int print_row(size_t i, const struct coordinated_found *f, struct buf *out, struct err *err)
{
    const struct score *s = f->score;
    char first[11], last[11];
    day_of(s->first_minute, first);
    day_of(s->last_minute, last);
    int rc = buf_printf(out, err, "%4zu %5.1f %6.3f  %-12s %8zu %13zu  %s … %s  %.*s\n", i + 1,
                        s->total, s->p_total, score_kind_name(score_kind_of(s)), s->n_accounts,
                        f->n, first, last, STR_ARG(f->template));
    if (!rc)
        rc = buf_printf(out, err, "     why:");
    for (int part = 0; !rc && part < SCORE_N_PARTS; part++)
        if (s->points[part] >= 0.5 || s->points[part] <= -0.5)
            rc = buf_printf(out, err, " %s %.2f (chance %.2f) %+.0f;",
                            score_part_name((enum score_part)part), s->value[part], s->chance[part],
                            s->points[part]);
    return rc ? rc : buf_add_char(out, '\n', err);
}

static int print_json(size_t i, const struct coordinated_found *f, struct buf *out, struct err *err)
{
    const struct score *s = f->score;
    char first[11], last[11];
    day_of(s->first_minute, first);
    day_of(s->last_minute, last);
    int rc =
        buf_printf(out, err,
                   "%s\n{\"id\":%zu,\"score\":%.2f,\"p\":%.4f,\"kind\":\"%s\","
                   "\"n_accounts\":%zu,\"n_conversations\":%zu,\"first\":\"%s\","
                   "\"last\":\"%s\",\"cluster\":%lld,\"template\":",
                   i ? "," : "", i + 1, s->total, s->p_total, score_kind_name(score_kind_of(s)),
                   s->n_accounts, f->n, first, last, (long long)f->cluster);
    if (!rc)
        rc = json_put_str(out, f->template, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"parts\":{"), err);
    for (int part = 0; !rc && part < SCORE_N_PARTS; part++)
        rc = buf_printf(out, err,
                        "%s\"%s\":{\"value\":%.4f,\"chance\":%.4f,\"p\":%.4f,\"points\":%.2f}",
                        part ? "," : "", score_part_name((enum score_part)part), s->value[part],
                        s->chance[part], s->p[part], s->points[part]);
    return rc ? rc : buf_add(out, STR_LIT("}}"), err);
}

static size_t count_listed(const struct coordinated_found *found, size_t n, double least)
{
    size_t listed = 0;
    while (listed < n && found[listed].score->total >= least)
        listed++;
    return listed;
}

int coordinated_print(struct run *run, const struct coordinated *c,
                      const struct coordinated_found *found, size_t n, bool json, struct buf *out,
                      struct err *err)
{
    double least = config_number(run->config, "least-score");
    size_t listed = count_listed(found, n, least);
    int rc;
    if (json)
        rc = buf_printf(out, err,
                        "{\"notice\":\"%s\",\"n_conversations\":%zu,\"n_accounts\":%zu,"
                        "\"least_score\":%.1f,\"groups\":[",
                        SAFETY_NOTICE, c->n, c->n_accounts, least);
    else
        rc = buf_printf(out, err,
                        "%s\n%zu %s a score of %.0f, out of %zu conversations of "
                        "%zu accounts.\n\n  id score      p  kind         accounts "
                        "conversations  days                     template\n",
                        SAFETY_NOTICE, listed, listed == 1 ? "group reaches" : "groups reach",
                        least, c->n, c->n_accounts);
    for (size_t i = 0; !rc && i < listed; i++)
        rc = json ? print_json(i, &found[i], out, err) : print_row(i, &found[i], out, err);
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}
