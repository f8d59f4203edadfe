// SPDX-License-Identifier: Apache-2.0
// Whose words the pages of trust and safety show without a permit.
#include "unit/check.h"

#include "inspect/inspect_int.h"
#include "store/safety.h"

static struct err err;

static void expect_title(int64_t n_accounts, int64_t n_conversations, const char *want)
{
    struct buf out;
    struct page p = { .out = &out, .err = &err };
    struct safety_cluster c = { .id = 4,
                                .title = raw_of(STR_LIT("words")),
                                .n_accounts = n_accounts,
                                .n_conversations = n_conversations };
    buf_init(&out, 4096, "page");
    page_cluster_title(&p, &c);
    assert_int_equal(p.rc, 0);
    assert_text(buf_view(&out), want);
    buf_release(&out);
}

static void titles_of_few_stay_behind_a_permit(void **state)
{
    (void)state;
    expect_title(3, 3, "words");
    expect_title(1, 40, "cluster 4, of 1 account");
    expect_title(2, 2, "cluster 4, of 2 accounts");
    expect_title(0, 3, "words"); // the corpus has no accounts
    expect_title(0, 1, "cluster 4, of 1 conversation");
    expect_title(0, 2, "cluster 4, of 2 conversations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(titles_of_few_stay_behind_a_permit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
