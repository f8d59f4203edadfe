// SPDX-License-Identifier: Apache-2.0
// Every column of every table of an atlas has a rule here; what has none is a fault, so that a new
// table is not forgotten. Rules look at the file as it lies there, whatever wrote it.
// Cost: one pass over the atlas, and the scanner over its texts.
#include "base/clock.h"
#include "privacy/gate_int.h"
#include "privacy/label.h"
#include "privacy/publish.h"
#include "scan/public_list.h"
#include "store/atlas_rows.h"
#include "store/vault_past.h"

enum rule {
    RULE_ID,       // of a cluster, a tree, a release: 1, 2, 3 …
    RULE_NUMBER,   // that tells of nobody: a level, a rank, a place on a grid
    RULE_PART,     // 0 … 1
    RULE_STEP,     // 0 … 1 in steps of 0.05
    RULE_PLACE,    // 0 … 1 in steps of 1/1024
    RULE_COUNT,    // of conversations: over the floor
    RULE_ACCOUNTS, // over theirs
    RULE_BAND,     // 1, 2, 5, 10 …, over the floor
    RULE_TEXT,     // was judged; the scanner finds nothing
    RULE_FACET,    // with the value in the next column, out of a closed list
    RULE_VALUE,    // looked at with its facet
    RULE_DAY,
    RULE_KEY, // of run_info, with its value in the next column
    RULE_KIND,
    RULE_MEASURE,
    RULE_STAGE, // with the counts in the next two columns
};
struct column {
    const char *table, *name;
    enum rule rule;
    bool may_be_null;
};
static const struct column columns[] = {
    { "cluster", "id", RULE_ID, false },
    { "cluster", "parent_id", RULE_ID, true },
    { "cluster", "level", RULE_NUMBER, false },
    { "cluster", "withheld", RULE_NUMBER, false },
    { "cluster", "title", RULE_TEXT, true },
    { "cluster", "summary", RULE_TEXT, true },
    { "cluster", "n_conversations", RULE_COUNT, false },
    { "cluster", "n_accounts", RULE_ACCOUNTS, true },
    { "cluster", "share", RULE_PART, false },
    { "cluster", "x", RULE_PLACE, true },
    { "cluster", "y", RULE_PLACE, true },
    { "cluster", "tree_id", RULE_ID, false },
    { "cluster_facet", "cluster_id", RULE_ID, false },
    { "cluster_facet", "facet", RULE_FACET, false },
    { "cluster_facet", "value", RULE_VALUE, false },
    { "cluster_facet", "n_conversations", RULE_COUNT, false },
    { "cluster_facet", "share", RULE_PART, false },
    { "cluster_measure", "cluster_id", RULE_ID, false },
    { "cluster_measure", "measure", RULE_MEASURE, false },
    { "cluster_measure", "value", RULE_STEP, false },
    { "cluster_near", "cluster_id", RULE_ID, false },
    { "cluster_near", "rank", RULE_NUMBER, false },
    { "cluster_near", "near_id", RULE_ID, false },
    { "cluster_period", "cluster_id", RULE_ID, false },
    { "cluster_period", "i_period", RULE_NUMBER, false },
    { "cluster_period", "n_conversations", RULE_COUNT, false },
    { "cluster_phrase", "cluster_id", RULE_ID, false },
    { "cluster_phrase", "rank", RULE_NUMBER, false },
    { "cluster_phrase", "phrase", RULE_TEXT, false },
    { "cluster_phrase", "support", RULE_BAND, true },
    { "corpus_facet", "facet", RULE_FACET, false },
    { "corpus_facet", "value", RULE_VALUE, false },
    { "corpus_facet", "n_conversations", RULE_COUNT, false },
    { "corpus_facet", "share", RULE_PART, false },
    { "density", "tree_id", RULE_ID, false },
    { "density", "i_x", RULE_NUMBER, false },
    { "density", "i_y", RULE_NUMBER, false },
    { "density", "weight", RULE_PART, false },
    { "facet_pair", "facet_a", RULE_FACET, false },
    { "facet_pair", "value_a", RULE_VALUE, false },
    { "facet_pair", "facet_b", RULE_FACET, false },
    { "facet_pair", "value_b", RULE_VALUE, false },
    { "facet_pair", "n_conversations", RULE_COUNT, false },
    { "lineage", "release_id", RULE_ID, false },
    { "lineage", "rank", RULE_NUMBER, false },
    { "lineage", "kind", RULE_KIND, false },
    { "lineage", "cluster_id", RULE_ID, false },
    { "lineage", "other_id", RULE_ID, true },
    { "lineage", "title", RULE_TEXT, true },
    { "lineage", "tree_id", RULE_ID, false },
    { "period", "i_period", RULE_NUMBER, false },
    { "period", "first_day", RULE_DAY, false },
    { "period", "n_conversations", RULE_COUNT, true },
    { "release", "id", RULE_ID, false },
    { "release", "last_day", RULE_DAY, true },
    { "release", "n_conversations", RULE_COUNT, false },
    { "release", "n_base", RULE_NUMBER, false },
    { "run_info", "key", RULE_KEY, false },
    { "run_info", "value", RULE_VALUE, false },
    { "stage", "position", RULE_NUMBER, false },
    { "stage", "name", RULE_STAGE, false },
    { "stage", "n_in", RULE_NUMBER, false },
    { "stage", "n_out", RULE_NUMBER, false },
    { "tree_info", "tree_id", RULE_ID, false },
    { "tree_info", "key", RULE_KEY, false },
    { "tree_info", "value", RULE_VALUE, false },
};

