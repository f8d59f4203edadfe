// SPDX-License-Identifier: Apache-2.0
#include "serve/guard.h"

#include "base/prelude.h"

#include <string.h>

#define SCHEME "https://"

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

bool guard_named(const char *host, const char *outside)
{
    return guard_host(host) || (host && outside && strcmp(outside + strlen(SCHEME), host) == 0);
}

bool guard_is_outside(const char *text)
{
    if (strncmp(text, SCHEME, strlen(SCHEME)) != 0)
        return false;
    const char *host = text + strlen(SCHEME);
    size_t len = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    const char *port = host + len;
    if (!len || host[0] == '.' || host[0] == '-' || host[len - 1] == '.')
        return false;
    size_t digits = *port == ':' ? strspn(port + 1, "0123456789") : 0;
    return !*port || (digits && digits < 6 && !port[1 + digits] && port[1] != '0' &&
                      strcmp(port, ":443") != 0);
}

bool guard_origin(const char *origin, const char *site, const char *mode, const char *outside)
{
    const char *rest = origin ? strstr(origin, "://") : NULL;
    bool ours = origin && outside && strcmp(origin, outside) == 0;
    if (origin && !ours && !(rest && guard_host(rest + 3)))
        return false;
    bool from_elsewhere =
        site && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0);
    return !from_elsewhere || (mode && strcmp(mode, "navigate") == 0);
}
