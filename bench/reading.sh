#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reading the ShareGPT file into a vault beside Python's json and orjson with sqlite3 doing the
# same: parse, check, hash, store. In turns, five times (CLIO_BENCH_ROUNDS); processor seconds and
# peak memory, medians to bench/results.csv. orjson only where it is installed.
# Usage: bench/reading.sh [PYTHON]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python"
clio=${CLIO:-build/release/clio}
file=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}/data/sharegpt.json
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
rounds=${CLIO_BENCH_ROUNDS:-5}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
for ((i = 0; i < rounds; i++)); do
    rm -rf "$room/run"
    /usr/bin/time -f '%U %S %M' -o "$room/time" "$clio" ingest "$file" --account-from id-prefix \
        --out "$room/run" --quiet 2>/dev/null
    awk '{ printf "%.2f %.0f\n", $1 + $2, $3 / 1024 }' "$room/time" | tail -n 1 |
        tee -a "$room/ours"
    for kind in json orjson; do
        (need_peers "$python" "$kind" 2>/dev/null) || continue
        rm -f "$room"/their.db*
        "$python" bench/peer_reading.py $kind "$file" "$room/their.db" | tee -a "$room/$kind"
    done
done
column() { awk -v n="$2" '{ print $n }' "$room/$1" | median; }
put() { # CASE PEER OURS THEIRS UNIT
    python3 bench/record.py "$@"
}
for kind in json orjson; do
    [ -s "$room/$kind" ] || continue
    put reading-sharegpt "Python $kind + sqlite3" "$(column ours 1)" "$(column $kind 1)" 'cpu s'
    put reading-sharegpt-memory "Python $kind + sqlite3" "$(column ours 2)" "$(column $kind 2)" MiB
done
