// SPDX-License-Identifier: Apache-2.0
// With noisy floors nothing that a reader sees of a title follows an exact count: which phrases and
// subjects are in it, in which order, and what was left out. Each case is a corpus at the very edge
// of a decision and the same with one account more; over many keys either answer must come of both.
#include "base/hash.h"
#include "unit/phrase_fixture.h"

#include <math.h>

#define TRIES 1000
#define B " \xC2\xB7 "

struct seen { // what came of one key
    struct phrase_list list;
    struct phrase_title title;
    struct phrase_words words;
};
struct edge {
    const char *name;
    void (*fill)(int more); // 0, or 1: with one account more
    bool (*says)(const struct seen *seen);
    const uint32_t *parent_of;
    bool without_accounts;
};

static int64_t n_accounts;

// n conversations of an account each. In `text` a star stands for a word that nobody else has.
static void add(uint32_t group, int n, const char *text, const char *subject)
{
    for (int i = 0; i < n; i++) {
        struct err err = { 0 };
        char line[120], *to = line;
        int64_t who = ++n_accounts;
        for (const char *c = text; *c; c++)
            to += *c == '*' ? snprintf(to, 12, "q%c%c%cx", 'a' + (char)(who % 26),
                                       'a' + (char)(who / 26 % 26), 'a' + (char)(who / 676))
                            : snprintf(to, 2, "%c", *c);
        struct str one = str_of(line);
        assert_int_equal(phrase_corpus_add(corpus, group, who, &one, 1, STR_LIT("English"), &err),
                         0);
        phrase_corpus_subject(corpus, str_of(subject));
    }
}

static bool has_phrase(const struct phrase_list *list, const char *text)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_equal(list->items[i].text, str_of(text)))
            return true;
    return false;
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) != SIZE_MAX;
}

static void fill_order(int more)
{
    add(0, 40, "pottery", "");
    add(0, 40 + more, "sailing", "");
    add(1, 100, "*", "");
}

static bool says_sailing_first(const struct seen *seen)
{
    return str_equal(seen->title.text, STR_LIT("Sailing" B "pottery"));
}

static bool says_sailing_before(const struct seen *seen)
{
    assert_int_equal(seen->words.n, 2);
    return str_equal(seen->words.items[0].text, STR_LIT("sailing"));
}

// Three have room; a corpus of the same words elsewhere decides, too.
static void fill_third(int more)
{
    add(0, 60, "carpentry", "");
    add(0, 60, "chess", "");
    add(0, 40, "pottery", "");
    add(0, 40 + more, "sailing", "");
    add(1, 100, "*", "");
}

static bool says_sailing(const struct seen *seen)
{
    return has(seen->title.text, "sailing");
}

static void fill_elsewhere(int more)
{
    add(0, 40, "pottery", "");
    add(0, 40, "sailing", "");
    add(1, 10, "sailing", "");
    add(1, 10 + more, "pottery", "");
    add(1, 100, "*", "");
}

// Two in a hundred are ranked.
static void fill_least(int more)
{
    add(0, 9 + more, "sailing", "");
    add(0, 491 - more, "*", "");
}

static bool ranks_sailing(const struct seen *seen)
{
    return has_phrase(&seen->list, "sailing");
}

// Twelve in a hundred speak for all.
static void fill_few(int more)
{
    add(0, 23 + more, "sailing", "");
    add(0, 177 - more, "*", "");
}

static bool says_various(const struct seen *seen)
{
    return !seen->title.says_various;
}

// "bowl of clay" is cut where seven in ten go on.
static void fill_cut(int more)
{
    add(0, 28 + more, "bowl of clay *", "");
    add(0, 12, "bowl of clay", "");
}

static bool says_bowl_of_clay(const struct seen *seen)
{
    return !has_phrase(&seen->list, "bowl of clay");
}

// The longer phrase takes the shorter one's place when it has half of it.
static void fill_half(int more)
{
    add(0, 20, "clay", "");
    add(0, 19 + more, "clay bowl", "");
    add(1, 100, "*", "");
}

static bool says_clay(const struct seen *seen)
{
    return !has_phrase(&seen->list, "clay");
}

// A child of a tenth may have six tenths of a phrase.
static void fill_child(int more)
{
    add(0, 36 + more, "sailing", "");
    add(0, 14 - more, "*", "");
    add(1, 24, "sailing", "");
    add(1, 426, "*", "");
}

static bool drops_sailing(const struct seen *seen)
{
    return !has_phrase(&seen->list, "sailing");
}

// A subject that fifteen in a hundred have names a group, one less does not.
static void fill_subject(int more)
{
    add(0, 14 + more, "*", "Software: Databases and SQL");
    add(0, 86 - more, "*", "");
    add(1, 100, "*", "");
}

static bool has_subject(const struct seen *seen)
{
    return seen->list.n_subjects > 0;
}

