# SPDX-License-Identifier: Apache-2.0
"""What simpler ways find of the planted rings, judged as coordinated_check.py judges clio.

coordinated_peers.py exact CORPUS.jsonl TRUTH.tsv: prompts that are equal after lower case and
single spaces, and the same with digits masked, sent by three accounts or more.
coordinated_peers.py topics DIR TRUTH.tsv: topics by BERTopic (its k-means option, as many topics as
conversations / 60) over the vectors of a run; a group is the accounts that sent a topic more than
once. The least share of such accounts is chosen in hindsight, as favourably as possible.
Prints lines of "way<TAB>metric<TAB>value<TAB>n".
"""
import collections
import json
import re
import sqlite3
import sys

from coordinated_check import judge, read_truth, share


def report(way, groups, accounts, rings):
    covered, n_right = judge([(0, 0, "", "", g) for g in groups], accounts)
    large = [v for v in rings.values() if v[1] >= 5]
    found = sum(len(v[2] & covered) >= 0.5 * len(v[2]) for v in large)
    return (way, share(found, len(large)), len(large), share(n_right, len(groups)), len(groups))


def show(row):
    way, recall, n_rings, precision, n_groups = row
    print(f"{way}\trecall of rings of 5 or more\t{recall:.4f}\t{n_rings}")
    print(f"{way}\tprecision of groups\t{precision:.4f}\t{n_groups}")


def exact(corpus, accounts, rings):
    for way, mask in (("equal prompts", None), ("equal prompts but for digits", r"\d+")):
        by_text = collections.defaultdict(set)
        for line in open(corpus):
            record = json.loads(line)
            text = " ".join(record["text"].lower().split())
            by_text[re.sub(mask, "#", text) if mask else text].add(record["user"])
        show(report(way, [g for g in by_text.values() if len(g) >= 3], accounts, rings))


def topics(folder, accounts, rings):
    import numpy as np
    from bertopic import BERTopic
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.decomposition import PCA
    db = sqlite3.connect(f"file:{folder}/vault.db?mode=ro", uri=True)
    owner = dict(db.execute("SELECT seq, external_id FROM conversation c JOIN account a "
                            "ON a.id = c.account_id".replace("external_id", "a.external_id")))
    seqs, vectors = [], []
    for ids, block in db.execute("SELECT seqs, vectors FROM vector_block ORDER BY i_block"):
        seqs += np.frombuffer(ids, "<i8").tolist()
        vectors.append(np.frombuffer(block, "<f4").reshape(len(ids) // 8, -1))
    x = np.vstack(vectors)
    values = dict(db.execute("SELECT seq, value FROM facet_value WHERE facet = 'request'"))
    model = BERTopic(umap_model=PCA(50, random_state=0), calculate_probabilities=False,
                     hdbscan_model=MiniBatchKMeans(len(seqs) // 60, random_state=0, n_init=1))
    labels, _ = model.fit_transform([values.get(s, "") for s in seqs], x)
    sent = collections.defaultdict(collections.Counter)
    for seq, label in zip(seqs, labels):
        if label >= 0 and seq in owner:
            sent[label][owner[seq]] += 1
    best = None
    for least in [i / 20 for i in range(1, 21)]:
        groups = [{a for a, n in c.items() if n > 1} for c in sent.values()
                  if sum(n > 1 for n in c.values()) >= max(3, least * len(c))]
        row = report("BERTopic with k-means", groups, accounts, rings)
        if best is None or row[1] + row[3] > best[1] + best[3]:
            best = row
    show(best)


def main():
    way, where, truth = sys.argv[1:]
    accounts, named = read_truth(truth)
    rings = {n: v for n, v in named.items() if n.startswith("ring")}
    (exact if way == "exact" else topics)(where, accounts, rings)


main()
