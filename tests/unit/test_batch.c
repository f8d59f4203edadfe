// SPDX-License-Identifier: Apache-2.0
// Batches: what is written for each vendor, byte by byte, what is read of them, and the list of
// those under way, which survives a crash at any byte.
#include "base/file.h"
#include "check.h"
#include "llm/batch_list.h"

#include <signal.h>
#include <sys/resource.h>

static struct arena a;
static struct err err;
static char dir[256];

static const char *write_all(const struct batch_form *form)
{
    struct buf out;
    buf_init(&out, 1 << 16, "batch");
    assert_int_equal(form->begin(&out, &err), 0);
    assert_int_equal(form->put_item(&out, true, STR_LIT("k1"), STR_LIT("{\"a\":1}"), &err), 0);
    assert_int_equal(form->put_item(&out, false, STR_LIT("k2"), STR_LIT("{}"), &err), 0);
    assert_int_equal(form->end(&out, &err), 0);
    char *copy = arena_copy(&a, buf_view(&out));
    buf_release(&out);
    return copy;
}

static void test_bytes(void **state)
{
    (void)state;
    assert_string_equal(write_all(&batch_form_anthropic),
                        "{\"requests\":[{\"custom_id\":\"k1\",\"params\":{\"a\":1}},"
                        "{\"custom_id\":\"k2\",\"params\":{}}]}");
    const char *openai = write_all(&batch_form_openai);
    assert_non_null(strstr(openai, "name=\"purpose\"\r\n\r\nbatch\r\n--"));
    assert_non_null(strstr(openai,
                           "\r\n\r\n{\"custom_id\":\"k1\",\"method\":\"POST\",\"url\":"
                           "\"/v1/chat/completions\",\"body\":{\"a\":1}}\n{\"custom_id\":\"k2\","
                           "\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{}}\n"
                           "\r\n--"));
    const char *boundary = strchr(batch_form_openai.type, '=') + 1;
    assert_memory_equal(openai + 2, boundary, strlen(boundary));
}

static bool read_line(const struct batch_form *form, const char *text, struct batch_line *line)
{
    struct json *root;
    assert_int_equal(json_open(&root, str_of(text), &err), 0);
    bool ok = form->read_line(root, &a, line);
    line->key = arena_str(&a, line->key);
    json_close(root);
    return ok;
}

static void test_lines(void **state)
{
    static const struct {
        const struct batch_form *form;
        const char *text;
        int status;
        const char *body;
    } rows[] = {
        { &batch_form_openai,
          "{\"custom_id\":\"k\",\"response\":{\"status_code\":200,\"body\":{\"x\":1}},\"error\":"
          "null}",
          200, "{\"x\":1}" },
        { &batch_form_openai,
          "{\"custom_id\":\"k\",\"response\":{\"status_code\":500,\"body\":{}}}", 500, "{}" },
        { &batch_form_openai,
          "{\"custom_id\":\"k\",\"response\":null,\"error\":{\"code\":\"batch_expired\"}}", 0, "" },
        { &batch_form_openai, "{\"custom_id\":\"k\",\"response\":{\"status_code\":-7}}", 0, "" },
        { &batch_form_anthropic,
          "{\"custom_id\":\"k\",\"result\":{\"type\":\"succeeded\",\"message\":{\"x\":1}}}", 200,
          "{\"x\":1}" },
        { &batch_form_anthropic,
          "{\"custom_id\":\"k\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
          "\"error\":{\"type\":\"overloaded_error\"}}}}",
          529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}" },
        { &batch_form_anthropic,
          "{\"custom_id\":\"k\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":"
          "\"invalid_request_error\"}}}",
          400, "{\"type\":\"errored\",\"error\":{\"type\":\"invalid_request_error\"}}" },
        { &batch_form_anthropic, "{\"custom_id\":\"k\",\"result\":{\"type\":\"canceled\"}}", 0,
          "" },
        { &batch_form_anthropic, "{\"custom_id\":\"k\",\"result\":{\"type\":\"expired\"}}", 0, "" },
    };
    static const char *const bad[] = { "{}", "[]", "7", "{\"custom_id\":7,\"result\":{}}",
                                       "{\"result\":{\"type\":\"succeeded\"}}" };
    struct batch_line line;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(read_line(rows[i].form, rows[i].text, &line));
        assert_true(str_equal(line.key, STR_LIT("k")));
        assert_int_equal(line.status, rows[i].status);
        assert_true(str_equal(line.body, str_of(rows[i].body)));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_false(read_line(&batch_form_openai, bad[i], &line));
        assert_false(read_line(&batch_form_anthropic, bad[i], &line));
    }
}

