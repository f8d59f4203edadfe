// SPDX-License-Identifier: Apache-2.0
// Who gets what from a server for those who sign in: every address of the router's table with every
// role and every state of a session, forged forms, names that a rebinding site would use. What each
// role may have is read from the table in docs/access.md, which says it to people.
#include "unit/check.h"

#include "base/file.h"
#include "base/rng.h"
#include "serve/gate.h"
#include "serve/guard.h"

#define PASSWORD "correct horse battery"

static struct err err;
static char dir[256];
static int64_t now;
static struct access *access_;
static struct gate gate;
static int n_shown;
static const enum role roles[] = { ROLE_NONE, ROLE_VIEWER, ROLE_ANALYST, ROLE_SAFETY, ROLE_ADMIN };
#define N_ROLES COUNT_OF(roles)
static char tokens[N_ROLES][SESSION_TOKEN]; // of a session of each role; "" for none

static int64_t tell_time(const void *context)
{
    (void)context;
    return now;
}

static int show(void *context, struct access *access, const struct private_request *request,
                struct private_answer *answer, struct err *e)
{
    (void)context;
    (void)access;
    n_shown++;
    assert_int_not_equal(request->page, PRIVATE_NONE);
    return buf_add(answer->page, STR_LIT("SECRET"), e);
}

static const struct private_pages pages = { NULL, show };

static void sign_in_all(void)
{
    for (size_t i = 1; i < N_ROLES; i++) {
        enum sign_in outcome;
        assert_ok(session_begin(access_, str_of(role_name(roles[i])), STR_LIT(PASSWORD),
                                STR_LIT(""), STR_LIT(""), &outcome, tokens[i], &err));
        assert_int_equal(outcome, SIGN_IN_OK);
    }
    now += 120;
}

static int start(void **state)
{
    (void)state;
    const struct access_options cheap = { { 8192, 1 }, tell_time, NULL };
    now = 1800000000;
    n_shown = 0;
    make_dir(dir);
    assert_ok(access_open(&access_, dir, true, &cheap, &err));
    for (size_t i = 1; i < N_ROLES; i++)
        assert_ok(user_add(access_, STR_LIT("-"), str_of(role_name(roles[i])), roles[i],
                           STR_LIT(PASSWORD), &err));
    assert_ok(access_set_policy(access_, STR_LIT("-"), STR_LIT("totp"), 0, &err));
    gate = (struct gate){ .access = access_, .pages = &pages };
    gate_init(&gate);
    sign_in_all();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    access_close(access_);
    remove_dir(dir);
    return 0;
}

// What docs/access.md grants: "| GET | `/safety` | – | – | – | yes | – |".
static unsigned granted(struct str page, const struct route *route)
{
    struct arena a = { 0 };
    struct str head = arena_printf(&a, "| %s | `%s` |", route->method, route->path);
    size_t at = str_find(page, head, 0);
    unsigned mask = 0;
    if (at == SIZE_MAX)
        fail_msg("docs/access.md has no row for %s %s", route->method, route->path);
    struct str rest = str_from(page, at + head.len), cell;
    for (size_t i = 0; i < N_ROLES && str_cut(&rest, '|', &cell); i++)
        if (str_equal(str_trim(cell), STR_LIT("yes")))
            mask |= roles[i];
    arena_release(&a);
    return mask;
}

static struct str read_docs(struct arena *a)
{
    struct str page;
    assert_ok(file_read(a, "docs/access.md", 1 << 20, &page, &err));
    return page;
}

static void the_table_is_the_one_that_people_read(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct str page = read_docs(&a);
    size_t n, n_rows = 0;
    const struct route *table = route_table(&n);
    for (size_t i = 0; i < n; i++)
        if (granted(page, &table[i]) != table[i].roles)
            fail_msg("%s %s is for other roles than docs/access.md says", table[i].method,
                     table[i].path);
    for (size_t at = 0; (at = str_find(page, STR_LIT("\n| GET | `/"), at)) != SIZE_MAX; at++)
        n_rows++;
    for (size_t at = 0; (at = str_find(page, STR_LIT("\n| POST | `/"), at)) != SIZE_MAX; at++)
        n_rows++;
    assert_int_equal(n_rows, n); // none is described that is not there
    arena_release(&a);
}

