#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kmeans_labels.py on the vectors that bench/vectors.sh times, from the random start that it gives
# bench_kmeans, for as many iterations: made-up ones, and those of ShareGPT where
# CLIO_BENCH_VECTORS is a file of bench/real_vectors.py (100,000 rows of 384). RECORD=1 as there.
# Ten minutes, five gigabytes of memory. Usage: tests/quality/kmeans_labels.sh [PYTHON]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" numpy
cmake --build build/release --target tool_kmeans >/dev/null # today's, not an old one
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
failed=0
check() { # NAME FILE D K…
    local k
    for k in "${@:4}"; do
        "$python" tests/quality/kmeans_labels.py build/release/tests/tool_kmeans \
            "$1" "$2" "$3" "$k" || failed=1
    done
}
[ -z "${CLIO_BENCH_VECTORS:-}" ] || check ShareGPT "$CLIO_BENCH_VECTORS" 384 1000 3000
"$python" bench/peer_vectors.py make "$room" 100000 384 0
check '' "$room/x.f32" 384 1000 3000
"$python" bench/peer_vectors.py make "$room" 200000 768 0
check '' "$room/x.f32" 768 3000
exit $failed
