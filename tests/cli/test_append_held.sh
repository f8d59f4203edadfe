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
