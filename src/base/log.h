// SPDX-License-Identifier: Apache-2.0
// What the program says to the person, on standard error. Results go to standard output and not
// through here. Text of people's conversations is never logged.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/prelude.h"

enum log_level { LOG_QUIET, LOG_NORMAL, LOG_VERBOSE };

void log_set_level(enum log_level level);
enum log_level log_level(void);
// A warning is shown at every level, `note` unless quiet, `detail` when verbose. Each is one line.
void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_detail(const char *fmt, ...) PRINTF_LIKE(1, 2);

// One progress line with time left. On a terminal it is redrawn in place, elsewhere a new line
// comes every ten seconds. `total` 0 = not known. log_progress_end clears the line.
void log_progress(const char *what, uint64_t done, uint64_t total);
void log_progress_end(void);

#endif
