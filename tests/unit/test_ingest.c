// SPDX-License-Identifier: Apache-2.0
// The stage: files into the vault, whatever they hold, and the same rows after any interruption.
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/rng.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_conversation.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "shared_file.h"

struct fixture {
    char dir[64];
    struct run run;
    struct err err;
};

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void remove_dir(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void begin_in(struct fixture *f, const char *dir)
{
    memset(f, 0, sizeof *f);
    snprintf(f->dir, sizeof f->dir, "%s", dir);
    assert_int_equal(crypto_start(&f->err), 0);
    assert_int_equal(config_open(&f->run.config, &f->err), 0);
    assert_int_equal(vault_open(&f->run.vault, f->dir, true, &f->err), 0);
}

static void begin(struct fixture *f)
{
    char dir[] = "/tmp/clio-ingest-XXXXXX";
    assert_non_null(mkdtemp(dir));
    begin_in(f, dir);
}

static void leave(struct fixture *f)
{
    vault_close(f->run.vault);
    config_close(f->run.config);
    arena_release(&f->run.scratch);
}

static void end(struct fixture *f)
{
    leave(f);
    remove_dir(f->dir);
}

static void set(struct fixture *f, const char *name, const char *value)
{
    assert_int_equal(config_set(f->run.config, str_of(name), str_of(value), FROM_FLAG, &f->err), 0);
}

static const char *write_file(struct fixture *f, const char *name, struct str content)
{
    struct str path = path_join(&f->run.scratch, str_of(f->dir), name);
    assert_int_equal(file_write(path.ptr, content, &f->err), 0);
    return path.ptr;
}

static int ingest(struct fixture *f, const char *input)
{
    set(f, "input", input);
    memset(&f->err, 0, sizeof f->err);
    return ingest_stage.run(&f->run, &f->err);
}

static int64_t number(struct fixture *f, const char *query)
{
    int64_t n = -1;
    assert_int_equal(sql_get_i64(vault_sql(f->run.vault), query, &n, &f->err), 0);
    return n;
}

// All that the stage keeps, but for keyed hashes, which differ with the key.
static uint64_t fingerprint(struct fixture *f)
{
    static const char *const queries[] = {
        "SELECT seq || external_id || coalesce((SELECT external_id FROM account WHERE id = "
        "account_id), '-') || coalesce(time, '-') || coalesce(language, '-') || coalesce(model, "
        "'-') || coalesce(columns, '-') || n_turns || turns || transcript_hash || "
        "source_id || byte_offset FROM conversation ORDER BY seq",
        "SELECT seq || ' ' || first_seq FROM copy ORDER BY seq",
        "SELECT source_id || byte_offset || reason FROM bad_record ORDER BY 1",
        "SELECT external_id FROM account ORDER BY 1",
        "SELECT id || format || n_bytes || n_records || n_bad || done FROM source ORDER BY id",
        "SELECT key || value FROM stage_note ORDER BY key",
        "SELECT rank || seq FROM sample_rank ORDER BY 1",
    };
    uint64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct sql_query *q;
        bool row = true;
        assert_int_equal(sql_prepare(vault_sql(f->run.vault), queries[i], &q, &f->err), 0);
        while (!sql_step(q, &row, &f->err) && row)
            sum = sum * 0x9E3779B97F4A7C15u + hash_text(sql_str(q, 0));
        sql_finish(q);
    }
    return sum;
}

// They are dropped while a vault is filled, and there again whatever happened meanwhile.
static void expect_indexes(struct fixture *f)
{
    assert_int_equal(number(f, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name "
                               "IN ('conversation_by_transcript', 'conversation_by_account')"),
                     2);
    assert_int_equal(number(f, "SELECT count(*) FROM pragma_integrity_check WHERE "
                               "integrity_check <> 'ok'"),
                     0);
}

