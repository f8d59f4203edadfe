#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What goes wrong gets a sentence and its exit code, and damages nothing.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER MODEL
need_tool sqlite3 python3
python3 "$SOURCE/tests/corpus.py" 300 >"$TMP/corpus.jsonl"
run_none() { "$CLIO" run "$@" --profile none --quiet; }

# usage
expect_exit 2 "$CLIO"
expect_exit 2 "$CLIO" dance
expect_text "$TMP/err" 'no verb "dance"'
expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/a" --min-accounts many
expect_text "$TMP/err" "--min-accounts takes a whole number from 1 to 1000000, not"
for floor in min-accounts min-conversations max-per-account; do # noise is drawn to their scale
    expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/a" --$floor 1000001
    expect_text "$TMP/err" "1000000"
done
for number in 0 -1 many 1048577 ''; do # not after hours of vectors
    expect_exit 2 run_none "$TMP/corpus.jsonl" --out "$TMP/clusters" --clusters "$number"
    expect_text "$TMP/err" "--clusters is auto or a number from 1 to 1048576, not \"$number\""
done
[ "$(sqlite3 "$TMP/clusters/vault.db" 'SELECT count(*) FROM conversation')" = 0 ] ||
    fail "conversations were read for a setting that cannot work"
expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/a" --profile magic
expect_text "$TMP/err" "embedded|gguf|remote|none"
expect_exit 2 "$CLIO" tree
expect_exit 2 "$CLIO" evaluate agrement "$TMP"
expect_text "$TMP/err" "clio evaluate knows agreement, reconstruct"
expect_exit 0 "$CLIO" --help
expect_exit 0 "$CLIO" --version

# input that is not there, not readable, a directory, empty
expect_exit 66 run_none "$TMP/nowhere.jsonl" --out "$TMP/a"
expect_text "$TMP/err" "nowhere.jsonl cannot be opened"
mkdir "$TMP/folder"
expect_exit 66 run_none "$TMP/folder" --out "$TMP/a"
expect_text "$TMP/err" "is a directory without files"
[ ! -e "$TMP/a" ] || fail "a run directory was made although there was no input"
if [ "$(id -u)" = 0 ]; then
    mkdir -m 777 "$TMP/theirs" && cp "$TMP/corpus.jsonl" "$TMP/theirs/secret.jsonl"
    chmod 0600 "$TMP/theirs/secret.jsonl" && chmod 755 "$TMP"
    cp "$CLIO" "$TMP/clio"
    expect_exit 66 setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$TMP/theirs" \
        "$TMP/clio" run "$TMP/theirs/secret.jsonl" --out "$TMP/theirs/out" --profile none
    expect_text "$TMP/err" "secret.jsonl cannot be opened: Permission denied"
fi
: >"$TMP/empty.jsonl"
expect_exit 66 run_none "$TMP/empty.jsonl" --out "$TMP/empty"
head -c 4096 /dev/urandom >"$TMP/noise.bin"
expect_exit 65 run_none "$TMP/noise.bin" --out "$TMP/noise"

# a good run, and what must not damage it
expect_exit 0 run_none "$TMP/corpus.jsonl" --out "$TMP/good"
sqlite3 "$TMP/good/atlas.db" .dump >"$TMP/before.sql"

# two at once: the second is told to wait
exec 9>"$TMP/good/lock"
flock -n 9
expect_exit 75 run_none "$TMP/corpus.jsonl" --out "$TMP/good"
expect_text "$TMP/err" "another clio works on this directory"
printf 'facet: 320 of 397, 12 s' >&9 # as the one that works says
expect_exit 75 "$CLIO" status "$TMP/good"
expect_text "$TMP/err" "(facet: 320 of 397, 12 s; $TMP/good/lock is locked)"
exec 9>&-
expect_exit 0 "$CLIO" status "$TMP/good"
[ ! -s "$TMP/good/lock" ] || fail "words of one that was killed stay"

