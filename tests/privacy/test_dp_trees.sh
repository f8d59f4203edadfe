#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mode dp with several trees: each is a release of its own on the same accounts, so one budget is
# divided among them, to the unit; all are charged or none; each has noise of its own, drawn once,
# also when the line is killed between two; what was released before stays what it is; the release
# gate sees a change in either tree; a word of four accounts is in none.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 1200 >"$TMP/corpus.jsonl"
for i in 1 2 3 4; do # four accounts with a public word that nobody else uses
    printf '{"id":"rare%s","user":"rare%s","text":"Write a marketing email about a walrus"}\n' $i $i
done >>"$TMP/corpus.jsonl"
run() { # [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --privacy dp \
        --max-per-account 3 --epsilon 16 --quiet "$@"
}
run --cluster-facet request,task
atlas() { sqlite3 "$TMP/run/atlas.db" "$1"; }
vault() { sqlite3 "$TMP/run/vault.db" "$1"; }

"$SOURCE/tools/atlas-read" --check "$TMP/run/atlas.db" || fail "the atlas breaks a promise"
"$SOURCE/tools/atlas-read" "$TMP/run/atlas.db" task >"$TMP/task.json"
expect_text "$TMP/task.json" '"clustered_facet": "task"'
for tree in 1 2; do
    n=$(atlas "SELECT count(*) FROM cluster WHERE tree_id = $tree AND level = 0")
    [ "$n" -gt 3 ] || fail "tree $tree shows $n groups"
done
for table in period cluster_period facet_pair stage; do
    [ "$(atlas "SELECT count(*) FROM $table")" = 0 ] || fail "$table would be exact"
done
if grep -qa walrus "$TMP/run/atlas.db"; then fail "a word of four accounts is in the atlas"; fi
"$CLIO" tree "$TMP/run" --of task >"$TMP/tree"
expect_text "$TMP/tree" 'Tree of the facet task, one of 2 releases on the same people'

# Each tree has the ledger's rows of its own, and they add up to what one release may cost. ρ is in
# 2^-40, δ in 2^-60; ε at δ as in proposition 12 of Canonne, Kamath and Steinke.
python3 - "$TMP/run/vault.db" <<'PYTHON' || fail "the ledger does not add up"
import math, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
trees = db.execute("SELECT release, sum(rho), sum(delta), count(*), sum(rho < 1.0 * square * den "
                   "* (1 << 40) / (2 * num)) FROM ledger GROUP BY release").fetchall()
assert len(trees) == 2 and trees[0][1:] == trees[1][1:], trees
assert trees[0][3] == 7 and trees[0][4] == 0, trees  # every cost covers its noise
rho, delta = sum(t[1] for t in trees) / 2**40, sum(t[2] for t in trees) / 2**60
assert 0 < delta <= 1e-6 / 16
left = 1e-6 - delta
orders = (1 + i / 1000 for i in range(1, 99999))
spent = min(rho * a + (math.log(1 / left) - math.log(a)) / (a - 1) + math.log(1 - 1 / a)
            for a in orders)
assert 15 < spent <= 16.001, spent
PYTHON
[ "$(atlas "SELECT value > 15 AND value <= 16 FROM run_info WHERE key = 'epsilon_spent'")" = 1 ] ||
    fail "the label tells another price"
[ "$(atlas "SELECT value FROM run_info WHERE key = 'n_releases'")" = 2 ] || fail "n_releases"
[ "$(vault 'SELECT count(DISTINCT key) FROM release_key')" = 2 ] || fail "trees share their noise"
[ "$(vault 'SELECT count(*) FROM tree_2_released')" = 1 ] || fail "the second tree released nothing"

# Again, without its product, and after a kill between the two trees: free and the same.
cp "$TMP/run/atlas.db" "$TMP/first.db"
run --cluster-facet request,task
rm "$TMP/run/atlas.db"
run --cluster-facet request,task
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
vault "UPDATE tree_2_stage_run SET done = 0 WHERE stage = 'noise';
    DELETE FROM stage_run WHERE stage = 'publish'"
run --cluster-facet request,task
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 2 ] || fail "it was charged twice"

# The gate before a release sees a change in either tree.
expect_exit 0 "$CLIO" audit "$TMP/run"
for tree in 1 2; do
    atlas "UPDATE cluster SET n_conversations = n_conversations + 1 WHERE tree_id = $tree"
    expect_exit 3 "$CLIO" audit "$TMP/run"
    cp "$TMP/first.db" "$TMP/run/atlas.db"
done

# A part of the budget is another release than all of it: other noise, and over the budget.
expect_exit 3 run --cluster-facet request
expect_text "$TMP/err" 'over the budget of 16'
expect_text "$TMP/err" '2 releases were published before'
expect_same "$TMP/first.db" "$TMP/run/atlas.db"
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 2 ] || fail "a refused one was charged"
run --cluster-facet request,task # the first ones are out already
expect_same "$TMP/first.db" "$TMP/run/atlas.db"

# One tree that changes is charged with the one that stays: both are what the atlas tells.
expect_exit 3 run --cluster-facet request,task --min-conversations 20
run --cluster-facet request,task --min-conversations 20 --budget 40
[ "$(vault "SELECT count(DISTINCT release) FROM ledger")" = 4 ] || fail "they were not charged"
expect_exit 0 "$CLIO" audit "$TMP/run"

# Back to one tree, nothing of the second stays.
expect_exit 3 run --cluster-facet request
[ "$(vault "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'tree_*'")" = 0 ] ||
    fail "tables of a tree that is gone are left"
