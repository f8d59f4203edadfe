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

#define CORE_ACCOUNTS 5 // fewer are no core: three people who like one joke
// Groups from here on are written, those from --least-score, which is at least this, are printed.
#define KEPT_SCORE 30.0

struct scored {
    uint32_t first, n; // items of this group, in `items`
    uint32_t n_core;   // of them in its core, in `cores` from `first` on; 0: none is tried
    struct score score;
};

struct work {
    struct run *run;
    struct coordinated c;
    struct score_world world;
    uint32_t *items; // places in the corpus, group by group
    uint32_t *cores; // the same places, those of a core first
    struct scored *groups;
    size_t n_groups;
    struct score_chance **chance;    // [n]: of n prompts; NULL: not drawn
    uint32_t *sizes;                 // that are drawn now
    uint8_t **seen;                  // one a thread: score_draw()
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
    work->cores = arena_try(a, n + 1, sizeof *work->cores, "the groups", err);
    if (!group || !work->items || !work->cores)
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
// core are the accounts that sent it SCORE_CORE_SENT times or more and little else; where the whole
// scores low and the core does not, the core takes its place. Chance makes cores too, of people who
// send little: a group has one only when it is larger than that of any draw.
static void find_core(const struct work *work, struct scored *g, struct arena *a)
{
    struct arena_mark start = arena_save(a);
    const uint32_t *items = work->items + g->first;
    uint32_t *core = work->cores + g->first, *rest = arena_array(a, g->n, sizeof *rest);
    uint32_t n_core = 0, n_rest = 0;
    struct map sent = { 0 }; // of this group, by account
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t account = work->c.account[items[i]];
        size_t at = map_add(&sent, str_make((const char *)&account, sizeof account), 0, NULL);
        sent.entries[at].value++;
    }
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t account = work->c.account[items[i]];
        size_t at = map_find(&sent, str_make((const char *)&account, sizeof account));
        if (score_is_core(sent.entries[at].value, work->world.n_sent[account]))
            core[n_core++] = items[i];
        else
            rest[n_rest++] = items[i];
    }
    map_release(&sent);
    memcpy(core + n_core, rest, n_rest * sizeof *core);
    g->n_core = n_rest && n_core >= CORE_ACCOUNTS * SCORE_CORE_SENT ? n_core : 0;
    arena_rewind(a, start);
}

static void score_whole(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    struct scored *g = &work->groups[i];
    struct arena *a = &work->arenas[i_thread];
    if (stop_asked())
        return;
    const struct score_chance *chance = work->chance[score_n_drawn(g->n, work->world.n)];
    score_group(&work->world, work->items + g->first, g->n, chance, a, &g->score);
    if (g->score.total < SCORE_DEFAULT && g->score.n_core > chance->most_core)
        find_core(work, g, a);
}

static void score_core(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    struct scored *g = &work->groups[i];
    const uint32_t *core = work->cores + g->first;
    struct score score;
    if (!g->n_core || stop_asked())
        return;
    score_group(&work->world, core, g->n_core,
                work->chance[score_n_drawn(g->n_core, work->world.n)], &work->arenas[i_thread],
                &score);
    if (score.n_accounts < CORE_ACCOUNTS || score.total < SCORE_DEFAULT)
        return;
    memcpy(work->items + g->first, core, g->n * sizeof *core);
    g->n = g->n_core;
    g->score = score;
}

static void draw_one(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    size_t n = work->sizes[i];
    if (!stop_asked())
        score_draw(&work->world, n, (uint64_t)config_whole(work->run->config, "seed"),
                   work->seen[i_thread], &work->arenas[i_thread], work->chance[n]);
}

// What chance gives for the number of prompts of every group (or core) that has not been drawn for.
static int draw_chance(struct work *work, bool of_cores, struct err *err)
{
    struct arena *a = &work->run->scratch;
    size_t n_sizes = 0;
    int rc = stop_check(err);
    for (size_t i = 0; !rc && i < work->n_groups; i++) {
        size_t n =
            score_n_drawn(of_cores ? work->groups[i].n_core : work->groups[i].n, work->world.n);
        if (!n || work->chance[n])
            continue;
        work->chance[n] = arena_try(a, 1, sizeof *work->chance[n], "what chance gives", err);
        rc = work->chance[n] ? 0 : (int)err->code;
        work->sizes[n_sizes++] = (uint32_t)n;
    }
    if (!rc)
        pool_run(work->run->pool, n_sizes, draw_one, work);
    return rc;
}

static int score_all(struct work *work, struct err *err)
{
    struct coordinated *c = &work->c;
    struct arena *a = &work->run->scratch;
    size_t n_threads = pool_threads(work->run->pool);
    work->world = (struct score_world){ .account = c->account,
                                        .address = c->address,
                                        .agent = c->agent,
                                        .cluster = c->cluster,
                                        .text = c->text,
                                        .minute = c->minute,
                                        .likeness = c->likeness,
                                        .rarity = c->rarity,
                                        .n = c->n,
                                        .n_accounts = c->n_accounts };
    score_world_make(&work->world, a);
    work->arenas = arena_zero_array(a, n_threads, sizeof *work->arenas);
    work->chance = arena_zero_array(a, c->n + 1, sizeof *work->chance);
    work->sizes = arena_array(a, work->n_groups + 1, sizeof *work->sizes);
    work->seen = arena_array(a, n_threads, sizeof *work->seen);
    for (size_t i = 0; i < n_threads; i++)
        work->seen[i] = arena_zero_array(a, c->n, 1);
    int rc = draw_chance(work, false, err);
    if (!rc)
        pool_run(work->run->pool, work->n_groups, score_whole, work);
    if (!rc)
        rc = draw_chance(work, true, err);
    if (!rc)
        pool_run(work->run->pool, work->n_groups, score_core, work);
    for (size_t i = 0; i < n_threads; i++)
        arena_release(&work->arenas[i]);
    return rc ? rc : stop_check(err);
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
        struct safety_member m = { .seq = c->seq[at],
                                   .account_id = c->account_id[c->account[at]],
                                   .has_time = timed,
                                   .time = timed ? (int64_t)c->minute[at] * 60 : 0 };
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
