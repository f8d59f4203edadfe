// SPDX-License-Identifier: Apache-2.0
// Judges title, summary and phrases of every node and writes a verdict with a reason code. All in
// one transaction: it is a matter of milliseconds a hundred nodes.
#include "base/log.h"
#include "base/stop.h"
#include "privacy/auditor.h"
#include "run/stage.h"

struct work {
    struct gate_node *nodes;
    struct gate_phrase **phrases; // of each node, only those that meet the floor
    size_t *n_phrases;
    size_t n, n_withheld;
    struct audit_floors floors;
    struct scanner *scanner;
};

static int read_phrases(struct run *run, struct work *work, struct err *err)
{
    int rc = 0;
    work->phrases = arena_zero_array(&run->scratch, work->n + 1, sizeof *work->phrases);
    work->n_phrases = arena_zero_array(&run->scratch, work->n + 1, sizeof *work->n_phrases);
    for (size_t i = 0; !rc && i < work->n; i++) {
        struct gate_phrase *list;
        size_t n, n_kept = 0;
        rc = vault_gate_phrases(run->vault, work->nodes[i].id, &run->scratch, &list, &n, err);
        for (size_t j = 0; !rc && j < n; j++)
            if (auditor_phrase_holds(&list[j], &work->floors))
                list[n_kept++] = list[j];
        work->phrases[i] = list;
        work->n_phrases[i] = rc ? 0 : n_kept;
    }
    return rc;
}

// Words of the node's own phrases and of its children's.
static void collect_support(struct run *run, const struct work *work, size_t i,
                            struct support *support)
{
    support_clear(support);
    for (size_t j = 0; j < work->n; j++)
        if (j == i || work->nodes[j].parent_id == work->nodes[i].id)
            for (size_t k = 0; k < work->n_phrases[j]; k++)
                support_add(support, work->phrases[j][k].text.s, &run->scratch);
}

static int judge_node(struct run *run, struct work *work, size_t i, struct support *support,
                      struct err *err)
{
    struct audit_subject subject = { work->nodes[i].title, work->nodes[i].summary, work->phrases[i],
                                     work->n_phrases[i], support };
    struct audit_verdict verdict;
    collect_support(run, work, i, support);
    int rc = auditor_judge(work->scanner, &subject, &run->scratch, &verdict, err);
    if (rc)
        return rc;
    if (verdict.grade < AUDIT_PASSES) {
        work->n_withheld++;
        log_detail("audit: cluster %lld is withheld: %s", (long long)work->nodes[i].id,
                   verdict.reason);
    }
    return vault_put_verdict(run->vault, work->nodes[i].id, verdict.grade, verdict.reason, err);
}

static int judge_all(struct run *run, struct work *work, struct err *err)
{
    struct support support = { 0 };
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_clear_verdicts(run->vault, err);
    for (size_t i = 0; !rc && i < work->n; i++) {
        rc = stop_check(err);
        if (!rc)
            rc = judge_node(run, work, i, &support, err);
        run_progress(run, i + 1, work->n);
    }
    if (!rc)
        rc = vault_set_note(run->vault, "audit", "withheld", (int64_t)work->n_withheld, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    support_release(&support);
    return rc;
}

static int run_audit(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { 0 };
    work.floors.min_accounts = config_whole(run->config, "min-accounts");
    work.floors.min_conversations = config_whole(run->config, "min-conversations");
    int rc = vault_has_accounts(run->vault, &work.floors.has_accounts, err);
    if (!rc)
        rc = vault_gate_nodes(run->vault, &run->scratch, &work.nodes, &work.n, err);
    if (!rc)
        rc = read_phrases(run, &work, err);
    if (!rc)
        rc = scan_open(&work.scanner, err);
    if (!rc)
        rc = judge_all(run, &work, err);
    if (!rc && work.n_withheld)
        log_note("%zu of %zu titles did not pass the audit and are withheld", work.n_withheld,
                 work.n);
    scan_close(work.scanner);
    run->record.n_in = (int64_t)work.n;
    run->record.n_out = (int64_t)(work.n - work.n_withheld);
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage audit_stage = {
    .name = "audit",
    .summary = "judges every text that would be published",
    .reads = "conversation node node_phrase",
    .writes = "verdict",
    .settings = "min-accounts min-conversations",
    .run = run_audit,
};
