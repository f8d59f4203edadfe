#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whether runs of the same conversations by other seeds agree: CLINC150 (every CUT-th text, default
# 15) five times through profile none, every pair of runs compared by `clio evaluate stability`, at
# the base and at the top. RECORD=1 writes the rows to tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
python3 "$SOURCE/tests/quality/oracle_curve.py" clinc "$(shared data/clinc150.tsv)" "$TMP/clinc" \
    "${CUT:-15}"
runs=()
for seed in 1 2 3 4 5; do
    "$CLIO" run "$TMP/clinc.jsonl" --out "$TMP/seed-$seed" --profile none --seed $seed --quiet
    runs+=("$TMP/seed-$seed")
done
"$CLIO" evaluate stability "${runs[@]}" --json --quiet >"$TMP/scores.json"
python3 - "$TMP/scores.json" "$SOURCE/tests/quality/results.csv" "${RECORD:-}" <<'PY'
import csv, datetime, json, sys

scores, path, record = sys.argv[1:]
case, rows = "clinc150 by five seeds, profile none", []
for level in json.load(open(scores))["levels"]:
    for name in ("nmi", "ari"):
        rows += [[case, f"{level['level']} {name} of two runs, {kind}", f"{level[key]:.4f}", "", "",
                  level["n"], datetime.date.today().isoformat()]
                 for kind, key in (("mean", name), ("least", f"least_{name}"))]
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
if record:
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row and row[0] != case]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(old + rows)
PY
