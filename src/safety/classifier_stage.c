// SPDX-License-Identifier: Apache-2.0
// One walk over the vault counts cells; then they are judged, written and shown.
#include "safety/classifier_stage.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/stop.h"
#include "run/flag_column.h"
#include "safety/classifier.h"
#include "store/safety_write.h"
#include "store/vault_cluster.h"
#include "store/vault_safety.h"

#include <stdlib.h>

#define MOST_PRINTED 20

struct work {
    struct run *run;
    struct str column;
    struct flag_column flag;
    struct map languages; // name -> number - 1
    struct map cells;     // cluster and language, 8 bytes -> place
    struct classifier_cell *items;
    size_t n, n_room;
    // Conversations without the column; with a word in it that is no yes and no no; in no cluster,
    // or not graded.
    int64_t n_without, n_other, n_outside;
    struct classifier_result result;
    // Of the first conversation that has any, for the sentence: names of columns, and what stands
    // in the one that was asked for.
    char seen[200];
    enum json_kind column_is;
    // Of the batch that is read now:
    const struct safety_sources *batch;
    signed char *flags; // -1: not known
};

// ---- counting

static struct classifier_cell *cell_of(struct work *work, int64_t cluster, uint32_t language)
{
    uint32_t key[2] = { (uint32_t)cluster, language };
    bool is_new = false;
    size_t i = map_add(&work->cells, str_make((const char *)key, sizeof key), 0, &is_new);
    if (is_new && i >= work->n_room) {
        size_t room = work->n_room ? 2 * work->n_room : 256;
        struct classifier_cell *more = realloc(work->items, room * sizeof *more);
        if (!more)
            arena_die(room * sizeof *more);
        work->items = more;
        work->n_room = room;
    }
    if (is_new) {
        work->items[i] = (struct classifier_cell){ .cluster = cluster, .language = language };
        work->n = i + 1;
    }
    return &work->items[i];
}

static void add_to(struct classifier_cell *cell, int concern, bool flagged)
{
    cell->n_of_grade[concern - 1]++;
    cell->flagged_of[concern - 1] += flagged;
}

static void add_row(struct work *work, const struct safety_source *row, bool flagged)
{
    struct str name = row->language.len ? row->language : STR_LIT("Unknown");
    uint32_t language = (uint32_t)map_add(&work->languages, name, 0, NULL) + 1;
    add_to(cell_of(work, row->cluster_id, 0), row->concern, flagged);
    add_to(cell_of(work, row->cluster_id, language), row->concern, flagged);
    add_to(cell_of(work, 0, language), row->concern, flagged);
}

static void note_name(struct work *work, struct str of, struct str name)
{
    size_t n = strlen(work->seen);
    if (n + of.len + name.len + 3 < sizeof work->seen)
        snprintf(work->seen + n, sizeof work->seen - n, "%s%.*s%s%.*s", n ? " " : "", STR_ARG(of),
                 of.len ? "." : "", STR_ARG(name));
}

// What stands there under the name or path of the column; of a list its first element. NULL: none.
static const struct json *find_column(const struct work *work, const struct json *at)
{
    char name[128];
    struct str rest = work->column, key;
    while (at && str_cut(&rest, '.', &key)) {
        if (key.len >= sizeof name)
            return NULL;
        memcpy(name, key.ptr, key.len);
        name[key.len] = 0;
        at = json_member(at, name);
        at = json_kind(at) == JSON_LIST ? json_element(at, 0) : at;
    }
    return at;
}

// For the sentence: what columns there are, or, where the one that was named holds several, these.
static void note_columns(struct work *work, const struct json *root)
{
    const struct json *column = find_column(work, root), *value;
    struct str key;
    void *at = NULL;
    work->column_is = json_kind(column);
    bool inside = work->column_is == JSON_MAP;
    while ((at = json_walk(inside ? column : root, at, &key, &value)))
        note_name(work, inside ? work->column : str_make(NULL, 0), key);
}

static void flag_one(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    (void)i_thread;
    work->flags[i] = (signed char)flag_column_read(&work->flag, work->batch->items[i].columns);
}

