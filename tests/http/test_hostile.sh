#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 1,000 texts that try to be markup or script, in every place where the explorer shows a text: none
# comes alive in a real browser (tests/browser/hostile.mjs).
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool chromium python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
strings=$(shared corpora/text/blns.json)

python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/atlas.db" \
    --hostile "$strings"
"$CLIO" report "$TMP/atlas.db" -o "$TMP/report.html"
"$CLIO" serve "$TMP/atlas.db" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
node "$SOURCE/tests/browser/hostile.mjs" "$(cat "$TMP/url")" "$TMP/report.html"
