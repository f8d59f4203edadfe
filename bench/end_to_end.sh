#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line on all of ShareGPT, profile none, beside the same steps in Python, in turns, five
# times each (CLIO_BENCH_ROUNDS). Medians of the seconds and the most memory of all go to
# bench/results.csv.
# Usage: bench/end_to_end.sh [PYTHON]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" numpy scipy sklearn sentence_transformers umap
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
rounds=${CLIO_BENCH_ROUNDS:-5}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
: >"$room/ours" && : >"$room/theirs"
for ((i = 1; i <= rounds; i++)); do
    rm -rf "$room/run"
    /usr/bin/time -f '%e %M' -o "$room/time" build/release/clio run "$data/data/sharegpt.json" \
        --account-from id-prefix --profile none --out "$room/run" --quiet
    awk '{ printf "%s %.0f\n", $1, $2 / 1024 }' "$room/time" | tail -n 1 |
        tee -a "$room/ours" | sed "s/^/clio, run $i (s, MiB): /"
    k=$(sqlite3 "$room/run/vault.db" 'SELECT count(*) FROM base_cluster')
    "$python" bench/peer_line.py "$data/data/sharegpt.json" \
        "$data/models/all-minilm-l6-v2" "$k" 2>/dev/null |
        tee -a "$room/theirs" | sed "s/^/python, run $i (s, MiB, texts): /"
done
ours=$(cut -d' ' -f1 "$room/ours" | median)
theirs=$(cut -d' ' -f1 "$room/theirs" | median)
memory=$(cut -d' ' -f2 "$room/ours" | sort -n | tail -n 1)
their_memory=$(cut -d' ' -f2 "$room/theirs" | sort -n | tail -n 1)
peer='scikit-learn + sentence-transformers + umap-learn'
python3 bench/record.py sharegpt-17671-none "$peer" "$ours" "$theirs" s
python3 bench/record.py sharegpt-17671-none-memory "$peer" "$memory" "$their_memory" MiB
