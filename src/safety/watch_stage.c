// SPDX-License-Identifier: Apache-2.0
// read questions -> ask the model what is new -> count days (watch_count.h) -> judge -> store what
// is new -> tell.
#include "safety/watch_stage.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "safety/watch_ask.h"
#include "safety/watch_count.h"
#include "safety/watch_send.h"
#include "store/safety_write.h"

#define MOST_NAME 80

// Whether the question is of the tree that is worked on. One whose tree is gone is asked of none.
static bool is_of_tree(const struct watch_count *work, const struct safety_watch *row,
                       const struct watch_question *q)
{
    struct run *run = work->run;
    struct err gone = { 0 };
    size_t tree = 0;
    const char *of = q->of.len ? arena_copy(&run->scratch, q->of) : NULL;
    bool found = run_find_tree(run, of, &tree, &gone) == 0;
    if (!found && !run->tree)
        log_warning("watch %.*s is not asked: %s", STR_ARG(row->name), gone.text);
    return found && tree == run->tree;
}

static int read_questions(struct watch_count *work, const struct safety_watch *list, size_t n,
                          struct err *err)
{
    struct arena *a = &work->run->scratch;
    int rc = 0;
    work->asked = arena_zero_array(a, n + 1, sizeof *work->asked);
    for (size_t i = 0; !rc && i < n; i++) {
        struct watch_asked *w = &work->asked[work->n_asked];
        *w = (struct watch_asked){ .row = list[i] };
        rc = watch_question_read(list[i].question, a, &w->q, err);
        if (rc)
            err_add(err, "watch %.*s", STR_ARG(list[i].name));
        if (rc || !is_of_tree(work, &w->row, &w->q))
            continue;
        w->days = arena_zero_array(a, (size_t)WATCH_MOST_DAYS, sizeof(struct watch_day));
        work->n_asked++;
    }
    return rc;
}

// ---- alerts

static void day_text(int64_t day, char text[11])
{
    char all[TIME_TEXT];
    time_format(day * WATCH_DAY_SECONDS, all);
    snprintf(text, 11, "%.10s", all);
}

static struct str cause_of(const struct watch_asked *w, const struct watch_alert *alert,
                           struct arena *a)
{
    char day[11];
    day_text(alert->day, day);
    return arena_printf(a,
                        "%.*s: %.2f %% (%.2f … %.2f %%) of the conversations of %s%s match; %s "
                        "%.2f %%; chance of such a day %.1e",
                        STR_ARG(w->row.name), 100 * alert->value, 100 * alert->low,
                        100 * alert->high, day, alert->two_days ? " and the day before" : "",
                        w->q.rule.on == WATCH_SHARE ? "the watch is set to" : "usual was",
                        100 * alert->base, alert->p);
}

static int store_days(struct watch_count *work, struct safety *safety, size_t i, size_t n_days,
                      struct err *err)
{
    struct watch_asked *w = &work->asked[i];
    int rc = 0;
    for (size_t d = 0; !rc && d < n_days; d++) {
        w->days[d].day = work->first_day + (int64_t)d;
        rc = safety_put_watch_day(safety, w->row.id, w->days[d].day, w->days[d].n,
                                  w->days[d].n_matched, err);
    }
    return rc;
}

static struct str blind_text(const struct watch_asked *w, size_t n_days, struct arena *a)
{
    const struct watch_rule *r = &w->q.rule;
    size_t n_base;
    enum watch_sight sight = watch_look_out(w->days, n_days, r, &n_base);
    char event[11], until[11];
    day_text(r->event, event);
    day_text(r->until, until);
    if (w->follow.lost.len)
        return w->follow.lost;
    if (sight == WATCH_NO_DAYS)
        return STR_LIT("no conversation with a time counts for it");
    if (sight == WATCH_AWAY)
        return arena_printf(a,
                            "its event, %s to %s, has no conversation that counts, and later days "
                            "have",
                            event, until);
    if (sight == WATCH_YOUNG)
        return arena_printf(a,
                            "%zu days %s%s have conversations that count, and it needs %lld to "
                            "compare with",
                            n_base, r->has_event ? "before " : "before the last",
                            r->has_event ? event : "", (long long)r->least_days);
    return STR_LIT("");
}

// Silence would look like calm, here and on the page.
static int say_blind(struct watch_count *work, struct safety *safety, const struct watch_asked *w,
                     size_t n_days, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct str why = blind_text(w, n_days, a);
    if (why.len && !w->follow.lost.len)
        log_warning("watch %.*s judges no day: %.*s", STR_ARG(w->row.name), STR_ARG(why));
    return safety_set_info(safety, arena_printf(a, "watch_blind.%.*s", STR_ARG(w->row.name)).ptr,
                           why, err);
}

