// SPDX-License-Identifier: Apache-2.0
// Counting for the publish stage: one walk over the placed conversations, which are put in the
// order of their accounts; then each is added to every cluster that it is in, from the base to the
// corpus, once a facet. Memory: twice an item a conversation.
#include "privacy/publish.h"

#include "base/map.h"
#include "base/stop.h"
#include "privacy/publish_labels.h"
#include "scan/public_list.h"

#include <stdlib.h>

#define ENOUGH_FLOORS 40 // so many times the floor should lie in a period
// Of times with noise, in unix seconds: what lies further off counts with these.
#define EARLIEST INT64_C(-3155673600) // 1870
#define LATEST INT64_C(7258118399)    // 2199

// What is kept of a conversation.
struct item {
    size_t node; // base cluster's number in the atlas, 0: in none
    int64_t account; // 1, 2, 3 … as they come; 0: none
    bool has_time;
    unsigned char values[PUBLISH_MOST_FACETS];
    int64_t time;
};
struct corpus {
    struct item *items;
    struct moment {            // of those that have a time
        int64_t time, account; // account 0: none
    } * times;
    size_t n, n_times;
};
// What is counted of each conversation: values 0 … n_values - 1 given by `value`. `rest` gets the
// conversations in no cluster by value, rounded.
struct question {
    const char *name; // of its noise
    size_t n_values;
    size_t (*value)(const struct publish *p, const struct item *item, size_t which);
    size_t which;
    struct cells *cells;
    int64_t *rest;
};

enum flag_value { FLAGGED, NOT_FLAGGED, NO_LABEL }; // in public_flags

static void list_classifier(struct publish *p)
{
    struct str column = str_of(config_text(p->run->config, "classifier"));
    p->i_classifier = SIZE_MAX;
    if (!column.len)
        return;
    p->flag = flag_column_make(column, config_number(p->run->config, "flag-from"),
                               str_of(config_text(p->run->config, "flag-words")));
    p->i_classifier = p->n_facets;
    p->list[p->n_facets++] =
        (struct publish_facet_list){ PUBLISH_CLASSIFIER, public_flags, n_public_flags, NO_LABEL };
}

// Language, concern and turns, what a classifier said, then the user's own facets that have a list
// of values.
static void list_facets(struct publish *p)
{
    const struct facet_list *own = &p->run->facets;
    p->list[PUBLISH_LANGUAGE] =
        (struct publish_facet_list){ "language", public_languages, n_public_languages,
                                     n_public_languages - 1 };
    p->list[PUBLISH_CONCERN] =
        (struct publish_facet_list){ "concern", public_concerns, n_public_concerns, 0 };
    p->list[PUBLISH_TURNS] =
        (struct publish_facet_list){ "turns", public_turns, n_public_turns, 0 };
    p->n_facets = PUBLISH_N_BUILT_IN;
    list_classifier(p);
    for (size_t i = N_FACETS; i < own->n; i++) {
        const struct facet *f = &own->items[i];
        struct str unknown = STR_LIT(FACET_UNKNOWN);
        if (f->n_values)
            p->list[p->n_facets++] =
                (struct publish_facet_list){ f->name, f->values, f->n_values,
                                             public_list_find(f->values, f->n_values, unknown) };
    }
}

struct release_proof publish_proof(const struct publish *p, int64_t n_accounts,
                                   int64_t n_conversations, int grade)
{
    return (struct release_proof){ n_accounts,
                                   n_conversations,
                                   p->floors.min_accounts,
                                   p->floors.min_conversations,
                                   p->floors.has_accounts,
                                   grade };
}

static int64_t step_of(int64_t floor)
{
    return floor > 5 ? floor : 5;
}

int64_t publish_round(const struct publish *p, struct str what, int64_t n)
{
    int64_t step = step_of(p->floors.min_conversations);
    struct count_noise own = noise_of_counts(&p->noise, what, &n, sizeof n);
    n = noise_count(&own, own.conversations, 0, n, 0);
    return (n + step / 2) / step * step;
}

void publish_protect(struct publish *p, struct cells *cells, struct str name)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    int64_t *limit = arena_array(&p->run->scratch, p->n_nodes + 1, sizeof *limit);
    for (size_t node = 0; node <= p->n_nodes; node++)
        limit[node] = cells_at(&p->sizes, node, 0)->n_shown;
    cells_protect(cells, &p->floors, &p->noise, name, p->run->pool);
    cells_fit(cells, limit, &p->floors);
    arena_rewind(&p->run->scratch, start);
}