static void test_sharegpt_file(void **state)
{
    static const struct {
        const char *query;
        int64_t counts[2]; // of the whole file, and of the first records
    } expected[] = {
        { "SELECT count(*) FROM conversation", { 17671, 150 } },
        { "SELECT count(*) FROM copy", { 882, 0 } },
        { "SELECT count(*) FROM account", { 9460, 89 } },
        { "SELECT count(*) FROM conversation WHERE external_id LIKE '%#_'", { 17671 - 17548, 1 } },
        { "SELECT count(*) FROM conversation WHERE turns NOT LIKE '%[\"user\",%'", { 274, 2 } },
        { "SELECT ifnull(sum(byte_offset), 0) FROM bad_record", { 125506645, 0 } },
        { "SELECT n_bytes FROM source", { 125509632, 962697 } },
    };
    const bool few = LIMIT_READ_BATCH < 100; // a commit for three records: the whole takes minutes
    const char *path = data_file("data/sharegpt.json");
    struct fixture f;
    (void)state;
    begin(&f);
    set(&f, "account-from", "id-prefix");
    set(&f, "limit", few ? "150" : "0");
    assert_int_equal(ingest(&f, path), 0);
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(number(&f, expected[i].query), expected[i].counts[few]);
    assert_int_equal(f.run.record.n_in, few ? 150 : 17672);
    set(&f, "strict", "yes");
    assert_int_equal(vault_clear_stage(f.run.vault, "ingest", ingest_stage.writes, &f.err), 0);
    assert_int_equal(ingest(&f, path), few ? 0 : ERR_DATA);
    assert_true(few || strstr(f.err.text, "byte 125506645"));
    end(&f);
}

static struct turn first_turn(struct fixture *f, int64_t seq, size_t *n)
{
    struct conversations batch;
    struct turn *turns;
    assert_int_equal(
        vault_read_conversations(f->run.vault, seq - 1, 1, &f->run.scratch, &batch, &f->err), 0);
    assert_int_equal(batch.n, 1);
    assert_int_equal(batch.items[0].seq, seq);
    assert_int_equal(vault_parse_turns(batch.items[0].turns, &f->run.scratch, &turns, n, &f->err),
                     0);
    return turns[0];
}

// Each conversation's only turn is the string of the list that its id names; returns how many
// conversations there are. Strings that are in the list twice are seen once.
static size_t compare_with_list(struct fixture *f, const struct json *list)
{
    struct arena a = { 0 };
    struct conversations batch;
    int64_t after = 0, i;
    size_t n_all = 0, n;
    do {
        struct turn *turns;
        assert_int_equal(vault_read_conversations(f->run.vault, after, 100, &a, &batch, &f->err),
                         0);
        for (size_t j = 0; j < batch.n; j++) {
            struct conversation *c = &batch.items[j];
            after = c->seq;
            n_all++;
            assert_int_equal(vault_parse_turns(c->turns, &a, &turns, &n, &f->err), 0);
            assert_true(n == 1 && str_to_i64(c->external_id, &i));
            assert_int_equal(turns[0].role, TURN_USER);
            assert_true(str_equal(turns[0].text.s, json_str(json_element(list, (size_t)i))));
        }
        arena_release(&a);
    } while (batch.n);
    return n_all + (size_t)number(f, "SELECT count(*) FROM copy");
}

