// SPDX-License-Identifier: Apache-2.0
// The second half of plain_text.h: sentences, and whether they ask.
#include "facet/plain_text.h"

#include "base/utf8.h"

// Openings that are courtesy only. Longest first where one is the head of another.
static const char *const polite[] = {
    "i would like you to please", "i would like you to", "i would like to ask you to",
    "i want you to please",       "i want you to",       "i'd like you to",
    "i need you to",              "could you please",    "can you please",
    "would you please",           "will you please",     "would you mind",
    "could you",                  "can you",             "would you",
    "will you",                   "can u",               "i need help with",
    "i need help to",             "i need your help to", "i need your help with",
    "help me to",                 "help me",             "please help me",
    "please",                     "pls",                 "plz",
    "kindly",                     "now",                 "okay",
    "ok",                         "so",                  "and",
    "then",                       "also",                "hi there",
    "hi",                         "hello there",         "hello",
    "hey there",                  "hey",                 "dear",
    "chatgpt",                    "chat gpt",            "gpt",
    "bot",                        "assistant",           "thanks",
    "thank you",                  "great",               "sure",
    "well",                       "yes",                 "no",
    "let's",                      "lets",                "just",
    "i would like to",            "i'd like to",         "i want to",
    "i need to",                  "i wish to",           "i am trying to",
    "i'm trying to",              "im trying to",        "i am looking to",
    "is it possible to",          "is there a way to",   "go ahead and",
    "first",                      "again",
};
static const char *const imperative[] = {
    "act",       "add",        "adapt",     "advise",    "analyse",   "analyze",   "answer",
    "apply",     "arrange",    "ask",       "assess",    "assist",    "assume",    "be",
    "brainstorm", "break",     "build",     "calculate", "change",    "check",     "choose",
    "clarify",   "classify",   "clean",     "code",      "come",      "compare",   "compile",
    "complete",  "compose",    "compute",   "conduct",   "consider",  "continue",  "convert",
    "correct",   "craft",      "create",    "critique",  "debug",     "define",    "describe",
    "design",    "determine",  "develop",   "discuss",   "do",        "draft",     "draw",
    "edit",      "elaborate",  "enhance",   "estimate",  "evaluate",  "expand",    "explain",
    "extend",    "extract",    "fill",      "find",      "finish",    "fix",       "follow",
    "format",    "forget",     "formulate", "generate",  "get",       "give",      "guide",
    "help",      "highlight",  "identify",  "ignore",    "imagine",   "implement", "improve",
    "include",   "insert",     "install",   "introduce", "keep",      "learn",     "let",
    "list",      "look",       "make",      "match",     "modify",    "name",      "offer",
    "optimize",  "optimise",   "order",     "organize",  "outline",   "paraphrase", "pick",
    "plan",      "play",       "predict",   "prepare",   "pretend",   "print",     "produce",
    "proofread", "propose",    "prove",     "provide",   "put",       "rank",      "rate",
    "read",      "recommend",  "redo",      "refactor",  "reduce",    "remove",    "rephrase",
    "replace",   "reply",      "respond",   "research",  "return",    "review",    "revise",
    "rewrite",   "reword",     "roleplay",  "run",       "say",       "search",    "select",
    "send",      "set",        "share",     "shorten",   "show",      "simplify",  "simulate",
    "solve",     "sort",       "speak",     "start",     "state",     "structure", "study",
    "suggest",   "summarise",  "summarize", "take",      "talk",      "teach",     "tell",
    "test",      "train",      "transform", "translate", "transcribe", "turn",     "try",
    "update",    "use",        "verify",    "visualize", "walk",      "write",     "imagine",
};
static const char *const interrogative[] = {
    "what",  "what's", "whats", "how",    "how's",  "why",   "when",   "where", "where's", "who",
    "who's", "whom",   "whose", "which",  "is",     "isn't", "are",    "am",    "was",     "were",
    "do",    "does",   "don't", "doesn't", "did",   "can",   "could",  "should", "would",  "will",
    "may",   "might",  "has",   "have",   "had",
};
static const char *const wishes[] = {
    "i want",
    "i need",
    "i'd like",
    "i would like",
    "i am trying",
    "i'm trying",
    "i have a question",
    "i am looking",
    "i'm looking",
    "you are",
    "you're",
    "you will",
    "your task",
    "my question",
    "imagine",
    "need ",
    "want ",
    "looking for",
};
static const char *const empty_words[] = {
    "hi",        "hello",   "hey",  "there",   "thanks",  "thank",     "you",   "good",  "morning",
    "afternoon", "evening", "day",  "dear",    "how",     "are",       "doing", "today", "chatgpt",
    "gpt",       "chat",    "a",    "lot",     "much",    "very",      "ok",    "okay",  "yes",
    "sure",      "great",   "nice", "cool",    "perfect", "greetings", "sir",   "ai",    "friend",
    "bot",       "please",  "so",   "again",   "hola",    "bonjour",   "hallo", "ciao",  "salut",
    "sup",       "yo",      "hiya", "welcome", "awesome",
};

static const char *const go_on_words[] = {
    "continue", "continua", "continuez", "weiter",  "go",         "going", "on",
    "keep",     "carry",    "proceed",   "writing", "generating", "继续",  "繼續",
};

static const char *const empty_phrases[] = {
    "do you understand",        "did you understand",   "understood",
    "does that make sense",     "are you ready",        "ready",
    "can you help me",          "can you help",         "are you there",
    "can i ask you a question", "i have a question",    "can you do that",
    "do you know what i mean",  "does this make sense",
};

