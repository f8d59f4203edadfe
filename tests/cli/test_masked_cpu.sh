#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Other CPUs: with instructions masked (ONEDNN_MAX_CPU_ISA masks our own kernels, too) k-means gives
# the same labels from the same start, vectors are as good, also those of the real model, and the
# tests of every kernel pass (test_encoder calls each make of its kernels by itself).
. "$(dirname "$0")/../lib.sh"
need CLIO
programs=$(realpath "$(dirname "$CLIO")")/tests
[ -x "$programs/tool_embed" ] && [ -x "$programs/tool_kmeans" ] || skip "the tests are not built"

masks='SSE41 AVX2 AVX2_VNNI AVX512_CORE AVX512_CORE_VNNI AVX512_CORE_BF16'
python3 - >"$TMP/vectors" <<'PY'
import random, struct, sys
r = random.Random(4)
centers = [[r.gauss(0, 1) for _ in range(64)] for _ in range(40)]
for _ in range(3000):
    v = [x + r.gauss(0, 0.7) for x in r.choice(centers)]
    size = sum(x * x for x in v) ** 0.5
    sys.stdout.buffer.write(struct.pack("<64f", *(x / size for x in v)))
PY
labels() { "$programs/tool_kmeans" "$TMP/vectors" 64 100 12; }
labels >"$TMP/labels"
[ "$(sort -u "$TMP/labels" | wc -l)" = 100 ] || fail "100 clusters were asked for"
# Numbers that are the same everywhere: of the layout, of exact products and of rounding.
bits() { for name in test_umap_steps test_dot; do "$programs/$name" 2>&1 | grep '^bits'; done; }
bits >"$TMP/bits"
kernels='test_dot test_gemm test_prune test_quant test_quant16 test_kmeans test_nearest
    test_near_cells test_linkage test_umap test_hostile_embedder'
for mask in $masks; do
    export ONEDNN_MAX_CPU_ISA=$mask
    labels | cmp - "$TMP/labels" || fail "other labels on $mask"
    bits | cmp - "$TMP/bits" || fail "other bits on $mask"
    for name in $kernels; do
        (cd "$SOURCE" && "$programs/$name") >"$TMP/log" 2>&1 ||
            fail "$name on $mask: $(tail -n 5 "$TMP/log")"
    done
done
unset ONEDNN_MAX_CPU_ISA

# Beside the vectors of this CPU. LEAST: of int8, which rounds otherwise where there is AMX, less is
# promised (docs/embed.md).
printf 'a trip to the sea\0two words\0\0%s\0' "$(printf 'word %.0s' {1..600})" >"$TMP/texts"
same_vectors() { # MODEL PRECISION LEAST
    "$programs/tool_embed" "$1" "$2" 1 1 <"$TMP/texts" >"$TMP/own" 2>"$TMP/log"
    for mask in $masks; do
        ONEDNN_MAX_CPU_ISA=$mask "$programs/tool_embed" "$1" "$2" 2 1 <"$TMP/texts" \
            2>"$TMP/log" | python3 -c '
import array, sys
a, b = array.array("f", open(sys.argv[1], "rb").read()), array.array("f", sys.stdin.buffer.read())
d = len(a) // 4
assert len(a) == len(b) and d, "not four vectors"
least = min(sum(x * y for x, y in zip(a[i:i + d], b[i:i + d])) for i in range(0, len(a), d))
sys.exit(f"cosine {least}" if not least >= float(sys.argv[2]) else 0)' "$TMP/own" "$3" ||
            fail "other vectors by $1 in $2 on $mask"
    done
}
for precision in fp32 bf16 int16 int8; do
    same_vectors "$SOURCE/tests/unit/data/tiny-bert" $precision 0.999
done
if [ -e "$EMBEDDER" ]; then # `auto` takes bf16 on one of these CPUs and int16 on another
    same_vectors "$EMBEDDER" auto 0.999
    same_vectors "$EMBEDDER" bf16 0.999
    same_vectors "$EMBEDDER" int16 0.9999
    same_vectors "$EMBEDDER" int8 0.99
fi
[ "$(ONEDNN_MAX_CPU_ISA=AVX2 "$CLIO" check 2>&1 | grep -ci 'avx512_core')" = 0 ] ||
    fail "ONEDNN_MAX_CPU_ISA masked nothing"

# What `auto` takes where there is no fast bf16: int16 by VNNI, or by AVX2 alone.
takes() { # MASK FLAG PRODUCTS: for CPUs with that flag
    grep -qw "$2" /proc/cpuinfo || return 0
    local says
    says=$(ONEDNN_MAX_CPU_ISA=$1 "$CLIO" check 2>&1 | sed -n "s/^embedder products: //p")
    [ "$says" = "$3" ] || fail "auto takes $says on $1, not $3"
}
takes AVX2 avx2 int16
takes AVX512_CORE avx512bw fp32
takes AVX512_CORE_VNNI avx512_vnni int16
