// SPDX-License-Identifier: Apache-2.0
// The privacy label: what every atlas says of how it protects people, and the rest of run_info that
// is the same in all modes. docs/atlas-format.md lists the keys.
#ifndef PRIVACY_LABEL_H
#define PRIVACY_LABEL_H

#include "run/run.h"
#include "store/atlas_write.h"

struct label {
    struct run *run;
    struct atlas_writer *w;
};
int label_number(struct label *label, const char *key, double value, struct err *err) MUST_USE;
int label_small(struct label *label, const char *key, double value,
                struct err *err) MUST_USE; // "1e-06", "7.25": six digits
int label_word(struct label *label, const char *key, const char *value, struct err *err) MUST_USE;
// Mode, unit, floors, bounds, gates, texts judged and the bound on how many of such texts could
// leak, models, how long conversations are kept, profile, version.
int label_write(struct label *label, bool has_accounts, int64_t n_audited,
                struct err *err) MUST_USE;
// What the label calls them: the last part of a path, a server's own name, "custom" where it has
// unusual characters. In run->scratch.
struct clean label_model(struct run *run); // not in profile none
struct clean label_embedder(struct run *run);

#endif
