#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --offline sends nothing to another machine, whatever address is named; the whole line works in a
# network namespace that has nothing but loopback. And certificates that do not check out.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool curl sqlite3 python3 strace openssl unshare ip
tool=$(dirname "$CLIO")/tests/tool_provider
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL \
    ANTHROPIC_AUTH_TOKEN OLLAMA_HOST
python3 "$SOURCE/tests/corpus.py" 200 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/start" --profile remote --model oracle --quiet
"$CLIO" bound "$TMP/start" --quiet
fresh() { rm -rf "$TMP/run" && cp -r "$TMP/start" "$TMP/run"; }

# every disguise of another machine: refused, and no socket is connected to anything but loopback
outside() { # how many connections to other machines the last strace saw
    grep -E 'connect\(|sendto\(|sendmsg\(|sendmmsg\(' "$TMP/trace" |
        grep -E 'AF_INET' | grep -cvE 'inet_addr\("127\.|inet_pton\(AF_INET6, "::1"' || true
}
for url in http://192.0.2.1 http://192.0.2.1/v1 https://api.openai.com/v1 http://127.0.0.1.example \
    http://localhost.example http://127.0.0.1@192.0.2.1/ http://[::ffff:192.0.2.1] \
    http://[2001:db8::1] http://0xc0000201 http://3221225985 http://192.0.2.1:80 \
    'http://192.0.2.1#@127.0.0.1' http://0.0.0.0:9 file:///etc/passwd ftp://127.0.0.1/ \
    http://２.0.2.1; do
    fresh
    status=0
    HTTP_PROXY=http://192.0.2.9:3128 ALL_PROXY=socks5://192.0.2.9 strace -f -qq -o "$TMP/trace" \
        -e trace=connect,sendto,sendmsg,sendmmsg "$CLIO" facet "$TMP/run" --offline \
        --base-url "$url" --tries 2 --retry-wait 0.01 >"$TMP/out" 2>"$TMP/err" || status=$?
    [ $status != 0 ] || fail "$url: it was asked"
    [ "$(outside)" = 0 ] || fail "$url: $(outside) connections to other machines"
done
# the gate sees a connection where there is one: without --offline the same is tried
fresh
timeout 5 strace -f -qq -o "$TMP/trace" -e trace=connect "$CLIO" facet "$TMP/run" \
    --base-url http://192.0.2.1 --tries 1 --timeout 1 >"$TMP/out" 2>&1 || true
[ "$(outside)" -gt 0 ] || fail "strace shows no connection without --offline"

# nothing but loopback in reach: the whole line with --offline
unshare -n true 2>/dev/null || skip "this user may make no network namespace"
unshare -n bash -c "
    ip link set lo up
    '$tool' 0 >'$TMP/port' & server=\$!
    for _ in \$(seq 50); do [ -s '$TMP/port' ] && break; sleep 0.1; done
    '$CLIO' run '$TMP/corpus.jsonl' --out '$TMP/whole' --profile remote --model oracle --offline \
        --titles phrases --base-url http://localhost:\$(cat '$TMP/port') --quiet
    status=\$?
    kill \$server
    exit \$status" || fail "the line does not work with loopback alone"
"$CLIO" tree "$TMP/whole" >"$TMP/tree"

# certificates: of nobody, of another host, out of date; and one that is named
cat >"$TMP/tls.py" <<'PY'
import http.server, json, ssl, sys

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        content = json.dumps({"request": "write a poem", "task": "write a poem",
                              "language": "English", "concern": 1})
        body = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
PY
certificate() { # name subject-alternative-name last-year
    mkdir "$TMP/ca.$1"
    : >"$TMP/ca.$1/index"
    printf '%s\n' '[ca]' 'default_ca = c' '[c]' "database = $TMP/ca.$1/index" 'rand_serial = yes' \
        "new_certs_dir = $TMP/ca.$1" 'default_md = sha256' 'policy = p' '[p]' \
        'commonName = supplied' '[e]' "subjectAltName = $2" 'basicConstraints = CA:TRUE' \
        >"$TMP/ca.$1/conf"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=clio-test \
        -keyout "$TMP/key.pem" -out "$TMP/$1.csr" 2>"$TMP/openssl"
    openssl ca -batch -selfsign -notext -config "$TMP/ca.$1/conf" -extensions e \
        -keyfile "$TMP/key.pem" -in "$TMP/$1.csr" -out "$TMP/$1.crt" \
        -startdate 20200101000000Z -enddate "${3}0101000000Z" 2>"$TMP/openssl"
    cat "$TMP/$1.crt" "$TMP/key.pem" >"$TMP/$1.pem"
}
certificate good IP:127.0.0.1 2048
certificate other DNS:other.example 2048
certificate old IP:127.0.0.1 2021
try_tls() { # certificate wanted-status trusted
    fresh
    rm -f "$TMP/tlsport"
    python3 "$TMP/tls.py" "$TMP/$1.pem" >"$TMP/tlsport" 2>"$TMP/tlslog" &
    local server=$!
    wait_for "$TMP/tlsport"
    expect_exit "$2" env SSL_CERT_FILE="$3" "$CLIO" facet "$TMP/run" --tries 2 --retry-wait 0.01 \
        --base-url "https://127.0.0.1:$(cat "$TMP/tlsport")" --in-flight 8
    kill $server
    wait $server 2>/dev/null || true
}
try_tls good 69 /etc/ssl/certs/ca-certificates.crt
expect_text "$TMP/err" SSL_CERT_FILE
try_tls other 69 "$TMP/other.crt"
try_tls old 69 "$TMP/old.crt"
try_tls good 0 "$TMP/good.crt"
