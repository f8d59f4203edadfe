// SPDX-License-Identifier: Apache-2.0
// What the atlas says of its run: sizes, settings, models, floors, notes. No time of the clock and
// no path: the same input gives the same atlas anywhere. docs/atlas-format.md lists the keys.
#include "privacy/label.h"
#include "privacy/publish.h"
#include "run/unanswered.h"

#define NO_VECTOR "without_vector"

static int add_number(struct publish *p, struct atlas_writer *w, const char *key, double value,
                      struct err *err)
{
    struct clean clean;
    int rc = release_number(value, &p->run->scratch, &clean, err);
    return rc ? rc : atlas_add_info(w, key, clean, err);
}

static int add_setting(struct publish *p, struct atlas_writer *w, const char *key,
                       const char *value, struct err *err)
{
    struct clean clean;
    int rc = release_setting(value, &p->run->scratch, &clean, err);
    return rc ? rc : atlas_add_info(w, key, clean, err);
}

static int add_day(struct publish *p, struct atlas_writer *w, const char *key, int64_t time,
                   struct err *err)
{
    struct clean clean;
    int rc = release_day(time, &p->run->scratch, &clean, err);
    return rc ? rc : atlas_add_info(w, key, clean, err);
}

int publish_sizes(struct publish *p, struct atlas_writer *w, struct err *err)
{
    double n_top = 0, n_base = 0;
    int64_t n_replaced; // titles that gave way to phrases
    for (size_t i = 0; i < p->n_nodes; i++) {
        n_top += p->parent[i + 1] == 0;
        n_base += p->nodes[i].level == 0;
    }
    double total = p->n_total ? (double)p->n_total : 1;
    int rc = add_setting(p, w, "clustered_facet", run_facet(p->run), err);
    if (!rc)
        rc = add_number(p, w, "n_conversations", (double)p->n_total, err);
    if (!rc && p->floors.has_accounts && !p->first) // told once, as all that is of the corpus
        rc = add_number(p, w, "n_accounts", (double)p->n_accounts, err);
    if (!rc)
        rc = add_number(p, w, "n_unclustered", (double)p->n_rest, err);
    if (!rc)
        rc = add_number(p, w, "share_unclustered", (double)p->n_rest / total, err);
    if (!rc)
        rc = add_number(p, w, "n_clusters", (double)p->n_nodes, err);
    if (!rc)
        rc = add_number(p, w, "n_base_clusters", n_base, err);
    if (!rc)
        rc = add_number(p, w, "n_top_clusters", n_top, err);
    if (!rc)
        rc = vault_get_note(p->run->vault, "audit", "replaced", &n_replaced, err);
    if (!rc)
        rc = add_number(p, w, "n_replaced", (double)n_replaced, err);
    return rc ? rc : add_number(p, w, "n_withheld", (double)p->n_withheld, err);
}

// One name for all: what leaves a stage enters the next, and drawn anew in every row the noise of
// such a number could be averaged out.
static int64_t round_of_stage(const struct publish *p, int64_t n)
{
    return publish_round(p, STR_LIT("conversations of a stage"), n);
}

// How many conversations there are, as the stage embed tells it: nearer than the noisy sizes' sum.
static int add_counted(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct stage_record record;
    int rc = vault_get_stage(p->run->vault, "embed", &record, err);
    if (rc || !record.fingerprint[0])
        return rc;
    return add_number(p, w, "n_counted", (double)round_of_stage(p, record.n_out), err);
}

static int add_settings(struct publish *p, int64_t n_texts, struct atlas_writer *w, struct err *err)
{
    struct label label = { p->run, w };
    int rc = label_write(&label, p->floors.has_accounts, n_texts, err);
    if (!rc)
        rc = label_number(&label, "n_trees", (double)p->run->n_trees, err);
    if (!rc && p->noise.is_on)
        rc = add_counted(p, w, err);
    if (!rc && p->noise.is_on)
        rc = label_small(&label, "noise_conversations", noise_deviation(p->noise.conversations),
                         err);
    if (!rc && p->noise.is_on && p->floors.has_accounts)
        rc = label_small(&label, "noise_accounts", noise_deviation(p->noise.accounts), err);
    if (!rc && p->has_period)
        rc = add_day(p, w, "first_day", p->first_time, err);
    if (!rc && p->has_period)
        rc = add_day(p, w, "last_day", p->last_time, err);
    if (!rc && p->grid.n)
        rc = label_word(&label, "period_step", period_step_name(p->grid.step), err);
    return rc;
}

// Of which conversations the atlas is. What the tests and the question say stays in the vault: they
// may name somebody.
static int add_choice(struct publish *p, struct atlas_writer *w, struct err *err)
{
    const struct config *config = p->run->config;
    int rc = 0;
    if (*config_text(config, "where"))
        rc = add_setting(p, w, "where", "yes", err);
    if (!rc && *config_text(config, "screen"))
        rc = add_setting(p, w, "screen", "yes", err);
    if (!rc && strcmp(config_text(config, "sample-by"), "output") == 0)
        rc = add_setting(p, w, "sample_by", "output", err);
    if (!rc && *config_text(config, "classifier"))
        rc = add_setting(p, w, "classifier", "yes", err);
    return rc;
}

