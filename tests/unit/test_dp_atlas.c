// SPDX-License-Identifier: Apache-2.0
// The atlas of mode dp out of a made-up release of four groups, two of them at one public place:
// where they stand on the map, and what parents and the whole say of values that are too small in
// every group.
#include "check.h"
#include "dp/dp_draw.h"
#include "privacy/dp_atlas.h"
#include "store/sql.h"

#define N 4

struct world {
    char folder[256], path[300];
    struct scanner *scanner;
    struct sql *db;
};

// Groups 0 and 1 are of one parent, 2 and 3 of another; english: of each, german: of the last.
static void write_atlas(struct world *world, const int64_t english[N], int64_t german)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct atlas_writer *w;
    float centres[3 * DP_DIMS] = { 0 };
    const char *const subjects[N] = { "Home: Garden", "Home: Garden", "Work: Letters",
                                      "Work: Taxes" };
    struct released_cluster clusters[N];
    struct released_cell cells[N + 1];
    for (size_t i = 0; i < 3; i++)
        centres[i * DP_DIMS + i] = 1;
    for (size_t i = 0; i < N; i++) {
        clusters[i] = (struct released_cluster){ 100, 100, str_of(subjects[i]),
                                                 centres + (i ? i - 1 : 0) * DP_DIMS };
        cells[i] = (struct released_cell){ (int64_t)i, STR_LIT("language"), STR_LIT("English"),
                                           english[i] };
    }
    cells[N] = (struct released_cell){ N - 1, STR_LIT("language"), STR_LIT("German"), german };
    struct released released = { .n_dims = DP_DIMS,
                                 .has_accounts = true,
                                 .n_clusters = N,
                                 .clusters = clusters,
                                 .n_cells = N + 1,
                                 .cells = cells };
    struct dp_atlas_floors floors = { 5, 15, 80 };
    struct dp_atlas_sizes sizes = { .is_first = true };
    make_dir(world->folder);
    snprintf(world->path, sizeof world->path, "%s/atlas.db", world->folder);
    assert_ok(scan_open(&world->scanner, &err));
    assert_ok(atlas_writer_open(&w, world->path, &err));
    assert_ok(dp_atlas_write(&released, &floors, world->scanner, w, &a, &sizes, &err));
    assert_ok(atlas_writer_finish(w, &err));
    assert_ok(sql_open(&world->db, world->path, SQL_READ_ONLY, &err));
    arena_release(&a);
}

static void leave(struct world *world)
{
    sql_close(world->db);
    scan_close(world->scanner);
    remove_dir(world->folder);
}

static int64_t number(struct world *world, const char *query)
{
    struct err err = { 0 };
    struct sql_query *q;
    bool row;
    assert_ok(sql_prepare(world->db, query, &q, &err));
    assert_ok(sql_step(q, &row, &err));
    int64_t found = row ? sql_i64(q, 0) : -1;
    sql_finish(q);
    return found;
}

static void groups_of_one_place_stand_apart(void **state)
{
    struct world world;
    (void)state;
    write_atlas(&world, (const int64_t[]){ 100, 100, 100, 100 }, 0);
    assert_int_equal(number(&world, "SELECT count(*) FROM cluster WHERE level = 0"), N);
    assert_int_equal(number(&world, "SELECT count(DISTINCT x || ' ' || y) FROM cluster "
                                    "WHERE level = 0"),
                     N);
    assert_int_equal(number(&world, "SELECT max(max(x, y)) <= 1 AND min(min(x, y)) >= 0 "
                                    "FROM cluster"),
                     1);
    leave(&world);
}

// Floor of a cell 80, so 80·√2 = 113.1 of two and 80·√5 = 178.9 of all and the rest.
static void sums_are_of_what_is_not_shown_too(void **state)
{
    struct world world;
    (void)state;
    write_atlas(&world, (const int64_t[]){ 60, 54, 90, 20 }, -40);
#define OF(who) "SELECT n_conversations FROM cluster_facet WHERE cluster_id = " who
#define PARENT(name) "(SELECT id FROM cluster WHERE title = '" name "')"
    assert_int_equal(number(&world, "SELECT count(*) FROM cluster_facet f JOIN cluster c ON "
                                    "c.id = f.cluster_id WHERE level = 0"),
                     1); // the 90
    assert_int_equal(number(&world, OF(PARENT("Home"))), 114);
    assert_int_equal(number(&world, OF(PARENT("Work"))), 90); // 110 of both are too few
    assert_int_equal(number(&world, "SELECT n_conversations FROM corpus_facet"), 224);
    assert_int_equal(number(&world, "SELECT count(*) FROM corpus_facet"), 1);
    leave(&world);
    write_atlas(&world, (const int64_t[]){ 60, 53, 60, -20 }, 0);
    assert_int_equal(number(&world, "SELECT count(*) FROM cluster_facet"), 0);
    assert_int_equal(number(&world, "SELECT count(*) FROM corpus_facet"), 0); // 153
    leave(&world);
    write_atlas(&world, (const int64_t[]){ 160, 160, 200, -90 }, 0); // no more than there are
    assert_int_equal(number(&world, OF(PARENT("Home"))), 200);
    assert_int_equal(number(&world, OF(PARENT("Work"))), 100); // never less than what is shown
    assert_int_equal(number(&world, "SELECT n_conversations FROM corpus_facet"), 400);
    leave(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_of_one_place_stand_apart),
        cmocka_unit_test(sums_are_of_what_is_not_shown_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
