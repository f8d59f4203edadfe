// SPDX-License-Identifier: Apache-2.0
// The access log: whatever is done to its text is found. CLIO_TAMPERINGS sets how many random ones
// (400; the long form is 10,000).
#include "unit/check.h"

#include "access/access_log.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/rng.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define N_ENTRIES 12
#define PATH_ROOM 384

static struct err err;
static char dir[256];

static void path_to(const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%s", dir, name);
}

static struct str content(struct arena *a, const char *name)
{
    char path[PATH_ROOM];
    struct str text;
    path_to(name, path);
    assert_ok(file_read(a, path, 1 << 20, &text, &err));
    return text;
}

static void put(const char *name, struct str text)
{
    char path[PATH_ROOM];
    path_to(name, path);
    FILE *f = fopen(path, "wbe"); // without a sync: this is done thousands of times
    assert_non_null(f);
    assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
}

static int verify(const char *anchor)
{
    int64_t n;
    char now[ANCHOR_TEXT];
    return access_log_verify(dir, anchor, NULL, &n, now, &err);
}

static void add(struct access_log *log, int i)
{
    char object[40];
    snprintf(object, sizeof object, "cluster %d", i);
    struct access_event event = { 1700000000 + i * 7, STR_LIT("ada"), STR_LIT("look"),
                                  str_of(object), STR_LIT("a reason, \"quoted\"\nand long") };
    assert_ok(access_log_add(log, &event, &err));
}

static int fill(void **state)
{
    struct access_log *log;
    (void)state;
    assert_ok(crypto_start(&err));
    make_dir(dir);
    assert_ok(access_log_open(&log, dir, &err));
    for (int i = 0; i < N_ENTRIES; i++)
        add(log, i);
    access_log_close(log);
    return 0;
}

