// SPDX-License-Identifier: Apache-2.0
// Verbs that work on run directories, and those that need none: scan, check, bench.
#include "cli/command.h"
#include "clio_safety.h"

#include "base/hash.h"
#include "base/stop.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Eight digits that tell lists of files from each other, wherever they are named from.
static void name_files(const struct options *options, char digits[9])
{
    char hex[DIGEST_HEX];
    struct digest d;
    digest_init(&d);
    for (size_t i = 0; i < options->n_words; i++) {
        char *real = realpath(options->words[i], NULL);
        digest_add(&d, str_of(real ? real : options->words[i]));
        free(real);
    }
    digest_hex(&d, hex);
    snprintf(digits, 9, "%.8s", hex);
}

// --out, or a directory of its own in $XDG_DATA_HOME/clio/runs: exports of everybody are called
// conversations.json, so the name of the first file alone would be one for many.
static const char *run_directory(const struct options *options, char *room, size_t size)
{
    char digits[9];
    const char *out = clio_get(options->session, "out");
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (*out || options->n_words == 0)
        return out;
    const char *slash = strrchr(options->words[0], '/');
    const char *name = slash && slash[1] ? slash + 1 : options->words[0];
    if (strcmp(name, "-") == 0)
        name = "stdin";
    const char *dot = strrchr(name, '.');
    int len = (int)(dot && dot != name ? (size_t)(dot - name) : strcspn(name, "/"));
    name_files(options, digits);
    if (data && *data)
        snprintf(room, size, "%s/clio/runs/%.*s-%s", data, len, name, digits);
    else
        snprintf(room, size, "%s/.local/share/clio/runs/%.*s-%s", home ? home : ".", len, name,
                 digits);
    if (strcmp(clio_get(options->session, "quiet"), "yes") != 0)
        fprintf(stderr, "clio: the run is kept in %s\n", room);
    return room;
}

#define FEW_GROUPS 2 // so few do not show much
#define FEW_CONVERSATIONS 3

// What a finished run shows, and the flags that may make it show more.
struct shown {
    size_t n;          // clusters that are shown
    size_t n_withheld; // those with a title that the audit did not let through
    bool has_accounts;
    char more[96]; // "" when nothing is known that would
};

static bool says(struct clio_atlas *atlas, const char *key, const char *value)
{
    const char *is = clio_atlas_info(atlas, key);
    return is && strcmp(is, value) == 0;
}

// Floors that are low already do not become lower, and nobody needs accounts that are not there.
static void name_flags(struct clio_atlas *atlas, struct shown *shown)
{
    const char *floor = clio_atlas_info(atlas, "min_conversations");
    bool local = says(atlas, "privacy", "local");
    bool accounts = shown->has_accounts && !says(atlas, "min_accounts", "1");
    bool low = !floor || strtol(floor, NULL, 10) <= FEW_CONVERSATIONS;
    snprintf(shown->more, sizeof shown->more, "%s%s%s", local ? "" : "--privacy local",
             local || (!accounts && low) ? "" : " ",
             accounts ? "--min-accounts 1"
             : low    ? ""
                      : "--min-conversations 3");
}

// False when that cannot be told.
static bool look_at_atlas(const char *dir, struct shown *shown)
{
    struct clio_error ignored = { 0 };
    struct clio_atlas *atlas = NULL;
    const struct clio_cluster *list;
    size_t n = 0;
    *shown = (struct shown){ 0 };
    if (clio_atlas_open(&atlas, dir, &ignored))
        return false;
    bool good = clio_atlas_clusters(atlas, &list, &n, &ignored) == 0;
    for (size_t i = 0; good && i < n; i++)
        shown->n_withheld += list[i].withheld;
    shown->n = n - shown->n_withheld;
    shown->has_accounts = !says(atlas, "has_accounts", "no");
    name_flags(atlas, shown);
    clio_atlas_close(atlas);
    return good;
}

