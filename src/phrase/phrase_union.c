// SPDX-License-Identifier: Apache-2.0
#include "phrase/phrase_union.h"

#include "phrase/subject.h"

// Room for a bullet's worth of phrases and a number behind it.
#define MOST_WORDS (PHRASE_TITLE_WORDS - 1)

bool phrase_may_be_part(const struct phrase_params *params, struct str key, uint64_t people,
                        int64_t n)
{
    return !params->has_accounts && phrase_meets(params, key, people, n, params->min_accounts);
}

struct parts {
    const struct subject_count *items[PHRASE_UNION_PARTS];
    size_t n;
    int64_t n_conversations, n_seen;
    uint64_t people; // a conversation has one subject, so these are of all parts
};

static struct str name_parts(const struct parts *parts, struct arena *a)
{
    struct str text = STR_LIT("");
    for (size_t i = 0; i < parts->n; i++)
        text = arena_printf(a, "%.*s%s%.*s", STR_ARG(text),
                            i == 0             ? ""
                            : i + 1 < parts->n ? ", "
                                               : " or ",
                            STR_ARG(subject_name(parts->items[i]->text)));
    return text;
}

static bool is_akin(const struct phrase_list *list, const struct parts *parts, struct str name)
{
    for (size_t i = 0; i < list->n_subjects; i++)
        if (phrase_texts_akin(list->subjects[i].text, name))
            return true;
    for (size_t i = 0; i < parts->n; i++)
        if (phrase_texts_akin(subject_name(parts->items[i]->text), name))
            return true;
    return false;
}

// Whether they stand for enough, and the list's title has room for their name.
static bool is_enough(const struct phrase_params *params, struct parts *parts,
                      const struct union_wish *wish, const struct phrase_list *list,
                      struct str name)
{
    return parts->n > 1 &&
           phrase_shows(params, name, parts->people, parts->n_conversations, parts->n_conversations,
                        &parts->n_seen) && // no accounts: each supports it
           (double)parts->n_seen >= wish->least * wish->n_seen &&
           phrase_subject_words(list, name) <= MOST_WORDS;
}

bool phrase_find_union(const struct phrase_params *params, const struct subject_counts *counts,
                       const struct union_wish *wish, const struct phrase_list *list,
                       struct arena *a, struct phrase *found)
{
    struct parts parts = { 0 };
    for (size_t i = 0; i < counts->n_parts && parts.n < PHRASE_UNION_PARTS; i++) {
        const struct subject_count *c = &counts->parts[i];
        if ((wish->inside.len && !str_equal(subject_group(c->text), wish->inside)) ||
            is_akin(list, &parts, subject_name(c->text)))
            continue;
        parts.items[parts.n++] = c;
        parts.n_conversations += c->n_conversations;
        parts.people += c->people;
        struct str name = name_parts(&parts, a);
        if (is_enough(params, &parts, wish, list, name)) {
            *found = (struct phrase){ name, parts.n_conversations, parts.n_conversations,
                                      parts.n_seen, 0 };
            return true;
        }
    }
    return false;
}
