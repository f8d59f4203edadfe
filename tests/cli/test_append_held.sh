#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio append` where nothing is released: a batch that is refused leaves no trace, and one that
# waits is in nobody's way.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq

python3 "$SOURCE/tests/corpus.py" 360 >"$TMP/all.jsonl"
head -n 300 "$TMP/all.jsonl" >"$TMP/old.jsonl"
tail -n 60 "$TMP/all.jsonl" >"$TMP/new.jsonl"
run=$TMP/run
"$CLIO" run "$TMP/old.jsonl" --out "$run" --profile none --min-conversations 8 --min-accounts 3 \
    --quiet
vault() { sqlite3 "$run/vault.db" "$1"; }
read_so_far() {
    "$CLIO" status "$run" --json |
        jq -r '.stages[] | select(.name == "ingest") | "\(.n_in) \(.n_out)"'
}
atlas() { sqlite3 "$run/atlas.db" "$1"; }

# Copies of what is there under a field that nobody has: refused, what is there weighs as before.
vault .dump >"$TMP/before.sql"
head -n 5 "$TMP/old.jsonl" | sed 's/"id": "/"id": "again-/' >"$TMP/copies.jsonl"
expect_exit 65 "$CLIO" append "$run" "$TMP/copies.jsonl" --map user=usr
expect_text "$TMP/err" 'the run is as it was'
vault .dump >"$TMP/after.sql"
expect_same "$TMP/before.sql" "$TMP/after.sql"

# Clusters are found again without a file: what was read is what was read before.
n_read=$(read_so_far)
"$CLIO" append "$run" --recluster warm --quiet >"$TMP/out"
[ "$(read_so_far)" = "$n_read" ] || fail "the status says that $(read_so_far) were read"
[ "$(atlas "SELECT min(n_in, n_out) > 250 FROM stage WHERE name = 'ingest'")" = 1 ] || # noise
    fail "the atlas says that nothing was read"

# A purge while a batch waits: the atlas is made anew without whom it takes and without what waits,
# as it is where nothing waits (but for what is drawn at random, as who is over a share).
members() {
    sqlite3 "$1/vault.db" 'SELECT id, hex(centroid) FROM base_cluster ORDER BY id;
        SELECT seq, cluster_id FROM member ORDER BY seq; SELECT facet, seq, value FROM facet_value'
}
nodes() {
    sqlite3 "$1/vault.db" 'SELECT level, title, n_conversations, n_accounts FROM node ORDER BY id;
        SELECT seq, cluster_id FROM placed ORDER BY seq'
}
copied=$(sed -n 9p "$TMP/old.jsonl" | jq -r .user) # below: a purge would take the copy along
gone=$(vault "SELECT a.external_id FROM account a JOIN conversation c ON c.account_id = a.id
    JOIN placed p USING (seq) WHERE a.external_id <> '$copied' LIMIT 1")
cp -r "$run" "$TMP/plain"
"$CLIO" purge "$TMP/plain" --account "$gone" >"$TMP/out"
"$CLIO" run --out "$TMP/plain" --quiet
# As many as the floors want, to the very conversation: noise decides, and says the same whenever it
# is asked (here: no, as mostly).
{
    head -n 8 "$TMP/new.jsonl"
    sed -n 9p "$TMP/old.jsonl" | sed 's/"id": "/"id": "again-/' # a copy counts by its first one
} >"$TMP/few.jsonl"
"$CLIO" append "$run" "$TMP/few.jsonl" --json --quiet >"$TMP/out"
expect_text "$TMP/out" '"outcome":"held"'
expect_exit 0 "$CLIO" append "$run"
expect_text "$TMP/out" "9 conversations were read"
expect_text "$TMP/out" "until more come with \`clio append $run FILE"
expect_exit 2 "$CLIO" run --out "$run" --seed 3
expect_text "$TMP/err" "where it says that they wait, more must come first"
cp "$run/atlas.db" "$TMP/before.db"
"$CLIO" purge "$run" --account "$gone" >"$TMP/out"
expect_text "$TMP/out" "clio append $run"
expect_exit 2 "$CLIO" run --out "$run"
cp -r "$run" "$TMP/killed"
"$CLIO" append "$run" --json >"$TMP/out" 2>"$TMP/err"
expect_text "$TMP/out" '"outcome":"held"'
expect_text "$TMP/err" 'made anew without the conversations that wait'
cmp -s "$TMP/before.db" "$run/atlas.db" && fail "the atlas of before the purge is still there"
members "$TMP/plain" >"$TMP/want"
members "$run" >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"
"$SOURCE/tools/atlas-read" --check "$run/atlas.db"
# again, nothing is made anew; killed on the way it ends the same
"$CLIO" append "$run" --json >"$TMP/out" 2>"$TMP/err"
expect_no_text "$TMP/err" 'made anew'
"$CLIO" append "$TMP/killed" --quiet >"$TMP/out" 2>"$TMP/err" &
pid=$!
aside() {
    sqlite3 "$TMP/killed/vault.db" "SELECT value FROM setting WHERE key = 'open batches set aside'"
}
until [ "$(aside 2>/dev/null || true)" = 1 ]; do
    kill -0 $pid 2>/dev/null || fail "nothing was set aside"
    sleep 0.02
done
kill -KILL $pid
wait $pid 2>/dev/null || true
"$CLIO" append "$TMP/killed" --quiet >"$TMP/out"
nodes "$run" >"$TMP/want"
nodes "$TMP/killed" >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"

# What waited comes with the next batch, as was wished meanwhile, and each conversation counts once.
for dir in "$run" "$TMP/killed"; do
    "$CLIO" append "$dir" --recluster warm --quiet >"$TMP/out"
    "$CLIO" append "$dir" "$TMP/new.jsonl" --json --quiet >"$TMP/out"
    expect_text "$TMP/out" '"outcome":"released","n_read":61'
    expect_text "$TMP/out" '"reclustered":true'
    [ "$(sqlite3 "$dir/vault.db" 'SELECT count(*) FROM copy
        WHERE first_seq >= seq OR first_seq IN (SELECT seq FROM copy)')" = 0 ] ||
        fail "a copy is not one of an earlier conversation that counts"
    nodes "$dir" >"$TMP/last.$(basename "$dir")"
done
expect_same "$TMP/last.run" "$TMP/last.killed"
