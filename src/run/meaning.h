// SPDX-License-Identifier: Apache-2.0
// The embedder that the settings name, for one who has no run directory: the search of the server.
#ifndef RUN_MEANING_H
#define RUN_MEANING_H

#include "run/config.h"

struct meaning;
// ERR_CONFIG with what to do when there is no such model.
int meaning_open(struct meaning **m, const struct config *config, struct err *err) MUST_USE;
void meaning_close(struct meaning *m); // accepts NULL
size_t meaning_dims(const struct meaning *m);
// `meaning` is a struct meaning; out: n × dims, unit rows. One caller at a time.
int meaning_encode(void *meaning, const struct str *texts, size_t n, float *out,
                   struct err *err) MUST_USE;

#endif
