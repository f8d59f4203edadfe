#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# k-means beside faiss and scikit-learn, UMAP beside umap-learn, on the same vectors, one thread
# each, in turns, five times. CPU seconds, so that a busy machine matters less; medians go to
# bench/results.csv. Usage: bench/vectors.sh [PYTHON [CASE…]], cases: kmeans, kmeans-elkan,
# kmeans-plusplus, kmeans-3000, kmeans-768, umap, umap-50000; all without. CLIO_BENCH_ROUNDS says
# how often (5). Vectors are made up, unless CLIO_BENCH_VECTORS is a file that
# bench/real_vectors.py wrote (100,000 rows of 384; for kmeans-768 200,000 of 768): then rows are
# called "… of ShareGPT".
# Case kmeans-million has no peer, takes six gigabytes and is not among all: a million made-up
# vectors, k = 10,000, once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" numpy
shift $(($# > 0))
[ $# -gt 0 ] || set -- kmeans kmeans-elkan kmeans-plusplus kmeans-3000 kmeans-768 umap umap-50000
cmake --build build/release --target bench_kmeans bench_umap >/dev/null # today's, not an old one
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1
rounds=${CLIO_BENCH_ROUNDS:-5}
of=''
[ -z "${CLIO_BENCH_VECTORS:-}" ] || of=' of ShareGPT'
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v n="$1" '{ print $n }' "$room/$2" | median; } # its median, N FILE
put() { # CASE PEER OURS THEIRS UNIT
    python3 bench/record.py "$1$of" "${@:2}"
}
vectors() { # N D N_MAP: $room/x.f32 and map.f32
    if [ -z "$of" ]; then
        "$python" bench/peer_vectors.py make "$room" "$1" "$2" "$3"
        return
    fi
    head -c $((4 * $1 * $2)) "$CLIO_BENCH_VECTORS" >"$room/x.f32"
    head -c $((4 * $3 * $2)) "$CLIO_BENCH_VECTORS" >"$room/map.f32"
    [ "$(stat -c %s "$room/x.f32")" = $((4 * $1 * $2)) ] ||
        { echo "bench/vectors.sh: $CLIO_BENCH_VECTORS has fewer rows than $1 x $2" >&2 && exit 65; }
}

# Of unit rows, from their mean similarity to the centroids: the mean squared distance.
inertia() { # COLUMN FILE
    column "$1" "$2" | awk '{ printf "%.5f", 2 - 2 * $1 }'
}

# kmeans N D K PEER…: 20 iterations from the same kind of start; beside k-means++ also from more
# clusters that Ward's rule merges. Rows inertia-kmeans-… say what came of it: seconds are worth
# nothing where theirs is better.
kmeans() {
    local n=$1 d=$2 k=$3 peer i start starts=random row
    local -A names=([faiss]=faiss [lloyd]='scikit-learn Lloyd' [elkan]='scikit-learn Elkan'
        [default]='scikit-learn k-means++')
    shift 3
    [ "$1" != default ] || starts='plusplus merged'
    vectors "$n" "$d" 0
    for ((i = 0; i < rounds; i++)); do
        for start in $starts; do # k-means++ is ours without a word
            build/release/bench/bench_kmeans "$room/x.f32" "$n" "$d" "$k" 20 1 \
                "${start#plusplus}" | tee -a "$room/ours.$start"
        done
        for peer in "$@"; do
            "$python" bench/peer_vectors.py "$peer" "$room" "$n" "$d" "$k" | tee -a "$room/$peer"
        done
    done
    for start in $starts; do
        row=kmeans-${n}x$d-k$k-20-iterations
        [ "$start" != merged ] || row+=-merged-start
        for peer in "$@"; do
            put "$row" "${names[$peer]}" \
                "$(column 3 "ours.$start")" "$(column 1 "$peer")" 'cpu s'
            put "inertia-$row" "${names[$peer]}" \
                "$(inertia 8 "ours.$start")" "$(inertia 2 "$peer")" 'a row'
        done
    done
    rm -f "$room"/*
}

# Ours is the same in every round, and theirs is seeded: what differs is the seconds.
umap() { # N
    local n=$1 i
    vectors "$n" 384 "$n"
    for ((i = 0; i < rounds; i++)); do
        build/release/bench/bench_umap "$room/map.f32" "$n" 384 1 "$room/map.out" |
            tee -a "$room/umap"
        "$python" bench/peer_vectors.py umap "$room" "$n" 384 | tee -a "$room/theirs"
    done
    put "umap-${n}x384" umap-learn "$(column 3 umap)" "$(column 1 theirs)" 'cpu s'
    put "umap-${n}x384-trustworthiness" umap-learn "$(column 2 theirs)" "$(column 3 theirs)" share
    rm -f "$room"/*
}

million() {
    vectors 1000000 384 0
    build/release/bench/bench_kmeans "$room/x.f32" 1000000 384 10000 20 1 random |
        tee "$room/ours"
    put kmeans-1000000x384-k10000-20-iterations '' "$(column 3 ours)" '' 'cpu s'
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
        kmeans-million) million ;;
        *) echo "bench/vectors.sh: no case $case" >&2 && exit 64 ;;
    esac
done
