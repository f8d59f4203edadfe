# SPDX-License-Identifier: Apache-2.0
"""The planted faults of make_flags.py beside what `clio safety classifier --json` lists.

classifier_check.py DIR CORPUS.jsonl TRUTH.tsv RESULT.json prints lines "metric<TAB>value<TAB>n":
how many planted regions are among the first ten of their list, and r beside r computed here from
the corpus and the assignment of conversations to clusters. A region is listed when most
conversations of a listed cluster hold its tell, or when its language is listed.
"""
import collections
import json
import math
import sqlite3
import sys

folder, corpus, truth, result = sys.argv[1:]
result = json.load(open(result))
regions = [line.rstrip("\n").split("\t") for line in list(open(truth))[1:]]
db = sqlite3.connect(f"file:{folder}/vault.db?mode=ro", uri=True)
cluster_of = dict(db.execute("SELECT c.external_id, m.cluster_id FROM conversation c JOIN member "
                             "m ON m.seq = coalesce(c.duplicate_of, c.seq)"))
grade_of = dict(db.execute("SELECT c.external_id, f.value FROM conversation c JOIN facet_value f "
                           "ON f.facet = 'concern' AND f.seq = coalesce(c.duplicate_of, c.seq)"))
rows = [json.loads(line) for line in open(corpus)]


def text_of(row):
    return row["text"] if "text" in row else row["conversation"][0]["content"]


def flagged(row):
    return row["flagged"] if "flagged" in row else row["openai_moderation"][0]["flagged"]


members = collections.defaultdict(list)
for row in rows:
    name = row.get("id") or row.get("conversation_id") or row.get("conversation_hash")
    if name in cluster_of:
        members[cluster_of[name]].append((text_of(row), int(grade_of[name]), flagged(row)))


def is_listed(tell, side):
    for entry in result[side][:10]:
        if entry["language"] == tell:
            return True
        inside = members.get(entry["cluster"], [])
        if inside and sum(tell in text for text, _, _ in inside) > len(inside) / 2:
            return True
    return False


listed = sum(is_listed(tell, side) for _, side, tell in regions)
print(f"planted regions among the first ten\t{listed / len(regions):.4f}\t{len(regions)}")
large = [m for m in members.values() if len(m) >= 15]
x = [sum(g for _, g, _ in m) / len(m) for m in large]
y = [sum(f for _, _, f in m) / len(m) for m in large]
mx, my = sum(x) / len(x), sum(y) / len(y)
r = sum((a - mx) * (b - my) for a, b in zip(x, y)) / math.sqrt(
    sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))
print(f"r\t{result['r']:.4f}\t{len(large)}")
print(f"r less r from the corpus\t{abs(result['r'] - r):.4f}\t{len(large)}")
print(f"listed\t{len(result['missed']) + len(result['over'])}\t{result['n']}")