static int empty(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

static void an_untouched_log_is_whole(void **state)
{
    (void)state;
    int64_t n;
    char now[ANCHOR_TEXT];
    struct arena a = { 0 };
    struct access_entry *list;
    size_t n_read;
    assert_ok(access_log_verify(dir, NULL, NULL, &n, now, &err));
    assert_int_equal(n, N_ENTRIES);
    assert_ok(verify(now));
    assert_ok(access_log_read(dir, 5, &a, &list, &n_read, &err));
    assert_int_equal(n_read, 5);
    assert_int_equal(list[0].n, N_ENTRIES);
    assert_text(list[4].object, "cluster 7");
    assert_text(list[0].detail, "a reason, \"quoted\"\nand long");
    arena_release(&a);
}

// What could not be written whole is not there: two entries without their head would else look
// like a log that somebody tampered with.
static void an_entry_whose_head_cannot_be_written_is_taken_back(void **state)
{
    (void)state;
    struct access_log *log;
    struct access_event event = { 1800000000, STR_LIT("ada"), STR_LIT("look"), STR_LIT("cluster 1"),
                                  STR_LIT("") };
    char part[PATH_ROOM], name[64];
    int64_t n;
    char now[ANCHOR_TEXT];
    snprintf(name, sizeof name, "access.head.%ld.part", (long)getpid());
    path_to(name, part);
    assert_ok(access_log_open(&log, dir, &err));
    assert_int_equal(mkdir(part, 0700), 0);
    for (int i = 0; i < 3; i++)
        assert_int_not_equal(access_log_add(log, &event, &err), 0);
    assert_int_equal(rmdir(part), 0);
    access_log_close(log);
    assert_ok(access_log_open(&log, dir, &err));
    assert_ok(access_log_add(log, &event, &err));
    access_log_close(log);
    assert_ok(access_log_verify(dir, NULL, NULL, &n, now, &err));
    assert_int_equal(n, N_ENTRIES + 1);
}

static void expect_closed(int code)
{
    struct access_log *log;
    assert_error(access_log_open(&log, dir, &err), code);
}

// A new key would hide that the log was written anew; so one is made for an empty log only.
static void a_key_that_is_gone_is_not_made_anew(void **state)
{
    (void)state;
    struct arena a = { 0 };
    char key[PATH_ROOM], public[PATH_ROOM], other[64 + 2];
    path_to("access.key", key);
    path_to("access.pub", public);
    struct str key_was = content(&a, "access.key"), public_was = content(&a, "access.pub");
    assert_int_equal(unlink(key), 0);
    expect_closed(ERR_PRIVACY);
    assert_true(access(key, F_OK) != 0);
    assert_text(content(&a, "access.pub"), arena_str(&a, public_was).ptr);
    memset(other, 'a', 64);
    memcpy(other + 64, "\n", 2);
    put("access.key", str_of(other));
    expect_closed(ERR_PRIVACY); // not the key of access.pub
    assert_int_equal(unlink(public), 0);
    expect_closed(ERR_PRIVACY);
    put("access.key", key_was);
    put("access.pub", public_was);
    assert_ok(verify(NULL));
    arena_release(&a);
}

static void a_log_that_was_taken_away_takes_no_entry(void **state)
{
    (void)state;
    struct access_log *log;
    struct access_event event = { 1800000000, STR_LIT("ada"), STR_LIT("look"), STR_LIT("cluster 1"),
                                  STR_LIT("") };
    char from[PATH_ROOM], to[PATH_ROOM];
    path_to("access.log", from);
    path_to("elsewhere", to);
    assert_ok(access_log_open(&log, dir, &err));
    assert_int_equal(rename(from, to), 0);
    assert_error(access_log_add(log, &event, &err), ERR_PRIVACY);
    put("access.log", STR_LIT(""));
    assert_error(access_log_add(log, &event, &err), ERR_PRIVACY);
    assert_int_equal(rename(to, from), 0);
    assert_ok(access_log_add(log, &event, &err));
    access_log_close(log);
}

// An entry is there before its head: whoever reads between the two would see a log that is ahead.
static void verifying_waits_for_an_entry_that_is_written(void **state)
{
    (void)state;
    char path[PATH_ROOM];
    int status = 0;
    path_to("access.log", path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(verify(NULL) != 0);
    usleep(200000);
    assert_int_equal(waitpid(child, &status, WNOHANG), 0);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(fd);
}

// What an anchor kept elsewhere adds: log and head put back together to an earlier state.
static void going_back_as_a_whole_is_found_by_an_anchor(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access_log *log;
    int64_t n;
    char now[ANCHOR_TEXT];
    struct str old_log = content(&a, "access.log"), old_head = content(&a, "access.head");
    assert_ok(access_log_open(&log, dir, &err));
    add(log, 100);
    access_log_close(log);
    assert_ok(access_log_verify(dir, NULL, NULL, &n, now, &err));
    put("access.log", old_log);
    put("access.head", old_head);
    assert_ok(verify(NULL));
    assert_error(verify(now), ERR_PRIVACY);
    arena_release(&a);
}

static void two_writers_make_one_chain(void **state)
{
    (void)state;
    struct access_log *one, *other;
    assert_ok(access_log_open(&one, dir, &err));
    assert_ok(access_log_open(&other, dir, &err));
    for (int i = 0; i < 20; i++)
        add(i % 3 ? one : other, 200 + i);
    access_log_close(one);
    access_log_close(other);
    assert_ok(verify(NULL));
}

// A crash leaves a part of a line, or a line that the head does not know yet: neither is a fault.
static void a_crash_is_no_tampering(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access_log *log;
    struct str old_head = content(&a, "access.head");
    assert_ok(access_log_open(&log, dir, &err));
    add(log, 50);
    access_log_close(log);
    put("access.head", old_head);
    assert_ok(verify(NULL));
    struct str text = content(&a, "access.log");
    put("access.log", arena_printf(&a, "%.*s{\"n\":99,\"ti", STR_ARG(text)));
    assert_error(verify(NULL), ERR_PRIVACY);
    assert_ok(access_log_open(&log, dir, &err)); // takes the part off and mends the head
    access_log_close(log);
    assert_ok(verify(NULL));
    arena_release(&a);
}

// More than a line without an end: nothing is cut away, whoever opens it.
static void what_no_crash_leaves_is_kept(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access_log *log;
    struct str text = content(&a, "access.log");
    put("access.log", arena_printf(&a, "%.*s%0*d", STR_ARG(text), 40000, 7));
    for (int i = 0; i < 3; i++)
        assert_error(access_log_open(&log, dir, &err), ERR_PRIVACY);
    assert_int_equal(content(&a, "access.log").len, text.len + 40000);
    arena_release(&a);
}

static void a_log_that_was_cut_takes_nothing_more(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access_log *log;
    struct str text = content(&a, "access.log");
    size_t from = text.len - 1;
    while (text.ptr[from - 1] != '\n')
        from--;
    put("access.log", str_head(text, from));
    assert_error(access_log_open(&log, dir, &err), ERR_PRIVACY);
    put("access.log", text);
    arena_release(&a);
}

// Random tamperings ------------------------------------------------------------------------------

struct lines {
    struct str line[N_ENTRIES + 4];
    size_t n;
};

static struct lines cut_lines(struct str text)
{
    struct lines lines = { .n = 0 };
    struct str rest = text, line;
    while (str_cut(&rest, '\n', &line) && line.len)
        lines.line[lines.n++] = line;
    return lines;
}

static struct str join(struct arena *a, const struct lines *lines)
{
    struct str all = STR_LIT("");
    for (size_t i = 0; i < lines->n; i++)
        all = arena_printf(a, "%.*s%.*s\n", STR_ARG(all), STR_ARG(lines->line[i]));
    return all;
}

static struct str flip_byte(struct arena *a, struct rng *rng, struct str text)
{
    char *copy = arena_copy(a, text);
    size_t at = (size_t)rng_below(rng, text.len);
    copy[at] = (char)(copy[at] ^ (1 << rng_below(rng, 7)));
    return str_make(copy, text.len);
}

static void remove_line(struct lines *lines, size_t at, size_t n)
{
    memmove(&lines->line[at], &lines->line[at + n], (lines->n - at - n) * sizeof *lines->line);
    lines->n -= n;
}

// An entry as a forger without the key would write it, hashes and all.
static struct str forge(struct arena *a, struct rng *rng, struct str line)
{
    struct str changed = arena_str(a, line);
    size_t at = str_find(changed, STR_LIT("ada"), 0);
    if (at != SIZE_MAX)
        memcpy((char *)(uintptr_t)changed.ptr + at, "eve", 3);
    struct sign_key key;
    unsigned char seed[SIGN_SEED], sign[SIGN_BYTES];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)rng_below(rng, 256);
    sign_key_of_seed(seed, &key);
    struct str body = str_head(changed, changed.len - 11 - 2 * SIGN_BYTES);
    char hex[2 * SIGN_BYTES + 1];
    sign_text(&key, body, sign);
    crypto_hex(sign, sizeof sign, hex);
    return arena_printf(a, "%.*s,\"sign\":\"%s\"}", STR_ARG(body), hex);
}

static struct str tamper(struct arena *a, struct rng *rng, struct str text)
{
    struct lines lines = cut_lines(text);
    size_t i = (size_t)rng_below(rng, lines.n), j = (size_t)rng_below(rng, lines.n);
    struct str kept;
    switch (rng_below(rng, 9)) {
    case 0: // one bit
        return flip_byte(a, rng, text);
    case 1: // drop one
        remove_line(&lines, i, 1);
        break;
    case 2: // swap two
        j = i == j ? (i + 1) % lines.n : j;
        kept = lines.line[i];
        lines.line[i] = lines.line[j];
        lines.line[j] = kept;
        break;
    case 3: // one twice
        memmove(&lines.line[i + 1], &lines.line[i], (lines.n - i) * sizeof *lines.line);
        lines.n++;
        break;
    case 4: // cut the tail, at a line
        lines.n = (size_t)rng_below(rng, lines.n);
        break;
    case 5: // cut anywhere
        return str_head(text, (size_t)rng_below(rng, text.len));
    case 6: // written anew with another key
        lines.line[i] = forge(a, rng, lines.line[i]);
        break;
    case 7: // another time
        kept = arena_str(a, lines.line[i]);
        ((char *)(uintptr_t)kept.ptr)[str_find(kept, STR_LIT("T"), 0) + 2] ^= 1;
        lines.line[i] = kept;
        break;
    default: // a stretch cut out
        remove_line(&lines, i, 1 + (size_t)rng_below(rng, lines.n - i));
    }
    return join(a, &lines);
}

static void every_tampering_is_found(void **state)
{
    (void)state;
    const char *wanted = getenv("CLIO_TAMPERINGS");
    long n = wanted ? strtol(wanted, NULL, 10) : 400;
    struct arena a = { 0 };
    struct rng rng;
    struct str text = content(&a, "access.log"), head = content(&a, "access.head");
    rng_init(&rng, 7, "tamper");
    struct access_seen seen_whole = { 0 };
    int64_t n_seen;
    char anchor[ANCHOR_TEXT];
    assert_ok(access_log_verify_on(dir, &seen_whole, &n_seen, anchor, &err));
    assert_int_equal(seen_whole.n, N_ENTRIES - 1);
    for (long i = 0; i < n; i++) {
        struct arena_mark start = arena_save(&a);
        bool in_head = rng_below(&rng, 20) == 0;
        struct str changed = in_head ? flip_byte(&a, &rng, head) : tamper(&a, &rng, text);
        assert_false(str_equal(changed, in_head ? head : text));
        put(in_head ? "access.head" : "access.log", changed);
        if (verify(NULL) == 0)
            fail_msg("tampering %ld was not found", i);
        struct access_seen seen = seen_whole; // of the log as it was
        if (access_log_verify_on(dir, &seen, &n_seen, anchor, &err) == 0)
            fail_msg("tampering %ld was not found by one who had seen the log", i);
        assert_memory_equal(&seen, &seen_whole, sizeof seen);
        put("access.head", head);
        put("access.log", text);
        arena_rewind(&a, start);
    }
    assert_ok(verify(NULL));
    arena_release(&a);
    printf("%ld tamperings, all found\n", n);
}

// What was seen is hashed and not verified again; what came since is.
static void verifying_goes_on_from_what_was_seen(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct access_log *log;
    struct access_seen seen = { 0 };
    int64_t n;
    char whole[ANCHOR_TEXT], on[ANCHOR_TEXT];
    for (int i = 0; i < 5; i++) {
        struct str old_head = content(&a, "access.head");
        assert_ok(access_log_open(&log, dir, &err));
        add(log, 100 + i);
        add(log, 200 + i);
        access_log_close(log);
        assert_ok(access_log_verify_on(dir, &seen, &n, on, &err));
        assert_int_equal(n, N_ENTRIES + 2 * (i + 1));
        assert_ok(access_log_verify(dir, NULL, NULL, &n, whole, &err));
        assert_string_equal(on, whole);
        assert_int_equal(seen.n, n - 1);
        // A head that a crash left one entry behind is met, one that is further behind is not.
        struct str head = content(&a, "access.head");
        put("access.head", old_head);
        assert_error(access_log_verify_on(dir, &seen, &n, on, &err), ERR_PRIVACY);
        put("access.head", head);
    }
    // A shorter log that is whole by itself is verified from its beginning.
    struct str text = content(&a, "access.log"), head = content(&a, "access.head");
    remove_dir(dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_ok(access_log_open(&log, dir, &err));
    add(log, 1);
    access_log_close(log);
    assert_ok(access_log_verify_on(dir, &seen, &n, on, &err));
    assert_int_equal(n, 1);
    put("access.log", text); // of another key
    put("access.head", head);
    assert_error(access_log_verify_on(dir, &seen, &n, on, &err), ERR_PRIVACY);
    arena_release(&a);
}

static void a_log_that_is_gone_is_said(void **state)
{
    (void)state;
    char path[PATH_ROOM];
    struct arena a = { 0 };
    struct str text = content(&a, "access.log");
    path_to("access.log", path);
    unlink(path);
    assert_error(verify(NULL), ERR_NO_INPUT);
    put("access.log", text);
    path_to("access.head", path);
    unlink(path);
    assert_error(verify(NULL), ERR_PRIVACY);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_untouched_log_is_whole, fill, empty),
        cmocka_unit_test_setup_teardown(a_key_that_is_gone_is_not_made_anew, fill, empty),
        cmocka_unit_test_setup_teardown(a_log_that_was_taken_away_takes_no_entry, fill, empty),
        cmocka_unit_test_setup_teardown(verifying_waits_for_an_entry_that_is_written, fill, empty),
        cmocka_unit_test_setup_teardown(an_entry_whose_head_cannot_be_written_is_taken_back, fill,
                                        empty),
        cmocka_unit_test_setup_teardown(going_back_as_a_whole_is_found_by_an_anchor, fill, empty),
        cmocka_unit_test_setup_teardown(two_writers_make_one_chain, fill, empty),
        cmocka_unit_test_setup_teardown(a_crash_is_no_tampering, fill, empty),
        cmocka_unit_test_setup_teardown(what_no_crash_leaves_is_kept, fill, empty),
        cmocka_unit_test_setup_teardown(a_log_that_was_cut_takes_nothing_more, fill, empty),
        cmocka_unit_test_setup_teardown(every_tampering_is_found, fill, empty),
        cmocka_unit_test_setup_teardown(verifying_goes_on_from_what_was_seen, fill, empty),
        cmocka_unit_test_setup_teardown(a_log_that_is_gone_is_said, fill, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
