// SPDX-License-Identifier: Apache-2.0
// The table of words and the masks of bytes: what is made for many at once, with whatever this CPU
// has, is what the plain forms say one by one.
#include "unit/scan_fixture.h"

#include "scan/byte_mask.h"
#include "scan/word_list.h"

#define TEXT ((size_t)4096)

// Every word of a list is in it, and says so of no list that it is not in.
static void words_are_found(void **state)
{
    struct str rest = str_of(names_given()), word;
    size_t n = 0;
    (void)state;
    for (; str_cut(&rest, '\n', &word); n++)
        if (word.len)
            assert_true(word_table_find(table, word) & WORD_GIVEN);
    assert_true(n > 5000);
    assert_int_equal(word_table_find(table, STR_LIT("table")) & WORD_LISTS, WORD_COMMON);
    assert_int_equal(word_table_find(table, STR_LIT("tabl")), 0);
    assert_int_equal(word_table_find(table, STR_LIT("tablequorvath")), 0);
    assert_int_equal(word_table_find(table, STR_LIT("incomprehensibilitys")), 0);
    assert_int_equal(word_table_find(table, STR_LIT("")), 0);
}

// A text of words of the lists in any case, and of others, without gaps; how long each is.
static size_t make_text(struct rng *rng, const char *list, char text[TEXT],
                        struct word_place places[WORD_MANY])
{
    size_t at = 0, n_list = strlen(list);
    for (size_t i = 0; i < WORD_MANY; i++) {
        struct str rest = str_from(str_of(list), rng_below(rng, n_list - 100)), word = { 0 };
        str_cut(&rest, '\n', &word);
        str_cut(&rest, '\n', &word);
        size_t extra = rng_below(rng, 4) ? 0 : rng_below(rng, 3);
        if (i % 16 == 0)
            extra = rng_below(rng, 70);
        if (i % 9 == 0)
            word.len = size_min(word.len, rng_below(rng, 4));
        places[i] = (struct word_place){ (uint32_t)at, (uint32_t)(word.len + extra) };
        memcpy(text + at, word.ptr, word.len);
        memset(text + at + word.len, 'e', extra);
        for (size_t c = at; c < at + word.len; c++)
            if (text[c] >= 'a' && text[c] <= 'z' && rng_below(rng, 3) == 0)
                text[c] = (char)(text[c] & ~0x20);
        at += word.len + extra;
    }
    return at;
}

