#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every gate that a release may name (privacy/label.c) has a sentence on the page (gates.ts).
. "$(dirname "$0")/../lib.sh"
names=$(sed -n '/^static const char \*gates_of/,/^}/p' "$SOURCE/src/privacy/label.c" |
    grep -v config_ | grep -o '"[a-z.%-]*[.][a-z.%-]*"' | tr -d '"' | sed 's/%s//g' | tr . '\n' |
    sort -u | sed '/^$/d')
[ "$(wc -w <<<"$names")" -ge 10 ] || fail "the gates are not found: $names"
for name in $names; do
    grep -qE "^  '?$name'?: " "$SOURCE/web/src/gates.ts" || fail "the page has no words for $name"
done
