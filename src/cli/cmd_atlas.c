// SPDX-License-Identifier: Apache-2.0
// Verbs that read an atlas and nothing else: tree, export, report, serve.
#include "clio_access.h"

#include "base/utf8.h"
#include "cli/command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CANNOT_CREATE 73 // exit status

static int open_atlas(const struct command *command, const struct options *options,
                      struct clio_atlas **atlas)
{
    struct clio_error error = { 0 };
    if (options->n_words != 1)
        return complain_usage("clio %s needs one run directory or atlas file", command->name);
    if (clio_atlas_open(atlas, options->words[0], &error))
        return complain(&error);
    if (options->of && clio_atlas_choose_tree(*atlas, options->of, &error)) {
        clio_atlas_close(*atlas);
        return complain(&error);
    }
    return 0;
}

struct tree {
    const struct clio_cluster *list;
    size_t n;
    int top; // the highest level
    bool colour;
    const char *withheld; // what stands in the place of a title
};

static void put_cluster(const struct tree *tree, const struct clio_cluster *c, int depth)
{
    const char *strong = tree->colour && depth == 0 ? "\033[1m" : "";
    const char *faint = tree->colour ? "\033[2m" : "";
    const char *plain = tree->colour ? "\033[0m" : "";
    bool apart = !c->parent && c->level < tree->top;
    printf("%s%5.1f %% %7lld%s  %*s%s%s%s%s\n", faint, 100.0 * c->share,
           (long long)c->n_conversations, plain, 2 * depth, "", strong,
           c->withheld ? tree->withheld : c->title, plain,
           apart ? " (stands apart: fits in no group above)" : "");
}

static void put_children(const struct tree *tree, int64_t parent, int depth)
{
    for (size_t i = 0; i < tree->n; i++)
        if (tree->list[i].parent == parent) {
            put_cluster(tree, &tree->list[i], depth);
            put_children(tree, tree->list[i].id, depth + 1);
        }
}

// The mode as the atlas names it; "" in one of an older clio.
static const char *mode_of(struct clio_atlas *atlas)
{
    const char *mode = clio_atlas_info(atlas, "privacy");
    return mode ? mode : "";
}

// How many conversations there are; with noise the number nearest to it, where there is one, and
// what the sizes add up to.
static void put_total(struct clio_atlas *atlas)
{
    const char *sum = clio_atlas_info(atlas, "n_conversations");
    const char *counted = clio_atlas_info(atlas, "n_counted");
    if (counted)
        printf("About %s conversations; the noisy sizes add up to %s. ", counted, sum ? sum : "?");
    else if (clio_atlas_info(atlas, "noise_conversations"))
        printf("The noisy sizes add up to %s conversations. ", sum ? sum : "?");
    else
        printf("%s conversations. ", sum ? sum : "?");
}

static const char *plural(const char *n)
{
    return n && strcmp(n, "1") == 0 ? "" : "s";
}

static void put_head(struct clio_atlas *atlas)
{
    const char *floor = clio_atlas_info(atlas, "min_conversations");
    const char *accounts = clio_atlas_info(atlas, "has_accounts");
    const char *min_accounts = clio_atlas_info(atlas, "min_accounts");
    bool dp = strcmp(mode_of(atlas), "dp") == 0; // whose floors noisy numbers meet
    put_total(atlas);
    printf("Every cluster has at least %s conversation%s", floor ? floor : "?", plural(floor));
    if (accounts && strcmp(accounts, "no") == 0)
        printf("; this corpus has no accounts, so the floor counts conversations only");
    else
        printf(" from %s account%s", min_accounts ? min_accounts : "?", plural(min_accounts));
    printf("%s.\n", dp ? ", as far as noisy numbers tell" : "");
}

// Which of several trees this is. Each is a further release on the same people.
static void put_trees(struct clio_atlas *atlas)
{
    const char *const *facets;
    struct clio_error error = { 0 };
    const char *now = clio_atlas_info(atlas, "clustered_facet");
    size_t n = 0;
    if (clio_atlas_trees(atlas, &facets, &n, &error) || n < 2 || !now)
        return;
    printf("Tree of the facet %s, one of %zu releases on the same people. Others:", now, n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(facets[i], now) != 0)
            printf(" --of %s", facets[i]);
    printf(".\n");
}

static void put_if(struct clio_atlas *atlas, const char *key, const char *before, const char *after)
{
    const char *value = clio_atlas_info(atlas, key);
    if (value)
        printf("%s%s%s", before, value, after);
}

