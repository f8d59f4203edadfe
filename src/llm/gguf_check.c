// SPDX-License-Identifier: Apache-2.0
#include "llm/gguf_check.h"

#include "base/file.h"

#include <math.h>
#include <unistd.h>

#define MOST_KEYS ((uint64_t)1 << 16)
#define MOST_TENSORS ((uint64_t)1 << 16)
#define MOST_ITEMS ((uint64_t)1 << 24) // of one array
#define LONGEST_NAME ((uint64_t)256)
#define MOST_DIMS 4
#define MOST_DEPTH 2 // arrays of arrays
#define MOST_VALUES ((uint64_t)1 << 40) // of one tensor
#define MOST_LAYERS 4096
#define MOST_HEADS (1 << 16) // of one layer

enum gguf_type {
    GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32, GGUF_BOOL, GGUF_STRING,
    GGUF_ARRAY, GGUF_U64, GGUF_I64, GGUF_F64, N_GGUF_TYPES
};
static const uint64_t type_sizes[N_GGUF_TYPES] = {
    [GGUF_U8] = 1, [GGUF_I8] = 1, [GGUF_U16] = 2, [GGUF_I16] = 2, [GGUF_U32] = 4, [GGUF_I32] = 4,
    [GGUF_F32] = 4, [GGUF_BOOL] = 1, [GGUF_U64] = 8, [GGUF_I64] = 8, [GGUF_F64] = 8,
};

// Values a block and bytes a block of ggml's tensor types; 0 = not in use.
static const struct {
    uint64_t n_values, n_bytes;
} blocks[] = {
    { 1, 4 },     { 1, 2 },     { 32, 18 },   { 32, 20 },  { 0, 0 },     { 0, 0 },    { 32, 22 },
    { 32, 24 },   { 32, 34 },   { 32, 36 },   { 256, 84 }, { 256, 110 }, { 256, 144 }, { 256, 176 },
    { 256, 210 }, { 256, 292 }, { 256, 66 },  { 256, 74 }, { 256, 98 },  { 256, 50 }, { 32, 18 },
    { 256, 110 }, { 256, 82 },  { 256, 136 }, { 1, 1 },    { 1, 2 },     { 1, 4 },    { 1, 8 },
    { 1, 8 },     { 256, 56 },  { 1, 2 },     { 0, 0 },    { 0, 0 },     { 0, 0 },    { 256, 54 },
    { 256, 66 },  { 0, 0 },     { 0, 0 },     { 0, 0 },    { 32, 17 },
};

// What keys and values are as large as, behind the name of the architecture.
enum { LAYERS, HEADS, KV_HEADS, WIDTH, KEY, VALUE, N_SIZES };
static const char *const sizes[N_SIZES] = {
    ".block_count",      ".attention.head_count", ".attention.head_count_kv",
    ".embedding_length", ".attention.key_length", ".attention.value_length"
};

struct reader {
    struct str content;
    size_t at;
    const char *wrong; // NULL while all is well
    struct str architecture;
    double sizes[N_SIZES]; // -1: not given
    double all_kv_heads;   // of all layers together, where the file lists them; -1: it does not
};

static void fail(struct reader *r, const char *wrong)
{
    if (!r->wrong)
        r->wrong = wrong;
}

// Moves over n bytes; NULL when they are not there.
static const char *take(struct reader *r, uint64_t n)
{
    if (r->wrong || n > r->content.len - r->at) {
        fail(r, "it ends too early");
        return NULL;
    }
    const char *p = r->content.ptr + r->at;
    r->at += (size_t)n;
    return p;
}

