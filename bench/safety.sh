#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# CPU time and peak memory of `clio safety coordinated` and `classifier` by size, with the growth
# exponent between the last two sizes. Conversations are those of tools/make-rings. For the
# classifier, clusters, grades and flags are dealt out by number in the vault: the audit is timed,
# not the line before it. Rows go to bench/results.csv.
# Usage: bench/safety.sh [ROOM [SIZE…]]     ROOM keeps the corpora; sizes 10000 100000 1000000
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
room=${1:-$(mktemp -d)}
shift || true
[ $# -gt 0 ] || set -- 10000 100000 1000000
clio=$PWD/build/release/clio
prepare() { # N
    [ ! -e "$room/$1/ready" ] || return 0
    mkdir -p "$room"
    tools/make-rings "$1" $(($1 / 5)) 1 --rings $(($1 < 100000 ? 10 : 40)) |
        "$clio" ingest - --out "$room/$1" --quiet
    sqlite3 "$room/$1/vault.db" "
        WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 1000)
        INSERT INTO base_cluster SELECT i, 0, x'0000803f' FROM k;
        INSERT INTO member SELECT seq, 1 + seq % 1000, 1 FROM conversation
            WHERE seq NOT IN (SELECT seq FROM copy);
        INSERT INTO facet_value SELECT seq, 'concern', 1 + seq % 1000 % 5 FROM conversation
            WHERE seq NOT IN (SELECT seq FROM copy);
        INSERT INTO facet_value SELECT seq, 'language', 'L' || (seq % 15) FROM conversation
            WHERE seq NOT IN (SELECT seq FROM copy);
        UPDATE conversation SET columns =
            json_set(columns, '\$.flagged', (seq % 1000 % 5 > 2) + (seq % 17 = 0));"
    touch "$room/$1/ready"
}
for verb in coordinated classifier; do
    python3 bench/record.py --clear "safety-$verb-"
    before=''
    for n in "$@"; do
        prepare "$n"
        /usr/bin/time -f '%U %S %M' -o "$room/time" "$clio" safety $verb "$room/$n" --quiet \
            >/dev/null
        seconds=$(awk '{ print $1 + $2 }' "$room/time")
        kib=$(awk '{ print $3 }' "$room/time")
        echo "$verb $n: $seconds cpu s, $((kib / 1024)) MiB"
        python3 bench/record.py "safety-$verb-$n" '' "$seconds" '' 'cpu s'
        python3 bench/record.py "safety-$verb-$n-memory" '' $((kib / 1024)) '' MiB
        exponent=$(awk -v a="${before:-$n $seconds}" -v n="$n" -v s="$seconds" 'BEGIN {
            split(a, b, " ")
            if (n > b[1]) printf "%.2f", log(s / b[2]) / log(n / b[1])
        }')
        before="$n $seconds"
    done
    [ -z "$exponent" ] ||
        python3 bench/record.py "safety-$verb-growth-exponent" '' "$exponent" '' ''
done
