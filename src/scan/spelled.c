// SPDX-License-Identifier: Apache-2.0
#include "scan/spelled.h"

#include "scan/byte_at.h"
#include "scan/check_sum.h"

#include <stdlib.h>

#define LEAST_WORDS 5  // of a number, and
#define LEAST_DIGITS 6 // so many digits that they stand for
#define LONGEST_GAP ((size_t)3)
#define HOST_WORDS 3 // between "at" and "dot"
#define NUMBERS 100  // below: what a word stands for
// "at" and "point" are words beside that: the one stands with "dot", the other with "arobase".
enum { AROBASE = NUMBERS, AT, DOT, POINT, AND, NOTHING };

const char *const spelled_numbers =
    "zero:0 oh:0 nought:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 ten:10 "
    "eleven:11 twelve:12 thirteen:13 fourteen:14 fifteen:15 sixteen:16 seventee:17 eighteen:18 "
    "nineteen:19 twenty:20 thirty:30 forty:40 fifty:50 sixty:60 seventy:70 eighty:80 ninety:90 "
    "null:0 eins:1 zwei:2 zwo:2 drei:3 vier:4 fünf:5 fuenf:5 sechs:6 sieben:7 acht:8 neun:9 "
    "zehn:10 elf:11 zwölf:12 zwanzig:20 dreißig:30 dreissig:30 vierzig:40 fünfzig:50 sechzig:60 "
    "siebzig:70 achtzig:80 neunzig:90 "
    "zéro:0 un:1 deux:2 trois:3 quatre:4 cinq:5 sept:7 huit:8 neuf:9 dix:10 onze:11 douze:12 "
    "treize:13 quatorze:14 quinze:15 seize:16 vingt:20 trente:30 quarante:40 cinquant:50 "
    "soixante:60 "
    "cero:0 uno:1 dos:2 tres:3 cuatro:4 cinco:5 seis:6 siete:7 ocho:8 nueve:9 diez:10 once:11 "
    "doce:12 trece:13 catorce:14 quince:15 veinte:20 treinta:30 cuarenta:40 cincuent:50 "
    "sesenta:60 setenta:70 ochenta:80 noventa:90 "
    "due:2 tre:3 quattro:4 cinque:5 sei:6 sette:7 otto:8 nove:9 dieci:10 undici:11 dodici:12 "
    "tredici:13 quindici:15 sedici:16 venti:20 trenta:30 quaranta:40 sessanta:60 settanta:70 "
    "ottanta:80 novanta:90 "
    "um:1 dois:2 três:3 quatro:4 sete:7 oito:8 dez:10 doze:12 treze:13 vinte:20 trinta:30 "
    "quarenta:40 cinquent:50 sessenta:60 oitenta:80 ";
static const char *const others =
    "and:104 und:104 et:104 y:104 e:104 at:101 arobase:100 arroba:100 "
    "chiocciola:100 klammeraffe:100 ät:100 dot:102 point:103 "
    "punto:103 ponto:103 punkt:103 ";
#define ENGLISH_WORDS 6 // the last of the ends
static const char *const ends[] = { "com", "org", "net", "edu", "gov", "io", "co", "info", "de",
                                    "fr",  "uk",  "es",  "pt",  "br",  "ch", "mx", "ar",   "eu",
                                    "ru",  "it",  "at",  "in",  "me",  "us", "be" };

// Of any script.
static bool is_any_letter_at(struct str text, size_t at)
{
    return is_letter_at(text, at) || byte_at(text, at) >= 0x80;
}

static bool is_any_alnum_at(struct str text, size_t at)
{
    return is_any_letter_at(text, at) || is_digit_at(text, at);
}

// The first SPELLED_BYTES of a word of letters, in small ones; `more` bytes can be read behind it.
static uint64_t key_of(const char *p, size_t n, size_t more)
{
    uint64_t key = 0;
    if (n + more >= sizeof key)
        memcpy(&key, p, sizeof key);
    else
        memcpy(&key, p, n);
    if (n < sizeof key)
        key &= ((uint64_t)1 << 8 * n) - 1;
    return key | 0x2020202020202020u;
}

static size_t place_of(uint64_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15u >> 55) % SPELLED_PLACES;
}

static void add_list(struct spelled *spelled, const char *list)
{
    for (const char *colon; (colon = strchr(list, ':')); list = strchr(colon, ' ') + 1) {
        uint64_t key = key_of(list, (size_t)(colon - list), 0);
        size_t at = place_of(key);
        while (spelled->places[at].key && spelled->places[at].key != key)
            at = (at + 1) % SPELLED_PLACES;
        spelled->places[at] =
            (struct spelled_word){ key, (unsigned char)strtoul(colon + 1, NULL, 10) };
    }
}

