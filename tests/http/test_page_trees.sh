#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two trees in the explorer: every address of the server gives either, a report holds both, the page
# switches between them (tests/browser/trees.mjs). PICTURES is a folder for pictures of it.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium curl jq python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
python3 "$SOURCE/tests/corpus.py" 600 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --cluster-facet request,task --quiet
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/one" --profile none --cluster-facet task --quiet
"$CLIO" report "$TMP/run" --compare "$TMP/one" -o "$TMP/report.html"
"$CLIO" report "$TMP/one" -o "$TMP/one.html"
"$CLIO" export "$TMP/run" --of task --format json >"$TMP/task.json"
"$CLIO" serve "$TMP/run" --compare "$TMP/one" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
url=$(cat "$TMP/url")
get() { curl -sf "${url%/}/$1"; }

# every data address gives the tree that is asked for; none, and one that is not there: the first
[ "$(get explore.json | jq -c .trees)" = '["request","task"]' ] || fail "the index names no trees"
for page in explore atlas tree; do
    [ "$(get "$page.json?tree=task" | jq -r .run.clustered_facet)" = task ] || fail "$page: no task"
    [ "$(get "$page.json?tree=mood" | jq -r .run.clustered_facet)" = request ] || fail "$page: mood"
done
ids() { jq -c '[.clusters[].id] | sort' "$1"; }
get 'atlas.json?tree=task' >"$TMP/atlas.json"
[ "$(ids "$TMP/atlas.json")" = "$(ids "$TMP/task.json")" ] || fail "other groups than the export"
id=$(jq '[.clusters[].id] | max' "$TMP/task.json")
get 'clusters.json?tree=task' | jq -c --argjson id "$id" '.[] | select(.id == $id)' >"$TMP/want"
get "cluster/$id.json" | jq -c . >"$TMP/got"
expect_same "$TMP/want" "$TMP/got"
[ -s "$TMP/want" ] || fail "group $id of the second tree is nowhere"
for page in facets time map other; do
    get "$page.json?tree=task" >"$TMP/got"
    get "$page.json" >"$TMP/want"
    if cmp -s "$TMP/got" "$TMP/want" && [ $page != other ]; then fail "$page is the same"; fi
done
if get 'explore.json?tree=../../etc/passwd' | jq -e '.run.clustered_facet != "request"' >/dev/null
then fail "a strange tree"; fi
# the search finds groups of both
hits() { get "search.json?q=recipe" | jq -c '[.hits[][0]]'; }
for _ in $(seq 100); do [ "$(hits)" = '[]' ] || break; sleep 0.2; done
hits | jq -e --argjson least "$(jq '[.clusters[].id] | min' "$TMP/task.json")" \
    'any(. >= $least) and any(. < $least)' >/dev/null || fail "the search finds $(hits)"
node "$SOURCE/tests/browser/trees.mjs" "${url%/}/" "$TMP/report.html" "$TMP/one.html" \
    "$TMP/task.json"
