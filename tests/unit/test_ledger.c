// SPDX-License-Identifier: Apache-2.0
// The ledger: a release is charged once, a second one only within the budget, noise from a seed
// never; rows stay; a release has one secret.
#include "check.h"
#include "dp/budget.h"
#include "privacy/ledger.h"
#include "store/sql.h"

#include <stdlib.h>
#include <unistd.h>

static struct released_cost costs[2];
static int n_synced;

// Takes the C library's place, for SQLite too.
int fdatasync(int fd)
{
    n_synced++;
    return fsync(fd);
}

// A release that costs about what ε = 8 at δ = 1e-6 allows.
static struct released release_named(const char *name)
{
    int64_t rho = budget_rho_of(7.9, 9e-7);
    costs[0] = (struct released_cost){ STR_LIT("sizes"), 1, 1, 1, rho / 2, 0 };
    costs[1] = (struct released_cost){
        STR_LIT("words"), 1, 1, 1, rho / 2, (int64_t)(5e-8 * (double)BUDGET_DELTA_UNITS)
    };
    return (struct released){
        .release = str_of(name), .epsilon = 8, .delta = 1e-6, .n_costs = 2, .costs = costs
    };
}

static struct vault *open_vault(char dir[256])
{
    struct err err = { 0 };
    struct vault *vault;
    make_dir(dir);
    assert_ok(vault_open(&vault, dir, true, &err));
    return vault;
}

static void a_release_is_charged_once(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct ledger_sum sum;
    struct vault *vault = open_vault(dir);
    struct released one = release_named("one");
    (void)state;
    for (int again = 0; again < 3; again++) {
        assert_ok(ledger_charge(vault, &one, 1, 0, &ledger, &err));
        assert_int_equal(ledger.n_releases, 1);
        assert_true(ledger.epsilon_spent > 7.5 && ledger.epsilon_spent <= 8);
    }
    assert_ok(vault_ledger_sum(vault, NULL, 0, &sum, &err));
    assert_int_equal(sum.rho, costs[0].rho + costs[1].rho);
    assert_int_equal(sum.delta, costs[1].delta);
    assert_int_equal(sum.n_releases, 1);
    vault_close(vault);
    remove_dir(dir);
}

static void a_charge_is_on_the_disk(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct vault *vault = open_vault(dir);
    struct released one = release_named("one");
    (void)state;
    assert_ok(vault_set_setting(vault, "some", STR_LIT("thing"), &err));
    n_synced = 0;
    assert_ok(vault_set_setting(vault, "some", STR_LIT("other thing"), &err));
    assert_int_equal(n_synced, 0); // as everything else is
    assert_ok(ledger_charge(vault, &one, 1, 0, &ledger, &err));
    assert_true(n_synced > 0);
    n_synced = 0;
    assert_ok(vault_set_setting(vault, "some", STR_LIT("thing"), &err));
    assert_int_equal(n_synced, 0);
    vault_close(vault);
    remove_dir(dir);
}

static void a_second_one_needs_a_budget(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct ledger_sum sum;
    struct vault *vault = open_vault(dir);
    struct released one = release_named("one"), two = release_named("two");
    (void)state;
    assert_ok(ledger_charge(vault, &one, 1, 0, &ledger, &err));
    assert_error(ledger_charge(vault, &two, 1, 0, &ledger, &err), ERR_PRIVACY);
    assert_non_null(strstr(err.text, "over the budget of 8"));
    assert_non_null(strstr(err.text, "--budget"));
    assert_ok(vault_ledger_sum(vault, NULL, 0, &sum, &err));
    assert_int_equal(sum.n_releases, 1); // it was not charged
    err = (struct err){ 0 };
    assert_ok(ledger_charge(vault, &two, 1, 13, &ledger, &err));
    assert_int_equal(ledger.n_releases, 2);
    assert_true(ledger.epsilon_spent > ledger.epsilon_release);
    assert_true(ledger.epsilon_spent < 2 * ledger.epsilon_release); // they compose
    assert_ok(ledger_charge(vault, &one, 1, 0, &ledger, &err));     // the first is out already
    vault_close(vault);
    remove_dir(dir);
}

// n trees of this ρ each; their costs are the caller's to free.
static void trees_named(struct released *list, size_t n, const char *const *names, int64_t rho)
{
    for (size_t i = 0; i < n; i++) {
        list[i] = release_named(names[i]);
        list[i].costs = memcpy(malloc(sizeof costs), costs, sizeof costs);
        list[i].costs[0].rho = list[i].costs[1].rho = rho / 2;
        list[i].costs[1].delta /= (int64_t)n;
    }
}

