// SPDX-License-Identifier: Apache-2.0
// Who may ask: a request must name this machine (against DNS rebinding) and come from the page
// itself. Pure. Private to serve/.
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include <stdbool.h>

// "127.0.0.1:7325", "localhost" or "[::1]:7325", as a browser on this machine sends it; NULL: no.
bool guard_host(const char *host);
// Headers Origin, Sec-Fetch-Site and Sec-Fetch-Mode; NULL: not sent. Another site may lead a reader
// here by a link, but may not have its own page ask for data.
bool guard_origin(const char *origin, const char *site, const char *mode);

#endif
