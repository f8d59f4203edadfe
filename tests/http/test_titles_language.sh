#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# --language-of-titles: facets, titles and summaries in the language that is asked for, whatever
# people wrote; a model that writes another one is told so, and then phrases stand in.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool sqlite3 jq python3
python3 "$SOURCE/tests/corpus.py" 300 >"$TMP/corpus.jsonl"
start_answerer '{"language": "German"}'
remote() { # DIR LANGUAGE
    "$CLIO" run "$TMP/corpus.jsonl" --out "$1" --profile remote --model m --auditor program \
        --quiet --language-of-titles "$2"
}
note() { sqlite3 "$1/vault.db" "SELECT coalesce(sum(value), 0) FROM stage_note WHERE key = '$2'"; }
german() { sqlite3 "$1/atlas.db" "SELECT count(*) FROM cluster WHERE title LIKE 'Fragen zu %'"; }

remote "$TMP/german" German
n=$(sqlite3 "$TMP/german/atlas.db" 'SELECT count(*) FROM cluster WHERE level = 0')
[ "$(german "$TMP/german")" -ge $((n / 2)) ] || {
    sqlite3 "$TMP/german/atlas.db" 'SELECT title, summary FROM cluster' >&2
    sqlite3 "$TMP/german/vault.db" "SELECT * FROM stage_note WHERE stage = 'describe'" >&2
    fail "$(german "$TMP/german") of $n titles are German"
}
[ "$(sqlite3 "$TMP/german/atlas.db" "SELECT count(*) FROM cluster WHERE summary GLOB
    'Die Leute fragten nach * und wollten Hilfe dabei. *'")" = "$(german "$TMP/german")" ] || {
    sqlite3 "$TMP/german/atlas.db" 'SELECT summary FROM cluster' >&2
    fail "nouns without a capital"
}
jq -r 'select(.kind == "titles").prompt' "$TMP/server/requests.jsonl" >"$TMP/titles"
expect_text "$TMP/titles" "Write summary and title in German."
jq -r 'select(.kind == "facets").prompt' "$TMP/server/requests.jsonl" >"$TMP/facets"
expect_text "$TMP/facets" "One German phrase"
expect_text "$TMP/facets" "German only, whatever the language of the conversation."

# an audit that lets no title through is no lack of people
echo '{"language": "German", "audit": 1}' >"$TMP/server/rules.json"
expect_exit 0 "$CLIO" run --out "$TMP/german" --auditor model --quiet
expect_text "$TMP/err" "groups are withheld, as the audit let none through"
expect_no_text "$TMP/err" "--min-accounts"
echo '{"language": "German"}' >"$TMP/server/rules.json"

# a model that goes on in German where English is asked for: told so, then phrases
rm "$TMP/server/requests.jsonl"
remote "$TMP/english" English
[ "$(german "$TMP/english")" = 0 ] || fail "German titles where English ones are asked for"
[ "$(note "$TMP/english" gap_language)" -gt 0 ] || {
    sqlite3 "$TMP/english/vault.db" "SELECT * FROM stage_note WHERE stage = 'describe'" >&2
    fail "no fault of language was counted"
}
jq -r 'select(.kind == "titles").prompt' "$TMP/server/requests.jsonl" >"$TMP/titles"
expect_text "$TMP/titles" "write title and summary in English."

# what cannot work is refused before anything is read
refused() { # TEXT PROFILE LANGUAGE
    expect_exit 2 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/no" --profile "$2" --model m \
        --language-of-titles "$3"
    expect_text "$TMP/err" "$1"
}
refused "none that CLDR or CLD2 knows" remote Martian
refused "is called German" remote de
refused "needs a model that writes it" none German
refused "needs a model that writes it" embedded German
[ "$(sqlite3 "$TMP/no/vault.db" 'SELECT count(*) FROM conversation')" = 0 ] || fail "it was read"
