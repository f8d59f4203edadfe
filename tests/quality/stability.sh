#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Whether runs of the same conversations by other seeds agree: five runs, every pair compared by
# `clio evaluate stability`, at the base and at the top.
#     tests/quality/stability.sh [clinc150|ordinary|concerning]
# clinc150: every CUT-th text (default 15) through profile none; a planted corpus: every CUT-th
# (default 20) through profile remote, with the oracle that makes no errors as its server. RECORD=1
# writes the rows to tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
corpus=${1:-clinc150}
py=$SOURCE/tests/quality/oracle_curve.py
if [ "$corpus" = clinc150 ]; then
    python3 "$py" clinc "$(shared data/clinc150.tsv)" "$TMP/$corpus" "${CUT:-15}"
    case='clinc150 by five seeds, profile none'
    flags=(--profile none)
else
    "$CLIO" evaluate plant "$TMP/planted"
    python3 "$py" planted "$TMP/planted/$corpus" "$TMP/$corpus" "${CUT:-20}"
    case="planted $corpus by five seeds, oracle"
    mkfifo "$TMP/hold"
    exec 9<>"$TMP/hold" # the oracle ends when its input does: with this script
    "$(dirname "$CLIO")/tests/tool_oracle" "$TMP/$corpus-texts.tsv" <"$TMP/hold" >"$TMP/port" 9>&- &
    at_exit "kill $! 2>/dev/null; wait 2>/dev/null"
    wait_for "$TMP/port"
    flags=(--profile remote --model oracle --base-url "http://127.0.0.1:$(cat "$TMP/port")")
fi
runs=()
for seed in 1 2 3 4 5; do
    "$CLIO" run "$TMP/$corpus.jsonl" --out "$TMP/seed-$seed" "${flags[@]}" --seed $seed --quiet
    runs+=("$TMP/seed-$seed")
done
"$CLIO" evaluate stability "${runs[@]}" --json --quiet >"$TMP/scores.json"
python3 - "$TMP/scores.json" "$SOURCE/tests/quality/results.csv" "$case" "${RECORD:-}" <<'PY'
import csv, datetime, json, sys

scores, path, case, record = sys.argv[1:]
rows = []
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
