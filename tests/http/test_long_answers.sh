#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A server of a model that means harm: it answers well until many requests are under way, and then
# sends the longest answer to all of them at once. The program's memory stays bounded and the run
# ends with a count of what is missing.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3 sqlite3
python3 "$SOURCE/tests/corpus.py" 400 >"$TMP/corpus.jsonl"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --profile remote --model hostile --quiet
"$CLIO" bound "$TMP/run" --quiet

cat >"$TMP/server.py" <<'PYTHON'
import http.server, json, sys, threading
answer = json.dumps({"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
                     "usage": {"prompt_tokens": 9, "completion_tokens": 1}}).encode()
long = b" " * 3_900_000  # below what one answer may be
lock, count, full = threading.Lock(), 0, threading.Barrier(64, timeout=1)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        global count
        self.rfile.read(int(self.headers["content-length"]))
        with lock:
            count += 1
            good = count <= 200
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer) if good else len(long) + 2))
        self.end_headers()
        try:
            if good:
                return self.wfile.write(answer)
            self.wfile.write(long)
            try:
                full.wait()  # all of them are there
            except threading.BrokenBarrierError:
                pass
            self.wfile.write(b"{}")
        except OSError:
            self.close_connection = True
    def log_message(self, *_):
        pass

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    def handle_error(self, *_):
        pass

server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$TMP/server.py" >"$TMP/port" &
server=$!
at_exit 'kill $server 2>/dev/null'
wait_for "$TMP/port"
status=0
python3 - "$CLIO" facet "$TMP/run" --base-url "http://127.0.0.1:$(cat "$TMP/port")" --tries 2 \
    --retry-wait 0.02 --timeout 10 --in-flight 64 --quiet \
    >"$TMP/peak" 2>"$TMP/err" <<'PYTHON' || status=$?
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(status)
PYTHON
[ "$status" = 0 ] || [ "$status" = 5 ] || [ "$status" = 75 ] ||
    fail "ended with $status: $(tail -n 1 "$TMP/err")"
# sanitizers keep what is freed for a while
ldd "$CLIO" | grep -q asan || [ "$(cat "$TMP/peak")" -lt 160 ] || fail "took $(cat "$TMP/peak") MiB"
