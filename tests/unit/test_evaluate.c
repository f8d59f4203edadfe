// SPDX-License-Identifier: Apache-2.0
// Scores of reconstruction against figures computed by hand, labels out of a TSV, and what changed
// between two atlases.
#include "unit/check.h"

#include "base/file.h"
#include "evaluate/diff.h"
#include "evaluate/plant.h"
#include "evaluate/reconstruct.h"
#include "evaluate/truth.h"
#include "store/atlas_write.h"

#include <math.h>

static struct err err;
static struct arena arena;
static char dir[256];

static void test_scores(void **state)
{
    // Category 0: two of three right; 1: both right and one more said; 2: none found (apart).
    static const uint32_t truth[] = { 0, 0, 0, 1, 1, 2 };
    static const uint32_t found[] = { 0, 0, 1, 1, 1, UINT32_MAX };
    struct score score;
    (void)state;
    score_measure(truth, found, 6, 4, &arena, &score);
    assert_int_equal(score.n, 6);
    assert_int_equal(score.n_right, 4);
    double f1 = (2.0 * 2 / (3 + 2) + 2.0 * 2 / (2 + 3) + 0) / 3; // category 3 does not occur
    assert_true(fabs(score.macro_f1 - f1) < 1e-12);
    score_measure(truth, truth, 6, 4, &arena, &score);
    assert_true(score.n_right == 6 && score.macro_f1 == 1);
    score_measure(truth, truth, 0, 4, &arena, &score);
    assert_true(score.n == 0 && score.macro_f1 == 0);
}

static int read_labels(const char *text, struct truth *truth)
{
    struct str path = path_join(&arena, str_of(dir), "truth.tsv");
    *truth = (struct truth){ 0 };
    err_clear(&err);
    assert_ok(file_write(path.ptr, str_of(text), &err));
    return truth_read(truth, path.ptr, &arena, &err);
}

static void test_labels(void **state)
{
    struct truth t;
    (void)state;
    assert_ok(read_labels("id\tintent\tdomain\tlanguage\na\tx\tp\tThai\r\nb\ty\tp\tThai\n", &t));
    assert_true(t.n_columns == 2 && t.has_language && t.ids.n == 2 && t.labels[0].n == 2);
    assert_int_equal(t.labels[2].n, 1);
    truth_release(&t);
    assert_ok(read_labels("id\tlanguage\na\tThai\n", &t)); // alone it is the label
    assert_true(t.n_columns == 1 && !t.has_language);
    truth_release(&t);
    static const char *const bad[] = { "id\tx\na\tp\na\tq\n", "id\tx\na\n", "id\tx\na\tp\tq\n",
                                       "id\tx\n", "id\ta\tb\tc\nx\t1\t2\t3\n" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_error(read_labels(bad[i], &t), ERR_DATA);
        truth_release(&t);
    }
}

struct node {
    int64_t id, parent;
    int level, n;
    const char *title;
    const char *phrases[3];
};

static struct str make(const char *name, const struct node *list, size_t n)
{
    struct atlas_writer *w;
    struct str path = path_join(&arena, str_of(dir), name);
    assert_ok(atlas_writer_open(&w, path.ptr, &err));
    for (size_t i = 0; i < n; i++) {
        struct atlas_new_cluster c = { .id = list[i].id,
                                       .parent_id = list[i].parent,
                                       .level = list[i].level,
                                       .title = { str_of(list[i].title) },
                                       .summary = { STR_LIT("x") },
                                       .n_conversations = list[i].n,
                                       .n_accounts = list[i].n };
        assert_ok(atlas_add_cluster(w, &c, &err));
        for (int j = 0; j < 3 && list[i].phrases[j]; j++)
            assert_ok(atlas_add_phrase(w, c.id, j, (struct clean){ str_of(list[i].phrases[j]) }, 0,
                                       &err));
    }
    assert_ok(atlas_writer_finish(w, &err));
    return path;
}

static struct str diff(struct str before, struct str after, bool json)
{
    struct atlas *a, *b;
    struct buf out;
    buf_init(&out, 1 << 16, "diff");
    assert_ok(atlas_open(&a, before.ptr, &err));
    assert_ok(atlas_open(&b, after.ptr, &err));
    assert_ok(evaluate_diff(a, b, NULL, json, &out, &err));
    struct str text = arena_str(&arena, buf_view(&out));
    buf_release(&out);
    atlas_close(a);
    atlas_close(b);
    return text;
}

