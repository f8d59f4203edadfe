#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The n-th allocation or write fails, once each: the program ends by itself, with a sentence when it
# ends early, and the same command without a fault then gives the same atlas byte for byte.
# FAULT_POINTS: how many of the calls of each kind, spread over the run (default 3; `make fault`
# takes 100).
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
failing=$(dirname "$CLIO")/tests/libfailing.so
[ -e "$failing" ] || skip "libfailing.so is not built (sanitizers bring an allocator of their own)"
points=${FAULT_POINTS:-3}
python3 "$SOURCE/tests/corpus.py" 150 >"$TMP/corpus.jsonl"

run() { "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile none --threads 1 --quiet; }
run "$TMP/calm"
sqlite3 "$TMP/calm/atlas.db" .dump >"$TMP/calm.sql"

# with_fault N: the run with the N-th call failing; sets `status`.
with_fault() {
    status=0
    rm -rf "$TMP/hurt"
    LD_PRELOAD=$failing FAIL_CALL=$call FAIL_IN=$in FAIL_AT=$1 FAIL_COUNT=$TMP/count \
        run "$TMP/hurt" 2>"$TMP/err" || status=$?
}

for pair in 'memory program' 'memory sqlite3' 'write '; do
    read -r call in <<<"$pair"
    with_fault 0
    [ "$status" = 0 ] || fail "the run with no fault ended with $status"
    total=$(cat "$TMP/count") early=0
    [ "$total" -gt "$points" ] || fail "only $total calls seen: $pair"
    for ((i = 0; i < points; i++)); do
        at=$((1 + i * (total - 1) / points + (i * 7919) % (total / points)))
        with_fault $at
        [ "$status" -lt 126 ] || fail "$pair call $at of $total: ended with $status"
        if [ "$status" != 0 ]; then
            early=$((early + 1))
            grep -q '^clio: ' "$TMP/err" || fail "$pair call $at: ended with $status, no sentence"
        fi
        run "$TMP/hurt" 2>"$TMP/err" || {
            cat "$TMP/err" >&2
            fail "$pair call $at: the run after it ended with $?"
        }
        sqlite3 "$TMP/hurt/atlas.db" .dump >"$TMP/hurt.sql"
        expect_same "$TMP/calm.sql" "$TMP/hurt.sql"
    done
    [ $early -gt 0 ] || fail "$pair: not one fault was felt"
    echo "$pair: $points of $total calls failed, $early ended the run, the same atlas after each"
done
