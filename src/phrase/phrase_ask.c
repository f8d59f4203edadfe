// SPDX-License-Identifier: Apache-2.0
// Asking a small model to put the released phrases of each title into a line. It is shown the
// phrases and fixed examples, never a conversation; a grammar made of the phrases and two
// small words bounds its answer, and phrase_wording checks the answer all the same. What does not
// pass leaves the phrases as the title.
#include "base/buf.h"
#include "llm/llm.h"
#include "phrase/phrase_int.h"

#define MAX_TOKENS 32
#define GRAMMAR_BYTES ((size_t)8192)

const char *prompt_describe_phrases(void); // prompts/describe_phrases.txt
unsigned long prompt_describe_phrases_size(void);

// The file's pieces between lines of "---" are the messages of user and assistant in turn.
static struct str make_prefix(struct arena *a)
{
    struct str rest = str_make(prompt_describe_phrases(), prompt_describe_phrases_size());
    struct str all = STR_LIT("");
    for (;;) {
        size_t end = str_find(rest, STR_LIT("\n---\n"), 0);
        if (end == SIZE_MAX)
            return arena_printf(a, "%.*s%.*s", STR_ARG(all), STR_ARG(rest));
        all = arena_printf(a, "%.*s%.*s" LLM_TURN, STR_ARG(all), STR_ARG(str_head(rest, end)));
        rest = str_from(rest, end + 5);
    }
}

// English only: the default model knows little else, and the grammar's inflections are English.
static bool is_askable(const struct phrase_list *list, const struct phrase_title *title)
{
    if (title->n_picks < 2 || title->says_various ||
        (list->language.len && !str_equal(list->language, STR_LIT("English"))))
        return false;
    for (size_t i = 0; i < title->n_picks; i++) {
        struct str text = list->items[title->picks[i]].text;
        for (size_t j = 0; j < text.len; j++)
            if ((text.ptr[j] < 'a' || text.ptr[j] > 'z') &&
                (text.ptr[j] < 'A' || text.ptr[j] > 'Z') && text.ptr[j] != ' ')
                return false;
    }
    return true;
}

static struct str phrases_line(const struct phrase_list *list, const struct phrase_title *title,
                               struct arena *a)
{
    struct str s = STR_LIT("Phrases: ");
    for (size_t i = 0; i < title->n_picks; i++)
        s = arena_printf(a, "%.*s%s%.*s", STR_ARG(s), i ? " \xC2\xB7 " : "",
                         STR_ARG(list->items[title->picks[i]].text));
    return arena_printf(a, "%.*s\n", STR_ARG(s));
}

// One form of a phrase, and the same with a capital.
static int add_form(struct buf *b, struct str form, bool first, struct err *err)
{
    int rc = buf_printf(b, err, "%s\"%.*s\"", first ? "" : " | ", STR_ARG(form));
    if (!rc && form.ptr[0] >= 'a' && form.ptr[0] <= 'z')
        rc = buf_printf(b, err, " | \"%c%.*s\"", form.ptr[0] - 32, STR_ARG(str_from(form, 1)));
    return rc;
}

// "write" → "writing", "plan" → "planning", "use" → "using".
static struct str gerund(struct str verb, struct arena *a)
{
    if (verb.len < 3 || str_ends(verb, STR_LIT("ing")))
        return verb;
    char last = verb.ptr[verb.len - 1], before = verb.ptr[verb.len - 2];
    if (last == 'e' && before != 'e')
        return arena_printf(a, "%.*sing", STR_ARG(str_head(verb, verb.len - 1)));
    bool doubles = verb.len < 5 && strchr("aeiou", before) && !strchr("aeiouwxys", last) &&
                   !strchr("aeiou", verb.ptr[verb.len - 3]);
    return arena_printf(a, "%.*s%.*sing", STR_ARG(verb), doubles ? 1 : 0, &last);
}

