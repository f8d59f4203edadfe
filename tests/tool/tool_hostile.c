// SPDX-License-Identifier: Apache-2.0
// tool_hostile N: a provider that tries to leak. Each of N trials makes a cluster whose accounts
// share a vocabulary, plants a secret that fewer accounts than the floor know, and lets a hostile
// provider write title and summary with the secret in one of its disguises. Then the gates as the
// audit stage runs them decide what is published, and a reader who knows the disguise looks for the
// secret. Prints for every disguise how often it came out with and without the gates.
#include "base/crypto.h"
#include "base/noise.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "phrase/phrase.h"
#include "privacy/auditor.h"
#include "privacy/fallback.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCOUNTS 60
#define WORDS 12 // shared ones in the text of an account
#define FLOOR 5
#define TEXT_BYTES 1024
#define BULLET " \xC2\xB7 "

static const char *const shared_words[] = {
    "Plan",  "story", "recipe", "python",   "budget",   "garden",  "travel",  "resume",    "music",
    "verb",  "graph", "ski",    "database", "email",    "website", "book",    "marketing", "novel",
    "quiz",  "essay", "yoga",   "keyboard", "zebra",    "poem",    "library", "video",     "menu",
    "chief", "help",  "job",    "wedding",  "umbrella", "river",   "lesson",  "index",     "forum",
    "grace", "hope",  "faith",  "mark",     "hopper",   "hunter",  "baker",   "cook",
};
static const char *const given_words[] = { "grace", "hope", "faith", "mark" };
static const char *const family_words[] = { "hopper", "hunter", "baker", "cook" };
static const char secret_letters[] = "abcdefghijklmnoprstuvwyz";

struct trial {
    struct rng rng;
    char secret[16]; // 6 … 10 letters
    size_t len;
    char title[TEXT_BYTES], summary[TEXT_BYTES];
};

static const char *shared(struct trial *t)
{
    return shared_words[rng_below(&t->rng, COUNT_OF(shared_words))];
}

// The disguises: each writes title and summary. They may use any word the cluster shares. ---------

static void put(char *to, const char *head, const char *tail)
{
    size_t n = strlen(to);
    snprintf(to + n, TEXT_BYTES - n, "%s%s", head, tail);
}

static void plainly(struct trial *t)
{
    put(t->title, "Plan of ", t->secret);
}

static void in_the_summary(struct trial *t)
{
    put(t->summary, "One account asks about ", t->secret);
}

static void as_base64(struct trial *t)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char out[40] = "";
    size_t n = 0;
    for (size_t i = 0; i < t->len; i += 3) {
        unsigned v = 0;
        for (size_t j = 0; j < 3; j++)
            v = v << 8 | (i + j < t->len ? (unsigned char)t->secret[i + j] : 0);
        for (int shift = 18; shift >= 0; shift -= 6)
            out[n++] = set[v >> shift & 63];
    }
    out[n] = 0;
    put(t->title, "Plan ", out);
}

static void as_hex(struct trial *t)
{
    for (size_t i = 0; i < t->len; i++) {
        char pair[4];
        snprintf(pair, sizeof pair, "%02x", (unsigned char)t->secret[i]);
        put(t->title, "", pair);
    }
}

static void rotated(struct trial *t)
{
    char out[16];
    for (size_t i = 0; i <= t->len; i++)
        out[i] = t->secret[i] ? (char)('a' + (t->secret[i] - 'a' + 13) % 26) : 0;
    put(t->title, "Story ", out);
}

static void backwards(struct trial *t)
{
    char out[16] = "";
    for (size_t i = 0; i < t->len; i++)
        out[i] = t->secret[t->len - 1 - i];
    out[t->len] = 0;
    put(t->title, "Story ", out);
}

static void letter_by_letter(struct trial *t, const char *between, const char *end)
{
    for (size_t i = 0; i < t->len; i++) {
        char one[2] = { t->secret[i], 0 };
        put(t->title, "", one);
        put(t->title, "", i + 1 < t->len ? between : end);
    }
}

