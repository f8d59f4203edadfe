#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What was purged is in no byte of the vault and its log, also when the purge is killed in the
# middle and run again; the rest works on, and a copy that somebody else owns stays. PURGE is how
# many conversations go (400; the long test takes 10,000), KILLS how many purges are killed (8).
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3
n=${PURGE:-400}
python3 - "$n" "$TMP" "$SOURCE" <<'END'
import json
import subprocess
import sys

n, folder, source = int(sys.argv[1]), sys.argv[2], sys.argv[3]
kept = subprocess.run(["python3", f"{source}/tests/corpus.py", "600"], capture_output=True,
                      text=True, check=True).stdout.splitlines()
with open(f"{folder}/corpus.jsonl", "w") as out, open(f"{folder}/needles", "w") as needles:
    for i in range(n):
        word = f"qzx{i:05d}vw"
        needles.write(word + "\n")
        text = f"Tell a story about {word} and {word}sson in the garden of words number {i * 7919}"
        out.write(json.dumps({"id": f"gone-{word}", "user": f"owner-{i // 5}", "time": 1600000000,
                              "text": text}) + "\n")
        if i < len(kept):
            out.write(kept[i] + "\n")
    for line in kept[n:]:
        out.write(line + "\n")
    shared = {"time": 1600000000, "text": "Write a poem about the gardens that two people share"}
    out.write(json.dumps({"id": "first", "user": "owner-0"} | shared) + "\n")
    out.write(json.dumps({"id": "second", "user": "keeper"} | shared) + "\n")
END

