// SPDX-License-Identifier: Apache-2.0
// Coordinated groups out of safety.db: the list, and one group with the reasons for its score and
// its accounts over time. In words for people who know nothing of scores. Templates are words that
// several accounts share; accounts are numbered here and not named, their names and texts are
// behind a permit (inspect_cluster.c).
#include "inspect/inspect_int.h"

#include "store/safety.h"

#include <math.h>

#define MOST_GROUPS 500
#define MOST_ACCOUNTS 60 // rows of the plot and of its table

// Signals of a group, with the clusters that it may lie in.
struct groups {
    struct safety_group *list;
    struct safety_cluster *clusters;
    size_t n, n_clusters;
};

static void read_groups(struct page *p, struct safety *safety, struct groups *groups)
{
    if (!safety)
        return;
    p->rc = safety_read_groups(safety, &p->a, &groups->list, &groups->n, p->err);
    if (!p->rc)
        p->rc = safety_read_clusters(safety, &p->a, &groups->clusters, &groups->n_clusters, p->err);
    if (groups->n)
        inspect_age(p, safety, "coordinated_clusters", "safety coordinated");
}

static void put_template(struct page *p, const struct safety_group *g)
{
    if (g->n_accounts >= SAFETY_LEAST_ACCOUNTS)
        page_text(p, g->template.s);
    else
        page_put(p, "(of too few accounts; under a permit)");
}

static void put_cluster(struct page *p, const struct groups *groups, int64_t id)
{
    if (id)
        page_cluster_name(p, groups->clusters, groups->n_clusters, id);
    else
        page_put(p, "&ndash;");
}

static void put_days(struct page *p, const struct safety_group *g)
{
    if (!g->has_time) {
        page_put(p, "no times");
        return;
    }
    page_day(p, g->first_time);
    if (g->first_time / 86400 != g->last_time / 86400) {
        page_put(p, " to ");
        page_day(p, g->last_time);
    }
}

// The list ------------------------------------------------------------------------------------

static void group_row(struct page *p, const struct groups *groups, const struct safety_group *g)
{
    page_printf(p, "<tr><td class=\"first\"><a href=\"/safety/group/%lld\">", (long long)g->id);
    put_template(p, g);
    page_printf(p, "</a></td><td data-before=\"score\">%.0f</td><td>", g->score);
    page_text(p, g->kind);
    page_printf(p,
                "</td><td data-after=\"accounts\">%lld</td><td data-after=\"conversations\">%lld"
                "</td><td>",
                (long long)g->n_accounts, (long long)g->n_conversations);
    put_days(p, g);
    page_put(p, "</td><td data-before=\"in\">");
    put_cluster(p, groups, g->cluster_id);
    page_put(p, "</td></tr>\n");
}

