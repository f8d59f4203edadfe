// SPDX-License-Identifier: Apache-2.0
// Signals out of safety.db: clusters by concern, classifiers beside concern; coordinated groups are
// in inspect_coordinated.c, watches in inspect_watches.c. Counts and sentences of ours; titles of
// clusters of several accounts, made of phrases that three share. Single accounts and texts are
// behind a permit (inspect_cluster.c).
#include "inspect/inspect_int.h"

#include "store/safety.h"

#include <math.h>

#define MOST_ROWS 500

struct safety *inspect_signals(struct page *p, const char *title)
{
    struct safety *safety = NULL;
    struct err err = { 0 };
    int rc = safety_open(&safety, p->inspect->dir, &err);
    page_begin(p, title);
    if (rc == ERR_NO_INPUT)
        page_put(p,
                 "<p class=\"notice\">There are no signals yet. Run <code>clio safety run</code> "
                 "in the run directory.</p>\n");
    else if (rc) {
        page_put(p, "<p class=\"notice\">");
        page_text(p, str_of(err.text));
        page_put(p, "</p>\n");
    }
    return rc ? NULL : safety;
}

void page_cluster_title(struct page *p, const struct safety_cluster *c)
{
    int64_t n = safety_people(c);
    if (!safety_is_of_few(c) && c->title.s.len)
        page_text(p, c->title.s);
    else
        page_printf(p, "cluster %lld, of %lld %s%s", (long long)c->id, (long long)n,
                    c->n_accounts ? "account" : "conversation", n == 1 ? "" : "s");
}

void page_cluster_name(struct page *p, const struct safety_cluster *list, size_t n, int64_t id)
{
    page_printf(p, "<a href=\"/safety/cluster/%lld\">", (long long)id);
    size_t i = 0;
    while (i < n && list[i].id != id)
        i++;
    if (i < n)
        page_cluster_title(p, &list[i]);
    else
        page_printf(p, "cluster %lld", (long long)id);
    page_put(p, "</a>");
}

// Overview --------------------------------------------------------------------------------------

static void overview_row(struct page *p, const struct safety_cluster *c)
{
    page_put(p, "<tr><td>");
    page_printf(p, "<a href=\"/safety/cluster/%lld\">", (long long)c->id);
    page_cluster_title(p, c);
    page_printf(p,
                "</a></td><td>%.2f</td><td>%lld</td><td>%lld</td><td>%lld</td><td>%.0f&nbsp;%%"
                "</td></tr>\n",
                c->mean_concern, (long long)c->n_concerning, (long long)c->n_conversations,
                (long long)c->n_accounts,
                c->n_conversations ? 100.0 * (double)c->n_top / (double)c->n_conversations : 0.0);
}

static void put_languages(struct page *p, const struct safety_language *list, size_t n,
                          const struct safety_cluster *clusters, size_t n_clusters)
{
    page_put(p, "<h2>Languages that a cluster has more of</h2><p>Than chance gives; false "
                "discoveries at most 5&nbsp;%.</p>\n");
    page_put(p, n ? "<table><thead><tr><th>cluster</th><th>language</th><th>conversations</th>"
                    "<th>times what is expected</th><th>interval</th><th>q</th></tr></thead>"
                    "<tbody>\n"
                  : "<p>None.</p>\n");
    for (size_t i = 0; i < n && i < MOST_ROWS; i++) {
        page_put(p, "<tr><td>");
        page_cluster_name(p, clusters, n_clusters, list[i].cluster_id);
        page_put(p, "</td><td>");
        page_text(p, list[i].language);
        page_printf(p,
                    "</td><td>%lld</td><td>%.2f</td><td>%.2f&ndash;%.2f</td><td>%.3g</td></tr>\n",
                    (long long)list[i].n_conversations, list[i].ratio, list[i].low, list[i].high,
                    list[i].q);
    }
    page_put(p, n ? "</tbody></table>\n" : "");
}

// Whom the clusters are without: whoever sends most is over the bound of an account.
static void put_outside(struct page *p, struct str n)
{
    if (!n.len || str_equal(n, STR_LIT("0")))
        return;
    page_put(p, "<p>");
    page_text(p, n);
    page_put(p, " conversations are in no cluster: the run left them out (bound of an account, "
                "near-copies), or they fit nowhere.</p>\n");
}

