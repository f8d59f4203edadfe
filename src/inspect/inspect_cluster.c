// SPDX-License-Identifier: Apache-2.0
// From a cluster to its accounts to a conversation, least first. What a look shows is read inside
// look_take, which writes the log before it returns; only then does it reach the page.
#include "inspect/inspect_int.h"

#include "access/permit.h"
#include "store/safety.h"
#include "store/vault_look.h"

#define PAGE_CONVERSATIONS 1000
#define MOST_PAGES 1000000

// *old: there are signals, but of clusters that were made anew since; the number names others now.
static struct safety_cluster *find_signals(struct page *p, int64_t id, struct str clusters,
                                           bool *old)
{
    struct safety *safety;
    struct safety_cluster *list;
    size_t n = 0;
    struct err none = { 0 };
    if (p->rc || safety_open(&safety, p->inspect->dir, &none))
        return NULL;
    struct safety_cluster *found = NULL;
    *old = !inspect_are_of(p, safety, "clusters", clusters);
    if (!p->rc && !*old)
        p->rc = safety_read_clusters(safety, &p->a, &list, &n, p->err);
    for (size_t i = 0; !p->rc && i < n && !found; i++)
        if (list[i].id == id)
            found = &list[i];
    safety_close(safety);
    return found;
}

static void put_signals(struct page *p, const struct safety_cluster *signals)
{
    if (!signals)
        return;
    page_put(p, "<p class=\"lead\">");
    page_cluster_title(p, signals);
    page_printf(p,
                "</p><p>Mean concern %.2f of 5 over %lld graded conversations; %lld of grade 3 "
                "and above.</p>\n",
                signals->mean_concern, (long long)signals->n_graded,
                (long long)signals->n_concerning);
}

static void put_reason_form(struct page *p, int64_t id)
{
    page_printf(p,
                "<section class=\"reason\"><h2>Look closer</h2><p>Accounts and text open for a "
                "while, for a reason. Both it and every look are written to the log.</p>"
                "<form method=\"post\" action=\"/safety/cluster/%lld\"><input type=\"hidden\" "
                "name=\"form\" value=\"%s\"><label>Why do you have to look? <textarea "
                "name=\"reason\" rows=\"3\" maxlength=\"%d\" required></textarea></label>"
                "<button>Ask for a permit</button></form></section>\n",
                (long long)id, p->request->visitor->form, PERMIT_MOST_REASON);
}

static void look_button(struct page *p, int64_t permit_id, enum look_depth depth, int64_t subject,
                        const char *label)
{
    const struct page_field fields[] = { { "permit", permit_id },
                                         { "depth", depth },
                                         { "subject", subject } };
    page_button(p, "/safety/look", fields, COUNT_OF(fields), label);
}

static void put_permit(struct page *p, const struct permit *permit)
{
    page_put(p, "<section class=\"reason\"><h2>Your permit</h2><p>");
    page_text(p, permit->reason);
    if (permit->state == PERMIT_WAITS) {
        page_put(p, "</p><p>It waits for a second person: <a href=\"/safety/permits\">permits</a>."
                    "</p></section>\n");
        return;
    }
    page_put(p, "</p><p>Open until ");
    page_moment(p, permit->expires);
    page_put(p, ".</p><div class=\"do\">");
    look_button(p, permit->id, LOOK_ACCOUNTS, permit->cluster_id, "Show accounts");
    page_put(p, "</div></section>\n");
}

// How large the cluster is and of which clustering; an error in p when there is none.
static struct look_cluster look_up(struct page *p, int64_t id, struct str *clusters)
{
    struct vault *vault = NULL;
    struct look_cluster size = { 0 };
    bool found = false;
    p->rc = vault_open_to_look(&vault, p->inspect->dir, p->err);
    if (!p->rc)
        p->rc = vault_look_cluster(vault, id, &size, &found, p->err);
    if (!p->rc)
        p->rc = vault_name_clustering(vault, &p->a, clusters, p->err);
    vault_close(vault);
    if (!p->rc && !found)
        p->rc = err_set(p->err, ERR_NO_INPUT, "There is no such cluster.");
    return size;
}

