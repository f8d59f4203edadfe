#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How well clusters stay who they are when a run grows (docs/append.md), profile none: 4 % and 20 %
# of new conversations appended, the share of clusters that keep id, title, parent and place; the
# same with --recluster warm, ids with titles or places alone; and a tenth with nine appends of a
# tenth beside one run of all: NMI and ARI of the base clusters, by --recluster auto and no, then
# with warm and anew at the end; one run of as many clusters as the ten have; and two runs of all
# with two seeds: what appending is measured against. Rows go to tests/quality/results.csv. Fails
# when a figure of ours is below its floor.
# PARTS: "kept ten" are both; rows of the other stay as they are. KEEP: a folder for the runs that
# no append changes, so that they are made once.
# Usage: tests/quality/append.sh world|sharegpt|clinc [N]
. "$(dirname "$0")/../lib.sh"
corpus=$1 n=${2:-}
need CLIO EMBEDDER
need_tool sqlite3 python3
case=append-$corpus parts=${PARTS:-kept ten} keep=${KEEP:-$TMP}
mkdir -p "$keep"
set -- --profile none --quiet
case $corpus in
    world)
        python3 "$SOURCE/tools/make-world" "${n:-20000}" 6000 >"$TMP/all.jsonl"
        ;;
    sharegpt)
        need SHAREGPT
        python3 - "$SOURCE/tools" "$SHAREGPT" "${n:-0}" >"$TMP/all.jsonl" <<'END'
import json
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from sharegpt import records

most = int(sys.argv[3])
for i, record in enumerate(records(sys.argv[2])):
    if most and i == most:
        break
    print(json.dumps(record))
END
        set -- "$@" --account-from id-prefix
        ;;
    clinc)
        # A stream: the texts in an order drawn with a seed, one account each.
        python3 "$SOURCE/tests/quality/oracle_curve.py" clinc "$(shared data/clinc150.tsv)" \
            "$TMP/clinc" 1
        python3 - "$TMP/clinc.jsonl" "${n:-0}" >"$TMP/all.jsonl" <<'END'
import random
import sys

lines = open(sys.argv[1], encoding="utf-8").read().splitlines()
random.Random(8).shuffle(lines)
print("\n".join(lines[: int(sys.argv[2]) or None]))
END
        ;;
    *) fail "the corpus is world, sharegpt or clinc" ;;
esac

total=$(wc -l <"$TMP/all.jsonl")
row() { printf '%s,%s,%s\n' "$1" "$2" "$3" >>"$TMP/rows"; } # METRIC VALUE N
run_to() { # NAME CORPUS [FLAG…]
    [ -e "$keep/$1/atlas.db" ] ||
        "$CLIO" run "$TMP/$2.jsonl" --out "$keep/$1" "${flags[@]}" "${@:3}"
}
flags=("$@")
kept() { # BEFORE AFTER CONDITION: share of the clusters of BEFORE that AFTER has
    sqlite3 "$TMP/$1/atlas.db" "ATTACH '$TMP/$2/atlas.db' AS b;
        SELECT printf('%.4f', 1.0 * sum(n.id IS NOT NULL) / count(*)) FROM main.cluster o
        LEFT JOIN b.cluster n ON n.id = o.id AND n.level = o.level AND $3"
}
place='n.x = o.x AND n.y = o.y'
whole="n.title = o.title AND n.parent_id IS o.parent_id AND $place"

kept_part() { # PERCENT
    percent=$1
    base=$((total * 100 / (100 + percent)))
    head -n "$base" "$TMP/all.jsonl" >"$TMP/base.jsonl"
    tail -n "+$((base + 1))" "$TMP/all.jsonl" >"$TMP/more.jsonl"
    rm -rf "$TMP/before" "$TMP/grown" "$TMP/anew"
    run_to "base-$percent" base
    for copy in before grown anew; do cp -r "$keep/base-$percent" "$TMP/$copy"; done
    clusters=$(sqlite3 "$TMP/before/atlas.db" 'SELECT count(*) FROM cluster')
    "$CLIO" append "$TMP/grown" "$TMP/more.jsonl" --quiet
    "$CLIO" append "$TMP/anew" "$TMP/more.jsonl" --recluster warm --quiet
    row "id title parent and place kept $percent % new" "$(kept before grown "$whole")" "$clusters"
    row "id and title kept $percent % new reclustered" \
        "$(kept before anew 'n.title = o.title')" "$clusters"
    row "id and place kept $percent % new reclustered" "$(kept before anew "$place")" "$clusters"
    sqlite3 "$TMP/grown/atlas.db" 'SELECT kind, count(*) FROM lineage GROUP BY kind'
}

