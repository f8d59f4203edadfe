// SPDX-License-Identifier: Apache-2.0
// Judges title, summary and phrases of every node, whoever wrote them, by program and, with
// --auditor model, by a model too, and writes a verdict with a reason code. A text that does not
// pass is replaced by the node's released phrases; only when these do not pass either is it
// withheld. In a run that grows the title of the release before is judged first, by the words that
// enough accounts use now: a cluster keeps its title as long as the gates allow it. What a word may
// stand on is counted here once more, in the facet values of the placed conversations. One
// transaction; half a second of work for 3,000 conversations.
#include "base/log.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "phrase/phrase.h"
#include "privacy/auditor_ask.h"
#include "privacy/fallback.h"
#include "privacy/recheck.h"
#include "run/stage.h"
#include "run/unanswered.h"
#include "scan/sensitive.h"
#include "store/vault_cluster.h"
#include "store/vault_describe.h"

#define MOST_LEVELS 32

struct text { // of a node, as it would be published
    struct raw title, summary;
    struct audit_verdict verdict;
    const char *first_reason; // why its own text was replaced; NULL: it was not
};
struct work {
    struct gate_node *nodes;
    struct text *texts;
    struct gate_phrase **phrases; // of each node, only those that meet the floor
    size_t *n_phrases;
    size_t *parent;   // of each node, SIZE_MAX at the top
    size_t *place_of; // of a node's id
    int64_t largest_id;
    size_t n, n_replaced, n_withheld, n_retitled;
    size_t n_unjudged;        // of the withheld: the model that was to judge gave no grade
    struct ask_counts counts; // of the model's part
    struct audit_floors floors;
    struct hash_key room;
    const struct hash_key *noise; // of floors, NULL: exact
    bool may_not_choose; // a model wrote, and the accounts are other people's
    struct scanner *scanner;
    struct tally *tally;
    struct map used; // titles, lower case
    struct map keys; // of titles without a number (phrase/phrase.h) -> how many have it
    int64_t n_shown; // stands for all placed conversations
    struct map kept; // those that were kept from the release before
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

static int link_nodes(struct run *run, struct work *work, struct err *err)
{
    for (size_t i = 0; i < work->n; i++)
        work->largest_id =
            work->nodes[i].id > work->largest_id ? work->nodes[i].id : work->largest_id;
    work->place_of =
        arena_array(&run->scratch, (size_t)work->largest_id + 1, sizeof *work->place_of);
    work->parent = arena_array(&run->scratch, work->n + 1, sizeof *work->parent);
    memset(work->place_of, 0xFF, ((size_t)work->largest_id + 1) * sizeof *work->place_of);
    for (size_t i = 0; i < work->n; i++)
        work->place_of[work->nodes[i].id] = i;
    for (size_t i = 0; i < work->n; i++) {
        int64_t parent = work->nodes[i].parent_id;
        work->parent[i] = parent ? work->place_of[parent] : SIZE_MAX;
        if (work->nodes[i].level >= MOST_LEVELS)
            return err_set(err, ERR_DATA, "the tree is damaged; run `clio hierarchy` again");
    }
    return 0;
}

// Without the "(2)" at its end.
static struct str title_key(struct str title, struct arena *a)
{
    size_t n = title.len;
    if (n && title.ptr[n - 1] == ')')
        for (n--; n && title.ptr[n - 1] >= '0' && title.ptr[n - 1] <= '9';)
            n--;
    bool numbered = n > 2 && n + 1 < title.len && title.ptr[n - 1] == '(';
    return phrase_title_key(numbered ? str_trim(str_head(title, n - 1)) : title, a);
}

static void want_words(struct work *work)
{
    for (size_t i = 0; i < work->n; i++) {
        tally_want(work->tally, i, work->nodes[i].title.s);
        tally_want(work->tally, i, work->nodes[i].summary.s);
        tally_want(work->tally, i, work->nodes[i].past_title.s);
        tally_want(work->tally, i, work->nodes[i].past_summary.s);
        struct arena a = { 0 };
        map_add(&work->used, utf8_lower(&a, work->nodes[i].title.s), 0, NULL);
        size_t key = map_add(&work->keys, title_key(work->nodes[i].title.s, &a), 0, NULL);
        work->keys.entries[key].value++;
        arena_release(&a);
    }
}

// A conversation without an account supports nothing where there are accounts.
static void count_words(struct work *work, const struct placed_walk *walk)
{
    struct str texts[4] = { walk->request.s, walk->task.s, walk->opening.s, walk->subject.s };
    size_t nodes[MOST_LEVELS], n_nodes = 0;
    bool counts = walk->account_id || !work->floors.has_accounts;
    size_t node = counts && walk->cluster_id && walk->cluster_id <= work->largest_id
                      ? work->place_of[walk->cluster_id]
                      : SIZE_MAX;
    for (; node != SIZE_MAX && n_nodes < MOST_LEVELS; node = work->parent[node])
        nodes[n_nodes++] = node;
    bool is_account = work->floors.has_accounts && counts;
    struct tally_who who = { is_account, is_account ? walk->account_id : walk->seq };
    tally_add(work->tally, nodes, n_nodes, who, texts, 4);
}

static int count_all(struct run *run, struct work *work, int64_t *n_placed, struct err *err)
{
    struct placed_walk walk;
    bool found = true;
    want_words(work);
    int rc = placed_walk_open(&walk, run->vault, run_facet(run), err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        count_words(work, &walk);
        if (++*n_placed % 4096 == 0)
            rc = stop_check(err);
    }
    placed_walk_close(&walk);
    return rc;
}

// What our templates write of node i. Titles alike are counted up from "(2)", and those that gave
// way to phrases beyond them: "(3)" beside one other, "(5)" beside two.
static struct support_numbers numbers_of(struct run *run, const struct work *work, size_t i)
{
    const struct gate_node *node = &work->nodes[i];
    struct phrase_facts facts = { node->n_conversations, node->n_accounts, work->n_shown, true };
    struct arena a = { 0 };
    size_t key = map_find(&work->keys, title_key(work->nodes[i].title.s, &a));
    int64_t n_alike = key == SIZE_MAX ? 0 : (int64_t)work->keys.entries[key].value;
    arena_release(&a);
    return (struct support_numbers){ phrase_share(&facts, &run->scratch),
                                     node->n_accounts ? phrase_round_accounts(node->n_accounts) : 0,
                                     1 + 2 * n_alike };
}

static bool is_by_model(const struct run *run)
{
    return run_titles(run) == RUN_TITLES_MODEL;
}

// How enough accounts write the words of a text that have capitals. Not for what a model wrote: it
// had the choice where two ways are known.
static void support_spellings(const struct work *work, size_t i, struct str text,
                              struct support *support)
{
    struct support_word word;
    for (size_t at = 0; support_next(text, &at, &word);) {
        struct str spelling = str_make(text.ptr + word.start, word.end - word.start);
        if (word.capitals && tally_holds_spelling(work->tally, i, spelling))
            map_add(&support->spellings, spelling, 0, NULL);
    }
}

// Whether enough accounts use a word of a past text today: noisy in the mode guarded. A word of a
// special category needs more than are told apart here; it stands on today's phrases or not at all.
static bool past_word_holds(const struct work *work, size_t i, struct str stem, struct str own)
{
    if (work->noise && sensitive_has(own))
        return false;
    return tally_holds_stem(work->tally, i, stem);
}

// The same of a text of the release before, whose capitals were ours; those of first words say
// nothing.
static void support_past_forms(const struct work *work, size_t i, struct str text,
                               struct support *support)
{
    struct support_word word;
    size_t before = 0, n = 0;
    for (size_t at = 0; support_next(text, &at, &word); before = word.end, n++) {
        struct str gap = str_make(text.ptr + before, word.start - before);
        struct str own = str_make(text.ptr + word.start, word.end - word.start);
        if (word.capitals && n && str_equal(gap, STR_LIT(" ")) && word.stem.len &&
            tally_holds_stem(work->tally, i, word.stem) &&
            tally_holds_spelling(work->tally, i, own))
            support_add_form(support, own);
    }
}

// Words of a text of the release before that enough accounts of the cluster use today.
static void support_past(const struct work *work, size_t i, struct str text,
                         struct support *support, bool *sensitive)
{
    struct support_word word;
    for (size_t at = 0; text.ptr && support_next(text, &at, &word);) {
        struct str own = str_make(text.ptr + word.start, word.end - word.start);
        if (!word.stem.len || !past_word_holds(work, i, word.stem, own))
            continue;
        support_add_word(support, word.stem, str_make(NULL, 0));
        *sensitive = *sensitive || sensitive_has(own);
    }
}

static void add_phrases_of(const struct work *work, size_t i, struct support *support,
                           bool *sensitive)
{
    for (size_t k = 0; k < work->n_phrases[i]; k++) {
        support_add(support, work->phrases[i][k].text.s);
        *sensitive = *sensitive || sensitive_has(work->phrases[i][k].text.s);
    }
}

// The node's own first: the first way to write a phrase is the one that stands.
static void add_phrases(const struct work *work, size_t i, struct support *support, bool *sensitive)
{
    add_phrases_of(work, i, support, sensitive);
    for (size_t j = 0; j < work->n; j++)
        if (work->parent[j] == i)
            add_phrases_of(work, j, support, sensitive);
}

// Words of the node's own phrases and of its children's, and the single words that a model may have
// written with, when they are found here, too, with enough accounts.
// *sensitive: a word of a special category is among them.
static int collect_support(struct run *run, const struct work *work, size_t i,
                           struct support *support, bool *sensitive, struct err *err)
{
    struct gate_phrase *words;
    struct support_word word;
    size_t n_words;
    support_clear(support);
    support->numbers = numbers_of(run, work, i);
    if (is_by_model(run)) {
        support_past_forms(work, i, work->nodes[i].past_title.s, support);
        support_past_forms(work, i, work->nodes[i].past_summary.s, support);
    }
    int rc = vault_gate_words(run->vault, work->nodes[i].id, &run->scratch, &words, &n_words, err);
    for (size_t k = 0; !rc && k < n_words; k++) {
        size_t at = 0;
        if (auditor_phrase_holds(&words[k], &work->floors) &&
            support_next(words[k].text.s, &at, &word) &&
            tally_holds_stem(work->tally, i, word.stem)) {
            support_add_form(support, words[k].text.s);
            *sensitive = *sensitive || sensitive_has(words[k].text.s);
        }
    }
    add_phrases(work, i, support, sensitive);
    support_past(work, i, work->nodes[i].past_title.s, support, sensitive);
    support_past(work, i, work->nodes[i].past_summary.s, support, sensitive);
    if (!is_by_model(run)) {
        support_spellings(work, i, work->nodes[i].title.s, support);
        support_spellings(work, i, work->nodes[i].summary.s, support);
        support_spellings(work, i, work->nodes[i].past_title.s, support);
        support_spellings(work, i, work->nodes[i].past_summary.s, support);
    }
    return rc;
}

// Whether a model could bring a word of a special category in: one that it was shown (`shown`), or
// one that the text has, as a word passes by its stem ("aids" by "aid").
static bool may_be_chosen(const struct work *work, size_t i, bool shown)
{
    const struct text *text = &work->texts[i];
    return work->may_not_choose &&
           (shown || sensitive_has(text->title.s) || sensitive_has(text->summary.s));
}

// What a reader of the tree has in front of it: the parent's text, unless it is withheld or not
// judged yet.
static struct audit_text above_of(const struct work *work, size_t i)
{
    size_t parent = work->parent[i];
    if (parent == SIZE_MAX || work->texts[parent].verdict.grade < AUDIT_PASSES)
        return (struct audit_text){ 0 };
    return (struct audit_text){ work->texts[parent].title, work->texts[parent].summary };
}

static int judge_text(struct run *run, const struct work *work, size_t i,
                      const struct support *support, bool had_choice, struct err *err)
{
    struct text *text = &work->texts[i];
    struct audit_subject subject = { .title = text->title,
                                     .summary = text->summary,
                                     .above = above_of(work, i),
                                     .phrases = work->phrases[i],
                                     .n_phrases = work->n_phrases[i],
                                     .support = support,
                                     .tally = had_choice ? work->tally : NULL,
                                     .by_model = had_choice && is_by_model(run) };
    return auditor_judge(work->scanner, &subject, &run->scratch, &text->verdict, err);
}

// Separators and capitals as we write them: a model that chose them could tell a number.
static struct str spell(struct run *run, const struct support *support, struct str s,
                        enum support_kind kind)
{
    struct arena *a = &run->scratch;
    if (!is_by_model(run))
        return support_respell(support, s, a);
    return support_spell(support, support_punctuate(support, s, kind, a), a);
}

static void spell_text(struct run *run, const struct support *support, struct str title,
                       struct str summary, struct text *text)
{
    text->title = raw_of(spell(run, support, title, SUPPORT_TITLE));
    text->summary = raw_of(spell(run, support, summary, SUPPORT_SUMMARY));
}

// What a text of this kind of run has and we would not have written; NULL: nothing.
static const char *chosen_in(struct run *run, const struct support *support, struct str s,
                             enum support_kind kind)
{
    struct arena *a = &run->scratch;
    if (!is_by_model(run))
        return NULL;
    struct str ours = spell(run, support, s, kind);
    if (!str_equal(utf8_lower(a, ours), utf8_lower(a, s)))
        return "punctuation that a model chose";
    return str_equal(ours, s) ? NULL : "capitals that a model chose";
}

static const char *chosen_by_model(struct run *run, const struct support *support,
                                   const struct text *text)
{
    const char *what = chosen_in(run, support, text->title.s, SUPPORT_TITLE);
    return what ? what : chosen_in(run, support, text->summary.s, SUPPORT_SUMMARY);
}

// The phrases in place of what was refused.
static int replace_text(struct run *run, struct work *work, size_t i, struct support *support,
                        struct err *err)
{
    struct text *text = &work->texts[i];
    support->numbers.most_title = (int64_t)work->n * 2; // our own, whatever it is
    struct arena *a = &run->scratch;
    text->first_reason = text->verdict.reason;
    struct str title = fallback_title(work->phrases[i], work->n_phrases[i], &work->used, a);
    struct str summary = fallback_summary(work->phrases[i], work->n_phrases[i], a);
    text->title = raw_of(title);
    text->summary = raw_of(summary);
    if (is_by_model(run)) // as `clio audit` would write it
        spell_text(run, support, title, summary, text);
    return judge_text(run, work, i, support, false, err);
}

// The title of the release before, when it still passes. A model's summary comes with it; one out
// of phrases and numbers is today's.
static int judge_past(struct run *run, struct work *work, size_t i, struct support *support,
                      bool *kept, struct err *err)
{
    struct text *text = &work->texts[i];
    const struct gate_node *node = &work->nodes[i];
    bool by_model = is_by_model(run), sensitive = false;
    int rc = collect_support(run, work, i, support, &sensitive, err);
    if (rc)
        return rc;
    if (support->numbers.most_title < 3) // as when it was alone with the one that it is told from
        support->numbers.most_title = 3;
    struct str summary = by_model ? node->past_summary.s : node->summary.s;
    spell_text(run, support, node->past_title.s, summary, text);
    rc = judge_text(run, work, i, support, true, err);
    if (!rc && may_be_chosen(work, i, sensitive) && text->verdict.grade >= AUDIT_PASSES)
        text->verdict = (struct audit_verdict){ 2, "a model could choose a sensitive word" };
    *kept = !rc && text->verdict.grade >= AUDIT_PASSES;
    if (*kept)
        map_add(&work->kept, utf8_lower(&run->scratch, text->title.s), i, NULL);
    if (!rc && !*kept) {
        work->n_retitled++;
        log_detail("audit: cluster %lld cannot keep its title: %s", (long long)node->id,
                   text->verdict.reason);
    }
    return rc;
}

static int judge_node(struct run *run, struct work *work, size_t i, struct support *support,
                      struct err *err)
{
    struct text *text = &work->texts[i];
    bool sensitive = false;
    int rc = collect_support(run, work, i, support, &sensitive, err);
    if (rc)
        return rc;
    spell_text(run, support, work->nodes[i].title.s, work->nodes[i].summary.s, text);
    rc = judge_text(run, work, i, support, true, err);
    if (!rc && may_be_chosen(work, i, sensitive) && text->verdict.grade >= AUDIT_PASSES)
        text->verdict = (struct audit_verdict){ 2, "a model could choose a sensitive word" };
    struct str lower = utf8_lower(&run->scratch, text->title.s);
    if (!rc && map_find(&work->kept, lower) != SIZE_MAX)
        text->verdict = (struct audit_verdict){ 2, "another cluster keeps this title" };
    return rc || text->verdict.grade >= AUDIT_PASSES ? rc
                                                     : replace_text(run, work, i, support, err);
}

// A title that was kept stands below the parent's of today.
static int judge_kept(struct run *run, struct work *work, size_t i, struct support *support,
                      bool *kept, struct err *err)
{
    if (!is_by_model(run) || !above_of(work, i).title.s.len)
        return 0;
    return judge_past(run, work, i, support, kept, err);
}

static int judge_all(struct run *run, struct work *work, struct err *err)
{
    struct support support = { 0 };
    bool *kept = arena_zero_array(&run->scratch, work->n + 1, sizeof *kept);
    int rc = 0;
    work->texts = arena_zero_array(&run->scratch, work->n + 1, sizeof *work->texts);
    for (size_t i = 0; !rc && i < work->n; i++)
        if (work->nodes[i].past_title.s.ptr)
            rc = judge_past(run, work, i, &support, &kept[i], err);
    for (size_t i = 0; !rc && i < work->n; i++) { // from the top: parents are what they will be
        rc = stop_check(err);
        if (!rc && kept[i])
            rc = judge_kept(run, work, i, &support, &kept[i], err);
        if (!rc && !kept[i])
            rc = judge_node(run, work, i, &support, err);
        run_progress(run, i + 1, work->n);
    }
    support_release(&support);
    return rc;
}

static int ask_model(struct run *run, struct work *work, struct err *err)
{
    struct auditor_text *texts = arena_array(&run->scratch, work->n + 1, sizeof *texts);
    struct audit_verdict *verdicts = arena_array(&run->scratch, work->n + 1, sizeof *verdicts);
    if (!run_by_model(run, "auditor"))
        return 0;
    for (size_t i = 0; i < work->n; i++) {
        texts[i] = (struct auditor_text){ work->texts[i].title, work->texts[i].summary };
        verdicts[i] = work->texts[i].verdict;
    }
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = auditor_ask(run->llm, texts, work->n, &run->scratch, verdicts, &work->counts, err);
    run->record.n_prompt_tokens = work->counts.n_prompt_tokens;
    run->record.n_reply_tokens = work->counts.n_reply_tokens;
    for (size_t i = 0; !rc && i < work->n; i++) { // what the model refuses is withheld
        work->texts[i].verdict = verdicts[i];
        work->n_unjudged += strcmp(verdicts[i].reason, auditor_no_grade) == 0;
    }
    return rc;
}

static int put_verdict(struct run *run, struct work *work, size_t i, struct err *err)
{
    const struct text *text = &work->texts[i];
    bool passes = text->verdict.grade >= AUDIT_PASSES;
    struct gate_verdict verdict = { text->verdict.grade,
                                    passes && text->first_reason ? text->first_reason
                                                                 : text->verdict.reason,
                                    text->title, text->summary };
    work->n_replaced += passes && text->first_reason;
    work->n_withheld += !passes;
    if (!passes || text->first_reason)
        log_detail("audit: the title of cluster %lld is %s: %s", (long long)work->nodes[i].id,
                   passes ? "replaced" : "withheld", verdict.reason);
    return vault_put_verdict(run->vault, work->nodes[i].id, &verdict, err);
}

static int put_all(struct run *run, struct work *work, struct err *err)
{
    int rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < work->n; i++)
        rc = put_verdict(run, work, i, err);
    if (!rc)
        rc = vault_set_note(run->vault, "audit", "replaced", (int64_t)work->n_replaced, err);
    if (!rc)
        rc = vault_set_note(run->vault, "audit", "withheld", (int64_t)work->n_withheld, err);
    if (!rc && work->n_retitled)
        rc = vault_set_note(run->vault, "audit", "retitled", (int64_t)work->n_retitled, err);
    if (!rc)
        rc = unanswered_put(run, "audit", work->counts.n_why, err);
    if (!rc && work->counts.n_asked)
        rc = vault_set_note(run->vault, "audit", "gaps", work->counts.n_gaps, err);
    return rc ? rc : vault_commit(run->vault, err);
}

