// SPDX-License-Identifier: Apache-2.0
// The pure parts of asking a strong model: no parent with one child, samples of one an account,
// prompts whose places cannot be filled by conversations, and the gate for names.
#include "unit/check.h"

#include "ask/name_check.h"
#include "ask/prompt.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "cluster/sample.h"
#include "hierarchy/assign_parent.h"
#include "hierarchy/tree.h"

static struct err err;
static struct arena arena;

#define MOST 40
#define DIMS 6

static struct matrix draw(struct rng *rng, size_t n)
{
    float *data = arena_array(&arena, n * DIMS + 1, sizeof *data);
    for (size_t i = 0; i < n * DIMS; i++)
        data[i] = (float)rng_normal(rng);
    struct matrix m = matrix_view(data, n, DIMS);
    matrix_normalize(&m);
    return m;
}

static bool has(const uint32_t *list, size_t n, uint32_t x)
{
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found = found || list[i] == x;
    return found;
}

static void test_no_lone_child(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "lone");
    for (int round = 0; round < 2000; round++) {
        size_t n = 1 + rng_below(&rng, MOST), n_parents = 1 + rng_below(&rng, MOST), n_apart = 0;
        struct matrix children = draw(&rng, n), parents = draw(&rng, n_parents);
        struct votes votes[MOST] = { 0 }; // in every second round
        bool voted = round % 2;
        uint32_t parent[MOST], before[MOST];
        size_t size[MOST] = { 0 };
        for (size_t i = 0; i < n; i++) {
            parent[i] = rng_below(&rng, 10) ? (uint32_t)rng_below(&rng, n_parents) : TREE_APART;
            before[i] = parent[i];
            votes[i].n = rng_below(&rng, ASSIGN_VOTES + 1);
            for (size_t j = 0; j < votes[i].n; j++)
                votes[i].parent[j] = (uint32_t)rng_below(&rng, n_parents);
        }
        assign_without_lone(&children, &parents, voted ? votes : NULL, parent, n, &arena);
        for (size_t i = 0; i < n; i++)
            if (parent[i] == TREE_APART)
                n_apart += before[i] != TREE_APART;
            else
                size[parent[i]]++;
        for (size_t p = 0; p < n_parents; p++)
            assert_int_not_equal(size[p], 1);
        assert_true(voted || n_apart <= 1); // only where there is no other parent to go to
        for (size_t i = 0; voted && i < n; i++)
            assert_true(parent[i] == before[i] || parent[i] == TREE_APART ||
                        has(votes[i].parent, votes[i].n, parent[i]));
        arena_release(&arena);
    }
}

static void test_sample_is_the_best_of_each_account(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 2, "sample");
    struct sample sample = { 0 };
    double best[100];
    for (int i = 0; i < 100; i++)
        best[i] = 2;
    for (int i = 0; i < 5000; i++) {
        int64_t account = 1 + (int64_t)rng_below(&rng, 100);
        struct sampled s = { sample_draw(7, i), i, account, (uint64_t)i };
        if (s.rank < best[account - 1])
            best[account - 1] = s.rank;
        sample_offer(&sample, &s);
    }
    assert_int_equal(sample.n, SAMPLE_MOST);
    for (size_t i = 0; i < sample.n; i++) {
        assert_true(i == 0 || sample.items[i - 1].rank < sample.items[i].rank);
        assert_true(sample.items[i].rank == best[sample.items[i].account - 1]);
    }
    // The same letters count once, whatever stands between them; no account is like no other.
    struct sample few = { 0 };
    static const char *const texts[] = { "Plan a trip, 3 days", "plan A trip: 7 days!", "trips" };
    for (int i = 0; i < 3; i++) {
        struct sampled s = { i, i, 0, sample_hash(str_of(texts[i])) };
        sample_offer(&few, &s);
    }
    assert_int_equal(few.n, 2);
}

static void test_conversations_cannot_leave_their_place(void **state)
{
    (void)state;
    struct prompt prompt = { STR_LIT("head"), STR_LIT("<in>{notes}</in> {words}") };
    struct str note = prompt_fence(STR_LIT("a {words} </in>\nb\x01 c \xE2\x80\xA8 d"), 100, &arena);
    assert_text(note, "a {words} \xE2\x80\xB9/in\xE2\x80\xBA b c d");
    const struct prompt_value values[] = { { "notes", note }, { "words", STR_LIT("w") } };
    assert_text(prompt_fill(&prompt, values, 2, &arena),
                "<in>a {words} \xE2\x80\xB9/in\xE2\x80\xBA b c d</in> w");
    assert_text(prompt_answer(STR_LIT("<a>x</a> then <a> y </a>"), "a"), "y");
    assert_null(prompt_answer(STR_LIT("<a>never ends"), "a").ptr);
    struct str lines[4], list = STR_LIT("\n1. one\n2) two\n- three\n\n4 four\n5. five");
    assert_int_equal(prompt_list(list, lines, 4), 4);
    assert_text(lines[1], "two");
    assert_text(lines[3], "4 four");
    arena_release(&arena);
}

// Words that enough people of the group use.
static const char *shared_words = "plan trip city hotel ada byron hopper trip grace";

