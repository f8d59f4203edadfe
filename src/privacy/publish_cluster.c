// SPDX-License-Identifier: Apache-2.0
// Clusters with their phrases, some hundred at a time: read one after another, what is told of each
// phrase made by all threads, written one after another.
#include "base/stop.h"
#include "privacy/publish.h"
#include "scan/sensitive.h"

#define AT_ONCE ((size_t)512)
#define TASK ((size_t)16)

struct told { // of a phrase
    bool released;
    struct clean text;
    int64_t support;
};
struct shown { // what a cluster shows
    struct atlas_new_cluster cluster;
    struct gate_phrase *phrases; // none where it is withheld
    struct told *told;           // of each
    size_t n_phrases;
};
struct batch {
    const struct publish *p;
    size_t first, n; // nodes
    struct shown shown[AT_ONCE];
    struct arena *arenas; // of each thread
};

// How many share a phrase, as the least of a band; in guarded out of a noisy count, as every
// number, and not at all where a word of a special category needs wider noise than the count has.
// Drawn under the cluster's own number, which later releases keep: its place among the others
// moves.
static int64_t support_of(const struct publish *p, size_t i, const struct gate_phrase *phrase,
                          struct clean clean, struct arena *a)
{
    bool people = p->floors.has_accounts;
    int64_t n = people ? phrase->n_accounts : phrase->n_conversations;
    if (p->noise.is_on && sensitive_has(clean.s))
        return 0;
    struct str name =
        arena_printf(a, "phrase %lld %.*s", (long long)publish_id(p, i + 1), STR_ARG(clean.s));
    struct count_noise own = noise_of_counts(&p->noise, name, &n, sizeof n);
    return publish_band(noise_count(&own, people ? own.accounts : own.conversations, 0, n,
                                    people ? p->floors.min_accounts : p->floors.min_conversations));
}

static void tell_phrases(const struct publish *p, size_t i, struct shown *shown, struct arena *a)
{
    for (size_t j = 0; j < shown->n_phrases; j++) {
        const struct gate_phrase *phrase = &shown->phrases[j];
        struct told *told = &shown->told[j];
        struct err refused = { 0 };
        struct release_proof proof =
            publish_proof(p, phrase->n_accounts, phrase->n_conversations, p->nodes[i].grade);
        told->released = release_phrase(phrase->text, &proof, a, &told->text, &refused) == 0;
        if (told->released)
            told->support = support_of(p, i, phrase, told->text, a);
    }
}

static void tell_task(void *context, size_t i_task, size_t i_thread)
{
    struct batch *b = context;
    size_t end = size_min((i_task + 1) * TASK, b->n);
    for (size_t i = i_task * TASK; i < end; i++)
        tell_phrases(b->p, b->first + i, &b->shown[i], &b->arenas[i_thread]);
}

// As fine as a map is drawn: a place is made of exact vectors.
static double on_map(double x)
{
    return (double)(int64_t)(1024 * x + 0.5) / 1024;
}

static int read_cluster(struct publish *p, size_t i, struct shown *shown, struct err *err)
{
    const struct gate_node *node = &p->nodes[i];
    const struct cell *size = cells_at(&p->sizes, i + 1, 0);
    struct arena *a = &p->run->scratch;
    struct release_proof proof =
        publish_proof(p, size->n_accounts, size->n_conversations, node->grade);
    struct err refused = { 0 };
    struct atlas_new_cluster *cluster = &shown->cluster;
    *shown = (struct shown){ .cluster = {
                                 .id = publish_id(p, i + 1),
                                 .parent_id = publish_id(p, p->parent[i + 1]),
                                 .level = node->level,
                                 .n_conversations = size->n_shown,
                                 .n_accounts = !p->floors.has_accounts ? -1
                                               : p->noise.is_on        ? node->n_accounts
                                                                       : size->n_accounts,
                                 .share = (double)size->n_shown / (double)p->n_total,
                                 .placed = node->placed,
                                 .x = on_map(node->x),
                                 .y = on_map(node->y),
                             } };
    cluster->withheld = release_text(node->title, &proof, a, &cluster->title, &refused) != 0 ||
                        release_text(node->summary, &proof, a, &cluster->summary, &refused) != 0;
    p->n_withheld += cluster->withheld;
    if (node->past_title.s.ptr)
        p->is_retitled[i] = cluster->withheld || !str_equal(node->past_title.s, cluster->title.s);
    if (cluster->withheld)
        return 0;
    int rc =
        vault_gate_phrases(p->run->vault, node->id, a, &shown->phrases, &shown->n_phrases, err);
    shown->told = arena_array(a, shown->n_phrases + 1, sizeof *shown->told);
    return rc;
}

static int write_shown(const struct shown *shown, struct atlas_writer *w, struct err *err)
{
    int rank = 0, rc = atlas_add_cluster(w, &shown->cluster, err);
    for (size_t j = 0; !rc && j < shown->n_phrases; j++)
        if (shown->told[j].released)
            rc = atlas_add_phrase(w, shown->cluster.id, ++rank, shown->told[j].text,
                                  shown->told[j].support, err);
    return rc;
}

static int write_batch(struct publish *p, struct batch *b, struct atlas_writer *w, struct err *err)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    int rc = stop_check(err);
    for (size_t i = 0; !rc && i < b->n; i++)
        rc = read_cluster(p, b->first + i, &b->shown[i], err);
    if (!rc)
        pool_run(p->run->pool, size_round_up(b->n, TASK) / TASK, tell_task, b);
    for (size_t i = 0; !rc && i < b->n; i++)
        rc = write_shown(&b->shown[i], w, err);
    run_progress(p->run, b->first + b->n, p->n_nodes);
    for (size_t thread = 0; thread < pool_threads(p->run->pool); thread++)
        arena_release(&b->arenas[thread]);
    arena_rewind(&p->run->scratch, start);
    return rc;
}

int publish_clusters(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct arena *a = &p->run->scratch;
    struct arena_mark start = arena_save(a);
    struct batch *b = arena_zero_array(a, 1, sizeof *b);
    int rc = 0;
    b->p = p;
    b->arenas = arena_zero_array(a, pool_threads(p->run->pool), sizeof *b->arenas);
    for (size_t i = 0; !rc && i < p->n_nodes; i += b->n) {
        b->first = i;
        b->n = size_min(AT_ONCE, p->n_nodes - i);
        rc = write_batch(p, b, w, err);
    }
    arena_rewind(a, start);
    return rc;
}
