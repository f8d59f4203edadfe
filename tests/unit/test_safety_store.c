// SPDX-License-Identifier: Apache-2.0
// safety.db: what is written is read back in the promised order, the file is private, another
// file is refused, a purge leaves the watches and no byte of the rest.
#include "unit/check.h"

#include "base/file.h"
#include "store/safety_write.h"
#include "store/sql.h"

#include <sys/stat.h>

#define ACCOUNT INT64_C(-7011223344556677)

static void write_some(struct safety *s, struct err *err_in)
{
    struct err err = *err_in;
    struct safety_cluster clusters[] = {
        { 1, raw_of(STR_LIT("recipes")), 10, 6, 10, 0, 1.0, ACCOUNT, 3 },
        { 2, raw_of(STR_LIT("quuxword spam")), 4, 2, 4, 4, 3.5, ACCOUNT, 2 },
        { 3, raw_of(STR_LIT("nothing graded")), 4, 0, 0, 0, 0, 0, 0 },
    };
    assert_ok(safety_begin(s, &err));
    assert_ok(safety_clear(s, SAFETY_RUN, &err));
    assert_ok(safety_clear(s, SAFETY_COORDINATED, &err));
    for (size_t i = 0; i < COUNT_OF(clusters); i++)
        assert_ok(safety_add_cluster(s, &clusters[i], &err));
    for (int64_t seq = 1; seq <= 6; seq++) {
        struct safety_conversation c = { seq,
                                         seq < 5 ? 2 : 0,
                                         seq != 4,
                                         true,
                                         seq < 3 ? ACCOUNT : 99,
                                         1700000000 + seq,
                                         (int)seq - 1,
                                         seq == 1 ? str_make(NULL, 0) : STR_LIT("German") };
        assert_ok(safety_add_conversation(s, &c, &err));
    }
    struct safety_language l = { 2, 3, STR_LIT("German"), 2.5, 1.5, 4, 0.01 };
    assert_ok(safety_add_language(s, &l, &err));
    struct safety_group g = {
        1, 71.5, 0.005, STR_LIT("ring"), STR_LIT("wording"), 2,
        3, 2,    true,  1700000001,      1700000003,         raw_of(STR_LIT("buy … now"))
    };
    assert_ok(safety_add_group(s, &g, &err));
    struct safety_part parts[] = { { STR_LIT("burst"), 0.5, 0.1, 0.02, 8 },
                                   { STR_LIT("repeat"), 0.9, 0.2, 0.005, 30 } };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_ok(safety_add_part(s, 1, &parts[i], &err));
    for (int64_t seq = 3; seq > 0; seq--) {
        struct safety_member m = { seq, seq < 3 ? ACCOUNT : 99, 1700000000 + seq, seq != 2 };
        assert_ok(safety_add_member(s, 1, &m, &err));
    }
    struct safety_classifier k = {
        STR_LIT("flagged"), 20, 5, 3, 4, 0, true, 0.7, 0.5, 0.8, 0.9, 1.75
    };
    assert_ok(safety_put_classifier(s, &k, &err));
    struct safety_classifier_cluster kc = { 2,   4,   1,    0.01,        0.6,
                                            3.5, 0.8, 0.03, STR_LIT(""), STR_LIT("missed") };
    assert_ok(safety_add_classifier_cluster(s, k.column, &kc, &err));
    assert_ok(safety_set_info(s, "seed", STR_LIT("1"), &err));
    assert_ok(safety_commit(s, &err));
}

static struct safety *make(const char *dir)
{
    struct err err = { 0 };
    struct safety *s = NULL;
    assert_ok(safety_open_to_write(&s, dir, &err));
    write_some(s, &err);
    return s;
}

