// SPDX-License-Identifier: Apache-2.0
#include "llm/llm.h"

#include <string.h>

const char *const llm_whys[LLM_N_WHYS] = {
    WHY_NOT_ASKED, WHY_UNREACHABLE, WHY_MALFORMED, WHY_REJECTED, WHY_REFUSED,
    WHY_NO_ROOM,   WHY_TOO_LONG,    WHY_UNUSABLE,  WHY_FAILED,
};

size_t llm_why_place(const char *why)
{
    size_t i = 0;
    while (i + 1 < LLM_N_WHYS && (!why || strcmp(why, llm_whys[i]) != 0))
        i++;
    return i;
}

bool llm_is_answer(const struct llm_reply *reply)
{
    return reply->stop != LLM_FAILED || (reply->why && strcmp(reply->why, WHY_REFUSED) == 0);
}

int llm_ask(struct llm_link *llm, const struct llm_request *requests, size_t n, struct arena *a,
            struct llm_reply *replies, struct err *err)
{
    return llm->ask(llm, requests, n, a, replies, err);
}

bool llm_takes_offers(const struct llm_link *llm)
{
    return llm->offer != NULL;
}

int llm_offer(struct llm_link *llm, const struct llm_request *requests, size_t n, struct err *err)
{
    return llm->offer ? llm->offer(llm, requests, n, err) : 0;
}

int llm_forget(struct llm_link *llm, const struct llm_request *request, struct err *err)
{
    return llm->forget ? llm->forget(llm, request, err) : 0;
}

void llm_close(struct llm_link *llm)
{
    while (llm) {
        struct llm_link *next = llm->next;
        llm->close(llm);
        llm = next;
    }
}
