// SPDX-License-Identifier: Apache-2.0
// Decides who counts before anything is asked of a conversation: near-copies of one prompt count
// once, and an account adds at most --max-per-account conversations, drawn with the seed. The rest
// is left out of the whole release (table left_out). All is computed in memory, at most 500 bytes a
// conversation, 170 of them for as long as the stage works, and written in one transaction.
//
// After a purge all are drawn again, those who were left out among them: so an account whose
// conversations went adds others, a near-copy stands for the first one that went, and who got the
// copies of others stays within the bound. It is the draw of a fresh run of what is left; in a run
// that grew whoever counts goes on counting, as in an append, and others come into the free places.
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "dp/dp_select.h"
#include "privacy/bound.h"
#include "privacy/near_copy.h"
#include "privacy/publish_labels.h"
#include "run/stage.h"
#include "store/vault_bound.h"
#include "store/vault_conversation.h"
#include "store/vault_past.h"

#include <stdlib.h>

struct work {
    struct run *run;
    struct sketch *sketches;
    struct bound_item *items;
    int64_t *seq;
    uint32_t *first;
    size_t n, n_near, n_over;
    struct hash_key rank_key;
    struct digest corpus;           // of all transcripts
    int64_t first_new;              // those before it were there at an earlier release; 0: none was
    int64_t *unasked; // of these, who counts only now: left out before a purge, or late
    size_t n_unasked; // through the screen; rising
    int64_t n_old_near, n_old_over; // left out then, and not drawn again
    bool redraw;                    // after a purge
    // of the batch that is read now
    const struct conversations *batch;
    struct arena *arenas; // one a thread
    struct err *errs;
};

// What the person wrote, as one text; sketches look at its first part only.
static struct str join_human(const struct turn *turns, size_t n, struct arena *a)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += turns[i].role == TURN_USER ? turns[i].text.s.len + 1 : 0;
    char *text = arena_alloc(a, len + 1);
    len = 0;
    for (size_t i = 0; i < n; i++)
        if (turns[i].role == TURN_USER && turns[i].text.s.len) {
            memcpy(text + len, turns[i].text.s.ptr, turns[i].text.s.len);
            len += turns[i].text.s.len;
            text[len++] = ' ';
        }
    return str_make(text, len);
}

static void sketch_one(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    struct arena *a = &work->arenas[i_thread];
    struct arena_mark start = arena_save(a);
    struct turn *turns;
    size_t n;
    if (vault_parse_turns(work->batch->items[i].turns, a, &turns, &n, &work->errs[i_thread]) == 0)
        sketch_make(&work->sketches[work->n + i], join_human(turns, n, a), a);
    arena_rewind(a, start);
}

static int add_batch(struct work *work, const struct conversations *batch, bool sketch,
                     struct err *err)
{
    size_t n_threads = pool_threads(work->run->pool);
    work->batch = batch;
    work->arenas = arena_zero_array(&work->run->scratch, n_threads, sizeof *work->arenas);
    work->errs = arena_zero_array(&work->run->scratch, n_threads, sizeof *work->errs);
    if (sketch)
        pool_run(work->run->pool, batch->n, sketch_one, work);
    for (size_t i = 0; i < batch->n; i++) {
        const struct conversation *c = &batch->items[i];
        digest_add(&work->corpus, c->external_id);
        digest_add(&work->corpus, c->turns);
        work->seq[work->n + i] = c->seq;
        work->items[work->n + i] =
            (struct bound_item){ c->account_id, c->has_account, true,
                                 hash_bytes(&work->rank_key, c->external_id) };
    }
    work->n += batch->n;
    for (size_t i = 0; i < n_threads; i++) {
        arena_release(&work->arenas[i]);
        if (work->errs[i].code)
            *err = work->errs[i];
    }
    return (int)err->code;
}

