// SPDX-License-Identifier: Apache-2.0
// OpenAI's embeddings. The prompt of a request is a JSON list of texts; the reply's text has a line
// for each, its numbers as EMBEDDING_DIGITS hexadecimal digits of their bits.
#include "llm/dialect.h"

#include <math.h>

#define MOST_DIMS ((size_t)65536)

static int write_embeddings(const struct llm_request *request, const char *model, unsigned left_out,
                            struct buf *body, struct err *err)
{
    (void)left_out;
    int rc = buf_add(body, STR_LIT("{\"model\":"), err);
    if (!rc)
        rc = json_put_str(body, str_of(model), err);
    if (!rc)
        rc = buf_add(body, STR_LIT(",\"input\":"), err);
    if (!rc)
        rc = buf_add(body, request->prompt.s, err);
    return rc ? rc : buf_add_char(body, '}', err);
}

static uint32_t read_digits(const char *digits)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < EMBEDDING_DIGITS; i++)
        bits = bits << 4 | (uint32_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
    return bits;
}

void embedding_read(struct str line, float *out)
{
    for (size_t i = 0; i < line.len / EMBEDDING_DIGITS; i++) {
        uint32_t bits = read_digits(line.ptr + i * EMBEDDING_DIGITS);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

// One vector as digits; false when a number is not finite.
static bool put_vector(const struct json *vector, size_t dims, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < dims; i++) {
        double value;
        if (!json_number(json_element(vector, i), &value) || !isfinite((float)value))
            return false;
        float number = (float)value;
        uint32_t bits;
        memcpy(&bits, &number, sizeof bits);
        for (size_t j = 0; j < EMBEDDING_DIGITS; j++)
            *out++ = digits[bits >> (28 - 4 * j) & 15];
    }
    return true;
}

// Where the vector at place i of the answer belongs: its index, or its place where none is told.
static bool place_of(const struct json *item, size_t i, size_t n, size_t *place)
{
    int64_t index = (int64_t)i;
    const struct json *told = json_member(item, "index");
    if (told && !json_whole(told, &index))
        return false;
    *place = (size_t)index;
    return index >= 0 && (size_t)index < n;
}

static size_t count_texts(const struct llm_request *request)
{
    struct json *list = NULL;
    struct err ignored = { 0 };
    size_t n = json_open(&list, request->prompt.s, &ignored) == 0 ? json_length(list) : 0;
    json_close(list);
    return n;
}

static bool read_embeddings(const struct llm_request *request, const struct json *root,
                            struct arena *a, struct llm_reply *reply)
{
    const struct json *data = json_member(root, "data");
    const struct json *first = json_member(json_element(data, 0), "embedding");
    size_t n = count_texts(request), dims = json_length(first), line = dims * EMBEDDING_DIGITS + 1;
    if (!n || json_kind(data) != JSON_LIST || json_length(data) != n ||
        json_kind(first) != JSON_LIST || !dims || dims > MOST_DIMS)
        return false;
    char *text = arena_alloc(a, n * line);
    bool *there = arena_zero_array(a, n, sizeof *there);
    for (size_t i = 0; i < n; i++) {
        const struct json *item = json_element(data, i);
        const struct json *vector = json_member(item, "embedding");
        size_t place;
        if (!place_of(item, i, n, &place) || there[place] || json_length(vector) != dims ||
            !put_vector(vector, dims, text + place * line))
            return false;
        there[place] = true;
        text[place * line + line - 1] = '\n';
    }
    int64_t tokens;
    bool told = json_whole(json_member(json_member(root, "usage"), "prompt_tokens"), &tokens) &&
                tokens >= 0 && tokens < INT32_MAX;
    *reply = (struct llm_reply){ .text = raw_of(str_make(text, n * line - 1)),
                                 .n_prompt_tokens = told ? (int)tokens : -1 };
    return true;
}

const struct dialect dialect_embeddings = {
    .name = "embeddings",
    .path = "/embeddings",
    .home = "https://api.openai.com/v1",
    .most_values = VECTORS_VALUES,
    .write = write_embeddings,
    .read = read_embeddings,
};
