#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The scanner beside Presidio's pattern recognisers, on 12 MB of what people and assistants write
# (ShareGPT, in pieces of about 4 KB), one thread each, megabytes a second of processor time. Ours
# with all patterns, and with names on top; the peer has no names here. Rows go to
# bench/results.csv.
# Usage: bench/scan.sh [PYTHON]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. bench/peers.sh
python=${1:-build/peers/bin/python}
need_peers "$python" presidio_analyzer tldextract
program=${PROGRAM:-build/release/bench/bench_scan}
[ -n "${PROGRAM:-}" ] || cmake --build build/release --target bench_scan >/dev/null # today's
file=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}/data/sharegpt.json
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
"$python" - "$file" "$room/text" <<'END'
import sys
sys.path.insert(0, "tools")
from sharegpt import records
left = 12_000_000
with open(sys.argv[2], "w", encoding="utf-8", errors="replace") as out:
    for record in records(sys.argv[1]):
        for turn in record.get("conversations", []):
            left -= out.write(turn.get("value") or "") + out.write("\n")
        if left < 0:
            break
END
"$program" "$room/text" "${SECONDS_EACH:-3}" | tee "$room/ours"
"$python" bench/peer_scan.py "$room/text" "${SECONDS_EACH:-20}" | tee "$room/theirs"
read -r theirs n_rules _ <"$room/theirs"
while read -r what ours _; do
    python3 bench/record.py "scan-$what" "Presidio's $n_rules pattern recognisers" "$ours" \
        "$theirs" MB/cpu-s
done <"$room/ours"
