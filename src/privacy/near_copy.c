// SPDX-License-Identifier: Apache-2.0
#include "privacy/near_copy.h"

#include "base/stop.h"
#include "base/utf8.h"

#define SHINGLE 16
#define N_BANDS 16 // of four values: two texts at 0.8 share a band in 9,998 of 10,000 cases
#define BAND_VALUES (SKETCH_VALUES / N_BANDS)
#define AHEAD 4         // texts between asking for the heads of chains and reading them
#define STOP_TEXTS 4096 // looked at between two looks for a signal
#define MOST_COMPARED                                                                              \
    64 // of a band's texts, newest first: bounds what a crowd of look-alikes costs

// Letters and digits in lower case with one space between runs of them, cut to SKETCH_TEXT_BYTES.
static size_t write_plain(struct str text, char *out)
{
    size_t n = 0;
    bool gap = false;
    for (size_t at = 0; at < text.len && n + 5 <= SKETCH_TEXT_BYTES;) {
        uint32_t c = utf8_next(text, &at);
        bool inside = c < 0x80 ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                               : utf8_class(c) == UTF8_LETTER || utf8_class(c) == UTF8_MARK ||
                                     utf8_class(c) == UTF8_DIGIT;
        if (inside && gap && n)
            out[n++] = ' ';
        gap = !inside;
        if (inside)
            n += utf8_put(c < 0x80 ? (c >= 'A' && c <= 'Z' ? c | 0x20 : c) : utf8_lower_char(c),
                          out + n);
    }
    return n;
}

static uint32_t hash_shingle(const char *p)
{
    uint64_t a, b;
    memcpy(&a, p, sizeof a);
    memcpy(&b, p + sizeof a, sizeof b);
    return (uint32_t)(mix_bits(a ^ mix_bits(b)) >> 32);
}

void sketch_make(struct sketch *sketch, struct str text, struct arena *scratch)
{
    struct minhash set;
    struct arena_mark start = arena_save(scratch);
    char *plain = arena_alloc(scratch, SKETCH_TEXT_BYTES);
    size_t n = write_plain(text, plain);
    *sketch = (struct sketch){ .there = n >= SKETCH_LEAST_BYTES };
    minhash_init(&set);
    for (size_t i = 0; sketch->there && i + SHINGLE <= n; i++)
        minhash_add(&set, hash_shingle(plain + i));
    if (sketch->there)
        minhash_end(&set, sketch);
    arena_rewind(scratch, start);
}

// One table of all bands: a slot heads a chain of texts, newest first.
struct bands {
    uint32_t *heads, *next; // next[text · N_BANDS + band]; NEAR_NONE ends a chain
    uint64_t mask;
};

static uint32_t *head_of(const struct bands *bands, const struct sketch *s, uint64_t band)
{
    uint64_t key = 0;
    memcpy(&key, s->values + band * BAND_VALUES, BAND_VALUES * sizeof s->values[0]);
    return &bands->heads[mix_bits(key ^ mix_bits(band + 1)) & bands->mask];
}

// The chains of all bands of a text, walked side by side: where texts are many, each step waits for
// memory, and sixteen wait together.
struct walk {
    uint32_t at[N_BANDS]; // the first n of them go on
    unsigned char band[N_BANDS];
    size_t n;
};

static void start_walk(struct walk *walk, const struct bands *bands, const struct sketch *s)
{
    walk->n = 0;
    for (size_t band = 0; band < N_BANDS; band++) {
        uint32_t head = *head_of(bands, s, band);
        walk->at[walk->n] = head;
        walk->band[walk->n] = (unsigned char)band;
        walk->n += head != NEAR_NONE;
    }
}

static void step_walk(struct walk *walk, const struct bands *bands)
{
    size_t n = 0;
    for (size_t w = 0; w < walk->n; w++) {
        uint32_t next = bands->next[(size_t)walk->at[w] * N_BANDS + walk->band[w]];
        walk->at[n] = next;
        walk->band[n] = walk->band[w];
        n += next != NEAR_NONE;
    }
    walk->n = n;
}

// The earliest text that `i` is near to, among those that are no copies themselves.
static uint32_t find_first(const struct bands *bands, const struct sketch *sketches, size_t i)
{
    uint32_t found = NEAR_NONE;
    struct walk walk;
    start_walk(&walk, bands, &sketches[i]);
    for (size_t n = 0; walk.n && n < MOST_COMPARED; n++) {
        for (size_t w = 0; w < walk.n; w++) {
            __builtin_prefetch(&bands->next[(size_t)walk.at[w] * N_BANDS]);
            __builtin_prefetch(&sketches[walk.at[w]]);
        }
        for (size_t w = 0; w < walk.n; w++) {
            uint32_t other = walk.at[w];
            if (other < found && sketch_equal(&sketches[other], &sketches[i]) >= NEAR_VALUES)
                found = other;
        }
        step_walk(&walk, bands);
    }
    return found;
}

// A text that is no copy of an earlier one can be one that later ones are copies of.
static void add_text(const struct bands *bands, const struct sketch *sketches, size_t i)
{
    for (uint64_t band = 0; band < N_BANDS; band++) {
        uint32_t *head = head_of(bands, &sketches[i], band);
        bands->next[i * N_BANDS + band] = *head;
        *head = (uint32_t)i;
    }
}

int near_copy_find(const struct sketch *sketches, size_t n, struct arena *scratch, uint32_t *first,
                   struct err *err)
{
    struct arena_mark start = arena_save(scratch);
    int rc = 0;
    struct bands bands = { .mask = 1 };
    while (bands.mask < 2 * (uint64_t)n * N_BANDS)
        bands.mask *= 2;
    bands.heads = arena_try(scratch, bands.mask, sizeof *bands.heads, "the near-copies", err);
    bands.next = arena_try(scratch, n + 1, N_BANDS * sizeof *bands.next, "the near-copies", err);
    if (!bands.heads || !bands.next) {
        arena_rewind(scratch, start);
        return (int)err->code;
    }
    memset(bands.heads, 0xFF, bands.mask * sizeof *bands.heads);
    bands.mask--;
    for (size_t i = 0; !rc && i < n; i++) {
        for (uint64_t band = 0; i + AHEAD < n && band < N_BANDS; band++)
            __builtin_prefetch(head_of(&bands, &sketches[i + AHEAD], band));
        first[i] = sketches[i].there ? find_first(&bands, sketches, i) : NEAR_NONE;
        if (sketches[i].there && first[i] == NEAR_NONE)
            add_text(&bands, sketches, i);
        if (i % STOP_TEXTS == 0)
            rc = stop_check(err);
    }
    arena_rewind(scratch, start);
    return rc;
}