// Every naughty string through a format: `head` and `tail` stand around it as JSON.
static void naughty_as_json(const struct json *list, const char *id, const char *head,
                            const char *tail, bool array)
{
    struct fixture f;
    struct buf b;
    begin(&f);
    buf_init(&b, 1 << 22, "input");
    int rc = array ? buf_add_char(&b, '[', &f.err) : 0;
    for (size_t i = 0; !rc && i < json_length(list); i++) {
        rc = buf_printf(&b, &f.err, "%s{\"%s\":\"%zu\",%s", i ? array ? "," : "\n" : "", id, i,
                        head);
        if (!rc)
            rc = json_put_str(&b, json_str(json_element(list, i)), &f.err);
        if (!rc)
            rc = buf_printf(&b, &f.err, "%s}", tail);
    }
    if (!rc && array)
        rc = buf_add_char(&b, ']', &f.err);
    assert_int_equal(rc, 0);
    assert_int_equal(ingest(&f, write_file(&f, "in", buf_view(&b))), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM bad_record"), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), json_length(list));
    assert_int_equal(compare_with_list(&f, list), json_length(list));
    buf_release(&b);
    end(&f);
}

static void put_cell(struct buf *b, struct str s, struct err *err)
{
    int rc = buf_add_char(b, '"', err);
    for (size_t i = 0; !rc && i < s.len; i++) {
        rc = buf_add_char(b, s.ptr[i], err);
        if (!rc && s.ptr[i] == '"')
            rc = buf_add_char(b, '"', err);
    }
    assert_int_equal(rc ? rc : buf_add_char(b, '"', err), 0);
}

static void naughty_as_table(const struct json *list, char delimiter)
{
    struct fixture f;
    struct buf b;
    size_t n_texts = 0;
    begin(&f);
    buf_init(&b, 1 << 22, "input");
    assert_int_equal(buf_printf(&b, &f.err, "id%ctext\n", delimiter), 0);
    for (size_t i = 0; i < json_length(list); i++) {
        assert_int_equal(buf_printf(&b, &f.err, "%zu%c", i, delimiter), 0);
        put_cell(&b, json_str(json_element(list, i)), &f.err);
        assert_int_equal(buf_add_char(&b, '\n', &f.err), 0);
    }
    assert_int_equal(ingest(&f, write_file(&f, "in", buf_view(&b))), 0);
    for (size_t i = 0; i < json_length(list); i++) // an empty cell is no text: a bad record
        n_texts += json_str(json_element(list, i)).len > 0;
    assert_int_equal(compare_with_list(&f, list), n_texts);
    buf_release(&b);
    end(&f);
}

static void test_naughty_strings(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err err = { 0 };
    struct str text;
    struct json *list;
    assert_int_equal(file_read(&a, shared_file("corpora/text/blns.json"), 1 << 20, &text, &err), 0);
    assert_int_equal(json_open(&list, text, &err), 0);
    assert_true(json_length(list) > 500);
    naughty_as_json(list, "id", "\"conversations\":[{\"from\":\"human\",\"value\":", "}]", true);
    naughty_as_json(list, "id", "\"messages\":[{\"role\":\"user\",\"content\":", "}]", false);
    naughty_as_json(list, "id",
                    "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
                    "\"text\":",
                    "}]}]", false);
    naughty_as_json(list, "conversation_id",
                    "\"conversation\":[{\"role\":\"user\",\"content\":", "}]", false);
    naughty_as_json(list, "id", "\"text\":", "", false);
    naughty_as_table(list, ',');
    naughty_as_table(list, '\t');
    json_close(list);
    arena_release(&a);
}

// Each case of JSONTestSuite as a record among good ones: those are all kept.
static void among_neighbours(struct fixture *f, const char *name, struct str content, bool array)
{
    struct buf b;
    assert_int_equal(vault_clear_stage(f->run.vault, "ingest", ingest_stage.writes, &f->err), 0);
    buf_init(&b, 1 << 22, "input");
    const char *head = array ? "[{\"id\":\"1\",\"text\":\"one\"},{\"id\":\"2\",\"text\":\"two\"},"
                             : "{\"id\":\"1\",\"text\":\"one\"}\n{\"id\":\"2\",\"text\":\"two\"}\n";
    const char *tail =
        array ? ",{\"id\":\"3\",\"text\":\"three\"},{\"id\":\"4\",\"text\":\"four\"}]"
              : "\n{\"id\":\"3\",\"text\":\"three\"}\n{\"id\":\"4\",\"text\":\"four\"}\n";
    int rc = buf_add(&b, str_of(head), &f->err);
    if (!rc)
        rc = buf_add(&b, content, &f->err);
    if (!rc)
        rc = buf_add(&b, str_of(tail), &f->err);
    assert_int_equal(rc, 0);
    const char *path = write_file(f, "in", buf_view(&b));
    rc = ingest(f, path);
    bool binary = content.len && memchr(content.ptr, 0, content.len);
    if (rc && !binary)
        fail_msg("%s: %s", name, f->err.text);
    int64_t n = rc ? 4
                   : number(f, "SELECT count(*) FROM conversation WHERE external_id IN "
                               "('1', '2', '3', '4')");
    if (n != 4)
        fail_msg("%s: %d of 4 neighbours are kept", name, (int)n);
    buf_release(&b);
}

static void test_json_suite(void **state)
{
    (void)state;
    const char *dir = shared_file("corpora/json/test_parsing");
    DIR *d = opendir(dir);
    size_t n = 0;
    struct fixture f;
    begin(&f);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        struct arena a = { 0 };
        struct err err = { 0 };
        struct str content;
        if (!strstr(entry->d_name, ".json"))
            continue;
        const char *path = path_join(&a, str_of(dir), entry->d_name).ptr;
        assert_int_equal(file_read(&a, path, 1 << 20, &content, &err), 0);
        among_neighbours(&f, entry->d_name, content, true);
        among_neighbours(&f, entry->d_name, content, false);
        arena_release(&a);
        n++;
    }
    closedir(d);
    end(&f);
    assert_int_equal(n, 95 + 188 + 35);
}