static void fill_subjects(int more)
{
    add(0, 40, "*", "Software: Databases and SQL");
    add(0, 40 + more, "*", "Writing: Essays");
    add(1, 100, "*", "");
}

static bool says_essays_first(const struct seen *seen)
{
    return has(seen->list.subjects[0].text, "Essays");
}

// A group of subjects leads where it is a fifth more than in the corpus.
static void fill_usual(int more)
{
    add(0, 13, "*", "Software: Databases and SQL");
    add(0, 13, "*", "Software: Testing");
    add(0, 14, "*", "Software: Networks");
    add(0, 60, "*", "");
    add(1, 61 - more, "*", "Software: Databases and SQL");
    add(1, 139 + more, "*", "");
}

static bool says_networks(const struct seen *seen)
{
    return seen->list.n_subjects == 2; // the best inside "Software"
}

static const uint32_t one_parent[] = { 0, 0 };
static const struct edge edges[] = {
    { "order of phrases", fill_order, says_sailing_first, NULL, false },
    { "the same without accounts", fill_order, says_sailing_first, NULL, true },
    { "order of words for a model", fill_order, says_sailing_before, NULL, false },
    { "the third phrase", fill_third, says_sailing, NULL, false },
    { "order by who else has them", fill_elsewhere, says_sailing_first, NULL, false },
    { "two in a hundred", fill_least, ranks_sailing, NULL, false },
    { "few hold it", fill_few, says_various, NULL, false },
    { "a phrase that is cut short", fill_cut, says_bowl_of_clay, NULL, false },
    { "a phrase inside another", fill_half, says_clay, NULL, false },
    { "a phrase of one child", fill_child, drops_sailing, one_parent, false },
    { "a subject that leads", fill_subject, has_subject, NULL, false },
    { "order of subjects", fill_subjects, says_essays_first, NULL, false },
    { "a group of subjects that leads", fill_usual, says_networks, NULL, false },
    { "a subject without accounts", fill_subject, has_subject, NULL, true },
};

static bool look(const struct edge *edge, const struct hash_key *noise)
{
    struct phrase_params params = phrase_default_params();
    struct phrase_list lists[2] = { 0 };
    struct phrase_words words[2] = { 0 };
    struct map used = { 0 };
    struct err err = { 0 };
    size_t n = edge->parent_of ? 1 : 2;
    params.noise = noise;
    params.has_accounts = !edge->without_accounts;
    params.min_conversations = 5;
    assert_int_equal(phrase_find(corpus, &params, edge->parent_of, n, &arena, lists, &err), 0);
    assert_int_equal(phrase_shared(corpus, &params, edge->parent_of, n, 9, &arena, words, &err), 0);
    struct seen seen = { .list = lists[0], .words = words[0] };
    phrase_titles(lists, 1, &used, &arena, &seen.title);
    bool says = edge->says(&seen);
    map_release(&used);
    arena_release(&arena);
    return says;
}

static double share_of(const struct edge *edge, int more, bool *exact)
{
    int n = 0;
    again();
    n_accounts = 0;
    edge->fill(more);
    for (uint64_t i = 0; i < TRIES; i++) {
        struct hash_key key = hash_key_of_seed(i);
        n += look(edge, &key);
    }
    *exact = look(edge, NULL);
    return (double)n / TRIES;
}

static void test_one_more_cannot_be_told(void **state)
{
    int n_told = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(edges); i++) {
        bool exact[2];
        double before = share_of(&edges[i], 0, &exact[0]);
        double after = share_of(&edges[i], 1, &exact[1]);
        // Laplace noise of scale 1 tells (e - 1)/(e + 1) = 0.46 at most of one count
        bool told =
            fabs(after - before) >= 0.5 || fmin(before, after) < 0.05 || fmax(before, after) > 0.95;
        print_message("%s %s: %.3f, and with one account more %.3f; exact counts %d, %d\n",
                      told ? "TOLD" : "    ", edges[i].name, before, after, exact[0], exact[1]);
        n_told += told;
        assert_int_equal(exact[0], 0); // where counts are exact one account decides
        assert_int_equal(exact[1], 1);
    }
    assert_int_equal(n_told, 0);
}

// Words of special categories in writings without spaces are phrases of characters.
static void test_sensitive_characters_need_more(void **state)
{
    struct hash_key key = hash_key_of_seed(1);
    struct phrase_params params = phrase_default_params();
    struct phrase_list list = { 0 };
    struct err err = { 0 };
    (void)state;
    n_accounts = 0;
    add(0, 40, "\u4E0D\u5B55", ""); // infertility
    add(0, 40, "\u6797\u56ED", ""); // gardens
    params.noise = &key;
    assert_int_equal(phrase_find(corpus, &params, NULL, 1, &arena, &list, &err), 0);
    assert_true(has_phrase(&list, "\u6797\u56ED"));
    assert_false(has_phrase(&list, "\u4E0D\u5B55"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_more_cannot_be_told),
        TEST(test_sensitive_characters_need_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
