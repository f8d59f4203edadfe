// SPDX-License-Identifier: Apache-2.0
// read -> families of likely built prompts -> joined by accounts -> one score a group -> safety.db.
#include "safety/coordinated.h"

#include "base/log.h"
#include "base/map.h"
#include "base/stop.h"
#include "safety/coordinated_text.h"
#include "safety/family.h"
#include "safety/score.h"
#include "store/safety_write.h"

#include <stdlib.h>

#define CORE_SENT 3     // prompts of an account in the core of a group
#define CORE_ACCOUNTS 5 // fewer are no core: three people who like one joke
#define KEPT_SCORE 30.0 // groups from here on are written, those from --least-score are printed

struct scored {
    uint32_t first, n; // items of this group, in `items`
    uint64_t seed;
    struct score score;
};

struct work {
    struct run *run;
    struct coordinated c;
    struct score_world world;
    uint32_t *items; // places in the corpus, group by group
    struct scored *groups;
    size_t n_groups;
    struct arena *arenas;            // one a thread
    struct coordinated_found *found; // best first
    size_t n_found;
};

static int find_groups(struct work *work, uint32_t *group, struct err *err)
{
    struct coordinated *c = &work->c;
    struct arena *a = &work->run->scratch;
    uint32_t *leader = arena_try(a, c->n + 1, sizeof *leader, "the families", err);
    if (!leader)
        return (int)err->code;
    struct family_params params = family_default_params(c->n_accounts);
    int rc = family_find(c->sketches, c->n, a, leader, c->likeness, err);
    if (!rc)
        rc = family_join(leader, c->account, c->n, c->n_accounts, &params, a, group,
                         &work->n_groups, err);
    return rc;
}

// Items sorted by group (counting sort: in the order of the corpus within each).
static int gather(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    size_t n = work->c.n;
    uint32_t *group = arena_try(a, n + 1, sizeof *group, "the groups", err);
    work->items = arena_try(a, n + 1, sizeof *work->items, "the groups", err);
    if (!group || !work->items)
        return (int)err->code;
    int rc = find_groups(work, group, err);
    if (rc)
        return rc;
    work->groups = arena_zero_array(a, work->n_groups + 1, sizeof *work->groups);
    for (size_t i = 0; i < n; i++)
        if (group[i] != FAMILY_NONE)
            work->groups[group[i]].n++;
    uint32_t at = 0;
    for (size_t g = 0; g < work->n_groups; g++) {
        work->groups[g].first = at;
        at += work->groups[g].n;
        work->groups[g].n = 0;
    }
    for (size_t i = 0; i < n; i++)
        if (group[i] != FAMILY_NONE) {
            struct scored *g = &work->groups[group[i]];
            work->items[g->first + g->n++] = (uint32_t)i;
        }
    return 0;
}

// Another ring's wording, or a crowd that used it once, can stand in one group with a ring. Its
// core are the accounts that sent it CORE_SENT times or more and little else; where the whole
// scores low and the core does not, the core takes its place, its items moved to the front.
static void try_core(const struct work *work, struct scored *g, struct arena *a)
{
    struct arena_mark start = arena_save(a);
    uint32_t *items = work->items + g->first, n_core = 0, n_rest = 0;
    uint32_t *core = arena_array(a, g->n, sizeof *core), *rest = arena_array(a, g->n, sizeof *rest);
    struct map sent = { 0 }; // of this group, by account
    struct score score;
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t account = work->c.account[items[i]];
        size_t at = map_add(&sent, str_make((const char *)&account, sizeof account), 0, NULL);
        sent.entries[at].value++;
    }
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t account = work->c.account[items[i]];
        size_t at = map_find(&sent, str_make((const char *)&account, sizeof account));
        uint64_t n = sent.entries[at].value;
        if (n >= CORE_SENT && 2 * n >= work->world.n_sent[account])
            core[n_core++] = items[i];
        else
            rest[n_rest++] = items[i];
    }
    map_release(&sent);
    if (n_core && n_rest) {
        score_group(&work->world, core, n_core, g->seed, a, &score);
        if (score.n_accounts >= CORE_ACCOUNTS && score.total >= SCORE_DEFAULT) {
            memcpy(items, core, n_core * sizeof *items);
            memcpy(items + n_core, rest, n_rest * sizeof *items);
            g->n = n_core;
            g->score = score;
        }
    }
    arena_rewind(a, start);
}

static void score_one(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    struct scored *g = &work->groups[i];
    struct arena *a = &work->arenas[i_thread];
    if (stop_asked())
        return;
    score_group(&work->world, work->items + g->first, g->n, g->seed, a, &g->score);
    if (g->score.total < SCORE_DEFAULT)
        try_core(work, g, a);
}

