// SPDX-License-Identifier: Apache-2.0
#include "oracle.h"

#include "ask/prompt.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"

#include <stdio.h>

#define ORACLE_CHUNK ((size_t)4) // topics that a level between topics and fields joins

void oracle_close(struct oracle *o)
{
    map_release(&o->fields);
    map_release(&o->texts);
    map_release(&o->words);
    map_release(&o->spoken);
    arena_release(&o->arena);
}

size_t oracle_add(struct oracle *o, struct str topic, struct str field)
{
    size_t n = o->n_topics, in_field = 0;
    o->topics =
        arena_grow(&o->arena, o->topics, n * sizeof *o->topics, (n + 1) * sizeof *o->topics);
    struct oracle_topic *t = &o->topics[n];
    *t = (struct oracle_topic){ arena_str(&o->arena, topic), arena_str(&o->arena, field),
                                map_add(&o->fields, field, 0, NULL), 0 };
    for (size_t i = 0; i < n; i++)
        if (o->topics[i].i_field == t->i_field) {
            in_field++;
            t->i_chunk = o->topics[i].i_chunk;
        }
    if (in_field % ORACLE_CHUNK == 0)
        t->i_chunk = o->n_chunks++;
    o->n_topics++;
    return n;
}

static struct str oracle_field_name(const struct oracle *o, size_t field)
{
    return o->fields.entries[field].key;
}

static struct str oracle_say(const struct oracle_topic *t, struct arena *a)
{
    return arena_printf(a, "%.*s in %.*s", STR_ARG(t->topic), STR_ARG(t->field));
}

static struct str oracle_chunk_title(const struct oracle *o, size_t chunk, struct arena *a)
{
    for (size_t i = 0; i < o->n_topics; i++)
        if (o->topics[i].i_chunk == chunk)
            return arena_printf(a, "%.*s and more in %.*s", STR_ARG(o->topics[i].topic),
                                STR_ARG(o->topics[i].field));
    return STR_LIT("");
}

// Reading prompts ---------------------------------------------------------------------------------

// The topic whose words come first in a text; n_topics when there is none.
static size_t oracle_find_topic(const struct oracle *o, struct str lower)
{
    struct arena work = { 0 };
    size_t best = o->n_topics, first = SIZE_MAX;
    for (size_t i = 0; i < o->n_topics; i++) {
        size_t at = str_find(lower, oracle_say(&o->topics[i], &work), 0);
        if (at < first ||
            (at == first && at != SIZE_MAX && o->topics[i].topic.len > o->topics[best].topic.len)) {
            first = at;
            best = i;
        }
    }
    arena_release(&work);
    return best;
}

// The next run of three letters or more; false at the end.
static bool oracle_next_word(struct str lower, size_t *at, struct str *word)
{
    while (*at < lower.len) {
        size_t from = *at, end = from;
        while (end < lower.len && lower.ptr[end] >= 'a' && lower.ptr[end] <= 'z')
            end++;
        *at = end + (end < lower.len);
        *word = str_make(lower.ptr + from, end - from);
        if (word->len >= 3)
            return true;
    }
    return false;
}

static void oracle_learn(struct oracle *o, struct str text, size_t field)
{
    struct arena work = { 0 };
    struct str lower = utf8_lower(&work, text), word;
    for (size_t at = 0; oracle_next_word(lower, &at, &word);) {
        struct str said = arena_printf(&work, "%zu:%.*s", field, STR_ARG(word));
        size_t i = map_add(&o->words, word, 0, NULL), j = map_add(&o->spoken, said, 0, NULL);
        o->words.entries[i].value++;
        o->spoken.entries[j].value++;
    }
    arena_release(&work);
}

// The field whose texts have the most of a text's words, each worth the share of it that is theirs.
static size_t oracle_read_field(const struct oracle *o, struct str lower)
{
    struct arena work = { 0 };
    double *worth = arena_zero_array(&work, o->fields.n + 1, sizeof *worth);
    struct str word;
    size_t best = 0;
    for (size_t at = 0; oracle_next_word(lower, &at, &word);) {
        size_t w = map_find(&o->words, word);
        for (size_t f = 0; w != SIZE_MAX && f < o->fields.n; f++) {
            size_t said = map_find(&o->spoken, arena_printf(&work, "%zu:%.*s", f, STR_ARG(word)));
            if (said != SIZE_MAX)
                worth[f] +=
                    (double)o->spoken.entries[said].value / (double)o->words.entries[w].value;
        }
    }
    for (size_t f = 1; f < o->fields.n; f++)
        if (worth[f] > worth[best])
            best = f;
    arena_release(&work);
    return best;
}

