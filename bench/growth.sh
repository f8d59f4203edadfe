#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How processor time and memory of every stage grow with the number of conversations, profile none,
# in at most 4 GiB of address space (ulimit). Conversations are recombined from ShareGPT's
# (tools/make-million). Writes bench/growth.csv: for each size and stage the processor seconds, the
# exponent against the size before (time ~ n^exponent; none below a second) and the peak memory.
# Rows of sizes that are not asked for stay, and a smaller one of them is the size before.
# Usage: bench/growth.sh [SIZE…]     (10000 100000; a million takes an hour, most of it embedding)
# CLIO_PRECISION=int8 halves it where the CPU has VNNI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
clio=${CLIO:-build/release/clio}
file=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}/data/sharegpt.json
[ $# -gt 0 ] || set -- 10000 100000
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
out=bench/growth.csv
cpu=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1 | tr ',' ' ')
ulimit -v $((4 * 1024 * 1024))
head='conversations,stage,cpu seconds,exponent,peak MiB,cpu,date'
for n in "$@"; do
    echo "$head" >"$room/csv"
    [ ! -s $out ] || awk -F, -v n="$n" 'NR > 1 && $1 != n' $out >>"$room/csv"
    before=$(awk -F, -v n="$n" 'NR > 1 && $1 + 0 < n && $1 + 0 > most { most = $1 + 0 }
        END { print most }' "$room/csv")
    tools/make-million "$file" "$n" >"$room/$n.jsonl"
    for stage in ingest bound facet embed cluster threshold describe hierarchy audit map publish; do
        source=("$room/$n")
        [ $stage != ingest ] || source=("$room/$n.jsonl" --out "$room/$n")
        /usr/bin/time -f '%U %S %M' -o "$room/time" "$clio" $stage "${source[@]}" \
            --profile none --quiet >"$room/said" 2>"$room/log" ||
            { cat "$room/log" >&2 && exit 1; }
        awk -v n="$n" -v stage=$stage -v before="$before" -v tail="$cpu,$(date -u +%F)" '
            FILENAME ~ /csv$/ { split($0, f, ","); if (f[1] == before && f[2] == stage) was = f[3]
                                next }
            { now = $1 + $2; exponent = ""
              if (before && now >= 1 && was > 0)
                  exponent = sprintf("%.2f", log(now / was) / log(n / before))
              line = sprintf("%d,%s,%.2f,%s,%.0f,%s", n, stage, now, exponent, $3 / 1024, tail) }
            END { print line }' "$room/csv" "$room/time" >"$room/line"
        tee -a "$room/csv" <"$room/line"
    done
    printf '%s,vault,,,%s,%s,%s\n' "$n" "$(du -m "$room/$n/vault.db" | cut -f1)" "$cpu" \
        "$(date -u +%F)" >>"$room/csv"
    printf '%s,atlas,,,%s,%s,%s\n' "$n" "$(du -m "$room/$n/atlas.db" | cut -f1)" "$cpu" \
        "$(date -u +%F)" >>"$room/csv"
    (head -n 1 "$room/csv" && tail -n +2 "$room/csv" | sort -t, -k1,1n -s) >"$room/sorted"
    cp "$room/sorted" $out
    rm -r "${room:?}/$n" "$room/$n.jsonl"
done
