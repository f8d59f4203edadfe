// SPDX-License-Identifier: Apache-2.0
// What a group is about: subjects of the public list that enough of its accounts have, and much of
// its conversations. First a subject of its own (three in ten), perhaps with a second; else the
// group of subjects that four in ten fall into, with the best subject in it, where that is more
// than usual; else smaller ones; else its largest groups of subjects. A parent is wider: two
// subjects that are nearly half of it name it, else the group with the two subjects in it that tell
// it best from the corpus. Without accounts the floor counts conversations and is far higher: there
// subjects that miss it one by one stand together, "Python programming or Statistics"
// (phrase_union.c). Cost: two look-ups a conversation.
#include "base/stop.h"
#include "phrase/phrase_union.h"
#include "phrase/subject.h"

#include <math.h>
#include <stdlib.h>

#define LEADS 0.30 // share of a subject that names a group by itself
#define BESIDE 0.6 // a second one, against the first
#define LEAST_SECOND 0.15
#define WIDE 0.40     // share of a group of subjects
#define WIDE_LIFT 1.2 // against its share of the corpus
#define LEAST_INSIDE 0.12
#define LEAST_ALONE 0.15 // one that leads nothing
#define LEAST_WIDE 0.22
#define LEAST_PART 0.10  // of what is about several things: a group that is named; a spare
#define LEAST_PARTS 0.4  // all that are named, together
#define LEAST_MIXED 0.33 // the same of a base cluster
// Of a parent:
#define PAIR 0.45        // two subjects that name it, together; the second has LEAST_INSIDE
#define MOST 0.5         // one that does
#define LEAST_LED 0.20   // a group of subjects that leads where no subject is much of it
#define LEAST_TELLS 0.04 // one that stands behind its group of subjects,
#define LIFT_TELLS 1.5   // against its share of the corpus

static int by_number(const void *x, const void *y)
{
    const struct subject_count *a = x, *b = y;
    if (a->n_seen != b->n_seen)
        return a->n_seen > b->n_seen ? -1 : 1;
    return str_compare(a->text, b->text);
}

static void add_count(struct subject_count **items, size_t *n, const struct subject_count *more,
                      struct arena *a)
{
    *items = arena_grow(a, *items, *n * sizeof **items, (*n + 1) * sizeof **items);
    (*items)[(*n)++] = *more;
}

static void sort_counts(struct subject_count *items, size_t n)
{
    if (n)
        qsort(items, n, sizeof *items, by_number);
}

struct tally { // of one subject, or group of subjects, in a group of conversations
    int64_t n_docs, n_supporters;
    uint32_t last_account;
    uint64_t people;
};
struct tallies {
    struct tally *items; // one a subject number, all 0 between groups
    uint32_t *numbers;   // of those that the group has, as they came
    size_t n;
    const struct str *names; // of number i + 1
};

static struct tallies tallies_make(const struct str *names, size_t n, struct arena *a)
{
    return (struct tallies){ .items = arena_zero_array(a, n + 1, sizeof(struct tally)),
                             .numbers = arena_array(a, n + 1, sizeof(uint32_t)),
                             .names = names };
}

// Documents come account by account.
static void count_in(struct tallies *t, uint32_t subject, const struct phrase_doc *doc,
                     const struct phrase_params *params)
{
    struct tally *c = &t->items[subject];
    bool is_new = phrase_is_new(params, doc, c->last_account);
    if (!c->n_docs++)
        t->numbers[t->n++] = subject;
    c->n_supporters += is_new;
    c->last_account = doc->account;
    c->people += is_new ? phrase_person(doc, params) : 0;
}

// Counts of the group that meet the floor, and those that may stand with others; `t` is as new.
static void take_counts(struct tallies *t, const struct phrase_params *params, struct arena *a,
                        struct subject_counts *group)
{
    for (size_t i = 0; i < t->n; i++) {
        uint32_t subject = t->numbers[i];
        const struct tally *c = &t->items[subject];
        struct str name = t->names[subject - 1];
        int64_t seen;
        bool shows = phrase_shows(params, name, c->people, c->n_docs, c->n_supporters, &seen);
        struct subject_count found = { name, c->n_docs, c->n_supporters, seen, c->people, subject };
        if (shows)
            add_count(&group->items, &group->n, &found, a);
        if (phrase_may_be_part(params, name, c->people, c->n_supporters)) {
            found.n_seen = phrase_seen(params, name, c->people, c->n_docs, c->n_supporters);
            add_count(&group->parts, &group->n_parts, &found, a);
        }
        t->items[subject] = (struct tally){ 0 };
    }
    t->n = 0;
    sort_counts(group->items, group->n);
    sort_counts(group->parts, group->n_parts);
}