static bool is_word_byte(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '\'' ||
           (unsigned char)c >= 128;
}

static size_t word_length(struct str s)
{
    size_t n = 0;
    while (n < s.len && is_word_byte(s.ptr[n]))
        n++;
    return n;
}

static size_t skip_signs(struct str s, size_t at)
{
    while (at < s.len && !is_word_byte(s.ptr[at]))
        at++;
    return at;
}

// `s` begins with the words of `phrase` and ends or goes on with another word.
static bool begins_with(struct str s, const char *phrase)
{
    struct str p = str_of(phrase);
    return str_equal_ci(str_head(s, p.len), p) && (s.len == p.len || !is_word_byte(s.ptr[p.len]));
}

static bool word_in(struct str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal_ci(word, str_of(list[i])))
            return true;
    return false;
}

size_t polite_head(struct str sentence)
{
    size_t at = skip_signs(sentence, 0);
    for (size_t i = 0; i < COUNT_OF(polite);) {
        if (!begins_with(str_from(sentence, at), polite[i])) {
            i++;
            continue;
        }
        size_t next = skip_signs(sentence, at + strlen(polite[i]));
        if (next >= sentence.len)
            break; // nothing but courtesy
        at = next;
        i = 0;
    }
    return at;
}

static bool is_empty_talk(struct str s)
{
    size_t n_words = 0;
    for (size_t i = 0; i < COUNT_OF(empty_phrases); i++)
        if (begins_with(s, empty_phrases[i]) && s.len <= strlen(empty_phrases[i]) + 2)
            return true;
    for (size_t at = skip_signs(s, 0); at < s.len; at = skip_signs(s, at)) {
        size_t n = word_length(str_from(s, at));
        struct str word = str_make(s.ptr + at, n);
        if (!word_in(word, empty_words, COUNT_OF(empty_words)) &&
            !word_in(word, go_on_words, COUNT_OF(go_on_words)))
            return false;
        at += n;
        n_words++;
    }
    return n_words < 8;
}

static bool asks(struct str s)
{
    if (str_ends(s, STR_LIT("?")) || str_ends(s, STR_LIT("？")) || str_ends(s, STR_LIT("؟")))
        return true;
    for (size_t i = 0; i < COUNT_OF(wishes); i++)
        if (begins_with(s, wishes[i]))
            return true;
    struct str rest = str_from(s, polite_head(s));
    struct str word = str_head(rest, word_length(rest));
    return word_in(word, imperative, COUNT_OF(imperative)) ||
           word_in(word, interrogative, COUNT_OF(interrogative));
}

// Length of a sentence end at s: . ! ? before a space or the end, those of other scripts and an
// ellipsis anywhere.
static size_t end_length(struct str s, struct str before)
{
    size_t wide = 0;
    uint32_t c = utf8_next(s, &wide);
    if (utf8_is_stop(c) || c == 0x2026)
        return wide;
    if (!s.len || !strchr(".!?", s.ptr[0]) || s.ptr[0] == '\0')
        return 0;
    size_t n = 1;
    while (n < s.len && strchr(".!?\"')", s.ptr[n]) && s.ptr[n] != '\0')
        n++;
    if (n < s.len && s.ptr[n] != ' ' && s.ptr[n] != '\n')
        return 0;
    // "e.g. this", "Mr. Who", "J. S. Bach": a point behind one letter or a known short form
    static const char *const forms[] = { "e.g", "i.e", "mr",  "mrs", "ms",
                                         "dr",  "vs",  "etc", "no",  "st" };
    if (s.ptr[0] == '.' && n == 1) {
        size_t from = before.len;
        while (from > 0 && before.ptr[from - 1] != ' ')
            from--;
        struct str word = str_from(before, from);
        if (word_in(word, forms, COUNT_OF(forms)) || word.len == 1)
            return 0;
    }
    return n;
}

static void add_sentence(struct sentences *list, struct str text)
{
    text = str_trim(text);
    if (!text.len)
        return;
    list->items[list->n++] = (struct sentence){
        .text = text, .is_greeting = is_empty_talk(text), .asks = asks(text)
    };
}

struct sentences sentences_of(struct str text, struct arena *a)
{
    struct sentences list = { 0 };
    size_t n_most = 1, start = 0;
    for (size_t i = 0; i < text.len; i++)
        n_most +=
            strchr("\n.!?", text.ptr[i]) || (unsigned char)text.ptr[i] >= 0xD6; // utf8_is_stop
    list.items = arena_array(a, n_most, sizeof *list.items);
    for (size_t i = 0; i < text.len;) {
        size_t n = text.ptr[i] == '\n' ? 1
                                       : end_length(str_from(text, i),
                                                    str_make(text.ptr + start, i - start));
        if (!n) {
            i++;
            continue;
        }
        i += n;
        add_sentence(&list, str_make(text.ptr + start, i - start));
        start = i;
    }
    add_sentence(&list, str_from(text, start));
    return list;
}

struct str clause_head(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    struct str head = utf8_clip(text, max);
    for (size_t n = head.len; n > max / 2; n--)
        if (strchr(",;:", head.ptr[n - 1]) && head.ptr[n - 1])
            return str_trim(str_head(head, n - 1));
    for (size_t n = head.len; n > max / 2; n--)
        if (head.ptr[n - 1] == ' ')
            return str_trim(str_head(head, n - 1));
    return str_trim(head);
}
