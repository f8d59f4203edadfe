#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every program of tools/ that is asked for help says what it is for, and does nothing else; those
# that a new user meets refuse a flag that they do not know. Those that make conversations end with
# a sentence where they are called wrongly.
. "$(dirname "$0")/../lib.sh"
need_tool python3 node
cd "$TMP"
n=0
for tool in "$SOURCE"/tools/*; do
    [ -x "$tool" ] && [ -f "$tool" ] || continue
    name=$(basename "$tool")
    expect_exit 0 timeout 10 "$tool" --help
    expect_text "$TMP/out" "$name"
    [ "$(wc -c <"$TMP/out")" -lt 3000 ] || fail "$name --help is more than help"
    n=$((n + 1))
done
[ "$n" -gt 15 ] || fail "only $n tools were found"
expect_exit 2 "$SOURCE/tools/demo" --fast
expect_exit 2 "$SOURCE/tools/demo-world" --fast
expect_exit 2 "$SOURCE/tools/make-world" --fast
expect_exit 2 "$SOURCE/tools/make-world" 10 --real
for call in build tidy-one progress 'progress a' coverage 'coverage gone' 'build-web --fetch' \
    'format --chek'; do
    # shellcheck disable=SC2086 # several words
    expect_exit 2 timeout 10 "$SOURCE"/tools/$call
    expect_text "$TMP/err" "sage: tools/${call%% *}"
done
(cd "$SOURCE/web" && expect_exit 2 ../tools/coverage && expect_text "$TMP/err" 'Usage: tools/cov')
for call in 'readme-tables --chek' make-word-lists make-sensitive-words 'check-size gone' \
    'check-layers gone'; do
    # shellcheck disable=SC2086
    expect_exit 1 timeout 10 "$SOURCE"/tools/$call
    expect_text "$TMP/err" "${call%% *}: "
    expect_no_text "$TMP/err" Traceback
done
expect_exit 0 "$SOURCE/tools/make-world" 10 5 2
[ "$(wc -l <"$TMP/out")" = 10 ] || fail "make-world 10 makes $(wc -l <"$TMP/out") conversations"

told() { # TEXT COMMAND…
    local text=$1
    shift
    expect_exit 64 "$@"
    expect_text "$TMP/err" "$text"
    expect_no_text "$TMP/err" Traceback
}
printf '[{"id":"a","conversations":[{"from":"human","value":"Sow peas? Or beans, as it is May?"},
    {"from":"gpt","value":"Peas."}]}]' >few.json
echo 'no JSON' >none.json
for arguments in '' few.json 'few.json ten' 'few.json 10 one' 'few.json 10 1 1'; do
    # shellcheck disable=SC2086 # several words
    told 'it wants a ShareGPT file, N' "$SOURCE/tools/make-million" $arguments
done
for file in gone.json none.json; do
    told "$file is not there, or is no ShareGPT file" "$SOURCE/tools/make-million" "$file" 10
    told "$file is not there, or is no ShareGPT file" "$SOURCE/tools/make-rings" 10 --real "$file"
    told "$file is not there, or is no ShareGPT file" "$SOURCE/tools/make-world" 10 --real "$file"
done
echo '[{"id":"a","conversations":[{"from":"human","value":"Sow peas?"}]}]' >thin.json
told 'thin.json has too few texts' "$SOURCE/tools/make-million" thin.json 10
for arguments in ten '10 0' '10 10 1 1' --fast '10 --rings' '10 --rings some' '10 --truth'; do
    # shellcheck disable=SC2086
    told 'are whole numbers' "$SOURCE/tools/make-rings" $arguments
done
told 'there is no directory for gone/truth' "$SOURCE/tools/make-rings" 10 --truth gone/truth
told 'is accounts or both' "$SOURCE/tools/make-rings" 10 --shuffled all
expect_exit 0 "$SOURCE/tools/make-million" few.json 3
[ "$(wc -l <"$TMP/out")" = 3 ] || fail "make-million FILE 3 makes $(wc -l <"$TMP/out")"
# A file is read once, so that it may be a pipe.
expect_exit 0 "$SOURCE/tools/make-million" <(cat few.json) 3
[ "$(wc -l <"$TMP/out")" = 3 ] || fail "make-million makes $(wc -l <"$TMP/out") of a pipe"
expect_exit 0 "$SOURCE/tools/make-rings" 10 10 --rings 0 --real <(cat few.json)

# A reader that has gone, as head when it has enough, is no fault: nothing is said of it.
unread() { # COMMAND…
    python3 -c 'import os, subprocess, sys
reading, writing = os.pipe()
os.close(reading)
subprocess.run(sys.argv[1:], stdout=writing)' "$@" 2>"$TMP/err"
    [ ! -s "$TMP/err" ] || fail "without a reader $1 says: $(tail -n 1 "$TMP/err")"
}
unread "$SOURCE/tools/make-million" few.json 10
unread "$SOURCE/tools/make-rings" 10 10 --rings 0
unread "$SOURCE/tools/make-world" 10
unread "$SOURCE/tools/make-world" --truth
unread "$SOURCE/tools/make-languages"
unread "$SOURCE/tools/check-size"
unread "$SOURCE/tools/check-layers"
unread python3 "$SOURCE/tests/corpus.py" 10
for tool in make-million make-rings make-world make-languages atlas-read; do
    unread "$SOURCE/tools/$tool" --help
done
