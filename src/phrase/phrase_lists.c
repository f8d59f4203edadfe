// SPDX-License-Identifier: Apache-2.0
// Closed lists of words: function words of the languages most seen, words that only carry the
// request, spellings of well-known names; and the stems that bring English inflections together.
#include "base/utf8.h"
#include "phrase/phrase_int.h"

#define AKIN_LETTERS 4   // of a stem that begins another
#define AKIN_WITHOUT_Y 5 // a longer stem loses its -y first

static const char function_words[] =
    " a an the this that these those such same other another each every all both any some no none "
    "of to in on at by for with without from into onto about as like over under between among "
    "through during before after above below up down out off upon within per via than then and or "
    "but nor so yet if else while when where which who whom whose what why how because although "
    "though unless until since whether either neither i me my mine myself we us our ours you your "
    "yours yourself yourselves he him his himself she her hers herself it its itself they them "
    "their "
    "theirs themselves ourselves oneself one ones im ive "
    "id ill youre youve youll hes shes theyre weve were thats whats lets dont doesnt didnt cant "
    "couldnt wont wouldnt isnt arent wasnt shouldnt havent hasnt am is are was be been being do "
    "does did done doing has have had having will would shall should can could may might must "
    "ought not only also too very just even still much many more most less least few several lot "
    "lots there here now again further once ever never always often sometimes etc eg ie vs et al "
    "cannot let please kindly e g s t m re ve ll d ";

static const char foreign_function_words[] =
    // German
    " der die das den dem des ein eine einen einem einer eines und oder aber nicht ich du er sie "
    "es "
    "wir ihr mich mir dich dir uns mein meine dein deine sein seine ist sind waren bist haben habe "
    "wird werden wurde kann kannst können soll mit von zu zum zur auf aus bei nach über unter "
    "für wie wer wenn dass daß auch als nur noch mehr bitte "
    // French
    "le la les un une de ou mais je tu il elle nous vous ils elles mon ma mes ton ta tes sa ses ce "
    "cette ces cet est sont était être avoir ai avez ont à au aux dans par pour sur avec sans "
    "que qui quoi où ne pas plus se si en y moi toi lui leur leurs comment l qu j n c "
    // Spanish
    "el los las lo una unos unas o pero yo tú él ella nosotros ellos mi mis tus su sus este esta "
    "estos estas ese esa eso ser está están hay del con sin por para sobre entre como cómo qué "
    "cuál quién cuando donde más muy ya también te nos "
    // Portuguese
    "os um uma umas mas eu você ele ela nós eles meu minha seu sua seus suas isto isso esse essa "
    "é são não muito já também da dos na nas ao pelo pela com sem quem quando onde "
    // Italian, Dutch
    "gli uno di della dei degli delle che chi cui non più è sono essere ho hai ha hanno nel "
    "nella sul sulla dal dalla tra fra come questo questa quello quella ti ci vi het een maar niet "
    "ik jij hij zij wij jullie mijn jouw zijn haar ons onze deze dit dat van op voor met om aan "
    "bij naar uit door wat hoe waar ook nog "
    // Russian
    "и в во не что он на я с со как а то все она так его но "
    "да ты к у же вы за бы по только ее мне было вот от "
    "меня еще нет о из ему мы для при это этот эта эти или "
    "если чтобы мой моя их им "
    // Indonesian, Turkish, Polish
    "yang dan ke dari untuk dengan pada adalah ini itu saya aku kamu anda dalam akan tidak atau "
    "bir bu için ile mı mu nasıl ben sen w z nie się jest że jak dla po od ";

// Of these, words that English has as well, for things: an English corpus asks about vans and
// doors.
static const char english_too[] =
    " ben chi con dan den die door hay las los met mit pour sen sin son ton van ";

static const char weak_words[] =
    " user users human assistant ai chatgpt asks ask asked asking request requests requested "
    "requesting please kindly help helps helping helped assist assistance provide provides "
    "providing provided give gives giving given create creates creating created generate generates "
    "generating generated make makes making made write writes writing written wrote produce "
    "produces prepare compose develop developing build explain explains explaining explained "
    "explanation describe describes describing description descriptions tell tells telling told "
    "show shows showing shown list lists listing suggest suggests suggestion suggestions recommend "
    "answer answers answering question questions following follow follows followed detailed detail "
    "details complete comprehensive specific step steps want wants wanted need needs needed like "
    "liked would know knows knowing think thinks thought understand understanding find finds "
    "finding found get gets getting got go goes going gone come comes use uses using used work "
    "works working worked try tries trying tried look looks looking see sees seen say says said "
    "saying mean means meant take takes taking put add adding added include includes including "
    "included based regarding related different various multiple example examples sample samples "
    "information info way ways thing things something anything everything nothing kind type types "
    "sort bit part parts point points lot good better best great nice new old first second third "
    "last next long short big small large simple easy able possible sure right important useful "
    "clear clearly really actually basically well maybe okay ok yes hi hello hey thanks thank dear "
    "sorry place places organisation organization start starting started begin act acting pretend "
    "role respond response responses reply output input text word words two three four five six "
    "seven eight nine ten today day time times year years current currently recent latest top "
    "total full people person someone everyone ideas idea topic topics fix version result results "
    "task tasks discuss context form format concept essential keep become happen happens run set "
    "call called check outline share difference differences between pros cons ensure consider "
    "support contain contains turn reading feel talk seem seems especially however therefore "
    "additional overall similar certain own whole custom allow allows allowing allowed importance "
    "engaging concise terms version name names named previous previously likely happened happening "
    "fail fails failed failing "
    // other languages
    "erstelle schreibe schreib gib erkläre mache écris donne fais peux explique escribe dame haz "
    "puedes crea explica quiero necesito ayuda escreva crie faça quero preciso scrivi fammi puoi "
    "schrijf maak geef напиши сделай расскажи как можно buatkan buat "
    "tolong jelaskan yaz ver ";