static void test_clusters_and_conversations(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety_cluster *clusters;
    struct safety_account *accounts;
    struct safety_conversation *list, one;
    struct safety_language *languages;
    size_t n;
    bool found;
    make_dir(dir);
    struct safety *s = make(dir);
    assert_ok(safety_read_clusters(s, &a, &clusters, &n, &err));
    assert_int_equal(n, 3);
    assert_int_equal(clusters[0].id, 2); // highest concern first
    assert_text(clusters[0].title.s, "quuxword spam");
    assert_int_equal(clusters[0].top_account, ACCOUNT);
    assert_int_equal(clusters[2].n_graded, 0);
    assert_ok(safety_read_cluster_accounts(s, 2, 9, &a, &accounts, &n, &err));
    assert_int_equal(n, 2); // the conversation without an account is nobody's
    assert_int_equal(accounts[0].account_id, ACCOUNT);
    assert_int_equal(accounts[0].n_conversations, 2);
    assert_ok(safety_read_conversations(s, 2, NULL, 0, 9, &a, &list, &n, &err));
    assert_int_equal(n, 4);
    int64_t account = 99;
    assert_ok(safety_read_conversations(s, 0, &account, 3, 9, &a, &list, &n, &err));
    assert_int_equal(n, 2); // 5 and 6
    assert_int_equal(list[0].seq, 5);
    assert_ok(safety_get_conversation(s, 1, &a, &one, &found, &err));
    assert_true(found && one.concern == 0 && one.language.len == 0);
    assert_ok(safety_get_conversation(s, 77, &a, &one, &found, &err));
    assert_false(found);
    assert_ok(safety_read_languages(s, &a, &languages, &n, &err));
    assert_int_equal(n, 1);
    assert_text(languages[0].language, "German");
    arena_release(&a);
    safety_close(s);
    remove_dir(dir);
}

static void test_groups_and_classifiers(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety *s;
    struct safety_group *groups;
    struct safety_part *parts;
    struct safety_member *members;
    struct safety_classifier *classifiers;
    struct safety_classifier_cluster *cells;
    struct safety_info *info;
    size_t n;
    make_dir(dir);
    safety_close(make(dir));
    assert_ok(safety_open(&s, dir, &err)); // as a reader
    assert_ok(safety_read_groups(s, &a, &groups, &n, &err));
    assert_int_equal(n, 1);
    assert_text(groups[0].template.s, "buy … now");
    assert_true(groups[0].has_time && groups[0].cluster_id == 2);
    assert_ok(safety_read_group_parts(s, 1, &a, &parts, &n, &err));
    assert_int_equal(n, 2);
    assert_text(parts[0].part, "repeat"); // most points first
    assert_ok(safety_read_group_members(s, 1, &a, &members, &n, &err));
    assert_int_equal(n, 3);
    assert_true(members[0].account_id == ACCOUNT && members[0].seq == 1);
    assert_false(members[1].has_time);
    assert_ok(safety_read_classifiers(s, &a, &classifiers, &n, &err));
    assert_true(n == 1 && classifiers[0].has_r && classifiers[0].n_missed == 4);
    assert_ok(safety_read_classifier_clusters(s, STR_LIT("flagged"), &a, &cells, &n, &err));
    assert_int_equal(n, 1);
    assert_text(cells[0].side, "missed");
    assert_ok(safety_read_info(s, &a, &info, &n, &err));
    assert_int_equal(n, 1);
    arena_release(&a);
    safety_close(s);
    remove_dir(dir);
}

static void test_watches(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety_watch *watches;
    struct safety_alert *alerts;
    struct safety_due *due;
    size_t n;
    int64_t id;
    bool flag;
    make_dir(dir);
    struct safety *s = make(dir);
    assert_ok(safety_begin(s, &err));
    assert_ok(safety_add_watch(s, STR_LIT("spam"), STR_LIT("{}"), 5, &id, &err));
    assert_int_equal(id, 1);
    assert_error(safety_add_watch(s, STR_LIT("spam"), STR_LIT("{}"), 6, &id, &err), ERR_USAGE);
    err_clear(&err);
    assert_ok(safety_put_watch_day(s, 1, 20000, 100, 7, &err));
    struct safety_alert alert = { 0, 1, 20000, STR_LIT("more than before"), 7, 5, 9, 2, 0.001 };
    assert_ok(safety_add_alert(s, &alert, &id, &err));
    assert_int_equal(id, 1);
    assert_ok(safety_add_alert(s, &alert, &id, &err)); // the same day says it once
    assert_int_equal(id, 0);
    assert_ok(safety_add_due(s, 1, "mail", &err));
    assert_ok(safety_add_due(s, 1, "file", &err));
    assert_ok(safety_commit(s, &err));
    assert_ok(safety_read_watches(s, &a, &watches, &n, &err));
    assert_int_equal(n, 1);
    assert_ok(safety_read_due(s, "file", &a, &due, &n, &err));
    assert_true(n == 1 && due[0].alert.id == 1);
    assert_text(due[0].watch, "spam");
    assert_text(due[0].alert.cause, "more than before");
    assert_ok(safety_take_due(s, 1, "mail", &flag, &err));
    assert_true(flag);
    assert_ok(safety_take_due(s, 1, "mail", &flag, &err)); // once
    assert_false(flag);
    assert_ok(safety_read_due(s, "mail", &a, &due, &n, &err));
    assert_int_equal(n, 0);
    assert_ok(safety_read_alerts(s, 10, &a, &alerts, &n, &err));
    assert_true(n == 1 && alerts[0].watch_id == 1 && alerts[0].day == 20000);
    assert_ok(safety_begin(s, &err));
    assert_ok(safety_drop_watch(s, STR_LIT("no such"), &flag, &err));
    assert_false(flag);
    assert_ok(safety_drop_watch(s, STR_LIT("spam"), &flag, &err));
    assert_true(flag);
    assert_ok(safety_commit(s, &err));
    arena_release(&a);
    safety_close(s);
    remove_dir(dir);
}

