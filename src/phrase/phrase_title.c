// SPDX-License-Identifier: Apache-2.0
// Titles and summaries out of released phrases and numbers, by rule. A title takes the best phrase
// and up to two more that share no stem with what it has; a parent that two subjects name takes
// none. Where two would be alike, the later one takes in the phrase that tells it apart.
#include "base/utf8.h"
#include "phrase/phrase_int.h"

#include <stdlib.h>

#define LEAST_OF_BEST 0.2 // a further phrase's score against the first one's
#define MAX_STEMS 64
#define FEW 0.12            // of the conversations, by all phrases of a title: it says "various"
#define BULLET " \xC2\xB7 " // U+00B7

struct stems { // of a title's or a summary's words
    char buffers[MAX_STEMS][WORD_MAX_BYTES + 8];
    struct str items[MAX_STEMS];
    size_t n, n_words;
};

static bool has_stem(const struct stems *stems, size_t n, struct str stem)
{
    for (size_t i = 0; i < n; i++)
        if (word_stems_akin(stems->items[i], stem))
            return true;
    return false;
}

// Adds a phrase's words and their stems; how many of these were there before.
static size_t add_stems(struct stems *stems, struct str phrase)
{
    struct words words = words_of(phrase);
    struct word word;
    size_t n_before = stems->n, n_known = 0;
    bool in_characters = false;
    while (words_next(&words, &word)) {
        enum word_kind kind = word_kind(word.text);
        stems->n_words += !(kind == WORD_CHARACTER && in_characters);
        in_characters = kind == WORD_CHARACTER;
        if (kind == WORD_FUNCTION || stems->n == MAX_STEMS)
            continue;
        struct str stem = word_stem(word.text, stems->buffers[stems->n]);
        n_known += has_stem(stems, n_before, stem);
        stems->items[stems->n++] = stem;
    }
    return n_known;
}

// The same, but nothing is added when a stem was there or there are too many words.
static bool try_stems(struct stems *stems, struct str phrase, size_t max_words)
{
    size_t n = stems->n, n_words = stems->n_words;
    if (!add_stems(stems, phrase) && stems->n_words <= max_words)
        return true;
    stems->n = n;
    stems->n_words = n_words;
    return false;
}

// Those of the subjects, which stand in the title whatever they have in common.
static void subject_stems(const struct phrase_list *list, struct stems *stems)
{
    stems->n = stems->n_words = 0;
    for (size_t i = 0; i < list->n_subjects; i++)
        add_stems(stems, list->subjects[i].text);
}

// Room is left for a number that tells titles apart, and for "various requests".
static size_t most_words(const struct phrase_title *title)
{
    return PHRASE_TITLE_WORDS - (title->says_various ? 3 : 1);
}

size_t phrase_subject_words(const struct phrase_list *list, struct str more)
{
    struct stems stems;
    subject_stems(list, &stems);
    add_stems(&stems, more);
    return stems.n_words;
}

bool phrase_texts_akin(struct str a, struct str b)
{
    struct stems stems;
    stems.n = stems.n_words = 0;
    add_stems(&stems, a);
    return add_stems(&stems, b) > 0;
}

// Phrases that few of the conversations hold must not speak for all of them.
static bool few_hold(const struct phrase_list *list, const struct phrase_title *title)
{
    int64_t n = 0;
    if (list->n_subjects)
        return false;
    for (size_t i = 0; i < title->n_picks; i++)
        n += list->items[title->picks[i]].n_seen;
    return (double)n < FEW * (double)list->n_seen;
}

static void pick(const struct phrase_list *list, struct phrase_title *title)
{
    struct stems stems;
    bool is_whole = list->is_parent && list->n_subjects > 1;
    size_t most = is_whole ? 0 : PHRASE_TITLE_PHRASES - list->n_subjects;
    subject_stems(list, &stems);
    title->n_picks = 0;
    for (size_t i = 0; i < list->n && title->n_picks < most; i++)
        if (list->items[i].score >= LEAST_OF_BEST * list->items[0].score &&
            try_stems(&stems, list->items[i].text, most_words(title)))
            title->picks[title->n_picks++] = (uint32_t)i;
}

static struct str capitalise(struct arena *a, struct str s)
{
    size_t at = 0;
    char first[4];
    if (!s.len)
        return s;
    size_t n = utf8_put(utf8_upper_char(utf8_next(s, &at)), first);
    return arena_printf(a, "%.*s%.*s", (int)n, first, STR_ARG(str_from(s, at)));
}

