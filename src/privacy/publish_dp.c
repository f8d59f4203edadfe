// SPDX-License-Identifier: Apache-2.0
// The publish stage in mode dp: charges the ledger, then writes the atlas of what was released. The
// only things of the run that go beside it are its settings.
#include "privacy/publish_dp.h"

#include "base/file.h"
#include "privacy/dp_atlas.h"
#include "privacy/label.h"
#include "privacy/ledger.h"

#include <math.h>

#define ALLOWED "budget allowed" // a setting of the vault
#define SURE 4.0 // standard deviations of its noise that a cell must have to be shown

static double deviation(const struct released *released, const char *what)
{
    for (size_t i = 0; i < released->n_costs; i++)
        if (str_equal(released->costs[i].what, str_of(what)))
            return sqrt((double)released->costs[i].num / (double)released->costs[i].den);
    return 0;
}

static int write_sizes(struct label *label, const struct dp_atlas_sizes *sizes, bool has_accounts,
                       struct err *err)
{
    double total = sizes->n_conversations > 0 ? (double)sizes->n_conversations : 1;
    bool first = label->run->tree == 0; // accounts of the whole are told once
    int rc = label_word(label, "clustered_facet", run_facet(label->run), err);
    if (!rc)
        rc = label_number(label, "n_conversations", (double)sizes->n_conversations, err);
    if (!rc && has_accounts && first)
        rc = label_number(label, "n_accounts", (double)sizes->n_accounts, err);
    if (!rc)
        rc = label_number(label, "n_unclustered", (double)sizes->n_rest, err);
    if (!rc)
        rc = label_number(label, "share_unclustered", (double)sizes->n_rest / total, err);
    if (!rc)
        rc = label_number(label, "n_clusters", (double)sizes->n_clusters, err);
    if (!rc)
        rc = label_number(label, "n_base_clusters", (double)sizes->n_base, err);
    if (!rc)
        rc = label_number(label, "n_top_clusters", (double)sizes->n_top, err);
    if (!rc)
        rc = label_number(label, "n_replaced", 0, err);
    return rc ? rc : label_number(label, "n_withheld", (double)sizes->n_withheld, err);
}

// Rounded down: whole shares leave a rest too small for any release.
static double left_of(const struct ledger_state *state)
{
    return floor(1e4 * fmax(0, state->epsilon_budget - state->epsilon_spent)) / 1e4;
}

static int write_budget(struct label *label, const struct released *released,
                        const struct ledger_state *state, struct err *err)
{
    int rc = label_small(label, "epsilon", state->epsilon_release, err);
    if (!rc)
        rc = label_small(label, "delta", state->delta, err);
    if (!rc)
        rc = label_small(label, "epsilon_spent", state->epsilon_spent, err);
    if (!rc)
        rc = label_small(label, "epsilon_left", left_of(state), err);
    if (!rc)
        rc = label_number(label, "n_releases", (double)state->n_releases, err);
    if (!rc)
        rc = label_small(label, "noise_conversations", deviation(released, "sizes"), err);
    if (!rc)
        rc = label_small(label, "noise_accounts", deviation(released, "accounts"), err);
    if (!rc)
        rc = label_number(label, "n_trees", (double)label->run->n_trees, err);
    bool asked = *config_text(label->run->config, "classifier");
    const char *all = asked ? "turns.times.pairs.classifier" : "turns.times.pairs";
    return rc ? rc : label_word(label, "left_out", all, err);
}

static struct dp_atlas_floors floors_of(const struct run *run, const struct released *released)
{
    struct dp_atlas_floors floors = {
        .min_accounts = config_whole(run->config, "min-accounts"),
        .min_conversations = config_whole(run->config, "min-conversations"),
    };
    double noise = fmax(deviation(released, "language"), deviation(released, "concern"));
    floors.least_cell = (int64_t)fmax((double)floors.min_conversations, ceil(SURE * noise));
    return floors;
}

// The sizes of each tree with it; clusters are numbered on from tree to tree.
static int write_trees(struct run *run, const struct released *released, struct scanner *scanner,
                       struct atlas_writer *w, size_t *n_clusters, struct err *err)
{
    struct label label = { run, w };
    size_t here = run->tree;
    int rc = 0;
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        struct dp_atlas_floors floors = floors_of(run, &released[tree]);
        struct dp_atlas_sizes sizes = { .n_before = *n_clusters, .is_first = tree == 0 };
        run->tree = tree; // its name; nothing is read of its tables
        atlas_writer_tree(w, (int64_t)tree + 1);
        rc = dp_atlas_write(&released[tree], &floors, scanner, w, &run->scratch, &sizes, err);
        if (!rc)
            rc = write_sizes(&label, &sizes, released[tree].has_accounts, err);
        *n_clusters += sizes.n_clusters;
    }
    run->tree = here;
    atlas_writer_tree(w, 1);
    return rc;
}

int publish_dp_write(struct run *run, const struct released *released,
                     const struct ledger_state *state, struct scanner *scanner, const char *path,
                     struct err *err)
{
    struct atlas_writer *w = NULL;
    struct label label = { .run = run };
    size_t n_clusters = 0;
    int rc = atlas_writer_open(&w, path, err);
    label.w = w;
    if (!rc)
        rc = write_trees(run, released, scanner, w, &n_clusters, err);
    if (!rc)
        rc = write_budget(&label, released, state, err);
    if (!rc)
        rc = label_write(&label, released->has_accounts, (int64_t)n_clusters, err);
    run->record.n_in = 0;
    for (size_t tree = 0; tree < run->n_trees; tree++)
        run->record.n_in += (int64_t)released[tree].n_clusters;
    run->record.n_out = (int64_t)n_clusters;
    if (rc) {
        atlas_writer_abandon(w);
        return rc;
    }
    return atlas_writer_finish(w, err);
}

static int keep_budget(struct run *run, double budget, struct err *err)
{
    return vault_set_setting(run->vault, ALLOWED, arena_printf(&run->scratch, "%.17g", budget),
                             err);
}

int publish_dp_budget(struct run *run, double *budget, struct err *err)
{
    struct str value;
    int rc = vault_get_setting(run->vault, ALLOWED, &run->scratch, &value, err);
    if (rc || !value.ptr || !str_to_f64(value, budget))
        *budget = config_number(run->config, "budget");
    return rc;
}

int publish_dp_read(struct run *run, struct released **released, struct err *err)
{
    int rc = 0;
    *released = arena_zero_array(&run->scratch, run->n_trees, sizeof **released);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = vault_read_released(run->vault, &run->scratch, &(*released)[tree], err);
    }
    return run_leave_tree(run, rc, err);
}

int publish_dp(struct run *run, struct err *err)
{
    struct released *released;
    struct ledger_state state;
    struct arena_mark start = arena_save(&run->scratch);
    int rc = publish_dp_read(run, &released, err);
    if (!rc)
        rc = ledger_charge(run->vault, released, run->n_trees, config_number(run->config, "budget"),
                           &state, err);
    if (!rc)
        rc = keep_budget(run, state.epsilon_budget, err);
    if (!rc)
        rc = run_open_scanner(run, err);
    if (!rc)
        rc = publish_dp_write(run, released, &state, run->scanner,
                              path_join(&run->scratch, str_of(run->dir), "atlas.db").ptr, err);
    arena_rewind(&run->scratch, start);
    return rc;
}
