#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What tools/make-world plants is found in the views (tests/browser/planted.mjs): trends, a launch,
# peaks, over-representations. A smaller world than demo-world's, in which floors and the noise on
# counts hide more; WORLD=demo-world/report.html LEAST=11 takes that.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"

"$SOURCE/tools/make-world" --truth >"$TMP/truth.tsv"
report=${WORLD:-$TMP/report.html}
if [ -z "${WORLD:-}" ]; then
    "$SOURCE/tools/make-world" 14000 4000 >"$TMP/corpus.jsonl"
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --classifier flagged --quiet
    "$CLIO" report "$TMP/run" -o "$report"
fi
node "$SOURCE/tests/browser/planted.mjs" "$report" "$TMP/truth.tsv" "${LEAST:-8}"
