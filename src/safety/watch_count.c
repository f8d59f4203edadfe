// SPDX-License-Identifier: Apache-2.0
#include "safety/watch_count.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/sorted.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "embed/embedder.h"
#include "store/vault_cluster.h"
#include "store/vault_conversation.h"
#include "store/vault_safety.h"
#include "store/vault_threshold.h"
#include "store/vault_vector.h"
#include "vec/dot.h"

static bool asks(const struct watch_count *work, enum watch_match match)
{
    for (size_t i = 0; i < work->n_asked; i++)
        if (work->asked[i].q.match == match)
            return true;
    return false;
}

// ---- by likeness

static int embed_questions(struct watch_count *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    int rc = run_open_embedder(work->run, err);
    for (size_t i = 0; !rc && i < work->n_asked; i++) {
        struct watch_asked *w = &work->asked[i];
        if (w->q.match != WATCH_LIKE)
            continue;
        size_t n_dims = embedder_dims(work->run->embedder);
        struct matrix one = matrix_view(arena_array(a, n_dims, sizeof(float)), 1, n_dims);
        rc = embedder_encode(work->run->embedder, &w->q.text, 1, &one, err);
        w->vector = one.data;
    }
    return rc;
}

static int walk_vectors(struct watch_count *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    size_t n_dims = embedder_dims(work->run->embedder);
    int rc = 0;
    for (int64_t i_block = 0; !rc; i_block++) {
        struct arena_mark start = arena_save(a);
        struct vault_vectors block = { 0 };
        rc = stop_check(err);
        if (!rc)
            rc = vault_load_vector_block(work->run->vault, i_block, a, &block, err);
        if (!rc && block.vectors.n_rows && block.vectors.n_cols != n_dims)
            rc = err_set(err, ERR_CONFIG,
                         "the vectors of this run were made by another embedder; "
                         "name it with --embedder");
        for (size_t r = 0; !rc && r < block.vectors.n_rows; r++, work->n++) {
            work->seq[work->n] = block.seq[r];
            work->bits[work->n] = 0;
            for (size_t i = 0; i < work->n_asked; i++)
                if (work->asked[i].vector &&
                    dot_floats(matrix_row(&block.vectors, r), work->asked[i].vector, n_dims) >=
                        work->asked[i].q.least)
                    work->bits[work->n] |= (uint64_t)1 << i;
        }
        bool end = rc || !block.vectors.n_rows;
        arena_rewind(a, start);
        if (end)
            break;
    }
    return rc;
}

// What fits its own cluster badly. Members are those that have vectors.
static int walk_members(struct watch_count *work, struct err *err)
{
    struct vault_member *members;
    size_t n;
    int rc = vault_read_members(work->run->vault, &work->run->scratch, &members, &n, err);
    bool fresh = work->n == 0;
    for (size_t m = 0; !rc && m < n; m++) {
        size_t at = fresh ? m : sorted_find(work->seq, work->n, members[m].seq);
        if (fresh) {
            work->seq[m] = members[m].seq;
            work->bits[m] = 0;
            work->n = m + 1;
        }
        for (size_t i = 0; at != SIZE_MAX && i < work->n_asked; i++)
            if (work->asked[i].q.match == WATCH_NEW &&
                (double)members[m].similarity < work->asked[i].q.least)
                work->bits[at] |= (uint64_t)1 << i;
    }
    return rc;
}

static int match_by_likeness(struct watch_count *work, int64_t n_all, struct err *err)
{
    struct arena *a = &work->run->scratch;
    if (!asks(work, WATCH_LIKE) && !asks(work, WATCH_NEW))
        return 0;
    work->seq = arena_try(a, (size_t)n_all + 1, sizeof *work->seq, "the conversations", err);
    work->bits = arena_try(a, (size_t)n_all + 1, sizeof *work->bits, "the conversations", err);
    int rc = work->seq && work->bits ? 0 : (int)err->code;
    if (!rc && asks(work, WATCH_LIKE))
        rc = embed_questions(work, err);
    if (!rc && asks(work, WATCH_LIKE))
        rc = walk_vectors(work, err);
    if (!rc && asks(work, WATCH_NEW))
        rc = walk_members(work, err);
    return rc;
}

// ---- by day

static bool holds_words(struct str text, struct str words)
{
    struct str rest = words, one;
    while (str_cut(&rest, '|', &one))
        if (str_trim(one).len && str_find(text, str_trim(one), 0) != SIZE_MAX)
            return true;
    return false;
}

