// SPDX-License-Identifier: Apache-2.0
// One pass over the characters, with the word that is being read kept in a small buffer: cost is
// linear, memory constant, and reading stops when the ids are full.
//   1. special tokens written in the text become their ids, as in the reference;
//   2. a character is dropped (controls), ends the word (white space), stands alone (Chinese,
//      punctuation) or joins the word, after NFD, without marks, in lower case;
//   3. a word of more than 100 characters, or without pieces, is [UNK].
#include "embed/wordpiece.h"

#include "base/map.h"
#include "base/utf8.h"
#include "embed/old_unicode.h"

#include <stdlib.h>

#define MAX_PIECES ((size_t)1 << 22)
#define WORD_CHARS 100            // as the reference; longer words are unknown
#define WORD_BYTES (WORD_CHARS * 4)
#define N_SPECIALS 6

struct special {
    struct str text;
    uint32_t id;
};
struct wordpiece {
    struct map pieces; // text -> id
    size_t max_piece;  // bytes of the longest
    struct special specials[N_SPECIALS];
    size_t n_specials;
    uint32_t begin, end, unknown;
    bool mpnet;
    uint32_t folded_unknown; // MPNet: <unk>, which is looked for after lower case
};

// Reading one text.
struct reader {
    const struct wordpiece *w;
    struct arena *scratch;
    uint32_t *ids;
    size_t n, max;              // max without the end token
    char word[WORD_BYTES + 2];  // with room for "##" in front
    size_t len, n_chars;
    int unk_state;    // how much of "<unk>" was read: 0, 1 = "<", 2 = "<unk"
    size_t unk_start; // ids before it
};

static bool find_piece(const struct wordpiece *w, struct str piece, uint32_t *id)
{
    size_t i = map_find(&w->pieces, piece);
    if (i == SIZE_MAX)
        return false;
    *id = (uint32_t)w->pieces.entries[i].value;
    return true;
}

// opening -------------------------------------------------------------------------------------

static int read_pieces(struct wordpiece *w, struct str vocab, struct err *err)
{
    struct str rest = vocab, line;
    uint32_t id = 0;
    while (rest.len && str_cut(&rest, '\n', &line)) {
        bool is_new;
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (id == MAX_PIECES)
            return err_set(err, ERR_DATA, "vocab.txt has more than %zu pieces", MAX_PIECES);
        map_add(&w->pieces, line, id, &is_new);
        if (!is_new)
            return err_set(err, ERR_DATA, "vocab.txt repeats a piece in line %u", id + 1);
        w->max_piece = size_max(w->max_piece, line.len);
        id++;
    }
    return 0;
}

static int need_special(struct wordpiece *w, const char *text, uint32_t *id, struct err *err)
{
    if (!find_piece(w, str_of(text), id))
        return err_set(err, ERR_DATA, "vocab.txt has no piece %s; is it of a BERT-type model?",
                       text);
    return 0;
}

