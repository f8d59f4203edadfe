#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What oracle_curve.sh does not do in the shell.
    clinc FILE.tsv OUT CUT    every CUTth topic: OUT.jsonl, OUT.tsv (labels) and OUT-texts.tsv (the
                              oracle's truth)
    planted IN OUT CUT        the same of what `clio evaluate plant` wrote
    rows CORPUS RATE CUT RESULT.json
    floors ROWS, record ROWS results.csv
Columns of rows: case, metric, value, low, high, n, date; low is the floor of an accuracy."""
import csv
import datetime
import json
import sys

FLOORS = {0.0: 0.98, 0.1: 0.94, 0.3: 0.80}
# The scanner takes CLINC150's domain "meta" for the company, as it should, and masks it.
RENAMED = {"meta": "assistant_settings"}


def clinc(path, out, cut):
    with open(path, encoding="utf-8") as source:
        lines = source.read().splitlines()[1:]
    kept = [line.split("\t") for line in lines if not line.startswith("out_of_scope\t")]
    kept = [(RENAMED.get(d, d), topic, text) for d, topic, text in kept]
    topics = {}  # whole topics, so that each stays as far above the floors as it is
    for domain, topic, _ in kept:
        topics.setdefault(domain, {}).setdefault(topic, len(topics[domain]))
    kept = [row for row in kept if topics[row[0]][row[1]] % cut == 1 % cut]
    with open(out + ".jsonl", "w", encoding="utf-8") as conversations, \
            open(out + ".tsv", "w", encoding="utf-8") as truth, \
            open(out + "-texts.tsv", "w", encoding="utf-8") as texts:
        truth.write("conversation\ttopic\tcategory\n")
        texts.write("category\ttopic\ttext\n")
        for i, (domain, topic, text) in enumerate(kept):
            conversations.write(json.dumps({"id": f"c{i}", "user": f"u{i}", "text": text}) + "\n")
            truth.write(f"c{i}\t{topic}\t{domain}\n")
            texts.write(f"{domain}\t{topic}\t{text}\n")


def planted(path, out, cut):
    for end, n_head in ((".jsonl", 0), (".tsv", 1), ("-texts.tsv", 1)):
        with open(path + end, encoding="utf-8") as source:
            lines = source.read().splitlines()
        # whole rounds of the fifteen languages, so that each keeps its share
        body = [line for i, line in enumerate(lines[n_head:]) if i // 15 % cut == 0]
        with open(out + end, "w", encoding="utf-8") as target:
            target.write("\n".join(lines[:n_head] + body) + "\n")


def case_of(corpus, cut):
    names = {"clinc150": "oracle, clinc150", "facets": "oracle, clinc150, facets wrong too",
             "ordinary": "oracle, 20 ordinary in 15 languages",
             "concerning": "oracle, 18 concerning in 15 languages"}
    return names[corpus] + (f", one in {cut}" if cut > 1 else "")


def rows(corpus, rate, cut, path):
    with open(path, encoding="utf-8") as source:
        result = json.load(source)
    date = datetime.date.today().isoformat()
    case, at = case_of(corpus, cut), f"errors {rate * 100:g} %"
    whole, n = result["scores"][0], result["n"]
    top = [level for level in result["levels"] if level["label"] == "category"][-1]
    low = FLOORS.get(rate, "") if corpus != "facets" else ""
    write = csv.writer(sys.stdout, lineterminator="\n")

    def put(metric, value, floor=""):
        # a floor stands in both columns of the interval: at least so much, at most all
        high = 1 if floor else ""
        write.writerow((case, f"{metric}, {at}", f"{value:.4f}", floor, high, n, date))

    put("accuracy", whole["accuracy"], low)
    if rate != 0.1:
        return
    put("macro-F1", whole["macro_f1"])
    languages = result["scores"][1:]
    if languages:
        put("accuracy of the least language", min(s["accuracy"] for s in languages))
    put("top level nmi", top["nmi"])
    put("top level ari", top["ari"])
    put("top level spillover", top["outside"])
    put("orphans", (result["n_orphans"] + result["n_unclustered"]) / max(n, 1))


def floors(path):
    bad = 0
    with open(path, encoding="utf-8", newline="") as source:
        for row in csv.reader(source):
            if row[3] and float(row[2]) < float(row[3]):
                print("below its floor: " + ",".join(row), file=sys.stderr)
                bad = 1
    sys.exit(bad)


def record(path, out):
    with open(path, encoding="utf-8", newline="") as source:
        new = list(csv.reader(source))
    with open(out, encoding="utf-8", newline="") as source:
        old = [row for row in csv.reader(source) if row[0] not in {r[0] for r in new}]
    with open(out, "w", encoding="utf-8", newline="") as target:
        csv.writer(target, lineterminator="\n").writerows(old + new)


def main():
    what, arguments = sys.argv[1], sys.argv[2:]
    if what == "clinc":
        clinc(arguments[0], arguments[1], int(arguments[2]))
    elif what == "planted":
        planted(arguments[0], arguments[1], int(arguments[2]))
    elif what == "rows":
        rows(arguments[0], float(arguments[1]), int(arguments[2]), arguments[3])
    elif what == "floors":
        floors(arguments[0])
    else:
        record(*arguments)


main()
