#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills RUN/safety.db with made-up signals over the base clusters of the run, for tests of the
pages: some of its words try to be markup. Usage: make_safety.py safety.sql RUN"""
import json
import random
import sqlite3
import sys

schema, run = sys.argv[1:3]
dice = random.Random(5)
vault = sqlite3.connect(f"file:{run}/vault.db?mode=ro", uri=True)
db = sqlite3.connect(f"{run}/safety.db")
db.executescript(open(schema, encoding="utf-8").read())
of = vault.execute("SELECT group_concat(stage || ' ' || fingerprint || ' ' || done || ' ' || n_in "
                   "|| ' ' || n_out, ', ') FROM (SELECT * FROM stage_run "
                   "WHERE stage IN ('cluster', 'noise') ORDER BY stage)").fetchone()[0]
db.execute("INSERT INTO info VALUES ('clusters', ?)", (of,))
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)> \u202e & \'quoted\''
clusters = [row[0] for row in vault.execute("SELECT id FROM base_cluster ORDER BY id")]
members = vault.execute("SELECT m.seq, c.account_id, coalesce(c.time, 0) FROM member m "
                        "JOIN conversation c ON c.seq = m.seq ORDER BY m.seq").fetchall()
for i, cluster in enumerate(clusters):
    concern = 1 + 4 * i / max(1, len(clusters) - 1)
    title = HOSTILE if i == 0 else f"templates, keywords and the {cluster}th list of links"
    db.execute("INSERT INTO cluster VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)",
               (cluster, title, 40 + i, 9 + i % 5, 40, concern, int(8 * concern), 3 + i % 9))
db.execute("INSERT INTO classifier VALUES ('flagged', 4000, 900, ?, 0.64, 0.5, 0.75, 0.81, 20, 30, "
           "1.75)", (len(clusters),))
for i, cluster in enumerate(clusters):
    concern = 1 + 4 * i / max(1, len(clusters) - 1)
    rate = min(1, max(0, (concern - 1) / 4 + dice.gauss(0, 0.12)))
    side = "missed" if i % 7 == 5 else "over" if i % 7 == 2 else ""
    n = dice.randrange(20, 300)
    db.execute("INSERT INTO classifier_cluster VALUES ('flagged', '', ?, ?, ?, ?, ?, ?, ?, 0.01, "
               "?)",
               (cluster, n, int(n * rate), max(0, rate - 0.1), min(1, rate + 0.1), concern,
                (concern - 1) / 4, side))
for group in range(1, 9):
    chosen = dice.sample(members, min(len(members), 60))
    accounts = sorted({m[1] or 0 for m in chosen})[:2 if group == 8 else 12]
    own = [m for m in chosen if (m[1] or 0) in accounts]
    times = [m[2] for m in own]
    db.execute("INSERT INTO coordinated VALUES (?, ?, 'ring', 'wording', 0.001, ?, ?, ?, ?, ?, ?)",
               (group, 95 - 8 * group, len(accounts), len(own), min(times), max(times), clusters[0],
                HOSTILE if group == 1 else "write ten … about … and link to …"))
    for part in ("repeat", "template", "burst"):
        db.execute("INSERT INTO coordinated_part VALUES (?, ?, 0.7, 0.1, 0.002, 28.5)",
                   (group, part))
    db.executemany("INSERT INTO coordinated_member VALUES (?, ?, ?, ?)",
                   [(group, seq, account or 0, time) for seq, account, time in own])
QUESTIONS = [("links", {"cluster": 1, "factor": 2}),
             ("words", {"words": "Cheap pills|" + HOSTILE, "on": "share", "share": 0.02}),
             ("vote", {"like": "how to vote", "event": "2026-11-03", "until": "2026-11-07"}),
             ("grave", {"concern": 3}), ("unlike", {"new": 0.4, "of": "task"}),
             ("model", {"screen": "Is it about " + HOSTILE + "?"}),
             (HOSTILE, {"unknown": HOSTILE})]
for i, (name, question) in enumerate(QUESTIONS):
    db.execute("INSERT INTO watch VALUES (?, ?, ?, 1735689600)",
               (i + 1, name, json.dumps(question, ensure_ascii=False)))
db.execute("INSERT INTO alert VALUES (1, 1, 20100, 'The share of cluster 1 doubled.', 0.08, 0.06, "
           "0.1, 0.04, 0.0004)")
db.commit()
