// SPDX-License-Identifier: Apache-2.0
// Phrases that enough accounts share, and the titles and summaries made of nothing else. Pure: no
// store, no model. docs/describe.md has the exact rule.
//
// phrase_corpus_open, phrase_corpus_add for every conversation in the order of seq, phrase_find,
// phrase_titles, phrase_corpus_close. Class-based TF-IDF as in BERTopic (Grootendorst 2022, arXiv
// 2203.05794), over conversations instead of words, or over accounts with noise; the support gate
// as in "titles from released keywords only" of Urania (arXiv 2506.04681).
#ifndef PHRASE_PHRASE_H
#define PHRASE_PHRASE_H

#include "base/map.h"

#define PHRASE_MAX_WORDS 4         // of one phrase
#define PHRASE_TITLE_WORDS 10      // of a title
#define PHRASE_TITLE_PHRASES 3     // in a title, one more where siblings must be told apart
#define PHRASE_SUBJECTS 3
#define PHRASE_NO_GROUP UINT32_MAX // counts in the corpus, belongs to no group
#define PHRASE_NO_ACCOUNT 0        // the conversation has no account: it supports no account floor

struct hash_key;
struct scanner;
struct phrase_params {
    int64_t min_accounts;      // floor of a phrase, in distinct accounts of the group
    int64_t min_conversations; // with has_accounts false, the larger floor counts conversations
    bool has_accounts;
    size_t max_phrases;           // longest list a group
    struct scanner *scanner;      // phrases in which it finds anything are left out; NULL = none
    const struct hash_key *noise; // floors are noisy (base/noise.h), NULL = exact
    uint64_t most_each;           // then: of an account, noise hides so many conversations, ≥ 1
    const uint32_t *child_of;     // of each group added, the child of its parent; NULL: each is one
};
struct phrase_params phrase_default_params(void); // floors 5 and 15, accounts, 12 phrases

struct phrase {
    struct str text;         // 1 … PHRASE_MAX_WORDS words, one space between
    int64_t n_accounts;      // of this group; has_accounts false: the same as n_conversations
    int64_t n_conversations; // of this group, near-copies counted once
    int64_t n_seen;          // by which it is chosen: these, or with noise its supporters
    double score;
};
struct phrase_list { // best first
    struct phrase *items;
    size_t n;
    int64_t n_seen;      // of the group, near-copies left out, in the unit of its phrases
    struct str language; // of most of its conversations and of enough accounts, or empty
    struct phrase subjects[PHRASE_SUBJECTS]; // what much of it is about, of enough accounts
    struct phrase spares[PHRASE_SUBJECTS];   // more of these, to tell titles apart with
    size_t n_subjects, n_spares;
    bool is_parent; // two subjects are its whole title
};
// What stands released in a list: its n phrases, then its subjects. i < n + n_subjects.
static inline const struct phrase *phrase_released(const struct phrase_list *list, size_t i)
{
    return i < list->n ? &list->items[i] : &list->subjects[i - list->n];
}

struct phrase_corpus;
struct phrase_corpus *phrase_corpus_open(void);
void phrase_corpus_close(struct phrase_corpus *corpus); // accepts NULL
// One conversation with its facet values (phrases do not cross from one text to the next), before
// the first question (phrase_find, phrase_shared). Keeps word numbers, not the text: 4 bytes a
// word, at most 64 words a conversation, and each distinct word once. `language`: an English name
// out of a closed list, empty when not known. ERR_UNAVAILABLE past 4 billion words.
int phrase_corpus_add(struct phrase_corpus *corpus, uint32_t group, int64_t account,
                      const struct str *texts, size_t n_texts, struct str language,
                      struct err *err) MUST_USE;
// The subject of the conversation that was added last (phrase/subject.h); empty: none.
void phrase_corpus_subject(struct phrase_corpus *corpus, struct str value);

