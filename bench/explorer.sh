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
build/release/clio serve "$room/atlas.db" --port 0 >"$room/url" 2>/dev/null &
server=$!
for _ in $(seq 100); do [ -s "$room/url" ] && break; sleep 0.1; done
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
add first-paint 1000 0
add frames-while-panning 30 1
add input-delay-p95 100 0
add first-view-weight 300 0