static void say_done(const char *dir, bool quiet)
{
    struct shown shown;
    bool known = look_at_atlas(dir, &shown);
    const char *own = *shown.more ? "; for data that is your own, " : "";
    if (known && !shown.n && shown.n_withheld)
        fprintf(stderr,
                "clio: done, but the titles of all %zu groups are withheld, as the audit "
                "let none through. See the groups with: clio tree %s\n",
                shown.n_withheld, dir);
    else if (known && !shown.n)
        fprintf(stderr,
                "clio: done, but no group is large enough to be shown: it takes more "
                "conversations%s%s%s\n",
                shown.has_accounts ? ", of more accounts" : "", own, shown.more);
    else if (!quiet)
        fprintf(stderr, "clio: done. See it with: clio tree %s; clio serve %s\n", dir, dir);
    if (known && shown.n && shown.n <= FEW_GROUPS && !quiet)
        fprintf(stderr, "clio: that is %zu group%s%s%s%s\n", shown.n, shown.n == 1 ? "" : "s", own,
                shown.more, *shown.more ? " may make more" : "");
}

// Until there is an answer to read. A signal that comes before the wait, or to another thread,
// would not end a read; so it is looked for ten times a second. False: there was one.
static bool wait_for_answer(void)
{
    struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
    while (!stop_asked() && poll(&terminal, 1, 100) <= 0) {
    }
    return !stop_asked();
}

// What asking a server will take is shown to whoever sits there, and waits for a yes.
static bool ask_to_go_on(void *context, const char *text)
{
    char line[16] = "";
    (void)context;
    fprintf(stderr, "%sGo on? (y/N) ", text);
    fflush(stderr);
    if (!wait_for_answer() || !fgets(line, sizeof line, stdin))
        fputc('\n', stderr);
    return line[0] == 'y' || line[0] == 'Y';
}

static bool is_attended(const struct options *options)
{
    for (size_t i = 0; i < options->n_words; i++)
        if (strcmp(options->words[i], "-") == 0) // the answer would be read as a conversation
            return false;
    return !options->yes && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

int cmd_run(const struct command *command, const struct options *options)
{
    char room[4096];
    struct clio_error error = { 0 };
    const char *dir = run_directory(options, room, sizeof room);
    if (!*dir)
        return complain_usage("name the files with the conversations; see `clio %s --help`",
                              command->name);
    if (is_attended(options))
        clio_confirm_with(options->session, ask_to_go_on, NULL);
    if (clio_run(options->session, dir, options->words, options->n_words, &error))
        return complain(&error);
    say_done(dir, strcmp(clio_get(options->session, "quiet"), "yes") == 0);
    return 0;
}

static void say_appended(const struct clio_appended *a, const char *dir)
{
    if (strcmp(a->outcome, "nothing") == 0)
        printf("No conversation was new; %s is as it was.\n", dir);
    else if (strcmp(a->outcome, "held") == 0)
        printf(
            "%lld conversations were read, %lld of %lld accounts count: fewer than a release may "
            "differ by. They wait until more come with `clio append %s FILE…`; the atlas is "
            "without them.\n",
            (long long)a->n_read, (long long)a->n_counted, (long long)a->n_accounts, dir);
    else {
        if (a->n_read) // else clusters are found again without a batch
            printf("%lld conversations were read, %lld count. ", (long long)a->n_read,
                   (long long)a->n_counted);
        printf("%lld of all fit no cluster yet.%s\n", (long long)a->n_emerging,
               a->reclustered ? " The clusters were found again; those that are the same kept who "
                                "they are."
                              : "");
    }
}

int cmd_append(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    struct clio_appended appended = { 0 };
    if (options->n_words == 0)
        return complain_usage("clio %s needs %s; see `clio %s --help`", command->name,
                              command->words, command->name);
    if (clio_append(options->session, options->words[0], options->words + 1, options->n_words - 1,
                    &appended, &error))
        return complain(&error);
    if (options->json)
        printf("{\"outcome\":\"%s\",\"n_read\":%lld,\"n_counted\":%lld,\"n_accounts\":%lld,"
               "\"n_emerging\":%lld,\"reclustered\":%s}\n",
               appended.outcome, (long long)appended.n_read, (long long)appended.n_counted,
               (long long)appended.n_accounts, (long long)appended.n_emerging,
               appended.reclustered ? "true" : "false");
    else
        say_appended(&appended, options->words[0]);
    if (strcmp(appended.outcome, "nothing") != 0 &&
        clio_watch_batch(options->session, options->words[0], stdout, &error))
        return complain(&error);
    return 0;
}

int cmd_estimate(const struct command *command, const struct options *options)
{
    char room[4096];
    struct clio_error error = { 0 };
    const char *dir = run_directory(options, room, sizeof room);
    if (!*dir)
        return complain_usage("name the files with the conversations, or a run directory with "
                              "--out; see `clio %s --help`",
                              command->name);
    if (clio_estimate(options->session, dir, options->words, options->n_words, stdout, &error))
        return complain(&error);
    return 0;
}

int cmd_stage(const struct command *command, const struct options *options)
{
    char room[4096];
    struct clio_error error = { 0 };
    int status;
    if (options->n_words == 0)
        return complain_usage("clio %s needs %s; see `clio %s --help`", command->name,
                              command->words, command->name);
    if (strcmp(command->name, "ingest") == 0)
        status = clio_run_stage(options->session, run_directory(options, room, sizeof room),
                                "ingest", options->words, options->n_words, &error);
    else
        status =
            clio_run_stage(options->session, options->words[0], command->name, NULL, 0, &error);
    return status ? complain(&error) : 0;
}

static bool lacks_accounts(const struct clio_stage_status *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].lacks_accounts)
            return true;
    return false;
}

