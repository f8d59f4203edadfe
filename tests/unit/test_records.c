// SPDX-License-Identifier: Apache-2.0
// Cutting streams into records. Every case is read in blocks of many sizes, and gone on from behind
// every record: both must give what one read gives.
#include "ingest/records.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/limits.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct file {
    int fd;
    char path[40];
};

static void make_file(struct file *f, struct str content)
{
    f->fd = memfd_create("records", MFD_CLOEXEC);
    assert_true(f->fd >= 0);
    assert_int_equal(write(f->fd, content.ptr, content.len), content.len);
    snprintf(f->path, sizeof f->path, "/proc/self/fd/%d", f->fd);
}

static void note_record(struct buf *out, const struct record *record)
{
    struct err err;
    int rc;
    if (record->kind == RECORD_WHOLE)
        rc = buf_printf(out, &err, "%.*s%s|", STR_ARG(record->text), record->literal ? " ~" : "");
    else
        rc = buf_printf(out, &err, "!%llu|", (unsigned long long)record->offset);
    assert_int_equal(rc, 0);
}

// What was read in any pieces, or again behind a place gone on from, has the file's digest.
static void check_digest(struct records *r, const struct file *f, bool is_same)
{
    char hex[DIGEST_HEX], state[FILE_STATE], whole[DIGEST_HEX];
    struct err err;
    bool same;
    assert_int_equal(records_digest(r, hex, state, &same, &err), 0);
    assert_int_equal(same, is_same);
    if (!same)
        return;
    assert_int_equal(file_digest(f->path, whole, &err), 0);
    assert_string_equal(hex, whole);
}

// All records behind each other: "text|", "text ~|" for literal rows, "!offset|" for broken ones.
// With `interrupted`, the stream is closed and gone on from after every record.
static void dump(struct file *f, size_t block, bool interrupted, struct buf *out)
{
    struct err err = { 0 };
    struct records *r = NULL;
    struct record record = { .kind = RECORD_WHOLE };
    struct records_state state;
    buf_clear(out);
    assert_int_equal(buf_add(out, STR_LIT(""), &err), 0);
    int rc = records_open(&r, f->path, block, &err);
    while (!rc && !(rc = records_next(r, &record, &err)) && record.kind != RECORD_END) {
        note_record(out, &record);
        if (!interrupted)
            continue;
        state = *records_state(r);
        records_close(r);
        r = NULL;
        rc = records_open(&r, f->path, block, &err);
        if (!rc)
            rc = records_resume(r, &state, &err);
    }
    if (!rc)
        check_digest(r, f, true);
    records_close(r);
    if (rc)
        assert_int_equal(buf_printf(out, &err, "error %d", rc), 0);
}

static void check(struct str input, const char *expected)
{
    static const size_t blocks[] = { 1, 2, 3, 5, 7, 16, 23, 64, 1000, 0 };
    struct file f;
    struct buf got;
    buf_init(&got, 1 << 20, "dump");
    make_file(&f, input);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        for (int interrupted = 0; interrupted < 2; interrupted++) {
            dump(&f, blocks[i], interrupted, &got);
            if (strcmp(got.ptr, expected) != 0)
                fail_msg("block %zu, interrupted %d\n input %.*s\n   got %s\n  want %s", blocks[i],
                         interrupted, STR_ARG(input), got.ptr, expected);
        }
    }
    buf_release(&got);
    close(f.fd);
}