// Where the clusters were made anew, days of before are counted by clusters that nobody asked about
// then: what they say now is no news, and is kept without being told.
static int find_news(struct safety *safety, const struct watch_asked *w, int64_t *first_new,
                     struct err *err)
{
    bool any = false;
    *first_new = INT64_MIN;
    int rc = w->follow.was ? safety_last_watch_day(safety, w->row.id, &any, first_new, err) : 0;
    if (!any)
        *first_new = INT64_MIN;
    return rc;
}

static int add_alert(struct watch_count *work, struct safety *safety, const struct watch_asked *w,
                     const struct watch_alert *found, bool is_new, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct str cause = cause_of(w, found, a);
    int64_t id = 0;
    if (!is_new)
        cause = arena_printf(a, "%.*s; found when its clusters were made anew, and not told",
                             STR_ARG(cause));
    struct safety_alert alert = { 0,          w->row.id,   found->day,  cause,   found->value,
                                  found->low, found->high, found->base, found->p };
    int rc = safety_add_alert(safety, &alert, &id, err);
    return rc || !id || !is_new ? rc : watch_send_note(work->run->config, safety, id, err);
}

// Judges one watch; what is new is stored, and due where it is to be told.
static int judge(struct watch_count *work, struct safety *safety, size_t i, struct err *err)
{
    struct watch_asked *w = &work->asked[i];
    size_t n_days = work->has_days ? (size_t)(work->last_day - work->first_day + 1) : 0;
    struct watch_alert *found = arena_array(&work->run->scratch, n_days + 1, sizeof *found);
    bool is_lost = w->follow.lost.len > 0;
    int64_t first_new = 0;
    int rc = find_news(safety, w, &first_new, err);
    if (!rc && w->q.match == WATCH_CLUSTER)
        rc = watch_follow_keep(safety, &w->row, &w->q, &w->follow, err);
    if (!rc && !is_lost)
        rc = store_days(work, safety, i, n_days, err);
    size_t n = rc || is_lost ? 0 : watch_judge(w->days, n_days, &w->q.rule, found);
    if (!rc)
        rc = say_blind(work, safety, w, n_days, err);
    for (size_t j = 0; !rc && j < n; j++)
        rc = add_alert(work, safety, w, &found[j], found[j].day >= first_new, err);
    return rc;
}

// ---- what a watch needs before it counts

static int prepare(struct watch_count *work, struct safety *safety, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < work->n_asked; i++) {
        struct watch_asked *w = &work->asked[i];
        if (w->q.match == WATCH_CLUSTER)
            rc = watch_follow_find(work->run, safety, &w->row, &w->q, &w->follow, err);
        else if (w->q.match == WATCH_SCREEN)
            rc = watch_ask(work->run, safety, &w->row, w->q.text, &w->answers, err);
    }
    return rc;
}

// Counts the days of the watches of the tree in place.
static int count_tree(struct watch_count *work, struct safety *safety,
                      const struct safety_watch *list, size_t n, struct err *err)
{
    int rc = read_questions(work, list, n, err);
    if (!rc)
        rc = prepare(work, safety, err);
    return rc ? rc : watch_count_days(work, err);
}

static int judge_tree(struct watch_count *work, struct safety *safety, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < work->n_asked; i++)
        rc = judge(work, safety, i, err);
    return rc;
}

static int ask_all(struct run *run, struct safety *safety, const struct safety_watch *list,
                   size_t n, struct err *err)
{
    struct watch_count works[RUN_MOST_TREES] = { { .run = run } };
    struct str clusters = STR_LIT("");
    int rc = vault_name_clustering(run->vault, &run->scratch, &clusters, err);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        works[tree] = (struct watch_count){ .run = run };
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = count_tree(&works[tree], safety, list, n, err);
    }
    rc = run_leave_tree(run, rc, err);
    if (!rc)
        watch_count_say_left_out(works, run->n_trees);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_set_info(safety, "watch_clusters", clusters, err);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++)
        rc = judge_tree(&works[tree], safety, err);
    return rc ? rc : safety_commit(safety, err);
}

static void say_none(const struct run *run)
{
    log_note("no watch is kept in %s yet; add one with `clio watch add %s NAME QUESTION`", run->dir,
             run->dir);
}

// What is new is kept first, with where it is to be told; then it is told.
static int watch_all(struct run *run, struct safety *safety, bool json, FILE *out, struct err *err)
{
    struct safety_watch *list;
    size_t n = 0, n_told = 0;
    int rc = safety_read_watches(safety, &run->scratch, &list, &n, err);
    if (!rc && !n)
        say_none(run);
    if (!rc && n > WATCH_MOST)
        rc = err_set(err, ERR_USAGE, "there are %zu watches; drop some, %d are asked at a time", n,
                     WATCH_MOST);
    if (!rc)
        rc = ask_all(run, safety, list, n, err);
    if (!rc)
        rc = watch_send_output(safety, json, &run->scratch, out, &n_told, err);
    if (!rc && n && !n_told)
        log_note("there is no new alert");
    return rc ? rc : watch_send(run->config, safety, &run->scratch, err);
}

