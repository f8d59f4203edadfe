// SPDX-License-Identifier: Apache-2.0
// The one door to oneDNN. For each weights object we make one product primitive for each of a few
// fixed heights (blocks of rows), all on the same packed weights: n rows are served by full blocks
// and a last one padded with zeros. oneDNN may choose another order of summing for another height,
// so when the weights are opened every height is tried on the same rows, and one whose bits
// differ from the tallest is not used: so a row's result never depends on n.
//
// Debian's libdnnl is built with OpenMP; each thread that enters is told once to work alone. Memory
// for oneDNN's own scratch is handed in, so that several threads may run one product at a time.
#include "vec/gemm.h"

#include "vec/gemm_panels.h"
#include "vec/round.h"
#include "vec/take.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

void omp_set_num_threads(int n); // of libgomp; its header needs GCC, tools of clang read this file

static const size_t block_heights[] = { 256, 64, 16 };
#define MAX_BLOCKS COUNT_OF(block_heights)

struct block {
    size_t n_rows;
    dnnl_primitive_t product;
    dnnl_memory_desc_t a, c, scratch;
};

struct gemm_weights {
    size_t n_out, n_in;
    dnnl_data_type_t type, result; // of A and of the packed weights; of C
    enum gemm_after after;
    bool round;            // A is float32 but its values are rounded to bf16 (no bf16 kernel here)
    dnnl_memory_t packed, bias;
    struct block blocks[MAX_BLOCKS]; // tallest first
    size_t n_blocks, scratch_size;
    uint8_t *panels; // of whole numbers, where oneDNN's products are not exact; all else is 0
};

static dnnl_engine_t the_engine(void)
{
    static dnnl_engine_t engine;
    static int once; // 0 nobody, 1 somebody makes it, 2 made
    int nobody = 0;
    if (__atomic_load_n(&once, __ATOMIC_ACQUIRE) == 2)
        return engine;
    if (__atomic_compare_exchange_n(&once, &nobody, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success)
            BUG("oneDNN has no engine for this CPU");
        __atomic_store_n(&once, 2, __ATOMIC_RELEASE);
    }
    while (__atomic_load_n(&once, __ATOMIC_ACQUIRE) != 2)
        __builtin_ia32_pause();
    return engine;
}

// oneDNN asks OpenMP how many threads it may start; the answer is kept per thread.
static void work_alone(void)
{
    // Aligned as the linker's pages are protected: mold 1.10 puts a lone byte before them, and
    // where the code ends near the end of a page the program does not start.
    static _Thread_local _Alignas(64) bool told;
    if (!told)
        omp_set_num_threads(1);
    told = true;
}

static int refuse(struct err *err, const char *what, dnnl_status_t status)
{
    if (status == dnnl_out_of_memory)
        return err_set(err, ERR_UNAVAILABLE, "no memory for %s", what);
    return err_set(err, ERR_SOFTWARE, "oneDNN cannot make %s on this CPU (status %d)", what,
                   (int)status);
}

static dnnl_status_t describe_plain(dnnl_memory_desc_t *md, size_t n_rows, size_t n_cols,
                                    bool transposed, dnnl_data_type_t type)
{
    dnnl_dims_t dims = { (dnnl_dim_t)n_rows, (dnnl_dim_t)n_cols };
    dnnl_dims_t strides = { (dnnl_dim_t)n_cols, 1 };
    if (transposed) {
        strides[0] = 1;
        strides[1] = (dnnl_dim_t)n_rows;
    }
    return dnnl_memory_desc_init_by_strides(md, 2, dims, type, strides);
}

static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attr, enum gemm_after after)
{
    dnnl_status_t status = dnnl_primitive_attr_create(attr);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (status != dnnl_success || after != GEMM_GELU_ERF)
        return status;
    dnnl_post_ops_t ops;
    status = dnnl_post_ops_create(&ops);
    if (status != dnnl_success)
        return status;
    status = dnnl_post_ops_append_eltwise(ops, 1.0F, dnnl_eltwise_gelu_erf, 0, 0);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(*attr, ops);
    dnnl_post_ops_destroy(ops);
    return status;
}

