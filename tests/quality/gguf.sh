#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a GGUF file in this process is good for, as it is (issue: true figures of real small models):
#  1. N planted conversations (default 300, fifteen languages) with facets by the small model's own
#     prompt: its base clusters put under 20 known categories by the model (`clio evaluate
#     reconstruct`), how these clusters agree with the categories, and their coherence; and on
#     N_FACETS of each kind (default 100) how its facets agree with labels;
#  2. the model as the auditor of N_AUDIT texts (default 300) with and without private details;
#  3. the paper's steps whole (profile gguf) on N_STEPS of the conversations (default 40): how many
#     got facets and titles that could be used.
#     tests/quality/gguf.sh [FILE.gguf [NAME]]      (default: the installed SmolLM2-135M)
# PARTS: which of categories, facets, audit and steps (all of them by default). RECORD=1 writes the
# rows of these to tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
model=${1:-$MODEL}
name=${2:-SmolLM2-135M}
[ -e "$model" ] || fail "there is no $model"
"$CLIO" evaluate plant "$TMP/planted" --limit "${N:-300}"
asked() { # COMMAND…: gaps are what is to be counted, and no failure
    local status=0
    "$@" || status=$?
    [ $status = 0 ] || [ $status = 5 ] || fail "status $status of: $*"
}
floors=(--min-accounts 2 --min-conversations 3 --quiet)
is_part() { case " ${PARTS:-categories facets audit steps} " in *" $1 "*) ;; *) return 1 ;; esac; }
vault() { sqlite3 "$TMP/steps/vault.db" "$1"; }
if is_part categories; then
    asked "$CLIO" run "$TMP/planted/ordinary.jsonl" --out "$TMP/run" --profile embedded \
        --model "$model" "${floors[@]}"
    "$CLIO" evaluate reconstruct "$TMP/run" --truth "$TMP/planted/ordinary.tsv" --json --quiet \
        >"$TMP/reconstruct.json"
    "$CLIO" evaluate coherence "$TMP/run" --json --quiet >"$TMP/coherence.json"
fi
if is_part facets; then
    N=${N_FACETS:-100} RECORD='' "$SOURCE/tests/quality/facets.sh" facets --profile embedded \
        --model "$model" >"$TMP/facets.csv"
fi
if is_part audit; then
    N=${N_AUDIT:-300} RECORD='' "$SOURCE/tests/quality/audit.sh" audit --profile embedded \
        --model "$model" --auditor model >"$TMP/audit.csv"
fi
if is_part steps; then
    head -n "${N_STEPS:-40}" "$TMP/planted/ordinary.jsonl" >"$TMP/few.jsonl"
    asked "$CLIO" run "$TMP/few.jsonl" --out "$TMP/steps" --profile gguf --model "$model" \
        --clusters 5 --privacy local "${floors[@]}"
    {
        vault "SELECT count(*) FROM facet_gap"
        vault "SELECT count(*) FROM conversation"
        vault "SELECT count(*) FROM kept_cluster"
        vault "SELECT coalesce(sum(value), 0) FROM stage_note
               WHERE stage = 'describe' AND key = 'by_phrases_instead'"
    } >"$TMP/counts"
fi
python3 - "$TMP" "$SOURCE/tests/quality/results.csv" "$name in process" "${RECORD:-}" <<'PY'
import csv, datetime, json, os, statistics, sys

folder, path, case, record = sys.argv[1:]
today = datetime.date.today().isoformat()
rows = []
if os.path.exists(f"{folder}/coherence.json"):
    score = json.load(open(f"{folder}/reconstruct.json"))
    all_of = score["scores"][0]
    rows = [["categories by the model, accuracy", f"{all_of['accuracy']:.4f}", "", "", all_of["n"]],
            ["categories by the model, macro-F1", f"{all_of['macro_f1']:.4f}", "", "", all_of["n"]],
            ["categories by chance", f"{score['chance']:.4f}", "", "", all_of["n"]]]
    level = [one for one in score["levels"] if one["level"] == 0][-1] # against the categories
    for word, value in (("NMI", level["nmi"]), ("ARI", level["ari"]),
                        ("spillover", level["outside"])):
        rows.append([f"base clusters and categories, {word}", f"{value:.4f}", "", "", level["n"]])
    rows.append(["in a cluster that stands apart, share", f"{score['n_orphans'] / score['n']:.4f}",
                 "", "", score["n"]])
    clusters = json.load(open(f"{folder}/coherence.json"))["clusters"]
    rows.append(["coherence, median of clusters",
                 f"{statistics.median(c['mean'] for c in clusters):.4f}", "", "", len(clusters)])
if os.path.exists(f"{folder}/audit.csv"):
    for row in csv.reader(open(f"{folder}/audit.csv")):
        if row[1] in ("model recall", "model precision", "model accuracy"):
            rows.append(["auditor, " + row[1].removeprefix("model ")] + row[2:6])
if os.path.exists(f"{folder}/facets.csv"):
    for row in csv.reader(open(f"{folder}/facets.csv")):
        rows.append(["facets, " + row[1]] + row[2:6])
if os.path.exists(f"{folder}/counts"):
    gaps, conversations, kept, phrases = (int(line) for line in open(f"{folder}/counts"))
    rows.append(["paper's steps: facets by the model", f"{1 - gaps / conversations:.4f}", "", "",
                 conversations])
    rows.append(["paper's steps: titles by the model", f"{1 - phrases / kept:.4f}", "", "", kept])
rows = [[case] + row + [today] for row in rows]
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
if record:
    new = {tuple(row[:2]): row for row in rows}
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row]
    kept = [new.pop(tuple(row[:2]), row) for row in old] # each in its place
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(kept + list(new.values()))
PY