enum shape {       // of a value of run_info
    SHAPE_NUMBER,  // whole, not negative
    SHAPE_PART,    // 0 … 1
    SHAPE_REAL,    // any number
    SHAPE_COUNT,   // of conversations: over the floor
    SHAPE_ROUNDED, // of conversations: rounded to the floor
    SHAPE_PEOPLE,  // of accounts: rounded to their floor
    SHAPE_DAY,
    SHAPE_WORDS,   // of the list in `of`, with points between
    SHAPE_SETTING, // what the run's setting `of` says
    SHAPE_TREE,    // a clustered facet
    SHAPE_MODEL,
    SHAPE_EMBEDDER,
    SHAPE_VERSION,
};
struct fact {
    const char *key;
    enum shape shape;
    const char *of;
};
static const struct fact facts[] = {
    { "version", SHAPE_VERSION, NULL },
    { "profile", SHAPE_SETTING, "profile" },
    { "seed", SHAPE_SETTING, "seed" },
    { "model", SHAPE_MODEL, NULL },
    { "embedder", SHAPE_EMBEDDER, NULL },
    { "has_accounts", SHAPE_WORDS, "yes no" },
    { "min_accounts", SHAPE_SETTING, "min-accounts" },
    { "min_conversations", SHAPE_SETTING, "min-conversations" },
    { "n_conversations", SHAPE_COUNT, NULL },
    { "n_unclustered", SHAPE_ROUNDED, NULL },
    { "share_unclustered", SHAPE_PART, NULL },
    { "n_accounts", SHAPE_PEOPLE, NULL },
    { "n_clusters", SHAPE_NUMBER, NULL },
    { "n_base_clusters", SHAPE_NUMBER, NULL },
    { "n_top_clusters", SHAPE_NUMBER, NULL },
    { "n_withheld", SHAPE_NUMBER, NULL },
    { "n_replaced", SHAPE_NUMBER, NULL },
    { "clustered_facet", SHAPE_TREE, NULL },
    { "n_trees", SHAPE_NUMBER, NULL },
    { "n_counted", SHAPE_NUMBER, NULL },
    { "privacy", SHAPE_SETTING, "privacy" },
    { "unit", SHAPE_WORDS, "account conversation" },
    { "gates", SHAPE_WORDS,
      "scanner own-words bound near-copies cap floors support auditor cells noise" },
    { "n_audited", SHAPE_NUMBER, NULL },
    { "leak_bound_95", SHAPE_PART, NULL },
    { "noise_conversations", SHAPE_REAL, NULL },
    { "noise_accounts", SHAPE_REAL, NULL },
    { "max_per_account", SHAPE_SETTING, "max-per-account" },
    { "where", SHAPE_WORDS, "yes" },
    { "screen", SHAPE_WORDS, "yes" },
    { "sample_by", SHAPE_WORDS, "output" },
    { "classifier", SHAPE_WORDS, "yes" },
    { "near_copies", SHAPE_SETTING, "near-copies" },
    { "keep_days", SHAPE_SETTING, "keep-days" },
    { "n_bad_records", SHAPE_ROUNDED, NULL },
    { "first_day", SHAPE_DAY, NULL },
    { "last_day", SHAPE_DAY, NULL },
    { "period_step", SHAPE_WORDS, "day week month" },
};

