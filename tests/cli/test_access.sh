#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# clio access: users and rules by the command, secrets never on the command line, and a log in which
# every tampering that this script knows is found.
. "$(dirname "$0")/../lib.sh"
need CLIO
run=$TMP/run
expect_exit 66 "$CLIO" access user list "$TMP/nothing"
expect_exit 66 "$CLIO" serve "$TMP/nothing" --safety
expect_text "$TMP/err" "is no run directory" # and not: begin with a user
mkdir "$run"
printf '{"text":"How do I bake bread?","user":"u1"}\n' >"$TMP/one.jsonl"
"$CLIO" ingest "$TMP/one.jsonl" --out "$run" --quiet
expect_exit 66 "$CLIO" access user list "$run"
expect_text "$TMP/err" "clio access user add"
expect_exit 66 "$CLIO" access log show "$run"
expect_text "$TMP/err" "nobody was ever given access"
add() { expect_exit "$1" "$CLIO" access user add "$run" "$2" --role "$3" <<<"$4"; }
add 0 ada safety "correct horse battery"
expect_text "$TMP/err" "clio access user totp $run ada"
add 0 root admin "a longer way to say it"
add 2 ada viewer "correct horse battery"
add 2 bob king "correct horse battery"
add 2 Bob viewer "correct horse battery"
add 2 bob viewer "short"
add 2 bob viewer "My PassWord is long"
add 2 bob viewer "this is BOB and nobody else"
expect_exit 2 "$CLIO" access user add "$run" bob --role viewer </dev/null
for role in '--role king' ''; do # said before a password is asked for
    # shellcheck disable=SC2086 # a flag and its value
    expect_exit 2 "$CLIO" access user add "$run" bob $role </dev/null
    expect_text "$TMP/err" "--role is viewer, analyst, safety or admin"
done
expect_exit 2 "$CLIO" access user add "$run" bob hunter2hunter2 --role viewer
expect_exit 0 "$CLIO" access user role "$run" ada analyst
expect_exit 0 "$CLIO" access user disable "$run" ada
expect_exit 0 "$CLIO" access user totp "$run" root
expect_text "$TMP/out" "otpauth://totp/Clio:root?secret="
secret=$(sed 's/.*secret=\([A-Z2-7]*\).*/\1/' "$TMP/out")
expect_exit 0 "$CLIO" access user list "$run"
grep -qE '^ada +analyst +no codes, disabled$' "$TMP/out" || fail "ada is not listed as she is"
grep -qE '^root +admin +codes$' "$TMP/out" || fail "root is not listed as they are"
expect_exit 2 "$CLIO" access policy set "$run" second-person 7
expect_exit 0 "$CLIO" access policy set "$run" second-person 1
expect_exit 0 "$CLIO" access policy list "$run" --json
python3 -c 'import json, sys
rules = {r["name"]: r["value"] for r in map(json.loads, sys.stdin)}
assert rules["second-person"] == rules["totp"] == 1 and rules["permit-minutes"] == 30' <"$TMP/out"
expect_exit 0 "$CLIO" access policy list "$run"
grep -qE '^second-person +1 ' "$TMP/out" || fail "the rule was not set"
[ "$(stat -c %a "$run/access.db")$(stat -c %a "$run/access.key")$(stat -c %a "$run/access.log")" = \
    600600600 ] || fail "others can read who may look"
grep -aqE "correct horse|$secret" "$run"/access.* && fail "a secret stands in a file as it is"

log() { "$CLIO" access log "$@"; }
expect_exit 0 log verify "$run"
expect_text "$TMP/out" "6 entries, whole."
anchor=$(sed -n 's/^--anchor //p' "$TMP/out")
expect_exit 0 log verify "$run" --json
[ "$(cat "$TMP/out")" = "{\"n\":6,\"anchor\":\"$anchor\"}" ] || fail "verify as JSON"
for wrong in "${anchor%?}g" "0:${anchor#*:}" "${anchor#*:}" "$anchor "; do # a slip is no tampering
    expect_exit 2 log verify "$run" --anchor "$wrong"
done
expect_exit 2 log verify "$run" --key "${anchor#*:}0"
expect_text "$TMP/err" "--key takes"
expect_exit 0 log show "$run"
[ "$(wc -l <"$TMP/out")" = 6 ] || fail "the log shows another number of entries"
expect_exit 0 log show "$run" --json
expect_text "$TMP/out" '"what":"user disabled","object":"user ada"'
cp -r "$run" "$TMP/kept"
tampered() { # NAME COMMAND…: does it to the log, expects status 3, puts the log back
    local name=$1
    shift
    "$@"
    expect_exit 3 log verify "$run"
    [ -s "$TMP/err" ] || fail "$name: nothing is said"
    cp "$TMP/kept"/access.* "$run/"
}
tampered edited sed -i '2s/root/toor/' "$run/access.log"
tampered dropped sed -i 3d "$run/access.log"
tampered reordered sed -i -n '2{h;d};3{p;g};p' "$run/access.log"
tampered cut sed -i '$d' "$run/access.log"
tampered emptied truncate -s 0 "$run/access.log"
tampered doubled sed -i 4p "$run/access.log"
tampered added sh -c "tail -n 1 '$run/access.log' | sed 's/\"n\":6/\"n\":7/' >>'$run/access.log'"
tampered beheaded rm "$run/access.head"
rm "$run"/access.log
expect_exit 66 log verify "$run"
cp "$TMP/kept"/access.* "$run/"
# all of it put back to an earlier state: only the anchor tells
expect_exit 0 "$CLIO" access user enable "$run" ada
expect_exit 0 log verify "$run" --anchor "$anchor"
now=$(sed -n 's/^--anchor //p' "$TMP/out")
cp "$TMP/kept"/access.* "$run/"
expect_exit 0 log verify "$run"
expect_exit 3 log verify "$run" --anchor "$now"
# written anew with a key of one's own: the public key that was kept tells
key=$(cat "$run/access.pub")
rm "$run"/access.*
add 0 eve admin "correct horse battery"
expect_exit 0 log verify "$run"
expect_exit 3 log verify "$run" --key "$key"
# nothing is added to a log that was tampered with
cp "$TMP/kept"/access.* "$run/"
sed -i '$d' "$run/access.log"
expect_exit 3 "$CLIO" access user enable "$run" ada
# who has no codes is named when codes are asked for, and when somebody comes after that
cp "$TMP/kept"/access.* "$run/"
add 0 kim safety "correct horse battery"
expect_exit 0 "$CLIO" access policy set "$run" totp 0
expect_no_text "$TMP/err" "has no codes"
expect_exit 0 "$CLIO" access policy set "$run" totp 1
expect_text "$TMP/err" "kim (safety) has no codes and cannot sign in"
expect_no_text "$TMP/err" "root (admin)"
add 0 lee admin "correct horse battery"
expect_text "$TMP/err" "lee (admin) has no codes"
