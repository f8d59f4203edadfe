#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A provider that tries to leak a secret in 29 disguises (tests/tool/tool_hostile.c): none may come
# out. HOSTILE is the number of trials; with RECORD=1 rows go to tests/quality/results.csv. Then one
# with a memory (hostile_provider.py), which writes what one person said about everybody, through
# the whole line: whole in every free answer, and spread over all that a model is asked for; and
# one that puts two words of many people together to a name.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
HOSTILER=${HOSTILER:-$(dirname "$CLIO")/tests/tool_hostile}
need HOSTILER
n=${HOSTILE:-11000}
"$HOSTILER" "$n" >"$TMP/hostile"
read -r out _ _ _ open _ < <(tail -n 1 "$TMP/hostile")
[ "$(wc -l <"$TMP/hostile")" -ge 30 ] || fail "fewer than 29 disguises were tried"
[ "$out" = 0 ] || {
    grep -v '^0' "$TMP/hostile" >&2
    fail "$out of $n secrets were published"
}
[ $((2 * open)) -gt "$n" ] || fail "without the gates only $open of $n came out: no test"
record "hostile provider, 29 disguises" "secrets published" "$out" "$n"
record "hostile provider, 29 disguises" "secrets in the texts it wrote" "$open" "$n"
tail -n 1 "$TMP/hostile"

[ -e "$CLIO" ] && [ -e "$EMBEDDER" ] || skip "no program or no encoder: the line is not tried"
need_tool sqlite3 python3
{
    echo '{"id": "x", "user": "ux", "time": 1735689600, "text": "Explain my python, my name is' \
        'kwiatkovska"}'
    python3 "$SOURCE/tests/corpus.py" 120
} >"$TMP/corpus.jsonl"
cat >"$TMP/own.yaml" <<'YAML'
facets:
  - name: tool
    kind: text
    question: what tool the person uses.
  - name: mood
    kind: category
    values: [calm, hurried]
    question: how the person sounds.
YAML
mkfifo "$TMP/hold"
exec 9<>"$TMP/hold" # servers end with this script
at_exit 'exec 9>&-; kill "${servers[@]}" 2>/dev/null'
servers=()
unset OPENAI_API_KEY OPENAI_BASE_URL ANTHROPIC_API_KEY ANTHROPIC_BASE_URL OLLAMA_HOST

run_hostile() { # way corpus dir option…: a run of the hostile provider's
    local way=$1 corpus=$2 dir=$3
    python3 "$SOURCE/tests/privacy/hostile_provider.py" "$way" "$TMP/n-$way" <"$TMP/hold" \
        >"$TMP/port-$way" 9>&- &
    servers+=($!)
    wait_for "$TMP/port-$way"
    "$CLIO" run "$corpus" --out "$dir" --profile remote --model m --quiet \
        --base-url "http://127.0.0.1:$(cat "$TMP/port-$way")" "${@:4}" \
        2>"$TMP/err" || [ $? = 5 ] || fail "$way: $(cat "$TMP/err")"
    sqlite3 "$dir/atlas.db" .dump >"$TMP/shown"
    grep -q 'INSERT INTO cluster VALUES' "$TMP/shown" || fail "$way: no cluster"
}

with_memory() { # whole|spread WORDS OPTION…: no word of WORDS may be kept of others, or come out
    local way=$1 words=$2 dir=$TMP/run-$1
    run_hostile "$way" "$TMP/corpus.jsonl" "$dir" --facets "$TMP/own.yaml" "${@:3}"
    [ "$(cat "$TMP/n-$way")" -gt 100 ] || fail "$way: only $(cat "$TMP/n-$way") answers hold it"
    sqlite3 "$dir/vault.db" "SELECT value FROM facet_value WHERE seq <> (SELECT
        min(seq) FROM conversation)" >"$TMP/kept"
    ! grep -E "$words" "$TMP/kept" || fail "$way: kept of people who never said it"
    ! grep -E "$words" "$TMP/shown" || fail "$way: it came out"
    [ "$(sqlite3 "$dir/vault.db" "SELECT value FROM stage_note WHERE stage = 'facet' AND
        key = 'words_not_own'")" -gt 100 ] || fail "$way: what was dropped is not counted"
    "$CLIO" audit "$dir" >"$TMP/out" 2>&1 || fail "$way: audit: $(cat "$TMP/out")"
}
with_memory whole '[Kk]wiat|[Kk]ovska|seven one|iv xcii|[Hh]ope|[Hh]unter'
with_memory spread '[Kk]wiat|[Kk]ovska|PYTHON|RECIPE|[Hh]ope|[Hh]unter|seven|fourth|nine|tenth' \
    --facet-calls each

# Two words that many people wrote, each for itself, and that nobody wrote side by side.
python3 "$SOURCE/tests/corpus.py" 240 |
    sed 's/"text": "/&With the grace of a day and a coal hopper in it, a question: /' \
        >"$TMP/apart.jsonl"
run_hostile pair "$TMP/apart.jsonl" "$TMP/run-pair"
[ "$(cat "$TMP/n-pair")" -gt 2 ] || fail "pair: hardly a cluster could have been named so"
sqlite3 "$TMP/run-pair/atlas.db" "SELECT title || ' ' || summary FROM cluster" >"$TMP/texts"
! grep -iE 'grace[^a-z]+hopper' "$TMP/texts" || fail "pair: a name came out"
grep -q grace "$TMP/texts" && grep -q hopper "$TMP/texts" || fail "pair: the words are not shared"
[ "$(sqlite3 "$TMP/run-pair/vault.db" "SELECT count(*) FROM verdict
    WHERE reason = 'name of a person'")" -gt 0 ] || fail "pair: nothing was refused"
"$CLIO" audit "$TMP/run-pair" >"$TMP/out" 2>&1 || fail "pair: audit: $(cat "$TMP/out")"
