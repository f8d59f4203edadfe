// SPDX-License-Identifier: Apache-2.0
// What became of whom since the release before (docs/append.md), for a run that grows: recorded in
// the vault, and in the atlas as ids, kinds and titles that were released. No count of a cluster is
// in it; a title of one that is gone goes once more through the door, with what it stood on then.
//
//   born      the id is new, and less than half of what it has was in one cluster before
//   split     the id is new, and half of what it has was in another cluster (other_id)
//   merged    the id is gone, and half of what it had is in another cluster now (other_id)
//   died      the id is gone, and its conversations are spread, or under a floor
//   retitled  the id stays; too few people use the words of its title now
#include "privacy/publish.h"

#include "base/clock.h"
#include "store/atlas_lineage.h"
#include "store/vault_past.h"

#include <stdlib.h>

struct shift { // conversations that were in one cluster of the base and are in another now
    int64_t past_id, now_id; // in the atlas; now_id 0: in none
    int64_t n;
};
struct work {
    struct publish *p;
    struct past_cluster *past;
    size_t n_past;
    struct shift *shifts;
    size_t n_shifts;
};

static bool is_now(const struct publish *p, int64_t id)
{
    for (size_t i = 1; i <= p->n_nodes; i++)
        if (publish_id(p, i) == id)
            return true;
    return false;
}

static bool is_past(const struct work *w, int64_t id)
{
    for (size_t i = 0; i < w->n_past; i++)
        if (w->past[i].id == id)
            return true;
    return false;
}

static struct vault_event *add_event(struct work *w, const char *kind, int64_t id, int64_t other)
{
    struct publish_past *past = w->p->past;
    past->events =
        arena_room(&past->arena, past->events, past->n_events, &past->n_room, sizeof *past->events);
    struct vault_event *event = &past->events[past->n_events++];
    *event = (struct vault_event){ .kind = str_of(kind),
                                   .cluster_id = id,
                                   .other_id = other,
                                   .tree = (int64_t)w->p->run->tree + 1 };
    return event;
}

static int read_shifts(struct work *w, struct err *err)
{
    struct past_overlap *overlaps;
    size_t n;
    int rc = vault_read_overlaps(w->p->run->vault, &w->p->run->scratch, &overlaps, &n, err);
    w->shifts = arena_array(&w->p->run->scratch, rc ? 1 : n + 1, sizeof *w->shifts);
    for (size_t i = 0; !rc && i < n; i++) {
        size_t node = overlaps[i].base_id ? publish_find_node(w->p, overlaps[i].base_id) : 0;
        w->shifts[w->n_shifts++] =
            (struct shift){ overlaps[i].past_id, node == SIZE_MAX ? 0 : publish_id(w->p, node),
                            overlaps[i].n };
    }
    return rc;
}

// The cluster that half of what `id` had is in now, 0: none.
static int64_t went_to(const struct work *w, int64_t id)
{
    int64_t all = 0, most = 0, where = 0;
    for (size_t i = 0; i < w->n_shifts; i++)
        if (w->shifts[i].past_id == id) {
            all += w->shifts[i].n;
            if (w->shifts[i].now_id && w->shifts[i].n > most) {
                most = w->shifts[i].n;
                where = w->shifts[i].now_id;
            }
        }
    return 2 * most >= all ? where : 0;
}

// The cluster that at least half of what `id` has was in before, 0: none.
static int64_t came_from(const struct work *w, size_t number)
{
    int64_t id = publish_id(w->p, number), most = 0, where = 0;
    for (size_t i = 0; i < w->n_shifts; i++)
        if (w->shifts[i].now_id == id && w->shifts[i].n > most) {
            most = w->shifts[i].n;
            where = w->shifts[i].past_id;
        }
    return 2 * most >= cells_at(&w->p->sizes, number, 0)->n_conversations ? where : 0;
}

