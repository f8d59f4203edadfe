#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How many titles say nothing: "Various requests", or one that only a number tells from another.
# Conversations of ShareGPT drawn with a seed, written as an export of ChatGPT (no accounts) and,
# the larger ones, as messages of an account each, in the modes local and guarded, profile none.
# RECORD=1 writes the rows to tests/quality/results.csv. About four minutes on two cores. MOST=0.12
# fails when a larger share of all titles is such, with or without accounts.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER SHAREGPT
need_tool python3 sqlite3
sizes=${SIZES:-50 100 200 500 1000 3000}
python3 - "$SOURCE/tools" "$SHAREGPT" "$TMP" $sizes <<'PY'
import json, random, sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from sharegpt import records

path, out, sizes = sys.argv[2], sys.argv[3], [int(n) for n in sys.argv[4:]]
PEOPLE = ("human", "user")
found = [r for r in records(path)
         if any(t["from"] in PEOPLE and t["value"].strip() for t in r["conversations"])]
random.Random(7).shuffle(found)


def messages(record):
    return [{"role": "user" if t["from"] in PEOPLE else "assistant", "content": t["value"]}
            for t in record["conversations"]]


def export(record, i):
    nodes = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    last = "root"
    for j, m in enumerate(messages(record)):
        name = f"n{j}"
        nodes[last]["children"].append(name)
        nodes[name] = {"id": name, "parent": last, "children": [], "message": {
            "id": name, "author": {"role": m["role"]}, "create_time": 1700000000 + 600 * i + j,
            "content": {"content_type": "text", "parts": [m["content"]]}}}
        last = name
    return {"title": "x", "create_time": 1700000000 + 600 * i, "conversation_id": record["id"],
            "mapping": nodes, "current_node": last}


for n in sizes:
    with open(f"{out}/export-{n}.json", "w", encoding="utf-8") as file:
        json.dump([export(r, i) for i, r in enumerate(found[:n])], file)
    if n >= 1000:
        with open(f"{out}/accounts-{n}.jsonl", "w", encoding="utf-8") as file:
            for i, r in enumerate(found[:n]):
                file.write(json.dumps({"user": f"u{i}", "messages": messages(r)}) + "\n")
PY
for file in "$TMP"/*.json*; do
    name=$(basename "${file%.*}")
    for mode in local guarded; do
        "$CLIO" run "$file" --out "$TMP/run" --replace --profile none --privacy $mode --quiet
        sqlite3 -separator $'\t' "$TMP/run/atlas.db" "SELECT '$name', '$mode', count(*),
            coalesce(sum(title LIKE 'Various requests%'), 0),
            coalesce(sum(title GLOB '* ([0-9])' OR title GLOB '* ([0-9][0-9])'), 0),
            coalesce(sum(title LIKE 'Various requests%' OR title GLOB '* ([0-9])'
                OR title GLOB '* ([0-9][0-9])'), 0) FROM cluster" \
            >>"$TMP/counts.tsv"
    done
done
python3 - "$TMP/counts.tsv" "$SOURCE/tests/quality/results.csv" "${RECORD:-}" "${MOST:-1}" <<'PY'
import csv, datetime, sys

counts, path, record, most = sys.argv[1:]
sums, empty = {}, {}
for line in open(counts, encoding="utf-8"):
    name, mode, *numbers = line.split("\t")
    print(name, mode, "titles {}, various {}, numbered {}, either {}".format(*map(int, numbers)))
    kind = "with an account each" if name.startswith("accounts") else "without accounts"
    n, n_empty = empty.get(kind, (0, 0))
    empty[kind] = (n + int(numbers[0]), n_empty + int(numbers.pop()))
    old = sums.get((kind, mode), (0, 0, 0))
    sums[kind, mode] = tuple(a + int(b) for a, b in zip(old, numbers))
case, rows = "titles of ShareGPT, profile none", []
for (kind, mode), (n, n_various, n_numbered) in sorted(sums.items()):
    for metric, value in (("various requests", n_various), ("told apart by a number", n_numbered)):
        rows.append([case, f"share {metric}, {kind}, {mode}", f"{value / n:.4f}", "", "", n,
                     datetime.date.today().isoformat()])
csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
for kind, (n, n_empty) in empty.items():
    if n == 0 or n_empty / n > float(most):
        sys.exit(f"FAIL: {n_empty} of {n} titles say nothing, {kind}; at most {most} of them may")
if record:
    old = [row for row in csv.reader(open(path, encoding="utf-8")) if row and row[0] != case]
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(old + rows)
PY