static int read_all(struct run *run, struct work *work, struct err *err)
{
    int64_t n_placed = 0;
    work->floors.min_accounts = config_whole(run->config, "min-accounts");
    work->floors.min_conversations = config_whole(run->config, "min-conversations");
    work->may_not_choose = run_titles(run) != RUN_TITLES_PHRASES &&
                           strcmp(config_text(run->config, "privacy"), "local") != 0;
    int rc = vault_has_accounts(run->vault, &work->floors.has_accounts, err);
    if (!rc)
        rc = run_noise_key(run, &work->room, &work->noise, err);
    work->tally = tally_open(auditor_word_floor(&work->floors), work->noise);
    if (!rc)
        rc = vault_gate_nodes(run->vault, &run->scratch, &work->nodes, &work->n, err);
    if (!rc)
        rc = link_nodes(run, work, err);
    if (!rc)
        rc = read_phrases(run, work, err);
    if (!rc)
        rc = count_all(run, work, &n_placed, err);
    return rc ? rc : vault_shown_total(run->vault, n_placed, &work->n_shown, err);
}

static int run_audit(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { 0 };
    run_keep_for(run, RUN_OTHER_TREES);
    int rc = vault_clear_verdicts(run->vault, err); // so that the nodes' own texts are judged
    if (!rc)
        rc = read_all(run, &work, err);
    if (!rc)
        rc = run_open_scanner(run, err);
    work.scanner = run->scanner;
    if (!rc)
        rc = judge_all(run, &work, err);
    if (!rc)
        rc = ask_model(run, &work, err);
    if (!rc)
        rc = put_all(run, &work, err);
    if (!rc && work.n_replaced)
        log_note("%zu of %zu titles did not pass the audit; released phrases take their place",
                 work.n_replaced, work.n);
    if (!rc && work.n_withheld > work.n_unjudged)
        log_note("%zu of %zu titles did not pass the audit and are withheld",
                 work.n_withheld - work.n_unjudged, work.n);
    if (!rc && work.n_unjudged)
        log_note("%zu of %zu titles were not judged, as the model gave no grade, and are withheld",
                 work.n_unjudged, work.n);
    if (!rc && work.n_retitled)
        log_note("clusters that could not keep their title, because too few people use its words "
                 "now, and have a new one: %zu",
                 work.n_retitled);
    tally_close(work.tally);
    map_release(&work.used);
    map_release(&work.keys);
    map_release(&work.kept);
    run->record.n_in = (int64_t)work.n;
    run->record.n_out = (int64_t)(work.n - work.n_withheld);
    arena_rewind(&run->scratch, start);
    return rc;
}