// The sum of a number of all stages; field: where it stands in the struct.
static int64_t sum_of(const struct clio_stage_status *list, size_t n, size_t field)
{
    int64_t sum = 0, one;
    for (size_t i = 0; i < n; i++) {
        memcpy(&one, (const char *)&list[i] + field, sizeof one);
        sum += one;
    }
    return sum;
}
#define SUM_OF(list, n, name) sum_of(list, n, offsetof(struct clio_stage_status, name))

static void put_status_json(const struct clio_stage_status *list, size_t n, const char *mode)
{
    printf("{\"privacy\":\"%s\",\"lacks_accounts\":%s,\"n_odd_times\":%lld,"
           "\"n_repaired\":%lld,\"n_copies\":%lld,\"stages\":[",
           mode, lacks_accounts(list, n) ? "true" : "false",
           (long long)SUM_OF(list, n, n_odd_times), (long long)SUM_OF(list, n, n_repaired),
           (long long)SUM_OF(list, n, n_copies));
    for (size_t i = 0; i < n; i++)
        printf("%s{\"name\":\"%s\",\"tree\":\"%s\",\"state\":\"%s\",\"n_in\":%lld,\"n_out\":%lld,"
               "\"n_left_out\":%lld,\"n_unanswered\":%lld,\"n_not_asked\":%lld,\"ms\":%lld}",
               i ? "," : "", list[i].name, list[i].tree, list[i].state, (long long)list[i].n_in,
               (long long)list[i].n_out, (long long)list[i].n_left_out,
               (long long)list[i].n_unanswered, (long long)list[i].n_not_asked,
               (long long)list[i].ms);
    printf("]}\n");
}

// Which stages ask a model and have no answer to some of it.
static void put_unanswered(const struct clio_stage_status *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].n_unanswered)
            printf("%s%s%s: %lld question%s no answer that can be used; not asked: %lld.\n",
                   list[i].name, *list[i].tree ? " of " : "", list[i].tree,
                   (long long)list[i].n_unanswered, list[i].n_unanswered == 1 ? " has" : "s have",
                   (long long)list[i].n_not_asked);
}

int cmd_status(const struct command *command, const struct options *options)
{
    struct clio_stage_status list[CLIO_MOST_STATUS];
    struct clio_error error = { 0 };
    size_t n;
    if (options->n_words != 1)
        return complain_usage("clio %s needs one directory", command->name);
    if (clio_status(options->session, options->words[0], list, &n, &error))
        return complain(&error);
    const char *mode = clio_get(options->session, "privacy"); // of the run
    if (options->json) {
        put_status_json(list, n, mode);
        return 0;
    }
    printf("Privacy: %s\n", mode);
    printf("%-10s  %-8s %10s %10s %10s %10s\n", "stage", "state", "in", "out", "left out",
           "seconds");
    for (size_t i = 0; i < n; i++)
        printf("%-10s  %-8s %10lld %10lld %10lld %10.1f%s%s\n", list[i].name, list[i].state,
               (long long)list[i].n_in, (long long)list[i].n_out, (long long)list[i].n_left_out,
               (double)list[i].ms / 1000.0, *list[i].tree ? "  " : "", list[i].tree);
    put_unanswered(list, n);
    if (lacks_accounts(list, n))
        puts("This corpus has no accounts, so the floors count conversations only.");
    int64_t n_odd = SUM_OF(list, n, n_odd_times), n_repaired = SUM_OF(list, n, n_repaired);
    int64_t n_copies = SUM_OF(list, n, n_copies);
    if (n_odd)
        printf("%lld conversations have a time that cannot be read, and count as without one.\n",
               (long long)n_odd);
    if (n_repaired)
        printf(
            "Texts that are not in UTF-8: %lld; what cannot be read of them is marked in them.\n",
            (long long)n_repaired);
    if (n_copies)
        printf("%lld conversation%s word for word as another one, and count%s once with it.\n",
               (long long)n_copies, n_copies == 1 ? " is" : "s are", n_copies == 1 ? "s" : "");
    return 0;
}