static void add_batch(struct work *work, const struct safety_sources *batch)
{
    work->batch = batch;
    work->flags = arena_array(&work->run->scratch, batch->n, sizeof *work->flags);
    pool_run(work->run->pool, batch->n, flag_one, work);
    for (size_t i = 0; i < batch->n; i++) {
        const struct safety_source *row = &batch->items[i];
        struct json *root = NULL;
        struct err ignored = { 0 };
        if (!work->seen[0] && row->columns.len && json_open(&root, row->columns, &ignored) == 0)
            note_columns(work, root);
        json_close(root);
        bool counts = row->concern && row->cluster_id;
        work->n_outside += !counts;
        work->n_without += work->flags[i] == FLAG_NONE;
        work->n_other += counts && work->flags[i] == FLAG_OTHER;
        if (counts && work->flags[i] != FLAG_NONE)
            add_row(work, row, work->flags[i] == FLAG_YES);
    }
}

// A label in words of its own would pass for one that flags nothing.
static int check_words(const struct work *work, struct err *err)
{
    int64_t n_flagged = 0;
    for (size_t i = 0; i < work->n; i++)
        for (int grade = 0; grade < CLASSIFIER_GRADES; grade++)
            n_flagged += work->items[i].flagged_of[grade];
    if (work->n_other && !n_flagged)
        return err_set(err, ERR_USAGE,
                       "the column \"%.*s\" holds words of its own; say with --flag-words which of "
                       "them flag",
                       STR_ARG(str_head(work->column, 60)));
    if (work->n_other)
        log_warning("%lld labels of the column \"%.*s\" are neither yes, no nor a number and count "
                    "as not flagged; say with --flag-words which of them flag",
                    (long long)work->n_other, STR_ARG(str_head(work->column, 60)));
    return 0;
}

static int complain(const struct work *work, struct err *err)
{
    struct str column = str_head(work->column, 60);
    if (work->column_is == JSON_MAP)
        return err_set(err, ERR_USAGE,
                       "the column \"%.*s\" holds several; name one of them with --column: %s",
                       STR_ARG(column), work->seen);
    if (work->column_is != JSON_NONE)
        return err_set(err, ERR_USAGE,
                       "the column \"%.*s\" says neither yes nor no, nor a number, of any "
                       "conversation in a cluster",
                       STR_ARG(column));
    return err_set(err, ERR_USAGE, "no conversation in a cluster has the column \"%.*s\"; %s%s%s",
                   STR_ARG(column),
                   work->seen[0] ? "the first one has: "
                                 : "the input has no columns beside its conversations",
                   work->seen, work->seen[0] ? "; name one with --column" : "");
}

static int read_all(struct work *work, struct err *err)
{
    struct run *run = work->run;
    struct safety_sources batch = { 0 };
    int64_t n_all = 0, n_read = 0, after = 0;
    int rc = vault_count_sources(run->vault, &n_all, err);
    while (!rc) {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, LIMIT_STAGE_BATCH, SAFETY_COLUMNS,
                                    &run->scratch, &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            add_batch(work, &batch);
        }
        n_read += (int64_t)batch.n;
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_read, (uint64_t)n_all);
        if (rc || !batch.n)
            break;
    }
    if (!rc)
        rc = work->n ? check_words(work, err) : complain(work, err);
    return rc;
}

// ---- writing

static struct str language_of(const struct work *work, const struct classifier_cell *c)
{
    return c->language ? work->languages.entries[c->language - 1].key : STR_LIT("");
}

