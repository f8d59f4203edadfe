// SPDX-License-Identifier: Apache-2.0
#include "evaluate/reconstruct.h"

#include "ask/ask.h"
#include "base/json.h"
#include "base/log.h"
#include "embed/embedder.h"
#include "evaluate/agreement.h"
#include "hierarchy/assign_parent.h"
#include "store/vault_cluster.h"
#include "store/vault_describe.h"

#include <stdlib.h>

struct work {
    struct run *run;
    struct truth truth;
    size_t column; // of the categories
    struct kept_clusters kept;
    struct name *names; // of the base clusters
    struct str *categories;
    size_t n_categories;
    struct assigned assigned;
    struct ask_counts counts;
    uint32_t *is, *found, *language; // of each labelled conversation
    struct placement tree;
    size_t n, n_unclustered, n_orphans; // orphans: in a cluster that has none above it
};

void score_measure(const uint32_t *truth, const uint32_t *found, size_t n, size_t n_categories,
                   struct arena *scratch, struct score *out)
{
    struct arena_mark start = arena_save(scratch);
    size_t *right = arena_zero_array(scratch, n_categories + 1, sizeof *right);
    size_t *there = arena_zero_array(scratch, n_categories + 1, sizeof *there);
    size_t *said = arena_zero_array(scratch, n_categories + 1, sizeof *said), n_kinds = 0;
    *out = (struct score){ .n = n };
    for (size_t i = 0; i < n; i++) {
        there[truth[i]]++;
        said[size_min(found[i], n_categories)]++;
        right[truth[i]] += truth[i] == found[i];
        out->n_right += truth[i] == found[i];
    }
    for (size_t c = 0; c < n_categories; c++)
        if (there[c]) {
            out->macro_f1 += 2 * (double)right[c] / (double)(there[c] + said[c]);
            n_kinds++;
        }
    out->macro_f1 = n_kinds ? out->macro_f1 / (double)n_kinds : 0;
    arena_rewind(scratch, start);
}

static int read_names(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    w->names = arena_array(a, w->kept.n + 1, sizeof *w->names);
    int rc = 0;
    for (size_t i = 0; !rc && i < w->kept.n; i++) {
        struct raw title, summary;
        rc = vault_get_description(w->run->vault, w->kept.id[i], a, &title, &summary, err);
        w->names[i] = (struct name){ title.s, summary.s };
    }
    return rc;
}

static void read_categories(struct work *w)
{
    struct arena *a = &w->run->scratch;
    const struct map *labels = &w->truth.labels[w->column];
    w->n_categories = labels->n;
    w->categories = arena_array(a, labels->n + 1, sizeof *w->categories);
    for (size_t i = 0; i < labels->n; i++) {
        char *name = arena_copy(a, labels->entries[i].key);
        for (char *p = name; *p; p++)
            if (*p == '_')
                *p = ' ';
        w->categories[i] = str_of(name);
    }
}

static int assign(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct str *texts = arena_array(a, w->kept.n + 1, sizeof *texts);
    struct assigner assigner = {
        .children = w->names,
        .n_children = w->kept.n,
        .parents = w->categories,
        .n_parents = w->n_categories,
        .seed = (uint64_t)config_whole(w->run->config, "seed"),
        .counts = &w->counts,
        .given = true,
    };
    for (size_t i = 0; i < w->kept.n; i++)
        texts[i] =
            arena_printf(a, "%.*s. %.*s", STR_ARG(w->names[i].title), STR_ARG(w->names[i].summary));
    int rc =
        run_encode(w->run, texts, w->kept.n, "vectors of titles", &assigner.child_vectors, err);
    if (!rc)
        rc = run_encode(w->run, w->categories, w->n_categories, "vectors of titles",
                        &assigner.parent_vectors, err);
    if (!rc)
        rc = run_open_llm(w->run, err);
    assigner.llm = w->run->llm;
    return rc ? rc : assign_parents(&assigner, a, &w->assigned, err);
}

