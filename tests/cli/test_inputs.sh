#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A finished run is never lost by a wrong or another input, an edited file is noticed, and files
# have a directory of their own when none is named.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 gzip
python3 "$SOURCE/tests/corpus.py" 200 >"$TMP/logs.jsonl"
head -n 60 "$TMP/logs.jsonl" >"$TMP/few.jsonl"
good=$TMP/good
"$CLIO" run "$TMP/logs.jsonl" --out "$good" --profile none --quiet
rows() {
    sqlite3 "$good/vault.db" "SELECT count(*), sum(length(turns)) FROM conversation;
        SELECT count(*) FROM facet_value; SELECT count(*) FROM vector_block; SELECT * FROM source;
        SELECT stage, fingerprint, done FROM stage_run;
        SELECT * FROM setting WHERE key NOT LIKE 'digest of %'"
}
rows >"$TMP/before"
as_it_was() {
    rows >"$TMP/after"
    expect_same "$TMP/before" "$TMP/after"
    expect_exit 0 "$CLIO" run --out "$good" --quiet
    rows >"$TMP/after"
    expect_same "$TMP/before" "$TMP/after"
}

# another file in the directory
expect_exit 2 "$CLIO" ingest "$TMP/few.jsonl" --out "$good" --profile none
expect_text "$TMP/err" "other inputs were begun in this directory"
expect_text "$TMP/err" "clio append"
expect_text "$TMP/err" "--replace"
as_it_was

# asked for, but it cannot be read; named by mistake; nothing fits; stopped on the way
gzip -k "$TMP/few.jsonl"
expect_exit 65 "$CLIO" run "$TMP/few.jsonl.gz" --out "$good" --profile none --replace
expect_text "$TMP/err" "is compressed; use: zcat FILE | clio run -"
expect_text "$TMP/err" "the run is as it was"
as_it_was
printf 'nothing\nof use\n' >"$TMP/words.txt"
expect_exit 65 "$CLIO" run - --out "$good" --profile none --replace <"$TMP/words.txt"
as_it_was
expect_exit 65 "$CLIO" run "$TMP/logs.jsonl" --out "$good" --profile none --where 'usr~foo'
as_it_was
expect_exit 2 "$CLIO" run "$TMP/logs.jsonl" --out "$good" --profile none --where 'user~('
as_it_was
mkfifo "$TMP/pipe"
exec 8<>"$TMP/pipe" # so it has no end
head -n 150 "$TMP/logs.jsonl" >&8 &
"$CLIO" run "$TMP/pipe" --out "$good" --profile none --replace 2>"$TMP/err" &
reader=$!
sleep 1
kill -9 $reader
wait $reader 2>/dev/null || true
wait
exec 8>&-
as_it_was

# a named pipe is read from who writes into it first
cat "$TMP/few.jsonl" >"$TMP/pipe" &
writer=$!
expect_exit 0 timeout 60 "$CLIO" ingest "$TMP/pipe" --out "$TMP/named" --profile none --quiet
wait $writer || fail "who wrote into the pipe was killed"
[ "$(sqlite3 "$TMP/named/vault.db" 'SELECT count(*) FROM conversation')" = 60 ] ||
    fail "a named pipe was not read whole"
rm "$TMP/pipe"

# asked for: the others take its place, also from standard input under the same name
expect_exit 0 "$CLIO" run "$TMP/few.jsonl" --out "$good" --profile none --replace --quiet
[ "$(sqlite3 "$good/vault.db" 'SELECT count(*) FROM conversation')" = 60 ] || fail "not replaced"
ids() { sqlite3 "$TMP/piped/vault.db" 'SELECT count(*) FROM conversation'; }
"$CLIO" ingest - --out "$TMP/piped" --profile none --quiet <"$TMP/few.jsonl"
expect_exit 0 "$CLIO" ingest - --out "$TMP/piped" --profile none <"$TMP/logs.jsonl"
expect_text "$TMP/err" "standard input was read into"
[ "$(ids)" = 60 ] || fail "another standard input was read without --replace"
# … nor by another setting for reading: it may be something else that is given today
expect_exit 2 "$CLIO" ingest - --out "$TMP/piped" --profile none --where text~e <"$TMP/logs.jsonl"
expect_text "$TMP/err" "they came from standard input: give all of it again with --replace"
expect_exit 2 "$CLIO" run --out "$TMP/piped" --limit 10 </dev/null
[ "$(ids)" = 60 ] || fail "another standard input took the place of the one before"
expect_exit 0 "$CLIO" run --out "$TMP/piped" --quiet </dev/null # the settings are as they were
expect_exit 0 "$CLIO" ingest - --out "$TMP/piped" --profile none --replace <"$TMP/logs.jsonl"
[ "$(ids)" = 200 ] || fail "--replace did not read standard input"

