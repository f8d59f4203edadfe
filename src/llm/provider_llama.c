// SPDX-License-Identifier: Apache-2.0
// llama.cpp in this process: the decoding. The file is opened by gguf_open.c.
//
// Requests are cut into groups of up to N_SLOTS that share a prefix, in the order they came. A
// group is decoded by one worker: a thread of its own (llama.cpp may share none with oneDNN,
// docs/llm.md) with a context of its own and one ggml thread. So a group's answers do not depend on
// how many workers there are, nor on what else was asked, and no thread waits for another inside a
// layer.
//
// A prompt that is `whole` is never cut; such ones come in groups of a few, so that keys and values
// of long prompts fit in memory, and a context grows to the longest of its group.
//
// In a context every slot is a sequence with a key-value cache of its own. The prefix is computed
// once and copied to all; each prompt is decoded alone; then the answers grow together, a token
// each a step. Answers are greedy. A grammar is asked about the likeliest token only; the whole
// vocabulary goes through it only when that one is refused.
#include "llm/llm.h"

#include "llm/gguf_open.h"

#include <llama.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_SLOTS 16         // part of what an answer is: fixed, whatever the machine
#define MOST_WORKERS 16
#define N_WHOLE_SLOTS 4 // the same of whole prompts: as many as together have WHOLE_BYTES
#define WHOLE_BYTES ((size_t)32 << 10)
#define PROMPT_TOKENS 224 // of one item; the middle of a longer prompt is left out
#define MOST_ANSWER 512   // tokens; of a whole prompt's:
#define MOST_WHOLE_ANSWER 8192
#define BATCH_TOKENS 512
#define PIECE_BYTES 64

struct provider;
struct worker {
    struct provider *provider;
    struct loner *loner;
    struct llama_context *context;
    struct llama_batch batch;
    size_t n_slots;      // sequences of the context
    size_t slot_tokens;  // room of one sequence
    char *prefix;        // text whose tokens every slot holds now; NULL = none
    size_t prefix_len, n_prefix;
    struct err err;
};
struct provider {
    struct llm_link link;
    struct llama_model *model;
    const struct llama_vocab *vocab;
    const char *template;
    char *tail; // what the chat template puts behind the user's message
    size_t n_workers;
    struct worker workers[MOST_WORKERS];
};

struct group {
    size_t first, n;
};
struct answer {
    char *text; // malloc'd: workers share no arena
    size_t len;
    enum llm_stop stop;
    const char *why; // of LLM_FAILED
    int n_prompt, n_reply;
};
struct job {
    const struct llm_request *requests;
    const struct group *groups;
    size_t n_groups;
    struct answer *answers;
    atomic_size_t next;
};
struct start {
    struct worker *worker;
    struct job *job;
};

struct slot {
    const struct llm_request *request;
    struct answer *answer;
    struct llama_sampler *grammar;
    llama_token *tokens; // of its prompt, behind the prefix; malloc'd
    size_t n_tokens;
    llama_token token; // last one chosen
    int32_t position;  // where it goes
    size_t room;       // of answer->text
    bool active;
};

static int out_of_memory(struct err *err)
{
    return err_set(err, ERR_TRY_AGAIN, "out of memory for the language model");
}

// Appends the tokens of text to tokens[*n], up to max in all. Control tokens are text unless
// `control`.
static int add_tokens(const struct worker *worker, struct str text, bool begin, bool control,
                      llama_token *tokens, size_t max, size_t *n, struct err *err)
{
    if (!text.len && !begin)
        return 0;
    int32_t added = llama_tokenize(worker->provider->vocab, text.len ? text.ptr : "",
                                   (int32_t)text.len, tokens + *n, (int32_t)(max - *n), begin,
                                   control);
    if (added < 0)
        return err_set(err, ERR_CONFIG, "a prompt is too long for the model");
    *n += (size_t)added;
    return 0;
}

