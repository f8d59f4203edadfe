// SPDX-License-Identifier: Apache-2.0
// The list holds one word a line, in order of bytes; "word*" stands for all that begin with it. A
// word is looked up letter by letter, the first two by a table: what is left of the list shrinks
// with each, and is empty after three or four for most words.
#include "scan/sensitive.h"

#include "base/utf8.h"
#include "scan/word_list.h"

#include <stdatomic.h>
#include <string.h>

#define MOST_BYTES ((size_t)96) // of a word that is looked up; of a longer one its head
#define MOST_APART ((size_t)8)  // characters of a word of a writing without spaces
#define PIECE ((size_t)3)       // characters that give a longer one away
#define THAI_PIECE ((size_t)5)  // whose words have twice as many
#define PAIRS ((size_t)65536)   // of first bytes
#define FIRST_APART "\xE0"      // such words begin with it or more, and are the list's end

// What names of illnesses end with, where the word is not one of these.
static const char *const ends[] = { "itis",  "osis",   "aemia",  "emia",   "pathy",
                                    "algia", "ectomy", "plegia", "phobia", "noma" };
static const char *const harmless[] = { "academia",  "apathy",   "diagnosis",     "empathy",
                                        "hypnosis",  "meiosis",  "metamorphosis", "mitosis",
                                        "nostalgia", "osmosis",  "prognosis",     "symbiosis",
                                        "sympathy",  "telepathy" };

static bool is_in(const char *const *list, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(str_of(list[i]), word))
            return true;
    return false;
}

// The first line of low … high that is not below the head; with `past`, the first above all that
// begin with it. Lines end with a byte below that of any word.
static size_t find_line(const char *list, size_t low, size_t high, struct str head, bool past)
{
    while (low < high) {
        size_t line = low + (high - low) / 2;
        while (line > low && list[line - 1] != '\n')
            line--;
        int order = strncmp(list + line, head.ptr, head.len);
        if (order > 0 || (order == 0 && !past)) {
            high = line;
        } else {
            const char *end = strchr(list + line, '\n');
            low = (size_t)(end - list) + 1;
        }
    }
    return low;
}

// Where lines begin whose first two bytes are these or more. Two threads may find it out at once:
// both write the same.
static atomic_uint starts[PAIRS + 1];
static atomic_bool has_starts;

static size_t pair_at(const char *line)
{
    return (size_t)(unsigned char)line[0] << 8 | (unsigned char)line[1];
}

static void find_starts(void)
{
    const char *list = words_sensitive();
    size_t size = words_sensitive_size(), pair = 0;
    for (size_t line = 0; line < size; line = (size_t)(strchr(list + line, '\n') - list) + 1)
        for (; pair <= pair_at(list + line); pair++)
            atomic_store_explicit(&starts[pair], (unsigned)line, memory_order_relaxed);
    for (; pair <= PAIRS; pair++)
        atomic_store_explicit(&starts[pair], (unsigned)size, memory_order_relaxed);
    atomic_store_explicit(&has_starts, true, memory_order_release);
}

// Narrows the lines low … high to those that begin with a head.
static void narrow(const char *list, struct str head, size_t *low, size_t *high)
{
    if (head.len > 2) {
        *low = find_line(list, *low, *high, head, false);
        *high = find_line(list, *low, *high, head, true);
        return;
    }
    char pair[2] = { head.ptr[0], head.len > 1 ? head.ptr[1] : 0 };
    size_t first = pair_at(pair), past = first + (head.len > 1 ? 1 : 256);
    *low = atomic_load_explicit(&starts[first], memory_order_relaxed);
    *high = atomic_load_explicit(&starts[past], memory_order_relaxed);
}

static bool is_listed(struct str word)
{
    const char *list = words_sensitive();
    size_t low = 0, high = words_sensitive_size();
    if (!atomic_load_explicit(&has_starts, memory_order_acquire))
        find_starts();
    for (size_t n = 1; n <= word.len; n++) {
        narrow(list, str_head(word, n), &low, &high);
        if (low == high)
            return false;
        size_t line = low;
        if (list[line + n] == '\n') {
            if (n == word.len)
                return true;
            line += n + 1;
        }
        if (line < high && list[line + n] == '*')
            return true;
    }
    return false;
}

static bool is_sensitive(struct str word)
{
    if (is_listed(word))
        return true;
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (word.len >= 7 && str_ends(word, str_of(ends[i])))
            return !is_in(harmless, COUNT_OF(harmless), word);
    return false;
}

// The word, or what it is the plural of.
static bool is_form(struct str word)
{
    return is_sensitive(word) ||
           (word.len > 3 && word.ptr[word.len - 1] == 's' &&
            (is_sensitive(str_head(word, word.len - 1)) ||
             (word.ptr[word.len - 2] == 'e' && is_sensitive(str_head(word, word.len - 2)))));
}

// Writings that put no spaces between words: a listed word may begin at any character.
static bool is_thai(uint32_t c)
{
    return c >= 0x0E00 && c <= 0x0E7F;
}

static bool has_no_spaces(uint32_t c)
{
    return is_thai(c) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF);
}

// A phrase is cut anywhere where there are no spaces, and may hold a part of a longer word only.
static bool is_piece(struct str part)
{
    const char *list = words_sensitive();
    size_t size = words_sensitive_size();
    size_t first = find_line(list, 0, size, STR_LIT(FIRST_APART), false);
    return memmem(list + first, size - first, part.ptr, part.len) != NULL;
}

// Whether a listed word begins at `at`, or a piece of one.
static bool stands_at(struct str text, size_t at)
{
    struct str rest = str_from(text, at);
    size_t end = 0;
    for (size_t i = 1; i <= MOST_APART && end < rest.len; i++) {
        uint32_t c = utf8_next(rest, &end);
        if (!has_no_spaces(c))
            return false;
        struct str head = str_head(rest, end);
        if (is_listed(head) || (i == (is_thai(c) ? THAI_PIECE : PIECE) && is_piece(head)))
            return true;
    }
    return false;
}

bool sensitive_has(struct str text)
{
    char word[MOST_BYTES + 4];
    size_t n = 0, at = 0;
    while (at < text.len) {
        size_t start = at;
        uint32_t c = utf8_next(text, &at);
        enum utf8_class class = utf8_class(c);
        if (has_no_spaces(c) && stands_at(text, start))
            return true;
        if (class == UTF8_LETTER || class == UTF8_MARK) {
            if (n < MOST_BYTES)
                n += utf8_put(utf8_lower_char(c), word + n);
            continue;
        }
        if (n && is_form(str_make(word, n)))
            return true;
        n = 0;
    }
    return n && is_form(str_make(word, n));
}
