#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio append`: new conversations are filed under clusters that keep id, title, parent and place;
# a subject that nobody had becomes a cluster of its own; what is too little waits; nothing new
# changes nothing; a bad file leaves the run as it was; killed at any moment it ends the same, with
# 1 and 2 threads; --recluster and purge keep who is who, and a run that outgrows its clusters finds
# them again by itself; lineage says what became of whom.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3

python3 "$SOURCE/tests/corpus.py" 900 >"$TMP/all.jsonl"
# The fourth subject, resumes, is new: 75 conversations come later, 40 of them in a first batch.
awk -v dir="$TMP" '{
    resume = (NR - 1) % 12 == 3
    if (resume) print >(dir "/" (++n <= 40 ? "new" : "later") ".jsonl")
    else print >(dir "/" (NR <= 660 ? "old" : "new") ".jsonl") }' "$TMP/all.jsonl"
set -- --profile none --min-conversations 8 --min-accounts 3 --quiet
"$CLIO" run "$TMP/old.jsonl" --out "$TMP/base" --threads 2 "$@"

dump() { sqlite3 "$1/atlas.db" .dump; }
query() { sqlite3 "$1/atlas.db" "$2"; }
# same_who BEFORE AFTER: of the clusters of BEFORE, those that AFTER has with all that makes them.
same_who() {
    sqlite3 "$1/atlas.db" "ATTACH '$2/atlas.db' AS b; SELECT count(*) FROM main.cluster o
        JOIN b.cluster n ON n.id = o.id AND n.title = o.title AND n.level = o.level
        AND n.parent_id IS o.parent_id AND n.x = o.x AND n.y = o.y"
}

# What cannot work is refused, and changes nothing.
dump "$TMP/base" >"$TMP/base.sql"
sqlite3 "$TMP/base/vault.db" .dump >"$TMP/base-vault.sql"
as_it_was() {
    dump "$TMP/base" >"$TMP/now.sql"
    expect_same "$TMP/base.sql" "$TMP/now.sql"
    sqlite3 "$TMP/base/vault.db" .dump >"$TMP/now.sql"
    expect_same "$TMP/base-vault.sql" "$TMP/now.sql"
}
expect_exit 66 "$CLIO" append "$TMP/base" "$TMP/no-such-file"
expect_exit 2 "$CLIO" append "$TMP/base"
expect_exit 2 "$CLIO" append "$TMP/base" "$TMP/new.jsonl" --min-accounts 2
expect_text "$TMP/err" 'works with the settings of the run'
printf 'no JSON at all\n' >"$TMP/bad.jsonl"
expect_exit 65 "$CLIO" append "$TMP/base" "$TMP/bad.jsonl"
expect_text "$TMP/err" 'the run is as it was'
{ head -n 5 "$TMP/new.jsonl"; echo '{"broken'; } >"$TMP/half.jsonl"
expect_exit 65 "$CLIO" append "$TMP/base" "$TMP/half.jsonl" --strict
as_it_was
# Nothing new: the same file again, and an empty batch.
expect_exit 0 "$CLIO" append "$TMP/base" "$TMP/old.jsonl" --json
expect_text "$TMP/out" '"outcome":"nothing"'
as_it_was

# Filed, and one cluster is born.
cp -r "$TMP/base" "$TMP/calm"
begin=$(date +%s%N)
"$CLIO" append "$TMP/calm" "$TMP/new.jsonl" --threads 2 --json --quiet >"$TMP/said"
took=$((($(date +%s%N) - begin) / 1000000))
expect_text "$TMP/said" '"outcome":"released"'
expect_text "$TMP/said" '"reclustered":false'
[ ! -e "$TMP/calm/safety.db" ] || fail "signals were made although no watch is kept"
n_before=$(query "$TMP/base" 'SELECT count(*) FROM cluster')
[ "$(same_who "$TMP/base" "$TMP/calm")" = "$n_before" ] || fail "a cluster is not who it was"
[ "$(query "$TMP/calm" "SELECT count(*) FROM cluster WHERE id > $n_before AND level = 0
    AND title LIKE '%esume%'")" = 1 ] || fail "the new subject is no cluster"
[ "$(query "$TMP/calm" "SELECT count(*) FROM lineage l JOIN cluster c ON c.id = l.cluster_id
    WHERE l.kind = 'born' AND l.release_id = 2 AND c.title LIKE '%esume%'")" = 1 ] ||
    fail "the lineage does not tell of a birth"
