// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_set.h"

#include "base/json.h"
#include "facet/facet_rule.h"
#include "scan/own_words.h"
#include "scan/scan_parts.h"

int facet_set_by_rule(const struct conversation *conversation, struct arena *a,
                      struct facet_set *set, struct err *err)
{
    struct turn *turns;
    struct str request;
    size_t n;
    *set = (struct facet_set){ .seq = conversation->seq };
    int rc = vault_parse_turns(conversation->turns, a, &turns, &n, err);
    if (rc)
        return rc;
    enum rule_source source = rule_request(turns, n, a, &request, &set->whole);
    set->no_human_turn = source != RULE_HUMAN;
    bool nothing = source == RULE_NOTHING;
    set->is_empty = nothing;
    struct str task = nothing ? STR_LIT(FACET_NO_REQUEST) : rule_task(request, a);
    set->values[FACET_REQUEST] = raw_of(nothing ? STR_LIT(FACET_NO_REQUEST) : request);
    set->values[FACET_TASK] = raw_of(task.len ? task : request);
    set->values[FACET_LANGUAGE] = raw_of(rule_language(turns, n, conversation->language, a));
    set->values[FACET_CONCERN] = raw_of(arena_printf(a, "%d", rule_concern(turns, n, a)));
    set->values[FACET_TURNS] = raw_of(arena_printf(a, "%lld", (long long)conversation->n_turns));
    set->by_rule[0] = set->values[FACET_REQUEST];
    set->by_rule[1] = set->values[FACET_TASK];
    return 0;
}

static size_t count_words(struct str text)
{
    size_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < text.len; i++) {
        bool space = (unsigned char)text.ptr[i] <= ' ';
        n += !space && !inside;
        inside = !space;
    }
    return n;
}

// The range of the facet's list that a count lies in.
static const char *range_of(const struct facet *f, int64_t n)
{
    static const int64_t turns[] = { 0, 1, 2, 5, 10 }, words[] = { 0, 10, 50, 200, 1000 };
    const int64_t *ends = f->program == PROGRAM_HUMAN_WORDS ? words : turns;
    size_t i = 0;
    while (i < COUNT_OF(turns) && n > ends[i])
        i++;
    return f->values[i];
}

// A path of keys into the kept columns.
static struct str find_column(struct str columns, const char *path, struct arena *a)
{
    struct json *root = NULL;
    struct err err = { 0 };
    struct str found = { 0 }, rest = str_of(path), key;
    if (!columns.len || json_open(&root, columns, &err))
        return found;
    const struct json *value = json_member(root, path);
    for (const struct json *at = root; !value && at && str_cut(&rest, '.', &key);) {
        at = json_member(at, arena_copy(a, key));
        value = rest.ptr ? NULL : at;
    }
    int64_t n;
    if (json_kind(value) == JSON_TEXT)
        found = arena_str(a, json_str(value));
    else if (json_whole(value, &n))
        found = arena_printf(a, "%lld", (long long)n);
    json_close(root);
    return found;
}

static const char *listed(const struct facet *f, struct str value)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (str_equal_ci(str_trim(value), str_of(f->values[i])))
            return f->values[i];
    return value.ptr ? FACET_OTHER : FACET_UNKNOWN;
}

static struct str column_of(const struct facet *f, const struct conversation *c, struct arena *a)
{
    struct str path = str_of(f->column);
    return str_equal(path, STR_LIT("model"))      ? c->model
           : str_equal(path, STR_LIT("language")) ? c->language
                                                  : find_column(c->columns, f->column, a);
}

static const char *compute(const struct facet *f, const struct conversation *c,
                           const struct turn *turns, size_t n, struct arena *a)
{
    int64_t n_turns = 0, n_words = 0;
    if (f->program == PROGRAM_COLUMN)
        return listed(f, column_of(f, c, a));
    for (size_t i = 0; i < n; i++)
        if (turns[i].role == TURN_USER) {
            n_turns++;
            n_words += (int64_t)count_words(turns[i].text.s);
        }
    return range_of(f, f->program == PROGRAM_TURNS         ? c->n_turns
                       : f->program == PROGRAM_HUMAN_TURNS ? n_turns
                                                           : n_words);
}

int facet_set_own(const struct facet_list *list, const struct conversation *conversation,
                  struct arena *a, struct facet_set *set, struct err *err)
{
    struct turn *turns;
    size_t n;
    if (list->n == N_FACETS)
        return 0;
    int rc = vault_parse_turns(conversation->turns, a, &turns, &n, err);
    for (size_t i = N_FACETS; !rc && i < list->n; i++) {
        const struct facet *f = &list->items[i];
        set->values[i] = f->kind == FACET_TEXT ? set->values[FACET_REQUEST]
                         : f->kind == FACET_COMPUTED
                             ? raw_of(str_of(compute(f, conversation, turns, n, a)))
                             : raw_of(STR_LIT(FACET_UNKNOWN));
    }
    return rc;
}

static int find_parts(const struct conversation *told, struct scanner *scanner, struct arena *a,
                      struct scan_parts *parts, struct err *err)
{
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(told->turns, a, &turns, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (turns[i].role == TURN_USER)
            rc = scan_parts_add(parts, scanner, turns[i].text.s, a, err);
    return rc;
}

// Whether a model wrote the value of the facet number `i`, and not the rule.
static bool is_told(const struct facet_list *list, const struct facet_set *set, size_t i)
{
    const char *text = set->values[i].s.ptr;
    return list->items[i].kind == FACET_TEXT && i != FACET_OPENING && text &&
           text != set->by_rule[0].s.ptr && text != set->by_rule[1].s.ptr;
}

static int hold_to_own(const struct facet_list *list, const struct conversation *told,
                       struct facet_set *set, const struct scanner *scanner, struct arena *a,
                       struct err *err)
{
    struct own_words own = { 0 };
    struct arena work = { 0 }; // what was pasted may be long
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(told->turns, &work, &turns, &n, err);
    for (size_t i = 0; !rc && i < list->n; i++)
        if (is_told(list, set, i))
            own_words_want(&own, set->values[i].s);
    for (size_t i = 0; !rc && i < n; i++)
        own_words_read(&own, turns[i].text.s);
    for (size_t i = 0; !rc && i < list->n; i++) {
        struct own_cut cut;
        if (!is_told(list, set, i))
            continue;
        own_words_cut(&own, scanner, set->values[i].s, a, &cut);
        set->values[i] = cut.is_poor ? set->by_rule[i == FACET_TASK] : raw_of(cut.text);
        set->n_dropped += cut.n_dropped;
        set->n_cut += cut.n_dropped > 0;
        set->n_refused += cut.is_poor;
    }
    own_words_release(&own);
    arena_release(&work);
    return rc;
}

int facet_set_scrub(const struct facet_list *list, const struct conversation *told,
                    struct facet_set *set, struct scanner *scanner, struct arena *a,
                    struct err *err)
{
    struct scan_parts parts = { 0 };
    int rc = told ? find_parts(told, scanner, a, &parts, err)
                  : scan_parts_add(&parts, scanner, set->whole, a, err);
    if (!rc && told)
        rc = hold_to_own(list, told, set, scanner, a, err);
    for (size_t i = 0; !rc && i < list->n; i++) {
        struct str out;
        if (list->items[i].kind != FACET_TEXT || !set->values[i].s.ptr)
            continue;
        rc = scan_parts_scrub(&parts, set->values[i].s, a, &out, err);
        if (!rc)
            rc = scan_scrub(scanner, out, a, &out, NULL, err);
        if (!rc)
            set->values[i] = raw_of(out);
    }
    return rc;
}