agree() { # DIR NAME [BESIDE]
    "$CLIO" evaluate stability "${3:-$keep/whole}" "$1" --json >"$TMP/agree.json"
    cat "$TMP/agree.json"
    python3 - "$TMP/agree.json" "$2" "$total" >>"$TMP/rows" <<'END'
import json
import sys

base = json.load(open(sys.argv[1]))["levels"][0]
for measure in ("nmi", "ari"):
    print(f"{sys.argv[2]} {measure},{base[measure]:.4f},{base['n']}")
END
}

append_nine() {
    found=0 # times that the clusters were found again
    : >"$TMP/kept"
    for i in 1 2 3 4 5 6 7 8 9; do
        cp "$TMP/ten/atlas.db" "$TMP/before.db"
        "$CLIO" append "$TMP/ten" "$TMP/part0$i" --quiet --json >"$TMP/said"
        "$CLIO" append "$TMP/never" "$TMP/part0$i" --recluster no --quiet
        grep -q '"reclustered":true' "$TMP/said" || continue
        found=$((found + 1))
        sqlite3 "$TMP/ten/atlas.db" "ATTACH '$TMP/before.db' AS b;
            SELECT sum(n.id IS NOT NULL), count(*) FROM b.cluster o
            LEFT JOIN main.cluster n ON n.id = o.id AND n.level = 0 WHERE o.level = 0" \
            >>"$TMP/kept"
    done
}

base_of() { sqlite3 "$1/atlas.db" 'SELECT count(*) FROM cluster WHERE level = 0'; }
ten_part() {
    run_to whole all
    split -n "l/10" -d "$TMP/all.jsonl" "$TMP/part"
    cp "$TMP/part00" "$TMP/first.jsonl"
    run_to first first
    for copy in ten never; do cp -r "$keep/first" "$TMP/$copy"; done
    append_nine
    agree "$TMP/ten" "ten batches beside one run base"
    agree "$TMP/never" "ten batches never reclustered beside one run base"
    row "ten batches times reclustered" "$found" 9
    row "ten batches base clusters that keep their id when reclustered" "$(
        awk -F'|' '{ k += $1; n += $2 } END { printf "%.4f", n ? k / n : 1 }' "$TMP/kept")" \
        "$(awk -F'|' '{ n += $2 } END { print n + 0 }' "$TMP/kept")"
    row "ten batches base clusters" "$(base_of "$TMP/ten")" "$total"
    row "one run base clusters" "$(base_of "$keep/whole")" "$total"
    row "ten batches share that fits nowhere" "$(sqlite3 "$TMP/ten/vault.db" \
        'SELECT printf("%.4f", 1.0 * sum(cluster_id IS NULL) / count(*)) FROM member')" "$total"
    as_many=$(base_of "$TMP/ten")
    run_to "whole-$as_many" all --clusters "$as_many"
    agree "$TMP/ten" "ten batches beside one run of as many base" "$keep/whole-$as_many"
    for how in warm anew; do
        "$CLIO" append "$TMP/ten" --recluster $how --quiet
        agree "$TMP/ten" "ten batches reclustered $how beside one run base"
    done
    run_to seed all --seed 2
    agree "$keep/seed" "one run beside one of another seed base"
}

for part in $parts; do
    case $part in
        kept)
            kept_part 4
            kept_part 20
            ;;
        ten) ten_part ;;
        *) fail "PARTS are kept and ten" ;;
    esac
done

out=$SOURCE/tests/quality/results.csv
cut -d, -f1 "$TMP/rows" | while read -r metric; do # in place of what there was
    awk -F, -v name="$case" -v metric="$metric" '!($1 == name && $2 == metric)' "$out" >"$TMP/out"
    cat "$TMP/out" >"$out"
done
seed=$(sed -n 's/^one run beside one of another seed base ari,\([0-9.]*\),.*/\1/p' "$TMP/rows")
awk -F, -v OFS=, -v date="$(date -u +%F)" -v name="$case" -v seed="$seed" '
    { low = "" }
    /^id title parent and place kept 4 %/ { low = 0.95 }
    /^id title parent and place kept 20 %/ { low = 0.85 }
    $1 == "ten batches beside one run base ari" { low = name == "append-clinc" ? 0.9 : seed - 0.1 }
    { print name, $1, $2, low, "", $3, date }
    low != "" && $2 + 0 < low + 0 { print "below its floor: " $0 >"/dev/stderr"; failed = 1 }
    END { exit failed }' "$TMP/rows" >>"$out" || failed=1
cat "$TMP/rows"
[ -z "${failed:-}" ] || fail "a figure is below its floor"
