// SPDX-License-Identifier: Apache-2.0
// What a model's server answers: JSON of both dialects, and the facets in it.
#include "facet/facet_json.h"
#include "llm/dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_as(const struct dialect *dialect, struct str text, struct arena *a)
{
    struct json *root = NULL;
    struct err err = { 0 };
    struct llm_reply reply = { 0 };
    struct llm_request request = { .stem = STR_LIT("The user") };
    struct facet_set set = { 0 };
    if (json_open(&root, text, &err))
        return;
    if (dialect->read(&request, root, a, &reply)) {
        struct str answer = tidy_answer(&request, reply.text.s);
        if (!facet_json_parse(answer, a, &set))
            assert(set.values[FACET_REQUEST].s.len && set.values[FACET_CONCERN].s.len == 1);
    }
    json_close(root);
}

// A list of vectors that is taken is one that can be read.
static void read_vectors(struct str text, struct arena *a)
{
    struct json *root = NULL;
    struct err err = { 0 };
    struct llm_reply reply = { 0 };
    struct llm_request request = { .prompt = raw_of(STR_LIT("[\"a\",\"b\"]")) };
    if (json_open(&root, text, &err))
        return;
    if (dialect_embeddings.read(&request, root, a, &reply)) {
        struct str rest = reply.text.s, line;
        size_t n = 0;
        for (; str_cut(&rest, '\n', &line); n++) {
            assert(line.len && line.len % EMBEDDING_DIGITS == 0);
            embedding_read(line, arena_array(a, line.len / EMBEDDING_DIGITS, sizeof(float)));
        }
        assert(n == 2);
    }
    json_close(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = { 0 };
    struct str text = str_make((const char *)data, size);
    struct http_answer answer = { .status = 400 + (int)(size % 130), .body = text,
                                  .headers = text };
    struct heard heard = { 0 };
    struct facet_set set = { 0 };
    struct err err = { 0 };
    unsigned leave_out = 0;
    read_as(&dialect_openai, text, &a);
    read_as(&dialect_anthropic, text, &a);
    read_vectors(text, &a);
    const char *why = facet_json_parse(text, &a, &set);
    assert(why || set.values[FACET_TASK].s.len);
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert((heard.kind == HEARD_STOP) == (err.code != ERR_NONE));
    arena_release(&a);
    return 0;
}
