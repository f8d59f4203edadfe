// SPDX-License-Identifier: Apache-2.0
// Mode dp: the one stage that looks at conversations after the vectors. It measures (dp_draw.h),
// adds noise and writes what is released; nothing behind it reads anything else. Noise is drawn
// from the secret of this very release, which is made once: drawn again, the same release comes
// out. The name of a release is a digest of all that goes into it, so that other data or other
// settings have another secret. The stage ends on a full second: how long it drew is not to be
// seen.
//
// Steps: select who counts -> project vectors -> words and values of each conversation -> draw ->
// write released_* and, for the owner, placed. Memory: 200 bytes a conversation.
//
// Several trees are as many releases on the same accounts: the stage works once a tree, with an
// equal part of the budget and a secret of the tree's own (docs/privacy.md).
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "dp/dp_public.h"
#include "dp/dp_select.h"
#include "embed/embedder.h"
#include "llm/llm.h"
#include "phrase/phrase.h"
#include "run/stage.h"
#include "scan/name_rule.h"
#include "scan/public_list.h"
#include "scan/support.h"
#include "store/vault_cluster.h"
#include "store/vault_facet.h"
#include "store/vault_released.h"
#include "store/vault_screen.h"
#include "store/vault_threshold.h"
#include "store/vault_vector.h"

#include <stdlib.h>
#include <time.h>

// How it is measured, and what is told of it. Another rule is another release: its noise is never
// that of an earlier one.
#define RULE "rule:public_places"
#define N_NAMING 6 // words that help to find a group's subject

struct text { // what is kept of a conversation's own text
    uint32_t words[DP_WORDS];
    unsigned n_words;
    unsigned char values[2];
};
struct work {
    struct run *run;
    uint64_t most, seed;
    double epsilon, delta;
    int64_t min_accounts, min_conversations;
    struct dp_public public;
    struct dp_plan plan;
    struct dp_selected *selected;
    size_t n_selected;
    int64_t *seq; // of each row, rising
    float *vectors;
    struct text *texts;
    size_t n_rows;
    struct map words;
    struct name_rule *names;
    struct dp_input input;
    struct dp_result result;
};

static const char *const value_names[2] = { "language", "concern" };

static const char *const *values_of(size_t which, size_t *n)
{
    *n = which == 0 ? n_public_languages : n_public_concerns;
    return which == 0 ? public_languages : public_concerns;
}

