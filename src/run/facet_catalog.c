// SPDX-License-Identifier: Apache-2.0
#include "run/facet_catalog.h"

#include "base/file.h"
#include "base/utf8.h"
#include "base/yaml.h"

#define MOST_NAME ((size_t)32)
#define MOST_VALUE ((size_t)40)
#define MOST_QUESTION ((size_t)2000)
#define MOST_STEM ((size_t)120)
#define TEXT_TOKENS 28 // of a small model's answer
#define WORD_TOKENS 16

static const struct facet catalog[N_FACETS] = {
    [FACET_REQUEST] = { .name = "request",
                        .kind = FACET_TEXT,
                        .clustered = true,
                        .summary = "what the person wants",
                        .max_tokens = TEXT_TOKENS,
                        .stem = "The user asks the assistant to" },
    [FACET_TASK] = { .name = "task",
                     .kind = FACET_TEXT,
                     .clustered = true,
                     .stem = "",
                     .summary = "the task as a short verb phrase" },
    [FACET_OPENING] = { .name = "opening",
                        .kind = FACET_TEXT,
                        .stem = "",
                        .summary = "the request as the rule cuts it, beside a small model's "
                                   "answer" },
    [FACET_LANGUAGE] = { .name = "language",
                         .kind = FACET_CATEGORY,
                         .stem = "",
                         .summary = "human language of the person's turns" },
    [FACET_CONCERN] = { .name = "concern",
                        .kind = FACET_NUMBER,
                        .stem = "",
                        .low = 1,
                        .high = 5,
                        .summary = "safety concern, 1 (none) to 5 (severe)" },
    [FACET_TURNS] = { .name = "turns",
                      .kind = FACET_COMPUTED,
                      .stem = "",
                      .summary = "messages of the person and the assistant" },
};

const struct facet *facet_catalog(enum facet_id id)
{
    return &catalog[id];
}

// What is read now, for errors.
struct place {
    const char *file;
    struct scanner *scanner; // NULL: the file is ours
    struct arena *a;
};

static int refuse(const struct place *p, size_t line, struct err *err, const char *why)
{
    return err_set(err, ERR_CONFIG, "%s, line %zu: %s", p->file, line, why);
}

// Every entry has a name that we know; a slip of the pen is no setting that is silently lost.
static int check_keys(const struct place *p, const struct yaml_node *map, struct err *err)
{
    static const char *const known[] = { "name",     "kind",      "question", "stem",
                                         "criteria", "values",    "low",      "high",
                                         "column",   "clustered", "program" };
    for (const struct yaml_node *m = map->first; m; m = m->next) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            found = found || str_equal(m->key, str_of(known[i]));
        if (!found)
            return err_set(err, ERR_CONFIG,
                           "%s, line %zu: a facet has no entry \"%.*s\"; there are name, kind, "
                           "question, stem, criteria, values, low, high, program, column and "
                           "clustered",
                           p->file, m->line, STR_ARG(str_head(m->key, 40)));
    }
    return 0;
}

// An entry that the facet makes no use of is one that stands in the wrong place.
static int check_used(const struct place *p, const struct yaml_node *map, const struct facet *f,
                      bool own, struct err *err)
{
    static const char *const of_kind[] = {
        [FACET_TEXT] = " name kind clustered question stem criteria ",
        [FACET_CATEGORY] = " name kind clustered question stem values ",
        [FACET_NUMBER] = " name kind clustered question stem low high ",
        [FACET_COMPUTED] = " name kind clustered program ",
    };
    const char *used = !own && f->kind == FACET_CATEGORY ? " name kind clustered question stem "
                       : f->kind == FACET_COMPUTED && f->program == PROGRAM_COLUMN
                           ? " name kind clustered program column values "
                           : of_kind[f->kind];
    for (const struct yaml_node *m = map->first; m; m = m->next) {
        char key[MOST_NAME];
        snprintf(key, sizeof key, " %.*s ", STR_ARG(m->key));
        if (!strstr(used, key))
            return err_set(err, ERR_CONFIG, "%s, line %zu: the facet %s makes no use of %.*s",
                           p->file, m->line, f->name, STR_ARG(m->key));
    }
    return 0;
}

