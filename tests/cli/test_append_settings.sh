#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run that grew stands every change: another seed and another version of the program make it anew
# from what was read, without the files; settings that would have it read anew are refused before a
# row goes; it grows on afterwards; and a log without ids may be given again.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3

python3 "$SOURCE/tests/corpus.py" 540 >"$TMP/all.jsonl"
head -n 300 "$TMP/all.jsonl" >"$TMP/old.jsonl"
sed -n 301,420p "$TMP/all.jsonl" >"$TMP/new.jsonl"
tail -n 120 "$TMP/all.jsonl" >"$TMP/later.jsonl"
run() { "$CLIO" run --out "$TMP/run" --quiet "$@"; }
vault() { sqlite3 "$TMP/run/vault.db" "$1"; }
n_done() { "$CLIO" status "$TMP/run" --json | grep -o '"state":"done"' | wc -l; }
whole() { # N CONVERSATIONS: the line is done, and every one of them has its facets
    [ "$(n_done)" = 11 ] || fail "$(n_done) of 11 stages are done"
    [ "$(vault 'SELECT count(*) FROM conversation')" = "$1" ] || fail "conversations went"
    [ "$(vault "SELECT count(*) FROM facet_value WHERE facet = 'turns'")" = \
        "$(vault 'SELECT count(*) FROM conversation WHERE seq NOT IN
            (SELECT seq FROM copy UNION SELECT seq FROM left_out)')" ] || fail "facets are missing"
    "$CLIO" audit "$TMP/run" >/dev/null || fail "the release does not pass the gates"
}

"$CLIO" run "$TMP/old.jsonl" --out "$TMP/run" --quiet --profile none --min-conversations 8 \
    --min-accounts 3
"$CLIO" append "$TMP/run" "$TMP/new.jsonl" --quiet >/dev/null
rm "$TMP/old.jsonl" "$TMP/new.jsonl"

# What would have it read anew is refused, and nothing changes.
sqlite3 "$TMP/run/vault.db" .dump >"$TMP/before.sql"
for setting in '--where text~recipe' '--limit 50' '--sample 50' '--map text=words' \
    '--account-from id' '--strict'; do
    # shellcheck disable=SC2086
    expect_exit 2 run $setting
    expect_text "$TMP/err" 'what it read stays as it was read'
done
expect_exit 2 "$CLIO" append "$TMP/run" "$TMP/later.jsonl" --limit 50
expect_text "$TMP/err" 'reads its files whole; leave --limit out'
sqlite3 "$TMP/run/vault.db" .dump >"$TMP/after.sql"
expect_same "$TMP/before.sql" "$TMP/after.sql"

# Another seed, and another version of the program: all but reading is done anew.
expect_exit 0 run --seed 7
whole 420
vault "UPDATE stage_run SET fingerprint = 'of another version of the program'"
expect_exit 0 run
whole 420
expect_exit 0 "$CLIO" append "$TMP/run" "$TMP/later.jsonl" --json
expect_text "$TMP/out" '"outcome":"released"'
whole 540

# A log whose records have no ids, given again with what came since: only that is new.
sed 's/"id": "[^"]*", //' "$TMP/all.jsonl" >"$TMP/anonymous.jsonl"
head -n 300 "$TMP/anonymous.jsonl" >"$TMP/log.jsonl"
"$CLIO" run "$TMP/log.jsonl" --out "$TMP/log" --quiet --profile none --min-conversations 8 \
    --min-accounts 3
n_before=$(sqlite3 "$TMP/log/vault.db" 'SELECT count(*) FROM conversation')
expect_exit 0 "$CLIO" append "$TMP/log" "$TMP/log.jsonl" --json
expect_text "$TMP/out" '"outcome":"nothing"'
cat "$TMP/anonymous.jsonl" >"$TMP/log.jsonl"
expect_exit 0 "$CLIO" append "$TMP/log" "$TMP/log.jsonl" --json
expect_text "$TMP/out" '"outcome":"released","n_read":240'
[ "$(sqlite3 "$TMP/log/vault.db" 'SELECT count(*) FROM conversation')" = $((n_before + 240)) ] ||
    fail "what was there is there twice"
