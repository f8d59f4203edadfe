#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An atlas of thousands of clusters: publishing it out of a vault (seconds on the clock, by all
# cores), reading it as a tree, a server over it up to its first answer (processor seconds); medians
# of five (CLIO_BENCH_ROUNDS), beside the goal of a second. The vault is of 40,000 conversations
# recombined from ShareGPT's (tools/make-million) that are asked for as many clusters with floors of
# 1, by vectors of words (bench/words_embedder.c): minutes, and 1.3 GiB for Ward's rule over 25,000
# means. Rows are called by the clusters that come out, 6,236 of 10,000.
# Usage: bench/atlas.sh [CLUSTERS [CONVERSATIONS]]     (10000 40000)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
clusters=${1:-10000} conversations=${2:-40000}
clio=${CLIO:-build/release/clio} words=${CLIO_WORDS:-build/release/bench/clio_words}
file=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}/data/sharegpt.json
rounds=${CLIO_BENCH_ROUNDS:-5}
room=$(mktemp -d)
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$room"' EXIT
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
spent() { tail -n 1 "$room/time" | awk '{ printf "%.2f\n", $1 + $2 }'; } # one number or two
settings=(--profile none --clusters "$clusters" --min-conversations 1 --min-accounts 1 --quiet)
tools/make-million "$file" "$conversations" >"$room/all.jsonl"
"$words" run "$room/all.jsonl" --out "$room/run" "${settings[@]}" 2>/dev/null
shown=$(sqlite3 "$room/run/atlas.db" 'SELECT count(*) FROM cluster WHERE level = 0')
echo "$shown base clusters, $(stat -c %s "$room/run/atlas.db") bytes"

publish() {
    rm "$room/run/atlas.db" # what is there is not made again
    /usr/bin/time -f %e -o "$room/time" "$words" publish "$room/run" "${settings[@]}" \
        2>/dev/null
    spent | tee -a "$room/publish"
}

read_tree() {
    /usr/bin/time -f '%U %S' -o "$room/time" "$clio" tree "$room/run/atlas.db" >"$room/tree"
    spent | tee -a "$room/tree-read"
}

# A server's own seconds up to where it has answered, by /proc: it does not end by itself.
serve() {
    : >"$room/url"
    CLIO_EMBEDDER=$room/none "$clio" serve "$room/run/atlas.db" --port 0 >"$room/url" 2>/dev/null &
    server=$!
    for _ in $(seq 600); do [ -s "$room/url" ] && break; sleep 0.05; done
    curl -s -o /dev/null "$(cat "$room/url")explore.json"
    awk -v tick="$(getconf CLK_TCK)" '{ printf "%.2f\n", ($14 + $15) / tick }' \
        "/proc/$server/stat" | tee -a "$room/serve"
    kill "$server" && wait "$server" 2>/dev/null || true
    server=''
}

for ((i = 0; i < rounds; i++)); do
    publish
    read_tree
    serve
done
for name in publish tree-read serve; do
    [ "$name" = publish ] && unit=s || unit='cpu s'
    python3 bench/record.py "atlas-$shown-$name" "the goal set" "$(median <"$room/$name")" 1 \
        "$unit"
done