// Names and values are published as they stand, and every question goes to a model's server: what
// the auditor would pass in no title passes in none of them.
static int check_private(const struct place *p, size_t line, struct str text, struct err *err)
{
    struct scan_span *spans;
    size_t n = 0;
    int rc = p->scanner ? scan_find(p->scanner, text, SCAN_SHOWN, p->a, &spans, &n, err) : 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (spans[i].kind != SCAN_PERSON ||
            memchr(text.ptr + spans[i].start, ' ', spans[i].len)) // given name and family name
            rc = err_set(err, ERR_CONFIG,
                         "%s, line %zu: this looks like a private detail (%s), and names and "
                         "values of facets are published; write it in other words",
                         p->file, line, scan_kind_name(spans[i].kind));
    return rc;
}

static bool is_plain(struct str text)
{
    for (size_t at = 0; at < text.len;) {
        enum utf8_class class = utf8_class(utf8_next(text, &at));
        if (class == UTF8_CONTROL)
            return false;
    }
    return true;
}

// A text entry, when it is there: on one line unless `block`.
static int take_text(const struct place *p, const struct yaml_node *map, const char *key,
                     size_t most, bool block, const char **out, struct err *err)
{
    const struct yaml_node *node = yaml_member(map, key);
    if (!node)
        return 0;
    struct str text = node->kind == YAML_TEXT ? str_trim(node->text) : str_make(NULL, 0);
    if (node->kind != YAML_TEXT || text.len > most)
        return err_set(err, ERR_CONFIG, "%s, line %zu: %s is a text of at most %zu bytes", p->file,
                       node->line, key, most);
    char *copy = arena_copy(p->a, text);
    for (char *c = copy; *c; c++)
        if (*c == '\n' && !block)
            *c = ' ';
    struct str rest = str_of(copy), line;
    while (str_cut(&rest, '\n', &line))
        if (!is_plain(line))
            return refuse(p, node->line, err, "a text may hold no control characters");
    *out = copy;
    return strcmp(key, "column") == 0 ? 0 : check_private(p, node->line, str_of(copy), err);
}

static int take_number(const struct place *p, const struct yaml_node *map, const char *key,
                       int64_t *out, struct err *err)
{
    const struct yaml_node *node = yaml_member(map, key);
    if (!node ||
        (node->kind == YAML_TEXT && str_to_i64(node->text, out) && *out >= -1000 && *out <= 1000))
        return 0;
    return err_set(err, ERR_CONFIG, "%s, line %zu: %s is a whole number from -1000 to 1000",
                   p->file, node->line, key);
}

static int take_switch(const struct place *p, const struct yaml_node *map, const char *key,
                       bool *out, struct err *err)
{
    const struct yaml_node *node = yaml_member(map, key);
    if (!node)
        return 0;
    bool yes = node->kind == YAML_TEXT && (str_equal_ci(node->text, STR_LIT("yes")) ||
                                           str_equal_ci(node->text, STR_LIT("true")));
    bool no = node->kind == YAML_TEXT && (str_equal_ci(node->text, STR_LIT("no")) ||
                                          str_equal_ci(node->text, STR_LIT("false")));
    *out = yes;
    return yes || no ? 0
                     : err_set(err, ERR_CONFIG, "%s, line %zu: %s is yes or no", p->file,
                               node->line, key);
}

static int take_clustered(const struct place *p, const struct yaml_node *map, struct facet *f,
                          struct err *err)
{
    int rc = take_switch(p, map, "clustered", &f->clustered, err);
    if (yaml_member(map, "clustered"))
        f->has_tree = f->clustered;
    return rc;
}