static uint32_t take_u32(struct reader *r)
{
    uint32_t v = 0;
    const char *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t take_u64(struct reader *r)
{
    uint64_t v = 0;
    const char *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

static struct str take_string(struct reader *r)
{
    uint64_t n = take_u64(r);
    const char *p = take(r, n);
    return p ? str_make(p, (size_t)n) : str_make(NULL, 0);
}

static void skip_value(struct reader *r, uint32_t type, int depth)
{
    if (type >= N_GGUF_TYPES) {
        fail(r, "a value has an unknown type");
    } else if (type == GGUF_STRING) {
        take_string(r);
    } else if (type != GGUF_ARRAY) {
        take(r, type_sizes[type]);
    } else {
        uint32_t item = take_u32(r);
        uint64_t n = take_u64(r);
        if (depth >= MOST_DEPTH || n > MOST_ITEMS || item >= N_GGUF_TYPES)
            fail(r, "an array is too large, too deep or of an unknown type");
        else if (type_sizes[item])
            take(r, n * type_sizes[item]);
        else
            for (uint64_t i = 0; i < n && !r->wrong; i++)
                skip_value(r, item, depth + 1);
    }
}

// Arrays that llama.cpp reads as items of one type without asking for it.
static const struct {
    const char *key;
    uint32_t type, other; // of the items
} arrays[] = {
    { "tokenizer.ggml.tokens", GGUF_STRING, GGUF_STRING },
    { "tokenizer.ggml.merges", GGUF_STRING, GGUF_STRING },
    { "tokenizer.ggml.scores", GGUF_F32, GGUF_F32 },
    { "tokenizer.ggml.token_type", GGUF_I32, GGUF_U32 },
};

static void check_array(struct reader *r, struct str key, uint32_t type)
{
    uint32_t item = 0;
    for (size_t i = 0; !r->wrong && i < COUNT_OF(arrays); i++) {
        if (!str_equal(key, str_of(arrays[i].key)))
            continue;
        struct reader ahead = *r;
        item = take_u32(&ahead);
        if (type != GGUF_ARRAY || (item != arrays[i].type && item != arrays[i].other))
            fail(r, "a list of its vocabulary has items of a wrong type");
    }
}

static bool is_size(const struct reader *r, struct str key, size_t i)
{
    return str_starts(key, r->architecture) &&
           str_equal(str_from(key, r->architecture.len), str_of(sizes[i]));
}

// Numbers of the network that ggml takes for granted: out of these it aborts the whole program.
static const struct {
    const char *ending;
    double least, most;
} numbers[] = {
    { ".block_count", 1, MOST_LAYERS },  { "epsilon", 0, 1 },
    { ".embedding_length", 1, 1 << 24 }, { ".feed_forward_length", 0, 1 << 28 },
    { ".head_count", 1, MOST_HEADS },    { ".head_count_kv", 0, MOST_HEADS },
    { ".context_length", 1, 1 << 30 },   { ".key_length", 1, 1 << 14 },
    { ".value_length", 1, 1 << 14 },     { "rope.dimension_count", 0, 1 << 14 },
    { "rope.freq_base", 1e-3, 1e12 },    { "rope.scaling.factor", 0, 1e6 },
    { ".expert_count", 0, 512 },         { ".expert_used_count", 0, 512 },
};

static double peek_number(const struct reader *r, uint32_t type)
{
    struct reader ahead = *r;
    float real = 0;
    if (type == GGUF_U64 || type == GGUF_I64)
        return (double)take_u64(&ahead); // a negative one is very large
    uint32_t bits = take_u32(&ahead);
    memcpy(&real, &bits, sizeof real);
    return type == GGUF_F32 ? (double)real : (double)bits;
}

// Lists, one number a layer, and small types are llama.cpp's to judge.
static void check_number(struct reader *r, struct str key, uint32_t type)
{
    bool is_number = type == GGUF_U32 || type == GGUF_I32 || type == GGUF_F32 || type == GGUF_U64 ||
                     type == GGUF_I64;
    double x = is_number ? peek_number(r, type) : 0;
    for (size_t i = 0; is_number && !r->wrong && i < COUNT_OF(numbers); i++)
        if (str_ends(key, str_of(numbers[i].ending)) &&
            (!isfinite(x) || x < numbers[i].least || x > numbers[i].most))
            fail(r, "a number of its network (layers, widths, heads, turns) is impossible");
    for (size_t i = 0; is_number && i < N_SIZES; i++)
        if (is_size(r, key, i))
            r->sizes[i] = x;
}

// Heads, one number a layer.
static void check_heads(struct reader *r, struct str key, uint32_t type)
{
    struct reader ahead = *r;
    bool of_kv = is_size(r, key, KV_HEADS);
    if (type != GGUF_ARRAY || (!of_kv && !is_size(r, key, HEADS)))
        return;
    uint32_t item = take_u32(&ahead);
    uint64_t n = take_u64(&ahead);
    double sum = 0, most = 0;
    bool fits = (item == GGUF_U32 || item == GGUF_I32) && n <= MOST_LAYERS;
    for (uint64_t i = 0; fits && i < n && !ahead.wrong; i++) {
        double x = (double)take_u32(&ahead);
        fits = x <= MOST_HEADS;
        sum += x;
        most = fmax(most, x);
    }
    if (!fits || ahead.wrong)
        fail(r, "its list of heads is impossible");
    else if (of_kv)
        r->all_kv_heads = sum;
    else
        r->sizes[HEADS] = most;
}

// Bytes of keys and values of one token; llama.cpp keeps them in two bytes a number. What the file
// does not say has the value that llama.cpp takes for it.
static double token_bytes(const struct reader *r)
{
    const double *s = r->sizes;
    double heads = fmax(s[HEADS], 1), width = fmax(s[WIDTH], 0) / heads;
    double key = s[KEY] < 0 ? width : s[KEY], value = s[VALUE] < 0 ? width : s[VALUE];
    double all_heads = fmax(s[LAYERS], 1) * (s[KV_HEADS] < 0 ? heads : s[KV_HEADS]);
    return 2 * (r->all_kv_heads < 0 ? all_heads : r->all_kv_heads) * (key + value);
}

// Its name, wherever among the keys it stands.
static struct str find_architecture(struct reader ahead, uint64_t n_keys)
{
    for (uint64_t i = 0; i < n_keys && !ahead.wrong; i++) {
        struct str key = take_string(&ahead);
        uint32_t type = take_u32(&ahead);
        if (type == GGUF_STRING && str_equal(key, STR_LIT("general.architecture")))
            return take_string(&ahead);
        skip_value(&ahead, type, 0);
    }
    return STR_LIT("");
}

static uint64_t read_keys(struct reader *r, uint64_t n_keys)
{
    uint64_t alignment = 32;
    r->architecture = find_architecture(*r, n_keys);
    for (uint64_t i = 0; i < n_keys && !r->wrong; i++) {
        struct str key = take_string(r);
        uint32_t type = take_u32(r);
        if (!r->wrong && (key.len == 0 || key.len > LONGEST_NAME))
            fail(r, "a key has no name or a very long one");
        check_array(r, key, type);
        check_number(r, key, type);
        check_heads(r, key, type);
        bool is_alignment = str_equal(key, STR_LIT("general.alignment"));
        if (is_alignment && type == GGUF_U32) {
            alignment = take_u32(r);
            if (alignment == 0 || alignment > 1 << 16 || alignment % 8 ||
                (alignment & (alignment - 1)))
                fail(r, "its alignment is no small power of two");
        } else if (is_alignment) {
            fail(r, "its alignment has a wrong type");
        } else {
            skip_value(r, type, 0);
        }
    }
    if (!r->wrong && !r->architecture.len)
        fail(r, "it names no architecture");
    return alignment;
}

// One tensor's header; the end of its data, counted from the start of all data.
static uint64_t read_tensor(struct reader *r, uint64_t alignment)
{
    struct str name = take_string(r);
    uint32_t n_dims = take_u32(r);
    uint64_t n_values = 1, first = 1, end = 0;
    if (!r->wrong && (name.len == 0 || name.len >= 64))
        fail(r, "a tensor has no name or a long one");
    if (!r->wrong && (n_dims == 0 || n_dims > MOST_DIMS))
        fail(r, "a tensor has no dimension or more than four");
    for (uint32_t i = 0; i < n_dims && !r->wrong; i++) {
        uint64_t n = take_u64(r);
        first = i == 0 ? n : first;
        if (n == 0 || __builtin_mul_overflow(n_values, n, &n_values) || n_values > MOST_VALUES)
            fail(r, "a tensor has an impossible size");
    }
    uint32_t type = take_u32(r);
    uint64_t offset = take_u64(r);
    if (r->wrong)
        return 0;
    if (type >= COUNT_OF(blocks) || !blocks[type].n_values)
        fail(r, "a tensor has an unknown type");
    else if (first % blocks[type].n_values)
        fail(r, "a tensor's rows are no whole number of blocks");
    else if (offset % alignment || offset > r->content.len)
        fail(r, "a tensor's place is impossible");
    else
        end = offset + n_values / blocks[type].n_values * blocks[type].n_bytes;
    return end;
}

static void read_all(struct reader *r)
{
    const char *magic = take(r, 4);
    if (magic && memcmp(magic, "GGUF", 4) != 0)
        fail(r, "it is no GGUF file");
    uint32_t version = take_u32(r);
    if (!r->wrong && version != 2 && version != 3)
        fail(r, "its GGUF version is neither 2 nor 3");
    uint64_t n_tensors = take_u64(r), n_keys = take_u64(r), end = 0;
    if (!r->wrong && (n_tensors == 0 || n_tensors > MOST_TENSORS || n_keys > MOST_KEYS))
        fail(r, "it has no tensors, or more tensors or keys than any model");
    uint64_t alignment = read_keys(r, n_keys);
    for (uint64_t i = 0; i < n_tensors && !r->wrong; i++) {
        uint64_t tensor_end = read_tensor(r, alignment);
        end = tensor_end > end ? tensor_end : end;
    }
    if (r->wrong)
        return;
    uint64_t start = (r->at + alignment - 1) / alignment * alignment;
    if (start > r->content.len || end > r->content.len - start)
        fail(r, "its tensors reach past its end; it was cut off");
}

int gguf_check(struct str content, double memory, const char *name, struct err *err)
{
    struct reader r = { .content = content, .all_kv_heads = -1 };
    for (size_t i = 0; i < N_SIZES; i++)
        r.sizes[i] = -1;
    read_all(&r);
    if (!r.wrong && token_bytes(&r) * GGUF_TOKENS > memory)
        return err_set(err, ERR_DATA,
                       "%s cannot be used as a model: by its numbers of layers and heads %d tokens "
                       "take %.4g GiB of memory, and there are %.4g; name another with --model",
                       name, GGUF_TOKENS, token_bytes(&r) * GGUF_TOKENS / 0x1p30, memory / 0x1p30);
    if (!r.wrong)
        return 0;
    return err_set(err, ERR_DATA,
                   "%s cannot be used as a model: %s (byte %zu); fetch the file anew or name "
                   "another with --model",
                   name, r.wrong, r.at);
}

int gguf_check_file(const char *path, struct err *err)
{
    struct file_map map;
    int rc = file_map_open(&map, path, err);
    if (rc)
        return rc;
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    rc = gguf_check(str_make((const char *)map.data, map.size), memory, path, err);
    file_map_close(&map);
    return rc;
}