static int by_id(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

// Pairs of the true and the found category for every labelled conversation.
static int pair_up(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    const struct placement *p = &w->tree;
    int rc = placement_read(w->run, a, &w->tree, err);
    if (rc)
        return rc;
    w->is = arena_array(a, p->n + 1, sizeof *w->is);
    w->found = arena_array(a, p->n + 1, sizeof *w->found);
    w->language = arena_array(a, p->n + 1, sizeof *w->language);
    for (size_t i = 0; i < p->n; i++) {
        size_t known = map_find(&w->truth.ids, p->list[i].conversation_id);
        if (known == SIZE_MAX)
            continue;
        const int64_t *base =
            bsearch(&p->list[i].base_id, w->kept.id, w->kept.n, sizeof *base, by_id);
        w->n_unclustered += base == NULL;
        w->n_orphans += base && placement_is_apart(p, *base);
        w->is[w->n] = w->truth.of[w->column][known];
        w->language[w->n] = w->truth.has_language ? w->truth.of[w->truth.n_columns][known] : 0;
        w->found[w->n++] = base ? w->assigned.parent[base - w->kept.id] : UINT32_MAX;
    }
    return 0;
}

// The score of the conversations in one language; UINT32_MAX: of all.
static struct score score_of(struct work *w, uint32_t language)
{
    struct arena *a = &w->run->scratch;
    struct arena_mark start = arena_save(a);
    uint32_t *is = arena_array(a, w->n + 1, sizeof *is);
    uint32_t *found = arena_array(a, w->n + 1, sizeof *found);
    size_t n = 0;
    struct score score;
    for (size_t i = 0; i < w->n; i++)
        if (language == UINT32_MAX || w->language[i] == language) {
            is[n] = w->is[i];
            found[n++] = w->found[i];
        }
    score_measure(is, found, n, w->n_categories, a, &score);
    arena_rewind(a, start);
    return score;
}

static int put_score(struct buf *out, bool json, struct str name, const struct score *score,
                     struct err *err)
{
    double accuracy = score->n ? (double)score->n_right / (double)score->n : 0;
    if (!json)
        return buf_printf(out, err, "%-20.*s %13zu %9.4f %9.4f\n", STR_ARG(name), score->n,
                          accuracy, score->macro_f1);
    int rc = buf_printf(out, err, "{\"language\":");
    if (!rc)
        rc = json_put_str(out, name, err);
    return rc ? rc
              : buf_printf(out, err, ",\"n\":%zu,\"accuracy\":%.6f,\"macro_f1\":%.6f}", score->n,
                           accuracy, score->macro_f1);
}

static int put_head(struct work *w, bool json, struct buf *out, struct err *err)
{
    double chance = w->n_categories ? 1 / (double)w->n_categories : 0;
    struct str by = w->truth.texts_by;
    bool grammar = str_equal(by, STR_LIT(TRUTH_GRAMMAR));
    int rc = json ? buf_printf(out, err, "{\"texts_by\":") : 0;
    if (!rc && json && by.len)
        rc = json_put_str(out, grammar ? STR_LIT("grammar") : by, err);
    else if (!rc && json)
        rc = buf_printf(out, err, "null");
    else if (!rc && by.len)
        rc = buf_printf(out, err, "Texts by %.*s.\n", STR_ARG(by));
    if (rc)
        return rc;
    if (json)
        return buf_printf(out, err,
                          ",\"n\":%zu,\"n_unclustered\":%zu,\"n_orphans\":%zu,\"n_clusters\":%zu,"
                          "\"n_apart\":%zu,\"n_categories\":%zu,\"chance\":%.6f,"
                          "\"n_asked\":%lld,\"n_unanswered\":%zu,\"scores\":[",
                          w->n, w->n_unclustered, w->n_orphans, w->kept.n, w->assigned.n_apart,
                          w->n_categories, chance, (long long)w->counts.n_asked,
                          w->assigned.n_silent);
    return buf_printf(out, err,
                      "%zu base clusters put under %zu categories (chance %.3f), %zu under none; "
                      "%zu of %zu conversations are in no cluster, %zu in one that stands apart in "
                      "the tree\n\n"
                      "language             conversations  accuracy  macro-F1\n",
                      w->kept.n, w->n_categories, chance, w->assigned.n_apart, w->n_unclustered,
                      w->n, w->n_orphans);
}

static int put_all(struct work *w, bool json, struct buf *out, struct err *err)
{
    const struct map *languages = &w->truth.labels[w->truth.n_columns];
    struct score score = score_of(w, UINT32_MAX);
    int rc = put_head(w, json, out, err);
    if (!rc)
        rc = put_score(out, json, STR_LIT("all"), &score, err);
    for (size_t l = 0; !rc && w->truth.has_language && l < languages->n; l++) {
        score = score_of(w, (uint32_t)l);
        if (json)
            rc = buf_add_char(out, ',', err);
        if (!rc)
            rc = put_score(out, json, languages->entries[l].key, &score, err);
    }
    if (!rc)
        rc = buf_add(out, json ? STR_LIT("],") : STR_LIT("\nWithout the categories:\n"), err);
    if (!rc)
        rc = levels_put(&w->truth, &w->tree, json, &w->run->scratch, out, err);
    return rc || !json ? rc : buf_add(out, STR_LIT("}\n"), err);
}

int evaluate_reconstruct(struct run *run, const char *truth, bool json, struct buf *out,
                         struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work w = { .run = run };
    int rc = truth_read(&w.truth, truth, &run->scratch, err);
    if (!rc) {
        w.column = w.truth.n_columns - 1;
        read_categories(&w);
        rc = vault_read_kept(run->vault, &run->scratch, &w.kept, err);
    }
    if (!rc && !w.kept.n)
        rc =
            err_set(err, ERR_DATA, "there are no clusters; run `clio describe %s` first", run->dir);
    if (!rc)
        rc = read_names(&w, err);
    if (!rc)
        rc = assign(&w, err);
    if (!rc && w.assigned.n_silent)
        log_warning("for %zu of %zu base clusters the model named no category; their conversations "
                    "count as wrong",
                    w.assigned.n_silent, w.kept.n);
    if (!rc)
        rc = pair_up(&w, err);
    if (!rc)
        rc = put_all(&w, json, out, err);
    truth_release(&w.truth);
    arena_rewind(&run->scratch, start);
    return rc;
}