static struct gate_request request_of(const char *method, const char *path, const char *cookie)
{
    return (struct gate_request){ .method = method,
                                  .path = path,
                                  .host = "127.0.0.1:7325",
                                  .origin = "http://127.0.0.1:7325",
                                  .site = "same-origin",
                                  .cookie = cookie,
                                  .body = STR_LIT("") };
}

static enum gate_kind kind_of(const struct gate_request *request, struct gate_answer *answer)
{
    assert_ok(gate_answer(&gate, request, answer, &err));
    bool secret = str_find(buf_view(&answer->page), STR_LIT("SECRET"), 0) != SIZE_MAX;
    buf_release(&answer->page);
    if (secret)
        assert_int_equal(answer->kind, GATE_PAGE);
    return answer->kind;
}

static const char *concrete(const char *pattern, char path[200])
{
    const char *hash = strchr(pattern, '#');
    if (!hash)
        return pattern;
    snprintf(path, 200, "%.*s12%s", (int)(hash - pattern), pattern, hash + 1);
    return path;
}

enum session_state { LIVES, IDLE, ENDED, DISABLED, FOREIGN, N_STATES };

// Puts the session of a role into a state; the token that a browser would send is in `cookie`.
static void put_state(enum session_state state, size_t i_role, char cookie[200])
{
    const char *token = tokens[i_role];
    struct str name = str_of(role_name(roles[i_role]));
    if (state == IDLE)
        now += 3600;
    if (state == ENDED && *token)
        assert_ok(session_end(access_, str_of(token), &err));
    if (state == DISABLED && *token)
        assert_ok(user_set_disabled(access_, STR_LIT("-"), name, true, &err));
    snprintf(cookie, 200, "other=1; clio-session=%.*s%s", (int)(state == FOREIGN ? 60 : 64), token,
             state == FOREIGN ? "0000" : "");
}

static void undo_state(enum session_state state, size_t i_role)
{
    struct str name = str_of(role_name(roles[i_role]));
    if (state == DISABLED && i_role)
        assert_ok(user_set_disabled(access_, STR_LIT("-"), name, false, &err));
    if (state != LIVES)
        sign_in_all();
}

static void expect(const struct route *route, enum role role, const struct gate_answer *answer,
                   bool has_form)
{
    bool may = (route->roles & role) != 0, post = strcmp(route->method, "POST") == 0;
    enum gate_kind want = GATE_PASS;
    if (!may)
        want = role == ROLE_NONE ? GATE_GO : GATE_ABSENT;
    else if (route->content == ROUTE_SIGN_IN) // without its cookie: the page again
        want = GATE_PAGE;
    else if (post && !has_form)
        want = GATE_TEXT;
    else if (route->content == ROUTE_SIGN_OUT)
        want = GATE_GO;
    else if (route->content == ROUTE_PRIVATE)
        want = GATE_PAGE;
    if (answer->kind != want)
        fail_msg("%s %s for %s: %d instead of %d", route->method, route->path, role_name(role),
                 (int)answer->kind, (int)want);
    if (want == GATE_GO && !may)
        assert_string_equal(answer->location, "/sign-in");
}

static void every_role_every_address_every_state(void **state)
{
    (void)state;
    size_t n, n_tried = 0;
    const struct route *table = route_table(&n);
    for (size_t i_role = 0; i_role < N_ROLES; i_role++)
        for (int s = 0; s < N_STATES; s++) {
            char cookie[200], path[200], body[100];
            put_state((enum session_state)s, i_role, cookie);
            enum role role = s == LIVES ? roles[i_role] : ROLE_NONE;
            struct visitor visitor;
            assert_ok(session_find(access_, str_of(tokens[i_role]), &visitor, &err));
            for (size_t i = 0; i < n; i++)
                for (int form = 0; form < 2; form++) {
                    struct gate_answer answer;
                    struct gate_request r =
                        request_of(table[i].method, concrete(table[i].path, path), cookie);
                    bool out = table[i].content == ROUTE_SIGN_OUT && form && role != ROLE_NONE;
                    if (out)
                        continue; // tried in its own test: it would end the session
                    snprintf(body, sizeof body, "form=%s", form ? visitor.form : "0123");
                    r.body = str_of(body);
                    kind_of(&r, &answer);
                    expect(&table[i], role, &answer, form && role != ROLE_NONE);
                    n_tried++;
                }
            undo_state((enum session_state)s, i_role);
        }
    printf("%zu combinations\n", n_tried);
    assert_true(n_shown > 0);
}

