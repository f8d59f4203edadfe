# SPDX-License-Identifier: Apache-2.0
"""scikit-learn k-means and BERTopic on the vectors of a clio run, for tests/quality/clinc.sh.

clinc_peers.py VAULT CORPUS TRUTH K CASE: prints lines of "case,metric,value,n", among them clio's
own figures computed anew by scikit-learn, so that `clio evaluate agreement` has a check.
"""
import json
import sqlite3
import sys

import numpy as np
from bertopic import BERTopic
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

vault, corpus, truth, k, case = sys.argv[1:]
db = sqlite3.connect(vault)
truth = {line.split("\t")[0]: line.rstrip("\n").split("\t")[1:] for line in open(truth)}
texts = {record["id"]: record["text"] for record in map(json.loads, open(corpus))}
name = dict(db.execute("SELECT seq, external_id FROM conversation"))
seqs, vectors = [], []
for ids, block in db.execute("SELECT seqs, vectors FROM vector_block ORDER BY i_block"):
    seqs += np.frombuffer(ids, "<i8").tolist()
    vectors.append(np.frombuffer(block, "<f4").reshape(len(ids) // 8, -1))
x = np.vstack(vectors)
known = np.array([name[s] in truth for s in seqs])
intent, domain = (np.array([truth.get(name[s], ("", ""))[i] for s in seqs]) for i in (0, 1))


def report(what, labels, levels=("intent", "domain")):
    labels = np.asarray(labels)
    for level in levels:
        want = (intent if level == "intent" else domain)[known]
        for metric, score in (("nmi", normalized_mutual_info_score), ("ari", adjusted_rand_score)):
            value = score(want, labels[known])
            print(f"{case},{what} {level} {metric},{value:.4f},{known.sum()}", flush=True)
    print(f"{case},{what} clusters,{len(set(labels.tolist()))},{len(labels)}", flush=True)


parent = dict(db.execute("SELECT id, coalesce(parent_id, 0) FROM node"))
placed = dict(db.execute("SELECT seq, coalesce(cluster_id, 0) FROM placed"))


def top(node):
    while parent.get(node, 0):
        node = parent[node]
    return node


report("clio", [placed[s] for s in seqs], ("intent",))
report("clio top", [top(placed[s]) for s in seqs], ("domain",))
for n, start in ((150, "k=150"), (int(k), "k as clio")):
    kmeans = KMeans(n, n_init=1, random_state=0).fit(x)
    report(f"scikit-learn k-means {start}", kmeans.labels_, ("intent",))
tops = fcluster(linkage(kmeans.cluster_centers_, "ward"), 10, "maxclust")
report("scikit-learn k-means and Ward to 10", tops[kmeans.labels_], ("domain",))
documents = [texts[name[s]] for s in seqs]
model = BERTopic(calculate_probabilities=False)
model.umap_model.random_state = 0
labels, _ = model.fit_transform(documents, x)
report("BERTopic", labels, ("intent",))
print(f"{case},BERTopic outliers,{np.mean(np.array(labels) == -1):.4f},{len(labels)}")
report("BERTopic outliers reassigned",
       model.reduce_outliers(documents, labels, strategy="embeddings", embeddings=x), ("intent",))
report("BERTopic reduced to 10", model.reduce_topics(documents, nr_topics=11).topics_, ("domain",))
