#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `clio audit` as the gate before a release: it passes what the line made, shows the funnel, changes
# nothing, and ends with 3 for whatever was changed behind its back. While a run is under way it is
# the stage.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 python3 jq
python3 "$SOURCE/tests/corpus.py" 600 | python3 -c '
import json, sys
for i, line in enumerate(sys.stdin):
    record = json.loads(line)
    if i % 10 == 0:
        record["text"] += f" Write to person{i}@mail.example or call +49 171 55{i:05d}."
    print(json.dumps(record))' >"$TMP/corpus.jsonl"
"$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/run" --profile none --quiet
sqlite3 "$TMP/run/atlas.db" .dump >"$TMP/before"
expect_exit 0 "$CLIO" audit "$TMP/run"
expect_text "$TMP/out" "ok "
expect_no_text "$TMP/out" FAIL
sqlite3 "$TMP/run/atlas.db" .dump >"$TMP/after"
expect_same "$TMP/before" "$TMP/after"
expect_exit 0 "$CLIO" audit "$TMP/run" --json
jq -e '.funnel[0].private >= 40 and .funnel[0].low > 0.05 and .funnel[1].private == 0 and
    .funnel[2].private == 0 and .funnel[2].n > 20 and ([.gates[].n] | min) > 0 and
    ([.gates[].faults] | add) == 0' "$TMP/out" >/dev/null || fail "the funnel: $(cat "$TMP/out")"
expect_exit 0 "$CLIO" status "$TMP/run"
expect_no_text "$TMP/out" waiting

tamper() { # GATE STATEMENT: one fault of this gate at least
    cp "$TMP/run/atlas.db" "$TMP/good"
    sqlite3 "$TMP/run/atlas.db" "$2"
    expect_exit 3 "$CLIO" audit "$TMP/run"
    grep -qE "^FAIL .*: $1" "$TMP/out" || fail "not seen as \"$1\": $2"
    expect_text "$TMP/err" "do not publish it"
    mv "$TMP/good" "$TMP/run/atlas.db"
}
tamper "the scanner finds" "UPDATE cluster SET title = 'Ask ada.byron@mail.example' WHERE id = 1"
tamper "the atlas says" "UPDATE cluster SET summary = summary || ' Also gardens.' WHERE id = 2"
tamper "the atlas says" "DELETE FROM cluster WHERE id = (SELECT max(id) FROM cluster)"
tamper "phrases are" "UPDATE cluster_phrase SET phrase = 'another garden' WHERE rank = 1"
tamper "clusters meet" "UPDATE cluster SET n_accounts = 4 WHERE id = 3"
tamper "values of" "UPDATE corpus_facet SET value = 'Quorvish' WHERE facet = 'language'"
# every other table, too: texts, counts, values, and what is no part of an atlas
tamper "the scanner finds" "INSERT INTO release VALUES (1, NULL, 600, 3); INSERT INTO lineage VALUES
    (1, 0, 'died', 9, NULL, 'Anna Meier anna.meier@mail.example', 1)"
tamper "what became of whom" "INSERT INTO release VALUES (1, NULL, 600, 3);
    INSERT INTO lineage VALUES (1, 0, 'died', 9, NULL, 'Garden work', 1)"
tamper "every table" "UPDATE run_info SET value = 'ada.byron@mail.example' WHERE key = 'embedder'"
tamper "every table" "INSERT INTO run_info VALUES ('note_facet_ada', 'ada.byron@mail.example')"
tamper "every table" "INSERT INTO run_info VALUES ('ada', 'yes')"
tamper "every table" "UPDATE run_info SET value = '1' WHERE key = 'min_conversations'"
tamper "every table" "UPDATE run_info SET value = '17' WHERE key = 'n_unclustered'"
tamper "every table" "INSERT INTO tree_info VALUES (2, 'clustered_facet', 'Anna Meier')"
tamper "every table" "UPDATE stage SET n_in = n_in + 1 WHERE name = 'ingest'"
tamper "every table" "UPDATE stage SET name = 'Anna Meier' WHERE name = 'map'"
tamper "every table" "UPDATE cluster_phrase SET support = 1 WHERE rank = 1"
tamper "every table" "UPDATE cluster_measure SET value = 0.7312"
tamper "every table" "UPDATE cluster_measure SET measure = 'Anna Meier' WHERE cluster_id = (
    SELECT max(cluster_id) FROM cluster_measure)"
tamper "every table" "UPDATE period SET first_day = 'Anna Meier' WHERE i_period = 1"
tamper "every table" "CREATE TABLE note (text TEXT)"
tamper "every table" "ALTER TABLE period ADD COLUMN note TEXT"
tamper "every table" "DROP VIEW languages; CREATE VIEW languages AS SELECT 'Anna Meier' AS language"
tamper "values of" "UPDATE facet_pair SET n_conversations = 1"
tamper "values of" "UPDATE facet_pair SET value_a = '4711'
    WHERE value_b = (SELECT max(value_b) FROM facet_pair)"
tamper "values of" "UPDATE period SET n_conversations = 1 WHERE n_conversations IS NOT NULL"
tamper "values of" "UPDATE cluster_period SET n_conversations = 1"
tamper "the atlas says" "INSERT INTO cluster SELECT id + 1000, NULL, level, withheld, 'Garden',
    'People asked about gardens.', n_conversations, n_accounts, share, x, y, 9 FROM cluster
    WHERE id = 1"
tamper "phrases are" "INSERT INTO cluster_phrase VALUES (4711, 1, 'garden', 10)"
expect_exit 0 "$CLIO" audit "$TMP/run"

# a title that the vault itself holds, but that no gate would pass
cp -r "$TMP/run" "$TMP/vault"
sqlite3 "$TMP/vault/vault.db" "UPDATE verdict SET title = 'Quorvath of Zembla'"
sqlite3 "$TMP/vault/atlas.db" "UPDATE cluster SET title = 'Quorvath of Zembla'"
expect_exit 3 "$CLIO" audit "$TMP/vault"
grep -qE "^FAIL .*: titles and summaries" "$TMP/out" || fail "a text that no gate would pass passed"

rm "$TMP/run/atlas.db" # the run is not finished: this is the stage
expect_exit 0 "$CLIO" audit "$TMP/run"
[ ! -s "$TMP/out" ] || fail "the stage wrote a report"
expect_exit 66 "$CLIO" audit "$TMP/none"
expect_exit 2 "$CLIO" audit
