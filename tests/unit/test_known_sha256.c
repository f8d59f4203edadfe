// SPDX-License-Identifier: Apache-2.0
// The digest of a large file is taken once and again when the file is another, whatever its times
// say; a list that others could have written counts for nothing.
#include "unit/check.h"

#include "base/crypto.h"
#include "base/known_sha256.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define SIZE ((size_t)2 << 20)

static char dir[256], file[300], list[300];
static struct err err;

static void fill(char letter)
{
    FILE *out = fopen(file, "r+");
    out = out ? out : fopen(file, "w");
    assert_non_null(out);
    for (size_t i = 0; i < SIZE; i++)
        fputc(letter, out);
    assert_int_equal(fclose(out), 0);
}

static void old_enough(void) // its last change, for the list
{
    nanosleep(&(struct timespec){ .tv_sec = 5 }, NULL);
}

// The list says that every file has this digest.
static void forge(char letter)
{
    char line[1024];
    FILE *in = fopen(list, "r+");
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    assert_int_equal(fseek(in, (long)strlen(line) - DIGEST_HEX, SEEK_SET), 0);
    for (size_t i = 0; i < DIGEST_HEX - 1; i++)
        fputc(letter, in);
    assert_int_equal(fclose(in), 0);
}

static void test_taken_once(void **state)
{
    char hex[DIGEST_HEX], real[DIGEST_HEX], forged[DIGEST_HEX];
    struct stat st;
    (void)state;
    memset(forged, 'f', sizeof forged - 1);
    forged[DIGEST_HEX - 1] = 0;
    fill('a');
    assert_ok(file_sha256(file, real, &err));
    assert_ok(known_sha256(file, hex, &err)); // changed just now: it may change unseen
    assert_string_equal(hex, real);
    assert_int_equal(access(list, F_OK), -1);
    old_enough();
    assert_ok(known_sha256(file, hex, &err));
    assert_string_equal(hex, real);
    assert_int_equal(stat(list, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    forge('f');
    assert_ok(known_sha256(file, hex, &err)); // not read again
    assert_string_equal(hex, forged);

    assert_int_equal(chmod(list, 0620), 0); // others may write it: it says nothing
    assert_ok(known_sha256(file, hex, &err));
    assert_string_equal(hex, real);
    assert_int_equal(chmod(list, 0600), 0);

    // another content of the same size with the time of the old one
    forge('f');
    assert_int_equal(stat(file, &st), 0);
    fill('b');
    struct timespec times[2] = { st.st_atim, st.st_mtim };
    assert_int_equal(utimensat(AT_FDCWD, file, times, 0), 0);
    assert_ok(file_sha256(file, real, &err));
    assert_ok(known_sha256(file, hex, &err));
    assert_string_equal(hex, real);

    assert_int_equal(unlink(file), 0);
    assert_error(known_sha256(file, hex, &err), ERR_NO_INPUT);
}

static int setup(void **state)
{
    (void)state;
    make_dir(dir);
    snprintf(file, sizeof file, "%s/weights", dir);
    snprintf(list, sizeof list, "%s/clio/sha256", dir);
    return setenv("XDG_CACHE_HOME", dir, 1) || crypto_start(&err);
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_taken_once) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
