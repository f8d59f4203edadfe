#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each mode is named on every output: tree, status, audit, diff, every form of export, report and
# explorer (tests/browser/modes.mjs); the label of tree, report and explorer has every item.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium curl jq python3 sqlite3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
python3 "$SOURCE/tests/corpus.py" 900 >"$TMP/corpus.jsonl"
modes=(guarded local dp)
for mode in "${modes[@]}"; do
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/$mode" --profile none --privacy "$mode" --quiet
done
says() { "$CLIO" "$1" "$TMP/$mode" "${@:3}" >"$TMP/out" && expect_text "$TMP/out" "$2"; }
json() { # VERB TEST OPTION…
    "$CLIO" "$1" "$TMP/$mode" "${@:3}" >"$TMP/out" || fail "$mode: $1 ${*:3}"
    jq -es --arg mode "$mode" "$2" "$TMP/out" >/dev/null || fail "$mode: not named by $1 ${*:3}"
}
for mode in "${modes[@]}"; do
    says tree "Privacy: $mode; unit: account"
    expect_text "$TMP/out" "Every cluster has at least 15 conversations from 5 accounts"
    for item in "Gates: " "Conversations are kept until" " texts judged" "95 % sure that at most" \
        "embedder: "; do
        expect_text "$TMP/out" "$item"
    done
    says status "Privacy: $mode"
    says audit "Privacy: $mode"
    says diff "before  privacy: $mode; " "$TMP/guarded"
    expect_text "$TMP/out" "after   privacy: guarded; "
    json tree '.[0].run.privacy == $mode' --json
    json status '.[0].privacy == $mode' --json
    json audit '.[0].privacy == $mode' --json
    json diff '.[0] | .privacy_before == $mode and .privacy_after == $mode' "$TMP/$mode" --json
    json export '.[0].run.privacy == $mode' --format json
    json export 'length > 5 and all(.[]; .privacy == $mode)' --format jsonl
    [ "$("$CLIO" export "$TMP/$mode" --format csv | tail -n +2 | grep -vc ",$mode\$")" = 0 ] ||
        fail "$mode: not named by export --format csv"
done
"$CLIO" tree "$TMP/dp" >"$TMP/out"
expect_text "$TMP/out" "from 5 accounts, as far as noisy numbers tell."
expect_text "$TMP/out" "The noisy sizes add up to $(sqlite3 "$TMP/dp/atlas.db" \
    "SELECT value FROM run_info WHERE key = 'n_conversations'") conversations. Every"
expect_text "$TMP/out" "Differential privacy: epsilon "
expect_text "$TMP/out" " left, releases: 1."
# how many conversations there are: exact, or about; noisy sizes add up to something else
info() { sqlite3 "$TMP/$1/atlas.db" "SELECT value FROM run_info WHERE key = '$2'"; }
if grep -q "About " "$TMP/out"; then fail "dp counts what it must not"; fi
exact=$(info local n_conversations) counted=$(info guarded n_counted)
[ $((counted - exact)) -lt 40 ] && [ $((exact - counted)) -lt 40 ] || fail "$counted of $exact"
[ -z "$(info local n_counted)$(info dp n_counted)" ] || fail "n_counted where none is due"
"$CLIO" tree "$TMP/guarded" >"$TMP/out"
sum=$(info guarded n_conversations)
expect_text "$TMP/out" "About $counted conversations; the noisy sizes add up to $sum. Every"
"$CLIO" tree "$TMP/local" >"$TMP/out"
expect_text "$TMP/out" "$exact conversations. Every"
for mode in guarded local; do
    "$CLIO" tree "$TMP/$mode" >"$TMP/out"
    expect_text "$TMP/out" "from 5 accounts."
done

"$CLIO" serve "$TMP/guarded" --compare "$TMP/dp" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
node "$SOURCE/tests/browser/modes.mjs" guarded "$(cat "$TMP/url")" dp
for mode in "${modes[@]}"; do
    "$CLIO" report "$TMP/$mode" -o "$TMP/$mode.html"
    node "$SOURCE/tests/browser/modes.mjs" "$mode" "file://$TMP/$mode.html"
done
# an atlas that names no mode is not said to have one
cp "$TMP/local/atlas.db" "$TMP/untold.db"
sqlite3 "$TMP/untold.db" "DELETE FROM run_info WHERE key = 'privacy'"
"$CLIO" report "$TMP/untold.db" -o "$TMP/untold.html"
ONLY=overview node "$SOURCE/tests/browser/modes.mjs" "not told" "file://$TMP/untold.html"