static const struct {
    const char *input, *expected;
} cases[] = {
    // one list
    { "[{\"a\":1},{\"a\":2}]", "{\"a\":1}|{\"a\":2}|" },
    { "\xEF\xBB\xBF [ {\"a\":1} , {\"a\":\"]},{\\\"\"} ] \n", "{\"a\":1}|{\"a\":\"]},{\\\"\"}|" },
    { "[]", "" },
    { "[1,\"x\",[2,3],null,{\"a\":{}}]", "1|\"x\"|[2,3]|null|{\"a\":{}}|" },
    { "[{\"a\":1}][{\"a\":2}]", "{\"a\":1}|{\"a\":2}|" },
    // broken off
    { "[{\"a\":1},{\"a\":2", "{\"a\":1}|!9|" },
    { "[{\"a\":1},{\"a\":\"x", "{\"a\":1}|!9|" },
    { "[{\"a\":1},{\"a\":\"x\\", "{\"a\":1}|!9|" },
    { "[{\"a\":1},", "{\"a\":1}|!9|" },
    { "[", "!1|" },
    // broken inside: the neighbours stay
    { "[{\"a\":1},{\"a\":\"x},{\"a\":3},{\"a\":4}]", "{\"a\":1}|!9|{\"a\":3}|{\"a\":4}|" },
    { "[{\"a\":1},{\"a\":[1},{\"a\":3}]", "{\"a\":1}|!9|{\"a\":3}|" },
    { "[{\"a\":1},{\"a\":1}},{\"a\":3}]", "{\"a\":1}|{\"a\":1}|!16|{\"a\":3}|" },
    { "[{\"a\":1},{\"a\":{\"b\":1},{\"a\":3}]", "{\"a\":1}|!9|{\"a\":3}|" },
    { "[{\"a\":\"x\ny\"},{\"a\":3}]", "!1|{\"a\":3}|" },
    { "[{\"a\":1} Garbage ,{\"a\":3}]", "{\"a\":1}|!9|{\"a\":3}|" },
    { "[{\"a\":1},\n{\"a\":2,\n{\"a\":3},\n{\"a\":4}]", "{\"a\":1}|!10|{\"a\":3}|{\"a\":4}|" },
    // one behind the other
    { "{\"a\":1}{\"a\":2} {\"a\":3}", "{\"a\":1}|{\"a\":2}|{\"a\":3}|" },
    { "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", "{\n \"a\": 1\n}|{\n \"a\": 2\n}|" },
    { "{\n \"a\": [1\n}\n{\n \"a\": 2\n}\n", "!0|{\n \"a\": 2\n}|" },
    { "{\"m\": [\n{\"r\": 1},\n{\"r\": 2}]}\n{\"m\": []}",
      "{\"m\": [\n{\"r\": 1},\n{\"r\": 2}]}|{\"m\": []}|" },
    // lines
    { "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}|{\"a\":2}|" },
    { "{\"a\":1}\r\n\r\n{\"a\":2}\r\n", "{\"a\":1}|{\"a\":2}|" },
    { "{\"a\":1}\n{\"a\":\n{\"a\":3}", "{\"a\":1}|{\"a\":|{\"a\":3}|" },
    { "{\"a\":\"x\n{\"a\":2}\n{\"a\":3}", "{\"a\":\"x|{\"a\":2}|{\"a\":3}|" },
    { "{\"a\":[1\n{\"a\":2}\n{\"a\":3}", "{\"a\":[1|{\"a\":2}|{\"a\":3}|" },
    { "{\"a\":1}\n\xEF\xBB\xBF{\"a\":2}\n", "{\"a\":1}|{\"a\":2}|" },
    { "{\"a\":1}\n[1]\nx", "{\"a\":1}|[1]|x|" },
    { "{\"a\":1}", "{\"a\":1}|" },
    // tables
    { "a,b\n1,2\n3,4", "a,b|1,2|3,4|" },
    { "a,b\r\n\r\n\"1\",\"x\ny\"\r\n3,4\r\n", "a,b|\"1\",\"x\ny\"|3,4|" },
    { "a,b\n1,\"x \"\"y\"\"\"\n3,4\n", "a,b|1,\"x \"\"y\"\"\"|3,4|" },
    { "a,b\n1,\"x\n3,4\n5,6\n", "a,b|!4|3,4|5,6|" },
    { "a,b\n1,\"x\" y\n3,4\n", "a,b|!4|3,4|" },
    { "a\tb\n1\t\"x\n3\t\"4\"\n", "a\tb|1\t\"x ~|3\t\"4\"|" },
    { "a,b\n1,it\"s\n", "a,b|1,it\"s|" },
    { "  \n \n", "" },
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(str_of(cases[i].input), cases[i].expected);
}

