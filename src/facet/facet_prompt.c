// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_prompt.h"

#include "facet/facet_parse.h"
#include "llm/llm.h"

static bool cut_block(struct str *rest, struct str *block)
{
    struct str mark = STR_LIT("\n---\n");
    if (!rest->ptr)
        return false;
    size_t at = str_find(*rest, mark, 0);
    *block = at == SIZE_MAX ? *rest : str_head(*rest, at);
    *rest = at == SIZE_MAX ? str_make(NULL, 0) : str_from(*rest, at + mark.len);
    return true;
}

static int add_example(struct facet_prompt *prompt, struct str block, struct str stem,
                       struct err *err)
{
    struct str text = str_trim(block);
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '\n')
        at--;
    struct str line = str_from(text, at);
    if (prompt->n_examples == PROMPT_MOST_EXAMPLES || !str_starts(line, stem))
        return err_set(err, ERR_SOFTWARE, "a prompt file has a bad example");
    prompt->examples[prompt->n_examples] = str_trim(str_head(text, at));
    prompt->answers[prompt->n_examples++] = str_trim(str_from(line, stem.len));
    return 0;
}

int facet_prompt_read(struct str text, const char *stem, struct facet_prompt *prompt,
                      struct err *err)
{
    struct str place = STR_LIT("{conversation}"), rest = text, block;
    *prompt = (struct facet_prompt){ 0 };
    if (!cut_block(&rest, &block))
        return err_set(err, ERR_SOFTWARE, "a prompt file is empty");
    prompt->instruction = str_trim(block);
    prompt->stem = str_of(stem);
    while (cut_block(&rest, &block)) {
        size_t at = str_find(block, place, 0);
        if (at != SIZE_MAX) {
            prompt->before = str_head(block, at);
            prompt->after = str_from(block, at + place.len);
            while (str_ends(prompt->after, STR_LIT("\n")))
                prompt->after.len--;
            return 0;
        }
        int rc = add_example(prompt, block, str_of(stem), err);
        if (rc)
            return rc;
    }
    return err_set(err, ERR_SOFTWARE, "a prompt file has no place for the conversation");
}

struct str facet_prompt_prefix(const struct facet_prompt *prompt, size_t without, struct arena *a)
{
    struct str all = arena_printf(a, "%.*s\n\n", STR_ARG(prompt->instruction));
    for (size_t i = 0; i < prompt->n_examples; i++)
        if (i != without)
            all = arena_printf(a, "%.*s%.*s" LLM_TURN "%.*s %.*s" LLM_TURN, STR_ARG(all),
                               STR_ARG(prompt->examples[i]), STR_ARG(prompt->stem),
                               STR_ARG(prompt->answers[i]));
    return arena_printf(a, "%.*s%.*s", STR_ARG(all), STR_ARG(prompt->before));
}

size_t facet_prompt_copied(const struct facet_prompt *prompt, struct str value)
{
    for (size_t i = 0; i < prompt->n_examples; i++)
        if (facet_same(value, prompt->answers[i]))
            return i;
    return prompt->n_examples;
}
