// SPDX-License-Identifier: Apache-2.0
#include "llm/gguf_open.h"

#include "base/cache.h"
#include "base/file.h"
#include "base/known_sha256.h"
#include "base/limits.h"
#include "base/log.h"
#include "llm/gguf_check.h"

#include <ggml-cpu.h>
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SMALL_MODEL ((uint64_t)600000000) // parameters: in bfloat16 it stays near a gigabyte

// Else an abort of ggml's would start a debugger over this process and print what it finds, words
// of a conversation maybe. Before ggml's own code is set up, which looks, too.
__attribute__((constructor(101))) static void print_no_backtrace(void)
{
    setenv("GGML_NO_BACKTRACE", "1", 1);
}

static void quiet(enum ggml_log_level level, const char *text, void *data)
{
    (void)level, (void)text, (void)data; // its lines could hold words of a conversation
}

// The weights in the form that this CPU multiplies fastest (docs/llm.md has the figures): bfloat16
// where the CPU has products of it and the model is small, else 8 bits; with AMX the 4-bit forms
// stay. NULL: as the file is.
static const char *fast_form(const struct llama_model *model, enum llama_ftype *form)
{
    enum llama_ftype now = llama_model_ftype(model);
    bool four_bits = now == LLAMA_FTYPE_MOSTLY_Q4_0 || now == LLAMA_FTYPE_MOSTLY_Q4_1;
    bool fast = now == LLAMA_FTYPE_MOSTLY_Q8_0 || now == LLAMA_FTYPE_MOSTLY_BF16 ||
                now == LLAMA_FTYPE_MOSTLY_F16 || now == LLAMA_FTYPE_ALL_F32;
    if (fast || (four_bits && ggml_cpu_has_amx_int8()))
        return NULL;
    bool small = llama_model_n_params(model) <= SMALL_MODEL;
    bool bf16 = small && ggml_cpu_has_avx512_bf16() && !ggml_cpu_has_amx_int8();
    *form = bf16 ? LLAMA_FTYPE_MOSTLY_BF16 : LLAMA_FTYPE_MOSTLY_Q8_0;
    return bf16 ? "bf16" : "q8_0";
}

// Where the converted model is kept (base/cache.h). False where nothing can be.
static bool find_place(const char *path, const char *form, char cached[LIMIT_PATH_BYTES])
{
    char sha[DIGEST_HEX], name[64];
    struct err ignored = { 0 };
    if (known_sha256(path, sha, &ignored))
        return false;
    snprintf(name, sizeof name, "models/%.16s-%s.gguf", sha, form);
    return cache_path(name, cached);
}

// Converts once; a process that is killed leaves a file that nobody reads. False when it cannot be.
static bool convert(const char *path, enum llama_ftype form, const char *cached)
{
    char work[LIMIT_PATH_BYTES + 32];
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    snprintf(work, sizeof work, "%s.%ld", cached, (long)getpid());
    params.ftype = form;
    params.allow_requantize = true;
    log_note("converting the language model for this CPU, once");
    if (llama_model_quantize(path, work, &params) == 0 && rename(work, cached) == 0)
        return true;
    unlink(work);
    return false;
}

// Opens the converted model in place of the one that is open. What goes wrong here only costs
// speed.
static void use_fast_form(struct llama_model **model, const char *path,
                          const struct llama_model_params *params)
{
    char cached[LIMIT_PATH_BYTES];
    struct err err = { 0 };
    enum llama_ftype form;
    const char *name = fast_form(*model, &form);
    if (!name || !find_place(path, name, cached))
        return;
    if (!file_exists(cached) && !convert(path, form, cached)) {
        log_detail("the language model is used as it is, which is slower");
        return;
    }
    struct llama_model *fast =
        gguf_check_file(cached, &err) ? NULL : llama_model_load_from_file(cached, *params);
    if (!fast) {
        unlink(cached);
        return;
    }
    llama_model_free(*model);
    *model = fast;
}

int gguf_open(struct llama_model **out, const char *path, struct err *err)
{
    struct llama_model_params params = llama_model_default_params();
    int rc = gguf_check_file(path, err);
    if (rc)
        return rc;
    llama_log_set(quiet, NULL);
    llama_backend_init();
    params.n_gpu_layers = 0;
    struct llama_model *model = llama_model_load_from_file(path, params);
    if (!model)
        return err_set(err, ERR_DATA,
                       "llama.cpp cannot load %s: not a model it knows; name another with --model",
                       path);
    use_fast_form(&model, path, &params);
    if (!llama_model_has_decoder(model) || llama_model_has_encoder(model) ||
        llama_vocab_type(llama_model_get_vocab(model)) == LLAMA_VOCAB_TYPE_NONE) {
        llama_model_free(model);
        return err_set(err, ERR_DATA, "%s generates no text; name another with --model", path);
    }
    *out = model;
    return 0;
}
