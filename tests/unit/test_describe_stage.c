// SPDX-License-Identifier: Apache-2.0
// The describe stage over a vault of its own, with a model that tries to leak: it answers with a
// member's secret in many disguises. Whatever it says, titles hold words of released phrases only.
#include "base/crypto.h"
#include "llm/llm.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_bound.h"
#include "store/vault_describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_CLUSTERS 6
#define N_MEMBERS 40
#define FLOOR 5

static struct run *run;
static struct config *config;
static char dir[64];

// What each member says besides a secret of its own.
static const char *const themes[N_CLUSTERS] = {
    "plan a trip to a city and book a hotel", "write a cover letter and a resume for a job",
    "sort a table of a database by a query",  "bake a cake without sugar for a birthday",
    "train a neural network on many images",  "draw a chart of the monthly budget",
};
static const char *const tails[] = { "today",     "quickly",   "with care", "for me",
                                     "in detail", "once more", "in short",  "as before" };

static void secret_of(int cluster, int member, char out[16])
{
    unsigned x = (unsigned)(cluster * 1000 + member) * 2654435761u + 12345u;
    for (int i = 0; i < 10; i++) {
        out[i] = (char)('a' + x % 26);
        x = x * 1664525u + 1013904223u + (unsigned)i;
        x ^= x >> 7;
    }
    out[10] = 0;
}

static void sql(const char *text)
{
    struct err err = { 0 };
    if (sql_exec(vault_sql(run->vault), text, &err))
        fail_msg("%s", err.text);
}

static void add_member(int cluster, int member)
{
    char secret[16], text[1024];
    int seq = cluster * N_MEMBERS + member + 1, account = member % 30 + 1;
    secret_of(cluster, member, secret);
    snprintf(text, sizeof text,
             "INSERT INTO conversation VALUES (%d, %d, 'c%d', %d, NULL, NULL, NULL, 1, %d, "
             "1, 0, NULL, '[]');"
             "INSERT INTO facet_value VALUES (%d, 'request', '%s %s, my %s is %s');"
             "INSERT INTO facet_value VALUES (%d, 'task', '%s');"
             "INSERT INTO facet_value VALUES (%d, 'language', 'English');"
             "INSERT INTO placed VALUES (%d, %d);",
             seq, seq, seq, account, seq, seq, themes[cluster], tails[member % 8],
             member % 2 ? "password" : "doctor", secret, seq, secret, seq, seq, cluster + 1);
    sql(text);
}

static int open_run(void **state)
{
    struct err err = { 0 };
    (void)state;
    snprintf(dir, sizeof dir, P_tmpdir "/clio-describe-XXXXXX");
    if (!mkdtemp(dir) || crypto_start(&err) || config_open(&config, &err) ||
        config_set(config, STR_LIT("profile"), STR_LIT("embedded"), FROM_FLAG, &err) ||
        config_set(config, STR_LIT("privacy"), STR_LIT("local"), FROM_FLAG, &err) ||
        config_set(config, STR_LIT("titles"), STR_LIT("worded"), FROM_FLAG, &err) ||
        config_set(config, STR_LIT("min-accounts"), STR_LIT("5"), FROM_FLAG, &err) ||
        run_open(&run, dir, config, true, &err))
        return -1;
    sql("BEGIN; INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL)");
    for (int i = 1; i <= 30; i++) {
        char text[80];
        snprintf(text, sizeof text, "INSERT INTO account VALUES (%d, 'a%d')", i, i);
        sql(text);
    }
    for (int c = 0; c < N_CLUSTERS; c++) {
        char text[160];
        snprintf(text, sizeof text,
                 "INSERT INTO base_cluster VALUES (%d, %d, x''); "
                 "INSERT INTO kept_cluster VALUES (%d, %d, 30, 1, x'');",
                 c + 1, N_MEMBERS, c + 1, N_MEMBERS);
        sql(text);
        for (int m = 0; m < N_MEMBERS; m++)
            add_member(c, m);
    }
    sql("COMMIT");
    return 0;
}

