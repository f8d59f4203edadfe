// SPDX-License-Identifier: Apache-2.0
// The language of a sentence or two, in 26 languages, and names and codes of corpora.
#include "scan/language_guess.h"

#include "base/prelude.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *language, *text;
} samples[] = {
    { "English", "Could you write a short letter to my neighbour about the noise at night?" },
    { "Spanish", "Escribe una carta breve a mi vecino sobre el ruido que hace por la noche." },
    { "French", "Écris une lettre courte à mon voisin à propos du bruit qu'il fait la nuit." },
    { "German",
      "Schreibe bitte einen kurzen Brief an meinen Nachbarn wegen des Lärms in der Nacht." },
    { "Italian", "Scrivi una breve lettera al mio vicino a proposito del rumore che fa di notte." },
    { "Portuguese", "Você pode escrever uma carta curta ao meu vizinho sobre o barulho à noite?" },
    { "Dutch",
      "Schrijf een korte brief aan mijn buurman over het lawaai dat hij 's nachts maakt." },
    { "Polish", "Napisz krótki list do mojego sąsiada o hałasie, który robi każdej nocy." },
    { "Czech", "Napiš krátký dopis mému sousedovi o hluku, který dělá každou noc." },
    { "Swedish", "Skriv ett kort brev till min granne om oväsendet som han för om natten." },
    { "Finnish", "Kirjoita lyhyt kirje naapurilleni melusta, jota hän pitää joka yö." },
    { "Turkish", "Komşuma geceleri yaptığı gürültü hakkında kısa bir mektup yazar mısın?" },
    { "Hungarian", "Írj egy rövid levelet a szomszédomnak az éjszakai zajról, kérlek." },
    { "Romanian",
      "Scrie o scrisoare scurtă vecinului meu despre zgomotul pe care îl face noaptea." },
    { "Vietnamese", "Hãy viết một bức thư ngắn cho hàng xóm của tôi về tiếng ồn vào ban đêm." },
    { "Danish", "Skriv et kort brev til min nabo om den støj, som han laver hver eneste nat." },
    { "Russian", "Напиши короткое письмо моему соседу о шуме, который он поднимает по ночам." },
    { "Ukrainian", "Напиши короткого листа моєму сусідові про шум, який він здіймає щоночі." },
    { "Greek", "Γράψε ένα σύντομο γράμμα στον γείτονά μου για τον θόρυβο τη νύχτα." },
    { "Arabic", "اكتب رسالة قصيرة إلى جاري عن الضوضاء التي يحدثها في الليل." },
    { "Hebrew", "כתוב מכתב קצר לשכן שלי על הרעש שהוא עושה בלילה." },
    { "Hindi", "मेरे पड़ोसी को रात के शोर के बारे में एक छोटा पत्र लिखिए।" },
    { "Japanese", "夜の騒音について隣の人に短い手紙を書いてください。" },
    { "Korean", "밤에 나는 소음에 대해 이웃에게 짧은 편지를 써 주세요." },
    { "Chinese", "请给我的邻居写一封关于夜间噪音的短信。" },
    { "Thai", "ช่วยเขียนจดหมายสั้นถึงเพื่อนบ้านเรื่องเสียงดังตอนกลางคืน" },
};

static void test_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        assert_string_equal(language_guess(samples[i].text, strlen(samples[i].text)),
                            samples[i].language);
}

static void test_short_and_empty(void **state)
{
    (void)state;
    static const struct {
        const char *language, *text;
    } cases[] = { { "Unknown", "" },          { "Unknown", "1234 ;;; ---" },
                  { "English", "go to bed" }, { "English", "what is pi" },
                  { "Japanese", "こんにちは" }, { "Chinese", "你好" },
                  { "Korean", "안녕" },        { "Unknown", "\xE3\x81" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(language_guess(cases[i].text, strlen(cases[i].text)),
                            cases[i].language);
}

static void test_names_of_corpora(void **state)
{
    (void)state;
    static const struct {
        const char *given, *language;
    } cases[] = { { "en", "English" },     { "English", "English" }, { "PORTUGUESE", "Portuguese" },
                  { "pt-BR", "Portuguese" }, { "zh", "Chinese" },     { "zh-TW", "Chinese" },
                  { "pl_PL", "Polish" },   { "german", "German" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = language_from_name(cases[i].given, strlen(cases[i].given));
        assert_non_null(name);
        assert_string_equal(name, cases[i].language);
    }
    assert_string_equal(language_from_name("Low German", 10), "Low German"); // CLDR only
    assert_string_equal(language_from_name("nds", 3), "Low German");
    assert_string_equal(language_from_name("UYGHUR", 6), "Uighur"); // CLDR's spelling, CLD2's name
    assert_string_equal(language_from_name("yue-HK", 6), "Cantonese");
    assert_string_equal(language_from_name("Farsi", 5), "Persian");
    assert_string_equal(language_from_name("Mandarin Chinese", 16), "Chinese");
    assert_null(language_from_name("Python", 6));         // no human language
    assert_null(language_from_name("Indo-European", 13)); // a family
    assert_null(language_from_name("mul", 3));
    assert_null(language_from_name("qqqq", 4));
    assert_null(language_from_name("", 0));
    assert_null(language_from_name("a name that is far too long to be that of any language", 54));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_short_and_empty),
        cmocka_unit_test(test_names_of_corpora),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
