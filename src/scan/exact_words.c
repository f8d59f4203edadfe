// SPDX-License-Identifier: Apache-2.0
// Streets and dates: forms with words in them.
#include "scan/exact_form.h"

#include "scan/byte_at.h"

static void add(struct form_list *found, enum form form, size_t start, size_t end)
{
    if (found->n < FORMS_AT_ONCE)
        found->of[found->n++] = (struct form_match){ form, start, end };
}

// The length of the one of some words that stands at `at`, and nothing goes on behind it; 0: none.
static size_t word_at(struct str text, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (begins_at(text, at, words[i]) && !is_word_at(text, at + strlen(words[i])))
            return strlen(words[i]);
    return 0;
}

// Streets ------------------------------------------------------------------------------------

static size_t street_at(struct str text, size_t at)
{
    static const uint32_t pairs[26] = {
        AT('s') = L('t') | L('q'), AT('a') = L('v'),
        AT('r') = L('o') | L('d'), AT('l') = L('a') | L('n'),
        AT('d') = L('r'),          AT('b') = L('o') | L('l'),
        AT('h') = L('i') | L('w'), AT('t') = L('e'),
        AT('p') = L('a') | L('k'), AT('c') = L('o') | L('t') | L('r') | L('l'),
    };
    static const char *const words[] = {
        "street", "st",   "avenue",  "ave",     "road",    "rd",       "lane",      "ln",
        "drive",  "dr",   "court",   "ct",      "highway", "hwy",      "square",    "sq",
        "close",  "blvd", "terrace", "parkway", "pkwy",    "crescent", "boulevard",
    };
    return is_pair_at(text, at, pairs) ? word_at(text, at, words, COUNT_OF(words)) : 0;
}

static size_t rue_at(struct str text, size_t at)
{
    static const uint32_t pairs[26] = {
        AT('r') = L('u'),          AT('a') = L('v'),          AT('b') = L('o'), AT('q') = L('u'),
        AT('p') = L('l') | L('i'), AT('c') = L('h') | L('a'), AT('i') = L('m'), AT('v') = L('i'),
    };
    static const char *const words[] = { "rue",    "avenue", "boulevard", "place",
                                         "chemin", "quai",   "impasse",   "calle",
                                         "via",    "viale",  "piazza" };
    return is_pair_at(text, at, pairs) ? word_at(text, at, words, COUNT_OF(words)) : 0;
}

static bool is_bis_at(struct str text, size_t at)
{
    return begins_at(text, at, "bis") || begins_at(text, at, "ter");
}

static bool is_in_name_at(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at);
    return is_alnum_at(text, at) || c == '\'' || c == '.' || c == '-';
}

#define NAME_BYTES ((size_t)20) // of one word in the name of a street
#define MOST_WORDS ((size_t)4)  // of one, the direction among them

// How long the word is that ends in front of a space; 0: there is none.
static size_t name_at(struct str text, size_t at)
{
    size_t n = 0;
    while (n <= NAME_BYTES && is_in_name_at(text, at + n))
        n++;
    return n <= NAME_BYTES && byte_at(text, at + n) == ' ' ? n : 0;
}

bool form_has_street(struct str text, size_t at)
{
    if (rue_at(text, at) || is_bis_at(text, at))
        return true;
    for (size_t i = 0; i < MOST_WORDS; i++) {
        size_t n = name_at(text, at);
        at += n + 1;
        if (!n || street_at(text, at))
            return n;
    }
    return false;
}

// The number in front of a space: of at most so many digits, a letter and a comma behind it or not.
static bool number_before(struct str text, size_t at, size_t most, bool letter, bool comma,
                          size_t *start)
{
    size_t i = at - 1;
    i -= comma && byte_at(text, i - 1) == ',';
    i -= letter && is_letter_at(text, i - 1);
    size_t n = digits_before(text, &i, most);
    *start = i;
    return n >= 1 && n <= most && !is_word_at(text, i - 1);
}

// "12 N. Main Street": all ends that there are.
static void find_street(struct str text, size_t at, size_t start, struct form_list *found)
{
    bool all_long = true, others_long = true, has_direction = false;
    for (size_t n_words = 0; n_words <= MOST_WORDS; n_words++) {
        size_t n_street = n_words ? street_at(text, at) : 0;
        bool without = all_long && n_words < MOST_WORDS;
        if (n_street && (without || (has_direction && others_long && n_words >= 2)))
            add(found, FORM_STREET, start, at + n_street);
        size_t n = name_at(text, at);
        if (!n)
            return;
        all_long = all_long && n >= 2;
        if (n_words)
            others_long = others_long && n >= 2;
        else
            has_direction = is_among(lower_at(text, at), L('n') | L('s') | L('e') | L('w')) &&
                            (n == 1 || (n == 2 && byte_at(text, at + 1) == '.'));
        at += n + 1;
    }
}

