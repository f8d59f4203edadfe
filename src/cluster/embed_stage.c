// SPDX-License-Identifier: Apache-2.0
// Facet values -> vectors. Block i is made of the values number 1024·i … in the order of seq and is
// written in one transaction, so that a stop at any moment costs at most one block and cannot move
// a boundary. A vector does not depend on its neighbours, so neither blocks nor threads show in it.
// When a run grows, or values change (facet/facet_change.h), its last block may be short: it is
// filled up, and written anew in one transaction.
//
// A ceiling of money or time leaves conversations without a vector of a server's. They are counted
// (note without_vector) and left out of all that is made of vectors; the next command asks for
// them. Where they lie between others, all blocks are then made anew, from the vectors that are
// kept.
#include "base/log.h"
#include "base/stop.h"
#include "cluster/embed_text.h"
#include "cluster/subject_match.h"
#include "embed/embedder.h"
#include "run/stage.h"
#include "store/vault_vector.h"

// Setting of the vault: name of the embedder of the vectors there; behind the first tree its number
// follows.
#define MADE_BY "embed: made by"

struct work {
    const char *facet;
    struct subject_match subjects;
    int64_t n_total, n_rows, last_seq;
    int64_t n_blocks; // whole ones; a short one may stand behind them
    bool has_holes;   // of an earlier command: values before the last row without a vector
    bool over;        // a ceiling was reached
};

static int find_start(struct run *run, struct work *work, struct err *err)
{
    int64_t n_before = 0;
    work->facet = run_facet(run);
    int rc = vault_count_vector_texts(run->vault, work->facet, INT64_MAX, &work->n_total, err);
    if (!rc)
        rc =
            vault_find_vector_end(run->vault, &work->n_blocks, &work->n_rows, &work->last_seq, err);
    if (!rc)
        rc = vault_count_vector_texts(run->vault, work->facet, work->last_seq, &n_before, err);
    work->n_blocks = rc ? 0 : work->n_rows / (int64_t)VAULT_VECTOR_ROWS;
    work->has_holes = !rc && run_embeds_remote(run) && n_before > work->n_rows;
    return rc;
}

