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
wait_for "$TMP/url"
url=$(cat "$TMP/url")
get() { : >"$TMP/body"; curl -s -o "$TMP/body" -D "$TMP/headers" -w '%{http_code}' "$@"; }
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
for twin in overview explore facets languages time compare lineage about clusters; do
    expect_status 200 "${url}$twin.json"
    jq -e . "$TMP/body" >/dev/null || fail "$twin.json is no JSON"
done
expect_status 200 "${url}explore.json"
[ "$(jq '.clusters.title | length' "$TMP/body")" = "$m" ] || fail "explore.json lacks clusters"
expect_status 200 "${url}cluster/1.json"
jq -e '.id == 1 and (.phrases | length > 0)' "$TMP/body" >/dev/null || fail "no details"
jq -e '(.support | length) == (.phrases | length) and all(.support[];
    . as $band | [0, 5, 10, 20, 50, 100, 200, 500, 1000] | index($band))' "$TMP/body" >/dev/null ||
    fail "how many share a phrase is not told as a band: $(jq -c .support "$TMP/body")"
# so many connections that stay open and ask at the same moment: each has its answer each time
python3 - "$url" <<'END' || fail "connections that ask together wait for their answers"
import socket, sys
host, port = sys.argv[1].split("/")[2].split(":")
for n in (127, 128, 129, 256):
    crowd = [socket.create_connection((host, int(port)), 5) for _ in range(n)]
    for _ in range(8):
        for s in crowd:
            s.sendall(b"HEAD /cluster/1.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for s in crowd:
            assert s.recv(4096).startswith(b"HTTP/1.1 200"), "no answer"
    for s in crowd:
        s.close()
END
expect_status 200 "${url}cluster/1.json"
tag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' "$TMP/headers")
expect_status 304 -H "If-None-Match: W/\"x\", $tag" "${url}cluster/1.json"
[ ! -s "$TMP/body" ] || fail "an answer that is known has a body"
expect_status 200 -H "If-None-Match: $tag" "${url}cluster/2.json"
expect_status 200 "${url}other.json"
[ "$(cat "$TMP/body")" = null ] || fail "there is another atlas"
# search by meaning: no word of the question stands in a title
for _ in $(seq 50); do
    expect_status 200 "${url}search.json?q=cuisine"
    [ "$(jq .ready "$TMP/body")" = false ] || break
    sleep 0.2
done
jq -e '.ready and .able and (.hits | length > 0 and length <= 20 and all(.[1] >= 0.3))' \
    "$TMP/body" >/dev/null || fail "nothing is alike in meaning"
expect_status 200 "${url}search.json"
[ "$(jq '.hits | length' "$TMP/body")" = 0 ] || fail "no question has an answer"
expect_status 200 "${url}search.json?q=%ff%c3%28$(printf 'x%.0s' $(seq 1500))"
for _ in $(seq 40); do curl -s "${url}search.json?q=music" -o /dev/null & done
wait $(jobs -p | grep -v "^$server\$")
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
# heads of requests and addresses are bounded
long=$(head -c 20000 /dev/zero | tr '\0' a)
expect_status 431 -H "X-Long: $long" "${url}tree.json"
expect_status 414 "${url}$long"
expect_status 200 -H "X-Long: ${long:0:7000}" "${url}healthz"
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
# one that cannot be read is not: the old one stays, and readiness says so
expect_status 200 "${url}readyz"
cp "$TMP/run/atlas.db" "$TMP/good.db"
cp "$TMP/good.db" "$TMP/bad.db"
printf 'no atlas' | dd of="$TMP/bad.db" conv=notrunc status=none
touch -d @1000000000 "$TMP/bad.db"
mv "$TMP/bad.db" "$TMP/run/atlas.db"
expect_status 503 "${url}readyz"
expect_status 200 "${url}tree.json"
[ "$(jq -r .run.min_conversations "$TMP/body")" = 40 ] || fail "the old atlas is gone"
# … also what nobody had asked for before, which is made for the first who does
expect_status 200 --head "${url}atlas.json"
expect_status 200 "${url}atlas.json"
[ "$(jq -r .run.min_conversations "$TMP/body")" = 40 ] || fail "atlas.json is not of the old atlas"
first=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' "$TMP/headers")
expect_status 200 --compressed "${url}map.json"
jq -e '.clusters | length > 0' "$TMP/body" >/dev/null || fail "map.json is empty"
expect_status 304 -H "If-None-Match: $first" "${url}atlas.json"
# what could not be read is read again only after a while, or once it changed
cat "$TMP/good.db" >"$TMP/run/atlas.db"
touch -d @1000000000 "$TMP/run/atlas.db"
expect_status 503 "${url}readyz"
for _ in $(seq 40); do
    [ "$(get "${url}readyz")" = 503 ] || break
    sleep 0.5
done
expect_status 200 "${url}readyz"
printf 'no atlas' >"$TMP/bad.db"
mv "$TMP/bad.db" "$TMP/run/atlas.db"
expect_status 503 "${url}readyz"
mv "$TMP/good.db" "$TMP/run/atlas.db"
expect_status 200 "${url}readyz"
expect_exit 69 "$CLIO" serve "$TMP/run" --port "$port"

# a Unix socket, only for its owner; a second server does not take it, the next one may
"$CLIO" serve "$TMP/run" --uds "$TMP/socket" --compare "$TMP/run/atlas.db" \
    >"$TMP/where" 2>/dev/null &
second=$!
at_exit "kill $second 2>/dev/null; wait $second 2>/dev/null"
wait_for "$TMP/where"
[ "$(cat "$TMP/where")" = "$TMP/socket" ] || fail "says it listens on $(cat "$TMP/where")"
[ "$(stat -c %a "$TMP/socket")" = 600 ] || fail "others may reach the socket"
expect_status 200 --unix-socket "$TMP/socket" http://localhost/other.json
jq -e '.index.clusters.title | length > 0' "$TMP/body" >/dev/null || fail "no other atlas"
expect_status 403 --unix-socket "$TMP/socket" http://evil.example/tree.json
expect_exit 69 "$CLIO" serve "$TMP/run" --uds "$TMP/socket"
kill -KILL $second
wait $second 2>/dev/null || true
"$CLIO" serve "$TMP/run" --uds "$TMP/socket" >"$TMP/again" 2>/dev/null &
third=$!
at_exit "kill $third 2>/dev/null; wait $third 2>/dev/null"
wait_for "$TMP/again"
expect_status 200 --unix-socket "$TMP/socket" http://localhost/healthz
kill -INT $third
wait $third || true
[ ! -e "$TMP/socket" ] || fail "the socket is left behind"
expect_exit 73 "$CLIO" serve "$TMP/run" --uds "$TMP/run/atlas.db"

kill -INT $server
status=0
wait $server || status=$?
[ $status = 0 ] || [ $status = 130 ] || fail "the server ended with $status"
