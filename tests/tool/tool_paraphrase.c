// SPDX-License-Identifier: Apache-2.0
// tool_paraphrase MODEL.gguf < SENTENCES > ANSWERS: says each line (style<TAB>sentence) again in
// other words by a model in this process; one line an answer, in order, empty where it gave none.
// Greedy, so the same model gives the same. For tests/quality/make_paraphrases.py.
#include "base/crypto.h"
#include "llm/llm.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_LINES 4096
#define SAY(style, sentence, answer) "Say this " style ": " sentence LLM_TURN answer LLM_TURN

static const char prefix[] =
    "You reword pieces of sentences. Keep the meaning, keep names and numbers, use other "
    "words.\n\n" SAY("plainly", "Explain to Tom how a bill becomes a law in his country",
                     "Tell Tom which steps a draft takes until it is in force at home")
        SAY("formally", "and do not use more than 300 words",
            "and the text is to stay below 300 words")
            SAY("casually", "Give me a plan to paint the kitchen of Mrs Boyle over the weekend",
                "Help me get Mrs Boyle's kitchen walls done by Monday")
                SAY("plainly", "so that nobody has to wait at the door",
                    "and people never queue outside")
                    SAY("formally", "Act as a guide who knows Oslo well",
                        "Assume the part of an expert on the sights of Oslo")
                        SAY("casually", "add a joke at the end",
                            "throw in something funny to close");

static size_t read_lines(struct llm_request *requests, struct arena *a)
{
    char *line = NULL;
    size_t n = 0, room = 0;
    for (ssize_t len; n < MOST_LINES && (len = getline(&line, &room, stdin)) > 0; n++) {
        struct str text = str_trim(arena_str(a, str_make(line, (size_t)len))), style;
        str_cut(&text, '\t', &style);
        requests[n] = (struct llm_request){
            .prefix = STR_LIT(prefix),
            .prompt = raw_of(arena_printf(a, "Say this %.*s: %.*s", STR_ARG(style), STR_ARG(text))),
            .grammar = "root ::= [^\\n]+",
            .max_tokens = 40
        };
    }
    free(line);
    return n;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct llm_link *llm = NULL;
    struct llm_request *requests = arena_zero_array(&a, MOST_LINES, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(&a, MOST_LINES, sizeof *replies);
    size_t n = read_lines(requests, &a);
    if (argc < 2 || crypto_start(&err) || llm_open_llama(&llm, argv[1], 2, 0, &err) ||
        llm_ask(llm, requests, n, &a, replies, &err)) {
        fprintf(stderr, "tool_paraphrase: %s\n", argc < 2 ? "MODEL.gguf is missing" : err.text);
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        struct str text = replies[i].stop == LLM_FINISHED ? replies[i].text.s : STR_LIT("");
        printf("%.*s\n", STR_ARG(text));
    }
    llm_close(llm);
    arena_release(&a);
    return 0;
}
