#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --of names the tree wherever clusters are looked at: evaluate, diff, safety and watch say of the
# second tree what they say of a run whose only tree it is, and refuse one that is not there in the
# words of `clio tree`.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
python3 "$SOURCE/tests/corpus.py" 400 |
    jq -c '. + {flagged: (.text | test("w"))}' >"$TMP/corpus.jsonl"
python3 "$SOURCE/tests/corpus.py" 400 --truth >"$TMP/truth.tsv"
run() { # DIR facets
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile none --privacy local --quiet \
        --cluster-facet "$2" --clusters 40 # with 25 the trees may be alike
}
run "$TMP/two" request,task
run "$TMP/request" request
run "$TMP/task" task
no_such='the atlas has no tree of the facet "mood"; it has request, task'

# same COMMAND…: with {} for the run, says of each tree of the two what it says of that tree alone
same() {
    local facet
    for facet in request task; do
        "${@//\{\}/$TMP/$facet}" --json >"$TMP/want"
        "${@//\{\}/$TMP/two}" --json --of "$facet" >"$TMP/got"
        expect_same "$TMP/want" "$TMP/got"
    done
    "${@//\{\}/$TMP/two}" --json >"$TMP/first"
    "${@//\{\}/$TMP/request}" --json >"$TMP/want"
    expect_same "$TMP/want" "$TMP/first"
    if cmp -s "$TMP/first" "$TMP/got"; then fail "the trees are alike: $*"; fi
    expect_exit 2 "${@//\{\}/$TMP/two}" --of mood
    expect_text "$TMP/err" "$no_such"
    [ "$(sqlite3 "$TMP/two/vault.db" "SELECT value FROM setting
        WHERE key = 'tree in place'")" != 1 ] || fail "another tree is left in place: $*"
}
same "$CLIO" evaluate coherence {}
same "$CLIO" evaluate agreement {} --truth "$TMP/truth.tsv"
same "$CLIO" safety run {}
same "$CLIO" safety classifier {} --column flagged
"$CLIO" evaluate stability "$TMP/two" "$TMP/task" --of task --json |
    jq -e '.levels | all(.n > 100 and .nmi == 1)' >"$TMP/out" || fail "the tasks are not alike"
for what in "evaluate spend" "evaluate facets" "safety coordinated"; do
    # shellcheck disable=SC2086 # two words
    expect_exit 2 "$CLIO" $what "$TMP/two" --of task --truth "$TMP/truth.tsv"
done

# what safety keeps is of the first tree, whatever was looked at last
"$CLIO" safety run "$TMP/two" >"$TMP/out"
sqlite3 "$TMP/two/safety.db" .dump >"$TMP/want"
"$CLIO" safety run "$TMP/two" --of task >"$TMP/out"
sqlite3 "$TMP/two/safety.db" .dump >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"

# a watch is about the tree that it was added for
members() { sqlite3 "$TMP/two/vault.db" "SELECT count(*) FROM conversation c
    LEFT JOIN copy d ON d.seq = c.seq LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq)
    JOIN $1member m ON m.seq = coalesce(l.first_seq, d.first_seq, c.seq)
    WHERE c.time NOT NULL AND $2"; }
id=1 # a number that names two clusters of other sizes
while [ "$(members "" "cluster_id = $id")" = "$(members tree_2_ "cluster_id = $id")" ]; do
    id=$((id + 1))
    [ $id -le 40 ] || fail "the trees have clusters of the same sizes"
done
"$CLIO" watch add "$TMP/two" first "{\"cluster\": $id}"
"$CLIO" watch add "$TMP/two" second "{\"cluster\": $id}" --of task
"$CLIO" watch add "$TMP/two" new '{"new": 0.99, "of": "task"}'
expect_exit 2 "$CLIO" watch add "$TMP/two" wrong '{"cluster": 1}' --of mood
expect_text "$TMP/err" "$no_such"
expect_exit 2 "$CLIO" watch add "$TMP/two" wrong '{"words": "a"}' --of task
expect_text "$TMP/err" "not about a tree"
expect_exit 2 "$CLIO" watch run "$TMP/two" --of task
"$CLIO" watch run "$TMP/two" >"$TMP/out"
"$CLIO" watch list "$TMP/two" >"$TMP/list"
expect_text "$TMP/list" "second  {\"cluster\": $id, \"of\": \"task\"}"
matched() { sqlite3 "$TMP/two/safety.db" "SELECT sum(n_matched) FROM watch_batch JOIN watch
    ON watch.id = watch_id WHERE name = '$1'"; }
[ "$(matched first)" = "$(members "" "cluster_id = $id")" ] || fail "first: $(matched first)"
[ "$(matched second)" = "$(members tree_2_ "cluster_id = $id")" ] ||
    fail "second: $(matched second)"
[ "$(matched new)" = "$(members tree_2_ "similarity < 0.99")" ] || fail "new: $(matched new)"

# diff: tree by tree, or one of them; and which only one has
"$CLIO" diff "$TMP/two" "$TMP/two" --json >"$TMP/out"
jq -e '[.trees[].facet] == ["request", "task"] and (.trees | all(.same > 0 and .changes == []))
    and .only_before == [] and .only_after == []' "$TMP/out" >/dev/null || fail "$(cat "$TMP/out")"
"$CLIO" diff "$TMP/task" "$TMP/two" --json >"$TMP/out"
jq -e '[.trees[].facet] == ["task"] and .trees[0].changes == [] and .only_after == ["request"]' \
    "$TMP/out" >/dev/null || fail "$(cat "$TMP/out")"
"$CLIO" diff "$TMP/two" "$TMP/request" >"$TMP/out"
expect_text "$TMP/out" "Only before has a tree of task."
"$CLIO" diff "$TMP/task" "$TMP/two" --of task --json >"$TMP/got"
"$CLIO" diff "$TMP/task" "$TMP/task" --json >"$TMP/want"
expect_same "$TMP/want" "$TMP/got"
expect_exit 2 "$CLIO" diff "$TMP/request" "$TMP/task"
expect_text "$TMP/err" "no tree of one facet"
expect_exit 2 "$CLIO" diff "$TMP/two" "$TMP/two" --of mood
expect_text "$TMP/err" "$no_such"
# what is withheld is no change
cp "$TMP/task/atlas.db" "$TMP/held.db"
sqlite3 "$TMP/held.db" "UPDATE cluster SET withheld = 1, title = NULL, summary = NULL
    WHERE id = 1 OR parent_id = 1; DELETE FROM cluster_phrase WHERE cluster_id IN (
    SELECT id FROM cluster WHERE withheld)"
"$CLIO" diff "$TMP/held.db" "$TMP/held.db" --json >"$TMP/out"
jq -e '.changes == [] and .same > 2 and .born == 0' "$TMP/out" >/dev/null ||
    fail "$(cat "$TMP/out")"
