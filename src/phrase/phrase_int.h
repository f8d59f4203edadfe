// SPDX-License-Identifier: Apache-2.0
// Words of the phrase folder: cutting text into them, their kinds and stems. Private to phrase/.
#ifndef PHRASE_PHRASE_INT_H
#define PHRASE_PHRASE_INT_H

#include "phrase/gram.h"

#define WORD_MAX_BYTES 48

enum word_kind {
    WORD_CONTENT,
    WORD_WEAK,     // carries the request ("create", "detailed", "need"): no phrase by itself
    WORD_FUNCTION, // "of", "the": only inside a phrase
    WORD_CHARACTER // one Han or kana character: phrases are 2 … 4 of them, without spaces
};
enum word_case { CASE_LOWER, CASE_TITLE, CASE_UPPER, CASE_MUTE }; // CASE_MUTE: of no meaning

struct word {
    struct str text; // lower case, in `buffer`
    enum word_case capitals;
    bool after_break; // a phrase may not reach across what stood before this word
    char buffer[WORD_MAX_BYTES + 8];
};
struct words { // cuts `text`, which must outlive it
    struct str text;
    size_t at, chunk_end;
    bool broken;
};
// Letters by Unicode category make words. Breaks: punctuation other than hyphens and dots inside
// words, numbers, marks in brackets ("[name]"), and whole pieces that look like addresses, paths
// or code.
struct words words_of(struct str text);
bool words_next(struct words *words, struct word *word);

enum word_kind word_kind(struct str lower);
// A function word of another language that names a thing in English ("door", "van"): which of them
// it is, the corpus tells (phrase_corpus_settle).
bool word_is_english_too(struct str lower);
// What an English singular and its plural have in common, mostly the singular ("movy" of "movie"
// and "movies"); other words as they are. In `out`.
struct str word_singular(struct str lower, char out[WORD_MAX_BYTES + 8]);
// English inflections brought together: plural, -ing, -ed. In `out`, never longer.
struct str word_stem(struct str lower, char out[WORD_MAX_BYTES + 8]);
// Whether two stems say the same in a title: they are one, or one of four letters or more begins
// the other ("bibl" and "biblical", "econom(y)" and "economic").
bool word_stems_akin(struct str a, struct str b);
// Words that carry a request and still say what it is: "translate", "continue", "hello".
bool word_acts(struct str lower);
// Small closed list that a worded title may use beside the phrases' own words.
bool word_joins(struct str lower);
bool word_is_character(uint32_t c); // Han, Hiragana, Katakana

// The corpus as word numbers, and the counts of one group ---------------------------------------
struct word_entry {
    enum word_kind kind;
    bool acts;
    uint32_t stem; // words of one stem share it
    enum word_case shown; // once the corpus is settled
};
struct phrase_doc {
    uint64_t hash;            // of its words
    uint64_t person;          // noise_person of its account; 0 = none
    uint32_t start, n;        // words in phrase_corpus.words, with breaks
    uint32_t n_first;         // words of the first text, without breaks
    uint32_t group, language; // language: 0 = not known, else 1, 2 …
    uint32_t subject;         // 0 = none, else 1, 2 … in corpus->subjects
    uint32_t account;         // account: 0 = none, else 1, 2 … in the order they came
};
struct phrase_corpus {
    struct map vocabulary, stems, accounts, languages, subjects;
    struct word_entry *entries; // one a word of the vocabulary
    uint32_t *words;            // until it is settled with their capitals (word_with_case)
    struct phrase_doc *docs;
    bool is_settled; // phrase_corpus_settle was there
    size_t n_words, n_words_room, n_docs, n_docs_room, n_entries_room;
};

static inline uint32_t word_with_case(uint32_t number, enum word_case capitals)
{
    return number << 2 | (uint32_t)capitals;
}
static inline uint32_t word_without_case(uint32_t word)
{
    return word >> 2;
}