static void read_flag(struct publish *p, const struct gate_walk *walk, struct item *item)
{
    int said = flag_column_read(&p->flag, walk->columns);
    p->n_labelled += said == FLAG_YES || said == FLAG_NO;
    p->n_other_labels += said == FLAG_OTHER;
    item->values[p->i_classifier] = (unsigned char)(said == FLAG_NONE  ? NO_LABEL
                                                    : said == FLAG_YES ? FLAGGED
                                                                       : NOT_FLAGGED);
}

static void read_values(struct publish *p, const struct gate_walk *walk, struct item *item)
{
    for (size_t f = 0; f < p->n_facets; f++) {
        const struct publish_facet_list *list = &p->list[f];
        size_t value = public_list_find(list->values, list->n_values, walk->values[f].s);
        int64_t n_turns = 1;
        if (f == PUBLISH_TURNS && !str_to_i64(walk->values[f].s, &n_turns))
            n_turns = 1;
        if (f == PUBLISH_TURNS)
            value = public_turns_of(n_turns);
        item->values[f] = (unsigned char)(value < list->n_values ? value : list->fallback);
    }
    if (p->i_classifier != SIZE_MAX)
        read_flag(p, walk, item);
}

// A name that no conversation knows is a slip of the hand; a run that grows may lose its labels.
static int check_labels(const struct publish *p, size_t n, struct err *err)
{
    if (p->i_classifier == SIZE_MAX || !n)
        return 0;
    return publish_labels_judge(p->run, p->n_labelled, p->n_other_labels, err);
}

// As cells_add wants them; those of none first.
static int sort_by_account(struct corpus *corpus, size_t n_accounts, struct arena *a,
                           struct err *err)
{
    struct item *sorted = arena_try(a, corpus->n + 1, sizeof *sorted, "the counts", err);
    if (!sorted)
        return (int)err->code;
    struct arena_mark start = arena_save(a);
    size_t *place = arena_zero_array(a, n_accounts + 2, sizeof *place);
    for (size_t i = 0; i < corpus->n; i++)
        place[corpus->items[i].account + 1]++;
    for (size_t account = 0; account <= n_accounts; account++)
        place[account + 1] += place[account];
    for (size_t i = 0; i < corpus->n; i++)
        sorted[place[corpus->items[i].account]++] = corpus->items[i];
    corpus->items = sorted;
    arena_rewind(a, start);
    return 0;
}

static int read_corpus(struct publish *p, struct corpus *corpus, struct err *err)
{
    struct arena *a = &p->run->scratch;
    struct gate_walk walk;
    const char *names[PUBLISH_MOST_FACETS];
    struct map accounts = { 0 };
    bool found = true;
    int64_t n;
    for (size_t f = 0; f < p->n_facets; f++)
        names[f] = p->list[f].name;
    int rc = vault_count_placed(p->run->vault, &n, err);
    if (rc)
        return rc;
    corpus->items = arena_try(a, (size_t)n + 1, sizeof *corpus->items, "the counts", err);
    corpus->times = arena_try(a, (size_t)n + 1, sizeof *corpus->times, "the counts", err);
    if (!corpus->items || !corpus->times)
        return (int)err->code;
    rc = gate_walk_open(&walk, p->run->vault, names, p->n_facets, p->i_classifier != SIZE_MAX, err);
    while (!rc && corpus->n < (size_t)n && !(rc = gate_walk_next(&walk, &found, err)) && found) {
        struct item *item = &corpus->items[corpus->n++];
        size_t node = walk.cluster_id ? publish_find_node(p, walk.cluster_id) : 0;
        if (node == SIZE_MAX)
            rc = err_set(err, ERR_DATA,
                         "a conversation is in a cluster that is not in the tree; "
                         "run `clio hierarchy` again");
        *item = (struct item){ .node = node,
                               .account = walk.has_account
                                              ? (int64_t)map_number(&accounts, walk.account_id)
                                              : 0,
                               .has_time = walk.has_time,
                               .time = walk.time };
        read_values(p, &walk, item);
        if (walk.has_time)
            corpus->times[corpus->n_times++] =
                (struct moment){ walk.time, walk.has_account ? walk.account_id : 0 };
    }
    gate_walk_close(&walk);
    if (!rc)
        rc = sort_by_account(corpus, accounts.n, a, err);
    map_release(&accounts);
    return rc ? rc : check_labels(p, corpus->n, err);
}

