#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A small cut of tests/quality/coordinated.sh: ten rings and ten look-alikes among 20,000
# conversations. Rings are found, innocent groups are not listed, groups made by chance score low,
# the answer is the same for any number of threads, and safety.db is private.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3 sqlite3
python3 "$SOURCE/tools/make-rings" 20000 6000 7 --rings 10 --truth "$TMP/truth.tsv" \
    >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --quiet
"$CLIO" safety coordinated "$TMP/run" --quiet --json --threads 1 >"$TMP/one.json"
"$CLIO" safety coordinated "$TMP/run" --quiet --json --threads 3 >"$TMP/three.json"
expect_same "$TMP/one.json" "$TMP/three.json"
"$CLIO" safety coordinated "$TMP/run" --quiet >"$TMP/table"
expect_text "$TMP/table" "Signals for human review"
expect_text "$TMP/table" "why: repeat"
python3 "$SOURCE/tests/quality/coordinated_check.py" "$TMP/run" "$TMP/truth.tsv" | tee "$TMP/found"
awk -F'\t' '/^recall of rings of 5/ && $2 < 0.85 || /^precision/ && $2 < 0.9 { exit 1 }' \
    "$TMP/found" || fail "fewer rings found, or more innocent groups listed, than promised"
[ "$(stat -c %a "$TMP/run/safety.db")" = 600 ] || fail "safety.db is not private"

# Accounts dealt out anew: the same prompts, no coordination, nothing is listed.
python3 "$SOURCE/tools/make-rings" 20000 6000 7 --rings 10 --shuffled accounts \
    >"$TMP/shuffled.jsonl"
"$CLIO" ingest "$TMP/shuffled.jsonl" --out "$TMP/null" --quiet
"$CLIO" safety coordinated "$TMP/null" --quiet --json |
    python3 -c 'import json, sys; assert not json.load(sys.stdin)["groups"]' ||
    fail "groups are listed where accounts were dealt out at random"

# Twelve of 312 accounts send a quarter of everything: the wording is no less theirs for that.
python3 - >"$TMP/flood.jsonl" <<'END'
import json
import random

draw = random.Random(3)
words = ("ask garden bread holiday exam python river window music story letter plan budget ship "
         "market doctor train cake paper school history maths cat dog").split()
ring = ("Write a long and friendly article about the keyword {} {} for our website visitors with a "
        "call to action at the end")
rows = [(f"n{draw.randrange(300)}", " ".join(draw.choices(words, k=draw.randrange(12, 30))))
        for _ in range(1500)]
rows += [(f"ring{i % 12}", ring.format(*draw.choices(words, k=2))) for i in range(480)]
draw.shuffle(rows)
for i, (user, text) in enumerate(rows):
    print(json.dumps({"id": str(i), "user": user, "time": 1736121600 + i * 8000, "text": text}))
END
"$CLIO" ingest "$TMP/flood.jsonl" --out "$TMP/flood" --quiet
"$CLIO" safety coordinated "$TMP/flood" --quiet --json |
    python3 -c 'import json, sys
assert [g["n_accounts"] for g in json.load(sys.stdin)["groups"]] == [12]' ||
    fail "a ring that floods the corpus is not found"

# A corpus without accounts says what to do.
head -n 50 "$TMP/corpus.jsonl" | sed 's/"user": "[^"]*", //' >"$TMP/nobody.jsonl"
"$CLIO" ingest "$TMP/nobody.jsonl" --out "$TMP/nobody" --quiet
expect_exit 65 "$CLIO" safety coordinated "$TMP/nobody"
expect_text "$TMP/err" "--map user=FIELD"
expect_exit 2 "$CLIO" safety everything "$TMP/run"
