// SPDX-License-Identifier: Apache-2.0
// A stranger's model directory: what would give wrong vectors, or none, is refused with a sentence
// that names it, in every precision; and whatever a text is, it gets a vector.
#include "base/crypto.h"
#include "base/file.h"
#include "check.h"
#include "embed/embedder.h"
#include "embed/kernel.h"
#include "micro_model.h"
#include "vec/dot.h"

#include <math.h>
#include <sys/stat.h>

static struct arena arena;

struct directory {
    const char *vocab;          // NULL: the family's
    const char *name, *content; // one more file
    size_t n_buckets, n_layers, n_places; // 0: 2 layers, 12 places
    struct micro_fault fault;
};

static void write_file(const char *dir, const char *name, struct str content)
{
    struct err err = { 0 };
    assert_ok(file_write(path_join(&arena, str_of(dir), name).ptr, content, &err));
}

static void make_model(char path[256], const struct directory *d)
{
    size_t n_layers = d->n_layers ? d->n_layers : 2, n_places = d->n_places ? d->n_places : 12;
    make_dir(path);
    write_file(path, "model.safetensors",
               micro_model(&arena, d->n_buckets, n_layers, n_places, &d->fault));
    write_file(path, "vocab.txt",
               str_of(d->vocab       ? d->vocab
                      : d->n_buckets ? MICRO_MPNET_VOCAB
                                     : MICRO_VOCAB));
    write_file(path, "config.json", STR_LIT("{\"num_attention_heads\":2}"));
    assert_int_equal(mkdir(path_join(&arena, str_of(path), "1_Pooling").ptr, 0700), 0);
    if (d->name)
        write_file(path, d->name, str_of(d->content));
}

// Opens the directory and embeds some texts; the first error's code.
static int embed(const struct directory *d, enum embedder_precision precision,
                 const struct str *texts, size_t n, struct matrix *out, struct err *err)
{
    char path[256];
    struct embedder *e = NULL;
    make_model(path, d);
    int rc = embedder_open(&e, path, precision, NULL, err);
    if (!rc)
        rc = matrix_make(out, n, embedder_dims(e), &arena, "test", err);
    if (!rc)
        rc = embedder_encode(e, texts, n, out, err);
    embedder_close(e);
    remove_dir(path);
    return rc;
}

static void refuse_in(enum embedder_precision precision, struct directory d, const char *sentence)
{
    const struct str texts[] = { STR_LIT("the playing."), STR_LIT("") };
    struct err err = { 0 };
    struct matrix out;
    int rc = embed(&d, precision, texts, COUNT_OF(texts), &out, &err);
    if (rc != ERR_DATA || !strstr(err.text, sentence))
        print_error("wanted \"%s\", got %d %s\n", sentence, rc, rc ? err.text : "");
    assert_int_equal(rc, ERR_DATA);
    assert_non_null(strstr(err.text, sentence));
}

static void refuse(struct directory d, const char *sentence)
{
    refuse_in(EMBEDDER_FP32, d, sentence);
    refuse_in(EMBEDDER_INT16, d, sentence);
    refuse_in(EMBEDDER_INT8, d, sentence);
}

static void accept(struct directory d)
{
    static const enum embedder_precision precisions[] = { EMBEDDER_FP32, EMBEDDER_BF16,
                                                          EMBEDDER_INT16, EMBEDDER_INT8 };
    size_t len = (size_t)1 << 20;
    char *endless = arena_alloc(&arena, len);
    memset(endless, 'x', len);
    const struct str texts[] = {
        STR_LIT("the playing."),
        STR_LIT(""),
        STR_LIT("t"),
        str_make(endless, len),
        STR_LIT("\xFF\xC3"),
        STR_LIT("\xED\xA0\x80 the"),
        STR_LIT("[PAD]<pad>[MASK][SEP]"),
        STR_LIT("the the the the the the the the the the the the the the the the the the")
    };
    for (size_t p = 0; p < COUNT_OF(precisions); p++) {
        struct err err = { 0 };
        struct matrix out;
        assert_ok(embed(&d, precisions[p], texts, COUNT_OF(texts), &out, &err));
        for (size_t i = 0; i < COUNT_OF(texts); i++) {
            float square = 0;
            for (size_t j = 0; j < out.n_cols; j++)
                square += matrix_row(&out, i)[j] * matrix_row(&out, i)[j];
            assert_true(fabsf(square - 1) < 1e-3F);
        }
    }
}