static void test_diff(void **state)
{
    static const struct node old[] = {
        { 1, 0, 1, 90, "Garden", { "garden" } },
        { 2, 0, 1, 80, "Kitchen", { "kitchen" } },
        { 3, 1, 0, 50, "Apple trees", { "apple", "tree", "prune" } },
        { 4, 1, 0, 40, "Lawn", { "lawn", "grass" } },
        { 5, 2, 0, 45, "Bread", { "bread", "oven" } },
        { 6, 2, 0, 35, "Knives", { "knife", "sharpen" } },
    };
    static const struct node new[] = {
        { 1, 0, 1, 95, "Garden", { "garden" } },
        { 2, 0, 1, 85, "Kitchen", { "kitchen" } },
        { 3, 1, 0, 55, "Prune apple trees", { "apple", "prune", "cut" } }, // renamed
        { 4, 2, 0, 40, "Lawn", { "lawn", "grass" } },                      // moved
        { 5, 2, 0, 45, "Bread", { "bread", "oven" } },
        { 6,
          1,
          0,
          30,
          "Ponds",
          {
              "pond",
              "fish",
              "knife",
          } }, // one of four phrases in common
    };
    (void)state;
    struct str a = make("a.db", old, COUNT_OF(old)), b = make("b.db", new, COUNT_OF(new));
    assert_text(diff(a, a, false),
                "before  privacy: not told; clusters from the base up: 4 2\n"
                "after   privacy: not told; clusters from the base up: 4 2\n"
                "6 as before (0 of another size), 0 renamed, 0 moved, 0 born, 0 gone\n");
    struct str text = diff(a, b, false);
    print_message("%.*s", STR_ARG(text));
    assert_true(
        str_find(text,
                 STR_LIT("3 as before (2 of another size), 1 renamed, 1 moved, 1 born, 1 gone"),
                 0) < text.len);
    assert_true(str_find(text, STR_LIT("Apple trees ->  Prune apple trees\n"), 0) < text.len);
    assert_true(str_find(text, STR_LIT("resized  level 1        95 (90 before)  Garden\n"), 0) <
                text.len);
    struct str json = STR_LIT("{\"what\":\"moved\",\"before\":{\"id\":4,");
    assert_true(str_find(diff(a, b, true), json, 0) < 4096);
}

static size_t count_lines(const struct buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += b->ptr[i] == '\n';
    return n;
}

// As many as in the paper, even over languages, no text twice, the same for a seed.
static void test_planted_corpora(void **state)
{
    struct planted one, two;
    struct map texts = { 0 }, labels[3] = { 0 };
    struct str rest, line, cell;
    bool is_new;
    (void)state;
    assert_ok(plant_corpus(PLANT_KIND_ORDINARY, PLANT_ORDINARY, 1, NULL, &one, &err));
    assert_int_equal(count_lines(&one.conversations), 19476);
    rest = buf_view(&one.texts);
    str_cut(&rest, '\n', &line); // the header
    while (str_cut(&rest, '\n', &line) && line.len) {
        for (int i = 0; i < 5; i++) {
            assert_true(str_cut(&line, '\t', &cell) && cell.len);
            if (i == 2) {
                map_add(&texts, cell, 0, &is_new);
                assert_true(is_new);
            } else if (i < 4) {
                struct map *map = &labels[i == 3 ? 2 : i];
                size_t at = map_add(map, cell, 0, NULL);
                map->entries[at].value++;
            }
        }
    }
    assert_true(str_starts(buf_view(&one.truth),
                           STR_LIT("conversation (texts by a grammar of templates)\ttopic\t")));
    assert_int_equal(labels[0].n, 20);
    assert_int_equal(labels[1].n, 6);
    assert_int_equal(labels[2].n, 15);
    for (size_t i = 0; i < labels[2].n; i++)
        assert_in_range(labels[2].entries[i].value, 19476 / 15, 19476 / 15 + 1);
    assert_ok(plant_corpus(PLANT_KIND_ORDINARY, 500, 1, NULL, &two, &err));
    assert_true(str_starts(buf_view(&one.conversations), buf_view(&two.conversations)));
    planted_release(&two);
    assert_ok(plant_corpus(PLANT_KIND_CONCERNING, PLANT_CONCERNING, 2, NULL, &two, &err));
    assert_int_equal(count_lines(&two.truth), 19488 + 1);
    planted_release(&two);
    planted_release(&one);
    map_release(&texts);
    for (int i = 0; i < 3; i++)
        map_release(&labels[i]);
    assert_error(plant_corpus(PLANT_KIND_ORDINARY, 10000000, 1, NULL, &two, &err), ERR_USAGE);
    planted_release(&two);
}

static int setup(void **state)
{
    (void)state;
    make_dir(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_diff),
        cmocka_unit_test(test_planted_corpora),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
