# SPDX-License-Identifier: Apache-2.0
"""Over-represented languages of tools/make-world beside what `clio safety run` lists.

languages_check.py CORPUS.jsonl DIR: the subject of a cluster is that of most of its conversations,
told by the words of make-world's forms. Prints lines of "metric<TAB>value<TAB>n": planted pairs of
subject and language that are listed in a cluster of the subject, and listed rows that were not
planted. A corpus whose languages were dealt out anew has nothing planted: give --shuffled=accounts
or --shuffled=conversations, whom they were dealt to.
"""
import collections
import json
import re
import sqlite3
import sys

OVER = {("Spanish", "recipe for"), ("Japanese", "short story about"), ("German", "SQL query"),
        ("Chinese", "problem about"), ("Portuguese", "Write a song"), ("Arabic", "Translate this")}
dealt = next((w.split("=")[1] for w in sys.argv if w.startswith("--shuffled=")), "")
corpus, folder = [w for w in sys.argv[1:] if not w.startswith("--")]
text_of = {}
for line in open(corpus, encoding="utf-8"):
    record = json.loads(line)
    text_of[record["id"]] = " ".join(m["content"] for m in record["messages"]
                                     if m["role"] == "user")
db = sqlite3.connect(f"file:{folder}/safety.db?mode=ro", uri=True)
db.execute(f"ATTACH 'file:{folder}/vault.db?mode=ro' AS v")
tells = collections.defaultdict(collections.Counter)
for cluster, name in db.execute("SELECT s.cluster_id, c.external_id FROM conversation s JOIN "
                                "v.conversation c ON c.seq = s.seq WHERE s.cluster_id NOT NULL"):
    tells[cluster]["all"] += 1
    for _, tell in OVER:
        tells[cluster][tell] += bool(re.search(tell, text_of[name]))
listed = db.execute("SELECT cluster_id, language FROM language_ratio").fetchall()
found, n_false = set(), 0
for cluster, language in listed:
    pairs = [(l, t) for l, t in OVER
             if l == language and tells[cluster][t] * 2 > tells[cluster]["all"]]
    found |= set(pairs)
    n_false += not pairs
if not dealt:
    print(f"planted pairs listed\t{len(found) / len(OVER):.4f}\t{len(OVER)}")
    print(f"listed that were not planted\t{n_false / max(1, len(listed)):.4f}\t{len(listed)}")
else:
    print(f"listed where languages were dealt out anew to {dealt}\t{len(listed)}\t{len(text_of)}")
