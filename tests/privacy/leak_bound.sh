#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The leak bound over many seeds: corpora with 200 planted secrets each, profile none, until TEXTS
# (30,000) titles, summaries and phrases are published. Two judges that have nothing in common: the
# release gate, and hunt.py, which knows what was planted and looks for it in every disguise in all
# that a reader can get. None may be found; the bound is printed. About half an hour on two cores;
# with RECORD=1 the row goes to tests/quality/results.csv.
# Usage: tests/privacy/leak_bound.sh
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
. "$(dirname "$0")/canaries.sh"
need CLIO EMBEDDER
need_tool python3 jq sqlite3 curl
texts=0 leaks=0 seed=0
while [ "$texts" -lt "${TEXTS:-30000}" ]; do
    seed=$((seed + 1))
    rm -rf "$TMP"/run*
    plant 2000 1 $seed >"$TMP/tried"
    run_line "$CLIO" "$TMP/run" --profile none --seed $seed --clusters 60
    collect "$TMP/run"
    hunt "$TMP"/run.* >"$TMP/found" || fail "seed $seed: $(cat "$TMP/found")"
    n=$(sqlite3 "$TMP/run/atlas.db" "SELECT (SELECT count(title) + count(summary) FROM cluster) +
        (SELECT count(*) FROM cluster_phrase)")
    "$CLIO" audit "$TMP/run" --json >"$TMP/gate" || fail "seed $seed: the release gate objects"
    [ "$(jq '.funnel[2].n' "$TMP/gate")" = "$n" ] ||
        fail "seed $seed: the gate read $(jq '.funnel[2].n' "$TMP/gate") of $n texts"
    texts=$((texts + n))
    leaks=$((leaks + $(jq '.funnel[2].private' "$TMP/gate")))
done
[ "$leaks" = 0 ] || fail "$leaks of $texts published texts are private"
record "leak bound, $seed seeds" "published texts that are private" "$leaks" "$texts"
awk -v n="$texts" -v s="$seed" 'BEGIN {
    printf "0 of %d published texts of %d seeds; less than %.4f %% with 95 %% confidence\n", n, s,
        100 * (1 - exp(log(0.05) / n)) }'