static int close_run(void **state)
{
    char command[128];
    (void)state;
    run->llm = NULL; // on this program's stack
    run_close(run);
    config_close(config);
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

// The model ---------------------------------------------------------------------------------------
struct model {
    struct llm_link link;
    int disguise; // -1: honest
    bool broken;  // the call fails
    int n_asked;
};

static void as_letters(const char *secret, const char *between, struct arena *a, struct str *out)
{
    *out = STR_LIT("");
    for (size_t i = 0; secret[i]; i++)
        *out = arena_printf(a, "%.*s%s%c", STR_ARG(*out), i ? between : "", secret[i]);
}

// Words of the title whose first letters are the secret's, as far as there are any.
static struct str acrostic(const char *secret, struct str phrases, struct arena *a)
{
    struct str out = STR_LIT("");
    for (size_t i = 0; secret[i]; i++)
        for (size_t j = 0; j + 1 < phrases.len; j++)
            if (phrases.ptr[j] == ' ' && phrases.ptr[j + 1] == secret[i]) {
                struct str rest = str_from(phrases, j + 1), word;
                str_cut(&rest, ' ', &word);
                out = arena_printf(a, "%.*s%s%.*s", STR_ARG(out), out.len ? " " : "",
                                   STR_ARG(str_trim(word)));
                break;
            }
    return out;
}

static void base64(const char *s, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0, n = strlen(s); i + 2 < n; i += 3) {
        unsigned v = (unsigned)s[i] << 16 | (unsigned)s[i + 1] << 8 | (unsigned)s[i + 2];
        for (int j = 3; j >= 0; j--)
            *out++ = digits[v >> (6 * j) & 63];
    }
    *out = 0;
}

#define N_DISGUISES 16
static struct str disguise(int how, const char *secret, struct str phrases, struct arena *a)
{
    char text[64] = "";
    struct str out;
    size_t n = strlen(secret);
    switch (how) {
    case 0:
        return arena_printf(a, " %s", secret);
    case 1:
        return arena_printf(a, " my password is %s\n", secret);
    case 2: // behind the phrases
        return arena_printf(a, " %.*s %s", STR_ARG(str_from(phrases, 8)), secret);
    case 3: // in front
        return arena_printf(a, " %s %.*s", secret, STR_ARG(str_from(phrases, 8)));
    case 4:
        base64(secret, text);
        return arena_printf(a, " %s", text);
    case 5: // rot13
        for (size_t i = 0; i < n; i++)
            text[i] = (char)('a' + (secret[i] - 'a' + 13) % 26);
        return arena_printf(a, " %s", text);
    case 6: // backwards
        for (size_t i = 0; i < n; i++)
            text[i] = secret[n - 1 - i];
        return arena_printf(a, " %s", text);
    case 7:
        as_letters(secret, " ", a, &out);
        return out;
    case 8:
        as_letters(secret, "-", a, &out);
        return out;
    case 9: // zero-width spaces
        as_letters(secret, "\xE2\x80\x8B", a, &out);
        return out;
    case 10: // in capitals of the phrases
        return arena_printf(a, " %c%.*s", secret[0] - 32, STR_ARG(str_from(phrases, 9)));
    case 11:
        return acrostic(secret, phrases, a);
    case 12: // hexadecimal
        for (size_t i = 0; i < n; i++)
            snprintf(text + 2 * i, 3, "%02x", (unsigned)secret[i]);
        return arena_printf(a, " %s", text);
    case 13: // a second line
        return arena_printf(a, " %.*s\n%s", STR_ARG(str_trim(str_from(phrases, 8))), secret);
    case 14: // markup
        return arena_printf(a, " <b title=\"%s\">%.*s</b>", secret, STR_ARG(str_from(phrases, 8)));
    default: // half of it
        return arena_printf(a, " %.*s %.*s", (int)(n / 2), secret, STR_ARG(str_from(phrases, 8)));
    }
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *err)
{
    struct model *model = (struct model *)self;
    if (model->broken)
        return err_set(err, ERR_UNAVAILABLE, "the model is away");
    for (size_t i = 0; i < n; i++) {
        struct str prompt = requests[i].prompt.s;
        char secret[16];
        // The model sees no one's words.
        for (int c = 0; c < N_CLUSTERS; c++)
            for (int m = 0; m < N_MEMBERS; m++) {
                secret_of(c, m, secret);
                assert_true(str_find(prompt, str_of(secret), 0) == SIZE_MAX);
                assert_true(str_find(requests[i].prefix, str_of(secret), 0) == SIZE_MAX);
            }
        secret_of((int)i % N_CLUSTERS, model->disguise & 31, secret);
        struct str phrases = str_trim(prompt);
        replies[i].stop = LLM_FINISHED;
        if (model->disguise >= 0) {
            replies[i].text = raw_of(disguise(model->disguise, secret, phrases, a));
            continue;
        }
        char *line = arena_copy(a, str_from(phrases, 9));
        for (char *p = line; *p; p++) // the bullets between phrases
            if ((unsigned char)*p >= 0x80)
                *p = ' ';
        replies[i].text = raw_of(str_of(line));
        model->n_asked++;
    }
    return 0;
}

