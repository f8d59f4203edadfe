# SPDX-License-Identifier: Apache-2.0
# Labels of k-means beside Lloyd's iterations written out with all products, from the same start:
# once with products in float32, once with float64 wherever float32 leaves two centroids within its
# error. Rows that differ are listed, and by how much the other centroid is nearer (below 1e-6 it is
# a tie in float32). RECORD=1 puts how many there are into tests/quality/results.csv.
#   kmeans_labels.py TOOL NAME VECTORS.f32 D K [ITERATIONS]
# TOOL is build/release/tests/tool_kmeans, VECTORS what bench/real_vectors.py or
# `bench/peer_vectors.py make` wrote, NAME "ShareGPT" or "". Needs numpy. Half a minute for 100,000
# rows, 1,000 centroids and 20 iterations, and in proportion.
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
BLOCK = 4096
DOUBT = 3e-5  # more than float32 products of unit rows can be off


def unit(rows):
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / lengths).astype(np.float32)


def settle(x, centroids, products, labels):
    """Labels by float64 where another product comes within DOUBT of the largest."""
    near = products >= products.max(axis=1, keepdims=True) - DOUBT
    for i in np.flatnonzero(near.sum(axis=1) > 1):
        among = np.flatnonzero(near[i])
        exact = centroids[among].astype(np.float64) @ x[i].astype(np.float64)
        labels[i] = among[exact.argmax()]  # the lower one of equal ones


def assign(x, centroids, is_exact):
    labels = np.empty(len(x), np.int64)
    for at in range(0, len(x), BLOCK):
        rows = slice(at, at + BLOCK)
        products = x[rows] @ centroids.T
        labels[rows] = products.argmax(axis=1)
        if is_exact:
            settle(x[rows], centroids, products, labels[rows])
    return labels


def fill_empty(x, centroids, labels):
    """An empty cluster takes the half of the largest that is least like its centroid (kmeans.h)."""
    sizes = np.bincount(labels, minlength=len(centroids))
    for to in range(len(centroids)):
        if sizes[to]:
            continue
        largest = sizes.argmax()
        rows = np.flatnonzero(labels == largest)
        near = x[rows].astype(np.float64) @ centroids[largest].astype(np.float64)
        far = rows[np.lexsort((rows, near))[:len(rows) // 2]]
        labels[far] = to
        centroids[to] = centroids[largest]
        sizes[to], sizes[largest] = len(far), len(rows) - len(far)


def lloyd(x, k, iterations, is_exact):
    """Labels of the last iteration and the centroids that they are nearest to."""
    centroids = unit(x[[c * len(x) // k for c in range(k)]])
    for i in range(iterations):
        labels = assign(x, centroids, is_exact)
        fill_empty(x, centroids, labels)
        if i + 1 == iterations:
            return labels, centroids
        order = np.argsort(labels, kind="stable")
        ends = np.searchsorted(labels[order], np.arange(k), side="right")
        sums = np.zeros((k, x.shape[1]))
        for c in range(k):
            rows = order[ends[c - 1] if c else 0:ends[c]]
            sums[c] = x[rows].sum(axis=0, dtype=np.float64)
        centroids = unit(sums)


def main():
    tool, name, path, d, k = sys.argv[1:6]
    iterations = int(sys.argv[6]) if len(sys.argv) > 6 else 20
    x = np.fromfile(path, np.float32).reshape(-1, int(d))
    made = subprocess.run([tool, path, d, k, str(iterations)], check=True, capture_output=True)
    ours = np.array(made.stdout.split(), np.int64)
    case = f"kmeans-{len(x)}x{d}-k{k}{name and ' of ' + name}"
    for is_exact, words in ((True, "float64"), (False, "float32")):
        labels, centroids = lloyd(x, int(k), iterations, is_exact)
        other = np.flatnonzero(labels != ours)
        for i in other[:50]:
            pair = centroids[[ours[i], labels[i]]].astype(np.float64) @ x[i].astype(np.float64)
            print(f"{words}: row {i} in {ours[i]}, not in {labels[i]}; "
                  f"{pair[1] - pair[0]:.1e} apart")
        print(f"{case}: {len(other)} of {len(x)} labels are not those of Lloyd in {words}")
        metric = f"labels that Lloyd in {words} has otherwise"
        if os.environ.get("RECORD") == "1":
            subprocess.run([sys.executable, HERE.parent / "privacy" / "record.py",
                            HERE / "results.csv", case, metric, str(len(other)), str(len(x))],
                           check=True)


if __name__ == "__main__":
    main()