[ "$(query "$TMP/calm" 'SELECT count(*) FROM release')" = 2 ] || fail "there are not two releases"
[ "$(sqlite3 "$TMP/calm/vault.db" 'SELECT count(*) FROM vector_block b
    WHERE length(seqs) <> 8192 AND i_block < (SELECT max(i_block) FROM vector_block)')" = 0 ] ||
    fail "a block of vectors in the middle is short"
# Facets were asked of the new ones alone, every conversation is counted once.
[ "$(query "$TMP/calm" "SELECT sum(n_conversations) FROM cluster WHERE parent_id IS NULL")" -gt \
    "$(query "$TMP/base" "SELECT sum(n_conversations) FROM cluster WHERE parent_id IS NULL")" ] ||
    fail "the new conversations are not counted"
"$CLIO" audit "$TMP/calm" >/dev/null || fail "the release does not pass the gates"
"$SOURCE/tools/atlas-read" --check "$TMP/calm/atlas.db"
"$CLIO" report "$TMP/calm" -o "$TMP/report.html" --quiet
expect_text "$TMP/report.html" '"lineage":{"releases":[[1,"'
[ "$("$CLIO" status "$TMP/calm" --json | grep -o '"state":"done"' | wc -l)" = 11 ] ||
    fail "the line is not done"
# A run that grew works on all it has, and takes no other files.
expect_exit 2 "$CLIO" run "$TMP/old.jsonl" --out "$TMP/calm"
dump "$TMP/calm" >"$TMP/calm.sql"
rm "$TMP/old.jsonl" # nothing is read again
"$CLIO" run --out "$TMP/calm" --quiet
dump "$TMP/calm" >"$TMP/again.sql"
expect_same "$TMP/calm.sql" "$TMP/again.sql"

# One thread gives the same, and so does a run that is killed.
cp -r "$TMP/base" "$TMP/one"
"$CLIO" append "$TMP/one" "$TMP/new.jsonl" --threads 1 --quiet >/dev/null
dump "$TMP/one" >"$TMP/one.sql"
expect_same "$TMP/calm.sql" "$TMP/one.sql"
n_killed=0
for share in ${KILL_SHARES:-25 60}; do
    rm -rf "$TMP/killed"
    cp -r "$TMP/base" "$TMP/killed"
    "$CLIO" append "$TMP/killed" "$TMP/new.jsonl" --threads 2 --quiet >/dev/null 2>&1 &
    pid=$!
    sleep "$(awk -v t="$took" -v s="$share" 'BEGIN { print t * s / 100000 }')"
    kill -KILL "$pid" 2>/dev/null || true
    status=0
    wait "$pid" 2>/dev/null || status=$?
    if [ $status = 137 ]; then n_killed=$((n_killed + 1)); fi
    on_its_way=$(sqlite3 "$TMP/killed/vault.db" 'SELECT count(*) FROM batch WHERE state < 2')
    if [ "$on_its_way" = 1 ]; then
        expect_exit 2 "$CLIO" run --out "$TMP/killed"
    fi
    "$CLIO" append "$TMP/killed" "$TMP/new.jsonl" --quiet >/dev/null
    dump "$TMP/killed" >"$TMP/killed.sql"
    expect_same "$TMP/calm.sql" "$TMP/killed.sql"
done
[ $n_killed -ge 1 ] || fail "only $n_killed of the starts were killed"

# Fewer than the floors wait, also over several appends, and come with the next.
head -n 4 "$TMP/later.jsonl" >"$TMP/few.jsonl"
sed -n 5,6p "$TMP/later.jsonl" >"$TMP/more.jsonl"
for file in few more; do
    "$CLIO" append "$TMP/calm" "$TMP/$file.jsonl" --json --quiet >"$TMP/said"
    expect_text "$TMP/said" '"outcome":"held"'
done
expect_text "$TMP/said" '"n_read":6'
dump "$TMP/calm" >"$TMP/again.sql"
expect_same "$TMP/calm.sql" "$TMP/again.sql"
"$CLIO" append "$TMP/calm" "$TMP/later.jsonl" --quiet --json >"$TMP/said"
expect_text "$TMP/said" '"n_read":35'
[ "$(query "$TMP/calm" 'SELECT max(id) FROM release')" = 3 ] || fail "there are not three releases"
[ "$(same_who "$TMP/one" "$TMP/calm")" = "$(query "$TMP/one" 'SELECT count(*) FROM cluster')" ] ||
    fail "a cluster changed although nothing happened to it"

# Found anew from where they are: most clusters are who they were, and stand where they stood.
rm -rf "$TMP/anew"
cp -r "$TMP/calm" "$TMP/anew"
"$CLIO" append "$TMP/anew" --recluster warm --quiet >/dev/null
n_base=$(query "$TMP/calm" 'SELECT count(*) FROM cluster WHERE level = 0')
n_kept=$(sqlite3 "$TMP/calm/atlas.db" "ATTACH '$TMP/anew/atlas.db' AS b; SELECT count(*)
    FROM main.cluster o JOIN b.cluster n ON n.id = o.id AND n.level = 0 AND n.x = o.x AND n.y = o.y
    WHERE o.level = 0")
[ $((n_kept * 10)) -ge $((n_base * 8)) ] || fail "$n_kept of $n_base clusters keep who they are"
"$CLIO" audit "$TMP/anew" >/dev/null || fail "the release does not pass the gates"
# No circle lies on another: pairs that cover each other by more than a fifth of the smaller radius
# (a tenth, and the noise of the counts that the radii are of).
n_covered=$(query "$TMP/anew" "WITH c AS (SELECT id, x, y, 0.045 * sqrt(1.0 * n_conversations /
    (SELECT max(n_conversations) FROM cluster WHERE level = 0)) r FROM cluster WHERE level = 0),
    s AS (SELECT min(1, sqrt(0.25 / sum(3.14159265 * r * r))) f FROM c)
    SELECT count(*) FROM c a JOIN c b ON a.id < b.id, s
    WHERE sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)) <
        s.f * (a.r + b.r - 0.2 * min(a.r, b.r))")
