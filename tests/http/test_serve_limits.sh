#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the server bears: connections up to what `ulimit -n` leaves (here 96). Those over that wait
# outside while those inside are answered, and come in as others leave. Who is silent, or stops in
# the middle of a request, is sent away after 30 s. Takes that long, nearly all of it asleep.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
mkdir "$TMP/run"
python3 "$SOURCE/tests/browser/make_atlas.py" "$SOURCE/src/store/atlas.sql" "$TMP/run/atlas.db" 12
(ulimit -n 160 && exec "$CLIO" serve "$TMP/run" --port 0) >"$TMP/url" 2>"$TMP/log" &
server=$!
at_exit "kill $server 2>/dev/null; wait $server 2>/dev/null"
wait_for "$TMP/url"
python3 - "$(cat "$TMP/url")" <<'END' || fail "see above; the server said: $(cat "$TMP/log")"
import select, socket, sys, time
host, port = sys.argv[1].split("/")[2].split(":")
MOST, IDLE = 160 - 64, 30
REQUEST = b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

def connect():
    return socket.create_connection((host, int(port)), 10)

def says(s, seconds):
    """What comes within so many seconds; None: nothing; b"": the server hung up."""
    if not select.select([s], [], [], seconds)[0]:
        return None
    try:
        return s.recv(4096)
    except ConnectionResetError:
        return b""

def answered(s, who):
    s.sendall(REQUEST)
    got = says(s, 10)
    assert got and got.startswith(b"HTTP/1.1 200"), f"{who} got {got}"

# as many as there may be, each answered and kept
crowd = [connect() for _ in range(MOST)]
for s in crowd:
    answered(s, "one of the crowd")
# over that: nobody is answered and nobody is sent away, and those inside notice nothing
over = [connect() for _ in range(5)]
for s in over:
    s.sendall(REQUEST)
assert not select.select(over, [], [], 1.5)[0], "more are let in than there may be"
for s in crowd:
    answered(s, "one of the crowd, while others wait")
# room comes back: as many as leave come in
for s in crowd[:2]:
    s.close()
for s in over[:2]:
    got = says(s, 10)
    assert got and got.startswith(b"HTTP/1.1 200"), f"in the room of one that left: {got}"
assert not select.select(over[2:], [], [], 1)[0], "more come in than left"
for s in crowd + over:
    s.close()

silent, half, after, lively = (connect() for _ in range(4))
half.sendall(REQUEST[:30])
answered(after, "one that falls silent after an answer")
start = time.monotonic()
gone = {}
quiet = {silent: "silent from the start", half: "in the middle of a request",
         after: "silent after an answer"}
while len(gone) < len(quiet) and time.monotonic() - start < IDLE + 15:
    answered(lively, "one that asks all the while")
    for s in select.select([s for s in quiet if s not in gone], [], [], 2)[0]:
        if not says(s, 0): # an answer that says the time is over may come before the end
            gone[s] = time.monotonic() - start
for s, name in quiet.items():
    assert s in gone, f"{name}: still held after {IDLE + 15} s"
    assert IDLE - 2 <= gone[s] <= IDLE + 6, f"{name}: sent away after {gone[s]:.1f} s"
answered(lively, "one that asks all the while, at the end")
print("sent away after", ", ".join(f"{t:.1f} s" for t in gone.values()))
END
kill -0 $server 2>/dev/null || fail "the server is gone"
