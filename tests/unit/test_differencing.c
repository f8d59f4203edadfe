// SPDX-License-Identifier: Apache-2.0
// Differencing (trust review, P-9): somebody who holds ten releases of a growing corpus subtracts
// whatever can be subtracted. A made-up world of accounts with one conversation each (the sharpest
// case: a conversation is a person) goes through the gates of the mode guarded at floors of 25
// accounts and 50 conversations; then pairs and triples of what is shown are drawn at random. Of
// those whose true difference holds 1 … 24 accounts none may be known to within less than 25: the
// narrowest window that holds 95 of 100 errors of an attacker's estimate, of all estimates of one
// kind, has to be 25 wide or more. Without noise the same sweep has to find leaks.
// COMBINATIONS=10000000 ACCOUNTS=200000 for the long run.
#include "base/rng.h"
#include "privacy/cells.h"
#include "privacy/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define RELEASES 10
#define TOPS 8
#define BASES 60
#define NODES (1 + TOPS + BASES)
#define QUESTIONS 4 // language, concern, turns, week
#define MOST_VALUES 12
#define FLOOR 25 // accounts
#define MOST_PER_WORLD 100000
#define ENOUGH 400 // errors of a kind, for a window to mean something

static const size_t n_values[QUESTIONS] = { 6, 5, 5, MOST_VALUES };
static const struct threshold_floors floors = { FLOOR, 2 * FLOOR, true };
static const struct cell_floors cell_limits = { FLOOR, 2 * FLOOR, true };

struct release {
    int64_t size[NODES], shown_size[NODES]; // true; as shown
    struct cells cells[QUESTIONS];
};
struct world {
    size_t parent[NODES];
    struct release releases[RELEASES];
    struct arena arena;
};
// How an estimate is made, and from how many numbers.
enum kind { TWO_RELEASES, MANY_RELEASES, MOST_RELEASES, TWO_VIEWS, REST, CHILDREN, N_KINDS };
static const char *const kind_names[] = {
    "a cell in two releases",    "a cell in several releases", "a cell in nine or ten releases",
    "two cells in two releases", "a group less its cells",     "a group less its parts",
};
struct sweep {
    double *errors[N_KINDS];
    size_t n[N_KINDS], room[N_KINDS];
    size_t n_isolating, n_leaks;
};

static void note(struct sweep *s, enum kind kind, double error)
{
    if (s->n[kind] == s->room[kind]) {
        s->room[kind] = 2 * s->room[kind] + 1024;
        s->errors[kind] = realloc(s->errors[kind], s->room[kind] * sizeof(double));
        assert_non_null(s->errors[kind]);
    }
    s->errors[kind][s->n[kind]++] = error;
    s->n_isolating++;
}

static size_t skewed(struct rng *r, size_t n)
{
    double u = rng_unit(r);
    return (size_t)((double)n * u * u * u);
}

// Counts of every release; an account stays once it has come. Few come after the first release.
static void populate(struct world *w, struct rng *r, int64_t n_accounts)
{
    for (int64_t i = 0; i < n_accounts; i++) {
        size_t base = 1 + TOPS + skewed(r, BASES), value[QUESTIONS];
        size_t first = rng_below(r, 100) < 99 ? 0 : 1 + rng_below(r, RELEASES - 1);
        for (size_t q = 0; q < QUESTIONS; q++)
            value[q] = q == 3 ? rng_below(r, n_values[q]) : skewed(r, n_values[q]);
        for (size_t t = first; t < RELEASES; t++)
            for (size_t node = base, end = 0; !end; node = w->parent[node]) {
                w->releases[t].size[node]++;
                for (size_t q = 0; q < QUESTIONS; q++) {
                    struct cell *cell = cells_at(&w->releases[t].cells[q], node, value[q]);
                    cell->n_conversations++;
                    cell->n_accounts++;
                    cell->people += noise_person((uint64_t)i + 1);
                }
                end = node == 0;
            }
    }
}

static void release_sizes(struct world *w, struct release *release, const struct count_noise *noise)
{
    struct threshold_count counts[BASES], shown[BASES];
    bool kept[BASES];
    for (size_t i = 0; i < BASES; i++) {
        int64_t n = release->size[1 + TOPS + i];
        counts[i] = (struct threshold_count){ n, n, 0 };
        kept[i] = true;
    }
    threshold_blur(counts, kept, BASES, &floors, noise, shown);
    memset(release->shown_size, 0, sizeof release->shown_size);
    for (size_t i = 0; i < BASES; i++)
        for (size_t node = 1 + TOPS + i, end = 0; !end; node = w->parent[node]) {
            release->shown_size[node] += shown[i].n_conversations;
            end = node == 0;
        }
}

