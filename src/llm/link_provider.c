// SPDX-License-Identifier: Apache-2.0
// The last link: puts a call on the wire in its dialect and reads what came back. It learns what
// the server does not take (a schema, a temperature) and leaves that out from then on.
//
// It also learns whether the model thinks before it answers, and out of the same tokens: by the
// name that it wants for their number, by the thoughts in its answers, or by an answer that is cut
// off before it begins. From then on every call has ROOM tokens more, one that was cut off all the
// same MOST_ROOM. An answer without thoughts costs no more by that.
#include "base/crypto.h"
#include "base/log.h"
#include "llm/dialect.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_BODY ((size_t)64 << 20)
#define MOST_ANSWER ((size_t)4 << 20)
#define MOST_VECTORS ((size_t)32 << 20) // of 64 texts: 4,096 numbers each take 5 MB
#define CONNECT_MS 15000
#define BYTES_A_TOKEN 4 // where the server does not count
#define MOST_FORBIDDEN 16 // in a row: then it is the account and not what is asked
#define ROOM 4096
#define MOST_ROOM 16384

struct provider {
    struct call_link link;
    const struct dialect *dialect;
    struct http *http;
    struct llm_spend *spend;
    char *model;
    const char *effort; // one of the words of --effort; NULL = not said
    unsigned left_out;
    int room; // tokens for thoughts
    int n_forbidden; // since the last answer
};

void provider_give_room(const struct call_link *self, struct call *call)
{
    int room = ((const struct provider *)self)->room;
    call->room = call->room < room ? room : call->room;
}

int provider_write(struct call_link *self, struct call *call, struct err *err)
{
    struct provider *provider = (struct provider *)self;
    struct llm_request request = *call->request;
    call->left_out = provider->left_out;
    request.max_tokens += call->room;
    request.effort = provider->effort;
    buf_init(&call->body, MOST_BODY, "request");
    return provider->dialect->write(&request, provider->model, call->left_out, &call->body, err);
}

static int before(struct call_link *self, struct call *call, enum call_fate *fate, struct err *err)
{
    struct provider *provider = (struct provider *)self;
    (void)fate;
    int rc = provider_write(self, call, err);
    if (!rc)
        rc = http_post(provider->http, buf_view(&call->body), call, err);
    if (!rc)
        provider->spend->n_sent++;
    provider->spend->most_in_flight =
        size_max(provider->spend->most_in_flight, http_in_flight(provider->http));
    return rc;
}

static void hear_fault(const struct provider *provider, const struct http_answer *answer,
                       struct heard *heard, struct err *err)
{
    snprintf(heard->code, sizeof heard->code, "%s", http_fault_text(answer->fault));
    heard->may_be_charged = answer->sent;
    heard->kind = answer->fault == HTTP_TOO_LONG ? HEARD_MALFORMED : HEARD_BROKEN;
    if (answer->fault != HTTP_TLS && answer->fault != HTTP_FORBIDDEN)
        return;
    heard->kind = HEARD_STOP;
    if (answer->fault == HTTP_TLS)
        err_set(err, ERR_UNAVAILABLE, "%s is not shown to be who it says: %s; if it is a server "
                "of your own, name its certificate in SSL_CERT_FILE", http_host(provider->http),
                heard->code);
    else
        err_set(err, ERR_CONFIG, "%s is not on this machine, and nothing may be sent elsewhere",
                http_host(provider->http));
}

// Cut off before the answer began: nothing is there, or no object where one is asked for.
static bool is_before_answer(const struct llm_request *request, const struct llm_reply *reply)
{
    struct str text = reply->text.s;
    return reply->stop == LLM_CUT &&
           (!text.len || (request->schema && !memchr(text.ptr, '{', text.len)));
}

// A call that was cut off for its thoughts is sent again with more room for them, until it had
// MOST_ROOM. `thinks`: they showed. Else the prompt may have left no room, and only this call gets
// more.
static void hear_no_room(struct provider *provider, struct call *call, bool thinks,
                         struct heard *heard)
{
    int had = call->room;
    heard->is_counted = true;
    heard->kind = had < MOST_ROOM ? HEARD_ADAPT : HEARD_NO_ROOM;
    call->room = had < ROOM ? ROOM : MOST_ROOM;
    if (thinks || call->reply->n_reply_tokens >= call->request->max_tokens / 2)
        provider->room = ROOM;
    snprintf(heard->code, sizeof heard->code, "no answer within %d tokens",
             call->request->max_tokens + had);
}

static void hear_answer(struct provider *provider, struct call *call, struct str body,
                        struct heard *heard)
{
    struct json *root = NULL;
    struct err why = { 0 };
    struct llm_reply *reply = call->reply;
    bool ok = json_open_within(&root, body, provider->dialect->most_values, &why) == 0 &&
              json_kind(root) == JSON_MAP &&
              provider->dialect->read(call->request, root, call->a, reply);
    bool thinks = ok && shows_thoughts(root, reply->text.s);
    json_close(root);
    heard->kind = !ok ? HEARD_MALFORMED : reply->stop == LLM_FAILED ? HEARD_REFUSED : HEARD_ANSWER;
    heard->may_be_charged = !ok;
    provider->n_forbidden = ok ? 0 : provider->n_forbidden;
    snprintf(heard->code, sizeof heard->code, "its answers cannot be read");
    if (!ok)
        return;
    heard->no_usage = reply->n_prompt_tokens < 0 || reply->n_reply_tokens < 0;
    if (reply->n_prompt_tokens < 0)
        reply->n_prompt_tokens = (int)(call->body.len / BYTES_A_TOKEN);
    if (reply->n_reply_tokens < 0)
        reply->n_reply_tokens = (int)(reply->text.s.len / BYTES_A_TOKEN);
    reply->text.s = tidy_answer(call->request, reply->text.s);
    if (thinks)
        provider->room = ROOM;
    if (is_before_answer(call->request, reply))
        hear_no_room(provider, call, thinks, heard);
}

