// SPDX-License-Identifier: Apache-2.0
// What a purge leaves of a vault whose stages are not through, and what it is asked to take away.
#include "unit/check.h"

#include "base/arena.h"
#include "base/crypto.h"
#include "store/sql.h"
#include "store/vault_bound.h"
#include "store/vault_conversation.h"
#include "store/vault_facet.h"
#include "store/vault_ingest.h"
#include "store/vault_purge.h"
#include "store/vault_screen.h"

#include <stdio.h>
#include <stdlib.h>

static struct vault *vault;
static char dir[64];
static struct err err;

static void must(const char *statements)
{
    if (sql_exec(vault_sql(vault), statements, &err))
        fail_msg("%s", err.text);
}

static int64_t get(const char *query)
{
    int64_t n = -1;
    assert_ok(sql_get_i64(vault_sql(vault), query, &n, &err));
    return n;
}

// Conversations 1 … 9, three accounts; 8 has the transcript of 1.
static int open_vault(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, P_tmpdir "/clio-purge-XXXXXX");
    if (!mkdtemp(dir) || crypto_start(&err) || vault_open(&vault, dir, true, &err))
        return -1;
    must(
        "INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL);"
        "INSERT INTO account VALUES (1, 'a1'), (2, 'a2'), (3, 'a3');"
        "INSERT INTO conversation SELECT value, value, 'c' || value, CASE value WHEN 1 THEN 1 WHEN "
        "8 THEN 2 ELSE 3 END, NULL, NULL, NULL, 1, value, 1, 0, NULL, '[]' FROM "
        "json_each('[1,2,3,4,5,6,7,8,9]'); INSERT INTO copy VALUES (8, 1)");
    return 0;
}

static int close_vault(void **state)
{
    char command[128];
    (void)state;
    vault_close(vault);
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static void purge(enum vault_purge_by by, const char *id, int64_t n)
{
    struct vault_purge purge = { .by = by, .id = str_of(id) };
    assert_ok(vault_purge_rows(vault, &purge, &err));
    assert_int_equal(purge.n_conversations, n);
}

// The first three were asked about when their account's owner has 1 purged: 8 takes its place with
// its rows, and 4 … 7 are still to come.
static void test_stages_go_on_where_they_were(void **state)
{
    int64_t seq, n;
    (void)state;
    must("INSERT INTO facet_value SELECT value, 'turns', '1' FROM json_each('[1,2,3]');"
         "INSERT INTO screen_answer SELECT value, 'yes' FROM json_each('[1,2,3]')");
    purge(PURGE_ACCOUNT, "a1", 1);
    assert_int_equal(get("SELECT count(*) FROM facet_value WHERE seq = 8"), 1);
    assert_ok(vault_last_facet(vault, "turns", &seq, &n, &err));
    assert_int_equal(seq, 3);
    assert_int_equal(n, 2);
    assert_ok(vault_last_screen(vault, &seq, &n, &err));
    assert_int_equal(seq, 3);
    assert_int_equal(n, 3);
    must("INSERT INTO facet_value SELECT value, 'turns', '1' FROM json_each('[4,6,7,9]');"
         "INSERT INTO screen_answer SELECT value, 'yes' FROM json_each('[4,5,6,7,9]');"
         "INSERT INTO left_out VALUES (5, NULL)");
    assert_ok(vault_last_facet(vault, "turns", &seq, &n, &err));
    assert_int_equal(seq, 9);
    assert_ok(vault_last_screen(vault, &seq, &n, &err));
    assert_int_equal(seq, 9);
}

static void test_copies_are_handed_over(void **state)
{
    static const struct {
        const char *id, *copies;
    } purges[] = { { "c2", "53 73 81" }, { "c5", "73 81" }, { "c3", "81" }, { "c1", "" } };
    char query[96];
    (void)state;
    must("INSERT INTO copy VALUES (3, 2), (5, 2), (7, 2)");
    for (size_t i = 0; i < COUNT_OF(purges); i++) {
        purge(PURGE_CONVERSATION, purges[i].id, 1);
        snprintf(query, sizeof query,
                 "SELECT coalesce(group_concat(seq || first_seq, ' '), '') = '%s' FROM copy",
                 purges[i].copies);
        assert_int_equal(get(query), 1);
    }
}

static void add(int64_t seq, const char *id, const char *turns, enum added want)
{
    struct new_conversation c = {
        .seq = seq, .external_id = str_of(id), .turns = str_of(turns), .n_turns = 1, .source_id = 1
    };
    enum added added;
    assert_ok(vault_add_conversation(vault, &c, &added, &err));
    assert_int_equal(added, want);
}

// Ingest calls another transcript under the same id "ID#2": it goes with "ID". What came with such
// an id is somebody else's and stays.
static void test_an_id_has_more_than_one_transcript(void **state)
{
    (void)state;
    add(11, "[*?x", "[1]", ADDED);
    add(12, "[*?x#7", "[2]", ADDED); // the caller's own
    add(13, "[*?x", "[3]", ADDED_RENAMED);
    add(14, "[*?x", "[4]", ADDED_RENAMED);
    add(15, "[*?x#2", "[5]", ADDED_RENAMED); // the caller's own, and taken
    purge(PURGE_CONVERSATION, "[*?x", 3);
    assert_int_equal(get("SELECT group_concat(seq, '') = '1215' FROM (SELECT seq FROM conversation "
                         "WHERE seq > 9 ORDER BY seq)"),
                     1);
    assert_int_equal(get("SELECT count(*) FROM renamed"), 1);
    purge(PURGE_CONVERSATION, "[*?x#2", 1);
    purge(PURGE_CONVERSATION, "[*?x#7", 1);
    purge(PURGE_CONVERSATION, "nobody", 0);
}

// A record that was stored as "ID#2" stays away, whatever number it would get; others of its id,
// and the same words of another account, do not.
static void test_a_renamed_record_stays_away(void **state)
{
    static const struct {
        const char *id, *account, *turns;
        bool away;
    } records[] = { { "x", "", "[3]", true },    { "x", "", "[1]", false },
                    { "x", "", "[4]", false },   { "y", "", "[3]", false },
                    { "x", "a1", "[3]", false }, { "x#2", "", "[3]", false } };
    struct vault_purge gone = { .by = PURGE_CONVERSATION, .id = STR_LIT("x#2") };
    struct vault_purged purged;
    (void)state;
    add(11, "x", "[1]", ADDED);
    add(12, "x", "[3]", ADDED_RENAMED);
    add(13, "x", "[4]", ADDED_RENAMED);
    for (int i = 0; i < 2; i++) { // the second time the vault has it no more
        assert_ok(vault_remember_purged(vault, &gone, &err));
        purge(PURGE_CONVERSATION, "x#2", !i);
    }
    assert_ok(vault_read_purged(vault, &purged, &err));
    assert_int_equal(purged.ids[PURGE_CONVERSATION].n, 2);
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        struct str account = *records[i].account ? str_of(records[i].account) : (struct str){ 0 };
        assert_int_equal(vault_record_is_purged(vault, &purged, account, str_of(records[i].id),
                                                str_of(records[i].turns)),
                         records[i].away);
    }
    vault_purged_release(&purged);
}

