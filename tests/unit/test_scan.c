// SPDX-License-Identifier: Apache-2.0
// The scanner: every family is found, plain prose passes, disguises do not help.
#include "base/rng.h"
#include "base/utf8.h"
#include "scan/scan_parts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scanner *scanner;
static struct arena arena;
static struct err err;

static int setup(void **state)
{
    (void)state;
    int rc = scan_open(&scanner, &err);
    if (rc)
        print_error("%s\n", err.text);
    return rc;
}

static int teardown(void **state)
{
    (void)state;
    scan_close(scanner);
    arena_release(&arena);
    return 0;
}

static const char *scrub(const char *text)
{
    struct str out;
    assert_int_equal(scan_scrub(scanner, str_of(text), &arena, &out, NULL, &err), 0);
    return arena_copy(&arena, out);
}

static const char *const examples[][2] = {
    { "write to ada.byron@example.co.uk please", "write to [email] please" },
    { "write to ada at gmail dot com please", "write to [email] please" },
    { "see https://bob:pw@host.example/x?y=1 now", "see [link] now" },
    { "look at example.com for it", "look at [link] for it" },
    { "call +1 (555) 010-9999 today", "call [phone] today" },
    { "call 0171 555 1234 today", "call [phone] today" },
    { "the server 192.168.17.4 is down", "the server [network] is down" },
    { "host fe80::1ff:fe23:4567:890a is down", "host [network] is down" },
    { "host 2001:db8::1 is down", "host [network] is down" },
    { "host [2001:db8::1]:8080 is down", "host [[network]]:8080 is down" },
    { "ask root@fe80::1, or ::1.", "ask root@[network], or [network]." },
    { "nets 2001:db8::/32 and ff02::1: all", "nets [network] and [network]: all" },
    { "host ::ffff:10.0.0.1 is down", "host [network] is down" },
    { "my card 4111_1111_1111_1111 was", "my card [card] was" },
    { "my card 4111*1111*1111*1111 was", "my card [card] was" },
    { "call 0171_555_1234 today", "call [phone] today" },
    { "my card 4111 1111 1111 1111 was", "my card [card] was" },
    { "my card 4111-1111-1111-1111 was", "my card [card] was" },
    { "host 00-1b-63-84-45-e6 is down", "host [network] is down" },
    { "pay to DE89 3704 0044 0532 0130 00 soon", "pay to [account] soon" },
    { "my number 078-05-1120 is", "my number [id] is" },
    { "his 1 55 08 2A 168 025 50 is", "his [id] is" },
    { "pay 33JRWhszakFJFNNbsbjiJBFSAQDEZVKWjp now", "pay [id] now" },
    { "pay bc1qxdwglxlzyezlmdpqwttjzvsgnfyvwamqvqsmkm now", "pay [id] now" },
    { "pay BC1QXDWGLXLZYEZLMDPQWTTJZVSGNFYVWAMQVQSMKM now", "pay [id] now" },
    { "a word like bc1qxdwglxlzyezlmdpqwttjzvsgnfyvwamqvqsmkn is",
      "a word like bc1qxdwglxlzyezlmdpqwttjzvsgnfyvwamqvqsmkn is" },
    { "read L898902C36UTO7408122F1204159ZE184226B<<<<<10 out", "read [id] out" },
    { "use sk-abcdefghij1234567890ABCD here", "use [key] here" },
    { "use AKIAIOSFODNN7EXAMPLE here", "use [key] here" },
    { "use ghp_16C7e42F292c6912E7710c838347Ae178B4a here", "use [key] here" },
    { "token d41d8cd98f00b204e9800998ecf8427e here", "token [key] here" },
    { "ask @some_body about it", "ask [handle] about it" },
    { "live at 221 Baker Street now", "live at [street] now" },
    { "wohne in der Hauptstra\xc3\x9f"
      "e 12 heute",
      "wohne in der [street] heute" },
    { "born on 12 March 1987 here", "[date] here" },
    { "on March 12, 1987 we met", "on [date] we met" },
    { "on 1987-03-12 we met", "on [date] we met" },
    { "order 48210395 is late", "order [number] is late" },
    { "open /home/jdoe/secret.txt first", "open [path] first" },
    { "open C:\\Users\\jdoe\\x.txt first", "open [path] first" },
    { "at 52.52001, 13.40495 exactly", "at [position] exactly" },
};

