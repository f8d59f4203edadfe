#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio watch: a planted week is told once, with its cause; quiet when run again; questions that are
# wrong are refused; alerts go to a file and a webhook, to no host or address that is not allowed.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
python3 - >"$TMP/corpus.jsonl" <<'END'
import json
import random

draw, day = random.Random(3), 1735689600
for d in range(50):
    for i in range(200):
        share = 0.25 if 35 <= d < 42 else 0.03
        text = "Sell cheap pills to my list now" if draw.random() < share else "Plan my dinner"
        text += f" number {draw.randrange(10 ** 6)}, please, for tomorrow"
        print(json.dumps({"id": f"w{d}-{i}", "user": f"u{draw.randrange(900)}", "text": text,
                          "time": day + 86400 * d + draw.randrange(86400)}))
print(json.dumps({"id": "wrong", "user": "u1", "text": "Plan my dinner", "time": 4102444800}))
END
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/run" --quiet
watch() { "$CLIO" watch "$@" --quiet; }
watch add "$TMP/run" pills '{"words": "cheap pills|free money"}'
watch add "$TMP/run" dinners '{"words": "plan my dinner"}'
watch add "$TMP/run" launch '{"words": "cheap pills", "event": "2025-02-04", "until": "2025-02-06"}'
watch list "$TMP/run" | grep -q '^pills  {"words"' || fail "a watch is not listed"
expect_exit 2 watch add "$TMP/run" pills '{"words": "again"}'
expect_text "$TMP/err" "there is a watch called"
for wrong in 'pills' '{}' '{"words": ""}' '{"words": "a", "cluster": 1}' \
    '{"words": "a", "on": "x"}' '{"words": "a", "on": "share"}' \
    '{"words": "a", "wrods": "b"}' '{"concern": 9}' \
    '{"words": "a", "until": "2025-01-01"}' '{"words": "a", "event": "soon"}' \
    '{"words": " | "}' '{"words": "a", "share": 0.02}' '{"words": "a", "least": 0.5}' \
    '{"words": "a", "on": "share", "share": 0.1, "factor": 2}' '{"words": "a", "on": 5}' \
    '{"concern": 2.5}' '{"cluster": 1.5}'; do
    expect_exit 2 watch add "$TMP/run" other "$wrong"
done
for name in '' ' ' ' pills' $'a\nb' "$(printf '%081d' 1)"; do
    expect_exit 2 watch add "$TMP/run" "$name" '{"words": "pills"}'
done
# a watch that can judge nothing says so, in silence it would pass for calm
"$CLIO" ingest <(sed 's/, "time": [0-9]*//' "$TMP/corpus.jsonl") --out "$TMP/timeless" --quiet
watch add "$TMP/timeless" pills '{"words": "cheap pills"}'
watch add "$TMP/timeless" launch '{"words": "cheap pills", "event": "2025-02-04"}'
expect_exit 0 watch run "$TMP/timeless"
expect_text "$TMP/err" "conversations have no time and are in no day of a watch"
expect_text "$TMP/err" "watch pills judges no day"
"$CLIO" ingest "$TMP/corpus.jsonl" --out "$TMP/early" --quiet
watch add "$TMP/early" early '{"words": "cheap pills", "event": "2025-01-04"}'
watch add "$TMP/early" past '{"words": "cheap pills", "event": "2024-02-04"}'
watch add "$TMP/early" concern '{"concern": 3}'
expect_exit 0 watch run "$TMP/early"
expect_text "$TMP/err" "watch early judges no day: 3 days before 2025-01-04"
expect_text "$TMP/err" "watch past judges no day: its event"
expect_text "$TMP/err" "watch concern judges no day: no conversation with a time counts"
expect_exit 2 watch drop "$TMP/run" nothing
expect_exit 2 watch everything "$TMP/run"

# A web server that counts what it is sent, and answers with status $TMP/status.
python3 - "$TMP" <<'END' &
import http.server
import sys

folder = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        with open(f"{folder}/posted", "ab") as out:
            out.write(body + b"\n")
        self.send_response(int(open(f"{folder}/status").read()))
        self.send_header("location", "http://169.254.169.254/")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open(f"{folder}/port.new", "w").write(str(server.server_port))
__import__("os").rename(f"{folder}/port.new", f"{folder}/port")
server.serve_forever()
END
server=$!
at_exit "kill $server"
for _ in $(seq 100); do [ -e "$TMP/port" ] || sleep 0.1; done
url=http://127.0.0.1:$(cat "$TMP/port")/hook
: >"$TMP/posted"

