// SPDX-License-Identifier: Apache-2.0
// What a stage's result depends on, as one hash: its name and version, the settings it names, the
// content of the models and the inputs, and the fingerprint of the stage before.
#ifndef PIPELINE_FINGERPRINT_H
#define PIPELINE_FINGERPRINT_H

#include "run/stage.h"

int fingerprint_stage(struct run *run, const struct stage *stage, const char *before,
                      char hex[DIGEST_HEX], struct err *err) MUST_USE;
// The same as it was while the stage had only the first `n_rules` of its rules; *fewer: it has more
// than that today.
int fingerprint_with_rules(struct run *run, const struct stage *stage, const char *before,
                           size_t n_rules, char hex[DIGEST_HEX], bool *fewer,
                           struct err *err) MUST_USE;

#endif