struct look {
    struct gates *g;
    int64_t n_clusters, n_phrases; // rows
    bool grows;                    // releases and what became of whom are told
    struct vault_publication *releases;
    struct vault_event *events;
    size_t n_releases, n_events, i_release, i_event; // i: rows of the atlas so far
};

// A count is over the floor of conversations, which both floors are without accounts.
static bool is_enough(const struct look *look, int64_t n)
{
    return n >= look->g->texts.floors.min_conversations;
}

static bool is_rounded(int64_t n, int64_t floor)
{
    return n >= 0 && n % (floor > 5 ? floor : 5) == 0;
}

static bool is_day(struct str text)
{
    int64_t seconds;
    char day[TIME_TEXT];
    if (text.len != 10 || text.ptr[4] != '-' || !time_parse(text, &seconds))
        return false;
    time_format(seconds, day);
    return str_equal(text, str_make(day, 10));
}

static bool is_part(double x)
{
    return x >= 0 && x <= 1;
}

static bool is_step(double x)
{
    double twentieths = 20 * x;
    return is_part(x) && (double)(int64_t)(twentieths + 0.5) / 20 == x;
}

static bool is_place(double x)
{
    return is_part(x) && (double)(int64_t)(1024 * x) == 1024 * x;
}

static bool is_band(const struct look *look, int64_t n)
{
    const struct audit_floors *floors = &look->g->texts.floors;
    int64_t floor = floors->has_accounts ? floors->min_accounts : floors->min_conversations;
    return n >= publish_band(floor) && n == publish_band(n);
}

static bool is_of(struct str word, const char *list)
{
    struct str rest = str_of(list), one;
    while (str_cut(&rest, ' ', &one))
        if (str_equal(one, word))
            return true;
    return false;
}

static bool are_of(struct str words, const char *list)
{
    struct str one;
    bool all = words.len > 0;
    while (all && str_cut(&words, '.', &one))
        all = is_of(one, list);
    return all;
}

static const struct facet *find_facet(const struct gates *g, struct str name)
{
    char text[64];
    snprintf(text, sizeof text, "%.*s", STR_ARG(name));
    return facet_list_find(&g->run->facets, text);
}

static bool has_value(const struct facet *facet, struct str value)
{
    return public_list_find(facet->values, facet->n_values, value) < facet->n_values;
}

bool gate_value_is_ours(const struct gates *g, struct str facet, struct str value)
{
    if (str_equal(facet, STR_LIT("language")))
        return public_list_find(public_languages, n_public_languages, value) < n_public_languages;
    if (str_equal(facet, STR_LIT("concern")))
        return public_list_find(public_concerns, n_public_concerns, value) < n_public_concerns;
    if (str_equal(facet, STR_LIT("turns")))
        return public_list_find(public_turns, n_public_turns, value) < n_public_turns;
    if (str_equal(facet, STR_LIT(PUBLISH_CLASSIFIER)) && *config_text(g->run->config, "classifier"))
        return public_list_find(public_flags, n_public_flags, value) < n_public_flags;
    const struct facet *own = find_facet(g, facet);
    return own && own->kind == FACET_COMPUTED && own->program != PROGRAM_COLUMN &&
           has_value(own, value);
}

static bool is_listed(const struct gates *g, struct str facet, struct str value)
{
    if (gate_value_is_ours(g, facet, value))
        return true;
    const struct facet *own = find_facet(g, facet);
    return own && has_value(own, value);
}

// run_info ----------------------------------------------------------------------------------------

static bool is_setting(const struct look *look, const char *name, struct str value)
{
    const struct config *config = look->g->run->config;
    int64_t whole;
    if (str_to_i64(value, &whole))
        return whole == config_whole(config, name);
    return str_equal(value, str_of(config_text(config, name)));
}

static bool is_tree(const struct run *run, struct str facet)
{
    for (size_t i = 0; i < run->n_trees; i++)
        if (str_equal(facet, str_of(run->trees[i])))
            return true;
    return false;
}

static bool is_version(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= '0' && text.ptr[i] <= '9') || text.ptr[i] == '.'))
            return false;
    return text.len > 0 && text.len < 16;
}

