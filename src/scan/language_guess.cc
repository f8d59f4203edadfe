// SPDX-License-Identifier: Apache-2.0
#include "scan/language_guess.h"

#include <cstdint>
#include <cstdio> // CLD2's header needs it and does not say so

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <cstring>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

extern "C" const char *languages_cldr(void); // languages_cldr.txt

namespace
{

const size_t longest = 64 << 10;
const char unknown[] = "Unknown";

// CLD2's names are English in capitals or, for some, joined words; these are the ones to mend.
const struct {
    const char *from, *to;
} mended[] = {
    { "ChineseT", "Chinese" },
    { "SCOTS_GAELIC", "Scottish Gaelic" },
    { "HAITIAN_CREOLE", "Haitian Creole" },
    { "RHAETO_ROMANCE", "Romansh" },
    { "GREENLANDIC", "Greenlandic" },
    { "SINHALESE", "Sinhala" },
    { "BOSNIAN", "Bosnian" },
    { "X_KLINGON", "Klingon" },
    { "X_PIG_LATIN", "Pig Latin" },
    { "TG_UNKNOWN_LANGUAGE", unknown },
};

std::string full_name(CLD2::Language language)
{
    std::string name = CLD2::LanguageName(language);
    for (const auto &pair : mended)
        if (name == pair.from)
            return pair.to;
    bool first = true;
    for (char &c : name) {
        if (c == '_')
            c = ' ';
        else if (!first && c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        else if (first && c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
        first = c == ' ';
    }
    return name;
}

// Names live as long as the program.
const char *name_of(CLD2::Language language)
{
    static std::once_flag once;
    static std::vector<std::string> names;
    std::call_once(once, [] {
        for (int i = 0; i < CLD2::NUM_LANGUAGES; i++)
            names.push_back(full_name(static_cast<CLD2::Language>(i)));
    });
    if (language == CLD2::UNKNOWN_LANGUAGE || language < 0 || language >= CLD2::NUM_LANGUAGES)
        return unknown;
    // CLD2 names a script where it knows no language of it: no human language for us.
    const std::string &name = names[static_cast<size_t>(language)];
    return name.compare(0, 2, "X ") == 0 || name == "Ignore" ? unknown : name.c_str();
}

struct counts {
    size_t latin, cyrillic, greek, hangul, kana, han, arabic, hebrew, thai, devanagari, other;
};

uint32_t decode(const char *text, size_t len, size_t *at)
{
    unsigned char c = static_cast<unsigned char>(text[(*at)++]);
    if (c < 0x80)
        return c;
    size_t n = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    uint32_t value = c & (0x3Fu >> n);
    while (n-- > 0 && *at < len)
        value = value << 6 | (static_cast<unsigned char>(text[(*at)++]) & 0x3Fu);
    return value;
}

counts count_scripts(const char *text, size_t len)
{
    counts n = {};
    for (size_t at = 0; at < len;) {
        uint32_t c = decode(text, len, &at);
        if ((c | 32) >= 'a' && (c | 32) <= 'z')
            n.latin++;
        else if (c >= 0x400 && c < 0x530)
            n.cyrillic++;
        else if (c >= 0x370 && c < 0x400)
            n.greek++;
        else if (c >= 0xAC00 && c < 0xD7A4)
            n.hangul++;
        else if (c >= 0x3040 && c < 0x3100)
            n.kana++;
        else if (c >= 0x4E00 && c < 0xA000)
            n.han++;
        else if (c >= 0x600 && c < 0x700)
            n.arabic++;
        else if (c >= 0x590 && c < 0x600)
            n.hebrew++;
        else if (c >= 0xE00 && c < 0xE80)
            n.thai++;
        else if (c >= 0x900 && c < 0x980)
            n.devanagari++;
        else if (c >= 0x80)
            n.other++;
    }
    return n;
}

const char *const english_words[] = {
    "a",    "about", "an",      "and",    "are",    "at",   "be",       "by",     "can",   "create",
    "do",   "does",  "explain", "for",    "from",   "get",  "give",     "have",   "how",   "i",
    "in",   "is",    "it",      "list",   "make",   "me",   "more",     "my",     "need",  "not",
    "of",   "on",    "or",      "please", "should", "tell", "that",     "the",    "this",  "to",
    "use",  "want",  "was",     "we",     "what",   "when", "where",    "which",  "who",   "why",
    "will", "with",  "would",   "write",  "you",    "your", "i'm",      "what's", "there", "if",
    "but",  "am",    "did",     "has",    "going",  "know", "continue", "hello",  "hi",    "go",
    "next", "set",   "call",    "no",     "yes",    "any",  "new",      "as",     "some",  "stop",
    "test", "off",   "up",
};

// At least one word in eight is one of the small English words.
bool reads_english(const char *text, size_t len)
{
    size_t n_words = 0, n_known = 0;
    for (size_t at = 0; at < len;) {
        char word[16];
        size_t n = 0;
        while (at < len && !((text[at] | 32) >= 'a' && (text[at] | 32) <= 'z'))
            at++;
        while (at < len &&
               (((text[at] | 32) >= 'a' && (text[at] | 32) <= 'z') || text[at] == '\'')) {
            if (n + 1 < sizeof word)
                word[n++] = static_cast<char>(text[at] == '\'' ? '\'' : text[at] | 32);
            at++;
        }
        word[n] = '\0';
        n_words += n > 0;
        for (const char *known : english_words)
            if (n && std::strcmp(word, known) == 0) {
                n_known++;
                break;
            }
    }
    return n_known > 0 && n_known * 8 >= n_words;
}

// For what CLD2 will not judge: scripts that one language owns, else English by its small words.
const char *guess_by_script(const char *text, size_t len)
{
    counts n = count_scripts(text, len);
    if (n.kana)
        return "Japanese";
    if (n.hangul > n.latin)
        return "Korean";
    if (n.han && n.han * 3 > n.latin)
        return "Chinese";
    if (n.greek > n.latin)
        return "Greek";
    if (n.hebrew > n.latin)
        return "Hebrew";
    if (n.thai > n.latin)
        return "Thai";
    if (n.devanagari > n.latin)
        return "Hindi";
    if (n.arabic > n.latin)
        return "Arabic";
    if (n.cyrillic > n.latin)
        return "Russian";
    if (n.latin && n.other * 10 <= n.latin && reads_english(text, len))
        return "English";
    return unknown;
}

} // namespace

const char *language_guess(const char *text, size_t len)
{
    if (len > longest)
        len = longest;
    while (len > 0 && (static_cast<unsigned char>(text[len - 1]) & 0xC0) == 0x80)
        len--; // a character that the cut halved: CLD2 takes only whole ones
    if (len > 0 && static_cast<unsigned char>(text[len - 1]) >= 0xC0)
        len--;
    CLD2::Language three[3];
    int percent[3], n_bytes = 0, n_valid = 0;
    double score[3];
    bool reliable = false;
    CLD2::CLDHints hints = { nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE };
    CLD2::Language best = CLD2::ExtDetectLanguageSummaryCheckUTF8(
        text, static_cast<int>(len), true, &hints, 0, three, percent, score, nullptr, &n_bytes,
        &reliable, &n_valid);
    if (best == CLD2::UNKNOWN_LANGUAGE || !reliable)
        return guess_by_script(text, len);
    // On a line or two CLD2 takes plain English for some small language now and then.
    const char *name = name_of(best);
    if (n_bytes < 80 && best != CLD2::ENGLISH) {
        const char *other = guess_by_script(text, len);
        if (std::strcmp(other, "English") == 0 && percent[0] < 90)
            return other;
    }
    return name;
}

namespace
{

std::string lowered(std::string s)
{
    for (char &c : s)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
    return s;
}

// CLD2's language of this code or lower-case name.
const char *find_cld2(const std::string &code, const std::string &given)
{
    for (int i = 0; i < CLD2::NUM_LANGUAGES; i++) {
        CLD2::Language language = static_cast<CLD2::Language>(i);
        const char *full = name_of(language);
        if (full != unknown && (given == lowered(full) || code == CLD2::LanguageCode(language)))
            return full;
    }
    return nullptr;
}

struct cldr_row {
    std::string code, lower, name;
};

// languages_cldr.txt, read once; names live as long as the program.
const std::vector<cldr_row> &cldr()
{
    static std::once_flag once;
    static std::vector<cldr_row> rows;
    std::call_once(once, [] {
        std::istringstream text(languages_cldr());
        for (std::string line; std::getline(text, line);) {
            size_t tab = line.find('\t');
            if (line[0] != '#' && tab != std::string::npos)
                rows.push_back(
                    { line.substr(0, tab), lowered(line.substr(tab + 1)), line.substr(tab + 1) });
        }
    });
    return rows;
}

// What people and models say for languages that the lists call otherwise.
const struct {
    const char *said, *code;
} also[] = {
    { "mandarin", "zh" },
    { "mandarin chinese", "zh" },
    { "simplified chinese", "zh" },
    { "traditional chinese", "zh" },
    { "farsi", "fa" },
    { "filipino", "tl" },
    { "castilian", "es" },
    { "brazilian portuguese", "pt" },
    { "bahasa indonesia", "id" },
    { "american english", "en" },
    { "british english", "en" },
};

} // namespace

const char *language_from_name(const char *name, size_t len)
{
    if (len == 0 || len >= 40)
        return nullptr;
    std::string given = lowered(std::string(name, len));
    for (char &c : given)
        c = c == '_' ? '-' : c;
    for (const auto &pair : also)
        if (given == pair.said)
            given = pair.code;
    std::string code = given.substr(0, given.find('-'));
    const char *found = find_cld2(code, given);
    for (size_t i = 0; !found && i < cldr().size(); i++) {
        const cldr_row &row = cldr()[i];
        if (row.lower != given && row.code != code)
            continue;
        const char *known = find_cld2(row.code, row.lower);
        found = known ? known : row.name.c_str();
    }
    return found;
}