// Released phrases and words of our templates, nothing else: no model chose anything.
static bool is_made_of_phrases(struct run *run, const struct work *work, size_t i)
{
    struct support own = { .numbers = numbers_of(run, work, i) };
    for (size_t k = 0; k < work->n_phrases[i]; k++)
        support_add(&own, work->phrases[i][k].text.s);
    bool yes = !support_fault(&own, work->texts[i].title.s, SUPPORT_TITLE) &&
               !support_fault(&own, work->texts[i].summary.s, SUPPORT_SUMMARY);
    support_release(&own);
    return yes;
}

static int recheck_node(struct run *run, struct work *work, size_t i, struct support *support,
                        struct recheck_node *out, struct err *err)
{
    struct text *text = &work->texts[i];
    bool sensitive = false;
    text->title = work->nodes[i].title;
    text->summary = work->nodes[i].summary;
    bool ours = is_made_of_phrases(run, work, i);
    int rc = collect_support(run, work, i, support, &sensitive, err);
    if (!rc)
        rc = judge_text(run, work, i, support, !ours, err);
    *out = (struct recheck_node){ .id = work->nodes[i].atlas_id ? work->nodes[i].atlas_id
                                                                : (int64_t)i + 1,
                                  .title = text->title,
                                  .summary = text->summary,
                                  .withheld = work->nodes[i].grade < AUDIT_PASSES,
                                  .phrases = work->phrases[i],
                                  .n_phrases = work->n_phrases[i] };
    const char *chosen = chosen_by_model(run, support, text);
    if (text->verdict.grade < AUDIT_PASSES)
        out->fault = text->verdict.reason;
    else if (chosen)
        out->fault = chosen;
    else if (may_be_chosen(work, i, sensitive) && !ours)
        out->fault = "a model could choose a sensitive word";
    return rc;
}

