// SPDX-License-Identifier: Apache-2.0
#include "cluster/sample.h"

#include "base/utf8.h"

static bool is_before(const struct sampled *a, const struct sampled *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->seq < b->seq;
}

static bool is_like(const struct sampled *a, const struct sampled *b)
{
    return (a->account && a->account == b->account) || a->text_hash == b->text_hash;
}

static void remove_at(struct sample *sample, size_t i)
{
    memmove(sample->items + i, sample->items + i + 1, (sample->n - i - 1) * sizeof *sample->items);
    sample->n--;
}

void sample_offer(struct sample *sample, const struct sampled *offered)
{
    struct sampled *items = sample->items;
    if (sample->n == SAMPLE_MOST && !is_before(offered, &items[sample->n - 1]))
        return;
    for (size_t i = 0; i < sample->n; i++)
        if (is_like(&items[i], offered) && !is_before(offered, &items[i]))
            return;
    for (size_t i = sample->n; i-- > 0;)
        if (is_like(&items[i], offered))
            remove_at(sample, i);
    if (sample->n == SAMPLE_MOST)
        sample->n--;
    size_t at = sample->n++;
    for (; at > 0 && is_before(offered, &items[at - 1]); at--)
        items[at] = items[at - 1];
    items[at] = *offered;
}

uint64_t sample_hash(struct str text)
{
    uint64_t h = 0xCBF29CE484222325u; // FNV-1a over characters
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (utf8_class(c) == UTF8_LETTER)
            h = (h ^ utf8_lower_char(c)) * 0x100000001B3u;
    }
    return h;
}

double sample_draw(uint64_t seed, int64_t seq)
{
    uint64_t x = seed * 0x9E3779B97F4A7C15u + (uint64_t)seq; // SplitMix64 (Steele et al. 2014)
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x += seed;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    return (double)(x >> 11) * 0x1p-53;
}
