#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exports as people have them that are near a format and are none: what is said, and that it helps.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 jq
run() { "$CLIO" run "$1" --out "$TMP/run" --profile none --replace --quiet "${@:2}" 2>"$TMP/err"; }
refused() { # FILE
    rm -rf "$TMP/run"
    expect_exit 65 "$CLIO" ingest "$1" --out "$TMP/run" --profile none
}
status() { "$CLIO" status "$TMP/run" --json | jq -r "$1"; }

python3 - "$TMP" <<'PY'
import csv, json, sys
tmp = sys.argv[1]
def lines(name, rows):
    with open(f"{tmp}/{name}", "w") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
def asks(i):
    return f"Please explain how the wheel number {i % 40} of a clock turns"
rows = [{"conversation_id": f"c{i // 2}", "user_id": f"u{i // 2}", "created_at": 1700000000 + i,
         "role": "assistant" if i % 2 else "user", "content": asks(i // 2)} for i in range(80)]
lines("rows.jsonl", rows)
lines("rows_text.jsonl", [{**row, "text": row["content"]} for row in rows])
with open(f"{tmp}/rows.csv", "w", newline="") as out:
    table = csv.DictWriter(out, rows[0])
    table.writeheader()
    table.writerows(rows)
with open(f"{tmp}/rows_text.csv", "w", newline="") as out:
    table = csv.writer(out)
    table.writerow(["id", "role", "text"])
    table.writerows([i, row["role"], row["content"]] for i, row in enumerate(rows))
bare = [[{"role": "user", "content": asks(i)}] for i in range(40)]
json.dump(bare, open(f"{tmp}/lists.json", "w"))
lines("lists.jsonl", bare)
json.dump([asks(i) for i in range(40)], open(f"{tmp}/texts.json", "w"))
lines("camel.jsonl", [{"id": i, "userId": f"u{i}", "createdAt": "2024-05-06T07:08:09Z",
                       "messages": [{"role": "user", "content": asks(i)}]} for i in range(40)])
lines("bodies.jsonl", [{"id": i, "messages": [{"sender": "customer", "said": asks(i)}]}
                       for i in range(40)])
lines("author.jsonl", [{"id": i, "from": f"u{i}@example.org", "text": asks(i)} for i in range(40)])
with open(f"{tmp}/nan.jsonl", "w") as out:
    out.writelines('{"id": %d, "score": NaN, "text": "%s"}\n' % (i, asks(i)) for i in range(40))
with open(f"{tmp}/python.jsonl", "w") as out:
    out.writelines(str({"id": i, "text": asks(i)}) + "\n" for i in range(40))
lines("copies.jsonl", [{"id": i, "user": f"u{i}", "text": asks(i)} for i in range(120)])
PY

# one message a record is no conversation; the line that is told puts them together
for rows in rows rows_text; do
    refused "$TMP/$rows.jsonl"
    expect_text "$TMP/err" "one message of a conversation; put those of a conversation together: jq"
    command=$(sed -n "s/^clio: ingest: .* together: \(jq .*\) FILE | clio run -$/\1/p" "$TMP/err")
    bash -c "$command $TMP/$rows.jsonl" >"$TMP/together.jsonl"
    expect_exit 0 run "$TMP/together.jsonl"
    [ "$(status '.stages[0].n_out')" = 40 ] || fail "$command gives other conversations"
    [ "$(status .lacks_accounts)" = false ] || fail "$command loses the accounts"
done
refused "$TMP/rows.csv"
expect_text "$TMP/err" "one message of a conversation a row; docs/ingest.md says how"
refused "$TMP/rows_text.csv"
expect_text "$TMP/err" "the record is one message of a conversation; docs/ingest.md says how"
expect_exit 0 run "$TMP/author.jsonl" # a sender that is no role is no sign of that

# lists of messages and texts without a map around them
expect_exit 0 run "$TMP/lists.json"
[ "$(status '.stages[0].n_out')" = 40 ] || fail "a list of lists of messages is not read"
refused "$TMP/lists.jsonl"
expect_text "$TMP/err" "jq -c '{messages: .}' FILE | clio run -"
jq -c '{messages: .}' "$TMP/lists.jsonl" >"$TMP/maps.jsonl"
expect_exit 0 run "$TMP/maps.jsonl"
refused "$TMP/texts.json"
expect_text "$TMP/err" "jq -c '.[] | {text: .}' FILE | clio run -"
jq -c '.[] | {text: .}' "$TMP/texts.json" >"$TMP/maps.jsonl"
expect_exit 0 run "$TMP/maps.jsonl"

# names as JavaScript has them: an account that is not seen would be a floor that is none
expect_exit 0 run "$TMP/camel.jsonl"
[ "$(status .lacks_accounts)" = false ] || fail "userId is no account"
[ "$(sqlite3 "$TMP/run/vault.db" 'SELECT count(*) FROM conversation WHERE time IS NULL')" = 0 ] ||
    fail "createdAt is no time"

# ids without the form that the account would be taken from
rm -rf "$TMP/run"
expect_exit 65 "$CLIO" ingest "$TMP/author.jsonl" --out "$TMP/run" --account-from id-prefix
expect_text "$TMP/err" "no id ends in \"_\" and digits, as --account-from id-prefix takes"
rm -rf "$TMP/run"
expect_exit 65 "$CLIO" ingest "$TMP/lists.json" --out "$TMP/run" --account-from id-prefix
rm -rf "$TMP/run"
sed 's/"id": \([0-9]*\)/"id": "of\1_1"/' "$TMP/author.jsonl" >"$TMP/parts.jsonl"
expect_exit 0 "$CLIO" ingest "$TMP/parts.jsonl" --out "$TMP/run" --account-from id-prefix

# a text under a name that nobody knows
run "$TMP/bodies.jsonl"
expect_text "$TMP/err" "40 of 40 conversations have no text in any turn of a person"

sed 's/"text": \("[^"]*"\)/"input": {"query": \1}/' "$TMP/author.jsonl" >"$TMP/traces.jsonl"
run "$TMP/traces.jsonl" --map text=input
expect_text "$TMP/err" "40 of 40 conversations have no text in any turn of a person"

# JSON as Python's str() and its NaN
for name in nan python; do
    refused "$TMP/$name.jsonl"
    expect_text "$TMP/err" "json.dumps writes JSON"
done

# an unpacked export has files of another kind beside it
mkdir "$TMP/export"
cp "$TMP/camel.jsonl" "$TMP/export/conversations.json"
echo '{"id": "u", "email": "somebody@example.org"}' >"$TMP/export/user.json"
refused "$TMP/export"
expect_text "$TMP/err" "user.json"
expect_text "$TMP/err" "It is one of 2 files: name those that hold conversations"

# fewer come out than went in: it is said where they are
as_another="80 conversations are word for word as another one, and count once with it"
expect_exit 0 "$CLIO" run "$TMP/copies.jsonl" --out "$TMP/copies" --profile none
expect_text "$TMP/err" "$as_another"
"$CLIO" status "$TMP/copies" >"$TMP/status"
expect_text "$TMP/status" "$as_another."
"$CLIO" status "$TMP/copies" --json >"$TMP/status"
expect_text "$TMP/status" '"n_copies":80'

head -n 41 "$TMP/copies.jsonl" >"$TMP/one.jsonl"
expect_exit 0 "$CLIO" run "$TMP/one.jsonl" --out "$TMP/one" --profile none
expect_text "$TMP/err" "1 conversation is word for word as another one, and counts once with it"
# in mode dp each counts for its own account
expect_exit 0 "$CLIO" run "$TMP/copies.jsonl" --out "$TMP/dp" --profile none --privacy dp
expect_no_text "$TMP/err" "word for word"
"$CLIO" status "$TMP/dp" --json >"$TMP/status"
expect_text "$TMP/status" '"n_copies":0'