static void test_cluster_of_a_watch(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety_watch *watches;
    struct safety_watch_cluster got, put = { STR_LIT("digest"), 7 };
    struct safety_info *info;
    size_t n;
    int64_t id, day;
    bool flag;
    make_dir(dir);
    struct safety *s = make(dir);
    assert_ok(safety_add_watch(s, STR_LIT("ring"), STR_LIT("{\"cluster\": 1}"), 5, &id, &err));
    assert_ok(safety_get_watch_cluster(s, id, &a, &got, &err));
    assert_true(got.digest.len == 0 && got.atlas_id == 0);
    assert_ok(safety_put_watch_cluster(s, id, &put, &err));
    assert_ok(safety_set_question(s, id, STR_LIT("{\"cluster\": 2}"), &err));
    assert_ok(safety_get_watch_cluster(s, id, &a, &got, &err));
    assert_text(got.digest, "digest");
    assert_int_equal(got.atlas_id, 7);
    assert_ok(safety_read_watches(s, &a, &watches, &n, &err));
    assert_text(watches[0].question, "{\"cluster\": 2}");
    // the last day that was counted, or told
    assert_ok(safety_last_watch_day(s, id, &flag, &day, &err));
    assert_false(flag);
    struct safety_alert alert = { 0, id, 20001, STR_LIT("x"), 7, 5, 9, 2, 0.001 };
    assert_ok(safety_put_watch_day(s, id, 20000, 100, 7, &err));
    assert_ok(safety_add_alert(s, &alert, &id, &err));
    assert_ok(safety_last_watch_day(s, 1, &flag, &day, &err));
    assert_true(flag && day == 20001);
    safety_close(s);
    assert_ok(safety_purge(dir, &err)); // who it is stays, what it was made of goes
    assert_ok(safety_open_to_write(&s, dir, &err));
    assert_ok(safety_get_watch_cluster(s, 1, &a, &got, &err));
    assert_true(got.digest.len == 0 && got.atlas_id == 7);
    // with the watch goes all that was noted of it
    assert_ok(safety_set_info(s, "watch_blind.ring", STR_LIT("why"), &err));
    assert_ok(safety_drop_watch(s, STR_LIT("ring"), &flag, &err));
    assert_ok(safety_get_watch_cluster(s, 1, &a, &got, &err));
    assert_int_equal(got.atlas_id, 0);
    assert_ok(safety_read_info(s, &a, &info, &n, &err));
    assert_int_equal(n, 0);
    arena_release(&a);
    safety_close(s);
    remove_dir(dir);
}

