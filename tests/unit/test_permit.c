// SPDX-License-Identifier: Apache-2.0
// Permits and looks. The property: over random sessions, what was shown and what the log says are
// the same list. CLIO_LOOK_SESSIONS sets how many (500; the long form is 10,000).
#include "unit/check.h"

#include "access/permit.h"
#include "base/rng.h"

static struct err err;
static char dir[256];
static int64_t now;
static struct access *access_;
static struct visitor ada = { ROLE_SAFETY, "ada", "" }, ben = { ROLE_SAFETY, "ben", "" },
                      root = { ROLE_ADMIN, "root", "" }, ann = { ROLE_ANALYST, "ann", "" };
#define CLUSTERS STR_LIT("first")
#define REASON STR_LIT("A ring seems to share one template.")

static bool is_to_close; // another process disables ada at the next question for the time

static void close_it(void)
{
    const struct access_options plain = { { 8192, 1 }, NULL, NULL };
    struct access *other;
    is_to_close = false;
    assert_ok(access_open(&other, dir, false, &plain, &err));
    assert_ok(user_set_disabled(other, STR_LIT("-"), STR_LIT("ada"), true, &err));
    access_close(other);
}

static int64_t tell_time(const void *context)
{
    (void)context;
    if (is_to_close)
        close_it();
    return now;
}

static int start(void **state)
{
    (void)state;
    const struct access_options cheap = { { 8192, 1 }, tell_time, NULL };
    now = 1800000000;
    make_dir(dir);
    assert_ok(access_open(&access_, dir, true, &cheap, &err));
    const struct visitor *all[] = { &ada, &ben, &root, &ann };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_ok(user_add(access_, STR_LIT("-"), str_of(all[i]->name), all[i]->role,
                           STR_LIT("correct horse battery"), &err));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    access_close(access_);
    remove_dir(dir);
    return 0;
}

static void policy(const char *name, int64_t value)
{
    assert_ok(access_set_policy(access_, STR_LIT("-"), str_of(name), value, &err));
}

struct shelf { // what the reader read; conversations 1 … 9 are in every cluster
    int n_read;
    bool broken, closes;
};

static int read_it(void *context, const struct permit *permit, const struct look *look, bool *there,
                   struct err *e)
{
    struct shelf *shelf = context;
    assert_text(permit->clusters, "first");
    if (shelf->broken)
        return err_set(e, ERR_IO, "broken");
    if (shelf->closes)
        close_it();
    *there = look->depth == LOOK_ACCOUNTS || look->subject < 10;
    shelf->n_read++;
    return 0;
}

static struct shelf shelf;

static int take(const struct visitor *visitor, int64_t permit, enum look_depth depth,
                int64_t subject)
{
    struct look look = { permit, depth, subject, read_it, &shelf, 0 };
    return look_take(access_, visitor, &look, &err);
}

static int64_t ask(const struct visitor *visitor, int64_t cluster)
{
    int64_t id = 0;
    assert_ok(permit_ask(access_, visitor, cluster, CLUSTERS, REASON, &id, &err));
    return id;
}

static size_t count_looks(void)
{
    struct arena a = { 0 };
    struct access_entry *list;
    size_t n, n_looks = 0;
    assert_ok(access_log_read(dir, 100000, &a, &list, &n, &err));
    for (size_t i = 0; i < n; i++)
        n_looks += str_starts(list[i].what, STR_LIT("look: "));
    arena_release(&a);
    return n_looks;
}