# one that was only touched, or is a copy, is not read again; an edited one of the same size is
echo '[{"id":"1","messages":[{"role":"user","content":"say hello"}]}]' >"$TMP/ch.json"
text() { sqlite3 "$TMP/ch/vault.db" 'SELECT turns FROM conversation'; }
"$CLIO" ingest "$TMP/ch.json" --out "$TMP/ch" --profile none --quiet
touch "$TMP/ch.json"
expect_exit 0 "$CLIO" ingest "$TMP/ch.json" --out "$TMP/ch" --profile none
expect_no_text "$TMP/err" "in, "
cp "$TMP/ch.json" "$TMP/copy.json"
mv "$TMP/copy.json" "$TMP/ch.json"
expect_exit 0 "$CLIO" ingest "$TMP/ch.json" --out "$TMP/ch" --profile none
expect_no_text "$TMP/err" "in, "
sed -i s/hello/jello/ "$TMP/ch.json"
expect_exit 0 "$CLIO" ingest "$TMP/ch.json" --out "$TMP/ch" --profile none
[[ $(text) == *jello* ]] || fail "an edited file was not noticed"
touch "$TMP/ch.json"
expect_exit 0 "$CLIO" ingest "$TMP/ch.json" --out "$TMP/ch" --profile none
expect_no_text "$TMP/err" "in, "
# one that is gone counts as it was
rm "$TMP/ch.json"
expect_exit 0 "$CLIO" ingest "$TMP/few.jsonl" --out "$TMP/gone" --profile none
mv "$TMP/few.jsonl" "$TMP/moved.jsonl"
expect_exit 0 "$CLIO" bound "$TMP/gone"
mv "$TMP/moved.jsonl" "$TMP/few.jsonl"

# without --out: a directory by name and place, never an empty name
export XDG_DATA_HOME=$TMP/data
mkdir -p "$TMP/a" "$TMP/b"
head -n 10 "$TMP/logs.jsonl" >"$TMP/a/conversations.json"
head -n 20 "$TMP/logs.jsonl" >"$TMP/b/conversations.json"
cp "$TMP/a/conversations.json" "$TMP/a/.hidden.jsonl"
cp "$TMP/a/conversations.json" "$TMP/a/log.2026-01.jsonl"
for file in a/conversations.json b/conversations.json a/.hidden.jsonl a/log.2026-01.jsonl; do
    expect_exit 0 "$CLIO" ingest "$TMP/$file" --profile none
    expect_text "$TMP/err" "the run is kept in $TMP/data/clio/runs/"
done
[ "$(find "$TMP/data/clio/runs" -name vault.db | wc -l)" = 4 ] || fail "runs share a directory"
ls "$TMP/data/clio/runs" >"$TMP/names"
grep -qE '^conversations-[0-9a-f]{8}$' "$TMP/names" || fail "no run is called after its file"
grep -qE '^log\.2026-01-[0-9a-f]{8}$' "$TMP/names" || fail "more than the extension was taken"
(cd "$TMP/a" && expect_exit 0 "$CLIO" ingest conversations.json --profile none)
[ "$(find "$TMP/data/clio/runs" -name vault.db | wc -l)" = 4 ] || fail "one file, two directories"

# a directory of files, and more files than a command line of old had room for
mkdir -p "$TMP/many/below"
split -l 1 -a 4 "$TMP/logs.jsonl" "$TMP/many/part-"
split -l 1 -a 4 "$TMP/logs.jsonl" "$TMP/many/more-"
touch "$TMP/many/.hidden"
expect_exit 0 "$CLIO" ingest "$TMP/many" --out "$TMP/folder" --profile none --quiet
expect_exit 0 "$CLIO" ingest "$TMP"/many/*-* --out "$TMP/listed" --profile none --quiet
for run in folder listed; do
    sqlite3 "$TMP/$run/vault.db" 'SELECT seq, external_id FROM conversation ORDER BY seq' \
        >"$TMP/$run.ids"
    [ "$(sqlite3 "$TMP/$run/vault.db" 'SELECT count(*) FROM source')" = 400 ] || fail "$run: files"
done
expect_same "$TMP/folder.ids" "$TMP/listed.ids"

# a flag is not another one's value
expect_exit 2 "$CLIO" ingest "$TMP/few.jsonl" --out --json
expect_text "$TMP/err" "--out needs a value"
[ ! -e "$TMP/--json" ] && [ ! -e --json ] || fail "a directory called --json was made"
(cd "$TMP" && expect_exit 0 "$CLIO" ingest few.jsonl --out=--odd --profile none --quiet)
[ -e "$TMP/--odd/vault.db" ] || fail "--out=--odd was not taken"
