// SPDX-License-Identifier: Apache-2.0
// Embeds texts for scripts that compare and time: `tool_embed DIR fp32|bf16|int16|int8|auto THREADS
// ROUNDS` reads texts on stdin, each ended by a NUL, writes their vectors (float32) to stdout and,
// for each round, its seconds and its seconds of processor time to stderr. `tool_embed DIR ids MAX`
// writes token ids instead: a count and the ids of each text, uint32.
#include "base/crypto.h"
#include "base/file.h"
#include "embed/embedder.h"
#include "embed/wordpiece.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena arena;

static size_t read_texts(struct str **texts)
{
    size_t len = 0, size = 0, n = 0;
    char *text = NULL;
    for (;;) {
        text = arena_grow(&arena, text, size, size * 2 + 65536);
        size = size * 2 + 65536;
        size_t got = fread(text + len, 1, size - len, stdin);
        len += got;
        if (!got)
            break;
    }
    for (size_t i = 0; i < len; i++)
        n += text[i] == 0;
    *texts = arena_array(&arena, n, sizeof **texts);
    struct str rest = str_make(text, len);
    for (size_t i = 0; i < n; i++)
        str_cut(&rest, 0, &(*texts)[i]);
    return n;
}

static int write_ids(const char *dir, size_t max, struct err *err)
{
    struct str vocab, *texts;
    struct wordpiece *w = NULL;
    size_t n_texts = read_texts(&texts);
    uint32_t *ids = arena_array(&arena, max, sizeof *ids);
    int rc = file_read(&arena, path_join(&arena, str_of(dir), "vocab.txt").ptr, (size_t)1 << 30,
                       &vocab, err);
    if (!rc)
        rc = wordpiece_open(&w, vocab, err);
    for (size_t i = 0; i < n_texts && !rc; i++) {
        uint32_t n = (uint32_t)wordpiece_encode(w, texts[i], &arena, ids, max);
        fwrite(&n, sizeof n, 1, stdout);
        fwrite(ids, sizeof *ids, n, stdout);
    }
    wordpiece_close(w);
    return rc;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int write_vectors(char **argv, struct err *err)
{
    struct embedder *e = NULL;
    struct pool *pool = NULL;
    struct matrix out;
    struct str *texts;
    enum embedder_precision precision = embedder_precision_of(argv[2]);
    int rc = pool_open(&pool, strtoul(argv[3], NULL, 10), err);
    if (!rc)
        rc = embedder_open(&e, argv[1], precision, pool, err);
    size_t n = read_texts(&texts);
    if (!rc)
        rc = matrix_make(&out, n, embedder_dims(e), &arena, "vectors", err);
    for (unsigned long i = strtoul(argv[4], NULL, 10); i > 0 && !rc; i--) {
        double start = seconds(CLOCK_MONOTONIC), work = seconds(CLOCK_PROCESS_CPUTIME_ID);
        rc = embedder_encode(e, texts, n, &out, err);
        fprintf(stderr, "%.6f %.6f\n", seconds(CLOCK_MONOTONIC) - start,
                seconds(CLOCK_PROCESS_CPUTIME_ID) - work);
    }
    if (!rc)
        fwrite(out.data, sizeof *out.data, n * out.n_cols, stdout);
    embedder_close(e);
    pool_close(pool);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc != 5 && !(argc == 4 && strcmp(argv[2], "ids") == 0))
        return ERR_USAGE;
    int rc = crypto_start(&err);
    if (!rc)
        rc = argc == 5 ? write_vectors(argv, &err)
                       : write_ids(argv[1], strtoul(argv[3], NULL, 10), &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    arena_release(&arena);
    return rc;
}