static int read_all(struct work *work, int64_t n_all, bool sketch, struct err *err)
{
    struct run *run = work->run;
    struct conversations batch = { 0 };
    int rc = 0;
    do {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_conversations(run->vault, work->n ? work->seq[work->n - 1] : 0,
                                          LIMIT_STAGE_BATCH, &run->scratch, &batch, err);
        if (!rc && work->n + batch.n > (size_t)n_all)
            rc = err_set(err, ERR_DATA, "the vault changed while it was read; run it again");
        if (!rc)
            rc = add_batch(work, &batch, sketch, err);
        arena_rewind(&run->scratch, start);
        run_progress(run, work->n, (uint64_t)n_all);
    } while (!rc && batch.n);
    return rc;
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

// An earlier release counted it, and facets were asked of it: it stays, before all that is new of
// its account. Who was left out then is read again after a purge only.
static bool is_old(const struct work *work, size_t i)
{
    return work->seq[i] < work->first_new &&
           !(work->n_unasked && bsearch(&work->seq[i], work->unasked, work->n_unasked,
                                        sizeof *work->unasked, by_number));
}

// A family with an old one in it is counted by that, also when others stand before it, which count
// only now.
static void put_old_first(struct work *work)
{
    uint32_t *old = arena_array(&work->run->scratch, work->n + 1, sizeof *old);
    for (size_t i = 0; i < work->n; i++)
        old[i] = NEAR_NONE;
    for (size_t i = 0; i < work->n; i++) {
        uint32_t first = work->first[i];
        if (first != NEAR_NONE && is_old(work, i) && !is_old(work, first) &&
            old[first] == NEAR_NONE)
            old[first] = (uint32_t)i;
    }
    for (size_t i = 0; i < work->n; i++) {
        uint32_t first = work->first[i] == NEAR_NONE ? (uint32_t)i : work->first[i];
        if (old[first] != NEAR_NONE)
            work->first[i] = old[first];
    }
}

// A text whose first one is over its account's bound is counted by the next of the family that is
// within its own.
static void find_heirs(struct work *work, int64_t most)
{
    struct arena *a = &work->run->scratch;
    uint32_t *heir = arena_array(a, work->n + 1, sizeof *heir);
    struct bound_room *room = bound_room_make(work->items, work->n, most, a);
    for (size_t i = 0; i < work->n; i++)
        heir[i] = NEAR_NONE;
    for (size_t i = 0; i < work->n; i++) {
        uint32_t first = work->first[i];
        if (first == NEAR_NONE || work->items[first].counts)
            continue;
        if (heir[first] == NEAR_NONE && bound_room_take(room, &work->items[i])) {
            heir[first] = (uint32_t)i;
            work->items[i].counts = true;
            work->n_near--;
        }
    }
    for (size_t i = 0; i < work->n; i++) {
        uint32_t mine = work->first[i] == NEAR_NONE ? NEAR_NONE : heir[work->first[i]];
        if (mine != NEAR_NONE)
            work->first[i] = mine == i ? NEAR_NONE : mine;
    }
}

static int leave_out(struct work *work, int64_t most, struct err *err)
{
    int rc = near_copy_find(work->sketches, work->n, &work->run->scratch, work->first, err);
    if (rc)
        return rc;
    if (work->n_unasked)
        put_old_first(work);
    for (size_t i = 0; i < work->n; i++) {
        if (is_old(work, i)) {
            work->first[i] = NEAR_NONE;
            work->items[i].rank = 0;
        }
        work->items[i].counts = work->first[i] == NEAR_NONE;
        work->n_near += !work->items[i].counts;
    }
    work->n_over = bound_accounts(work->items, work->n, most, &work->run->scratch);
    if (work->n_over)
        find_heirs(work, most);
    return 0;
}

// The key of the noise: who does not hold every conversation cannot know it, and the same corpus
// gives the same atlas. A run that grows keeps it, so that the same people are behind the same draw
// from release to release.
static int write_noise_key(struct run *run, struct work *work, struct err *err)
{
    char hex[DIGEST_HEX];
    struct hash_key key;
    if (work->first_new)
        return vault_get_noise_key(run->vault, &key, err);
    digest_hex(&work->corpus, hex);
    uint64_t half = hash_bytes(&work->rank_key, str_make(hex, DIGEST_HEX - 1));
    memcpy(key.bytes, &half, sizeof half);
    half = hash_text(str_make(hex, DIGEST_HEX - 1));
    memcpy(key.bytes + sizeof half, &half, sizeof half);
    return vault_put_noise_key(run->vault, &key, err);
}

static int write_all(struct run *run, struct work *work, struct err *err)
{
    int rc = write_noise_key(run, work, err);
    for (size_t i = 0; !rc && i < work->n; i++)
        if (!work->items[i].counts)
            rc = vault_put_left_out(run->vault, work->seq[i],
                                    work->first[i] == NEAR_NONE ? 0 : work->seq[work->first[i]],
                                    err);
    if (!rc)
        rc = vault_set_note(run->vault, "bound", "near_copies",
                            work->n_old_near + (int64_t)work->n_near, err);
    if (!rc)
        rc = vault_set_note(run->vault, "bound", "over_bound",
                            work->n_old_over + (int64_t)work->n_over, err);
    return rc;
}

// What is drawn again is forgotten first, also that of a start that was interrupted.
static int forget_draw(struct work *work, struct err *err)
{
    struct vault *vault = work->run->vault;
    struct vault_batch batch;
    int rc = vault_get_batch(vault, &work->run->scratch, &batch, err);
    if (!rc && batch.id && batch.state == BATCH_WORKING)
        work->first_new = batch.first_open;
    else if (!rc && batch.id && work->redraw)
        work->first_new = INT64_MAX;
    return rc ? rc : vault_clear_left_out(vault, work->redraw ? 0 : work->first_new, err);
}

static int make_room(struct work *work, int64_t *n_all, struct err *err)
{
    struct arena *a = &work->run->scratch;
    int rc = forget_draw(work, err);
    if (!rc)
        rc = vault_count_left_out(work->run->vault, &work->n_old_near, &work->n_old_over, err);
    if (!rc)
        rc = vault_count_conversations(work->run->vault, n_all, err);
    if (!rc)
        rc = vault_read_unasked(work->run->vault, work->first_new, a, &work->unasked,
                                &work->n_unasked, err);
    if (rc)
        return rc;
    size_t n = (size_t)*n_all + 1;
    work->sketches = arena_try(a, n, sizeof *work->sketches, "the sketches", err);
    work->items = arena_try(a, n, sizeof *work->items, "the sketches", err);
    work->seq = arena_try(a, n, sizeof *work->seq, "the sketches", err);
    work->first = arena_try(a, n, sizeof *work->first, "the sketches", err);
    if (work->sketches)
        memset(work->sketches, 0, n * sizeof *work->sketches);
    return work->sketches && work->items && work->seq && work->first ? 0 : (int)err->code;
}

// Mode dp: each account has drawn its own (dp_select.h); a transcript that nobody drew is left out
// of all work.
static int bound_dp(struct run *run, struct work *work, struct err *err)
{
    struct arena *a = &run->scratch;
    struct dp_selected *drawn;
    struct vault_owned *owned;
    size_t n_drawn, n_owned;
    int rc = vault_clear_left_out(run->vault, 0, err);
    if (!rc)
        rc = dp_select(run->vault, (uint64_t)config_whole(run->config, "max-per-account"),
                       (uint64_t)config_whole(run->config, "seed"), a, &drawn, &n_drawn,
                       &work->n_over, err);
    if (!rc)
        rc = vault_read_owned(run->vault, a, &owned, &n_owned, err);
    if (rc)
        return rc;
    int64_t *wanted = arena_array(a, n_drawn + 1, sizeof *wanted);
    for (size_t i = 0; i < n_drawn; i++)
        wanted[i] = drawn[i].seq;
    if (n_drawn)
        qsort(wanted, n_drawn, sizeof *wanted, by_number);
    for (size_t i = 0; !rc && i < n_owned; i++) {
        if (owned[i].first_seq != owned[i].seq)
            continue; // a copy
        work->n++;
        if (!bsearch(&owned[i].seq, wanted, n_drawn, sizeof *wanted, by_number)) {
            work->n_near++; // nobody's
            rc = vault_put_left_out(run->vault, owned[i].seq, 0, err);
        }
    }
    run->record.n_in = (int64_t)work->n;
    run->record.n_out = (int64_t)(work->n - work->n_near);
    return rc ? rc : vault_set_note(run->vault, "bound", "over_bound", (int64_t)work->n_over, err);
}

// Mode local has no bound on accounts.
static int bound_exact(struct run *run, struct work *work, struct err *err)
{
    int64_t n_all = 0;
    bool guarded = strcmp(config_text(run->config, "privacy"), "guarded") == 0;
    bool sketch = strcmp(config_text(run->config, "near-copies"), "once") == 0;
    int64_t most = guarded ? config_whole(run->config, "max-per-account") : 0;
    digest_init(&work->corpus);
    work->rank_key = hash_key_of_seed((uint64_t)config_whole(run->config, "seed"));
    int rc = make_room(work, &n_all, err);
    if (!rc)
        rc = read_all(work, n_all, sketch, err);
    if (!rc)
        rc = leave_out(work, most, err);
    if (!rc)
        rc = write_all(run, work, err);
    if (!rc && work->n_near)
        log_note("%zu conversation%s nearly as another one and count%s once with it; "
                 "--near-copies all counts each",
                 work->n_near, work->n_near == 1 ? " is" : "s are", work->n_near == 1 ? "s" : "");
    if (!rc && work->n_over)
        log_note("%zu conversations are over the bound of %lld an account and are left out",
                 work->n_over, (long long)most);
    run->record.n_in = (int64_t)work->n + work->n_old_near + work->n_old_over;
    run->record.n_out = (int64_t)(work->n - work->n_near - work->n_over);
    return rc;
}

static int run_bound(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { .run = run };
    int rc = publish_labels_find(run, err);
    if (!rc)
        rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_redraw_is_asked(run->vault, &work.redraw, err);
    if (!rc)
        rc = run_is_dp(run) ? bound_dp(run, &work, err) : bound_exact(run, &work, err);
    if (!rc && work.redraw)
        rc = vault_end_redraw(run->vault, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage bound_stage = {
    .name = "bound",
    .summary = "counts near-copies once and bounds what one account adds",
    .reads = "conversation",
    .writes = "left_out",
    .settings = "privacy max-per-account near-copies seed",
    .run = run_bound,
};
