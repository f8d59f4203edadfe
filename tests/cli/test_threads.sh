#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Same input, seed and models: the same atlas with 1 and 2 threads and on a second run, in both
# profiles; another seed may give another one.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER MODEL
need_tool sqlite3 python3

dump_of() { # NAME PROFILE THREADS N
    python3 "$SOURCE/tests/corpus.py" "$4" >"$TMP/corpus.jsonl"
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/$1" --profile "$2" --threads "$3" --quiet
    sqlite3 "$TMP/$1/atlas.db" .dump >"$TMP/$1.sql"
    expect_text "$TMP/$1.sql" "INSERT INTO cluster "
}
dump_of none1 none 1 400
dump_of none2 none 2 400
expect_same "$TMP/none1.sql" "$TMP/none2.sql"
dump_of again none 2 400
expect_same "$TMP/none2.sql" "$TMP/again.sql"
dump_of embedded1 embedded 1 50
dump_of embedded2 embedded 2 50
expect_same "$TMP/embedded1.sql" "$TMP/embedded2.sql"