static enum name_fault judge_in(const char *language, const char *summary, const char *title)
{
    static struct scanner *scanner;
    struct support support = { 0 };
    struct map taken = { 0 };
    struct name name;
    enum name_fault fault;
    if (!scanner)
        assert_ok(scan_open(&scanner, &err));
    support_add(&support, str_of(shared_words));
    map_add(&taken, STR_LIT("plan trips"), 0, NULL);
    struct str reply =
        arena_printf(&arena, "<summary>%s</summary><title>%s</title>", summary, title);
    struct name_gate gate = { scanner, &support, &taken, language };
    name_read(reply, &gate, STR_LIT("Plan city trips"), &arena, &name, &fault);
    if (fault == NAME_GOOD)
        assert_true(name.title.len && name.summary.len);
    support_release(&support);
    map_release(&taken);
    return fault;
}

static enum name_fault judge(const char *summary, const char *title)
{
    return judge_in("English", summary, title);
}

// Titles in scripts with other stops, with marks in words, and without spaces between them.
static void test_names_in_other_scripts(void **state)
{
    static const struct {
        const char *language, *summary, *title, *other; // the other has a word of nobody's
    } rows[] = {
        {
            "Hindi",
            "लोगों ने यात्राओं की योजना बनाई। उन्होंने होटलों के बारे में पूछा।",
            "यात्राओं की योजना",
            "शादी की योजना",
        },
        {
            "Japanese",
            "人々は旅行を計画しました。ホテルについて尋ねました。",
            "旅行の計画",
            "結婚の計画",
        },
    };
    const char *before = shared_words;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        shared_words = arena_printf(&arena, "%s %s", rows[i].summary, rows[i].title).ptr;
        assert_int_equal(judge_in(rows[i].language, rows[i].summary, rows[i].title), NAME_GOOD);
        assert_int_equal(judge_in(rows[i].language, rows[i].summary, rows[i].other), NAME_WORDS);
        assert_int_equal(judge_in("German", rows[i].summary, rows[i].title), NAME_LANGUAGE);
    }
    shared_words = before;
    arena_release(&arena);
}

static void test_gate_for_names(void **state)
{
    static const char good[] = "People planned trips to a city. They asked about hotels.";
    (void)state;
    assert_int_equal(judge(good, "Plan a trip to a city"), NAME_GOOD);
    assert_int_equal(judge(good, "\"Plan a trip.\""), NAME_GOOD);
    assert_int_equal(judge(good, ""), NAME_FORM);
    assert_int_equal(judge(good, "plan a trip to a city and a trip to a city"), NAME_FORM);
    assert_int_equal(judge(good, "Plan <b>trips</b>"), NAME_FORM);
    assert_int_equal(judge(good, "Plan\ntrips"), NAME_FORM);
    assert_int_equal(judge("People asked. They asked. They asked. More.", "Trip"), NAME_FORM);
    assert_int_equal(judge(good, "Plan a wedding"), NAME_WORDS);
    assert_int_equal(judge("People planned weddings in a city.", "Plan a trip"), NAME_WORDS);
    assert_int_equal(judge(good, "Plan a trip with Ada Byron"), NAME_PRIVATE);
    assert_int_equal(judge(good, "Plan trips with grace hopper"), NAME_PRIVATE); // ordinary words
    assert_int_equal(judge("They asked about grace. Hopper asked.", "Plan a trip"), NAME_PRIVATE);
    assert_int_equal(judge("Hopper trips of a city.", "Plan a trip by grace"), NAME_PRIVATE);
    assert_int_equal(judge("Trips of a hopper to a city.", "Plan a trip by grace"), NAME_GOOD);
    assert_int_equal(judge(good, "Plan trips"), NAME_SAME);
    assert_int_equal(judge(good, "Plan city trips"), NAME_GOOD); // its own
    // The form of other scripts: their stops, and no spaces between words.
    static const char *const two[] = {
        "लोगों ने यात्राओं की योजना बनाई। उन्होंने होटलों के बारे में पूछा।",
        "人々は旅行を計画しました。ホテルについて尋ねました。",
        "人们计划去城市旅行。他们询问了酒店的情况。",
        "ผู้คนวางแผนการเดินทางไปยังเมือง พวกเขาถามเกี่ยวกับโรงแรม",
    };
    for (size_t i = 0; i < COUNT_OF(two); i++)
        assert_int_equal(judge(two[i], "Plan a trip"), NAME_LANGUAGE);
    assert_int_equal(judge("計画しました。尋ねました。答えました。", "Plan a trip"), NAME_FORM);
    // bounds are of characters, whatever bytes they take
    struct str title = STR_LIT("旅"), summary = STR_LIT("人々は旅行を計画しました");
    for (size_t i = 1; i < NAME_TITLE_CHARACTERS; i++)
        title = arena_printf(&arena, "%.*s旅", STR_ARG(title));
    while (utf8_count(summary) < NAME_SUMMARY_CHARACTERS - 1)
        summary = arena_printf(&arena, "%.*s旅", STR_ARG(summary));
    summary = arena_printf(&arena, "%.*s。", STR_ARG(summary));
    assert_text(name_line(title), title.ptr);
    assert_int_equal(judge(summary.ptr, title.ptr), NAME_LANGUAGE);
    title = arena_printf(&arena, "%.*s旅", STR_ARG(title));
    assert_int_equal(judge(summary.ptr, title.ptr), NAME_FORM);
    summary = arena_printf(&arena, "旅%.*s", STR_ARG(summary));
    assert_int_equal(judge(summary.ptr, "旅行"), NAME_FORM);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_lone_child),
        cmocka_unit_test(test_sample_is_the_best_of_each_account),
        cmocka_unit_test(test_conversations_cannot_leave_their_place),
        cmocka_unit_test(test_gate_for_names),
        cmocka_unit_test(test_names_in_other_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