// A nested object that begins as records do is no fault: here indent 0 puts line ends everywhere.
static void test_indent_0(void **state)
{
    (void)state;
    struct buf in, want;
    struct err err;
    buf_init(&in, 1 << 20, "input");
    buf_init(&want, 1 << 20, "output");
    int rc = buf_add_char(&in, '[', &err);
    for (int i = 0; i < 20 && !rc; i++) {
        const char *record = "{\n\"id\": 1,\n\"m\": [\n{\n\"id\": 2\n},\n{\n\"id\": 3\n}\n]\n}";
        rc = buf_printf(&in, &err, "%s\n%s", i ? "," : "", record);
        if (!rc)
            rc = buf_printf(&want, &err, "%s|", record);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(buf_add(&in, STR_LIT("\n]"), &err), 0);
    check(buf_view(&in), want.ptr);
    buf_release(&in);
    buf_release(&want);
}

// Lines of old Macs; a line feed inside of quotes is none of their ends. And Excel's first line.
static void test_table_dialects(void **state)
{
    (void)state;
    check(STR_LIT("a,b\r\"c\nc\",d\r\re,f\r"), "a,b|\"c\nc\",d|e,f|");
    check(STR_LIT("a,b\r\"c,d\re,f\r"), "a,b|!4|e,f|");
    check(STR_LIT("a,b\r\nc\rc,d\r\n"), "a,b|c\rc,d|");
    check(STR_LIT("a,b\r\n\"c\rc\",d\r\n"), "a,b|\"c\rc\",d|");
    check(STR_LIT("\xEF\xBB\xBFsep=;\r\na;b\r\nc;d\r\n"), "a;b|c;d|");
    check(STR_LIT("SEP=,\na\nb\n"), "a|b|");
    check(STR_LIT("sep=;,b\nc,d\n"), "sep=;,b|c,d|");
}

// In an indented list an open record shows at the next one, however much follows.
static void test_unclosed_in_indented_list(void **state)
{
    (void)state;
    struct buf in, want;
    struct err err;
    buf_init(&in, 1 << 20, "input");
    buf_init(&want, 1 << 20, "output");
    int rc = buf_add_char(&in, '[', &err);
    for (int i = 0; i < 40 && !rc; i++) {
        bool open = i % 13 == 12;
        size_t at = in.len + (i ? 4 : 3);
        rc = buf_printf(&in, &err, "%s\n  {\n    \"id\": %d%s", i ? "," : "", i,
                        open ? "" : "\n  }");
        if (!rc && open)
            rc = buf_printf(&want, &err, "!%zu|", at);
        else if (!rc)
            rc = buf_printf(&want, &err, "{\n    \"id\": %d\n  }|", i);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(buf_add(&in, STR_LIT("\n]\n"), &err), 0);
    check(buf_view(&in), want.ptr);
    buf_release(&in);
    buf_release(&want);
}

static void test_deep(void **state)
{
    (void)state;
    struct buf in;
    struct err err;
    buf_init(&in, 1 << 20, "input");
    assert_int_equal(buf_add(&in, STR_LIT("[{\"a\":1},{\"a\":"), &err), 0);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_add_char(&in, '[', &err), 0);
    assert_int_equal(buf_add(&in, STR_LIT("},{\"a\":3}]"), &err), 0);
    struct file f;
    struct buf got;
    buf_init(&got, 1 << 20, "dump");
    make_file(&f, buf_view(&in));
    dump(&f, 0, false, &got);
    assert_string_equal(got.ptr, "{\"a\":1}|!9|{\"a\":3}|");
    close(f.fd);
    buf_release(&got);
    buf_release(&in);
}

static void test_too_large(void **state)
{
    (void)state;
    static const char *const heads[] = { "[{\"a\":1},{\"a\":\"", "{\"a\":1}\n{\"a\":\"", "a\n\"" };
    static const char *const tails[] = { "\"},{\"a\":3}]", "\"}\n{\"a\":3}\n", "\"\n3\n" };
    static const char *const wants[] = { "{\"a\":1}|!9|{\"a\":3}|", "{\"a\":1}|!8|{\"a\":3}|",
                                         "a|!2|3|" };
    size_t size = LIMIT_RECORD_BYTES + (1 << 20);
    char *text = malloc(size);
    struct buf got;
    buf_init(&got, 1 << 20, "dump");
    assert_non_null(text);
    memset(text, 'x', size);
    for (int i = 0; i < 3; i++) {
        struct file f;
        make_file(&f, str_of(heads[i]));
        assert_int_equal(write(f.fd, text, size), size);
        assert_int_equal(write(f.fd, tails[i], strlen(tails[i])), strlen(tails[i]));
        dump(&f, 1 << 20, false, &got);
        assert_string_equal(got.ptr, wants[i]);
        close(f.fd);
    }
    buf_release(&got);
    free(text);
}

static void expect_error(struct str content, int code, const char *part)
{
    struct file f;
    struct err err = { 0 };
    struct records *r = NULL;
    make_file(&f, content);
    assert_int_equal(records_open(&r, f.path, 0, &err), code);
    assert_non_null(strstr(err.text, part));
    close(f.fd);
}

static void test_strangers(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct records *r = NULL;
    expect_error(STR_LIT(""), ERR_NO_INPUT, "empty");
    expect_error(STR_LIT("\x1F\x8B\x08"), ERR_DATA, "zcat");
    expect_error(STR_LIT("PAR1xxxx"), ERR_DATA,
                 "is Parquet; make JSON lines of it first, in DuckDB: COPY");
    expect_error(STR_LIT("\xFF\xFE{\0"), ERR_DATA, "UTF-16");
    expect_error(STR_LIT("a\0b"), ERR_DATA, "not text");
    expect_error(STR_LIT("text\na\0b"), ERR_DATA, "at byte 6: tr -d");
    expect_error(STR_LIT("PK\x03\x04xxxx"), ERR_DATA, "a workbook of Excel");
    expect_error(STR_LIT("%PDF-1.7\n"), ERR_DATA, "is a PDF");
    expect_error(STR_LIT("\n<!DOCTYPE html><html>"), ERR_DATA, "is a web page or XML");
    assert_int_equal(records_open(&r, "/", 0, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "directory"));
    assert_int_equal(records_open(&r, "/nowhere/at/all", 0, &err), ERR_NO_INPUT);
}

// A shorter file than before is refused, not read as if it had ended well.
static void test_shorter(void **state)
{
    (void)state;
    struct file f;
    struct err err = { 0 };
    struct records *r = NULL;
    struct records_state past = { .next = 1000, .kind = STREAM_LINES };
    make_file(&f, STR_LIT("{\"a\":1}\n"));
    assert_int_equal(records_open(&r, f.path, 0, &err), 0);
    assert_int_equal(records_resume(r, &past, &err), ERR_DATA);
    records_close(r);
    close(f.fd);
}

// A file that somebody writes to while it is read has no digest; neither has a pipe. --limit ends
// before the file does.
static void test_digest(void **state)
{
    (void)state;
    struct file f, pipe_end;
    struct err err = { 0 };
    struct records *r = NULL;
    struct record record;
    int ends[2];
    make_file(&f, STR_LIT("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"));
    for (int changed = 0; changed < 2; changed++) {
        assert_int_equal(records_open(&r, f.path, 3, &err), 0);
        assert_int_equal(records_next(r, &record, &err), 0);
        if (changed)
            assert_int_equal(pwrite(f.fd, "{\"b\":4}\n", 8, 24), 8);
        check_digest(r, &f, !changed);
        records_close(r);
    }
    close(f.fd);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "{\"a\":1}\n", 8), 8);
    close(ends[1]);
    snprintf(pipe_end.path, sizeof pipe_end.path, "/proc/self/fd/%d", ends[0]);
    assert_int_equal(records_open(&r, pipe_end.path, 0, &err), 0);
    check_digest(r, &pipe_end, false);
    records_close(r);
    close(ends[0]);
}