# How many of the needles are in the files of DIR, as UTF-8, UTF-16 and base64 at any offset. They
# all begin alike, so that one pass finds where one may stand.
hunt() { # DIR
    python3 - "$TMP/needles" "$1"/* <<'END'
import base64
import os
import sys

data = b"".join(open(name, "rb").read() for name in sys.argv[2:] if not name.endswith("atlas.db"))
needles = open(sys.argv[1]).read().split()
kinds = [[n.encode() for n in needles], [n.upper().encode() for n in needles],
         [n.encode("utf-16-le") for n in needles]]
for shift in range(3):
    kinds.append([base64.b64encode(b"." * shift + n.encode())[4 if shift else 0:-4]
                  for n in needles])
found = set()
for kind in kinds:
    which, size = {}, len(kind[0])
    for i, form in enumerate(kind):
        which.setdefault(form, set()).add(i)
    start = os.path.commonprefix(kind)
    assert len(start) > 1 and all(len(form) == size for form in kind)
    at = data.find(start)
    while at >= 0:
        found |= which.get(data[at:at + size], set())
        at = data.find(start, at + 1)
print(len(found))
END
}

"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
[ "$(hunt "$TMP/run")" = "$n" ] || fail "the hunt does not find what is there"
cp -r "$TMP/run" "$TMP/killed"

# one conversation, one account, the rest by time
"$CLIO" purge "$TMP/run" --conversation gone-qzx00000vw >"$TMP/said"
expect_text "$TMP/said" "1 conversation, 0 accounts"
expect_text "$TMP/said" "all vectors, counts, phrases and titles of this run, a server's answers"
[ "$(sqlite3 "$TMP/run/vault.db" 'SELECT (SELECT count(*) FROM vector_block) + (SELECT count(*) FROM
    phrase) + (SELECT count(*) FROM node) + (SELECT count(*) FROM kept_cluster)')" = 0 ] ||
    fail "it says that they are gone, and they are not"
[ "$(hunt "$TMP/run")" = $((n - 1)) ] || fail "one conversation was purged, more or less went"
"$CLIO" purge "$TMP/run" --account owner-0 >"$TMP/said"
expect_text "$TMP/said" "5 conversations, 1 account " # four more, and the first of two copies
[ "$(hunt "$TMP/run")" = $((n - 5)) ] || fail "an account was purged, something of it is left"
[ "$(sqlite3 "$TMP/run/vault.db" "SELECT count(*) FROM conversation WHERE external_id = 'second'
    AND seq NOT IN (SELECT seq FROM copy UNION SELECT first_seq FROM copy)
    AND seq IN (SELECT seq FROM facet_value)")" = 1 ] ||
    fail "the copy of another account did not take the first one's place"
"$CLIO" purge "$TMP/run" --before 2021-01-01 --json >"$TMP/said"
expect_text "$TMP/said" "\"n_conversations\":$((n - 5 + 1))"
left=$(hunt "$TMP/run")
[ "$left" = 0 ] || fail "$left of $n purged conversations are left in the files"
[ "$(sqlite3 "$TMP/run/vault.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] ||
    fail "the vault is damaged"
[ "$(sqlite3 "$TMP/run/vault.db" 'SELECT count(*) FROM conversation')" = 600 ] ||
    fail "something that was to stay went"
"$CLIO" run --out "$TMP/run" --quiet
n_clusters=$(sqlite3 "$TMP/run/atlas.db" 'SELECT count(*) FROM cluster')
[ "$n_clusters" -ge 3 ] || fail "no atlas after it"
[ "$(hunt "$TMP/run")" = 0 ] || fail "the next run brought something back"
# the file is read again, as --where is another one: nobody comes back, and it is said
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --where 'text~[a-z]' \
    2>"$TMP/said" >"$TMP/out"
expect_text "$TMP/said" "$((n + 2)) conversations were purged from this run before"
[ "$(hunt "$TMP/run")" = 0 ] || fail "another reading brought somebody back"
sqlite3 "$TMP/run/vault.db" "SELECT value FROM setting WHERE key LIKE 'purged %'" >"$TMP/kept"
expect_no_text "$TMP/kept" owner-0
grep '"owner-0"' "$TMP/corpus.jsonl" | sed 's/"id": "/"id": "again-/' >"$TMP/again.jsonl"
"$CLIO" append "$TMP/run" "$TMP/again.jsonl" 2>"$TMP/said" >"$TMP/out"
expect_text "$TMP/said" "conversations were purged from this run before"
expect_text "$TMP/out" "No conversation was new"
[ "$(hunt "$TMP/run")" = 0 ] || fail "a batch brought somebody back"
expect_exit 2 "$CLIO" purge "$TMP/run"
expect_exit 2 "$CLIO" purge "$TMP/run" --before yesterday

# a transcript that was stored as "ID#2" stays away, also when it would get another number now; the
# others of its id are read again
python3 - "$TMP" <<'END'
import json
import sys

def turn(i):
    return {"id": "twice", "user": "u1", "text": f"Tell of twice{i} in the garden"}

def write(name, order):
    with open(f"{sys.argv[1]}/{name}.jsonl", "w") as out:
        for i in order:
            out.write(json.dumps(turn(i)) + "\n")

write("twice", [1, 2, 3])
write("turned", [3, 2, 1])
END
ids() { sqlite3 "$TMP/twice/vault.db" "SELECT external_id, turns LIKE '%twice1%',
    turns LIKE '%twice2%', turns LIKE '%twice3%' FROM conversation ORDER BY seq"; }
"$CLIO" ingest "$TMP/twice.jsonl" --out "$TMP/twice" --profile none --quiet
[ "$(ids | tr '\n' ' ')" = "twice|1|0|0 twice#2|0|1|0 twice#3|0|0|1 " ] || fail "ids: $(ids)"
"$CLIO" purge "$TMP/twice" --conversation 'twice#2' >"$TMP/said"
expect_text "$TMP/said" "1 conversation, 0 accounts"
for file in twice turned; do
    "$CLIO" ingest "$TMP/$file.jsonl" --out "$TMP/twice" --profile none --where "text~$file|twice" \
        --replace >"$TMP/out" 2>"$TMP/said"
    expect_text "$TMP/said" "1 conversations were purged from this run before"
    ids >"$TMP/ids"
    expect_no_text "$TMP/ids" "|0|1|0"
    [ "$(wc -l <"$TMP/ids")" = 2 ] || fail "others of a purged transcript's id went: $(ids)"
done

# a purge holds no copy of the vault in memory, and no file of its own is left
python3 - >"$TMP/large.jsonl" <<'END'
import json
import random

random.seed(1)
for i in range(160):
    text = " ".join(random.choices(["garden", "winter", "qzx", "story", "sea"], k=60000))
    print(json.dumps({"id": f"c{i}", "user": f"u{i}", "text": text}))
END
for kind in plain sealed; do
    key=()
    [ $kind = plain ] || key=(--vault-key "$TMP/key")
    "$CLIO" ingest "$TMP/large.jsonl" --out "$TMP/$kind" --profile none --quiet "${key[@]}"
    python3 - "$CLIO" purge "$TMP/$kind" --conversation c7 "${key[@]}" >"$TMP/peak" <<'END'
import resource
import subprocess
import sys

subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
    size=$(($(stat -c %s "$TMP/$kind/vault.db") >> 20)) peak=$(cat "$TMP/peak")
    [ "$size" -gt 50 ] || fail "the vault takes $size MiB only"
    ldd "$CLIO" | grep -q asan || [ "$peak" -lt "$((size * 4 / 5))" ] ||
        fail "a purge of $size MiB took $peak MiB"
    [ ! -e "$TMP/$kind/vault.db-purge" ] || fail "vault.db-purge is left"
done
echo "a purge of $size MiB takes $peak MiB"

# killed at equal shares of the time that an undisturbed purge takes, then run again
cp -r "$TMP/killed" "$TMP/again"
start=$(date +%s%N)
"$CLIO" purge "$TMP/again" --before 2021-01-01 >"$TMP/out"
whole=$(($(date +%s%N) - start)) kills=${KILLS:-8} n_cut=0
for i in $(seq "$kills"); do
    rm -rf "$TMP/again"
    cp -r "$TMP/killed" "$TMP/again"
    "$CLIO" purge "$TMP/again" --before 2021-01-01 >"$TMP/out" 2>&1 &
    pid=$!
    sleep "$(awk -v i="$i" -v n="$kills" -v t="$whole" 'BEGIN { print t / 1e9 * i / (n + 1) }')"
    kill -KILL $pid 2>/dev/null || true
    wait $pid 2>/dev/null || n_cut=$((n_cut + 1))
    "$CLIO" purge "$TMP/again" --before 2021-01-01 >"$TMP/out"
    left=$(hunt "$TMP/again")
    [ "$left" = 0 ] || fail "$left of $n are left after a purge that was killed and run again"
done
[ "$n_cut" -ge $((kills / 2)) ] || fail "only $n_cut of $kills purges were cut short"
record "purge" "purged conversations found by byte search" 0 "$n"
echo "0 of $n found, $n_cut of $kills purges killed"