// Fills the block and *packed, the layout of the weights: chosen by oneDNN when it comes with
// format kind `any`, kept otherwise.
static dnnl_status_t make_block(struct block *block, size_t n_rows, const struct gemm_weights *w,
                                dnnl_memory_desc_t *packed, bool has_bias, enum gemm_after after)
{
    dnnl_memory_desc_t bias;
    dnnl_matmul_desc_t product;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t found = NULL;
    block->n_rows = n_rows;
    dnnl_status_t status = describe_plain(&block->a, n_rows, w->n_in, false, w->type);
    if (status == dnnl_success)
        status = describe_plain(&block->c, n_rows, w->n_out, false, w->result);
    if (status == dnnl_success)
        status = describe_plain(&bias, 1, w->n_out, false, dnnl_f32);
    if (status == dnnl_success)
        status = dnnl_matmul_desc_init(&product, &block->a, packed, has_bias ? &bias : NULL,
                                       &block->c);
    if (status == dnnl_success)
        status = make_attributes(&attr, after);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(&found, &product, attr, the_engine(), NULL);
    if (status == dnnl_success) {
        *packed = *dnnl_primitive_desc_query_md(found, dnnl_query_weights_md, 0);
        block->scratch = *dnnl_primitive_desc_query_md(found, dnnl_query_scratchpad_md, 0);
        status = dnnl_primitive_create(&block->product, found);
    }
    dnnl_primitive_desc_destroy(found);
    dnnl_primitive_attr_destroy(attr);
    return status;
}

static dnnl_status_t execute(dnnl_primitive_t primitive, int n, const dnnl_exec_arg_t *args)
{
    dnnl_stream_t stream;
    dnnl_status_t status = dnnl_stream_create(&stream, the_engine(), dnnl_stream_default_flags);
    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_execute(primitive, stream, n, args);
    if (status == dnnl_success)
        status = dnnl_stream_wait(stream);
    dnnl_stream_destroy(stream);
    return status;
}

static dnnl_status_t reorder(dnnl_memory_t from, const dnnl_memory_desc_t *from_md,
                             dnnl_memory_t to, const dnnl_memory_desc_t *to_md)
{
    dnnl_primitive_desc_t found = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };
    dnnl_engine_t engine = the_engine();
    dnnl_status_t status =
        dnnl_reorder_primitive_desc_create(&found, from_md, engine, to_md, engine, NULL);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&primitive, found);
    if (status == dnnl_success)
        status = execute(primitive, 2, args);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(found);
    return status;
}