static void make_world(struct world *w, uint64_t seed, int64_t n_accounts, bool with_noise)
{
    struct rng r;
    rng_init(&r, seed, "differencing");
    memset(w->releases, 0, sizeof w->releases);
    for (size_t i = 1; i < NODES; i++)
        w->parent[i] = i <= TOPS ? 0 : 1 + i % TOPS;
    for (size_t t = 0; t < RELEASES; t++)
        for (size_t q = 0; q < QUESTIONS; q++)
            cells_make(&w->releases[t].cells[q], NODES, n_values[q], NULL, w->parent, &w->arena);
    populate(w, &r, n_accounts);
    for (size_t t = 0; t < RELEASES; t++) {
        struct release *release = &w->releases[t];
        // As run_count_noise has it; a run that grows keeps its key.
        struct count_noise noise = { .is_on = with_noise,
                                     .accounts = (FLOOR + 2) / 3,
                                     .conversations = (FLOOR + 2) / 3 };
        noise.key = noise.people = hash_key_of_seed(seed);
        release_sizes(w, release, &noise);
        for (size_t q = 0; q < QUESTIONS; q++) {
            uint64_t name = q;
            cells_protect(&release->cells[q], &cell_limits, &noise,
                          str_make((const char *)&name, sizeof name), NULL);
            for (size_t i = 0; !with_noise && i < NODES * n_values[q]; i++)
                release->cells[q].items[i].n_shown = release->cells[q].items[i].n_conversations;
            cells_fit(&release->cells[q], release->shown_size, &cell_limits);
        }
    }
}

// A number that is shown in every release, or none: q QUESTIONS stands for the size of a group.
struct view {
    size_t q, node, value;
};

static struct view draw_view(struct rng *r)
{
    struct view v = { rng_below(r, QUESTIONS + 1), rng_below(r, NODES), 0 };
    if (v.q < QUESTIONS)
        v.value = rng_below(r, n_values[v.q]);
    return v;
}

static bool look(const struct world *w, size_t t, struct view v, int64_t *truth, int64_t *shown)
{
    const struct release *release = &w->releases[t];
    if (v.q == QUESTIONS) {
        *truth = release->size[v.node];
        *shown = release->shown_size[v.node];
        return true;
    }
    const struct cell *cell = cells_at(&release->cells[v.q], v.node, v.value);
    *truth = cell->n_conversations;
    *shown = cell->n_shown;
    return cell->shown;
}

static bool isolates(int64_t difference)
{
    return difference > 0 && difference < FLOOR;
}

static bool difference(const struct world *w, struct view v, size_t from, size_t to, int64_t *truth,
                       double *estimate)
{
    int64_t truth_from, truth_to, shown_from, shown_to;
    if (!look(w, from, v, &truth_from, &shown_from) || !look(w, to, v, &truth_to, &shown_to))
        return false;
    *truth = truth_to - truth_from;
    *estimate = (double)(shown_to - shown_from);
    return isolates(*truth);
}

static void try_two_releases(const struct world *w, struct rng *r, struct sweep *s)
{
    size_t from = rng_below(r, RELEASES - 1), to = from + 1 + rng_below(r, RELEASES - 1 - from);
    struct view v = draw_view(r), other = draw_view(r);
    int64_t truth, truth_other;
    double estimate, estimate_other;
    if (!difference(w, v, from, to, &truth, &estimate))
        return;
    note(s, TWO_RELEASES, estimate - (double)truth);
    // A second view of the same newcomers: a part of the group that grew by as many.
    other.node = v.node;
    if (other.q != v.q && difference(w, other, from, to, &truth_other, &estimate_other) &&
        truth_other == truth)
        note(s, TWO_VIEWS, (estimate + estimate_other) / 2 - (double)truth);
}

// The mean of all releases in which a cell stood at one count, and of those after, at the next.
static void try_many_releases(const struct world *w, struct rng *r, struct sweep *s)
{
    struct view v = draw_view(r);
    int64_t truth[RELEASES], shown[RELEASES];
    size_t at = 1 + rng_below(r, RELEASES - 1), n_before = 0, n_after = 0;
    double before = 0, after = 0;
    for (size_t t = 0; t < RELEASES; t++)
        if (!look(w, t, v, &truth[t], &shown[t]))
            return;
    if (!isolates(truth[at] - truth[at - 1]))
        return;
    for (size_t t = at; t < RELEASES && truth[t] == truth[at]; t++, n_after++)
        after += (double)shown[t];
    for (size_t t = at; t-- > 0 && truth[t] == truth[at - 1]; n_before++)
        before += (double)shown[t];
    double estimate = after / (double)n_after - before / (double)n_before;
    enum kind kind =
        n_before + n_after >= 9 && n_before > 2 && n_after > 2 ? MOST_RELEASES : MANY_RELEASES;
    note(s, kind, estimate - (double)(truth[at] - truth[at - 1]));
}