static int list_all(struct run *run, struct safety *safety, bool json, struct buf *out,
                    struct err *err)
{
    struct safety_watch *list;
    size_t n;
    int rc = safety_read_watches(safety, &run->scratch, &list, &n, err);
    if (!rc && !n && !json)
        say_none(run);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("{\"watches\":["), err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (!json) {
            rc = buf_printf(out, err, "%.*s  %.*s\n", STR_ARG(list[i].name),
                            STR_ARG(list[i].question));
            continue;
        }
        rc = buf_add(out, i ? STR_LIT(",{\"name\":") : STR_LIT("{\"name\":"), err);
        if (!rc)
            rc = json_put_str(out, list[i].name, err);
        if (!rc)
            rc = buf_printf(out, err, ",\"question\":%.*s}", STR_ARG(list[i].question));
    }
    if (!rc && json)
        rc = buf_add(out, STR_LIT("],"), err);
    if (!rc)
        rc = watch_send_waiting(safety, json, &run->scratch, out, err);
    return rc || !json ? rc : buf_add(out, STR_LIT("}\n"), err);
}

static int print_list(struct run *run, struct safety *safety, bool json, FILE *out, struct err *err)
{
    struct buf text;
    buf_init(&text, (size_t)16 << 20, "list of watches");
    int rc = list_all(run, safety, json, &text, err);
    if (!rc)
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    return rc;
}

// A name stands in alerts, one a line, and in what a person types.
static int check_name(struct str name, struct err *err)
{
    bool good = str_trim(name).len == name.len && name.len > 0 && name.len <= MOST_NAME;
    for (size_t i = 0; good && i < name.len; i++)
        good = (unsigned char)name.ptr[i] >= ' ' && name.ptr[i] != 0x7F;
    return good ? 0
                : err_set(err, ERR_USAGE,
                          "a watch has a name of 1 to %d bytes, without line ends and without "
                          "blanks around it",
                          MOST_NAME);
}

static int add(struct run *run, struct safety *safety, struct str name, struct str question,
               const char *of, struct err *err)
{
    struct arena *a = &run->scratch;
    struct watch_question q;
    struct safety_watch_cluster cluster;
    size_t tree = 0;
    int64_t id = 0;
    int rc = check_name(name, err);
    if (!rc && of)
        rc = watch_question_set_of(question, of, a, &question, err);
    if (!rc)
        rc = watch_question_read(question, a, &q, err);
    if (!rc)
        rc = watch_question_check(question, &q, err);
    if (!rc && q.of.len)
        rc = run_find_tree(run, arena_copy(a, q.of), &tree, err);
    if (!rc && q.match == WATCH_SCREEN)
        rc = watch_ask_check(run, err);
    if (!rc && q.match == WATCH_CLUSTER)
        rc = watch_follow_begin(run, &q, tree, &cluster, err);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_add_watch(safety, name, question, clock_unix(), &id, err);
    if (!rc && q.match == WATCH_CLUSTER)
        rc = safety_put_watch_cluster(safety, id, &cluster, err);
    return rc ? rc : safety_commit(safety, err);
}

static int drop(struct run *run, struct safety *safety, struct str name, struct err *err)
{
    bool found = true;
    int rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_drop_watch(safety, name, &found, err);
    if (!rc && !found)
        rc = err_set(err, ERR_USAGE,
                     "there is no watch called \"%.*s\"; `clio watch list %s` shows "
                     "them",
                     STR_ARG(str_head(name, 60)), run->dir);
    return rc ? rc : safety_commit(safety, err);
}

int watch_verb(struct run *run, const char *what, struct str name, struct str question,
               const char *of, bool json, FILE *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct safety *safety = NULL;
    run->stage = "watch";
    int rc = safety_open_to_write(&safety, run->dir, err);
    if (!rc && strcmp(what, "list") == 0)
        rc = print_list(run, safety, json, out, err);
    else if (!rc && strcmp(what, "run") == 0)
        rc = watch_all(run, safety, json, out, err);
    else if (!rc && strcmp(what, "add") == 0)
        rc = add(run, safety, name, question, of, err);
    else if (!rc)
        rc = drop(run, safety, name, err);
    if (rc && safety)
        safety_rollback(safety);
    safety_close(safety);
    arena_rewind(&run->scratch, start);
    return rc;
}

int watch_are_kept(const char *dir, bool *any, struct err *err)
{
    struct arena a = { 0 };
    struct safety *safety = NULL;
    struct safety_watch *list;
    struct err none = { 0 };
    size_t n = 0;
    *any = false;
    int rc = safety_open(&safety, dir, &none);
    if (rc == ERR_NO_INPUT) // nobody asked for a signal yet
        return 0;
    if (rc)
        return err_set(err, none.code, "%s", none.text);
    rc = safety_read_watches(safety, &a, &list, &n, err);
    *any = !rc && n > 0;
    safety_close(safety);
    arena_release(&a);
    return rc;
}
