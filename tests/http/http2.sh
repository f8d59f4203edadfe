#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Over TLS a server that speaks HTTP/2 gets all requests on few connections, many at a time on each:
# nginx in front of the oracle, whose log has protocol and connection of every request.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool nginx openssl sqlite3 python3
nginx -V 2>&1 | grep -q http_v2_module || skip "this nginx has no HTTP/2"
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
oracle=$!
at_exit 'kill "$oracle" 2>/dev/null; wait 2>/dev/null'
wait_for "$TMP/port"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=clio \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
port=$(python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
cat >"$TMP/nginx.conf" <<END
pid $TMP/nginx.pid;
error_log $TMP/nginx.err;
worker_processes 1;
events { worker_connections 1024; }
http {
    log_format seen '\$server_protocol \$connection';
    access_log $TMP/seen seen;
    client_body_temp_path $TMP/body;
    proxy_temp_path $TMP/proxy;
    fastcgi_temp_path $TMP/fastcgi;
    uwsgi_temp_path $TMP/uwsgi;
    scgi_temp_path $TMP/scgi;
    server {
        listen 127.0.0.1:$port ssl http2;
        ssl_certificate $TMP/cert.pem;
        ssl_certificate_key $TMP/key.pem;
        location / { proxy_pass http://127.0.0.1:$(cat "$TMP/port"); }
    }
}
END
nginx -e "$TMP/nginx.err" -c "$TMP/nginx.conf" || fail "nginx: $(tail -n 3 "$TMP/nginx.err")"
at_exit 'kill "$(cat "$TMP/nginx.pid")" 2>/dev/null'
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile remote --model m --quiet
"$CLIO" bound "$TMP/run" --quiet

# a certificate that nobody vouches for ends the run before anything is sent
expect_exit 69 "$CLIO" facet "$TMP/run" --base-url "https://127.0.0.1:$port"
[ ! -s "$TMP/seen" ] || fail "something was sent to a server that is not who it says"

SSL_CERT_FILE=$TMP/cert.pem "$CLIO" facet "$TMP/run" --base-url "https://127.0.0.1:$port" \
    --in-flight 64 2>"$TMP/err" || fail "$(tail -n 3 "$TMP/err")"
n=$(wc -l <"$TMP/run/answers.jsonl")
[ "$n" -gt 200 ] || fail "only $n answers"
[ "$(grep -c '^HTTP/2.0 ' "$TMP/seen")" = "$n" ] ||
    fail "not all by HTTP/2: $(sort "$TMP/seen" | uniq -c)"
connections=$(cut -d' ' -f2 "$TMP/seen" | sort -u | wc -l)
[ "$connections" -le 4 ] || fail "$connections connections for $n requests"
most=$(sed -n 's/.*at most \([0-9]*\) at a time.*/\1/p' "$TMP/err")
[ "$most" -gt "$connections" ] || fail "at most $most at a time on $connections connections"
echo "$n requests on $connections connections, at most $most at a time"
