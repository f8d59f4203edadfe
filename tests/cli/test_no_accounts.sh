#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A corpus without accounts says so wherever its numbers are shown, and its label names no gate
# that needs accounts, or that a setting turned off.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
says="no accounts, so the floors? counts? conversations only"
info() { sqlite3 "$1/atlas.db" "SELECT value FROM run_info WHERE key = '$2'"; }
python3 "$SOURCE/tests/corpus.py" 400 >"$TMP/with.jsonl"
jq -c 'del(.user)' "$TMP/with.jsonl" >"$TMP/without.jsonl"

expect_exit 0 "$CLIO" run "$TMP/without.jsonl" --out "$TMP/without" --profile none
grep -qE "$says" "$TMP/err" || fail "run does not say that there are no accounts"
for verb in status tree; do
    "$CLIO" $verb "$TMP/without" >"$TMP/$verb"
    grep -qE "$says" "$TMP/$verb" || fail "$verb does not say that there are no accounts"
done
[ "$("$CLIO" status "$TMP/without" --json | jq .lacks_accounts)" = true ] || fail "status --json"
[ "$("$CLIO" export "$TMP/without" --format json | jq -r .run.has_accounts)" = no ] || fail "JSON"
"$CLIO" export "$TMP/without" --format jsonl | jq -e '.n_accounts == null' >"$TMP/lines" ||
    fail "a line of JSONL has accounts"
[ "$(info "$TMP/without" gates)" = scanner.near-copies.floors.support.auditor.cells.noise ] ||
    fail "gates of a corpus without accounts: $(info "$TMP/without" gates)"
[ -z "$(info "$TMP/without" note_ingest_no_accounts)" ] || fail "a flag is published as a count"
python3 "$SOURCE/tools/atlas-read" --check "$TMP/without/atlas.db"

expect_exit 0 "$CLIO" run "$TMP/with.jsonl" --out "$TMP/with" --profile none --near-copies all
! grep -qE "$says" "$TMP/err" || fail "run says that there are no accounts where there are"
[ "$("$CLIO" status "$TMP/with" --json | jq .lacks_accounts)" = false ] || fail "status --json"
[ "$(info "$TMP/with" gates)" = scanner.bound.cap.floors.support.auditor.cells.noise ] ||
    fail "gates with --near-copies all: $(info "$TMP/with" gates)"

# what a script reads: one object, and nothing said with --quiet
"$CLIO" check --json | jq -e '.version and .cpu and .is_complete' >"$TMP/check" ||
    fail "check --json is no object with version, cpu and is_complete"
expect_exit 0 "$CLIO" report "$TMP/with" -o "$TMP/report.html" --quiet
[ ! -s "$TMP/err" ] || fail "report --quiet says something"

# a report takes the place of an older one, and of nothing else
(cd "$TMP" && expect_exit 0 "$CLIO" report "$TMP/with" -o - && expect_same out report.html &&
    [ ! -s err ] && [ ! -e - ]) || fail "report -o - does not write to standard output alone"
expect_exit 0 "$CLIO" report "$TMP/without" -o "$TMP/report.html" --quiet
cp "$TMP/with.jsonl" "$TMP/data.jsonl"
expect_exit 73 "$CLIO" report "$TMP/with" -o "$TMP/data.jsonl"
expect_text "$TMP/err" "data.jsonl is there and is no report"
expect_same "$TMP/with.jsonl" "$TMP/data.jsonl"