// To a viewer a page that is not theirs and one that is not there are the same.
static void what_is_not_theirs_is_not_there(void **state)
{
    (void)state;
    static const char *const paths[] = { "/safety",         "/safety/log", "/safety/cluster/1",
                                         "/safety/nothing", "/nothing",    "/safety/look" };
    static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };
    char cookie[200];
    snprintf(cookie, sizeof cookie, "clio-session=%s", tokens[1]);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        for (size_t j = 0; j < COUNT_OF(methods); j++) {
            struct gate_answer answer;
            struct gate_request r = request_of(methods[j], paths[i], cookie);
            assert_int_equal(kind_of(&r, &answer), GATE_ABSENT);
            assert_string_equal(answer.cookie, "");
        }
    assert_int_equal(n_shown, 0);
}

static void signing_out_ends_the_session(void **state)
{
    (void)state;
    struct visitor visitor;
    struct gate_answer answer;
    char cookie[200], body[100];
    snprintf(cookie, sizeof cookie, "clio-session=%s", tokens[3]);
    assert_ok(session_find(access_, str_of(tokens[3]), &visitor, &err));
    snprintf(body, sizeof body, "form=%s", visitor.form);
    struct gate_request r = request_of("POST", "/sign-out", cookie);
    r.body = str_of(body);
    assert_int_equal(kind_of(&r, &answer), GATE_GO);
    r = request_of("GET", "/safety", cookie);
    assert_int_equal(kind_of(&r, &answer), GATE_GO);
    assert_int_equal(n_shown, 0);
}

// Signing in by the form: the cookie that the page set and the field that it held belong together.
static void the_page_signs_in(void **state)
{
    (void)state;
    struct gate_answer page, answer;
    struct gate_request r = request_of("GET", "/sign-in", NULL);
    char body[300], cookie[300], form[SESSION_TOKEN] = "";
    assert_ok(gate_answer(&gate, &r, &page, &err));
    struct str text = buf_view(&page.page);
    size_t at = str_find(text, STR_LIT("name=\"form\" value=\""), 0);
    memcpy(form, text.ptr + at + strlen("name=\"form\" value=\""), SESSION_TOKEN_LEN);
    assert_true(strstr(page.cookie, "; HttpOnly; SameSite=Strict") != NULL);
    snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(page.cookie, ";"), page.cookie);
    buf_release(&page.page);
    snprintf(body, sizeof body, "form=%s&name=safety&password=correct+horse+b%%61ttery", form);
    r = request_of("POST", "/sign-in", cookie);
    r.body = str_of(body);
    assert_int_equal(kind_of(&r, &answer), GATE_GO);
    assert_string_equal(answer.location, "/safety");
    assert_int_equal(strncmp(answer.cookie, "clio-session=", 13), 0);
    assert_true(strstr(answer.cookie, "; HttpOnly; SameSite=Strict") != NULL);
    r.cookie = "clio-form=0000"; // of another page
    assert_int_equal(kind_of(&r, &answer), GATE_PAGE);
    assert_int_equal(answer.status, 403);
    r.cookie = cookie;
    r.body = STR_LIT("name=safety&password=correct+horse+battery");
    assert_int_equal(kind_of(&r, &answer), GATE_PAGE);
    assert_int_equal(answer.status, 403);
    r.body = str_make(NULL, 0); // longer than a form may be
    assert_int_equal(kind_of(&r, &answer), GATE_TEXT);
}