// The field that a text is about: of its topic, else the one that is named most often, else the one
// that its words are of.
static size_t oracle_find_field(const struct oracle *o, struct str lower)
{
    size_t topic = oracle_find_topic(o, lower), best = 0, most = 0;
    if (topic < o->n_topics)
        return o->topics[topic].i_field;
    for (size_t f = 0; f < o->fields.n; f++) {
        size_t n = 0;
        for (size_t at = 0; (at = str_find(lower, oracle_field_name(o, f), at)) != SIZE_MAX; at++)
            n++;
        if (n > most) {
            most = n;
            best = f;
        }
    }
    return most ? best : oracle_read_field(o, lower);
}

// The chunk of a group: of its topic, or of the chunk's own title; n_chunks when there is none.
static size_t oracle_find_chunk(const struct oracle *o, struct str lower)
{
    struct arena work = { 0 };
    size_t found = o->n_chunks;
    for (size_t c = 0; c < o->n_chunks && found == o->n_chunks; c++)
        if (str_find(lower, oracle_chunk_title(o, c, &work), 0) != SIZE_MAX)
            found = c;
    arena_release(&work);
    size_t topic = found < o->n_chunks ? o->n_topics : oracle_find_topic(o, lower);
    return topic < o->n_topics ? o->topics[topic].i_chunk : found;
}

static size_t oracle_lines(struct str prompt, const char *tag, struct str *lines,
                                  size_t most, struct arena *a)
{
    return prompt_list(utf8_lower(a, prompt_answer(prompt, tag)), lines, most);
}

static size_t oracle_most(const size_t *counts, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (counts[i] > counts[best])
            best = i;
    return best;
}

static size_t oracle_number(struct str prompt, const char *before)
{
    size_t at = str_find(prompt, str_of(before), 0), n = 0;
    for (at += strlen(before); at < prompt.len && prompt.ptr[at] >= '0' && prompt.ptr[at] <= '9';
         at++)
        n = 10 * n + (size_t)(prompt.ptr[at] - '0');
    return n;
}

// Answers -----------------------------------------------------------------------------------------
#define ORACLE_LINES ((size_t)8192)

static struct str oracle_capital(struct str s, struct arena *a)
{
    char *copy = arena_copy(a, s);
    if (copy[0] >= 'a' && copy[0] <= 'z')
        copy[0] = (char)(copy[0] - 32);
    return str_make(copy, s.len);
}

// Title and summary; told that another group has the title, it adds a word of the list.
static struct str oracle_name(struct str about, struct str prompt, struct rng *rng,
                                     struct arena *a)
{
    struct str title = about;
    if (str_find(prompt, STR_LIT("another group has this very title"), 0) != SIZE_MAX) {
        struct str words = prompt_answer(prompt, "words"), word = STR_LIT("more");
        size_t n = 0;
        for (struct str rest = words, w; str_cut(&rest, ',', &w);)
            if (rng_below(rng, ++n) == 0)
                word = str_trim(w);
        title = arena_printf(a, "%.*s and %.*s", STR_ARG(about), STR_ARG(word));
    }
    return arena_printf(a,
                        "<summary>People asked about %.*s. They wanted help with %.*s.</summary>\n"
                        "<title>%.*s</title>",
                        STR_ARG(about), STR_ARG(about), STR_ARG(oracle_capital(title, a)));
}

