#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A provider that tries to leak a secret in 23 disguises (tests/tool/tool_hostile.c): none may come
# out. HOSTILE is the number of trials; with RECORD=1 rows go to tests/quality/results.csv.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
HOSTILER=${HOSTILER:-$(dirname "$CLIO")/tests/tool_hostile}
need HOSTILER
n=${HOSTILE:-11000}
"$HOSTILER" "$n" >"$TMP/hostile"
read -r out _ _ _ open _ < <(tail -n 1 "$TMP/hostile")
[ "$(wc -l <"$TMP/hostile")" -ge 21 ] || fail "fewer than 20 disguises were tried"
[ "$out" = 0 ] || {
    grep -v '^0' "$TMP/hostile" >&2
    fail "$out of $n secrets were published"
}
[ $((2 * open)) -gt "$n" ] || fail "without the gates only $open of $n came out: no test"
record "hostile provider, 23 disguises" "secrets published" "$out" "$n"
record "hostile provider, 23 disguises" "secrets in the texts it wrote" "$open" "$n"
tail -n 1 "$TMP/hostile"