// The same settings can mean another arithmetic on another machine (--precision auto). Vectors of
// two kinds do not mix: then all are made anew, and so they are where rows come between others.
static int check_maker(struct run *run, struct work *work, struct err *err)
{
    struct str name = str_of(embedder_name(run->embedder)), before;
    const char *key = MADE_BY;
    if (run->tree)
        key = arena_printf(&run->scratch, MADE_BY ", tree %zu", run->tree + 1).ptr;
    int rc = vault_get_setting(run->vault, key, &run->scratch, &before, err);
    if (rc || (str_equal(before, name) && !work->has_holes))
        return rc;
    rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_drop_vectors(run->vault, err);
    if (!rc)
        rc = vault_set_setting(run->vault, key, name, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    work->n_blocks = work->n_rows = work->last_seq = 0;
    return rc;
}

// The rows of the short block at the end, if there is one, with the new ones behind them.
static int join_block(struct run *run, const struct work *work, const int64_t *seq,
                      const struct matrix *vectors, struct vault_vectors *all, struct err *err)
{
    struct vault_vectors old;
    size_t d = vectors->n_cols, n = vectors->n_rows;
    int rc = vault_load_vector_block(run->vault, work->n_blocks, &run->scratch, &old, err);
    size_t n_old = rc ? 0 : old.vectors.n_rows;
    if (!rc && n_old && old.vectors.n_cols != d)
        rc = err_set(err, ERR_DATA,
                     "the vectors in the vault have another width; start in a new "
                     "directory");
    if (!rc)
        rc = matrix_make(&all->vectors, n_old + n, d, &run->scratch, "a block of vectors", err);
    if (rc)
        return rc;
    all->seq = arena_array(&run->scratch, n_old + n, sizeof *all->seq);
    if (n_old) {
        memcpy(all->seq, old.seq, n_old * sizeof *all->seq);
        memcpy(all->vectors.data, old.vectors.data, n_old * d * sizeof(float));
    }
    memcpy(all->seq + n_old, seq, n * sizeof *all->seq);
    memcpy(all->vectors.data + n_old * d, vectors->data, n * d * sizeof(float));
    return 0;
}

static int write_block(struct run *run, struct work *work, const struct vault_vector_texts *texts,
                       const struct matrix *vectors, const struct str *subjects, struct err *err)
{
    struct vault_vectors all;
    int rc = join_block(run, work, texts->seq, vectors, &all, err);
    if (!rc)
        rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_add_vector_block(run->vault, work->n_blocks, all.seq, &all.vectors, err);
    for (size_t i = 0; i < texts->n && !rc; i++)
        if (subjects[i].len)
            rc = vault_put_subject(run->vault, texts->seq[i], subjects[i], err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        return rc;
    work->n_rows += (int64_t)texts->n;
    work->n_blocks = work->n_rows / (int64_t)VAULT_VECTOR_ROWS;
    return 0;
}

// The vector of a conversation with an opening is the mean of both vectors, of unit length.
static int add_openings(struct run *run, const struct vault_vector_texts *texts,
                        struct matrix *vectors, struct err *err)
{
    struct matrix more;
    size_t n = 0, d = vectors->n_cols;
    struct str *openings = arena_array(&run->scratch, texts->n, sizeof *openings);
    for (size_t i = 0; i < texts->n; i++)
        if (texts->openings[i].len)
            openings[n++] = embed_text(texts->openings[i], &run->scratch);
    if (!n)
        return 0;
    int rc = matrix_make(&more, n, d, &run->scratch, "a block of vectors", err);
    if (!rc)
        rc = embedder_encode(run->embedder, openings, n, &more, err);
    for (size_t i = 0, at = 0; i < texts->n && !rc; i++)
        if (texts->openings[i].len) {
            struct matrix one = matrix_rows(vectors, i, 1);
            for (size_t j = 0; j < d; j++)
                one.data[j] += matrix_row(&more, at)[j];
            matrix_normalize(&one);
            at++;
        }
    return rc;
}

static bool has_own_embedder(const struct run *run)
{
    return strcmp(config_text(run->config, "embeddings"), "own") == 0;
}

// The cosine that a subject of each text needs, by the language that the text is in. What a strong
// model wrote is in the language of the titles.
static float *find_least(struct run *run, const struct vault_vector_texts *texts)
{
    struct arena *a = &run->scratch;
    struct str of_titles = str_of(config_text(run->config, "language-of-titles"));
    bool own = has_own_embedder(run), by_model = run_has_strong_model(run);
    float *least = arena_array(a, texts->n + 1, sizeof *least);
    for (size_t i = 0; i < texts->n; i++) {
        struct str text = texts->openings[i].len ? texts->openings[i] : texts->texts[i];
        least[i] =
            own ? subject_least(embed_text(text, a), by_model ? of_titles : texts->languages[i])
                : SUBJECT_LEAST;
    }
    return least;
}

// At a ceiling the work goes on with what is there or kept; the person is told once.
static int pass_ceiling(struct work *work, int rc, struct err *err)
{
    if (rc != ERR_BUDGET)
        return rc;
    if (!work->over)
        log_warning("%s; conversations without a vector are left out", err->text);
    err_clear(err);
    work->over = true;
    return 0;
}

// Drops the texts that have no vector.
static void drop_texts(struct vault_vector_texts *texts, const bool *has)
{
    size_t n = 0;
    for (size_t i = 0; i < texts->n; i++)
        if (has[i]) {
            texts->texts[n] = texts->texts[i];
            texts->openings[n] = texts->openings[i];
            texts->languages[n] = texts->languages[i];
            texts->seq[n++] = texts->seq[i];
        }
    texts->n = n;
}

// Vectors of the texts; those of the texts that are left.
static int make_vectors(struct run *run, struct work *work, struct vault_vector_texts *texts,
                        struct matrix *vectors, struct err *err)
{
    struct arena *a = &run->scratch;
    bool *has = arena_zero_array(a, texts->n, sizeof *has);
    for (size_t i = 0; i < texts->n; i++)
        texts->texts[i] = embed_text(texts->texts[i], a);
    int rc =
        matrix_make(vectors, texts->n, embedder_dims(run->embedder), a, "a block of vectors", err);
    if (!rc)
        rc = embedder_encode_some(run->embedder, texts->texts, texts->n, vectors, has, err);
    if (rc == ERR_BUDGET)
        drop_texts(texts, has);
    return pass_ceiling(work, rc, err);
}

static int embed_block(struct run *run, struct work *work, bool *more, struct err *err)
{
    struct vault_vector_texts texts;
    struct matrix vectors;
    size_t room = VAULT_VECTOR_ROWS - (size_t)work->n_rows % VAULT_VECTOR_ROWS;
    int rc = vault_read_vector_texts(run->vault, work->facet, work->last_seq, room, &run->scratch,
                                     &texts, err);
    *more = !rc && texts.n > 0;
    if (!*more)
        return rc;
    work->last_seq = texts.seq[texts.n - 1];
    rc = make_vectors(run, work, &texts, &vectors, err);
    if (rc || !texts.n)
        return rc;
    rc = add_openings(run, &texts, &vectors, err);
    if (!rc)
        rc = matrix_check_finite(&vectors, "vectors", err);
    struct str *subjects = arena_zero_array(&run->scratch, texts.n, sizeof *subjects);
    if (!rc)
        rc = subject_match_rows(&work->subjects, &vectors, find_least(run, &texts), &run->scratch,
                                subjects, err);
    if (!rc)
        rc = write_block(run, work, &texts, &vectors, subjects, err);
    return rc;
}

static int embed_missing(struct run *run, struct work *work, struct err *err)
{
    bool more = true;
    int rc = run_open_embedder(run, err);
    if (!rc)
        rc = subject_match_open(&work->subjects, run->embedder, &run->scratch, err);
    if (!rc)
        rc = check_maker(run, work, err);
    while (!rc && more) {
        struct arena_mark start = arena_save(&run->scratch);
        run_progress(run, (uint64_t)work->n_rows, (uint64_t)work->n_total);
        rc = stop_check(err);
        if (!rc)
            rc = embed_block(run, work, &more, err);
        arena_rewind(&run->scratch, start);
    }
    subject_match_close(&work->subjects);
    return pass_ceiling(work, rc, err); // of a list of our own: no conversation has one then
}

// How many conversations are left out, and whether enough are there for an atlas.
static int note_left(struct run *run, const struct work *work, struct err *err)
{
    int64_t n_left = work->n_total - work->n_rows;
    int64_t floor = config_whole(run->config, "min-conversations");
    if (n_left && !work->over)
        return err_set(err, ERR_DATA,
                       "the vectors in the vault are not of these conversations; start "
                       "in a new directory");
    int rc = vault_put_note(run->vault, "embed", "without_vector", n_left, err);
    if (!rc && n_left && work->n_rows < floor)
        rc = err_set(err, ERR_BUDGET,
                     "finished with gaps: %lld of %lld conversations have a vector and a cluster "
                     "needs %lld, so there is no atlas; the same command with a higher ceiling "
                     "asks for the others",
                     (long long)work->n_rows, (long long)work->n_total, (long long)floor);
    return rc;
}

static int tell_uncovered(struct run *run, const struct work *work, struct err *err)
{
    int64_t n;
    int rc = vault_count_not_english(run->vault, work->facet, &n, err);
    if (!rc)
        rc = vault_set_note(run->vault, "embed", "uncovered_language", n, err);
    bool by_model = run_has_strong_model(run); // which is asked for English
    if (!rc && n && has_own_embedder(run) && !by_model)
        log_warning("%lld of %lld conversations are not in English. The embedder was trained on "
                    "English, so these may stand in clusters of their language, not of their "
                    "subject",
                    (long long)n, (long long)work->n_total);
    return rc;
}

static int run_embed(struct run *run, struct err *err)
{
    struct work work = { 0 };
    struct arena_mark start = arena_save(&run->scratch);
    int64_t tokens = run_vector_tokens(run);
    run_keep_for(run, RUN_TITLES_AND_TREE);
    int rc = find_start(run, &work, err);
    if (!rc && work.n_rows < work.n_total)
        rc = embed_missing(run, &work, err);
    run->record.n_prompt_tokens += run_vector_tokens(run) - tokens;
    if (!rc)
        rc = note_left(run, &work, err);
    if (!rc)
        rc = tell_uncovered(run, &work, err);
    run->record.n_in = work.n_total;
    run->record.n_out = work.n_rows;
    arena_rewind(&run->scratch, start);
    return rc;
}

static int has_left(struct run *run, bool *yes, struct err *err)
{
    int64_t n = 0;
    int rc = vault_get_note(run->vault, "embed", "without_vector", &n, err);
    *yes = n > 0;
    return rc;
}

const struct stage embed_stage = {
    .name = "embed",
    .summary = "turn a facet of every conversation into a vector",
    .reads = "facet_value",
    .writes = "vector_block subject",
    .settings = "embedder precision embeddings cluster-facet rule:foreign_subjects",
    .run = run_embed,
    .has_left = has_left,
    .each_tree = true,
    .follows = true,
};
