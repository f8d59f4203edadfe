#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# k-means beside faiss and scikit-learn, UMAP beside umap-learn, on the same made-up vectors, one
# thread each, in turns, three times. CPU seconds, so that a busy machine matters less; medians go
# to bench/results.csv. Usage: bench/vectors.sh [PYTHON]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=${1:-build/peers/bin/python}
if [ ! -x "$python" ]; then
    echo "bench/vectors.sh: $python is not there; bench/peers.txt says how to make it" >&2
    exit 69
fi
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1
n=${CLIO_BENCH_ROWS:-100000} d=384 k=${CLIO_BENCH_CLUSTERS:-1000} n_map=5000
cpu=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1 | tr ',' ' ')
out=bench/results.csv
[ -s $out ] || echo 'case,peer,ours,theirs,ratio,unit,cpu,date' >$out
median() { sort -n | sed -n 2p; }
put() { # case, peer, ours, theirs, unit
    sed -i "/^$1,$2,/d" $out
    local ratio
    ratio=$(awk -v a="$4" -v b="$3" 'BEGIN { printf "%.2f", a / b }')
    echo "$1,$2,$3,$4,$ratio,$5,$cpu,$(date -u +%F)" | tee -a $out
}

"$python" bench/peer_vectors.py make "$room" $n $d $n_map
for i in 1 2 3; do
    build/release/bench/bench_kmeans "$room/x.f32" $n $d $k 20 1 | tee -a "$room/ours"
    for peer in faiss lloyd; do
        "$python" bench/peer_vectors.py $peer "$room" $n $d $k | tee -a "$room/$peer"
    done
done
ours=$(awk '{ print $3 }' "$room/ours" | median)
case="kmeans-${n}x$d-k$k-20-iterations"
put "$case" faiss "$ours" "$(awk '{ print $1 }' "$room/faiss" | median)" 'cpu s'
put "$case" 'scikit-learn Lloyd' "$ours" "$(awk '{ print $1 }' "$room/lloyd" | median)" 'cpu s'
for i in 1 2 3; do
    build/release/bench/bench_umap "$room/map.f32" $n_map $d 1 "$room/map.out" | tee -a "$room/umap"
done
read -r theirs trust_ours trust_theirs < <("$python" bench/peer_vectors.py umap "$room" $n_map $d)
put "umap-${n_map}x$d" umap-learn "$(awk '{ print $3 }' "$room/umap" | median)" "$theirs" 'cpu s'
put "umap-${n_map}x$d-trustworthiness" umap-learn "$trust_ours" "$trust_theirs" share