// What one account sent stays whoever sent the same under the same id before.
static void test_an_id_of_two_accounts(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    const char *path = write_file(&f, "in.jsonl",
                                  STR_LIT("{\"id\":\"a\",\"user\":\"u\",\"text\":\"x\"}\n"
                                          "{\"id\":\"a\",\"user\":\"v\",\"text\":\"x\"}\n"
                                          "{\"id\":\"a\",\"text\":\"x\"}\n"
                                          "{\"id\":\"a\",\"user\":\"v\",\"text\":\"x\"}\n"));
    assert_int_equal(ingest(&f, path), 0);
    assert_int_equal(number(&f, "SELECT group_concat(seq || first_seq, ' ') = '21 31' FROM copy"),
                     1);
    assert_int_equal(number(&f, "SELECT count(*) FROM account"), 2);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'repeated_records'"), 1);
    end(&f);
}

static void test_ids_and_copies(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    const char *path = write_file(
        &f, "in.jsonl",
        STR_LIT("{\"id\":\"a\",\"user\":\"u\",\"text\":\"x\"}\n"
                "{\"id\":\"a\",\"user\":\"u\",\"text\":\"x\"}\n" // repeated
                "{\"id\":\"a\",\"user\":\"u\",\"text\":\"y\"}\n" // renamed
                "{\"id\":\"a\",\"user\":\"u\",\"text\":\"y\"}\n" // repeated, of the renamed one
                "{\"id\":\"b\",\"user\":\"v\",\"text\":\"x\"}\n" // copy
                "{\"text\":\"z\"}\n{\"text\":\"z\"}\n{\"x\":1}\n"));
    assert_int_equal(ingest(&f, path), 0);
    assert_int_equal(number(&f, "SELECT group_concat(c.external_id || ' ' || coalesce(first_seq, "
                                "'-'), ', ') = 'a -, a#2 -, b 1, in.jsonl:6 -, in.jsonl:7 4' "
                                "FROM conversation c LEFT JOIN copy USING (seq)"),
                     1);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'repeated_records'"), 2);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'renamed_records'"), 1);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'copies'"), 2);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'no_accounts'"), 0);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'bad_records'"), 1);
    assert_int_equal(f.run.record.n_out, 3);
    uint64_t once = fingerprint(&f);
    expect_indexes(&f);
    assert_int_equal(ingest(&f, path), 0); // nothing more to do
    assert_true(fingerprint(&f) == once);
    expect_indexes(&f);
    end(&f);
}

