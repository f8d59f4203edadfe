// SPDX-License-Identifier: Apache-2.0
// Watches out of safety.db: what they told, and what each asks, in words.
#include "inspect/inspect_int.h"

#include "safety/watch_question.h"
#include "store/safety.h"

#define MOST_ROWS 500

static void put_quoted(struct page *p, struct str text)
{
    page_put(p, "“");
    page_text(p, text);
    page_put(p, "”");
}

// "a|b" as “a” or “b”.
static void put_words(struct page *p, struct str words)
{
    struct str one;
    for (size_t n = 0; str_cut(&words, '|', &one);) {
        if (!str_trim(one).len)
            continue;
        page_put(p, n++ ? " or " : "");
        put_quoted(p, str_trim(one));
    }
}

static void put_match(struct page *p, const struct watch_question *q)
{
    page_put(p, "Conversations ");
    switch (q->match) {
    case WATCH_WORDS:
        page_put(p, "with ");
        put_words(p, q->text);
        page_put(p, " in what the person asked first");
        break;
    case WATCH_CLUSTER:
        page_printf(p, "in cluster %lld", (long long)q->number);
        break;
    case WATCH_LIKE:
        page_put(p, "like ");
        put_quoted(p, q->text);
        page_printf(p, " (cosine of at least %.3g)", q->least);
        break;
    case WATCH_CONCERN:
        page_printf(p, "of concern %lld or more", (long long)q->number);
        break;
    case WATCH_NEW:
        page_printf(p, "that fit their own cluster less than %.3g (cosine)", q->least);
        break;
    case WATCH_SCREEN:
        page_put(p, "of which the model says yes to ");
        put_quoted(p, q->text);
        break;
    }
    if (q->of.len) {
        page_put(p, ", in the tree of ");
        page_text(p, q->of);
    }
    page_put(p, ".");
}

static void put_rule(struct page *p, const struct watch_rule *rule)
{
    const char *before = rule->has_event ? "before the event" : "before";
    if (rule->on == WATCH_SHARE)
        page_printf(p, "Told when they are over %.4g&nbsp;%% of a day", 100 * rule->share);
    else
        page_printf(p, "Told when their share of a day is %.3g times that of the %lld days %s",
                    rule->factor, (long long)rule->base_days, before);
    page_printf(p, " and the chance of such a day is at most %.1g.", rule->most_p);
    if (!rule->has_event)
        return;
    page_put(p, " Only from ");
    page_day(p, rule->event * 86400);
    page_put(p, " to ");
    page_day(p, rule->until * 86400);
    page_put(p, ".");
}

// One that cannot be read stands as it was kept.
static void put_question(struct page *p, struct str json)
{
    struct watch_question question;
    struct err unread = { 0 };
    if (watch_question_read(json, &p->a, &question, &unread)) {
        page_put(p, "<code>");
        page_text(p, json);
        page_put(p, "</code>");
        return;
    }
    put_match(p, &question);
    page_put(p, "<small>");
    put_rule(p, &question.rule);
    page_put(p, "</small>");
}

// What none means: nothing changed, or nobody looked.
static void put_no_alert(struct page *p, size_t n_watches, bool asked)
{
    page_put(p,
             !n_watches ? "<p>None: no watch is kept yet, see <code>clio watch add</code>.</p>\n"
             : !asked
                 ? "<p>None: nobody asked the watches yet, see <code>clio watch run</code>.</p>\n"
                 : "<p>None: nothing changed that a watch asks about, as far as it judges days "
                   "(below).</p>\n");
}

static void put_alerts(struct page *p, const struct safety_alert *alerts, size_t n)
{
    page_put(p, "<table><thead><tr><th>day</th><th>why</th><th>found</th><th>interval</th>"
                "<th>usually</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        page_put(p, "<tr><td>");
        page_day(p, alerts[i].day * 86400);
        page_put(p, "</td><td>");
        page_text(p, alerts[i].cause);
        page_printf(p, "</td><td>%.3g</td><td>%.3g to %.3g</td><td>%.3g</td></tr>\n",
                    alerts[i].value, alerts[i].low, alerts[i].high, alerts[i].base);
    }
    page_put(p, "</tbody></table>\n");
}

static void put_watch(struct page *p, struct safety *safety, const struct safety_watch *watch)
{
    struct str why = { NULL, 0 };
    const char *key = arena_printf(&p->a, "watch_blind.%.*s", STR_ARG(watch->name)).ptr;
    p->rc = p->rc ? p->rc : safety_get_info(safety, key, &p->a, &why, p->err);
    page_put(p, "<tr><td>");
    page_text(p, watch->name);
    page_put(p, "</td><td>");
    put_question(p, watch->question);
    page_put(p, "</td><td>");
    page_day(p, watch->made);
    page_put(p, why.len   ? "</td><td>no day: "
                : why.ptr ? "</td><td>yes"
                          : "</td><td>not asked yet");
    page_text(p, why);
    page_put(p, "</td></tr>\n");
}

void inspect_watches(struct page *p)
{
    struct safety_watch *watches = NULL;
    struct safety_alert *alerts = NULL;
    size_t n_watches = 0, n_alerts = 0;
    struct str asked = { NULL, 0 };
    struct safety *safety = inspect_signals(p, "Watches");
    if (safety)
        p->rc = safety_read_watches(safety, &p->a, &watches, &n_watches, p->err);
    if (safety && !p->rc)
        p->rc = safety_read_alerts(safety, MOST_ROWS, &p->a, &alerts, &n_alerts, p->err);
    if (safety && !p->rc)
        p->rc = safety_get_info(safety, "watch_clusters", &p->a, &asked, p->err);
    if (n_watches && asked.ptr)
        inspect_age(p, safety, "watch_clusters", "watch run");
    page_put(p, safety ? "<h2>Alerts</h2>\n" : "");
    if (safety && n_alerts)
        put_alerts(p, alerts, n_alerts);
    else if (safety)
        put_no_alert(p, n_watches, asked.ptr != NULL);
    page_put(p, n_watches ? "<h2>Questions</h2><table><thead><tr><th>name</th><th>question</th>"
                            "<th>since</th><th>judges days</th></tr></thead><tbody>\n"
                          : "");
    for (size_t i = 0; i < n_watches; i++)
        put_watch(p, safety, &watches[i]);
    page_put(p, n_watches ? "</tbody></table>\n" : "");
    safety_close(safety);
    page_end(p);
}