static int take_choice(const struct place *p, const struct yaml_node *map, const char *key,
                       const char *const *names, size_t n, int *out, struct err *err)
{
    const struct yaml_node *node = yaml_member(map, key);
    struct str list = STR_LIT("");
    if (!node)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (node->kind == YAML_TEXT && str_equal(node->text, str_of(names[i]))) {
            *out = (int)i;
            return 0;
        }
        list = arena_printf(p->a, "%.*s%s%s", STR_ARG(list), i ? ", " : "", names[i]);
    }
    return err_set(err, ERR_CONFIG, "%s, line %zu: %s is one of %.*s", p->file, node->line, key,
                   STR_ARG(list));
}

static void add_value(struct facet *f, const char *value)
{
    for (size_t i = 0; i < f->n_values; i++)
        if (strcmp(f->values[i], value) == 0)
            return;
    assert(f->n_values < COUNT_OF(f->values));
    f->values[f->n_values++] = value;
}

// Values go into the atlas as they stand here: short, plain, and not one of our own words twice.
static int take_values(const struct place *p, const struct yaml_node *map, struct facet *f,
                       struct err *err)
{
    const struct yaml_node *node = yaml_member(map, "values");
    if (!node || node->kind != YAML_LIST || !node->first)
        return refuse(p, node ? node->line : map->line, err,
                      "this facet needs values: a list of the names that it may have, as in "
                      "values: [low, high]");
    f->n_values = 0;
    for (const struct yaml_node *v = node->first; v; v = v->next) {
        struct str text = v->kind == YAML_TEXT ? str_trim(v->text) : str_make(NULL, 0);
        if (!text.len || text.len > MOST_VALUE || !is_plain(text) ||
            memchr(text.ptr, '"', text.len) || memchr(text.ptr, '\\', text.len))
            return refuse(p, v->line, err,
                          "a value is one line of 1 to 40 bytes without quotes "
                          "and backslashes");
        if (f->n_values == FACET_MOST_VALUES)
            return refuse(p, v->line, err, "a facet has at most 24 values");
        int rc = check_private(p, v->line, text, err);
        if (rc)
            return rc;
        add_value(f, arena_copy(p->a, text));
    }
    return 0;
}

static int make_scale(const struct place *p, const struct yaml_node *map, struct facet *f,
                      struct err *err)
{
    if (f->high <= f->low || f->high - f->low >= FACET_MOST_VALUES)
        return refuse(p, map->line, err,
                      "a number needs low and high, at most 24 steps apart, as "
                      "in low: 1 and high: 5");
    f->n_values = 0;
    for (int64_t i = f->low; i <= f->high; i++)
        add_value(f, arena_printf(p->a, "%lld", (long long)i).ptr);
    return 0;
}

static int make_computed(const struct place *p, const struct yaml_node *map, struct facet *f,
                         struct err *err)
{
    static const char *const turns[] = { "0", "1", "2", "3-5", "6-10", "11+" };
    static const char *const words[] = { "0", "1-10", "11-50", "51-200", "201-1000", "1001+" };
    if (f->program == PROGRAM_COLUMN && !*f->column)
        return refuse(p, map->line, err,
                      "program: column needs column: the name or path of a "
                      "column of the input");
    if (f->program == PROGRAM_COLUMN)
        return take_values(p, map, f, err);
    f->n_values = 0;
    for (size_t i = 0; i < COUNT_OF(turns); i++)
        add_value(f, f->program == PROGRAM_HUMAN_WORDS ? words[i] : turns[i]);
    return 0;
}

