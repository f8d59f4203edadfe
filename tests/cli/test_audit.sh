#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio audit` as the gate before a release: it passes what the line made, shows the funnel, changes
# nothing, and ends with 3 for whatever was changed behind its back. While a run is under way it is
# the stage.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
python3 "$SOURCE/tests/corpus.py" 600 | python3 -c '
import json, sys
for i, line in enumerate(sys.stdin):
    record = json.loads(line)
    if i % 10 == 0:
        record["text"] += f" Write to person{i}@mail.example or call +49 171 55{i:05d}."
    print(json.dumps(record))' >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
sqlite3 "$TMP/run/atlas.db" .dump >"$TMP/before"
expect_exit 0 "$CLIO" audit "$TMP/run"
expect_text "$TMP/out" "ok "
expect_no_text "$TMP/out" FAIL
sqlite3 "$TMP/run/atlas.db" .dump >"$TMP/after"
expect_same "$TMP/before" "$TMP/after"
expect_exit 0 "$CLIO" audit "$TMP/run" --json
jq -e '.funnel[0].private >= 40 and .funnel[0].low > 0.05 and .funnel[1].private == 0 and
    .funnel[2].private == 0 and .funnel[2].n > 20 and ([.gates[].n] | min) > 0 and
    ([.gates[].faults] | add) == 0' "$TMP/out" >/dev/null || fail "the funnel: $(cat "$TMP/out")"
expect_exit 0 "$CLIO" status "$TMP/run"
expect_no_text "$TMP/out" waiting

tamper() { # GATE STATEMENT: one fault of this gate at least
    cp "$TMP/run/atlas.db" "$TMP/good"
    sqlite3 "$TMP/run/atlas.db" "$2"
    expect_exit 3 "$CLIO" audit "$TMP/run"
    grep -qE "^FAIL .*: $1" "$TMP/out" || fail "not seen as \"$1\": $2"
    expect_text "$TMP/err" "do not publish it"
    mv "$TMP/good" "$TMP/run/atlas.db"
}
tamper "the scanner finds" "UPDATE cluster SET title = 'Ask ada.byron@mail.example' WHERE id = 1"
tamper "the atlas says" "UPDATE cluster SET summary = summary || ' Also gardens.' WHERE id = 2"
tamper "the atlas says" "DELETE FROM cluster WHERE id = (SELECT max(id) FROM cluster)"
tamper "phrases are" "UPDATE cluster_phrase SET phrase = 'another garden' WHERE rank = 1"
tamper "clusters meet" "UPDATE cluster SET n_accounts = 4 WHERE id = 3"
tamper "values of" "UPDATE corpus_facet SET value = 'Quorvish' WHERE facet = 'language'"
expect_exit 0 "$CLIO" audit "$TMP/run"

# a title that the vault itself holds, but that no gate would pass
cp -r "$TMP/run" "$TMP/vault"
sqlite3 "$TMP/vault/vault.db" "UPDATE verdict SET title = 'Quorvath of Zembla'"
sqlite3 "$TMP/vault/atlas.db" "UPDATE cluster SET title = 'Quorvath of Zembla'"
expect_exit 3 "$CLIO" audit "$TMP/vault"
grep -qE "^FAIL .*: titles and summaries" "$TMP/out" || fail "a text that no gate would pass passed"

rm "$TMP/run/atlas.db" # the run is not finished: this is the stage
expect_exit 0 "$CLIO" audit "$TMP/run"
[ ! -s "$TMP/out" ] || fail "the stage wrote a report"
expect_exit 66 "$CLIO" audit "$TMP/none"
expect_exit 2 "$CLIO" audit
