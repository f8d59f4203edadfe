// SPDX-License-Identifier: Apache-2.0
#include "scan/public_list.h"

#include "scan/word_list.h"

#include <stdio.h>

// What CLD2 knows and what ISO 639-1 names; "Other" stands for what is in neither.
const char *const public_languages[] = {
    "English",
    "Danish",
    "Dutch",
    "Finnish",
    "French",
    "German",
    "Hebrew",
    "Italian",
    "Japanese",
    "Korean",
    "Norwegian",
    "Polish",
    "Portuguese",
    "Russian",
    "Spanish",
    "Swedish",
    "Chinese",
    "Czech",
    "Greek",
    "Icelandic",
    "Latvian",
    "Lithuanian",
    "Romanian",
    "Hungarian",
    "Estonian",
    "Bulgarian",
    "Croatian",
    "Serbian",
    "Irish",
    "Galician",
    "Tagalog",
    "Turkish",
    "Ukrainian",
    "Hindi",
    "Macedonian",
    "Bengali",
    "Indonesian",
    "Latin",
    "Malay",
    "Malayalam",
    "Welsh",
    "Nepali",
    "Telugu",
    "Albanian",
    "Tamil",
    "Belarusian",
    "Javanese",
    "Occitan",
    "Urdu",
    "Bihari",
    "Gujarati",
    "Thai",
    "Arabic",
    "Catalan",
    "Esperanto",
    "Basque",
    "Interlingua",
    "Kannada",
    "Punjabi",
    "Scottish Gaelic",
    "Swahili",
    "Slovenian",
    "Marathi",
    "Maltese",
    "Vietnamese",
    "Frisian",
    "Slovak",
    "Faroese",
    "Sundanese",
    "Uzbek",
    "Amharic",
    "Azerbaijani",
    "Georgian",
    "Tigrinya",
    "Persian",
    "Bosnian",
    "Sinhala",
    "Norwegian Nynorsk",
    "Xhosa",
    "Zulu",
    "Guarani",
    "Sesotho",
    "Turkmen",
    "Kyrgyz",
    "Breton",
    "Twi",
    "Yiddish",
    "Somali",
    "Uighur",
    "Kurdish",
    "Mongolian",
    "Armenian",
    "Lao",
    "Sindhi",
    "Romansh",
    "Afrikaans",
    "Luxembourgish",
    "Burmese",
    "Khmer",
    "Tibetan",
    "Dhivehi",
    "Cherokee",
    "Syriac",
    "Limbu",
    "Oriya",
    "Assamese",
    "Corsican",
    "Interlingue",
    "Kazakh",
    "Lingala",
    "Pashto",
    "Quechua",
    "Shona",
    "Tajik",
    "Tatar",
    "Tonga",
    "Yoruba",
    "Maori",
    "Wolof",
    "Abkhazian",
    "Afar",
    "Aymara",
    "Bashkir",
    "Bislama",
    "Dzongkha",
    "Fijian",
    "Greenlandic",
    "Hausa",
    "Haitian Creole",
    "Inupiak",
    "Inuktitut",
    "Kashmiri",
    "Kinyarwanda",
    "Malagasy",
    "Nauru",
    "Oromo",
    "Rundi",
    "Samoan",
    "Sango",
    "Sanskrit",
    "Siswant",
    "Tsonga",
    "Tswana",
    "Volapuk",
    "Zhuang",
    "Khasi",
    "Scots",
    "Ganda",
    "Manx",
    "Montenegrin",
    "Akan",
    "Igbo",
    "Mauritian Creole",
    "Hawaiian",
    "Cebuano",
    "Ewe",
    "Ga",
    "Hmong",
    "Krio",
    "Lozi",
    "Luba Lulua",
    "Luo Kenya And Tanzania",
    "Newari",
    "Nyanja",
    "Ossetian",
    "Pampanga",
    "Pedi",
    "Rajasthani",
    "Seselwa",
    "Tumbuka",
    "Venda",
    "Waray Philippines",
    "Klingon",
    "Pig Latin",
    "Unknown",
    "Other",
};
const size_t n_public_languages = COUNT_OF(public_languages);

const char *const public_concerns[] = { "1", "2", "3", "4", "5" };
const size_t n_public_concerns = COUNT_OF(public_concerns);

const char *const public_turns[] = { "1", "2", "3-5", "6-10", "11+" };
const size_t n_public_turns = COUNT_OF(public_turns);
const char *const public_flags[] = { "flagged", "not flagged", "no label" };
const size_t n_public_flags = COUNT_OF(public_flags);

static const char words[] =
    " a an and or of for to in on at by with from into about as is are was were be it its their "
    "the this that these those not no more most other others using use between your you how what "
    "what these conversations conversation share shared also phrase phrases enough name them by "
    "varied various requests request about under of all least account accounts mostly clusters "
    "cluster covers cover covering include includes including smaller larger people users user "
    "asks ask percent together together than each every any both one two three s "
    // what a summary of any cluster is made of
    "asked asking wanted want wants needed need needs sought help helped helping assistance "
    "assistant ai they them who how when where which while so such through over within without "
    "related different several many some often usually sometimes mainly including involving "
    "concerning specific general topics topic tasks task questions question answers answer ways "
    "way kinds kind things thing matters issues issue ";

