// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_question.h"

#include "ask/ask.h"
#include "ask/prompt.h"
#include "base/buf.h"
#include "base/json.h"

#define MOST_SCHEMA ((size_t)128 << 10)
#define TEXT_TOKENS 120 // of an answer, with its JSON
#define WORD_TOKENS 30
#define MARK "\x1f" // where the conversation goes

static void must(int rc)
{
    if (rc)
        BUG("a prompt of the catalogue is larger than its limits allow");
}

struct str facet_question_text(const struct facet *facet, const char *language, struct arena *a)
{
    static const struct str place = { "{language}", 10 };
    struct str text = str_of(facet->question), list = STR_LIT("");
    for (size_t at; (at = str_find(text, place, 0)) != SIZE_MAX;)
        text = arena_printf(a, "%.*s%s%.*s", STR_ARG(str_head(text, at)), language,
                            STR_ARG(str_from(text, at + place.len)));
    if (facet->kind == FACET_NUMBER && facet->n_values)
        return arena_printf(a, "%.*s As one whole number from %lld to %lld.", STR_ARG(text),
                            (long long)facet->low, (long long)facet->high);
    for (size_t i = 0; facet->kind == FACET_CATEGORY && i < facet->n_values; i++)
        list = arena_printf(a, "%.*s%s\"%s\"", STR_ARG(list), i ? ", " : "", facet->values[i]);
    return list.len ? arena_printf(a, "%.*s One of %.*s.", STR_ARG(text), STR_ARG(list)) : text;
}

static void put_member(struct buf *b, const struct facet *f)
{
    struct err err = { 0 };
    must(buf_printf(b, &err, "\"%s\":{\"type\":\"%s\"", f->name,
                    f->kind == FACET_NUMBER ? "integer" : "string"));
    bool listed = f->kind == FACET_CATEGORY && f->n_values;
    if (f->kind == FACET_NUMBER || listed)
        must(buf_printf(b, &err, ",\"enum\":["));
    for (int64_t i = f->low; f->kind == FACET_NUMBER && i <= f->high; i++)
        must(buf_printf(b, &err, "%s%lld", i > f->low ? "," : "", (long long)i));
    for (size_t i = 0; listed && i < f->n_values; i++) {
        must(buf_printf(b, &err, "%s", i ? "," : ""));
        must(json_put_str(b, str_of(f->values[i]), &err));
    }
    must(buf_printf(b, &err, "%s}", f->kind == FACET_NUMBER || listed ? "]" : ""));
}

// An object with one member a facet, all of them required.
static const char *make_schema(const struct facet_list *list, const struct facet_question *q,
                               struct arena *a)
{
    struct err err = { 0 };
    struct buf b;
    buf_init(&b, MOST_SCHEMA, "schema");
    must(buf_printf(&b, &err, "{\"type\":\"object\",\"properties\":{"));
    for (size_t i = 0; i < q->n; i++) {
        must(buf_printf(&b, &err, "%s", i ? "," : ""));
        put_member(&b, &list->items[q->ids[i]]);
    }
    must(buf_printf(&b, &err, "},\"required\":["));
    for (size_t i = 0; i < q->n; i++)
        must(buf_printf(&b, &err, "%s\"%s\"", i ? "," : "", list->items[q->ids[i]].name));
    must(buf_printf(&b, &err, "],\"additionalProperties\":false}"));
    const char *schema = arena_copy(a, buf_view(&b));
    buf_release(&b);
    return schema;
}

// A JSON text: quotes and backslashes once more.
static void put_literal(struct buf *b, struct str json, struct arena *a)
{
    struct err err = { 0 };
    must(buf_add(b, ask_literal(json, a), &err));
}

static void put_value_rule(struct buf *b, const struct facet *f, struct arena *a)
{
    struct err err = { 0 };
    if (f->kind == FACET_NUMBER) {
        for (int64_t i = f->low; i <= f->high; i++)
            must(buf_printf(b, &err, "%s\"%lld\"", i > f->low ? " | " : "(", (long long)i));
        must(buf_printf(b, &err, ")"));
    } else if (f->kind == FACET_CATEGORY && f->n_values) {
        for (size_t i = 0; i < f->n_values; i++) {
            struct buf value;
            buf_init(&value, MOST_SCHEMA, "grammar");
            must(json_put_str(&value, str_of(f->values[i]), &err));
            must(buf_printf(b, &err, "%s", i ? " | " : "("));
            put_literal(b, buf_view(&value), a);
            buf_release(&value);
        }
        must(buf_printf(b, &err, ")"));
    } else {
        must(buf_printf(b, &err, "text"));
    }
}

