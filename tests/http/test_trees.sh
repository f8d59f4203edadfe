#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two clustered facets of a file through profile remote, asked of the oracle: each tree finds what
# was planted, a facet is asked for once, and answers are paid for once.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
oracle_corpus 600
start_oracle
printf 'facets:\n  - name: task\n    clustered: yes\n' >"$TMP/facets.yaml"
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model oracle --clusters 12 \
        --quiet --base-url "$url" "${@:2}"
}
run "$TMP/two" --facets "$TMP/facets.yaml"
atlas=$TMP/two/atlas.db

# base clusters are of one planted topic each, in both trees
for table in placed tree_2_placed; do
    sqlite3 -separator $'\t' "$TMP/two/vault.db" "SELECT external_id, cluster_id FROM $table
        JOIN conversation USING (seq) WHERE cluster_id NOT NULL" >"$TMP/found"
    python3 - "$TMP/labels.tsv" "$TMP/found" <<'PY' || fail "$table does not find the topics"
import collections, sys
label = dict(line.split("\t")[:2] for line in open(sys.argv[1]))
clusters = collections.defaultdict(collections.Counter)
for line in open(sys.argv[2]):
    name, cluster = line.split()
    clusters[cluster][label[name].strip()] += 1
n = sum(sum(c.values()) for c in clusters.values())
purity = sum(c.most_common(1)[0][1] for c in clusters.values()) / n
print(f"{len(clusters)} clusters of {n}: purity {purity:.3f}")
sys.exit(purity < 0.95 or len(clusters) < 8)
PY
done
[ "$(sqlite3 "$atlas" 'SELECT group_concat(value) FROM (SELECT value FROM run_info
    WHERE key = "clustered_facet" UNION ALL SELECT value FROM tree_info
    WHERE key = "clustered_facet")')" = request,task ] || fail "the trees are other ones"

# every level of each tree is the model's, and the gates hold for both
for tree in 1 2; do
    n=$(sqlite3 "$atlas" "SELECT max(level) FROM cluster WHERE tree_id = $tree AND withheld = 0")
    [ "$n" -ge 1 ] || fail "tree $tree has no titles above the base"
done
"$CLIO" audit "$TMP/two" >"$TMP/out"

# facets are asked for once: a run of one tree has as many of them, and a second tree, added later,
# asks about clusters alone
n=$(wc -l <"$TMP/two/answers.jsonl")
run "$TMP/later"
before=$(wc -l <"$TMP/later/answers.jsonl")
run "$TMP/later" --cluster-facet request,task
after=$(wc -l <"$TMP/later/answers.jsonl")
[ "$after" -gt "$before" ] && [ "$after" -le "$n" ] || fail "$before, then $after of $n answers"
sqlite3 "$TMP/two/atlas.db" 'SELECT * FROM cluster; SELECT * FROM cluster_facet' >"$TMP/want"
sqlite3 "$TMP/later/atlas.db" 'SELECT * FROM cluster; SELECT * FROM cluster_facet' >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"
