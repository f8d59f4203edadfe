// SPDX-License-Identifier: Apache-2.0
#include "privacy/disguise.h"

#include "base/map.h"
#include "base/utf8.h"
#include "scan/public_list.h"
#include "scan/support.h"

struct letters { // one character a word
    uint32_t *items;
    size_t n;
};

static bool spells_hidden(const struct letters *letters, bool backwards,
                          bool (*is_hidden)(const void *context, struct str word),
                          const void *context)
{
    for (size_t from = 0; from < letters->n; from++) {
        char word[4 * DISGUISE_MOST];
        size_t len = 0;
        for (size_t i = 0; i < DISGUISE_MOST && from + i < letters->n; i++) {
            size_t at = backwards ? letters->n - 1 - (from + i) : from + i;
            len += utf8_put(letters->items[at], word + len);
            if (i + 1 >= DISGUISE_LEAST && is_hidden(context, str_make(word, len)))
                return true;
        }
    }
    return false;
}

bool disguise_find(struct str text, bool (*is_hidden)(const void *context, struct str word),
                   const void *context, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct letters first = { arena_array(scratch, text.len + 1, sizeof(uint32_t)), 0 };
    struct letters last = { arena_array(scratch, text.len + 1, sizeof(uint32_t)), 0 };
    struct support_word word;
    for (size_t at = 0; support_next(text, &at, &word);) {
        uint32_t c = 0;
        for (size_t i = word.start; i < word.end;) {
            bool is_first = i == word.start;
            c = utf8_lower_char(utf8_next(text, &i));
            if (is_first)
                first.items[first.n++] = c;
        }
        last.items[last.n++] = c;
    }
    bool found = spells_hidden(&first, false, is_hidden, context) ||
                 spells_hidden(&first, true, is_hidden, context) ||
                 spells_hidden(&last, false, is_hidden, context) ||
                 spells_hidden(&last, true, is_hidden, context);
    arena_rewind(scratch, start);
    return found;
}

bool disguise_repeats(struct str text)
{
    struct map seen = { 0 };
    struct support_word word;
    size_t before = SIZE_MAX, end = 0; // the word before, and where it ends
    bool found = false;
    for (size_t at = 0; !found && support_next(text, &at, &word); end = word.end) {
        char lower[SUPPORT_WORD_BYTES];
        struct str s = support_lower(str_make(text.ptr + word.start, word.end - word.start), lower);
        bool is_public = public_list_has_word(word.stem) || public_list_has_word(s);
        uint64_t most = is_public ? DISGUISE_MOST_PUBLIC : DISGUISE_MOST_TIMES;
        size_t i = map_add(&seen, word.stem, 0, NULL);
        found = ++seen.entries[i].value > most || (i == before && word.start == end + 1);
        before = i;
    }
    map_release(&seen);
    return found;
}