static void trees_are_charged_together(void **state)
{
    static const char *const names[] = { "requests", "tasks" };
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct ledger_sum sum;
    struct released half[2], whole[2];
    int64_t rho = budget_rho_of(7.9, 9e-7);
    struct vault *vault = open_vault(dir);
    (void)state;
    trees_named(whole, 2, names, rho); // each would fit alone
    assert_ok(ledger_check(&whole[0], 1, &(struct ledger_sum){ 0 }, 0, &ledger, &err));
    assert_error(ledger_charge(vault, whole, 2, 0, &ledger, &err), ERR_PRIVACY);
    assert_ok(vault_ledger_sum(vault, NULL, 0, &sum, &err));
    assert_int_equal(sum.n_releases, 0); // neither was charged
    err = (struct err){ 0 };
    trees_named(half, 2, names, rho / 2);
    for (int again = 0; again < 2; again++) {
        assert_ok(ledger_charge(vault, half, 2, 0, &ledger, &err));
        assert_true(ledger.epsilon_release > 7.5 && ledger.epsilon_spent <= 8);
        assert_int_equal(ledger.n_releases, 2); // a tree is a release
    }
    assert_ok(vault_ledger_sum(vault, half, 1, &sum, &err));
    assert_int_equal(sum.rho, rho / 2 / 2 * 2);
    assert_true(sum.has_mine);
    assert_ok(vault_ledger_sum(vault, half, 2, &sum, &err));
    assert_true(sum.has_mine && sum.n_releases == 0 && sum.rho == 0);
    // one that is out and one that is not are no release that is out
    half[1].release = STR_LIT("other tasks");
    assert_ok(vault_ledger_sum(vault, half, 2, &sum, &err));
    assert_true(!sum.has_mine && sum.n_releases == 1);
    assert_error(ledger_charge(vault, half, 2, 0, &ledger, &err), ERR_PRIVACY);
    err = (struct err){ 0 };
    half[1].release = STR_LIT("tasks");
    half[1].seeded = true; // the second is looked at, too
    assert_error(ledger_charge(vault, half, 2, 100, &ledger, &err), ERR_PRIVACY);
    for (int i = 0; i < 2; i++) {
        free(half[i].costs);
        free(whole[i].costs);
    }
    vault_close(vault);
    remove_dir(dir);
}

static void delta_is_spent_too(void **state)
{
    struct err err = { 0 };
    struct ledger_state ledger;
    struct released one = release_named("one");
    struct ledger_sum before = { .delta = (int64_t)(9.6e-7 * (double)BUDGET_DELTA_UNITS) };
    (void)state;
    assert_error(ledger_check(&one, 1, &before, 900, &ledger, &err), ERR_PRIVACY);
}

static void noise_from_a_seed_is_not_published(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct vault *vault = open_vault(dir);
    struct released one = release_named("one");
    (void)state;
    one.seeded = true;
    assert_error(ledger_charge(vault, &one, 1, 100, &ledger, &err), ERR_PRIVACY);
    assert_non_null(strstr(err.text, "--noise-seed"));
    vault_close(vault);
    remove_dir(dir);
}

static void rows_stay(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct ledger_state ledger;
    struct vault *vault = open_vault(dir);
    struct released one = release_named("one");
    (void)state;
    assert_ok(ledger_charge(vault, &one, 1, 0, &ledger, &err));
    assert_true(sql_exec(vault_sql(vault), "DELETE FROM ledger", &err) != 0);
    err = (struct err){ 0 };
    assert_true(sql_exec(vault_sql(vault), "UPDATE ledger SET rho = 0", &err) != 0);
    vault_close(vault);
    remove_dir(dir);
}

static void a_release_has_one_secret(void **state)
{
    char dir[256];
    struct err err = { 0 };
    struct hash_key first, again, other;
    struct vault *vault = open_vault(dir);
    (void)state;
    assert_ok(vault_release_key(vault, STR_LIT("one"), &first, &err));
    assert_ok(vault_release_key(vault, STR_LIT("two"), &other, &err));
    vault_close(vault);
    assert_ok(vault_open(&vault, dir, false, &err));
    assert_ok(vault_release_key(vault, STR_LIT("one"), &again, &err));
    assert_memory_equal(first.bytes, again.bytes, sizeof first.bytes);
    assert_true(memcmp(first.bytes, other.bytes, sizeof first.bytes) != 0);
    vault_close(vault);
    remove_dir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_is_charged_once),
        cmocka_unit_test(a_charge_is_on_the_disk),
        cmocka_unit_test(a_second_one_needs_a_budget),
        cmocka_unit_test(trees_are_charged_together),
        cmocka_unit_test(delta_is_spent_too),
        cmocka_unit_test(noise_from_a_seed_is_not_published),
        cmocka_unit_test(rows_stay),
        cmocka_unit_test(a_release_has_one_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
