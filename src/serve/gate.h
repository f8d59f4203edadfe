// SPDX-License-Identifier: Apache-2.0
// Signing in, and who may have which address: what stands between a request and its answer when a
// server was started for those who sign in. Knows nothing of HTTP's library. Private to serve/.
#ifndef SERVE_GATE_H
#define SERVE_GATE_H

#include "serve/private.h"
#include "serve/route.h"

struct gate {
    struct access *access;
    const struct private_pages *pages;
    const char *outside;   // as guard.h has it: only forms of its pages are taken; NULL: none
    unsigned char key[32]; // of forms for those who are signed out; new with every start
};
// A zeroed struct with access, pages and outside set.
void gate_init(struct gate *gate);

struct gate_request { // texts may be NULL
    const char *method, *path, *host, *origin, *site, *cookie;
    struct str body; // ptr NULL: longer than a form may be
};
// A form is posted from a page of this very server, of `outside` when there is one: the browser
// says so (Sec-Fetch-Site), or names the page's origin; when it says neither, it is no form of
// ours.
bool gate_is_own_form(const char *outside, const struct gate_request *request);
enum gate_kind { GATE_PASS, GATE_ABSENT, GATE_TEXT, GATE_PAGE, GATE_GO };
struct gate_answer {
    enum gate_kind kind; // GATE_PASS: the public page; GATE_ABSENT: as an address that is not there
    unsigned status;
    struct buf page; // caller releases, whatever the kind
    const char *text;
    char location[128], cookie[256];
};
int gate_answer(struct gate *gate, const struct gate_request *request, struct gate_answer *answer,
                struct err *err) MUST_USE;

enum route_verdict { VERDICT_ALLOWED, VERDICT_SIGN_IN, VERDICT_ABSENT };
// What a visitor of this role gets at an address; NULL: one that is not in the table. A visitor who
// is signed in sees no difference between what is not there and what is not theirs.
enum route_verdict gate_verdict(const struct route *route, enum role role);

#endif
