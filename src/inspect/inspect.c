// SPDX-License-Identifier: Apache-2.0
// From the address of a page to the function that writes it; permits and the log are here too.
#include "inspect/inspect.h"

#include "access/permit.h"
#include "base/log.h"
#include "inspect/inspect_int.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ENTRIES 500

int inspect_open(struct inspect **out, const char *dir, struct err *err)
{
    struct inspect *inspect = calloc(1, sizeof *inspect);
    if (!inspect)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    if ((size_t)snprintf(inspect->dir, sizeof inspect->dir, "%s", dir) >= sizeof inspect->dir) {
        free(inspect);
        return err_set(err, ERR_USAGE, "the directory name is too long");
    }
    // The long look at the log comes before anybody waits; what is wrong with it, its page says.
    int64_t n;
    char anchor[ANCHOR_TEXT];
    struct err fault = { 0 };
    if (access_log_verify_on(inspect->dir, &inspect->log, &n, anchor, &fault))
        log_warning("%s", fault.text);
    *out = inspect;
    return 0;
}

void inspect_close(struct inspect *inspect)
{
    if (!inspect)
        return;
    scan_close(inspect->scanner);
    free(inspect);
}

int inspect_answer(void *context, struct access *access, const struct private_request *request,
                   struct private_answer *answer, struct err *err)
{
    static void (*const pages[])(struct page *) = {
        [PRIVATE_OVERVIEW] = inspect_overview,
        [PRIVATE_CLUSTER] = inspect_cluster,
        [PRIVATE_ASK] = inspect_ask,
        [PRIVATE_LOOK] = inspect_look,
        [PRIVATE_PERMITS] = inspect_permits,
        [PRIVATE_PERMIT] = inspect_permit,
        [PRIVATE_CLASSIFIER] = inspect_classifier,
        [PRIVATE_COORDINATED] = inspect_coordinated,
        [PRIVATE_GROUP] = inspect_group,
        [PRIVATE_WATCHES] = inspect_watches,
        [PRIVATE_LOG] = inspect_log,
    };
    struct page p = { .inspect = context,
                      .access = access,
                      .request = request,
                      .answer = answer,
                      .out = answer->page,
                      .err = err };
    if (request->page >= COUNT_OF(pages) || !pages[request->page])
        BUG("no page %d", (int)request->page);
    pages[request->page](&p);
    arena_release(&p.a);
    // What was not allowed, or is not there, is said to the person; the rest is the server's log's.
    if (p.rc == ERR_USAGE || p.rc == ERR_NO_INPUT || p.rc == ERR_CONFIG) {
        char sentence[sizeof err->text];
        memcpy(sentence, err->text, sizeof sentence);
        bool absent = p.rc == ERR_NO_INPUT;
        err_clear(err);
        p.rc = 0;
        page_sentence(&p, absent ? 404 : 403, absent ? "Not there" : "Not now", sentence);
    }
    return p.rc;
}

// Permits ---------------------------------------------------------------------------------------

static const char *state_text(enum permit_state state)
{
    return state == PERMIT_OPEN ? "open" : state == PERMIT_WAITS ? "waits" : "over";
}

static void permit_form(struct page *p, const struct permit *permit, const char *what,
                        const char *label)
{
    page_printf(p,
                "<form method=\"post\" action=\"/safety/permit/%lld\"><input type=\"hidden\" "
                "name=\"form\" value=\"%s\"><input type=\"hidden\" name=\"do\" value=\"%s\">"
                "<button>%s</button></form>",
                (long long)permit->id, p->request->visitor->form, what, label);
}

static void permit_row(struct page *p, const struct permit *permit)
{
    bool own = str_equal(permit->name, str_of(p->request->visitor->name));
    page_put(p, "<tr><td>");
    page_text(p, permit->name);
    page_printf(p, "</td><td>%lld</td><td>", (long long)permit->cluster_id);
    page_text(p, permit->reason);
    page_put(p, "</td><td>");
    page_moment(p, permit->asked);
    page_printf(p, "</td><td>%s", state_text(permit->state));
    if (permit->approver.len) {
        page_put(p, ", yes by ");
        page_text(p, permit->approver);
    }
    page_put(p, "</td><td class=\"do\">");
    if (permit->state == PERMIT_WAITS && !own)
        permit_form(p, permit, "approve", "Approve");
    if (permit->state != PERMIT_OVER)
        permit_form(p, permit, "close", own ? "End" : "Refuse");
    page_put(p, "</td></tr>\n");
}

void inspect_permits(struct page *p)
{
    struct permit *list = NULL;
    size_t n = 0;
    p->rc = permit_list(p->access, &p->a, &list, &n, p->err);
    page_begin(p, "Permits");
    page_put(p, n ? "<table><thead><tr><th>who</th><th>cluster</th><th>reason</th><th>asked</th>"
                    "<th>state</th><td></td></tr></thead><tbody>\n"
                  : "<p>Nobody has asked for one.</p>");
    for (size_t i = 0; i < n; i++)
        permit_row(p, &list[i]);
    page_put(p, n ? "</tbody></table>\n" : "");
    page_end(p);
}

void inspect_permit(struct page *p)
{
    const struct private_request *r = p->request;
    bool approve = str_equal(form_get(r->form, "do"), STR_LIT("approve"));
    p->rc = approve ? permit_approve(p->access, r->visitor, r->id, p->err)
                    : permit_close(p->access, r->visitor, r->id, p->err);
    page_go(p, "/safety/permits", 0);
}

// The log ---------------------------------------------------------------------------------------

void inspect_log(struct page *p)
{
    struct access_entry *list = NULL;
    size_t n = 0;
    int64_t n_all = 0;
    char anchor[ANCHOR_TEXT] = "";
    struct err fault = { 0 };
    int fault_found =
        access_log_verify_on(p->inspect->dir, &p->inspect->log, &n_all, anchor, &fault);
    if (!fault_found)
        p->rc = access_log_read(p->inspect->dir, MOST_ENTRIES, &p->a, &list, &n, p->err);
    page_begin(p, "Access log");
    if (fault_found) {
        page_put(p, "<p class=\"notice\" role=\"alert\">");
        page_text(p, str_of(fault.text));
        page_put(p, "</p>");
    } else {
        page_printf(p, "<p>%lld entries, whole. Anchor to keep elsewhere: <code>%s</code></p>\n",
                    (long long)n_all, anchor);
    }
    page_put(p, "<table><thead><tr><th>n</th><th>time</th><th>who</th><th>what</th><th>about</th>"
                "<th>reason</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        const struct str cells[] = { list[i].time, list[i].actor, list[i].what, list[i].object,
                                     list[i].detail };
        page_printf(p, "<tr><td>%lld</td>", (long long)list[i].n);
        for (size_t j = 0; j < COUNT_OF(cells); j++) {
            page_put(p, "<td>");
            page_text(p, cells[j]);
            page_put(p, "</td>");
        }
        page_put(p, "</tr>\n");
    }
    page_put(p, "</tbody></table>\n");
    page_end(p);
}