# a vault of a newer version, another file in its place, no run directory
cp -r "$TMP/good" "$TMP/newer"
sqlite3 "$TMP/newer/vault.db" 'PRAGMA user_version = 99' >/dev/null
expect_exit 78 "$CLIO" status "$TMP/newer"
expect_text "$TMP/err" "newer clio"
cp -r "$TMP/good" "$TMP/newer-atlas"
sqlite3 "$TMP/newer-atlas/atlas.db" 'PRAGMA user_version = 99' >/dev/null
expect_exit 78 "$CLIO" tree "$TMP/newer-atlas"
mkdir "$TMP/other" && echo hello >"$TMP/other/vault.db"
expect_exit 65 "$CLIO" status "$TMP/other"
expect_exit 66 "$CLIO" status "$TMP/nothing-here"
expect_exit 66 "$CLIO" tree "$TMP/nothing-here"
expect_exit 65 "$CLIO" tree "$TMP/corpus.jsonl"
for verb in tree "serve --port 0"; do
    # shellcheck disable=SC2086 # a verb and a flag
    expect_exit 66 "$CLIO" $verb "$TMP/folder"
    expect_text "$TMP/err" "$TMP/folder holds no atlas.db, so it is no run directory"
done
expect_exit 66 "$CLIO" status "$TMP/corpus.jsonl"
expect_text "$TMP/err" "corpus.jsonl is a file; name the directory"

# models: missing, damaged
expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/m" --model "$TMP/no.gguf"
expect_text "$TMP/err" "is not there"
expect_exit 78 env CLIO_MODELS="$TMP" XDG_DATA_HOME="$TMP" HOME="$TMP" \
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/m2"
expect_text "$TMP/err" "tools/setup"
expect_no_text "$TMP/err" "clio: ingest" # it is seen before anything is read
mkdir "$TMP/half" && ln -s "$MODEL" "$TMP/half/" # the embedder alone is missing
expect_exit 78 env CLIO_MODELS="$TMP/half" XDG_DATA_HOME="$TMP" HOME="$TMP" \
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/m5"
expect_text "$TMP/err" "all-minilm-l6-v2 is not installed"
expect_no_text "$TMP/err" "clio: ingest"
expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/m6" --profile gguf
expect_text "$TMP/err" "--model FILE.gguf"
expect_no_text "$TMP/err" "clio: ingest"
head -c 100000 "$MODEL" >"$TMP/cut.gguf"
expect_exit 65 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/m3" --model "$TMP/cut.gguf"
mkdir "$TMP/embedder" && cp "$EMBEDDER/vocab.txt" "$TMP/embedder/"
head -c 100000 "$EMBEDDER/model.safetensors" >"$TMP/embedder/model.safetensors"
expect_exit 65 run_none "$TMP/corpus.jsonl" --out "$TMP/m4" --embedder "$TMP/embedder"

# memory: a size that is none, and one that the vectors do not fit in
expect_exit 2 run_none "$TMP/corpus.jsonl" --out "$TMP/a2" --memory lots
expect_text "$TMP/err" "--memory takes a size like 500M"
expect_exit 69 run_none "$TMP/corpus.jsonl" --out "$TMP/small" --memory 10K
expect_text "$TMP/err" "MiB"
expect_exit 0 run_none "$TMP/corpus.jsonl" --out "$TMP/small" --memory 100M

# standard output on a full device
got=0
"$CLIO" tree "$TMP/good" >/dev/full 2>"$TMP/err" || got=$?
[ "$got" = 74 ] || fail "a full standard output gave $got, wanted 74"

# a verb out of turn
expect_exit 0 "$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/steps" --profile none
expect_exit 2 "$CLIO" cluster "$TMP/steps"
expect_text "$TMP/err" "stage before is not done"

sqlite3 "$TMP/good/atlas.db" .dump >"$TMP/after.sql"
expect_same "$TMP/before.sql" "$TMP/after.sql"
