#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The encrypted vault from the command line: no word of a conversation in any file of the run's
# directory, also after each of KILLS (4) kills in the middle; the same atlas as without a key;
# wrong key, wrong kind, flipped bits (FLIPS, 24) and cut files are refused with a sentence and lose
# nothing; a purge works; the answers of a server are encrypted, too.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
. "$(dirname "$0")/../fault/kill.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 curl
flips=${FLIPS:-24}
python3 "$SOURCE/tests/corpus.py" 500 >"$TMP/base.jsonl"
python3 - "$TMP/base.jsonl" >"$TMP/corpus.jsonl" <<'END_OF_PYTHON'
import json
import sys

for i, line in enumerate(open(sys.argv[1])):
    record = json.loads(line)
    record["id"] = f"idqzx{i:05d}vw"
    record["user"] = f"userqzx{i // 2:05d}vw"
    record["text"] += f" Call it canaryqzx{i:05d}vw."
    print(json.dumps(record))
END_OF_PYTHON

# Needles in the private files of DIR, as UTF-8, UTF-16 and base64.
hunt() { # DIR
    python3 - "$1" <<'END_OF_PYTHON'
import base64
import os
import re
import sys

found = 0
for top, _, names in os.walk(sys.argv[1]):
    for name in names:
        data = open(os.path.join(top, name), "rb").read()
        forms = [b"qzx0[0-9]{4}vw", b"q\0z\0x\0000\0[0-9]\0", b"SQLite format", b"Call it "]
        # what enough wrote is published; a kill leaves the file that is being written, too
        public = name in ("atlas.db", "atlas.db.new", "atlas.db.new-journal")
        for form in forms[: 2 if public else 4]:
            found += len(re.findall(form, data))
        for shift in range(3):
            form = base64.b64encode(b"." * shift + b"Call it canary")[4 if shift else 0:-4]
            found += data.count(form)
print(found)
END_OF_PYTHON
}

key=(--vault-key "$TMP/key")
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/plain" --profile none --quiet
[ "$(hunt "$TMP/plain")" -gt 1000 ] || fail "the hunt does not find what is there"
dump "$TMP/plain" >"$TMP/plain.sql"
mkdir "$TMP/writing"
cp "$TMP/plain/atlas.db" "$TMP/writing/atlas.db.new"
[ "$(hunt "$TMP/writing")" = 0 ] || fail "an atlas under way is taken for a private file"
sed 's/^/x/' "$TMP/corpus.jsonl" >>"$TMP/writing/atlas.db.new"
[ "$(hunt "$TMP/writing")" -gt 100 ] || fail "words of one person pass in an atlas under way"

# killed at random moments, files searched each time, then to the end
RANDOM=5
n_killed=0
for _ in $(seq 60); do
    [ "$n_killed" -lt "${KILLS:-4}" ] || break
    run_and_kill "$TMP/run" "${SECONDS_TO_KILL:-3}" --profile none --quiet "${key[@]}"
    [ "$(hunt "$TMP/run")" = 0 ] || fail "after a kill there is plain text in $(ls "$TMP/run")"
    if [ -n "$finished" ]; then rm -r "$TMP/run"; else n_killed=$((n_killed + 1)); fi
done
[ "$n_killed" -ge "${KILLS:-4}" ] || fail "only $n_killed kills"
expect_exit 0 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none "${key[@]}"
[ "$(hunt "$TMP/run")" = 0 ] || fail "there is plain text in the run's directory"
dump "$TMP/run" >"$TMP/run.sql"
expect_same "$TMP/plain.sql" "$TMP/run.sql"
[ "$(stat -c %a "$TMP/run/vault.db") $(stat -c %a "$TMP/key")" = "600 600" ] || fail "modes"
cp "$TMP/run/vault.db" "$TMP/good"
record "encrypted vault" "kills that left plain text in a file" 0 "$n_killed"

# keys
expect_exit 78 "$CLIO" status "$TMP/run"
expect_text "$TMP/err" "is encrypted; name its key with --vault-key"
(umask 077 && printf '%064d\n' 7 >"$TMP/other")
expect_exit 78 "$CLIO" status "$TMP/run" --vault-key "$TMP/other"
expect_text "$TMP/err" "this key does not open"
expect_exit 78 env WORDS="not this one" "$CLIO" status "$TMP/run" \
    --vault-passphrase-from env:WORDS
