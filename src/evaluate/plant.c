// SPDX-License-Identifier: Apache-2.0
#include "evaluate/plant.h"

#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/rng.h"
#include "evaluate/truth.h"

#define N_LANGUAGES ((size_t)15)
#define MOST_ROWS 32 // of a kind
#define MOST_CONTEXTS ((size_t)3)
#define MOST_BYTES ((size_t)1 << 30)
#define MOST_DRAWS 200 // for a text that is not there yet
#define AT_ONCE ((size_t)2000) // texts that a writer is handed

const char *evaluate_grammar(void); // src/evaluate/grammar.tsv
unsigned long evaluate_grammar_size(void);

struct row {
    struct str name;
    struct str words[N_LANGUAGES];
};
struct rows {
    struct row items[MOST_ROWS];
    size_t n;
};
struct grammar {
    struct str languages[N_LANGUAGES];
    struct rows tones, aspects, contexts, categories;
};

static void read_row(struct str line, struct row *row)
{
    for (size_t i = 0; i < N_LANGUAGES; i++)
        if (!str_cut(&line, '\t', &row->words[i]) || !row->words[i].len)
            BUG("the grammar lacks a word of %.*s", STR_ARG(row->name));
}

static struct grammar read_grammar(enum plant_kind kind)
{
    struct grammar g = { 0 };
    struct str text = str_make(evaluate_grammar(), evaluate_grammar_size()), line, what;
    const struct {
        const char *name;
        struct rows *rows;
    } tables[] = {
        { "tone", &g.tones },
        { "aspect", &g.aspects },
        { "context", &g.contexts },
        { kind == PLANT_KIND_ORDINARY ? "ordinary" : "concerning", &g.categories },
    };
    struct row head = { 0 };
    while (str_cut(&text, '\n', &line)) {
        struct row row = { 0 };
        if (!str_cut(&line, '\t', &what) || !str_cut(&line, '\t', &row.name))
            continue;
        if (str_equal(what, STR_LIT("kind")))
            read_row(line, &head);
        for (size_t i = 0; i < COUNT_OF(tables); i++)
            if (str_equal(what, str_of(tables[i].name))) {
                assert(tables[i].rows->n < MOST_ROWS);
                read_row(line, &row);
                tables[i].rows->items[tables[i].rows->n++] = row;
            }
    }
    memcpy(g.languages, head.words, sizeof g.languages);
    return g;
}

static const struct row *draw(const struct rows *rows, struct rng *rng, size_t *which)
{
    *which = rng_below(rng, rows->n);
    return &rows->items[*which];
}

// "tone(aspect: category). context context"
static struct str make_text(const struct grammar *g, size_t category, size_t language,
                            struct rng *rng, size_t *aspect, struct arena *a)
{
    size_t ignored, n_contexts = rng_below(rng, MOST_CONTEXTS + 1), used[MOST_CONTEXTS];
    struct str asked = draw(&g->aspects, rng, aspect)->words[language];
    struct str about = arena_printf(a, "%.*s: %.*s", STR_ARG(asked),
                                    STR_ARG(g->categories.items[category].words[language]));
    struct str tone = draw(&g->tones, rng, &ignored)->words[language];
    size_t at = str_find(tone, STR_LIT("{}"), 0);
    if (at == SIZE_MAX)
        BUG("a tone of the grammar has no place");
    struct str text = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(str_head(tone, at)), STR_ARG(about),
                                   STR_ARG(str_from(tone, at + 2)));
    for (size_t i = 0; i < n_contexts; i++) {
        struct str context = draw(&g->contexts, rng, &used[i])->words[language];
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= used[j] == used[i];
        if (!again)
            text = arena_printf(a, "%.*s %.*s", STR_ARG(text), STR_ARG(context));
    }
    return text;
}

static int put_one(struct planted *out, size_t i, const struct grammar *g,
                   const struct plant_text *planted, struct err *err)
{
    struct str field = g->categories.items[planted->category].name, text = planted->text;
    struct str topic = g->aspects.items[planted->aspect].name, name = planted->language;
    int rc =
        buf_printf(&out->conversations, err, "{\"id\":\"p%zu\",\"user\":\"u%zu\",\"text\":", i, i);
    if (!rc)
        rc = json_put_str(&out->conversations, text, err);
    if (!rc)
        rc = buf_add(&out->conversations, STR_LIT("}\n"), err);
    if (!rc)
        rc = buf_printf(&out->truth, err, "p%zu\t%.*s: %.*s\t%.*s\t%.*s\n", i, STR_ARG(field),
                        STR_ARG(topic), STR_ARG(field), STR_ARG(name));
    return rc ? rc
              : buf_printf(&out->texts, err, "%.*s\t%.*s\t%.*s\t%.*s\t%.*s\n", STR_ARG(field),
                           STR_ARG(topic), STR_ARG(text), STR_ARG(name), STR_ARG(planted->english));
}