static void test_every_text_has_a_vector(void **state)
{
    (void)state;
    accept((struct directory){ .n_layers = 2 });
    accept((struct directory){ .n_buckets = 32 });
    accept((struct directory){ .n_buckets = 256 });
    // As large as numbers may be, everywhere.
    accept((struct directory){ .fault = { ".weight", .number = 99999, .all = true } });
    accept((struct directory){ .fault = { "query.weight", .number = -99999, .all = true } });
}

// From no word at all to more than any model reads: in every precision beside float32, and a text
// that is cut is the text up to there.
static void test_the_longest_texts(void **state)
{
    static const size_t n_words[] = { 0, 1, 2, 46, 253, 509, 510, 511, 700 };
    static const struct {
        enum embedder_precision precision;
        double least;
    } rows[] = { { EMBEDDER_BF16, 0.999 }, { EMBEDDER_INT16, 0.9999 }, { EMBEDDER_INT8, 0.99 } };
    static const char *const words[] = { "the ", "play ", ". ", "x " }; // a piece each
    struct str texts[COUNT_OF(n_words)];
    char all[5 * 700 + 1] = "";
    size_t len = 0;
    (void)state;
    for (size_t i = 0, n = 0; i < COUNT_OF(n_words); i++) {
        for (; n < n_words[i]; n++)
            len += (size_t)snprintf(all + len, sizeof all - len, "%s", words[n * n / 3 % 4]);
        texts[i] = str_make(all, len);
    }
    for (size_t n_buckets = 0; n_buckets <= 32; n_buckets += 32) {
        struct directory d = { .n_buckets = n_buckets,
                               .n_places = n_buckets ? 514 : 512,
                               .name = "sentence_bert_config.json",
                               .content = "{\"max_seq_length\":512}" };
        struct err err = { 0 };
        struct matrix want, got;
        assert_ok(embed(&d, EMBEDDER_FP32, texts, COUNT_OF(texts), &want, &err));
        for (size_t p = 0; p < COUNT_OF(rows); p++) {
            assert_ok(embed(&d, rows[p].precision, texts, COUNT_OF(texts), &got, &err));
            for (size_t i = 0; i < COUNT_OF(texts); i++)
                assert_true(dot_floats(matrix_row(&want, i), matrix_row(&got, i), want.n_cols) >=
                            rows[p].least);
            size_t n_bytes = got.n_cols * sizeof(float);
            assert_memory_equal(matrix_row(&got, 6), matrix_row(&got, 7), n_bytes);
            assert_memory_equal(matrix_row(&got, 6), matrix_row(&got, 8), n_bytes);
            assert_memory_not_equal(matrix_row(&got, 5), matrix_row(&got, 6), n_bytes);
        }
    }
}

static void test_numbers(void **state)
{
    static const char *const tensors[] = {
        "word_embeddings.weight",
        "position_embeddings.weight",
        "token_type_embeddings.weight",
        "LayerNorm.bias",
        "layer.1.intermediate.dense.weight",
        "layer.1.output.dense.bias",
    };
    static const float numbers[] = { NAN, INFINITY, -3e38F, 2e5F };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tensors); i++)
        for (size_t k = 0; k < COUNT_OF(numbers); k++) {
            // Of the two segments only the first is used: all of it is wrong.
            bool all = strstr(tensors[i], "token_type");
            refuse((struct directory){ .fault = { tensors[i], .number = numbers[k], .all = all } },
                   tensors[i]);
        }
    for (size_t k = 0; k < COUNT_OF(numbers); k++)
        refuse((struct directory){ .n_buckets = 32,
                                   .fault = { "relative_attention_bias.weight",
                                              .number = numbers[k] } },
               "relative_attention_bias");
    refuse((struct directory){ .fault = { "output.LayerNorm", .all = true } },
           "gives a text no vector");
}

static void test_tensors(void **state)
{
    (void)state;
    refuse((struct directory){ .fault = { "layer.0.intermediate.dense.weight", "" } }, "layers");
    refuse(
        (struct directory){ .n_layers = 3, .fault = { "layer.1.intermediate.dense.weight", "" } },
        "a layer is missing");
    refuse((struct directory){ .fault = { "layer.1.intermediate.dense.weight",
                                          "encoder.layer.256.intermediate.dense.weight" } },
           "a layer is missing");
    refuse((struct directory){ .fault = { "layer.1.output.dense.bias", "" } }, "is missing");
    refuse((struct directory){ .n_buckets = 257 }, "4 to 256");
    refuse((struct directory){ .n_buckets = 3 }, "4 to 256");
}

