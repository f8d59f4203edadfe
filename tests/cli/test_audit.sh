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
(cd "$TMP/run" && sha256sum *.db *.key) >"$TMP/sums"
expect_exit 0 "$CLIO" audit "$TMP/run"
expect_text "$TMP/out" "ok "
expect_text "$TMP/out" "Privacy: guarded"
expect_no_text "$TMP/out" FAIL
sqlite3 "$TMP/run/atlas.db" .dump >"$TMP/after"
expect_same "$TMP/before" "$TMP/after"
(cd "$TMP/run" && sha256sum *.db *.key) | cmp - "$TMP/sums" || fail "audit wrote into the run"
expect_exit 0 "$CLIO" audit "$TMP/run" --json
jq -e '.funnel[0].private >= 40 and .funnel[0].low > 0.05 and .funnel[1].private == 0 and
    .funnel[2].private == 0 and .funnel[2].n > 20 and ([.gates[].n] | min) > 0 and
    ([.gates[].faults] | add) == 0' "$TMP/out" >/dev/null || fail "the funnel: $(cat "$TMP/out")"
jq -e '.privacy == "guarded"' "$TMP/out" >/dev/null || fail "the report does not name the mode"
for name in atlas.db.again atlas.db.again.new; do # as a killed audit leaves them
    cp "$TMP/run/atlas.db" "$TMP/run/$name"
done
expect_exit 0 "$CLIO" tree "$TMP/run"
expect_text "$TMP/out" "Gates: scanner, bound, near copies, cap, floors, "
expect_exit 0 "$CLIO" status "$TMP/run"
expect_text "$TMP/out" "Privacy: guarded"
expect_no_text "$TMP/out" waiting
[ "$(ls "$TMP/run" | grep -c again)" = 0 ] || fail "what a killed audit left is still there"
"$CLIO" status "$TMP/run" --json | jq -e '.privacy == "guarded"' >/dev/null || fail "status --json"
"$CLIO" diff "$TMP/run" "$TMP/run" >"$TMP/out"
expect_text "$TMP/out" "after   privacy: guarded; clusters"
"$CLIO" diff "$TMP/run" "$TMP/run" --json | jq -e '.privacy_before == "guarded" and
    .privacy_after == "guarded"' >/dev/null || fail "diff --json"

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
tamper "the scanner finds" "UPDATE corpus_facet SET value = 'ada.byron@mail.example'
    WHERE facet = 'language'"
tamper "the scanner finds" "UPDATE cluster_facet SET facet = 'Anna Meier' WHERE facet = 'turns'"
tamper "the scanner finds" "UPDATE facet_pair SET value_b = '+49 171 5550123'
    WHERE value_b = (SELECT max(value_b) FROM facet_pair)"
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
# Numbers that hold to every floor and every form, but are not those that the vault makes: the run's
# own texts and people stay as they are, so no other gate can see them.
forge() { # WHERE STATEMENT…: what the gate names, and nothing that the vault alone knows
    where=$1
    shift
    tamper "the atlas is, row for row, .*: not $where" "$@"
}
forge "cluster \(cluster 3\)" "UPDATE cluster SET n_conversations = n_conversations + 7
    WHERE id = 3"
forge "cluster \(cluster 1\)" "UPDATE cluster SET x = x + 0.0009765625, y = 0.5 WHERE id = 1"
forge "cluster_facet \(cluster 5\)" "INSERT INTO cluster_facet VALUES
    (5, 'language', 'Spanish', 16, 0.2)"
forge "cluster_period \(cluster 5\)" "INSERT OR REPLACE INTO cluster_period VALUES (5, 0, 17)"
forge "cluster_phrase \(cluster [0-9]+\)" "UPDATE cluster_phrase SET support = 500 WHERE rank = 1"
forge "period" "UPDATE period SET n_conversations = coalesce(n_conversations, 10) + 5"
forge "facet_pair" "INSERT OR REPLACE INTO facet_pair VALUES
    ('language', 'Spanish', 'concern', 'none', 20)"
forge "density" "UPDATE density SET weight = 0.5"
forge "run_info" "UPDATE run_info SET value = '2031-01-01' WHERE key = 'last_day'"
forge "run_info" "UPDATE run_info SET value = '0.000001' WHERE key = 'leak_bound_95'"
forge "run_info" "UPDATE run_info SET value = '99999' WHERE key = 'n_audited'"
forge "run_info" "UPDATE run_info SET value = '0.1' WHERE key = 'noise_conversations'"
forge "run_info" "UPDATE run_info SET value = 'scanner.floors' WHERE key = 'gates'"
forge "bytes" "CREATE TABLE secret (text); INSERT INTO secret VALUES ('secret'); DROP TABLE secret"
cp "$TMP/run/atlas.db" "$TMP/good"
echo secret >>"$TMP/run/atlas.db"
expect_exit 3 "$CLIO" audit "$TMP/run"
expect_text "$TMP/out" ": not bytes of the file"
mv "$TMP/good" "$TMP/run/atlas.db"
# the sizes as they are, in place of noisy ones; and the same gate in the mode without noise
exact="ATTACH '$TMP/run/vault.db' AS v; UPDATE cluster AS c SET n_conversations = (SELECT count(*)
    FROM v.placed p JOIN v.verdict d ON d.node_id = p.cluster_id WHERE d.title = c.title)
    WHERE level = 0"
forge "cluster \(cluster [0-9]+\)" "$exact"
[ ! -e "$TMP/run/atlas.db.again" ] || fail "the atlas made once more is left"
expect_exit 0 "$CLIO" audit "$TMP/run"

# a language of the closed list that reads like a given and a family name is no person's
jq -c 'if (.id | explode | add) % 3 == 0 then .language = "Luba Lulua" else . end' \
    "$TMP/corpus.jsonl" >"$TMP/luba.jsonl"
"$CLIO" run "$TMP/luba.jsonl" --out "$TMP/local" --profile none --privacy local --quiet
[ "$(sqlite3 "$TMP/local/atlas.db" "SELECT n_conversations > 100 FROM corpus_facet WHERE
    facet = 'language' AND value = 'Luba Lulua'")" = 1 ] || fail "no such language"
expect_exit 0 "$CLIO" audit "$TMP/local"
sqlite3 "$TMP/local/atlas.db" "UPDATE cluster SET n_conversations = n_conversations + 7
    WHERE level = 0"
expect_exit 3 "$CLIO" audit "$TMP/local"
expect_text "$TMP/out" ": not cluster (cluster "

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