// Small words of languages that titles may be written in (--language-of-titles), and what a summary
// of any cluster is made of, as above in English. None of one letter: with these a secret could be
// spelled out.
static const char small_words[] =
    // German
    " der die das den dem des ein eine einen einem einer eines und oder von zu zum zur im mit für "
    "auf über aus bei nach um wie zwischen ihre ihren ihr ihrer sie es sich nicht auch dabei damit "
    "wurde wurden waren leute menschen nutzer fragten fragen baten wollten wünschten suchten hilfe "
    "anfragen bitten themen rund "
    // French
    " le la les un une des du de et ou au aux en dans avec pour sur sous par entre leur leurs "
    "ils elles ce cette ces se ne pas qui que aussi était étaient personnes gens utilisateurs "
    "demandaient demandé demande demandes voulaient cherchaient aide comment autour "
    // Spanish
    " el los las una unos unas del al con para por sobre desde hasta entre su sus ellos "
    "se no que también era eran personas gente usuarios pidieron pedían preguntaron querían "
    "buscaban ayuda cómo preguntas temas "
    // Portuguese
    " os as um uma uns umas do da dos das ao aos às ou com para por sobre até entre seu seus "
    "sua suas eles elas não também era eram pessoas usuários pediram pediam perguntaram queriam "
    "buscavam procuravam ajuda como perguntas "
    // Italian
    " il lo gli le uno della dello delle degli dei del nel nella nei al alla ai con per su tra "
    "fra loro essi si non che anche era erano persone utenti hanno chiesto chiedevano volevano "
    "cercavano aiuto come domande "
    // Dutch
    " de het een en of van naar voor met op over uit bij tussen hun zij ze zich niet ook was waren "
    "mensen gebruikers vroegen wilden zochten hulp hoe vragen rond ";

static const char spellings[] =
    " JavaScript TypeScript ChatGPT OpenAI YouTube LinkedIn TikTok GitHub GitLab WordPress "
    "PowerPoint PostgreSQL MySQL NoSQL SQLite MongoDB GraphQL LaTeX iPhone iOS macOS PayPal eBay "
    "PhD DevOps JS FastAPI PyTorch TensorFlow NumPy OpenCV jQuery NextJS NodeJS WhatsApp HubSpot "
    "LangChain JSON SQL CSS HTML XML CSV PDF YAML AI SEO HTTP HTTPS API APIs URL URLs PHP AWS GPT "
    "UI UX GUI CLI CPU GPU VBA SDK IDE TV NFT NFTs RPG FAQ FAQs CRM ERP KPI CEO USB DNS SSH VPN "
    "NLP LLM DNA Python Java Kotlin Django Docker Kubernetes Terraform Google Facebook Instagram "
    "Twitter Amazon Microsoft Azure Linux Android Excel Kafka Laravel Jupyter Firebase Shopify "
    "Netflix Spotify English French Spanish German Chinese Japanese Korean Italian Portuguese "
    "Russian Arabic Hindi Christmas Christian Bible Europe Africa Asia America American European "
    "African Asian Indian ";

static const char german_nouns[] = " leute menschen nutzer hilfe anfragen themen ";

size_t public_list_find(const char *const *list, size_t n, struct str value)
{
    size_t i = 0;
    while (i < n && !str_equal(value, str_of(list[i])))
        i++;
    return i;
}

size_t public_turns_of(int64_t n_turns)
{
    return n_turns <= 1 ? 0 : n_turns == 2 ? 1 : n_turns <= 5 ? 2 : n_turns <= 10 ? 3 : 4;
}

bool public_list_has_language(struct str word)
{
    for (size_t i = 0; i < n_public_languages; i++) {
        struct str rest = str_of(public_languages[i]), piece;
        while (str_cut(&rest, ' ', &piece))
            if (str_equal_ci(piece, word))
                return true;
    }
    return false;
}

// The list has a blank before and behind each word.
static bool has_word(struct str list, struct str word)
{
    char key[64];
    if (word.len == 0 || word.len + 2 > sizeof key)
        return false;
    key[0] = key[word.len + 1] = ' ';
    memcpy(key + 1, word.ptr, word.len);
    return memmem(list.ptr, list.len, key, word.len + 2) != NULL;
}

bool public_list_has_small(struct str word)
{
    return has_word(str_make(words, sizeof words - 1), word) ||
           has_word(str_make(small_words, sizeof small_words - 1), word);
}

bool public_list_has_word(struct str word)
{
    return public_list_has_small(word) || public_list_has_language(word);
}

struct str public_list_spelling(struct str word)
{
    struct str rest = STR_LIT(spellings), name;
    while (str_cut(&rest, ' ', &name))
        if (name.len && str_equal_ci(name, word))
            return name;
    return str_make(NULL, 0);
}

// A line of the list.
static bool has_line(const char *list, struct str word)
{
    char line[64];
    int n = snprintf(line, sizeof line, "\n%.*s\n", STR_ARG(str_head(word, sizeof line - 3)));
    return word.len + 3 <= sizeof line && memmem(list, strlen(list), line, (size_t)n);
}

bool public_list_is_small_before(struct str word, struct str next)
{
    return str_equal(word, STR_LIT("ai")) && next.len && !public_list_spelling(next).len &&
           !has_line(words_common(), next) && !has_line(words_public(), next);
}

bool public_list_has_noun(struct str word)
{
    return has_word(str_make(german_nouns, sizeof german_nouns - 1), word);
}