// Gone on from far behind what opening reads: bytes are passed over.
static void test_digest_behind(void **state)
{
    (void)state;
    struct file f;
    struct buf text;
    struct err err = { 0 };
    struct records *r = NULL;
    struct record record;
    buf_init(&text, 1 << 20, "lines");
    for (int i = 0; i < 2000; i++)
        assert_int_equal(buf_printf(&text, &err, "{\"a\":%d}\n", i), 0);
    make_file(&f, buf_view(&text));
    assert_int_equal(records_open(&r, f.path, 64, &err), 0);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(records_next(r, &record, &err), 0);
    struct records_state past = *records_state(r);
    records_close(r);
    assert_int_equal(records_open(&r, f.path, 64, &err), 0);
    assert_int_equal(records_resume(r, &past, &err), 0);
    assert_int_equal(records_next(r, &record, &err), 0);
    assert_true(str_equal(record.text, STR_LIT("{\"a\":1500}")));
    check_digest(r, &f, true);
    records_close(r);
    buf_release(&text);
    close(f.fd);
}

static void test_cells(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct str cells[4];
    struct record row = { .text = STR_LIT("a,\"b \"\"c\"\", d\",,\"\"") };
    assert_int_equal(records_split_row(&row, ',', &a, cells, 4), 4);
    assert_true(str_equal(cells[0], STR_LIT("a")));
    assert_true(str_equal(cells[1], STR_LIT("b \"c\", d")));
    assert_int_equal(cells[2].len, 0);
    assert_int_equal(cells[3].len, 0);
    row.literal = true;
    assert_int_equal(records_split_row(&row, ',', &a, cells, 4), 5);
    assert_true(str_equal(cells[1], STR_LIT("\"b \"\"c\"\"")));
    arena_release(&a);
}

