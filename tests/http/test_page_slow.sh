#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Long loads of the explorer show progress (tests/browser/slow.mjs): 15,000 groups, served, over
# connections of 20 to 100 kB a second.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool chromium curl python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
mkdir "$TMP/run"
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/run/atlas.db" \
    15000
"$CLIO" serve "$TMP/run" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url" # 8 s of work, on a busy machine more than half a minute
[ -s "$TMP/url" ] || wait_for "$TMP/url"
[ -s "$TMP/url" ] || fail "the server takes longer than a minute"
url=$(cat "$TMP/url")
# a packed answer tells its length unpacked, so that a share of it can be told
told=$(curl -s -H 'Accept-Encoding: gzip' -D - -o /dev/null "${url}facets.json" |
    sed -n 's/^X-Plain-Length: \([0-9]*\)\r$/\1/p')
[ "$told" = "$(curl -s "${url}facets.json" | wc -c)" ] || fail "told as its length: $told"
node "$SOURCE/tests/browser/slow.mjs" "$url"