// What mode dp spent and has left, and how wide its noise is.
static void put_budget(struct clio_atlas *atlas)
{
    put_if(atlas, "epsilon", "Differential privacy: epsilon ", "");
    put_if(atlas, "delta", " at delta ", " for this release");
    put_if(atlas, "epsilon_spent", ", ", " spent");
    put_if(atlas, "epsilon_left", ", ", " left");
    put_if(atlas, "n_releases", ", releases: ", ".\n");
}

// A number that the atlas gives with more digits than a line of text needs.
static double real_of(const char *text)
{
    return text ? strtod(text, NULL) : 0;
}

// How wide the noise of counts is.
static void put_noise(struct clio_atlas *atlas, FILE *out)
{
    const char *conversations = clio_atlas_info(atlas, "noise_conversations");
    const char *accounts = clio_atlas_info(atlas, "noise_accounts");
    if (!conversations)
        return;
    fprintf(out, "Every count is noisy: standard deviation %.1f in conversations",
            real_of(conversations));
    if (accounts)
        fprintf(out, ", %.1f in accounts", real_of(accounts));
    fprintf(out, " of one cluster.\n");
}

// How long the conversations behind this atlas stay in its vault.
static void put_retention(struct clio_atlas *atlas)
{
    const char *days = clio_atlas_info(atlas, "keep_days");
    if (days && strcmp(days, "0") != 0)
        printf("Conversations are kept until they are %s days old.\n", days);
    else if (days)
        printf("Conversations are kept until somebody purges them.\n");
}

// "1 title", "2 titles".
static const char *s_of(const char *number)
{
    return strcmp(number, "1") == 0 ? "" : "s";
}

// What the auditor did. The bound is rounded up, as a bound may be.
static void put_audit(struct clio_atlas *atlas)
{
    const char *n = clio_atlas_info(atlas, "n_audited");
    const char *bound = clio_atlas_info(atlas, "leak_bound_95");
    const char *replaced = clio_atlas_info(atlas, "n_replaced");
    if (n)
        printf("%s text%s judged, none seen to leak", n, s_of(n));
    if (bound)
        printf(" (95 %% sure that at most %.1f %% hold what the gates look for)",
               ceil(1000 * real_of(bound)) / 10);
    if (replaced)
        printf("; %s title%s replaced", replaced, s_of(replaced));
    put_if(atlas, "n_withheld", ", ", " withheld.\n");
}

// "scanner.own-words" as "scanner, own words".
static void put_gates(struct clio_atlas *atlas)
{
    const char *gates = clio_atlas_info(atlas, "gates");
    if (!gates)
        return;
    printf("Gates: ");
    for (; *gates; gates++) {
        if (*gates == '.')
            printf(", ");
        else
            putchar(*gates == '-' ? ' ' : *gates);
    }
    printf(".\n");
}

// The privacy label: what this atlas promises.
static void put_label(struct clio_atlas *atlas)
{
    const char *mode = clio_atlas_info(atlas, "privacy");
    const char *n = clio_atlas_info(atlas, "n_clusters");
    const char *unit = clio_atlas_info(atlas, "unit");
    const char *most = clio_atlas_info(atlas, "max_per_account");
    if (!mode || !n || !unit) {
        printf("\n"); // made by an older clio
        return;
    }
    printf("Privacy: %s; unit: %s", mode, unit);
    if (most && strcmp(most, "0") != 0)
        printf(", at most %s conversations each", most);
    if (strcmp(mode, "dp") == 0) {
        printf(".\n");
        put_budget(atlas);
    } else if (clio_atlas_info(atlas, "noise_conversations")) {
        printf("; noisy floors of words, no budget is kept.\n");
    } else {
        printf("; %s floors of words, no differential privacy.\n",
               strcmp(mode, "guarded") == 0 ? "noisy" : "exact");
    }
    put_noise(atlas, stdout);
    put_gates(atlas);
    put_retention(atlas);
    put_audit(atlas);
    put_if(atlas, "note_facet_answers_cut",
           "Answers of the model cut to their conversation's own words: ", " (rounded).\n");
    put_if(atlas, "model", "Model: ", "; ");
    put_if(atlas, "embedder", "embedder: ", ".\n\n");
}

static long long number_of(struct clio_atlas *atlas, const char *key)
{
    const char *text = clio_atlas_info(atlas, key);
    long long n = 0;
    if (text)
        sscanf(text, "%lld", &n);
    return n;
}

