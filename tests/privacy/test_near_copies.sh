#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Near-copies of a prompt count once, also when the first of them is over the bound of its account:
# then the next one that is within its own counts, and the others stand behind that one.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool sqlite3 python3
python3 - >"$TMP/corpus.jsonl" <<'END_OF_PYTHON'
import json
import random

draw = random.Random(3)
words = [f"{a}{b}" for a in "brontal felwin garmot hispel jorund".split() for b in "abcdefghij"]


def put(name, user, text):
    print(json.dumps({"id": name, "user": user, "text": text}))


texts = [" ".join(draw.choice(words) for _ in range(60)) for _ in range(20)]
for i, text in enumerate(texts):  # one account has the first of twenty families
    put(f"first{i}", "many", text)
for i, text in enumerate(texts):  # five others have one near-copy of each
    for j in range(5):
        put(f"copy{i}-{j}", f"u{j}", text + f" x{j}")
END_OF_PYTHON
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --max-per-account 6 --quiet
"$CLIO" bound "$TMP/run" --quiet
vault() { sqlite3 "$TMP/run/vault.db" "$1"; }
counts='SELECT * FROM conversation WHERE seq NOT IN (SELECT seq FROM left_out)'
[ "$(vault "SELECT count(*) FROM ($counts)")" = 20 ] ||
    fail "$(vault "SELECT count(*) FROM ($counts)") of 20 families count"
[ "$(vault "SELECT max(n) FROM (SELECT count(*) AS n FROM ($counts) GROUP BY account_id)")" = 6 ] ||
    fail "an account is over its bound"
[ "$(vault "SELECT count(*) FROM left_out l JOIN left_out f ON f.seq = l.first_seq")" = 0 ] ||
    fail "a near-copy stands behind one that is left out"
[ "$(vault "SELECT count(*) FROM left_out WHERE first_seq IS NULL")" = 14 ] ||
    fail "not 14 are over the bound"
