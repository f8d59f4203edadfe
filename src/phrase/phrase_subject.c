// SPDX-License-Identifier: Apache-2.0
// What a group is about: subjects of the public list that enough of its accounts have, and much of
// its conversations. First a subject of its own (three in ten), perhaps with a second; else the
// group of subjects that four in ten fall into, with the best subject in it, where that is more
// than usual; else smaller ones; else its largest groups of subjects. Without accounts the floor
// counts conversations and is far higher: there subjects that miss it one by one stand together,
// "Python programming or Statistics" (phrase_union.c). Cost: a sort of the conversations for each
// of the two levels.
#include "phrase/phrase_union.h"
#include "phrase/subject.h"

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

struct item { // one conversation
    uint32_t group, subject, account;
    uint64_t person;
};

static int by_subject(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->subject != b->subject)
        return a->subject < b->subject ? -1 : 1;
    return (a->account > b->account) - (a->account < b->account);
}

static int by_number(const void *x, const void *y)
{
    const struct subject_count *a = x, *b = y;
    if (a->n_conversations != b->n_conversations)
        return a->n_conversations > b->n_conversations ? -1 : 1;
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

// Counts of every group that meet the floor, and those that may stand with others. `names`: of
// subject i + 1.
static void count_groups(struct item *items, size_t n, const struct str *names,
                         const struct phrase_params *params, size_t n_groups, struct arena *a,
                         struct subject_counts *groups)
{
    if (n)
        qsort(items, n, sizeof *items, by_subject);
    for (size_t at = 0; at < n;) {
        size_t end = at;
        int64_t n_accounts = 0;
        uint64_t people = 0;
        for (; end < n && items[end].group == items[at].group &&
               items[end].subject == items[at].subject;
             end++) {
            bool is_new =
                items[end].account && (end == at || items[end].account != items[end - 1].account);
            n_accounts += is_new;
            people += is_new || !params->has_accounts ? items[end].person : 0;
        }
        int64_t supports = params->has_accounts ? n_accounts : (int64_t)(end - at);
        uint32_t group = items[at].group;
        struct subject_count found = { names[items[at].subject - 1], (int64_t)(end - at), supports,
                                       people, items[at].subject };
        struct subject_counts *g = group < n_groups ? &groups[group] : NULL;
        if (g && phrase_meets_floor(params, found.text, people, supports))
            add_count(&g->items, &g->n, &found, a);
        if (g && phrase_may_be_part(params, found.text, people, supports))
            add_count(&g->parts, &g->n_parts, &found, a);
        at = end;
    }
    for (size_t i = 0; i < n_groups; i++) {
        sort_counts(groups[i].items, groups[i].n);
        sort_counts(groups[i].parts, groups[i].n_parts);
    }
}

static struct phrase phrase_of(const struct subject_count *c, struct arena *a)
{
    return (struct phrase){ arena_str(a, subject_name(c->text)), c->n_supporters,
                            c->n_conversations, 0 };
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
    return i < c->n && n > 0 ? (double)c->items[i].n_conversations / n : 0;
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
    double part = inside ? (double)inside->n_conversations / n : 0;
    bool akin = inside && phrase_texts_akin(group->text, subject_name(inside->text));
    if (!akin || part < LEAST_ALONE)
        take(list, group, a);
    if (akin ? part >= LEAST_ALONE : part >= LEAST_INSIDE)
        take(list, inside, a);
}

struct naming { // of one group of conversations
    const struct phrase_params *params;
    const struct subject_counts *fine, *wide; // subjects, and the groups that they are in
    double n, usual; // its conversations; the share of its first group of subjects in the corpus
    bool is_parent;
};

// A parent is named by its group of subjects: its children have the subjects.
static void choose(struct phrase_list *list, const struct naming *naming, struct arena *a)
{
    const struct subject_counts *fine = naming->fine, *wide = naming->wide;
    double n = naming->n;
    double first = share(fine, 0, n), second = share(fine, 1, n), widest = share(wide, 0, n);
    const struct subject_count *inside = wide->n ? best_inside(fine, wide->items[0].text) : NULL;
    bool unusual = widest >= WIDE_LIFT * naming->usual;
    if (naming->is_parent && widest >= WIDE && unusual) {
        take(list, &wide->items[0], a);
    } else if (first >= LEADS) {
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

// The subjects' groups, numbered; of subject i + 1 its group.
static uint32_t *number_groups(const struct phrase_corpus *corpus, struct map *wide,
                               struct arena *a)
{
    uint32_t *group_of = arena_array(a, corpus->subjects.n + 1, sizeof *group_of);
    for (size_t i = 0; i < corpus->subjects.n; i++)
        group_of[i] =
            (uint32_t)map_add(wide, subject_group(corpus->subjects.entries[i].key), 0, NULL) + 1;
    return group_of;
}

static struct str *names_of(const struct map *map, struct arena *a)
{
    struct str *names = arena_array(a, map->n + 1, sizeof *names);
    for (size_t i = 0; i < map->n; i++)
        names[i] = map->entries[i].key;
    return names;
}

void phrase_find_subjects(const struct phrase_corpus *corpus, const struct phrase_params *params,
                          const uint32_t *parent_of, size_t n_groups, struct arena *a,
                          struct phrase_list *lists)
{
    struct arena work = { 0 };
    struct map wide_map = { 0 };
    uint32_t *wide_of = number_groups(corpus, &wide_map, &work);
    struct item *items = arena_array(&work, corpus->n_docs + 1, sizeof *items);
    double *n_in = arena_zero_array(&work, n_groups + 1, sizeof *n_in), n_all = 0;
    double *usual = arena_zero_array(&work, wide_map.n + 1, sizeof *usual);
    struct subject_counts *fine = arena_zero_array(&work, n_groups + 1, sizeof *fine);
    struct subject_counts *wide = arena_zero_array(&work, n_groups + 1, sizeof *wide);
    size_t n = 0;
    for (size_t i = 0; i < corpus->n_docs; i++) {
        const struct phrase_doc *doc = &corpus->docs[i];
        uint32_t group = doc->group;
        if (group != PHRASE_NO_GROUP && parent_of)
            group = parent_of[group];
        if (group < n_groups)
            n_in[group]++;
        n_all++;
        if (doc->subject) {
            items[n++] =
                (struct item){ group, doc->subject, doc->account, phrase_person(doc, params) };
            usual[wide_of[doc->subject - 1] - 1]++;
        }
    }
    count_groups(items, n, names_of(&corpus->subjects, &work), params, n_groups, &work, fine);
    for (size_t i = 0; i < n; i++)
        items[i].subject = wide_of[items[i].subject - 1];
    count_groups(items, n, names_of(&wide_map, &work), params, n_groups, &work, wide);
    for (size_t g = 0; g < n_groups; g++) {
        struct naming naming = { .params = params,
                                 .fine = &fine[g],
                                 .wide = &wide[g],
                                 .n = n_in[g],
                                 .usual =
                                     wide[g].n ? usual[wide[g].items[0].subject - 1] / n_all : 1,
                                 .is_parent = parent_of != NULL };
        choose(&lists[g], &naming, a);
        choose_unions(&lists[g], &naming, a);
        take_spares(&lists[g], &naming, a);
    }
    map_release(&wide_map);
    arena_release(&work);
}
