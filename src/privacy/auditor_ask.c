// SPDX-License-Identifier: Apache-2.0
#include "privacy/auditor_ask.h"

#include "ask/prompt.h"

const char auditor_no_grade[] = "model gave no grade";

struct work {
    size_t *which; // texts that are asked about
    int *grades;   // of each of them; 0: none
};

static struct str take(void *context, size_t i, struct str reply, struct arena *a)
{
    struct work *w = context;
    struct str answer = prompt_answer(reply, "grade");
    int64_t grade = 0;
    (void)a;
    if (!answer.ptr || !str_to_i64(answer, &grade) || grade < 1 || grade > 5)
        return STR_LIT("the grade is one digit from 1 to 5 between <grade> and </grade>.");
    w->grades[i] = (int)grade;
    return STR_LIT("");
}

static struct audit_verdict verdict_of(int grade)
{
    const char *const reasons[] = { auditor_no_grade, "model: points at a person",
                                    "model: points at a small group" };
    return (struct audit_verdict){ grade ? grade : 2, grade < AUDIT_PASSES ? reasons[grade] : "" };
}

int auditor_ask(struct llm_link *llm, const struct auditor_text *texts, size_t n, struct arena *a,
                struct audit_verdict *verdicts, struct ask_counts *counts, struct err *err)
{
    struct prompt prompt = prompt_of("audit");
    struct raw *questions = arena_array(a, n + 1, sizeof *questions);
    struct work w = { arena_array(a, n + 1, sizeof *w.which),
                      arena_zero_array(a, n + 1, sizeof *w.grades) };
    struct ask ask = { llm, prompt.prefix, ASK_GRADE, AUDIT_MOST_TOKENS, take, &w, NULL };
    size_t n_asked = 0;
    for (size_t i = 0; i < n; i++) {
        if (verdicts[i].grade < AUDIT_PASSES)
            continue;
        struct str text =
            arena_printf(a, "%.*s: %.*s", STR_ARG(texts[i].title.s), STR_ARG(texts[i].summary.s));
        const struct prompt_value values[] = { { "text",
                                                 prompt_fence(text, AUDIT_MOST_BYTES, a) } };
        questions[n_asked] = raw_of(prompt_fill(&prompt, values, COUNT_OF(values), a));
        w.which[n_asked++] = i;
    }
    int rc = ask_all(&ask, questions, n_asked, a, NULL, counts, err);
    for (size_t i = 0; !rc && i < n_asked; i++) {
        struct audit_verdict verdict = verdict_of(w.grades[i]);
        if (verdict.grade < verdicts[w.which[i]].grade)
            verdicts[w.which[i]] = verdict;
    }
    return rc;
}