// Servers and the walls before them say 403 to a bad key, and also to what one conversation holds.
static bool is_forbidden_alone(struct provider *provider, const struct http_answer *answer)
{
    return answer->status == 403 && ++provider->n_forbidden < MOST_FORBIDDEN;
}

static int after(struct call_link *self, struct call *call, struct heard *heard,
                 enum call_fate *fate, struct err *err)
{
    struct provider *provider = (struct provider *)self;
    const struct http_answer *answer = heard->answer;
    unsigned leave_out = 0;
    struct err why = { 0 };
    (void)fate;
    heard->wait_ms = -1;
    heard->of_vectors = provider->dialect == &dialect_embeddings;
    if (answer->fault != HTTP_ANSWERED)
        hear_fault(provider, answer, heard, &why);
    else if (answer->status >= 200 && answer->status < 300)
        hear_answer(provider, call, answer->body, heard);
    else
        hear_status(answer, call->left_out, http_host(provider->http), heard, &leave_out, &why);
    if (heard->kind == HEARD_ANSWER || heard->kind == HEARD_REFUSED)
        heard->wait_ms = wait_told(answer); // it may be the last before a limit
    heard->is_forbidden = heard->kind == HEARD_STOP && why.code == ERR_CONFIG && // not of money
                          is_forbidden_alone(provider, answer);
    if (heard->is_forbidden)
        heard->kind = HEARD_REJECTED;
    if (leave_out & ~provider->left_out)
        log_detail("%s does not take a field of ours (%s); it is left out",
                   http_host(provider->http), heard->code);
    provider->left_out |= leave_out;
    if (provider->left_out & LEFT_MAX_TOKENS) // only models that think want the other name
        provider->room = ROOM;
    buf_release(&call->body);
    if (heard->kind != HEARD_STOP)
        return 0;
    *err = why;
    return (int)why.code;
}

static void close_provider(struct call_link *self)
{
    struct provider *provider = (struct provider *)self;
    http_close(provider->http);
    free(provider->model);
    free(provider);
}

const struct dialect *dialect_of(enum llm_dialect dialect)
{
    return dialect == LLM_ANTHROPIC    ? &dialect_anthropic
           : dialect == LLM_EMBEDDINGS ? &dialect_embeddings
                                       : &dialect_openai;
}

void dialect_headers(const struct llm_remote_options *options, struct arena *a,
                     const char *headers[8])
{
    size_t n = 0;
    bool anthropic = options->dialect == LLM_ANTHROPIC;
    const char *bearer = anthropic ? options->bearer : options->key;
    if (anthropic)
        headers[n++] = "anthropic-version: 2023-06-01";
    if (anthropic && options->key && *options->key)
        headers[n++] = arena_printf(a, "x-api-key: %s", options->key).ptr;
    else if (bearer && *bearer)
        headers[n++] = arena_printf(a, "authorization: Bearer %s", bearer).ptr;
    if (!anthropic && options->organization && *options->organization)
        headers[n++] = arena_printf(a, "openai-organization: %s", options->organization).ptr;
    if (!anthropic && options->project && *options->project)
        headers[n++] = arena_printf(a, "openai-project: %s", options->project).ptr;
    headers[n] = NULL;
}

void dialect_wipe_headers(const char *const *headers)
{
    for (; *headers; headers++)
        if (strchr(*headers, ' ') && !str_starts(str_of(*headers), STR_LIT("anthropic-")))
            crypto_wipe((char *)(uintptr_t)*headers, strlen(*headers));
}

int link_provider_open(struct call_link **link, const struct llm_remote_options *options,
                       struct llm_spend *spend, struct http **http, struct err *err)
{
    struct provider *provider = calloc(1, sizeof *provider);
    char *model = strdup(options->model);
    if (!provider || !model) {
        free(provider);
        free(model);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    struct arena a = { 0 };
    const char *headers[8];
    provider->link = (struct call_link){ "provider", before, after, close_provider, NULL };
    provider->dialect = dialect_of(options->dialect);
    provider->spend = spend;
    provider->model = model;
    provider->effort = options->effort;
    provider->left_out = options->effort ? 0 : LEFT_EFFORT;
    dialect_headers(options, &a, headers);
    const char *base = options->url && *options->url ? options->url : provider->dialect->home;
    struct http_options how = { .url = dialect_url(provider->dialect, base, &a).ptr,
                                .headers = headers,
                                .only_loopback = options->only_loopback,
                                .most_in_flight = options->most_in_flight,
                                .most_bytes =
                                    options->dialect == LLM_EMBEDDINGS ? MOST_VECTORS : MOST_ANSWER,
                                .connect_ms = CONNECT_MS,
                                .idle_ms = options->timeout_ms,
                                .total_ms = 4 * options->timeout_ms };
    int rc = http_open(&provider->http, &how, err);
    dialect_wipe_headers(headers);
    arena_release(&a);
    if (rc) {
        close_provider(&provider->link);
        return rc;
    }
    *http = provider->http;
    *link = &provider->link;
    return 0;
}
