// SPDX-License-Identifier: Apache-2.0
#include "privacy/fallback.h"

#include "base/utf8.h"

static struct str join(const struct gate_phrase *phrases, size_t n, const char *between,
                       struct arena *a)
{
    struct str s = STR_LIT("");
    for (size_t i = 0; i < n; i++)
        s = arena_printf(a, "%.*s%s%.*s", STR_ARG(s), i ? between : "", STR_ARG(phrases[i].text.s));
    return s;
}

static struct str capitalise(struct str s, struct arena *a)
{
    size_t at = 0;
    char first[4];
    size_t n = utf8_put(utf8_upper_char(utf8_next(s, &at)), first);
    return arena_printf(a, "%.*s%.*s", (int)n, first, STR_ARG(str_from(s, at)));
}

struct str fallback_title(const struct gate_phrase *phrases, size_t n, struct map *used,
                          struct arena *a)
{
    struct str base = STR_LIT("Various requests");
    if (n)
        base = capitalise(join(phrases, size_min(n, FALLBACK_PHRASES), " \xC2\xB7 ", a), a);
    struct str title = base;
    bool is_new = false;
    map_add(used, utf8_lower(a, title), 0, &is_new);
    for (int i = 2; !is_new; i++) {
        title = arena_printf(a, "%.*s (%d)", STR_ARG(base), i);
        map_add(used, utf8_lower(a, title), 0, &is_new);
    }
    return title;
}

struct str fallback_summary(const struct gate_phrase *phrases, size_t n, struct arena *a)
{
    if (!n)
        return STR_LIT("No phrase is shared by enough of these conversations to name them.");
    return arena_printf(a, "What these conversations share: %.*s.",
                        STR_ARG(join(phrases, n, ", ", a)));
}
