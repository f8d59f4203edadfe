#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What tools/make-world plants is found in the views (tests/browser/planted.mjs): trends, a launch,
# peaks, over-representations, two models. A smaller world than demo-world's, in which
# floors and the noise on counts hide more; WORLD=demo-world/report.html LEAST=13 takes that.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"

"$SOURCE/tools/make-world" --truth >"$TMP/truth.tsv"
cells=''
report=${WORLD:-$TMP/report.html}
if [ -z "${WORLD:-}" ]; then
    "$SOURCE/tools/make-world" 14000 4000 >"$TMP/corpus.jsonl"
    "$SOURCE/tools/make-world" --facets >"$TMP/facets.yaml"
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --precision int8 \
        --classifier flagged --facets "$TMP/facets.yaml" --quiet
    "$CLIO" report "$TMP/run" -o "$report"
    cells=$TMP/cells.tsv
    sqlite3 -separator "$(printf '\t')" "$TMP/run/atlas.db" "
        SELECT c.title, f.value, f.n_conversations, k.n_conversations
        FROM cluster_facet f JOIN cluster c ON c.id = f.cluster_id
        JOIN corpus_facet k ON k.facet = f.facet AND k.value = f.value
        WHERE f.facet = 'model' AND c.title IN
            (SELECT title FROM cluster GROUP BY title HAVING count(*) = 1)" >"$cells"
fi
node "$SOURCE/tests/browser/planted.mjs" "$report" "$TMP/truth.tsv" "${LEAST:-9}" \
    ${cells:+"$cells"}
