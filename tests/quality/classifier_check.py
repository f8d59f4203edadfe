# SPDX-License-Identifier: Apache-2.0
"""The planted faults of make_flags.py beside what `clio safety classifier --json` lists.

classifier_check.py DIR CORPUS.jsonl TRUTH.tsv RESULT.json prints lines "metric<TAB>value<TAB>n":
how many planted regions are among the first ten of their list; how much else is listed; r, and how
far it is from r of the planted grades and flags in the same clusters (the assignment of
conversations to clusters is the run's, nothing else is); and r over planted subjects, which is
another number, since subjects are not clusters. A region is listed when most conversations of a
listed cluster hold its tell, or when its language is listed.
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
cluster_of = dict(db.execute("SELECT c.external_id, m.cluster_id FROM conversation c LEFT JOIN "
                             "copy d ON d.seq = c.seq JOIN member m "
                             "ON m.seq = coalesce(d.first_seq, c.seq)"))
rows = [json.loads(line) for line in open(corpus)]


def text_of(row):
    return row["text"] if "text" in row else row["conversation"][0]["content"]


def flagged(row):
    return row["flagged"] if "flagged" in row else row["openai_moderation"][0]["flagged"]


members, subjects = collections.defaultdict(list), collections.defaultdict(list)
for row in rows:
    name = row.get("id") or row.get("conversation_id") or row.get("conversation_hash")
    one = (text_of(row), row["grade"], flagged(row))
    if name in cluster_of:
        members[cluster_of[name]].append(one)
        subjects[row["subject"]].append(one)


def holds(entry, tell):
    if entry["language"]:
        return entry["language"] == tell
    inside = members.get(entry["cluster"], [])
    return sum(tell in text for text, _, _ in inside) > len(inside) / 2


def correlation(groups):
    large = [m for m in groups.values() if len(m) >= 15]
    x = [sum(g for _, g, _ in m) / len(m) for m in large]
    y = [sum(f for _, _, f in m) / len(m) for m in large]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return len(large), sum((a - mx) * (b - my) for a, b in zip(x, y)) / math.sqrt(
        sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


listed = sum(any(holds(e, tell) for e in result[side][:10]) for _, side, tell in regions)
others = sum(not any(holds(e, tell) for _, s, tell in regions if s == side)
             for side in ("missed", "over") for e in result[side])
n, r = correlation(members)
n_subjects, r_of_subjects = correlation(subjects)
print(f"planted regions among the first ten\t{listed / len(regions):.4f}\t{len(regions)}")
print(f"r\t{result['r']:.4f}\t{n}")
print(f"r less r of planted grades\t{abs(result['r'] - r):.4f}\t{n}")
print(f"r over planted subjects\t{r_of_subjects:.4f}\t{n_subjects}")
print(f"listed\t{len(result['missed']) + len(result['over'])}\t{result['n']}")
print(f"listed that was not planted\t{others}\t{result['n']}")
