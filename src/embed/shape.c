// SPDX-License-Identifier: Apache-2.0
#include "embed/shape.h"

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

#include <stdio.h>

#define MAX_CONFIG ((size_t)1 << 20)
#define MAX_LAYERS ((size_t)256)
#define MAX_DIMS ((size_t)8192)
#define LEAST_EPS 1e-30 // a smaller one is none beside the squares of float32

const char *shape_name(const struct shape *shape, size_t i_layer, const char *part,
                       char name[SHAPE_NAME])
{
    if (i_layer == SIZE_MAX)
        snprintf(name, SHAPE_NAME, "%s%s", shape->prefix, part);
    else
        snprintf(name, SHAPE_NAME, "%sencoder.layer.%zu.%s", shape->prefix, i_layer, part);
    return name;
}

static const struct tensor *find(const struct shape *shape, const struct weights *w,
                                 size_t i_layer, const char *part)
{
    char name[SHAPE_NAME];
    return weights_find(w, shape_name(shape, i_layer, part, name));
}

static bool find_prefix(struct shape *shape, const struct weights *w)
{
    static const char *const prefixes[] = { "", "bert.", "mpnet." };
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        snprintf(shape->prefix, sizeof shape->prefix, "%s", prefixes[i]);
        if (find(shape, w, SIZE_MAX, "embeddings.word_embeddings.weight"))
            return true;
    }
    return false;
}

static int no_encoder(struct err *err, const char *why)
{
    return err_set(err, ERR_DATA,
                   "model.safetensors holds no encoder that clio runs (%s); BERT and MPNet "
                   "sentence models work",
                   why);
}

static bool sizes_fit(const struct shape *s)
{
    return s->dims && s->dims <= MAX_DIMS && s->n_ffn && s->n_ffn <= 4 * MAX_DIMS &&
           s->n_vocab >= 8 && s->n_positions >= 8;
}

// All layers there are, without a hole: one that is lost would be left out in silence.
static int count_layers(struct shape *shape, const struct weights *w, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i <= MAX_LAYERS; i++)
        if (find(shape, w, i, "intermediate.dense.weight") && n++ != i)
            return no_encoder(err, "a layer is missing");
    if (!n || n > MAX_LAYERS)
        return no_encoder(err, n ? "too many layers" : "no layers");
    shape->n_layers = n;
    return 0;
}

static int measure(struct shape *shape, const struct weights *w, struct err *err)
{
    if (!find_prefix(shape, w))
        return no_encoder(err, "no word embeddings");
    const struct tensor *words = find(shape, w, SIZE_MAX, "embeddings.word_embeddings.weight");
    const struct tensor *places = find(shape, w, SIZE_MAX, "embeddings.position_embeddings.weight");
    const struct tensor *up = find(shape, w, 0, "intermediate.dense.weight");
    const struct tensor *relative =
        find(shape, w, SIZE_MAX, "encoder.relative_attention_bias.weight");
    if (!places || !up || words->n_dims != 2 || places->n_dims != 2 || up->n_dims != 2 ||
        places->shape[1] != words->shape[1])
        return no_encoder(err, "no positions or layers");
    shape->n_vocab = words->shape[0];
    shape->dims = words->shape[1];
    shape->n_positions = places->shape[0];
    shape->n_ffn = up->shape[0];
    shape->mpnet = relative && relative->n_dims == 2;
    if (shape->mpnet) {
        shape->n_buckets = relative->shape[0];
        shape->n_heads = relative->shape[1];
    } else {
        shape->n_heads = shape->dims == 384 || shape->dims == 768 ? 12 : shape->dims / 64;
    }
    if (!sizes_fit(shape))
        return no_encoder(err, "sizes out of range");
    shape->eps = shape->mpnet ? 1e-5F : 1e-12F;
    shape->max_tokens = shape->mpnet ? 384 : 256;
    return count_layers(shape, w, err);
}

// The file as JSON; *root NULL when it is not there.
static int open_config(const char *dir, const char *name, struct arena *a, struct json **root,
                       struct err *err)
{
    struct str path = path_join(a, str_of(dir), name), text;
    *root = NULL;
    if (!file_exists(path.ptr))
        return 0;
    int rc = file_read(a, path.ptr, MAX_CONFIG, &text, err);
    if (!rc)
        rc = json_open(root, text, err);
    return rc ? err_add(err, "%s", path.ptr) : 0;
}

// Whether a member has this text; true when it is not there.
static bool says(const struct json *root, const char *key, const char *value)
{
    const struct json *v = json_member(root, key);
    return !v || str_equal(json_str(v), str_of(value));
}

// A number that a config gives; false when it stands there and is none of `least` … `most`. One
// that is not there, or null, leaves *out as it is.
static bool read_whole(const struct json *root, const char *key, size_t least, size_t most,
                       size_t *out)
{
    const struct json *v = json_member(root, key);
    int64_t n;
    if (!v || json_kind(v) == JSON_NULL_VALUE)
        return true;
    if (!json_whole(v, &n) || n < (int64_t)least || n > (int64_t)most)
        return false;
    *out = (size_t)n;
    return true;
}

