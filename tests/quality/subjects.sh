#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whether the subjects of the public list that conversations get are right, by language, and how
# many titles name a subject that theirs are not about: the planted corpora in 15 languages, N
# conversations of each (default 3,000), profile none. About two minutes on two cores.
#     tests/quality/subjects.sh [--titles]
# --titles shows the titles with a false subject. RECORD=1 writes the rows to
# tests/quality/results.csv. Fails where under 0.6 of the subjects of other languages are right, or
# over 0.02 of their titles are false.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
"$CLIO" evaluate plant "$TMP/planted" --limit "${N:-3000}"
sed 's/"id":"p/"id":"q/; s/"user":"u/"user":"v/' "$TMP/planted/concerning.jsonl" >"$TMP/both.jsonl"
cat "$TMP/planted/ordinary.jsonl" >>"$TMP/both.jsonl"
"$CLIO" run "$TMP/both.jsonl" --out "$TMP/run" --profile none --privacy local --quiet
python3 -B "$SOURCE/tests/quality/subjects_check.py" "$TMP/run" "$SOURCE/src/phrase/subjects.txt" \
    "$TMP/planted/ordinary.tsv" "$TMP/planted/concerning.tsv" "$@" | tee "$TMP/rows"
if [ -n "${RECORD:-}" ]; then
    python3 -B "$SOURCE/tests/quality/record_shares.py" \
        'subjects of planted conversations, 15 languages' "$SOURCE/tests/quality/results.csv" \
        <"$TMP/rows"
fi
awk -F'\t' '$1 == "all but English: right subjects" && $2 < 0.6 ||
    $1 == "titles, mostly other languages: with a false subject" && $2 > 0.02 { exit 1 }' \
    "$TMP/rows" || fail "too many subjects of other languages are false"
