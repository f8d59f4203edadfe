// SPDX-License-Identifier: Apache-2.0
// The concern scale by rule: a short list of English words and phrases, each with a grade. It is
// rough on purpose and by nature: it finds what names itself and nothing else, takes a crime novel
// for a plan, and knows no other language. A profile with a model may do better; the number is for
// sorting what a person looks at first, never for a verdict on anyone.
#include "scan/concern.h"

#include "base/utf8.h"

#define LONGEST_LOOK ((size_t)32 << 10) // of one turn

static const struct {
    const char *phrase; // in lower case, whole words
    int grade;
} words[] = {
    // 5: help towards mass harm, or sexual content with children
    { "nerve agent", 5 },
    { "dirty bomb", 5 },
    { "make a bomb", 5 },
    { "build a bomb", 5 },
    { "pipe bomb", 5 },
    { "bioweapon", 5 },
    { "sarin", 5 },
    { "mass shooting", 5 },
    { "child porn", 5 },
    { "sexualize a child", 5 },
    // 4: help towards serious harm to someone
    { "ransomware", 4 },
    { "keylogger", 4 },
    { "hack into", 4 },
    { "steal credit card", 4 },
    { "phishing email", 4 },
    { "phishing page", 4 },
    { "kill myself", 4 },
    { "kill my", 4 },
    { "commit suicide", 4 },
    { "how to poison", 4 },
    { "make meth", 4 },
    { "cook meth", 4 },
    { "launder money", 4 },
    { "untraceable gun", 4 },
    { "fake passport", 4 },
    { "write malware", 4 },
    // 3: wrong or hurtful, or a way round the rules
    { "jailbreak", 3 },
    { "do anything now", 3 },
    { "no restrictions", 3 },
    { "nsfw", 3 },
    { "porn", 3 },
    { "erotic", 3 },
    { "explicit sex", 3 },
    { "racist joke", 3 },
    { "malware", 3 },
    { "exploit code", 3 },
    { "cheat on my exam", 3 },
    { "fake reviews", 3 },
    { "self harm", 3 },
    { "self-harm", 3 },
    { "suicidal", 3 },
    { "bypass the filter", 3 },
    { "crack the password", 3 },
    // 2: a subject that asks for care
    { "suicide", 2 },
    { "overdose", 2 },
    { "weapon", 2 },
    { "weapons", 2 },
    { "drugs", 2 },
    { "cocaine", 2 },
    { "gambling", 2 },
    { "betting", 2 },
    { "murder", 2 },
    { "violence", 2 },
    { "sex", 2 },
    { "sexual", 2 },
    { "abuse", 2 },
    { "hacker", 2 },
    { "terrorist", 2 },
    { "diagnosis", 2 },
    { "my symptoms", 2 },
    { "lawsuit", 2 },
};

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 128;
}

static bool has_phrase(struct str text, struct str phrase)
{
    for (size_t at = 0; (at = str_find(text, phrase, at)) != SIZE_MAX; at++) {
        size_t end = at + phrase.len;
        if ((at == 0 || !is_word_byte(text.ptr[at - 1])) &&
            (end == text.len || !is_word_byte(text.ptr[end])))
            return true;
    }
    return false;
}

int concern_by_rule(struct str text, struct arena *a)
{
    struct arena_mark start = arena_save(a);
    struct str lower = utf8_lower(a, utf8_clip(text, LONGEST_LOOK));
    int grade = 1;
    for (size_t j = 0; j < COUNT_OF(words); j++)
        if (words[j].grade > grade && has_phrase(lower, str_of(words[j].phrase)))
            grade = words[j].grade;
    arena_rewind(a, start);
    return grade;
}
