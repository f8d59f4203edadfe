#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every program of tools/ that is asked for help says what it is for, and does nothing else; those
# that a new user meets refuse a flag that they do not know.
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
expect_exit 0 "$SOURCE/tools/make-world" 10 5 2
[ "$(wc -l <"$TMP/out")" = 10 ] || fail "make-world 10 makes $(wc -l <"$TMP/out") conversations"
