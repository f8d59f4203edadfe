// SPDX-License-Identifier: Apache-2.0
// Input: config.json, a NUL, 1_Pooling/config.json, a NUL, tokenizer_config.json, a NUL, a
// safetensors file. What is accepted gives every text a vector, in every precision, and reads
// nothing outside.
#include "embed/encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_DIMS ((size_t)64) // of what is run: mutations seldom make more, and those take long
#define N_TEXTS ((size_t)3)

static char dir[] = P_tmpdir "/clio-fuzz-embedder-XXXXXX";
static const char *const names[] = { "config.json", "1_Pooling/config.json",
                                     "tokenizer_config.json" };

static void path_of(size_t i, char path[128])
{
    snprintf(path, 128, "%s/%s", dir, names[i]);
}

static void clean_up(void)
{
    char path[128];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        path_of(i, path);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/1_Pooling", dir);
    rmdir(path);
    rmdir(dir);
}

static void make_dir(void)
{
    static bool made;
    char path[128];
    if (made)
        return;
    made = true;
    if (!mkdtemp(dir))
        abort();
    snprintf(path, sizeof path, "%s/1_Pooling", dir);
    if (mkdir(path, 0700) || atexit(clean_up))
        abort();
}

static void write_config(size_t i, struct str content)
{
    char path[128];
    path_of(i, path);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(content.ptr, 1, content.len, f) != content.len || fclose(f))
        abort();
}

static void run(const struct shape *s, const struct weights *w, enum encoder_products products)
{
    struct arena scratch = { 0 };
    struct encoder *e = NULL;
    struct err err = { 0 };
    uint32_t ids[512 + 4];
    float out[N_TEXTS * MOST_DIMS];
    const size_t starts[N_TEXTS + 1] = { 0, 2, 4, 4 + s->max_tokens };
    for (size_t i = 0; i < starts[N_TEXTS]; i++)
        ids[i] = (uint32_t)(i % s->n_vocab);
    int rc = encoder_open(&e, s, w, products, &err);
    assert(!rc || err.text[0]);
    if (!rc)
        rc = encoder_run(e, ids, starts, N_TEXTS, &scratch, out, s->dims, &err);
    for (size_t i = 0; i < N_TEXTS * s->dims && !rc; i++)
        assert(fabsf(out[i]) <= 1.001F);
    encoder_close(e);
    arena_release(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_make((const char *)data, size), config;
    struct weights *w = NULL;
    struct err err = { 0 };
    struct shape s;
    make_dir();
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_cut(&rest, 0, &config))
            return 0;
        write_config(i, config);
    }
    unsigned char *exact = malloc(rest.len + 1); // so that a sanitizer sees any step outside
    if (!exact)
        abort();
    if (rest.len)
        memcpy(exact + 1, rest.ptr, rest.len);
    if (weights_open_bytes(&w, exact + 1, rest.len, &err) == 0 &&
        shape_read(&s, dir, w, &err) == 0) {
        assert(s.n_heads && s.dims % s.n_heads == 0 && s.max_tokens >= 2 && s.max_tokens <= 512);
        for (int i = 0; s.dims <= MOST_DIMS && i <= ENCODER_INT8; i++)
            run(&s, w, (enum encoder_products)i);
    }
    weights_close(w);
    free(exact);
    return 0;
}
