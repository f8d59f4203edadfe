// SPDX-License-Identifier: Apache-2.0
#include "facet/plain_text.h"

#include "base/utf8.h"

#define LONGEST_HEAD ((size_t)16 << 10)
#define LONGEST_TAIL ((size_t)2 << 10)
#define LONGEST_INLINE_CODE 40  // longer pieces between backticks are pasted, not said
#define LONGEST_QUOTATION 100   // in bytes; longer ones are pasted

static bool is_letter(char c)
{
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 128;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static bool starts_ci(struct str s, const char *head)
{
    struct str h = str_of(head);
    return s.len >= h.len && str_equal_ci(str_head(s, h.len), h);
}

// Length of the URL at the start of s, 0 when there is none.
static size_t url_length(struct str s)
{
    if (!starts_ci(s, "http://") && !starts_ci(s, "https://") && !starts_ci(s, "www.") &&
        !starts_ci(s, "ftp://"))
        return 0;
    size_t n = 0;
    while (n < s.len && !is_space(s.ptr[n]) && !strchr("<>\"|`", s.ptr[n]))
        n++;
    return n;
}

// Length of the HTML or XML tag at the start of s, 0 when there is none.
static size_t tag_length(struct str s)
{
    if (s.len < 3 || s.ptr[0] != '<' ||
        !(((s.ptr[1] | 32) >= 'a' && (s.ptr[1] | 32) <= 'z') || s.ptr[1] == '/' || s.ptr[1] == '!'))
        return 0;
    for (size_t n = 2; n < s.len && n < 400; n++) {
        if (s.ptr[n] == '>')
            return n + 1;
        if (s.ptr[n] == '<' || s.ptr[n] == '\n')
            return 0;
    }
    return 0;
}

static const struct {
    const char *entity;
    char c;
} entities[] = {
    { "&amp;", '&' }, { "&lt;", '<' },  { "&gt;", '>' },    { "&quot;", '"' },
    { "&#39;", '\'' }, { "&apos;", '\'' }, { "&nbsp;", ' ' }, { "&#x27;", '\'' },
};

static size_t entity_length(struct str s, char *c)
{
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (str_starts(s, str_of(entities[i].entity))) {
            *c = entities[i].c;
            return strlen(entities[i].entity);
        }
    return 0;
}

// Length of a block that opens with `fence` and goes to the next one, or to the end.
static size_t fenced_length(struct str s, const char *fence)
{
    struct str f = str_of(fence);
    if (!str_starts(s, f))
        return 0;
    size_t end = str_find(s, f, f.len);
    return end == SIZE_MAX ? s.len : end + f.len;
}

// Length of code between single backticks when it is too long to be a word of the sentence.
static size_t inline_code_length(struct str s)
{
    if (s.ptr[0] != '`')
        return 0;
    size_t end = str_find(s, STR_LIT("`"), 1);
    return end != SIZE_MAX && end > LONGEST_INLINE_CODE ? end + 1 : 0;
}

// Length of a long quotation in "…" or “…” on one line.
static size_t quotation_length(struct str s)
{
    struct str open = STR_LIT("\""), close = STR_LIT("\"");
    if (str_starts(s, STR_LIT("“")))
        open = STR_LIT("“"), close = STR_LIT("”");
    else if (!str_starts(s, open))
        return 0;
    size_t end = str_find(s, close, open.len);
    return end != SIZE_MAX && end > LONGEST_QUOTATION ? end + close.len : 0;
}

// How many bytes at the start of s are to go.
static size_t pasted_length(struct str s)
{
    size_t n = 0;
    switch (s.ptr[0]) {
    case '`':
        n = fenced_length(s, "```");
        return n ? n : inline_code_length(s);
    case '~':
        return fenced_length(s, "~~~");
    case '<':
        return tag_length(s);
    case '"':
        n = fenced_length(s, "\"\"\"");
        return n ? n : quotation_length(s);
    case '\'':
        return fenced_length(s, "'''");
    case '\xE2':
        return quotation_length(s);
    case 'h': case 'H': case 'w': case 'W': case 'f': case 'F':
        return url_length(s);
    default:
        return 0;
    }
}

static struct str without_pasted(struct str text, struct arena *a)
{
    char *out = arena_alloc(a, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        struct str rest = str_from(text, i);
        bool inside_word = i > 0 && is_letter(text.ptr[i]) && is_letter(text.ptr[i - 1]);
        size_t gone = inside_word ? 0 : pasted_length(rest);
        char c = text.ptr[i];
        if (gone) {
            out[n++] = gone > 2 && memchr(rest.ptr, '\n', gone) ? '\n' : ' ';
            i += gone;
        } else if (c == '&' && (gone = entity_length(rest, &c)) > 0) {
            out[n++] = c;
            i += gone;
        } else if (c == '\\' && rest.len > 1 && strchr("_*#[](){}<>!-.`~", rest.ptr[1])) {
            i++; // an escape of Markdown
        } else {
            if (c != '*' && c != '`' && (unsigned char)c >= ' ')
                out[n++] = c;
            else if (c == '\n' || c == '\t' || c == '\r')
                out[n++] = c == '\n' ? '\n' : ' ';
            i++;
        }
    }
    return str_make(out, n);
}

static const char *const code_heads[] = {
    "import ", "from ",    "#include", "public ",   "private ", "protected ", "def ",    "class ",
    "const ",  "var ",     "let ",     "function ", "return ",  "package ",   "using ",  "//",
    "/*",      "*/",       "@",        "$ ",        "<?",       "</",         "else",    "elif ",
    "static ", "void ",    "int ",     "struct ",   "namespace ", "print(",   "console.", "async ",
};

// Looks like program text, a log or a table: many signs, or an opening that only code has together
// with a sign that sentences do not end in.
static bool is_code_line(struct str line)
{
    size_t n_signs = 0, n_shown = 0;
    for (size_t i = 0; i < line.len; i++) {
        n_shown += line.ptr[i] != ' ';
        n_signs += strchr("{}()[]<>;=_\\/|&$#%^~+@", line.ptr[i]) != NULL;
    }
    if (n_shown < 3)
        return false;
    if (n_shown >= 6 && n_signs * 4 > n_shown)
        return true;
    char last = line.ptr[line.len - 1];
    bool code_end = strchr(";{}", last) != NULL;
    if (code_end && n_signs >= 2)
        return true;
    for (size_t i = 0; i < COUNT_OF(code_heads); i++)
        if (str_starts(line, str_of(code_heads[i])))
            return code_end || strchr("):,>", last) || n_signs * 8 > n_shown;
    return false;
}

// Without marks of lists and headings.
static struct str unmarked(struct str line)
{
    line = str_trim(line);
    size_t at = str_starts(line, STR_LIT("•")) ? 3 : 0;
    while (at < line.len && strchr("#-+=>", line.ptr[at]))
        at++;
    size_t digit = at;
    while (digit < line.len && line.ptr[digit] >= '0' && line.ptr[digit] <= '9')
        digit++;
    if (digit > at && digit < line.len && strchr(".)", line.ptr[digit]) && digit + 1 < line.len &&
        line.ptr[digit + 1] == ' ')
        at = digit + 1;
    return str_trim(str_from(line, at));
}

// Head and tail of a very long text; what is between is pasted anyhow.
static struct str ends_of(struct str text, struct arena *a)
{
    if (text.len <= LONGEST_HEAD + LONGEST_TAIL)
        return text;
    struct str head = utf8_clip(text, LONGEST_HEAD);
    size_t from = text.len - LONGEST_TAIL;
    while (from < text.len && ((unsigned char)text.ptr[from] & 0xC0) == 0x80)
        from++;
    return arena_printf(a, "%.*s\n%.*s", STR_ARG(head), STR_ARG(str_from(text, from)));
}

struct str plain_text(struct str text, struct arena *a)
{
    struct str rest = without_pasted(ends_of(text, a), a), line;
    char *out = arena_alloc(a, rest.len + 1);
    size_t n = 0;
    while (rest.len && str_cut(&rest, '\n', &line)) {
        bool quoted = str_starts(str_trim(line), STR_LIT(">"));
        line = unmarked(line);
        if (!line.len || quoted || is_code_line(line))
            continue;
        if (n)
            out[n++] = '\n';
        for (size_t i = 0; i < line.len; i++)
            if (line.ptr[i] != ' ' || (i > 0 && line.ptr[i - 1] != ' '))
                out[n++] = line.ptr[i];
    }
    return str_make(out, n);
}