static int read_config(struct shape *shape, const struct json *root, struct err *err)
{
    const struct json *told = json_member(root, "layer_norm_eps");
    size_t n_heads = shape->n_heads, n_layers = shape->n_layers;
    double eps = (double)shape->eps;
    if (!says(root, "model_type", shape->mpnet ? "mpnet" : "bert"))
        return no_encoder(err, "model_type in config.json");
    if (!says(root, "hidden_act", "gelu"))
        return no_encoder(err, "hidden_act in config.json is not gelu");
    if (!says(root, "position_embedding_type", "absolute"))
        return no_encoder(err, "position_embedding_type in config.json is not absolute");
    if (!read_whole(root, "num_attention_heads", 1, shape->dims, &n_heads) ||
        (shape->mpnet && n_heads != shape->n_heads))
        return no_encoder(err, "num_attention_heads in config.json");
    if (!read_whole(root, "num_hidden_layers", shape->n_layers, shape->n_layers, &n_layers))
        return no_encoder(err, "num_hidden_layers in config.json is not the number of its layers");
    if (told && (!json_number(told, &eps) || !(eps >= LEAST_EPS && eps < 1)))
        return no_encoder(err, "layer_norm_eps in config.json");
    shape->n_heads = n_heads;
    shape->eps = (float)eps;
    return 0;
}

static int read_sentence(struct shape *shape, const struct json *root, struct err *err)
{
    if (!read_whole(root, "max_seq_length", 2, (size_t)INT32_MAX, &shape->max_tokens))
        return no_encoder(err, "max_seq_length in sentence_bert_config.json");
    return 0;
}

static int read_pooling(struct shape *shape, const struct json *root, struct err *err)
{
    bool mean = json_truth(json_member(root, "pooling_mode_mean_tokens"));
    shape->pool_first = json_truth(json_member(root, "pooling_mode_cls_token"));
    bool other = json_truth(json_member(root, "pooling_mode_max_tokens")) ||
                 json_truth(json_member(root, "pooling_mode_mean_sqrt_len_tokens")) ||
                 json_truth(json_member(root, "pooling_mode_weightedmean_tokens")) ||
                 json_truth(json_member(root, "pooling_mode_lasttoken"));
    if (mean != shape->pool_first && !other)
        return 0;
    return no_encoder(err, "1_Pooling/config.json asks for another vector than the mean or the "
                           "first token");
}

// wordpiece.c folds as uncased models want it.
static int read_tokenizer(struct shape *shape, const struct json *root, struct err *err)
{
    static const char *const keys[] = { "do_lower_case", "strip_accents",
                                        "tokenize_chinese_chars" };
    (void)shape;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct json *v = json_member(root, keys[i]);
        if (json_kind(v) == JSON_BOOLEAN && !json_truth(v))
            return no_encoder(err, "tokenizer_config.json: only uncased vocabularies work");
    }
    return 0;
}

// What sentence-transformers does behind the encoder; more than pooling is not done here.
static int read_modules(struct shape *shape, const struct json *root, struct err *err)
{
    static const char *const known[] = { ".Transformer", ".Pooling", ".Normalize" };
    (void)shape;
    for (size_t i = 0; i < json_length(root); i++) {
        struct str type = json_str(json_member(json_element(root, i), "type"));
        bool is_known = false;
        for (size_t k = 0; k < COUNT_OF(known); k++)
            is_known = is_known || str_ends(type, str_of(known[k]));
        if (!is_known)
            return no_encoder(err, "modules.json asks for more than an encoder and pooling");
    }
    return 0;
}

static int read_configs(struct shape *shape, const char *dir, struct arena *a, struct err *err)
{
    static const struct {
        const char *name;
        int (*read)(struct shape *shape, const struct json *root, struct err *err);
    } configs[] = {
        { "config.json", read_config },
        { "sentence_bert_config.json", read_sentence },
        { "1_Pooling/config.json", read_pooling },
        { "tokenizer_config.json", read_tokenizer },
        { "modules.json", read_modules },
    };
    int rc = 0;
    for (size_t i = 0; i < COUNT_OF(configs) && !rc; i++) {
        struct json *root;
        rc = open_config(dir, configs[i].name, a, &root, err);
        if (!rc && root)
            rc = configs[i].read(shape, root, err);
        json_close(root);
    }
    return rc;
}

int shape_read(struct shape *shape, const char *dir, const struct weights *weights,
               struct err *err)
{
    struct arena scratch = { 0 };
    *shape = (struct shape){ 0 };
    int rc = measure(shape, weights, err);
    if (!rc)
        rc = read_configs(shape, dir, &scratch, err);
    arena_release(&scratch);
    if (rc)
        return rc;
    if (!shape->n_heads || shape->n_heads > shape->dims || shape->dims % shape->n_heads)
        return no_encoder(err, "heads do not divide the width");
    // MPNet's first two positions are not used: they stand for padding.
    size_t n_places = shape->n_positions - (shape->mpnet ? 2 : 0);
    shape->max_tokens = size_min(shape->max_tokens, size_min(n_places, LIMIT_EMBED_TOKENS));
    return 0;
}