// A sample is drawn of records, also where all have one id: not the first ones. The same backwards.
static void test_sample_of_one_id(void **state)
{
    enum { N = 2000 };
    uint64_t once = 0;
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        struct fixture f;
        struct buf b;
        begin(&f);
        buf_init(&b, 1 << 20, "input");
        for (int i = 0; i < N; i++)
            assert_int_equal(buf_printf(&b, &f.err,
                                        "{\"id\":\"x\",\"user\":\"u\",\"text\":\"%d\"}\n",
                                        backwards ? N - 1 - i : i),
                             0);
        set(&f, "sample", "10");
        assert_int_equal(ingest(&f, write_file(&f, "in.jsonl", buf_view(&b))), 0);
        assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 10);
        int64_t sum = number(&f, "SELECT sum(json_extract(turns, '$[0][1]')) FROM conversation");
        assert_true(sum > 5000 && sum < 15000);
        assert_int_equal(number(&f, "SELECT count(*) FROM renamed"), 9);
        assert_true(!backwards || (uint64_t)sum == once);
        once = (uint64_t)sum;
        buf_release(&b);
        end(&f);
    }
}

static void test_oddities(void **state)
{
    (void)state;
    struct fixture f;
    struct buf b;
    size_t n;
    begin(&f);
    buf_init(&b, (size_t)32 << 20, "input");
    char *big = malloc(10 << 20);
    assert_non_null(big);
    memset(big, 'x', 10 << 20);
    int rc = buf_add(&b, STR_LIT("{\"id\":\"big\",\"text\":\""), &f.err);
    if (!rc)
        rc = buf_add(&b, str_make(big, 10 << 20), &f.err);
    if (!rc)
        rc = buf_add(&b, STR_LIT("\"}\r\n{\"id\":\"many\",\"messages\":["), &f.err);
    for (int i = 0; !rc && i < 10000; i++)
        rc = buf_printf(&b, &f.err, "%s{\"role\":\"user\",\"content\":\"%d\"}", i ? "," : "", i);
    if (!rc)
        rc = buf_add(&b,
                     STR_LIT("]}\n\n\xEF\xBB\xBF{\"id\":\"bom\",\"text\":\"\\ud83d \xFF\"}\n"
                             "{\"id\":\"1970\",\"time\":0,\"text\":\"\"}\r"
                             "\n{\"id\":\"2100\",\"time\":\"2100-01-01T00:00:00Z\",\"text\":"
                             "\"\xF0\x9F\x98\x80 \xD7\xA9 abc\"}"),
                     &f.err);
    assert_int_equal(rc, 0);
    assert_int_equal(ingest(&f, write_file(&f, "in", buf_view(&b))), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 5);
    assert_int_equal(number(&f, "SELECT n_turns FROM conversation WHERE seq = 2"), 10000);
    assert_int_equal(first_turn(&f, 1, &n).text.s.len, 10 << 20);
    first_turn(&f, 2, &n);
    assert_int_equal(n, 10000);
    assert_true(str_equal(first_turn(&f, 3, &n).text.s, STR_LIT("\xEF\xBF\xBD \xEF\xBF\xBD")));
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'repaired_texts'"), 1);
    assert_int_equal(number(&f, "SELECT time FROM conversation WHERE seq = 4"), 0);
    assert_int_equal(number(&f, "SELECT time FROM conversation WHERE seq = 5"), 4102444800);
    assert_int_equal(number(&f, "SELECT value FROM stage_note WHERE key = 'no_accounts'"), 1);
    free(big);
    buf_release(&b);
    end(&f);
}

static void test_tables(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    set(&f, "map", "text=3,user=1");
    assert_int_equal(ingest(&f, write_file(&f, "in", STR_LIT("u\tx\thello\nu\ty\t\"bye\n"))), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation WHERE account_id IS NOT NULL"),
                     2);
    end(&f);
    begin(&f);
    set(&f, "map", "text=question,user=who");
    assert_int_equal(ingest(&f, write_file(&f, "in", STR_LIT("who,question\nu,hello\nv\nw,bye\n"))),
                     0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 2);
    assert_int_equal(number(&f, "SELECT byte_offset FROM bad_record"), 21);
    end(&f);
    begin(&f);
    set(&f, "map", "text=nothing");
    assert_int_equal(ingest(&f, write_file(&f, "in", STR_LIT("who,question\nu,hello\n"))),
                     ERR_USAGE);
    end(&f);
    begin(&f);
    assert_int_equal(ingest(&f, write_file(&f, "in", STR_LIT("once upon a time\n"))), ERR_DATA);
    assert_null(strstr(f.err.text, "once"));
    end(&f);
}

