// SPDX-License-Identifier: Apache-2.0
#include "evaluate/audit_score.h"

#include "base/file.h"
#include "base/json.h"
#include "privacy/auditor.h"
#include "privacy/auditor_ask.h"
#include "safety/statistics.h"

#define MOST_ITEMS ((size_t)1 << 30) // bytes
#define N_COLUMNS 6
#define CLEAN STR_LIT("clean")

enum judge { JUDGE_PATTERNS, JUDGE_GATE, JUDGE_MODEL, N_JUDGES };
static const char *const judge_names[N_JUDGES] = { "patterns", "gate", "model" };

struct item {
    struct str title, summary, shared;
    uint32_t kind, language; // places in the maps
    bool is_private;
    bool flagged[N_JUDGES];
};
struct items {
    struct item *list;
    size_t n;
    struct map kinds, languages;
    bool has[N_JUDGES];
    int64_t n_ungraded; // that the model gave no grade to: they count as flagged
};

// ---- reading

static int read_items(struct items *items, const char *path, struct arena *a, struct err *err)
{
    struct str text, line, cell[N_COLUMNS];
    size_t number = 0, n_lines = 0;
    int rc = file_read(a, path, MOST_ITEMS, &text, err);
    for (size_t i = 0; !rc && i < text.len; i++)
        n_lines += text.ptr[i] == '\n';
    items->list = arena_zero_array(a, n_lines + 2, sizeof *items->list);
    while (!rc && str_cut(&text, '\n', &line)) {
        size_t n = 0;
        if (!line.len || ++number == 1)
            continue;
        while (n < N_COLUMNS && str_cut(&line, '\t', &cell[n]))
            n++;
        if (n < N_COLUMNS || line.ptr)
            return err_set(err, ERR_DATA,
                           "%s, line %zu: six columns are needed: id, title, "
                           "summary, shared words, kind, language",
                           path, number);
        items->list[items->n++] = (struct item){
            .title = cell[1],
            .summary = cell[2],
            .shared = cell[3],
            .kind = (uint32_t)map_add(&items->kinds, cell[4], 0, NULL),
            .language = (uint32_t)map_add(&items->languages, str_trim(cell[5]), 0, NULL),
            .is_private = !str_equal(cell[4], CLEAN),
        };
    }
    if (!rc && !items->n)
        rc = err_set(err, ERR_DATA, "%s holds no texts below its header", path);
    return rc;
}

// ---- judging

static int judge_one(struct scanner *scanner, struct item *item, struct arena *a, struct err *err)
{
    struct support support = { 0 };
    struct audit_verdict verdict;
    struct audit_subject subject = { .title = raw_of(item->title),
                                     .summary = raw_of(item->summary) };
    int rc = auditor_judge(scanner, &subject, a, &verdict, err);
    item->flagged[JUDGE_PATTERNS] = !rc && verdict.grade < AUDIT_PASSES;
    support_add(&support, item->shared);
    subject.support = &support;
    if (!rc)
        rc = auditor_judge(scanner, &subject, a, &verdict, err);
    item->flagged[JUDGE_GATE] = !rc && verdict.grade < AUDIT_PASSES;
    support_release(&support);
    return rc;
}

static int judge_by_program(struct items *items, struct arena *a, struct err *err)
{
    struct scanner *scanner = NULL;
    int rc = scan_open(&scanner, err);
    items->has[JUDGE_PATTERNS] = items->has[JUDGE_GATE] = true;
    for (size_t i = 0; !rc && i < items->n; i++) {
        struct arena_mark start = arena_save(a);
        rc = judge_one(scanner, &items->list[i], a, err);
        arena_rewind(a, start);
    }
    scan_close(scanner);
    return rc;
}

static int judge_by_model(struct run *run, struct items *items, struct err *err)
{
    struct arena *a = &run->scratch;
    struct auditor_text *texts = arena_array(a, items->n + 1, sizeof *texts);
    struct audit_verdict *verdicts = arena_array(a, items->n + 1, sizeof *verdicts);
    struct ask_counts counts = { 0 };
    if (!run_by_model(run, "auditor"))
        return 0;
    for (size_t i = 0; i < items->n; i++) {
        texts[i] =
            (struct auditor_text){ raw_of(items->list[i].title), raw_of(items->list[i].summary) };
        verdicts[i] = (struct audit_verdict){ 5, "" };
    }
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = auditor_ask(run->llm, texts, items->n, a, verdicts, &counts, err);
    for (size_t i = 0; !rc && i < items->n; i++)
        items->list[i].flagged[JUDGE_MODEL] = verdicts[i].grade < AUDIT_PASSES;
    items->has[JUDGE_MODEL] = rc == 0;
    items->n_ungraded = counts.n_gaps;
    return rc;
}

