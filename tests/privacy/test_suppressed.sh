#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A suppressed thing and an absent one cannot be told apart (P-10): pairs of atlases, one of a vault
# in which few people have a value or are in a group, one of a vault in which they have not, through
# the real server, the one-file report and the exports. Every answer's status, headers and bytes
# are the same; the times are compared, too, which only RECORD=1 writes down, with the counts, into
# tests/quality/results.csv. PAIRS (12) pairs of atlases, 67 answers each.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
need CLIO
need_tool python3
pairs=${PAIRS:-12}
test=$(dirname "$CLIO")/tests/test_export_floors
mkdir "$TMP/pairs" "$TMP/served"
STORES=1 PAIRS=$pairs PAIRS_DIR=$TMP/pairs "$test" >"$TMP/out" 2>&1 || {
    cat "$TMP/out" >&2
    fail "the atlases differ"
}
cp "$TMP/pairs/0.a" "$TMP/served/atlas.db"
"$CLIO" serve "$TMP/served" --port 0 >"$TMP/url" 2>"$TMP/log" &
server=$!
at_exit 'kill "$server" 2>/dev/null; wait'
wait_for "$TMP/url"
python3 "$SOURCE/tests/privacy/suppressed.py" "$TMP" "$pairs" "$(cat "$TMP/url")" \
    >"$TMP/answers" || { cat "$TMP/answers" >&2; fail "a suppressed thing can be told"; }
cat "$TMP/answers"
reports=0
for ((i = 0; i < pairs; i++)); do
    for side in a b; do
        mkdir -p "$TMP/one/$side"
        cp "$TMP/pairs/$i.$side" "$TMP/one/$side/atlas.db"
        "$CLIO" report "$TMP/one/$side" -o "$TMP/one/$side.html" 2>/dev/null
        for format in json csv jsonl; do
            "$CLIO" export "$TMP/one/$side" --format $format >"$TMP/one/$side.$format" 2>/dev/null
        done
        "$CLIO" tree "$TMP/one/$side" >"$TMP/one/$side.tree"
    done
    for kind in html json csv jsonl tree; do
        expect_same "$TMP/one/a.$kind" "$TMP/one/b.$kind"
        reports=$((reports + 1))
    done
done
echo "$reports pairs of reports and exports, the same bytes"
n=$(sed -n 's/^\([0-9]*\) pairs of answers.*/\1/p' "$TMP/answers")
[ "$n" -ge $((50 * pairs)) ] || fail "only $n pairs of answers were looked at"
record "suppressed against absent, answers of the server" "pairs that differ" 0 "$n"
record "suppressed against absent, reports and exports" "pairs that differ" 0 "$reports"
[ "${RECORD:-}" != 1 ] || python3 - "$SOURCE" "$pairs" \
    "$(sed -n 's/.*p = //p' "$TMP/answers" | head -n 1)" <<'PY'
import sys
source, pairs, p = sys.argv[1:]
sys.path.insert(0, f"{source}/tests/privacy")
from record import put
put(f"{source}/tests/quality/results.csv", "suppressed against absent, answers of the server",
    "p that the times are alike (signed ranks)", p, "", "", pairs)
PY
