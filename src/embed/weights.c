// SPDX-License-Identifier: Apache-2.0
#include "embed/weights.h"

#include "base/file.h"
#include "base/json.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>

#define MAX_HEADER ((size_t)16 << 20)
#define MAX_TENSORS ((size_t)65536)
#define MAX_NAME ((size_t)512)
#define MAX_VALUES (MAX_TENSORS * 36) // of the header's JSON: a map, two lists, six numbers each
#define MOST_NUMBER 1e5F              // more than half precision holds, and than any weight needs

struct weights {
    struct file_map map; // data NULL when the bytes are the caller's
    struct arena arena;
    struct map names; // name -> index
    struct tensor *tensors;
    size_t *ends; // of each tensor's data, from the start of all data
    size_t n;
};

struct body {
    const unsigned char *data;
    size_t size;
};

static int refuse(struct err *err, struct str name, const char *what)
{
    return err_set(err, ERR_DATA, "tensor %.*s %s; fetch the file again",
                   STR_ARG(str_head(name, 80)), what);
}

static bool whole_size(const struct json *v, size_t *out)
{
    int64_t n;
    if (!json_whole(v, &n) || n < 0)
        return false;
    *out = (size_t)n;
    return true;
}

// Bytes an item takes; 0 for a type that the format does not know.
static size_t read_type(struct str text, enum tensor_type *type)
{
    static const struct {
        const char *name;
        size_t size;
        enum tensor_type type;
    } types[] = {
        { "F32", 4, TENSOR_F32 },   { "F16", 2, TENSOR_F16 },   { "BF16", 2, TENSOR_BF16 },
        { "F64", 8, TENSOR_OTHER }, { "I64", 8, TENSOR_OTHER }, { "I32", 4, TENSOR_OTHER },
        { "I16", 2, TENSOR_OTHER }, { "I8", 1, TENSOR_OTHER },  { "U8", 1, TENSOR_OTHER },
        { "U16", 2, TENSOR_OTHER }, { "U32", 4, TENSOR_OTHER }, { "U64", 8, TENSOR_OTHER },
        { "BOOL", 1, TENSOR_OTHER },
    };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_equal(text, str_of(types[i].name))) {
            *type = types[i].type;
            return types[i].size;
        }
    return 0;
}

static int read_shape(const struct json *shape, struct tensor *t, struct err *err)
{
    size_t n = json_length(shape);
    if (json_kind(shape) != JSON_LIST || n > COUNT_OF(t->shape))
        return refuse(err, t->name, "has no shape of at most four sizes");
    t->n_dims = n;
    t->n_items = 1;
    for (size_t i = 0; i < n; i++)
        if (!whole_size(json_element(shape, i), &t->shape[i]) ||
            !size_mul(t->n_items, t->shape[i], &t->n_items))
            return refuse(err, t->name, "has a shape that is no list of sizes");
    return 0;
}

static int read_place(const struct json *entry, struct tensor *t, struct body body, size_t *end,
                      struct err *err)
{
    const struct json *offsets = json_member(entry, "data_offsets");
    size_t start, n_bytes, item = read_type(json_str(json_member(entry, "dtype")), &t->type);
    if (!item)
        return refuse(err, t->name, "has an unknown type");
    if (json_length(offsets) != 2 || !whole_size(json_element(offsets, 0), &start) ||
        !whole_size(json_element(offsets, 1), end))
        return refuse(err, t->name, "has no offsets");
    if (start > *end || *end > body.size)
        return refuse(err, t->name, "lies outside the file");
    if (!size_mul(t->n_items, item, &n_bytes) || n_bytes != *end - start)
        return refuse(err, t->name, "has another size than its shape says");
    t->data = body.data + start;
    return 0;
}

static int read_entry(struct weights *w, struct str name, const struct json *entry,
                      struct body body, struct err *err)
{
    struct tensor *t = &w->tensors[w->n];
    bool is_new;
    if (name.len > MAX_NAME || json_kind(entry) != JSON_MAP)
        return refuse(err, name, "is not described");
    *t = (struct tensor){ .name = arena_str(&w->arena, name) };
    int rc = read_shape(json_member(entry, "shape"), t, err);
    if (!rc)
        rc = read_place(entry, t, body, &w->ends[w->n], err);
    if (rc)
        return rc;
    map_add(&w->names, name, w->n, &is_new);
    if (!is_new)
        return refuse(err, name, "is there twice");
    w->n++;
    return 0;
}

struct span {
    size_t start, end;
};

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

// The tensors must lie one behind the other and fill the data.
static int check_cover(struct weights *w, struct body body, struct err *err)
{
    struct arena_mark mark = arena_save(&w->arena);
    struct span *spans = arena_array(&w->arena, w->n + 1, sizeof *spans);
    size_t at = 0, i = 0;
    for (; i < w->n; i++)
        spans[i] = (struct span){ (size_t)(w->tensors[i].data - body.data), w->ends[i] };
    qsort(spans, w->n, sizeof *spans, by_start);
    for (i = 0; i < w->n && spans[i].start == at; i++)
        at = spans[i].end;
    arena_rewind(&w->arena, mark);
    if (i < w->n || at != body.size)
        return err_set(err, ERR_DATA,
                       "the tensors overlap or leave a hole at byte %zu of the data; fetch the "
                       "file again",
                       at);
    return 0;
}

