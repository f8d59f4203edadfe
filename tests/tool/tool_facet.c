// SPDX-License-Identifier: Apache-2.0
// For bench/facet_server.py: the facet question as a peer can ask it, and our own time for it.
// `tool_facet prompts DIR` writes a JSON line a conversation: {"messages":[…],"stem":…,"grammar":…,
// "max_tokens":…}. `tool_facet time DIR MODEL.gguf THREADS` asks the model about every conversation
// of the run and prints seconds, conversations and reply tokens; opening the model is not counted.
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "facet/facet_ask.h"
#include "facet/prompt_files.h"
#include "llm/llm.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;
static struct facet_prompt prompt;

static void put_text(struct str s)
{
    struct buf b;
    struct err err = { 0 };
    buf_init(&b, 1 << 20, "text");
    if (json_put_str(&b, s, &err))
        BUG("%s", err.text);
    printf("%.*s", STR_ARG(buf_view(&b)));
    buf_release(&b);
}

static int print_asked(struct llm_link *self, const struct llm_request *requests, size_t n,
                       struct arena *a, struct llm_reply *replies, struct err *err)
{
    (void)self, (void)a, (void)err;
    for (size_t i = 0; i < n; i++) {
        struct str rest = requests[i].prefix, message;
        const char *role = "user";
        printf("{\"messages\":[");
        while (str_find(rest, STR_LIT(LLM_TURN), 0) != SIZE_MAX &&
               str_cut(&rest, LLM_TURN[0], &message)) {
            printf("{\"role\":\"%s\",\"content\":", role);
            put_text(message);
            printf("},");
            role = *role == 'u' ? "assistant" : "user";
        }
        printf("{\"role\":\"user\",\"content\":");
        put_text(arena_printf(&arena, "%.*s%.*s", STR_ARG(rest), STR_ARG(requests[i].prompt.s)));
        printf("}],\"stem\":");
        put_text(requests[i].stem);
        printf(",\"grammar\":");
        put_text(str_of(requests[i].grammar));
        printf(",\"max_tokens\":%d}\n", requests[i].max_tokens);
        replies[i] = (struct llm_reply){ .stop = LLM_FAILED };
    }
    return 0;
}

static void close_nothing(struct llm_link *self)
{
    (void)self;
}

static int ask_all(struct vault *vault, struct llm_link *llm, struct facet_ask_counts *counts,
                   size_t *n, struct err *err)
{
    struct conversations batch = { 0 };
    int64_t after = 0;
    int rc = 0;
    do {
        rc = vault_read_conversations(vault, after, 64, &arena, &batch, err);
        struct facet_set *sets = arena_array(&arena, batch.n, sizeof *sets);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            rc = facet_set_by_rule(&batch.items[i], &arena, &sets[i], err);
            after = batch.items[i].seq;
        }
        if (!rc && batch.n)
            rc = facet_ask(llm, &prompt, batch.items, sets, batch.n, &arena, counts, err);
        *n += batch.n;
    } while (!rc && batch.n);
    return rc;
}

int main(int argc, char **argv)
{
    struct llm_link printer = { "printer", print_asked, close_nothing, NULL, NULL, NULL },
                    *llm = &printer;
    struct facet_ask_counts counts = { 0 };
    struct vault *vault = NULL;
    struct err err = { 0 };
    size_t n = 0;
    if (argc != 3 && argc != 5)
        return ERR_USAGE;
    int rc = crypto_start(&err);
    if (!rc)
        rc = facet_prompt_read(str_of(prompt_facet_request()), facet_catalog(FACET_REQUEST)->stem,
                               &prompt, &err);
    if (!rc)
        rc = vault_open(&vault, argv[2], false, &err);
    if (!rc && argc == 5)
        rc = llm_open_llama(&llm, argv[3], strtoul(argv[4], NULL, 10), 1, &err);
    int64_t start = clock_ms();
    if (!rc)
        rc = ask_all(vault, llm, &counts, &n, &err);
    if (!rc && argc == 5)
        printf("%.3f %zu %lld\n", (double)(clock_ms() - start) / 1e3, n,
               (long long)counts.n_reply_tokens);
    if (llm != &printer)
        llm_close(llm);
    vault_close(vault);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    return rc;
}
