// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 over four interleaved streams of words, side by side in vector registers: one stream
// waits for its own last step most of the time. 4 bytes a cycle with AVX-512VL (which rotates), 2
// with AVX2, more than libsodium without. What a stream comes to is libsodium's value of its words
// (the unit test compares).
#include "base/hash.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are read as they lie in memory");

#define N_STREAMS 4
#define STEP (N_STREAMS * sizeof(uint64_t))

typedef uint64_t word4 __attribute__((vector_size(STEP)));

struct sip4 {
    word4 v0, v1, v2, v3;
};

#define ROTATE(v, n) ((v) << (n) | (v) >> (64 - (n)))
#define INLINE static inline __attribute__((always_inline))

INLINE void sip_round(struct sip4 *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = ROTATE(s->v1, 13) ^ s->v0;
    s->v3 = ROTATE(s->v3, 16) ^ s->v2;
    s->v0 = ROTATE(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = ROTATE(s->v1, 17) ^ s->v2;
    s->v3 = ROTATE(s->v3, 21) ^ s->v0;
    s->v2 = ROTATE(s->v2, 32);
}

INLINE void sip_word(struct sip4 *s, const word4 *word)
{
    s->v3 ^= *word;
    sip_round(s);
    sip_round(s);
    s->v0 ^= *word;
}

INLINE void sip_body(uint64_t v[4][N_STREAMS], const char *p, size_t n_steps)
{
    struct sip4 s;
    word4 word;
    memcpy(&s, v, sizeof s);
    for (size_t i = 0; i < n_steps; i++) {
        memcpy(&word, p + i * STEP, STEP);
        sip_word(&s, &word);
    }
    memcpy(v, &s, sizeof s);
}

#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx2,avx512f,avx512vl"))) // has a rotation

AVX2 static void sip_avx2(uint64_t v[4][N_STREAMS], const char *p, size_t n_steps)
{
    sip_body(v, p, n_steps);
}

AVX512 static void sip_avx512(uint64_t v[4][N_STREAMS], const char *p, size_t n_steps)
{
    sip_body(v, p, n_steps);
}
#endif

static void sip(uint64_t v[4][N_STREAMS], const char *p, size_t n_steps)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vl"))
        sip_avx512(v, p, n_steps);
    else if (__builtin_cpu_supports("avx2"))
        sip_avx2(v, p, n_steps);
    else
#endif
        sip_body(v, p, n_steps);
}

static void sip_end(uint64_t v[4][N_STREAMS], uint64_t n_steps, uint64_t out[N_STREAMS])
{
    const word4 zero = { 0 };
    struct sip4 s;
    word4 length = zero + (n_steps * sizeof(uint64_t) << 56);
    memcpy(&s, v, sizeof s);
    sip_word(&s, &length);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(&s);
    s.v0 ^= s.v1 ^ s.v2 ^ s.v3;
    memcpy(out, &s.v0, STEP);
}

void wide_hash_init(struct wide_hash *w, const struct hash_key *key)
{
    uint64_t k[2];
    memcpy(k, key->bytes, sizeof k);
    *w = (struct wide_hash){ .key = *key };
    for (size_t i = 0; i < N_STREAMS; i++) {
        w->v[0][i] = k[0] ^ 0x736f6d6570736575u;
        w->v[1][i] = k[1] ^ 0x646f72616e646f6du;
        w->v[2][i] = k[0] ^ 0x6c7967656e657261u;
        w->v[3][i] = k[1] ^ 0x7465646279746573u;
    }
}

void wide_hash_add(struct wide_hash *w, struct str s)
{
    size_t n_rest = w->len % STEP, n_more = n_rest ? size_min(STEP - n_rest, s.len) : 0;
    w->len += s.len;
    if (n_more) { // behind what is left of the piece before
        memcpy(w->rest + n_rest, s.ptr, n_more);
        s = str_from(s, n_more);
        if (n_rest + n_more < STEP)
            return;
        sip(w->v, w->rest, 1);
        memset(w->rest, 0, sizeof w->rest);
    }
    size_t n_steps = s.len / STEP, done = n_steps * STEP;
    sip(w->v, s.ptr ? s.ptr : "", n_steps);
    if (s.len > done)
        memcpy(w->rest, s.ptr + done, s.len - done);
}

uint64_t wide_hash_end(struct wide_hash *w)
{
    struct {
        uint64_t streams[N_STREAMS], len;
        char rest[STEP];
    } last = { .len = w->len };
    sip_end(w->v, w->len / STEP, last.streams);
    memcpy(last.rest, w->rest, sizeof last.rest);
    return hash_bytes(&w->key, str_make((const char *)&last, sizeof last));
}

uint64_t hash_wide(const struct hash_key *key, struct str s)
{
    struct wide_hash w;
    wide_hash_init(&w, key);
    wide_hash_add(&w, s);
    return wide_hash_end(&w);
}