static int write_rows(struct work *work, struct safety *safety, double least_concern,
                      struct err *err)
{
    const struct classifier_result *r = &work->result;
    struct safety_classifier row = { work->column,
                                     r->n,
                                     r->n_flagged,
                                     (int64_t)r->n_clusters,
                                     (int64_t)(r->n_missed + 0.5),
                                     (int64_t)(r->n_over + 0.5),
                                     r->has_r,
                                     r->r,
                                     r->r_low,
                                     r->r_high,
                                     r->r_fixed,
                                     least_concern };
    int rc = safety_put_classifier(safety, &row, err);
    for (size_t i = 0; !rc && i < work->n; i++) {
        const struct classifier_cell *c = &work->items[i];
        if (c->language && c->cluster && c->n < CLASSIFIER_LEAST)
            continue;
        struct safety_classifier_cluster cell = { c->cluster,
                                                  c->n,
                                                  c->n_flagged,
                                                  c->low,
                                                  c->high,
                                                  c->mean_concern,
                                                  c->expected,
                                                  c->q,
                                                  language_of(work, c),
                                                  str_of(classifier_side_name(c->side)) };
        rc = safety_add_classifier_cluster(safety, work->column, &cell, err);
    }
    return rc;
}

static int write_all(struct work *work, double least_concern, struct err *err)
{
    struct safety *safety = NULL;
    struct arena *a = &work->run->scratch;
    struct str clusters = STR_LIT("");
    int rc = vault_name_clustering(work->run->vault, a, &clusters, err);
    if (!rc)
        rc = safety_open_to_write(&safety, work->run->dir, err);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = write_rows(work, safety, least_concern, err);
    if (!rc)
        rc = safety_set_info(safety,
                             arena_printf(a, "classifier_clusters.%.*s", STR_ARG(work->column)).ptr,
                             clusters, err);
    return safety_end(safety, rc, err);
}

// ---- showing

// How many conversations stand between the rate and what was expected.
static double gap_of(const struct classifier_cell *c)
{
    double gap = (c->rate - c->expected) * (double)c->n;
    return gap < 0 ? -gap : gap;
}

static int by_gap(const void *x, const void *y)
{
    const struct classifier_cell *a = x, *b = y;
    if (a->side != b->side)
        return a->side < b->side ? -1 : 1;
    if (gap_of(a) > gap_of(b) || gap_of(a) < gap_of(b))
        return gap_of(a) > gap_of(b) ? -1 : 1;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    return (a->language > b->language) - (a->language < b->language);
}

// Whether a cell is one of a list: whole clusters and whole languages; a language of a cluster only
// where neither of these is listed says nothing new.
static bool is_listed(const struct classifier_cell *c, enum classifier_side side)
{
    return c->side == side && (!c->language || !c->cluster);
}