// The tokens of a slot's prompt, of the end of the chat template and of the stem. Of a prompt that
// is not whole the middle is left out when there are more than PROMPT_TOKENS. A token is at least
// one byte.
static int add_prompt(const struct worker *worker, struct slot *slot, struct err *err)
{
    const struct llm_request *request = slot->request;
    struct str text = request->prompt.s, tail = str_of(worker->provider->tail);
    size_t most = text.len + tail.len + request->stem.len + 24, keep = PROMPT_TOKENS / 2;
    slot->tokens = malloc(most * sizeof *slot->tokens);
    if (!slot->tokens)
        return out_of_memory(err);
    size_t *n = &slot->n_tokens;
    int rc = add_tokens(worker, text, false, false, slot->tokens, most, n, err);
    if (!rc && !request->is_whole && *n > PROMPT_TOKENS) {
        memmove(slot->tokens + keep, slot->tokens + *n - keep, keep * sizeof *slot->tokens);
        *n = PROMPT_TOKENS;
    }
    if (!rc)
        rc = add_tokens(worker, tail, false, true, slot->tokens, most, n, err);
    if (!rc)
        rc = add_tokens(worker, request->stem, false, false, slot->tokens, most, n, err);
    if (!rc && *n == 0)
        rc = err_set(err, ERR_SOFTWARE, "an empty prompt");
    return rc;
}

static void put_token(struct llama_batch *batch, llama_token token, int32_t position, int slot,
                      bool wanted)
{
    int32_t i = batch->n_tokens++;
    batch->token[i] = token;
    batch->pos[i] = position;
    batch->n_seq_id[i] = 1;
    batch->seq_id[i][0] = slot;
    batch->logits[i] = wanted;
}

static int decode(struct worker *worker, struct err *err)
{
    int32_t code = llama_decode(worker->context, worker->batch);
    if (code)
        return err_set(err, ERR_SOFTWARE, "llama.cpp could not decode a batch (code %d)",
                       (int)code);
    return 0;
}

// Decodes tokens of one sequence from `position` on; logits of the last one are kept.
static int decode_sequence(struct worker *worker, const llama_token *tokens, size_t n,
                           size_t position, int slot, struct err *err)
{
    int rc = 0;
    for (size_t from = 0; !rc && from < n; from += BATCH_TOKENS) {
        size_t to = size_min(n, from + BATCH_TOKENS);
        worker->batch.n_tokens = 0;
        for (size_t i = from; i < to; i++)
            put_token(&worker->batch, tokens[i], (int32_t)(position + i), slot, i + 1 == n);
        rc = decode(worker, err);
    }
    return rc;
}

static void close_context(struct worker *worker)
{
    if (worker->context) {
        llama_free(worker->context);
        llama_batch_free(worker->batch);
    }
    worker->context = NULL;
    free(worker->prefix);
    worker->prefix = NULL;
}

// Whether the context is made for such prompts and has the room.
static bool has_room(const struct worker *worker, size_t n_tokens, size_t n_slots)
{
    return worker->context && worker->slot_tokens >= n_tokens && worker->n_slots >= n_slots &&
           (worker->n_slots == N_SLOTS) == (n_slots == N_SLOTS);
}

// Room for n_slots sequences of a prefix and `room` tokens more each. With fewer slots than N_SLOTS
// prompts are whole: there is never more room than the model was trained on, and what does not fit
// is a failure of that prompt alone.
static int open_context(struct worker *worker, size_t n_prefix, size_t room, size_t n_slots,
                        struct err *err)
{
    size_t trained = (size_t)llama_model_n_ctx_train(worker->provider->model);
    bool whole = n_slots != N_SLOTS;
    size_t slot_tokens = size_round_up(n_prefix + room, whole ? 1024 : 256);
    if (whole)
        slot_tokens = size_min(slot_tokens, trained);
    if (has_room(worker, slot_tokens, n_slots))
        return 0;
    close_context(worker);
    if (slot_tokens > trained || n_prefix >= slot_tokens)
        return err_set(err, ERR_CONFIG,
                       "the model reads at most %zu tokens at once, the prompt needs %zu; name "
                       "another with --model",
                       trained, n_prefix + room);
    struct llama_context_params params = llama_context_default_params();
    worker->n_slots = n_slots;
    worker->slot_tokens = slot_tokens;
    params.n_ctx = (uint32_t)(slot_tokens * n_slots);
    params.n_batch = params.n_ubatch = BATCH_TOKENS;
    params.n_seq_max = params.n_outputs_max = (uint32_t)n_slots;
    params.n_threads = params.n_threads_batch = 1;
    params.kv_unified = false;
    params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    params.no_perf = true;
    worker->context = llama_init_from_model(worker->provider->model, params);
    if (!worker->context)
        return err_set(err, ERR_UNAVAILABLE,
                       "llama.cpp could not make room for %zu conversations of %zu tokens; free "
                       "memory or use fewer --threads",
                       n_slots, slot_tokens);
    worker->batch = llama_batch_init(BATCH_TOKENS, 0, 1);
    return 0;
}