// What a group that shares no subject can still be named by.
static const char action_words[] = " hi hello hey thanks ";

static const char joining_words[] =
    " a an the of for to in on with and or from by at into about as using between your ";

static bool in_list(const char *list, size_t size, struct str word)
{
    char key[WORD_MAX_BYTES + 16];
    if (word.len > WORD_MAX_BYTES + 8)
        return false;
    key[0] = key[word.len + 1] = ' ';
    memcpy(key + 1, word.ptr, word.len);
    return memmem(list, size, key, word.len + 2) != NULL;
}

static bool is_function(struct str lower)
{
    return in_list(function_words, sizeof function_words - 1, lower) ||
           in_list(foreign_function_words, sizeof foreign_function_words - 1, lower);
}

bool word_is_english_too(struct str lower)
{
    return in_list(english_too, sizeof english_too - 1, lower);
}

enum word_kind word_kind(struct str lower)
{
    size_t at = 0;
    uint32_t first = lower.len ? (unsigned char)lower.ptr[0] : 0;
    if (first >= 0x80) {
        // Characters of these scripts are three or four bytes.
        uint32_t c = 0;
        const unsigned char *p = (const unsigned char *)lower.ptr;
        if (lower.len == 3)
            c = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
        else if (lower.len == 4)
            c = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
        if (c && word_is_character(c))
            return WORD_CHARACTER;
        at = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    }
    if (is_function(lower) || lower.len <= size_max(at, 1))
        return WORD_FUNCTION;
    return in_list(weak_words, sizeof weak_words - 1, lower) ? WORD_WEAK : WORD_CONTENT;
}

bool phrase_word_tells(struct str lower)
{
    return word_kind(lower) == WORD_CONTENT;
}

bool word_acts(struct str lower)
{
    return in_list(action_words, sizeof action_words - 1, lower);
}

bool word_joins(struct str lower)
{
    return in_list(joining_words, sizeof joining_words - 1, lower);
}

static bool is_vowel(char c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

static bool has_vowel(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_vowel(s.ptr[i]))
            return true;
    return false;
}

static struct str without(struct str s, size_t n)
{
    return str_make(s.ptr, s.len - n);
}

// "-ing" and "-ed", and the doubled consonant before them: planning → plan.
static struct str drop_verb_ending(struct str s)
{
    size_t n = str_ends(s, STR_LIT("ing")) ? 3 : str_ends(s, STR_LIT("ed")) ? 2 : 0;
    if (!n || s.len < n + 3 || !has_vowel(without(s, n)))
        return s;
    s = without(s, n);
    char last = s.ptr[s.len - 1];
    if (s.len > 3 && last == s.ptr[s.len - 2] && !is_vowel(last) && last != 'l' && last != 's')
        s = without(s, 1);
    return s;
}

// The tail that a plural in -es shares with the two singulars that it can have: "movies" and
// "movie" like "stories" and "story", "caches" and "cache" like "churches" and "church".
static bool cut_es(struct str *s, char *out)
{
    if (s->len > 4 && (str_ends(*s, STR_LIT("ies")) || str_ends(*s, STR_LIT("ie")))) {
        *s = without(*s, s->ptr[s->len - 1] == 's' ? 2 : 1);
        out[s->len - 1] = 'y';
        return true;
    }
    static const char *const tails[] = { "sses", "shes", "ches", "xes", "oes" };
    for (size_t i = 0; i < COUNT_OF(tails); i++)
        if (s->len > 4 && str_ends(*s, str_of(tails[i]))) {
            *s = without(*s, 2);
            return true;
        }
    if (s->len < 4 || !(str_ends(*s, STR_LIT("che")) || str_ends(*s, STR_LIT("oe"))))
        return false;
    *s = without(*s, 1);
    return true;
}

struct str word_singular(struct str lower, char out[WORD_MAX_BYTES + 8])
{
    struct str s = str_make(out, size_min(lower.len, WORD_MAX_BYTES));
    memcpy(out, lower.ptr, s.len);
    if (cut_es(&s, out))
        return s;
    if (s.len > 3 && str_ends(s, STR_LIT("s")) && !str_ends(s, STR_LIT("ss")) &&
        !str_ends(s, STR_LIT("us")) && !str_ends(s, STR_LIT("is")) &&
        !str_ends(s, STR_LIT("ics")) && !str_equal(s, STR_LIT("news")))
        s = without(s, 1);
    return s;
}

struct str word_stem(struct str lower, char out[WORD_MAX_BYTES + 8])
{
    struct str s = drop_verb_ending(word_singular(lower, out));
    if (s.len > 4 && s.ptr[s.len - 1] == 'e')
        s = without(s, 1);
    return s;
}

// "economy" is in "economic" as far as "econom".
static struct str without_y(struct str stem)
{
    return stem.len > AKIN_WITHOUT_Y && stem.ptr[stem.len - 1] == 'y' ? without(stem, 1) : stem;
}

bool word_stems_akin(struct str a, struct str b)
{
    struct str x = without_y(a), y = without_y(b);
    if (str_equal(a, b))
        return true;
    return utf8_count(x.len < y.len ? x : y) >= AKIN_LETTERS &&
           (str_starts(x, y) || str_starts(y, x));
}
