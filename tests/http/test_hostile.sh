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
# no cell of the CSV begins with what a spreadsheet would run, in whatever disguise
"$CLIO" export "$TMP/atlas.db" --format csv 2>/dev/null | python3 -c '
import csv, re, sys
sys.stdout.reconfigure(errors="replace")
sys.stdin.reconfigure(encoding="utf-8", errors="replace", newline="")
rows = list(csv.DictReader(sys.stdin))
alive = [t for r in rows for t in (r["title"], r["summary"])
         if re.match("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
                     "[=+\\-@|%\uff1d\uff0b\uff0d\uff20]", t)]
assert len(rows) > 900, len(rows)
assert not alive, alive[:3]
assert sum(t.startswith("\x27") for r in rows for t in (r["title"], r["summary"])) > 8' ||
    fail "a cell of the CSV is a formula"
"$CLIO" serve "$TMP/atlas.db" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
node "$SOURCE/tests/browser/hostile.mjs" "$(cat "$TMP/url")" "$TMP/report.html"