static size_t value_none(const struct publish *p, const struct item *item, size_t which)
{
    (void)p, (void)item, (void)which;
    return 0;
}

static size_t value_of_facet(const struct publish *p, const struct item *item, size_t which)
{
    (void)p;
    return item->values[which];
}

// Conversations without a time, or outside the period that may be named, share the last value.
static size_t value_of_period(const struct publish *p, const struct item *item, size_t which)
{
    (void)which;
    size_t period = item->has_time ? period_of(&p->grid, item->time) : SIZE_MAX;
    return period == SIZE_MAX ? p->grid.n : period;
}

// What is in no cluster, by value: no more in all than is shown of it.
static void round_rest(struct publish *p, const struct question *question)
{
    int64_t step = step_of(p->floors.min_conversations);
    for (size_t v = 0; v < question->n_values; v++) {
        struct str what = arena_printf(&p->run->scratch, "rest of %s %zu", question->name, v);
        question->rest[v] = publish_round(p, what, question->rest[v]) / step;
    }
    if (question->rest != &p->n_rest)
        cells_scale(question->rest, question->n_values, p->n_rest / step);
    for (size_t v = 0; v < question->n_values; v++)
        question->rest[v] *= step;
}

// Counts the answers to one question over all levels.
static int count(struct publish *p, const struct corpus *corpus, const struct question *question,
                 struct err *err)
{
    struct arena *a = &p->run->scratch;
    bool *has = arena_zero_array(a, question->n_values, sizeof *has);
    has[0] = question->n_values == 1; // there are sizes where there is nobody
    for (size_t i = 0; i < corpus->n; i++)
        if (corpus->items[i].node)
            has[question->value(p, &corpus->items[i], question->which)] = true;
    cells_make(question->cells, p->n_nodes + 1, question->n_values, has, p->parent, a);
    for (size_t i = 0; i < corpus->n; i++) {
        const struct item *item = &corpus->items[i];
        size_t value = question->value(p, item, question->which);
        if (!item->node) {
            question->rest[value]++;
            continue;
        }
        for (size_t node = item->node, end = 0; !end; node = p->parent[node]) {
            cells_add(question->cells, node, value, item->account);
            end = node == 0;
        }
    }
    round_rest(p, question);
    return stop_check(err);
}

static int64_t shown_of(const struct cells *cells, size_t node, size_t value)
{
    return cells_show(cells, node, value) ? cells_at(cells, node, value)->n_shown : 0;
}

// A pair is part of the cell of its first value and of that of its second: columns are scaled, then
// rows, which only makes columns less.
static void fit_pair(struct publish *p, struct publish_pair *pair)
{
    struct arena *a = &p->run->scratch;
    struct cells *cells = &pair->cells;
    size_t n_a = cells->n_nodes - 1, n_b = cells->n_values;
    int64_t *part = arena_array(a, n_a + 1, sizeof *part);
    int64_t *limit = arena_array(a, n_a + 1, sizeof *limit);
    for (size_t b = 0; b < n_b; b++) {
        struct cell *all = cells_at(cells, 0, b);
        for (size_t i = 0; i < n_a; i++)
            part[i] = shown_of(cells, 1 + i, b);
        all->n_shown = shown_of(&p->facets[pair->b], 0, b);
        cells_scale(part, n_a, all->n_shown);
        for (size_t i = 0; i < n_a; i++)
            cells_at(cells, 1 + i, b)->n_shown = part[i];
    }
    limit[0] = p->n_clustered;
    for (size_t i = 0; i < n_a; i++)
        limit[1 + i] = shown_of(&p->facets[pair->a], 0, i);
    cells_fit(cells, limit, &p->floors);
}