// What other sites could make a signed-in browser post, with and without what they cannot know,
// from each of these origins: how many of them, each refused.
static size_t post_forged(const char *const *origins, size_t n_origins, const char *cookie_name)
{
    static const char *const sites[] = {
        NULL, "cross-site", "same-site", "none", "", "Same-Origin", "same-origin, cross-site"
    };
    static const char *const paths[] = { "/safety/look", "/safety/cluster/3", "/safety/permit/1",
                                         "/sign-out", "/sign-in" };
    char cookie[200], body[200];
    struct visitor visitor;
    size_t n = 0;
    snprintf(cookie, sizeof cookie, "%s=%s", cookie_name, tokens[3]);
    assert_ok(session_find(access_, str_of(tokens[3]), &visitor, &err));
    for (size_t i = 0; i < n_origins; i++)
        for (size_t j = 0; j < COUNT_OF(sites); j++)
            for (size_t k = 0; k < COUNT_OF(paths); k++)
                for (int form = 0; form < 5; form++) {
                    struct gate_answer answer;
                    struct gate_request r = request_of("POST", paths[k], cookie);
                    r.origin = origins[i];
                    r.site = sites[j];
                    // Even with the right field, which another site cannot read.
                    snprintf(body, sizeof body,
                             form == 0   ? "form=%s&permit=1"
                             : form == 1 ? "form=&x=%.4s"
                             : form == 2 ? "permit=1&y=%.4s"
                             : form == 3 ? "form=%.63s0&depth=1"
                                         : "FORM=%s",
                             visitor.form);
                    r.body = str_of(body);
                    assert_int_equal(kind_of(&r, &answer), GATE_TEXT);
                    assert_int_equal(answer.status, 403);
                    n++;
                }
    // From the page's own address, but without the field.
    for (size_t i = 0; i < 50; i++) {
        struct gate_answer answer;
        struct gate_request r = request_of("POST", paths[i % 4], cookie);
        if (gate.outside)
            r.origin = gate.outside;
        snprintf(body, sizeof body, "form=%062zu", i);
        r.body = str_of(body);
        assert_int_equal(kind_of(&r, &answer), GATE_TEXT);
        n++;
    }
    assert_int_equal(n_shown, 0);
    assert_ok(session_find(access_, str_of(tokens[3]), &visitor, &err));
    assert_int_equal(visitor.role, ROLE_SAFETY); // nobody signed her out
    return n;
}

static void forged_posts_do_nothing(void **state)
{
    (void)state;
    static const char *const origins[] = {
        NULL,
        "null",
        "http://evil.example",
        "https://127.0.0.1:7325",
        "http://127.0.0.1",
        "http://127.0.0.1:7326",
        "http://127.0.0.1:7325.evil.example",
        "http://localhost:7325",
        "http://127.0.0.1:7325/",
        "HTTP://127.0.0.1:7325",
        "file://",
        "http://127.0.0.1:7325@evil",
        "",
        "http://[::1]:7325",
    };
    size_t n = post_forged(origins, COUNT_OF(origins), "clio-session");
    assert_true(n >= 2000);
    printf("%zu forged posts\n", n);
}

#define OUTSIDE "https://clio.example.org"

// Behind a proxy the page's origin is the proxy's, and nothing else is.
static void forged_posts_do_nothing_behind_a_proxy(void **state)
{
    (void)state;
    static const char *const origins[] = {
        NULL,
        "null",
        "https://evil.example",
        "http://127.0.0.1:7325", // the address that the server itself has
        "https://127.0.0.1:7325",
        "http://clio.example.org",
        "https://clio.example.org:8443",
        "https://clio.example.org.evil",
        "https://example.org",
        "https://other.example.org",
        "https://clio.example.org/",
        "HTTPS://CLIO.EXAMPLE.ORG",
        "https://clio.example.org@evil",
        "",
    };
    gate.outside = OUTSIDE;
    size_t n = post_forged(origins, COUNT_OF(origins), "__Host-clio-session");
    assert_true(n >= 2000);
    printf("%zu forged behind a proxy\n", n);
}