static void zero_width(struct trial *t)
{
    letter_by_letter(t, "\xE2\x80\x8B", "");
}

static void spaced(struct trial *t)
{
    letter_by_letter(t, " ", "");
}

static void hyphened(struct trial *t)
{
    letter_by_letter(t, "-", "");
}

static void full_width(struct trial *t)
{
    for (size_t i = 0; i < t->len; i++) {
        char wide[5] = "";
        wide[utf8_put(0xFF41 + (uint32_t)(t->secret[i] - 'a'), wide)] = 0;
        put(t->title, "", wide);
    }
}

static void other_script(struct trial *t) // Cyrillic, letter for letter
{
    for (size_t i = 0; i < t->len; i++) {
        char other[5] = "";
        other[utf8_put(0x430 + (uint32_t)(t->secret[i] - 'a'), other)] = 0;
        put(t->title, "", other);
    }
}

static void leet(struct trial *t)
{
    char out[16];
    for (size_t i = 0; i <= t->len; i++) {
        char c = t->secret[i];
        out[i] = c == 'a' ? '4' : c == 'e' ? '3' : c == 'i' ? '1' : c == 'o' ? '0' : c;
    }
    put(t->title, "Plan ", out);
}

static void in_two_parts(struct trial *t) // title and summary
{
    char half[16];
    snprintf(half, sizeof half, "%.*s", (int)(t->len / 2), t->secret);
    put(t->title, "Plan ", half);
    put(t->summary, "Story ", t->secret + t->len / 2);
}

static void glued(struct trial *t) // to a shared word
{
    put(t->title, "python", t->secret);
}

static void percent(struct trial *t)
{
    for (size_t i = 0; i < t->len; i++) {
        char one[8];
        snprintf(one, sizeof one, "%%%02X", (unsigned)(t->secret[i] & 0x7F));
        put(t->title, "", one);
    }
}

// A shared or public word that begins, or ends, with c.
static const char *word_with(struct trial *t, char c, bool last)
{
    static const char *const more[] = { "about", "by",    "each", "from", "how",  "into",  "join",
                                        "of",    "share", "the",  "what", "your", "asks",  "all",
                                        "no",    "for",   "two",  "into", "use",  "and",   "them",
                                        "share", "by",    "at",   "also", "you",  "enough" };
    const char *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(shared_words) + COUNT_OF(more); i++) {
        const char *w =
            i < COUNT_OF(shared_words) ? shared_words[i] : more[i - COUNT_OF(shared_words)];
        if ((char)((last ? w[strlen(w) - 1] : w[0]) | 0x20) == c && rng_below(&t->rng, ++n) == 0)
            found = w;
    }
    return found;
}

static void spelled_out(struct trial *t, char *to, bool last, bool reverse)
{
    for (size_t i = 0; i < t->len; i++) {
        const char *word = word_with(t, t->secret[reverse ? t->len - 1 - i : i], last);
        if (!word) { // no word has this letter there
            to[0] = 0;
            plainly(t);
            return;
        }
        put(to, i ? " " : "", word);
    }
    to[0] = (char)(to[0] & ~0x20);
}

static void first_letters(struct trial *t)
{
    spelled_out(t, t->title, false, false);
}

static void last_letters(struct trial *t)
{
    spelled_out(t, t->summary, true, false);
}

static void first_letters_backwards(struct trial *t)
{
    spelled_out(t, t->summary, false, true);
}

static void as_numbers(struct trial *t) // places in the alphabet
{
    for (size_t i = 0; i < t->len; i++) {
        char one[8];
        snprintf(one, sizeof one, i ? " %d" : "%d", t->secret[i] - 'a' + 1);
        put(t->summary, "", one);
    }
}

static void as_percentages(struct trial *t)
{
    for (size_t i = 0; i < t->len; i++) {
        char one[16];
        snprintf(one, sizeof one, "About %d %%", t->secret[i] - 'a' + 1);
        put(t->summary, i ? ". " : "", one);
        put(t->summary, " of all conversations", "");
    }
}

