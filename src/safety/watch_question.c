// SPDX-License-Identifier: Apache-2.0
#include "safety/watch_question.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#define SECONDS_A_DAY 86400

static int read_number(const struct json *root, const char *key, double low, double high,
                       double *out, struct err *err)
{
    const struct json *v = json_member(root, key);
    if (!v)
        return 0;
    if (!json_number(v, out) || *out < low || *out > high)
        return err_set(err, ERR_USAGE, "\"%s\" of a watch is a number from %g to %g", key, low,
                       high);
    return 0;
}

static int read_day(const struct json *root, const char *key, int64_t *day, bool *there,
                    struct err *err)
{
    const struct json *v = json_member(root, key);
    int64_t time;
    *there = v != NULL;
    if (!v)
        return 0;
    if (!time_parse(json_str(v), &time))
        return err_set(err, ERR_USAGE, "\"%s\" of a watch is a day, as 2026-11-03", key);
    *day = time / SECONDS_A_DAY - (time % SECONDS_A_DAY < 0);
    return 0;
}

static int read_rule(const struct json *root, struct watch_rule *rule, struct err *err)
{
    struct str on = json_str(json_member(root, "on"));
    double base = (double)rule->base_days;
    bool has_until = false;
    if (on.len && !str_equal(on, STR_LIT("growth")) && !str_equal(on, STR_LIT("share")))
        return err_set(err, ERR_USAGE, "\"on\" of a watch is growth or share");
    rule->on = str_equal(on, STR_LIT("share")) ? WATCH_SHARE : WATCH_GROWTH;
    int rc = read_number(root, "share", 1e-6, 1, &rule->share, err);
    if (!rc)
        rc = read_number(root, "factor", 1, 1000, &rule->factor, err);
    if (!rc)
        rc = read_number(root, "p", 1e-12, 0.05, &rule->most_p, err);
    if (!rc)
        rc = read_number(root, "base", 10, 365, &base, err);
    rule->base_days = (int64_t)base;
    if (!rc && rule->on == WATCH_SHARE && rule->share <= 0)
        rc = err_set(err, ERR_USAGE, "a watch on share needs the share, as \"share\": 0.02");
    if (!rc)
        rc = read_day(root, "event", &rule->event, &rule->has_event, err);
    rule->until = rule->event;
    if (!rc)
        rc = read_day(root, "until", &rule->until, &has_until, err);
    if (!rc && (has_until && (!rule->has_event || rule->until < rule->event)))
        rc = err_set(err, ERR_USAGE, "\"until\" of a watch is a day from its \"event\" on");
    return rc;
}

static int read_match(const struct json *root, struct arena *a, struct watch_question *q,
                      struct err *err)
{
    static const char *const keys[] = { "words", "cluster", "like", "concern", "new", "screen" };
    size_t n = 0;
    double number = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (json_member(root, keys[i])) {
            q->match = (enum watch_match)i;
            n++;
        }
    if (n != 1)
        return err_set(err, ERR_USAGE,
                       "a watch asks for one of words, cluster, like, concern, new and screen");
    struct str text = json_str(json_member(root, keys[q->match]));
    if (q->match == WATCH_WORDS || q->match == WATCH_LIKE || q->match == WATCH_SCREEN) {
        q->text = q->match == WATCH_WORDS ? utf8_lower(a, text) : arena_str(a, text);
        q->least = 0.6;
        if (!str_trim(text).len)
            return err_set(err, ERR_USAGE, "\"%s\" of a watch is a text", keys[q->match]);
        return read_number(root, "least", -1, 1, &q->least, err);
    }
    double low = q->match == WATCH_NEW ? -1 : 1;
    double high = q->match == WATCH_CLUSTER ? 1e9 : q->match == WATCH_CONCERN ? 5 : 1;
    int rc = read_number(root, keys[q->match], low, high, &number, err);
    q->number = (int64_t)number;
    q->least = number;
    return rc;
}

static int read_tree(const struct json *root, struct arena *a, struct watch_question *q,
                     struct err *err)
{
    if (!json_member(root, "of"))
        return 0;
    q->of = arena_str(a, json_str(json_member(root, "of")));
    if (!q->of.len)
        return err_set(err, ERR_USAGE, "\"of\" of a watch is the name of a clustered facet");
    if (q->match != WATCH_CLUSTER && q->match != WATCH_LIKE && q->match != WATCH_NEW)
        return err_set(err, ERR_USAGE,
                       "this watch asks about conversations, not about a tree: leave \"of\" out");
    return 0;
}

static int check_keys(const struct json *root, struct err *err)
{
    static const char *const known[] = { "words", "cluster", "like",  "least", "concern",
                                         "new",   "screen",  "on",    "share", "factor",
                                         "p",     "base",    "event", "until", "of" };
    struct str key;
    const struct json *value;
    for (void *at = NULL; (at = json_walk(root, at, &key, &value));) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            found |= str_equal(key, str_of(known[i]));
        if (!found)
            return err_set(err, ERR_USAGE, "a watch knows no \"%.*s\"; docs/safety.md has the list",
                           STR_ARG(str_head(key, 40)));
    }
    return 0;
}

