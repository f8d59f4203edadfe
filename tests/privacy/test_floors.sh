#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# STORES made-up vaults (10,000; 500 where the build is no release) through the publish stage and
# every export: nothing under a floor, over the cap or not in the atlas comes out (P-21). As many
# programs at once as there are processors, or JOBS, each with its share of the stores.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
need CLIO
test=${TEST:-$(dirname "$CLIO")/tests/test_export_floors}
[ -x "$test" ] || skip "$test is missing; tools/build makes it"
n=10000
case $CLIO in */release/*) ;; *) n=500 ;; esac
n=${STORES:-$n}
jobs=${JOBS:-$(nproc)} left=$n first=0 pids=()
export CLIO PAIRS=${PAIRS:-1}
for ((i = jobs; i > 0; i--)); do
    share=$((left / i))
    [ "$share" -gt 0 ] || continue
    FIRST=$first STORES=$share "$test" >"$TMP/out.$i" 2>&1 &
    pids+=($!)
    first=$((first + share)) left=$((left - share))
done
at_exit 'kill "${pids[@]}" 2>/dev/null; wait'
for pid in "${pids[@]}"; do
    wait "$pid" || { cat "$TMP"/out.* >&2; fail "a number under a floor comes out"; }
done
pids=()
done=$(cat "$TMP"/out.* | sed -n 's/^\([0-9]*\) stores, .*0 violations$/\1/p' | paste -sd+ | bc)
[ "$done" = "$n" ] || fail "$done of $n stores were looked at"
echo "$n stores through publish and every export, 0 violations"
record "floors over made-up stores, every export" "stores with a violation" 0 "$n"