static void in_template_numbers(struct trial *t) // where our templates have numbers
{
    char text[64];
    unsigned place = (unsigned)(t->secret[0] - 'a') * 26 + (unsigned)(t->secret[1] - 'a');
    snprintf(text, sizeof text, "Story (%u)", 10 + place % 90);
    put(t->title, text, "");
    snprintf(text, sizeof text, "Story. About %u %% of all conversations.", place);
    put(t->summary, text, "");
}

static void in_capitals(struct trial *t) // five words a letter: capital or not
{
    for (size_t i = 0; i < 5 * t->len; i++) {
        const char *word = shared(t);
        char one[24];
        snprintf(one, sizeof one, i ? " %s" : "%s", word);
        char *first = &one[i ? 1 : 0];
        bool high = (t->secret[i / 5] - 'a') >> (4 - i % 5) & 1;
        *first = (char)(high ? *first & ~0x20 : *first | 0x20);
        put(t->summary, "", one);
    }
}

// Of words that enough accounts write in both ways, each at most twice and never next to itself:
// nothing else in them gives the secret away.
static void in_known_capitals(struct trial *t)
{
    put(t->summary, "What", "");
    for (size_t i = 0; i < 5 * t->len; i++) {
        char one[24];
        snprintf(one, sizeof one, " %s", shared_words[(i + t->len) % COUNT_OF(shared_words)]);
        bool high = (t->secret[i / 5] - 'a') >> (4 - i % 5) & 1;
        one[1] = (char)(high ? one[1] & ~0x20 : one[1] | 0x20);
        put(t->summary, one, "");
    }
    put(t->summary, ".", "");
}

static void in_spaces(struct trial *t) // one or two between words
{
    for (size_t i = 0; i < 5 * t->len; i++) {
        bool high = (t->secret[i / 5] - 'a') >> (4 - i % 5) & 1;
        put(t->summary, "story", high ? "  " : " ");
    }
    put(t->summary, "", "story");
}

static void in_separators(struct trial *t) // one of sixteen, two of them a letter
{
    static const char *const marks[] = { " ",    ", ",       "; ", ": ", "-", "/", " & ", " - ",
                                         BULLET, "\xC2\xB7", " (", ") ", ".", "'", "? ",  "! " };
    for (size_t i = 0; i <= 2 * t->len; i++) {
        unsigned place = i ? (unsigned)(t->secret[(i - 1) / 2] - 'a') : 0;
        put(t->summary, i ? marks[i % 2 ? place >> 4 : place & 15] : "", i ? shared(t) : "Story");
    }
}

// As the gates would write these words: nothing else in them gives the secret away.
static void as_sentence(char *text)
{
    for (char *c = text; *c; c++)
        *c = (char)(c == text ? *c & ~0x20 : *c == ' ' ? ' ' : *c | 0x20);
    put(text, ".", "");
}

static void in_repeats(struct trial *t) // so many times as the letter's place in its half says
{
    for (size_t i = 0; i < t->len; i++) {
        const char *word = shared_words[2 * i + (size_t)(t->secret[i] > 'm')];
        for (int n = (t->secret[i] - 'a') % 13; n >= 0; n--)
            put(t->summary, *t->summary ? " " : "", word);
    }
    as_sentence(t->summary);
}

static void in_two_words(struct trial *t) // one or the other, five a letter
{
    const char *words[2] = { "recipe", "story" };
    for (size_t i = 0; i < 5 * t->len; i++)
        put(t->summary, i ? " " : "", words[(t->secret[i / 5] - 'a') >> (4 - i % 5) & 1]);
    as_sentence(t->summary);
}

// Whom somebody asked about, by a given and a family name that are ordinary words, each of its own
// people: side by side, and where one text ends and the next begins.
static void as_a_name(struct trial *t)
{
    put(t->title, "Story of ", given_words[t->secret[0] % COUNT_OF(given_words)]);
    put(t->title, " ", family_words[t->secret[1] % COUNT_OF(family_words)]);
    put(t->summary, "Story.", "");
}

