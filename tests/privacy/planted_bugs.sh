#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fourteen planted bugs of the kinds that have broken such systems (trust review, P-18): each is put
# into a scratch copy of one source, the unit test that should object is built with it against the
# library of build/release, and has to end red. Unchanged, all of these tests have to pass the same
# way. RECORD=1 puts the count into tests/quality/results.csv.
# Usage: tests/privacy/planted_bugs.sh, after tools/build release
. "$(dirname "$0")/../lib.sh"
. "$SOURCE/tests/privacy/record.sh"
BUILD=${BUILD:-$SOURCE/build/release}
[ -e "$BUILD/build.ninja" ] || skip "$BUILD is not there; tools/build release makes it"

# What the build itself links a unit test with, our two libraries first.
libraries() {
    awk '/^build tests\/test_cells:/ { here = 1 }
        here && /LINK_LIBRARIES/ { sub(/.*= /, ""); print; exit }' "$BUILD/build.ninja"
}
compile() { # SOURCE OUT
    cc -std=gnu17 -O1 -D_GNU_SOURCE '-DCLIO_VERSION="0"' -I"$SOURCE/src" -I"$SOURCE/include" \
        -I"$SOURCE/tests" -I"$SOURCE/$(dirname "$file")" -fno-math-errno -ffp-contract=off \
        -include "$SOURCE/src/base/banned.h" -c "$1" -o "$2"
}
build() { # the test with $TMP/changed.c in the place of the library's own
    compile "$TMP/changed.c" "$TMP/changed.o"
    file=tests/unit compile "$SOURCE/tests/unit/$test.c" "$TMP/test.o"
    # shellcheck disable=SC2046
    (cd "$BUILD" && c++ "$TMP/test.o" "$TMP/changed.o" $(libraries) -o "$TMP/$test")
}
n=0 n_found=0
# plant TEST FILE WHAT SED-EXPRESSION
plant() {
    test=$1 file=$2
    n=$((n + 1))
    cp "$SOURCE/$file" "$TMP/changed.c"
    build
    "$TMP/$test" >"$TMP/out" 2>&1 || fail "$test is red without any bug: $(tail -n 3 "$TMP/out")"
    sed -E "$4" "$SOURCE/$file" >"$TMP/changed.c"
    if cmp -s "$SOURCE/$file" "$TMP/changed.c"; then fail "nothing was planted: $3"; fi
    build
    if timeout 120 "$TMP/$test" >"$TMP/out" 2>&1; then
        printf 'MISSED  %s (%s)\n' "$3" "$test"
    else
        n_found=$((n_found + 1))
        printf 'found   %s (%s)\n' "$3" "$test"
    fi
}

plant test_threshold src/privacy/threshold.c "a floor that is off by one" \
    's/(count->n_conversations >= floors->min_conversations)/\1 - 1/'
plant test_cells src/base/noise.c "noise that is used for other counts, too" \
    's/(&named, str_make\(counts, )size\)/\10)/'
plant test_noise src/base/noise.c "a path through floating point" \
    's/wide_exp\(n, off \* off, divisor\)/(double)noise_below(n, 1u << 20) < 1048576 * '\
'__builtin_exp(-(double)(off * off) \/ (double)divisor)/'
plant test_noise src/base/noise.c "bits with a bias" \
    's/^        if \(x < bound\)/        x = x % bound;\n        if (x < bound)/'
plant test_noise src/base/noise.c "a zero with two signs" \
    's/if \(negative && size == 0\)/if (negative \&\& size > 1u << 30)/'
plant test_noise src/base/noise.c "noise of a smaller scale" \
    's/(uint64_t size = \(u \+ num \* v\)) \/ den;/\1 * 9 \/ (10 * den);/'
plant test_dp_draw src/dp/dp_plan.c "a sensitivity that is too small" \
    's/\.sizes = share_out\(1, most \* most,/.sizes = share_out(1, 1,/'
plant test_ledger src/privacy/ledger.c "a query that is not charged" \
    's/\(size_t i = 0; i < (released\[tree\]\.n_costs;)/(size_t i = 1; i < \1/'
plant test_ledger src/privacy/ledger.c "noise from a seed that is published" \
    's/if \(released\[tree\]\.seeded\)/if (released[tree].seeded \&\& budget < 0)/'
plant test_ledger src/privacy/ledger.c "releases that do not add up" \
    's/budget_add\(rho, before->rho\)/rho/'
plant test_ledger src/privacy/ledger.c "a further tree that costs nothing" \
    's/\(size_t tree = 0; tree < n; tree\+\+\)/(size_t tree = 0; tree < 1; tree++)/'
plant test_budget src/dp/dp_plan.c "a budget that every tree has whole" \
    's/(delta - delta \/ SELECTION_PART\)) \/ n;/\1;/'
plant test_threshold src/privacy/threshold.c "sizes without noise" \
    's/if \(!noise->is_on \|\| !kept\[i\]\)/if (kept[i] || !noise->is_on)/'
plant test_cells src/privacy/cells.c "a rest that is had by subtraction" \
    's/n_shown > 0 && !is_rest_safe/n_shown > 99 \&\& !is_rest_safe/'
echo "$n_found of $n planted bugs are found"
record "planted bugs in gates, noise and ledger" "missed" $((n - n_found)) "$n"
[ "$n_found" = "$n" ] || fail "a test looks away"
