// SPDX-License-Identifier: Apache-2.0
#include "llm/llm.h"

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

void llm_close(struct llm_link *llm)
{
    while (llm) {
        struct llm_link *next = llm->next;
        llm->close(llm);
        llm = next;
    }
}
