#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio append` in a run with two trees: new conversations are filed in both, clusters of both keep
# who they are, ids are of one cluster in all trees and releases, the lineage tells of each tree;
# the first tree is what it is alone; killed at any moment it ends the same; --recluster, purge and
# what waits work in both.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3

python3 "$SOURCE/tests/corpus.py" 480 >"$TMP/all.jsonl"
# the fourth subject, resumes, is new
awk -v dir="$TMP" '{ print >(dir "/" ((NR - 1) % 12 == 3 || NR > 380 ? "new" : "old") ".jsonl") }' \
    "$TMP/all.jsonl"
set -- --profile none --privacy local --min-conversations 8 --min-accounts 3 --quiet
trees=(--cluster-facet request,task)
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/base" "$@" "${trees[@]}"
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/alone" "$@"

dump() { sqlite3 "$1/atlas.db" .dump; }
query() { sqlite3 "$1/atlas.db" "$2"; }
vault() { sqlite3 "$1/vault.db" "$2"; }
passes() { # DIR: every gate, every reader, and a vault that is whole
    "$CLIO" audit "$1" >"$TMP/gate" || fail "a gate objects: $(grep -v '^ok' "$TMP/gate")"
    "$SOURCE/tools/atlas-read" --check "$1/atlas.db"
    [ "$(vault "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] ||
        fail "the vault is damaged"
}

cp -r "$TMP/base" "$TMP/calm"
begin=$(date +%s%N)
"$CLIO" append "$TMP/calm" "$TMP/new.jsonl" --json --quiet >"$TMP/said"
took=$((($(date +%s%N) - begin) / 1000000))
expect_text "$TMP/said" '"outcome":"released"'
passes "$TMP/calm"
n=$(vault "$TMP/calm" "SELECT count(*) FROM facet_value WHERE facet = 'task'")
for table in member tree_2_member; do
    [ "$(vault "$TMP/calm" "SELECT count(*) FROM $table")" -ge $((n - n / 20)) ] ||
        fail "$table has $(vault "$TMP/calm" "SELECT count(*) FROM $table") of $n"