void spelled_open(struct spelled *spelled)
{
    memset(spelled, 0, sizeof *spelled);
    add_list(spelled, spelled_numbers);
    add_list(spelled, others);
}

static unsigned what_is(const struct spelled *spelled, struct str text, size_t start, size_t end)
{
    uint64_t key = key_of(text.ptr + start, end - start, text.len - end);
    for (size_t at = place_of(key); spelled->places[at].key; at = (at + 1) % SPELLED_PLACES)
        if (spelled->places[at].key == key)
            return spelled->places[at].what;
    return NOTHING;
}

struct reading {
    const struct spelled *spelled;
    struct str text;
    void (*found)(void *context, size_t start, size_t end, enum scan_kind kind);
    void *context;
    size_t before_end; // of the word before
    // A number: from where, to the end of its last word, so many words and digits; the value of
    // the last one, and whether all are as far apart, as in "one, two, three".
    size_t start, end, n_words, n_digits;
    int last, step;
    bool counts;
    // A contact: the name in front of "at", the words behind it, whether "dot" came.
    size_t name, n_host;
    unsigned at;
    bool has_dot;
};

static void end_number(struct reading *r)
{
    if (r->n_words >= LEAST_WORDS && r->n_digits >= LEAST_DIGITS && !r->counts)
        r->found(r->context, r->start, r->end, SCAN_NUMBER);
    r->n_words = 0;
}

static void add_number(struct reading *r, size_t start, size_t end, int value)
{
    if (!r->n_words) {
        r->start = start;
        r->n_digits = 0;
        r->counts = true;
    } else if (r->n_words == 1) {
        r->step = value - r->last;
    }
    r->counts = r->counts && (r->n_words < 1 || value - r->last == r->step); // "oh, oh, oh" is, too
    r->last = value;
    r->end = end;
    r->n_words++;
    r->n_digits += value < 10 ? 1 : 2;
}

static bool is_end(struct str word, unsigned at)
{
    for (size_t i = 0; i < COUNT_OF(ends) - (at == AT ? ENGLISH_WORDS : 0); i++)
        if (str_equal_ci(word, str_of(ends[i])))
            return true;
    return false;
}

// Where the name that ends at `end` begins: "ada.lovelace".
static size_t start_of_name(struct str text, size_t end)
{
    while (end > 0 && (is_any_alnum_at(text, end - 1) || strchr("._-+", text.ptr[end - 1])))
        end--;
    return end;
}

static void add_contact(struct reading *r, size_t start, size_t end, unsigned what, bool near)
{
    struct str word = str_make(r->text.ptr + start, end - start);
    bool is_at = what == AROBASE || what == AT;
    bool is_dot = r->at && what == (r->at == AT ? DOT : POINT);
    bool point = r->at == AROBASE && start == r->before_end + 1 && r->text.ptr[start - 1] == '.';
    if (r->n_host && near && (r->has_dot || point) && is_end(word, r->at)) {
        r->found(r->context, r->name, end, SCAN_EMAIL);
        r->has_dot = false; // "dot co dot uk"
        return;
    }
    if (is_at && near && r->before_end) {
        r->at = what;
        r->name = start_of_name(r->text, r->before_end);
        r->n_host = 0;
        r->has_dot = false;
        return;
    }
    r->has_dot = is_dot;
    r->n_host += !is_dot;
    if (!near || r->n_host > HOST_WORDS)
        r->at = r->n_host = 0;
}

static void read_word(struct reading *r, size_t start, size_t end)
{
    unsigned what = what_is(r->spelled, r->text, start, end);
    bool near = start - r->before_end <= LONGEST_GAP;
    if (r->n_words && (!near || (what >= NUMBERS && what != AND)))
        end_number(r);
    if (what < NUMBERS)
        add_number(r, start, end, (int)what);
    if (r->at || what == AROBASE || what == AT)
        add_contact(r, start, end, what, near);
    r->before_end = end;
}

// How far single letters and digits with the same sign between go from `at`, a step of two at a
// time; a point may stand for one.
static size_t walk(struct str text, size_t at, ptrdiff_t step, char sign, size_t *n)
{
    size_t end = at;
    for (*n = 0;; ++*n) {
        size_t between = end + (size_t)(step / 2), next = end + (size_t)step;
        size_t behind = next + (size_t)(step / 2);
        if (between >= text.len || text.ptr[between] != sign ||
            !(is_any_alnum_at(text, next) || byte_at(text, next) == '.') ||
            is_any_alnum_at(text, behind))
            return end;
        end = next;
    }
}