static void try_rest(const struct world *w, struct rng *r, struct sweep *s)
{
    const struct release *release = &w->releases[rng_below(r, RELEASES)];
    size_t q = rng_below(r, QUESTIONS), node = rng_below(r, NODES), n_shown = 0;
    int64_t truth = release->size[node], estimate = release->shown_size[node];
    for (size_t v = 0; v < n_values[q]; v++) {
        const struct cell *cell = cells_at(&release->cells[q], node, v);
        truth -= cell->shown ? cell->n_conversations : 0;
        estimate -= cell->shown ? cell->n_shown : 0;
        n_shown += cell->shown;
    }
    if (n_shown && isolates(truth))
        note(s, REST, (double)(estimate - truth));
}

static void try_children(const struct world *w, struct rng *r, struct sweep *s)
{
    const struct release *release = &w->releases[rng_below(r, RELEASES)];
    size_t q = rng_below(r, QUESTIONS), node = rng_below(r, 1 + TOPS), n_shown = 0;
    size_t value = rng_below(r, n_values[q]);
    const struct cell *parent = cells_at(&release->cells[q], node, value);
    int64_t truth = parent->n_conversations, estimate = parent->n_shown;
    for (size_t c = 1; c < NODES; c++) {
        const struct cell *cell = cells_at(&release->cells[q], c, value);
        if (w->parent[c] != node || !cell->shown)
            continue;
        truth -= cell->n_conversations;
        estimate -= cell->n_shown;
        n_shown++;
    }
    if (n_shown && parent->shown && isolates(truth))
        note(s, CHILDREN, (double)(estimate - truth));
}

static int by_number(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

// The width of the narrowest window that holds 95 of 100 errors.
static double window(double *errors, size_t n)
{
    size_t inside = n - n / 20;
    qsort(errors, n, sizeof *errors, by_number);
    double width = errors[inside - 1] - errors[0];
    for (size_t i = 1; i + inside <= n; i++)
        if (errors[i + inside - 1] - errors[i] < width)
            width = errors[i + inside - 1] - errors[i];
    return width;
}

static void judge(struct sweep *s)
{
    for (int kind = 0; kind < N_KINDS; kind++) {
        if (s->n[kind] >= ENOUGH) {
            double width = window(s->errors[kind], s->n[kind]);
            s->n_leaks += width < FLOOR ? s->n[kind] : 0;
            print_message("%s: %zu single people out, known to within %.0f\n", kind_names[kind],
                          s->n[kind], width);
        }
        free(s->errors[kind]);
    }
}

static int64_t wanted(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    int64_t n = otherwise;
    if (text)
        assert_true(str_to_i64(str_of(text), &n));
    return n;
}

static struct sweep sweep(bool with_noise)
{
    static struct world w;
    size_t n = (size_t)wanted("COMBINATIONS", 100000);
    struct sweep s = { 0 };
    for (uint64_t seed = 1; s.n_isolating < n; seed++) {
        struct rng r;
        size_t n_before = s.n_isolating;
        make_world(&w, seed, wanted("ACCOUNTS", 20000), with_noise);
        rng_init(&r, seed, with_noise ? "noisy" : "exact");
        while (s.n_isolating < n && s.n_isolating - n_before < MOST_PER_WORLD) {
            try_two_releases(&w, &r, &s);
            try_many_releases(&w, &r, &s);
            try_rest(&w, &r, &s);
            try_children(&w, &r, &s);
        }
        arena_release(&w.arena);
    }
    judge(&s);
    return s;
}

static void no_combination_isolates_anybody(void **state)
{
    (void)state;
    struct sweep s = sweep(true);
    print_message("%zu combinations, %zu leaks\n", s.n_isolating, s.n_leaks);
    assert_int_equal(s.n_leaks, 0);
}

static void without_noise_the_sweep_finds_leaks(void **state)
{
    (void)state;
    struct sweep s = sweep(false);
    print_message("%zu combinations, %zu leaks\n", s.n_isolating, s.n_leaks);
    assert_true(s.n_leaks > s.n_isolating / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_combination_isolates_anybody),
        cmocka_unit_test(without_noise_the_sweep_finds_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