int cmd_evaluate(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words < 2)
        return complain_usage("usage: clio %s %s; see `clio %s --help`", command->name,
                              command->words, command->name);
    return clio_evaluate(options->session, options->words[0], options->words + 1,
                         options->n_words - 1, options->truth, options->of, stdout, &error)
               ? complain(&error)
               : 0;
}

int cmd_diff(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words != 2)
        return complain_usage("clio %s needs two run directories or atlas files", command->name);
    return clio_diff(options->session, options->words[0], options->words[1], options->of, stdout,
                     &error)
               ? complain(&error)
               : 0;
}

int cmd_scan(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    uint64_t n_found = 0;
    if (options->n_words != 1)
        return complain_usage("clio %s needs one file", command->name);
    if (clio_scan(options->session, options->words[0], stdout, &n_found, &error))
        return complain(&error);
    return n_found ? 0 : 1;
}

int cmd_audit(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words != 1)
        return complain_usage("clio %s needs one directory", command->name);
    return clio_audit(options->session, options->words[0], stdout, &error) ? complain(&error) : 0;
}

int cmd_purge(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    struct clio_purged purged = { 0 };
    if (options->n_words != 1 || !options->by)
        return complain_usage("clio %s needs one run directory and %s", command->name,
                              command->own);
    if (clio_purge(options->session, options->words[0], options->by, options->what, &purged,
                   &error))
        return complain(&error);
    bool is_slip = !purged.n_conversations && strcmp(options->by, "before") != 0;
    if (options->json)
        printf("{\"n_conversations\":%lld,\"n_accounts\":%lld,\"n_values\":%lld,"
               "\"n_timeless\":%lld}\n",
               (long long)purged.n_conversations, (long long)purged.n_accounts,
               (long long)purged.n_values, (long long)purged.n_timeless);
    else if (is_slip)
        fprintf(stderr,
                "clio: no conversation has this %s; the vault's free space was emptied all the "
                "same\n",
                strcmp(options->by, "account") == 0 ? "account" : "id");
    else
        printf(
            "%lld conversation%s, %lld account%s and %lld facet values are gone%s. Run `clio run "
            "--out %s` to make the atlas anew, or `clio append %s` while new conversations "
            "wait. Your input still has them; this run passes them over from now on.\n",
            (long long)purged.n_conversations, purged.n_conversations == 1 ? "" : "s",
            (long long)purged.n_accounts, purged.n_accounts == 1 ? "" : "s",
            (long long)purged.n_values,
            purged.n_conversations ? ", and with them all vectors, counts, phrases and titles "
                                     "of this run, a server's answers and the findings of "
                                     "`clio safety`"
                                   : "",
            options->words[0], options->words[0]);
    if (!options->json && purged.n_timeless)
        printf("%lld conversations have no time that can be read, and stay.\n",
               (long long)purged.n_timeless);
    return is_slip ? 1 : 0;
}

static int refuse_words(const struct command *command)
{
    return complain_usage("clio %s takes flags alone; see `clio %s --help`", command->name,
                          command->name);
}

int cmd_bench(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words)
        return refuse_words(command);
    return clio_bench(options->session, stdout, &error) ? complain(&error) : 0;
}

int cmd_check(const struct command *command, const struct options *options)
{
    struct clio_error error = { 0 };
    if (options->n_words)
        return refuse_words(command);
    return clio_check(options->session, stdout, &error) ? complain(&error) : 0;
}
