#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server: pages and their .json twins, this host only, reading only, nothing from outside.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl python3 jq
python3 "$SOURCE/tests/corpus.py" 600 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
"$CLIO" serve "$TMP/run" --port 0 >"$TMP/url" 2>"$TMP/log" &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
for _ in $(seq 50); do [ -s "$TMP/url" ] && break; sleep 0.1; done
url=$(cat "$TMP/url")
get() { curl -s -o "$TMP/body" -D "$TMP/headers" -w '%{http_code}' "$@"; }
expect_status() {
    local want=$1 got
    shift
    got=$(get "$@")
    [ "$got" = "$want" ] || fail "status $got, wanted $want, of $*"
}
for page in "" explore facets languages time compare about tree map; do
    expect_status 200 "${url}$page"
    expect_text "$TMP/body" '<script src="/explorer.js"'
    expect_no_text "$TMP/headers" "unsafe-inline"
    expect_text "$TMP/headers" "default-src 'none'"
done
if grep -oE '(src|href|url)\s*[=(]\s*["'"'"']?(https?:)?//' "$TMP/body"; then
    fail "the page names another host"
fi
expect_status 200 "${url}tree.json"
n=$(jq '[.clusters | .. | objects | select(has("children"))] | length' "$TMP/body")
m=$(sqlite3 "$TMP/run/atlas.db" 'SELECT count(*) FROM cluster')
[ "$n" = "$m" ] || fail "tree.json has $n clusters, the atlas $m"
expect_status 200 "${url}map.json"
jq -e '.clusters | length > 0 and all(.x >= 0 and .x <= 1 and .y >= 0 and .y <= 1)' "$TMP/body" \
    >/dev/null
expect_status 200 "${url}atlas.json"
tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' "$TMP/headers")
expect_status 304 -H "If-None-Match: $tag" "${url}atlas.json"
expect_status 200 -H 'Accept-Encoding: gzip' "${url}explorer.js"
expect_text "$TMP/headers" "Content-Encoding: gzip"
[ "$(wc -c <"$TMP/body")" -lt 200000 ] || fail "the script is not packed"
for twin in overview explore facets languages time compare about clusters; do
    expect_status 200 "${url}$twin.json"
    jq -e . "$TMP/body" >/dev/null || fail "$twin.json is no JSON"
done
expect_status 200 "${url}explore.json"
[ "$(jq '.clusters.id | length' "$TMP/body")" = "$m" ] || fail "explore.json lacks clusters"
expect_status 200 "${url}cluster/1.json"
jq -e '.id == 1 and (.phrases | length > 0)' "$TMP/body" >/dev/null || fail "no details"
# one that is not there and one that may not be shown are told in the same words
expect_status 404 "${url}cluster/99999.json"
expect_text "$TMP/body" "too few people to show"
expect_status 404 "${url}cluster/1x.json"
expect_status 403 -H 'Origin: http://evil.example' "${url}explore.json"
expect_status 403 -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: cors' "${url}explore.json"
expect_status 200 -H 'Sec-Fetch-Site: cross-site' -H 'Sec-Fetch-Mode: navigate' "${url}explore"
expect_status 200 -H "Origin: ${url%/}" "${url}explore.json"
expect_status 200 "${url}metrics"
expect_text "$TMP/body" 'clio_http_answers_total{status="4xx"}'
expect_status 200 "${url}readyz"
expect_status 404 "${url}vault.db"
expect_status 404 "${url}../../etc/passwd" --path-as-is
expect_status 405 -X POST -d x=1 "${url}tree.json"
expect_status 403 -H 'Host: evil.example' "${url}tree.json"
expect_status 200 -H 'Host: localhost:1' "${url}healthz"
# only this machine: nothing listens on other addresses
port=${url##*:}; port=${port%/}
if command -v ss >/dev/null; then
    ss -ltnH "sport = :$port" | awk '{ print $4 }' | grep -v '^127\.0\.0\.1:' &&
        fail "listens beyond 127.0.0.1"
fi
# a replaced atlas is shown without a restart
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --min-conversations 40 --quiet
expect_status 200 "${url}tree.json"
[ "$(jq -r .run.min_conversations "$TMP/body")" = 40 ] || fail "the new atlas is not shown"
expect_exit 69 "$CLIO" serve "$TMP/run" --port "$port"
kill -INT $server
status=0
wait $server || status=$?
[ $status = 0 ] || [ $status = 130 ] || fail "the server ended with $status"
