// SPDX-License-Identifier: Apache-2.0
#include "embed/shape.h"

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"

#include <stdio.h>

#define MAX_CONFIG ((size_t)1 << 20)
#define MAX_LAYERS ((size_t)256)
#define MAX_DIMS ((size_t)8192)

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

static int measure(struct shape *shape, const struct weights *w, struct err *err)
{
    if (!find_prefix(shape, w))
        return no_encoder(err, "no word embeddings");
    const struct tensor *words = find(shape, w, SIZE_MAX, "embeddings.word_embeddings.weight");
    const struct tensor *places = find(shape, w, SIZE_MAX, "embeddings.position_embeddings.weight");
    const struct tensor *up = find(shape, w, 0, "intermediate.dense.weight");
    const struct tensor *relative =
        find(shape, w, SIZE_MAX, "encoder.relative_attention_bias.weight");
    if (!places || !up || words->n_dims != 2 || places->n_dims != 2 || up->n_dims != 2)
        return no_encoder(err, "no positions or layers");
    while (shape->n_layers < MAX_LAYERS &&
           find(shape, w, shape->n_layers, "intermediate.dense.weight"))
        shape->n_layers++;
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
    return 0;
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

static int read_config(struct shape *shape, const struct json *root, struct err *err)
{
    int64_t n_heads;
    double eps;
    if (!says(root, "model_type", shape->mpnet ? "mpnet" : "bert"))
        return no_encoder(err, "model_type in config.json");
    if (!says(root, "hidden_act", "gelu"))
        return no_encoder(err, "hidden_act in config.json is not gelu");
    if (!says(root, "position_embedding_type", "absolute"))
        return no_encoder(err, "position_embedding_type in config.json is not absolute");
    if (!shape->mpnet && json_whole(json_member(root, "num_attention_heads"), &n_heads) &&
        n_heads > 0)
        shape->n_heads = (size_t)n_heads;
    if (json_number(json_member(root, "layer_norm_eps"), &eps) && eps > 0 && eps < 1)
        shape->eps = (float)eps;
    return 0;
}

static int read_pooling(struct shape *shape, const struct json *root, struct err *err)
{
    shape->pool_first = json_truth(json_member(root, "pooling_mode_cls_token"));
    if (shape->pool_first || json_truth(json_member(root, "pooling_mode_mean_tokens")))
        return 0;
    return no_encoder(err, "1_Pooling/config.json asks for neither mean nor first token");
}

static int read_configs(struct shape *shape, const char *dir, struct arena *a, struct err *err)
{
    struct json *model, *sentence = NULL, *pooling = NULL;
    int64_t n;
    int rc = open_config(dir, "config.json", a, &model, err);
    if (!rc)
        rc = open_config(dir, "sentence_bert_config.json", a, &sentence, err);
    if (!rc)
        rc = open_config(dir, "1_Pooling/config.json", a, &pooling, err);
    if (!rc && model)
        rc = read_config(shape, model, err);
    if (!rc && sentence && json_whole(json_member(sentence, "max_seq_length"), &n) && n >= 2)
        shape->max_tokens = (size_t)n;
    if (!rc && pooling)
        rc = read_pooling(shape, pooling, err);
    json_close(model);
    json_close(sentence);
    json_close(pooling);
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
