// SPDX-License-Identifier: Apache-2.0
#include "run/check.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "embed/embedder.h"
#include "run/model_path.h"
#include "vec/gemm.h"
#include "vec/isa.h"

#include <stdio.h>
#include <unistd.h>

static void cpu_name(char name[128])
{
    char row[512];
    FILE *f = fopen("/proc/cpuinfo", "re");
    snprintf(name, 128, "unknown");
    while (f && fgets(row, sizeof row, f))
        if (sscanf(row, "model name : %127[^\n]", name) == 1)
            break;
    if (f)
        fclose(f);
}

static const char *cpu_features(void)
{
    if (__builtin_cpu_supports("avx512bf16"))
        return "AVX-512 with bf16";
    if (__builtin_cpu_supports("avx512f"))
        return "AVX-512";
    if (isa_has(ISA_AVX_VNNI))
        return "AVX2 with VNNI";
    return __builtin_cpu_supports("avx2") ? "AVX2" : "SSE only: slow";
}

// One model: its path and the start of its hash, or the sentence that says how to get it.
static int put_model(struct buf *out, const char *name, int missing, struct str path,
                     const struct err *why, bool *all, struct err *err)
{
    char hex[DIGEST_HEX];
    if (missing) {
        *all = false;
        return buf_printf(out, err, "%s: missing (%s)\n", name, why->text);
    }
    struct err unread = { 0 };
    if (file_sha256(path.ptr, hex, &unread)) {
        *all = false;
        return buf_printf(out, err, "%s: unreadable (%s)\n", name, unread.text);
    }
    return buf_printf(out, err, "%s: %s (sha256 %.12s…)\n", name, path.ptr, hex);
}

// The lines "name: value" as one JSON object of the same names, with `is_complete` at its end.
static int put_json(struct buf *out, struct str lines, bool all, struct err *err)
{
    int rc = buf_printf(out, err, "{");
    struct str line, name;
    while (!rc && str_cut(&lines, '\n', &line)) {
        struct str value = line;
        if (!line.len || !str_cut(&value, ':', &name))
            continue;
        rc = json_put_str(out, name, err);
        if (!rc)
            rc = buf_printf(out, err, ":");
        if (!rc)
            rc = json_put_str(out, str_trim(value), err);
        if (!rc)
            rc = buf_printf(out, err, ",");
    }
    return rc ? rc : buf_printf(out, err, "\"is_complete\":%s}\n", all ? "true" : "false");
}

static int look(const struct config *config, struct buf *out, bool *complete, struct err *err)
{
    char cpu[128];
    bool all = true;
    struct arena a = { 0 };
    struct str path = { 0 };
    struct err why = { 0 };
    cpu_name(cpu);
    int rc = buf_printf(out, err, "version: %s\ncpu: %s, %ld cores, %s\nmatrix kernel: %s%s\n",
                        CLIO_VERSION, cpu, sysconf(_SC_NPROCESSORS_ONLN), cpu_features(),
                        gemm_kernel(), gemm_multiplies_bf16() ? ", bf16 products" : "");
    bool remote = strcmp(config_text(config, "profile"), "remote") == 0;
    int missing = remote ? 0 : model_path_llm(&a, config, &path, &why);
    if (!rc && remote)
        rc = buf_printf(out, err, "language model: %s, by a server\n",
                        config_text(config, "model"));
    else if (!rc)
        rc = put_model(out, "language model", missing, path, &why, &all, err);
    bool by_server = strcmp(config_text(config, "embeddings"), "remote") == 0;
    missing = by_server ? 0 : model_path_embedder(&a, config, &path, &why);
    if (!rc && by_server)
        rc = buf_printf(out, err, "embedder: %s, by a server\n", config_text(config, "embedder"));
    if (!missing && !by_server)
        path = path_join(&a, path, "model.safetensors");
    if (!rc && !by_server)
        rc = put_model(out, "embedder", missing, path, &why, &all, err);
    if (!rc && !by_server)
        rc = buf_printf(out, err, "embedder products: %s\n",
                        embedder_products(embedder_precision_of(config_text(config, "precision"))));
    arena_release(&a);
    *complete = all;
    return rc;
}

int check_machine(const struct config *config, struct buf *out, struct err *err)
{
    bool all = true;
    struct buf lines;
    buf_init(&lines, (size_t)1 << 20, "check");
    int rc = look(config, &lines, &all, err);
    if (!rc && config_on(config, "json"))
        rc = put_json(out, buf_view(&lines), all, err);
    else if (!rc)
        rc = buf_printf(out, err, "%.*s", STR_ARG(buf_view(&lines)));
    buf_release(&lines);
    if (!rc && !all)
        rc = err_set(err, ERR_CONFIG,
                     "something is missing, as said above; tools/setup installs it");
    return rc;
}