// Version 3 had the digest in `info`.
static void test_cluster_out_of_version_3(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety_watch_cluster got;
    struct safety_info *info;
    size_t n;
    int64_t id;
    make_dir(dir);
    struct safety *s = make(dir);
    assert_ok(safety_add_watch(s, STR_LIT("ring"), STR_LIT("{\"cluster\": 1}"), 5, &id, &err));
    assert_ok(safety_set_info(s, "watch_cluster.ring", STR_LIT("digest"), &err));
    assert_ok(sql_exec(safety_sql(s), "DROP TABLE watch_cluster; PRAGMA user_version = 3", &err));
    safety_close(s);
    assert_ok(safety_open_to_write(&s, dir, &err));
    assert_ok(safety_get_watch_cluster(s, id, &a, &got, &err));
    assert_text(got.digest, "digest");
    assert_int_equal(got.atlas_id, 0);
    assert_ok(safety_read_info(s, &a, &info, &n, &err));
    assert_int_equal(n, 1); // the seed
    arena_release(&a);
    safety_close(s);
    remove_dir(dir);
}

static bool file_holds(const char *dir, const char *name, const char *needle)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct str all = { 0 };
    const char *path = path_join(&a, str_of(dir), name).ptr;
    bool yes = file_exists(path) && file_read(&a, path, 1 << 24, &all, &err) == 0 &&
               str_find(all, str_of(needle), 0) != SIZE_MAX;
    arena_release(&a);
    return yes;
}

static void test_file_is_private_and_purged(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety_watch *watches;
    struct safety_cluster *clusters;
    struct stat st;
    size_t n;
    make_dir(dir);
    assert_ok(safety_purge(dir, &err)); // nothing is there
    struct safety *s = make(dir);
    const char *path = path_join(&a, str_of(dir), "safety.db").ptr;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int64_t id;
    assert_ok(safety_add_watch(s, STR_LIT("kept"), STR_LIT("{}"), 5, &id, &err));
    struct safety_alert alert = { 0, 1, 20000, STR_LIT("more quuxword"), 7, 5, 9, 2, 0.001 };
    struct safety_alert *alerts;
    struct safety_due *due;
    assert_ok(safety_add_alert(s, &alert, &id, &err));
    assert_int_equal(id, 1);
    assert_ok(safety_add_due(s, id, "mail", &err));
    safety_close(s);
    assert_true(file_holds(dir, "safety.db", "quuxword"));
    assert_ok(safety_purge(dir, &err));
    assert_false(file_holds(dir, "safety.db", "quuxword"));
    assert_false(file_holds(dir, "safety.db-wal", "quuxword"));
    assert_ok(safety_open(&s, dir, &err));
    assert_ok(safety_read_watches(s, &a, &watches, &n, &err));
    assert_int_equal(n, 1);
    assert_ok(safety_read_clusters(s, &a, &clusters, &n, &err));
    assert_int_equal(n, 0);
    assert_ok(safety_read_alerts(s, 10, &a, &alerts, &n, &err));
    assert_int_equal(n, 0);
    assert_ok(safety_read_due(s, "mail", &a, &due, &n, &err)); // what it said is gone
    assert_int_equal(n, 0);
    safety_close(s);
    assert_ok(safety_open_to_write(&s, dir, &err));
    assert_ok(safety_add_alert(s, &alert, &id, &err)); // told once, before the purge
    assert_int_equal(id, 0);
    alert.day++;
    assert_ok(safety_add_alert(s, &alert, &id, &err));
    assert_int_equal(id, 2);
    safety_close(s);
    arena_release(&a);
    remove_dir(dir);
}

static void test_refuses_other_files(void **state)
{
    (void)state;
    char dir[256];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct safety *s = NULL;
    make_dir(dir);
    assert_error(safety_open(&s, dir, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "clio safety run"));
    err_clear(&err);
    const char *path = path_join(&a, str_of(dir), "safety.db").ptr;
    assert_ok(file_write(path, STR_LIT(""), &err)); // whoever made it was killed
    assert_error(safety_open(&s, dir, &err), ERR_NO_INPUT);
    err_clear(&err);
    assert_ok(
        file_write(path, STR_LIT("no database at all, and long enough to be looked at"), &err));
    assert_error(safety_open(&s, dir, &err), ERR_DATA);
    err_clear(&err);
    assert_error(safety_open_to_write(&s, dir, &err), ERR_DATA);
    arena_release(&a);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clusters_and_conversations),
        cmocka_unit_test(test_groups_and_classifiers),
        cmocka_unit_test(test_watches),
        cmocka_unit_test(test_cluster_of_a_watch),
        cmocka_unit_test(test_cluster_out_of_version_3),
        cmocka_unit_test(test_file_is_private_and_purged),
        cmocka_unit_test(test_refuses_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
