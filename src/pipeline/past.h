// SPDX-License-Identifier: Apache-2.0
// What the line heeds in a run that grows (`clio append`, docs/append.md): the release that is
// there is remembered before it goes, its conversations are not read again, its trees stay.
#ifndef PIPELINE_PAST_H
#define PIPELINE_PAST_H

#include "run/run.h"

int past_has_grown(struct run *run, bool *yes, struct err *err) MUST_USE;
// Before rows of the release go, in every tree: the next one keeps who is who. Once a release.
int past_remember(struct run *run, struct err *err) MUST_USE;
// The fingerprint that ingest keeps: of a run that grew; and, which is said (log_warning), of one
// that an earlier version read by fewer rules and whose input is gone. Else it is left as it is.
int past_keep_ingest(struct run *run, char fingerprint[DIGEST_HEX], struct err *err) MUST_USE;
// Keeps which facets have the trees that grow, inside a transaction; and refuses (ERR_USAGE)
// others.
int past_keep_trees(struct run *run, struct err *err) MUST_USE;
int past_check_trees(struct run *run, struct err *err) MUST_USE;

#endif
