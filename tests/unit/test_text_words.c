// SPDX-License-Identifier: Apache-2.0
// The words of a text: where they are is what reading it character by character says, and nothing
// that a rule can begin with is left out.
#include "unit/scan_fixture.h"

#include "base/utf8.h"
#include "scan/text_words.h"

// With what this CPU has, which is the same as without.
static struct text_words read_text(struct str text)
{
    struct text_words words, plain;
    struct byte_masks *masks = arena_alloc(&arena, sizeof *masks);
    *masks = byte_masks_of(text, &arena);
    text_words_read(&words, table, masks, &arena);
    text_words_read_plain(&plain, table, masks, &arena);
    assert_int_equal(words.n, plain.n);
    assert_int_equal(words.english, plain.english);
    assert_int_equal(words.n_telling, plain.n_telling);
    assert_memory_equal(words.telling, plain.telling, words.n_telling * sizeof *words.telling);
    return words;
}

// Letters, digits, apostrophes of both sorts, accents alone, other scripts, broken bytes, words.
static struct str make_text(struct rng *rng, size_t len)
{
    static const char *const pieces[] = { "a",
                                          "b",
                                          "e",
                                          "S",
                                          "T",
                                          "7",
                                          "0",
                                          "'",
                                          "'s",
                                          "\xe2\x80\x99",
                                          "\xe2\x80\x99s",
                                          " ",
                                          ". ",
                                          "-",
                                          "\xc3\xa9",
                                          "\xc3\x89",
                                          "\xcc\x81",
                                          "\xe4\xb8\xad",
                                          "\xd0\x96",
                                          "\xe2\x80\x94",
                                          "\xff",
                                          "\xe2\x80",
                                          "the ",
                                          " Ada",
                                          " quorvath",
                                          " mr ",
                                          "name",
                                          "\n",
                                          "@",
                                          "_" };
    return text_of_pieces(rng, pieces, COUNT_OF(pieces), 40, 150, len);
}

static bool is_inside(uint32_t c)
{
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

// The next word at or behind *at, character by character.
static bool next_word(struct str text, size_t *at, struct word_place *word)
{
    size_t start = *at, next = *at;
    while (start < text.len && !is_inside(utf8_next(text, &next)))
        start = next;
    if (start == text.len)
        return false;
    for (next = *at = start; next < text.len;) {
        uint32_t c = utf8_next(text, &next);
        size_t after = next;
        bool joins =
            (c == '\'' || c == 0x2019) && after < text.len && is_inside(utf8_next(text, &after));
        if (!is_inside(c) && !joins)
            break;
        *at = next;
    }
    *word = (struct word_place){ (uint32_t)start, (uint32_t)(*at - start) };
    return true;
}

static bool is_telling(const struct text_words *words, size_t i)
{
    for (size_t k = 0; k < words->n_telling; k++)
        if (words->telling[k] == i)
            return true;
    return false;
}

static void words_are_where_they_are(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "text");
    for (size_t round = 0; round < 3000; round++) {
        struct arena_mark mark = arena_save(&arena);
        struct str text = make_text(&rng, rng_below(&rng, 400));
        struct text_words words = read_text(text);
        struct word_place word;
        size_t at = 0, i = 0, n_letters = 0, n_known = 0;
        bool ascii = true;
        for (; next_word(text, &at, &word); i++) {
            assert_true(i < words.n);
            assert_int_equal(words.starts[i], word.start);
            assert_int_equal(words.ends[i], word.start + word.len);
            struct str lower = text_words_lower(&words, i, &arena);
            unsigned bits = word_table_find(table, lower);
            assert_int_equal(text_words_bits(&words, i) & 1023, bits);
            assert_int_equal(text_words_lower_len(&words, i), lower.len);
            n_letters += text_words_is_letters(&words, i);
            n_known += (bits & WORD_KNOWN) != 0;
            if (word_leads(bits) || (text_words_is_upper(&words, i) && !(bits & WORD_KNOWN)))
                assert_true(is_telling(&words, i));
        }
        assert_int_equal(i, words.n);
        for (i = 0; i < text.len; i++)
            ascii = ascii && (unsigned char)text.ptr[i] < 0x80;
        assert_int_equal(words.english, n_letters <= 4 ? ascii : n_known * 5 >= n_letters * 2);
        arena_rewind(&arena, mark);
    }
}

static void case_is_told(void **state)
{
    struct str text = STR_LIT("JavaScript  NASA's \xc3\x89"
                              "cole \xc3\xa9"
                              "cole 1st iPhone's don't");
    static const struct {
        bool upper, inner, letters;
        size_t lower_len;
    } want[] = { { true, true, true, 10 },  { true, false, true, 4 },   { true, false, true, 5 },
                 { false, false, true, 5 }, { false, false, false, 3 }, { false, true, true, 6 },
                 { false, false, true, 5 } };
    struct text_words words = read_text(text);
    (void)state;
    assert_int_equal(words.n, COUNT_OF(want));
    for (size_t i = 0; i < words.n; i++) {
        assert_int_equal(text_words_is_upper(&words, i), want[i].upper);
        assert_int_equal(text_words_has_inner(&words, i), want[i].inner);
        assert_int_equal(text_words_is_letters(&words, i), want[i].letters);
        assert_int_equal(text_words_lower_len(&words, i), want[i].lower_len);
    }
}

// The most common words are known without being looked up, and count once, with a capital as well:
// two known ones of ten are too few for English, four are enough.
static void common_words_count_once(void **state)
{
    static const struct {
        const char *text;
        bool english;
    } rows[] = {
        { "the the qqx wwx eex rrx ttx yyx uux iix", false },
        { "The The qqx wwx eex rrx ttx yyx uux iix", false },
        { "The the qqx wwx eex rrx ttx yyx The the", true },
        { "qqx wwx eex rrx ttx yyx uux iix the The", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(read_text(str_of(rows[i].text)).english, rows[i].english);
}

// One word longer than any number of 64 bits, capitals at the ends of some.
static void long_words_are_whole(void **state)
{
    char *text = memset(arena_array(&arena, 1000, 1), 'x', 1000);
    (void)state;
    for (size_t at = 1; at < 999; at++) {
        text[at] = 'X';
        text[999] = ' ';
        struct text_words words = read_text(str_make(text, 1000));
        assert_int_equal(words.n, 1);
        assert_int_equal(words.ends[0], 999);
        assert_true(text_words_has_inner(&words, 0));
        assert_true(is_telling(&words, 0));
        text[at] = 'x';
    }
}

// Letters of Latin lose their accents by a table: as utf8_strip_accents says, between others too.
static void latin_loses_accents(void **state)
{
    (void)state;
    for (uint32_t c = 0x80; c < 0x300; c++) {
        struct arena_mark mark = arena_save(&arena);
        char bytes[16] = "Xa";
        size_t n = 2 + utf8_put(c, bytes + 2);
        bytes[n++] = 'B';
        n += utf8_put(0xE9, bytes + n);
        struct str text = str_make(bytes, n);
        struct byte_masks masks = byte_masks_of(text, &arena);
        struct text_words words;
        text_words_read(&words, table, &masks, &arena);
        if (words.n == 1) {
            struct str want = utf8_strip_accents(&arena, text);
            struct str lower = text_words_lower(&words, 0, &arena);
            assert_true(str_equal(lower, want));
        }
        arena_rewind(&arena, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_where_they_are), cmocka_unit_test(case_is_told),
        cmocka_unit_test(long_words_are_whole),     cmocka_unit_test(latin_loses_accents),
        cmocka_unit_test(common_words_count_once),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