static void patterns_are_replaced(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        assert_string_equal(scrub(examples[i][0]), examples[i][1]);
        assert_string_equal(scrub(examples[i][1]), examples[i][1]);
    }
}

// Digits far apart, at every place among the 64 bytes that are looked at at once, in the middle of
// text without any, with a character past ASCII before them or not: what is found is the same.
static void place_does_not_matter(void **state)
{
    static const char prose[] = "we talk of this and that as people do when they have time ";
    size_t n_prose = sizeof prose - 1;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        for (size_t before = 700; before < 700 + 65; before += 7) {
            struct arena_mark mark = arena_save(&arena);
            char *head = arena_array(&arena, before + 3, 1);
            for (size_t k = 0; k < before; k++)
                head[k] = prose[k % n_prose];
            memcpy(head + before, before % 2 ? "\n\n" : ".\n", 3);
            if (before % 3 == 0)
                memcpy(head, "\xc3\xa9", 2);
            const char *text =
                arena_printf(&arena, "%s%s\n%s\n%s\n", head, examples[i][0], head, examples[i][0])
                    .ptr;
            const char *want =
                arena_printf(&arena, "%s%s\n%s\n%s\n", head, examples[i][1], head, examples[i][1])
                    .ptr;
            struct scan_span *spans;
            struct str marked;
            size_t n;
            assert_int_equal(
                scan_find(scanner, str_of(text), SCAN_PATTERNS, &arena, &spans, &n, &err), 0);
            assert_int_equal(scan_mark(str_of(text), spans, n, &arena, &marked, &err), 0);
            assert_string_equal(arena_copy(&arena, marked), want);
            arena_rewind(&arena, mark);
        }
}

static void names_are_replaced(void **state)
{
    static const char *const pairs[][2] = {
        { "Write a letter to Elizabeth Kowalczyk about rent",
          "Write a letter to [person] about rent" },
        { "ask Dr. Quorvath whether it hurts", "ask Dr. [person] whether it hurts" },
        { "my name is xandru and I need help", "my name is [person] and I need help" },
        { "work for Quorvath Industries since then", "work for [organisation] since then" },
        { "live in Zwellendorp with a dog", "live in [place] with a dog" },
        { "quorvan Zwellendorp asked me for it", "[name] asked me for it" },
        { "tell jennifer that I am late", "tell [person] that I am late" },
        { "tell \xc3\x89lodie Zwellendorp that I am late", "tell [name] that I am late" },
        { "plan a visit with O'Shaughnessy tomorrow", "plan a visit with [name] tomorrow" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_string_equal(scrub(pairs[i][0]), pairs[i][1]);
}

// Words are read 64 bytes and looked up 64 words at a time: what is found is the same wherever
// these are cut, in a text of many words.
static void place_of_names_does_not_matter(void **state)
{
    static const char text[] =
        "Please write to Elizabeth Kowalczyk-Reyes, O'Shaughnessy and Dr. Quorvath's people; it's "
        "about the PyTorchLightning talk that Jos\xc3\xa9 Zwellendorp gave in Quorvastadt. My name "
        "is xandru. "
        "Incomprehensibilities, floccinaucinihilipilification and so on are only words, "
        "said Q. Vandermolenkampschippershof of Zwellen Holdings\xe2\x80\x99 office on "
        "\xd0\x98\xd0\xb2"
        "\xd0\xb0\xd0\xbd street, 12 rue Quorvath, tell jennifer that I'm late";
    static char many[130 + 4 * sizeof text];
    struct scan_span *first, *spans;
    size_t n_first, n;
    (void)state;
    for (size_t copies = 1; copies <= 3; copies += 2)
        for (size_t before = 0; before < 130; before++) {
            struct arena_mark mark = arena_save(&arena);
            for (size_t i = 0; i < sizeof many; i++) // before the first: spaces, or "we we we "
                many[i] = " ew"[copies == 1 || i >= before ? 0 : (before - 1 - i) % 3];
            for (size_t c = 0; c < copies; c++)
                memcpy(many + before + c * sizeof text, text, sizeof text - 1);
            struct str whole = str_make(many, before + copies * sizeof text);
            struct str later = str_from(whole, before);
            assert_int_equal(scan_find(scanner, later, SCAN_ALL, &arena, &first, &n_first, &err),
                             0);
            assert_int_equal(scan_find(scanner, whole, SCAN_ALL, &arena, &spans, &n, &err), 0);
            assert_int_equal(n, n_first);
            assert_true(n >= 8 * copies);
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(spans[i].start, first[i].start + before);
                assert_int_equal(spans[i].len, first[i].len);
                assert_int_equal(spans[i].kind, first[i].kind);
            }
            arena_rewind(&arena, mark);
        }
}

// Patterns that need more digits than are there are not looked for: digits of another kind nearby,
// which make all of them be, add nothing.
static void digits_nearby_add_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        const char *near = arena_printf(&arena, "12345 a1b2 | %s", examples[i][0]).ptr;
        const char *want = arena_printf(&arena, "12345 a1b2 | %s", examples[i][1]).ptr;
        assert_string_equal(scrub(near), want);
    }
}