static bool read_news(const struct batch_form *form, const char *text, struct batch_news *news)
{
    struct json *root;
    assert_int_equal(json_open(&root, str_of(text), &err), 0);
    bool ok = form->read_news(root, news);
    json_close(root);
    return ok;
}

static void test_news(void **state)
{
    static const struct {
        const char *status;
        int state; // -1: it is no batch
    } rows[] = {
        { "validating", BATCH_RUNS }, { "in_progress", BATCH_RUNS }, { "finalizing", BATCH_RUNS },
        { "cancelling", BATCH_RUNS }, { "completed", BATCH_ENDED },  { "expired", BATCH_ENDED },
        { "cancelled", BATCH_ENDED }, { "failed", BATCH_FAILED },    { "dreaming", -1 }
    };
    struct batch_news news;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str text = arena_printf(
            &a,
            "{\"id\":\"batch_1\",\"status\":\"%s\",\"output_file_id\":\"file-1\","
            "\"metadata\":{\"clio\":\"ab\"},\"request_counts\":{\"total\":3,\"completed\":2}}",
            rows[i].status);
        bool ok = read_news(&batch_form_openai, text.ptr, &news);
        assert_int_equal(ok, rows[i].state >= 0);
        if (ok) {
            assert_int_equal(news.state, rows[i].state);
            assert_string_equal(news.files[0], "file-1");
            assert_string_equal(news.files[1], "");
            assert_string_equal(news.name, "ab");
            assert_int_equal(news.n_all, 3);
        }
    }
    assert_true(read_news(&batch_form_anthropic,
                          "{\"id\":\"m_1\",\"processing_status\":\"ended\",\"created_at\":"
                          "\"1970-01-01T00:01:00Z\",\"request_counts\":{\"processing\":1,"
                          "\"succeeded\":2,\"errored\":1,\"canceled\":0,\"expired\":3}}",
                          &news));
    assert_int_equal(news.state, BATCH_ENDED);
    assert_int_equal(news.made, 60);
    assert_int_equal(news.n_all, 7);
    // an id that would lead elsewhere is none
    static const char *const bad[] = { "{\"id\":\"../../x\",\"processing_status\":\"ended\"}",
                                       "{\"id\":\"a?b\",\"processing_status\":\"ended\"}",
                                       "{\"id\":\"\",\"processing_status\":\"ended\"}",
                                       "{\"id\":7,\"processing_status\":\"ended\"}",
                                       "{}",
                                       "[]" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(read_news(&batch_form_anthropic, bad[i], &news));
}

#define KEY(c) c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define KEY_A KEY("0a")
#define KEY_B KEY("0b")
#define KEY_C KEY("0c")

static void test_list(void **state)
{
    const char *path = path_join(&a, str_of(dir), "batches.jsonl").ptr;
    struct batch_list list;
    struct str file;
    size_t one, two;
    (void)state;
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_A KEY_B), 0.5, &one, &err), 0);
    assert_int_equal(batch_list_name(&list, one, "batch_1", "file-1", &err), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_C), 0.25, &two, &err), 0);
    assert_int_equal(batch_list_find(&list, STR_LIT(KEY_B)), one);
    batch_list_release(&list);
    assert_int_equal(file_read(&a, path, 1 << 20, &file, &err), 0);

    // read again as it was; what ended is not open, and its questions are in no batch
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(list.n_open, 2);
    assert_string_equal(list.items[one].id, "batch_1");
    assert_string_equal(list.items[one].file, "file-1");
    assert_string_equal(list.items[two].id, "");
    assert_int_equal(list.items[one].n, 2);
    assert_true(list.items[two].dollars == 0.25);
    assert_int_equal(batch_list_end(&list, one, &err), 0);
    assert_true(batch_list_find(&list, STR_LIT(KEY_A)) == BATCH_NONE);
    assert_int_equal(batch_list_find(&list, STR_LIT(KEY_C)), two);
    batch_list_release(&list);

    // another host's batches are left alone and stay in the file
    assert_int_equal(batch_list_open(&list, path, NULL, "elsewhere", &err), 0);
    assert_int_equal(list.n_open, 0);
    assert_int_equal(list.n_elsewhere, 1);
    batch_list_release(&list);
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(list.n_open, 1);
    assert_int_equal(batch_list_end(&list, two, &err), 0);
    batch_list_release(&list);
    assert_int_equal(file_size(path), 0); // nothing under way

    // cut at any byte: whole lines count, and the list can be added to
    for (size_t cut = 0; cut <= file.len; cut += 7) {
        assert_int_equal(file_write_private(path, str_head(file, cut), &err), 0);
        assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
        size_t n = 0, n_made = 0;
        for (struct str rest = str_head(file, cut), line; str_cut(&rest, '\n', &line) && rest.ptr;)
            n_made += str_find(line, STR_LIT("\"made\""), 0) != SIZE_MAX;
        assert_int_equal(list.n_open, n_made);
        assert_int_equal(batch_list_add(&list, STR_LIT(KEY_C), 0, &n, &err), 0);
        batch_list_release(&list);
        assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
        assert_int_equal(list.n_open, n_made + 1);
        batch_list_release(&list);
    }
}

