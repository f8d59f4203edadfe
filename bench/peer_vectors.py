# SPDX-License-Identifier: Apache-2.0
"""What bench/vectors.sh runs beside ours:
peer_vectors.py make|faiss|lloyd|elkan|default|umap DIR N D …

make writes vectors with a falling spectrum, in clusters of clusters. The others print seconds of
CPU (and the mean similarity to the centroids, or trustworthiness at 15 neighbours)."""
import sys
import time

import numpy as np


def make(room, n, d, n_map):
    r = np.random.default_rng(1)
    spectrum = (np.arange(1, d + 1) ** -0.5).astype(np.float32)
    top = r.standard_normal((50, d), dtype=np.float32)
    center = top[r.integers(0, 50, 3000)] * 0.7 + r.standard_normal((3000, d), dtype=np.float32)
    label = r.choice(3000, n, p=r.dirichlet(np.full(3000, 1.0)))
    x = (center[label] + r.standard_normal((n, d), dtype=np.float32)) * spectrum
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x.astype(np.float32).tofile(f"{room}/x.f32")
    x[: int(n_map)].astype(np.float32).tofile(f"{room}/map.f32")


def by_faiss(x, k):
    from peer_faiss import load
    faiss = load()
    faiss.omp_set_num_threads(1)
    start = time.process_time()
    means = faiss.Kmeans(x.shape[1], k, niter=20, spherical=True, seed=1,
                         max_points_per_centroid=x.shape[0])
    means.train(x)
    print(f"{time.process_time() - start:.3f} {means.obj[-1] / len(x):.6f}", flush=True)


def sklearn(x, k, **settings):
    from sklearn.cluster import KMeans
    start = time.process_time()
    means = KMeans(k, n_init=1, max_iter=20, tol=0, random_state=1, **settings).fit(x)
    seconds = time.process_time() - start
    center = means.cluster_centers_ / np.linalg.norm(means.cluster_centers_, axis=1, keepdims=True)
    print(f"{seconds:.3f} {np.mean(np.sum(x * center[means.labels_], axis=1)):.6f}", flush=True)


def lloyd(x, k):
    sklearn(x, k, init="random")


def elkan(x, k):
    sklearn(x, k, init="random", algorithm="elkan")


def default(x, k):
    sklearn(x, k)


def umap(x, room):
    import warnings

    import umap as peer
    from sklearn.manifold import trustworthiness
    warnings.filterwarnings("ignore")
    settings = {"n_neighbors": 15, "min_dist": 0.0, "metric": "cosine", "random_state": 1}
    peer.UMAP(**settings, n_epochs=2).fit_transform(x)  # compiles all that this size needs
    start = time.process_time()
    theirs = peer.UMAP(**settings).fit_transform(x)
    seconds = time.process_time() - start
    ours = np.fromfile(f"{room}/map.out", np.float32).reshape(-1, 2)
    some = np.random.default_rng(1).permutation(len(x))[:10000]  # trustworthiness takes n² memory
    trust = [trustworthiness(x[some], y[some], n_neighbors=15, metric="cosine")
             for y in (ours, theirs)]
    print(f"{seconds:.3f} {trust[0]:.4f} {trust[1]:.4f}")


def main():
    verb, room, n, d = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if verb == "make":
        return make(room, n, d, sys.argv[5])
    name = "map" if verb == "umap" else "x"
    x = np.fromfile(f"{room}/{name}.f32", np.float32).reshape(n, d)
    if verb == "umap":
        return umap(x, room)
    peers = {"faiss": by_faiss, "lloyd": lloyd, "elkan": elkan, "default": default}
    return peers[verb](x, int(sys.argv[5]))


if __name__ == "__main__":
    main()