static struct phrase phrase_of(const struct subject_count *c, struct arena *a)
{
    return (struct phrase){ arena_str(a, subject_name(c->text)), c->n_supporters,
                            c->n_conversations, c->n_seen, 0 };
}

static void take(struct phrase_list *list, const struct subject_count *c, struct arena *a)
{
    list->subjects[list->n_subjects++] = phrase_of(c, a);
}

static bool is_akin(const struct phrase_list *list, struct str name)
{
    for (size_t i = 0; i < list->n_subjects; i++)
        if (phrase_texts_akin(list->subjects[i].text, name))
            return true;
    return false;
}

// A second group of subjects that says more than the first: not "Creative writing" behind
// "Writing".
static void take_other(struct phrase_list *list, const struct subject_count *c, struct arena *a)
{
    if (!is_akin(list, c->text))
        take(list, c, a);
}

static double share(const struct subject_counts *c, size_t i, double n)
{
    return i < c->n && n > 0 ? (double)c->items[i].n_seen / n : 0;
}

static const struct subject_count *best_inside(const struct subject_counts *fine, struct str group)
{
    for (size_t i = 0; i < fine->n; i++)
        if (str_equal(subject_group(fine->items[i].text), group))
            return &fine->items[i];
    return NULL;
}

// Over several things: its largest groups of subjects, where they are much of it (`least`).
static void take_parts(struct phrase_list *list, const struct subject_counts *wide, double n,
                       double least, struct arena *a)
{
    double sum = 0;
    size_t n_parts = 0;
    while (n_parts < PHRASE_TITLE_PHRASES && share(wide, n_parts, n) >= LEAST_PART)
        sum += share(wide, n_parts++, n);
    for (size_t i = 0; i < n_parts && sum >= least; i++)
        take_other(list, &wide->items[i], a);
}

// A group of subjects with the best one in it; only one of them where they have a word in common
// ("Health · Health care systems"): the subject, if there is enough of it.
static void take_wide(struct phrase_list *list, const struct subject_count *group,
                      const struct subject_count *inside, double n, struct arena *a)
{
    double part = inside ? (double)inside->n_seen / n : 0;
    bool akin = inside && phrase_texts_akin(group->text, subject_name(inside->text));
    if (!akin || part < LEAST_ALONE)
        take(list, group, a);
    if (akin ? part >= LEAST_ALONE : part >= LEAST_INSIDE)
        take(list, inside, a);
}

struct naming { // of one group of conversations
    const struct phrase_params *params;
    const struct subject_counts *fine, *wide; // subjects, and the groups that they are in
    double n, usual; // what is seen of it; the share of its first group of subjects in the corpus
    const double *usual_fine; // share of subject i + 1 in the corpus
    bool is_parent;
};

// How much a subject tells of a parent: its share, by how far that is over the usual. 0: nothing.
static double telling(const struct naming *naming, const struct subject_count *c)
{
    double part = (double)c->n_seen / naming->n;
    double lift = part / naming->usual_fine[c->subject - 1];
    return part >= LEAST_TELLS && lift >= LIFT_TELLS ? part * log(lift) : 0;
}

// The subject in `group` that tells most beside what the list has; false when none does.
static bool take_telling(struct phrase_list *list, const struct naming *naming, struct str group,
                         struct arena *a)
{
    const struct subject_count *best = NULL;
    double most = 0;
    for (size_t i = 0; i < naming->fine->n; i++) {
        const struct subject_count *c = &naming->fine->items[i];
        struct str name = subject_name(c->text);
        double tells = telling(naming, c);
        if (tells > most && str_equal(subject_group(c->text), group) && !is_akin(list, name) &&
            phrase_subject_words(list, name) < PHRASE_TITLE_WORDS) {
            best = c;
            most = tells;
        }
    }
    if (best)
        take(list, best, a);
    return best != NULL;
}

// False when a parent has neither two subjects nor a group of them that names it.
static bool choose_of_parent(struct phrase_list *list, const struct naming *naming, struct arena *a)
{
    const struct subject_counts *fine = naming->fine, *wide = naming->wide;
    double first = share(fine, 0, naming->n), second = share(fine, 1, naming->n);
    double widest = share(wide, 0, naming->n), wider = share(wide, 1, naming->n);
    if (first >= MOST || (second >= LEAST_INSIDE && first + second >= PAIR)) {
        take(list, &fine->items[0], a);
        if (second >= LEAST_INSIDE)
            take(list, &fine->items[1], a);
        return true;
    }
    bool leads = widest >= WIDE || (widest >= LEAST_LED && first < LEAST_ALONE);
    if (!leads || widest < WIDE_LIFT * naming->usual)
        return false;
    struct str group = wide->items[0].text;
    take(list, &wide->items[0], a);
    if (widest < WIDE && wider >= LEAST_LED)
        take_other(list, &wide->items[1], a);
    while (list->n_subjects < PHRASE_SUBJECTS && take_telling(list, naming, group, a))
        ;
    return true;
}

