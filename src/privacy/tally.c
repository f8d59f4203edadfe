// SPDX-License-Identifier: Apache-2.0
#include "privacy/tally.h"

#include "base/noise.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { OF_STEM, OF_SPELLING, N_KINDS };

struct few { // distinct accounts, no more than are told apart
    uint32_t *who;
    uint32_t n, room;
};
struct slot {
    uint32_t word, cell; // word: one more than its number, 0 = free
};
// The words that texts about one node want. Small and in one place: a conversation counts in a few
// nodes, and all of its words are looked up there.
struct node_words {
    struct slot *slots;
    uint32_t n, n_slots;
};
struct tally {
    struct arena arena;
    struct map wanted[N_KINDS]; // words that are wanted of any node; their numbers
    struct node_words *nodes;
    struct map accounts, others; // -> its number; others: conversations of no account
    struct map seen;             // words of the corpus in lower case -> few[]
    struct few *few, *counted;
    size_t n_nodes, n_cells, n_few_room, n_counted_room;
    uint32_t floor, most, most_seen; // most_seen: where the noise of the floor does not reach
    const struct hash_key *noise;
};

struct tally *tally_open(int64_t floor, const struct hash_key *noise)
{
    struct tally *t = calloc(1, sizeof *t);
    if (!t)
        BUG("out of memory");
    t->floor = floor < UINT32_MAX / 2 ? (uint32_t)floor : UINT32_MAX / 2;
    t->noise = noise;
    t->most_seen = t->floor + (noise ? NOISE_REACH : 0);
    t->most = 2 * t->floor < TALLY_MOST ? TALLY_MOST : 2 * t->floor;
    return t;
}

void tally_close(struct tally *t)
{
    if (!t)
        return;
    for (int kind = 0; kind < N_KINDS; kind++)
        map_release(&t->wanted[kind]);
    map_release(&t->accounts);
    map_release(&t->others);
    map_release(&t->seen);
    arena_release(&t->arena);
    free(t);
}

static struct slot *slot_of(const struct node_words *w, uint32_t word)
{
    uint32_t at = word * 2654435769u >> 7 & (w->n_slots - 1);
    while (w->slots[at].word && w->slots[at].word != word)
        at = (at + 1) & (w->n_slots - 1);
    return &w->slots[at];
}

static void grow_words(struct tally *t, struct node_words *w)
{
    struct node_words larger = { .n = w->n, .n_slots = w->n_slots ? 2 * w->n_slots : 64 };
    larger.slots = arena_zero_array(&t->arena, larger.n_slots, sizeof *larger.slots);
    for (uint32_t i = 0; i < w->n_slots; i++)
        if (w->slots[i].word)
            *slot_of(&larger, w->slots[i].word) = w->slots[i];
    *w = larger;
}

static struct node_words *node_at(struct tally *t, size_t node)
{
    if (node >= t->n_nodes) {
        size_t n = 2 * node + 64;
        t->nodes =
            arena_grow(&t->arena, t->nodes, t->n_nodes * sizeof *t->nodes, n * sizeof *t->nodes);
        memset(t->nodes + t->n_nodes, 0, (n - t->n_nodes) * sizeof *t->nodes);
        t->n_nodes = n;
    }
    return &t->nodes[node];
}

// The two kinds share one row of numbers, from 1.
static uint32_t word_number(size_t i, int kind)
{
    return (uint32_t)i * N_KINDS + (uint32_t)kind + 1;
}

static void want(struct tally *t, size_t node, int kind, struct str text)
{
    uint32_t word = word_number(map_add(&t->wanted[kind], text, 0, NULL), kind);
    struct node_words *w = node_at(t, node);
    if (2 * w->n >= w->n_slots)
        grow_words(t, w);
    struct slot *slot = slot_of(w, word);
    if (slot->word)
        return;
    *slot = (struct slot){ word, (uint32_t)t->n_cells++ };
    w->n++;
}

// SIZE_MAX: nobody wants it of the node.
static size_t find_cell(const struct tally *t, size_t node, uint32_t word)
{
    const struct node_words *w = node < t->n_nodes ? &t->nodes[node] : NULL;
    const struct slot *slot = w && w->n ? slot_of(w, word) : NULL;
    return slot && slot->word ? slot->cell : SIZE_MAX;
}

static struct str spelling_of(struct str text, const struct support_word *word)
{
    return str_make(text.ptr + word->start, word->end - word->start);
}

void tally_want(struct tally *t, size_t node, struct str text)
{
    struct support_word word;
    for (size_t at = 0; support_next(text, &at, &word);) {
        if (!word.stem.len)
            continue;
        want(t, node, OF_STEM, word.stem);
        struct str spelling = spelling_of(text, &word);
        if (word.capitals && spelling.len < SUPPORT_WORD_BYTES)
            want(t, node, OF_SPELLING, spelling);
    }
}

