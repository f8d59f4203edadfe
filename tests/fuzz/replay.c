// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz entry without libFuzzer: over the files that are named, then over as many mutations
// of them as asked. Seeded, so that a failure comes again.
//     replay FILE… [-n MUTATIONS] [-s SEED]
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIZE ((size_t)1 << 20)
#define MAX_FILES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seed {
    uint8_t *data;
    size_t size;
};

static struct seed read_seed(const char *path)
{
    struct seed seed = { malloc(MAX_SIZE), 0 };
    FILE *f = fopen(path, "rb");
    if (!f || !seed.data) {
        fprintf(stderr, "replay: %s cannot be read\n", path);
        exit(66);
    }
    seed.size = fread(seed.data, 1, MAX_SIZE, f);
    fclose(f);
    return seed;
}

// Bytes changed, runs lost or doubled, a piece of another seed put in.
static size_t mutate(struct rng *rng, uint8_t *data, size_t size, const struct seed *other)
{
    for (uint64_t n = 1 + rng_below(rng, 6); n && size; n--) {
        size_t at = rng_below(rng, size), len = rng_below(rng, size - at + 1);
        switch (rng_below(rng, 5)) {
        case 0:
            data[at] = (uint8_t)rng_next(rng);
            break;
        case 1:
            data[at] = (uint8_t) "{}[]\",:\\\n\t0e-"[rng_below(rng, 13)];
            break;
        case 2:
            memmove(data + at, data + at + len, size - at - len);
            size -= len;
            break;
        case 3:
            if (size + len < MAX_SIZE) {
                memmove(data + at + len, data + at, size - at);
                size += len;
            }
            break;
        default:
            len = other->size < size - at ? other->size : size - at;
            memcpy(data + at, other->data, len);
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    static struct seed seeds[MAX_FILES];
    size_t n_seeds = 0;
    unsigned long n_mutations = 0, seed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            n_mutations = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "-s") == 0 && i + 1 < argc)
            seed = strtoul(argv[++i], NULL, 10);
        else if (n_seeds < MAX_FILES)
            seeds[n_seeds++] = read_seed(argv[i]);
    }
    uint8_t *data = malloc(MAX_SIZE);
    struct rng rng;
    rng_init(&rng, seed, "replay");
    for (size_t i = 0; i < n_seeds; i++)
        LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].size);
    for (unsigned long i = 0; data && n_seeds && i < n_mutations; i++) {
        const struct seed *from = &seeds[rng_below(&rng, n_seeds)];
        memcpy(data, from->data, from->size);
        size_t size = mutate(&rng, data, from->size, &seeds[rng_below(&rng, n_seeds)]);
        LLVMFuzzerTestOneInput(data, size);
    }
    printf("replay: %zu files, %lu mutations\n", n_seeds, n_mutations);
    for (size_t i = 0; i < n_seeds; i++)
        free(seeds[i].data);
    free(data);
    return 0;
}