// What belongs to the kind; the lists of the built-in facets are elsewhere.
static int finish(const struct place *p, const struct yaml_node *map, struct facet *f, bool own,
                  struct err *err)
{
    int rc = 0;
    if (f->kind != FACET_COMPUTED && own && !*f->question)
        return refuse(p, map->line, err, "this facet needs a question for the model");
    if (f->clustered && f->kind != FACET_TEXT)
        return refuse(p, map->line, err, "only facets of kind text can be clustered");
    if (!own)
        return 0;
    f->max_tokens = f->kind == FACET_TEXT       ? TEXT_TOKENS
                    : f->kind == FACET_COMPUTED ? 0
                                                : WORD_TOKENS;
    if (f->kind == FACET_CATEGORY)
        rc = take_values(p, map, f, err);
    else if (f->kind == FACET_NUMBER)
        rc = make_scale(p, map, f, err);
    else if (f->kind == FACET_COMPUTED)
        rc = make_computed(p, map, f, err);
    if (!rc && f->kind != FACET_TEXT)
        add_value(f, FACET_UNKNOWN);
    if (!rc && f->kind == FACET_COMPUTED && f->program == PROGRAM_COLUMN)
        add_value(f, FACET_OTHER);
    return rc;
}

// A name as a text: "tel_1" is "tel 1".
static struct str words_of(const char *name, struct arena *a)
{
    char *copy = arena_copy(a, str_of(name));
    for (char *c = copy; *c; c++)
        if (*c == '_')
            *c = ' ';
    return str_of(copy);
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!((name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || name.ptr[i] == '_' ||
              (i && name.ptr[i] >= '0' && name.ptr[i] <= '9')))
            return false;
    return name.len > 0 && name.len <= MOST_NAME;
}

// The place of a facet in the list: the one of this name, or a new one.
static int find_place(const struct place *p, const struct yaml_node *map, struct facet_list *list,
                      size_t *i, struct err *err)
{
    const struct yaml_node *name = yaml_member(map, "name");
    if (map->kind != YAML_MAP || !name || name->kind != YAML_TEXT || !is_name(name->text))
        return refuse(p, name ? name->line : map->line, err,
                      "a facet begins with its name, as in \"- name: mood\": small letters, digits "
                      "and _, at most 32");
    for (*i = 0; *i < list->n; (*i)++)
        if (str_equal(name->text, str_of(list->items[*i].name)))
            break;
    if (*i == FACET_OPENING)
        return refuse(p, name->line, err, "opening is a facet of the program's own");
    if (str_equal(name->text, STR_LIT("classifier")))
        return refuse(p, name->line, err,
                      "classifier is what --classifier publishes; give this facet another name");
    if (*i == FACET_MOST)
        return refuse(p, map->line, err, "a run has at most 32 facets");
    if (*i == list->n) {
        const char *copy = arena_copy(p->a, name->text);
        list->items[list->n++] = (struct facet){ .name = copy,
                                                 .kind = FACET_TEXT,
                                                 .question = "",
                                                 .stem = "",
                                                 .criteria = "",
                                                 .column = "",
                                                 .program = PROGRAM_TURNS };
        return check_private(p, name->line, words_of(copy, p->a), err);
    }
    return *i < N_FACETS ? 0 : refuse(p, name->line, err, "a facet of this name stands above");
}

static int take_entries(const struct place *p, const struct yaml_node *map, struct facet *f,
                        struct err *err)
{
    int rc = take_text(p, map, "question", MOST_QUESTION, true, &f->question, err);
    if (!rc)
        rc = take_text(p, map, "stem", MOST_STEM, false, &f->stem, err);
    if (!rc)
        rc = take_text(p, map, "criteria", MOST_QUESTION, false, &f->criteria, err);
    if (!rc)
        rc = take_text(p, map, "column", MOST_STEM, false, &f->column, err);
    if (!rc)
        rc = take_number(p, map, "low", &f->low, err);
    if (!rc)
        rc = take_number(p, map, "high", &f->high, err);
    return rc ? rc : take_clustered(p, map, f, err);
}