// Conversations in clusters that have value a of one facet and value b of another.
static int count_pair(struct publish *p, const struct corpus *corpus, struct publish_pair *pair,
                      struct err *err)
{
    struct arena *a = &p->run->scratch;
    size_t n_a = p->list[pair->a].n_values, n_b = p->list[pair->b].n_values;
    size_t *parent = arena_zero_array(a, n_a + 1, sizeof *parent);
    cells_make(&pair->cells, n_a + 1, n_b, NULL, parent, a);
    struct arena_mark start = arena_save(a);
    for (size_t i = 0; i < corpus->n; i++) {
        const struct item *item = &corpus->items[i];
        size_t b = item->values[pair->b], node = 1 + (size_t)item->values[pair->a];
        if (!item->node)
            continue;
        cells_add(&pair->cells, 0, b, item->account);
        cells_add(&pair->cells, node, b, item->account);
    }
    struct str name = arena_printf(a, "pair %s %s", p->list[pair->a].name, p->list[pair->b].name);
    cells_protect(&pair->cells, &p->floors, &p->noise, name, p->run->pool);
    if (p->noise.is_on)
        fit_pair(p, pair);
    arena_rewind(a, start);
    return stop_check(err);
}

static int by_time(const void *x, const void *y)
{
    const struct moment *a = x, *b = y;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    return (a->account > b->account) - (a->account < b->account);
}

// How many moments from one end on, the last one with them, are as many conversations and people as
// the floors want; SIZE_MAX: all are fewer. `step`: 1 from the first, -1 from the last.
static size_t skip_of(const struct publish *p, const struct moment *times, size_t n, int step)
{
    struct map seen = { 0 };
    size_t i = 0, found = SIZE_MAX;
    for (; i < n && found == SIZE_MAX; i++) {
        const struct moment *m = &times[step > 0 ? i : n - 1 - i];
        if (m->account)
            map_number(&seen, m->account);
        if (cell_holds((int64_t)i + 1, (int64_t)seen.n, &p->floors))
            found = i;
    }
    map_release(&seen);
    return found;
}

// Where counts are exact: the days before and after which no more conversations lie than the floors
// hide.
static void find_exact_period(struct publish *p, struct corpus *corpus)
{
    if (corpus->n_times)
        qsort(corpus->times, corpus->n_times, sizeof *corpus->times, by_time);
    size_t first = skip_of(p, corpus->times, corpus->n_times, 1);
    size_t last = skip_of(p, corpus->times, corpus->n_times, -1);
    if (first == SIZE_MAX || last == SIZE_MAX || first + last + 1 > corpus->n_times)
        return;
    p->first_time = corpus->times[first].time;
    p->last_time = corpus->times[corpus->n_times - 1 - last].time;
    p->has_period = true;
    p->grid = period_grid_make(p->first_time, p->last_time, corpus->n_times,
                               ENOUGH_FLOORS * (size_t)p->floors.min_conversations);
}

// Shortens the grid to the first and the last period whose count the noise and the floors would
// show; false: there is none.
static bool shorten(struct publish *p, const struct corpus *corpus, struct period_grid *grid)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    size_t parent = 0, first = SIZE_MAX, last = 0;
    struct cells cells;
    cells_make(&cells, 1, grid->n, NULL, &parent, &p->run->scratch);
    for (size_t i = 0; i < corpus->n; i++) {
        const struct item *item = &corpus->items[i];
        size_t period = item->node && item->has_time ? period_of(grid, item->time) : SIZE_MAX;
        if (period != SIZE_MAX)
            cells_add(&cells, 0, period, item->account);
    }
    struct str name = arena_printf(&p->run->scratch, "every %s", period_step_name(grid->step));
    cells_protect(&cells, &p->floors, &p->noise, name, p->run->pool);
    for (size_t i = 0; i < grid->n; i++)
        if (cells_at(&cells, 0, i)->shown) {
            first = size_min(first, i);
            last = i;
        }
    arena_rewind(&p->run->scratch, start);
    if (first == SIZE_MAX)
        return false;
    grid->first += (int64_t)first;
    grid->n = last - first + 1;
    return true;
}

static int64_t last_of(const struct period_grid *grid)
{
    return period_start(grid, grid->n) - 1;
}