// A disk that takes only the beginning of a line: the batches before and after it are known still.
static void test_half_a_line(void **state)
{
    const char *path = path_join(&a, str_of(dir), "full.jsonl").ptr;
    struct batch_list list;
    struct rlimit old, small;
    struct err full = { 0 };
    size_t one, two, none;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_A), 1, &one, &err), 0);
    small = old;
    small.rlim_cur = (rlim_t)file_size(path) + 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_not_equal(batch_list_add(&list, STR_LIT(KEY_B), 1, &none, &full), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_C), 1, &two, &err), 0);
    batch_list_release(&list);
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(list.n_open, 2);
    assert_int_equal(batch_list_find(&list, STR_LIT(KEY_C)), two);
    batch_list_release(&list);
}

static void test_sealed_list(void **state)
{
    const char *path = path_join(&a, str_of(dir), "sealed.jsonl").ptr;
    struct seal_key key, other;
    struct batch_list list;
    struct str file;
    size_t one;
    (void)state;
    crypto_random_key(&key);
    crypto_random_key(&other);
    assert_int_equal(batch_list_open(&list, path, &key, "h", &err), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_A), 1, &one, &err), 0);
    batch_list_release(&list);
    assert_int_equal(file_read(&a, path, 1 << 20, &file, &err), 0);
    assert_true(str_find(file, STR_LIT("made"), 0) == SIZE_MAX);
    assert_int_equal(batch_list_open(&list, path, &key, "h", &err), 0);
    assert_int_equal(batch_list_find(&list, STR_LIT(KEY_A)), one);
    batch_list_release(&list);
    assert_int_equal(batch_list_open(&list, path, &other, "h", &err), 0);
    assert_int_equal(list.n_open, 0);
    batch_list_release(&list);
}

// After a purge: only what is asked for again is kept, at any host and over restarts.
static void test_mask(void **state)
{
    const char *path = path_join(&a, str_of(dir), "masked.jsonl").ptr;
    struct batch_list list;
    size_t before, after, n;
    (void)state;
    assert_int_equal(batch_list_mask(path, NULL, &n, &err), 0);
    assert_int_equal(n, 0);
    assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
    assert_int_equal(batch_list_add(&list, STR_LIT(KEY_A KEY_B), 1, &before, &err), 0);
    assert_true(batch_list_keeps(&list, before, STR_LIT(KEY_A)));
    batch_list_release(&list);
    assert_int_equal(batch_list_mask(path, NULL, &n, &err), 0);
    assert_int_equal(n, 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(batch_list_open(&list, path, NULL, "h", &err), 0);
        if (round == 0)
            assert_int_equal(batch_list_add(&list, STR_LIT(KEY_C), 1, &after, &err), 0);
        assert_true(list.items[before].is_masked && !list.items[after].is_masked);
        assert_false(batch_list_keeps(&list, before, STR_LIT(KEY_A)));
        for (int again = 0; again < 2; again++)
            assert_int_equal(batch_list_claim(&list, STR_LIT(KEY_A)), before);
        assert_int_equal(list.items[before].n_claimed, 1);
        assert_true(batch_list_keeps(&list, before, STR_LIT(KEY_A)));
        assert_false(batch_list_keeps(&list, before, STR_LIT(KEY_B)));
        assert_true(batch_list_keeps(&list, after, STR_LIT(KEY_C)));
        assert_int_equal(batch_list_claim(&list, STR_LIT(KEY_C)), after);
        assert_int_equal(list.items[after].n_claimed, 0);
        batch_list_release(&list);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),       cmocka_unit_test(test_lines),
        cmocka_unit_test(test_news),        cmocka_unit_test(test_list),
        cmocka_unit_test(test_sealed_list), cmocka_unit_test(test_mask),
        cmocka_unit_test(test_half_a_line),
    };
    make_dir(dir);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    remove_dir(dir);
    arena_release(&a);
    return rc;
}