static int score_all(struct work *work, struct err *err)
{
    struct coordinated *c = &work->c;
    struct arena *a = &work->run->scratch;
    size_t n_threads = pool_threads(work->run->pool);
    uint64_t seed = (uint64_t)config_whole(work->run->config, "seed");
    work->world = (struct score_world){ .account = c->account,
                                        .address = c->address,
                                        .agent = c->agent,
                                        .cluster = c->cluster,
                                        .minute = c->minute,
                                        .likeness = c->likeness,
                                        .rarity = c->rarity,
                                        .n = c->n,
                                        .n_accounts = c->n_accounts };
    score_world_make(&work->world, a);
    work->arenas = arena_zero_array(a, n_threads, sizeof *work->arenas);
    for (size_t i = 0; i < work->n_groups; i++)
        work->groups[i].seed =
            seed ^ mix_bits((uint64_t)c->seq[work->items[work->groups[i].first]]);
    pool_run(work->run->pool, work->n_groups, score_one, work);
    for (size_t i = 0; i < n_threads; i++)
        arena_release(&work->arenas[i]);
    return stop_check(err);
}

static int by_score(const void *x, const void *y)
{
    const struct coordinated_found *a = x, *b = y;
    if (a->score->total > b->score->total || a->score->total < b->score->total)
        return a->score->total > b->score->total ? -1 : 1;
    return (a->items[0] > b->items[0]) - (a->items[0] < b->items[0]);
}

static void pick(struct work *work)
{
    struct arena *a = &work->run->scratch;
    work->found = arena_zero_array(a, work->n_groups + 1, sizeof *work->found);
    for (size_t i = 0; i < work->n_groups; i++) {
        const struct scored *g = &work->groups[i];
        if (g->score.total >= KEPT_SCORE)
            work->found[work->n_found++] = (struct coordinated_found){
                .score = &g->score, .items = work->items + g->first, .n = g->n
            };
    }
    qsort(work->found, work->n_found, sizeof *work->found, by_score);
}

static int write_group(struct work *work, struct safety *safety, size_t i, struct err *err)
{
    const struct coordinated_found *f = &work->found[i];
    const struct coordinated *c = &work->c;
    const struct score *s = f->score;
    bool has_time = s->first_minute != SCORE_NO_TIME;
    struct safety_group group = {
        .id = (int64_t)i + 1,
        .score = s->total,
        .p = s->p_total,
        .kind = str_of(score_kind_name(score_kind_of(s))),
        .how = STR_LIT("wording"),
        .n_accounts = (int64_t)s->n_accounts,
        .n_conversations = (int64_t)f->n,
        .cluster_id = f->cluster,
        .has_time = has_time,
        .first_time = has_time ? (int64_t)s->first_minute * 60 : 0,
        .last_time = has_time ? (int64_t)s->last_minute * 60 : 0,
        .template = raw_of(f->template),
    };
    int rc = safety_add_group(safety, &group, err);
    for (int part = 0; !rc && part < SCORE_N_PARTS; part++) {
        struct safety_part one = { str_of(score_part_name((enum score_part)part)), s->value[part],
                                   s->chance[part], s->p[part], s->points[part] };
        rc = safety_add_part(safety, group.id, &one, err);
    }
    for (size_t j = 0; !rc && j < f->n; j++) {
        size_t at = f->items[j];
        bool timed = c->minute[at] != SCORE_NO_TIME;
        struct safety_member m = { c->seq[at], c->account_id[c->account[at]], timed,
                                   timed ? (int64_t)c->minute[at] * 60 : 0 };
        rc = safety_add_member(safety, group.id, &m, err);
    }
    return rc;
}

static int write_all(struct work *work, struct err *err)
{
    struct safety *safety = NULL;
    struct str clusters = STR_LIT("");
    char number[32];
    int rc = vault_name_clustering(work->run->vault, &work->run->scratch, &clusters, err);
    if (!rc)
        rc = safety_open_to_write(&safety, work->run->dir, err);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_clear(safety, SAFETY_COORDINATED, err);
    for (size_t i = 0; !rc && i < work->n_found; i++)
        rc = write_group(work, safety, i, err);
    snprintf(number, sizeof number, "%zu", work->c.n);
    if (!rc)
        rc = safety_set_info(safety, "coordinated_n_conversations", str_of(number), err);
    snprintf(number, sizeof number, "%zu", work->c.n_accounts);
    if (!rc)
        rc = safety_set_info(safety, "coordinated_n_accounts", str_of(number), err);
    if (!rc)
        rc = safety_set_info(safety, "coordinated_clusters", clusters, err);
    return safety_end(safety, rc, err);
}

int coordinated_run(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { .run = run };
    run->stage = "coordinated";
    int rc = coordinated_read(run, &work.c, err);
    if (!rc)
        rc = gather(&work, err);
    if (!rc)
        rc = score_all(&work, err);
    if (!rc) {
        pick(&work);
        log_detail("coordinated: %zu groups of prompts built alike, %zu of them scored %.0f or "
                   "more",
                   work.n_groups, work.n_found, KEPT_SCORE);
        rc = coordinated_describe(run, &work.c, work.found, work.n_found, err);
    }
    if (!rc)
        rc = write_all(&work, err);
    if (!rc)
        rc = coordinated_print(run, &work.c, work.found, work.n_found, json, out, err);
    arena_rewind(&run->scratch, start);
    return rc;
}
