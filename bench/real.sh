#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# bench/vectors.sh over vectors of real texts, which bench/real_vectors.py makes first: 100,000 by
# MiniLM, 200,000 by MPNet in int8. They stay in build/, so that the next call has them. Without AMX
# the former take minutes, the latter more than an hour.
# Usage: bench/real.sh [PYTHON [CASE…]]     (kmeans kmeans-elkan kmeans-plusplus kmeans-3000 umap
# umap-50000 kmeans-768)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" numpy sklearn faiss umap
shift $(($# > 0))
[ $# -gt 0 ] || set -- kmeans kmeans-elkan kmeans-plusplus kmeans-3000 umap umap-50000 kmeans-768
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}

make_vectors() { # FILE N [EMBED_FLAG…]
    [ ! -s "$1" ] || return 0
    python3 bench/real_vectors.py build/release/clio "$data/data/sharegpt.json" "$2" "$1.part" \
        "${@:3}"
    mv "$1.part" "$1"
}

for case in "$@"; do
    if [ "$case" = kmeans-768 ]; then
        file=build/real-768.f32
        make_vectors "$file" 200000 --embedder "$data/models/all-mpnet-base-v2" --precision int8
    else
        file=build/real-384.f32
        make_vectors "$file" 100000
    fi
    CLIO_BENCH_VECTORS=$file taskset -c 1 bash bench/vectors.sh "$python" "$case"
done