// A record of more values than one may have is a bad one; its neighbours are kept.
static void test_many_values(void **state)
{
    (void)state;
    struct fixture f;
    struct buf b;
    begin(&f);
    buf_init(&b, 4 * LIMIT_RECORD_VALUES, "file");
    assert_int_equal(buf_add(&b, STR_LIT("{\"text\":\"a\"}\n{\"text\":\"b\",\"x\":["), &f.err), 0);
    for (size_t i = 0; i < LIMIT_RECORD_VALUES; i++)
        assert_int_equal(buf_add(&b, STR_LIT("1,"), &f.err), 0);
    assert_int_equal(buf_add(&b, STR_LIT("1]}\n{\"text\":\"c\"}\n"), &f.err), 0);
    assert_int_equal(ingest(&f, write_file(&f, "in.jsonl", buf_view(&b))), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 2);
    assert_int_equal(number(&f, "SELECT reason = 'the record has more than 1048576 values of JSON' "
                                "AND byte_offset = 13 FROM bad_record"),
                     1);
    buf_release(&b);
    end(&f);
    begin(&f); // nor more columns, of which nothing could be kept
    char row[2 * LIMIT_COLUMNS + 8] = "";
    for (size_t i = 0; i <= LIMIT_COLUMNS; i++)
        memcpy(row + 2 * i, i ? ",a" : "te", 2);
    row[2 * LIMIT_COLUMNS + 2] = '\n';
    assert_int_equal(ingest(&f, write_file(&f, "in.csv", str_of(row))), ERR_DATA);
    assert_non_null(strstr(f.err.text, "its first row has more than 1024 cells"));
    end(&f);
}

static void refuses(const char *input, const char *content, int code)
{
    struct fixture f;
    begin(&f);
    assert_int_equal(ingest(&f, content ? write_file(&f, input, str_of(content)) : input), code);
    assert_null(strstr(f.err.text, "words"));
    end(&f);
}

static void test_errors(void **state)
{
    (void)state;
    refuses("/nowhere", NULL, ERR_NO_INPUT);
    refuses("/", NULL, ERR_NO_INPUT);
    refuses("", NULL, ERR_USAGE);
    refuses("a", "", ERR_NO_INPUT);
    refuses("a", "[]", ERR_DATA);
    refuses("a", "{\"secret\":\"words\"}\n", ERR_DATA);
}

// 3,000 conversations over two files, with repeats, copies, suffixes and bad records.
static void write_corpus(struct fixture *f, const char *name, bool array, struct buf *b)
{
    struct rng rng;
    rng_init(&rng, 1, name);
    buf_clear(b);
    int rc = array ? buf_add_char(b, '[', &f->err) : 0;
    for (int i = 0; !rc && i < 1500; i++) {
        const char *separator = i ? array ? "," : "\n" : "";
        if (i % 97 == 96)
            rc = buf_printf(b, &f->err, "%s{\"id\":\"%d\",\"text\":", separator, i);
        else
            rc = buf_printf(b, &f->err, "%s{\"id\":\"%d\",\"user\":\"u%d\",\"text\":\"%d\"}",
                            separator, (int)rng_below(&rng, 1000), i % 50,
                            (int)rng_below(&rng, 900));
    }
    if (!rc && array)
        rc = buf_add_char(b, ']', &f->err);
    assert_int_equal(rc, 0);
    write_file(f, name, buf_view(b));
}