static void refuse_file(const char *name, const char *content, const char *sentence)
{
    refuse((struct directory){ .name = name, .content = content }, sentence);
}

static void test_configs(void **state)
{
    const char *const config = "config.json", *const pooling = "1_Pooling/config.json";
    (void)state;
    refuse_file(config, "{\"num_attention_heads\":0}", "num_attention_heads");
    refuse_file(config, "{\"num_attention_heads\":-2}", "num_attention_heads");
    refuse_file(config, "{\"num_attention_heads\":9223372036854775807}", "num_attention_heads");
    refuse_file(config, "{\"num_attention_heads\":\"2\"}", "num_attention_heads");
    refuse_file(config, "{\"num_attention_heads\":3}", "heads do not divide");
    refuse_file(config, "{\"num_hidden_layers\":1}", "num_hidden_layers");
    refuse_file(config, "{\"num_hidden_layers\":1e300}", "num_hidden_layers");
    refuse_file(config, "{\"layer_norm_eps\":0}", "layer_norm_eps");
    refuse_file(config, "{\"layer_norm_eps\":1e-60}", "layer_norm_eps");
    refuse_file(config, "{\"layer_norm_eps\":1}", "layer_norm_eps");
    refuse_file(config, "{\"layer_norm_eps\":\"1e-12\"}", "layer_norm_eps");
    refuse_file(config, "{\"model_type\":\"roberta\"}", "model_type");
    refuse_file(config, "{\"hidden_act\":\"relu\"}", "hidden_act");
    refuse_file(config, "{", "config.json");
    refuse_file(config, "[]", "heads do not divide");
    refuse_file("sentence_bert_config.json", "{\"max_seq_length\":1}", "max_seq_length");
    refuse_file("sentence_bert_config.json", "{\"max_seq_length\":1e18}", "max_seq_length");
    refuse_file(pooling, "{}", "1_Pooling");
    refuse_file(pooling, "{\"pooling_mode_max_tokens\":true}", "1_Pooling");
    refuse_file(pooling, "{\"pooling_mode_mean_tokens\":true,\"pooling_mode_max_tokens\":true}",
                "1_Pooling");
    refuse_file(pooling, "{\"pooling_mode_mean_tokens\":true,\"pooling_mode_cls_token\":true}",
                "1_Pooling");
    refuse_file("tokenizer_config.json", "{\"do_lower_case\":false}", "uncased");
    refuse_file("tokenizer_config.json", "{\"strip_accents\":false}", "uncased");
    refuse_file("modules.json",
                "[{\"type\":\"sentence_transformers.models.Transformer\"},"
                "{\"type\":\"sentence_transformers.models.Dense\"}]",
                "modules.json");
    refuse_file("vocab.txt", "[CLS]\n[SEP]\nthe\n", "[UNK]");
    refuse_file("vocab.txt", MICRO_VOCAB "ten\n", "does not belong");
    refuse_file("vocab.txt", "", "[CLS]");
    accept((struct directory){ .name = "sentence_bert_config.json",
                               .content = "{\"max_seq_length\":null}" });
    accept((struct directory){ .name = "sentence_bert_config.json",
                               .content = "{\"max_seq_length\":2}" });
    accept((struct directory){ .name = "tokenizer_config.json",
                               .content = "{\"do_lower_case\":true,\"strip_accents\":null}" });
    accept(
        (struct directory){ .name = "modules.json",
                            .content = "[{\"type\":\"sentence_transformers.models.Pooling\"}]" });
}

// GELU runs over whole vectors of the CPU: a width between the wide products that is no multiple
// of them takes the plain kernels.
static void test_kernel_fits(void **state)
{
    static const size_t widths[] = { 1, 4, 8, 12, 16, 24, 32, 33, 64 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        for (size_t j = 0; j < COUNT_OF(widths); j++) {
            const struct kernel *kernel = kernel_choose(widths[i], widths[j]);
            assert_int_equal(widths[i] % kernel->lanes, 0);
            assert_int_equal(widths[j] % kernel->lanes, 0);
        }
}

static int start(void **state)
{
    struct err err = { 0 };
    (void)state;
    return crypto_start(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_has_a_vector),
        cmocka_unit_test(test_the_longest_texts),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_tensors),
        cmocka_unit_test(test_configs),
        cmocka_unit_test(test_kernel_fits),
    };
    int rc = cmocka_run_group_tests(tests, start, NULL);
    arena_release(&arena);
    return rc;
}