static void choose(struct phrase_list *list, const struct naming *naming, struct arena *a)
{
    const struct subject_counts *fine = naming->fine, *wide = naming->wide;
    double n = naming->n;
    double first = share(fine, 0, n), second = share(fine, 1, n), widest = share(wide, 0, n);
    const struct subject_count *inside = wide->n ? best_inside(fine, wide->items[0].text) : NULL;
    bool unusual = widest >= WIDE_LIFT * naming->usual;
    if (naming->is_parent && choose_of_parent(list, naming, a))
        return;
    if (first >= LEADS) {
        take(list, &fine->items[0], a);
        if (second >= LEAST_SECOND && second >= BESIDE * first)
            take(list, &fine->items[1], a);
    } else if (widest >= WIDE && unusual) {
        take_wide(list, &wide->items[0], inside, n, a);
    } else if (first >= LEAST_ALONE) {
        take(list, &fine->items[0], a);
        if (second >= LEAST_INSIDE)
            take(list, &fine->items[1], a);
    } else if (widest >= LEAST_WIDE && unusual) {
        take(list, &wide->items[0], a);
        if (share(wide, 1, n) >= LEAST_WIDE)
            take_other(list, &wide->items[1], a);
    } else {
        take_parts(list, wide, n, naming->is_parent ? LEAST_PARTS : LEAST_MIXED, a);
    }
}

static bool take_union(struct phrase_list *list, const struct naming *naming,
                       const struct subject_counts *counts, struct str inside, double least,
                       struct arena *a)
{
    struct union_wish wish = { inside, naming->n, least };
    struct phrase *found = &list->subjects[list->n_subjects];
    bool is_found = phrase_find_union(naming->params, counts, &wish, list, a, found);
    list->n_subjects += is_found;
    return is_found;
}

// Where too few conversations have any one subject: those inside the group of subjects that names
// it, else the subjects that four in ten have together, else the groups, else fewer.
static void choose_unions(struct phrase_list *list, const struct naming *naming, struct arena *a)
{
    const struct str all = STR_LIT("");
    if (list->n_subjects == 1 && !naming->is_parent && naming->wide->n &&
        str_equal(list->subjects[0].text, naming->wide->items[0].text))
        take_union(list, naming, naming->fine, naming->wide->items[0].text, LEAST_INSIDE, a);
    else if (!list->n_subjects)
        (void)(take_union(list, naming, naming->fine, all, LEAST_PARTS, a) ||
               take_union(list, naming, naming->wide, all, LEAST_PARTS, a) ||
               take_union(list, naming, naming->fine, all, LEAST_WIDE, a) ||
               take_union(list, naming, naming->wide, all, LEAST_WIDE, a));
}

// Whether the group is that of a subject which names the list: "Translation · Writing" says no
// more.
static bool is_group_of_taken(const struct phrase_list *list, const struct subject_counts *fine,
                              struct str group)
{
    for (size_t i = 0; i < fine->n; i++)
        for (size_t j = 0; j < list->n_subjects; j++)
            if (str_equal(subject_name(fine->items[i].text), list->subjects[j].text) &&
                str_equal(subject_group(fine->items[i].text), group))
                return true;
    return false;
}

static void take_spare(struct phrase_list *list, const struct subject_counts *counts, size_t i,
                       double n, struct arena *a)
{
    if (list->n_spares < PHRASE_SUBJECTS && share(counts, i, n) >= LEAST_PART &&
        !is_akin(list, subject_name(counts->items[i].text)))
        list->spares[list->n_spares++] = phrase_of(&counts->items[i], a);
}

// What else could name it: subjects, then groups of subjects, that a tenth of it is about; then
// subjects together.
static void take_spares(struct phrase_list *list, const struct naming *naming, struct arena *a)
{
    const struct subject_counts *fine = naming->fine, *wide = naming->wide;
    struct union_wish wish = { STR_LIT(""), naming->n, LEAST_PART };
    for (size_t i = 0; i < fine->n; i++)
        take_spare(list, fine, i, naming->n, a);
    for (size_t i = 0; i < wide->n; i++)
        if (!is_group_of_taken(list, fine, wide->items[i].text))
            take_spare(list, wide, i, naming->n, a);
    for (int i = 0; i < 2 && list->n_spares < PHRASE_SUBJECTS; i++)
        list->n_spares += phrase_find_union(naming->params, i ? wide : fine, &wish, list, a,
                                            &list->spares[list->n_spares]);
}

struct subjects { // of the corpus
    struct tallies fine, wide;
    uint32_t *wide_of;          // of subject i + 1 the number of its group of subjects
    double *usual, *usual_fine; // share of each group of subjects; of subject i + 1
    double *n_seen;             // of each group of conversations
};