static dnnl_status_t pack(struct gemm_weights *w, const void *b, const dnnl_memory_desc_t *packed)
{
    dnnl_memory_desc_t plain;
    dnnl_memory_t from = NULL;
    float *rounded = NULL;
    dnnl_status_t status = describe_plain(&plain, w->n_in, w->n_out, true,
                                          w->type == dnnl_s8 ? dnnl_s8 : dnnl_f32);
    if (status == dnnl_success && w->round) {
        rounded = take(w->n_in * w->n_out, sizeof *rounded);
        if (!rounded)
            return dnnl_out_of_memory;
        round_in_float(b, w->n_in * w->n_out, rounded);
        b = rounded;
    }
    if (status == dnnl_success)
        status = dnnl_memory_create(&from, &plain, the_engine(), (void *)(uintptr_t)b);
    if (status == dnnl_success)
        status = dnnl_memory_create(&w->packed, packed, the_engine(), DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = reorder(from, &plain, w->packed, packed);
    dnnl_memory_destroy(from);
    free(rounded);
    return status;
}

static dnnl_status_t copy_bias(struct gemm_weights *w, const float *bias)
{
    dnnl_memory_desc_t md;
    void *place;
    dnnl_status_t status = describe_plain(&md, 1, w->n_out, false, dnnl_f32);
    if (status == dnnl_success)
        status = dnnl_memory_create(&w->bias, &md, the_engine(), DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_memory_get_data_handle(w->bias, &place);
    if (status == dnnl_success)
        memcpy(place, bias, w->n_out * sizeof *bias);
    return status;
}

// The memory objects of one call; only their addresses change from block to block.
struct call {
    dnnl_memory_t a, c, scratch;
};

static dnnl_status_t run_block(const struct gemm_weights *w, const struct block *block,
                               const void *a, void *c, void *scratch)
{
    struct call call = { 0 };
    dnnl_engine_t engine = the_engine();
    dnnl_status_t status =
        dnnl_memory_create(&call.a, &block->a, engine, (void *)(uintptr_t)a);
    if (status == dnnl_success)
        status = dnnl_memory_create(&call.c, &block->c, engine, c);
    if (status == dnnl_success)
        status = dnnl_memory_create(&call.scratch, &block->scratch, engine, scratch);
    dnnl_exec_arg_t args[] = { { DNNL_ARG_SRC, call.a },
                               { DNNL_ARG_WEIGHTS, w->packed },
                               { DNNL_ARG_DST, call.c },
                               { DNNL_ARG_SCRATCHPAD, call.scratch },
                               { DNNL_ARG_BIAS, w->bias } };
    if (status == dnnl_success)
        status = execute(block->product, w->bias ? 5 : 4, args);
    dnnl_memory_destroy(call.a);
    dnnl_memory_destroy(call.c);
    dnnl_memory_destroy(call.scratch);
    return status;
}

static const struct block *smallest_block(const struct gemm_weights *w)
{
    return &w->blocks[w->n_blocks - 1];
}

static size_t item_size(const struct gemm_weights *w)
{
    return w->type == dnnl_s8 ? 1 : w->type == dnnl_bf16 ? sizeof(uint16_t) : sizeof(float);
}

// Where one call puts rounded or padded rows, padded results and oneDNN's scratch.
struct desk {
    void *a, *c, *scratch;
    _Alignas(64) char small_scratch[1024];
};

static bool desk_open(struct desk *desk, const struct gemm_weights *w, size_t n)
{
    size_t height = smallest_block(w)->n_rows, n_rows = size_round_up(n, height);
    bool rounded = w->type == dnnl_bf16 || w->round, padded = n_rows != n;
    bool scratch = w->scratch_size > sizeof desk->small_scratch;
    n_rows = rounded ? size_min(n_rows, w->blocks[0].n_rows) : height;
    desk->a = rounded || padded ? take(n_rows * w->n_in, item_size(w)) : NULL;
    desk->c = padded ? take(height * w->n_out, sizeof(float)) : NULL;
    desk->scratch = scratch ? take(w->scratch_size, 1) : desk->small_scratch;
    return (desk->a || !(rounded || padded)) && (desk->c || !padded) && desk->scratch;
}

static void desk_close(struct desk *desk)
{
    free(desk->a);
    free(desk->c);
    if (desk->scratch != desk->small_scratch)
        free(desk->scratch);
}

// Rows of A in the type that the product takes, with zeros behind them.
static const void *prepare(const struct gemm_weights *w, const void *a, size_t n, size_t n_rows,
                           void *place)
{
    size_t n_items = n * w->n_in;
    if (w->type == dnnl_bf16)
        round_to_bf16(a, n_items, place);
    else if (w->round)
        round_in_float(a, n_items, place);
    else if (n == n_rows)
        return a;
    else
        memcpy(place, a, n_items * item_size(w));
    memset((char *)place + n_items * item_size(w), 0, (n_rows - n) * w->n_in * item_size(w));
    return place;
}

static dnnl_status_t run_rows(const struct gemm_weights *w, const char *a, size_t n, char *c,
                              struct desk *desk)
{
    dnnl_status_t status = dnnl_success;
    size_t a_row = w->n_in * (w->type == dnnl_s8 ? 1 : sizeof(float));
    size_t c_row = w->n_out * sizeof(float), i_block = 0; // int32 is as long
    for (size_t done = 0; done < n && status == dnnl_success;) {
        const struct block *block = &w->blocks[i_block];
        size_t left = n - done;
        if (block->n_rows > left && i_block + 1 < w->n_blocks) {
            i_block++;
            continue;
        }
        size_t n_rows = size_min(left, block->n_rows);
        bool padded = n_rows < block->n_rows;
        char *to = padded ? desk->c : c + done * c_row;
        const void *from = prepare(w, a + done * a_row, n_rows, block->n_rows, desk->a);
        status = run_block(w, block, from, to, desk->scratch);
        if (padded && status == dnnl_success)
            memcpy(c + done * c_row, to, n_rows * c_row);
        done += n_rows;
    }
    return status;
}

static int run_any(const struct gemm_weights *w, const void *a, size_t n, void *c, struct err *err)
{
    struct desk desk;
    work_alone();
    if (n == 0)
        return 0;
    dnnl_status_t status = dnnl_out_of_memory;
    if (desk_open(&desk, w, n))
        status = run_rows(w, a, n, c, &desk);
    desk_close(&desk);
    return status == dnnl_success ? 0 : refuse(err, "a matrix product", status);
}

int gemm_run(const struct gemm_weights *w, const float *a, size_t n, float *c, struct err *err)
{
    assert(w->type != dnnl_s8);
    return run_any(w, a, n, c, err);
}

int gemm_run_int8(const struct gemm_weights *w, const int8_t *a, size_t n, int32_t *c,
                  struct err *err)
{
    assert(w->type == dnnl_s8);
    if (w->panels)
        return gemm_panels_run(w->panels, w->n_out, w->n_in, a, n, c, err);
    return run_any(w, a, n, c, err);
}

// Whether `small` gives the rows of `tall` the same bits.
static bool blocks_agree(const struct gemm_weights *w, const struct block *tall,
                         const struct block *small)
{
    size_t n_items = small->n_rows * w->n_in, n_results = small->n_rows * w->n_out;
    char *a = take(tall->n_rows * w->n_in, item_size(w));
    float *c_tall = take(tall->n_rows * w->n_out, sizeof *c_tall);
    float *c_small = take(n_results, sizeof *c_small), *values = take(n_items, sizeof *values);
    void *scratch = take(w->scratch_size, 1);
    bool same = a && c_tall && c_small && values && scratch;
    if (same) {
        uint32_t x = 1;
        for (size_t i = 0; i < n_items; i++) {
            x = x * 1664525U + 1013904223U;
            values[i] = (float)(x >> 8) * 0x1p-23F - 1.0F;
        }
        const void *from = prepare(w, values, small->n_rows, tall->n_rows, a);
        same = run_block(w, tall, from, c_tall, scratch) == dnnl_success &&
               run_block(w, small, from, c_small, scratch) == dnnl_success &&
               memcmp(c_tall, c_small, n_results * sizeof *c_small) == 0;
    }
    free(a);
    free(c_tall);
    free(c_small);
    free(values);
    free(scratch);
    return same;
}

// Whether the product in blocks of this height is to be used. That depends on the kernels that
// oneDNN takes for these sizes, not on the weights.
static bool may_use(const struct gemm_weights *w, const struct block *block,
                    const struct gemm_weights *like)
{
    if (w->type == dnnl_s8) // whole numbers always agree
        return true;
    if (!like)
        return blocks_agree(w, &w->blocks[0], block);
    for (size_t i = 0; i < like->n_blocks; i++)
        if (like->blocks[i].n_rows == block->n_rows)
            return true;
    return false;
}

static dnnl_status_t make_blocks(struct gemm_weights *w, const void *b, const float *bias,
                                 const struct gemm_weights *like)
{
    dnnl_dims_t dims = { (dnnl_dim_t)w->n_in, (dnnl_dim_t)w->n_out };
    dnnl_memory_desc_t packed;
    dnnl_status_t status =
        dnnl_memory_desc_init_by_tag(&packed, 2, dims, w->type, dnnl_format_tag_any);
    if (status == dnnl_success)
        status = make_block(&w->blocks[0], block_heights[0], w, &packed, bias != NULL, w->after);
    if (status == dnnl_success)
        status = pack(w, b, &packed);
    if (status == dnnl_success && bias)
        status = copy_bias(w, bias);
    if (status != dnnl_success)
        return status;
    w->n_blocks = 1;
    w->scratch_size = dnnl_memory_desc_get_size(&w->blocks[0].scratch);
    for (size_t i = 1; i < MAX_BLOCKS; i++) {
        struct block *block = &w->blocks[w->n_blocks];
        *block = (struct block){ 0 };
        if (make_block(block, block_heights[i], w, &packed, bias != NULL, w->after) != dnnl_success)
            continue;
        w->scratch_size = size_max(w->scratch_size, dnnl_memory_desc_get_size(&block->scratch));
        if (may_use(w, block, like))
            w->n_blocks++;
        else
            dnnl_primitive_destroy(block->product);
    }
    return dnnl_success;
}

static int open_any(struct gemm_weights **out, struct gemm_weights sizes, const void *b,
                    const float *bias, const struct gemm_weights *like, struct err *err)
{
    assert(sizes.n_out > 0 && sizes.n_in > 0);
    work_alone();
    struct gemm_weights *w = calloc(1, sizeof *w);
    if (!w)
        return refuse(err, "matrix weights", dnnl_out_of_memory);
    *w = sizes;
    dnnl_status_t status = make_blocks(w, b, bias, like);
    if (status != dnnl_success) {
        gemm_weights_close(w);
        return refuse(err, "matrix weights", status);
    }
    *out = w;
    return 0;
}

int gemm_weights_open(struct gemm_weights **w, const float *b, size_t n_out, size_t n_in,
                      const float *bias, enum gemm_type type, enum gemm_after after,
                      struct err *err)
{
    bool in_bf16 = type == GEMM_BF16 && gemm_has_bf16();
    struct gemm_weights sizes = {
        .n_out = n_out,
        .n_in = n_in,
        .type = in_bf16 ? dnnl_bf16 : dnnl_f32,
        .result = dnnl_f32,
        .after = after,
        .round = type == GEMM_BF16 && !in_bf16,
    };
    return open_any(w, sizes, b, bias, NULL, err);
}

int gemm_weights_open_like(struct gemm_weights **w, const struct gemm_weights *like, const float *b,
                           const float *bias, struct err *err)
{
    struct gemm_weights sizes = {
        .n_out = like->n_out,
        .n_in = like->n_in,
        .type = like->type,
        .result = like->result,
        .after = like->after,
        .round = like->round,
    };
    assert(like->type != dnnl_s8 && (like->bias != NULL) == (bias != NULL));
    return open_any(w, sizes, b, bias, like, err);
}

static int open_panels(struct gemm_weights **out, struct gemm_weights like, const int8_t *b,
                       struct err *err)
{
    struct gemm_weights *w = calloc(1, sizeof *w);
    if (w) {
        *w = like;
        w->panels = gemm_panels_pack(b, w->n_out, w->n_in);
    }
    if (!w || !w->panels) {
        free(w);
        return refuse(err, "matrix weights", dnnl_out_of_memory);
    }
    *out = w;
    return 0;
}

// On some CPUs (AVX512-BF16 without AMX) oneDNN's sums of whole numbers go by way of float32, which
// holds those of so many products.
#define MOST_EXACT ((size_t)1040)

int gemm_weights_open_int8(struct gemm_weights **w, const int8_t *b, size_t n_out, size_t n_in,
                           struct err *err)
{
    assert(gemm_has_int8() && n_in <= 100000);
    struct gemm_weights like = {
        .n_out = n_out, .n_in = n_in, .type = dnnl_s8, .result = dnnl_s32,
    };
    if (!gemm_has_vnni() || n_in > MOST_EXACT)
        return open_panels(w, like, b, err);
    return open_any(w, like, b, NULL, NULL, err);
}

void gemm_weights_close(struct gemm_weights *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < COUNT_OF(w->blocks) && !w->panels; i++)
        if (i < size_max(w->n_blocks, 1))
            dnnl_primitive_destroy(w->blocks[i].product);
    dnnl_memory_destroy(w->packed);
    dnnl_memory_destroy(w->bias);
    free(w->panels);
    free(w);
}

bool gemm_has_avx2(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
}

bool gemm_has_avx2_vnni(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx2_vnni) == dnnl_cpu_isa_avx2_vnni;
}