// A phrase as it is; "write a story" also as "writing a story".
static int add_phrase(struct buf *b, size_t i, struct str phrase, struct arena *a, struct err *err)
{
    struct str rest = phrase, first;
    str_cut(&rest, ' ', &first);
    int rc = buf_printf(b, err, "p%zu ::= ", i);
    if (!rc)
        rc = add_form(b, phrase, true, err);
    if (!rc && rest.len && word_kind(first) == WORD_WEAK)
        rc = add_form(b, arena_printf(a, "%.*s %.*s", STR_ARG(gerund(first, a)), STR_ARG(rest)),
                      false, err);
    return rc ? rc : buf_add_char(b, '\n', err);
}

// All phrases of the title, each whole and once, in any order, with one small word or a comma
// between: the model chooses nothing else.
static int make_grammar(const struct phrase_list *list, const struct phrase_title *title,
                        struct arena *a, const char **grammar, struct err *err)
{
    static const char *const roots[] = {
        "p0 k p1 | p1 k p0",
        "p0 j p1 k p2 | p0 j p2 k p1 | p1 j p0 k p2 | p1 j p2 k p0 | p2 j p0 k p1 | p2 j p1 k p0",
        "p0 j p1 j p2 k p3",
    };
    struct buf b;
    buf_init(&b, GRAMMAR_BYTES, "grammar of a title");
    int rc = buf_printf(&b, err,
                        "root ::= \" \" t \"\\n\"\nt ::= %s\n"
                        "j ::= \", \" | \" with \"\n"
                        "k ::= \" and \" | \" with \"\n",
                        roots[title->n_picks - 2]);
    for (size_t i = 0; i < title->n_picks && !rc; i++)
        rc = add_phrase(&b, i, list->items[title->picks[i]].text, a, err);
    if (!rc)
        *grammar = arena_copy(a, buf_view(&b));
    buf_release(&b);
    return rc;
}

static int make_request(const struct phrase_list *list, const struct phrase_title *title,
                        struct str prefix, struct arena *a, struct llm_request *request,
                        struct err *err)
{
    *request = (struct llm_request){
        .prefix = prefix,
        .prompt = raw_of(phrases_line(list, title, a)),
        .stem = STR_LIT("Title:"),
        .max_tokens = MAX_TOKENS,
    };
    return make_grammar(list, title, a, &request->grammar, err);
}

// The reply in the place of the title's phrases, behind its subjects, when it may be and no other
// title is like it.
static bool take_reply(const struct phrase_list *list, const struct llm_reply *reply,
                       struct map *used, struct arena *a, struct phrase_title *title)
{
    struct str line = { 0 };
    bool is_new = false;
    if (reply->stop == LLM_FAILED || !phrase_wording(list, title, reply->text.s, a, &line) ||
        !phrase_add_subjects(list, a, &line))
        return false;
    map_add(used, phrase_title_key(line, a), UINT64_MAX, &is_new);
    if (is_new)
        title->text = line;
    return is_new;
}

int phrase_word_titles(struct llm_link *llm, const struct phrase_list *lists, size_t n,
                       struct map *used, struct arena *a, struct phrase_title *titles,
                       struct phrase_asked *asked, struct err *err)
{
    struct llm_request *requests = arena_array(a, n + 1, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, n + 1, sizeof *replies);
    uint32_t *which = arena_array(a, n + 1, sizeof *which);
    struct str prefix = make_prefix(a);
    int rc = 0;
    *asked = (struct phrase_asked){ 0 };
    for (size_t i = 0; i < n && !rc; i++) {
        map_add(used, phrase_title_key(titles[i].text, a), UINT64_MAX, NULL);
        if (!is_askable(&lists[i], &titles[i]))
            continue;
        which[asked->n_asked] = (uint32_t)i;
        rc = make_request(&lists[i], &titles[i], prefix, a, &requests[asked->n_asked++], err);
    }
    if (!rc && asked->n_asked)
        rc = llm_ask(llm, requests, asked->n_asked, a, replies, err);
    for (size_t j = 0; j < asked->n_asked && !rc; j++) {
        asked->n_prompt_tokens += replies[j].n_prompt_tokens;
        asked->n_reply_tokens += replies[j].n_reply_tokens;
        asked->n_worded += take_reply(&lists[which[j]], &replies[j], used, a, &titles[which[j]]);
    }
    return rc;
}