// Bytes changed, lost and doubled at random: always ends, and in blocks of any size the same.
static void test_mutations(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "[{\"id\":\"x\",\"m\":[{\"r\":\"u\",\"t\":\"a\\\"b\"},{\"r\":\"v\"}]},{\"id\":\"y\",\"m\":"
        "[]}, {\"id\":1}]",
        "[\n  {\n    \"id\": \"x\",\n    \"m\": []\n  },\n  {\n    \"id\": \"y\"\n  }\n]\n",
        "{\"a\":\"x\"}\n{\"a\":\"y\"}\n{\"a\":\"z\"}\n",
        "{\"a\":\"x\"}{\"a\":[1,2]}\n{\"a\":\"z\"}",
        "id,text\n1,\"a,\"\"b\"\"\nc\"\n2,d\n",
        "id\ttext\n1\t\"a\"\n2\td\n",
    };
    struct rng rng;
    struct buf a, b;
    rng_init(&rng, 1, "mutations");
    buf_init(&a, 1 << 20, "dump");
    buf_init(&b, 1 << 20, "dump");
    for (int i = 0; i < 20000; i++) {
        char text[256];
        const char *seed = seeds[rng_below(&rng, COUNT_OF(seeds))];
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        for (uint64_t n = 1 + rng_below(&rng, 4); n && len; n--) {
            size_t at = rng_below(&rng, len);
            switch (rng_below(&rng, 4)) {
            case 0:
                text[at] = "{}[]\",:\\\n\t x\xEF"[rng_below(&rng, 13)];
                break;
            case 1:
                memmove(text + at, text + at + 1, --len - at);
                break;
            case 2:
                len = at + 1;
                break;
            default:
                text[at] = text[rng_below(&rng, len)];
            }
        }
        struct file f;
        make_file(&f, str_make(text, len));
        dump(&f, 0, false, &a);
        dump(&f, 1 + rng_below(&rng, 9), true, &b);
        if (strcmp(a.ptr, b.ptr) != 0)
            fail_msg("input %.*s\n one %s\n two %s", (int)len, text, a.ptr, b.ptr);
        close(f.fd);
    }
    buf_release(&a);
    buf_release(&b);
}

int main(void)
{
    struct err err;
    if (crypto_start(&err))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_indent_0),
        cmocka_unit_test(test_unclosed_in_indented_list),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_table_dialects),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_shorter),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_digest_behind),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
