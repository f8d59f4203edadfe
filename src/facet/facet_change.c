// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_change.h"

#include "store/vault_facet.h"
#include "store/vault_vector.h"

int facet_change_open(struct run *run, struct facet_change *change, struct err *err)
{
    int64_t n_blocks, n_rows;
    int rc = 0;
    *change = (struct facet_change){ 0 };
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc =
                vault_find_vector_end(run->vault, &n_blocks, &n_rows, &change->last_seq[tree], err);
    }
    return run_leave_tree(run, rc, err);
}

// Whether a value of the facet number `i` will be another one. One that is not there (ptr NULL) is
// not the same as an empty one.
static int differs(struct run *run, const struct facet_set *set, size_t i, bool *yes,
                   struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct raw old;
    int rc =
        vault_get_facet(run->vault, set->seq, run->facets.items[i].name, &run->scratch, &old, err);
    struct str now = set->values[i].s;
    if (i != FACET_OPENING && !now.ptr)
        now = STR_LIT(""); // as it is written
    *yes = !rc && (!old.s.ptr != !now.ptr || !str_equal(old.s, now));
    arena_rewind(&run->scratch, start);
    return rc;
}

// What a vector of the tree is made of, its facet and the opening, and the language, which the
// stage embed counts.
static int has_changed(struct run *run, size_t tree, const struct facet_set *set, bool *yes,
                       struct err *err)
{
    int rc = 0;
    *yes = false;
    for (size_t i = 0; !rc && !*yes && i < run->facets.n; i++)
        if (i == FACET_OPENING || i == FACET_LANGUAGE ||
            strcmp(run->facets.items[i].name, run->trees[tree]) == 0)
            rc = differs(run, set, i, yes, err);
    return rc;
}

static int take_back(struct run *run, size_t tree, const int64_t *seqs, size_t n, struct err *err)
{
    int rc = run_choose_tree(run, tree, err);
    if (!rc)
        rc = vault_take_back(run->vault, seqs, n, err);
    return run_leave_tree(run, rc, err);
}

int facet_change_take_back(struct run *run, const struct facet_change *change,
                           const struct facet_set *sets, size_t n, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    int64_t *seqs = arena_array(&run->scratch, n + 1, sizeof *seqs);
    int rc = 0;
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        size_t n_changed = 0;
        for (size_t i = 0; !rc && i < n && sets[i].seq <= change->last_seq[tree]; i++) {
            bool yes = false;
            rc = has_changed(run, tree, &sets[i], &yes, err);
            if (yes)
                seqs[n_changed++] = sets[i].seq;
        }
        if (!rc && n_changed)
            rc = take_back(run, tree, seqs, n_changed, err);
    }
    arena_rewind(&run->scratch, start);
    return rc;
}