done
last=$(query "$TMP/base" 'SELECT max(id) FROM cluster')
for tree in 1 2; do
    kept=$(sqlite3 "$TMP/base/atlas.db" "ATTACH '$TMP/calm/atlas.db' AS b; SELECT count(*)
        FROM main.cluster o JOIN b.cluster n USING (id, title, level, tree_id, x, y)
        WHERE o.parent_id IS n.parent_id AND tree_id = $tree")
    [ "$kept" = "$(query "$TMP/base" "SELECT count(*) FROM cluster WHERE tree_id = $tree")" ] ||
        fail "only $kept clusters of tree $tree are who they were"
    [ "$(query "$TMP/calm" "SELECT count(*) FROM lineage l JOIN cluster c ON c.id = l.cluster_id
        AND c.tree_id = l.tree_id WHERE l.kind = 'born' AND l.tree_id = $tree AND c.id > $last
        AND c.title LIKE '%esume%'")" -ge 1 ] || fail "no birth in tree $tree is told"
done
query "$TMP/calm" 'SELECT n_base FROM release WHERE id = 1' >"$TMP/told"
query "$TMP/base" 'SELECT count(*) FROM cluster WHERE level = 0' >"$TMP/there"
expect_same "$TMP/told" "$TMP/there"
# the pages of one tree tell of its own
"$CLIO" report "$TMP/calm" -o "$TMP/report.html" --quiet
expect_text "$TMP/report.html" '"lineage":{"releases":[[1,"'

# the first tree is what it is alone
"$CLIO" append "$TMP/alone" "$TMP/new.jsonl" --quiet >/dev/null
for of in alone calm; do
    query "$TMP/$of" "SELECT title, level, n_conversations, n_accounts, x, y FROM cluster
        WHERE tree_id = 1 ORDER BY 1, 2, 3" >"$TMP/$of.rows"
done
expect_same "$TMP/alone.rows" "$TMP/calm.rows"

# killed at any moment it ends the same
dump "$TMP/calm" >"$TMP/calm.sql"
"$CLIO" run --out "$TMP/calm" --quiet
dump "$TMP/calm" >"$TMP/again.sql"
expect_same "$TMP/calm.sql" "$TMP/again.sql"
n_killed=0
for share in ${KILL_SHARES:-45 80}; do
    rm -rf "$TMP/killed"
    cp -r "$TMP/base" "$TMP/killed"
    "$CLIO" append "$TMP/killed" "$TMP/new.jsonl" --quiet >/dev/null 2>&1 &
    pid=$!
    sleep "$(awk -v t="$took" -v s="$share" 'BEGIN { print t * s / 100000 }')"
    kill -KILL "$pid" 2>/dev/null || true
    status=0
    wait "$pid" 2>/dev/null || status=$?
    if [ $status = 137 ]; then n_killed=$((n_killed + 1)); fi
    "$CLIO" append "$TMP/killed" "$TMP/new.jsonl" --quiet >/dev/null
    dump "$TMP/killed" >"$TMP/killed.sql"
    expect_same "$TMP/calm.sql" "$TMP/killed.sql"
done
[ $n_killed -ge 1 ] || fail "none of the starts was killed"

# found again from where they are, in both trees; ids of one tree are never those of the other
cp -r "$TMP/calm" "$TMP/warm"
"$CLIO" append "$TMP/warm" --recluster warm --json --quiet >"$TMP/said"
expect_text "$TMP/said" '"reclustered":true'
passes "$TMP/warm"
for set in clustered_batch tree_2_clustered_batch; do
    [ "$(vault "$TMP/warm" "SELECT recluster || clustered FROM $set WHERE batch_id = 2")" = 11 ] ||
        fail "$set does not say so"
done
[ "$(sqlite3 "$TMP/calm/atlas.db" "ATTACH '$TMP/warm/atlas.db' AS b; SELECT count(*)
    FROM main.cluster o JOIN b.cluster n USING (id) WHERE o.tree_id <> n.tree_id")" = 0 ] ||
    fail "an id of one tree is one of the other"

# few wait in both; what a purge takes goes from what is remembered of both
head -n 3 "$TMP/new.jsonl" | sed 's/"id": "/"id": "w/' >"$TMP/few.jsonl"
sed -i 's/\(resume\|job\)/\1 please/' "$TMP/few.jsonl"
rm -rf "$TMP/held"
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/held" "$@" "${trees[@]}" --privacy guarded
dump "$TMP/held" >"$TMP/held.sql"
"$CLIO" append "$TMP/held" "$TMP/few.jsonl" --json --quiet >"$TMP/said"
expect_text "$TMP/said" '"outcome":"held"'
dump "$TMP/held" >"$TMP/again.sql"
expect_same "$TMP/held.sql" "$TMP/again.sql"
"$CLIO" append "$TMP/held" "$TMP/new.jsonl" --json --quiet >"$TMP/said"
expect_text "$TMP/said" '"outcome":"released"'
passes "$TMP/held"
account=$(head -n 1 "$TMP/old.jsonl" | python3 -c 'import json; print(json.loads(input())["user"])')
"$CLIO" purge "$TMP/warm" --account "$account" >/dev/null
for table in past_member tree_2_past_member; do
    [ "$(vault "$TMP/warm" "SELECT count(*) FROM $table")" -gt 100 ] || fail "$table is empty"
    [ "$(vault "$TMP/warm" "SELECT count(*) FROM $table WHERE seq NOT IN
        (SELECT seq FROM conversation)")" = 0 ] || fail "$table remembers who is gone"
done
"$CLIO" run --out "$TMP/warm" --quiet
passes "$TMP/warm"

# a run that grew keeps its trees
expect_exit 2 "$CLIO" run --out "$TMP/warm" --cluster-facet task
expect_text "$TMP/err" "follows the clusters of request,task, and the settings name task"
expect_exit 2 "$CLIO" append "$TMP/warm" "$TMP/new.jsonl" --cluster-facet task
expect_text "$TMP/err" "follows the clusters of request,task, and the settings name task"