// Ranked, released phrases of n_groups groups into lists[n_groups], in the arena. `parent_of` maps
// the groups of phrase_corpus_add to those asked for (n_added of them; PHRASE_NO_GROUP = none);
// NULL: as added. Counts are made anew from the conversations, never from other counts. The result
// depends on the order of adding, not on the account numbers. Errors: the scanner's.
int phrase_find(struct phrase_corpus *corpus, const struct phrase_params *params,
                const uint32_t *parent_of, size_t n_groups, struct arena *a,
                struct phrase_list *lists, struct err *err) MUST_USE;

// Single words, of any kind, that meet the floor in a group: what a model may write about it with.
struct phrase_word {
    struct str text;      // lower case, in the arena
    struct str shown;     // as most people of the corpus write it, as in phrases
    int64_t n_supporters; // accounts; has_accounts false: conversations
    bool says_something;  // neither a function word nor one that only carries the request
};
struct phrase_words { // most supporters first
    struct phrase_word *items;
    size_t n;
};
// At most `most` words a group; words in which the scanner finds anything are left out. Otherwise
// as phrase_find.
int phrase_shared(struct phrase_corpus *corpus, const struct phrase_params *params,
                  const uint32_t *parent_of, size_t n_groups, size_t most, struct arena *a,
                  struct phrase_words *lists, struct err *err) MUST_USE;
// The first `most` of those that say something, "word, word, word".
struct str phrase_words_line(const struct phrase_words *words, size_t most, struct arena *a);

struct phrase_title {
    struct str text;                          // "Cover letter · resume · job", ≤ 10 words
    uint32_t picks[PHRASE_TITLE_PHRASES + 1]; // places in the list
    size_t n_picks;                           // 0: nothing was released, the title says so
    bool says_various;                        // few of the conversations hold any of them
};
// A title for each list: its subjects, then phrases that add to them. No two are alike, neither
// among themselves nor with those in `used`, to which they are added: hand the same map on for
// other levels of a tree. A spare subject that tells two apart becomes one of its list's subjects.
void phrase_titles(struct phrase_list *lists, size_t n, struct map *used, struct arena *a,
                   struct phrase_title *titles);
// What `used` holds of a title: its parts in lower case and in order. In the arena.
struct str phrase_title_key(struct str text, struct arena *a);

struct phrase_facts {
    int64_t n_conversations, n_accounts, n_total; // of the group; of the corpus
    bool has_accounts;
};
// Two sentences from the released phrases and rounded numbers.
struct str phrase_summary(const struct phrase_list *list, const struct phrase_title *title,
                          const struct phrase_facts *facts, struct arena *a);

// The numbers in it: the share of the corpus in percent ("3.4", "34"; "0.1" also for less), and
// 1, 2, 5, 10, 20, 50 … that n reaches.
struct str phrase_share(const struct phrase_facts *facts, struct arena *a);
int64_t phrase_round_accounts(int64_t n);

// Whether `line`, written by a model that saw only the phrases of the title, may take its place.
// True only when every word is a word of those phrases, an inflection of one, or in a closed list
// of function words, each content word at most once, all of the first phrase's there, ≤ 10 words
// and nothing but letters, spaces, commas and hyphens. Then *out is the line in normal spelling;
// its capitals are ours, not the model's.
bool phrase_wording(const struct phrase_list *list, const struct phrase_title *title,
                    struct str line, struct arena *a, struct str *out);

// Whether a word (lower case) says what a text is about: no function word of the languages most
// seen, and none that only carries a request ("please", "write", "example").
bool phrase_word_tells(struct str lower);

struct llm_link;
struct phrase_asked {
    size_t n_asked, n_worded; // titles shown to the model; titles that its line took the place of
    int64_t n_prompt_tokens, n_reply_tokens;
};
// Asks the model, all titles in one call, to put each title's phrases into a line; takes the line
// where phrase_wording allows it and no other title is alike. Titles that are not in English, or
// of one phrase, stay as they are. `used`: as for phrase_titles.
int phrase_word_titles(struct llm_link *llm, const struct phrase_list *lists, size_t n,
                       struct map *used, struct arena *a, struct phrase_title *titles,
                       struct phrase_asked *asked, struct err *err) MUST_USE;

#endif
