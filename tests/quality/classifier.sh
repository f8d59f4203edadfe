#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A classifier with known faults and a perfect one, N conversations each (8,000); and the unit tests
# of over-represented languages and of watches, which print their figures. Rows go to
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
tests=$(dirname "$CLIO")/tests
"$tests/test_languages" --record | tee /dev/stderr | record 'planted languages, 100 corpora'
"$tests/test_watch" --record | tee /dev/stderr | record 'watches, 200 streams of 60 days'
