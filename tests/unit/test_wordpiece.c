// SPDX-License-Identifier: Apache-2.0
// Token ids against those that HuggingFace's tokenizers gave (tests/quality/record_embed.py), and
// vocabularies that are refused.
#include "embed/wordpiece.h"
#include "embed_models.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_IDS ((size_t)64) // as recorded

static struct arena arena;

static struct wordpiece *open_real(bool mpnet)
{
    const char *dir = installed_model(&arena, mpnet);
    struct str vocab;
    struct err err = { 0 };
    struct wordpiece *w = NULL;
    if (!dir)
        skip();
    assert_int_equal(file_read(&arena, path_join(&arena, str_of(dir), "vocab.txt").ptr,
                               (size_t)1 << 24, &vocab, &err),
                     0);
    assert_int_equal(wordpiece_open(&w, vocab, &err), 0);
    return w;
}

static size_t compare_case(const struct wordpiece *w, size_t i, const struct json *text,
                           const struct json *expected)
{
    uint32_t ids[MAX_IDS];
    size_t n = wordpiece_encode(w, json_str(text), &arena, ids, MAX_IDS);
    bool same = n == json_length(expected);
    for (size_t j = 0; j < n && same; j++) {
        int64_t id = -1;
        same = json_whole(json_element(expected, j), &id) && id == (int64_t)ids[j];
    }
    if (!same)
        print_error("case %zu differs\n", i);
    return !same;
}

static void compare_all(bool mpnet)
{
    struct wordpiece *w = open_real(mpnet);
    struct json *cases = read_test_json(&arena, "wordpiece_cases.json");
    size_t n_bad = 0;
    assert_true(json_length(cases) >= 200);
    for (size_t i = 0; i < json_length(cases); i++) {
        const struct json *one = json_element(cases, i);
        n_bad += compare_case(w, i, json_element(one, 0), json_element(one, mpnet ? 2 : 1));
    }
    assert_int_equal(n_bad, 0);
    json_close(cases);
    wordpiece_close(w);
}

static void test_bert_ids(void **state)
{
    (void)state;
    compare_all(false);
}

static void test_mpnet_ids(void **state)
{
    (void)state;
    compare_all(true);
}

static const char small[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nplay\n##ing\n##s\nthe\n.\n";

static void encode(const char *text, size_t len, size_t max, const char *expected)
{
    struct wordpiece *w = NULL;
    struct err err = { 0 };
    uint32_t ids[32];
    char got[256] = "";
    size_t at = 0;
    assert_int_equal(wordpiece_open(&w, STR_LIT(small), &err), 0);
    size_t n = wordpiece_encode(w, str_make(text, len), &arena, ids, max);
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(got + at, sizeof got - at, i ? " %u" : "%u", ids[i]);
    assert_string_equal(got, expected);
    wordpiece_close(w);
}

static void test_small_vocabulary(void **state)
{
    (void)state;
    encode("", 0, 32, "2 3");
    encode(NULL, 0, 32, "2 3");
    encode("PLAYING the plays.", 18, 32, "2 4 5 7 4 6 8 3");
    encode("playings", 8, 32, "2 4 5 6 3");
    encode("playx", 5, 32, "2 1 3"); // no piece for the rest: the whole word is unknown
    encode("the[SEP]the", 11, 32, "2 7 3 7 3");
    encode("play\0s", 6, 32, "2 4 6 3");          // controls are left out
    encode("pl\xFF" "ay \xC3", 7, 32, "2 4 3");   // so is what is no UTF-8
    encode("the the the the", 15, 4, "2 7 7 3");   // cut
    encode("the the the the", 15, 2, "2 3");
    encode("playing", 7, 3, "2 4 3");
}

static void test_bad_vocabularies(void **state)
{
    static const char *const bad[] = { "", "\n", "a\nb\nc\n", "[CLS]\n[SEP]\n", "[UNK]\n[CLS]\n",
                                       "[UNK]\n[CLS]\n[SEP]\nx\nx\n", "<s>\n[UNK]\n" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct wordpiece *w = NULL;
        struct err err = { 0 };
        assert_int_equal(wordpiece_open(&w, str_of(bad[i]), &err), ERR_DATA);
        assert_null(w);
    }
}

// A word without end and a text of nothing but what is left out must cost no memory.
static void test_long_texts(void **state)
{
    size_t len = (size_t)1 << 20;
    char *text = malloc(len);
    (void)state;
    memset(text, 'x', len);
    encode(text, len, 32, "2 1 3");
    memset(text, 1, len);
    encode(text, len, 32, "2 3");
    memset(text, '.', len);
    encode(text, len, 6, "2 8 8 8 8 3");
    free(text);
}

// As long as a model's longest text, a word less, and more.
static void test_the_longest_sequence(void **state)
{
    enum { MOST = 512, WORDS = 600 };
    char text[WORDS * 4];
    uint32_t ids[MOST];
    struct wordpiece *w = NULL;
    struct err err = { 0 };
    (void)state;
    for (size_t i = 0; i < WORDS; i++)
        memcpy(text + 4 * i, "the ", 4);
    assert_int_equal(wordpiece_open(&w, STR_LIT(small), &err), 0);
    for (size_t n_words = MOST - 3; n_words <= WORDS; n_words += n_words < MOST ? 1 : 44) {
        size_t want = size_min(n_words + 2, MOST);
        size_t n = wordpiece_encode(w, str_make(text, 4 * n_words), &arena, ids, MOST);
        assert_int_equal(n, want);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(ids[i], i == 0 ? 2 : i == n - 1 ? 3 : 7);
    }
    wordpiece_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bert_ids),         cmocka_unit_test(test_mpnet_ids),
        cmocka_unit_test(test_small_vocabulary), cmocka_unit_test(test_bad_vocabularies),
        cmocka_unit_test(test_long_texts),       cmocka_unit_test(test_the_longest_sequence),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return rc;
}