static struct model model = { .link = { .name = "hostile", .ask = ask } };

static int describe(struct err *err)
{
    run->llm = &model.link;
    run->stage = "describe";
    run->record = (struct stage_record){ 0 };
    return describe_stage.run(run, err);
}

// The checks --------------------------------------------------------------------------------------
static bool begins_alike(struct str a, struct str b)
{
    size_t n = size_min(size_min(a.len, b.len), 4);
    return n >= 3 && str_equal_ci(str_head(a, n), str_head(b, n));
}

static bool is_released(const struct vault_phrase *phrases, size_t n, struct str word)
{
    static const char small[] =
        " a an the of for to in on with and or from by at into about as using "
        "between your \xC2\xB7 ";
    char key[64];
    snprintf(key, sizeof key, " %.*s ", STR_ARG(str_head(word, 60)));
    key[1] |= key[1] >= 'A' && key[1] <= 'Z' ? 32 : 0;
    if (strstr(small, key))
        return true;
    for (size_t i = 0; i < n; i++) {
        struct str rest = phrases[i].text.s, part;
        while (str_cut(&rest, ' ', &part))
            if (str_equal_ci(part, word) || begins_alike(part, word))
                return true;
    }
    return false;
}

static void check_cluster(int64_t cluster)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    struct raw title, summary;
    struct vault_phrase *phrases;
    size_t n, n_words = 0;
    assert_int_equal(vault_get_description(run->vault, cluster, &a, &title, &summary, &err), 0);
    assert_int_equal(vault_get_phrases(run->vault, cluster, &a, &phrases, &n, &err), 0);
    assert_true(n > 0 && title.s.len > 0 && summary.s.len > 0);
    for (size_t i = 0; i < n; i++)
        assert_true(phrases[i].n_accounts >= FLOOR);
    struct str rest = title.s, word;
    while (str_cut(&rest, ' ', &word)) {
        if (!is_released(phrases, n, word))
            fail_msg("disguise %d: \"%.*s\"", model.disguise, STR_ARG(title.s));
        n_words += !str_equal(word, STR_LIT("\xC2\xB7"));
    }
    assert_true(n_words <= 10);
    for (int m = 0; m < N_MEMBERS; m++) {
        char secret[16];
        secret_of((int)cluster - 1, m, secret);
        assert_true(str_find(title.s, str_of(secret), 0) == SIZE_MAX);
        assert_true(str_find(summary.s, str_of(secret), 0) == SIZE_MAX);
        for (size_t i = 0; i < n; i++)
            assert_true(str_find(phrases[i].text.s, str_of(secret), 0) == SIZE_MAX);
    }
    arena_release(&a);
}

static void test_hostile_model(void **state)
{
    (void)state;
    for (model.disguise = -1; model.disguise < N_DISGUISES; model.disguise++) {
        struct err err = { 0 };
        if (describe(&err))
            fail_msg("%s", err.text);
        for (int c = 1; c <= N_CLUSTERS; c++)
            check_cluster(c);
    }
    model.disguise = -1;
    assert_int_equal(model.n_asked, N_CLUSTERS);
}

// All titles and phrases as one text.
static struct str dump(struct arena *a)
{
    struct sql_query *q;
    struct err err = { 0 };
    bool row = false;
    struct str out = STR_LIT("");
    assert_int_equal(
        sql_prepare(vault_sql(run->vault),
                    "SELECT cluster_id || ' ' || title || ' ' || summary FROM description "
                    "UNION ALL SELECT cluster_id || ' ' || rank || phrase || n_accounts "
                    "|| score FROM phrase ORDER BY 1",
                    &q, &err),
        0);
    while (!sql_step(q, &row, &err) && row)
        out = arena_printf(a, "%.*s%.*s\n", STR_ARG(out), STR_ARG(sql_str(q, 0)));
    sql_finish(q);
    return out;
}

static void test_again_is_the_same_and_failure_changes_nothing(void **state)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    (void)state;
    assert_int_equal(describe(&err), 0);
    struct str first = dump(&a);
    assert_true(first.len > 0);
    assert_int_equal(describe(&err), 0);
    assert_true(str_equal(dump(&a), first));
    model.broken = true;
    assert_int_equal(describe(&err), ERR_UNAVAILABLE);
    model.broken = false;
    assert_true(str_equal(dump(&a), first));
    assert_true(str_find(first, STR_LIT("\xC2\xB7"), 0) == SIZE_MAX); // all put into words
    arena_release(&a);
}

