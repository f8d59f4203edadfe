#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio watch: each channel gets each alert once. A webhook that fails at one alert, a relay that
# refuses, a file that cannot be written: the others have it, and the next time it is told there
# alone. What is told stays known when the program is killed.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3 sqlite3
python3 - >"$TMP/corpus.jsonl" <<'END'
import json
import random

draw, day = random.Random(5), 1735689600
for d in range(30):
    for i in range(100):
        share = 0.4 if d == 25 else 0.03
        text = "Sell cheap pills to my list now" if draw.random() < share else "Plan my dinner"
        text += f" number {draw.randrange(10 ** 6)}, please, for tomorrow"
        print(json.dumps({"id": f"w{d}-{i}", "user": f"u{draw.randrange(900)}", "text": text,
                          "time": day + 86400 * d + draw.randrange(86400)}))
END
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --quiet
for what in list run; do
    expect_exit 0 "$CLIO" watch $what "$TMP/run"
    expect_text "$TMP/err" "clio watch add"
done
watch() { "$CLIO" watch "$@" --quiet; }
add() { watch add "$TMP/run" "$1" '{"words": "cheap pills"}'; } # each has one alert

# A webhook that answers with the statuses in $TMP/statuses, one a request, then 204; what it takes
# stands in $TMP/taken. A relay that takes a mail to $TMP/mailed, refuses while $TMP/refuse is
# there, and says nothing more while $TMP/hang is there.
python3 - "$TMP" <<'END' &
import http.server
import os
import socketserver
import sys
import threading
import time

folder = sys.argv[1]


def put(name, text):
    with open(f"{folder}/{name}", "ab") as out:
        out.write(text)


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        statuses = open(f"{folder}/statuses").read().split()
        open(f"{folder}/statuses", "w").write(" ".join(statuses[1:]))
        status = int(statuses[0]) if statuses else 204
        if status < 300:
            put("taken", body + b"\n")
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


class Relay(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 relay\r\n")
        for line in self.rfile:
            if line.startswith(b"MAIL") and os.path.exists(f"{folder}/hang"):
                put("hangs", b"yes")
                while os.path.exists(f"{folder}/hang"):
                    time.sleep(0.1)
                return
            if line.startswith(b"MAIL") and os.path.exists(f"{folder}/refuse"):
                self.wfile.write(b"550 no\r\n")
                continue
            if line.startswith(b"DATA"):
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += self.rfile.readline()
                put("mailed", text)
            self.wfile.write(b"250 ok\r\n")
            if line.startswith(b"QUIT"):
                return


socketserver.ThreadingTCPServer.daemon_threads = True
webhook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
relay = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay)
put("statuses", b"")
put("ports.new", f"{webhook.server_port} {relay.server_address[1]}\n".encode())
os.rename(f"{folder}/ports.new", f"{folder}/ports")
threading.Thread(target=relay.serve_forever, daemon=True).start()
webhook.serve_forever()
END
at_exit "kill $!"
wait_for "$TMP/ports"
read -r port relay <"$TMP/ports"
touch "$TMP/taken" "$TMP/mailed" "$TMP/alerts"
hook=(--webhook "http://127.0.0.1:$port/hook" --webhook-hosts 127.0.0.1)
post=(--mail-to who@where.example --mail-port "$relay")
everywhere=("${hook[@]}" "${post[@]}" --alert-file "$TMP/alerts")
told() { # WEBHOOK MAIL FILE: how many alerts each has by now, each once
    local had
    had="$(wc -l <"$TMP/taken") $(grep -c "usual was" "$TMP/mailed" || true)"
    had+=" $(wc -l <"$TMP/alerts")"
    [ "$had" = "$*" ] || fail "webhook, mail and file have $had alerts, not $*"
    for file in taken alerts; do
        [ -z "$(sort "$TMP/$file" | uniq -d)" ] || fail "$file has an alert twice"
    done
}

