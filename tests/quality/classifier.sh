#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A classifier with known faults, a perfect one and one that is so but for a language, N
# conversations each (8,000); planted languages of 50,000 conversations of tools/make-world (8,000
# accounts), and the same clusters with languages dealt out anew, to accounts and to conversations;
# and the unit tests of languages and of watches, which print their figures. Rows go to
# tests/quality/results.csv. Usage: tests/quality/classifier.sh [N]
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
n=${1:-8000}
out=$SOURCE/tests/quality/results.csv
record() { python3 "$SOURCE/tests/quality/record_shares.py" "$1" "$out"; }
make_flags() { python3 "$SOURCE/tests/quality/make_flags.py" "$@"; }
for kind in faulty perfect blind; do
    flag=''
    if [ $kind != faulty ]; then flag=--$kind; fi
    make_flags "$n" 21 $flag >"$TMP/$kind.jsonl"
    make_flags --truth $flag >"$TMP/$kind.truth"
    "$CLIO" run "$TMP/$kind.jsonl" --out "$TMP/$kind" --profile none --privacy local \
        --near-copies all --quiet
    "$CLIO" safety classifier "$TMP/$kind" --json --quiet >"$TMP/$kind.json"
    python3 "$SOURCE/tests/quality/classifier_check.py" "$TMP/$kind" "$TMP/$kind.jsonl" \
        "$TMP/$kind.truth" "$TMP/$kind.json" | tee "$TMP/$kind.found"
done
record 'planted classifier' <"$TMP/faulty.found"
grep -v '^planted\|^listed that' "$TMP/perfect.found" | record 'perfect classifier'
record 'classifier blind to one language' <"$TMP/blind.found"
python3 "$SOURCE/tools/make-world" 50000 8000 5 >"$TMP/world.jsonl"
"$CLIO" run "$TMP/world.jsonl" --out "$TMP/world" --profile none --privacy local \
    --near-copies all --quiet
deal() { # languages of the vault anew, to accounts or conversations; the clusters stay
    cp -r "$TMP/world" "$TMP/$1"
    python3 - "$TMP/$1/vault.db" "$1" <<'END'
import random
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
rows = db.execute("SELECT f.seq, c.account_id, f.value FROM facet_value f JOIN conversation c "
                  "ON c.seq = f.seq WHERE f.facet = 'language' ORDER BY f.seq").fetchall()
keys = [seq if sys.argv[2] == "conversations" else account for seq, account, _ in rows]
home = dict(zip(keys, (value for _, _, value in rows)))
values = list(home.values())
random.Random(2).shuffle(values)
home = dict(zip(home, values))
db.executemany("UPDATE facet_value SET value = ? WHERE facet = 'language' AND seq = ?",
               [(home[key], seq) for key, (seq, _, _) in zip(keys, rows)])
db.commit()
END
}
for kind in world accounts conversations; do
    dealt=''
    if [ $kind != world ]; then deal $kind && dealt="--shuffled=$kind"; fi
    "$CLIO" safety run "$TMP/$kind" --quiet >"$TMP/table"
    python3 "$SOURCE/tests/quality/languages_check.py" "$TMP/world.jsonl" "$TMP/$kind" $dealt |
        tee -a "$TMP/languages"
done
record 'planted languages, a made-up world' <"$TMP/languages"
tests=$(dirname "$CLIO")/tests
"$tests/test_languages" --record | tee /dev/stderr | record 'planted languages, 100 corpora'
"$tests/test_watch" --record | tee /dev/stderr | record 'watches, 200 streams of 60 days'
