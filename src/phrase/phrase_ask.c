// SPDX-License-Identifier: Apache-2.0
// Asking a small model to put the released phrases of each title into a line. It is shown the
// phrases and fixed examples, never a conversation; a grammar made of the phrases' words and a few
// small words bounds its answer, and phrase_wording checks the answer all the same. What does not
// pass leaves the phrases as the title.
#include "base/buf.h"
#include "base/utf8.h"
#include "llm/llm.h"
#include "phrase/phrase_int.h"

#define MAX_TOKENS 32
#define GRAMMAR_BYTES ((size_t)8192)

const char *prompt_describe_phrases(void); // prompts/describe_phrases.txt
unsigned long prompt_describe_phrases_size(void);

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

static int add_choice(struct buf *b, struct str word, const char *ending, struct err *err)
{
    bool upper_first = word.ptr[0] >= 'a' && word.ptr[0] <= 'z';
    int rc = buf_printf(b, err, "%s\"%.*s%s\"", b->len ? " | " : "", STR_ARG(word), ending);
    if (!rc && upper_first)
        rc = buf_printf(b, err, " | \"%c%.*s%s\"", word.ptr[0] - 32, STR_ARG(str_from(word, 1)),
                        ending);
    return rc;
}

// The word itself, and what a regular English inflection makes of it.
static int add_word(struct buf *b, struct str word, bool inflect, struct err *err)
{
    int rc = add_choice(b, word, "", err);
    if (rc || !inflect || word.len < 3)
        return rc;
    struct str stem = str_ends(word, STR_LIT("e")) ? str_head(word, word.len - 1) : word;
    char last = word.ptr[word.len - 1], before = word.ptr[word.len - 2];
    bool doubles = word.len < 5 && strchr("aeiou", before) && !strchr("aeiouwxys", last) &&
                   !strchr("aeiou", word.ptr[word.len - 3]);
    char ending[8] = { last, 'i', 'n', 'g' };
    if (last == 's' || str_ends(word, STR_LIT("ing")) || str_ends(word, STR_LIT("ed")))
        return 0;
    if (!str_ends(word, STR_LIT("y")))
        rc = add_choice(b, word, "s", err);
    return rc ? rc : add_choice(b, doubles ? word : stem, doubles ? ending : "ing", err);
}

// root: two to ten of these words and the end of the line.
static int make_grammar(const struct phrase_list *list, const struct phrase_title *title,
                        struct arena *a, const char **grammar, struct err *err)
{
    struct buf words;
    int rc = 0;
    buf_init(&words, GRAMMAR_BYTES, "grammar of a title");
    for (size_t i = 0; i < title->n_picks && !rc; i++) {
        struct str rest = list->items[title->picks[i]].text, word;
        while (!rc && str_cut(&rest, ' ', &word)) {
            struct str lower = utf8_lower(a, word);
            rc = add_word(&words, word, word_kind(lower) != WORD_FUNCTION, err);
        }
    }
    if (!rc)
        rc = buf_printf(
            &words, err,
            " | \"a\" | \"the\" | \"of\" | \"for\" | \"to\" | \"in\" | \"on\" | \"with\" | "
            "\"and\" | \"from\" | \"about\" | \"as\" | \"using\"");
    if (!rc)
        *grammar = arena_printf(a, "root ::= \" \" word (\" \" word){1,9} \"\\n\"\nword ::= %.*s\n",
                                STR_ARG(buf_view(&words)))
                       .ptr;
    buf_release(&words);
    return rc;
}

static int make_request(const struct phrase_list *list, const struct phrase_title *title,
                        struct arena *a, struct llm_request *request, struct err *err)
{
    *request = (struct llm_request){
        .prefix = str_make(prompt_describe_phrases(), prompt_describe_phrases_size()),
        .prompt = raw_of(phrases_line(list, title, a)),
        .stem = STR_LIT("Title:"),
        .max_tokens = MAX_TOKENS,
    };
    return make_grammar(list, title, a, &request->grammar, err);
}

// The reply in the title's place, when it may be and no other title is like it.
static bool take_reply(const struct phrase_list *list, const struct llm_reply *reply,
                       struct map *used, struct arena *a, struct phrase_title *title)
{
    struct str line = { 0 };
    bool is_new = false;
    if (reply->stop == LLM_FAILED || !phrase_wording(list, title, reply->text.s, a, &line))
        return false;
    map_add(used, utf8_lower(a, line), UINT64_MAX, &is_new);
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
    int rc = 0;
    *asked = (struct phrase_asked){ 0 };
    for (size_t i = 0; i < n && !rc; i++) {
        map_add(used, utf8_lower(a, titles[i].text), UINT64_MAX, NULL);
        if (!is_askable(&lists[i], &titles[i]))
            continue;
        which[asked->n_asked] = (uint32_t)i;
        rc = make_request(&lists[i], &titles[i], a, &requests[asked->n_asked++], err);
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
