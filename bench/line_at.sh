#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line, profile none, on SIZE conversations recombined from ShareGPT's
# (tools/make-million), on all cores, beside the same steps with sentence-transformers, faiss and
# umap-learn, and beside Kura's own line with its model stubbed. One round; writes the ratios of
# wall time to bench/results.csv.
# Usage: bench/line_at.sh [SIZE [python|kura]…]   (100000 python; make bench-peers sets up
# build/peers; Kura asks for a tenth as many clusters as conversations: at 100,000 it takes hours)
# AT_MOST=N: a peer is ended when it has had N times our time; the row then says that it was not
# ready, and its ratio is the least that it can be.
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
limit=0 # seconds, none
[ -z "${AT_MOST:-}" ] || limit=$(awk "BEGIN { print $ours * $AT_MOST }")

# NAME SCRIPT ARGUMENT…: what it says into $room/said, or that it was ended
peer() {
    local status=0
    name=$1
    timeout "$limit" "$python" "bench/$2" "$room/all.jsonl" \
        "$data/models/all-minilm-l6-v2" "${@:3}" 2>"$room/log" >"$room/said" || status=$?
    [ $status = 0 ] && return
    [ $status = 124 ] || { tail "$room/log" >&2; exit 1; }
    echo "$name: not ready after $limit s; the last step that was: $(tail -n 1 "$room/log")" >&2
    name+=', ended before it was ready'
    echo "$limit - -" >"$room/said"
}
for peer in "$@"; do
    case $peer in
    python)
        peer 'sentence-transformers + faiss + umap-learn' peer_line.py "$k"
        read -r theirs their_memory _ <"$room/said"
        ;;
    kura)
        peer 'Kura 0.5.4, model stubbed' peer_kura.py
        read -r theirs _ their_memory < <(tail -n 1 "$room/said")
        ;;
    *) echo "line_at.sh: there is no peer $peer (python, kura)" >&2 && exit 2 ;;
    esac
    python3 bench/record.py "line-$size-none" "$name" "$ours" "$theirs" s
    [ "$their_memory" = - ] ||
        python3 bench/record.py "line-$size-none-memory" "$name" "$memory" "$their_memory" MiB
done
