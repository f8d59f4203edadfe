// SPDX-License-Identifier: Apache-2.0
// Judges title, summary and phrases of every node by program and, with --auditor model, by a model
// too, and writes a verdict with a reason code, all in one transaction.
#include "base/log.h"
#include "base/stop.h"
#include "privacy/auditor_ask.h"
#include "run/stage.h"

struct work {
    struct gate_node *nodes;
    struct gate_phrase **phrases; // of each node, only those that meet the floor
    size_t *n_phrases;
    struct audit_verdict *verdicts; // of each node
    size_t n, n_withheld;
    struct ask_counts counts; // of the model's part
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

// Words of the node's own phrases and of its children's, and the single words that a model may have
// written it with.
static int collect_support(struct run *run, const struct work *work, size_t i,
                           struct support *support, struct err *err)
{
    struct gate_phrase *words;
    size_t n_words;
    support_clear(support);
    for (size_t j = 0; j < work->n; j++)
        if (j == i || work->nodes[j].parent_id == work->nodes[i].id)
            for (size_t k = 0; k < work->n_phrases[j]; k++)
                support_add(support, work->phrases[j][k].text.s, &run->scratch);
    int rc = vault_gate_words(run->vault, work->nodes[i].id, &run->scratch, &words, &n_words, err);
    for (size_t k = 0; !rc && k < n_words; k++)
        if (auditor_phrase_holds(&words[k], &work->floors))
            support_add(support, words[k].text.s, &run->scratch);
    return rc;
}

static int judge_node(struct run *run, struct work *work, size_t i, struct support *support,
                      struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct audit_subject subject = { work->nodes[i].title, work->nodes[i].summary, work->phrases[i],
                                     work->n_phrases[i], support };
    int rc = collect_support(run, work, i, support, err);
    if (!rc)
        rc = auditor_judge(work->scanner, &subject, &run->scratch, &work->verdicts[i], err);
    arena_rewind(&run->scratch, start);
    return rc;
}

static int judge_all(struct run *run, struct work *work, struct err *err)
{
    struct support support = { 0 };
    int rc = 0;
    work->verdicts = arena_zero_array(&run->scratch, work->n + 1, sizeof *work->verdicts);
    for (size_t i = 0; !rc && i < work->n; i++) {
        rc = stop_check(err);
        if (!rc)
            rc = judge_node(run, work, i, &support, err);
        run_progress(run, i + 1, work->n);
    }
    support_release(&support);
    return rc;
}

static int ask_model(struct run *run, struct work *work, struct err *err)
{
    struct auditor_text *texts = arena_array(&run->scratch, work->n + 1, sizeof *texts);
    if (!run_by_model(run, "auditor"))
        return 0;
    for (size_t i = 0; i < work->n; i++)
        texts[i] = (struct auditor_text){ work->nodes[i].title, work->nodes[i].summary };
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = ask_check(run->llm, err);
    if (!rc)
        rc = auditor_ask(run->llm, texts, work->n, &run->scratch, work->verdicts, &work->counts,
                         err);
    run->record.n_prompt_tokens = work->counts.n_prompt_tokens;
    run->record.n_reply_tokens = work->counts.n_reply_tokens;
    return rc;
}

static int put_verdict(struct run *run, struct work *work, size_t i, struct err *err)
{
    const struct audit_verdict *verdict = &work->verdicts[i];
    if (verdict->grade < AUDIT_PASSES) {
        work->n_withheld++;
        log_detail("audit: cluster %lld is withheld: %s", (long long)work->nodes[i].id,
                   verdict->reason);
    }
    return vault_put_verdict(run->vault, work->nodes[i].id, verdict->grade, verdict->reason, err);
}

static int put_all(struct run *run, struct work *work, struct err *err)
{
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_clear_verdicts(run->vault, err);
    for (size_t i = 0; !rc && i < work->n; i++)
        rc = put_verdict(run, work, i, err);
    if (!rc)
        rc = vault_set_note(run->vault, "audit", "withheld", (int64_t)work->n_withheld, err);
    if (!rc && work->counts.n_asked)
        rc = vault_set_note(run->vault, "audit", "gaps", work->counts.n_gaps, err);
    return rc ? rc : vault_commit(run->vault, err);
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
    if (!rc)
        rc = ask_model(run, &work, err);
    if (!rc)
        rc = put_all(run, &work, err);
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
    .reads = "conversation node node_phrase node_word",
    .writes = "verdict",
    .settings = "profile titles auditor model min-accounts min-conversations prompt:audit",
    .run = run_audit,
};