void inspect_cluster(struct page *p)
{
    int64_t id = p->request->id;
    struct permit permit;
    bool has_permit = false, old = false;
    struct str clusters = STR_LIT("");
    struct look_cluster size = look_up(p, id, &clusters);
    struct safety_cluster *signals = find_signals(p, id, clusters, &old);
    if (!p->rc)
        p->rc = permit_find(p->access, p->request->visitor, id, clusters, &p->a, &permit,
                            &has_permit, p->err);
    page_begin(p, "Cluster");
    if (old)
        page_put(p, "<p class=\"notice\">The clusters were made anew since the signals were: this "
                    "number names another cluster there. Run <code>clio safety run</code> again."
                    "</p>\n");
    put_signals(p, signals);
    page_printf(p, "<p>%lld conversations of %lld accounts, before floors.</p>\n",
                (long long)size.n_conversations, (long long)size.n_accounts);
    if (!p->rc && has_permit)
        put_permit(p, &permit);
    else
        put_reason_form(p, id);
    page_end(p);
}

void inspect_ask(struct page *p)
{
    int64_t id = p->request->id, permit;
    struct str clusters = STR_LIT("");
    look_up(p, id, &clusters);
    if (!p->rc)
        p->rc = permit_ask(p->access, p->request->visitor, id, clusters,
                           form_get(p->request->form, "reason"), &permit, p->err);
    page_go(p, "/safety/cluster", id);
}

// One look ----------------------------------------------------------------------------------------

struct shown { // what was read, before it may be shown
    struct page *page;
    int64_t cluster_id;
    struct look_conversation *conversations;
    struct look_cluster size; // with the conversations
    struct raw account;
    struct look_facet *facets;
    struct turn *turns;
    size_t n;
};

static int redact(struct shown *shown, struct err *err)
{
    struct inspect *inspect = shown->page->inspect;
    int rc = inspect->scanner ? 0 : scan_open(&inspect->scanner, err);
    for (size_t i = 0; !rc && i < shown->n; i++)
        rc = scan_scrub(inspect->scanner, shown->turns[i].text.s, &shown->page->a,
                        &shown->turns[i].text.s, NULL, err);
    return rc;
}

// One page of the list; none is there behind the last one.
static int read_page(struct vault *vault, const struct look *look, struct shown *shown, bool *there,
                     struct err *err)
{
    int64_t id = shown->cluster_id;
    *there = false;
    if (look->page < 0 || look->page >= MOST_PAGES)
        return 0;
    int rc = vault_look_cluster(vault, id, &shown->size, there, err);
    if (!rc)
        rc = vault_look_conversations(vault, id, (size_t)look->page * PAGE_CONVERSATIONS,
                                      PAGE_CONVERSATIONS, &shown->page->a, &shown->conversations,
                                      &shown->n, err);
    *there = !rc && shown->n > 0;
    return rc;
}

static int read_shown(struct vault *vault, const struct look *look, struct shown *shown,
                      bool *there, struct err *err)
{
    struct arena *a = &shown->page->a;
    int64_t id = shown->cluster_id;
    int rc;
    switch (look->depth) {
    case LOOK_ACCOUNTS:
        return read_page(vault, look, shown, there, err);
    case LOOK_ACCOUNT_ID:
        return vault_look_account(vault, id, look->subject, a, &shown->account, there, err);
    case LOOK_FACETS:
        return vault_look_facets(vault, id, look->subject, a, &shown->facets, &shown->n, there,
                                 err);
    default:
        rc = vault_look_turns(vault, id, look->subject, a, &shown->turns, &shown->n, there, err);
        return !rc && *there && look->depth == LOOK_REDACTED ? redact(shown, err) : rc;
    }
}

// Clustering and what is read are of one moment (vault_look.h).
static int read_look(void *context, const struct permit *permit, const struct look *look,
                     bool *there, struct err *err)
{
    struct shown *shown = context;
    struct vault *vault = NULL;
    struct str clusters = STR_LIT("");
    shown->cluster_id = permit->cluster_id;
    int rc = vault_open_to_look(&vault, shown->page->inspect->dir, err);
    if (!rc)
        rc = read_shown(vault, look, shown, there, err);
    if (!rc)
        rc = vault_name_clustering(vault, &shown->page->a, &clusters, err);
    vault_close(vault);
    if (!rc && !str_equal(clusters, permit->clusters))
        rc = err_set(err, ERR_USAGE,
                     "The clusters were made anew since this permit was asked for, and its number "
                     "names another one. Ask again.");
    return rc;
}

static void page_of_list(struct page *p, const struct look *look, int64_t page, const char *label)
{
    const struct page_field fields[] = { { "permit", look->permit_id },
                                         { "depth", LOOK_ACCOUNTS },
                                         { "subject", look->subject },
                                         { "page", page } };
    page_button(p, "/safety/look", fields, COUNT_OF(fields), label);
}

