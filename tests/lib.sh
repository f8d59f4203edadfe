# SPDX-License-Identifier: Apache-2.0
# For script tests: `. "$(dirname "$0")/../lib.sh"` at the top. Gives CLIO (the program), SOURCE
# (the project), TMP (a directory of this test's own, gone at the end) and the helpers below.
# A script that reaches its end has passed; `fail` says why one did not; exit 77 is a skip, which
# in CI (CI=true) is a failure instead.
# shellcheck shell=bash
set -euo pipefail

SOURCE=${SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
CLIO=${CLIO:-$SOURCE/build/release/clio}
DATA=${CLIO_DATA:-${XDG_DATA_HOME:-$HOME/.local/share}/clio}
MODEL=$DATA/models/smollm2-135m-instruct-q4_1.gguf
EMBEDDER=$DATA/models/all-minilm-l6-v2
SHAREGPT=$DATA/data/sharegpt.json
TMP=$(mktemp -d "${TMPDIR:-/tmp}/clio-test-XXXXXX")
on_exit=''
at_exit() { on_exit="$*; $on_exit"; } # a command to run when the test ends, however it ends
trap 'status=$?; set +e; eval "$on_exit"; rm -rf "$TMP"; exit $status' EXIT

fail() {
    printf 'FAIL: %s\n' "$*" >&2
    exit 1
}

skip() {
    if [ "${CI:-}" = true ]; then fail "in CI this may not be missing: $*"; fi
    printf 'skipped: %s\n' "$*" >&2
    exit 77
}

# The path of a file of ../shared (development and CI only).
shared() {
    local path=$SOURCE/../shared/$1
    [ -e "$path" ] || path=${CLIO_SHARED:-}/$1
    [ -e "$path" ] || skip "../shared/$1 is not beside this checkout"
    printf '%s\n' "$path"
}

# need CLIO | MODEL | EMBEDDER | SHAREGPT …: skips with a message when one is not there.
need() {
    local name
    for name in "$@"; do
        [ -e "${!name}" ] || skip "$name is missing (${!name}); tools/setup and tools/build make it"
    done
}

need_tool() {
    local name
    for name in "$@"; do
        command -v "$name" >/dev/null || skip "$name is not installed (tools/setup --with test)"
    done
}

# expect_exit STATUS COMMAND…: output goes to $TMP/out and $TMP/err.
expect_exit() {
    local want=$1 got=0
    shift
    "$@" >"$TMP/out" 2>"$TMP/err" || got=$?
    [ "$got" = "$want" ] || {
        tail -n 20 "$TMP/out" "$TMP/err" >&2
        fail "exit status $got, wanted $want, of: $*"
    }
}

# expect_text FILE TEXT: the text (fixed, not a pattern) stands in the file.
expect_text() {
    grep -qF -- "$2" "$1" || {
        tail -n 20 "$1" >&2
        fail "\"$2\" is not in $1"
    }
}

expect_no_text() {
    if grep -qF -- "$2" "$1"; then fail "\"$2\" is in $1"; fi
}

expect_same() {
    cmp -s "$1" "$2" || {
        diff "$1" "$2" | head -n 20 >&2 || true
        fail "$1 and $2 differ"
    }
}

# Waits, half a minute at most, until a file has something: the address of a server that starts.
wait_for() { # FILE
    for _ in $(seq 300); do [ -s "$1" ] && break; sleep 0.1; done
}

# Starts tests/tool/tool_provider.c on loopback: sets `host` (address and port); gone at the end.
start_provider() {
    "$(dirname "$CLIO")/tests/tool_provider" 0 >"$TMP/port" &
    at_exit "kill $! 2>/dev/null; wait 2>/dev/null"
    wait_for "$TMP/port"
    host=127.0.0.1:$(cat "$TMP/port")
}

# Starts tests/answerer.py as the server of profile remote; $TMP/server holds its rules and what it
# was asked. It lives as long as this script holds its input open.
start_answerer() { # RULES
    mkdir "$TMP/server"
    echo "$1" >"$TMP/server/rules.json"
    mkfifo "$TMP/open"
    python3 "$SOURCE/tests/answerer.py" "$TMP/server" <"$TMP/open" >"$TMP/port" &
    exec 9>"$TMP/open"
    wait_for "$TMP/port"
    unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST
    export CLIO_BASE_URL=http://127.0.0.1:$(cat "$TMP/port")
}

# oracle_corpus N: corpus.jsonl and the oracle's truth.tsv (category, topic, text) in $TMP.
oracle_corpus() {
    python3 "$SOURCE/tests/corpus.py" "$1" >"$TMP/corpus.jsonl"
    python3 "$SOURCE/tests/corpus.py" "$1" --truth >"$TMP/labels.tsv"
    python3 - "$TMP" <<'PY'
import json, sys
folder = sys.argv[1]
fields = {"recipes": "home", "garden": "home", "fitness": "home", "travel": "home",
          "sql": "computers", "python": "computers", "physics": "computers",
          "translation": "computers", "resume": "texts", "story": "texts",
          "marketing": "texts", "finance": "texts"}
labels = dict(line.rstrip("\n").split("\t")[:2] for line in open(f"{folder}/labels.tsv"))
with open(f"{folder}/truth.tsv", "w") as out:
    out.write("category\ttopic\ttext\n")
    for line in open(f"{folder}/corpus.jsonl"):
        record = json.loads(line)
        topic = labels[record["id"]]
        out.write(f"{fields[topic]}\t{topic}\t{record['text']}\n")
PY
}

oracles=()
# start_oracle [FLAG…]: an oracle over $TMP/truth.tsv, its address into $url, until the test ends.
start_oracle() {
    if [ ! -p "$TMP/hold" ]; then
        mkfifo "$TMP/hold"
        exec 9<>"$TMP/hold" # an oracle ends when its input does
        at_exit 'kill "${oracles[@]}" 2>/dev/null; wait 2>/dev/null'
    fi
    rm -f "$TMP/port"
    "$(dirname "$CLIO")/tests/tool_oracle" "$TMP/truth.tsv" "$@" <"$TMP/hold" >"$TMP/port" 9>&- &
    oracles+=($!)
    wait_for "$TMP/port"
    # shellcheck disable=SC2034 # for the test
    url=http://127.0.0.1:$(cat "$TMP/port")
}
