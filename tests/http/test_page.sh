#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The explorer in a real browser (tests/browser/page.mjs), over a small made-up world with times
# and languages, served and as a one-file report; what was planted in the world is found.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER SHAREGPT
need_tool chromium python3 node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"

# Japanese conversations are long ones so often that no noise on counts of this size hides it.
"$SOURCE/tools/make-world" 5000 1500 | python3 -c '
import json, sys

n = 0
for line in sys.stdin:
    record = json.loads(line)
    messages = record["messages"]
    if record["language"] == "Japanese" and len(messages) == 1:
        n += 1
        if n % 2:
            messages += 3 * [{"role": "assistant", "content": "Here it is."}, messages[0]]
    print(json.dumps(record))' >"$TMP/corpus.jsonl"
clio_run() { "$CLIO" run "$1" --out "$2" --profile none --precision int8 --quiet "${@:3}"; }
clio_run "$TMP/corpus.jsonl" "$TMP/run" --classifier flagged
clio_run "$TMP/corpus.jsonl" "$TMP/other" --limit 2000 --seed 2
"$CLIO" report "$TMP/run" --compare "$TMP/other" -o "$TMP/report.html"
"$CLIO" serve "$TMP/run" --compare "$TMP/other" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/scripts.db" 12 \
    --scripts --grown
"$CLIO" report "$TMP/scripts.db" -o "$TMP/scripts.html"
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/grown.db" 40 \
    --grown
"$CLIO" report "$TMP/grown.db" --compare "$TMP/scripts.db" -o "$TMP/grown.html"
node "$SOURCE/tests/browser/page.mjs" "$(cat "$TMP/url")" "$TMP/report.html" "$TMP/scripts.html" \
    "$TMP/grown.html"
# charts over an atlas that is the same everywhere
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/made.db" 300
"$CLIO" report "$TMP/made.db" -o "$TMP/made.html"
node "$SOURCE/tests/browser/charts.mjs" "$TMP/made.html"
# what holds for every view: over real conversations as `make demo` takes them and over an atlas of
# 10,000 groups, and with EVERY=1 over the world
if [ -n "${EVERY:-}" ]; then
    node "$SOURCE/tests/browser/views.mjs" "$(cat "$TMP/url")" "$TMP/report.html"
fi
clio_run "$SHAREGPT" "$TMP/demo" --account-from id-prefix --sample 500
"$CLIO" report "$TMP/demo" -o "$TMP/demo.html"
"$CLIO" serve "$TMP/demo" --port 0 >"$TMP/demo.url" 2>/dev/null &
demo=$!
at_exit "kill $demo 2>/dev/null; wait $demo 2>/dev/null"
wait_for "$TMP/demo.url"
node "$SOURCE/tests/browser/views.mjs" "$(cat "$TMP/demo.url")" "$TMP/demo.html"
# the pictures of docs/images can be made: the same ones, of the same sizes, none empty
mkdir "$TMP/pictures"
node "$SOURCE/tests/browser/pictures.mjs" "$TMP/demo.html" "$TMP/report.html" "$TMP/grown.html" \
    "$TMP/pictures"
python3 "$SOURCE/tests/browser/pictures.py" "$SOURCE/docs/images" "$TMP/pictures"
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/many.db" 10000
"$CLIO" report "$TMP/many.db" -o "$TMP/many.html"
node "$SOURCE/tests/browser/views.mjs" "file://$TMP/many.html" "$TMP/many.html"
node "$SOURCE/tests/browser/many.mjs" "$TMP/many.html"
