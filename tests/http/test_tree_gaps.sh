#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A model that fails at the tree: the tree is by linkage, the atlas is valid, and the run ends with
# exit code 5 and says how many questions had no answer that can be used, and why. The same command
# asks these again.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 450 >"$TMP/corpus.jsonl"
start_answerer '{}'
remote() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --auditor program \
        --tree model --titles phrases \
        --top-level 3 --quiet "${@:2}"
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
expect_no_text "$TMP/err" "questions about clusters" # each had an answer
"$CLIO" tree "$TMP/none" >"$TMP/tree" || fail "no valid atlas"
expect_exit 5 "$CLIO" run --out "$TMP/none" --quiet # the same of a run that has nothing left to do

# lists that cannot be read: asked for again, then counted
echo '{"propose": "I would rather not say."}' >"$TMP/server/rules.json"
expect_exit 5 remote "$TMP/prose"
expect_text "$TMP/err" "(hierarchy: unusable $(note prose unanswered_unusable))"
expect_text "$TMP/err" "the tree is by linkage instead"
[ "$(note prose gaps)" -gt 0 ] || fail "no question without a usable answer is counted"
# these are asked again, and the others are not
mkdir "$TMP/kept" && cp "$TMP/prose/answers.jsonl" "$TMP/kept"
echo '{}' >"$TMP/server/rules.json"
expect_exit 0 "$CLIO" run --out "$TMP/prose" --quiet
for dir in good prose; do sqlite3 "$TMP/$dir/atlas.db" .dump >"$TMP/$dir.sql"; done
expect_same "$TMP/good.sql" "$TMP/prose.sql"
# a replay has all that was answered until then, used or not
expect_exit 5 remote "$TMP/kept" --provider replay
expect_text "$TMP/err" "hierarchy: unusable"

# an auditor that gives no grades: what it was to judge is withheld, and not called refused
echo '{"audit": "I would rather not say."}' >"$TMP/server/rules.json"
expect_exit 5 "$CLIO" run --out "$TMP/good" --auditor model
expect_text "$TMP/err" "were not judged, as the model gave no grade"
expect_text "$TMP/err" "(audit: unusable "
"$CLIO" tree "$TMP/good" >"$TMP/tree"
expect_text "$TMP/tree" "without an answer of the auditor (unusable some)"
n=$(sqlite3 "$TMP/good/atlas.db" "SELECT count(*) FROM cluster WHERE withheld")
[ "$n" -gt 0 ] || fail "no title is withheld"
[ "$(grep -cF "(withheld: the title did not pass the audit or was not" "$TMP/tree")" = "$n" ] ||
    fail "what was not judged is said to have failed"
