#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --keep-days: conversations that are too old are in no byte of the vault, on the first run, on a
# later one that only tightens the setting, in one that grows; the setting stays with the run.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
python3 - "$TMP" "$SOURCE" <<'END_OF_PYTHON'
import json
import subprocess
import sys
import time

folder, source = sys.argv[1:]
kept = subprocess.run(["python3", f"{source}/tests/corpus.py", "300"], capture_output=True,
                      text=True, check=True).stdout.splitlines()
now = int(time.time())
with open(f"{folder}/corpus.jsonl", "w") as out:
    for i in range(100):
        days = 100 if i < 40 else 10
        word = f"{'ancient' if i < 40 else 'recent'}qzx{i:03d}"
        out.write(json.dumps({"id": word, "user": f"u-{word}", "time": now - days * 86400,
                              "text": f"Write a story about {word} and number {i * 31}"}) + "\n")
    for line in kept:
        record = json.loads(line)
        record["time"] = now - 86400
        out.write(json.dumps(record) + "\n")
END_OF_PYTHON
hunt() { cat "$TMP"/run/vault* | grep -aoE "$1qzx[0-9]{3}" | sort -u | wc -l; }

expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --keep-days 30
expect_text "$TMP/err" "40 conversations are older than 30 days"
[ "$(hunt ancient)" = 0 ] || fail "$(hunt ancient) of 40 old conversations are in the vault"
[ "$(hunt recent)" = 60 ] || fail "something that was to stay went"
expect_exit 0 "$CLIO" run --out "$TMP/run"
expect_no_text "$TMP/err" "are older than"
# naming files again does not lose the promise: what comes back from the file goes again
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none
[ "$(hunt ancient)" = 0 ] || fail "naming the file again brought $(hunt ancient) old ones back"
[ "$(sqlite3 "$TMP/run/vault.db" "SELECT value FROM setting WHERE key = 'keep-days'")" = 30 ] ||
    fail "naming the file again lost --keep-days"
# cut short: a folder where the file of answers is cannot be deleted
mkdir "$TMP/run/answers.jsonl"
expect_exit 74 "$CLIO" run --out "$TMP/run" --keep-days 5
rmdir "$TMP/run/answers.jsonl"
echo '{"answer":"of somebody"}' | tee "$TMP/run/answers.jsonl" >"$TMP/run/vectors.jsonl"
expect_exit 0 "$CLIO" run --out "$TMP/run" --keep-days 5
expect_text "$TMP/err" "a purge that was cut short is finished"
[ ! -e "$TMP/run/answers.jsonl" ] || fail "the purge that was cut short left the file of answers"
[ ! -e "$TMP/run/vectors.jsonl" ] || fail "the purge that was cut short left the vectors"
expect_exit 0 "$CLIO" run --out "$TMP/run" --keep-days 5
expect_no_text "$TMP/err" "cut short"
[ "$(hunt recent)" = 0 ] || fail "the tighter setting left $(hunt recent) of 60"
[ "$(sqlite3 "$TMP/run/atlas.db" 'SELECT count(*) FROM cluster')" -ge 3 ] || fail "no atlas"
[ "$("$CLIO" export "$TMP/run" | jq -r .run.keep_days)" = 5 ] || fail "the label has no keep_days"
"$CLIO" tree "$TMP/run" >"$TMP/tree"
expect_text "$TMP/tree" "Conversations are kept until they are 5 days old."
[ "$("$CLIO" export "$TMP/run" --format csv 2>"$TMP/err" | grep -vc ',guarded$')" = 1 ] ||
    fail "rows of CSV do not name the mode" # all but the head
"$CLIO" export "$TMP/run" --format jsonl 2>"$TMP/err" >"$TMP/lines"
jq -e '.privacy == "guarded"' <"$TMP/lines" >"$TMP/said" ||
    fail "JSON lines do not name the mode"
expect_exit 2 "$CLIO" run --out "$TMP/run" --keep-days -1

# A run that grows: what comes too old goes before anything is asked of it, what waits in the vault
# goes when it is too old, and what the stages made of the others stays.
python3 - "$TMP" "$SOURCE" <<'END_OF_PYTHON'
import json
import subprocess
import sys
import time

folder, source = sys.argv[1:]
lines = subprocess.run(["python3", f"{source}/tests/corpus.py", "420"], capture_output=True,
                       text=True, check=True).stdout.splitlines()
now = int(time.time())


def write(name, records, days, word=None):
    with open(f"{folder}/{name}.jsonl", "a") as out:
        for i, line in enumerate(records):
            record = json.loads(line)
            record["time"] = now - days * 86400
            if word:
                record["id"] = record["user"] = f"{word}qzx{i:03d}"
                record["text"] += f" {word}qzx{i:03d}"
            out.write(json.dumps(record) + "\n")


write("first", lines[:300], 1)
write("second", lines[300:380], 1)
write("second", lines[300:340], 3000, "bygone")
write("few", lines[380:382], 1, "waiting")
write("third", lines[384:], 1)
END_OF_PYTHON
grown() { sqlite3 "$TMP/grown/vault.db" "$1"; }
hunt_grown() { cat "$TMP"/grown/vault* | grep -aoE "$1qzx[0-9]{3}" | sort -u | wc -l; }
"$CLIO" run "$TMP/first.jsonl" --out "$TMP/grown" --profile none --keep-days 1000 --quiet
n_base=$(grown 'SELECT count(*) FROM base_cluster')
mv "$TMP/first.jsonl" "$TMP/gone.jsonl" # what was read is not read again, least of all by --map
sed -i 's/"text":/"said":/' "$TMP/second.jsonl"
expect_exit 0 "$CLIO" append "$TMP/grown" "$TMP/second.jsonl" --json \
    --map text=said,user=user,time=time,id=id
expect_text "$TMP/out" '"outcome":"released"'
expect_text "$TMP/out" '"n_read":80'
expect_text "$TMP/err" '40 conversations are older than 1000 days'
[ "$(hunt_grown bygone)" = 0 ] || fail "$(hunt_grown bygone) of 40 old ones came with an append"
[ "$(grown 'SELECT count(*) FROM filed')" -gt 0 ] || fail "all was clustered anew"
[ "$(grown 'SELECT count(*) FROM base_cluster')" -ge "$n_base" ] || fail "clusters went"
"$CLIO" audit "$TMP/grown" >/dev/null || fail "the release does not pass the gates"
expect_exit 0 "$CLIO" append "$TMP/grown" "$TMP/few.jsonl" --json
expect_text "$TMP/out" '"outcome":"held"'
[ "$(hunt_grown waiting)" = 2 ] || fail "what waits is not in the vault"
grown "UPDATE conversation SET time = time - 3000 * 86400 WHERE external_id LIKE 'waiting%'"
mkdir "$TMP/grown/answers.jsonl" # cut short: a folder cannot be deleted
expect_exit 74 "$CLIO" append "$TMP/grown"
rmdir "$TMP/grown/answers.jsonl"
expect_exit 0 "$CLIO" append "$TMP/grown" --json
expect_text "$TMP/err" 'a purge that was cut short is finished'
[ "$(hunt_grown waiting)" = 0 ] || fail "what waited is too old and still in the vault"
expect_exit 0 "$CLIO" append "$TMP/grown" "$TMP/third.jsonl" --json
expect_text "$TMP/out" '"outcome":"released"'
