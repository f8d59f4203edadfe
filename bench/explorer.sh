#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The explorer over a made-up atlas of 10,000 base clusters, 4 levels, 12 facets and 52 weeks, in
# headless Chromium without a GPU. Rows go to bench/results.csv, each part its own:
#   bench/explorer.sh own      beside the goals that were set for it (a minute)
#   bench/explorer.sh beside   beside a DataMapPlot page of the same points in the same browser, of
#                              which `make bench-peers` has the version (two minutes, then the page
#                              is kept in build/bench)
#   bench/explorer.sh          both
# Embedding Atlas 0.26.0 cannot stand beside them: without a GPU it says "WebGPU is unavailable" and
# shows no map; with Chromium's WebGPU by the CPU too, as that lacks shader-f16.
# ROUNDS: of which the median is taken (own 5, beside 3). PEERS: the venv with datamapplot.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
part=${1:-all}
case $part in all | own | beside) ;; *)
    echo "explorer: own or beside, not $part" >&2
    exit 64
    ;;
esac
peers=${PEERS:-build/peers}
room=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$room"' EXIT

python3 tests/browser/make_atlas.py src/store/atlas.sql "$room/atlas.db" 10000
# no embedder: with one, a core reads the 10,000 groups for the search in the first minute
CLIO_EMBEDDER=$room/none build/release/clio serve "$room/atlas.db" --port 0 \
    >"$room/url" 2>/dev/null &
server=$!
for _ in $(seq 300); do [ -s "$room/url" ] && break; sleep 0.1; done
url=$(cat "$room/url")

row() { # CASE PEER OURS THEIRS UNIT
    python3 bench/record.py "explorer-10000-$1" "${@:2}"
}

own() {
    node tests/browser/figures.mjs "$url" | tee "$room/figures"
    local index page name goal value unit
    index=$(curl -s -o /dev/null -w '%{size_download}' -H 'Accept-Encoding: gzip' \
        "${url}explore.json" | awk '{ printf "%.0f", $1 / 1000 }')
    page=$(awk '$1 == "page-weight" { print $2 }' "$room/figures")
    echo "first-view-weight $((page + index)) kB" | tee -a "$room/figures"
    while read -r name goal; do
        read -r _ value unit < <(grep "^$name " "$room/figures")
        row "$name" "the goal set" "$value" "$goal" "$unit"
    done <<END
first-paint 1000
frames-while-panning 30
input-delay-p95 100
first-view-weight 300
END
}

beside() {
    need_peers "$peers/bin/python" datamapplot numpy
    local kept=build/bench/map name ours theirs unit version
    version=$(sed -n 's/^datamapplot==//p' bench/peers.txt)
    mkdir -p $kept
    for name in deck.gl@9.1.14 apache-arrow@21.1.0; do # what its page fetches from the net
        [ -d "$kept/${name%@*}" ] && continue
        (cd "$kept" && npm pack --silent "$name" >/dev/null && mkdir "${name%@*}.part" &&
            tar xzf "${name%@*}"-*.tgz -C "${name%@*}.part" --strip-components 1 &&
            mv "${name%@*}.part" "${name%@*}")
    done
    if [ ! -s "$kept/$version.html" ]; then
        "$peers/bin/python" bench/map_peer.py "$room/atlas.db" "$room/peer.html" >/dev/null
        mv "$room/peer.html" "$kept/$version.html"
    fi
    node bench/map_peer.mjs "$url" "$PWD/$kept/$version.html" "$PWD/$kept" | tee "$room/beside"
    while read -r name; do
        read -r _ _ ours unit < <(grep "^ours $name " "$room/beside")
        read -r _ _ theirs _ < <(grep "^datamapplot $name " "$room/beside")
        row "beside-$name" "DataMapPlot $version" "$ours" "$theirs" "$unit"
    done <<END
points-stand
frames
weight
END
}

[ "$part" = beside ] || own
[ "$part" = own ] || beside