static void list_groups(struct page *p, const struct groups *groups)
{
    page_put(p,
             "<p>Groups of accounts that send prompts built alike, most striking first. The score, "
             "from 0 to 100, says how far a group is beyond what chance gives; open one to see "
             "why. A <b>ring</b> sends it again and again. <b>Copies</b> are sent once by most, as "
             "when people pass a text on. An <b>organisation</b> keeps to a shared address and to "
             "office hours. In the words they share, &hellip; stands for what differs.</p>\n"
             "<table class=\"cards\"><thead><tr><th>what they send</th><th>score</th>"
             "<th>looks like</th><th>accounts</th><th>conversations</th><th>when</th>"
             "<th>found in</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < groups->n && i < MOST_GROUPS; i++)
        group_row(p, groups, &groups->list[i]);
    page_put(p, "</tbody></table>\n");
}

static void put_none(struct page *p, struct safety *safety)
{
    struct str n = STR_LIT("");
    if (!p->rc)
        p->rc = safety_get_info(safety, "coordinated_n_conversations", &p->a, &n, p->err);
    page_put(p, "<p class=\"notice\">");
    if (n.ptr && n.len) {
        page_put(p, "No group was found among ");
        page_text(p, n);
        page_put(p, " conversations of known accounts.");
    } else
        page_put(p, "Nobody looked yet: <code>clio safety coordinated</code>.");
    page_put(p, "</p>\n");
}

void inspect_coordinated(struct page *p)
{
    struct groups groups = { 0 };
    struct safety *safety = inspect_signals(p, "Coordinated groups");
    read_groups(p, safety, &groups);
    if (safety && !groups.n)
        put_none(p, safety);
    if (groups.n)
        list_groups(p, &groups);
    safety_close(safety);
    page_end(p);
}

// Why: the parts of a score -------------------------------------------------------------------

// Each part of docs/safety.md as what somebody would say of the group.
static const struct {
    const char *part, *words, *of;
} reasons[] = {
    { "repeat", "They send it again and again", "accounts that sent it more than once" },
    { "use", "They send little else", "of all that these accounts send" },
    { "together", "They send it at the same time", "how much closer together than everybody" },
    { "template", "It is worded alike", "likeness to the most typical prompt" },
    { "client", "They share addresses", "accounts with an address that another one has" },
    { "rare", "Its wording is unusual", "how rare the words are that they share" },
    { "burst", "It came on one day", "sent on the busiest day" },
    { "cluster", "They fill a topic of their own", "of the cluster that most of it is in" },
    { "agent", "It comes from one program", "sent by the most common client" },
    { "one-off", "Most sent it once (counts against)", "accounts that sent it a single time" },
    { "organisation", "It looks like one office (counts against)",
      "from one shared address, in office hours" },
};

static void put_reason(struct page *p, const struct safety_part *part)
{
    size_t i = 0;
    while (i < COUNT_OF(reasons) && !str_equal(part->part, str_of(reasons[i].part)))
        i++;
    page_put(p, "<tr><td class=\"first\">");
    if (i < COUNT_OF(reasons))
        page_printf(p, "%s <small>%s</small>", reasons[i].words, reasons[i].of);
    else
        page_text(p, part->part);
    if (part->value > 0 || part->chance > 0)
        page_printf(p,
                    "</td><td data-before=\"here\">%.0f&nbsp;%%</td>"
                    "<td data-before=\"by chance\">%.0f&nbsp;%%</td>"
                    "<td data-before=\"as high by chance\">%s%.0f&nbsp;%%</td>",
                    100 * part->value, 100 * part->chance, part->p < 0.01 ? "under " : "",
                    part->p < 0.01 ? 1.0 : 100 * part->p);
    else
        page_put(p, "</td><td>none</td><td></td><td></td>");
    page_printf(p, "<td data-after=\"points\">%s%.1f</td></tr>\n",
                part->points < -0.05 ? "&minus;" : "", fabs(part->points));
}

static void put_reasons(struct page *p, const struct safety_part *parts, size_t n)
{
    page_put(p, "<h2>Why</h2>\n<table class=\"cards\"><thead><tr><th>what was looked at</th>"
                "<th>here</th><th>by chance</th><th>as high by chance</th><th>points</th></tr>"
                "</thead><tbody>\n");
    for (size_t i = 0; i < n; i++)
        put_reason(p, &parts[i]);
    page_put(p,
             "</tbody></table>\n<p class=\"dim\">By chance: what as many prompts give that are "
             "drawn at random from all conversations, on average; as high by chance: how often "
             "such a draw reaches what is found here. The points add up to the score. None: "
             "there is nothing of it, or the corpus does not say (no times, no addresses).</p>\n");
}

// When: accounts over time --------------------------------------------------------------------

#define PLOT_W 640.0
#define LEFT 40.0 // for the numbers of the accounts
#define RIGHT 12.0
#define TOP 8.0
#define ROW 10.0
#define FEW_DAYS (4 * 86400) // hours are told too

// What one account, numbered in the order of the rows, sent.
struct account {
    size_t n;
    int64_t first, last; // 0: no time
};
struct when {
    const struct safety_group *g;
    const struct safety_member *members;
    size_t n, n_rows;
    struct account accounts[MOST_ACCOUNTS];
};

// members: in the order of accounts.
static void count_accounts(struct when *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct safety_member *m = &w->members[i];
        if (!i || m->account_id != m[-1].account_id) {
            if (w->n_rows == MOST_ACCOUNTS) {
                w->n = i;
                break;
            }
            w->accounts[w->n_rows++] = (struct account){ 0 };
        }
        struct account *a = &w->accounts[w->n_rows - 1];
        a->n++;
        if (m->has_time) {
            a->first = a->first && a->first < m->time ? a->first : m->time;
            a->last = a->last > m->time ? a->last : m->time;
        }
    }
}

static double time_x(const struct when *w, int64_t time)
{
    double span = (double)(w->g->last_time - w->g->first_time);
    return LEFT + 4 + (double)(time - w->g->first_time) / span * (PLOT_W - LEFT - RIGHT - 8);
}

static double row_y(size_t row)
{
    return TOP + ((double)row + 0.5) * ROW;
}

// A telephone shows every second day.
static void put_days_axis(struct page *p, const struct when *w, double bottom)
{
    int64_t span = w->g->last_time - w->g->first_time;
    bool hours = span < FEW_DAYS;
    int n = hours ? 2 : 4;
    for (int i = 0; i <= n; i++) {
        int64_t time = w->g->first_time + span * i / n;
        const char *side = !i ? "start" : i == n ? "end" : "";
        page_printf(p,
                    "<path d=\"M%.1f %.1fV%.1f\" class=\"cross\"/><text x=\"%.1f\" y=\"%.1f\" "
                    "class=\"tick %s %s\">",
                    time_x(w, time), TOP, bottom, time_x(w, time), bottom + 16, side,
                    i % 2 ? "odd" : "");
        if (hours)
            page_moment(p, time);
        else
            page_day(p, time);
        page_put(p, "</text>\n");
    }
}