static struct str oracle_describe(struct oracle *o, struct str prompt, bool wrong,
                                         struct rng *rng, struct arena *a)
{
    struct str *lines = arena_array(a, ORACLE_LINES, sizeof *lines);
    size_t n = oracle_lines(prompt, "inside", lines, ORACLE_LINES, a);
    size_t *counts = arena_zero_array(a, o->n_topics + 1, sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[oracle_find_topic(o, lines[i])]++;
    size_t topic = oracle_most(counts, o->n_topics);
    if (wrong)
        topic = rng_below(rng, o->n_topics);
    return oracle_name(oracle_say(&o->topics[topic], a), prompt, rng, a);
}

static struct str oracle_rename(struct oracle *o, struct str prompt, bool wrong,
                                       struct rng *rng, struct arena *a)
{
    struct str *lines = arena_array(a, ORACLE_LINES, sizeof *lines);
    size_t n = oracle_lines(prompt, "groups", lines, ORACLE_LINES, a), n_chunk = 0;
    size_t *fields = arena_zero_array(a, o->fields.n + 1, sizeof *fields);
    size_t chunk = n ? oracle_find_chunk(o, lines[0]) : o->n_chunks;
    for (size_t i = 0; i < n; i++) {
        fields[oracle_find_field(o, lines[i])]++;
        n_chunk += oracle_find_chunk(o, lines[i]) == chunk;
    }
    size_t field = wrong ? rng_below(rng, o->fields.n) : oracle_most(fields, o->fields.n);
    if (!wrong && n_chunk == n && chunk < o->n_chunks)
        return oracle_name(oracle_chunk_title(o, chunk, a), prompt, rng, a);
    return oracle_name(oracle_field_name(o, field), prompt, rng, a);
}

static struct str oracle_list(struct str *titles, size_t n, struct arena *a)
{
    struct str list = STR_LIT("These seem to be the main lines.\n<answer>\n");
    for (size_t i = 0; i < n; i++)
        list = arena_printf(a, "%.*s%zu. %.*s\n", STR_ARG(list), i + 1,
                            STR_ARG(oracle_capital(titles[i], a)));
    return arena_printf(a, "%.*s</answer>", STR_ARG(list));
}

// Fields or chunks that the lines are about, the most frequent first, at most as many as allowed.
static struct str oracle_titles(struct oracle *o, struct str prompt, const char *tag,
                                       bool wrong, struct rng *rng, struct arena *a)
{
    struct str *lines = arena_array(a, ORACLE_LINES, sizeof *lines);
    struct str *titles = arena_array(a, o->n_chunks + o->fields.n + 1, sizeof *titles);
    size_t n = oracle_lines(prompt, tag, lines, ORACLE_LINES, a), n_joined = 0, n_titles = 0;
    size_t wanted = oracle_number(prompt, "bout "), most = oracle_number(prompt, "at most ");
    size_t *fields = arena_zero_array(a, o->fields.n + 1, sizeof *fields), n_fields = 0;
    size_t *chunks = arena_zero_array(a, o->n_chunks + 1, sizeof *chunks);
    for (size_t i = 0; i < n; i++) {
        n_fields += fields[oracle_find_field(o, lines[i])]++ == 0;
        chunks[oracle_find_chunk(o, lines[i])]++;
        n_joined += str_find(lines[i], STR_LIT(" and more in "), 0) != SIZE_MAX;
    }
    bool merges = strcmp(tag, "titles") == 0;
    bool by_field = 2 * wanted <= 3 * n_fields || (!merges && 2 * n_joined > n);
    size_t *counts = by_field ? fields : chunks, n_kinds = by_field ? o->fields.n : o->n_chunks;
    for (size_t best; n_titles < most && counts[best = oracle_most(counts, n_kinds)];) {
        counts[best] = 0;
        titles[n_titles++] = by_field ? oracle_field_name(o, best) : oracle_chunk_title(o, best, a);
    }
    if (wrong && n_titles)
        titles[rng_below(rng, n_titles)] = oracle_field_name(o, rng_below(rng, o->fields.n));
    return oracle_list(titles, n_titles, a);
}

static struct str oracle_assign(struct oracle *o, struct str prompt, bool wrong,
                                       struct rng *rng, struct arena *a)
{
    struct str *lines = arena_array(a, ORACLE_LINES, sizeof *lines);
    struct str group = utf8_lower(a, prompt_answer(prompt, "group")), chosen = STR_LIT("none");
    size_t n = oracle_lines(prompt, "parents", lines, ORACLE_LINES, a);
    size_t field = oracle_find_field(o, group), chunk = oracle_find_chunk(o, group), best = 0;
    bool joined = str_find(group, STR_LIT(" and more in "), 0) != SIZE_MAX;
    struct str whole = oracle_field_name(o, field), part = STR_LIT("");
    if (chunk < o->n_chunks && !joined)
        part = oracle_chunk_title(o, chunk, a);
    for (size_t i = 0; i < n; i++) {
        size_t fit =
            str_equal(lines[i], part)    ? 3
            : str_equal(lines[i], whole) ? 2
            : oracle_find_field(o, lines[i]) == field && str_find(lines[i], whole, 0) != SIZE_MAX
                ? 1
                : 0;
        if (fit > best) {
            best = fit;
            chosen = lines[i];
        }
    }
    if (wrong && n)
        chosen = lines[rng_below(rng, n)];
    return arena_printf(a, "It is about that.\n<answer>%.*s</answer>", STR_ARG(chosen));
}

static bool oracle_is_private(const struct oracle *o, struct str prompt)
{
    struct str rest = o->privates, line, text = prompt_answer(prompt, "text");
    while (rest.len && str_cut(&rest, '\n', &line))
        if (line.len && str_find(text, line, 0) != SIZE_MAX)
            return true;
    return false;
}

static struct str oracle_audit(const struct oracle *o, struct str prompt, bool wrong,
                               struct arena *a)
{
    bool flagged = oracle_is_private(o, prompt) != wrong;
    return arena_printf(a, "<reason>One sentence.</reason>\n<grade>%d</grade>", flagged ? 2 : 5);
}

static struct str oracle_malformed(struct str answer, struct rng *rng, struct arena *a)
{
    switch (rng_below(rng, 5)) {
    case 0:
        return STR_LIT("");
    case 1:
        return STR_LIT("<html><body><h1>502 Bad Gateway</h1></body></html>");
    case 2: // cut off
        return str_head(answer, answer.len / 2);
    case 3:
        return STR_LIT("I am sorry, but I cannot help with that.");
    default: // bare, without any tag
        return arena_str(a, prompt_answer(answer, "title"));
    }
}

// The letters of a text, for looking a conversation up.
static struct str oracle_letters(struct str text, struct arena *a)
{
    char *out = arena_alloc(a, 4 * text.len + 4);
    size_t n = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        if (utf8_class(c) == UTF8_LETTER)
            n += utf8_put(utf8_lower_char(c), out + n);
    }
    return str_make(out, n);
}

