// SPDX-License-Identifier: Apache-2.0
// Writing a page. Markup and text go through different functions; text is escaped whatever it is.
#include "inspect/inspect_int.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

void page_put(struct page *p, const char *markup)
{
    if (!p->rc)
        p->rc = buf_add(p->out, str_of(markup), p->err);
}

// What stands for a byte; NULL: the byte itself.
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return NULL;
    default:
        return c < 0x20 || c == 0x7F ? "\xEF\xBF\xBD" : NULL;
    }
}

// U+202A … U+202E and U+2066 … U+2069 turn the reading order of what follows: they are shown.
static bool turns_order(struct str s, size_t i)
{
    if (i + 2 >= s.len || (unsigned char)s.ptr[i] != 0xE2)
        return false;
    unsigned char b = (unsigned char)s.ptr[i + 1], c = (unsigned char)s.ptr[i + 2];
    return (b == 0x80 && c >= 0xAA && c <= 0xAE) || (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

void page_text(struct page *p, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len && !p->rc; i++) {
        bool turn = turns_order(text, i);
        const char *escape = turn ? "\xEF\xBF\xBD" : escape_of((unsigned char)text.ptr[i]);
        if (!escape)
            continue;
        p->rc = buf_add(p->out, str_make(text.ptr + from, i - from), p->err);
        page_put(p, escape);
        i += turn ? 2 : 0;
        from = i + 1;
    }
    if (!p->rc && from < text.len)
        p->rc = buf_add(p->out, str_from(text, from), p->err);
}

void page_printf(struct page *p, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    page_put(p, text);
}

void page_moment(struct page *p, int64_t time)
{
    char text[TIME_TEXT];
    time_format(time, text);
    if (time)
        page_printf(p, "%.10s %.5s UTC", text, text + 11);
    else
        page_put(p, "&ndash;");
}

void page_day(struct page *p, int64_t time)
{
    char text[TIME_TEXT];
    time_format(time, text);
    if (time)
        page_printf(p, "%.10s", text);
    else
        page_put(p, "&ndash;");
}

void page_button(struct page *p, const char *action, const struct page_field *fields, size_t n,
                 const char *label)
{
    page_printf(p,
                "<form method=\"post\" action=\"%s\"><input type=\"hidden\" name=\"form\" "
                "value=\"%s\">",
                action, p->request->visitor->form);
    for (size_t i = 0; i < n; i++)
        page_printf(p, "<input type=\"hidden\" name=\"%s\" value=\"%lld\">", fields[i].name,
                    (long long)fields[i].value);
    page_printf(p, "<button>%s</button></form>", label);
}

#define PAGE(name) (1u << PRIVATE_##name)
struct way {
    const char *path, *label;
    unsigned roles, pages; // who sees it, and on which pages it is where one is
};
static const struct way ways[] = {
    { "/", "Atlas", ROLES_SIGNED_IN, 0 },
    { "/safety", "Safety", ROLE_SAFETY, PAGE(OVERVIEW) | PAGE(CLUSTER) | PAGE(ASK) | PAGE(LOOK) },
    { "/safety/coordinated", "Coordinated", ROLE_SAFETY, PAGE(COORDINATED) | PAGE(GROUP) },
    { "/safety/classifier", "Classifiers", ROLE_SAFETY, PAGE(CLASSIFIER) },
    { "/safety/watches", "Watches", ROLE_SAFETY, PAGE(WATCHES) },
    { "/safety/permits", "Permits", ROLE_SAFETY | ROLE_ADMIN, PAGE(PERMITS) | PAGE(PERMIT) },
    { "/safety/log", "Log", ROLE_ADMIN, PAGE(LOG) },
};

void page_begin(struct page *p, const char *title)
{
    const struct visitor *visitor = p->request->visitor;
    page_put(p, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page_put(p, title);
    page_put(p, " - Clio</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" "
                "href=\"/sign-in.css\"><link rel=\"stylesheet\" href=\"/safety.css\"></head>\n"
                "<body><header><nav>");
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        if (ways[i].roles & visitor->role)
            page_printf(p, "<a href=\"%s\"%s>%s</a>", ways[i].path,
                        ways[i].pages >> p->request->page & 1 ? " aria-current=\"page\"" : "",
                        ways[i].label);
    page_printf(p, "</nav><p>%s, %s</p>", visitor->name, role_name(visitor->role));
    page_button(p, "/sign-out", NULL, 0, "Sign out");
    page_put(p, "</header>\n<main><h1>");
    page_put(p, title);
    page_put(p, "</h1>\n");
}

void page_end(struct page *p)
{
    page_put(p, "</main><footer>Signals for human review. Nothing here is a verdict, and nothing "
                "acts on an account.</footer></body></html>\n");
}

void page_sentence(struct page *p, unsigned status, const char *title, const char *sentence)
{
    if (p->rc)
        return;
    buf_clear(p->out);
    p->answer->status = status;
    page_begin(p, title);
    page_put(p, "<p class=\"notice\" role=\"alert\">");
    page_text(p, str_of(sentence));
    page_put(p, "</p>\n");
    page_end(p);
}

void page_go(struct page *p, const char *path, int64_t id)
{
    p->answer->status = 303;
    if (id)
        snprintf(p->answer->location, sizeof p->answer->location, "%s/%lld", path, (long long)id);
    else
        snprintf(p->answer->location, sizeof p->answer->location, "%s", path);
}
