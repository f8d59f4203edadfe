// SPDX-License-Identifier: Apache-2.0
// How requests and answers are written down for the servers; pure, but for what it puts into
// buffers and arenas. Two dialects, a file each; what they share is in dialect.c.
#ifndef LLM_DIALECT_H
#define LLM_DIALECT_H

#include "base/json.h"
#include "llm/call.h"

// What a server has said that it does not take, or wants under another name.
// LEFT_FORMAT: it takes no form of the answer as such (Anthropic's output_config), maybe a tool's.
enum {
    LEFT_SCHEMA = 1,
    LEFT_TEMPERATURE = 2,
    LEFT_MAX_TOKENS = 4,
    LEFT_FORMAT = 8,
    LEFT_EFFORT = 16
};

// Values of JSON in an answer (json_open_within): a text has few, vectors as many as numbers.
#define ANSWER_VALUES ((size_t)1 << 16)
#define VECTORS_VALUES ((size_t)5 << 20) // 64 of 65,536

struct dialect {
    const char *name; // also of the choice --provider
    const char *path; // behind /v1
    const char *home; // base URL when none is named
    size_t most_values; // in an answer
    // Adds the request as JSON, without what is in `left_out`.
    int (*write)(const struct llm_request *request, const char *model, unsigned left_out,
                 struct buf *body, struct err *err);
    // Fills stop, text, tokens (-1: not said) and why. False when it cannot be read.
    bool (*read)(const struct llm_request *request, const struct json *root, struct arena *a,
                 struct llm_reply *reply);
};
extern const struct dialect dialect_openai, dialect_anthropic, dialect_embeddings;

const struct dialect *dialect_of(enum llm_dialect dialect);
// The headers of every request; those with a key are in the arena and wiped by the second.
void dialect_headers(const struct llm_remote_options *options, struct arena *a,
                     const char *headers[8]);
void dialect_wipe_headers(const char *const *headers);

// Numbers of a vector in a line of an answer of dialect_embeddings, whose length is a multiple of
// EMBEDDING_DIGITS; out has room for them.
#define EMBEDDING_DIGITS ((size_t)8)
void embedding_read(struct str line, float *out);

// The URL to post to: a query of the base stays behind the path. In the arena.
struct str dialect_url(const struct dialect *dialect, const char *base, struct arena *a);

// `"messages":[…]`: the prefix's messages in turn, then the item's own, whose control tokens are
// neutralised. `tell_schema`: the schema stands in the text.
int put_messages(const struct llm_request *request, bool tell_schema, struct buf *body,
                 struct err *err) MUST_USE;
// `{"model":NAME`: how every request begins; and `"temperature":N,`, unless that is left out.
int put_model(const char *model, struct buf *body, struct err *err) MUST_USE;
int put_temperature(const struct llm_request *request, unsigned left_out, struct buf *body,
                    struct err *err) MUST_USE;
// A count of tokens in `usage`; -1 when it is not said.
int read_count(const struct json *usage, const char *name);
// The texts of the parts that have one, as one; no longer than an answer can be, whatever comes: a
// token is seldom longer than 16 bytes. In the arena.
struct str read_texts(const struct llm_request *request, const struct json *parts, struct arena *a);
struct str keep_text(const struct llm_request *request, struct str text, struct arena *a);
// How an answer ended, and its text: none when it was refused.
void put_ending(struct llm_reply *reply, bool refused, bool cut, struct str text);
// Whether a model thought before it answered: it says so, counts tokens of it, or wrote it down.
bool shows_thoughts(const struct json *root, struct str text);
// The answer without what models put around it: thoughts up to </think>, the stem repeated.
struct str tidy_answer(const struct llm_request *request, struct str text);

// What an answer with a status that is no success means; *err is set for HEARD_STOP only. Nothing
// of the server's sentences gets into it: they may quote a conversation or the key.
void hear_status(const struct http_answer *answer, unsigned left_out, const char *host,
                 struct heard *heard, unsigned *leave_out, struct err *err);
// Milliseconds that a server asks to wait; -1 when it does not say. Dates go by its own clock, by
// ours where it names none (wait_told), or by `now`, unix seconds (wait_asked).
int64_t wait_told(const struct http_answer *answer);
int64_t wait_asked(const struct http_answer *answer, int64_t now);

#endif