bool gemm_has_int8(void)
{
    return gemm_has_vnni() || gemm_has_avx2();
}

bool gemm_has_vnni(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_vnni) == dnnl_cpu_isa_avx512_core_vnni;
}

bool gemm_has_bf16(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
}

bool gemm_multiplies_bf16(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

static bool is_intel(void)
{
#ifdef __x86_64__
    return __builtin_cpu_is("intel");
#else
    return false;
#endif
}

bool gemm_has_fast_bf16(void)
{
    return gemm_has_amx() || (gemm_multiplies_bf16() && !is_intel());
}

bool gemm_has_amx(void)
{
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_amx) == dnnl_cpu_isa_avx512_core_amx;
}

const char *gemm_kernel(void)
{
    static const struct {
        unsigned isa;
        const char *name;
    } names[] = {
        { dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx" },
        { dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16" },
        { dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni" },
        { dnnl_cpu_isa_avx512_core, "avx512_core" },
        { dnnl_cpu_isa_avx2_vnni, "avx2_vnni" },
        { dnnl_cpu_isa_avx2, "avx2" },
        { dnnl_cpu_isa_avx, "avx" },
        { dnnl_cpu_isa_sse41, "sse41" },
    };
    unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((isa & names[i].isa) == names[i].isa)
            return names[i].name;
    return "plain";
}
