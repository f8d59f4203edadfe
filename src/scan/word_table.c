// SPDX-License-Identifier: Apache-2.0
#include "scan/word_table.h"

#include "base/map.h"
#include "scan/word_list.h"

#include <stdlib.h>

#define SHORT 14u     // bytes of a word that fits a slot
#define SLOT_BITS 17u // 131,072 slots for 58,000 words
#define WORD_BITS 0x0000FFFFFFFFFFFFull

struct slot { // the word's bytes, zeros behind them, and the bits in the last two
    uint64_t low, high;
};
struct word_table {
    struct slot *slots;
    struct map longer; // value: bits
};
struct key {
    uint64_t low, high;
};

static struct key key_of(const char *p, size_t n)
{
    struct key key = { 0, 0 };
    memcpy(&key.low, p, size_min(n, 8));
    if (n > 8)
        memcpy(&key.high, p + 8, n - 8);
    return key;
}

static size_t place_of(struct key key)
{
    uint64_t mixed = (key.low ^ key.high * 0x9E3779B97F4A7C15ull) * 0xD6E8FEB86659FD93ull;
    return (size_t)(mixed >> (64 - SLOT_BITS));
}

static struct slot *slot_of(const struct word_table *table, struct key key)
{
    size_t at = place_of(key);
    for (;;) {
        struct slot *slot = &table->slots[at];
        if (!slot->low || (slot->low == key.low && (slot->high & WORD_BITS) == key.high))
            return slot;
        at = (at + 1) & (((size_t)1 << SLOT_BITS) - 1);
    }
}

static void add_word(struct word_table *table, struct str word, unsigned bits)
{
    if (word.len > SHORT) {
        size_t i = map_add(&table->longer, word, 0, NULL);
        table->longer.entries[i].value |= bits;
        return;
    }
    struct key key = key_of(word.ptr, word.len);
    struct slot *slot = slot_of(table, key);
    slot->low = key.low;
    slot->high |= key.high | (uint64_t)bits << 48;
}

static void add_list(struct word_table *table, const char *text, char separator, unsigned bits)
{
    struct str rest = str_of(text), word;
    while (str_cut(&rest, separator, &word))
        if (word.len)
            add_word(table, word, bits);
}

static void add_roles(struct word_table *table)
{
    add_list(table,
             "mr mrs ms miss dr prof professor herr frau senor senora sr sra srta monsieur madame "
             "mme mlle don dona sir lord lady signor signora mister",
             ' ', WORD_TITLE);
    add_list(table, "in near at from", ' ', WORD_BEFORE_PLACE);
    add_list(table,
             "inc corp corporation llc ltd limited gmbh ag plc company bank university hospital "
             "clinic school college church institute foundation group holdings industries "
             "technologies solutions labs partners associates academy",
             ' ', WORD_ORGANISATION);
    add_list(table, "is", ' ', WORD_IS);
    add_list(table, "name", ' ', WORD_NAME);
    add_list(table, "not", ' ', WORD_NOT);
}

int word_table_open(struct word_table **out, struct err *err)
{
    struct word_table *table = calloc(1, sizeof *table);
    if (table)
        table->slots = calloc((size_t)1 << SLOT_BITS, sizeof *table->slots);
    if (!table || !table->slots) {
        word_table_close(table);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    add_list(table, words_common(), '\n', WORD_COMMON);
    add_list(table, words_public(), '\n', WORD_PUBLIC);
    add_list(table, names_given(), '\n', WORD_GIVEN);
    add_list(table, names_family(), '\n', WORD_FAMILY);
    add_roles(table);
    *out = table;
    return 0;
}

void word_table_close(struct word_table *table)
{
    if (!table)
        return;
    free(table->slots);
    map_release(&table->longer);
    free(table);
}

unsigned word_table_find(const struct word_table *table, struct str word)
{
    if (word.len > SHORT) {
        size_t i = map_find(&table->longer, word);
        return i == SIZE_MAX ? 0 : (unsigned)table->longer.entries[i].value;
    }
    return (unsigned)(slot_of(table, key_of(word.ptr, word.len))->high >> 48);
}

// ASCII letters of eight bytes in lower case (bytes are below 0x80).
static uint64_t lower_of(uint64_t x)
{
    uint64_t from_a = x + 0x3F3F3F3F3F3F3F3Full, past_z = x + 0x2525252525252525ull;
    return x | ((from_a & ~past_z & 0x8080808080808080ull) >> 2);
}

struct word_asked word_table_ask(const struct word_table *table, struct str text, size_t at,
                                 size_t n)
{
    struct key key;
    if (n > SHORT || n == 0)
        return (struct word_asked){ .text = str_make(text.ptr + at, n) };
    if (at + 16 <= text.len) { // whole loads, then what is behind the word goes
        memcpy(&key.low, text.ptr + at, 8);
        memcpy(&key.high, text.ptr + at + 8, 8);
        key.low = n >= 8 ? key.low : key.low & (((uint64_t)1 << (8 * n)) - 1);
        key.high = n <= 8 ? 0 : key.high & (((uint64_t)1 << (8 * (n - 8))) - 1);
    } else {
        key = key_of(text.ptr + at, n);
    }
    key = (struct key){ lower_of(key.low), lower_of(key.high) };
    __builtin_prefetch(&table->slots[place_of(key)]);
    return (struct word_asked){ .low = key.low, .high = key.high };
}

unsigned word_table_answer(const struct word_table *table, const struct word_asked *asked)
{
    char lower[64];
    struct str text = asked->text;
    if (asked->low)
        return (unsigned)(slot_of(table, (struct key){ asked->low, asked->high })->high >> 48);
    if (text.len > sizeof lower)
        return 0;
    for (size_t i = 0; i < text.len; i++)
        lower[i] = (char)lower_of((unsigned char)text.ptr[i]);
    return text.len ? word_table_find(table, str_make(lower, text.len)) : 0;
}