// ---- telling

static int put_share(struct buf *out, bool json, const char *name, size_t k, size_t n,
                     struct err *err)
{
    struct interval range = wilson((double)k, (double)n);
    double share = n ? (double)k / (double)n : 0;
    return buf_printf(out, err,
                      json ? ",\"%s\":{\"value\":%.6f,\"low\":%.6f,\"high\":%.6f,\"n\":%zu}"
                           : "  %-18s %7.4f  (%.4f to %.4f, n = %zu)\n",
                      name, share, range.low, range.high, n);
}

// The share flagged of the items whose kind (or, of private ones, whose language) is `which`.
static int put_group(const struct items *items, enum judge judge, bool by_language, size_t which,
                     bool json, struct buf *out, struct err *err)
{
    const struct map *names = by_language ? &items->languages : &items->kinds;
    size_t k = 0, n = 0;
    for (size_t i = 0; i < items->n; i++) {
        const struct item *item = &items->list[i];
        bool in = by_language ? item->is_private && item->language == which : item->kind == which;
        n += in;
        k += in && item->flagged[judge];
    }
    struct arena a = { 0 };
    struct buf name;
    buf_init(&name, 4096, "name");
    int rc = buf_add(&name, names->entries[which].key, err);
    if (!rc && json)
        rc = buf_printf(out, err, "%s{\"name\":", which ? "," : "");
    if (!rc && json)
        rc = json_put_str(out, buf_view(&name), err);
    if (!rc)
        rc = put_share(out, json, json ? "flagged" : arena_copy(&a, buf_view(&name)), k, n, err);
    if (!rc && json)
        rc = buf_add_char(out, '}', err);
    buf_release(&name);
    arena_release(&a);
    return rc;
}

static int put_groups(const struct items *items, enum judge judge, bool by_language, bool json,
                      struct buf *out, struct err *err)
{
    size_t n = by_language ? items->languages.n : items->kinds.n;
    const char *name = by_language ? "languages" : "kinds";
    int rc = buf_printf(out, err, json ? ",\"%s\":[" : "%s, share flagged:\n", name);
    for (size_t i = 0; !rc && i < n; i++)
        rc = put_group(items, judge, by_language, i, json, out, err);
    return rc || !json ? rc : buf_add_char(out, ']', err);
}

static int put_ungraded(const struct items *items, bool json, struct buf *out, struct err *err)
{
    long long n = items->n_ungraded;
    if (json)
        return buf_printf(out, err, ",\"ungraded\":%lld", n);
    return buf_printf(out, err, "  %-18s %7lld  (texts that got none; they count as flagged)\n",
                      "no grade", n);
}

static int put_judge(const struct items *items, enum judge judge, bool json, struct buf *out,
                     struct err *err)
{
    size_t hit = 0, n_private = 0, n_flagged = 0, n_right = 0;
    for (size_t i = 0; i < items->n; i++) {
        const struct item *item = &items->list[i];
        n_private += item->is_private;
        n_flagged += item->flagged[judge];
        hit += item->is_private && item->flagged[judge];
        n_right += item->is_private == item->flagged[judge];
    }
    int rc = buf_printf(out, err, json ? "%s{\"judge\":\"%s\"" : "%s%s\n",
                        !judge ? ""
                        : json ? ","
                               : "\n",
                        judge_names[judge]);
    if (!rc)
        rc = put_share(out, json, "recall", hit, n_private, err);
    if (!rc)
        rc = put_share(out, json, "precision", hit, n_flagged, err);
    if (!rc)
        rc = put_share(out, json, "accuracy", n_right, items->n, err);
    if (!rc && judge == JUDGE_MODEL)
        rc = put_ungraded(items, json, out, err);
    if (!rc)
        rc = put_groups(items, judge, false, json, out, err);
    if (!rc)
        rc = put_groups(items, judge, true, json, out, err);
    return rc || !json ? rc : buf_add_char(out, '}', err);
}

int evaluate_audit(struct run *run, const char *path, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct items items = { 0 };
    int rc = read_items(&items, path, &run->scratch, err);
    if (!rc)
        rc = judge_by_program(&items, &run->scratch, err);
    if (!rc)
        rc = judge_by_model(run, &items, err);
    if (!rc && json)
        rc = buf_printf(out, err, "{\"n\":%zu,\"judges\":[", items.n);
    for (int judge = 0; !rc && judge < N_JUDGES; judge++)
        if (items.has[judge])
            rc = put_judge(&items, (enum judge)judge, json, out, err);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("]}\n"), err);
    map_release(&items.kinds);
    map_release(&items.languages);
    arena_rewind(&run->scratch, start);
    return rc;
}
