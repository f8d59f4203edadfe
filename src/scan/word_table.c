// SPDX-License-Identifier: Apache-2.0
#include "scan/word_table.h"

#include "base/map.h"
#include "base/utf8.h"
#include "scan/word_list.h"

#include <stdlib.h>

#define SHORT 14u        // bytes of a word that fits a slot
#define WAYS ((size_t)4) // slots that are looked at together
#define BUCKET_BITS 15u  // 131,072 slots for 58,000 words
#define WORD_BITS 0x0000FFFFFFFFFFFFull

struct key { // a word's bytes, zeros behind them
    uint64_t low, high;
};
struct bucket { // one cache line; what a word has for bits stands above the last of its bytes
    _Alignas(64) uint64_t low[WAYS];
    uint64_t high[WAYS];
};
struct word_table {
    struct bucket *buckets; // filled from the first way on; a word that finds one full goes on
    struct map longer;      // value: bits
    uint64_t heads[64];     // a bit for the first bytes of each of them: most are not there
    struct word_hints hints;
    char latin[LATIN_END - LATIN_FIRST][4]; // see word_table_latin
};

static struct key key_of(const char *p, size_t n)
{
    struct key key = { 0, 0 };
    memcpy(&key.low, p, size_min(n, 8));
    if (n > 8)
        memcpy(&key.high, p + 8, n - 8);
    return key;
}

static size_t place_of(struct key key)
{
    uint64_t mixed = (key.low ^ key.high * 0x9E3779B97F4A7C15ull) * 0xD6E8FEB86659FD93ull;
    return (size_t)(mixed >> (64 - BUCKET_BITS));
}

// Of a word of eight bytes and more.
static size_t head_of(struct str word)
{
    uint64_t head;
    memcpy(&head, word.ptr, sizeof head);
    return word_hint_place(head, 12);
}

static size_t next_place(size_t at)
{
    return (at + 1) & (((size_t)1 << BUCKET_BITS) - 1);
}

// All four are compared whatever comes out: a branch would be guessed wrong too often.
static unsigned find_key(const struct word_table *table, struct key key)
{
    for (size_t at = place_of(key);; at = next_place(at)) {
        const struct bucket *bucket = &table->buckets[at];
        uint64_t found = 0;
        for (size_t way = 0; way < WAYS; way++) {
            uint64_t high = bucket->high[way];
            uint64_t other = (bucket->low[way] ^ key.low) | ((high & WORD_BITS) ^ key.high);
            found |= other ? 0 : high;
        }
        if (found || !bucket->low[WAYS - 1])
            return (unsigned)(found >> 48);
    }
}

static void add_key(struct word_table *table, struct key key, unsigned bits)
{
    for (size_t at = place_of(key);; at = next_place(at))
        for (size_t way = 0; way < WAYS; way++) {
            struct bucket *bucket = &table->buckets[at];
            uint64_t *low = &bucket->low[way], *high = &bucket->high[way];
            if (*low && (*low != key.low || (*high & WORD_BITS) != key.high))
                continue;
            *low = key.low;
            *high |= key.high | (uint64_t)bits << 48;
            return;
        }
}

static void add_word(struct word_table *table, struct str word, unsigned bits)
{
    if (word.len > SHORT) {
        size_t i = map_add(&table->longer, word, 0, NULL);
        bits_add(table->heads, head_of(word));
        table->longer.entries[i].value |= bits;
        return;
    }
    add_key(table, key_of(word.ptr, word.len), bits);
}

static void add_list(struct word_table *table, const char *text, char separator, unsigned bits)
{
    struct str rest = str_of(text), word;
    while (str_cut(&rest, separator, &word))
        if (word.len)
            add_word(table, word, bits);
}

// Of words that are in the table.
static void add_leads(struct word_table *table, const char *text, char separator)
{
    struct str rest = str_of(text), word;
    while (str_cut(&rest, separator, &word)) {
        size_t lead =
            word_hint_place(key_of(word.ptr, size_min(word.len, HINT_BYTES)).low, LEAD_BITS);
        if (word_leads(word_table_find(table, word)))
            bits_add(table->hints.leads, lead);
    }
}