// Of which conversations this atlas is, when it is not of all.
static void put_choice(struct clio_atlas *atlas)
{
    long long where = number_of(atlas, "note_ingest_filtered_out");
    long long no = number_of(atlas, "note_screen_said_no");
    long long unknown = number_of(atlas, "note_screen_without_answer");
    if (clio_atlas_info(atlas, "where"))
        printf("Chosen by --where: %lld conversations do not fit and are left out (rounded).\n",
               where);
    if (clio_atlas_info(atlas, "screen"))
        printf("Chosen by --screen: the model said no to %lld, and has no answer about %lld "
               "(rounded).\n",
               no, unknown);
    if (clio_atlas_info(atlas, "sample_by"))
        printf("Drawn by output: long conversations are likelier to be here.\n");
}

// "unreachable 2, refused some": why questions of a stage have no answer; false when all have one.
static bool put_reasons(struct clio_atlas *atlas, const char *stage, const char *before)
{
    char start[80];
    snprintf(start, sizeof start, "note_%s_unanswered_", stage);
    const char *reason = NULL, *n = NULL;
    size_t i = 0;
    for (; clio_atlas_info_at(atlas, start, i, &reason, &n); i++) {
        printf("%s", i ? ", " : before);
        for (const char *c = reason; *c; c++)
            putchar(*c == '_' ? ' ' : *c);
        printf(" %s", n);
    }
    if (i)
        printf(")");
    return i > 0;
}

// A title is withheld as the auditor failed it, or as the model that was to judge gave no grade.
// The atlas does not tell these apart; it says whether there are any of the second kind.
static const char *words_of_withheld(struct clio_atlas *atlas)
{
    const char *reason, *n;
    return clio_atlas_info_at(atlas, "note_audit_unanswered_", 0, &reason, &n)
               ? "(withheld: the title did not pass the audit or was not judged)"
               : "(withheld: the title did not pass the audit)";
}

// Numbers are rounded, each by itself: 0 stands for a few, and a part is at most the whole.
static void put_rule_gaps(struct clio_atlas *atlas)
{
    long long by_rule = number_of(atlas, "note_facet_by_rule_instead");
    long long not_asked = number_of(atlas, "note_facet_not_asked");
    if (!clio_atlas_info(atlas, "note_facet_by_rule_instead"))
        return;
    if (by_rule > 0)
        printf("With gaps: the facets of about %lld conversations are by rule, not by the model",
               by_rule);
    else
        printf("With gaps: the facets of a few conversations are by rule, not by the model");
    if (not_asked >= by_rule && by_rule > 0)
        printf(", as these were not asked about");
    else if (not_asked > 0)
        printf(" (about %lld of them not asked about)", not_asked);
    puts(".");
}

static void put_vector_gaps(struct clio_atlas *atlas)
{
    long long n = number_of(atlas, "note_embed_without_vector");
    if (!clio_atlas_info(atlas, "note_embed_without_vector"))
        return;
    if (n > 0)
        printf("With gaps: about %lld conversations have no vector and are left out.\n", n);
    else
        puts("With gaps: a few conversations have no vector and are left out.");
}

// What the model that was asked for did not do, and what stands in its place.
static void put_gaps(struct clio_atlas *atlas)
{
    put_rule_gaps(atlas);
    put_vector_gaps(atlas);
    static const struct {
        const char *stage, *what;
    } parts[] = { { "describe", "about titles" },
                  { "hierarchy", "about the tree" },
                  { "audit", "of the auditor" } };
    bool any = false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char before[80];
        snprintf(before, sizeof before, "%s%s (",
                 any ? "; " : "With gaps: questions without an answer ", parts[i].what);
        any = put_reasons(atlas, parts[i].stage, before) || any;
    }
    if (any)
        printf("; titles and tree there are by program, and what was not judged is withheld.\n");
}

static void put_rest(struct clio_atlas *atlas)
{
    const char *rest = clio_atlas_info(atlas, "n_unclustered");
    const char *share = clio_atlas_info(atlas, "share_unclustered");
    double part = 0;
    if (share)
        sscanf(share, "%lf", &part);
    if (rest && strcmp(rest, "0") != 0)
        printf("%5.1f %% %7s  unclustered: too few people to show (rounded)\n", 100.0 * part, rest);
}

