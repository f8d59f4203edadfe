#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A model that fails at the tree: the tree is by linkage, the atlas is valid, and the run ends with
# exit code 5 and says how many questions had no answer and how many none that can be used.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 450 >"$TMP/corpus.jsonl"
start_answerer '{}'
remote() { # DIR
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --auditor program \
        --tree model --titles phrases \
        --top-level 3 --quiet
}
note() { sqlite3 "$TMP/$1/vault.db" "SELECT value FROM stage_note WHERE key = '$2' AND
    stage = 'hierarchy'"; }

expect_exit 0 remote "$TMP/good"
[ "$(note good by_linkage_instead)" = 0 ] || {
    sqlite3 "$TMP/good/vault.db" "SELECT * FROM stage_note WHERE stage = 'hierarchy'" >&2
    fail "the tree of the model is not taken"
}

# every group fits nowhere: no parent has a child
echo '{"assign": "none"}' >"$TMP/server/rules.json"
expect_exit 5 remote "$TMP/none"
expect_text "$TMP/err" "the tree is by linkage instead"
expect_text "$TMP/err" "without an answer 0, with none that can be used 0"
"$CLIO" tree "$TMP/none" >"$TMP/tree" || fail "no valid atlas"
expect_exit 5 "$CLIO" run --out "$TMP/none" --quiet # the same of a run that has nothing left to do

# lists that cannot be read: asked for again, then counted
echo '{"propose": "I would rather not say."}' >"$TMP/server/rules.json"
expect_exit 5 remote "$TMP/prose"
expect_text "$TMP/err" "with none that can be used $(note prose gaps)"
[ "$(note prose gaps)" -gt 0 ] || fail "no question without a usable answer is counted"