static void put_plot(struct page *p, const struct when *w)
{
    double bottom = TOP + (double)w->n_rows * ROW;
    page_printf(p,
                "<svg class=\"plot\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"When each "
                "account sent it: one row an account, one dot a conversation\">\n",
                PLOT_W, bottom + 26);
    put_days_axis(p, w, bottom);
    for (size_t row = 0; row < w->n_rows; row++)
        if (!row || (row + 1) % 5 == 0)
            page_printf(p,
                        "<path d=\"M%.1f %.1fH%.1f\" class=\"row\"/><text x=\"%.1f\" y=\"%.1f\" "
                        "class=\"tick left%s\">%zu</text>\n",
                        LEFT, row_y(row), PLOT_W - RIGHT, LEFT - 6, row_y(row) + 4,
                        row && (row + 1) % 10 ? " odd" : "", row + 1);
    page_printf(p, "<path d=\"M%.1f %.1fV%.1fH%.1f\" class=\"frame\"/>\n", LEFT, TOP, bottom,
                PLOT_W - RIGHT);
    size_t row = 0;
    for (size_t i = 0; i < w->n; i++) {
        row += i && w->members[i].account_id != w->members[i - 1].account_id;
        if (w->members[i].has_time)
            page_printf(p, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" class=\"dot\"/>",
                        time_x(w, w->members[i].time), row_y(row));
    }
    page_put(p, "</svg>\n");
}

static void put_account_table(struct page *p, const struct when *w)
{
    page_put(p, "<details><summary>As a table</summary><table><thead><tr><th>account</th>"
                "<th>conversations</th><th>first</th><th>last</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < w->n_rows; i++) {
        page_printf(p, "<tr><td>%zu</td><td>%zu</td><td>", i + 1, w->accounts[i].n);
        page_moment(p, w->accounts[i].first);
        page_put(p, "</td><td>");
        page_moment(p, w->accounts[i].last);
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table></details>\n");
}

static void put_when(struct page *p, struct when *w)
{
    page_put(p, "<h2>When</h2>\n");
    if (!w->g->has_time || w->g->last_time <= w->g->first_time) {
        page_put(p, w->g->has_time ? "<p>All at the same moment.</p>\n"
                                   : "<p>These conversations carry no times.</p>\n");
        return;
    }
    count_accounts(w);
    page_put(p, "<p class=\"dim\">One row an account, numbered here and not named; one dot a "
                "conversation.");
    if ((int64_t)w->n_rows < w->g->n_accounts)
        page_printf(p, " The first %zu of %lld accounts.", w->n_rows, (long long)w->g->n_accounts);
    page_put(p, "</p>\n");
    put_plot(p, w);
    put_account_table(p, w);
}

// One group -----------------------------------------------------------------------------------

static void put_group(struct page *p, struct safety *safety, const struct groups *groups,
                      const struct safety_group *g)
{
    struct safety_part *parts = NULL;
    struct safety_member *members = NULL;
    size_t n_parts = 0, n_members = 0;
    p->rc = safety_read_group_parts(safety, g->id, &p->a, &parts, &n_parts, p->err);
    if (!p->rc)
        p->rc = safety_read_group_members(safety, g->id, &p->a, &members, &n_members, p->err);
    page_put(p, "<p class=\"lead\">");
    put_template(p, g);
    page_printf(p, "</p>\n<p><b>Score %.0f of 100</b>, looks like: ", g->score);
    page_text(p, g->kind);
    page_printf(p, ". %lld accounts sent it %lld times, ", (long long)g->n_accounts,
                (long long)g->n_conversations);
    put_days(p, g);
    page_put(p, ". Found in: ");
    put_cluster(p, groups, g->cluster_id);
    page_put(p, ". Names of accounts and texts are behind a permit for that cluster.</p>\n");
    put_reasons(p, parts, n_parts);
    put_when(p, &(struct when){ .g = g, .members = members, .n = n_members });
}

void inspect_group(struct page *p)
{
    struct groups groups = { 0 };
    size_t i = 0;
    struct safety *safety = inspect_signals(p, "Coordinated group");
    read_groups(p, safety, &groups);
    while (i < groups.n && groups.list[i].id != p->request->id)
        i++;
    if (!p->rc && i < groups.n)
        put_group(p, safety, &groups, &groups.list[i]);
    else if (!p->rc && safety)
        p->rc = err_set(p->err, ERR_NO_INPUT, "There is no such group.");
    safety_close(safety);
    page_end(p);
}
