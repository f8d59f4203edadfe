// SPDX-License-Identifier: Apache-2.0
#include "scan/own_words.h"

#include "base/utf8.h"
#include "scan/number_word.h"
#include "scan/public_list.h"
#include "scan/sensitive.h"
#include "scan/support.h"

#define KEY_BYTES (SUPPORT_WORD_BYTES + 8)
#define FEWEST_BYTES ((size_t)12) // a text of one word says something from here on
#define LONGEST_GAP ((size_t)4)

// What is looked for, the first byte of its key.
enum { BY_STEM = 's', BY_SPELLING = 'w', SENSITIVE = 'x', CHARACTERS = 'c' };

void own_words_release(struct own_words *own)
{
    map_release(&own->wanted);
    own->n_found = 0;
}

// Pieces ----------------------------------------------------------------------------------------

// A word as the support gate cuts it, or one character of a script that has no spaces between
// words, or whose words grow endings (Hangul).
struct piece {
    size_t start, end;
    bool character;
    struct support_word word; // of what is no character
};

static bool is_character(uint32_t c)
{
    return (c >= 0x0E00 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) ||
           (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xAC00 && c <= 0xD7AF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

static bool next_piece(struct str text, size_t *at, struct piece *p)
{
    if (!support_next(text, at, &p->word))
        return false;
    size_t end = p->start = p->word.start;
    p->character = is_character(utf8_next(text, &end));
    p->end = end;
    for (size_t next = end; !p->character && next < p->word.end; p->end = end = next)
        if (is_character(utf8_next(text, &next)))
            break;
    if (p->end == p->word.end)
        return true;
    *at = p->end;
    size_t from = 0;
    if (!p->character)
        support_next(str_make(text.ptr + p->start, p->end - p->start), &from, &p->word);
    return true;
}

static struct str shown(struct str text, const struct piece *p)
{
    return str_make(text.ptr + p->start, p->end - p->start);
}

static struct str lower_of(struct str word, char buffer[KEY_BYTES])
{
    size_t n = 0;
    for (size_t at = 0; at < word.len && n + 4 <= KEY_BYTES;)
        n += utf8_put(utf8_lower_char(utf8_next(word, &at)), buffer + n);
    return str_make(buffer, n);
}

static struct str key_of(char kind, struct str word, char buffer[KEY_BYTES])
{
    size_t n = size_min(word.len, KEY_BYTES - 1);
    buffer[0] = kind;
    memcpy(buffer + 1, word.ptr, n);
    return str_make(buffer, n + 1);
}

// What the turns have ----------------------------------------------------------------------------

static void want(struct own_words *own, char kind, struct str word)
{
    char buffer[KEY_BYTES];
    if (word.len && word.len < KEY_BYTES)
        map_add(&own->wanted, key_of(kind, word, buffer), 0, NULL);
}

static void find(struct own_words *own, char kind, struct str word)
{
    char buffer[KEY_BYTES];
    size_t i = word.len < KEY_BYTES ? map_find(&own->wanted, key_of(kind, word, buffer)) : SIZE_MAX;
    if (i == SIZE_MAX || own->wanted.entries[i].value)
        return;
    own->wanted.entries[i].value = 1;
    own->n_found++;
}

static bool has(const struct own_words *own, char kind, struct str word)
{
    char buffer[KEY_BYTES];
    size_t i = word.len < KEY_BYTES ? map_find(&own->wanted, key_of(kind, word, buffer)) : SIZE_MAX;
    return i != SIZE_MAX && own->wanted.entries[i].value;
}

// Whether the piece that ends at `end` and the one from `start` on are characters side by side.
static bool is_beside(const struct piece *before, const struct piece *p)
{
    return before->character && p->character && before->end == p->start;
}

static struct str pair_of(struct str text, const struct piece *before, const struct piece *p)
{
    return str_make(text.ptr + before->start, p->end - before->start);
}

void own_words_want(struct own_words *own, struct str answer)
{
    char buffer[KEY_BYTES];
    struct piece p, before = { 0 };
    for (size_t at = 0; next_piece(answer, &at, &p); before = p) {
        struct str lower = lower_of(shown(answer, &p), buffer);
        const char *digits = number_word_digits(lower);
        if (p.character) {
            want(own, CHARACTERS, shown(answer, &p));
            if (is_beside(&before, &p))
                want(own, CHARACTERS, pair_of(answer, &before, &p));
            continue;
        }
        if (sensitive_has(lower))
            want(own, SENSITIVE, p.word.stem);
        else
            want(own, BY_STEM, p.word.stem);
        if (p.word.capitals)
            want(own, BY_SPELLING, shown(answer, &p));
        if (digits)
            want(own, BY_STEM, str_of(digits));
    }
}

void own_words_read(struct own_words *own, struct str turn)
{
    char buffer[KEY_BYTES];
    struct piece p, before = { 0 };
    for (size_t at = 0; own->n_found < own->wanted.n && next_piece(turn, &at, &p); before = p) {
        if (p.character) {
            find(own, CHARACTERS, shown(turn, &p));
            if (is_beside(&before, &p))
                find(own, CHARACTERS, pair_of(turn, &before, &p));
            continue;
        }
        find(own, BY_STEM, p.word.stem);
        if (p.word.capitals)
            find(own, BY_SPELLING, shown(turn, &p));
        // "aid" in the turns does not let "aids" pass.
        if (map_find(&own->wanted, key_of(SENSITIVE, p.word.stem, buffer)) != SIZE_MAX &&
            sensitive_has(lower_of(shown(turn, &p), buffer)))
            find(own, SENSITIVE, p.word.stem);
    }
}

// The cut ----------------------------------------------------------------------------------------

struct item { // a piece of the answer
    size_t start, end;
    bool keep, joins, says, lower;
    bool behind;         // what an apostrophe leaves: "'s"
    bool number, listed; // a number as a word; not of the turns, but of a public list
    bool one;            // a letter
};
struct cut {
    const struct own_words *own;
    const struct scanner *scanner;
    struct str text;
    struct item *items;
    size_t n;
};

// Whether a list of short words, a space around each, holds this one.
static bool stands_in(const char *list, struct str lower)
{
    char key[24] = " ";
    if (lower.len + 2 >= sizeof key)
        return false;
    memcpy(key + 1, lower.ptr, lower.len);
    key[lower.len + 1] = ' ';
    return strstr(list, key) != NULL;
}

// What stands for nothing by itself, and goes with the word that it leads to.
static bool is_joiner(struct str lower)
{
    static const char list[] =
        " a an and or of for to in on at by with from into about as the their his her its my our "
        "your named called titled like using via und oder von vom zu zum zur im mit für auf über "
        "der die das den dem des ein eine einen et ou de du des la le les un une avec pour sur y o "
        "el los las del con para por en e do da di il lo ";
    return stands_in(list, lower);
}

static bool is_apostrophe_at(struct str text, size_t at)
{
    struct str rest = str_from(text, size_min(at, text.len));
    return str_starts(rest, STR_LIT("'")) || str_starts(rest, STR_LIT("\xE2\x80\x99"));
}

// What an apostrophe leaves behind a word: "'s".
static bool is_behind(struct str text, const struct piece *p, struct str lower)
{
    bool after = (p->start >= 1 && text.ptr[p->start - 1] == '\'') ||
                 (p->start >= 3 && is_apostrophe_at(text, p->start - 3));
    return after && stands_in(" s t d m ll re ve ", lower);
}

// Letters that are a word, or what an apostrophe leaves of one: "a", "y", "l'", "'s".
static bool is_small_word(struct str text, const struct piece *p, struct str lower)
{
    static const char alone[] = " a i y e o u à é è ó ";
    static const char ahead[] = " l d c j m n s t qu don isn aren wasn weren doesn didn can couldn "
                                "won wouldn shouldn haven hasn hadn ";
    return is_behind(text, p, lower) || stands_in(alone, lower) ||
           (is_apostrophe_at(text, p->end) && stands_in(ahead, lower));
}

static bool is_public(const struct cut *cut, const struct piece *p, struct str lower)
{
    size_t at = 0;
    utf8_next(lower, &at);
    if (at >= lower.len)
        return false;
    return public_list_has_word(lower) || public_list_has_word(p->word.stem) ||
           scan_is_public(cut->scanner, lower) || scan_is_public(cut->scanner, p->word.stem);
}

static void judge_word(const struct cut *cut, const struct piece *p, struct str lower,
                       bool after_one, struct item *item)
{
    const char *digits = number_word_digits(lower);
    item->number = number_word_is(lower);
    item->behind = is_behind(cut->text, p, lower);
    item->joins = is_joiner(lower);
    item->says = !item->joins && !public_list_has_word(lower);
    if (!p->word.stem.len)
        return;
    if (sensitive_has(lower)) {
        item->keep = has(cut->own, SENSITIVE, p->word.stem);
        return;
    }
    item->keep =
        has(cut->own, BY_STEM, p->word.stem) || (digits && has(cut->own, BY_STEM, str_of(digits)));
    if (item->keep)
        return;
    // Not two small ones in a row: they could spell something.
    item->listed = (!after_one && is_small_word(cut->text, p, lower)) || is_public(cut, p, lower);
    item->keep = item->listed;
}

// Capitals other than the first letter, or of a short word, that the turns do not have.
static bool has_odd_capitals(const struct cut *cut, const struct piece *p, struct str lower)
{
    struct str s = shown(cut->text, p);
    size_t at = 0, at_lower = 0;
    if (!p->word.capitals || has(cut->own, BY_SPELLING, s))
        return false;
    utf8_next(s, &at);
    utf8_next(lower, &at_lower);
    if (str_equal(str_from(s, at), str_from(lower, at_lower)))
        return false;
    bool small = false;
    for (size_t i = 0; i < s.len; i++)
        small |= s.ptr[i] >= 'a' && s.ptr[i] <= 'z';
    return small || s.len > 5;
}

static void judge_pieces(struct cut *cut, struct arena *a)
{
    char buffer[KEY_BYTES];
    struct piece p, before = { 0 };
    size_t n_room = 0;
    bool after_one = false;
    for (size_t at = 0; next_piece(cut->text, &at, &p); before = p) {
        struct str s = shown(cut->text, &p), lower = lower_of(s, buffer);
        cut->items = arena_room(a, cut->items, cut->n, &n_room, sizeof *cut->items);
        struct item *item = &cut->items[cut->n];
        *item = (struct item){ .start = p.start, .end = p.end };
        if (p.character) {
            bool pair = is_beside(&before, &p) &&
                        has(cut->own, CHARACTERS, pair_of(cut->text, &before, &p));
            if (pair)
                cut->items[cut->n - 1].keep = true;
            // One by itself; whether a pair begins here the next one tells.
            size_t next = p.end;
            bool alone = !is_beside(&before, &p) &&
                         (next >= cut->text.len || !is_character(utf8_next(cut->text, &next)));
            item->keep = pair || (alone && has(cut->own, CHARACTERS, s));
            item->says = true;
        } else {
            judge_word(cut, &p, lower, after_one, item);
            item->lower = has_odd_capitals(cut, &p, lower);
        }
        size_t one = 0;
        utf8_next(s, &one);
        item->one = after_one = one >= s.len;
        cut->n++;
    }
}

// Numbers as words that the turns do not have: one may stay, unless it stands beside another; of
// three and more none.
static void drop_numbers(struct cut *cut)
{
    size_t n_listed = 0, n = 0;
    for (size_t i = 0; i < cut->n; i++)
        n_listed += cut->items[i].number && cut->items[i].listed;
    for (size_t i = 0; i < cut->n; i++)
        if (cut->items[i].number && cut->items[i].listed &&
            (n++ > 0 || n_listed > 2 || (i > 0 && cut->items[i - 1].number) ||
             (i + 1 < cut->n && cut->items[i + 1].number)))
            cut->items[i].keep = false;
}

static bool is_name_pair(const struct cut *cut, const struct item *a, const struct item *b)
{
    char one[KEY_BYTES], two[KEY_BYTES];
    struct str first = lower_of(str_make(cut->text.ptr + a->start, a->end - a->start), one);
    struct str second = lower_of(str_make(cut->text.ptr + b->start, b->end - b->start), two);
    return scan_may_name(cut->scanner, first, second);
}

// Given and family name side by side, ordinary words as they may be ("Grace Baker"): of these what
// the turns do not have. "Grace's Baker" is side by side.
static void drop_names(struct cut *cut)
{
    for (size_t i = 0; i + 1 < cut->n; i++) {
        size_t next = i + 1 + (cut->items[i + 1].behind && i + 2 < cut->n);
        struct item *a = &cut->items[i], *b = &cut->items[next];
        if ((a->listed || b->listed) && is_name_pair(cut, a, b)) {
            a->keep = a->keep && !a->listed;
            b->keep = b->keep && !b->listed;
        }
    }
}

static struct str gap_before(const struct cut *cut, size_t i)
{
    size_t from = i ? cut->items[i - 1].end : 0;
    size_t to = i < cut->n ? cut->items[i].start : cut->text.len;
    return str_make(cut->text.ptr + from, to - from);
}

static bool is_blank(struct str gap)
{
    return gap.len == 1 && (gap.ptr[0] == ' ' || gap.ptr[0] == '-');
}

// The next one that is kept, but for what an apostrophe leaves; n: there is none.
static size_t next_kept(const struct cut *cut, size_t i)
{
    while (i < cut->n && (!cut->items[i].keep || cut->items[i].behind))
        i++;
    return i;
}

// What was dropped brings others together: "grace qqq baker", "a qqq i qqq o". How many more that
// drops.
static size_t drop_neighbours(struct cut *cut)
{
    size_t n = 0;
    for (size_t i = next_kept(cut, 0), next; i < cut->n; i = next) {
        next = next_kept(cut, i + 1);
        if (next >= cut->n)
            break;
        struct item *a = &cut->items[i], *b = &cut->items[next];
        bool letters = a->one && b->one && next > i + 1;
        if ((a->listed || b->listed) && ((a->number && b->number) || is_name_pair(cut, a, b))) {
            a->keep = !a->listed;
            b->keep = !b->listed;
            n += (size_t)a->listed + b->listed;
        } else if (letters && b->listed) {
            b->keep = false;
            n++;
        }
    }
    return n;
}

// With a word goes what an apostrophe leaves behind it.
static void drop_behind(struct cut *cut)
{
    for (size_t i = 1; i < cut->n; i++)
        if (cut->items[i].behind && !cut->items[i - 1].keep)
            cut->items[i].keep = false;
}

// Takes out what led to dropped words: "a letter to the ___" and "a letter to the ___, about …".
static void drop_joiners(struct cut *cut)
{
    for (size_t i = 0; i < cut->n; i++) {
        if (cut->items[i].keep)
            continue;
        size_t from = i, next = i + 1;
        while (next < cut->n && !cut->items[next].keep)
            next++;
        bool ends = next == cut->n || !is_blank(gap_before(cut, next)) || cut->items[next].joins;
        for (; ends && from > 0 && cut->items[from - 1].joins && is_blank(gap_before(cut, from));
             from--)
            cut->items[from - 1].keep = false;
        for (; from == 0 && next < cut->n && cut->items[next].joins; next++)
            cut->items[next].keep = false;
        i = next - 1;
    }
}

// Marks of writing; anything else between words could be read as letters.
static bool is_plain_gap(struct str gap)
{
    size_t n = 0;
    for (size_t at = 0; at < gap.len; n++) {
        uint32_t c = utf8_next(gap, &at);
        bool mark = (c >= ' ' && c < 0x7F) || (c >= 0x2010 && c <= 0x2026) ||
                    (c >= 0x3000 && c <= 0x3011) || (c >= 0xFF01 && c <= 0xFF1F) || c == 0xA1 ||
                    c == 0xAB || c == 0xB7 || c == 0xBB || c == 0xBF;
        if (!mark)
            return false;
    }
    return n <= LONGEST_GAP;
}

// Between two words that are kept: as it stands, or after something was dropped a mark that ends a
// clause, if there is one, else a blank: what is left may not grow together to a word or a pair of
// characters that nobody wrote.
static struct str joint(const struct cut *cut, size_t before, size_t i)
{
    static const char marks[] = ",;:.?!";
    static const char *const joints[] = { ", ", "; ", ": ", ". ", "? ", "! " };
    struct str gap = gap_before(cut, i);
    if (i == before + 1)
        return is_plain_gap(gap) ? gap : STR_LIT(" ");
    const char *mark = gap.len && gap.ptr[0] ? strchr(marks, gap.ptr[0]) : NULL;
    return mark ? str_of(joints[mark - marks]) : STR_LIT(" ");
}

static size_t put_item(const struct cut *cut, const struct item *item, char *out)
{
    struct str s = str_make(cut->text.ptr + item->start, item->end - item->start);
    size_t n = 0;
    if (!item->lower) {
        memcpy(out, s.ptr, s.len);
        return s.len;
    }
    for (size_t at = 0; at < s.len;)
        n += utf8_put(utf8_lower_char(utf8_next(s, &at)), out + n);
    return n;
}

static struct str put_text(const struct cut *cut, struct arena *a)
{
    char *out = arena_alloc(a, 3 * cut->text.len + 1);
    size_t n = 0, before = SIZE_MAX;
    for (size_t i = 0; i < cut->n; i++) {
        if (!cut->items[i].keep)
            continue;
        struct str gap = before != SIZE_MAX                           ? joint(cut, before, i)
                         : i == 0 && is_plain_gap(gap_before(cut, 0)) ? gap_before(cut, 0)
                                                                      : STR_LIT("");
        memcpy(out + n, gap.ptr, gap.len);
        n += gap.len;
        n += put_item(cut, &cut->items[i], out + n);
        before = i;
    }
    struct str end = gap_before(cut, cut->n);
    if (before != SIZE_MAX && before + 1 == cut->n && is_plain_gap(end)) {
        memcpy(out + n, end.ptr, end.len);
        n += end.len;
    }
    out[n] = '\0';
    return str_make(out, n);
}

void own_words_cut(const struct own_words *own, const struct scanner *scanner, struct str answer,
                   struct arena *a, struct own_cut *out)
{
    struct cut cut = { .own = own, .scanner = scanner, .text = answer };
    size_t n_left = 0, n_kept = 0;
    *out = (struct own_cut){ .text = answer };
    judge_pieces(&cut, a);
    drop_numbers(&cut);
    drop_names(&cut);
    drop_behind(&cut);
    for (size_t i = 0; i < cut.n; i++)
        out->n_dropped += !cut.items[i].keep;
    drop_joiners(&cut);
    for (size_t n = drop_neighbours(&cut); n; n = drop_neighbours(&cut)) {
        out->n_dropped += n;
        drop_behind(&cut);
        drop_joiners(&cut);
    }
    for (size_t i = 0; i < cut.n; i++) {
        n_kept += cut.items[i].keep;
        n_left += cut.items[i].keep && cut.items[i].says;
    }
    out->text = put_text(&cut, a);
    out->is_poor =
        out->n_dropped > n_left || (out->n_dropped && n_kept < 2 && out->text.len < FEWEST_BYTES);
}