void inspect_overview(struct page *p)
{
    struct safety_cluster *list = NULL;
    struct safety_language *languages = NULL;
    struct str outside = { NULL, 0 };
    size_t n = 0, n_languages = 0;
    struct safety *safety = inspect_signals(p, "Safety");
    if (safety)
        p->rc = safety_read_clusters(safety, &p->a, &list, &n, p->err);
    if (safety && !p->rc)
        p->rc = safety_read_languages(safety, &p->a, &languages, &n_languages, p->err);
    if (safety && !p->rc)
        p->rc = safety_get_info(safety, "n_in_no_cluster", &p->a, &outside, p->err);
    if (n)
        inspect_age(p, safety, "clusters", "safety run");
    else if (safety)
        page_put(p,
                 "<p class=\"notice\">No cluster was looked at yet: <code>clio safety run</code>."
                 "</p>\n");
    safety_close(safety);
    if (n) {
        page_printf(p,
                    "<p>%zu clusters before floors, most concerning first. Concern is a model's "
                    "or a rule's grade from 1 to 5.</p>\n",
                    n);
        put_outside(p, outside);
        page_put(p, "<table><thead><tr><th>cluster</th><th>mean concern</th><th>grade 3 and above"
                    "</th><th>conversations</th><th>accounts</th><th>of one account</th></tr>"
                    "</thead><tbody>\n");
    }
    for (size_t i = 0; i < n && i < MOST_ROWS; i++)
        overview_row(p, &list[i]);
    page_put(p, n ? "</tbody></table>\n" : "");
    if (n)
        put_languages(p, languages, n_languages, list, n);
    page_end(p);
}

// Classifiers -----------------------------------------------------------------------------------

#define PLOT_W 640
#define PLOT_H 400
#define PLOT_M 46 // margin

static double plot_x(double concern)
{
    return PLOT_M + (concern - 1) / 4 * (PLOT_W - 2 * PLOT_M);
}

static double plot_y(double rate)
{
    return PLOT_H - PLOT_M - rate * (PLOT_H - 2 * PLOT_M);
}

// Grid, axes and the four quadrants: the middle of the scale of concern, half of all flagged.
static void plot_frame(struct page *p)
{
    page_printf(p,
                "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"group\" aria-label=\"Share "
                "flagged by mean concern, one dot a cluster\">\n",
                PLOT_W, PLOT_H);
    for (int i = 1; i <= 5; i++)
        page_printf(p, "<text x=\"%.0f\" y=\"%d\" class=\"tick\">%d</text>", plot_x(i),
                    PLOT_H - PLOT_M + 18, i);
    for (int i = 0; i <= 4; i++)
        page_printf(p, "<text x=\"%d\" y=\"%.0f\" class=\"tick left\">%d %%</text>", PLOT_M - 8,
                    plot_y(i / 4.0) + 4, 25 * i);
    page_printf(p, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"frame\"/>", PLOT_M,
                PLOT_M, PLOT_W - 2 * PLOT_M, PLOT_H - 2 * PLOT_M);
    page_printf(p, "<path d=\"M%.1f %dV%d M%d %.1fH%d\" class=\"cross\"/>", plot_x(3), PLOT_M,
                PLOT_H - PLOT_M, PLOT_M, plot_y(0.5), PLOT_W - PLOT_M);
    static const char *const names[] = { "flagged, little concern", "flagged, concerning", "quiet",
                                         "concerning, not flagged" };
    for (int i = 0; i < 4; i++)
        page_printf(p, "<text x=\"%.0f\" y=\"%.0f\" class=\"quadrant\">%s</text>",
                    plot_x(i % 2 ? 4 : 2), plot_y(i < 2 ? 0.96 : 0.04), names[i]);
    page_printf(p, "<text x=\"%d\" y=\"%d\" class=\"tick\">mean concern</text>\n", PLOT_W / 2,
                PLOT_H - 8);
}

static void plot_dot(struct page *p, const struct safety_classifier_cluster *c, double most)
{
    double rate = c->n ? (double)c->n_flagged / (double)c->n : 0;
    double radius = 2.5 + 9 * sqrt((double)c->n / most);
    page_printf(p,
                "<a href=\"/safety/cluster/%lld\"><circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" "
                "class=\"dot %s\"><title>cluster %lld: concern %.2f, %lld of %lld flagged"
                "</title></circle></a>\n",
                (long long)c->cluster_id, plot_x(c->mean_concern), plot_y(rate), radius,
                str_equal(c->side, STR_LIT("missed")) ? "missed"
                : str_equal(c->side, STR_LIT("over")) ? "over"
                                                      : "",
                (long long)c->cluster_id, c->mean_concern, (long long)c->n_flagged,
                (long long)c->n);
}

struct audited {
    const struct safety_classifier *classifier;
    const struct safety_classifier_cluster *list;
    size_t n;
    const struct safety_cluster *clusters;
    size_t n_clusters;
};

static void put_plot(struct page *p, const struct audited *of)
{
    double most = 1;
    plot_frame(p);
    for (size_t i = 0; i < of->n; i++)
        if (!of->list[i].language.len && (double)of->list[i].n > most)
            most = (double)of->list[i].n;
    for (size_t i = 0; i < of->n; i++)
        if (!of->list[i].language.len && of->list[i].mean_concern >= of->classifier->least_concern)
            plot_dot(p, &of->list[i], most);
    page_put(p, "</svg>\n");
}

