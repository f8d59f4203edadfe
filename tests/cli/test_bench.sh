#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio bench: a peak for each kind of product this CPU has, and shares that are shares of it.
. "$(dirname "$0")/../lib.sh"
need CLIO
"$CLIO" bench --embedder "$SOURCE/tests/unit/data/tiny-bert" >"$TMP/out"
awk '/^float32 / { peak = $2 } /nearest/ { speed = $(NF - 4) }
    / float32 .* %$/ { share = $(NF - 1)
                       for (i = 2; i < NF; i++) if ($(i + 1) == "float32") got = $i
                       if (peak <= 0 || (share - 100 * got / peak) ^ 2 > 1) exit 1; n++ }
    END { exit n < 2 }' "$TMP/out" || fail "$(cat "$TMP/out")"
grep -q 'texts to vectors' "$TMP/out" && grep -q 'k-means' "$TMP/out" || fail "$(cat "$TMP/out")"
"$CLIO" bench --embedder "$TMP/none" >"$TMP/out" || fail "it needs an embedder"
grep -q 'left out' "$TMP/out" || fail "it does not say that the embedder is missing"