int watch_question_read(struct str json, struct arena *a, struct watch_question *q, struct err *err)
{
    struct json *root = NULL;
    *q = (struct watch_question){ .rule = watch_default_rule() };
    int rc = json_open(&root, json, err);
    if (rc || json_kind(root) != JSON_MAP)
        rc = err_set(err, ERR_USAGE, "a watch is a JSON map, as '{\"words\": \"cheap pills\"}'");
    if (!rc)
        rc = check_keys(root, err);
    if (!rc)
        rc = read_match(root, a, q, err);
    if (!rc)
        rc = read_tree(root, a, q, err);
    if (!rc)
        rc = read_rule(root, &q->rule, err);
    json_close(root);
    return rc;
}

static bool has_word(struct str words)
{
    struct str one;
    while (str_cut(&words, '|', &one))
        if (str_trim(one).len)
            return true;
    return false;
}

static int check_whole(const struct json *root, const char *key, struct err *err)
{
    const struct json *v = json_member(root, key);
    double number = 0;
    if (v && json_number(v, &number) && number != (double)(int64_t)number)
        return err_set(err, ERR_USAGE, "\"%s\" of a watch is a whole number", key);
    return 0;
}

int watch_question_check(struct str json, const struct watch_question *q, struct err *err)
{
    struct json *root = NULL;
    bool share = q->rule.on == WATCH_SHARE;
    int rc = json_open(&root, json, err);
    if (!rc)
        rc = check_whole(root, "cluster", err);
    if (!rc)
        rc = check_whole(root, "concern", err);
    if (!rc && q->match == WATCH_WORDS && !has_word(q->text))
        rc = err_set(err, ERR_USAGE, "\"words\" of a watch has no word, so nothing would match");
    if (!rc && json_member(root, "on") && !json_str(json_member(root, "on")).len)
        rc = err_set(err, ERR_USAGE, "\"on\" of a watch is growth or share");
    if (!rc && !share && json_member(root, "share"))
        rc = err_set(err, ERR_USAGE,
                     "\"share\" of a watch goes with \"on\": \"share\"; this one is on growth");
    if (!rc && share && json_member(root, "factor"))
        rc = err_set(err, ERR_USAGE,
                     "\"factor\" of a watch goes with \"on\": \"growth\"; this one is on share");
    if (!rc && q->match != WATCH_LIKE && json_member(root, "least"))
        rc = err_set(err, ERR_USAGE, "\"least\" of a watch goes with \"like\"");
    json_close(root);
    return rc;
}

int watch_question_set_cluster(struct str json, int64_t number, struct arena *a, struct str *out,
                               struct err *err)
{
    struct json *root = NULL;
    struct buf text;
    struct str key;
    const struct json *value;
    int rc = json_open(&root, json, err);
    buf_init(&text, 2 * json.len + 1024, "question of a watch");
    for (void *at = NULL; !rc && (at = json_walk(root, at, &key, &value));) {
        double v = (double)number;
        bool is_number = str_equal(key, STR_LIT("cluster")) || json_number(value, &v);
        rc = buf_add(&text, text.len ? STR_LIT(", ") : STR_LIT("{"), err);
        if (!rc)
            rc = json_put_str(&text, key, err);
        if (!rc)
            rc = buf_add(&text, STR_LIT(": "), err);
        if (!rc)
            rc = is_number ? json_put_number(&text, v, err)
                           : buf_add(&text, json_compact(a, value), err);
    }
    if (!rc)
        rc = buf_add_char(&text, '}', err);
    if (!rc)
        *out = arena_str(a, buf_view(&text));
    buf_release(&text);
    json_close(root);
    return rc;
}

int watch_question_set_of(struct str json, const char *of, struct arena *a, struct str *out,
                          struct err *err)
{
    struct watch_question q;
    struct buf text;
    *out = json;
    int rc = watch_question_read(json, a, &q, err);
    if (rc)
        return rc;
    if (q.of.len)
        return str_equal(q.of, str_of(of))
                   ? 0
                   : err_set(err, ERR_USAGE, "the question is of another tree than --of names");
    struct str map = str_trim(json); // that there is a member in it was seen
    buf_init(&text, map.len + 1024, "question of a watch");
    rc = buf_add(&text, str_head(map, map.len - 1), err);
    if (!rc)
        rc = buf_add(&text, STR_LIT(", \"of\": "), err);
    if (!rc)
        rc = json_put_str(&text, str_of(of), err);
    if (!rc)
        rc = buf_add_char(&text, '}', err);
    if (!rc)
        *out = arena_str(a, buf_view(&text));
    buf_release(&text);
    return rc;
}
