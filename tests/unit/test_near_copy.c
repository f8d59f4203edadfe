// SPDX-License-Identifier: Apache-2.0
// Near-copies: a template with another word in it is one, another text is none, families do not
// chain, and short texts are let be.
#include "base/rng.h"
#include "base/stop.h"
#include "privacy/near_copy.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;

static struct sketch sketch_of(struct str text)
{
    struct sketch sketch;
    sketch_make(&sketch, text, &arena);
    return sketch;
}

// n words of a made-up language, the same for the same seed; every `change`-th is another.
static struct str make_text(uint64_t seed, size_t n, size_t change, uint64_t other)
{
    struct rng same, changed;
    char *text = arena_alloc(&arena, 8 * n + 1);
    rng_init(&same, seed, "same");
    rng_init(&changed, other, "changed");
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 7; j++) {
            char kept = (char)('a' + rng_below(&same, 26));
            char drawn = (char)('a' + rng_below(&changed, 26));
            text[8 * i + j] = change && i % change == 0 ? drawn : kept;
        }
        text[8 * i + 7] = ' ';
    }
    return str_make(text, 8 * n);
}

static void spelling_does_not_matter(void **state)
{
    (void)state;
    struct sketch a = sketch_of(STR_LIT("Act as a writer: produce a long article about gardens in "
                                        "spring, in British English, with headings."));
    struct sketch b = sketch_of(STR_LIT("act as a WRITER - produce a long article about gardens in "
                                        "spring (in British English!) with headings"));
    assert_true(a.there && b.there);
    assert_true(sketch_likeness(&a, &b) == 1.0);
}

static void short_texts_have_no_sketch(void **state)
{
    (void)state;
    assert_false(sketch_of(STR_LIT("")).there);
    assert_false(
        sketch_of(STR_LIT("tell me a joke about a cat and a dog who live in one house")).there);
    assert_false(
        sketch_of(STR_LIT("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"
                          "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"))
            .there);
}

// The estimate is within what 64 values give (four deviations) of shingles that were counted.
static void likeness_is_about_right(void **state)
{
    (void)state;
    double sum = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sketch a = sketch_of(make_text(seed, 60, 0, 0));
        struct sketch b = sketch_of(make_text(seed, 60, 20, seed + 1000));
        // Three words in 60 differ: 22 + 22 + 15 of 464 shingles hold a changed letter.
        double likeness = sketch_likeness(&a, &b), wanted = (464.0 - 61) / (464.0 + 61);
        assert_true(likeness > wanted - 0.22 && likeness < wanted + 0.22);
        sum += likeness / 200;
    }
    assert_true(sum > 0.74 && sum < 0.80);
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct sketch a = sketch_of(make_text(seed, 60, 0, 0));
        struct sketch b = sketch_of(make_text(seed + 5000, 60, 0, 0));
        assert_true(sketch_likeness(&a, &b) < 0.1);
    }
}

// 1,000 texts, each followed by a near-copy and by an unrelated text.
static void finds_families(void **state)
{
    enum { N = 3000 };
    static struct sketch sketches[N];
    static uint32_t first[N];
    size_t n_found = 0;
    struct err err = { 0 };
    (void)state;
    for (size_t i = 0; i < N; i += 3) {
        struct arena_mark start = arena_save(&arena);
        sketches[i] = sketch_of(make_text(i, 200, 0, 0));
        sketches[i + 1] = sketch_of(make_text(i, 200, 100, i));
        sketches[i + 2] = sketch_of(make_text(i + 1, 200, 0, 0));
        arena_rewind(&arena, start);
    }
    assert_int_equal(near_copy_find(sketches, N, &arena, first, &err), 0);
    for (size_t i = 0; i < N; i += 3) {
        assert_int_equal(first[i], NEAR_NONE);
        assert_int_equal(first[i + 2], NEAR_NONE);
        assert_true(first[i + 1] == NEAR_NONE || first[i + 1] == i);
        n_found += first[i + 1] == i;
    }
    print_message("%zu of 1000 near-copies found\n", n_found);
    assert_true(n_found >= 990);
}

// Each text differs a little from the one before: the family ends where the first is far.
static void families_do_not_chain(void **state)
{
    enum { N = 100 };
    struct sketch sketches[N];
    uint32_t first[N];
    size_t n_firsts = 0;
    struct err err = { 0 };
    (void)state;
    char *text = arena_copy(&arena, make_text(1, 100, 0, 0));
    struct str other = make_text(2, 100, 0, 0);
    for (size_t i = 0; i < N; i++) {
        memcpy(text + 8 * i, other.ptr + 8 * i, 8);
        sketches[i] = sketch_of(str_make(text, other.len));
    }
    assert_int_equal(near_copy_find(sketches, N, &arena, first, &err), 0);
    for (size_t i = 0; i < N; i++) {
        n_firsts += first[i] == NEAR_NONE;
        if (first[i] == NEAR_NONE)
            continue;
        assert_int_equal(first[first[i]], NEAR_NONE);
        assert_true(sketch_likeness(&sketches[i], &sketches[first[i]]) >= 0.79);
    }
    assert_true(n_firsts >= 5 && n_firsts <= 60);
}

// A text that is near to two others which are not near to each other goes with the earlier one.
static void the_earliest_is_first(void **state)
{
    enum { CHANGED = 9 * 8 };
    size_t n_tried = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct arena_mark start = arena_save(&arena);
        struct str text = make_text(seed, 100, 0, 0), other = make_text(seed + 5000, 100, 0, 0);
        struct sketch sketches[3];
        uint32_t first[3];
        struct err err = { 0 };
        char *copy = arena_copy(&arena, text);
        memcpy(copy, other.ptr, CHANGED);
        sketches[0] = sketch_of(str_make(copy, text.len));
        memcpy(copy, text.ptr, CHANGED);
        memcpy(copy + text.len - CHANGED, other.ptr, CHANGED);
        sketches[1] = sketch_of(str_make(copy, text.len));
        sketches[2] = sketch_of(text);
        assert_int_equal(near_copy_find(sketches, 3, &arena, first, &err), 0);
        if (sketch_equal(&sketches[0], &sketches[2]) >= NEAR_VALUES && first[1] == NEAR_NONE) {
            assert_int_equal(first[2], 0);
            n_tried++;
        }
        arena_rewind(&arena, start);
    }
    print_message("%zu of 200 tried\n", n_tried);
    assert_true(n_tried >= 20);
}

static void hears_a_signal(void **state)
{
    struct sketch sketches[2] = { 0 };
    uint32_t first[2];
    struct err err = { 0 };
    (void)state;
    stop_request(SIGINT);
    int rc = near_copy_find(sketches, 2, &arena, first, &err);
    stop_request(0);
    assert_int_equal(rc, ERR_INTERRUPTED);
}

static void memory_that_is_not_there_is_an_error(void **state)
{
    struct err err = { 0 };
    (void)state;
    assert_int_equal(near_copy_find(NULL, (size_t)1 << 58, &arena, NULL, &err), ERR_UNAVAILABLE);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spelling_does_not_matter),
        cmocka_unit_test(short_texts_have_no_sketch),
        cmocka_unit_test(likeness_is_about_right),
        cmocka_unit_test(finds_families),
        cmocka_unit_test(families_do_not_chain),
        cmocka_unit_test(the_earliest_is_first),
        cmocka_unit_test(hears_a_signal),
        cmocka_unit_test(memory_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