static int by_seq(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static size_t row_of(const struct work *work, int64_t seq)
{
    const int64_t *found = bsearch(&seq, work->seq, work->n_rows, sizeof *work->seq, by_seq);
    return found ? (size_t)(found - work->seq) : SIZE_MAX;
}

static int read_vectors(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    size_t n;
    int rc = vault_count_vectors(work->run->vault, &n, err);
    if (rc)
        return rc;
    work->seq = arena_try(a, n + 1, sizeof *work->seq, "the vectors", err);
    work->vectors = arena_try(a, n + 1, DP_DIMS * sizeof *work->vectors, "the vectors", err);
    work->texts = arena_try(a, n + 1, sizeof *work->texts, "the words", err);
    if (!work->seq || !work->vectors || !work->texts)
        return (int)err->code;
    memset(work->texts, 0, (n + 1) * sizeof *work->texts);
    for (int64_t i_block = 0; !rc; i_block++) {
        struct arena_mark start = arena_save(a);
        struct vault_vectors block;
        rc = vault_load_vector_block(work->run->vault, i_block, a, &block, err);
        size_t n_block = rc ? 0 : block.vectors.n_rows;
        if (n_block && (block.vectors.n_cols != work->public.n_cols || work->n_rows + n_block > n))
            rc = err_set(err, ERR_DATA,
                         "the vectors are not of this embedder; run `clio embed` "
                         "again");
        for (size_t i = 0; !rc && i < n_block; i++, work->n_rows++) {
            work->seq[work->n_rows] = block.seq[i];
            dp_public_project(&work->public, matrix_row(&block.vectors, i),
                              work->vectors + work->n_rows * DP_DIMS);
        }
        arena_rewind(a, start);
        if (!rc)
            rc = stop_check(err);
        run_progress(work->run, work->n_rows, n);
        if (!n_block)
            break;
    }
    return rc;
}

// The first different words that are in a public list and say something.
static void take_words(struct work *work, struct str value, struct text *text)
{
    struct arena a = { 0 };
    struct str lower = utf8_lower(&a, value);
    struct support_word word;
    for (size_t at = 0; text->n_words < DP_WORDS && support_next(lower, &at, &word);) {
        struct str w = str_make(lower.ptr + word.start, word.end - word.start);
        if (w.len < 3 || !phrase_word_tells(w) || public_list_has_word(w) ||
            !name_rule_is_public(work->names, w))
            continue;
        uint32_t number = (uint32_t)map_add(&work->words, w, 0, NULL);
        bool again = false;
        for (unsigned i = 0; i < text->n_words; i++)
            again |= text->words[i] == number;
        if (!again)
            text->words[text->n_words++] = number;
    }
    arena_release(&a);
}

static int read_facet(struct work *work, const char *facet, int which, struct err *err)
{
    struct facet_walk walk;
    bool found = true;
    int rc = facet_walk_open(&walk, work->run->vault, facet, 0, err);
    while (!rc && !(rc = facet_walk_next(&walk, &found, err)) && found) {
        size_t row = row_of(work, walk.seq), n, value;
        if (row == SIZE_MAX)
            continue;
        if (which < 0) {
            take_words(work, walk.value.s, &work->texts[row]);
            continue;
        }
        const char *const *list = values_of((size_t)which, &n);
        value = public_list_find(list, n, walk.value.s);
        work->texts[row].values[which] = (unsigned char)(value < n ? value : which ? 0 : n - 1);
    }
    facet_walk_close(&walk);
    return rc;
}

static int read_texts(struct work *work, struct err *err)
{
    int rc = name_rule_open(&work->names, err);
    if (!rc)
        rc = read_facet(work, run_facet(work->run), -1, err);
    for (int which = 0; !rc && which < 2; which++)
        rc = read_facet(work, value_names[which], which, err);
    return rc;
}

static int make_input(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct dp_input *in = &work->input;
    struct hash_key key = hash_key_of_seed(work->seed);
    uint64_t *rank = arena_array(a, work->words.n + 1, sizeof *rank);
    for (size_t i = 0; i < work->words.n; i++)
        rank[i] = hash_bytes(&key, work->words.entries[i].key);
    *in = (struct dp_input){ .vectors = work->vectors,
                             .n_rows = work->n_rows,
                             .most = work->most,
                             .word_rank = rank,
                             .n_words = work->words.n };
    for (size_t which = 0; which < 2; which++)
        values_of(which, &in->n_values[which]);
    in->items = arena_try(a, work->n_selected + 1, sizeof *in->items, "the conversations", err);
    if (!in->items)
        return (int)err->code;
    for (size_t i = 0; i < work->n_selected; i++) {
        size_t row = row_of(work, work->selected[i].seq);
        if (row == SIZE_MAX)
            continue; // no facet, hence no vector: it counts nowhere
        struct dp_item *item = &in->items[in->n_items++];
        const struct text *text = &work->texts[row];
        *item = (struct dp_item){ .account = work->selected[i].account,
                                  .row = (uint32_t)row,
                                  .group = DP_NO_GROUP,
                                  .n_words = text->n_words };
        memcpy(item->words, text->words, sizeof item->words);
        memcpy(item->values, text->values, sizeof item->values);
    }
    return 0;
}

// All that the result depends on but the secret.
static struct str name_release(struct work *work, struct arena *a)
{
    struct digest d;
    char hex[DIGEST_HEX];
    const struct dp_input *in = &work->input;
    digest_init(&d);
    digest_add(&d, STR_LIT(CLIO_VERSION RULE));
    digest_add(&d, arena_printf(a, "%.17g %.17g %llu %llu %lld %lld", work->epsilon, work->delta,
                                (unsigned long long)work->most, (unsigned long long)work->seed,
                                (long long)work->min_accounts, (long long)work->min_conversations));
    digest_add(&d, str_of(embedder_name(work->run->embedder)));
    if (work->run->n_trees > 1) { // noise of a part of the budget is never that of another part
        digest_add(&d, arena_printf(a, "one of %zu trees", work->run->n_trees));
        digest_add(&d, str_of(run_facet(work->run)));
    }
    for (size_t i = 0; i < in->n_items; i++) {
        const struct dp_item *item = &in->items[i];
        digest_add(&d, str_make((const char *)&item->account, sizeof item->account));
        digest_add(&d, str_make((const char *)(in->vectors + (size_t)item->row * DP_DIMS),
                                DP_DIMS * sizeof(float)));
        digest_add(&d, str_make((const char *)item->values, sizeof item->values));
        for (unsigned w = 0; w < item->n_words; w++)
            digest_add(&d, work->words.entries[item->words[w]].key);
    }
    digest_hex(&d, hex);
    return arena_str(a, str_make(hex, DIGEST_HEX - 1));
}

static void tell_words(struct work *work, struct arena *a)
{
    struct str *texts = arena_array(a, work->words.n + 1, sizeof *texts);
    for (size_t i = 0; i < work->words.n; i++)
        texts[i] = work->words.entries[i].key;
    dp_tell_words(&work->result, work->plan.least_words, texts);
}

// The released words of group g as a line, those with most accounts first.
static struct str words_of(const struct work *work, size_t g, struct arena *a)
{
    struct str line = STR_LIT("");
    size_t n = 0;
    for (size_t i = 0; i < work->result.n_words && n < N_NAMING; i++) {
        const struct dp_pair *pair = &work->result.words[i];
        if (pair->group == g)
            line = arena_printf(a, "%.*s%s%.*s", STR_ARG(line), n++ ? ", " : "",
                                STR_ARG(work->words.entries[pair->word].key));
    }
    return line;
}

static int make_clusters(struct work *work, struct released *out, struct arena *a, struct err *err)
{
    const struct dp_result *r = &work->result;
    struct str *words = arena_array(a, r->n_groups + 1, sizeof *words);
    float *centres = arena_array(a, r->n_groups * DP_DIMS + 1, sizeof *centres);
    size_t *subject = arena_array(a, r->n_groups + 1, sizeof *subject);
    for (size_t i = 0; i < r->n_groups; i++) {
        words[i] = words_of(work, i, a);
        memcpy(centres + i * DP_DIMS, r->groups[i].centre, sizeof r->groups[i].centre);
    }
    dp_public_centre(&work->public, r->mean, a);
    int rc = dp_public_nearest(&work->public, work->run->embedder, centres, words, r->n_groups, a,
                               subject, err);
    out->clusters = arena_array(a, r->n_groups + 1, sizeof *out->clusters);
    for (size_t i = 0; i < r->n_groups && !rc; i++)
        out->clusters[out->n_clusters++] =
            (struct released_cluster){ r->groups[i].n_conversations, r->groups[i].n_accounts,
                                       work->public.list.items[subject[i]].value,
                                       work->public.start + r->groups[i].place * DP_DIMS };
    return rc;
}

static void fill_lists(struct work *work, struct released *out, struct arena *a)
{
    const struct dp_result *r = &work->result;
    struct budget_cost costs[DP_N_COSTS];
    size_t n_values = work->input.n_values[0] + work->input.n_values[1];
    out->words = arena_array(a, r->n_words + 1, sizeof *out->words);
    out->cells = arena_array(a, (r->n_groups + 1) * n_values + 1, sizeof *out->cells);
    out->costs = arena_array(a, DP_N_COSTS, sizeof *out->costs);
    for (size_t i = 0; i < r->n_words; i++)
        out->words[out->n_words++] =
            (struct released_word){ r->words[i].group, work->words.entries[r->words[i].word].key,
                                    r->words[i].n };
    for (size_t which = 0; which < 2; which++) {
        size_t n;
        const char *const *list = values_of(which, &n);
        for (size_t i = 0; i < (r->n_groups + 1) * n; i++)
            out->cells[out->n_cells++] =
                (struct released_cell){ i / n < r->n_groups ? (int64_t)(i / n) : -1,
                                        str_of(value_names[which]), str_of(list[i % n]),
                                        r->values[which][i] };
    }
    dp_plan_costs(&work->plan, costs);
    for (size_t i = 0; i < DP_N_COSTS; i++)
        out->costs[out->n_costs++] =
            (struct released_cost){ str_of(costs[i].what), (int64_t)costs[i].square,
                                    (int64_t)costs[i].num, (int64_t)costs[i].den,
                                    costs[i].rho,          costs[i].delta };
}

// For the owner: where each conversation counts (the view assignment). Stays in the vault.
static int write_places(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    uint32_t *group = arena_array(a, work->n_rows + 1, sizeof *group);
    bool *counts = arena_zero_array(a, work->n_rows + 1, sizeof *counts);
    int rc = 0;
    for (size_t i = 0; i < work->input.n_items; i++) {
        group[work->input.items[i].row] = work->input.items[i].group;
        counts[work->input.items[i].row] = true;
    }
    for (size_t i = 0; !rc && i < work->result.n_groups; i++)
        rc = vault_add_cluster(work->run->vault, (int64_t)i + 1,
                               work->result.groups[i].n_conversations,
                               work->result.groups[i].centre, DP_DIMS, err);
    for (size_t i = 0; !rc && i < work->n_rows; i++)
        if (counts[i])
            rc = vault_put_placed(work->run->vault, work->seq[i],
                                  group[i] == DP_NO_GROUP ? 0 : (int64_t)group[i] + 1, err);
    return rc;
}

static int write_all(struct work *work, struct released *released, struct err *err)
{
    int rc = vault_begin(work->run->vault, err);
    if (!rc) // of a start that was killed before it was marked as done
        rc = vault_clear_tables(work->run->vault, noise_stage.writes, err);
    if (!rc)
        rc = vault_put_released(work->run->vault, released, err);
    if (!rc)
        rc = write_places(work, err);
    if (!rc)
        rc = vault_commit(work->run->vault, err);
    if (rc)
        vault_rollback(work->run->vault);
    return rc;
}

static void wait_for_full_second(int64_t start)
{
    int64_t rest = 1000 - (clock_ms() - start) % 1000;
    struct timespec t = { rest / 1000, rest % 1000 * 1000000 };
    nanosleep(&t, NULL);
}

static int draw(struct work *work, struct released *released, struct err *err)
{
    struct arena *a = &work->run->scratch;
    int64_t start = clock_ms(), noise_seed = config_whole(work->run->config, "noise-seed");
    struct hash_key key = hash_key_of_seed((uint64_t)noise_seed);
    released->release = name_release(work, a);
    released->seeded = noise_seed != 0;
    int rc = noise_seed ? 0 : vault_release_key(work->run->vault, released->release, &key, err);
    if (!rc)
        rc = dp_draw(&work->input, &work->plan, &key, work->public.start, work->public.n_start,
                     work->min_accounts, work->min_conversations, a, &work->result, err);
    if (rc)
        return rc;
    released->n_rest = work->result.n_rest;
    released->n_dims = DP_DIMS;
    tell_words(work, a);
    rc = make_clusters(work, released, a, err);
    if (rc)
        return rc;
    fill_lists(work, released, a);
    if (!noise_seed)
        wait_for_full_second(start);
    return 0;
}

// Who was asked about before a ceiling was reached depends on what others wrote.
static int check_ceiling(struct run *run, struct err *err)
{
    int64_t n_facets = 0, n_screen = 0;
    int rc = vault_get_note(run->vault, "facet", "not_asked", &n_facets, err);
    if (!rc)
        rc = vault_count_screen(run->vault, WHY_NOT_ASKED, &n_screen, err);
    if (rc || n_facets + n_screen == 0)
        return rc;
    return err_set(err, ERR_BUDGET,
                   "%lld conversations were not asked about when a ceiling was reached, and which "
                   "ones depends on other people's: mode dp makes no atlas of that; run the same "
                   "command with a higher ceiling",
                   (long long)(n_facets + n_screen));
}

static int prepare(struct work *work, struct err *err)
{
    size_t n_over;
    int rc = check_ceiling(work->run, err);
    if (!rc)
        rc = dp_plan_make(&work->plan, work->epsilon, work->delta, work->run->n_trees, work->most,
                          err);
    if (!rc)
        rc = run_open_embedder(work->run, err);
    if (!rc)
        rc = dp_public_make(&work->public, work->run->embedder, &work->run->scratch, err);
    if (!rc)
        rc = dp_select(work->run->vault, work->most, work->seed, &work->run->scratch,
                       &work->selected, &work->n_selected, &n_over, err);
    if (!rc)
        rc = read_vectors(work, err);
    if (!rc)
        rc = read_texts(work, err);
    return rc ? rc : make_input(work, err);
}

static int run_noise(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    const struct config *config = run->config;
    struct work work = { .run = run,
                         .most = (uint64_t)config_whole(config, "max-per-account"),
                         .seed = (uint64_t)config_whole(config, "seed"),
                         .epsilon = config_number(config, "epsilon"),
                         .delta = config_number(config, "delta"),
                         .min_accounts = config_whole(config, "min-accounts"),
                         .min_conversations = config_whole(config, "min-conversations") };
    struct released released = { .epsilon = work.epsilon,
                                 .delta = work.delta,
                                 .max_per_account = (int64_t)work.most };
    int rc = vault_has_accounts(run->vault, &released.has_accounts, err);
    if (!rc)
        rc = prepare(&work, err);
    if (!rc)
        rc = draw(&work, &released, err);
    if (!rc)
        rc = write_all(&work, &released, err);
    run->record.n_in = (int64_t)work.input.n_items;
    run->record.n_out = (int64_t)work.result.n_groups;
    if (!rc && !work.result.n_groups)
        log_warning("no group is large enough to be seen through the noise; raise --epsilon, or "
                    "give it more conversations");
    name_rule_close(work.names);
    map_release(&work.words);
    arena_rewind(&run->scratch, start);
    return rc;
}

// A first release that cannot be paid for is refused before hours of work, not when it is
// published.
static int check_budget(const struct run *run, struct err *err)
{
    double budget = config_number(run->config, "budget");
    double epsilon = config_number(run->config, "epsilon");
    struct ledger_sum spent;
    if (budget <= 0 || epsilon <= budget)
        return 0;
    int rc = vault_ledger_sum(run->vault, NULL, 0, &spent, err);
    if (rc || spent.n_releases) // then publish counts with those
        return rc;
    return err_set(err, ERR_PRIVACY,
                   "a release of --epsilon %g could not be published with --budget %g; ask for a "
                   "smaller epsilon, or allow more",
                   epsilon, budget);
}

// Mode dp bounds what one account can change; who is read may not depend on others.
static int check_settings(const struct run *run, struct err *err)
{
    const struct config *config = run->config;
    if (!run_is_dp(run))
        return 0;
    if (config_whole(config, "limit") || config_whole(config, "sample"))
        return err_set(err, ERR_USAGE,
                       "mode dp does not go with --limit or --sample: which conversations are read "
                       "would depend on other people's; leave them out");
    if (run_embeds_remote(run))
        return err_set(
            err, ERR_USAGE,
            "mode dp needs the embedder in this process, so that a vector depends on its "
            "own text alone; leave --embeddings remote out");
    if (config_whole(config, "max-per-account") < 1 ||
        config_whole(config, "max-per-account") > 100)
        return err_set(err, ERR_USAGE,
                       "mode dp needs a bound on what one account adds: --max-per-account from 1 "
                       "to 100");
    return check_budget(run, err);
}

const struct stage noise_stage = {
    .name = "noise",
    .summary = "in mode dp: measures with noise; all that is shown is made of this",
    .reads = "conversation facet_value vector_block",
    .writes = "released released_cluster released_word released_cell released_cost base_cluster "
              "placed",
    .settings = "privacy epsilon delta noise-seed max-per-account seed min-accounts "
                "min-conversations embedder precision cluster-facet n-trees " RULE,
    .run = run_noise,
    .each_tree = true,
    .is_off = run_is_exact,
    .check = check_settings,
};
