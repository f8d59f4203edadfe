#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How well facets agree with labels, by `clio evaluate facets`: the planted corpora, N conversations
# of each (default 3,000): languages as planted, one turn, concern 1 for ordinary categories and 4
# for concerning ones (which is ours: the grammar tells two levels apart and no more).
#     tests/quality/facets.sh [CASE [flag of clio…]]
# RECORD=1 writes the rows to tests/quality/results.csv under CASE.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
case=${1:-facets of planted conversations by rules, 15 languages}
[ $# = 0 ] || shift
"$CLIO" evaluate plant "$TMP/planted" --limit "${N:-3000}"
sed 's/"id":"p/"id":"q/; s/"user":"u/"user":"v/' "$TMP/planted/concerning.jsonl" >"$TMP/both.jsonl"
cat "$TMP/planted/ordinary.jsonl" >>"$TMP/both.jsonl"
{
    printf 'conversation\tturns\tconcern\tlanguage\n'
    awk -F'\t' 'FNR > 1 { print $1 "\t1\t1\t" $4 }' "$TMP/planted/ordinary.tsv"
    awk -F'\t' 'FNR > 1 { print "q" substr($1, 2) "\t1\t4\t" $4 }' "$TMP/planted/concerning.tsv"
} | sed 's/\tMandarin$/\tChinese/' >"$TMP/labels.tsv"
"$CLIO" ingest "$TMP/both.jsonl" --out "$TMP/run" --profile none --quiet "$@"
for stage in bound facet; do "$CLIO" $stage "$TMP/run" --quiet; done
"$CLIO" evaluate facets "$TMP/run" --truth "$TMP/labels.tsv" --json --quiet >"$TMP/scores.json"
python3 - "$TMP/scores.json" "$SOURCE/tests/quality/results.csv" "$case" "${RECORD:-}" <<'PY'
import csv, datetime, json, sys

scores, path, case, record = sys.argv[1:]
rows = []
for facet in json.load(open(scores))["facets"]:
    for name in ("same", "spearman"):
        if name in facet:
            s = facet[name]
            rows.append([case, f"{facet['facet']} {name}", f"{s['value']:.4f}", f"{s['low']:.4f}",
                         f"{s['high']:.4f}", facet["n"], datetime.date.today().isoformat()])
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
if record:
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row and row[0] != case]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(old + rows)
PY
