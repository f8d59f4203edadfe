// SPDX-License-Identifier: Apache-2.0
// What a model's server answers: JSON of both dialects, and the facets in it.
#include "facet/facet_json.h"
#include "llm/batch_form.h"
#include "llm/dialect.h"
#include "run/facet_catalog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The catalogue's question about a conversation, made once.
static const struct facet_questions *questions(void)
{
    static struct arena a;
    static struct facet_list list;
    static struct facet_questions made;
    struct err err = { 0 };
    if (!made.n) {
        if (facet_list_read(str_make(NULL, 0), "", NULL, &a, &list, &err))
            abort();
        made = facet_questions_make(&list, false, "English", &a);
    }
    return &made;
}

static const char *parse(struct str text, struct arena *a, struct facet_set *set)
{
    return facet_json_parse(text, questions()->list, &questions()->items[0], a, set);
}

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
        if (!parse(answer, a, &set))
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

// What a vendor says of a batch: ids that go into addresses are words.
static void read_batch(const struct batch_form *form, struct str text, struct arena *a)
{
    struct json *root = NULL;
    struct err err = { 0 };
    struct batch_line line;
    struct batch_news news;
    if (json_open(&root, text, &err))
        return;
    if (form->read_line(root, a, &line))
        assert(line.key.len && line.status >= 0 && line.status < 600);
    if (form->read_news(root, &news))
        assert(news.id[0] && strcspn(news.id, "/?#%. \"\\") == strlen(news.id));
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
    read_batch(&batch_form_openai, text, &a);
    read_batch(&batch_form_anthropic, text, &a);
    const char *why = parse(text, &a, &set);
    assert(why || set.values[FACET_TASK].s.len);
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert((heard.kind == HEARD_STOP) == (err.code != ERR_NONE));
    arena_release(&a);
    return 0;
}
