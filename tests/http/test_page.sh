#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The page in a real browser: report from disk and server show the same tree; no script error, no
# request to the outside; a hostile title stays text.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium python3 sqlite3

browse() { # URL: the page's markup after its scripts ran in $TMP/dom, the console in $TMP/console
    local profile
    profile=$(mktemp -d "$TMP/profile-XXXX")
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$profile" --enable-logging=stderr --virtual-time-budget=4000 \
        --window-size=1400,1000 --dump-dom "$1" >"$TMP/dom" 2>"$TMP/log"
    grep -F 'CONSOLE' "$TMP/log" >"$TMP/console" || true
    [ ! -s "$TMP/console" ] || { cat "$TMP/console" >&2; fail "the page has errors"; }
}
n_rows() { grep -o 'role="treeitem"' "$TMP/dom" | wc -l; }

python3 "$SOURCE/tests/corpus.py" 600 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
"$CLIO" report "$TMP/run" -o "$TMP/report.html"
browse "file://$TMP/report.html"
from_disk=$(n_rows)
[ "$from_disk" -ge 3 ] || fail "the tree has $from_disk lines"
expect_text "$TMP/dom" "600"
first=$(sqlite3 "$TMP/run/atlas.db" 'SELECT id FROM cluster WHERE level = 0 ORDER BY id LIMIT 1')
browse "file://$TMP/report.html#cluster=$first"
title=$(sqlite3 "$TMP/run/atlas.db" "SELECT title FROM cluster WHERE id = $first")
expect_text "$TMP/dom" "<h3>$title</h3>"

"$CLIO" serve "$TMP/run" --port 0 >"$TMP/url" 2>/dev/null &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
for _ in $(seq 50); do [ -s "$TMP/url" ] && break; sleep 0.1; done
browse "$(cat "$TMP/url")"
[ "$(n_rows)" = "$from_disk" ] || fail "server and report show different trees"

# Titles that try to be markup. An atlas is our own file, but the page trusts no text in it.
cp "$TMP/run/atlas.db" "$TMP/hostile.db"
sqlite3 "$TMP/hostile.db" "UPDATE cluster SET title = '<img src=x onerror=document.title=666>',
    summary = '</script><script>document.title=667</script>' WHERE id % 2 = 1;
    UPDATE cluster SET title = '\"><svg/onload=document.title=668>' WHERE id % 2 = 0"
"$CLIO" report "$TMP/hostile.db" -o "$TMP/hostile.html"
browse "file://$TMP/hostile.html#cluster=$first"
expect_text "$TMP/dom" "<title>Clio</title>"
expect_text "$TMP/dom" "&lt;img src=x onerror"
expect_no_text "$TMP/dom" "<img"