size_t oracle_add_text(struct oracle *o, struct str text, size_t topic)
{
    struct arena work = { 0 };
    size_t i = map_add(&o->texts, oracle_letters(text, &work), topic, NULL);
    arena_release(&work);
    return i;
}

// The facet value of a conversation: what its text is about, and the text. Empty when the text is
// none of the truth's.
struct str oracle_facet(struct oracle *o, struct str text, size_t *i_text, struct arena *a)
{
    struct rng rng;
    char stream[32];
    struct str letters = oracle_letters(text, a);
    size_t found = map_find(&o->texts, letters);
    if (found == SIZE_MAX)
        return STR_LIT("");
    *i_text = found;
    snprintf(stream, sizeof stream, "%016llx", (unsigned long long)hash_text(letters));
    rng_init(&rng, o->seed, stream);
    size_t topic = o->texts.entries[found].value;
    if (rng_unit(&rng) < o->facet_errors)
        topic = rng_below(&rng, o->n_topics);
    return arena_printf(a, "%.*s: %.*s", STR_ARG(oracle_say(&o->topics[topic], a)),
                        STR_ARG(prompt_fence(text, 200, a)));
}

// The answer to a prompt of describe, hierarchy or audit; empty when it is none of these.
struct str oracle_answer(struct oracle *o, struct str prompt, struct arena *a)
{
    struct rng rng;
    char stream[32];
    struct str answer = STR_LIT("");
    snprintf(stream, sizeof stream, "%016llx", (unsigned long long)hash_text(prompt));
    rng_init(&rng, o->seed, stream);
    bool wrong = rng_unit(&rng) < o->errors, malformed = rng_unit(&rng) < o->malformed;
    if (str_find(prompt, STR_LIT("\n</inside>"), 0) != SIZE_MAX)
        answer = oracle_describe(o, prompt, wrong, &rng, a);
    else if (str_find(prompt, STR_LIT("\n</near>"), 0) != SIZE_MAX)
        answer = oracle_titles(o, prompt, "groups", wrong, &rng, a);
    else if (str_find(prompt, STR_LIT("\n</titles>"), 0) != SIZE_MAX)
        answer = oracle_titles(o, prompt, "titles", wrong, &rng, a);
    else if (str_find(prompt, STR_LIT("\n</parents>"), 0) != SIZE_MAX)
        answer = oracle_assign(o, prompt, wrong, &rng, a);
    else if (str_find(prompt, STR_LIT("\n</groups>"), 0) != SIZE_MAX)
        answer = oracle_rename(o, prompt, wrong, &rng, a);
    else if (str_find(prompt, STR_LIT("\n</text>"), 0) != SIZE_MAX)
        answer = oracle_audit(o, prompt, wrong, a);
    if (!answer.len)
        return answer;
    __atomic_fetch_add(&o->n_asked, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&o->n_wrong, wrong, __ATOMIC_RELAXED);
    __atomic_fetch_add(&o->n_malformed, malformed, __ATOMIC_RELAXED);
    return malformed ? oracle_malformed(answer, &rng, a) : answer;
}

