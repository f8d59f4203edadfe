#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The leak bound over many seeds: corpora with 200 planted secrets each, profile none, until TEXTS
# (30,000) titles, summaries and phrases are published. Each is judged by the release gate, and
# everything is searched for the secrets themselves. None may be found; the bound is printed. About
# half an hour on two cores; with RECORD=1 the row goes to tests/quality/results.csv.
# Usage: tests/privacy/leak_bound.sh
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
need CLIO EMBEDDER
need_tool python3 jq
texts=0 leaks=0 seed=0
while [ "$texts" -lt "${TEXTS:-30000}" ]; do
    seed=$((seed + 1))
    rm -rf "$TMP/run"
    python3 "$SOURCE/tests/corpus.py" 2000 $seed |
        python3 "$SOURCE/tests/privacy/plant.py" "$TMP/needles.tsv" >"$TMP/planted.jsonl"
    "$CLIO" run "$TMP/planted.jsonl" --out "$TMP/run" --profile none --seed $seed --quiet \
        --clusters 60
    "$CLIO" audit "$TMP/run" --json >"$TMP/gate" || fail "seed $seed: the release gate objects"
    python3 "$SOURCE/tests/privacy/hunt.py" "$TMP/needles.tsv" "$TMP/run/atlas.db" >"$TMP/found" ||
        fail "seed $seed: $(tail -n 1 "$TMP/found")"
    texts=$((texts + $(jq '.funnel[2].n' "$TMP/gate")))
    leaks=$((leaks + $(jq '.funnel[2].private' "$TMP/gate")))
done
[ "$leaks" = 0 ] || fail "$leaks of $texts published texts are private"
record "leak bound, $seed seeds" "published texts that are private" "$leaks" "$texts"
awk -v n="$texts" -v s="$seed" 'BEGIN {
    printf "0 of %d published texts of %d seeds; less than %.4f %% with 95 %% confidence\n", n, s,
        100 * (1 - exp(log(0.05) / n)) }'
