#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile gguf: the paper's steps by a model file in this process. The installed model is too small
# to follow the prompts, which is what a gate must live with: the run ends with a valid atlas, or
# with gaps that are counted, and no text passes that did not go through the gates. Answers are
# kept: nothing is asked twice, and a replay gives the same atlas without a model.
. "$(dirname "$0")/../lib.sh"
need CLIO MODEL EMBEDDER
need_tool python3 sqlite3
python3 "$SOURCE/tests/corpus.py" 20 >"$TMP/corpus.jsonl"
run() { # DIR [flag…]
    "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/$1" --profile gguf --model "$MODEL" --clusters 3 \
        --min-accounts 2 --min-conversations 3 --privacy local "${@:2}" 2>"$TMP/log"
}
ends() { # WANTED… : the status of the last command is one of them
    local status=$?
    case " $* " in *" $status "*) return ;; esac
    tail -n 20 "$TMP/log" >&2
    fail "ended with $status"
}
title_rows() {
    sqlite3 "$1/atlas.db" "SELECT id, parent_id, title, summary FROM cluster ORDER BY id"
}

expect_exit 78 "$CLIO" run "$TMP/corpus.jsonl" --out "$TMP/none" --profile gguf
expect_text "$TMP/err" "profile gguf needs a file: --model FILE.gguf"

run first && ends 0 || ends 5
grep -q "tokens in" "$TMP/log" || fail "the tokens are not said"
[ "$(stat -c %a "$TMP/first/answers.jsonl")" = 600 ] || fail "others may read the answers"
"$CLIO" audit "$TMP/first" >"$TMP/audit" || fail "the finished atlas does not pass its own gates"
[ "$(sqlite3 "$TMP/first/atlas.db" "SELECT value FROM run_info WHERE key = 'profile'")" = gguf ] ||
    fail "the atlas does not say who answered"
asked=$(wc -l <"$TMP/first/answers.jsonl")
[ "$asked" -ge 20 ] || fail "only $asked answers are kept"

# The same run in another directory with those answers: no question is new.
mkdir -m 700 "$TMP/second"
cp "$TMP/first/answers.jsonl" "$TMP/second/"
run second && ends 0 || ends 5
[ "$(wc -l <"$TMP/second/answers.jsonl")" = "$asked" ] || fail "a question was asked twice"
title_rows "$TMP/first" >"$TMP/a"
title_rows "$TMP/second" >"$TMP/b"
expect_same "$TMP/a" "$TMP/b"

# A replay needs no model; an answer that is not there ends it with a sentence.
mkdir -m 700 "$TMP/third" "$TMP/fourth"
cp "$TMP/first/answers.jsonl" "$TMP/third/"
run third --provider replay && ends 0 || ends 5
title_rows "$TMP/third" >"$TMP/c"
expect_same "$TMP/a" "$TMP/c"
head -n 3 "$TMP/first/answers.jsonl" >"$TMP/fourth/answers.jsonl"
run fourth --provider replay && fail "answers came from nowhere" || ends 66
expect_text "$TMP/log" "holds no answer to a question"

# A ceiling of time: what is there becomes an atlas, and the rest is said.
run fifth --max-time 0.0001 && fail "the ceiling was not seen" || ends 4
expect_text "$TMP/log" "not-asked"
[ -s "$TMP/fifth/atlas.db" ] || fail "there is no atlas"
