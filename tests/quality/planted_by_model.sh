#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a GGUF file in this process is good for as the writer of planted corpora: of N messages of
# each kind (default 10) how many came, and how many of these are in the language that was asked
# for, as the language facet by rule has it.
#     tests/quality/planted_by_model.sh [FILE.gguf [NAME [DIR]]]    (default: SmolLM2-135M)
# DIR: the corpora as `clio evaluate plant` has written them already.
# RECORD=1 writes the rows to tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
model=${1:-$MODEL}
name=${2:-SmolLM2-135M}
dir=${3:-$TMP/planted}
n=${N:-10}
status=0
"$CLIO" evaluate plant "$dir" --profile gguf --model "$model" --limit "$n" || status=$?
[ $status = 0 ] || [ $status = 5 ] || fail "status $status"
sed 's/"id":"p/"id":"q/; s/"user":"u/"user":"v/' "$dir/concerning.jsonl" >"$TMP/both.jsonl"
cat "$dir/ordinary.jsonl" >>"$TMP/both.jsonl"
{
    printf 'conversation\tlanguage\n'
    awk -F'\t' 'FNR > 1 { print $1 "\t" $4 }' "$dir/ordinary.tsv"
    awk -F'\t' 'FNR > 1 { print "q" substr($1, 2) "\t" $4 }' "$dir/concerning.tsv"
} >"$TMP/labels"
awk -F'\t' -v OFS='\t' 'NR == 1 { print $1, "turns", $2 } NR > 1 { print $1, 1, $2 }' \
    "$TMP/labels" | sed 's/\tMandarin$/\tChinese/' >"$TMP/labels.tsv"
"$CLIO" ingest "$TMP/both.jsonl" --out "$TMP/run" --profile none --quiet --near-copies all
for stage in bound facet; do "$CLIO" $stage "$TMP/run" --quiet; done
"$CLIO" evaluate facets "$TMP/run" --truth "$TMP/labels.tsv" --json --quiet >"$TMP/scores.json"
python3 - "$TMP/scores.json" "$SOURCE/tests/quality/results.csv" "planted by $name" "${RECORD:-}" \
    "$(cat "$dir"/*.jsonl | wc -l)" $((2 * n)) <<'PY'
import csv, datetime, json, sys

scores, path, case, record, came, asked = sys.argv[1:]
today = datetime.date.today().isoformat()
rows = [[case, "messages that came", f"{int(came) / int(asked):.4f}", "", "", asked, today]]
for facet in json.load(open(scores))["facets"]:
    if facet["facet"] == "language":
        s = facet["same"]
        rows.append([case, "of them in their language, by rule", f"{s['value']:.4f}",
                     f"{s['low']:.4f}", f"{s['high']:.4f}", facet["n"], today])
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
if record:
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row and row[0] != case]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(old + rows)
PY
