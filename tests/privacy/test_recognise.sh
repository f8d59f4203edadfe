#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# IDS (2,000) made-up numbers, keys and contacts of each of 40 families (ids.py), in sentences: the
# scanner finds all of those that carry check digits, and 99 in 100 of the others (P-11, P-14).
# Then cases written after the families of two public sets of recognisers (conformance.tsv; forms as
# {x32} are filled with so many hex digits): 99 in 100 are found, and everyday texts are let be.
# RECORD=1 puts a row a family into tests/quality/results.csv; with REFUSE=1 also how many wrong
# digits and swaps of neighbours the check digits refuse (test_id_family, IDS numbers each), with
# REFUSE=only nothing else.
# Usage: tests/privacy/test_recognise.sh [FAMILY…]
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
need CLIO
need_tool python3
tools=$(dirname "$CLIO")/tests
find_made_up() {
    python3 "$SOURCE/tests/privacy/ids.py" "${IDS:-2000}" "$@" |
        "$tools/tool_recognise" show 2>"$TMP/missed" >"$TMP/counts"
    families=0
    while IFS=$'\t' read -r family type n found plain; do
        families=$((families + 1))
        printf '%s: %s of %s found, %s of them as a plain number\n' "$family" "$found" "$n" "$plain"
        record "made-up $family" "found by the scanner" "$found" "$n"
        bar=99
        [ "$type" != c ] || bar=100
        [ $((100 * found)) -ge $((bar * n)) ] || {
            cat "$TMP/missed" >&2
            fail "$family: $found of $n found, $bar in 100 are wanted"
        }
    done <"$TMP/counts"
    [ $# -gt 0 ] || [ "$families" -ge 40 ] || fail "only $families families were tried"
}
# Fills {a24}: letters and digits; t: - and _, too, l: small ones, u: capitals, x: hex, c: letters.
fill() {
    python3 -c '
import random, re, string as s, sys
random.seed(1)
sets = {"a": s.ascii_letters + s.digits, "t": s.ascii_letters + s.digits + "_-", "d": s.digits,
        "l": s.ascii_lowercase + s.digits, "u": s.ascii_uppercase + "234567", "c": s.ascii_letters,
        "x": "0123456789abcdef"}
for line in sys.stdin:
    fill = lambda m: "".join(random.choices(sets[m[1]], k=int(m[2])))
    print(re.sub(r"\{([a-z])(\d+)\}", fill, line), end="")'
}
conform() {
    fill <"$SOURCE/tests/privacy/conformance.tsv" |
        "$tools/tool_recognise" show 2>"$TMP/missed" >"$TMP/counts"
    read -r n found let_be of < <(awk -F'\t' '$2 == "p" { n += $3; found += $4 }
        $2 == "n" { of += $3; let_be += $4 } END { print n, found, let_be, of }' "$TMP/counts")
    echo "conformance: $found of $n found, $let_be of $of everyday texts let be"
    record "conformance, families of two public sets" "found by the scanner" "$found" "$n"
    record "conformance, everyday texts" "let be" "$let_be" "$of"
    { [ "$n" -ge 200 ] && [ $((100 * found)) -ge $((99 * n)) ] && [ "$let_be" = "$of" ]; } || {
        cat "$TMP/missed" >&2
        fail "conformance: $found of $n found, $let_be of $of let be"
    }
}
[ "${REFUSE:-}" = only ] || find_made_up "$@"
[ "${REFUSE:-}" = only ] || [ $# -gt 0 ] || conform
[ "${REFUSE:-}" ] || exit 0
IDS=${IDS:-20000} "$tools/test_id_family" >"$TMP/refused" || fail "test_id_family"
digits_and_swaps='([0-9]+) of ([0-9]+) wrong digits, ([0-9]+) of ([0-9]+) swaps'
sed -nE "s/^(.*): refused $digits_and_swaps\$/\1\t\2\t\3\t\4\t\5/p" "$TMP/refused" >"$TMP/rates"
while IFS=$'\t' read -r family digits n swaps of; do
    printf '%s: refused %s of %s wrong digits, %s of %s swaps\n' "$family" "$digits" "$n" "$swaps" \
        "$of"
    record "made-up $family" "wrong digits refused" "$digits" "$n"
    record "made-up $family" "swaps of neighbours refused" "$swaps" "$of"
done <"$TMP/rates"