static int draw_one(size_t i, const struct grammar *g, struct rng *rng, struct map *seen,
                    struct arena *a, struct plant_text *out, struct err *err)
{
    size_t language = i % N_LANGUAGES, category = i / N_LANGUAGES % g->categories.n, aspect = 0;
    bool is_new = false;
    struct str text = { 0 };
    struct rng same = *rng;
    for (int n_draws = 0; !is_new && n_draws < MOST_DRAWS; n_draws++) {
        same = *rng; // the same draws say it in English
        text = make_text(g, category, language, rng, &aspect, a);
        map_add(seen, text, 0, &is_new);
    }
    if (!is_new)
        return err_set(err, ERR_USAGE, "the grammar has not as many texts; plant fewer");
    *out = (struct plant_text){ .text = text,
                                .english = make_text(g, category, 0, &same, &aspect, a),
                                .language = g->languages[language],
                                .category = category,
                                .aspect = aspect };
    return 0;
}

// Conversations `first` to first + n - 1.
static int plant_some(struct planted *out, size_t first, size_t n, const struct grammar *g,
                      struct rng *rng, struct map *seen, const struct plant_writer *writer,
                      struct arena *a, struct err *err)
{
    struct plant_text *texts = arena_array(a, n + 1, sizeof *texts);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = draw_one(first + i, g, rng, seen, a, &texts[i], err);
    if (!rc && writer)
        rc = writer->write(writer->context, texts, n, a, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (texts[i].text.ptr)
            rc = put_one(out, first + i, g, &texts[i], err);
    return rc;
}

int plant_corpus(enum plant_kind kind, size_t n, uint64_t seed, const struct plant_writer *writer,
                 struct planted *out, struct err *err)
{
    struct grammar g = read_grammar(kind);
    struct arena work = { 0 };
    struct map seen = { 0 };
    struct rng rng;
    struct str by = writer ? writer->name : STR_LIT(TRUTH_GRAMMAR);
    rng_init(&rng, seed, kind == PLANT_KIND_ORDINARY ? "plant ordinary" : "plant concerning");
    buf_init(&out->conversations, MOST_BYTES, "planted conversations");
    buf_init(&out->truth, MOST_BYTES, "planted truth");
    buf_init(&out->texts, MOST_BYTES, "planted texts");
    int rc =
        buf_printf(&out->truth, err,
                   "conversation" TRUTH_TEXTS_BY "%.*s)\ttopic\tcategory\tlanguage\n", STR_ARG(by));
    if (!rc)
        rc = buf_add(&out->texts, STR_LIT("category\ttopic\ttext\tlanguage\tenglish\n"), err);
    for (size_t i = 0; !rc && i < n; i += AT_ONCE) {
        struct arena_mark start = arena_save(&work);
        rc = plant_some(out, i, size_min(AT_ONCE, n - i), &g, &rng, &seen, writer, &work, err);
        arena_rewind(&work, start);
    }
    map_release(&seen);
    arena_release(&work);
    return rc;
}

void planted_release(struct planted *planted)
{
    buf_release(&planted->conversations);
    buf_release(&planted->truth);
    buf_release(&planted->texts);
}

static int write_set(const char *dir, const char *name, const struct planted *planted,
                     struct err *err)
{
    const struct {
        const char *end;
        const struct buf *content;
    } files[] = {
        { ".jsonl", &planted->conversations },
        { ".tsv", &planted->truth },
        { "-texts.tsv", &planted->texts },
    };
    struct arena a = { 0 };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(files); i++) {
        struct str path = arena_printf(&a, "%s/%s%s", dir, name, files[i].end);
        rc = file_write(path.ptr, buf_view(files[i].content), err);
    }
    arena_release(&a);
    return rc;
}

int plant_files(const char *dir, size_t n, uint64_t seed, const struct plant_writer *writer,
                struct err *err)
{
    static const char *const names[] = { "ordinary", "concerning" };
    static const size_t numbers[] = { PLANT_ORDINARY, PLANT_CONCERNING };
    int rc = file_make_dir(dir, err);
    for (size_t i = 0; !rc && i < COUNT_OF(names); i++) {
        struct planted planted = { 0 };
        rc = plant_corpus((enum plant_kind)i, n ? n : numbers[i], seed, writer, &planted, err);
        if (!rc)
            rc = write_set(dir, names[i], &planted, err);
        planted_release(&planted);
    }
    return rc;
}
