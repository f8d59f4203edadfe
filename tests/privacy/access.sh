#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Who may look, at full size (minutes): tamperings of the log that are not found, looks that the log
# has too many or too few of, combinations of role, address and session that get what they should
# not, forged posts and names of other hosts that are let in. Each program fails when it is not
# none; with RECORD=1 the figures go to tests/quality/results.csv. BUILD: build/release.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
BUILD=${BUILD:-$SOURCE/build/release}
cd "$SOURCE"
export CLIO_TAMPERINGS=${TAMPERINGS:-10000} CLIO_LOOK_SESSIONS=${SESSIONS:-10000}
run() {
    [ -x "$BUILD/tests/$1" ] || skip "$BUILD/tests/$1 (tools/build makes it)"
    "$BUILD/tests/$1" >"$TMP/$1" 2>&1 || { tail -n 20 "$TMP/$1"; fail "$1"; }
}
count() { sed -n "s/^\([0-9]*\) $2.*/\1/p" "$TMP/$1"; } # of the line that the program prints
for program in test_access_log test_permit test_gate; do run $program; done
n=$(count test_access_log tamperings)
record "access" "tamperings of the log not found" 0 "$n"
n=$(sed -n 's/.* sessions, \([0-9]*\) looks.*/\1/p' "$TMP/test_permit")
record "access" "looks shown and not logged once" 0 "$n"
n=$(count test_gate combinations)
record "access" "role, address and session answered wrongly" 0 "$n"
n=$(count test_gate 'forged posts')
record "access" "forged posts let in" 0 "$n"
n=$(count test_gate names)
record "access" "names of other hosts let in" 0 "$n"
cat "$TMP/test_access_log" "$TMP/test_permit" "$TMP/test_gate" | grep -E '^[0-9]+ '
