#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The server on one core beside nginx, which hands out the same bytes as a static file from the same
# core: requests a second and the 99th percentile at 256 connections (wrk on the other core), then
# the same while 10,000 slow clients hold connections open. Rows go to bench/results.csv.
# Needs nginx and wrk (apt-get install nginx-light wrk).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for tool in nginx wrk taskset curl python3; do
    command -v $tool >/dev/null && continue
    echo "serve: $tool is missing; apt-get install nginx-light wrk" >&2
    exit 78
done
seconds=${SECONDS_EACH:-8} slow=${SLOW:-10000}
room=$(mktemp -d)
ours='' theirs='' crowd=''
end() {
    for pid in $crowd $ours $theirs; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$room"
}
trap end EXIT
ulimit -n "$(ulimit -Hn)"
# without the embedder: CLIO_EMBEDDER names no model, so memory is that of the server alone
python3 tests/browser/make_atlas.py src/store/atlas.sql "$room/atlas.db" 300
id=5 # gets a summary so long that its answer has about 4 KiB
python3 - "$room/atlas.db" $id <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE cluster SET summary = ? WHERE id = ?",
           ("About many things. " * 105, sys.argv[2]))
db.commit()
END
CLIO_EMBEDDER=$room/none taskset -c 0 build/release/clio serve "$room/atlas.db" --port 0 \
    >"$room/url" 2>/dev/null &
ours=$!
for _ in $(seq 300); do [ -s "$room/url" ] && break; sleep 0.1; done
url=$(cat "$room/url")
mkdir "$room/www"
curl -s "${url}cluster/$id.json" >"$room/www/same.json"
cat >"$room/nginx.conf" <<END
worker_processes 1;
daemon off;
pid $room/nginx.pid;
error_log $room/error.log;
events { worker_connections 20000; }
http {
    access_log off;
    sendfile on;
    keepalive_requests 100000000;
    types { application/json json; }
    server { listen 127.0.0.1:7391; root $room/www; }
}
END
chmod 755 "$room" "$room/www"
[ "$(id -u)" != 0 ] || sed -i '1i user root;' "$room/nginx.conf"
taskset -c 0 nginx -c "$room/nginx.conf" -p "$room" 2>/dev/null &
theirs=$!
for _ in $(seq 50); do
    curl -s -o /dev/null http://127.0.0.1:7391/same.json && break
    sleep 0.1
done
cmp <(curl -s http://127.0.0.1:7391/same.json) <(curl -s "${url}cluster/$id.json")

# "requests-a-second p99-in-ms errors" of one address
load() {
    taskset -c 1 wrk -t1 -c256 -d"${seconds}s" --latency "$1" >"$room/wrk"
    awk '/Requests\/sec/ { r = $2 } /99%/ { p = $2 } /Socket errors|Non-2xx/ { e = $0 }
        END { f = p ~ /us$/ ? 0.001 : p ~ /ms$/ ? 1 : 1000; sub(/[a-z]+$/, "", p)
              printf "%.0f %.2f %s\n", r, p * f, e }' "$room/wrk"
}
rss() { awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$ours/status"; }
median() { sort -n | sed -n 2p; }
for round in 1 2 3; do
    load http://127.0.0.1:7391/same.json >>"$room/theirs"
    load "${url}cluster/$id.json" >>"$room/ours"
done
before=$(rss)
python3 - "$url" "$slow" <<'END' &
# Holds connections that send a byte of a header every ten seconds.
import socket, sys, time
host, port = sys.argv[1].split("/")[2].split(":")
crowd = []
for i in range(int(sys.argv[2])):
    s = socket.create_connection((host, int(port)))
    s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    crowd.append(s)
print("holding", len(crowd), file=sys.stderr, flush=True)
while True:
    time.sleep(10)
    for s in crowd:
        try:
            s.sendall(b"x")
        except OSError:
            print("a slow client was dropped", file=sys.stderr, flush=True)
            sys.exit(1)
END
crowd=$!
held() { curl -s "${url}metrics" | awk '$1 == "clio_http_connections" { print $2 }'; }
for _ in $(seq 300); do [ "$(held)" -ge "$slow" ] && break; sleep 0.1; done
n_held=$(held)
for round in 1 2 3; do load "${url}cluster/$id.json" >>"$room/crowded"; done
after=$(rss)
kill -0 $crowd || { echo "serve: the slow clients did not hold" >&2; exit 1; }

column() { cut -d' ' -f"$2" "$room/$1" | median; }
ours_rate=$(column ours 1) theirs_rate=$(column theirs 1)
ours_p99=$(column ours 2) theirs_p99=$(column theirs 2)
crowded_p99=$(column crowded 2)
cat "$room/theirs" "$room/ours" "$room/crowded"
echo "held $n_held, memory $before MiB, with them $after MiB"
python3 bench/record.py --clear serve-
bytes=$(wc -c <"$room/www/same.json")
nginx=$(nginx -v 2>&1 | sed 's/.*\//nginx /')
case=serve-json-$bytes-bytes-256-connections
python3 bench/record.py "$case-one-core" "$nginx static file" "$ours_rate" "$theirs_rate" requests/s
python3 bench/record.py "$case-p99" "$nginx static file" "$ours_p99" "$theirs_p99" ms
python3 bench/record.py "serve-with-$n_held-slow-clients-p99" "without them" "$crowded_p99" \
    "$ours_p99" ms
python3 bench/record.py "serve-with-$n_held-slow-clients-memory" "the goal set" "$after" 150 MiB
