#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How processor time and memory of every stage grow with the number of conversations, profile none,
# in at most 4 GiB of address space (ulimit). Conversations are recombined from ShareGPT's
# (tools/make-million). Writes bench/growth.csv: for each size and stage the processor seconds, the
# exponent against the size before (time ~ n^exponent; none below a second) and the peak memory.
# Rows of sizes, stages and vectors that are not run stay as they are. An exponent is written only
# where the row of the size before is of the same day and processor: else it would compare two
# programs.
# Usage: bench/growth.sh [--words] [--until STAGE] [SIZE…]     (10000 100000; a million takes ten
# minutes on a CPU with AMX, an hour without, most of it embedding; --until facet ends before
# it, --until hierarchy behind it). CLIO_PRECISION=int8 halves it where the CPU has VNNI and no AMX.
# --words measures all but embed on any machine in minutes: vectors are sums of words'
# (bench/words_embedder.c), and the rows say so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
clio=${CLIO:-build/release/clio}
file=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}/data/sharegpt.json
all=(ingest bound facet embed cluster threshold describe hierarchy audit map publish)
stages=("${all[@]}") files=() vectors=model
if [ "${1:-}" = --words ]; then
    clio=${CLIO:-build/release/bench/clio_words} vectors=words
    shift
fi
if [ "${1:-}" = --until ]; then
    last=${2:-}
    for ((i = 0; i < ${#stages[@]}; i++)); do
        [ "${stages[i]}" != "$last" ] || break
    done
    [ $i -lt ${#stages[@]} ] || { echo "growth.sh: no stage is called '$last'" >&2 && exit 64; }
    stages=("${stages[@]:0:i+1}")
    shift 2
fi
[ $# -gt 0 ] || set -- 10000 100000
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
out=bench/growth.csv
cpu=$(python3 bench/record.py --cpu)
ulimit -v $((4 * 1024 * 1024))
head='conversations,stage,cpu seconds,exponent,peak MiB,cpu,date,vectors'
[ "${stages[-1]}" != publish ] || files=(vault atlas)
names=" ${stages[*]} ${files[*]:-} "
[ $vectors = model ] || names=${names/ embed / }
for n in "$@"; do
    echo "$head" >"$room/csv"
    [ ! -s $out ] || awk -F, -v n="$n" -v names="$names" -v vectors=$vectors \
        'NR > 1 && ($1 != n || $8 != vectors || !index(names, " " $2 " "))' $out >>"$room/csv"
    before=$(awk -F, -v n="$n" -v vectors=$vectors '
        NR > 1 && $8 == vectors && $1 + 0 < n && $1 + 0 > most { most = $1 + 0 }
        END { print most }' "$room/csv")
    tools/make-million "$file" "$n" >"$room/$n.jsonl"
    for stage in "${stages[@]}"; do
        source=("$room/$n")
        [ $stage != ingest ] || source=("$room/$n.jsonl" --out "$room/$n")
        /usr/bin/time -f '%U %S %M' -o "$room/time" "$clio" $stage "${source[@]}" \
            --profile none --quiet >"$room/said" 2>"$room/log" ||
            { cat "$room/log" >&2 && exit 1; }
        [ "$stage" != embed ] || [ $vectors = model ] || continue
        awk -v n="$n" -v stage="$stage" -v before="$before" \
            -v of="$cpu,$(date -u +%F),$vectors" '
            FILENAME ~ /csv$/ { split($0, f, ",")
                                if (f[1] == before && f[2] == stage && f[6] "," f[7] "," f[8] == of)
                                    was = f[3]
                                next }
            { now = $1 + $2; exponent = ""
              if (before && now >= 1 && was > 0)
                  exponent = sprintf("%.2f", log(now / was) / log(n / before))
              line = sprintf("%d,%s,%.2f,%s,%.0f,%s", n, stage, now, exponent, $3 / 1024, of) }
            END { print line }' "$room/csv" "$room/time" >"$room/line"
        tee -a "$room/csv" <"$room/line"
    done
    for name in ${files[@]+"${files[@]}"}; do
        printf '%s,%s,,,%s,%s,%s,%s\n' "$n" "$name" "$(du -m "$room/$n/$name.db" | cut -f1)" \
            "$cpu" "$(date -u +%F)" $vectors >>"$room/csv"
    done
    awk -F, -v names="${all[*]} vault atlas" 'BEGIN { n = split(names, name, " ")
            for (i = 1; i <= n; i++) place[name[i]] = i }
        { print (NR == 1 ? "-,0,0" : $8 "," $1 "," place[$2]) "," $0 }' "$room/csv" |
        LC_ALL=C sort -t, -k1,1 -k2,2n -k3,3n | cut -d, -f4- >"$room/sorted"
    cp "$room/sorted" $out
    rm -r "${room:?}/$n" "$room/$n.jsonl"
done