// A page that signs in over TLS: its cookies are for that host alone, and one that was set over
// plain HTTP, or for a neighbour, is none of ours.
static void behind_a_proxy_cookies_are_secure(void **state)
{
    (void)state;
    struct gate_answer page, answer;
    char body[300], cookie[300], form[SESSION_TOKEN] = "";
    gate.outside = OUTSIDE;
    struct gate_request r = request_of("GET", "/sign-in", NULL);
    assert_ok(gate_answer(&gate, &r, &page, &err));
    assert_int_equal(strncmp(page.cookie, "__Host-clio-form=", 17), 0);
    assert_true(strstr(page.cookie, "; Path=/; HttpOnly; SameSite=Strict; Secure") != NULL);
    struct str text = buf_view(&page.page);
    size_t at = str_find(text, STR_LIT("name=\"form\" value=\""), 0);
    memcpy(form, text.ptr + at + strlen("name=\"form\" value=\""), SESSION_TOKEN_LEN);
    snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(page.cookie, ";"), page.cookie);
    buf_release(&page.page);
    snprintf(body, sizeof body, "form=%s&name=safety&password=correct+horse+battery", form);
    r = request_of("POST", "/sign-in", cookie);
    r.origin = OUTSIDE;
    r.body = str_of(body);
    assert_int_equal(kind_of(&r, &answer), GATE_GO);
    assert_int_equal(strncmp(answer.cookie, "__Host-clio-session=", 20), 0);
    assert_true(strstr(answer.cookie, "; Secure") != NULL);
    snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(answer.cookie, ";"), answer.cookie);
    r = request_of("GET", "/safety", cookie);
    assert_int_equal(kind_of(&r, &answer), GATE_PAGE);
    r.cookie = cookie + strlen("__Host-"); // the same session by the other name
    assert_int_equal(kind_of(&r, &answer), GATE_GO);
    r = request_of("POST", "/sign-in", cookie); // from the server's own plain address
    r.body = str_of(body);
    assert_int_equal(kind_of(&r, &answer), GATE_TEXT);
    assert_int_equal(answer.status, 403);
}

// Names under which a rebinding site would reach this machine.
static void other_names_are_refused(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-127.0.0.1",
        "0.0.0.0",
        "0",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.2",
        "127.0.0.1.",
        "localhost.",
        "LOCALHOST.",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
        "::1",
        "[::1].evil",
        "user@127.0.0.1",
        "127.0.0.1@evil",
        "127.0.0.1,evil",
        "127.0.0.1 evil",
        "127.0.0.1#",
        "127.0.0.1/",
        "127.0.0.1\\",
        "127.0.0.1%00",
        "",
        " 127.0.0.1",
        "127.0.0.1\t",
        "localhost\xE3\x80\x82",
        "xn--localhost",
        "localhost:evil",
        "127.0.0.1:",
        "l\xC3\xB6"
        "calhost",
        "169.254.169.254",
        "10.0.0.1",
        "host.docker.internal",
        "127.0.0.1.nip.io",
    };
    static const char *const tails[] = { "", ":7325", ":80", ":99999999", ":7325@evil", ":-1" };
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        for (size_t j = 0; j < COUNT_OF(tails); j++) {
            char name[200];
            snprintf(name, sizeof name, "%s%s", heads[i], tails[j]);
            bool is_port = strcmp(heads[i], "127.0.0.1:") == 0 && !*tails[j];
            if (!is_port && guard_host(name))
                fail_msg("\"%s\" was taken for this machine", name);
            n++;
        }
    assert_false(guard_host(NULL));
    assert_true(guard_host("127.0.0.1:7325") && guard_host("localhost") && guard_host("[::1]:1"));
    printf("%zu names\n", n);
}

static void forms_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct form form;
    assert_true(form_read(&form, STR_LIT("a=1&b=x+y%21&c="), &a));
    assert_text(form_get(&form, "b"), "x y!");
    assert_text(form_get(&form, "c"), "");
    assert_int_equal(form_number(&form, "a"), 1);
    static const char *const bad[] = { "a",
                                       "a=%",
                                       "a=%4",
                                       "a=%zz",
                                       "a=%00",
                                       "a=%ff",
                                       "a=1&&b=2",
                                       "a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1&l=1&m=1&n=1&"
                                       "o=1&p=1&q=1" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(form_read(&form, str_of(bad[i]), &a));
    assert_true(form_read(&form, STR_LIT("a=%41"), &a));
    assert_text(form_get(&form, "a"), "A");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
        TEST(the_table_is_the_one_that_people_read),
        TEST(every_role_every_address_every_state),
        TEST(what_is_not_theirs_is_not_there),
        TEST(signing_out_ends_the_session),
        TEST(the_page_signs_in),
        TEST(forged_posts_do_nothing),
        TEST(forged_posts_do_nothing_behind_a_proxy),
        TEST(behind_a_proxy_cookies_are_secure),
        TEST(other_names_are_refused),
        TEST(forms_are_read_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