// Nothing is done for what nearly all words are: those that have reached `most`.
static void count_in(struct tally *t, struct few *few, uint32_t who, uint32_t most)
{
    if (few->n >= most)
        return;
    for (uint32_t j = few->n; j-- > 0;)
        if (few->who[j] == who)
            return;
    if (few->n == few->room) {
        uint32_t room = few->room ? 2 * few->room : 2;
        few->who =
            arena_grow(&t->arena, few->who, few->room * sizeof *few->who, room * sizeof *few->who);
        few->room = room;
    }
    few->who[few->n++] = who;
}

// items[i], with room for more behind it; what is new is empty.
static struct few *few_at(struct tally *t, struct few **items, size_t *n_room, size_t i)
{
    if (i >= *n_room) {
        size_t room = 2 * i + 1024;
        *items = arena_grow(&t->arena, *items, *n_room * sizeof **items, room * sizeof **items);
        memset(*items + *n_room, 0, (room - *n_room) * sizeof **items);
        *n_room = room;
    }
    return &(*items)[i];
}

static void add_word(struct tally *t, const size_t *nodes, size_t n_nodes, uint32_t word,
                     uint32_t who)
{
    for (size_t i = 0; i < n_nodes; i++) {
        size_t cell = find_cell(t, nodes[i], word);
        if (cell != SIZE_MAX)
            count_in(t, few_at(t, &t->counted, &t->n_counted_room, cell), who, t->most);
    }
}

// Remembers which few accounts used a word, whatever text is judged.
static void see(struct tally *t, struct str lower, uint32_t who)
{
    size_t i = map_add(&t->seen, lower, 0, NULL);
    count_in(t, few_at(t, &t->few, &t->n_few_room, i), who, t->most_seen);
}

#define OTHER ((uint32_t)1 << 31)

// Accounts have numbers of their own, 0, 1, 2 …: those by which every stage knows them, whoever
// comes between them.
static uint32_t number_of(struct tally *t, struct tally_who who)
{
    if (who.is_account)
        return (uint32_t)map_number(&t->accounts, who.id) - 1;
    return OTHER | ((uint32_t)map_number(&t->others, who.id) - 1);
}

void tally_add(struct tally *t, const size_t *nodes, size_t n_nodes, struct tally_who who,
               const struct str *texts, size_t n_texts)
{
    struct support_word word;
    uint32_t number = number_of(t, who);
    for (size_t i = 0; i < n_texts; i++) {
        struct arena work = { 0 };
        struct str lower = utf8_lower(&work, texts[i]);
        for (size_t at = 0; support_next(lower, &at, &word);)
            if (word.end - word.start >= TALLY_HIDDEN_BYTES)
                see(t, spelling_of(lower, &word), number);
        arena_release(&work);
        for (size_t at = 0; n_nodes && support_next(texts[i], &at, &word);) {
            size_t stem = map_find(&t->wanted[OF_STEM], word.stem);
            if (!word.stem.len || stem == SIZE_MAX)
                continue;
            add_word(t, nodes, n_nodes, word_number(stem, OF_STEM), number);
            struct str own = spelling_of(texts[i], &word);
            size_t spelling = word.capitals && own.len < SUPPORT_WORD_BYTES
                                  ? map_find(&t->wanted[OF_SPELLING], own)
                                  : SIZE_MAX;
            if (spelling != SIZE_MAX)
                add_word(t, nodes, n_nodes, word_number(spelling, OF_SPELLING), number);
        }
    }
}

static const struct few *counted_of(const struct tally *t, size_t node, int kind, struct str word)
{
    static const struct few nobody;
    size_t i = map_find(&t->wanted[kind], word);
    size_t cell = i == SIZE_MAX ? SIZE_MAX : find_cell(t, node, word_number(i, kind));
    return cell < t->n_counted_room ? &t->counted[cell] : &nobody;
}

int64_t tally_of_stem(const struct tally *t, size_t node, struct str stem)
{
    return counted_of(t, node, OF_STEM, stem)->n;
}

static uint64_t people_of(const struct few *few)
{
    uint64_t people = 0;
    for (uint32_t i = 0; i < few->n; i++)
        people += noise_person((uint64_t)(few->who[i] & ~OTHER) + 1);
    return people;
}

static bool is_enough(const struct tally *t, const struct few *few)
{
    return noise_meets_floor(t->noise, people_of(few), few->n, t->floor);
}

uint64_t tally_people(const struct tally *t, size_t node, struct str stem)
{
    return people_of(counted_of(t, node, OF_STEM, stem));
}

bool tally_holds_stem(const struct tally *t, size_t node, struct str stem)
{
    return is_enough(t, counted_of(t, node, OF_STEM, stem));
}

bool tally_holds_spelling(const struct tally *t, size_t node, struct str spelling)
{
    return is_enough(t, counted_of(t, node, OF_SPELLING, spelling));
}

int64_t tally_of_spelling(const struct tally *t, size_t node, struct str spelling)
{
    return counted_of(t, node, OF_SPELLING, spelling)->n;
}

bool tally_hides(const struct tally *t, struct str lower)
{
    size_t i = map_find(&t->seen, lower);
    return i != SIZE_MAX && !is_enough(t, &t->few[i]);
}