static char *corpus_input(struct fixture *f)
{
    static char input[200];
    struct buf b;
    buf_init(&b, 1 << 22, "input");
    write_corpus(f, "one", true, &b);
    write_corpus(f, "two", false, &b);
    buf_release(&b);
    snprintf(input, sizeof input, "%s/one\n%s/two", f->dir, f->dir);
    return input;
}

// In a child that is killed after `microseconds`; true when it had come to its end.
static bool ingest_and_kill(const char *dir, const char *input, const char *sample,
                            useconds_t microseconds)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct fixture f;
        begin_in(&f, dir);
        set(&f, "sample", sample);
        _exit(ingest(&f, input) ? 1 : 0);
    }
    usleep(microseconds);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return !WIFSIGNALED(status);
}

static void kill_and_compare(const char *sample)
{
    struct fixture whole, f;
    struct rng rng;
    rng_init(&rng, 7, "kills");
    begin(&whole);
    set(&whole, "sample", sample);
    char *input = corpus_input(&whole);
    int64_t before = clock_ms();
    assert_int_equal(ingest(&whole, input), 0);
    uint64_t span = 1000 * (uint64_t)(clock_ms() - before + 20), want = fingerprint(&whole);
    assert_int_equal(number(&whole, "SELECT max(seq) = count(*) FROM conversation"), 1);
    for (int n_kills = 0; n_kills < (LIMIT_READ_BATCH < 100 ? 2 : 25);) {
        char dir[] = "/tmp/clio-ingest-XXXXXX";
        assert_non_null(mkdtemp(dir));
        while (!ingest_and_kill(dir, input, sample, (useconds_t)rng_below(&rng, span)))
            n_kills++;
        begin_in(&f, dir);
        assert_true(fingerprint(&f) == want);
        expect_indexes(&f);
        end(&f);
    }
    expect_indexes(&whole);
    end(&whole);
}

static void test_kill(void **state)
{
    (void)state;
    kill_and_compare("0");
    kill_and_compare("200"); // while it draws a sample
}

static void test_sample_and_limit(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    char *input = corpus_input(&f);
    set(&f, "limit", "100");
    assert_int_equal(ingest(&f, input), 0);
    assert_int_equal(number(&f, "SELECT sum(source_id = 1) FROM conversation"), 100);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 100);
    end(&f);
    int64_t sums[3];
    for (int i = 0; i < 3; i++) { // the same seed, another, and another order of the files
        begin(&f);
        input = corpus_input(&f);
        if (i == 2)
            snprintf(input, 200, "%s/two\n%s/one", f.dir, f.dir);
        set(&f, "sample", "150");
        set(&f, "seed", i == 1 ? "2" : "1");
        assert_int_equal(ingest(&f, input), 0);
        assert_int_equal(number(&f, "SELECT count(*) * 1000 + max(seq) FROM conversation"), 150150);
        assert_int_equal(number(&f, "SELECT count(*) FROM account WHERE id NOT IN "
                                    "(SELECT account_id FROM conversation)"),
                         0);
        sums[i] = number(&f, "SELECT sum(DISTINCT external_id) FROM conversation");
        end(&f);
    }
    assert_int_not_equal(sums[0], sums[1]);
    assert_int_equal(sums[0], sums[2]);
}

// Deleting what the stage wrote takes no time that grows with the square.
static void test_clear(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    assert_int_equal(ingest(&f, corpus_input(&f)), 0);
    assert_int_equal(vault_clear_stage(f.run.vault, "ingest", ingest_stage.writes, &f.err), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM conversation"), 0);
    assert_int_equal(number(&f, "SELECT count(*) FROM source"), 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharegpt_file),
        cmocka_unit_test(test_naughty_strings),
        cmocka_unit_test(test_json_suite),
        cmocka_unit_test(test_an_id_of_two_accounts),
        cmocka_unit_test(test_sample_of_one_id),
        cmocka_unit_test(test_ids_and_copies),
        cmocka_unit_test(test_oddities),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_kill),
        cmocka_unit_test(test_sample_and_limit),
        cmocka_unit_test(test_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