// Where this page stands in the list, and buttons to those beside it: each is a look.
static void put_pages(struct page *p, const struct look *look, const struct shown *shown)
{
    int64_t before = look->page * PAGE_CONVERSATIONS, after = before + (int64_t)shown->n;
    page_printf(p, "<p>%lld to %lld of %lld conversations of %lld accounts.</p>",
                (long long)before + 1, (long long)after, (long long)shown->size.n_conversations,
                (long long)shown->size.n_accounts);
    page_put(p, "<div class=\"do\">");
    if (look->page > 0)
        page_of_list(p, look, look->page - 1, "Page before");
    if (after < shown->size.n_conversations)
        page_of_list(p, look, look->page + 1, "Next page");
    page_put(p, "</div>\n");
}

static void put_accounts(struct page *p, const struct look *look, const struct shown *shown)
{
    page_put(p, "<table><thead><tr><th>account</th><th>conversation</th><th>day</th><td></td></tr>"
                "</thead><tbody>\n");
    for (size_t i = 0; i < shown->n; i++) {
        const struct look_conversation *c = &shown->conversations[i];
        bool first = i == 0 || c->account_id != c[-1].account_id;
        page_put(p, "<tr><td class=\"do\">");
        if (first && c->account_id) {
            page_printf(p, "<code>%016llx</code>", (unsigned long long)c->account_id);
            look_button(p, look->permit_id, LOOK_ACCOUNT_ID, c->account_id, "Its id");
        }
        page_printf(p, "</td><td>%lld</td><td>", (long long)c->seq);
        page_day(p, c->time);
        page_put(p, "</td><td class=\"do\">");
        look_button(p, look->permit_id, LOOK_FACETS, c->seq, "Facets");
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table>\n");
    put_pages(p, look, shown);
}

static void put_facets(struct page *p, const struct look *look, const struct shown *shown)
{
    page_put(p, "<dl>\n");
    for (size_t i = 0; i < shown->n; i++) {
        page_put(p, "<dt>");
        page_text(p, shown->facets[i].facet);
        page_put(p, "</dt><dd>");
        page_text(p, shown->facets[i].value.s);
        page_put(p, "</dd>\n");
    }
    page_put(p, "</dl><div class=\"do\">");
    look_button(p, look->permit_id, LOOK_REDACTED, look->subject, "Redacted transcript");
    page_put(p, "</div>\n");
}

static void put_turns(struct page *p, const struct look *look, const struct shown *shown)
{
    for (size_t i = 0; i < shown->n; i++) {
        page_printf(p, "<article class=\"turn\"><h3>%s</h3><p>",
                    turn_role_name(shown->turns[i].role));
        page_text(p, shown->turns[i].text.s);
        page_put(p, "</p></article>\n");
    }
    if (look->depth == LOOK_REDACTED) {
        page_put(p, "<div class=\"do\">");
        look_button(p, look->permit_id, LOOK_TRANSCRIPT, look->subject, "Transcript as it is");
        page_put(p, "</div>\n");
    }
}

void inspect_look(struct page *p)
{
    const struct form *form = p->request->form;
    struct shown shown = { .page = p };
    int64_t depth = form_number(form, "depth");
    struct look look = { form_number(form, "permit"),
                         depth > 0 && depth < N_LOOKS ? (enum look_depth)depth : LOOK_NOTHING,
                         form_number(form, "subject"),
                         read_look,
                         &shown,
                         0 };
    if (look.depth == LOOK_ACCOUNTS)
        look.page = form_number(form, "page");
    p->rc = look_take(p->access, p->request->visitor, &look, p->err);
    page_begin(p, look.depth == LOOK_ACCOUNTS     ? "Accounts"
                  : look.depth == LOOK_ACCOUNT_ID ? "An account's id"
                  : look.depth == LOOK_FACETS     ? "Facets of a conversation"
                  : look.depth == LOOK_REDACTED   ? "Redacted transcript"
                                                  : "Transcript");
    page_printf(p, "<p><a href=\"/safety/cluster/%lld\">Back to the cluster</a></p>\n",
                (long long)shown.cluster_id);
    if (!p->rc && look.depth == LOOK_ACCOUNTS)
        put_accounts(p, &look, &shown);
    else if (!p->rc && look.depth == LOOK_ACCOUNT_ID) {
        page_put(p, "<p><code>");
        page_text(p, shown.account.s);
        page_put(p, "</code></p>\n");
    } else if (!p->rc && look.depth == LOOK_FACETS)
        put_facets(p, &look, &shown);
    else if (!p->rc)
        put_turns(p, &look, &shown);
    page_end(p);
}
