// SPDX-License-Identifier: Apache-2.0
// Being asked to stop. The first SIGINT or SIGTERM asks; stages look between batches, commit and
// return ERR_INTERRUPTED or ERR_TERMINATED. The second SIGINT ends the process at once.
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include "base/err.h"

void stop_watch_signals(void);     // once, by the command
void stop_request(int signal_number); // as if the signal had come; for tests and embedders
// 0 while nobody asked; else sets *err to "stopped; run the same command again to go on".
int stop_check(struct err *err) MUST_USE;
bool stop_asked(void);

#endif