// With noise nothing hangs on a day of one person: months that show go first, the weeks in them
// that do say how long a period is, with the number of conversations that the atlas tells.
static struct period_grid find_noisy_grid(struct publish *p, const struct corpus *corpus)
{
    int64_t first = LATEST, last = EARLIEST;
    for (size_t i = 0; i < corpus->n_times; i++) {
        int64_t time = corpus->times[i].time;
        time = time < EARLIEST ? EARLIEST : time > LATEST ? LATEST : time;
        first = time < first ? time : first;
        last = time > last ? time : last;
    }
    struct period_grid none = { 0 }, months, weeks, grid;
    if (!corpus->n_times)
        return none;
    months = period_grid_of(PERIOD_MONTH, first, last);
    if (!shorten(p, corpus, &months))
        return none;
    weeks = period_grid_of(PERIOD_WEEK, period_start(&months, 0), last_of(&months));
    if (!shorten(p, corpus, &weeks))
        return months;
    grid = period_grid_make(period_start(&weeks, 0), last_of(&weeks), (size_t)p->n_total,
                            ENOUGH_FLOORS * (size_t)p->floors.min_conversations);
    if (grid.step == PERIOD_MONTH)
        return months;
    return grid.step == PERIOD_DAY && shorten(p, corpus, &grid) ? grid : weeks;
}

static void find_period(struct publish *p, struct corpus *corpus)
{
    if (!p->noise.is_on) {
        find_exact_period(p, corpus);
        return;
    }
    p->grid = p->first ? p->first->grid : find_noisy_grid(p, corpus);
    p->has_period = p->grid.n > 0;
    if (!p->has_period)
        return;
    p->first_time = period_start(&p->grid, 0);
    p->last_time = last_of(&p->grid);
}

static int count_periods(struct publish *p, const struct corpus *corpus, struct err *err)
{
    if (!p->grid.n)
        return 0;
    p->rest_of_periods =
        arena_zero_array(&p->run->scratch, p->grid.n + 1, sizeof *p->rest_of_periods);
    struct question question = { "period", p->grid.n + 1, value_of_period,
                                 0,        &p->periods,   p->rest_of_periods };
    int rc = count(p, corpus, &question, err);
    if (!rc)
        publish_protect(p, &p->periods, STR_LIT("period"));
    return rc;
}

static int count_pairs(struct publish *p, const struct corpus *corpus, struct err *err)
{
    size_t n = size_min(p->n_facets, PUBLISH_MOST_PAIRED);
    int rc = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; !rc && b < n; b++) {
            struct publish_pair *pair = &p->pairs[p->n_pairs++];
            *pair = (struct publish_pair){ .a = a, .b = b };
            rc = count_pair(p, corpus, pair, err);
        }
    return rc;
}

// What is shown of sizes: where counts are noisy, the numbers that the threshold and hierarchy
// stages drew and kept; a parent's are sums of its children's.
static int take_sizes(struct publish *p, struct err *err)
{
    struct cell *all = cells_at(&p->sizes, 0, 0);
    int64_t step = step_of(p->floors.min_conversations), rest = 0;
    int rc = 0;
    for (size_t i = 1; i <= p->n_nodes; i++) {
        struct cell *cell = cells_at(&p->sizes, i, 0);
        cell->n_shown = cell->n_conversations;
        if (p->noise.is_on)
            cell->n_shown = p->nodes[i - 1].n_conversations;
        all->n_shown += p->parent[i] ? 0 : cell->n_shown;
    }
    if (p->noise.is_on)
        rc = vault_get_note(p->run->vault, "threshold", "shown_rest", &rest, err);
    if (p->noise.is_on)
        p->n_rest = (rest + step / 2) / step * step;
    p->n_clustered = all->n_shown;
    // How many there are is told once: what a further tree leaves out is told by what is known.
    if (p->first) {
        rest = p->first->n_total > p->n_clustered ? p->first->n_total - p->n_clustered : 0;
        p->n_rest = (rest + step / 2) / step * step;
    }
    p->n_total = p->n_clustered + p->n_rest;
    step = step_of(p->floors.min_accounts);
    struct count_noise own =
        noise_of_counts(&p->noise, STR_LIT("accounts"), &all->n_accounts, sizeof all->n_accounts);
    p->n_accounts = noise_count(&own, own.accounts, 0, all->n_accounts, 0) / step * step;
    return rc;
}