static unsigned find_lower(const char *text, struct word_place place)
{
    char lower[128];
    if (place.len > 64)
        return 0;
    for (size_t i = 0; i < place.len; i++) {
        char c = text[place.start + i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return word_table_find(table, str_make(lower, place.len));
}

static void many_are_as_one(void **state)
{
    const char *lists[] = { words_common(), names_given(), names_family(), words_public() };
    struct rng rng;
    size_t n_known = 0;
    (void)state;
    rng_init(&rng, 1, "words");
    for (size_t round = 0; round < 400; round++) {
        struct word_place places[WORD_MANY];
        uint16_t many[WORD_MANY], each[WORD_MANY];
        char *text = arena_array(&arena, TEXT, 1); // its end is that of the last word
        size_t len = make_text(&rng, lists[round % COUNT_OF(lists)], text, places);
        struct str whole = str_make(memcpy(arena_array(&arena, len + 1, 1), text, len), len);
        size_t n = WORD_MANY - rng_below(&rng, 3);
        word_table_find_many(table, whole, places, n, many);
        word_table_find_each(table, whole, places, n, each);
        uint64_t given = word_table_which(many, WORD_GIVEN | WORD_TITLE);
        for (size_t i = 0; i < WORD_MANY; i++) {
            unsigned one = i < n ? find_lower(whole.ptr, places[i]) : 0;
            assert_int_equal(many[i], one);
            assert_int_equal(each[i], one);
            if (i < n)
                assert_int_equal(word_table_find_at(table, whole, places[i]), one);
            assert_int_equal(given >> i & 1, (one & (WORD_GIVEN | WORD_TITLE)) != 0);
            n_known += one != 0;
        }
    }
    assert_true(n_known > 10000);
    assert_true(n_known < 25600);
}

// Of every word of the lists: what leads has its hint, what is called common is known and short.
static void hints_hold(void **state)
{
    const char *lists[] = { words_common(), names_given(), names_family(), words_public(),
                            "mr mrs dr herr mlle professor name" };
    const struct word_hints *hints = word_table_hints(table);
    size_t n_leads = 0, n_words = 0, n_common = 0;
    (void)state;
    for (size_t list = 0; list < COUNT_OF(lists); list++)
        for (const char *p = lists[list]; *p; p += strcspn(p, "\n "), p += *p != 0) {
            struct str word = str_make(p, strcspn(p, "\n "));
            uint64_t key = 0;
            memcpy(&key, word.ptr, size_min(word.len, HINT_BYTES));
            bool leads = word_leads(word_table_find(table, word));
            if (leads)
                assert_true(word_hints_lead(hints, key));
            if (word_hints_common(hints, key)) {
                unsigned bits = word_table_find(table, word);
                assert_true(word.len < HINT_BYTES);
                assert_int_equal(bits & (WORD_KNOWN | WORD_GIVEN | WORD_TITLE | WORD_NAME),
                                 bits & WORD_KNOWN);
                assert_true(bits & WORD_KNOWN);
                n_common++;
            }
            n_leads += !leads && word_hints_lead(hints, key);
            n_words += !leads;
        }
    assert_true(n_common > 100);
    assert_true(n_leads * 20 < n_words); // it would be of no use
}

static void places_are_those_of_bits(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 3, "places");
    for (size_t round = 0; round < 2000; round++) {
        uint64_t bits[4];
        uint32_t plain[256 + PLACES_MORE], places[256 + PLACES_MORE];
        size_t n = 0;
        for (size_t i = 0; i < COUNT_OF(bits); i++) {
            bits[i] = rng_next(&rng);
            for (size_t k = rng_below(&rng, 5); k > 0; k--)
                bits[i] &= rng_next(&rng);
            n += (size_t)__builtin_popcountll(bits[i]);
        }
        byte_places_plain(bits, COUNT_OF(bits), plain);
        byte_places(bits, COUNT_OF(bits), places);
        assert_memory_equal(plain, places, n * sizeof *plain);
        for (size_t i = 0; i < n; i++) {
            assert_true(bits[plain[i] / 64] >> plain[i] % 64 & 1);
            assert_true(i == 0 || plain[i - 1] < plain[i]);
        }
    }
}

static bool mask_bit(uint64_t mask, size_t i)
{
    return mask >> i % MASK_BYTES & 1;
}

static void masks_say_what_bytes_are(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 2, "bytes");
    for (size_t len = 0; len < 300; len++) {
        char *bytes = arena_array(&arena, len + 1, 1);
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)rng_below(&rng, 256);
        struct byte_masks masks = byte_masks_of(str_make(bytes, len), &arena);
        struct byte_masks plain = byte_masks_of(str_make(bytes, len), &arena);
        byte_masks_fill_plain(&plain, bytes, 0, len / MASK_BYTES);
#define FIELD(name)                                                                                \
    assert_memory_equal(plain.name - 1, masks.name - 1, (masks.n + 1) * sizeof *masks.name);
        BYTE_FIELDS(FIELD)
#undef FIELD
        for (size_t i = 0; i < size_round_up(masks.n, MASKS_EACH) * MASK_BYTES; i++) {
            size_t k = i / MASK_BYTES;
            unsigned char c = i < len ? (unsigned char)bytes[i] : 0;
            bool digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'z';
            bool capital = c >= 'A' && c <= 'Z', word = digit || small || capital;
            assert_int_equal(mask_bit(masks.digit[k], i), digit);
            assert_int_equal(mask_bit(masks.small[k], i), small);
            assert_int_equal(mask_bit(masks.capital[k], i), capital);
            assert_int_equal(mask_bit(masks.word[k], i), word);
            assert_int_equal(mask_bit(masks.high[k], i), c >= 0x80);
            assert_int_equal(mask_bit(masks.apostrophe[k], i), c == '\'');
            assert_int_equal(mask_bit(masks.run[k], i), word || (c && strchr("+/_=-", c)));
            assert_int_equal(mask_bit(masks.space[k], i), c == ' ');
            assert_int_equal(mask_bit(masks.point[k], i), c == '.');
            assert_int_equal(mask_bit(masks.hyphen[k], i), c == '-');
            assert_int_equal(mask_bit(masks.colon[k], i), c == ':');
            assert_int_equal(mask_bit(masks.joint[k], i), c && strchr(" ()+-./", c));
            assert_int_equal(mask_bit(masks.grouped[k], i), c == '_' || c == '*');
            assert_int_equal(mask_bit(masks.sign[k], i), c && strchr("@%&<\\/", c));
            assert_int_equal(mask_bit(masks.part[k], i), c && strchr("=)]}", c));
            assert_int_equal(mask_bit(masks.tail[k], i),
                             c && strchr(" \t\n\v\f\r\"'dentyDENTY", c));
            assert_int_equal(mask_bit(masks.i[k], i), c == 'i' || c == 'I');
            assert_int_equal(mask_bit(masks.s[k], i), c == 's' || c == 'S');
            assert_int_equal(mask_bit(masks.o[k], i), c == 'o' || c == 'O');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_found),
        cmocka_unit_test(many_are_as_one),
        cmocka_unit_test(hints_hold),
        cmocka_unit_test(places_are_those_of_bits),
        cmocka_unit_test(masks_say_what_bytes_are),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