// Of a release before: 10 is the parent of 11 and 12, 20 of 21. Whoever goes had a part in the
// titles of its cluster and of those above it, also as a copy of one that stays.
static void test_titles_of_who_went_are_not_kept(void **state)
{
    (void)state;
    must("INSERT INTO past_cluster SELECT value, CASE WHEN value % 10 THEN value - value % 10 END, "
         "value % 10 = 0, 't', 's', 9, 9, 5, 0, 0 FROM json_each('[10, 11, 12, 20, 21]');"
         "INSERT INTO past_member VALUES (1, 11), (2, 12), (3, 21)");
    purge(PURGE_CONVERSATION, "c8", 1);
    assert_int_equal(get("SELECT count(*) FROM past_cluster WHERE id IN (10, 11) AND title IS NULL "
                         "AND summary IS NULL"),
                     2);
    assert_int_equal(get("SELECT count(*) FROM past_cluster WHERE id IN (12, 20, 21) AND title = "
                         "'t' AND summary = 's'"),
                     3);
    purge(PURGE_CONVERSATION, "c3", 1);
    assert_int_equal(get("SELECT count(*) FROM past_cluster WHERE title IS NOT NULL"), 1);
}

// Who counts is drawn again: 2 counts no more and 5 does, which was not asked yet.
static void test_the_bound_is_drawn_again(void **state)
{
    bool asked = true;
    struct arena a = { 0 };
    struct conversations unasked;
    (void)state;
    must("INSERT INTO stage_run VALUES ('bound', 'x', 1, 9, 9, 0, 0, 0), "
         "('facet', 'x', 1, 8, 8, 0, 0, 0);"
         "INSERT INTO facet_value SELECT value, 'turns', '1' FROM json_each('[1,2,3,4,6,7,9]');"
         "INSERT INTO left_out VALUES (5, NULL)");
    assert_ok(vault_redraw_is_asked(vault, &asked, &err));
    assert_false(asked);
    struct vault_purge batch = { .by = PURGE_CONVERSATION, .id = STR_LIT("c9"), .unasked = true };
    assert_ok(vault_purge_rows(vault, &batch, &err)); // of a batch that nobody was asked of
    assert_ok(vault_redraw_is_asked(vault, &asked, &err));
    assert_false(asked);
    assert_int_equal(get("SELECT done FROM stage_run WHERE stage = 'bound'"), 0);
    must("UPDATE stage_run SET done = 1");
    purge(PURGE_CONVERSATION, "c4", 1);
    assert_ok(vault_redraw_is_asked(vault, &asked, &err));
    assert_true(asked);
    assert_int_equal(get("SELECT done FROM stage_run WHERE stage = 'bound'"), 0);
    assert_int_equal(get("SELECT done FROM stage_run WHERE stage = 'facet'"), 1);
    must("UPDATE left_out SET seq = 2");
    assert_ok(vault_end_redraw(vault, &err));
    assert_ok(vault_redraw_is_asked(vault, &asked, &err));
    assert_false(asked);
    assert_int_equal(get("SELECT count(*) FROM facet_value WHERE seq = 2"), 0);
    assert_int_equal(get("SELECT done * 100 + n_in FROM stage_run WHERE stage = 'facet'"), 5);
    assert_ok(vault_read_to_ask(vault, "turns", 0, 10, &a, &unasked, &err));
    assert_int_equal(unasked.n, 1);
    assert_int_equal(unasked.items[0].seq, 5);
    arena_release(&a);
}