static int first_prompt(struct run *run, const struct safety_source *row, struct str *text,
                        struct err *err)
{
    struct turn *turns;
    size_t n;
    *text = str_make("", 0);
    int rc = vault_parse_turns(row->turns, &run->scratch, &turns, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (turns[i].role == TURN_USER && turns[i].text.s.len) {
            *text = utf8_lower(&run->scratch, turns[i].text.s);
            break;
        }
    return rc;
}

// Whether the row counts for a watch at all, and whether it matches.
static bool matches(const struct watch_count *work, size_t i, const struct safety_source *row,
                    struct str text, bool *counts)
{
    const struct watch_question *q = &work->asked[i].q;
    const struct safety_answers *answers = &work->asked[i].answers;
    size_t at = q->match == WATCH_LIKE || q->match == WATCH_NEW
                    ? sorted_find(work->seq, work->n, row->stands_for)
                : q->match == WATCH_SCREEN
                    ? sorted_find(answers->transcript, answers->n, row->transcript)
                    : 0;
    switch (q->match) {
    case WATCH_WORDS:
        *counts = true;
        return holds_words(text, q->text);
    case WATCH_CLUSTER:
        *counts = row->cluster_id != 0 && !work->asked[i].follow.lost.len;
        return *counts && row->cluster_id == q->number;
    case WATCH_CONCERN:
        *counts = row->concern != 0;
        return row->concern >= q->number;
    case WATCH_SCREEN:
        *counts = at != SIZE_MAX && answers->answer[at] != '-';
        return *counts && answers->answer[at] == 'y';
    default:
        *counts = at != SIZE_MAX;
        return *counts && work->bits[at] >> i & 1;
    }
}

// Days before the newest WATCH_MOST_DAYS fall out of the tables.
static void move_days(struct watch_count *work, int64_t day)
{
    if (!work->has_days) {
        work->first_day = work->last_day = day;
        work->has_days = true;
    }
    int64_t back = work->first_day - day, on = day - WATCH_MOST_DAYS + 1 - work->first_day;
    for (size_t i = 0; i < work->n_asked && (back > 0 || on > 0); i++) {
        struct watch_day *d = work->asked[i].days;
        size_t shift = (size_t)(back > 0 ? back : on < WATCH_MOST_DAYS ? on : WATCH_MOST_DAYS);
        size_t kept = (size_t)WATCH_MOST_DAYS - shift;
        memmove(back > 0 ? d + shift : d, back > 0 ? d : d + shift, kept * sizeof *d);
        memset(back > 0 ? d : d + kept, 0, shift * sizeof *d);
    }
    work->first_day += on > 0 ? on : back > 0 ? -back : 0;
    work->last_day = day > work->last_day ? day : work->last_day;
}

static int count_row(struct watch_count *work, const struct safety_source *row, bool words,
                     struct err *err)
{
    struct str text = { NULL, 0 };
    int64_t day = row->time / WATCH_DAY_SECONDS - (row->time % WATCH_DAY_SECONDS < 0);
    if (row->has_time && day > work->last_possible) {
        work->n_ahead++; // one wrong year would push all other days out of the tables
        return 0;
    }
    work->n_timeless += !row->has_time;
    if (!row->has_time || (work->has_days && day < work->last_day - WATCH_MOST_DAYS + 1))
        return 0;
    work->n_left_out += !row->concern && !row->cluster_id;
    move_days(work, day);
    int rc = words ? first_prompt(work->run, row, &text, err) : 0;
    for (size_t i = 0; !rc && i < work->n_asked; i++) {
        struct watch_day *d = &work->asked[i].days[day - work->first_day];
        bool counts = false, match = matches(work, i, row, text, &counts);
        d->n += counts;
        d->n_matched += match;
    }
    return rc;
}

static int count_days(struct watch_count *work, int64_t n_all, struct err *err)
{
    struct run *run = work->run;
    struct safety_sources batch = { 0 };
    int64_t after = 0, n_read = 0;
    bool words = asks(work, WATCH_WORDS);
    int parts = (words ? SAFETY_TURNS : 0) | (asks(work, WATCH_SCREEN) ? SAFETY_TRANSCRIPT : 0);
    int rc = 0;
    work->last_possible = clock_unix() / WATCH_DAY_SECONDS + 1;
    do {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, LIMIT_STAGE_BATCH, parts, &run->scratch,
                                    &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            struct arena_mark one = arena_save(&run->scratch);
            after = batch.items[i].seq;
            rc = count_row(work, &batch.items[i], words, err);
            arena_rewind(&run->scratch, one);
        }
        n_read += (int64_t)batch.n;
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_read, (uint64_t)n_all);
    } while (!rc && batch.n);
    return rc;
}

int watch_count_days(struct watch_count *work, struct err *err)
{
    int64_t n_all = 0;
    int rc = vault_count_sources(work->run->vault, &n_all, err);
    if (!rc)
        rc = match_by_likeness(work, n_all, err);
    return rc || !work->n_asked ? rc : count_days(work, n_all, err);
}

void watch_count_say_left_out(const struct watch_count *counts, size_t n_trees)
{
    const struct watch_count *most = &counts[0];
    bool of_clusters = false;
    for (size_t i = 0; i < n_trees; i++) {
        most = counts[i].n_asked ? &counts[i] : most;
        of_clusters |= asks(&counts[i], WATCH_CLUSTER) || asks(&counts[i], WATCH_LIKE) ||
                       asks(&counts[i], WATCH_NEW) || asks(&counts[i], WATCH_CONCERN);
    }
    if (most->n_ahead)
        log_warning("%lld conversations have a time after tomorrow and are in no day of a watch",
                    (long long)most->n_ahead);
    if (most->n_timeless)
        log_warning("%lld conversations have no time and are in no day of a watch",
                    (long long)most->n_timeless);
    if (most->n_left_out && of_clusters)
        log_note("%lld conversations are in no cluster and not graded, as the run left them out "
                 "(bound of an account, near-copies) or has not come to them; only watches on "
                 "words and screens count them",
                 (long long)most->n_left_out);
}