// Truth and requests ------------------------------------------------------------------------------

// "auto_and_commute" → "auto and commute".
static struct str oracle_plain(struct str name, struct arena *a)
{
    char *copy = arena_copy(a, utf8_lower(a, name));
    for (char *p = copy; *p; p++)
        if (*p == '_' || *p == '-')
            *p = ' ';
    return str_of(copy);
}

int oracle_read(struct oracle *o, const char *path,
                void (*each)(void *context, size_t i_text, struct str language, struct str english),
                void *context, struct err *err)
{
    struct arena a = { 0 };
    struct map topics = { 0 }; // "field\ttopic"
    struct str text, line, cell[5];
    int rc = file_read(&a, path, (size_t)1 << 30, &text, err);
    if (!rc)
        str_cut(&text, '\n', &line); // the header
    while (!rc && str_cut(&text, '\n', &line)) {
        struct arena_mark start = arena_save(&a);
        size_t n = 0;
        bool is_new;
        while (n < 5 && str_cut(&line, '\t', &cell[n]))
            n++;
        if (n < 3)
            continue;
        struct str field = oracle_plain(cell[0], &a), topic = oracle_plain(cell[1], &a);
        struct str both = arena_printf(&a, "%.*s\t%.*s", STR_ARG(field), STR_ARG(topic));
        size_t i = map_add(&topics, both, 0, &is_new);
        if (is_new)
            oracle_add(o, topic, field);
        size_t i_text = oracle_add_text(o, cell[2], i);
        oracle_learn(o, n > 4 ? cell[4] : cell[2], o->topics[i].i_field);
        if (each)
            each(context, i_text, n > 3 ? cell[3] : STR_LIT("English"),
                 n > 4 ? cell[4] : STR_LIT(""));
        arena_rewind(&a, start);
    }
    map_release(&topics);
    arena_release(&a);
    return rc;
}

struct str oracle_turn(struct str prompt)
{
    size_t from = str_find(prompt, STR_LIT("<conversation>\n"), 0);
    if (from == SIZE_MAX)
        return STR_LIT("");
    from = str_find(prompt, STR_LIT("<user>"), from);
    size_t end = from == SIZE_MAX ? SIZE_MAX : str_find(prompt, STR_LIT("</user>"), from);
    return end == SIZE_MAX ? STR_LIT("") : str_make(prompt.ptr + from + 6, end - from - 6);
}

struct str oracle_prompt(struct str body, struct arena *a)
{
    struct json *root;
    struct err err = { 0 };
    struct str prompt = STR_LIT("");
    if (json_open(&root, body, &err))
        return prompt;
    const struct json *messages = json_member(root, "messages");
    for (size_t i = 0; i < json_length(messages); i++)
        prompt = arena_printf(a, "%.*s%.*s", STR_ARG(prompt),
                              STR_ARG(json_str(json_member(json_element(messages, i), "content"))));
    json_close(root);
    return prompt;
}
