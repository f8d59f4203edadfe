#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Planted rings among 100,000 conversations of 20,000 accounts, 40 rings and 40 innocent look-alikes
# each, with and without client columns; equal strings beside them; and with PYTHON (packages: see
# clinc.sh, and pyyaml) BERTopic beside clio on 25,000 conversations with 12 rings. Rows go to
# tests/quality/results.csv. SEEDS names the corpora (none: "", then only BERTopic's part is made);
# none of these tuned the score. BY_RULE=yes: paraphrases are drawn from wordings by hand instead of
# what a small model made of them, in rows of their own. NULLS=N, with SEEDS="": N worlds of 20,000
# conversations in which nobody acts together (accounts dealt out anew, in every second the times
# too), and the share of them in which anything is listed, or written to safety.db.
# Usage: tests/quality/coordinated.sh [PYTHON]
. "$(dirname "$0")/../lib.sh"
need CLIO SHAREGPT
need_tool python3 sqlite3
python=${1:-}
rings=() name='planted rings'
if [ -n "${BY_RULE:-}" ]; then rings=(--by-rule) name="$name, paraphrases by rule"; fi
check=$SOURCE/tests/quality/coordinated_check.py peers=$SOURCE/tests/quality/coordinated_peers.py
: >"$TMP/ours" && : >"$TMP/bare" && : >"$TMP/exact"
for seed in ${SEEDS-11 14 15 16}; do
    python3 "$SOURCE/tools/make-rings" 100000 20000 "$seed" --real "$SHAREGPT" \
        "${rings[@]}" --truth "$TMP/truth-$seed" >"$TMP/corpus-$seed"
    "$CLIO" ingest "$TMP/corpus-$seed" --out "$TMP/run-$seed" --quiet
    "$CLIO" safety coordinated "$TMP/run-$seed" --quiet >"$TMP/table"
    python3 "$check" "$TMP/run-$seed" "$TMP/truth-$seed" | tee -a "$TMP/ours"
    "$CLIO" safety coordinated "$TMP/run-$seed" --quiet --address-columns none \
        --agent-columns none >"$TMP/table"
    python3 "$check" "$TMP/run-$seed" "$TMP/truth-$seed" | sed -n 1,2p >>"$TMP/bare"
    python3 "$peers" exact "$TMP/corpus-$seed" "$TMP/truth-$seed" | tee -a "$TMP/exact"
done
out=$SOURCE/tests/quality/results.csv
record() { python3 "$SOURCE/tests/quality/record_shares.py" "$1" "$out"; }
null_world() { # SEED WHAT: lines for record_shares.py
    python3 "$SOURCE/tools/make-rings" 20000 6000 "$1" --rings 10 --real "$SHAREGPT" \
        --shuffled "$2" >"$TMP/corpus"
    rm -rf "$TMP/null"
    "$CLIO" ingest "$TMP/corpus" --out "$TMP/null" --quiet
    "$CLIO" safety coordinated "$TMP/null" --quiet --json >"$TMP/null.json"
    sqlite3 "$TMP/null/safety.db" "SELECT 'written: ', score FROM coordinated" >&2
    for what in listed:45 written:0; do
        printf 'worlds in which a group is %s\t%d\t1\n' "${what%:*}" "$(
            sqlite3 "$TMP/null/safety.db" \
                "SELECT count(*) > 0 FROM coordinated WHERE score >= ${what#*:}")"
    done
}
if [ "${NULLS:-0}" -gt 0 ]; then
    for i in $(seq "$NULLS"); do
        if [ $((i % 2)) = 0 ]; then what=both; else what=accounts; fi
        null_world $((100 + i)) $what >>"$TMP/nulls"
    done
    record 'nobody acts together' <"$TMP/nulls"
    awk -F, '$1 == "nobody acts together" && /listed/ && $3 > 0.01 { exit 1 }' "$out" ||
        fail "groups are listed where nobody acts together"
fi
if [ -n "$python" ]; then
    python3 "$SOURCE/tools/make-rings" 25000 7000 31 --rings 12 --real "$SHAREGPT" \
        --truth "$TMP/truth" >"$TMP/corpus"
    "$CLIO" run "$TMP/corpus" --out "$TMP/run" --profile none --privacy local \
        --near-copies all --quiet
    "$CLIO" safety coordinated "$TMP/run" --quiet >"$TMP/table"
    python3 "$check" "$TMP/run" "$TMP/truth" | sed -n 1,2p | record 'twelve planted rings'
    "$python" "$peers" topics "$TMP/run" "$TMP/truth" | cut -f2- |
        record 'twelve planted rings, by BERTopic with k-means'
fi
[ -s "$TMP/ours" ] || exit 0
record "$name" <"$TMP/ours"
record "$name, no client columns" <"$TMP/bare"
cut -f1 "$TMP/exact" | sort -u | while read -r way; do
    awk -F'\t' -v OFS='\t' -v way="$way" '$1 == way { print $2, $3, $4 }' "$TMP/exact" |
        record "$name, by $way"
done
awk -F, '$1 == "planted rings" && $2 ~ /^recall of rings/ && $3 < 0.95 ||
    $1 == "planted rings" && $2 ~ /^precision/ && $3 < 0.9 {
        print "below the bar: " $0
        bad = 1
    } END { exit bad }' "$out" || fail "a figure is below its bar"