static int read_header(struct weights *w, const struct json *header, struct body body,
                       struct err *err)
{
    size_t n = json_length(header);
    struct str name;
    const struct json *entry;
    int rc = 0;
    if (json_kind(header) != JSON_MAP || n > MAX_TENSORS)
        return err_set(err, ERR_DATA, "the header is no list of tensors");
    w->tensors = arena_zero_array(&w->arena, n + 1, sizeof *w->tensors);
    w->ends = arena_zero_array(&w->arena, n + 1, sizeof *w->ends);
    for (void *at = json_walk(header, NULL, &name, &entry); at && !rc;
         at = json_walk(header, at, &name, &entry))
        if (!str_equal(name, STR_LIT("__metadata__")))
            rc = read_entry(w, name, entry, body, err);
    return rc ? rc : check_cover(w, body, err);
}

static int read_bytes(struct weights *w, const unsigned char *data, size_t size, struct err *err)
{
    uint64_t header_size;
    struct json *header = NULL;
    if (size < sizeof header_size)
        return err_set(err, ERR_DATA, "it is too short for a safetensors file");
    memcpy(&header_size, data, sizeof header_size);
    if (header_size > MAX_HEADER || header_size > size - sizeof header_size)
        return err_set(err, ERR_DATA, "it is no safetensors file, or cut off");
    const unsigned char *text = data + sizeof header_size;
    struct body body = { text + header_size, size - sizeof header_size - (size_t)header_size };
    struct str header_text = str_make((const char *)text, (size_t)header_size);
    int rc = json_open_within(&header, header_text, MAX_VALUES, err);
    if (!rc)
        rc = read_header(w, header, body, err);
    json_close(header);
    return rc;
}

int weights_open_bytes(struct weights **out, const unsigned char *data, size_t size,
                       struct err *err)
{
    struct weights *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = read_bytes(w, data, size, err);
    if (rc)
        weights_close(w);
    else
        *out = w;
    return rc;
}

int weights_open(struct weights **out, const char *path, struct err *err)
{
    struct file_map map;
    int rc = file_map_open(&map, path, err);
    if (rc)
        return rc;
    rc = weights_open_bytes(out, map.data, map.size, err);
    if (rc) {
        file_map_close(&map);
        return err_add(err, "%s", path);
    }
    (*out)->map = map;
    return 0;
}

void weights_close(struct weights *w)
{
    if (!w)
        return;
    if (w->map.data)
        file_map_close(&w->map);
    map_release(&w->names);
    arena_release(&w->arena);
    free(w);
}

size_t weights_count(const struct weights *w)
{
    return w->n;
}

const struct tensor *weights_at(const struct weights *w, size_t i)
{
    assert(i < w->n);
    return &w->tensors[i];
}

const struct tensor *weights_find(const struct weights *w, const char *name)
{
    size_t i = map_find(&w->names, str_of(name));
    return i == SIZE_MAX ? NULL : &w->tensors[i];
}

int weights_need(const struct weights *w, const char *name, size_t n_rows, size_t n_cols,
                 const struct tensor **tensor, struct err *err)
{
    const struct tensor *t = weights_find(w, name);
    if (!t)
        return refuse(err, str_of(name), "is missing");
    if (t->type == TENSOR_OTHER)
        return refuse(err, t->name, "has no floating-point numbers");
    bool fits = n_rows ? t->n_dims == 2 && t->shape[0] == n_rows && t->shape[1] == n_cols
                       : t->n_dims == 1 && t->shape[0] == n_cols;
    if (!fits)
        return refuse(err, t->name, "has another shape than the model's other tensors ask for");
    *tensor = t;
    return 0;
}

__extension__ typedef _Float16 half_float;

static float half_to_float(uint16_t h)
{
    half_float value;
    memcpy(&value, &h, sizeof value);
    return (float)value;
}

void tensor_read(const struct tensor *t, size_t first, size_t n, float *out)
{
    assert(t->type != TENSOR_OTHER && first <= t->n_items && n <= t->n_items - first);
    if (t->type == TENSOR_F32) {
        memcpy(out, t->data + first * sizeof *out, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, t->data + (first + i) * sizeof half, sizeof half);
        if (t->type == TENSOR_F16) {
            out[i] = half_to_float(half);
        } else {
            uint32_t bits = (uint32_t)half << 16;
            memcpy(&out[i], &bits, sizeof bits);
        }
    }
}

int tensor_check(const struct tensor *t, struct err *err)
{
    enum { PART = 1024 };
    float part[PART] = { 0 };
    int n_bad = 0;
    for (size_t first = 0; !n_bad && first < t->n_items; first += PART) {
        tensor_read(t, first, size_min(PART, t->n_items - first), part);
        for (size_t i = 0; i < PART; i++)
            n_bad += !(fabsf(part[i]) <= MOST_NUMBER);
    }
    return n_bad ? refuse(err, t->name, "has numbers that are not finite or no weights") : 0;
}