#define MOST_MESSAGES 64
static const char mark[] = "CLIO-MESSAGE"; // where the item's own part goes

// The messages of a prefix in the model's chat template, cut at the mark: what comes before the
// item's own part. malloc'd.
static int render(const struct provider *provider, struct str prefix, char **out, struct err *err)
{
    static const char *const roles[] = { "user", "assistant" };
    struct llama_chat_message messages[MOST_MESSAGES];
    size_t n = 0, size = 4 * prefix.len + 16384;
    char *copy = malloc(prefix.len + sizeof mark), *text = malloc(size);
    *out = NULL;
    if (!copy || !text) {
        free(copy);
        free(text);
        return out_of_memory(err);
    }
    if (prefix.len)
        memcpy(copy, prefix.ptr, prefix.len);
    memcpy(copy + prefix.len, mark, sizeof mark);
    for (char *at = copy; at && n < MOST_MESSAGES; n++) {
        messages[n] = (struct llama_chat_message){ roles[n % 2], at };
        at = strchr(at, LLM_TURN[0]);
        if (at)
            *at++ = '\0';
    }
    int32_t length = llama_chat_apply_template(provider->template, messages, n, true, text,
                                               (int32_t)size - 1);
    text[length > 0 && length < (int32_t)size ? length : 0] = '\0';
    char *place = strstr(text, mark);
    if (place) {
        *place = '\0';
        *out = text;
        text = NULL;
    }
    free(copy);
    free(text);
    return place ? 0 : err_set(err, ERR_CONFIG, "the model's chat template cannot be used; name "
                                                "another model with --model");
}

// Computes the prefix in slot 0 and copies it to all others.
static int compute_prefix(struct worker *worker, struct str prefix, const llama_token *tokens,
                          size_t n, struct err *err)
{
    llama_memory_t memory = llama_get_memory(worker->context);
    llama_memory_clear(memory, true);
    free(worker->prefix);
    worker->prefix = malloc(prefix.len + 1);
    if (!worker->prefix)
        return out_of_memory(err);
    if (prefix.len)
        memcpy(worker->prefix, prefix.ptr, prefix.len);
    worker->prefix_len = prefix.len;
    worker->n_prefix = n;
    int rc = decode_sequence(worker, tokens, n, 0, 0, err);
    for (size_t i = 1; !rc && i < worker->n_slots; i++)
        llama_memory_seq_cp(memory, 0, (llama_seq_id)i, -1, -1);
    if (rc) {
        free(worker->prefix);
        worker->prefix = NULL;
    }
    return rc;
}

// Has every slot hold the prefix and nothing else, with room for so many tokens behind it.
static int load_prefix(struct worker *worker, struct str prefix, size_t room, size_t n_slots,
                       struct err *err)
{
    char *text = NULL;
    llama_token *tokens = NULL;
    size_t n = 0;
    if (has_room(worker, worker->n_prefix + room, n_slots) && worker->prefix &&
        str_equal(prefix, str_make(worker->prefix, worker->prefix_len)))
        return 0;
    int rc = render(worker->provider, prefix, &text, err);
    if (!rc) {
        size_t most = strlen(text) + 16;
        tokens = malloc(most * sizeof *tokens);
        rc = tokens ? add_tokens(worker, str_of(text), true, true, tokens, most, &n, err)
                    : out_of_memory(err);
    }
    if (!rc)
        rc = open_context(worker, n, room, n_slots, err);
    if (!rc)
        rc = compute_prefix(worker, prefix, tokens, n, err);
    free(text);
    free(tokens);
    return rc;
}

