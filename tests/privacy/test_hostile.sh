#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A provider that tries to leak a secret in 27 disguises (tests/tool/tool_hostile.c): none may come
# out. HOSTILE is the number of trials; with RECORD=1 rows go to tests/quality/results.csv. Then one
# with a memory (hostile_provider.py), which writes what one person said about everybody, through
# the whole line: whole in every free answer, and spread over all that a model is asked for.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
HOSTILER=${HOSTILER:-$(dirname "$CLIO")/tests/tool_hostile}
need HOSTILER
n=${HOSTILE:-11000}
"$HOSTILER" "$n" >"$TMP/hostile"
read -r out _ _ _ open _ < <(tail -n 1 "$TMP/hostile")
[ "$(wc -l <"$TMP/hostile")" -ge 28 ] || fail "fewer than 27 disguises were tried"
[ "$out" = 0 ] || {
    grep -v '^0' "$TMP/hostile" >&2
    fail "$out of $n secrets were published"
}
[ $((2 * open)) -gt "$n" ] || fail "without the gates only $open of $n came out: no test"
record "hostile provider, 27 disguises" "secrets published" "$out" "$n"
record "hostile provider, 27 disguises" "secrets in the texts it wrote" "$open" "$n"
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

with_memory() { # whole|spread WORDS OPTION…: no word of WORDS may be kept of others, or come out
    local way=$1 words=$2 dir=$TMP/run-$1
    python3 "$SOURCE/tests/privacy/hostile_provider.py" "$way" "$TMP/n-$way" <"$TMP/hold" \
        >"$TMP/port-$way" 9>&- &
    servers+=($!)
    wait_for "$TMP/port-$way"
    "$CLIO" run "$TMP/corpus.jsonl" --out "$dir" --profile remote --model m --quiet \
        --base-url "http://127.0.0.1:$(cat "$TMP/port-$way")" --facets "$TMP/own.yaml" "${@:3}" \
        2>"$TMP/err" || [ $? = 5 ] || fail "$way: $(cat "$TMP/err")"
    [ "$(cat "$TMP/n-$way")" -gt 100 ] || fail "$way: only $(cat "$TMP/n-$way") answers hold it"
    sqlite3 "$dir/vault.db" "SELECT value FROM facet_value WHERE seq <> (SELECT
        min(seq) FROM conversation)" >"$TMP/kept"
    ! grep -E "$words" "$TMP/kept" || fail "$way: kept of people who never said it"
    sqlite3 "$dir/atlas.db" .dump >"$TMP/shown"
    grep -q 'INSERT INTO cluster VALUES' "$TMP/shown" || fail "$way: no cluster"
    ! grep -E "$words" "$TMP/shown" || fail "$way: it came out"
    [ "$(sqlite3 "$dir/vault.db" "SELECT value FROM stage_note WHERE stage = 'facet' AND
        key = 'words_not_own'")" -gt 100 ] || fail "$way: what was dropped is not counted"
    "$CLIO" audit "$dir" >"$TMP/out" 2>&1 || fail "$way: audit: $(cat "$TMP/out")"
}
with_memory whole '[Kk]wiat|[Kk]ovska|seven one|iv xcii|[Hh]ope|[Hh]unter'
with_memory spread '[Kk]wiat|[Kk]ovska|PYTHON|RECIPE|[Hh]ope|[Hh]unter|seven|fourth|nine|tenth' \
    --facet-calls each