static void find_events(struct work *w)
{
    struct publish *p = w->p;
    for (size_t i = 1; i <= p->n_nodes; i++) {
        int64_t id = publish_id(p, i), from = came_from(w, i);
        if (!is_past(w, id))
            add_event(w, from ? "split" : "born", id, from);
        else if (p->is_retitled[i - 1])
            add_event(w, "retitled", id, 0);
    }
    for (size_t i = 0; i < w->n_past; i++) {
        const struct past_cluster *c = &w->past[i];
        if (is_now(p, c->id))
            continue;
        int64_t into = c->level ? 0 : went_to(w, c->id);
        struct vault_event *event = add_event(w, into ? "merged" : "died", c->id, into);
        if (c->title.s.ptr)
            event->title = raw_of(arena_str(&p->past->arena, c->title.s));
        event->n_accounts = c->n_accounts;
        event->n_conversations = c->n_conversations;
        event->grade = c->grade;
    }
}

static const char *kind_of(const struct vault_event *event)
{
    static const char *const kinds[] = { "born", "split", "merged", "died", "retitled" };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (str_equal(event->kind, str_of(kinds[i])))
            return kinds[i];
    return "died";
}

static int write_event(struct publish *p, const struct vault_event *event, int64_t release,
                       int64_t rank, struct atlas_writer *w, struct err *err)
{
    struct clean title;
    struct err refused = { 0 };
    struct release_proof proof =
        publish_proof(p, event->n_accounts, event->n_conversations, event->grade);
    bool told = event->title.s.ptr &&
                release_text(event->title, &proof, &p->run->scratch, &title, &refused) == 0;
    atlas_writer_tree(w, event->tree);
    return atlas_add_event(w, release, rank, kind_of(event), event->cluster_id, event->other_id,
                           told ? &title : NULL, err);
}

// Earlier releases with their events, then this one.
static int write_all(struct publish *p, const struct vault_publication *now,
                     struct atlas_writer *out, struct err *err)
{
    struct vault_publication *list;
    struct vault_event *old;
    size_t n, n_old, at = 0;
    int rc = vault_read_publications(p->run->vault, &p->run->scratch, &list, &n, err);
    if (!rc)
        rc = vault_read_lineage(p->run->vault, now->id, &p->run->scratch, &old, &n_old, err);
    for (size_t i = 0; !rc && i < n; i++) {
        struct clean day;
        int64_t seconds;
        bool known = list[i].last_day.ptr && time_parse(list[i].last_day, &seconds);
        if (known)
            rc = release_day(seconds, &p->run->scratch, &day, err);
        if (!rc)
            rc = atlas_add_release(out, list[i].id, known ? &day : NULL, list[i].n_conversations,
                                   list[i].n_base, err);
        for (int64_t rank = 0; !rc && at < n_old && old[at].publication_id == list[i].id; at++)
            rc = write_event(p, &old[at], list[i].id, rank++, out, err);
    }
    for (size_t i = 0; !rc && i < p->past->n_events; i++)
        rc = write_event(p, &p->past->events[i], now->id, (int64_t)i, out, err);
    return rc;
}

static int describe_now(struct publish *p, struct vault_publication *now, struct err *err)
{
    struct clean day;
    *now = (struct vault_publication){ .n_conversations = p->n_total, .n_base = p->past->n_base };
    int rc = vault_next_publication(p->run->vault, &now->id, err);
    if (!rc && p->has_period)
        rc = release_day(p->last_time, &p->run->scratch, &day, err);
    if (!rc && p->has_period)
        now->last_day = day.s;
    return rc;
}

int publish_find_lineage(struct publish *p, struct err *err)
{
    struct work work = { .p = p };
    int rc = 0;
    for (size_t i = 0; i < p->n_nodes; i++)
        p->past->n_base += p->nodes[i].level == 0;
    if (p->past->grows)
        rc = vault_read_past(p->run->vault, &p->run->scratch, &work.past, &work.n_past, err);
    if (!rc && work.n_past)
        rc = read_shifts(&work, err);
    if (!rc && work.n_past)
        find_events(&work);
    return rc;
}

int publish_lineage(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct vault_publication now;
    int rc = describe_now(p, &now, err);
    if (!rc && !p->past->looks)
        rc = vault_put_publication(p->run->vault, &now, p->past->events, p->past->n_events, err);
    return rc || !p->past->grows ? rc : write_all(p, &now, w, err);
}