expect_text "$TMP/err" "was encrypted with a key file"
expect_exit 78 "$CLIO" status "$TMP/plain" "${key[@]}"
expect_text "$TMP/err" "is not encrypted"
expect_exit 78 "$CLIO" status "$TMP/run" --vault-passphrase-from "the words themselves"
expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/new" --vault-key "$TMP/new/key"
expect_text "$TMP/err" "keep the key elsewhere"
expect_exit 0 "$CLIO" status "$TMP/run" "${key[@]}"
cmp -s "$TMP/good" "$TMP/run/vault.db" || fail "looking changed the vault"
head -n 60 "$TMP/corpus.jsonl" >"$TMP/few.jsonl"
expect_exit 0 "$CLIO" ingest "$TMP/few.jsonl" --out "$TMP/words" --profile none \
    --vault-passphrase-from fd:5 5<<<"eight words and a dash - are enough"
expect_exit 0 env WORDS="eight words and a dash - are enough" "$CLIO" status "$TMP/words" \
    --vault-passphrase-from env:WORDS
expect_exit 78 env WORDS="eight words and a dash - are enougH" "$CLIO" status "$TMP/words" \
    --vault-passphrase-from env:WORDS
expect_exit 78 "$CLIO" status "$TMP/words" --vault-passphrase-from ask </dev/null
expect_exit 78 env WORDS=short "$CLIO" run "$TMP/few.jsonl" --out "$TMP/new" \
    --vault-passphrase-from env:WORDS

# damage: every status is refused, and the file put back works
cat >"$TMP/damage.py" <<'END_OF_PYTHON'
import random
import subprocess
import sys

good, path, n, clio, run, key = sys.argv[1:]
data = open(good, "rb").read()
random.seed(3)
for i in range(int(n)):
    bad = bytearray(data)
    if i % 4 == 3:
        bad = bad[:random.randrange(17, len(bad))]
    else:
        bad[random.randrange(len(bad))] ^= 1 << random.randrange(8)
    open(path, "wb").write(bad)
    done = subprocess.run([clio, "status", run, "--vault-key", key], capture_output=True,
                          text=True)
    if done.returncode not in (65, 78) or len(done.stderr) < 40:
        sys.exit(f"damage {i}: code {done.returncode}, {done.stderr}")
    if open(path, "rb").read() != bad:
        sys.exit(f"damage {i}: the file was changed")
END_OF_PYTHON
python3 "$TMP/damage.py" "$TMP/good" "$TMP/run/vault.db" "$flips" "$CLIO" "$TMP/run" "$TMP/key" ||
    fail "damage went unnoticed"
cp "$TMP/good" "$TMP/run/vault.db"
record "encrypted vault" "flipped bits and cuts unnoticed" 0 "$flips"

# a purge, and the atlas after it
expect_exit 0 "$CLIO" purge "$TMP/run" --account userqzx00003vw "${key[@]}"
expect_text "$TMP/out" "2 conversations, 1 account "
expect_exit 0 "$CLIO" run --out "$TMP/run" --quiet "${key[@]}"
[ "$(hunt "$TMP/run")" = 0 ] || fail "there is plain text after a purge"

# answers of a server
tool=$(dirname "$CLIO")/tests/tool_provider
"$tool" 0 >"$TMP/port" &
server=$!
at_exit "kill $server 2>/dev/null; wait 2>/dev/null"
wait_for "$TMP/port"
url=http://127.0.0.1:$(cat "$TMP/port")
remote=(--profile remote --model oracle --titles phrases --base-url "$url")
expect_exit 0 "$CLIO" run "$TMP/few.jsonl" --out "$TMP/asked" "${remote[@]}" "${key[@]}"
[ "$(wc -l <"$TMP/asked/answers.jsonl")" -ge 30 ] || fail "no answers were kept"
expect_no_text "$TMP/asked/answers.jsonl" '"reply"'
[ "$(hunt "$TMP/asked")" = 0 ] || fail "there is plain text beside an encrypted vault"
expect_exit 0 "$CLIO" run --out "$TMP/asked" --max-per-account 4 --provider replay "${key[@]}"
echo "$n_killed kills, $flips damages, all refused"
