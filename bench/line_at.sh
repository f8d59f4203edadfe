#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line, profile none, on SIZE conversations recombined from ShareGPT's
# (tools/make-million), on all cores, beside the same steps with sentence-transformers, faiss and
# umap-learn, and beside Kura's own line with its model stubbed. One round; writes the ratios of
# wall time to bench/results.csv.
# Usage: bench/line_at.sh [SIZE [python|kura]…]   (100000 python; make bench-peers sets up
# build/peers; Kura asks for a tenth as many clusters as conversations: at 100,000 it takes hours)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
size=${1:-100000}
shift || true
[ $# -gt 0 ] || set -- python
clio=${CLIO:-build/release/clio} python=${PEERS:-build/peers/bin/python}
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
tools/make-million "$data/data/sharegpt.json" "$size" >"$room/all.jsonl"
/usr/bin/time -f '%e %M' -o "$room/time" "$clio" run "$room/all.jsonl" --profile none \
    --out "$room/run" --quiet
read -r ours memory < <(tail -n 1 "$room/time")
memory=$((memory / 1024))
k=$(sqlite3 "$room/run/vault.db" 'SELECT count(*) FROM base_cluster')
echo "clio: $ours s, $memory MiB, k $k"
for peer in "$@"; do
    case $peer in
    python)
        name='sentence-transformers + faiss + umap-learn'
        "$python" bench/peer_line.py "$room/all.jsonl" "$data/models/all-minilm-l6-v2" "$k" \
            2>"$room/log" >"$room/said" || { tail "$room/log" >&2; exit 1; }
        read -r theirs their_memory _ <"$room/said"
        ;;
    kura)
        name='Kura 0.5.4, model stubbed'
        "$python" bench/peer_kura.py "$room/all.jsonl" "$data/models/all-minilm-l6-v2" \
            2>"$room/log" >"$room/said" || { tail "$room/log" >&2; exit 1; }
        read -r theirs _ their_memory <"$room/said"
        ;;
    *) echo "line_at.sh: there is no peer $peer (python, kura)" >&2 && exit 2 ;;
    esac
    python3 bench/record.py "line-$size-none" "$name" "$ours" "$theirs" s
    python3 bench/record.py "line-$size-none-memory" "$name" "$memory" "$their_memory" MiB
done
