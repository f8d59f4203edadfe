// SPDX-License-Identifier: Apache-2.0
// Watches whose question a model answers ("screen"): yes or no about each transcript, asked once.
// The answers are kept in safety.db batch by batch, so an interruption loses one batch and the next
// `clio watch run` asks about what is new. Conversations without a time count for no watch and are
// not asked about. Money and time are bounded by the chain (--max-cost, --max-time); what was not
// asked is asked the next time.
#ifndef SAFETY_WATCH_ASK_H
#define SAFETY_WATCH_ASK_H

#include "run/run.h"
#include "store/safety_write.h"

// ERR_USAGE with a sentence when the run has no model to ask.
int watch_ask_check(const struct run *run, struct err *err) MUST_USE;
// Asks what is open; then *answers has all that are known. In run->scratch. No transaction may be
// open. Memory: 9 bytes a transcript.
int watch_ask(struct run *run, struct safety *safety, const struct safety_watch *watch,
              struct str question, struct safety_answers *answers, struct err *err) MUST_USE;

#endif