# the webhook fails at the second of three
add a
add b
add c
echo '204 500' >"$TMP/statuses"
expect_exit 69 watch run "$TMP/run" "${everywhere[@]}"
expect_text "$TMP/err" "status 500"
[ "$(grep -c "usual was" "$TMP/out")" = 3 ] || fail "standard output has not every alert"
head -n 1 "$TMP/out" | grep -q "^Signals for human review" || fail "alerts do not say what they are"
expect_text "$TMP/mailed" "Signals for human review"
told 1 3 3
watch list "$TMP/run" >"$TMP/out"
expect_text "$TMP/out" "2 alerts wait for --webhook"
expect_no_text "$TMP/out" "--mail-to"
watch list "$TMP/run" --json |
    python3 -c 'import json, sys; assert json.load(sys.stdin)["waiting"]["webhook"] == 2'
expect_exit 0 watch run "$TMP/run" # nothing is asked of the webhook, so it still waits
told 1 3 3
for _ in 1 2; do
    expect_exit 0 watch run "$TMP/run" "${everywhere[@]}"
    [ ! -s "$TMP/out" ] || fail "standard output has an alert twice"
    told 3 3 3
done
expect_same <(sort "$TMP/taken") <(sort "$TMP/alerts")

# what the settings do not allow is said on a quiet day too
expect_exit 78 watch run "$TMP/run" --webhook "${hook[1]}" --webhook-hosts hooks.example
expect_exit 78 watch run "$TMP/run" --webhook hooks.example --webhook-hosts hooks.example
expect_text "$TMP/err" "the URL of --webhook is not of the form https://"
expect_exit 78 watch run "$TMP/run" --mail-to "ada, at home" --mail-port "$relay"
told 3 3 3

# the relay refuses, and the file is a directory: two faults, one is the exit code
add d
touch "$TMP/refuse"
mkdir "$TMP/folder"
expect_exit 69 watch run "$TMP/run" "${hook[@]}" "${post[@]}" --alert-file "$TMP/folder"
expect_text "$TMP/err" "refused with code 550"
"$CLIO" watch list "$TMP/run" >"$TMP/out"
expect_text "$TMP/out" "1 alert waits for --mail-to"
expect_text "$TMP/out" "1 alert waits for --alert-file"
told 4 3 3
rm "$TMP/refuse"
watch run "$TMP/run" "${everywhere[@]}"
told 4 4 4

# killed while the relay keeps it waiting, when the webhook has it already
add e
touch "$TMP/hang"
"$CLIO" watch run "$TMP/run" "${everywhere[@]}" --quiet >"$TMP/out" 2>"$TMP/err" &
clio=$!
wait_for "$TMP/hangs"
kill -9 $clio
wait $clio 2>/dev/null || true
rm "$TMP/hang"
expect_text "$TMP/out" "e: "
told 5 4 4
expect_exit 0 watch run "$TMP/run" "${everywhere[@]}"
[ ! -s "$TMP/out" ] || fail "a kill has an alert told again on standard output"
told 5 5 5

# killed between writing to the file and noting it
sqlite3 "$TMP/run/safety.db" "INSERT INTO alert_due SELECT max(id), 'file' FROM alert"
watch run "$TMP/run" "${everywhere[@]}"
told 5 5 5
[ "$(sqlite3 "$TMP/run/safety.db" 'SELECT count(*) FROM alert_due')" = 0 ] || fail "something waits"

# what waits goes with its watch, and a file of version 2 tells nothing again
add f
expect_exit 73 watch run "$TMP/run" --alert-file "$TMP/folder"
watch drop "$TMP/run" f
[ "$(sqlite3 "$TMP/run/safety.db" 'SELECT count(*) FROM alert_due')" = 0 ] || fail "f waits"
sqlite3 "$TMP/run/safety.db" 'DROP TABLE alert_due; DROP TABLE watch_cluster;
    PRAGMA user_version = 2'
expect_exit 0 watch run "$TMP/run" "${everywhere[@]}"
[ ! -s "$TMP/out" ] || fail "a file of the version before has its alerts told again"
told 5 5 5