int cmd_tree(const struct command *command, const struct options *options)
{
    struct clio_atlas *atlas;
    struct clio_error error = { 0 };
    struct tree tree = { .colour = may_colour(stdout) };
    int status = open_atlas(command, options, &atlas);
    if (status)
        return status;
    if (options->json) {
        status = clio_atlas_export_json(atlas, stdout, &error) ? complain(&error) : 0;
    } else if (clio_atlas_clusters(atlas, &tree.list, &tree.n, &error)) {
        status = complain(&error);
    } else {
        put_head(atlas);
        put_trees(atlas);
        put_choice(atlas);
        put_gaps(atlas);
        put_label(atlas);
        tree.withheld = words_of_withheld(atlas);
        for (size_t i = 0; i < tree.n; i++)
            tree.top = tree.list[i].level > tree.top ? tree.list[i].level : tree.top;
        put_children(&tree, 0, 0);
        put_rest(atlas);
    }
    clio_atlas_close(atlas);
    return status;
}

// Blanks and invisible characters, behind which a spreadsheet still sees a formula.
static bool is_unseen(uint32_t c)
{
    return c <= ' ' || c == 0xA0 || c == 0xAD || (c >= 0x2000 && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 ||
           c == 0xFEFF;
}

// Whether a spreadsheet would take a cell for a formula (OWASP, CSV injection); the same rule as in
// web/src/save.ts.
static bool is_formula(const char *text)
{
    struct str all = str_of(text);
    for (size_t at = 0; at < all.len;) {
        uint32_t c = utf8_next(all, &at);
        if (c == '\t' || c == '\r')
            return true;
        if (!is_unseen(c))
            return (c < 0x80 && strchr("=+-@|%", (int)c)) || c == 0xFF1D || c == 0xFF0B ||
                   c == 0xFF0D || c == 0xFF20;
    }
    return false;
}

// A cell of CSV: quoted when needed; a formula gets an apostrophe.
static void put_cell(const char *text)
{
    bool formula = is_formula(text);
    if (!formula && !strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    if (formula)
        putchar('\'');
    for (; *text; text++) {
        if (*text == '"')
            putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void put_number(double v)
{
    if (isfinite(v))
        printf("%.6g", v);
}

static void export_csv(const struct clio_cluster *list, size_t n, const char *mode)
{
    puts("id,parent,level,title,summary,n_conversations,n_accounts,share,x,y,privacy");
    for (size_t i = 0; i < n; i++) {
        const struct clio_cluster *c = &list[i];
        printf("%lld,", (long long)c->id);
        if (c->parent)
            printf("%lld", (long long)c->parent);
        printf(",%d,", c->level);
        put_cell(c->title);
        putchar(',');
        put_cell(c->summary);
        printf(",%lld,", (long long)c->n_conversations);
        if (c->n_accounts >= 0)
            printf("%lld", (long long)c->n_accounts);
        putchar(',');
        put_number(c->share);
        putchar(',');
        put_number(c->x);
        putchar(',');
        put_number(c->y);
        putchar(',');
        put_cell(mode);
        putchar('\n');
    }
}

static void put_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void put_json_number(const char *name, double v)
{
    printf(",\"%s\":", name);
    if (isfinite(v))
        printf("%.9g", v);
    else
        printf("null");
}

static void put_json_facets(const struct clio_cluster *c)
{
    printf(",\"facets\":{");
    for (size_t i = 0; i < c->n_facets; i++) {
        bool first = i == 0 || strcmp(c->facets[i].facet, c->facets[i - 1].facet) != 0;
        if (first) {
            printf("%s", i ? "}," : "");
            put_json_text(c->facets[i].facet);
            printf(":{");
        } else {
            putchar(',');
        }
        put_json_text(c->facets[i].value);
        printf(":{\"n_conversations\":%lld", (long long)c->facets[i].n_conversations);
        put_json_number("share", c->facets[i].share);
        putchar('}');
    }
    printf("%s}", c->n_facets ? "}" : "");
}

static void export_jsonl(const struct clio_cluster *list, size_t n, const char *mode)
{
    for (size_t i = 0; i < n; i++) {
        const struct clio_cluster *c = &list[i];
        printf("{\"id\":%lld,\"parent\":", (long long)c->id);
        if (c->parent)
            printf("%lld", (long long)c->parent);
        else
            printf("null");
        printf(",\"level\":%d,\"title\":", c->level);
        if (c->withheld)
            printf("null,\"summary\":null");
        else {
            put_json_text(c->title);
            printf(",\"summary\":");
            put_json_text(c->summary);
        }
        printf(",\"n_conversations\":%lld,\"n_accounts\":", (long long)c->n_conversations);
        if (c->n_accounts >= 0)
            printf("%lld", (long long)c->n_accounts);
        else
            printf("null");
        put_json_number("share", c->share);
        put_json_number("x", c->x);
        put_json_number("y", c->y);
        put_json_facets(c);
        printf(",\"privacy\":");
        put_json_text(mode);
        printf("}\n");
    }
}

int cmd_export(const struct command *command, const struct options *options)
{
    struct clio_atlas *atlas;
    struct clio_error error = { 0 };
    const struct clio_cluster *list;
    size_t n;
    const char *format = options->format ? options->format : "json";
    bool known =
        strcmp(format, "json") == 0 || strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0;
    if (!known)
        return complain_usage("--format is json, csv or jsonl, not \"%.60s\"", format);
    int status = open_atlas(command, options, &atlas);
    if (status)
        return status;
    if (strcmp(format, "json") != 0)
        put_noise(atlas, stderr); // a table has no place for it
    if (clio_atlas_clusters(atlas, &list, &n, &error))
        status = complain(&error);
    else if (strcmp(format, "csv") == 0)
        export_csv(list, n, mode_of(atlas));
    else if (strcmp(format, "jsonl") == 0)
        export_jsonl(list, n, mode_of(atlas));
    else if (clio_atlas_export_json(atlas, stdout, &error))
        status = complain(&error);
    clio_atlas_close(atlas);
    return status;
}

// How a page of report_write begins (serve/page_html.c), behind the line of its type.
static const char report_mark[] = "<link rel=\"icon\" href=\"data:,\">\n<meta http-equiv=\""
                                  "Content-Security-Policy\" content=\"default-src 'none'; "
                                  "style-src 'sha256-";

// Whether a file is in the way that is no report of ours: somebody's data, named by a slip. What is
// no plain file has nothing to lose, and is not opened.
static bool is_in_the_way(const char *path)
{
    struct stat st;
    char first[600];
    if (strncmp(path, "/dev/", 5) == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size == 0)
        return false;
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(first, 1, sizeof first - 1, file) : 0;
    if (file)
        fclose(file);
    first[n] = 0;
    return strncmp(first, "<!doctype html>\n", 16) != 0 || !strstr(first, report_mark);
}

int cmd_report(const struct command *command, const struct options *options)
{
    struct clio_atlas *atlas;
    struct clio_error error = { 0 };
    if (!options->output)
        return complain_usage("name the page: clio report DIR -o FILE.html");
    bool flows = strcmp(options->output, "-") == 0;
    const char *page = flows ? "/dev/stdout" : options->output;
    if (is_in_the_way(page)) {
        fprintf(stderr,
                "clio: %s is there and is no report of clio's, so it stays as it is; name another "
                "file, or take that one away first\n",
                page);
        return CANNOT_CREATE;
    }
    int status = open_atlas(command, options, &atlas);
    if (status)
        return status;
    struct clio_atlas *other = NULL;
    if (options->compare && clio_atlas_open(&other, options->compare, &error))
        status = complain(&error);
    else if (clio_atlas_report(atlas, other, page, &error))
        status = complain(&error);
    else if (!flows && strcmp(clio_get(options->session, "quiet"), "yes") != 0)
        fprintf(stderr, "clio: wrote %s; open it in a browser\n", page);
    clio_atlas_close(other);
    clio_atlas_close(atlas);
    return status;
}

static void say_ready(void *context, const char *url)
{
    const struct options *options = context;
    printf("%s\n", url);
    fflush(stdout);
    fprintf(stderr,
            options->uds ? "clio: listening on %s; Ctrl-C ends\n"
                         : "clio: open %s in a browser; Ctrl-C ends\n",
            url);
}

int cmd_serve(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words != 1)
        return complain_usage("clio %s needs one run directory or atlas file", command->name);
    struct clio_serve_options serve = { .port = (uint16_t)options->port,
                                        .socket = options->uds,
                                        .compare = options->compare,
                                        .behind = options->behind,
                                        .ready = say_ready,
                                        .context = (void *)(uintptr_t)options };
    int status = options->safety
                     ? clio_serve_safety(options->session, options->words[0], &serve, &error)
                     : clio_serve(options->session, options->words[0], &serve, &error);
    if (status)
        return complain(&error);
    return 0;
}