// Names are the corpus's own.
static struct subjects subjects_make(const struct phrase_corpus *corpus, struct arena *a)
{
    size_t n = corpus->subjects.n;
    struct map groups = { 0 };
    struct str *fine = arena_array(a, n + 1, sizeof *fine);
    struct str *wide = arena_array(a, n + 1, sizeof *wide);
    struct subjects s = { 0 };
    s.wide_of = arena_array(a, n + 1, sizeof *s.wide_of);
    s.usual = arena_zero_array(a, n + 1, sizeof *s.usual);
    s.usual_fine = arena_zero_array(a, n + 1, sizeof *s.usual_fine);
    for (size_t i = 0; i < n; i++) {
        fine[i] = corpus->subjects.entries[i].key;
        size_t group = map_add(&groups, subject_group(fine[i]), 0, NULL);
        wide[group] = subject_group(fine[i]);
        s.wide_of[i] = (uint32_t)group + 1;
    }
    map_release(&groups);
    s.fine = tallies_make(fine, n, a);
    s.wide = tallies_make(wide, n, a);
    return s;
}

static void count_group(const struct phrase_corpus *corpus, struct subjects *s,
                        const uint32_t *docs, size_t n, const struct phrase_params *params)
{
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        if (!doc->subject)
            continue;
        count_in(&s->fine, doc->subject, doc, params);
        count_in(&s->wide, s->wide_of[doc->subject - 1], doc, params);
    }
}

// Adds what is seen of each to its place in `sums`; `t` is as new.
static void add_seen(struct tallies *t, const struct phrase_params *params, double *sums)
{
    for (size_t i = 0; i < t->n; i++) {
        uint32_t subject = t->numbers[i];
        const struct tally *c = &t->items[subject];
        sums[subject - 1] += (double)phrase_seen(params, t->names[subject - 1], c->people,
                                                 c->n_docs, c->n_supporters);
        t->items[subject] = (struct tally){ 0 };
    }
    t->n = 0;
}

// What is usual is the sum of all that is seen of the groups, and of what is in none.
static void find_usual(const struct phrase_corpus *corpus, const struct phrase_params *params,
                       const struct doc_order *order, struct subjects *s, struct arena *a)
{
    size_t n = corpus->subjects.n;
    double all = 0;
    s->n_seen = arena_array(a, order->n_groups + 1, sizeof *s->n_seen);
    for (size_t g = 0; g <= order->n_groups; g++) {
        const uint32_t *docs = order->docs + order->start[g];
        size_t n_docs = order->start[g + 1] - order->start[g];
        s->n_seen[g] = (double)phrase_seen_docs(corpus, params, docs, n_docs);
        all += s->n_seen[g];
        count_group(corpus, s, docs, n_docs, params);
        add_seen(&s->fine, params, s->usual_fine);
        add_seen(&s->wide, params, s->usual);
    }
    for (size_t i = 0; i < n; i++) {
        s->usual[i] = fmax(s->usual[i], 1) / fmax(all, 1);
        s->usual_fine[i] = fmax(s->usual_fine[i], 1) / fmax(all, 1);
    }
}

static void name_group(const struct phrase_corpus *corpus, struct subjects *s,
                       const struct doc_order *order, size_t g, const struct phrase_params *params,
                       bool is_parent, struct arena *a, struct phrase_list *list)
{
    struct arena work = { 0 };
    struct subject_counts fine = { 0 }, wide = { 0 };
    count_group(corpus, s, order->docs + order->start[g], order->start[g + 1] - order->start[g],
                params);
    take_counts(&s->fine, params, &work, &fine);
    take_counts(&s->wide, params, &work, &wide);
    double usual = wide.n ? s->usual[wide.items[0].subject - 1] : 1;
    struct naming naming = { params, &fine, &wide, s->n_seen[g], usual, s->usual_fine, is_parent };
    list->is_parent = is_parent;
    choose(list, &naming, a);
    choose_unions(list, &naming, a);
    take_spares(list, &naming, a);
    arena_release(&work);
}

int phrase_find_subjects(const struct phrase_corpus *corpus, const struct phrase_params *params,
                         const struct doc_order *order, bool is_parent, struct arena *a,
                         struct phrase_list *lists, struct err *err)
{
    struct arena work = { 0 };
    struct subjects subjects = subjects_make(corpus, &work);
    find_usual(corpus, params, order, &subjects, &work);
    int rc = 0;
    for (size_t g = 0; !rc && g < order->n_groups; g++) {
        rc = stop_check(err);
        if (!rc)
            name_group(corpus, &subjects, order, g, params, is_parent, a, &lists[g]);
    }
    arena_release(&work);
    return rc;
}
