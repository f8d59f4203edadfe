// SPDX-License-Identifier: Apache-2.0
// The pages of trust and safety: signals out of safety.db, and behind a permit accounts and text
// out of the vault. The only part of the server that can name the vault; serve/ gets it as a
// function (serve/private.h) when it was started for those who sign in. It reads and never writes;
// every sentence on a page is ours or escaped. No page acts on an account.
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "serve/private.h"

struct inspect;
int inspect_open(struct inspect **inspect, const char *dir, struct err *err) MUST_USE;
void inspect_close(struct inspect *inspect); // accepts NULL
// As private_pages.answer; context is the struct inspect.
int inspect_answer(void *context, struct access *access, const struct private_request *request,
                   struct private_answer *answer, struct err *err) MUST_USE;

#endif