static void plain_prose_stays(void **state)
{
    static const char *const texts[] = {
        "Write a Python function that sorts a list of 100 numbers and explain it in French",
        "Create a business plan for a coffee shop in Germany with a budget of 1,000,000 dollars",
        "Explain JavaScript closures, SQL joins and the FastAPI framework",
        "Compare the years 2019-2021 and list the top 10 movies of 1999",
        "Schreibe einen Brief an die Versicherung wegen der Rechnung",
        "How do I use gpt-4 with utf8 and mp3 files at 1080p",
        "\xe5\xb8\xae\xe6\x88\x91\xe5\x86\x99\xe4\xb8\x80\xe5\xb0\x81\xe4\xbf\xa1",
        "May I ask about the Victorian era? Will it rain on Monday?",
        "from 12:30:45 to 12::30 call a::b, std::end, Face::add, f64::abs and ::f32 on x[1000::10]",
        "take every x[::1] and x[1::2] of double[:, ::1] and 60*60*24*365*1000 or 1_000_000 of it",
        "a bonus of 5%25 or 50% off, &amp; so on, width=40px, \\x of \\u and \\users, 100%d %2d",
        "",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_string_equal(scrub(texts[i]), texts[i]);
}

// Zero width, full width, other digits, other alphabets, base64, percent signs.
static void disguises_do_not_help(void **state)
{
    static const char *const pairs[][2] = {
        { "write to ada\xe2\x80\x8b.byron\xe2\x80\x8b@exam\xe2\x80\x8bple.org",
          "write to [email]" },
        { "write to \xef\xbd\x81\xef\xbd\x84\xef\xbd\x81\xef\xbc\xa0"
          "example.org",
          "write to [email]" },
        { "write to \xd0\xb0"
          "da@ex\xd0\xb0"
          "mple.\xd0\xbe"
          "rg",
          "write to [email]" },
        { "call \xd9\xa0\xd9\xa1\xd9\xa7\xd9\xa1 \xd9\xa5\xd9\xa5\xd9\xa5 \xd9\xa1\xd9\xa2\xd9\xa3",
          "call [phone]" },
        { "write to ada@example\xe3\x80\x82org", "write to [email]" },
        { "my card 4111\xe2\x80\x93"
          "1111\xe2\x80\x93"
          "1111\xe2\x80\x93"
          "1111 was",
          "my card [card] was" },
        { "this works\xe3\x80\x82 Now that", "this works\xe3\x80\x82 Now that" },
        { "decode YWRhLmJ5cm9uQGV4YW1wbGUub3Jn please", "decode [key] please" },
        { "open %61%64%61%40%65%78%61%6d now", "open [link] now" },
        { "call 4\xe2\x80\x93"
          "11\xe2\x80\x93"
          "555\xe2\x80\x93"
          "0199",
          "call [phone]" },
        { "write to ada%2ebyron%40mail%2Eorg now", "write to [email] now" },
        { "write to ada.byron%40mail.org now", "write to [email] now" },
        { "write to ada&#46;byron&#x40;mail&period;org now", "write to [email] now" },
        { "write to ada\\u0040mail.org or a\\x40mail.org or a\\u{40}mail.org",
          "write to [email] or [email] or [email]" },
        { "write to ada=40mail=2Eorg now", "write to [email] now" },
        { "write to %D0%B0d%D0%B0%40mail.org now", "write to [email] now" }, // two Cyrillic letters
        { "call 0171&nbsp;555&nbsp;1234 now", "call [phone] now" },
        { "call 0171\xc2\xb7"
          "555\xc2\xb7"
          "1234 now",
          "call [phone] now" },
        { "call 0\xef\xb8\x8f\xe2\x83\xa3"
          "1\xef\xb8\x8f\xe2\x83\xa3"
          "7155512 now",
          "call [number] now" },
        { "write to \xe1\xb4\x80\xe1\xb4\x85\xe1\xb4\x80@\xe1\xb4\x8d\xe1\xb4\x80\xc9\xaa\xca\x9f"
          ".\xe1\xb4\x8f\xca\x80\xc9\xa2 now",
          "write to [email] now" },
        { "write to a\xcc\xb6@\xcc\xb6mail.o\xcc\xb6rg now", "write to [email] now" },
        { "caf\xc3\xa9 \xe2\x82\xac 5 \xef\xac\x81ne",
          "caf\xc3\xa9 \xe2\x82\xac 5 \xef\xac\x81ne" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_string_equal(scrub(pairs[i][0]), pairs[i][1]);
}

// With `base` more on every character between `from` and `to`, and `behind` after each.
static struct str moved(const char *text, char from, char to, uint32_t base, uint32_t behind)
{
    struct str out = { arena_alloc(&arena, 8 * strlen(text) + 1), 0 };
    char *at = (char *)(uintptr_t)out.ptr;
    for (const char *c = text; *c; c++) {
        bool moves = *c >= from && *c <= to;
        out.len += utf8_put(moves ? base + (uint32_t)(*c - from) : (uint32_t)*c, at + out.len);
        if (moves && behind)
            out.len += utf8_put(behind, at + out.len);
    }
    return out;
}

static void digits_of_any_script_are_digits(void **state)
{
    // Arabic, NKo, Mongolian, Javanese, Cham, Meetei, Chakma, Adlam; in circles, brackets, black
    static const struct {
        char first;
        uint32_t base;
    } rows[] = { { '0', 0x0660 }, { '0', 0x07C0 }, { '0', 0x1810 },  { '0', 0xA9D0 },
                 { '0', 0xAA50 }, { '0', 0xABF0 }, { '0', 0x11136 }, { '0', 0x1E950 },
                 { '1', 0x2460 }, { '1', 0x2474 }, { '1', 0x2776 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str text =
            moved("card 4111-1111-1111-1111 now", rows[i].first, '9', rows[i].base, 0);
        assert_string_equal(scrub(arena_copy(&arena, text)), "card [card] now");
    }
    struct str flags = moved("write to ada@mail.org now", 'a', 'z', 0x1F1E6, 0);
    assert_non_null(strstr(scrub(arena_copy(&arena, flags)), "[email]"));
    struct str annotated = moved("write to ada@mail.org now", 'a', 'z', 'a', 0xFFF9);
    assert_non_null(strstr(scrub(arena_copy(&arena, annotated)), "[email]"));
}

// Written digit by digit, as well as in the numerals of banks; not words, years and amounts.
static void numerals_of_chinese_are_digits(void **state)
{
    static const char *const rows[][2] = {
        { "电话一三八〇〇一三八〇〇〇请打", "电话[number]请打" },
        { "電話零九一二三四五六七八。", "電話[number]。" },
        { "壹叁捌零零壹叁捌零零零", "[number]" },
        { "一三八-〇〇一三-八〇〇〇", "[phone]" },
        { "四一一一 一一一一 一一一一 一一一一", "[card]" },
        { "二〇一九年一月一日", "二〇一九年一月一日" },
        { "一九四九-一九五六", "一九四九-一九五六" },
        { "三三两两，一五一十，一二三", "三三两两，一五一十，一二三" },
        { "第一二三 四五六", "第[number]" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(scrub(rows[i][0]), rows[i][1]);
}

// Contacts and numbers written for a reader: in words, or letter by letter.
static void what_is_spelled_is_found(void **state)
{
    static const char *const rows[][2] = {
        { "mail a d a @ m a i l . o r g now", "mail [email] now" },
        { "mail a.d.a.@.m.a.i.l...o.r.g", "mail [email]" },
        { "mail a-d-a-@-m-a-i-l-.-o-r-g now", "mail [email] now" },
        { "mail ada_at_mail_dot_org now", "mail [email] now" },
        { "mail ada at mail dot co dot uk now", "mail [email] now" },
        { "mail ada.b arobase exemple point fr, merci", "mail [email], merci" },
        { "mail ada arroba ejemplo punto com", "mail [email]" },
        { "mail ada \xc3\xa4t beispiel punkt de", "mail [email]" },
        { "dial oh one seven one, five five five - one two", "dial [number]" },
        { "w\xc3\xa4hle null eins sieben eins f\xc3\xbcnf f\xc3\xbcnf drei",
          "w\xc3\xa4hle [number]" },
        { "le z\xc3\xa9ro six vingt et un trente cinquante", "le [number]" },
        { "pin uno siete uno cinco cinco cinco ya", "pin [number] ya" },
        { "ZERO SIX TWO FOUR ONE NINE", "[number]" },
        { "card 4111|1111|1111|1111 now", "card [card] now" },
        { "card 4111, 1111, 1111, 1111", "card [card]" },
        { "card 4111 \xe2\x80\xa2 1111 \xe2\x80\xa2 1111 \xe2\x80\xa2 1111", "card [card]" },
        { "card 3782;822463;10005", "card [card]" },
        { "ssn 078 - 05 - 1120, 078~05~1120", "ssn [id], [id]" },
        { "4111|1111|1111|1112 and 4111|1111|1111|1111|1111",
          "4111|1111|1111|1112 and 4111|1111|1111|1111|1111" },
        { "2019, 2020, 2021, 2022; 100, 20, 2000", "2019, 2020, 2021, 2022; 100, 20, 2000" },
        { "count one two three four five six seven", "count one two three four five six seven" },
        { "oh oh oh oh oh oh oh", "oh oh oh oh oh oh oh" },
        { "ten, twenty, thirty, forty, fifty", "ten, twenty, thirty, forty, fifty" },
        { "two of four, or five to nine", "two of four, or five to nine" },
        { "look at this point in time", "look at this point in time" },
        { "arrive at the dot at noon", "arrive at the dot at noon" },
        { "w @ x + b, and A B @ C D", "w @ x + b, and A B @ C D" },
        { "@", "@" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(scrub(rows[i][0]), rows[i][1]);
}

static void spans_are_in_order_and_apart(void **state)
{
    struct scan_span *spans;
    size_t n, end = 0;
    struct str text = str_of("a@b.cz, +49 171 5551234, http://x.y/z a@b.cz 4111111111111111 "
                             "AKIAIOSFODNN7EXAMPLE and Elizabeth Kowalczyk");
    (void)state;
    assert_int_equal(scan_find(scanner, text, SCAN_ALL, &arena, &spans, &n, &err), 0);
    assert_int_equal(n, 7);
    for (size_t i = 0; i < n; i++) {
        assert_true(spans[i].start >= end && spans[i].len > 0);
        end = spans[i].start + spans[i].len;
    }
    assert_true(end <= text.len);
}

// Any bytes: no crash, spans inside the text.
static void random_bytes(void **state)
{
    static const unsigned what = SCAN_ALL | SCAN_SPELLED;
    uint64_t x = 88172645463325252u;
    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        char text[300];
        struct scan_span *spans;
        size_t n;
        for (size_t i = 0; i < sizeof text; i++) {
            static const char some[] = "09aZ@.:/-+ =_%\xe2\x80\x8b\xd0\xb0\xef\xbc\xa0";
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            text[i] = round % 2 ? some[x % (sizeof some - 1)] : (char)(x >> 9);
        }
        struct arena_mark start = arena_save(&arena);
        assert_int_equal(
            scan_find(scanner, str_make(text, sizeof text), what, &arena, &spans, &n, &err), 0);
        for (size_t i = 0; i < n; i++)
            assert_true(spans[i].len > 0 && spans[i].start + spans[i].len <= sizeof text);
        arena_rewind(&arena, start);
    }
}

static bool are_same(struct str text, unsigned what, unsigned other)
{
    struct scan_span *x, *y;
    size_t n, n_other;
    assert_int_equal(scan_find(scanner, text, what, &arena, &x, &n, &err), 0);
    assert_int_equal(scan_find(scanner, text, other, &arena, &y, &n_other, &err), 0);
    bool same = n == n_other;
    for (size_t i = 0; same && i < n; i++)
        same = x[i].start == y[i].start && x[i].len == y[i].len && x[i].kind == y[i].kind;
    return same;
}

#define LONG "abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abcdefghi-abc"
// What patterns and anchors are made of, a bar between two.
static const char pieces[] =
    "@|://|::|:|-|www.|t.me/|.com|.dev|%41|%2e|<|_|*|\\\\srv\\x|c:\\users\\b|"
    "~/x|/home/b|u/some| at "
    "| dot |(at)|[dot]|password|api key| is |=|\"|sk-|ghp_|AKIA|eyJ|AIza|"
    "-----BEGIN A PRIVATE KEY-----|street| Main |rue |weg 5|apt. #12|unit|May|12|1987|born on |"
    "birthday|1.1.1.1|DE89|AB 12|abcdefghij|ABCDEFGHIJKL| |  |\n|. |documents and settings\\|"
    "12 bis, |n. |\xc3\xa9|\xc3\x9f|e 7| AB 12 34 56 C | 1EG4-TE5-MK73 | ABCPD1234F |"
    " 12 345678 A 123 | ABC-123DE | B-MA 1234 |x(at)home(dot)com|"
    "y[at]home . org |x at home dot com|"
    "user id: q7|username=q7|auth token: z9q|access_key=Zz9|secret=>Ab1|pin code: 4a|"
    "passphrase: a1|pwd:a1|login is x9|pin is| SW1A 1AA | 1.234, 5.678 |a@" LONG ".org|"
    "\\\\" LONG "\\x";

static struct str pick(struct rng *rng)
{
    struct str rest = str_of(pieces), piece = { 0 };
    for (size_t n = 1 + rng_below(rng, 83); n; n--)
        str_cut(&rest, '|', &piece);
    return rng_below(rng, 3) ? piece : str_of(examples[rng_below(rng, COUNT_OF(examples))][0]);
}

// Put together of examples and pieces, with a byte changed here and there.
static size_t make_text(struct rng *rng, char *text, size_t room)
{
    size_t len = 0;
    while (len < room - 80 && rng_below(rng, 40)) {
        struct str piece = str_head(pick(rng), room - 80 - len);
        memcpy(text + len, piece.ptr, piece.len);
        len += piece.len;
        if (rng_below(rng, 20) == 0) {
            size_t n_fill = rng_below(rng, 80);
            memset(text + len, "x. -7"[rng_below(rng, 5)], n_fill);
            len += n_fill;
        }
    }
    for (size_t n = rng_below(rng, 6); len && n; n--)
        text[rng_below(rng, len)] = (char)rng_below(rng, 256);
    return len;
}

static void assert_nothing_missed(struct str text)
{
    struct arena_mark mark = arena_save(&arena);
    if (!are_same(text, SCAN_PATTERNS, SCAN_PATTERNS | SCAN_WHOLE))
        fail_msg("anchors miss a match in <%.*s>", STR_ARG(text));
    arena_rewind(&arena, mark);
}

static void alone(struct str piece)
{
    char text[700];
    for (size_t before = 150; before < 150 + 64; before += 9) {
        memset(text, ' ', sizeof text);
        memcpy(text + before, piece.ptr, piece.len);
        assert_nothing_missed(str_make(text, before + piece.len + 200));
    }
}

// Patterns are looked for only where an anchor is: over all of the text they find the same, in what
// is full of anchors and in what has one.
static void anchors_miss_nothing(void **state)
{
    char text[1500];
    struct rng rng;
    (void)state;
    rng_init(&rng, 5, "anchors");
    for (size_t round = 0; round < 4000; round++)
        assert_nothing_missed(str_make(text, make_text(&rng, text, sizeof text)));
    struct str rest = str_of(pieces), piece;
    for (size_t i = 0; i < COUNT_OF(examples); i++)
        alone(str_of(examples[i][0]));
    while (str_cut(&rest, '|', &piece))
        alone(piece);
}

// Vectorscan does not see everything in the last 64 bytes of what it is given, least of all behind
// many bytes that are nothing to it.
static void ends_are_read(void **state)
{
    static const char *const found[] = { "5 Main Street",
                                         "12 rue de la Paix",
                                         "apt 45",
                                         "Hauptstra\xc3\x9f"
                                         "e 12",
                                         "CA 90210",
                                         "March 12, 1987",
                                         "a.b@example.com" };
    static const char fills[] = ".x-";
    char text[400];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(found) * (sizeof fills - 1); i++)
        for (size_t before = 2; before < 140; before++)
            for (size_t behind = 0; behind < 24; behind += 3) {
                struct arena_mark mark = arena_save(&arena);
                size_t len = strlen(found[i / 3]), n;
                struct scan_span *spans;
                memset(text, fills[i % 3], sizeof text);
                text[0] = '7'; // so that all is looked at
                text[before - 1] = ' ';
                memcpy(text + before, found[i / 3], len);
                memset(text + before + len, '.', behind);
                struct str one = str_make(text, before + len + behind);
                assert_int_equal(scan_find(scanner, one, SCAN_PATTERNS, &arena, &spans, &n, &err),
                                 0);
                size_t at = 0;
                while (at < n && spans[at].start + spans[at].len < before + len)
                    at++;
                if (at == n)
                    fail_msg("%s is not found in <%.*s>", found[i / 3], STR_ARG(one));
                arena_rewind(&arena, mark);
            }
}

// As ends_are_read, for a pattern of the user's own; and what follows the text is no part of it.
static void own_patterns_read_ends(void **state)
{
    static const char *const others[] = { "\\s\\z", "12345\\s", "12345\\n", "5\\s$", "[^x]\\z" };
    struct scan_regex *regex;
    char text[300];
    bool fits;
    (void)state;
    assert_int_equal(scan_regex_open(&regex, STR_LIT("[A-Z],? [0-9]{5}"), &err), 0);
    for (size_t before = 1; before < 200; before++) {
        memset(text, '.', sizeof text);
        memcpy(text + before, "A 12345", 7);
        for (size_t len = before + 7; len < before + 40; len++) {
            assert_int_equal(scan_regex_fits(regex, str_make(text, len), &fits, &err), 0);
            if (!fits)
                fail_msg("not found at %zu of %zu bytes", before, len);
        }
    }
    scan_regex_close(regex);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct str last = i == 4 ? STR_LIT("A 12345x") : STR_LIT("A 12345");
        assert_int_equal(scan_regex_open(&regex, str_of(others[i]), &err), 0);
        assert_int_equal(scan_regex_fits(regex, last, &fits, &err), 0);
        assert_false(fits);
        scan_regex_close(regex);
    }
}

// What a model leaves of a contact that it retells is found by what the person wrote; words that
// anybody uses stay.
static void contacts_go_in_pieces(void **state)
{
    static const char *const pairs[][2] = {
        { "write to gurar.fulaber43 today", "write to [email].[email] today" },
        { "Gurar Fulaber43, at vifubes", "[email] [email], at [email]" },
        { "use the \"futunabus24\" address", "use the \"[handle]\" address" },
        { "mail zevifon0 at gmail", "mail [email] at gmail" },
        { "gurarx and xfulaber43 are others", "gurarx and xfulaber43 are others" },
        { "a support address at example", "a support address at example" },
        { "", "" },
    };
    struct scan_parts parts = { 0 };
    struct str out;
    (void)state;
    assert_int_equal(
        scan_parts_add(&parts, scanner,
                       STR_LIT("Mine is gurar.fulaber43@vifubes.example, support@example.com. "
                               "Or ask @futunabus24, or zevifon0 at gmail dot com."),
                       &arena, &err),
        0);
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_int_equal(scan_parts_scrub(&parts, str_of(pairs[i][0]), &arena, &out, &err), 0);
        assert_string_equal(arena_copy(&arena, out), pairs[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_replaced),
        cmocka_unit_test(place_does_not_matter),
        cmocka_unit_test(names_are_replaced),
        cmocka_unit_test(plain_prose_stays),
        cmocka_unit_test(disguises_do_not_help),
        cmocka_unit_test(digits_of_any_script_are_digits),
        cmocka_unit_test(numerals_of_chinese_are_digits),
        cmocka_unit_test(what_is_spelled_is_found),
        cmocka_unit_test(spans_are_in_order_and_apart),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(anchors_miss_nothing),
        cmocka_unit_test(ends_are_read),
        cmocka_unit_test(own_patterns_read_ends),
        cmocka_unit_test(contacts_go_in_pieces),
        cmocka_unit_test(place_of_names_does_not_matter),
        cmocka_unit_test(digits_nearby_add_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
