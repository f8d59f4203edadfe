// SPDX-License-Identifier: Apache-2.0
// A program that is killed between an entry of the log and the rows that it speaks of: nothing was
// changed, nothing is shown, and the next one to open says so. The kill comes at the rename of the
// log's head, before it and after it; rename() below stands for the C library's.
#include "unit/check.h"

#include "access/permit.h"
#include "base/file.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err err;
static char dir[256];
static const struct access_options cheap = { { 8192, 1 }, NULL, NULL };
static struct visitor ada = { ROLE_SAFETY, "ada", "" };
static int64_t permit_id;
static char token[SESSION_TOKEN];

static enum { GO_ON, BEFORE_HEAD, AFTER_HEAD } killed;

int rename(const char *from, const char *to)
{
    bool head = str_ends(str_of(to), STR_LIT("access.head"));
    if (head && killed == BEFORE_HEAD)
        _exit(9);
    int rc = (int)syscall(SYS_rename, from, to);
    if (head && killed == AFTER_HEAD)
        _exit(9);
    return rc;
}

static int start(void **state)
{
    (void)state;
    struct access *access;
    enum sign_in outcome;
    struct str name = STR_LIT("ada"), password = STR_LIT("correct horse battery");
    killed = GO_ON;
    make_dir(dir);
    assert_ok(access_open(&access, dir, true, &cheap, &err));
    assert_ok(user_add(access, STR_LIT("-"), name, ROLE_SAFETY, password, &err));
    assert_ok(access_set_policy(access, STR_LIT("-"), STR_LIT("totp"), 0, &err));
    assert_ok(permit_ask(access, &ada, 7, STR_LIT("first"), STR_LIT("A ring seems to write this."),
                         &permit_id, &err));
    assert_ok(
        session_begin(access, name, password, STR_LIT(""), STR_LIT(""), &outcome, token, &err));
    assert_int_equal(outcome, SIGN_IN_OK);
    access_close(access);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    killed = GO_ON;
    remove_dir(dir);
    return 0;
}

static int read_it(void *context, const struct permit *permit, const struct look *look, bool *there,
                   struct err *e)
{
    (void)context, (void)permit, (void)look, (void)e;
    *there = true;
    return 0;
}

static int set_rule(struct access *access)
{
    return access_set_policy(access, STR_LIT("-"), STR_LIT("second-person"), 1, &err);
}

static int disable(struct access *access)
{
    return user_set_disabled(access, STR_LIT("-"), STR_LIT("ada"), true, &err);
}

static int ask(struct access *access)
{
    int64_t id;
    return permit_ask(access, &ada, 8, STR_LIT("first"), STR_LIT("Another ring, as it seems."), &id,
                      &err);
}

static int look(struct access *access)
{
    struct look accounts = { permit_id, LOOK_ACCOUNTS, 7, read_it, NULL, 0 };
    return look_take(access, &ada, &accounts, &err);
}

static int sign_out(struct access *access)
{
    return session_end(access, str_of(token), &err);
}

static int (*const changes[])(struct access *) = { set_rule, disable, ask, look, sign_out };

// In a process of its own, which is killed at the next entry where `when` says.
static void do_killed(int (*change)(struct access *), int when)
{
    pid_t child = fork();
    if (child == 0) {
        struct access *access;
        if (access_open(&access, dir, false, &cheap, &err))
            _exit(1);
        killed = when;
        _exit(change(access) ? 2 : 3);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
}

static size_t read_log(struct arena *a, struct access_entry **list)
{
    size_t n;
    int64_t n_verified;
    char anchor[ANCHOR_TEXT];
    assert_ok(access_log_read(dir, 100, a, list, &n, &err));
    assert_ok(access_log_verify(dir, NULL, NULL, &n_verified, anchor, &err));
    assert_int_equal(n_verified, n);
    return n;
}

// Rows are as start() left them.
static void expect_nothing_changed(struct access *access, struct arena *a)
{
    int64_t second;
    struct visitor visitor;
    struct permit *permits;
    size_t n;
    assert_ok(access_get_policy(access, POLICY_SECOND_PERSON, &second, &err));
    assert_int_equal(second, 0);
    assert_ok(session_find(access, str_of(token), &visitor, &err));
    assert_int_equal(visitor.role, ROLE_SAFETY); // neither disabled nor signed out
    assert_ok(permit_list(access, a, &permits, &n, &err));
    assert_int_equal(n, 1);
    struct look deeper = { permit_id, LOOK_FACETS, 1, read_it, NULL, 0 };
    assert_error(look_take(access, &ada, &deeper, &err), ERR_USAGE); // the first look never was
}

static void what_was_killed_is_said_to_be_undone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        for (int when = BEFORE_HEAD; when <= AFTER_HEAD; when++) {
            struct arena a = { 0 };
            struct access *access;
            struct access_entry *list;
            size_t before = read_log(&a, &list);
            char object[40];
            do_killed(changes[i], when);
            assert_ok(access_open(&access, dir, false, &cheap, &err));
            assert_int_equal(read_log(&a, &list), before + 2);
            snprintf(object, sizeof object, "entry %zu", before + 1);
            assert_text(list[0].what, "undone");
            assert_text(list[0].object, object);
            expect_nothing_changed(access, &a);
            access_close(access);
            assert_ok(access_open(&access, dir, false, &cheap, &err)); // said once
            assert_int_equal(read_log(&a, &list), before + 2);
            access_close(access);
            arena_release(&a);
        }
}

// A server that is open all the while says it before its own next change.
static void another_program_says_it(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access *access;
    struct access_entry *list;
    assert_ok(access_open(&access, dir, false, &cheap, &err));
    size_t before = read_log(&a, &list);
    do_killed(set_rule, AFTER_HEAD);
    assert_ok(user_set_role(access, STR_LIT("-"), STR_LIT("ada"), ROLE_VIEWER, &err));
    assert_int_equal(read_log(&a, &list), before + 3);
    assert_text(list[0].what, "role set");
    assert_text(list[1].what, "undone");
    access_close(access);
    arena_release(&a);
}

// What is not killed leaves nothing to say.
static void what_was_done_is_not_undone(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access *access;
    struct access_entry *list;
    assert_ok(access_open(&access, dir, false, &cheap, &err));
    for (size_t i = 0; i < COUNT_OF(changes); i++)
        if (changes[i] != disable)
            assert_ok(changes[i](access));
    access_close(access);
    assert_ok(access_open(&access, dir, false, &cheap, &err));
    size_t n = read_log(&a, &list);
    for (size_t i = 0; i < n; i++)
        assert_false(str_equal(list[i].what, STR_LIT("undone")));
    access_close(access);
    arena_release(&a);
}

// Log and head put back by themselves: the users remember more.
static void a_log_put_back_without_the_users_is_found(void **state)
{
    (void)state;
    struct access *access;
    char command[1200];
    snprintf(command, sizeof command,
             "cp %s/access.log %s/old.log && cp %s/access.head %s/old.head", dir, dir, dir, dir);
    assert_int_equal(system(command), 0);
    assert_ok(access_open(&access, dir, false, &cheap, &err));
    assert_ok(disable(access));
    access_close(access);
    snprintf(command, sizeof command,
             "cp %s/old.log %s/access.log && cp %s/old.head %s/access.head", dir, dir, dir, dir);
    assert_int_equal(system(command), 0);
    assert_error(access_open(&access, dir, false, &cheap, &err), ERR_PRIVACY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
        TEST(what_was_killed_is_said_to_be_undone),
        TEST(another_program_says_it),
        TEST(what_was_done_is_not_undone),
        TEST(a_log_put_back_without_the_users_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
