#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A program that has a vault open leaves no core, however generous the shell is.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3
ulimit -S -c "$(ulimit -H -c)"
[ "$(ulimit -c)" != 0 ] || {
    echo "this machine allows no core at all, so there is nothing to forbid"
    exit 0
}
python3 "$SOURCE/tests/corpus.py" 2000 >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet &
pid=$!
at_exit "kill $pid 2>/dev/null || true"
limit=unknown
for _ in $(seq 100); do
    [ -e "$TMP/run/vault.db" ] && limit=$(awk '/core file/ { print $5 }' "/proc/$pid/limits")
    [ "$limit" = 0 ] && break
    sleep 0.05
done
kill $pid
wait $pid || true
[ "$limit" = 0 ] || fail "with a vault open the limit of a core is $limit"