[ "$n_covered" = 0 ] || fail "$n_covered pairs of circles lie on each other"

# A run that grows by more than half finds them again by itself, unless it is told not to; killed
# in between it ends the same.
python3 "$SOURCE/tests/corpus.py" 1600 | tail -n +901 >"$TMP/much.jsonl"
for how in auto no; do
    rm -rf "$TMP/much-$how"
    cp -r "$TMP/base" "$TMP/much-$how"
    "$CLIO" append "$TMP/much-$how" "$TMP/much.jsonl" --recluster $how --json --quiet >"$TMP/said"
    expect_text "$TMP/said" "\"reclustered\":$([ $how = auto ] && echo true || echo false)"
    "$CLIO" audit "$TMP/much-$how" >/dev/null || fail "the release does not pass the gates"
done
n_base=$(query "$TMP/base" 'SELECT count(*) FROM cluster WHERE level = 0')
n_kept=$(sqlite3 "$TMP/base/atlas.db" "ATTACH '$TMP/much-auto/atlas.db' AS b; SELECT count(*)
    FROM main.cluster o JOIN b.cluster n ON n.id = o.id AND n.level = 0 WHERE o.level = 0")
[ $((n_kept * 10)) -ge $((n_base * 6)) ] || fail "$n_kept of $n_base clusters keep who they are"
dump "$TMP/much-auto" >"$TMP/calm.sql"
rm -rf "$TMP/killed"
cp -r "$TMP/base" "$TMP/killed"
"$CLIO" append "$TMP/killed" "$TMP/much.jsonl" --quiet >/dev/null 2>&1 &
pid=$!
for _ in $(seq 400); do # until the stage cluster is through
    through=$(sqlite3 "$TMP/killed/vault.db" 'SELECT max(clustered) FROM clustered_batch' \
        2>/dev/null || true)
    [ "$through" = 1 ] && break
    sleep 0.05
done
kill -KILL "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
"$CLIO" append "$TMP/killed" "$TMP/much.jsonl" --quiet >/dev/null
dump "$TMP/killed" >"$TMP/killed.sql"
expect_same "$TMP/calm.sql" "$TMP/killed.sql"

# A cluster whose people go is told to be gone, and no byte of its people's titles stays with it.
# They go with all who would be drawn in their places.
resume=$(query "$TMP/calm" "SELECT id FROM cluster WHERE level = 0 AND title LIKE '%esume%'")
sqlite3 "$TMP/calm/vault.db" "SELECT c.external_id FROM past_member m
    JOIN conversation c ON c.seq = m.seq WHERE m.cluster_id = $resume
    UNION SELECT c.external_id FROM placed d JOIN conversation c ON c.seq = d.seq
    JOIN identity i ON i.node_id = d.cluster_id WHERE i.atlas_id = $resume
    UNION SELECT external_id FROM conversation WHERE turns LIKE '%resume%'" >"$TMP/ids"
while read -r id; do
    "$CLIO" purge "$TMP/calm" --conversation "$id" >/dev/null
done <"$TMP/ids"
"$CLIO" run --out "$TMP/calm" --quiet
[ "$(query "$TMP/calm" "SELECT count(*) FROM cluster WHERE id = $resume")" = 0 ] ||
    fail "a cluster without its people is there"
[ "$(query "$TMP/calm" "SELECT count(*) FROM lineage WHERE cluster_id = $resume AND title IS NULL
    AND kind IN ('died', 'merged') AND release_id = (SELECT max(id) FROM release)")" = 1 ] ||
    fail "the lineage does not say that it is gone"