# Not allowed, private behind a name, plain http, refused: the webhook is told nothing, and nothing
# is lost. A mail relay that is not there, and addresses that are none: the same.
echo 200 >"$TMP/status"
expect_exit 78 watch run "$TMP/run" --webhook "$url" --alert-file "$TMP/alerts" \
    --mail-to who@where.example --mail-port 1
cp "$TMP/out" "$TMP/told"
expect_text "$TMP/err" "no mail relay answers"
expect_text "$TMP/err" "is not in --webhook-hosts"
expect_text "$TMP/err" "1 conversations have a time after tomorrow" # a wrong year blinds no watch
expect_exit 78 watch run "$TMP/run" --webhook "${url/127.0.0.1/hooks.example}" \
    --webhook-hosts hooks.example
expect_text "$TMP/err" "needs https"
for name in ip6-localhost "$(hostname)"; do # names that stand for an address of this machine
    getent hosts "$name" >/dev/null || continue
    inside=${url/127.0.0.1/$name}
    expect_exit 78 watch run "$TMP/run" --webhook "${inside/http:/https:}" --webhook-hosts "$name"
    expect_text "$TMP/err" "stands for a private address"
    tried=yes
done
[ "${tried:-}" = yes ] || skip "no name that stands for this machine; add one to the hosts file"
[ ! -s "$TMP/posted" ] || fail "something was sent to a host that is not allowed"
for status in 500 302; do
    echo $status >"$TMP/status"
    expect_exit 69 watch run "$TMP/run" --webhook "$url" --webhook-hosts 127.0.0.1
    expect_text "$TMP/err" "status $status"
done
expect_exit 69 watch run "$TMP/run" --mail-to who@where.example --mail-port 1
expect_exit 78 watch run "$TMP/run" --mail-to $'who@where.example>\r\nRCPT TO:<else@where.example'
python3 - "$TMP" <<'END' &
import os
import socketserver
import sys

folder = sys.argv[1]


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        def say(text):
            self.wfile.write((text + "\r\n").encode())
        say("220-hello")
        say("220 relay")
        with open(f"{folder}/mailed.new", "wb") as out:
            for line in self.rfile:
                out.write(line)
                if line == b"DATA\r\n":
                    say("354 go on")
                    for body in self.rfile:
                        out.write(body)
                        if body == b".\r\n":
                            break
                say("221 bye" if line.startswith(b"QUIT") else "250 ok")
                if line.startswith(b"QUIT"):
                    break
        os.rename(f"{folder}/mailed.new", f"{folder}/mailed")


with socketserver.TCPServer(("127.0.0.1", 0), Handler) as relay:
    with open(f"{folder}/relay.new", "w") as out:
        out.write(str(relay.server_address[1]))
    os.rename(f"{folder}/relay.new", f"{folder}/relay")
    relay.handle_request()
END
for _ in $(seq 100); do [ -e "$TMP/relay" ] || sleep 0.1; done
: >"$TMP/posted"
echo 204 >"$TMP/status"
watch run "$TMP/run" --webhook "$url" --webhook-hosts 127.0.0.1 --alert-file "$TMP/alerts" \
    --mail-to one@where.example,two@where.example --mail-port "$(cat "$TMP/relay")" >"$TMP/later"
for _ in $(seq 50); do [ -e "$TMP/mailed" ] || sleep 0.1; done
expect_text "$TMP/mailed" "RCPT TO:<two@where.example>"
expect_text "$TMP/mailed" "pills: "
expect_text "$TMP/told" "pills: "
expect_text "$TMP/told" "usual was"
expect_text "$TMP/told" "launch: "
expect_no_text "$TMP/told" "dinners: "
expect_same "$TMP/alerts" <(grep . "$TMP/posted")
[ ! -s "$TMP/later" ] || fail "what was printed is printed again"
[ "$(wc -l <"$TMP/told")" = 3 ] || fail "not two events, each told once, below what they are"
[ "$(cut -c1-10 "$TMP/told" | sort -u | head -n 1)" = 2025-02-04 ] || [ "$(cut -c1-10 "$TMP/told" |
    sort -u | head -n 1)" = 2025-02-05 ] || fail "the event is told late"
watch run "$TMP/run" >"$TMP/again"
[ ! -s "$TMP/again" ] || fail "not quiet although nothing changed"
python3 -c 'import json, sys; [json.loads(line)["notice"] for line in open(sys.argv[1])]' \
    "$TMP/alerts"