// What people write decides how words are shown, each account having one vote, with the noise of
// the floors where these are noisy: singular and plural of a word get one number, of the form that
// more use; capitals; and the kind of words that another language has for small words. Once, with
// the first question; no conversation comes after it. In phrase_vote.c.
void phrase_corpus_settle(struct phrase_corpus *corpus, const struct phrase_params *params);
// A word as most people write it; returns the end of what it wrote, at most 2 * WORD_MAX_BYTES. In
// phrase_rank.c.
char *phrase_put_word(const struct phrase_corpus *corpus, uint32_t number, char *to);

#define STOP_DOCS 4096 // looked through between two looks for a signal

// Documents by group: those of group g are docs[start[g]] … docs[start[g + 1] - 1], account by
// account, and of one account as they came. Behind the n_groups come those of no group.
struct doc_order {
    uint32_t *docs;
    size_t *start; // n_groups + 2
    size_t n_groups;
};
// `all`: every document; `distinct`: without those that have no words or repeat the words of an
// earlier one of their group. parent_of: as for phrase_find. In phrase_order.c.
void phrase_order_docs(const struct phrase_corpus *corpus, const uint32_t *parent_of,
                       size_t n_groups, struct arena *a, struct doc_order *all,
                       struct doc_order *distinct);
// The n documents of `in` by their keys, which are under n_keys, and of one key as they came;
// returns where each key begins in `out`, and the end (n_keys + 1 places).
size_t *phrase_deal(const uint32_t *key_of, size_t n_keys, const uint32_t *in, size_t n,
                    uint32_t *out, struct arena *a);

// Takes out of each parent's grams those that one of its children has nearly alone; children by
// params->child_of. In phrase_spread.c. Errors of this one and the next: the stop.
int phrase_drop_alone(const struct phrase_corpus *corpus, const struct phrase_params *params,
                      const struct doc_order *order, struct group_grams *groups,
                      struct err *err) MUST_USE;
int64_t phrase_floor(const struct phrase_params *params);
// What a choice looks at, of n_docs documents of n_supporters (accounts; without accounts,
// documents): with exact floors the documents, else the supporters with the noise of their floor,
// so that no choice follows an exact count. May be under 0. These four in phrase_noise.c.
int64_t phrase_seen(const struct phrase_params *params, struct str key, uint64_t people,
                    int64_t n_docs, int64_t n_supporters);
// The same of n documents, account by account; 0 where there are none, else 1 and more.
int64_t phrase_seen_docs(const struct phrase_corpus *corpus, const struct phrase_params *params,
                         const uint32_t *docs, size_t n);
// Whether they release `key` under the floor, with the noise of these people where floors are
// noisy, and what is seen of them then. phrase_meets: n supporters, under a floor of its own.
bool phrase_shows(const struct phrase_params *params, struct str key, uint64_t people,
                  int64_t n_docs, int64_t n_supporters, int64_t *seen);
bool phrase_meets(const struct phrase_params *params, struct str key, uint64_t people, int64_t n,
                  int64_t floor);
// Puts the list's subjects in front of `line`; false when that is too many words. In
// phrase_title.c.
bool phrase_add_subjects(const struct phrase_list *list, struct arena *a, struct str *line);
// Whether two phrases have a word, or nearly one, in common. In phrase_title.c.
bool phrase_texts_akin(struct str a, struct str b);
size_t phrase_subject_words(const struct phrase_list *list, struct str more); // with `more`
// Fills lists[…].subjects; `order`: of all documents. In phrase_subject.c.
int phrase_find_subjects(const struct phrase_corpus *corpus, const struct phrase_params *params,
                         const struct doc_order *order, bool is_parent, struct arena *a,
                         struct phrase_list *lists, struct err *err) MUST_USE;
// Best first; drops what says the same. docs_a_group: as group->n_seen. In phrase_rank.c.
int phrase_rank(const struct phrase_corpus *corpus, const struct group_grams *group,
                double docs_a_group, const struct phrase_params *params, struct arena *a,
                struct phrase_list *list, struct err *err) MUST_USE;

#endif