int publish_count(struct publish *p, struct err *err)
{
    struct corpus corpus = { 0 };
    struct question sizes = { "all", 1, value_none, 0, &p->sizes, &p->n_rest };
    list_facets(p);
    int rc = read_corpus(p, &corpus, err);
    if (!rc)
        rc = count(p, &corpus, &sizes, err);
    if (!rc)
        rc = take_sizes(p, err);
    if (rc || !publish_has_cells(p))
        return rc;
    for (size_t f = 0; !rc && f < p->n_facets; f++) {
        size_t n_values = p->list[f].n_values;
        p->rest[f] = arena_zero_array(&p->run->scratch, n_values, sizeof *p->rest[f]);
        struct question question = { p->list[f].name, n_values,  value_of_facet, f,
                                     &p->facets[f],   p->rest[f] };
        rc = count(p, &corpus, &question, err);
        if (!rc)
            publish_protect(p, &p->facets[f], str_of(p->list[f].name));
    }
    find_period(p, &corpus);
    if (!rc)
        rc = count_periods(p, &corpus, err);
    return rc || p->first ? rc : count_pairs(p, &corpus, err);
}

static int release_value(const struct publish *p, size_t f, size_t value, struct clean *clean,
                         struct err *err)
{
    const struct publish_facet_list *list = &p->list[f];
    return release_listed(str_of(list->values[value]), list->values, list->n_values, clean, err);
}

// What the first tree does not tell of the corpus, no other tells of a part of it: each has noise
// of its own, so a value near a floor could be hidden in one and shown in another.
static bool is_told(const struct cells *of_first, size_t value)
{
    return value < of_first->n_values && cells_show(of_first, 0, value);
}

static int add_cell(struct publish *p, size_t f, size_t node, size_t value, struct atlas_writer *w,
                    struct err *err)
{
    const struct cells *cells = &p->facets[f];
    struct clean clean;
    if (!cells_show(cells, node, value) || (p->first && !is_told(&p->first->facets[f], value)))
        return 0;
    int64_t n = shown_of(cells, node, value) + (node ? 0 : p->rest[f][value]);
    int64_t of = node ? cells_at(&p->sizes, node, 0)->n_shown : p->n_total;
    int rc = release_value(p, f, value, &clean, err);
    double share = n < of ? (double)n / (double)of : 1;
    return rc ? rc : atlas_add_facet(w, publish_id(p, node), p->list[f].name, clean, n, share, err);
}

int publish_facets(struct publish *p, struct atlas_writer *w, struct err *err)
{
    int rc = 0;
    for (size_t f = 0; f < p->n_facets; f++)
        for (size_t node = p->first ? 1 : 0; node <= p->n_nodes; node++)
            for (size_t c = 0; !rc && c < p->facets[f].n_columns; c++)
                rc = add_cell(p, f, node, p->facets[f].value[c], w, err);
    return rc;
}

static int add_period(struct publish *p, size_t i, struct atlas_writer *w, struct err *err)
{
    const struct cells *cells = &p->periods;
    struct clean day;
    int64_t n = cells_show(cells, 0, i) ? shown_of(cells, 0, i) + p->rest_of_periods[i] : -1;
    int rc = release_day(period_start(&p->grid, i), &p->run->scratch, &day, err);
    if (!rc && !p->first)
        rc = atlas_add_period(w, (int64_t)i, day, n, err);
    if (rc || (p->first && !is_told(&p->first->periods, i)))
        return rc;
    for (size_t node = 1; !rc && node <= p->n_nodes; node++)
        if (cells_show(cells, node, i))
            rc = atlas_add_cluster_period(w, publish_id(p, node), (int64_t)i,
                                          shown_of(cells, node, i), err);
    return rc;
}

int publish_periods(struct publish *p, struct atlas_writer *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < p->grid.n; i++)
        rc = add_period(p, i, w, err);
    return rc;
}

static int add_pair(const struct publish *p, const struct publish_pair *pair, size_t a, size_t b,
                    struct atlas_writer *w, struct err *err)
{
    const struct cell *cell = cells_at(&pair->cells, 1 + a, b);
    struct clean value_a, value_b;
    if (!cell->shown)
        return 0;
    int rc = release_value(p, pair->a, a, &value_a, err);
    if (!rc)
        rc = release_value(p, pair->b, b, &value_b, err);
    return rc ? rc
              : atlas_add_pair(w, p->list[pair->a].name, value_a, p->list[pair->b].name, value_b,
                               cell->n_shown, err);
}

int publish_pairs(struct publish *p, struct atlas_writer *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < p->n_pairs; i++)
        for (size_t a = 0; a + 1 < p->pairs[i].cells.n_nodes; a++)
            for (size_t b = 0; !rc && b < p->pairs[i].cells.n_values; b++)
                rc = add_pair(p, &p->pairs[i], a, b, w, err);
    return rc;
}