// The most frequent of English, of less than HINT_BYTES, which makes a key the whole word.
static const char common_words[] =
    "the of and to in a is that for it as was with be by on not he i his but at are this "
    "have had from or which one you were her all she there would their we him been has when "
    "who will more no if out so said what up its about into than them can only other new "
    "some could time these two may then do first any my now such like our over man me even "
    "most made after also did many before must through back years where much your way well "
    "down should because each just those how too good very make world still see work long "
    "get here between both life being under never day same another know while last might us "
    "great old year off come since go against came right used take three use using need help "
    "want let example set able user data please code give however overall sure yes add find "
    "show provide create write based once next finally step note they an it's here's that's "
    "there's what's let's i'm you're we're they're i'll you'll we'll i've you've don't can't "
    "didn't doesn't won't why own within around above best real high end end's start test "
    "try keep leave change check type types list file key number order system value values "
    "process people group service product company team plan build working needs uses include "
    "allows ensure improve support project content current case called second several again "
    "small large during without away always often less whole form part point line side hand "
    "days found full kind later left until near's either though getting tell says went put "
    "ask asked look looking read run open close move play call word words letter answer text "
    "class string return true false table image input output method object error script "
    "access design section update select click learn student title english hello thank offer "
    "develop color screen python google json html sql url api ai id c b x s t p d e f g k l "
    "m";

static void add_common(struct word_table *table)
{
    struct str rest = str_of(common_words), word;
    while (str_cut(&rest, ' ', &word)) {
        uint64_t key = key_of(word.ptr, word.len).low;
        uint64_t *place = &table->hints.common[word_hint_place(key, COMMON_BITS)];
        word.len -= str_ends(word, STR_LIT("'s")) ? 2 : 0; // as it is looked up
        unsigned bits = word_table_find(table, word);
        if (!*place && (bits & WORD_KNOWN) && !(bits & (WORD_GIVEN | WORD_TITLE | WORD_NAME)))
            *place = key; // the first one that comes is the more frequent one
    }
}

static const char titles[] =
    "mr mrs ms miss dr prof professor herr frau senor senora sr sra srta monsieur madame "
    "mme mlle don dona sir lord lady signor signora mister";

static void add_roles(struct word_table *table)
{
    add_list(table, titles, ' ', WORD_TITLE);
    add_list(table, "in near at from", ' ', WORD_BEFORE_PLACE);
    add_list(table,
             "inc corp corporation llc ltd limited gmbh ag plc company bank university hospital "
             "clinic school college church institute foundation group holdings industries "
             "technologies solutions labs partners associates academy",
             ' ', WORD_ORGANISATION);
    add_list(table, "is", ' ', WORD_IS);
    add_list(table, "name", ' ', WORD_NAME);
    add_list(table, "not", ' ', WORD_NOT);
}

static void add_latin(struct word_table *table)
{
    struct arena a = { 0 };
    for (uint32_t c = LATIN_FIRST; c < LATIN_END; c++) {
        char bytes[8], *out = table->latin[c - LATIN_FIRST];
        struct str plain = utf8_strip_accents(&a, str_make(bytes, utf8_put(c, bytes)));
        if (plain.len >= sizeof table->latin[0])
            BUG("a letter of Latin becomes too long");
        memcpy(out, plain.ptr, plain.len);
    }
    arena_release(&a);
}

const char *word_table_latin(const struct word_table *table, uint32_t c)
{
    return c >= LATIN_FIRST && c < LATIN_END ? table->latin[c - LATIN_FIRST] : NULL;
}

