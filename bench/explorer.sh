#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The explorer over a made-up atlas of 10,000 base clusters, 4 levels, 12 facets and 52 weeks, in
# headless Chromium without a GPU, beside the goals that were set for it. Rows go to
# bench/results.csv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
room=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$room"' EXIT
python3 tests/browser/make_atlas.py src/store/atlas.sql "$room/atlas.db" 10000
# no embedder: with one, a core reads the 10,000 groups for the search in the first minute
CLIO_EMBEDDER=$room/none build/release/clio serve "$room/atlas.db" --port 0 \
    >"$room/url" 2>/dev/null &
server=$!
for _ in $(seq 300); do [ -s "$room/url" ] && break; sleep 0.1; done
node tests/browser/figures.mjs "$(cat "$room/url")" | tee "$room/figures"
index=$(curl -s -o /dev/null -w '%{size_download}' -H 'Accept-Encoding: gzip' \
    "$(cat "$room/url")explore.json" | awk '{ printf "%.0f", $1 / 1000 }')
page=$(awk '$1 == "page-weight" { print $2 }' "$room/figures")
echo "first-view-weight $((page + index)) kB" | tee -a "$room/figures"

cpu=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1 | tr ',' ' ')
out=bench/results.csv
[ -s $out ] || echo 'case,peer,ours,theirs,ratio,unit,cpu,date' >$out
sed -i '/^explorer-10000-/d' $out
add() { # name goal higher-is-better
    local value unit
    value=$(awk -v n="$1" '$1 == n { print $2 }' "$room/figures")
    unit=$(awk -v n="$1" '$1 == n { print $3 }' "$room/figures")
    awk -v n="$1" -v v="$value" -v g="$2" -v up="$3" -v u="$unit" -v cpu="$cpu" \
        -v day="$(date -u +%F)" 'BEGIN {
            printf "explorer-10000-%s,the goal set,%s,%s,%.2f,%s,%s,%s\n", n, v, g,
                up ? v / g : g / v, u, cpu, day }' >>$out
}

# Ours beside a DataMapPlot page of the same points, in one Chromium with WebGL on the CPU.
peers=${PEERS:-build/peers}
if [ -x "$peers/bin/python" ] && "$peers/bin/python" -c 'import datamapplot' 2>/dev/null; then
    mkdir -p "$room/npm"
    (cd "$room/npm" && npm pack --silent deck.gl@9.1.14 apache-arrow@21.1.0 >/dev/null
        for name in deck.gl apache-arrow; do
            mkdir $name && tar xzf $name-*.tgz -C $name --strip-components 1
        done)
    "$peers/bin/python" bench/map_peer.py "$room/atlas.db" "$room/peer.html" >/dev/null
    node bench/map_peer.mjs "$(cat "$room/url")" "$room/peer.html" "$room/npm" | tee "$room/beside"
    beside() { # name higher-is-better
        awk -v n="$1" -v up="$2" -v cpu="$cpu" -v day="$(date -u +%F)" \
            '$2 == n { v[$1] = $3; u = $4 } END {
                o = v["ours"]; t = v["datamapplot"]
                printf "explorer-10000-beside-%s,DataMapPlot 0.7.3,%s,%s,%.2f,%s,%s,%s\n", n, o, t,
                    up ? o / t : t / o, u, cpu, day }' "$room/beside" >>$out
    }
    beside points-stand 0
    beside frames 1
    beside weight 0
else
    echo "explorer: no datamapplot in $peers (make bench-peers); measured without it" >&2
fi
add first-paint 1000 0
add frames-while-panning 30 1
add input-delay-p95 100 0
add first-view-weight 300 0
