#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Several clustered facets make several trees in one atlas: the first is what it is alone, every one
# goes through every gate, is resumed, purged and audited; who knows of one tree sees the first.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER SHAREGPT
need_tool sqlite3 python3 jq
settings=(--account-from id-prefix --limit 1200 --sample 500 --profile none --quiet)
run() { "$CLIO" run "$SHAREGPT" --out "$1" "${settings[@]}" "${@:2}"; } # DIR [flag…]
query() { sqlite3 "$1" "$2"; }
states() { "$CLIO" status "$1" --json | jq -r '.stages[] | "\(.name)/\(.tree) \(.state) \(.ms)"'; }
columns='level, withheld, title, summary, n_conversations, n_accounts, share, x, y'

run "$TMP/one"
run "$TMP/two" --cluster-facet request,task
atlas=$TMP/two/atlas.db

# the first tree is what the run with one tree makes, and the second what a run of its facet makes,
# but for noise, which is its own
for table in corpus_facet period facet_pair; do
    query "$TMP/one/atlas.db" "SELECT * FROM $table" >"$TMP/want"
    query "$atlas" "SELECT * FROM $table" >"$TMP/got"
    expect_same "$TMP/want" "$TMP/got"
done
query "$TMP/one/atlas.db" "SELECT id, parent_id, $columns FROM cluster ORDER BY id" >"$TMP/want"
query "$atlas" "SELECT id, parent_id, $columns FROM cluster WHERE tree_id = 1 ORDER BY id" \
    >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"
[ "$(query "$TMP/one/atlas.db" 'PRAGMA user_version')" = 1 ] || fail "one tree has another version"
[ "$(query "$atlas" 'PRAGMA user_version')" = 2 ] || fail "an older reader would add the trees up"
n=$(query "$atlas" 'SELECT count(*) FROM cluster WHERE tree_id = 2 AND level = 0')
[ "$n" -ge 3 ] || fail "the tree of the task has $n clusters"
run "$TMP/local" --privacy local --cluster-facet request,task
run "$TMP/task" --privacy local --cluster-facet task
query "$TMP/task/atlas.db" "SELECT level, title, summary, n_conversations, x, y FROM cluster
    ORDER BY id" >"$TMP/want"
query "$TMP/local/atlas.db" "SELECT level, title, summary, n_conversations, x, y FROM cluster
    WHERE tree_id = 2 ORDER BY id" >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"

