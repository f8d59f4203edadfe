// SPDX-License-Identifier: Apache-2.0
// How many accounts of a node use each word that a text about it wants to show. Two steps: want
// (the texts), add (every placed conversation, any order). Words come by stem, and with their
// capitals where a text has some. Counts end where no floor asks further, so that time and memory
// are those of the words, not of who used them. Pure; memory: the accounts of each wanted word of a
// node up to that end, and every word of six letters once with `floor` accounts and a few at most.
#ifndef PRIVACY_TALLY_H
#define PRIVACY_TALLY_H

#include "base/hash.h"
#include "scan/support.h"

#define TALLY_MOST 64 // accounts of a word in a node are counted up to this, or twice the floor
#define TALLY_HIDDEN_BYTES 6 // shortest word that is kept as one that few use

struct tally;
// `floor`: accounts that a word needs; fewer are told apart. `noise`: the key of the floor's noise
// (noise_meets_floor), borrowed; NULL: the floor is exact.
struct tally *tally_open(int64_t floor, const struct hash_key *noise);
void tally_close(struct tally *t); // accepts NULL
void tally_want(struct tally *t, size_t node, struct str text);
struct tally_who {
    bool is_account; // false: a conversation that has none, or where accounts are not counted
    int64_t id;      // of the account, or of the conversation; any number
};
// `nodes`: where the conversation counts, base and all above; none when it is unclustered.
void tally_add(struct tally *t, const size_t *nodes, size_t n_nodes, struct tally_who who,
               const struct str *texts, size_t n_texts);
// Distinct accounts, at most TALLY_MOST or twice the floor; 0 for what was not wanted.
int64_t tally_of_stem(const struct tally *t, size_t node, struct str stem);
int64_t tally_of_spelling(const struct tally *t, size_t node, struct str spelling);
// Who these are (noise_person), as they come to tally_add.
uint64_t tally_people(const struct tally *t, size_t node, struct str stem);
// Whether so many use it in the node that it meets the floor, with noise where there is some.
bool tally_holds_stem(const struct tally *t, size_t node, struct str stem);
bool tally_holds_spelling(const struct tally *t, size_t node, struct str spelling);
// A word that somebody wrote, but which does not meet the floor in the whole corpus.
bool tally_hides(const struct tally *t, struct str lower);

#endif