static int print_cell(const struct work *work, const struct classifier_cell *c, bool json,
                      bool first, struct buf *out, struct err *err)
{
    struct str language = language_of(work, c);
    if (!json) {
        char what[64];
        if (c->cluster)
            snprintf(what, sizeof what, "cluster %lld", (long long)c->cluster);
        else
            snprintf(what, sizeof what, "all in %.*s", STR_ARG(str_head(language, 40)));
        return buf_printf(out, err, "%-20s %9lld %8.2f %6.1f %% (%4.1f … %4.1f) %8.1f %% %8.4f\n",
                          what, (long long)c->n, c->mean_concern, 100 * c->rate, 100 * c->low,
                          100 * c->high, 100 * c->expected, c->q);
    }
    int rc = buf_printf(out, err,
                        "%s\n{\"cluster\":%lld,\"n\":%lld,\"n_flagged\":%lld,"
                        "\"mean_concern\":%.4f,\"rate\":%.4f,\"low\":%.4f,\"high\":%.4f,"
                        "\"expected\":%.4f,\"q\":%.6f,\"side\":\"%s\",\"language\":",
                        first ? "" : ",", (long long)c->cluster, (long long)c->n,
                        (long long)c->n_flagged, c->mean_concern, c->rate, c->low, c->high,
                        c->expected, c->q, classifier_side_name(c->side));
    if (!rc)
        rc = json_put_str(out, language, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int print_list(const struct work *work, enum classifier_side side, struct buf *out,
                      struct err *err)
{
    size_t n = 0;
    int rc = buf_printf(out, err, "\n%s\n%-20s %9s %8s %22s %10s %8s\n",
                        side == CLASSIFIER_MISSED ? "missed: flagged less than its concern leads to"
                                                  : "over-flagged: more than its concern leads to",
                        "where", "n", "concern", "flagged", "expected", "q");
    for (size_t i = 0; !rc && i < work->n && n < MOST_PRINTED; i++)
        if (is_listed(&work->items[i], side)) {
            rc = print_cell(work, &work->items[i], false, n == 0, out, err);
            n++;
        }
    return rc || n ? rc : buf_add(out, STR_LIT("none\n"), err);
}

static int larger_first(const void *x, const void *y)
{
    const struct classifier_cell *a = *(const struct classifier_cell *const *)x;
    const struct classifier_cell *b = *(const struct classifier_cell *const *)y;
    if (a->n != b->n)
        return a->n > b->n ? -1 : 1;
    return (a->language > b->language) - (a->language < b->language);
}

// Every language, listed or not, the largest first.
static int print_slices(const struct work *work, bool json, struct buf *out, struct err *err)
{
    struct arena *a = &work->run->scratch;
    const struct classifier_cell **slices = arena_array(a, work->n + 1, sizeof *slices);
    size_t n = 0;
    for (size_t i = 0; i < work->n; i++)
        if (!work->items[i].cluster && work->items[i].language)
            slices[n++] = &work->items[i];
    qsort(slices, n, sizeof *slices, larger_first);
    int rc = json ? buf_add(out, STR_LIT(",\"languages\":["), err)
                  : buf_printf(out, err,
                               "\nby language, outside of listed clusters\n%-20s %9s %8s %22s "
                               "%10s %8s\n",
                               "where", "n", "concern", "flagged", "expected", "q");
    for (size_t i = 0; !rc && i < n && (json || i < MOST_PRINTED); i++)
        rc = print_cell(work, slices[i], json, i == 0, out, err);
    if (!rc && !json && n > MOST_PRINTED)
        rc = buf_printf(out, err, "%zu smaller ones: --json has all\n", n - MOST_PRINTED);
    return rc || !json ? rc : buf_add_char(out, ']', err);
}

static int print_text(const struct work *work, double least_concern, struct buf *out,
                      struct err *err)
{
    const struct classifier_result *r = &work->result;
    size_t n_hidden = 0;
    for (size_t i = 0; i < work->n; i++)
        n_hidden += !work->items[i].language && work->items[i].mean_concern < least_concern;
    int rc = buf_printf(out, err,
                        "%s\ncolumn %.*s: %lld of %lld conversations flagged (%lld "
                        "have no such column, %lld are in no cluster)\n",
                        SAFETY_NOTICE, STR_ARG(work->column), (long long)r->n_flagged,
                        (long long)r->n, (long long)work->n_without, (long long)work->n_outside);
    if (!rc && r->has_r)
        rc = buf_printf(out, err,
                        "mean concern x flag rate over %zu clusters: r = %.3f (%.3f … %.3f)\n",
                        r->n_clusters, r->r, r->r_low, r->r_high);
    if (!rc && !r->has_r)
        rc = buf_add(out, STR_LIT("too few clusters that differ for a correlation\n"), err);
    if (!rc)
        rc = buf_add(out, STR_LIT("if what is listed were flagged as expected: "), err);
    if (!rc && r->has_r)
        rc = buf_printf(out, err, "r = %.3f, ", r->r_fixed);
    if (!rc)
        rc = buf_printf(out, err, "%.0f more and %.0f fewer flags\n", r->n_missed, r->n_over);
    if (!rc)
        rc = print_list(work, CLASSIFIER_MISSED, out, err);
    if (!rc)
        rc = print_list(work, CLASSIFIER_OVER, out, err);
    if (!rc)
        rc = print_slices(work, false, out, err);
    return rc ? rc
              : buf_printf(out, err,
                           "\n%zu clusters of mean concern under %.2f are hidden "
                           "from the scatter (--least-concern)\n",
                           n_hidden, least_concern);
}

static int print_cells(const struct work *work, const char *name, int side, double least_concern,
                       struct buf *out, struct err *err)
{
    bool first = true;
    int rc = buf_printf(out, err, "%s\"%s\":[", side == CLASSIFIER_MISSED ? "" : ",", name);
    for (size_t i = 0; !rc && i < work->n; i++) {
        const struct classifier_cell *c = &work->items[i];
        bool shown = side == CLASSIFIER_FAIR ? !c->language && c->mean_concern >= least_concern
                                             : is_listed(c, (enum classifier_side)side);
        if (!shown)
            continue;
        rc = print_cell(work, c, true, first, out, err);
        first = false;
    }
    return rc ? rc : buf_add_char(out, ']', err);
}

static int print_json(const struct work *work, double least_concern, struct buf *out,
                      struct err *err)
{
    const struct classifier_result *r = &work->result;
    int rc = buf_printf(out, err, "{\"notice\":\"%s\",\"column\":", SAFETY_NOTICE);
    if (!rc)
        rc = json_put_str(out, work->column, err);
    if (!rc)
        rc = buf_printf(out, err,
                        ",\"n\":%lld,\"n_flagged\":%lld,\"n_clusters\":%zu,"
                        "\"n_in_no_cluster\":%lld,",
                        (long long)r->n, (long long)r->n_flagged, r->n_clusters,
                        (long long)work->n_outside);
    if (!rc && r->has_r)
        rc = buf_printf(out, err, "\"r\":%.6f,\"r_low\":%.6f,\"r_high\":%.6f,\"r_fixed\":%.6f,",
                        r->r, r->r_low, r->r_high, r->r_fixed);
    if (!rc)
        rc = buf_printf(out, err, "\"n_missed\":%.1f,\"n_over\":%.1f,\"least_concern\":%.2f,",
                        r->n_missed, r->n_over, least_concern);
    if (!rc)
        rc = print_cells(work, "missed", CLASSIFIER_MISSED, least_concern, out, err);
    if (!rc)
        rc = print_cells(work, "over", CLASSIFIER_OVER, least_concern, out, err);
    if (!rc)
        rc = print_cells(work, "clusters", CLASSIFIER_FAIR, least_concern, out, err);
    if (!rc)
        rc = print_slices(work, true, out, err);
    return rc ? rc : buf_add(out, STR_LIT("}\n"), err);
}

int classifier_run(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { .run = run };
    double least_concern = config_number(run->config, "least-concern");
    int64_t n_clusters = 0;
    run->stage = "classifier";
    work.column = str_of(config_text(run->config, "column"));
    work.flag = flag_column_make(work.column, config_number(run->config, "flag-from"),
                                 str_of(config_text(run->config, "flag-words")));
    int rc = vault_count_clusters(run->vault, &n_clusters, err);
    if (!rc && !n_clusters)
        rc = err_set(err, ERR_USAGE, "there are no clusters yet; run `clio run --out %s` first",
                     run->dir);
    if (!rc)
        rc = read_all(&work, err);
    if (!rc) {
        classifier_judge(work.items, work.n, &run->scratch, &work.result);
        qsort(work.items, work.n, sizeof *work.items, by_gap);
        rc = run->tree ? 0 : write_all(&work, least_concern, err); // as in review_stage.c
    }
    if (!rc)
        rc = json ? print_json(&work, least_concern, out, err)
                  : print_text(&work, least_concern, out, err);
    free(work.items);
    map_release(&work.cells);
    map_release(&work.languages);
    arena_rewind(&run->scratch, start);
    return rc;
}

int classifier_drop(struct run *run, struct buf *out, struct err *err)
{
    struct str column = str_of(config_text(run->config, "column"));
    struct safety *safety = NULL;
    bool found = true;
    int rc = safety_open(&safety, run->dir, err); // not made for this
    safety_close(safety);
    safety = NULL;
    if (!rc)
        rc = safety_open_to_write(&safety, run->dir, err);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_drop_classifier(safety, column, &found, err);
    if (!rc && !found)
        rc = err_set(err, ERR_USAGE, "nothing is kept of a classifier in column \"%.*s\"",
                     STR_ARG(str_head(column, 60)));
    rc = safety_end(safety, rc, err);
    return rc ? rc
              : buf_printf(out, err, "forgotten: the classifier in column %.*s\n", STR_ARG(column));
}
