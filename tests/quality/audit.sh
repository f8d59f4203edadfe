#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How well the auditor tells texts with planted private details from texts without (paper, D: 98 %
# of 1,237): N texts (default 12,000) of tests/privacy/plant_audit.py by `clio evaluate audit`, by
# program alone or, with flags of a model behind, by a model too.
#     tests/quality/audit.sh [CASE [flag of clio…]]
# RECORD=1 writes the rows to tests/quality/results.csv under CASE.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
case=${1:-auditor, 12 kinds of details, 15 languages}
[ $# = 0 ] || shift
python3 "$SOURCE/tests/privacy/plant_audit.py" "${N:-12000}" >"$TMP/items.tsv"
python3 "$SOURCE/tests/corpus.py" 30 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
"$CLIO" evaluate audit "$TMP/run" --truth "$TMP/items.tsv" --json --quiet "$@" >"$TMP/scores.json"
python3 - "$TMP/scores.json" "$SOURCE/tests/quality/results.csv" "$case" "${RECORD:-}" <<'PY'
import csv, datetime, json, sys

scores, path, case, record = sys.argv[1:]
rows = []
for judge in json.load(open(scores))["judges"]:
    shares = [(f"{judge['judge']} {name}", judge[name])
              for name in ("recall", "precision", "accuracy")]
    shares += [(f"{judge['judge']} flagged: {kind['name']}", kind["flagged"])
               for kind in judge["kinds"]]
    least = min(judge["languages"], key=lambda entry: entry["flagged"]["value"])
    shares.append((f"{judge['judge']} least recall of a language", least["flagged"]))
    rows += [[case, metric, f"{s['value']:.4f}", f"{s['low']:.4f}", f"{s['high']:.4f}", s["n"],
              datetime.date.today().isoformat()] for metric, s in shares]
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
if record:
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row and row[0] != case]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(old + rows)
PY
