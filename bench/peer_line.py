# SPDX-License-Identifier: Apache-2.0
"""The steps of profile none with the Python tools people use today, for bench/end_to_end.sh and
bench/line_at.sh.

python3 bench/peer_line.py FILE EMBEDDER K: reads the conversations (ShareGPT's list, or lines with
messages), takes the first human turn, embeds it (sentence-transformers, all-MiniLM-L6-v2 from the
local directory), clusters (k-means, K clusters, once: scikit-learn's with k-means++, for lines the
faster one of faiss), titles by class-based TF-IDF, Ward linkage to ten groups, a layout of the
centroids (umap-learn). Prints one line: seconds, peak MiB and the number of texts.
"""
import json
import re
import resource
import sys
import time
from pathlib import Path

start = time.time()
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from sentence_transformers import SentenceTransformer
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from umap import UMAP

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from sharegpt import records

source, embedder, k = sys.argv[1], sys.argv[2], int(sys.argv[3])
lines = source.endswith(".jsonl")


def openings():
    if lines:
        for line in open(source, encoding="utf-8"):
            yield [m["content"] for m in json.loads(line)["messages"] if m["role"] == "user"]
        return
    for record in records(source):
        yield [t["value"] for t in record["conversations"] if t["from"] in ("human", "user")]


texts = []
for said in openings():
    if said:
        texts.append(re.sub(r"\s+", " ", said[0])[:200])
texts = list(dict.fromkeys(texts))
vectors = SentenceTransformer(embedder, device="cpu").encode(texts, batch_size=64,
                                                             normalize_embeddings=True)
if lines:
    from peer_faiss import load
    faiss = load()
    kmeans = faiss.Kmeans(vectors.shape[1], k, niter=25, seed=1, spherical=True,
                          max_points_per_centroid=len(texts))
    kmeans.train(vectors)
    centres, labels = kmeans.centroids, kmeans.index.search(vectors, 1)[1][:, 0]
else:
    means = KMeans(k, n_init=1, random_state=1).fit(vectors)
    centres, labels = means.cluster_centers_, means.labels_
parts = [[] for _ in range(k)]
for text, label in zip(texts, labels):
    parts[label].append(text)
joined = [" ".join(part) for part in parts]
counts = CountVectorizer(ngram_range=(1, 3), stop_words="english", min_df=2,
                         max_features=200000).fit_transform(joined)
weights = counts.multiply(np.log1p(counts.sum() / counts.sum(axis=0))).tocsr()
titles = [weights[i].indices[np.argsort(-weights[i].data)[:3]] for i in range(k)]
groups = fcluster(linkage(centres, "ward"), 10, "maxclust")
places = UMAP(n_neighbors=min(15, k - 1), min_dist=0.0, metric="cosine",
              random_state=1).fit_transform(centres)
assert len(titles) == k and len(groups) == k and places.shape == (k, 2)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.time() - start:.2f} {memory:.0f} {len(texts)}")
