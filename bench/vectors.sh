#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# k-means beside faiss and scikit-learn, UMAP beside umap-learn, on the same made-up vectors, one
# thread each, in turns, three times. CPU seconds, so that a busy machine matters less; medians go
# to bench/results.csv. Usage: bench/vectors.sh [PYTHON [CASE…]], cases: kmeans, kmeans-elkan,
# kmeans-plusplus, kmeans-3000, kmeans-768, umap, umap-50000; all without. CLIO_BENCH_ROUNDS says
# how often (3).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${1:-build/peers/bin/python}
if [ ! -x "$python" ]; then
    echo "bench/vectors.sh: $python is not there; bench/peers.txt says how to make it" >&2
    exit 69
fi
shift $(($# > 0))
[ $# -gt 0 ] || set -- kmeans kmeans-elkan kmeans-plusplus kmeans-3000 kmeans-768 umap umap-50000
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1
rounds=${CLIO_BENCH_ROUNDS:-3}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
put() { # CASE PEER OURS THEIRS UNIT
    python3 bench/record.py "$@"
}

# kmeans N D K PEER…: 20 iterations from the same kind of start; the mean similarity to the
# centroids, which all of them make larger, is printed beside the seconds.
kmeans() {
    local n=$1 d=$2 k=$3 peer i start=random
    local -A names=([faiss]=faiss [lloyd]='scikit-learn Lloyd' [elkan]='scikit-learn Elkan'
        [default]='scikit-learn k-means++')
    shift 3
    [ "$1" != default ] || start= # k-means++ is ours without a word, too
    "$python" bench/peer_vectors.py make "$room" "$n" "$d" 0
    for ((i = 0; i < rounds; i++)); do
        build/release/bench/bench_kmeans "$room/x.f32" "$n" "$d" "$k" 20 1 ${start:+"$start"} |
            tee -a "$room/ours"
        for peer in "$@"; do
            "$python" bench/peer_vectors.py "$peer" "$room" "$n" "$d" "$k" | tee -a "$room/$peer"
        done
    done
    for peer in "$@"; do
        put "kmeans-${n}x$d-k$k-20-iterations" "${names[$peer]}" \
            "$(awk '{ print $3 }' "$room/ours" | median)" \
            "$(awk '{ print $1 }' "$room/$peer" | median)" 'cpu s'
    done
    rm -f "$room"/*
}

umap() { # N
    local n=$1 i theirs trust_ours trust_theirs
    "$python" bench/peer_vectors.py make "$room" "$n" 384 "$n"
    for ((i = 0; i < rounds; i++)); do
        build/release/bench/bench_umap "$room/map.f32" "$n" 384 1 "$room/map.out" |
            tee -a "$room/umap"
    done
    read -r theirs trust_ours trust_theirs \
        < <("$python" bench/peer_vectors.py umap "$room" "$n" 384)
    put "umap-${n}x384" umap-learn "$(awk '{ print $3 }' "$room/umap" | median)" "$theirs" 'cpu s'
    put "umap-${n}x384-trustworthiness" umap-learn "$trust_ours" "$trust_theirs" share
    rm -f "$room"/*
}

for case in "$@"; do
    case $case in
        kmeans) kmeans 100000 384 1000 faiss lloyd ;;
        kmeans-elkan) kmeans 100000 384 1000 elkan ;;
        kmeans-plusplus) kmeans 100000 384 1000 default ;;
        kmeans-3000) kmeans 100000 384 3000 faiss ;;
        kmeans-768) kmeans 200000 768 3000 faiss ;;
        umap) umap 5000 ;;
        umap-50000) umap 50000 ;;
        *) echo "bench/vectors.sh: no case $case" >&2 && exit 64 ;;
    esac
done
