#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How well clusters stay who they are when a run grows (docs/append.md), profile none: 4 % and 20 %
# of new conversations appended, the share of clusters that keep id, title, parent and place; the
# same with --recluster warm, ids with titles or places alone; and a tenth with nine appends of a
# tenth beside one run of all: NMI and ARI of the base clusters, with and without --recluster at the
# end, and two runs of all with two seeds: what appending is measured against. Rows go to
# tests/quality/results.csv. Fails when a figure of ours is below its floor.
# Usage: tests/quality/append.sh world|sharegpt [N]
. "$(dirname "$0")/../lib.sh"
corpus=$1 n=${2:-}
need CLIO EMBEDDER
need_tool sqlite3 python3
case=append-$corpus
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
    *) fail "the corpus is world or sharegpt" ;;
esac

total=$(wc -l <"$TMP/all.jsonl")
row() { printf '%s,%s,%s\n' "$1" "$2" "$3" >>"$TMP/rows"; } # METRIC VALUE N
run_to() { "$CLIO" run "$TMP/$1.jsonl" --out "$TMP/$1" "${flags[@]}"; }
flags=("$@")
kept() { # BEFORE AFTER CONDITION: share of the clusters of BEFORE that AFTER has
    sqlite3 "$TMP/$1/atlas.db" "ATTACH '$TMP/$2/atlas.db' AS b;
        SELECT printf('%.4f', 1.0 * sum(n.id IS NOT NULL) / count(*)) FROM main.cluster o
        LEFT JOIN b.cluster n ON n.id = o.id AND n.level = o.level AND $3"
}
place='n.x = o.x AND n.y = o.y'
whole="n.title = o.title AND n.parent_id IS o.parent_id AND $place"

for percent in 4 20; do
    base=$((total * 100 / (100 + percent)))
    head -n "$base" "$TMP/all.jsonl" >"$TMP/base.jsonl"
    tail -n "+$((base + 1))" "$TMP/all.jsonl" >"$TMP/more.jsonl"
    rm -rf "$TMP/base" "$TMP/grown" "$TMP/anew"
    run_to base
    cp -r "$TMP/base" "$TMP/grown"
    cp -r "$TMP/base" "$TMP/anew"
    clusters=$(sqlite3 "$TMP/base/atlas.db" 'SELECT count(*) FROM cluster')
    "$CLIO" append "$TMP/grown" "$TMP/more.jsonl" --quiet
    "$CLIO" append "$TMP/anew" "$TMP/more.jsonl" --recluster warm --quiet
    row "id title parent and place kept $percent % new" "$(kept base grown "$whole")" "$clusters"
    row "id and title kept $percent % new reclustered" \
        "$(kept base anew 'n.title = o.title')" "$clusters"
    row "id and place kept $percent % new reclustered" "$(kept base anew "$place")" "$clusters"
    sqlite3 "$TMP/grown/atlas.db" 'SELECT kind, count(*) FROM lineage GROUP BY kind'
done

"$CLIO" run "$TMP/all.jsonl" --out "$TMP/whole" "${flags[@]}"
split -n "l/10" -d "$TMP/all.jsonl" "$TMP/part"
cp "$TMP/part00" "$TMP/ten.jsonl"
run_to ten
for i in 1 2 3 4 5 6 7 8 9; do "$CLIO" append "$TMP/ten" "$TMP/part0$i" --quiet; done
agree() { # DIR NAME
    "$CLIO" evaluate stability "$TMP/whole" "$TMP/$1" --json >"$TMP/agree.json"
    cat "$TMP/agree.json"
    python3 - "$TMP/agree.json" "$2" "$total" >>"$TMP/rows" <<'END'
import json
import sys

base = json.load(open(sys.argv[1]))["levels"][0]
for measure in ("nmi", "ari"):
    print(f"{sys.argv[2]} {measure},{base[measure]:.4f},{base['n']}")
END
}
agree ten "ten batches beside one run base"
row "ten batches base clusters" \
    "$(sqlite3 "$TMP/ten/atlas.db" 'SELECT count(*) FROM cluster WHERE level = 0')" "$total"
row "one run base clusters" \
    "$(sqlite3 "$TMP/whole/atlas.db" 'SELECT count(*) FROM cluster WHERE level = 0')" "$total"
row "ten batches share that fits nowhere" "$(sqlite3 "$TMP/ten/vault.db" \
    'SELECT printf("%.4f", 1.0 * sum(cluster_id IS NULL) / count(*)) FROM member')" "$total"
"$CLIO" append "$TMP/ten" --recluster warm --quiet
agree ten "ten batches reclustered warm beside one run base"
"$CLIO" append "$TMP/ten" --recluster anew --quiet
agree ten "ten batches reclustered anew beside one run base"
"$CLIO" run "$TMP/all.jsonl" --out "$TMP/seed" "${flags[@]}" --seed 2
agree seed "one run beside one of another seed base"

out=$SOURCE/tests/quality/results.csv
sed -i "/^$case,/d" "$out"
seed=$(sed -n 's/^one run beside one of another seed base ari,\([0-9.]*\),.*/\1/p' "$TMP/rows")
awk -F, -v OFS=, -v date="$(date -u +%F)" -v name="$case" -v seed="$seed" '
    { low = "" }
    /^id title parent and place kept 4 %/ { low = 0.95 }
    /^id title parent and place kept 20 %/ { low = 0.85 }
    $1 == "ten batches reclustered anew beside one run base ari" { low = seed - 0.1 }
    { print name, $1, $2, low, "", $3, date }
    low != "" && $2 + 0 < low + 0 { print "below its floor: " $0 >"/dev/stderr"; failed = 1 }
    END { exit failed }' "$TMP/rows" >>"$out" || failed=1
cat "$TMP/rows"
[ -z "${failed:-}" ] || fail "a figure is below its floor"
