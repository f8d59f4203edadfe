#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run whose clusters are few has no level above them. When one that grows passes --top-level, the
# level is made: every cluster keeps id, title and place, parents are new and said to be born; and
# from then on it stays.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3

# Eight subjects first, two more in each of two batches.
python3 "$SOURCE/tests/corpus.py" 1200 | awk -v dir="$TMP" '{
    s = (NR - 1) % 12
    print >(dir "/" (s < 8 ? "old" : s < 10 ? "new" : "later") ".jsonl") }'
query() { sqlite3 "$1/atlas.db" "$2"; }
wide=$("$CLIO" run "$TMP/old.jsonl" --out "$TMP/run" --profile none --min-conversations 8 \
    --min-accounts 3 --top-level 1000 --quiet >/dev/null &&
    query "$TMP/run" 'SELECT count(*) FROM cluster')
"$CLIO" run --out "$TMP/run" --top-level "$wide" --quiet
[ "$(query "$TMP/run" 'SELECT max(level) FROM cluster')" = 0 ] || fail "the run is not flat"
cp -r "$TMP/run" "$TMP/before"

"$CLIO" append "$TMP/run" "$TMP/new.jsonl" --recluster no --quiet >/dev/null
n_base=$(query "$TMP/run" 'SELECT count(*) FROM cluster WHERE level = 0')
[ "$n_base" -gt "$wide" ] || fail "the batch made no cluster, so nothing is tried"
n_top=$(query "$TMP/run" 'SELECT count(*) FROM cluster WHERE parent_id IS NULL')
[ "$n_top" -ge 2 ] && [ "$n_top" -lt "$wide" ] || fail "$n_base clusters have a top of $n_top"
same() { # BEFORE AFTER [MORE]: clusters of BEFORE that AFTER has with id, title, level, place
    sqlite3 "$1/atlas.db" "ATTACH '$2/atlas.db' AS b; SELECT count(*) FROM main.cluster o
        JOIN b.cluster n ON n.id = o.id AND n.title = o.title AND n.level = o.level
        AND n.x = o.x AND n.y = o.y $3"
}
[ "$(same "$TMP/before" "$TMP/run" '')" = "$wide" ] || fail "a cluster is not who it was"
[ "$(query "$TMP/run" "SELECT count(*) FROM cluster c JOIN lineage l ON l.cluster_id = c.id
    AND l.kind = 'born' AND l.release_id = 2 WHERE c.level = 1 AND c.id > $wide")" = "$n_top" ] ||
    fail "the lineage does not tell of the parents"
[ "$(query "$TMP/run" 'SELECT count(*) FROM cluster c JOIN cluster p ON p.id = c.parent_id
    WHERE c.level = 0')" = "$n_base" ] || fail "a cluster has no parent"
"$CLIO" audit "$TMP/run" >/dev/null || fail "the release does not pass the gates"
"$SOURCE/tools/atlas-read" --check "$TMP/run/atlas.db"

# The level that is made stays, with who is under whom.
rm -rf "$TMP/before"
cp -r "$TMP/run" "$TMP/before"
n_all=$(query "$TMP/run" 'SELECT count(*) FROM cluster')
"$CLIO" append "$TMP/run" "$TMP/later.jsonl" --recluster no --quiet >/dev/null
[ "$(query "$TMP/run" 'SELECT count(*) FROM cluster WHERE parent_id IS NULL')" = "$n_top" ] ||
    fail "the top changed"
[ "$(same "$TMP/before" "$TMP/run" 'AND n.parent_id IS o.parent_id')" = "$n_all" ] ||
    fail "a cluster changed although nothing happened to it"
