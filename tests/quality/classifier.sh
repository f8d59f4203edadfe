#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A classifier with known faults and a perfect one, N conversations each (8,000); planted languages
# of 50,000 conversations of tools/make-world, and the same with languages dealt out anew to the
# accounts; and the unit tests of languages and of watches, which print their figures. Rows go to
# tests/quality/results.csv. Usage: tests/quality/classifier.sh [N]
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
n=${1:-8000}
out=$SOURCE/tests/quality/results.csv
record() { python3 "$SOURCE/tests/quality/record_shares.py" "$1" "$out"; }
python3 "$SOURCE/tests/quality/make_flags.py" --truth >"$TMP/truth"
for kind in faulty perfect; do
    flag=''
    if [ $kind = perfect ]; then flag=--perfect; fi
    python3 "$SOURCE/tests/quality/make_flags.py" "$n" 21 $flag >"$TMP/$kind.jsonl"
    "$CLIO" run "$TMP/$kind.jsonl" --out "$TMP/$kind" --profile none --privacy local \
        --near-copies all --quiet
    "$CLIO" safety classifier "$TMP/$kind" --json --quiet >"$TMP/$kind.json"
    python3 "$SOURCE/tests/quality/classifier_check.py" "$TMP/$kind" "$TMP/$kind.jsonl" \
        "$TMP/truth" "$TMP/$kind.json" | tee "$TMP/$kind.found"
done
record 'planted classifier' <"$TMP/faulty.found"
grep -v '^planted' "$TMP/perfect.found" | record 'perfect classifier'
python3 "$SOURCE/tools/make-world" 50000 8000 5 >"$TMP/world.jsonl"
python3 - "$TMP/world.jsonl" >"$TMP/anew.jsonl" <<'END'
import json
import random
import sys

rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
home = {row["user"]: row["language"] for row in rows}
languages = list(home.values())
random.Random(2).shuffle(languages)
home = dict(zip(home, languages))
for row in rows:
    print(json.dumps(row | {"language": home[row["user"]]}))
END
for kind in world anew; do
    "$CLIO" run "$TMP/$kind.jsonl" --out "$TMP/$kind" --profile none --privacy local \
        --near-copies all --quiet
    "$CLIO" safety run "$TMP/$kind" --quiet >"$TMP/table"
    flag=''
    if [ $kind = anew ]; then flag=--shuffled; fi
    python3 "$SOURCE/tests/quality/languages_check.py" "$TMP/$kind.jsonl" "$TMP/$kind" $flag |
        tee -a "$TMP/languages"
done
record 'planted languages, a made-up world' <"$TMP/languages"
tests=$(dirname "$CLIO")/tests
"$tests/test_languages" --record | tee /dev/stderr | record 'planted languages, 100 corpora'
"$tests/test_watch" --record | tee /dev/stderr | record 'watches, 200 streams of 60 days'