// `s` with one part more.
static struct str add_part(struct str s, const char *between, struct str part, struct arena *a)
{
    return arena_printf(a, "%.*s%s%.*s", STR_ARG(s), s.len ? between : "", STR_ARG(part));
}

static struct str join(const struct phrase_list *list, const struct phrase_title *title,
                       const char *between, struct arena *a)
{
    struct str s = STR_LIT("");
    for (size_t i = 0; i < title->n_picks; i++)
        s = add_part(s, between, list->items[title->picks[i]].text, a);
    return s;
}

static struct str join_subjects(const struct phrase_list *list, const char *between,
                                struct arena *a)
{
    struct str s = STR_LIT("");
    for (size_t i = 0; i < list->n_subjects; i++)
        s = add_part(s, between, list->subjects[i].text, a);
    return s;
}

bool phrase_add_subjects(const struct phrase_list *list, struct arena *a, struct str *line)
{
    struct stems stems;
    if (!list->n_subjects)
        return true;
    subject_stems(list, &stems);
    add_stems(&stems, *line);
    *line = add_part(join_subjects(list, BULLET, a), BULLET, *line, a);
    return stems.n_words <= PHRASE_TITLE_WORDS;
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static int by_text(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

static bool is_foreign(const struct phrase_list *list)
{
    return list->language.len && !str_equal(list->language, STR_LIT("English"));
}

static const char no_phrase[] = "Various requests";

static struct str title_text(const struct phrase_list *list, const struct phrase_title *title,
                             struct arena *work, struct arena *a)
{
    struct str phrases = join(list, title, BULLET, work);
    struct str lead = join_subjects(list, BULLET, work);
    if (lead.len)
        return phrases.len ? add_part(lead, BULLET, phrases, a) : arena_str(a, lead);
    if (!title->n_picks && is_foreign(list))
        return arena_printf(a, "%s in %.*s", no_phrase, STR_ARG(list->language));
    if (!title->n_picks)
        return arena_str(a, STR_LIT(no_phrase));
    if (title->says_various)
        return arena_printf(a, "%s" BULLET "%.*s", no_phrase, STR_ARG(phrases));
    return capitalise(a, phrases);
}

// What makes two titles alike: the same parts in any order and capitals.
struct str phrase_title_key(struct str text, struct arena *a)
{
    struct str parts[PHRASE_TITLE_WORDS], rest = utf8_lower(a, text), key = STR_LIT("");
    const size_t bullet = sizeof BULLET - 1;
    size_t n = 0;
    while (n < COUNT_OF(parts)) {
        size_t at = str_find(rest, STR_LIT(BULLET), 0);
        parts[n++] = str_head(rest, at);
        if (at == SIZE_MAX)
            break;
        rest = str_from(rest, at + bullet);
    }
    qsort(parts, n, sizeof *parts, by_text);
    for (size_t i = 0; i < n; i++)
        key = arena_printf(a, "%.*s\n%.*s", STR_ARG(key), STR_ARG(parts[i]));
    return key;
}

static struct str title_key(const struct phrase_list *list, const struct phrase_title *title,
                            struct arena *a)
{
    return phrase_title_key(title_text(list, title, a, a), a);
}

static bool has_pick(const struct phrase_title *title, size_t i)
{
    for (size_t j = 0; j < title->n_picks; j++)
        if (title->picks[j] == i)
            return true;
    return false;
}

static bool has_phrase(const struct phrase_list *list, struct str text)
{
    for (size_t i = 0; list && i < list->n; i++)
        if (str_equal_ci(list->items[i].text, text))
            return true;
    return false;
}

static bool fits(const struct phrase_list *list, const struct phrase_title *title)
{
    struct stems stems;
    subject_stems(list, &stems);
    for (size_t i = 0; i < title->n_picks; i++)
        if (!try_stems(&stems, list->items[title->picks[i]].text, most_words(title)))
            return false;
    return true;
}

// A title with the first `keep` phrases and phrase `more`. False when it is not new.
static bool try_keeping(const struct phrase_list *list, size_t keep, size_t more,
                        const struct map *used, struct arena *a, struct phrase_title *title)
{
    struct phrase_title other = *title;
    other.n_picks = keep;
    other.picks[other.n_picks++] = (uint32_t)more;
    qsort(other.picks, other.n_picks, sizeof *other.picks, by_number);
    if (!fits(list, &other) || map_find(used, title_key(list, &other, a)) != SIZE_MAX)
        return false;
    *title = other;
    return true;
}

// With phrase `more` as one more, else in the last one's place. False when none is new.
static bool try_with(const struct phrase_list *list, size_t more, const struct map *used,
                     struct arena *a, struct phrase_title *title)
{
    size_t n = title->n_picks;
    if ((n || list->n_subjects) && try_keeping(list, n, more, used, a, title))
        return true;
    return n > (list->n_subjects ? 0 : 1) && try_keeping(list, n - 1, more, used, a, title);
}

// With a spare subject more, and as many phrases as then fit. False, and nothing changed, when none
// is new.
static bool try_spare(struct phrase_list *list, const struct map *used, struct arena *a,
                      struct phrase_title *title)
{
    if (!list->n_subjects)
        return false; // none leads, so a lesser one does not either
    for (size_t i = 0; i < list->n_spares && list->n_subjects < PHRASE_SUBJECTS; i++) {
        struct phrase_title other = *title;
        list->subjects[list->n_subjects++] = list->spares[i];
        pick(list, &other);
        if (phrase_subject_words(list, STR_LIT("")) < PHRASE_TITLE_WORDS &&
            map_find(used, title_key(list, &other, a)) == SIZE_MAX) {
            *title = other;
            return true;
        }
        list->n_subjects--;
    }
    return false;
}

// A parent without its last subject; where one is left, with phrases.
static bool try_fewer(struct phrase_list *list, const struct map *used, struct arena *a,
                      struct phrase_title *title)
{
    struct phrase_title other = *title;
    if (!list->is_parent || list->n_subjects < 2)
        return false;
    list->n_subjects--;
    pick(list, &other);
    bool is_new = map_find(used, title_key(list, &other, a)) == SIZE_MAX;
    if (is_new)
        *title = other;
    list->n_subjects += !is_new;
    return is_new;
}

static bool try_phrases(const struct phrase_list *list, const struct phrase_list *twin,
                        const struct map *used, struct arena *a, struct phrase_title *title)
{
    if (!title->n_picks && !list->n_subjects)
        return false;
    for (size_t i = 0; i < list->n; i++)
        if (!has_pick(title, i) && !has_phrase(twin, list->items[i].text) &&
            try_with(list, i, used, a, title))
            return true;
    return false;
}

// Makes the title differ from all in `used`; `twin` is the list of the one it is like, NULL when
// that one came with an earlier call. False when nothing released tells them apart.
static bool tell_apart(struct phrase_list *list, const struct phrase_list *twin,
                       const struct map *used, struct arena *a, struct phrase_title *title)
{
    bool has_many = list->n_subjects == PHRASE_SUBJECTS; // the level above may have the same
    return (has_many && try_fewer(list, used, a, title)) ||
           try_phrases(list, twin, used, a, title) || try_spare(list, used, a, title) ||
           try_phrases(list, NULL, used, a, title) || try_fewer(list, used, a, title);
}

// Whether no other title is like this one; then none after it is.
static bool claim(struct map *used, struct str text, struct arena *work)
{
    bool is_new;
    map_add(used, phrase_title_key(text, work), UINT64_MAX, &is_new);
    return is_new;
}

// The last resort: the same words and the language, or a number of its own.
static struct str numbered(struct str text, const struct phrase_list *list, struct map *used,
                           struct arena *work, struct arena *a)
{
    if (list->n && is_foreign(list)) {
        struct str with_language =
            arena_printf(a, "%.*s" BULLET "%.*s", STR_ARG(text), STR_ARG(list->language));
        if (claim(used, with_language, work))
            return with_language;
    }
    for (int i = 2;; i++) {
        struct str with_number = arena_printf(a, "%.*s (%d)", STR_ARG(text), i);
        if (claim(used, with_number, work))
            return with_number;
    }
}

static void make_title(struct phrase_list *lists, size_t i, struct map *used, struct arena *work,
                       struct arena *a, struct phrase_title *title)
{
    struct phrase_list *list = &lists[i];
    bool apart = true;
    *title = (struct phrase_title){ 0 };
    pick(list, title);
    title->says_various = few_hold(list, title);
    if (title->says_various)
        pick(list, title);
    size_t twin = map_find(used, title_key(list, title, work));
    if (twin != SIZE_MAX) {
        uint64_t owner = used->entries[twin].value;
        apart = tell_apart(list, owner == UINT64_MAX ? NULL : &lists[owner], used, work, title);
    }
    map_add(used, title_key(list, title, work), i, NULL);
    struct str text = title_text(list, title, work, a);
    title->text = apart ? text : numbered(text, list, used, work, a);
}

void phrase_titles(struct phrase_list *lists, size_t n, struct map *used, struct arena *a,
                   struct phrase_title *titles)
{
    struct arena work = { 0 };
    size_t n_before = used->n;
    for (size_t i = 0; i < n; i++) {
        make_title(lists, i, used, &work, a, &titles[i]);
        arena_rewind(&work, (struct arena_mark){ 0 });
    }
    // The numbers of lists mean nothing to the next call.
    for (size_t i = n_before; i < used->n; i++)
        used->entries[i].value = UINT64_MAX;
    arena_release(&work);
}

int64_t phrase_round_accounts(int64_t n)
{
    int64_t step = 1;
    while (step <= n / 10)
        step *= 10;
    return n >= 5 * step ? 5 * step : n >= 2 * step ? 2 * step : step;
}

static double percent_of(const struct phrase_facts *facts)
{
    return facts->n_total > 0 ? 100.0 * (double)facts->n_conversations / (double)facts->n_total : 0;
}

struct str phrase_share(const struct phrase_facts *facts, struct arena *a)
{
    double percent = percent_of(facts);
    if (percent < 0.1)
        return STR_LIT("0.1");
    return arena_printf(a, percent < 10 ? "%.1f" : "%.0f", percent);
}

// Whether a phrase has a word that says something and was not there; its words are added then.
static bool says_more(struct stems *stems, struct str phrase)
{
    struct words words = words_of(phrase);
    struct word word;
    char stem[WORD_MAX_BYTES + 8];
    while (words_next(&words, &word))
        if ((word_kind(word.text) == WORD_CONTENT || word_kind(word.text) == WORD_CHARACTER) &&
            !has_stem(stems, stems->n, word_stem(word.text, stem))) {
            add_stems(stems, phrase);
            return true;
        }
    return false;
}

// Up to `max` phrases that say more than the subjects, the title's phrases and each other.
static struct str list_more(const struct phrase_list *list, const struct phrase_title *title,
                            size_t max, struct arena *a)
{
    struct stems stems;
    struct str s = STR_LIT("");
    size_t n = 0;
    subject_stems(list, &stems);
    for (size_t i = 0; i < title->n_picks; i++)
        add_stems(&stems, list->items[title->picks[i]].text);
    for (size_t i = 0; i < list->n && n < max; i++)
        if (says_more(&stems, list->items[i].text)) {
            s = add_part(s, ", ", list->items[i].text, a);
            n++;
        }
    return s;
}

struct str phrase_summary(const struct phrase_list *list, const struct phrase_title *title,
                          const struct phrase_facts *facts, struct arena *a)
{
    struct str about = join(list, title, ", ", a), also = list_more(list, title, 5, a);
    struct str first = STR_LIT("No phrase is shared by enough of these conversations to name them");
    if (about.len)
        first = arena_printf(a, "What these conversations share: %.*s%s%.*s", STR_ARG(about),
                             also.len ? "; also " : "", STR_ARG(also));
    if (list->n_subjects)
        first =
            arena_printf(a, "Often about %.*s%s%.*s%s%.*s", STR_ARG(join_subjects(list, ", ", a)),
                         about.len ? "; they share: " : "", STR_ARG(about),
                         also.len ? "; also " : "", STR_ARG(also));
    struct str from = STR_LIT("");
    if (facts->has_accounts && facts->n_accounts > 0)
        from = arena_printf(a, ", from at least %lld account%s",
                            (long long)phrase_round_accounts(facts->n_accounts),
                            facts->n_accounts == 1 ? "" : "s");
    return arena_printf(a, "%.*s. %s %.*s %% of all conversations%.*s%s%.*s.", STR_ARG(first),
                        percent_of(facts) < 0.1 ? "Under" : "About",
                        STR_ARG(phrase_share(facts, a)), STR_ARG(from),
                        list->language.len ? ", mostly in " : "", STR_ARG(list->language));
}
