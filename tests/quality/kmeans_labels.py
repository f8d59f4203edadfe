# SPDX-License-Identifier: Apache-2.0
# Whether k-means is Lloyd's, iteration by iteration: of every iteration of one run all products of
# all rows and centroids are made, and every label is to be the nearest centroid's, ties to the
# lower index. Then empty clusters are filled as kmeans.h says, and the centroids of the next
# iteration are to be the means of the rows. Labels that float32's products alone would have
# otherwise are listed, with how much nearer the row's own centroid is; rows that are exactly as
# near to two are counted.
#   kmeans_labels.py TOOL NAME VECTORS.f32 D K [ITERATIONS]
# TOOL is build/release/tests/tool_kmeans, VECTORS what bench/real_vectors.py or
# `bench/peer_vectors.py make` wrote, NAME "ShareGPT" or "". RECORD=1 puts what came out into
# tests/quality/results.csv. Ends with 1 when something differs. Needs numpy, and room for
# ITERATIONS * K * D floats. A minute for 100,000 rows, 1,000 centroids and 20 iterations;
# kmeans_labels.sh runs all sets.
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "privacy"))
from record import put  # noqa: E402

BLOCK = 4096
EXACT = 1e-12  # more than float64 products of unit rows can be off
MEANS = 1e-6  # a row in the wrong cluster moves a mean by more
LISTED = 10


def error_of_float32(d):
    """How far off a product of unit rows can be, in any order of adding (Higham 2002, 3.1)."""
    return 1.001 * (d + 1) * 2.0 ** -24


def dot(x, c):
    return np.einsum("ij,ij->i", x.astype(np.float64), c.astype(np.float64))


def exactly(x, c):
    """Products of float32 fit a float64; their sum is rounded once."""
    return math.fsum((x.astype(np.float64) * c.astype(np.float64)).tolist())


def nearest(x, centroids, products):
    """Of each row the nearest centroid, ties to the lower index, and how many rows have ties."""
    doubt = 2 * error_of_float32(x.shape[1]) + 1e-6
    rows, among = np.nonzero(products >= products.max(axis=1, keepdims=True) - np.float32(doubt))
    exact = dot(x[rows], centroids[among])
    ends = np.append(np.flatnonzero(np.diff(rows, prepend=-1)), len(rows))
    best = np.maximum.reduceat(exact, ends[:-1])
    closest = exact >= best[rows] - EXACT
    labels = among[np.maximum.reduceat(np.where(closest, np.arange(len(rows)), 0), ends[:-1])]
    n_ties = 0
    for i in np.flatnonzero(np.add.reduceat(closest, ends[:-1], dtype=np.int64) > 1):
        here = slice(ends[i], ends[i + 1])
        some = among[here][closest[here]]
        sums = [exactly(x[i], centroids[c]) for c in some]
        labels[i] = some[sums.index(max(sums))]
        n_ties += sums.count(max(sums)) > 1
    return labels, n_ties


def compare(x, centroids, ours, found):
    """All labels of one iteration; what differs goes to `found`."""
    for at in range(0, len(x), BLOCK):
        some, own = x[at:at + BLOCK], ours[at:at + BLOCK]
        products = some @ centroids.T
        labels, n_ties = nearest(some, centroids, products)
        found["ties"] += n_ties
        for words, theirs in (("float64", labels), ("float32", products.argmax(axis=1))):
            rows = np.flatnonzero(theirs != own)
            gaps = dot(some[rows], centroids[own[rows]]) - dot(some[rows], centroids[theirs[rows]])
            found[words] += [(abs(gap), at + i, own[i], theirs[i]) for i, gap in zip(rows, gaps)]


def fill_empty(x, centroids, labels):
    """An empty cluster takes the half of the largest that is least like its centroid (kmeans.h).
    Returns how many did."""
    sizes = np.bincount(labels, minlength=len(centroids))
    centroids = centroids.copy()
    empty = np.flatnonzero(sizes == 0)
    for to in empty:
        largest = sizes.argmax()
        rows = np.flatnonzero(labels == largest)
        near = dot(x[rows], centroids[largest][np.newaxis])
        far = rows[np.lexsort((rows, near))[:len(rows) // 2]]
        labels[far] = to
        centroids[to] = centroids[largest]
        sizes[to], sizes[largest] = len(far), len(rows) - len(far)
    return len(empty)


def means(x, k, labels):
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(k + 1))
    sums = np.array([x[order[ends[c]:ends[c + 1]]].sum(axis=0, dtype=np.float64)
                     for c in range(k)])
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


def check(x, k, steps, last):
    """steps: centroids and labels of each iteration; last: labels that the run ended with."""
    found = {"float64": [], "float32": [], "ties": 0, "filled": 0, "means": 0.0}
    wanted = x[[c * len(x) // k for c in range(k)]].astype(np.float64)
    for centroids, labels in steps:
        off = np.linalg.norm(wanted - centroids, axis=1).max()
        found["means"] = max(found["means"], off)
        compare(x, centroids, labels, found)
        labels = labels.astype(np.int64)
        found["filled"] += fill_empty(x, centroids, labels)
        wanted = means(x, k, labels)
    found["last"] = int((labels != last).sum())
    return found


def report(case, n, d, n_means, found):
    wrong, other = sorted(found["float64"], reverse=True), sorted(found["float32"], reverse=True)
    widest = f"{other[0][0]:.1e}" if other else "0"
    off = f"{found['means']:.1e}"
    print(f"{case}: {len(wrong)} of {n} labels are not float64's nearest; {found['ties']} rows are "
          f"exactly as near to two; {found['filled']} empty clusters were filled; {found['last']} "
          f"labels at the end are others; centroids at most {off} off the means")
    print(f"{case}: {len(other)} of {n} labels float32's products have otherwise, at most {widest} "
          f"apart; two products can be {2 * error_of_float32(d):.1e} off together")
    for words, rows in (("float64", wrong), ("float32", other)):
        for gap, row, own, theirs in rows[:LISTED]:
            print(f"{words}: row {row} in {own}, not in {theirs}; {gap:.1e} apart")
    if os.environ.get("RECORD") == "1":  # all labels are looked at: no interval
        for metric, value, of in (
                ("labels that are not float64's nearest", len(wrong), n),
                ("rows exactly as near to two: the lower index", found["ties"], n),
                ("labels that float32's products have otherwise", len(other), n),
                ("most that such two products are apart", widest, len(other)),
                ("most that a centroid is off the mean of its rows", off, n_means)):
            put(HERE / "results.csv", case, metric, value, "", "", of)


def main():
    tool, name, path, d, k = sys.argv[1:6]
    iterations = sys.argv[6] if len(sys.argv) > 6 else "20"
    x = np.fromfile(path, np.float32).reshape(-1, int(d))
    n, d, k = len(x), int(d), int(k)
    with tempfile.TemporaryDirectory() as room:
        made = subprocess.run([tool, path, str(d), str(k), iterations, f"{room}/seen"],
                              check=True, capture_output=True)
        step = np.dtype([("centroids", np.float32, (k, d)), ("labels", np.uint32, n)])
        steps = np.memmap(f"{room}/seen", step, "r")
        iterations = len(steps)  # fewer when no row moves any more
        found = check(x, k, ((np.array(s["centroids"]), np.array(s["labels"])) for s in steps),
                      np.array(made.stdout.split(), np.int64))
    report(f"kmeans-{n}x{d}-k{k}{name and ' of ' + name}, {iterations} iterations",
           iterations * n, d, iterations * k, found)
    if found["float64"] or found["last"] or found["means"] > MEANS:
        sys.exit(1)


if __name__ == "__main__":
    main()