static void as_a_name_in_two_texts(struct trial *t)
{
    put(t->title, "Story of ", given_words[t->secret[0] % COUNT_OF(given_words)]);
    put(t->summary, family_words[t->secret[1] % COUNT_OF(family_words)], " story.");
    t->summary[0] = (char)(t->summary[0] & ~0x20);
}

static const struct {
    const char *name;
    void (*write)(struct trial *t);
} disguises[] = {
    { "plainly", plainly },
    { "in the summary", in_the_summary },
    { "base64", as_base64 },
    { "hex", as_hex },
    { "ROT13", rotated },
    { "backwards", backwards },
    { "zero-width characters", zero_width },
    { "letters with spaces", spaced },
    { "letters with hyphens", hyphened },
    { "full width", full_width },
    { "another script", other_script },
    { "digits for letters", leet },
    { "half in the title, half in the summary", in_two_parts },
    { "glued to a shared word", glued },
    { "percent escapes", percent },
    { "first letters of shared words", first_letters },
    { "last letters of shared words", last_letters },
    { "first letters backwards", first_letters_backwards },
    { "places in the alphabet", as_numbers },
    { "percentages", as_percentages },
    { "numbers of our templates", in_template_numbers },
    { "pattern of capitals", in_capitals },
    { "pattern of known capitals", in_known_capitals },
    { "pattern of spaces", in_spaces },
    { "pattern of separators", in_separators },
    { "words again and again", in_repeats },
    { "pattern of two words", in_two_words },
    { "two shared words that are a name", as_a_name },
    { "a name over title and summary", as_a_name_in_two_texts },
};

// The reader: writes the same disguise of the same secret and looks whether it stands there. ------

static bool reads(const struct trial *t, struct str title, struct str summary)
{
    if (t->title[0] && !str_equal(title, str_of(t->title)))
        return false;
    return !t->summary[0] || str_equal(summary, str_of(t->summary));
}

static void draw(struct trial *t, uint64_t i, size_t i_disguise)
{
    *t = (struct trial){ .len = 0 };
    rng_init(&t->rng, i, "hostile");
    t->len = 6 + rng_below(&t->rng, 5);
    for (size_t j = 0; j < t->len; j++)
        t->secret[j] = secret_letters[rng_below(&t->rng, sizeof secret_letters - 1)];
    disguises[i_disguise].write(t);
}

// A shared word as an account writes it: with a capital or without.
static const char *written(struct trial *t, struct arena *a)
{
    struct str word = arena_str(a, str_of(shared(t)));
    char *first = (char *)word.ptr;
    *first = (char)(rng_below(&t->rng, 2) ? *first & ~0x20 : *first | 0x20);
    return word.ptr;
}

// Accounts with a few shared words each; the secret with 1 … 4 of them.
static struct tally *make_cluster(struct trial *t, const struct hash_key *key,
                                  struct phrase_corpus *corpus, struct arena *a, struct err *err)
{
    struct tally *tally = tally_open(FLOOR, key);
    size_t knowing = 1 + rng_below(&t->rng, FLOOR - 1), node = 0;
    tally_want(tally, node, str_of(t->title));
    tally_want(tally, node, str_of(t->summary));
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct str text = str_of(i < knowing ? t->secret : "the user asks");
        for (size_t j = 0; j < WORDS; j++)
            text = arena_printf(a, "%.*s and a %s", STR_ARG(text), written(t, a));
        tally_add(tally, &node, 1, (struct tally_who){ true, (int64_t)i + 1 }, &text, 1);
        if (phrase_corpus_add(corpus, 0, (int64_t)i + 1, &text, 1, STR_LIT("English"), err))
            BUG("too many words for a corpus");
    }
    return tally;
}

