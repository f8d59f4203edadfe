#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up: a sentence, exit 73, and after making room the same command ends with the
# same atlas. The small disk is a tmpfs in a mount namespace of this test's own.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 unshare
python3 "$SOURCE/tests/corpus.py" 400 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/calm" --profile none --quiet
sqlite3 "$TMP/calm/atlas.db" .dump >"$TMP/calm.sql"
unshare -m true 2>/dev/null || skip "mount namespaces need root"
export CLIO TMP
for size in 100k 400k 1500k; do
    unshare -m bash -euo pipefail -c '
        mkdir -p "$TMP/disk" && mount -t tmpfs -o size='$size' tmpfs "$TMP/disk"
        status=0
        "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/disk/run" --profile none --quiet \
            2>"$TMP/err" || status=$?
        echo $status >"$TMP/status"
        mount -o remount,size=200M "$TMP/disk"
        "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/disk/run" --profile none --quiet
        sqlite3 "$TMP/disk/run/atlas.db" .dump >"$TMP/disk.sql"'
    expect_same "$TMP/calm.sql" "$TMP/disk.sql"
    status=$(cat "$TMP/status")
    [ "$status" = 73 ] || {
        cat "$TMP/err" >&2
        fail "a disk of $size gave exit status $status, wanted 73"
    }
    [ "$(wc -l <"$TMP/err")" = 1 ] || { cat "$TMP/err" >&2; fail "not one sentence"; }
done
