// SPDX-License-Identifier: Apache-2.0
// Who may ask: a request must name this machine (against DNS rebinding) and come from the page
// itself. Pure. Private to serve/.
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include <stdbool.h>

// "127.0.0.1:7325", "localhost" or "[::1]:7325", as a browser on this machine sends it; NULL: no.
bool guard_host(const char *host);
// The same, or the name of `outside`, which some proxies hand on.
bool guard_named(const char *host, const char *outside);
// Headers Origin, Sec-Fetch-Site and Sec-Fetch-Mode; NULL: not sent. Another site may lead a reader
// here by a link, but may not have its own page ask for data.
bool guard_origin(const char *origin, const char *site, const char *mode, const char *outside);

// outside: the origin that a proxy which ends TLS has in the reader's browser, as
// "https://clio.example.org"; NULL: there is none. Whether a text is such an origin: lower case, no
// path, a port only where it is not 443.
bool guard_is_outside(const char *text);

#endif