static bool has_number(const struct look *look, enum shape shape, struct str value)
{
    const struct audit_floors *floors = &look->g->texts.floors;
    int64_t n;
    double x;
    if (shape == SHAPE_PART || shape == SHAPE_REAL)
        return value.len < 24 && str_to_f64(value, &x) && (shape == SHAPE_REAL || is_part(x));
    if (!str_to_i64(value, &n) || n < 0)
        return false;
    if (shape == SHAPE_COUNT)
        return is_enough(look, n);
    if (shape == SHAPE_ROUNDED)
        return is_rounded(n, floors->min_conversations);
    return shape != SHAPE_PEOPLE || is_rounded(n, floors->min_accounts);
}

static bool has_shape(const struct look *look, const struct fact *fact, struct str value)
{
    struct run *run = look->g->run;
    switch (fact->shape) {
    case SHAPE_DAY:
        return is_day(value);
    case SHAPE_WORDS:
        return are_of(value, fact->of);
    case SHAPE_SETTING:
        return is_setting(look, fact->of, value);
    case SHAPE_TREE:
        return is_tree(run, value);
    case SHAPE_MODEL:
        return str_equal(value, label_model(run).s);
    case SHAPE_EMBEDDER:
        return str_equal(value, label_embedder(run).s);
    case SHAPE_VERSION:
        return is_version(value);
    default:
        return has_number(look, fact->shape, value);
    }
}

// "note_STAGE_KEY": a count that a stage noted, as publish_note_of says.
static bool is_note(const struct look *look, struct str key, struct str value)
{
    struct str rest = key, stage;
    if (!str_starts(key, STR_LIT("note_")) || key.len > 64)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!((key.ptr[i] >= 'a' && key.ptr[i] <= 'z') || key.ptr[i] == '_'))
            return false;
    rest = str_from(key, 5);
    bool known = false;
    if (str_cut(&rest, '_', &stage))
        for (size_t i = 0; i < n_publish_told; i++)
            known = known || str_equal(stage, str_of(publish_told[i].name));
    enum publish_note how = publish_note_of(stage, rest);
    if (how == NOTE_SOME)
        return known && is_of(value, "none some");
    return known && has_number(look, how == NOTE_EXACT ? SHAPE_NUMBER : SHAPE_ROUNDED, value);
}

static bool is_fact(const struct look *look, struct str key, struct str value)
{
    for (size_t i = 0; i < COUNT_OF(facts); i++)
        if (str_equal(key, str_of(facts[i].key)))
            return has_shape(look, &facts[i], value);
    return is_note(look, key, value);
}

// Rows --------------------------------------------------------------------------------------------

static bool is_stage(const struct look *look, const struct atlas_value *values)
{
    int64_t floor = look->g->texts.floors.min_conversations;
    for (size_t i = 0; i < n_publish_told; i++)
        if (str_equal(values[0].text, str_of(publish_told[i].name)))
            return (!publish_told[i].rounds_in || is_rounded(values[1].whole, floor)) &&
                   (!publish_told[i].rounds_out || is_rounded(values[2].whole, floor));
    return false;
}

static const struct column *find_column(const char *table, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (strcmp(columns[i].table, table) == 0 && strcmp(columns[i].name, name) == 0)
            return &columns[i];
    return NULL;
}

// `value`: of the column, the next columns' behind it.
static bool column_holds(const struct look *look, enum rule rule, const struct atlas_value *value)
{
    switch (rule) {
    case RULE_ID:
        return value->whole > 0;
    case RULE_NUMBER:
        return value->whole >= 0;
    case RULE_PART:
        return is_part(value->real);
    case RULE_STEP:
        return is_step(value->real);
    case RULE_PLACE:
        return is_place(value->real);
    case RULE_COUNT:
        return is_enough(look, value->whole);
    case RULE_ACCOUNTS:
        return value->whole >= look->g->texts.floors.min_accounts;
    case RULE_BAND:
        return is_band(look, value->whole);
    case RULE_DAY:
        return is_day(value->text);
    case RULE_KEY:
        return is_fact(look, value[0].text, value[1].text);
    case RULE_KIND:
        return is_of(value->text, "born split merged died retitled");
    case RULE_MEASURE:
        return is_of(value->text, "coherence");
    case RULE_STAGE:
        return is_stage(look, value);
    case RULE_FACET:
        return is_listed(look->g, value[0].text, value[1].text);
    case RULE_VALUE:
    case RULE_TEXT:
        break;
    }
    return true;
}

