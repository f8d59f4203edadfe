# SPDX-License-Identifier: Apache-2.0
"""The steps of profile none with the Python tools people use today, for bench/end_to_end.sh.

python3 bench/peer_line.py sharegpt.json K: reads the conversations, takes the first human turn,
embeds it (sentence-transformers, all-MiniLM-L6-v2 from the local directory), clusters (scikit-learn
k-means, K clusters, k-means++ once), titles by class-based TF-IDF, Ward linkage to ten groups, a
layout of the centroids (umap-learn). Prints one line: seconds and peak MiB.
"""
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
texts = []
for record in records(source):
    said = [t["value"] for t in record["conversations"] if t["from"] in ("human", "user")]
    if said:
        texts.append(re.sub(r"\s+", " ", said[0])[:200])
texts = list(dict.fromkeys(texts))
vectors = SentenceTransformer(embedder, device="cpu").encode(texts, batch_size=64,
                                                             normalize_embeddings=True)
means = KMeans(k, n_init=1, random_state=1).fit(vectors)
joined = [" ".join(t for t, c in zip(texts, means.labels_) if c == i) for i in range(k)]
counts = CountVectorizer(ngram_range=(1, 3), stop_words="english", min_df=2,
                         max_features=200000).fit_transform(joined)
weights = counts.multiply(np.log1p(counts.sum() / counts.sum(axis=0))).tocsr()
titles = [weights[i].indices[np.argsort(-weights[i].data)[:3]] for i in range(k)]
groups = fcluster(linkage(means.cluster_centers_, "ward"), 10, "maxclust")
places = UMAP(n_neighbors=min(15, k - 1), min_dist=0.0, metric="cosine",
              random_state=1).fit_transform(means.cluster_centers_)
assert len(titles) == k and len(groups) == k and places.shape == (k, 2)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.time() - start:.2f} {memory:.0f} {len(texts)}")