static void least_comes_first(void **state)
{
    (void)state;
    int64_t id = ask(&ada, 7);
    assert_error(take(&ada, id, LOOK_FACETS, 1), ERR_USAGE);
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 8), ERR_USAGE); // another cluster
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    assert_error(take(&ada, id, LOOK_TRANSCRIPT, 1), ERR_USAGE);
    assert_error(take(&ada, id, LOOK_REDACTED, 1), ERR_USAGE);
    assert_ok(take(&ada, id, LOOK_FACETS, 1));
    assert_error(take(&ada, id, LOOK_TRANSCRIPT, 1), ERR_USAGE);
    assert_ok(take(&ada, id, LOOK_REDACTED, 1));
    assert_error(take(&ada, id, LOOK_REDACTED, 2), ERR_USAGE); // of another conversation
    assert_ok(take(&ada, id, LOOK_TRANSCRIPT, 1));
    assert_ok(take(&ada, id, LOOK_ACCOUNT_ID, 3));
    assert_error(take(&ada, id, LOOK_FACETS, 99), ERR_NO_INPUT); // not in the cluster
    assert_int_equal(count_looks(), 5);
    struct arena a = { 0 };
    struct access_entry *list;
    size_t n;
    assert_ok(access_log_read(dir, 1, &a, &list, &n, &err)); // the newest: as the page writes it
    assert_text(list[0].object, "account 0000000000000003, cluster 7, permit 1");
    arena_release(&a);
}