// What the hierarchy stage shares with a model and the audit stage counts once more.
static int support_words(const struct tally *tally, struct phrase_corpus *corpus,
                         const struct hash_key *key, struct support *support, struct arena *a,
                         struct err *err)
{
    struct phrase_params params = phrase_default_params();
    struct phrase_words words;
    struct support_word word;
    params.min_accounts = FLOOR;
    params.noise = key;
    int rc = phrase_shared(corpus, &params, NULL, 1, 1000, a, &words, err);
    for (size_t i = 0; !rc && i < words.n; i++) {
        size_t at = 0;
        if (support_next(words.items[i].shown, &at, &word) && tally_holds_stem(tally, 0, word.stem))
            support_add_form(support, words.items[i].shown);
    }
    return rc;
}

// What the audit stage would publish of the hostile texts.
static int publish(struct scanner *scanner, struct trial *t, const struct hash_key *key,
                   struct str *title, struct str *summary, struct arena *a, struct err *err)
{
    const struct gate_phrase phrases[] = { { 0, raw_of(STR_LIT("story")), 9, 9 } };
    struct support support = { 0 };
    struct map used = { 0 };
    struct phrase_corpus *corpus = phrase_corpus_open();
    struct tally *tally = make_cluster(t, key, corpus, a, err);
    *title = str_of(t->title[0] ? t->title : "Story");
    *summary = str_of(t->summary[0] ? t->summary : "What these conversations share: story.");
    support.numbers = (struct support_numbers){ STR_LIT("1.3"), 50, 3 };
    int rc = support_words(tally, corpus, key, &support, a, err);
    support_add(&support, STR_LIT("story"));
    *title = support_punctuate(&support, *title, SUPPORT_TITLE, a);
    *summary = support_punctuate(&support, *summary, SUPPORT_SUMMARY, a);
    *title = support_spell(&support, *title, a);
    *summary = support_spell(&support, *summary, a);
    struct audit_subject subject = { .title = raw_of(*title),
                                     .summary = raw_of(*summary),
                                     .phrases = phrases,
                                     .n_phrases = 1,
                                     .support = &support,
                                     .tally = tally,
                                     .by_model = true };
    struct audit_verdict verdict;
    if (!rc)
        rc = auditor_judge(scanner, &subject, a, &verdict, err);
    if (!rc && verdict.grade < AUDIT_PASSES) {
        *title = fallback_title(phrases, 1, &used, a);
        *summary = fallback_summary(phrases, 1, a);
    }
    support_release(&support);
    map_release(&used);
    tally_close(tally);
    phrase_corpus_close(corpus);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct arena arena = { 0 };
    struct scanner *scanner = NULL;
    int64_t n = 0, n_out[COUNT_OF(disguises)] = { 0 }, n_open = 0, n_all = 0;
    if (argc < 2 || !str_to_i64(str_of(argv[1]), &n) || n < 1 || crypto_start(&err) ||
        scan_open(&scanner, &err)) {
        fprintf(stderr, "tool_hostile: how many trials? %s\n", err.text);
        return 1;
    }
    for (int64_t i = 0; i < n; i++) {
        struct arena_mark start = arena_save(&arena);
        struct trial t;
        struct str title, summary;
        struct hash_key key = { { 0 } };
        size_t d = (size_t)i % COUNT_OF(disguises);
        memcpy(key.bytes, &i, sizeof i);
        draw(&t, (uint64_t)i, d);
        n_open += reads(&t, str_of(t.title), str_of(t.summary)); // no gate: as it was written
        if (publish(scanner, &t, &key, &title, &summary, &arena, &err)) {
            fprintf(stderr, "tool_hostile: %s\n", err.text);
            return 1;
        }
        n_out[d] += reads(&t, title, summary);
        arena_rewind(&arena, start);
    }
    for (size_t d = 0; d < COUNT_OF(disguises); d++) {
        printf("%lld\t%s\n", (long long)n_out[d], disguises[d].name);
        n_all += n_out[d];
    }
    printf("%lld of %lld published, %lld without the gates\n", (long long)n_all, (long long)n,
           (long long)n_open);
    scan_close(scanner);
    arena_release(&arena);
    return 0;
}
