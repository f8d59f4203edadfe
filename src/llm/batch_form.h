// SPDX-License-Identifier: Apache-2.0
// How batches are written down for the two vendors, and how what they say of one is read; pure,
// but for what it puts into buffers and arenas. OpenAI: a JSONL file is uploaded, a batch is made
// of it, answers lie in two other files. Anthropic: a batch is one JSON body, answers are one
// JSONL. Both know a request again by its custom_id; ours is a digest of the batch's own name and
// of the question (batch.c), so an answer finds its question in any order and after any time, and
// none of another run's batch fits.
#ifndef LLM_BATCH_FORM_H
#define LLM_BATCH_FORM_H

#include "base/buf.h"
#include "base/json.h"

#define BATCH_NAME 33 // 32 hex digits of our own name for a batch, and a NUL
#define BATCH_ID 129  // the vendor's, and a NUL
#define BATCH_FILES 2

enum batch_state {
    BATCH_RUNS,
    BATCH_ENDED, // answers lie ready: of all, of some, or of none
    BATCH_FAILED // the vendor did not take it
};
struct batch_news {
    char id[BATCH_ID];
    enum batch_state state;
    char files[BATCH_FILES][BATCH_ID]; // of answers; "" = none; OpenAI's only
    char input[BATCH_ID];              // the file of questions; likewise
    char code[48];                     // why it failed, in a word of the vendor's
    int64_t n_all, n_done;             // requests, as the vendor counts
    int64_t made;                      // unix seconds; 0 = not said
    char name[BATCH_NAME];             // ours, where the vendor keeps it
};
struct batch_line {
    struct str key; // custom_id
    int status;     // as of an answer by HTTP; 0 = never answered: expired, cancelled
    struct str body;
};

struct batch_form {
    bool uploads;     // a file first
    const char *type; // content type of what put_item fills; NULL = JSON
    // The whole body: begin, items with their bodies as the dialect writes them, end.
    int (*begin)(struct buf *out, struct err *err);
    int (*put_item)(struct buf *out, bool first, struct str key, struct str body, struct err *err);
    int (*end)(struct buf *out, struct err *err);
    // A line of answers; false when it cannot be read. Views into the document and the arena.
    bool (*read_line)(const struct json *root, struct arena *a, struct batch_line *line);
    const char
        *after; // of a list of batches: the parameter that names the last one of the page before
    // What is said of a batch; false when it is none.
    bool (*read_news)(const struct json *root, struct batch_news *news);
};
extern const struct batch_form batch_form_openai, batch_form_anthropic;

// OpenAI's request for a batch made of an uploaded file.
int batch_put_create(struct buf *out, const char *name, const char *file, struct err *err) MUST_USE;
// An id that may stand in a URL: letters, digits, - and _ only. "" when it is none.
void batch_read_id(const struct json *v, char id[BATCH_ID]);

#endif
