// SPDX-License-Identifier: Apache-2.0
// file.c: whole files, what is refused and how it is said, locks, mappings.
#include "unit/check.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[256];

static const char *in(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

// A file that stands where ours is written first, made by somebody who may write in the directory,
// is not filled.
static void test_writes_into_no_file_that_was_there(void **state)
{
    struct err err;
    struct stat st;
    char trap[600];
    (void)state;
    snprintf(trap, sizeof trap, "%s.%ld.part", in("secret"), (long)getpid());
    int fd = open(trap, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0666), 0);
    assert_ok(file_write_private(in("secret"), STR_LIT("key"), &err));
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, 0);
    close(fd);
    assert_int_equal(stat(in("secret"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(symlink("elsewhere", trap), 0);
    assert_ok(file_write_private(in("secret"), STR_LIT("key"), &err));
    assert_int_equal(stat(in("elsewhere"), &st), -1);
}

static void test_writes_and_reads(void **state)
{
    struct arena a = { 0 };
    struct err err;
    struct str text;
    struct stat st;
    (void)state;
    assert_ok(file_write(in("x"), STR_LIT("first"), &err));
    assert_ok(file_write(in("x"), str_make("a\0b", 3), &err));
    assert_ok(file_read(&a, in("x"), 3, &text, &err));
    assert_int_equal(text.len, 3);
    assert_int_equal(text.ptr[3], 0);
    assert_int_equal(file_size(in("x")), 3);
    assert_error(file_read(&a, in("x"), 2, &text, &err), ERR_DATA);
    assert_ok(file_write_private(in("key"), STR_LIT("secret"), &err));
    assert_int_equal(stat(in("key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(file_write(in("empty"), STR_LIT(""), &err));
    assert_ok(file_read(&a, in("empty"), 0, &text, &err));
    assert_int_equal(text.len, 0);
    arena_release(&a);
}

// What stands at a place that a person named stays what it is: a link, also one that leads nowhere
// yet, a pipe.
static void test_writes_where_a_person_says(void **state)
{
    struct arena a = { 0 };
    struct err err;
    struct str text;
    struct stat st;
    char link[600], pipe[600], got[8] = "";
    (void)state;
    snprintf(link, sizeof link, "%s", in("link"));
    snprintf(pipe, sizeof pipe, "%s", in("pipe"));
    assert_int_equal(symlink("target", link), 0);
    for (int i = 0; i < 2; i++) {
        assert_ok(file_write_named(link, i ? STR_LIT("two") : STR_LIT("first"), &err));
        assert_int_equal(lstat(link, &st), 0);
        assert_true(S_ISLNK(st.st_mode));
        assert_ok(file_read(&a, in("target"), 9, &text, &err));
        assert_true(str_equal(text, i ? STR_LIT("two") : STR_LIT("first")));
    }
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int fd = open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(file_write_named(pipe, STR_LIT("page"), &err));
    assert_int_equal(read(fd, got, sizeof got), 4);
    assert_string_equal(got, "page");
    close(fd);
    assert_int_equal(lstat(pipe, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_ok(file_write_named(in("plain"), STR_LIT("x"), &err));
    assert_ok(file_write_named(in("plain"), STR_LIT("y"), &err));
    assert_int_equal(file_size(in("plain")), 1);
    assert_int_equal(symlink("round", in("round")), 0);
    assert_error(file_write_named(in("round"), STR_LIT("x"), &err), ERR_CANNOT_CREATE);
    assert_error(file_write_named(dir, STR_LIT("x"), &err), ERR_CANNOT_CREATE);
    arena_release(&a);
}

// A pipe has no size, and is longer than one read gives.
static void test_reads_a_pipe(void **state)
{
    struct arena a = { 0 };
    struct err err;
    struct str text;
    char path[32];
    int ends[2];
    (void)state;
    for (size_t max = 200000; max >= 199999; max--) {
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            for (int i = 0; i < 20000; i++)
                if (write(ends[1], "0123456789", 10) != 10)
                    _exit(1);
            _exit(0);
        }
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        if (max == 200000) {
            assert_ok(file_read(&a, path, max, &text, &err));
            assert_int_equal(text.len, 200000);
            assert_memory_equal(text.ptr + 199990, "0123456789", 11);
        } else {
            assert_error(file_read(&a, path, max, &text, &err), ERR_DATA);
        }
        close(ends[0]);
        waitpid(child, NULL, 0);
    }
    arena_release(&a);
}

static void test_refuses(void **state)
{
    struct arena a = { 0 };
    struct err err;
    struct str text;
    (void)state;
    assert_error(file_read(&a, in("nothing"), 9, &text, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "nothing"));
    assert_error(file_read(&a, dir, 9, &text, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "is a directory"));
    assert_error(file_write(in("none/x"), STR_LIT("x"), &err), ERR_CANNOT_CREATE);
    // A directory in the way: nothing of the failed file stays behind.
    assert_ok(file_make_dir(in("full"), &err));
    assert_error(file_write(in("full"), STR_LIT("x"), &err), ERR_CANNOT_CREATE);
    char command[600];
    snprintf(command, sizeof command, "test -z \"$(find '%s' -name '*.part')\"", dir);
    assert_int_equal(system(command), 0);
    assert_error(file_write("/dev/full/x", STR_LIT("x"), &err), ERR_CANNOT_CREATE);
    arena_release(&a);
}

static void test_makes_directories(void **state)
{
    struct err err;
    struct stat st;
    struct arena a = { 0 };
    (void)state;
    assert_ok(file_make_dir(in("a/b//c"), &err));
    assert_ok(file_make_dir(in("a/b/c"), &err));
    assert_true(file_is_dir(in("a/b/c")));
    assert_int_equal(stat(in("a/b/c"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_ok(file_write(in("file"), STR_LIT("x"), &err));
    assert_error(file_make_dir(in("file"), &err), ERR_CANNOT_CREATE);
    assert_error(file_make_dir(in("file/x"), &err), ERR_CANNOT_CREATE);
    assert_error(file_make_dir("", &err), ERR_CANNOT_CREATE);
    assert_text(path_join(&a, STR_LIT("a"), "b"), "a/b");
    assert_text(path_join(&a, STR_LIT("a/"), "b"), "a/b");
    arena_release(&a);
}

static int try_lock_elsewhere(void)
{
    int status, lock;
    pid_t pid = fork();
    if (pid == 0) {
        struct err err;
        _exit(file_lock(in("lock"), &lock, &err));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void test_locks(void **state)
{
    struct err err;
    int lock;
    (void)state;
    assert_int_equal(try_lock_elsewhere(), 0);
    assert_ok(file_lock(in("lock"), &lock, &err)); // the other's lock ended with it
    assert_int_equal(try_lock_elsewhere(), ERR_TRY_AGAIN);
    file_unlock(lock);
    assert_int_equal(try_lock_elsewhere(), 0);
    file_unlock(-1);
}

static void test_maps(void **state)
{
    struct file_map map;
    struct err err;
    (void)state;
    assert_ok(file_write(in("m"), STR_LIT("mapped"), &err));
    assert_ok(file_map_open(&map, in("m"), &err));
    assert_text(str_make((const char *)map.data, map.size), "mapped");
    file_map_close(&map);
    assert_ok(file_write(in("m"), STR_LIT(""), &err));
    assert_ok(file_map_open(&map, in("m"), &err));
    assert_null(map.data);
    file_map_close(&map);
    assert_error(file_map_open(&map, in("nothing"), &err), ERR_NO_INPUT);
    assert_error(file_map_open(&map, dir, &err), ERR_NO_INPUT);
}

static int set_up(void **state)
{
    (void)state;
    make_dir(dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_reads),
        cmocka_unit_test(test_writes_where_a_person_says),
        cmocka_unit_test(test_writes_into_no_file_that_was_there),
        cmocka_unit_test(test_reads_a_pipe),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_makes_directories),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_maps),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
