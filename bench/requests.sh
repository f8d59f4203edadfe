#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Requests a second to an instant server on loopback, one core for the client and another for the
# server: the facet stage of N conversations, 512 in flight, beside asyncio with httpx and the same
# prompts but for the list of facets in them (fewer bytes for it to send), with 512 in flight and
# with 32, which is faster for it and what counts. Three times in turns; medians go to
# bench/results.csv, and the peak memory of ours.
# Usage: bench/requests.sh [PYTHON] [N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" httpx
n=${2:-100000}
n_peer=$((n < 5000 ? n : 5000))
clio=$PWD/build/release/clio
room=$(mktemp -d)
build/release/tests/tool_provider 0 >"$room/port" &
server=$!
trap 'kill $server; rm -rf "$room"' EXIT
taskset -cp 1 $server >/dev/null
sleep 0.3
port=$(cat "$room/port")

# Conversations of which no two are near copies: words drawn from a list of 2,000.
python3 - "$n" >"$room/corpus.jsonl" <<'PY'
import json
import random
import sys

random.seed(7)
parts = [a + b for a in "ba de fi go lu ma ne pi ro su ta vi zo ka le".split()
         for b in "ran den lit mos rup tel vas nik gor fel dim bas tor lun ped hal".split()]
for i in range(int(sys.argv[1])):
    words = " ".join(random.choices(parts, k=40))
    print(json.dumps({"id": str(i), "user": str(i // 3), "text": f"Write a text about {words}"}))
PY
head -n "$n_peer" "$room/corpus.jsonl" >"$room/peer.jsonl"
"$clio" ingest "$room/corpus.jsonl" --out "$room/start" --profile remote --model oracle --quiet
"$clio" bound "$room/start" --quiet
: >"$room/ours" && : >"$room/theirs"
for i in 1 2 3; do
    rm -rf "$room/run"
    cp -r "$room/start" "$room/run"
    curl -sf "http://127.0.0.1:$port/set?fault=" >/dev/null
    /usr/bin/time -f '%e %M' -o "$room/time" taskset -c 0 "$clio" facet "$room/run" \
        --base-url "http://127.0.0.1:$port" --in-flight 512 --threads 1 --quiet
    asked=$(curl -sf "http://127.0.0.1:$port/count" | jq .requests)
    awk -v n="$asked" '{ printf "%.0f %.0f\n", n / $1, $2 / 1024 }' "$room/time" |
        tee -a "$room/ours" | sed "s/^/clio, run $i, $asked requests (a second, MiB): /"
    for flight in 512 32; do
        taskset -c 0 "$python" bench/requests_peer.py "$port" "$room/peer.jsonl" \
            prompts/facets.txt $flight | awk '{ printf "%.0f %.0f\n", $2 / $1, $3 }' |
            tee "$room/last" | sed "s/^/httpx, run $i, $flight in flight (a second, MiB): /"
    done
    cat "$room/last" >>"$room/theirs"
done
median() { cut -d' ' -f1 "$1" | sort -n | sed -n 2p; }
ours=$(median "$room/ours")
theirs=$(median "$room/theirs")
memory=$(cut -d' ' -f2 "$room/ours" | sort -n | tail -n 1)
python3 bench/record.py --clear "$n requests, 512 in flight"
python3 bench/record.py "$n requests, 512 in flight, one core, $memory MiB" \
    'asyncio + httpx at its best' "$ours" "$theirs" requests/s
