#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# record.py: a row of more trials is not replaced by one of fewer, unless RECORD_SMALLER=1.
. "$(dirname "$0")/../lib.sh"
need_tool python3
record() { python3 "$SOURCE/tests/privacy/record.py" "$TMP/rows" "$@" 2>"$TMP/err"; }
printf 'case,metric,value,low,high,n,date\nother,found,1,0,2,9,2026-01-01\n' >"$TMP/rows"
record long found 0 10000
expect_text "$TMP/rows" 'long,found,0,0,3,10000,'
record long found 1 400
expect_text "$TMP/rows" 'long,found,0,0,3,10000,'
expect_no_text "$TMP/rows" ',400,'
expect_text "$TMP/err" 'kept, 400 trials are fewer'
record long found 2 20000
grep -qE '^long,found,2,.*,20000,' "$TMP/rows" || fail 'a larger row did not replace one'
RECORD_SMALLER=1 record long found 1 400
grep -qE '^long,found,1,.*,400,' "$TMP/rows" || fail 'RECORD_SMALLER did not replace'
[ "$(wc -l <"$TMP/rows")" = 3 ] || fail "a row was lost or doubled"