static int look_at_value(struct look *look, const struct column *column,
                         const struct atlas_value *value, struct err *err)
{
    bool holds = value->is_null ? column->may_be_null : column_holds(look, column->rule, value);
    bool is_value = column->rule == RULE_FACET || column->rule == RULE_COUNT;
    gate_check(look->g, is_value ? GATE_VALUES : GATE_COLUMNS, holds);
    if (column->rule == RULE_TEXT)
        return gate_read_published(look->g, value->text, err);
    return column->rule == RULE_FACET
               ? gate_read_facet(look->g, value[0].text, value[1].text, err)
               : 0;
}

static bool is_release(const struct look *look, const struct atlas_value *row)
{
    int64_t seconds;
    if (look->i_release >= look->n_releases)
        return false;
    const struct vault_publication *known = &look->releases[look->i_release];
    struct str day = known->last_day;
    bool has_day = day.ptr && time_parse(day, &seconds);
    return row[0].whole == known->id && row[1].is_null == !has_day &&
           (!has_day || str_equal(row[1].text, str_head(day, 10))) &&
           row[2].whole == known->n_conversations && row[3].whole == known->n_base;
}

// A title may be left out, never another one be there.
static bool is_event(const struct look *look, const struct atlas_value *row)
{
    if (look->i_event >= look->n_events)
        return false;
    const struct vault_event *known = &look->events[look->i_event];
    return row[0].whole == known->publication_id && str_equal(row[2].text, known->kind) &&
           row[3].whole == known->cluster_id && row[4].whole == known->other_id &&
           row[6].whole == known->tree &&
           (row[5].is_null || (known->title.s.ptr && str_equal(row[5].text, known->title.s)));
}

static void look_at_past(struct look *look, const struct atlas_any_row *row)
{
    if (strcmp(row->table, "release") == 0 && row->n_columns == 4) {
        gate_check(look->g, GATE_PAST, is_release(look, row->values));
        look->i_release++;
    }
    if (strcmp(row->table, "lineage") == 0 && row->n_columns == 7) {
        gate_check(look->g, GATE_PAST, is_event(look, row->values));
        look->i_event++;
    }
}

static int look_at_row(void *context, const struct atlas_any_row *row, struct err *err)
{
    struct look *look = context;
    int rc = 0;
    for (size_t i = 0; !rc && i < row->n_columns; i++) {
        const struct column *column = find_column(row->table, row->columns[i]);
        if (!row->values) // the table itself, also when it is empty
            gate_check(look->g, GATE_COLUMNS, column != NULL);
        else if (column)
            rc = look_at_value(look, column, &row->values[i], err);
        else
            rc = gate_read_published(look->g, row->values[i].text, err);
    }
    if (!row->values)
        return rc;
    look->n_clusters += strcmp(row->table, "cluster") == 0;
    look->n_phrases += strcmp(row->table, "cluster_phrase") == 0;
    look_at_past(look, row);
    return rc;
}

static int read_past(struct look *look, struct err *err)
{
    struct vault *vault = look->g->run->vault;
    struct arena *a = &look->g->run->scratch;
    struct vault_batch batch;
    int rc = vault_get_batch(vault, a, &batch, err);
    look->grows = !rc && batch.id > 0;
    if (!rc && look->grows)
        rc = vault_read_publications(vault, a, &look->releases, &look->n_releases, err);
    if (!rc && look->grows)
        rc = vault_read_lineage(vault, INT64_MAX, a, &look->events, &look->n_events, err);
    return rc;
}

int gate_check_columns(struct gates *g, struct err *err)
{
    struct look look = { .g = g };
    int64_t n_others = 0;
    int rc = read_past(&look, err);
    if (!rc)
        rc = atlas_count_others(g->atlas, &n_others, err);
    if (!rc)
        rc = atlas_visit_all(g->atlas, &g->run->scratch, look_at_row, &look, err);
    if (rc)
        return rc;
    gate_check(g, GATE_COLUMNS, n_others == 0);
    // Clusters and phrases of no tree that the run has were not judged.
    gate_check(g, GATE_SAME, look.n_clusters == g->n_seen_clusters);
    gate_check(g, GATE_PHRASES, look.n_phrases == g->n_seen_phrases);
    gate_check(g, GATE_PAST, look.i_release == look.n_releases && look.i_event == look.n_events);
    return 0;
}