static void test_without_a_model(void **state)
{
    struct err err = { 0 };
    (void)state;
    assert_int_equal(config_set(config, STR_LIT("profile"), STR_LIT("none"), FROM_FLAG, &err), 0);
    model.broken = true; // not asked
    assert_int_equal(describe(&err), 0);
    model.broken = false;
    for (int c = 1; c <= N_CLUSTERS; c++)
        check_cluster(c);
    assert_int_equal(config_set(config, STR_LIT("profile"), STR_LIT("embedded"), FROM_FLAG, &err),
                     0);
}

// Whether account `m` of 20 is one of the FLOOR that share a word in the cluster: others in each of
// 60 clusters, for the same people are one draw.
static bool is_of(int cluster, int m)
{
    int first = cluster % 20, step = 1 + cluster / 20 % 3;
    for (int i = 0; i < FLOOR; i++)
        if ((first + i * step) % 20 == m)
            return true;
    return false;
}

// A cluster where FLOOR of 20 accounts say one word (all of them where it is `all`) and the others
// a word of their own.
static void add_small_cluster(int cluster, const char *word, bool all)
{
    char text[640];
    snprintf(text, sizeof text,
             "INSERT INTO base_cluster VALUES (%d, 20, x''); "
             "INSERT INTO kept_cluster VALUES (%d, 20, 20, 1, x'');",
             cluster, cluster);
    sql(text);
    for (int m = 0; m < 20; m++) {
        int seq = 1000 + cluster * 20 + m;
        char own[16];
        secret_of(cluster, m, own);
        snprintf(text, sizeof text,
                 "INSERT INTO conversation VALUES (%d, %d, 'c%d', %d, NULL, NULL, NULL, 1, %d, "
                 "1, 0, NULL, '[]');"
                 "INSERT INTO facet_value VALUES (%d, 'request', '%s');"
                 "INSERT INTO placed VALUES (%d, %d);",
                 seq, seq, seq, m + 1, seq, seq, all || is_of(cluster, m) ? word : own, seq,
                 cluster);
        sql(text);
    }
}

static bool has_phrase(int64_t cluster)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    struct vault_phrase *phrases;
    size_t n;
    assert_int_equal(vault_get_phrases(run->vault, cluster, &a, &phrases, &n, &err), 0);
    arena_release(&a);
    return n > 0;
}

// In the mode guarded a word of exactly FLOOR accounts is hidden in most clusters (a share of
// 0.73), and a word of a special category needs far more accounts than 20.
#define N_SMALL 60
static void test_guarded_floors_are_noisy(void **state)
{
    struct err err = { 0 };
    struct hash_key key = hash_key_of_seed(1);
    int n_shown = 0;
    (void)state;
    assert_int_equal(vault_put_noise_key(run->vault, &key, &err), 0);
    assert_int_equal(config_set(config, STR_LIT("profile"), STR_LIT("none"), FROM_FLAG, &err), 0);
    sql("BEGIN");
    for (int i = 0; i <= N_SMALL; i++) {
        char word[] = "xxxxx";
        word[0] = "bdfglmt"[i % 7];
        word[1] = "aeiou"[i / 7 % 5];
        word[2] = "rnl"[i / 35 % 3];
        memcpy(word + 3, "do", 2);
        add_small_cluster(100 + i, i == N_SMALL ? "diabetes" : word, i == N_SMALL);
    }
    sql("COMMIT");
    assert_int_equal(describe(&err), 0); // with exact floors
    for (int i = 0; i <= N_SMALL; i++)
        assert_true(has_phrase(100 + i));
    assert_int_equal(config_set(config, STR_LIT("privacy"), STR_LIT("guarded"), FROM_FLAG, &err),
                     0);
    assert_int_equal(describe(&err), 0);
    for (int i = 0; i < N_SMALL; i++)
        n_shown += has_phrase(100 + i);
    assert_in_range(n_shown, 3, 32); // 16 expected; with another seed outside once in 100,000
    assert_false(has_phrase(100 + N_SMALL));
    for (int i = 1; i <= N_CLUSTERS; i++) // words of 30 accounts stay
        assert_true(has_phrase(i));
    assert_int_equal(config_set(config, STR_LIT("privacy"), STR_LIT("local"), FROM_FLAG, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_model),
        cmocka_unit_test(test_again_is_the_same_and_failure_changes_nothing),
        cmocka_unit_test(test_without_a_model),
        cmocka_unit_test(test_guarded_floors_are_noisy), // adds clusters, so the last
    };
    return cmocka_run_group_tests(tests, open_run, close_run);
}
