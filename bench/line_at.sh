#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line, profile none, on SIZE conversations recombined from ShareGPT's
# (tools/make-million), on all cores, beside the same steps with sentence-transformers, faiss and
# umap-learn, and beside Kura's own line with its model stubbed. In turns, five times each
# (CLIO_BENCH_ROUNDS; at 100,000 a round of Python is half an hour without AMX); the ratios of the
# medians of wall time, and of the most memory, go to bench/results.csv.
# Usage: bench/line_at.sh [SIZE [python|kura]…]   (100000 python; Kura asks for a tenth as many
# clusters as conversations: at 100,000 it takes hours)
# AT_MOST=N: a peer is ended when it has had N times our time, and not tried again; the row then
# says that it was not ready, and its ratio is the least that it can be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
size=${1:-100000}
shift || true
[ $# -gt 0 ] || set -- python
clio=${CLIO:-build/release/clio} python=${PEERS:-build/peers/bin/python}
for peer in "$@"; do
    case $peer in
        python) need_peers "$python" numpy scipy sklearn sentence_transformers umap faiss ;;
        kura) need_peers "$python" kura ;;
        *) echo "line_at.sh: there is no peer $peer (python, kura)" >&2 && exit 2 ;;
    esac
done
data=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
rounds=${CLIO_BENCH_ROUNDS:-5}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v n="$1" '{ print $n }' "$room/$2"; } # N FILE
tools/make-million "$data/data/sharegpt.json" "$size" >"$room/all.jsonl"

ours() {
    rm -rf "$room/run"
    /usr/bin/time -f '%e %M' -o "$room/time" "$clio" run "$room/all.jsonl" --profile none \
        --out "$room/run" --quiet
    tail -n 1 "$room/time" | awk '{ printf "%s %d\n", $1, $2 / 1024 }' | tee -a "$room/ours"
    k=$(sqlite3 "$room/run/vault.db" 'SELECT count(*) FROM base_cluster')
}

# PEER: seconds and MiB of a round behind those of the others, or that it was ended.
theirs() {
    local script=peer_line.py status=0 limit=0 # seconds, none
    local arguments=("$k")
    [ "$1" = python ] || script=peer_kura.py arguments=()
    [ ! -e "$room/$1.ended" ] || return 0
    [ -z "${AT_MOST:-}" ] || limit=$(column 1 ours | median | awk "{ print \$1 * $AT_MOST }")
    timeout "$limit" "$python" "bench/$script" "$room/all.jsonl" "$data/models/all-minilm-l6-v2" \
        "${arguments[@]}" 2>"$room/log" >"$room/said" || status=$?
    if [ $status = 124 ]; then
        echo "$1: not ready after $limit s; the last step that was: $(tail -n 1 "$room/log")" >&2
        echo "$limit" >"$room/$1.ended"
        return
    fi
    [ $status = 0 ] || { tail "$room/log" >&2; exit 1; }
    tail -n 1 "$room/said" | # of Kura: seconds, processor seconds, MiB
        awk -v kura="$1" '{ print $1, kura == "kura" ? $3 : $2 }' | tee -a "$room/$1"
}

for ((i = 0; i < rounds; i++)); do
    ours
    for peer in "$@"; do theirs "$peer"; done
done
seconds=$(column 1 ours | median) memory=$(column 2 ours | sort -n | tail -n 1)
for peer in "$@"; do
    name='sentence-transformers + faiss + umap-learn'
    [ "$peer" = python ] || name='Kura 0.5.4, model stubbed'
    if [ -e "$room/$peer.ended" ]; then
        python3 bench/record.py "line-$size-none" "$name, ended before it was ready" "$seconds" \
            "$(cat "$room/$peer.ended")" s
        continue
    fi
    python3 bench/record.py "line-$size-none" "$name" "$seconds" "$(column 1 "$peer" | median)" s
    python3 bench/record.py "line-$size-none-memory" "$name" "$memory" \
        "$(column 2 "$peer" | sort -n | tail -n 1)" MiB
done