// The same object, its members in order and nothing between them.
static const char *make_grammar(const struct facet_list *list, const struct facet_question *q,
                                struct arena *a)
{
    struct err err = { 0 };
    struct buf b;
    buf_init(&b, MOST_SCHEMA, "grammar");
    must(buf_printf(&b, &err, "root ::="));
    for (size_t i = 0; i < q->n; i++) {
        must(buf_printf(&b, &err, " "));
        put_literal(&b, arena_printf(a, "%s\"%s\":", i ? "," : "{", list->items[q->ids[i]].name),
                    a);
        must(buf_printf(&b, &err, " "));
        put_value_rule(&b, &list->items[q->ids[i]], a);
    }
    must(buf_printf(&b, &err,
                    " \"}\"\ntext ::= \"\\\"\" char* \"\\\"\"\n"
                    "char ::= [^\"\\\\\\x00-\\x1F] | \"\\\\\" [\"\\\\/nt]\n"));
    const char *grammar = arena_copy(a, buf_view(&b));
    buf_release(&b);
    return grammar;
}

static struct str names_of(const struct facet_list *list, const struct facet_question *q,
                           bool texts_only, const char *last, struct arena *a)
{
    struct str all = STR_LIT("");
    size_t n = 0, left = 0;
    for (size_t i = 0; i < q->n; i++)
        left += !texts_only || list->items[q->ids[i]].kind == FACET_TEXT;
    for (size_t i = 0; i < q->n; i++)
        if (!texts_only || list->items[q->ids[i]].kind == FACET_TEXT) {
            const char *join = !n ? "" : left == 1 ? last : ", ";
            all = arena_printf(a, "%.*s%s%s", STR_ARG(all), join, list->items[q->ids[i]].name);
            n++;
            left--;
        }
    return all;
}

// The rule against private details goes with open-ended questions only (Clio paper, G.4).
static struct str make_privacy(const struct facet_list *list, const struct facet_question *q,
                               const char *language, struct arena *a)
{
    struct prompt prompt = prompt_of("facets_privacy");
    const struct prompt_value values[] = {
        { "names", names_of(list, q, true, " and ", a) },
        { "language", str_of(language) },
    };
    if (!values[0].text.len)
        return STR_LIT("");
    return arena_printf(a, "\n%.*s%.*s\n", STR_ARG(prompt.prefix),
                        STR_ARG(prompt_fill(&prompt, values, COUNT_OF(values), a)));
}

static void make_prompt(const struct facet_list *list, struct facet_question *q,
                        const char *language, struct arena *a)
{
    struct prompt prompt = prompt_of("facets");
    struct str questions = STR_LIT("");
    for (size_t i = 0; i < q->n; i++) {
        const struct facet *f = &list->items[q->ids[i]];
        questions = arena_printf(a, "%.*s%s%s: %.*s", STR_ARG(questions), i ? "\n" : "", f->name,
                                 STR_ARG(facet_question_text(f, language, a)));
    }
    const struct prompt_value values[] = {
        { "questions", questions },
        { "privacy", make_privacy(list, q, language, a) },
        { "conversation", STR_LIT(MARK) },
        { "names", names_of(list, q, false, ", ", a) },
    };
    struct str body = prompt_fill(&prompt, values, COUNT_OF(values), a);
    size_t at = str_find(body, STR_LIT(MARK), 0);
    q->before = arena_printf(a, "%.*s%.*s", STR_ARG(prompt.prefix), STR_ARG(str_head(body, at)));
    q->after = str_trim(str_from(body, at + 1));
}

struct facet_questions facet_questions_make(const struct facet_list *list, bool each,
                                            const char *language, struct arena *a)
{
    struct facet_questions all = { list, arena_zero_array(a, FACET_MOST, sizeof *all.items), 0 };
    for (size_t i = 0; i < list->n; i++) {
        if (!facet_is_asked(&list->items[i]))
            continue;
        if (each || !all.n)
            all.n++;
        struct facet_question *q = &all.items[all.n - 1];
        q->ids[q->n++] = i;
        q->max_tokens += list->items[i].kind == FACET_TEXT ? TEXT_TOKENS : WORD_TOKENS;
    }
    for (size_t i = 0; i < all.n; i++) {
        make_prompt(list, &all.items[i], language, a);
        all.items[i].schema = make_schema(list, &all.items[i], a);
        all.items[i].grammar = make_grammar(list, &all.items[i], a);
    }
    return all;
}