static void add_specials(struct wordpiece *w)
{
    static const char *const bert[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" };
    static const char *const mpnet[] = { "<s>", "<pad>", "</s>", "[UNK]", "<mask>" };
    const char *const *texts = w->mpnet ? mpnet : bert;
    for (size_t i = 0; i < COUNT_OF(bert); i++) {
        struct special s = { str_of(texts[i]), 0 };
        if (find_piece(w, s.text, &s.id))
            w->specials[w->n_specials++] = s;
    }
    if (!w->mpnet || !find_piece(w, STR_LIT("<unk>"), &w->folded_unknown))
        w->folded_unknown = UINT32_MAX;
}

int wordpiece_open(struct wordpiece **out, struct str vocab, struct err *err)
{
    struct wordpiece *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = read_pieces(w, vocab, err);
    w->mpnet = map_find(&w->pieces, STR_LIT("<s>")) != SIZE_MAX;
    if (!rc)
        rc = need_special(w, w->mpnet ? "<s>" : "[CLS]", &w->begin, err);
    if (!rc)
        rc = need_special(w, w->mpnet ? "</s>" : "[SEP]", &w->end, err);
    if (!rc)
        rc = need_special(w, "[UNK]", &w->unknown, err);
    if (rc) {
        wordpiece_close(w);
        return rc;
    }
    add_specials(w);
    *out = w;
    return 0;
}

void wordpiece_close(struct wordpiece *w)
{
    if (!w)
        return;
    map_release(&w->pieces);
    free(w);
}

size_t wordpiece_size(const struct wordpiece *w)
{
    return w->pieces.n;
}

bool wordpiece_is_mpnet(const struct wordpiece *w)
{
    return w->mpnet;
}

// kinds of characters ---------------------------------------------------------------------------

static bool is_space(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' ||
           (c > 0x7F && utf8_class(c) == UTF8_SPACE);
}

// A mark, sign or control of today that the reference takes as a letter.
static bool was_unknown(uint32_t c)
{
    size_t low = 0, high = COUNT_OF(unknown_then);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (unknown_then[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < COUNT_OF(unknown_then) && unknown_then[low].first <= c;
}

static bool is_private(uint32_t c)
{
    return (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && c <= 0xFFFFD) ||
           (c >= 0x100000 && c <= 0x10FFFD);
}

static bool is_dropped(uint32_t c)
{
    if (c < 0x80)
        return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (c == 0xFFFD || is_private(c))
        return true;
    return utf8_class(c) == UTF8_CONTROL && !was_unknown(c);
}

static bool is_chinese(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
           (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool is_punctuation(uint32_t c)
{
    if (c < 0x80)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
               (c >= 123 && c <= 126);
    if (c == 0x166D) // punctuation then, a symbol now
        return true;
    return utf8_class(c) == UTF8_PUNCTUATION && !was_unknown(c);
}

// reading -------------------------------------------------------------------------------------

static void put_id(struct reader *r, uint32_t id)
{
    if (r->n < r->max)
        r->ids[r->n++] = id;
}

// The longest piece that the word has at `from`; 0 when there is none.
static size_t longest_piece(struct reader *r, size_t from, uint32_t *id)
{
    char *start = r->word + 2 + from;
    size_t len = r->len - from, mark = 0;
    char kept[2];
    if (from) { // inside a word pieces are written "##x"
        mark = 2;
        start -= 2;
        memcpy(kept, start, 2);
        memcpy(start, "##", 2);
    }
    len = size_min(len, r->w->max_piece > mark ? r->w->max_piece - mark : 0);
    while (len) {
        bool boundary = from + len == r->len || ((unsigned char)start[mark + len] & 0xC0) != 0x80;
        if (boundary && find_piece(r->w, str_make(start, mark + len), id))
            break;
        len--;
    }
    if (from)
        memcpy(start, kept, 2);
    return len;
}

static void put_pieces(struct reader *r)
{
    size_t start = r->n, from = 0;
    while (from < r->len) {
        uint32_t id;
        size_t len = longest_piece(r, from, &id);
        if (!len) { // the whole word is unknown
            r->n = start;
            put_id(r, r->w->unknown);
            return;
        }
        put_id(r, id);
        from += len;
    }
}

static void end_word(struct reader *r)
{
    if (!r->n_chars)
        return;
    bool unk = r->unk_state == 1 && str_equal(str_make(r->word + 2, r->len), STR_LIT("unk"));
    r->unk_state = unk ? 2 : 0;
    if (r->n_chars > WORD_CHARS)
        put_id(r, r->w->unknown);
    else
        put_pieces(r);
    r->len = r->n_chars = 0;
}

static void add_char(struct reader *r, uint32_t c)
{
    if (++r->n_chars <= WORD_CHARS)
        r->len += utf8_put(c, r->word + 2 + r->len);
}

static void put_alone(struct reader *r, uint32_t c)
{
    end_word(r);
    size_t start = r->n;
    int state = r->unk_state;
    add_char(r, c);
    end_word(r);
    if (c == '<') {
        r->unk_state = 1;
        r->unk_start = start;
    } else if (c == '>' && state == 2 && r->w->folded_unknown != UINT32_MAX) {
        r->n = r->unk_start;
        put_id(r, r->w->folded_unknown);
    }
}

static void put_folded(struct reader *r, uint32_t c)
{
    if (is_punctuation(c))
        put_alone(r, c);
    else
        add_char(r, c);
}

// A character past ASCII: NFD, marks out, lower case; one may become several or none.
static void put_wide(struct reader *r, uint32_t c)
{
    if (was_unknown(c)) {
        add_char(r, c);
        return;
    }
    if (c == 0x1734) // a mark then, not now
        return;
    if (c == 0x111C9) { // punctuation then, a mark now
        put_alone(r, c);
        return;
    }
    struct arena_mark start = arena_save(r->scratch);
    char bytes[4];
    struct str folded = utf8_strip_accents(r->scratch, str_make(bytes, utf8_put(c, bytes)));
    bool alone = is_chinese(c);
    if (alone) {
        end_word(r);
        r->unk_state = 0;
    }
    for (size_t at = 0; at < folded.len;)
        put_folded(r, utf8_next(folded, &at));
    if (alone)
        end_word(r);
    arena_rewind(r->scratch, start);
}

static void put_char(struct reader *r, uint32_t c)
{
    if (is_dropped(c))
        return;
    if (is_space(c)) {
        end_word(r);
        r->unk_state = 0;
    } else if (c < 0x80) {
        put_folded(r, c >= 'A' && c <= 'Z' ? c + 32 : c);
    } else {
        put_wide(r, c);
    }
}

// A special token that stands at this place of the text; NULL when there is none.
static const struct special *special_at(const struct wordpiece *w, struct str text, size_t at)
{
    if (text.ptr[at] != '[' && text.ptr[at] != '<')
        return NULL;
    for (size_t i = 0; i < w->n_specials; i++)
        if (str_starts(str_from(text, at), w->specials[i].text))
            return &w->specials[i];
    return NULL;
}

size_t wordpiece_encode(const struct wordpiece *w, struct str text, struct arena *scratch,
                        uint32_t *ids, size_t max)
{
    assert(max >= 2);
    struct reader r = { .w = w, .scratch = scratch, .ids = ids, .max = max - 1 };
    put_id(&r, w->begin);
    // Full in the middle of "<unk>": what follows may still make one token of it.
    for (size_t at = 0; at < text.len && (r.n < r.max || r.unk_state);) {
        const struct special *special = special_at(w, text, at);
        if (special) {
            end_word(&r);
            r.unk_state = 0;
            put_id(&r, special->id);
            at += special->text.len;
        } else {
            put_char(&r, utf8_next(text, &at));
        }
    }
    end_word(&r);
    ids[r.n] = w->end;
    return r.n + 1;
}