static void a_permit_is_ones_own_and_has_a_reason(void **state)
{
    (void)state;
    int64_t id = ask(&ada, 7), none = 0;
    assert_error(take(&ben, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_error(take(&root, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_error(take(&ann, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_error(permit_ask(access_, &ann, 7, CLUSTERS, REASON, &none, &err), ERR_USAGE);
    assert_error(permit_ask(access_, &root, 7, CLUSTERS, REASON, &none, &err), ERR_USAGE);
    assert_error(permit_ask(access_, &ada, 7, CLUSTERS, STR_LIT("because"), &none, &err),
                 ERR_USAGE);
    assert_error(
        permit_ask(access_, &ada, 7, CLUSTERS, STR_LIT("a  b   c   d    e   f   g h"), &none, &err),
        ERR_USAGE);
    assert_error(take(&ada, 99, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_int_equal(count_looks(), 0);
    assert_int_equal(none, 0);
}

static void a_permit_ends(void **state)
{
    (void)state;
    int64_t id = ask(&ada, 7);
    now += 30 * 60 - 1;
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    now++;
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    id = ask(&ada, 7);
    assert_error(permit_close(access_, &ann, id, &err), ERR_USAGE);
    assert_ok(permit_close(access_, &ben, id, &err));
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    id = ask(&ada, 7);
    assert_ok(user_set_role(access_, STR_LIT("-"), STR_LIT("ada"), ROLE_VIEWER, &err));
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE); // ended with her sessions
}

static void a_second_person_is_another_person(void **state)
{
    (void)state;
    policy("second-person", 1);
    int64_t id = ask(&ada, 7);
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_error(permit_approve(access_, &ada, id, &err), ERR_USAGE);
    assert_error(permit_approve(access_, &ann, id, &err), ERR_USAGE);
    assert_error(permit_approve(access_, &ben, 77, &err), ERR_USAGE);
    now += 3600; // waiting takes none of its time
    assert_ok(permit_approve(access_, &ben, id, &err));
    assert_error(permit_approve(access_, &ben, id, &err), ERR_USAGE);
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    assert_error(take(&ben, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    id = ask(&ada, 8);
    now += 86400;
    assert_error(permit_approve(access_, &ben, id, &err), ERR_USAGE); // a day is too late
    id = ask(&ada, 8);
    assert_ok(permit_close(access_, &root, id, &err)); // refused
    assert_error(permit_approve(access_, &ben, id, &err), ERR_USAGE);
}

static void a_permit_is_for_one_clustering(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct permit permit;
    bool found;
    int64_t id = ask(&ada, 7);
    assert_ok(permit_find(access_, &ada, 7, CLUSTERS, &a, &permit, &found, &err));
    assert_true(found && permit.id == id);
    assert_ok(permit_find(access_, &ada, 7, STR_LIT("second"), &a, &permit, &found, &err));
    assert_false(found);
    arena_release(&a);
}

// Two hundred newer ones hide none that waits or is open; those that are over need not be seen.
static void many_permits_hide_none(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct permit permit, *list;
    bool found;
    size_t n, n_waiting = 0;
    policy("second-person", 1);
    int64_t waits = ask(&ada, 7), over = ask(&ada, 8);
    assert_ok(permit_close(access_, &ada, over, &err));
    for (int i = 0; i < 250; i++)
        assert_ok(permit_close(access_, &ben, ask(&ben, 1 + i), &err));
    assert_ok(permit_list(access_, &a, &list, &n, &err));
    assert_int_equal(n, 201);
    for (size_t i = 0; i < n; i++)
        n_waiting += list[i].state == PERMIT_WAITS;
    assert_true(n_waiting == 1 && list[n - 1].id == waits);
    assert_ok(permit_approve(access_, &ben, waits, &err));
    assert_ok(permit_find(access_, &ada, 7, CLUSTERS, &a, &permit, &found, &err));
    assert_true(found && permit.id == waits && permit.state == PERMIT_OPEN);
    assert_ok(permit_find(access_, &ada, 8, CLUSTERS, &a, &permit, &found, &err));
    assert_false(found);
    assert_ok(permit_find(access_, &ben, 7, CLUSTERS, &a, &permit, &found, &err));
    assert_false(found); // another user's
    arena_release(&a);
}

// A clock that is set back: no permit lasts longer for it, and nobody waits for it to come again.
static void the_clock_goes_back(void **state)
{
    (void)state;
    policy("looks-per-hour", 3);
    int64_t id = ask(&ada, 7);
    for (int i = 0; i < 3; i++)
        assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    now -= 100;                                                // by the network's time: nothing
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE); // the hour's are used up
    now -= 86400;
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_non_null(strstr(err.text, "is over"));
    assert_ok(take(&ada, ask(&ada, 7), LOOK_ACCOUNTS, 7));
}

static void looks_are_counted_by_the_hour(void **state)
{
    (void)state;
    const struct access_options cheap = { { 8192, 1 }, tell_time, NULL };
    const char *most = "3 times within an hour, which is the most. Look again at 09:00 UTC, in ";
    policy("looks-per-hour", 3);
    policy("permit-minutes", 1440);
    int64_t id = ask(&ada, 7); // at 08:00:00
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    now += 90;
    assert_ok(take(&ada, id, LOOK_ACCOUNT_ID, 3));
    assert_ok(take(&ada, id, LOOK_FACETS, 1));
    now += 30;
    for (enum look_depth depth = LOOK_ACCOUNTS; depth < N_LOOKS; depth++) { // of every kind
        assert_error(take(&ada, id, depth, depth == LOOK_ACCOUNTS ? 7 : 1), ERR_USAGE);
        assert_non_null(strstr(err.text, most));
        assert_non_null(strstr(err.text, "in 58 minutes."));
    }
    assert_error(take(&ada, ask(&ada, 8), LOOK_ACCOUNTS, 8), ERR_USAGE); // under another permit
    access_close(access_); // in another session, of another server
    assert_ok(access_open(&access_, dir, false, &cheap, &err));
    assert_ok(user_set_disabled(access_, STR_LIT("-"), STR_LIT("ada"), true, &err));
    assert_ok(user_set_disabled(access_, STR_LIT("-"), STR_LIT("ada"), false, &err));
    id = ask(&ada, 7);
    now += 3479;
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_non_null(strstr(err.text, "in 1 minute."));
    assert_ok(take(&ben, ask(&ben, 7), LOOK_ACCOUNTS, 7)); // everybody's own
    now++; // one is free, the next 90 seconds later: at 09:01:30, which is said as 09:02
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_non_null(strstr(err.text, "at 09:02 UTC, in 2 minutes."));
    policy("looks-per-hour", 1); // fewer: as if it had been so from the beginning
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    assert_non_null(strstr(err.text, "1 time within an hour"));
    assert_non_null(strstr(err.text, "at 10:00 UTC, in 60 minutes."));
}

// When the log cannot be written nothing is shown.
static void without_the_log_nothing_is_shown(void **state)
{
    (void)state;
    char path[300];
    int64_t id = ask(&ada, 7);
    assert_ok(take(&ada, id, LOOK_ACCOUNTS, 7));
    snprintf(path, sizeof path, "%s/access.log", dir);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_not_equal(take(&ada, id, LOOK_FACETS, 1), 0);
    assert_error(take(&ada, id, LOOK_REDACTED, 1), ERR_USAGE); // the facets do not count as seen
}

// A yes does not open again what was closed meanwhile, and what was read meanwhile is not shown.
static void what_is_closed_meanwhile_stays_closed(void **state)
{
    (void)state;
    policy("second-person", 1);
    int64_t id = ask(&ada, 7);
    is_to_close = true;
    assert_error(permit_approve(access_, &ben, id, &err), ERR_USAGE);
    assert_error(take(&ada, id, LOOK_ACCOUNTS, 7), ERR_USAGE);
    policy("second-person", 0);
    assert_ok(user_set_disabled(access_, STR_LIT("-"), STR_LIT("ada"), false, &err));
    id = ask(&ada, 7);
    shelf = (struct shelf){ .closes = true };
    int rc = take(&ada, id, LOOK_ACCOUNTS, 7);
    shelf = (struct shelf){ 0 };
    assert_int_equal(rc, ERR_USAGE);
    assert_int_equal(count_looks(), 0);
}

static const struct visitor *any_visitor(struct rng *rng)
{
    const struct visitor *all[] = { &ada, &ada, &ada, &ada, &ben, &root, &ann };
    return all[rng_below(rng, COUNT_OF(all))];
}

static void random_session(struct rng *rng, size_t *n_shown)
{
    int64_t cluster = 1 + (int64_t)rng_below(rng, 5), id = 0;
    const struct visitor *visitor = any_visitor(rng);
    if (permit_ask(access_, visitor, cluster, CLUSTERS, REASON, &id, &err))
        id = (int64_t)rng_below(rng, 50);
    size_t n = 1 + (size_t)rng_below(rng, 8);
    for (size_t i = 0; i < n; i++) {
        bool next = rng_below(rng, 3) > 0;
        enum look_depth depth = next && i < 5 ? (enum look_depth)(i ? i + 1 : 1)
                                              : (enum look_depth)rng_below(rng, N_LOOKS + 1);
        int64_t subject = depth == LOOK_ACCOUNTS ? cluster : 1 + (int64_t)rng_below(rng, 11);
        shelf.broken = rng_below(rng, 10) == 0;
        *n_shown += take(rng_below(rng, 8) ? visitor : any_visitor(rng), id, depth, subject) == 0;
        if (rng_below(rng, 12) == 0)
            now += 900;
        if (rng_below(rng, 25) == 0 && permit_close(access_, any_visitor(rng), id, &err) == 0)
            now++;
    }
    now += 120;
}

static void what_was_shown_and_what_was_logged_are_the_same(void **state)
{
    (void)state;
    const char *wanted = getenv("CLIO_LOOK_SESSIONS");
    long n = wanted ? strtol(wanted, NULL, 10) : 500;
    size_t n_shown = 0;
    struct rng rng;
    int64_t n_entries;
    char anchor[ANCHOR_TEXT];
    rng_init(&rng, 11, "looks");
    shelf = (struct shelf){ 0 };
    for (long i = 0; i < n; i++)
        random_session(&rng, &n_shown);
    assert_int_equal(count_looks(), n_shown);
    assert_true(n_shown > (size_t)n / 2);
    assert_ok(access_log_verify(dir, NULL, NULL, &n_entries, anchor, &err));
    printf("%ld sessions, %zu looks, as many entries\n", n, n_shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
        TEST(least_comes_first),
        TEST(a_permit_is_ones_own_and_has_a_reason),
        TEST(a_permit_ends),
        TEST(a_second_person_is_another_person),
        TEST(a_permit_is_for_one_clustering),
        TEST(many_permits_hide_none),
        TEST(the_clock_goes_back),
        TEST(looks_are_counted_by_the_hour),
        TEST(without_the_log_nothing_is_shown),
        TEST(what_is_closed_meanwhile_stays_closed),
        TEST(what_was_shown_and_what_was_logged_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