static llama_token likeliest(const float *logits, int32_t n)
{
    int32_t best = 0;
    for (int32_t i = 1; i < n; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

// The likeliest token that the slot's grammar lets through; -1 when there is none.
static llama_token choose(const struct worker *worker, const struct slot *slot, const float *logits)
{
    int32_t n = llama_vocab_n_tokens(worker->provider->vocab);
    llama_token best = likeliest(logits, n);
    if (!slot->grammar)
        return best;
    llama_token_data one = { best, logits[best], 0 };
    llama_token_data_array few = { &one, 1, -1, false };
    llama_sampler_apply(slot->grammar, &few);
    if (one.logit > -1e30f)
        return best;
    llama_token_data *all = malloc((size_t)n * sizeof *all);
    if (!all)
        return -1;
    for (int32_t i = 0; i < n; i++)
        all[i] = (llama_token_data){ i, logits[i], 0 };
    llama_token_data_array many = { all, (size_t)n, -1, false };
    llama_sampler_apply(slot->grammar, &many);
    size_t found = 0;
    for (size_t i = 1; i < many.size; i++)
        if (all[i].logit > all[found].logit)
            found = i;
    best = many.size && all[found].logit > -1e30f ? all[found].id : -1;
    free(all);
    return best;
}

static void end_slot(struct slot *slot, enum llm_stop stop)
{
    slot->answer->stop = stop;
    slot->answer->why = NULL;
    slot->active = false;
    if (slot->grammar)
        llama_sampler_free(slot->grammar);
    slot->grammar = NULL;
}

// Takes the next token of an answer from its logits, and ends the answer when it is complete.
static void take_token(struct worker *worker, struct slot *slot, const float *logits)
{
    const struct llama_vocab *vocab = worker->provider->vocab;
    struct answer *answer = slot->answer;
    llama_token token = logits ? choose(worker, slot, logits) : -1;
    if (token < 0) {
        end_slot(slot, LLM_FAILED);
        return;
    }
    if (llama_vocab_is_eog(vocab, token)) {
        end_slot(slot, LLM_FINISHED);
        return;
    }
    char *place = answer->text + answer->len;
    int32_t n = llama_token_to_piece(vocab, token, place, (int32_t)(slot->room - answer->len), 0,
                                     false);
    if (n < 0) {
        end_slot(slot, LLM_CUT);
        return;
    }
    answer->len += (size_t)n;
    if (slot->grammar)
        llama_sampler_accept(slot->grammar, token);
    slot->token = token;
    if (++answer->n_reply >= slot->request->max_tokens)
        end_slot(slot, LLM_CUT);
}

// Decodes one prompt and takes the first token of its answer.
static int begin_slot(struct worker *worker, struct slot *slot, int i_slot, struct err *err)
{
    struct provider *provider = worker->provider;
    const struct llm_request *request = slot->request;
    size_t n = slot->n_tokens;
    slot->answer->n_prompt = (int)n;
    if (worker->n_prefix + n + (size_t)request->max_tokens > worker->slot_tokens) {
        slot->answer->stop = LLM_FAILED;
        slot->answer->why = WHY_TOO_LONG;
        return 0;
    }
    slot->room = (size_t)request->max_tokens * PIECE_BYTES;
    slot->answer->text = malloc(slot->room);
    if (!slot->answer->text)
        return out_of_memory(err);
    if (request->grammar) {
        slot->grammar = llama_sampler_init_grammar(provider->vocab, request->grammar, "root");
        if (!slot->grammar)
            return err_set(err, ERR_SOFTWARE, "llama.cpp does not understand a grammar of ours");
    }
    int rc = decode_sequence(worker, slot->tokens, n, worker->n_prefix, i_slot, err);
    if (rc)
        return rc;
    slot->active = true;
    slot->position = (int32_t)(worker->n_prefix + n);
    take_token(worker, slot, llama_get_logits_ith(worker->context, -1));
    return 0;
}

// One more token for every answer that is not complete; *more is false when all are.
static int step(struct worker *worker, struct slot *slots, size_t n, bool *more, struct err *err)
{
    size_t places[N_SLOTS], n_active = 0;
    worker->batch.n_tokens = 0;
    for (size_t i = 0; i < n; i++)
        if (slots[i].active) {
            places[n_active++] = i;
            put_token(&worker->batch, slots[i].token, slots[i].position++, (int)i, true);
        }
    *more = n_active > 0;
    int rc = n_active ? decode(worker, err) : 0;
    for (size_t i = 0; !rc && i < n_active; i++)
        take_token(worker, &slots[places[i]], llama_get_logits_ith(worker->context, (int32_t)i));
    return rc;
}

// Takes the answers out of the slots, so that they hold the prefix again. A recurrent model cannot
// forget a part: its prefix is computed anew.
static void release_slots(struct worker *worker, struct slot *slots)
{
    bool forgot = true;
    for (size_t i = 0; i < N_SLOTS; i++) {
        if (slots[i].grammar)
            llama_sampler_free(slots[i].grammar);
        free(slots[i].tokens);
        if (worker->context && i < worker->n_slots)
            forgot &= llama_memory_seq_rm(llama_get_memory(worker->context), (llama_seq_id)i,
                                          (int32_t)worker->n_prefix, -1);
    }
    if (!forgot) {
        free(worker->prefix);
        worker->prefix = NULL;
    }
}

static int decode_group(struct worker *worker, const struct job *job, const struct group *group,
                        struct err *err)
{
    struct slot slots[N_SLOTS] = { 0 };
    const struct llm_request *requests = job->requests + group->first;
    bool more = true;
    size_t room = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < group->n; i++) {
        slots[i].request = &requests[i];
        slots[i].answer = &job->answers[group->first + i];
        rc = add_prompt(worker, &slots[i], err);
        room = size_max(room, slots[i].n_tokens + (size_t)requests[i].max_tokens);
    }
    if (!rc)
        rc = load_prefix(worker, requests[0].prefix, room,
                         !requests[0].is_whole ? N_SLOTS
                         : group->n > 1        ? N_WHOLE_SLOTS
                                               : 1,
                         err);
    for (size_t i = 0; !rc && i < group->n; i++)
        rc = begin_slot(worker, &slots[i], (int)i, err);
    while (!rc && more)
        rc = step(worker, slots, group->n, &more, err);
    release_slots(worker, slots);
    return rc;
}

static void work(void *context)
{
    struct start *start = context;
    struct worker *worker = start->worker;
    struct job *job = start->job;
    for (;;) {
        size_t i = atomic_fetch_add(&job->next, 1);
        if (i >= job->n_groups || worker->err.code)
            return;
        if (decode_group(worker, job, &job->groups[i], &worker->err))
            atomic_store(&job->next, job->n_groups); // the others need not go on
    }
}

// Whether one more request fits into a group that begins with `first` and has `bytes` of prompts.
static bool fits(const struct group *group, const struct llm_request *first, size_t bytes,
                 const struct llm_request *next)
{
    if (first->is_whole != next->is_whole || !str_equal(first->prefix, next->prefix))
        return false;
    return first->is_whole ? group->n < N_WHOLE_SLOTS && bytes + next->prompt.s.len <= WHOLE_BYTES
                           : group->n < N_SLOTS;
}

static struct group *cut_groups(struct arena *a, const struct llm_request *requests, size_t n,
                                size_t *n_groups)
{
    struct group *groups = arena_array(a, n, sizeof *groups);
    size_t last = 0, bytes = 0;
    for (size_t i = 0; i < n; i++) {
        struct group *group = last ? &groups[last - 1] : NULL;
        if (group && fits(group, &requests[group->first], bytes, &requests[i])) {
            group->n++;
        } else {
            groups[last++] = (struct group){ i, 1 };
            bytes = 0;
        }
        bytes += requests[i].prompt.s.len;
    }
    *n_groups = last;
    return groups;
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n,
               struct arena *a, struct llm_reply *replies, struct err *err)
{
    struct provider *provider = (struct provider *)self;
    struct start starts[MOST_WORKERS];
    struct job job = { .requests = requests };
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        if (requests[i].max_tokens < 1 ||
            requests[i].max_tokens > (requests[i].is_whole ? MOST_WHOLE_ANSWER : MOST_ANSWER))
            return err_set(err, ERR_SOFTWARE, "an answer of %d tokens is asked for",
                           requests[i].max_tokens);
    if (n == 0)
        return 0;
    job.groups = cut_groups(a, requests, n, &job.n_groups);
    job.answers = arena_zero_array(a, n, sizeof *job.answers);
    size_t n_workers = size_min(provider->n_workers, job.n_groups);
    for (size_t i = 0; i < n_workers; i++) {
        starts[i] = (struct start){ &provider->workers[i], &job };
        err_clear(&provider->workers[i].err);
        loner_start(provider->workers[i].loner, work, &starts[i]);
    }
    for (size_t i = 0; i < n_workers; i++) {
        loner_wait(provider->workers[i].loner);
        if (!rc && provider->workers[i].err.code) {
            *err = provider->workers[i].err;
            rc = (int)err->code;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct answer *answer = &job.answers[i];
        replies[i] = (struct llm_reply){ .stop = answer->stop,
                                         .why = answer->why,
                                         .n_prompt_tokens = answer->n_prompt,
                                         .n_reply_tokens = answer->n_reply };
        replies[i].text = raw_of(arena_str(a, str_make(answer->text, answer->len)));
        free(answer->text);
    }
    return rc;
}

// What the chat template puts behind the user's message. A model without a template, or with one
// that llama.cpp does not know, gets ChatML's.
static int open_template(struct provider *provider, struct err *err)
{
    struct llama_chat_message message = { "user", mark };
    char text[4096];
    provider->template = llama_model_chat_template(provider->model, NULL);
    if (!provider->template ||
        llama_chat_apply_template(provider->template, &message, 1, true, NULL, 0) <= 0)
        provider->template = "chatml";
    int32_t n = llama_chat_apply_template(provider->template, &message, 1, true, text,
                                          (int32_t)sizeof text - 1);
    text[n > 0 && n < (int32_t)sizeof text ? n : 0] = '\0';
    const char *place = strstr(text, mark);
    if (!place)
        return err_set(err, ERR_CONFIG, "the model's chat template cannot be used; name another "
                                        "model with --model");
    provider->tail = strdup(place + strlen(mark));
    return provider->tail ? 0 : out_of_memory(err);
}

static void close_worker(void *context)
{
    close_context(context);
}

static void close_provider(struct llm_link *self)
{
    struct provider *provider = (struct provider *)self;
    for (size_t i = 0; i < provider->n_workers; i++) {
        struct worker *worker = &provider->workers[i];
        if (worker->loner) {
            loner_start(worker->loner, close_worker, worker);
            loner_close(worker->loner);
        }
    }
    if (provider->model)
        llama_model_free(provider->model);
    free(provider->tail);
    free(provider);
}

static int open_model(struct provider *provider, const char *path, struct err *err)
{
    int rc = gguf_open(&provider->model, path, err);
    if (rc)
        return rc;
    provider->vocab = llama_model_get_vocab(provider->model);
    return open_template(provider, err);
}

int llm_open_llama(struct llm_link **llm, const char *path, size_t n_threads, uint64_t seed,
                   struct err *err)
{
    (void)seed; // answers are greedy
    if (n_threads == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        n_threads = n > 0 ? (size_t)n : 1;
    }
    struct provider *provider = calloc(1, sizeof *provider);
    if (!provider)
        return out_of_memory(err);
    provider->link = (struct llm_link){ "llama", ask, close_provider, NULL, NULL, NULL };
    int rc = open_model(provider, path, err);
    provider->n_workers = rc ? 0 : size_min(n_threads, MOST_WORKERS);
    for (size_t i = 0; !rc && i < provider->n_workers; i++) {
        struct worker *worker = &provider->workers[i];
        worker->provider = provider;
        rc = loner_open(&worker->loner, err);
    }
    if (rc)
        close_provider(&provider->link);
    else
        *llm = &provider->link;
    return rc;
}
