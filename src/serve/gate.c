// SPDX-License-Identifier: Apache-2.0
#include "serve/gate.h"

#include "base/crypto.h"

#include <stdio.h>

#define SESSION_COOKIE "clio-session"
#define FORM_COOKIE "clio-form"
#define COOKIE_RULES "; Path=/; HttpOnly; SameSite=Strict"
// Behind TLS: a cookie that no plain page and no neighbour of the host can set (RFC
// 6265bis, 4.1.3).
#define HOST_PREFIX "__Host-"
#define MOST_PAGE ((size_t)64 << 20)

void gate_init(struct gate *gate)
{
    crypto_random(gate->key, sizeof gate->key);
}

enum route_verdict gate_verdict(const struct route *route, enum role role)
{
    if (route && (route->roles & role))
        return VERDICT_ALLOWED;
    return role == ROLE_NONE ? VERDICT_SIGN_IN : VERDICT_ABSENT;
}

// The value of a cookie, empty when it is not there.
static struct str cookie_of(const char *header, const char *name)
{
    struct str rest = str_of(header), one, key;
    while (rest.ptr && str_cut(&rest, ';', &one)) {
        one = str_trim(one);
        if (str_cut(&one, '=', &key) && str_equal(key, str_of(name)))
            return one;
    }
    return STR_LIT("");
}

static const char *prefix_of(const struct gate *gate)
{
    return gate->outside ? HOST_PREFIX : "";
}

static struct str own_cookie(const struct gate *gate, const struct gate_request *r,
                             const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "%s%s", prefix_of(gate), name);
    return cookie_of(r->cookie, full);
}

static void set_cookie(const struct gate *gate, struct gate_answer *answer, const char *name,
                       const char *value)
{
    snprintf(answer->cookie, sizeof answer->cookie, "%s%s=%s%s%s", prefix_of(gate), name, value,
             COOKIE_RULES, gate->outside ? "; Secure" : "");
}

bool gate_is_own_form(const char *outside, const struct gate_request *r)
{
    char own[160];
    if (!outside)
        snprintf(own, sizeof own, "http://%s", r->host ? r->host : "");
    else
        snprintf(own, sizeof own, "%s", outside);
    if (r->origin && strcmp(r->origin, own) != 0)
        return false;
    if (r->site)
        return strcmp(r->site, "same-origin") == 0;
    return r->origin != NULL;
}

static int go(struct gate_answer *answer, const char *location)
{
    answer->kind = GATE_GO;
    answer->status = 303;
    snprintf(answer->location, sizeof answer->location, "%s", location);
    return 0;
}

static int say(struct gate_answer *answer, unsigned status, const char *text)
{
    answer->kind = GATE_TEXT;
    answer->status = status;
    answer->text = text;
    return 0;
}

// Signing in ------------------------------------------------------------------------------------

// The forms of whoever is signed out carry the keyed hash of a cookie that this page sets.
static void form_token(const struct gate *gate, struct str cookie, char token[SESSION_TOKEN])
{
    unsigned char sum[HMAC_BYTES];
    hmac_sha256(str_make((const char *)gate->key, sizeof gate->key), cookie, sum);
    crypto_hex(sum, sizeof sum, token);
}

static int put_sign_in(struct gate *gate, struct gate_answer *answer, const char *notice,
                       struct err *err)
{
    unsigned char bytes[32];
    char cookie[SESSION_TOKEN], token[SESSION_TOKEN];
    crypto_random(bytes, sizeof bytes);
    crypto_hex(bytes, sizeof bytes, cookie);
    form_token(gate, str_of(cookie), token);
    set_cookie(gate, answer, FORM_COOKIE, cookie);
    answer->kind = GATE_PAGE;
    return buf_printf(
        &answer->page, err,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>Sign in - Clio</title><link rel=\"icon\" href=\"data:,\">"
        "<link rel=\"stylesheet\" href=\"/sign-in.css\"></head>\n<body class=\"narrow\">"
        "<main><h1>Clio</h1>%s%s%s<form method=\"post\" action=\"/sign-in\">\n"
        "<input type=\"hidden\" name=\"form\" value=\"%s\">\n"
        "<label>Name <input name=\"name\" autocomplete=\"username\" required autofocus></label>\n"
        "<label>Password <input name=\"password\" type=\"password\" "
        "autocomplete=\"current-password\" required></label>\n"
        "<label>Code, if you have one <input name=\"code\" inputmode=\"numeric\" "
        "autocomplete=\"one-time-code\"></label>\n"
        "<button>Sign in</button></form></main></body></html>\n",
        *notice ? "<p class=\"notice\" role=\"alert\">" : "", notice, *notice ? "</p>" : "", token);
}

static const char *home_of(enum role role)
{
    return role == ROLE_SAFETY ? "/safety" : role == ROLE_ADMIN ? "/safety/log" : "/";
}