int word_table_open(struct word_table **out, struct err *err)
{
    size_t size = sizeof(struct bucket) << BUCKET_BITS;
    struct word_table *table = calloc(1, sizeof *table);
    if (table)
        table->buckets = aligned_alloc(sizeof(struct bucket), size);
    if (!table || !table->buckets) {
        word_table_close(table);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    memset(table->buckets, 0, size);
    add_list(table, words_common(), '\n', WORD_COMMON);
    add_list(table, words_public(), '\n', WORD_PUBLIC);
    add_list(table, names_given(), '\n', WORD_GIVEN);
    add_list(table, names_family(), '\n', WORD_FAMILY);
    add_roles(table);
    add_leads(table, names_given(), '\n');
    add_leads(table, titles, ' ');
    add_leads(table, "name", ' ');
    add_common(table);
    add_latin(table);
    *out = table;
    return 0;
}

void word_table_close(struct word_table *table)
{
    if (!table)
        return;
    free(table->buckets);
    map_release(&table->longer);
    free(table);
}

const struct word_hints *word_table_hints(const struct word_table *table)
{
    return &table->hints;
}

unsigned word_table_find(const struct word_table *table, struct str word)
{
    if (word.len > SHORT) {
        if (!bits_have(table->heads, head_of(word)))
            return 0;
        size_t i = map_find(&table->longer, word);
        return i == SIZE_MAX ? 0 : (unsigned)table->longer.entries[i].value;
    }
    return word.len ? find_key(table, key_of(word.ptr, word.len)) : 0;
}

// ASCII letters of eight bytes in lower case (bytes are below 0x80).
static uint64_t lower_of(uint64_t x)
{
    uint64_t from_a = x + 0x3F3F3F3F3F3F3F3Full, past_z = x + 0x2525252525252525ull;
    return x | ((from_a & ~past_z & 0x8080808080808080ull) >> 2);
}

// Of 1 to SHORT bytes, in lower case.
static struct key read_key(struct str text, size_t at, size_t n)
{
    struct key key;
    if (at + sizeof key <= text.len) { // whole loads, then what is behind the word goes
        size_t n_low = n < 8 ? n : 8, n_high = n - n_low;
        memcpy(&key.low, text.ptr + at, 8);
        memcpy(&key.high, text.ptr + at + 8, 8);
        key.low &= ~(uint64_t)0 >> (64 - 8 * n_low);
        key.high &= ((uint64_t)1 << (8 * n_high)) - 1;
    } else {
        key = key_of(text.ptr + at, n);
    }
    return (struct key){ lower_of(key.low), lower_of(key.high) };
}

static unsigned find_long(const struct word_table *table, struct str word)
{
    char lower[64];
    if (word.len > sizeof lower)
        return 0;
    for (size_t i = 0; i < word.len; i++)
        lower[i] = (char)lower_of((unsigned char)word.ptr[i]);
    return word_table_find(table, str_make(lower, word.len));
}

unsigned word_table_find_at(const struct word_table *table, struct str text,
                            struct word_place place)
{
    if (place.len > SHORT)
        return find_long(table, str_make(text.ptr + place.start, place.len));
    return place.len ? find_key(table, read_key(text, place.start, place.len)) : 0;
}

static void find_longs(const struct word_table *table, struct str text,
                       const struct word_place *places, size_t n, uint16_t bits[WORD_MANY])
{
    for (size_t i = 0; i < n; i++)
        if (places[i].len > SHORT)
            bits[i] =
                (uint16_t)find_long(table, str_make(text.ptr + places[i].start, places[i].len));
}

void word_table_find_each(const struct word_table *table, struct str text,
                          const struct word_place *places, size_t n, uint16_t bits[WORD_MANY])
{
    struct key keys[WORD_MANY];
    memset(bits, 0, WORD_MANY * sizeof *bits);
    for (size_t i = 0; i < n; i++) {
        size_t len = places[i].len;
        keys[i] = (struct key){ 0, 0 };
        if (len > 0 && len <= SHORT)
            keys[i] = read_key(text, places[i].start, len);
        __builtin_prefetch(&table->buckets[place_of(keys[i])]);
    }
    for (size_t i = 0; i < n; i++)
        bits[i] = (uint16_t)(keys[i].low ? find_key(table, keys[i]) : 0);
    find_longs(table, text, places, n, bits);
}

static uint64_t which_each(const uint16_t bits[WORD_MANY], unsigned some)
{
    uint64_t which = 0;
    for (size_t i = 0; i < WORD_MANY; i++)
        which |= (uint64_t)((bits[i] & some) != 0) << i;
    return which;
}

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2")))

bool word_table_is_wide(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("bmi2");
}

// The bytes of a word in lower case; what is masked away is not read, so it may lie past the end.
WIDE static __m128i load_key(const char *p, size_t n)
{
    __m128i x = _mm_maskz_loadu_epi8((__mmask16)_bzhi_u32(0xFFFF, (unsigned)n), p);
    __m128i from_a = _mm_sub_epi8(x, _mm_set1_epi8('A'));
    __mmask16 capital = _mm_cmple_epu8_mask(from_a, _mm_set1_epi8('Z' - 'A'));
    return _mm_mask_add_epi8(x, capital, x, _mm_set1_epi8('a' - 'A'));
}

WIDE static void find_many_wide(const struct word_table *table, struct str text,
                                const struct word_place *places, size_t n, uint16_t bits[WORD_MANY])
{
    struct key keys[WORD_MANY];
    uint16_t at[WORD_MANY];
    uint32_t longest = 0;
    memset(bits, 0, WORD_MANY * sizeof *bits);
    for (size_t i = 0; i < n; i++) {
        size_t len = places[i].len <= SHORT ? places[i].len : 0;
        longest = places[i].len > longest ? places[i].len : longest;
        __m128i x = load_key(text.ptr + places[i].start, len);
        struct key key = { (uint64_t)_mm_cvtsi128_si64(x), (uint64_t)_mm_extract_epi64(x, 1) };
        at[i] = (uint16_t)place_of(key);
        __builtin_prefetch(&table->buckets[at[i]]);
        keys[i].low = key.low;
        keys[i].high = key.high;
    }
    for (size_t i = 0; i < n; i++) {
        const struct bucket *bucket = &table->buckets[at[i]];
        __m256i low = _mm256_load_si256((const __m256i *)(const void *)bucket->low);
        __m256i high = _mm256_load_si256((const __m256i *)(const void *)bucket->high);
        __m256i word = _mm256_and_si256(high, _mm256_set1_epi64x((long long)WORD_BITS));
        __mmask8 same = _mm256_cmpeq_epi64_mask(low, _mm256_set1_epi64x((long long)keys[i].low));
        same =
            _mm256_mask_cmpeq_epi64_mask(same, word, _mm256_set1_epi64x((long long)keys[i].high));
        uint64_t found = bucket->high[_tzcnt_u32(same | 8U)] >> 48;
        bits[i] = (uint16_t)(same && keys[i].low ? found : 0);
        if (!same && bucket->low[WAYS - 1])
            bits[i] = (uint16_t)find_key(table, keys[i]); // further on, it may be
    }
    if (longest > SHORT)
        find_longs(table, text, places, n, bits);
}

WIDE static uint64_t which_wide(const uint16_t bits[WORD_MANY], unsigned some)
{
    __m512i wanted = _mm512_set1_epi16((short)some);
    uint64_t low = _mm512_test_epi16_mask(_mm512_loadu_si512(bits), wanted);
    uint64_t high = _mm512_test_epi16_mask(_mm512_loadu_si512(bits + WORD_MANY / 2), wanted);
    return low | high << 32;
}
#else
bool word_table_is_wide(void)
{
    return false;
}
#define find_many_wide word_table_find_each
#define which_wide which_each
#endif

void word_table_find_many(const struct word_table *table, struct str text,
                          const struct word_place *places, size_t n, uint16_t bits[WORD_MANY])
{
    (word_table_is_wide() ? find_many_wide : word_table_find_each)(table, text, places, n, bits);
}

uint64_t word_table_which(const uint16_t bits[WORD_MANY], unsigned some)
{
    return (word_table_is_wide() ? which_wide : which_each)(bits, some);
}
