// SPDX-License-Identifier: Apache-2.0
// The atlas: what is written is read back, the same content gives the same bytes, a reader sees the
// old file or the new one, and other files are refused.
#include "store/atlas.h"
#include "store/atlas_write.h"

#include "base/file.h"
#include "base/json.h"
#include "store/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static struct err err;

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/clio-atlas-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
    char path[128];
    static const char *const names[] = { "a.db", "b.db", "other.db" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static const char *in_folder(const char *name)
{
    static char path[2][128];
    static int which;
    which = !which;
    snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
    return path[which];
}

static struct clean clean(const char *text)
{
    return (struct clean){ str_of(text) };
}

static void write_small(const char *path, const char *title)
{
    struct atlas_writer *w;
    assert_int_equal(atlas_writer_open(&w, path, &err), 0);
    struct atlas_new_cluster top = { .id = 1,
                                     .level = 1,
                                     .title = clean(title),
                                     .summary = clean("Two sentences. Of it."),
                                     .n_conversations = 40,
                                     .n_accounts = 30,
                                     .share = 0.8 };
    struct atlas_new_cluster base = { .id = 2,
                                      .parent_id = 1,
                                      .withheld = true,
                                      .n_conversations = 40,
                                      .n_accounts = 30,
                                      .share = 0.8,
                                      .placed = true,
                                      .x = 0.25,
                                      .y = 0.5 };
    assert_int_equal(atlas_add_cluster(w, &top, &err), 0);
    assert_int_equal(atlas_add_cluster(w, &base, &err), 0);
    assert_int_equal(atlas_add_phrase(w, 1, 1, clean("business plan"), 20, &err), 0);
    assert_int_equal(atlas_add_phrase(w, 1, 2, clean("market"), 0, &err), 0);
    assert_int_equal(atlas_add_facet(w, 1, "turns", clean("2"), 20, 0.5, &err), 0);
    assert_int_equal(atlas_add_facet(w, 1, "language", clean("fr"), 15, 0.375, &err), 0);
    assert_int_equal(atlas_add_facet(w, 1, "language", clean("en"), 25, 0.625, &err), 0);
    assert_int_equal(atlas_add_facet(w, 0, "language", clean("en"), 45, 0.9, &err), 0);
    assert_int_equal(atlas_add_density(w, 3, 4, 0.5, &err), 0);
    assert_int_equal(atlas_add_info(w, "profile", clean("none"), &err), 0);
    assert_int_equal(atlas_add_stage(w, 1, "ingest", 50, 50, &err), 0);
    assert_int_equal(atlas_writer_finish(w, &err), 0);
}

// A foreign file may say anything; what walks down the tree must come to an end.
static void what_is_no_tree_is_refused(void **state)
{
    static const char *const changes[] = {
        "UPDATE cluster SET id = 0, parent_id = NULL WHERE id = 1",
        "UPDATE cluster SET id = -7 WHERE id = 2",
        "UPDATE cluster SET parent_id = 2 WHERE id = 1",
        "UPDATE cluster SET parent_id = 2 WHERE id = 2",
        "UPDATE cluster SET level = 1000000 WHERE id = 1",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct sql *db;
        struct atlas *atlas;
        struct arena a = { 0 };
        struct atlas_cluster *c;
        size_t n;
        write_small(in_folder("a.db"), "Plans");
        assert_int_equal(sql_open(&db, in_folder("a.db"), SQL_READ_WRITE, &err), 0);
        assert_int_equal(sql_exec(db, "PRAGMA foreign_keys = OFF", &err), 0);
        assert_int_equal(sql_exec(db, changes[i], &err), 0);
        sql_close(db);
        assert_int_equal(atlas_open(&atlas, in_folder("a.db"), &err), 0);
        assert_int_equal(atlas_clusters(atlas, &a, &c, &n, &err), ERR_DATA);
        atlas_close(atlas);
        arena_release(&a);
    }
}

static void reads_what_was_written(void **state)
{
    struct atlas *atlas;
    struct arena a = { 0 };
    struct atlas_cluster *c;
    struct atlas_facet *f;
    struct atlas_cell *cells;
    struct atlas_info *info;
    struct str *phrases;
    struct atlas_row *rows;
    size_t n;
    struct stat status;
    (void)state;
    write_small(in_folder("a.db"), "Plans \xe2\x80\x9cof\" business");
    assert_int_equal(stat(in_folder("a.db"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    assert_int_equal(atlas_open(&atlas, in_folder("a.db"), &err), 0);
    assert_int_equal(atlas_clusters(atlas, &a, &c, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_true(str_equal(c[0].title, str_of("Plans \xe2\x80\x9cof\" business")));
    assert_true(c[0].parent_id == 0 && c[0].level == 1 && !c[0].placed && c[0].n_accounts == 30);
    assert_true(c[1].withheld && c[1].title.len == 0 && c[1].placed && c[1].x == 0.25);
    assert_int_equal(atlas_cluster_facets(atlas, 1, &a, &f, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_true(str_equal(f[0].value, str_of("en")) && str_equal(f[1].value, str_of("fr")));
    assert_int_equal(atlas_corpus_facets(atlas, &a, &f, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(atlas_cluster_phrases(atlas, 1, &a, &phrases, &n, &err), 0);
    assert_true(n == 2 && str_equal(phrases[1], str_of("market")));
    assert_int_equal(atlas_rows(atlas, ATLAS_PHRASE_ROWS, &a, &rows, &n, &err), 0);
    assert_true(n == 2 && rows[0].number == 20 && rows[1].number == 0);
    assert_int_equal(atlas_density(atlas, &a, &cells, &n, &err), 0);
    assert_true(n == 1 && cells[0].i_y == 4);
    assert_int_equal(atlas_run_info(atlas, &a, &info, &n, &err), 0);
    assert_true(n == 1 && str_equal(info[0].value, str_of("none")));
    atlas_close(atlas);
    arena_release(&a);
}

static void export_is_json_by_contract(void **state)
{
    struct atlas *atlas;
    struct json *root;
    struct buf b;
    double share;
    (void)state;
    buf_init(&b, 1 << 20, "export");
    write_small(in_folder("a.db"), "Plans");
    assert_int_equal(atlas_open(&atlas, in_folder("a.db"), &err), 0);
    assert_int_equal(atlas_export_json(atlas, &b, &err), 0);
    assert_int_equal(json_open(&root, buf_view(&b), &err), 0);
    const struct json *clusters = json_member(root, "clusters");
    assert_int_equal(json_length(clusters), 2);
    const struct json *top = json_element(clusters, 0), *base = json_element(clusters, 1);
    assert_int_equal(json_kind(json_member(top, "parent")), JSON_NULL_VALUE);
    assert_int_equal(json_kind(json_member(base, "title")), JSON_NULL_VALUE);
    const struct json *en = json_member(json_member(json_member(top, "facets"), "language"), "en");
    assert_true(json_number(json_member(en, "share"), &share) && share == 0.625);
    assert_true(
        str_equal(json_str(json_member(json_member(root, "run"), "profile")), str_of("none")));
    json_close(root);
    atlas_close(atlas);
    buf_release(&b);
}

static void same_content_same_bytes(void **state)
{
    struct arena a = { 0 };
    struct str x, y;
    (void)state;
    write_small(in_folder("a.db"), "Plans");
    write_small(in_folder("b.db"), "Plans");
    assert_int_equal(file_read(&a, in_folder("a.db"), 1 << 20, &x, &err), 0);
    assert_int_equal(file_read(&a, in_folder("b.db"), 1 << 20, &y, &err), 0);
    assert_true(str_equal(x, y));
    write_small(in_folder("b.db"), "Plots");
    assert_int_equal(file_read(&a, in_folder("b.db"), 1 << 20, &y, &err), 0);
    assert_false(str_equal(x, y));
    arena_release(&a);
}

static void old_one_stays_until_the_end(void **state)
{
    struct atlas_writer *w;
    struct atlas *atlas;
    struct arena a = { 0 };
    struct atlas_cluster *c;
    size_t n;
    (void)state;
    write_small(in_folder("a.db"), "Old");
    assert_int_equal(atlas_writer_open(&w, in_folder("a.db"), &err), 0);
    assert_int_equal(atlas_open(&atlas, in_folder("a.db"), &err), 0);
    assert_int_equal(atlas_clusters(atlas, &a, &c, &n, &err), 0);
    assert_true(n == 2 && str_equal(c[0].title, str_of("Old")));
    atlas_close(atlas);
    atlas_writer_abandon(w);
    assert_false(file_exists(in_folder("a.db.new")));
    assert_true(file_exists(in_folder("a.db")));
    arena_release(&a);
}

static void a_child_without_parent_is_refused(void **state)
{
    struct atlas_writer *w;
    struct atlas_new_cluster lost = { .id = 2, .parent_id = 9, .withheld = true };
    (void)state;
    assert_int_equal(atlas_writer_open(&w, in_folder("lost.db"), &err), 0);
    assert_int_equal(atlas_add_cluster(w, &lost, &err), 0);
    assert_int_equal(atlas_writer_finish(w, &err), ERR_SOFTWARE);
    assert_non_null(strstr(err.text, "1 rows without their cluster"));
    assert_false(file_exists(in_folder("lost.db")));
    assert_false(file_exists(in_folder("lost.db.new")));
}

static void other_files_are_refused(void **state)
{
    struct atlas *atlas;
    (void)state;
    assert_int_equal(atlas_open(&atlas, in_folder("none.db"), &err), ERR_NO_INPUT);
    assert_int_equal(file_write(in_folder("other.db"),
                                str_of("no database, only words in a file "
                                       "that somebody wrote"),
                                &err),
                     0);
    assert_int_equal(atlas_open(&atlas, in_folder("other.db"), &err), ERR_DATA);
    assert_int_equal(file_write(in_folder("other.db"), str_make(NULL, 0), &err), 0);
    assert_int_equal(atlas_open(&atlas, in_folder("other.db"), &err), ERR_DATA);
    assert_int_equal(atlas_open(&atlas, folder, &err), ERR_NO_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_was_written),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(export_is_json_by_contract),
        cmocka_unit_test(same_content_same_bytes),
        cmocka_unit_test(old_one_stays_until_the_end),
        cmocka_unit_test(a_child_without_parent_is_refused),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
