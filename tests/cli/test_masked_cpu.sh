#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Other CPUs: with instructions masked (ONEDNN_MAX_CPU_ISA masks our own kernels, too) k-means gives
# the same labels from the same start, vectors are as good, and the tests of every kernel pass.
. "$(dirname "$0")/../lib.sh"
need CLIO
programs=$(dirname "$CLIO")/tests
[ -x "$programs/tool_embed" ] && [ -x "$programs/tool_kmeans" ] || skip "the tests are not built"

masks='SSE41 AVX2 AVX512_CORE AVX512_CORE_VNNI AVX512_CORE_BF16'
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
places() { "$programs/test_umap_steps" 2>&1 | grep '^bits'; }
places >"$TMP/places"
for mask in $masks; do
    ONEDNN_MAX_CPU_ISA=$mask labels | cmp - "$TMP/labels" || fail "other labels on $mask"
    ONEDNN_MAX_CPU_ISA=$mask places | cmp - "$TMP/places" || fail "another layout on $mask"
    ONEDNN_MAX_CPU_ISA=$mask "$programs/test_prune" >"$TMP/log" 2>&1 || fail "test_prune on $mask"
    ONEDNN_MAX_CPU_ISA=$mask "$programs/test_quant" >"$TMP/log" 2>&1 || fail "test_quant on $mask"
done

tiny=$SOURCE/tests/unit/data/tiny-bert
printf 'a trip to the sea\0two words\0\0%s\0' "$(printf 'word %.0s' {1..600})" >"$TMP/texts"
for precision in fp32 bf16 int8; do
    "$programs/tool_embed" "$tiny" $precision 1 1 <"$TMP/texts" >"$TMP/$precision.v" 2>"$TMP/log"
    for mask in $masks; do
        ONEDNN_MAX_CPU_ISA=$mask "$programs/tool_embed" "$tiny" $precision 2 1 <"$TMP/texts" \
            2>"$TMP/log" | python3 -c '
import array, sys
a, b = array.array("f", open(sys.argv[1], "rb").read()), array.array("f", sys.stdin.buffer.read())
d = len(a) // 4
assert len(a) == len(b) and d, "not four vectors"
least = min(sum(x * y for x, y in zip(a[i:i + d], b[i:i + d])) for i in range(0, len(a), d))
sys.exit(f"cosine {least}" if least < 0.999 else 0)' "$TMP/$precision.v" ||
            fail "other vectors in $precision on $mask"
    done
done
[ "$(ONEDNN_MAX_CPU_ISA=AVX2 "$CLIO" check 2>&1 | grep -ci 'avx512_core')" = 0 ] ||
    fail "ONEDNN_MAX_CPU_ISA masked nothing"
