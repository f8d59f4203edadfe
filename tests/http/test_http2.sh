#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Over TLS a server that speaks HTTP/2 gets all requests on few connections, many at a time on each:
# node in front of the oracle, with a log of protocol and connection of every request.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool node openssl sqlite3 python3
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST
python3 "$SOURCE/tests/corpus.py" 300 >"$TMP/corpus.jsonl"
python3 -c '
import json, sys
print("category\ttopic\ttext")
for line in open(sys.argv[1]):
    print("home", "tea", json.loads(line)["text"], sep="\t")' "$TMP/corpus.jsonl" >"$TMP/truth.tsv"
mkfifo "$TMP/hold"
exec 9<>"$TMP/hold"
"$(dirname "$CLIO")/tests/tool_oracle" "$TMP/truth.tsv" --latency 20 <"$TMP/hold" >"$TMP/port" \
    9>&- &
oracle=$! front=''
at_exit 'kill $oracle $front 2>/dev/null; wait 2>/dev/null'
wait_for "$TMP/port"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=clio \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
node "$SOURCE/tests/http/http2_front.mjs" "$TMP/key.pem" "$TMP/cert.pem" "$(cat "$TMP/port")" \
    "$TMP/seen" >"$TMP/front" &
front=$!
wait_for "$TMP/front"
port=$(cat "$TMP/front")
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile remote --model m --quiet
"$CLIO" bound "$TMP/run" --quiet

# a certificate that nobody vouches for ends the run before anything is sent
expect_exit 69 "$CLIO" facet "$TMP/run" --base-url "https://127.0.0.1:$port"
[ ! -s "$TMP/seen" ] || fail "something was sent to a server that is not who it says"

SSL_CERT_FILE=$TMP/cert.pem "$CLIO" facet "$TMP/run" --base-url "https://127.0.0.1:$port" \
    --in-flight 64 2>"$TMP/err" || fail "$(tail -n 3 "$TMP/err")"
n=$(wc -l <"$TMP/run/answers.jsonl")
[ "$n" -gt 200 ] || fail "only $n answers"
[ "$(grep -c '^2.0 ' "$TMP/seen")" = "$n" ] ||
    fail "not all by HTTP/2: $(sort "$TMP/seen" | uniq -c)"
connections=$(cut -d' ' -f2 "$TMP/seen" | sort -u | wc -l)
[ "$connections" -le 4 ] || fail "$connections connections for $n requests"
most=$(sed -n 's/.*at most \([0-9]*\) at a time.*/\1/p' "$TMP/err")
[ "$most" -gt "$connections" ] || fail "at most $most at a time on $connections connections"
echo "$n requests on $connections connections, at most $most at a time"