// Conversations and distinct accounts of every node, counted from the placed conversations.
static int count_members(struct run *run, const struct work *work, struct recheck_node *nodes,
                         struct err *err)
{
    struct placed_walk walk;
    struct map seen = { 0 };
    bool found = true;
    int rc = placed_walk_open(&walk, run->vault, run_facet(run), err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        size_t node = walk.cluster_id && walk.cluster_id <= work->largest_id
                          ? work->place_of[walk.cluster_id]
                          : SIZE_MAX;
        for (; node != SIZE_MAX; node = work->parent[node]) {
            int64_t key[2] = { (int64_t)node, walk.account_id };
            bool is_new = false;
            nodes[node].n_conversations++;
            if (walk.account_id)
                map_add(&seen, str_make((const char *)key, sizeof key), 0, &is_new);
            nodes[node].n_accounts += is_new;
        }
    }
    placed_walk_close(&walk);
    map_release(&seen);
    return rc;
}

int recheck_texts(struct run *run, struct recheck *out, struct err *err)
{
    struct work work = { 0 };
    struct support support = { 0 };
    int rc = read_all(run, &work, err);
    if (!rc)
        rc = run_open_scanner(run, err);
    work.scanner = run->scanner;
    work.texts = arena_zero_array(&run->scratch, work.n + 1, sizeof *work.texts);
    *out =
        (struct recheck){ .nodes = arena_zero_array(&run->scratch, work.n + 1, sizeof *out->nodes),
                          .n = work.n,
                          .floors = work.floors };
    for (size_t i = 0; !rc && i < work.n; i++)
        rc = recheck_node(run, &work, i, &support, &out->nodes[i], err);
    if (!rc)
        rc = count_members(run, &work, out->nodes, err);
    support_release(&support);
    tally_close(work.tally);
    map_release(&work.used);
    map_release(&work.keys);
    return rc;
}

static int has_left(struct run *run, bool *yes, struct err *err)
{
    return unanswered_is_open(run, "audit", yes, err);
}

const struct stage audit_stage = {
    .name = "audit",
    .summary = "judges every text that would be published",
    .reads = "conversation facet_value subject placed node node_phrase node_word identity",
    .writes = "verdict",
    .settings = "profile privacy titles auditor model min-accounts min-conversations prompt:audit "
                "rule:separators rule:capitals rule:roman rule:pairs rule:spelled",
    .run = run_audit,
    .has_left = has_left,
    .is_off = run_is_dp,
    .each_tree = true,
};
