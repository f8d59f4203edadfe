#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio scan: says where and what, never the text; JSON lines are JSON; nothing found is exit code 1.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool jq python3 gzip iconv
cat >"$TMP/notes.txt" <<'END'
A plain line about gardens.
Write to ada.byron@example.org or call +49 30 1234567.
The card is 4111 1111 1111 1111, the codice fiscale RSSMRA85T10A562S.
Aadhaar 2341 2341 2346 and NIE X1234567L.
END
"$CLIO" scan "$TMP/notes.txt" >"$TMP/found"
expect_text "$TMP/found" "e-mail address"
expect_text "$TMP/found" "phone number"
expect_text "$TMP/found" "card number"
expect_text "$TMP/found" "codice fiscale (Italy)"
expect_text "$TMP/found" "Aadhaar (India)"
expect_text "$TMP/found" "NIE (Spain)"
if grep -Eq 'ada|1111|RSSMRA|X1234567L' "$TMP/found"; then fail "the text itself is shown"; fi
"$CLIO" scan "$TMP/notes.txt" --json | jq -r '"\(.offset) \(.line) \(.bytes) \(.kind)"' >"$TMP/json"
[ "$(wc -l <"$TMP/json")" = "$(wc -l <"$TMP/found")" ] || fail "JSON has another number of lines"
# what it says of places is right
read -r offset line bytes _ < <(grep 'e-mail' "$TMP/json")
[ "$line" = 2 ] || fail "the address is said to be in line $line"
[ "$(tail -c +$((offset + 1)) "$TMP/notes.txt" | head -c "$bytes")" = ada.byron@example.org ] ||
    fail "offset $offset and length $bytes are not those of the address"
echo "a line about gardens" >"$TMP/clean.txt"
expect_exit 1 "$CLIO" scan "$TMP/clean.txt"
expect_exit 66 "$CLIO" scan "$TMP/none.txt"
# pipes and standard input are read to their end; what is no text is refused, not called clean
"$CLIO" scan <(cat "$TMP/notes.txt") >"$TMP/piped" || fail "a pipe was not read"
expect_same "$TMP/found" "$TMP/piped"
"$CLIO" scan - <"$TMP/notes.txt" >"$TMP/piped" || fail "- was not read"
expect_same "$TMP/found" "$TMP/piped"
cat "$TMP/notes.txt" | "$CLIO" scan /dev/stdin >"$TMP/piped" || fail "/dev/stdin was not read"
expect_same "$TMP/found" "$TMP/piped"
gzip -k "$TMP/notes.txt"
expect_exit 65 "$CLIO" scan "$TMP/notes.txt.gz"
expect_text "$TMP/err" "use: zcat FILE | clio scan -"
iconv -f UTF-8 -t UTF-16 "$TMP/notes.txt" >"$TMP/wide16.txt"
expect_exit 65 "$CLIO" scan "$TMP/wide16.txt"
expect_text "$TMP/err" "is UTF-16"
iconv -f UTF-8 -t UTF-16LE "$TMP/notes.txt" >"$TMP/wide16.txt"
expect_exit 65 "$CLIO" scan "$TMP/wide16.txt"
expect_text "$TMP/err" "is not text"
: >"$TMP/empty.txt"
expect_exit 66 "$CLIO" scan "$TMP/empty.txt"
# far into a long file
{
    for _ in $(seq 3000); do echo "another line about gardens and weather"; done
    echo "x@example.org"
} >"$TMP/long.txt"
[ "$("$CLIO" scan "$TMP/long.txt" | cut -f 2)" = 3001 ] || fail "the wrong line of a long file"
# one line without an end, with a number where the parts of the file meet: every place of it
for shift in 0 1 5 9 12 17; do
    python3 -c "
text = ('garden ' * 2400)[:16384 - $shift]
print(text[:-1] + ' +49 30 1234567 and ' + 'weather ' * 3000, end='')" >"$TMP/wide.txt"
    [ "$("$CLIO" scan "$TMP/wide.txt" --json | jq -r '"\(.offset) \(.bytes)"')" = \
        "$((16384 - shift)) 14" ] || fail "a number $shift bytes before the end of a part is missed"
done
