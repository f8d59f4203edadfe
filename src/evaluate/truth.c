// SPDX-License-Identifier: Apache-2.0
// Reads labels from a TSV and compares them with a run, level by level.
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "evaluate/agreement.h"
#include "store/vault_assignment.h"

#define MOST_TRUTH ((size_t)1 << 31)

struct truth {
    struct map ids;            // conversation id -> index
    struct map base, top;      // label -> number
    uint32_t *of_base, *of_top; // label number of each id
    bool two_columns;
};

static int bad_line(const char *path, size_t number, const char *what, struct err *err)
{
    return err_set(err, ERR_DATA, "%s, line %zu: %s", path, number, what);
}

static int add_line(struct truth *truth, const char *path, size_t number, struct str line,
                    struct err *err)
{
    struct str id, base, top = { 0 };
    bool is_new;
    if (!str_cut(&line, '\t', &id) || !str_cut(&line, '\t', &base))
        return bad_line(path, number, "a conversation id, a tab and a label are needed", err);
    bool two = str_cut(&line, '\t', &top);
    if (truth->ids.n == 0)
        truth->two_columns = two;
    else if (truth->two_columns != two)
        return bad_line(path, number, "it has another number of columns than the lines above", err);
    size_t i = map_add(&truth->ids, id, 0, &is_new);
    if (!is_new)
        return bad_line(path, number, "this conversation id stands above already", err);
    truth->of_base[i] = (uint32_t)map_add(&truth->base, base, 0, NULL);
    truth->of_top[i] = two ? (uint32_t)map_add(&truth->top, top, 0, NULL) : 0;
    return 0;
}

static int read_truth(struct truth *truth, const char *path, struct arena *a, struct err *err)
{
    struct str text, line;
    size_t n_lines = 0, number = 0;
    int rc = file_read(a, path, MOST_TRUTH, &text, err);
    for (size_t i = 0; !rc && i < text.len; i++)
        n_lines += text.ptr[i] == '\n';
    if (!rc) {
        truth->of_base = arena_array(a, n_lines + 2, sizeof *truth->of_base);
        truth->of_top = arena_array(a, n_lines + 2, sizeof *truth->of_top);
    }
    while (!rc && str_cut(&text, '\n', &line)) {
        number++;
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (number > 1 && line.len)
            rc = add_line(truth, path, number, line, err);
    }
    if (!rc && truth->ids.n == 0)
        rc = err_set(err, ERR_DATA, "%s holds no labels below its header", path);
    return rc;
}

static int put_level(struct buf *out, bool json, const char *level, const struct agreement *m,
                     struct err *err)
{
    if (json)
        return buf_printf(out, err,
                          "{\"level\":\"%s\",\"n\":%zu,\"n_clusters\":%zu,\"n_labels\":%zu,"
                          "\"nmi\":%.6f,\"ari\":%.6f,\"purity\":%.6f}",
                          level, m->n, m->n_clusters, m->n_labels, m->nmi, m->ari, m->purity);
    return buf_printf(out, err, "%-6s %14zu %9zu %7zu %7.4f %7.4f %7.4f\n", level, m->n,
                      m->n_clusters, m->n_labels, m->nmi, m->ari, m->purity);
}

// Pairs of label and cluster for every labelled conversation, at the base or at the top.
static void measure(const struct truth *truth, const struct vault_assignment *list, size_t n,
                    bool top, struct arena *a, struct agreement *out)
{
    struct arena_mark start = arena_save(a);
    uint32_t *cluster = arena_array(a, n + 1, sizeof *cluster);
    uint32_t *label = arena_array(a, n + 1, sizeof *label);
    size_t n_pairs = 0;
    for (size_t i = 0; i < n; i++) {
        size_t found = map_find(&truth->ids, list[i].conversation_id);
        if (found == SIZE_MAX)
            continue;
        cluster[n_pairs] = (uint32_t)(top ? list[i].top_id : list[i].base_id);
        label[n_pairs++] = top ? truth->of_top[found] : truth->of_base[found];
    }
    agreement_measure(cluster, label, n_pairs, a, out);
    arena_rewind(a, start);
}

static int put_all(const struct truth *truth, const struct vault_assignment *list, size_t n,
                   bool json, struct arena *a, struct buf *out, struct err *err)
{
    struct agreement base, top;
    measure(truth, list, n, false, a, &base);
    measure(truth, list, n, true, a, &top);
    int rc = json ? buf_add(out, STR_LIT("{\"levels\":["), err)
                  : buf_add(out, STR_LIT("level   conversations  clusters  labels     nmi     ari  "
                                         "purity\n"), err);
    if (!rc)
        rc = put_level(out, json, "base", &base, err);
    if (!rc && truth->two_columns && json)
        rc = buf_add_char(out, ',', err);
    if (!rc && truth->two_columns)
        rc = put_level(out, json, "top", &top, err);
    if (!rc && json)
        rc = buf_add(out, STR_LIT("]}\n"), err);
    return rc;
}

int evaluate_agreement(struct run *run, const char *path, bool json, struct buf *out,
                       struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct truth truth = { 0 };
    struct vault_assignment *list;
    size_t n;
    int rc = read_truth(&truth, path, &run->scratch, err);
    if (!rc)
        rc = vault_read_assignments(run->vault, &run->scratch, &list, &n, err);
    if (!rc)
        rc = put_all(&truth, list, n, json, &run->scratch, out, err);
    map_release(&truth.ids);
    map_release(&truth.base);
    map_release(&truth.top);
    arena_rewind(&run->scratch, start);
    return rc;
}
