#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An encrypted vault is begun and the program killed before one of its first writes, each in turn:
# the same command then begins it or goes on. A block of which only a part was there would be
# taken for damaged, for ever.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
failing=$(dirname "$CLIO")/tests/libfailing.so
[ -e "$failing" ] || skip "libfailing.so is not built (sanitizers bring an allocator of their own)"
python3 "$SOURCE/tests/corpus.py" 20 >"$TMP/corpus.jsonl"
begin() { # DIR
    "$CLIO" ingest "$TMP/corpus.jsonl" --out "$1" --profile none --vault-key "$TMP/key" --quiet
}
begin "$TMP/calm"
n_killed=0
for at in $(seq "${WRITES:-12}"); do
    status=0
    LD_PRELOAD=$failing FAIL_CALL=write FAIL_AT=$at FAIL_HOW=kill begin "$TMP/$at" \
        2>"$TMP/err" || status=$?
    [ $status = 137 ] || fail "before write $at: ended with $status: $(cat "$TMP/err")"
    n_killed=$((n_killed + 1))
    begin "$TMP/$at" 2>"$TMP/err" || fail "killed before write $at, then: $(cat "$TMP/err")"
done
echo "$n_killed kills while a vault is begun, each gone on from"