static bool fits_cookie(const struct gate *gate, const struct gate_request *r,
                        const struct form *form)
{
    char token[SESSION_TOKEN];
    struct str cookie = own_cookie(gate, r, FORM_COOKIE), given = form_get(form, "form");
    form_token(gate, cookie, token);
    return cookie.len == SESSION_TOKEN_LEN && given.len == SESSION_TOKEN_LEN &&
           crypto_equal(given.ptr, token, SESSION_TOKEN_LEN);
}

static int sign_in(struct gate *gate, const struct gate_request *r, const struct form *form,
                   struct gate_answer *answer, struct err *err)
{
    char token[SESSION_TOKEN];
    enum sign_in outcome = SIGN_IN_REFUSED;
    struct visitor visitor = { .role = ROLE_NONE };
    if (!fits_cookie(gate, r, form)) {
        answer->status = 403;
        return put_sign_in(gate, answer, "This page was too old. Please sign in again.", err);
    }
    int rc = session_begin(gate->access, form_get(form, "name"), form_get(form, "password"),
                           form_get(form, "code"), own_cookie(gate, r, SESSION_COOKIE), &outcome,
                           token, err);
    if (!rc && outcome == SIGN_IN_OK)
        rc = session_find(gate->access, str_of(token), &visitor, err);
    if (rc)
        return rc;
    answer->status = outcome == SIGN_IN_BUSY ? 429 : 403;
    if (outcome != SIGN_IN_OK)
        return put_sign_in(gate, answer,
                           outcome == SIGN_IN_BUSY
                               ? "Too many tries just now. Wait a minute."
                               : "Name, password or code is wrong, or the name is locked for a "
                                 "while after too many tries.",
                           err);
    set_cookie(gate, answer, SESSION_COOKIE, token);
    return go(answer, home_of(visitor.role));
}

static int sign_out(struct gate *gate, const struct gate_request *r, struct gate_answer *answer,
                    struct err *err)
{
    int rc = session_end(gate->access, own_cookie(gate, r, SESSION_COOKIE), err);
    set_cookie(gate, answer, SESSION_COOKIE, "; Max-Age=0");
    return rc ? rc : go(answer, "/sign-in");
}

// Pages for some roles ----------------------------------------------------------------------------

static int show(struct gate *gate, const struct route *route, int64_t id, const struct form *form,
                const struct visitor *visitor, struct gate_answer *answer, struct err *err)
{
    struct private_request request = { route->page, id, form, visitor };
    struct private_answer made = { .status = 200, .page = &answer->page };
    int rc = gate->pages->answer(gate->pages->context, gate->access, &request, &made, err);
    if (rc)
        return rc;
    if (made.status == 303)
        return go(answer, made.location);
    answer->kind = GATE_PAGE;
    answer->status = made.status;
    return 0;
}

static int answer_allowed(struct gate *gate, const struct gate_request *r,
                          const struct route *route, int64_t id, const struct visitor *visitor,
                          struct arena *a, struct gate_answer *answer, struct err *err)
{
    struct form form = { .n = 0 };
    bool post = strcmp(route->method, "POST") == 0;
    if (post && (!r->body.ptr || !form_read(&form, r->body, a)))
        return say(answer, 400, "This form cannot be read.\n");
    if (post && route->content != ROUTE_SIGN_IN &&
        !session_fits_form(visitor, form_get(&form, "form")))
        return say(answer, 403, "This page was too old. Go back, reload it, and try again.\n");
    switch (route->content) {
    case ROUTE_SIGN_IN:
        return post ? sign_in(gate, r, &form, answer, err) : put_sign_in(gate, answer, "", err);
    case ROUTE_SIGN_OUT:
        return sign_out(gate, r, answer, err);
    case ROUTE_PRIVATE:
        return show(gate, route, id, &form, visitor, answer, err);
    default:
        answer->kind = GATE_PASS;
        return 0;
    }
}

int gate_answer(struct gate *gate, const struct gate_request *r, struct gate_answer *answer,
                struct err *err)
{
    struct visitor visitor;
    struct arena a = { 0 };
    int64_t id = 0;
    bool post = strcmp(r->method, "POST") == 0;
    const char *method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;
    *answer = (struct gate_answer){ .status = 200 };
    buf_init(&answer->page, MOST_PAGE, "page");
    if (post && !gate_is_own_form(gate->outside, r))
        return say(answer, 403, "Pages of other sites may not post here.\n");
    int rc = session_find(gate->access, own_cookie(gate, r, SESSION_COOKIE), &visitor, err);
    if (rc)
        return rc;
    const struct route *route = route_find(method, str_of(r->path), &id);
    switch (gate_verdict(route, visitor.role)) {
    case VERDICT_ALLOWED:
        rc = answer_allowed(gate, r, route, id, &visitor, &a, answer, err);
        break;
    case VERDICT_SIGN_IN:
        rc = go(answer, "/sign-in");
        break;
    case VERDICT_ABSENT:
        answer->kind = GATE_ABSENT;
        break;
    }
    arena_release(&a);
    return rc;
}