static bool is_in_rue_at(struct str text, size_t at)
{
    unsigned char c = byte_at(text, at);
    return is_word_at(text, at) || c == '\'' || c == '-' || c >= 0x80;
}

// Behind "12 rue", where the name begins: four times up to 20 bytes, each with a space or not.
static void find_rue(struct str text, size_t at, size_t start, struct form_list *found)
{
    size_t first = at;
    for (size_t i = 0; i < 4; i++) {
        size_t n = 0;
        while (n < NAME_BYTES && is_in_rue_at(text, at + n))
            n++;
        if (!n)
            break;
        at += n + (byte_at(text, at + n) == ' ');
    }
    if (at > first)
        add(found, FORM_RUE, start, at);
}

void form_find_street(struct str text, size_t at, struct form_list *found)
{
    size_t start, place = at;
    if (number_before(text, at, 5, true, true, &start))
        find_street(text, at, start, found);
    bool bis = is_bis_at(text, at);
    if (bis) {
        place += 3;
        place += byte_at(text, place) == ',';
        if (byte_at(text, place++) != ' ')
            return;
    }
    size_t n = rue_at(text, place);
    if (n && byte_at(text, place + n) == ' ' && number_before(text, at, 4, false, !bis, &start))
        find_rue(text, place + n + 1, start, found);
}

// Dates --------------------------------------------------------------------------------------

#define MONTH_BYTES ((size_t)9) // three, and six letters more

// The letters of a month that end right before *at, which goes to the first of them.
static bool skip_month_before(struct str text, size_t *at)
{
    static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                          "jul", "aug", "sep", "oct", "nov", "dec" };
    size_t i = *at - (byte_at(text, *at - 1) == '.'), n = 0;
    for (; n <= MONTH_BYTES && is_letter_at(text, i - 1); n++)
        i--;
    *at = i;
    for (size_t k = 0; k < COUNT_OF(months) && n >= 3 && n <= MONTH_BYTES; k++)
        if (begins_at(text, i, months[k]))
            return true;
    return false;
}

static void skip_before(struct str text, size_t *at, const char *word)
{
    if (ends_at(text, *at, word))
        *at -= strlen(word);
}

// "st", "nd", "rd", "th".
static void skip_ending_before(struct str text, size_t *at)
{
    static const char *const endings[] = { "st", "nd", "rd", "th" };
    for (size_t i = 0; i < COUNT_OF(endings); i++)
        if (ends_at(text, *at, endings[i])) {
            *at -= 2;
            return;
        }
}

static bool skip_day_before(struct str text, size_t *at)
{
    size_t n = digits_before(text, at, 2);
    return n >= 1 && n <= 2;
}

// "May 1st, of 1987": *at is where the year begins.
static bool is_month_first(struct str text, size_t *at)
{
    size_t i = *at - 1;
    if (byte_at(text, i - 3) == ' ')
        skip_before(text, &i, "of");
    if (i < *at - 1)
        i--;
    i -= byte_at(text, i - 1) == ',';
    skip_ending_before(text, &i);
    if (!skip_day_before(text, &i) || byte_at(text, --i) != ' ' || !skip_month_before(text, &i))
        return false;
    *at = i;
    return !is_word_at(text, i - 1);
}

// "1st of May, 1987"
static bool is_day_first(struct str text, size_t *at)
{
    size_t i = *at - 1;
    i -= byte_at(text, i - 1) == ',';
    if (!skip_month_before(text, &i) || byte_at(text, --i) != ' ')
        return false;
    if (byte_at(text, i - 3) == ' ' && ends_at(text, i, "of"))
        i -= 3;
    if (byte_at(text, i - 1) == '.')
        i--;
    else
        skip_ending_before(text, &i);
    if (!skip_day_before(text, &i))
        return false;
    *at = i;
    return !is_word_at(text, i - 1);
}

bool form_has_date(struct str text, size_t at)
{
    size_t year = at - 3, other = year;
    unsigned char first = byte_at(text, year);
    return (first == '1' || first == '2') && byte_at(text, year - 1) == ' ' &&
           is_digit_at(text, at - 2) && is_digit_at(text, at - 1) && is_digit_at(text, at) &&
           !is_word_at(text, at + 1) && (is_month_first(text, &year) || is_day_first(text, &other));
}

void form_find_date(struct str text, size_t at, struct form_list *found)
{
    size_t month = at - 3, day = month;
    if (!form_has_date(text, at))
        return;
    if (is_month_first(text, &month))
        add(found, FORM_MONTH, month, at + 1);
    if (is_day_first(text, &day))
        add(found, FORM_DAY, day, at + 1);
}