static void put_side(struct page *p, const struct audited *of, const char *side, const char *title)
{
    page_printf(p,
                "<h3>%s</h3>\n<table><thead><tr><th>cluster</th><th>language</th><th>concern"
                "</th><th>flagged</th><th>interval</th><th>expected</th><th>q</th></tr></thead>"
                "<tbody>\n",
                title);
    size_t n = 0;
    for (size_t i = 0; i < of->n && n < MOST_ROWS; i++) {
        const struct safety_classifier_cluster *c = &of->list[i];
        if (!str_equal(c->side, str_of(side)))
            continue;
        n++;
        page_put(p, "<tr><td>");
        if (c->cluster_id)
            page_cluster_name(p, of->clusters, of->n_clusters, c->cluster_id);
        else
            page_put(p, "all");
        page_put(p, "</td><td>");
        page_text(p, c->language.len ? c->language : STR_LIT("all"));
        page_printf(p,
                    "</td><td>%.2f</td><td>%lld of %lld</td><td>%.0f&ndash;%.0f&nbsp;%%</td>"
                    "<td>%.0f&nbsp;%%</td><td>%.3g</td></tr>\n",
                    c->mean_concern, (long long)c->n_flagged, (long long)c->n, 100 * c->rate_low,
                    100 * c->rate_high, 100 * c->expected, c->q);
    }
    page_put(p,
             n ? "</tbody></table>\n" : "<tr><td colspan=\"7\">none</td></tr></tbody></table>\n");
}

// Every language, listed or not, by name.
static void put_slices(struct page *p, const struct audited *of)
{
    size_t n = 0;
    for (size_t i = 0; i < of->n; i++)
        n += !of->list[i].cluster_id && of->list[i].language.len;
    if (!n)
        return; // the log names no languages
    page_put(p, "<h3>By language, outside of listed clusters</h3>\n<table><thead><tr><th>language"
                "</th><th>conversations</th><th>concern</th><th>flagged</th><th>interval</th><th>"
                "expected</th><th>q</th><th>listed as</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < of->n; i++) {
        const struct safety_classifier_cluster *c = &of->list[i];
        if (c->cluster_id || !c->language.len)
            continue;
        page_put(p, "<tr><td>");
        page_text(p, c->language);
        page_printf(p,
                    "</td><td>%lld</td><td>%.2f</td><td>%.1f&nbsp;%%</td><td>%.1f&ndash;%.1f&nbsp;"
                    "%%</td><td>%.1f&nbsp;%%</td><td>%.3g</td><td>",
                    (long long)c->n, c->mean_concern,
                    c->n ? 100 * (double)c->n_flagged / (double)c->n : 0, 100 * c->rate_low,
                    100 * c->rate_high, 100 * c->expected, c->q);
        page_text(p, c->side);
        page_put(p, "</td></tr>\n");
    }
    page_put(p, "</tbody></table>\n");
}

static void put_classifier(struct page *p, struct safety *safety, struct audited *of)
{
    const struct safety_classifier *c = of->classifier;
    struct safety_classifier_cluster *list = NULL;
    page_put(p, "<section><h2>");
    page_text(p, c->column);
    page_put(p, "</h2>\n");
    inspect_age(p, safety, arena_printf(&p->a, "classifier_clusters.%.*s", STR_ARG(c->column)).ptr,
                "safety classifier");
    page_printf(p, "<p>%lld of %lld conversations flagged, %lld clusters. ",
                (long long)c->n_flagged, (long long)c->n, (long long)c->n_clusters);
    if (c->has_r)
        page_printf(p,
                    "Concern and flags go together with r&nbsp;=&nbsp;%.2f (%.2f to %.2f); were "
                    "what is listed flagged as expected, %.2f. ",
                    c->r, c->r_low, c->r_high, c->r_fixed);
    page_printf(p,
                "That would be %lld more and %lld fewer flags. Clusters below a mean concern of "
                "%.2f are not drawn; they count in r and may be "
                "listed.</p>\n",
                (long long)c->n_missed, (long long)c->n_over, c->least_concern);
    p->rc = p->rc
                ? p->rc
                : safety_read_classifier_clusters(safety, c->column, &p->a, &list, &of->n, p->err);
    of->list = list;
    if (!p->rc) {
        put_plot(p, of);
        put_side(p, of, "missed", "Concerning, flagged less than expected");
        put_side(p, of, "over", "Flagged more than expected");
        put_slices(p, of);
    }
    page_put(p, "</section>\n");
}

void inspect_classifier(struct page *p)
{
    struct safety_classifier *list = NULL;
    struct safety_cluster *clusters = NULL;
    size_t n = 0, n_clusters = 0;
    struct safety *safety = inspect_signals(p, "Classifiers");
    if (safety)
        p->rc = safety_read_classifiers(safety, &p->a, &list, &n, p->err);
    if (safety && !p->rc)
        p->rc = safety_read_clusters(safety, &p->a, &clusters, &n_clusters, p->err);
    if (safety && !n)
        page_put(p, "<p class=\"notice\">No classifier was audited yet: <code>clio safety "
                    "classifier</code>.</p>\n");
    for (size_t i = 0; i < n && !p->rc; i++) {
        struct audited of = { .classifier = &list[i],
                              .clusters = clusters,
                              .n_clusters = n_clusters };
        put_classifier(p, safety, &of);
    }
    safety_close(safety);
    page_end(p);
}
