// SPDX-License-Identifier: Apache-2.0
#include "privacy/tally.h"

#include "base/noise.h"
#include "base/utf8.h"

#include <stdlib.h>

#define KEY_BYTES (SUPPORT_WORD_BYTES + 16)
enum { OF_STEM, OF_SPELLING };

struct few { // distinct accounts, no more than are told apart
    uint32_t *who;
    uint32_t n, room;
};
struct tally {
    struct arena arena;
    struct map wanted;   // stems, to pass over the others fast
    struct map cells;    // node, kind, word -> counted[]
    struct map accounts; // -> its number
    struct map seen;     // words of the corpus in lower case -> few[]
    struct few *few, *counted;
    size_t n_few_room, n_counted_room;
    uint32_t floor, most;
};

struct tally *tally_open(int64_t floor)
{
    struct tally *t = calloc(1, sizeof *t);
    if (!t)
        BUG("out of memory");
    t->floor = floor < UINT32_MAX / 2 ? (uint32_t)floor : UINT32_MAX / 2;
    t->most = 2 * t->floor < TALLY_MOST ? TALLY_MOST : 2 * t->floor;
    return t;
}

void tally_close(struct tally *t)
{
    if (!t)
        return;
    map_release(&t->wanted);
    map_release(&t->cells);
    map_release(&t->accounts);
    map_release(&t->seen);
    arena_release(&t->arena);
    free(t);
}

static struct str cell_key(size_t node, int kind, struct str word, char key[KEY_BYTES])
{
    uint64_t number = node;
    assert(word.len + 9 <= KEY_BYTES);
    memcpy(key, &number, sizeof number);
    key[8] = (char)kind;
    memcpy(key + 9, word.ptr, word.len);
    return str_make(key, 9 + word.len);
}

static struct str spelling_of(struct str text, const struct support_word *word)
{
    return str_make(text.ptr + word->start, word->end - word->start);
}

void tally_want(struct tally *t, size_t node, struct str text)
{
    struct support_word word;
    char key[KEY_BYTES];
    for (size_t at = 0; support_next(text, &at, &word);) {
        if (!word.stem.len)
            continue;
        map_add(&t->wanted, word.stem, 0, NULL);
        map_add(&t->cells, cell_key(node, OF_STEM, word.stem, key), 0, NULL);
        struct str spelling = spelling_of(text, &word);
        if (word.capitals && spelling.len < SUPPORT_WORD_BYTES)
            map_add(&t->cells, cell_key(node, OF_SPELLING, spelling, key), 0, NULL);
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

static void add_cell(struct tally *t, size_t node, int kind, struct str word, uint32_t who)
{
    char key[KEY_BYTES];
    size_t cell = map_find(&t->cells, cell_key(node, kind, word, key));
    if (cell != SIZE_MAX)
        count_in(t, few_at(t, &t->counted, &t->n_counted_room, cell), who, t->most);
}

// Remembers which few accounts used a word, whatever text is judged.
static void see(struct tally *t, struct str lower, uint32_t who)
{
    size_t i = map_add(&t->seen, lower, 0, NULL);
    count_in(t, few_at(t, &t->few, &t->n_few_room, i), who, t->floor);
}

void tally_add(struct tally *t, const size_t *nodes, size_t n_nodes, int64_t who,
               const struct str *texts, size_t n_texts)
{
    struct support_word word;
    uint32_t number = (uint32_t)map_number(&t->accounts, who) - 1;
    for (size_t i = 0; i < n_texts; i++) {
        struct arena work = { 0 };
        struct str lower = utf8_lower(&work, texts[i]);
        for (size_t at = 0; support_next(lower, &at, &word);)
            if (word.end - word.start >= TALLY_HIDDEN_BYTES)
                see(t, spelling_of(lower, &word), number);
        arena_release(&work);
        for (size_t at = 0; support_next(texts[i], &at, &word);) {
            if (!word.stem.len || map_find(&t->wanted, word.stem) == SIZE_MAX)
                continue;
            struct str spelling = spelling_of(texts[i], &word);
            for (size_t j = 0; j < n_nodes; j++) {
                add_cell(t, nodes[j], OF_STEM, word.stem, number);
                if (word.capitals && spelling.len < SUPPORT_WORD_BYTES)
                    add_cell(t, nodes[j], OF_SPELLING, spelling, number);
            }
        }
    }
}

static int64_t count_of(const struct tally *t, size_t node, int kind, struct str word)
{
    char key[KEY_BYTES];
    if (word.len >= SUPPORT_WORD_BYTES)
        return 0;
    size_t cell = map_find(&t->cells, cell_key(node, kind, word, key));
    return cell < t->n_counted_room ? (int64_t)t->counted[cell].n : 0;
}

int64_t tally_of_stem(const struct tally *t, size_t node, struct str stem)
{
    return count_of(t, node, OF_STEM, stem);
}

uint64_t tally_people(const struct tally *t, size_t node, struct str stem)
{
    char key[KEY_BYTES];
    uint64_t people = 0;
    if (stem.len >= SUPPORT_WORD_BYTES)
        return 0;
    size_t cell = map_find(&t->cells, cell_key(node, OF_STEM, stem, key));
    for (uint32_t i = 0; cell < t->n_counted_room && i < t->counted[cell].n; i++)
        people += noise_person((uint64_t)t->counted[cell].who[i] + 1);
    return people;
}

int64_t tally_of_spelling(const struct tally *t, size_t node, struct str spelling)
{
    return count_of(t, node, OF_SPELLING, spelling);
}

bool tally_hides(const struct tally *t, struct str lower)
{
    size_t i = map_find(&t->seen, lower);
    return i != SIZE_MAX && t->few[i].n < t->floor;
}