enum publish_note publish_note_of(struct str stage, struct str key)
{
    static const char *const exact[] = { "by_phrases_instead",   "by_linkage_instead",
                                         "levels_by_linkage",    "apart",
                                         "unanswered_not_asked", "unanswered_unreachable",
                                         "unanswered_malformed" };
    if (!str_equal(stage, STR_LIT("describe")) && !str_equal(stage, STR_LIT("hierarchy")) &&
        !str_equal(stage, STR_LIT("audit")))
        return NOTE_ROUNDED;
    for (size_t i = 0; i < COUNT_OF(exact); i++)
        if (str_equal(key, str_of(exact[i])))
            return NOTE_EXACT;
    return NOTE_SOME;
}

static int add_note(struct publish *p, struct atlas_writer *w, const struct gate_note *note,
                    struct err *err)
{
    struct str key =
        arena_printf(&p->run->scratch, "note_%.*s_%.*s", STR_ARG(note->stage), STR_ARG(note->key));
    switch (publish_note_of(note->stage, note->key)) {
    case NOTE_EXACT:
        return add_number(p, w, key.ptr, (double)note->value, err);
    case NOTE_SOME:
        return add_setting(p, w, key.ptr, note->value ? "some" : "none", err);
    case NOTE_ROUNDED:
        break;
    }
    return add_number(p, w, key.ptr, (double)publish_round(p, key, note->value), err);
}

// Questions of all trees together; vectors of the tree that lacks most.
static int add_unanswered(struct publish *p, struct atlas_writer *w, struct err *err)
{
    static const char *const stages[] = { "describe", "hierarchy", "audit" };
    struct run *run = p->run;
    struct gate_note left = { STR_LIT("embed"), STR_LIT(NO_VECTOR), 0 };
    int64_t n[COUNT_OF(stages)][LLM_N_WHYS] = { 0 }, one[LLM_N_WHYS], n_left = 0;
    int rc = 0;
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = vault_get_note(run->vault, "embed", NO_VECTOR, &n_left, err);
        left.value = n_left > left.value ? n_left : left.value;
        for (size_t s = 0; !rc && s < COUNT_OF(stages); s++) {
            rc = unanswered_get(run, stages[s], one, err);
            for (size_t i = 0; !rc && i < LLM_N_WHYS; i++)
                n[s][i] += one[i];
        }
    }
    rc = run_leave_tree(run, rc, err);
    if (!rc && left.value)
        rc = add_note(p, w, &left, err);
    for (size_t s = 0; s < COUNT_OF(stages); s++)
        for (size_t i = 0; !rc && i < LLM_N_WHYS; i++) {
            char key[UNANSWERED_KEY];
            unanswered_key(key, i);
            struct gate_note note = { str_of(stages[s]), str_of(key), n[s][i] };
            rc = n[s][i] ? add_note(p, w, &note, err) : 0;
        }
    return rc;
}

// Notes that other keys tell of, or that nobody is told.
static bool stands_elsewhere(const struct gate_note *note)
{
    static const char *const keys[] = {
        "bad_records", "no_accounts", "fields_seen", "purged_again",
        "odd_times",   "impersonal",  "wordless",    NO_VECTOR,
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_equal(note->key, str_of(keys[i])))
            return true;
    return str_equal(note->stage, STR_LIT("threshold")) ||
           str_equal(note->stage, STR_LIT("audit")) ||
           str_starts(note->key, STR_LIT("unanswered_"));
}

// Counts that stages noted. What counts conversations is rounded, so that nothing can be had by
// subtraction from the sizes.
static int add_notes(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct gate_note *notes;
    size_t n;
    int64_t n_bad;
    int rc = vault_count_bad_records(p->run->vault, &n_bad, err);
    if (!rc)
        rc = add_number(p, w, "n_bad_records",
                        (double)publish_round(p, STR_LIT("n_bad_records"), n_bad), err);
    if (!rc)
        rc = vault_gate_notes(p->run->vault, &p->run->scratch, &notes, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (!stands_elsewhere(&notes[i]) && notes[i].value >= 0)
            rc = add_note(p, w, &notes[i], err);
    }
    return rc ? rc : add_unanswered(p, w, err);
}

int publish_info(struct publish *p, int64_t n_texts, struct atlas_writer *w, struct err *err)
{
    int rc = add_settings(p, n_texts, w, err);
    if (!rc)
        rc = add_choice(p, w, err);
    return rc ? rc : add_notes(p, w, err);
}

const struct publish_told publish_told[] = {
    { "ingest", true, true },      { "screen", true, true },    { "bound", true, true },
    { "facet", true, true },       { "embed", true, true },     { "cluster", true, false },
    { "threshold", false, false }, { "describe", true, false }, { "hierarchy", false, false },
    { "audit", false, false },     { "map", false, false },
};
const size_t n_publish_told = COUNT_OF(publish_told);

int publish_stages(struct publish *p, struct atlas_writer *w, struct err *err)
{
    int rc = 0, position = 0;
    for (size_t i = 0; !rc && i < n_publish_told; i++) {
        struct stage_record record;
        rc = vault_get_stage(p->run->vault, publish_told[i].name, &record, err);
        if (rc || !record.fingerprint[0])
            continue;
        const struct publish_told *told = &publish_told[i];
        int64_t n_in = told->rounds_in ? round_of_stage(p, record.n_in) : record.n_in;
        int64_t n_out = told->rounds_out ? round_of_stage(p, record.n_out) : record.n_out;
        rc = atlas_add_stage(w, ++position, told->name, n_in, n_out, err);
    }
    return rc;
}