// Every table that refers to a conversation or an account finds its rows by that column: else each
// row that is deleted walks a whole table.
static void test_deleting_walks_no_table(void **state)
{
    (void)state;
    assert_true(
        get("SELECT count(*) FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE "
            "m.type = 'table' AND f.\"table\" IN ('conversation', 'account')") > 8);
    assert_int_equal(
        get("SELECT count(*) FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE "
            "m.type = 'table' AND f.\"table\" IN ('conversation', 'account') AND NOT EXISTS "
            "(SELECT 1 FROM pragma_index_list(m.name) i JOIN pragma_index_info(i.name) x WHERE "
            "x.seqno = 0 AND x.name = f.\"from\") AND NOT EXISTS (SELECT 1 FROM "
            "pragma_table_info(m.name) t WHERE t.pk = 1 AND t.name = f.\"from\")"),
        0);
}

// Reading that was interrupted leaves two of these indexes out: they are made before.
static void test_purges_what_was_not_read_to_the_end(void **state)
{
    (void)state;
    assert_ok(vault_drop_indexes(vault, &err));
    assert_int_equal(get("SELECT count(*) FROM sqlite_master WHERE name LIKE 'conversation_by_%'"),
                     0);
    purge(PURGE_ACCOUNT, "a1", 1);
    assert_int_equal(get("SELECT count(*) FROM sqlite_master WHERE name LIKE 'conversation_by_%'"),
                     2);
}

// Of a batch that nothing was asked of yet.
static void test_knows_what_was_asked(void **state)
{
    bool yes = false;
    (void)state;
    must("UPDATE conversation SET time = seq * 10");
    must("INSERT INTO facet_value SELECT value, 'turns', '1' FROM json_each('[6]')");
    assert_ok(vault_is_unasked_before(vault, 20, 1, &yes, &err));
    assert_true(yes);
    assert_ok(vault_is_unasked_before(vault, 20, 2, &yes, &err)); // 1 was there before
    assert_false(yes);
    assert_ok(vault_is_unasked_before(vault, 61, 1, &yes, &err)); // 6 was asked
    assert_false(yes);
    assert_ok(vault_is_unasked_before(vault, 60, 1, &yes, &err));
    assert_true(yes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_stages_go_on_where_they_were, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(test_copies_are_handed_over, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(test_titles_of_who_went_are_not_kept, open_vault,
                                        close_vault),
        cmocka_unit_test_setup_teardown(test_the_bound_is_drawn_again, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(test_deleting_walks_no_table, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(test_purges_what_was_not_read_to_the_end, open_vault,
                                        close_vault),
        cmocka_unit_test_setup_teardown(test_knows_what_was_asked, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(test_an_id_has_more_than_one_transcript, open_vault,
                                        close_vault),
        cmocka_unit_test_setup_teardown(test_a_renamed_record_stays_away, open_vault, close_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