// "a d a @ m a i l . o r g"
static void read_letters(const struct reading *r)
{
    struct str text = r->text;
    const char *at = memchr(text.ptr, '@', text.len);
    for (; at; at = memchr(at + 1, '@', (size_t)(text.ptr + text.len - at - 1))) {
        size_t place = (size_t)(at - text.ptr), n_before, n_behind;
        if (!place || is_any_alnum_at(text, place - 1))
            continue;
        char sign = at[-1];
        size_t start = walk(text, place, -2, sign, &n_before);
        size_t end = walk(text, place, 2, sign, &n_behind);
        if (n_before > 1 && n_behind > 3)
            r->found(r->context, start, end + 1, SCAN_EMAIL);
    }
}

// Digits in groups -----------------------------------------------------------------------------

#define MOST_GROUPS 4
#define LONGEST_MARK ((size_t)5) // " \xe2\x80\xa2 "

struct groups { // of digits, with the same mark between
    size_t starts[MOST_GROUPS + 1], ends[MOST_GROUPS + 1], n;
};

static bool has_lengths(const struct groups *g, const char *lengths)
{
    bool same = strlen(lengths) == g->n;
    for (size_t i = 0; same && i < g->n; i++)
        same = g->ends[i] - g->starts[i] == (size_t)(lengths[i] - '0');
    return same;
}

// Of a card's issuer: Visa, Mastercard, American Express, JCB, Discover, UnionPay, Diners.
static bool is_issuer(const char *first)
{
    static const char *const heads[] = { "4",  "51", "52", "53", "54", "55", "22",
                                         "23", "24", "25", "26", "27", "34", "35",
                                         "36", "37", "38", "60", "62", "64", "65" };
    for (size_t i = 0; i < COUNT_OF(heads); i++)
        if (!strncmp(first, heads[i], strlen(heads[i])))
            return true;
    return false;
}

static bool is_dash(struct str mark)
{
    static const char *const dashes[] = {
        "-", "~", "_", ".", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xa2", "\xc2\xb7"
    };
    for (size_t i = 0; i < COUNT_OF(dashes); i++)
        if (str_equal(str_trim(mark), str_of(dashes[i])))
            return true;
    return false;
}

// A card as it is printed; a number of social insurance, where the mark is none of lists.
static void judge_groups(const struct reading *r, const struct groups *g)
{
    size_t start = g->starts[0], end = g->ends[g->n - 1];
    struct str all = str_make(r->text.ptr + start, end - start);
    struct str mark = str_make(r->text.ptr + g->ends[0], g->starts[1] - g->ends[0]);
    if ((has_lengths(g, "4444") || has_lengths(g, "465")) && is_issuer(all.ptr) && check_luhn(all))
        r->found(r->context, start, end, SCAN_CARD);
    else if (has_lengths(g, "324") && is_dash(mark))
        r->found(r->context, start, end, SCAN_ID);
}

// The mark behind a group up to the next digit; empty where the two do not belong together.
static struct str mark_at(struct str text, size_t at)
{
    size_t end = at;
    while (end < text.len && end - at <= LONGEST_MARK && !is_alnum_at(text, end))
        end++;
    bool joins = is_digit_at(text, end) && end - at <= LONGEST_MARK;
    return str_make(text.ptr + at, joins ? end - at : 0);
}

static void read_groups(const struct reading *r)
{
    struct str text = r->text, mark = { 0 };
    struct groups g = { .n = 0 };
    for (size_t at = 0; at < text.len;) {
        if (!is_digit_at(text, at)) {
            at++;
            continue;
        }
        size_t start = at;
        while (is_digit_at(text, at))
            at++;
        if (g.n <= MOST_GROUPS) {
            g.starts[g.n] = start;
            g.ends[g.n++] = at;
        }
        struct str next = mark_at(text, at);
        bool goes_on = next.len && (g.n == 1 || str_equal(next, mark));
        mark = next;
        if (goes_on)
            continue;
        if (g.n > 2 && g.n <= MOST_GROUPS)
            judge_groups(r, &g);
        g.n = 0;
    }
}

void spelled_find(const struct spelled *spelled, struct str text,
                  void (*found)(void *context, size_t start, size_t end, enum scan_kind kind),
                  void *context)
{
    struct reading r = { .spelled = spelled, .text = text, .found = found, .context = context };
    if (!text.len)
        return;
    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        while (is_any_letter_at(text, at))
            at++;
        if (at > start)
            read_word(&r, start, at);
        at += at < text.len;
    }
    end_number(&r);
    read_letters(&r);
    read_groups(&r);
}