static int take_facet(const struct place *p, const struct yaml_node *map, struct facet_list *list,
                      struct err *err)
{
    static const char *const kinds[] = { "text", "category", "number", "computed" };
    static const char *const programs[] = { "turns", "human_turns", "human_words", "column" };
    size_t i = 0;
    int rc = find_place(p, map, list, &i, err);
    if (!rc)
        rc = check_keys(p, map, err);
    if (rc)
        return rc;
    struct facet *f = &list->items[i];
    const struct facet before = *f;
    bool own = i >= N_FACETS;
    int kind = (int)f->kind, program = (int)f->program;
    const struct yaml_node *no_kind = own && !yaml_member(map, "kind") ? map : NULL;
    if (no_kind)
        return refuse(p, no_kind->line, err,
                      "this facet needs a kind: text, category, number or "
                      "computed");
    rc = take_choice(p, map, "kind", kinds, COUNT_OF(kinds), &kind, err);
    if (!rc && !own && kind != (int)f->kind)
        rc = refuse(p, map->line, err,
                    "the kind of a built-in facet cannot be changed; give yours "
                    "another name");
    f->kind = (enum facet_kind)kind;
    if (!rc)
        rc = take_choice(p, map, "program", programs, COUNT_OF(programs), &program, err);
    f->program = (enum facet_program)program;
    if (!rc)
        rc = check_used(p, map, f, own, err);
    if (!rc)
        rc = take_entries(p, map, f, err);
    if (!rc && !own &&
        (f->program != before.program || f->low != before.low || f->high != before.high))
        rc = refuse(p, map->line, err,
                    "the program and the scale of a built-in facet cannot be changed; give yours "
                    "another name");
    return rc ? rc : finish(p, map, f, own, err);
}

static int overlay(struct str text, const char *name, struct scanner *scanner, struct arena *a,
                   struct facet_list *list, struct err *err)
{
    struct place p = { name, scanner, a };
    struct yaml_node *root = NULL;
    int rc = yaml_read(text, name, a, &root, err);
    const struct yaml_node *facets = yaml_member(root, "facets");
    if (!rc && (!facets || facets->kind != YAML_LIST || root->first->next))
        rc = refuse(&p, root->line, err, "the file is one list, \"facets:\", and nothing else");
    for (const struct yaml_node *f = rc ? NULL : facets->first; !rc && f; f = f->next)
        rc = take_facet(&p, f, list, err);
    return rc;
}

int facet_list_read(struct str text, const char *name, struct scanner *scanner, struct arena *a,
                    struct facet_list *list, struct err *err)
{
    *list = (struct facet_list){ .n = N_FACETS, .text = text };
    for (size_t i = 0; i < N_FACETS; i++) {
        list->items[i] = catalog[i];
        list->items[i].question = list->items[i].criteria = list->items[i].column = "";
    }
    int rc = overlay(str_of(facets_default()), "prompts/facets.yaml", NULL, a, list, err);
    for (size_t i = 0; i < list->n; i++) // of the built-in ones, one
        list->items[i].has_tree = i == FACET_REQUEST;
    return rc || !text.ptr ? rc : overlay(text, name, scanner, a, list, err);
}

int facet_list_open(const char *path, struct arena *a, struct facet_list *list, struct err *err)
{
    struct str text = { 0 };
    int rc = *path ? file_read(a, path, YAML_MOST_BYTES, &text, err) : 0;
    return rc ? rc : facet_list_read(text, path, NULL, a, list, err);
}

const struct facet *facet_list_find(const struct facet_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i].name, name) == 0)
            return &list->items[i];
    return NULL;
}

bool facet_is_asked(const struct facet *facet)
{
    return facet->kind != FACET_COMPUTED && *facet->question;
}

bool facet_list_needs_model(const struct facet_list *list)
{
    for (size_t i = N_FACETS; i < list->n; i++)
        if (facet_is_asked(&list->items[i]))
            return true;
    return false;
}