# without noise two trees could be subtracted from one another: a further one has sizes only
n=$(query "$TMP/local/atlas.db" "SELECT count(*) FROM cluster_facet JOIN cluster
    ON id = cluster_id WHERE tree_id = 2")
[ "$n" = 0 ] || fail "exact cells of the second tree are there"
n=$(query "$TMP/local/atlas.db" "SELECT count(*) FROM cluster_facet JOIN cluster
    ON id = cluster_id WHERE tree_id = 1")
[ "$n" -gt 0 ] || fail "the first tree lost its cells"

# floors in every tree, no table with a cell of two trees, and the label says how many there are
n=$(query "$atlas" 'SELECT count(*) FROM cluster WHERE n_conversations < 15 OR n_accounts < 5')
[ "$n" = 0 ] || fail "$n clusters are under a floor"
n=$(query "$atlas" 'SELECT count(*) FROM cluster_near n JOIN cluster a ON a.id = n.cluster_id
    JOIN cluster b ON b.id = n.near_id WHERE a.tree_id <> b.tree_id')
[ "$n" = 0 ] || fail "neighbours lie in two trees"
n=$(query "$atlas" 'SELECT count(*) FROM cluster c JOIN cluster p ON p.id = c.parent_id
    WHERE c.tree_id <> p.tree_id')
[ "$n" = 0 ] || fail "a cluster has its parent in another tree"
[ "$(query "$atlas" "SELECT value FROM run_info WHERE key = 'n_trees'")" = 2 ] || fail "n_trees"
"$CLIO" audit "$TMP/two" --json >"$TMP/audit"
n=$(jq '.gates[] | select(.gate | contains("judged again")) | .n' "$TMP/audit")
[ "$n" = "$(query "$atlas" 'SELECT count(*) FROM cluster')" ] || fail "$n texts were judged again"

# reading: tree, export, the second reader
python3 "$SOURCE/tools/atlas-read" "$atlas" task | jq -S . >"$TMP/theirs.json"
"$CLIO" export "$TMP/two" --of task --format json | jq -S . >"$TMP/ours.json"
expect_same "$TMP/ours.json" "$TMP/theirs.json"
[ "$(jq -r .run.clustered_facet "$TMP/ours.json")" = task ] || fail "the export is of another tree"
"$CLIO" export "$TMP/two" --format csv 2>"$TMP/err" | wc -l >"$TMP/got"
"$CLIO" export "$TMP/one" --format csv 2>"$TMP/err" | wc -l >"$TMP/want"
expect_same "$TMP/want" "$TMP/got"
"$CLIO" tree "$TMP/two" --of task >"$TMP/out"
expect_text "$TMP/out" "Tree of the facet task, one of 2 releases on the same people"
expect_text "$TMP/out" "$(query "$atlas" 'SELECT title FROM cluster WHERE tree_id = 2 LIMIT 1')"
expect_exit 2 "$CLIO" tree "$TMP/two" --of language
expect_text "$TMP/err" "it has request, task"
expect_exit 2 "$CLIO" tree "$TMP/one" --of task

# the same command does nothing; what hangs on one tree works again in that tree alone
states "$TMP/two" >"$TMP/before"
[ "$(grep -c '/task done ' "$TMP/before")" = 7 ] || fail "$(cat "$TMP/before")"
run "$TMP/two" --cluster-facet request,task
states "$TMP/two" >"$TMP/after"
expect_same "$TMP/before" "$TMP/after"
cp -r "$TMP/two" "$TMP/swapped"
run "$TMP/swapped" --cluster-facet task,request # the other way round: all are there again
[ "$(query "$TMP/swapped/atlas.db" "SELECT value FROM run_info WHERE key = 'clustered_facet'")" = \
    task ] || fail "the first tree is not the first facet's"
run "$TMP/swapped" --cluster-facet request # back to one: nothing of the second is left
query "$TMP/swapped/atlas.db" .dump >"$TMP/got"
query "$TMP/one/atlas.db" .dump >"$TMP/want"
expect_same "$TMP/want" "$TMP/got"
n=$(query "$TMP/swapped/vault.db" "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'tree_*'")
[ "$n" = 0 ] || fail "$n tables of a tree that is gone are left"

# killed in either tree and in between, it goes on to the same bytes
query "$atlas" .dump >"$TMP/want"
for stage in tree_2_position tree_2_member member; do # there are rows of it, in tree 2 or 1
    rm -rf "$TMP/killed"
    "$CLIO" run "$SHAREGPT" --out "$TMP/killed" "${settings[@]}" --cluster-facet request,task &
    pid=$!
    until query "$TMP/killed/vault.db" "SELECT 1 FROM $stage LIMIT 1" 2>/dev/null | grep -q 1; do
        kill -0 $pid 2>/dev/null || break
        sleep 0.02
    done
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    run "$TMP/killed" --cluster-facet request,task
    query "$TMP/killed/atlas.db" .dump >"$TMP/got"
    expect_same "$TMP/want" "$TMP/got"
done

# a title that names somebody, put into the second tree of the vault, is not let through
title='Letters for Quorvath Zelnick at quorvath@zelnick.example'
cp -r "$TMP/two" "$TMP/hostile"
query "$TMP/hostile/vault.db" "UPDATE tree_2_node SET title = '$title', summary = '$title'
    WHERE level = 0; UPDATE tree_2_verdict SET title = NULL, summary = NULL, grade = 5"
expect_exit 3 "$CLIO" audit "$TMP/hostile"
query "$TMP/hostile/vault.db" "DELETE FROM tree_2_stage_run WHERE stage IN ('audit', 'map')"
"$CLIO" run --out "$TMP/hostile" --quiet
query "$TMP/hostile/atlas.db" .dump >"$TMP/dump"
expect_no_text "$TMP/dump" zelnick
"$CLIO" audit "$TMP/hostile" >"$TMP/out"

# a purge takes the rows of every tree
gone=$(query "$TMP/two/vault.db" "SELECT external_id FROM conversation JOIN tree_2_placed
    USING (seq) LIMIT 1")
cp -r "$TMP/two" "$TMP/purged"
"$CLIO" purge "$TMP/purged" --conversation "$gone" >"$TMP/out"
for table in vector_block member placed node node_phrase verdict stage_run; do
    n=$(query "$TMP/purged/vault.db" "SELECT count(*) FROM tree_2_$table")
    [ "$n" = 0 ] || fail "$n rows of tree_2_$table outlive a purge"
done
[ "$(query "$TMP/purged/vault.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] ||
    fail "the vault is damaged"
"$CLIO" run --out "$TMP/purged" --quiet
[ "$(query "$TMP/purged/atlas.db" 'SELECT count(DISTINCT tree_id) FROM cluster')" = 2 ] ||
    fail "no trees after a purge"

# too many are refused
expect_exit 2 run "$TMP/wrong" --cluster-facet request,mood
expect_text "$TMP/err" "no facet of this name that can be clustered: mood"
expect_exit 2 run "$TMP/wrong" --cluster-facet a,b,c,d,e,f,g
expect_text "$TMP/err" "one to 6 clustered facets"

# an encrypted vault keeps its trees, too
run "$TMP/sealed" --cluster-facet request,task --vault-key "$TMP/key"
query "$TMP/sealed/atlas.db" .dump >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"
