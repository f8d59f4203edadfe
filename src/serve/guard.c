// SPDX-License-Identifier: Apache-2.0
#include "serve/guard.h"

#include "base/prelude.h"

#include <string.h>

bool guard_host(const char *host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
    for (size_t i = 0; host && i < COUNT_OF(names); i++) {
        size_t len = strlen(names[i]);
        if (strncmp(host, names[i], len) != 0)
            continue;
        const char *port = host + len;
        return !*port || (*port == ':' && strlen(port) < 7 &&
                          strspn(port + 1, "0123456789") == strlen(port + 1));
    }
    return false;
}

bool guard_origin(const char *origin, const char *site, const char *mode)
{
    const char *rest = origin ? strstr(origin, "://") : NULL;
    if (origin && !(rest && guard_host(rest + 3)))
        return false;
    bool from_elsewhere =
        site && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0);
    return !from_elsewhere || (mode && strcmp(mode, "navigate") == 0);
}
