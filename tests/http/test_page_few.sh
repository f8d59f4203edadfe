#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The explorer over runs of one group and of none (tests/browser/few.mjs), as small files give them.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool chromium node
[ -d "$SOURCE/web/node_modules/playwright-core" ] || skip "web/node_modules (tools/build-web)"
for i in $(seq 40); do
    printf '{"user": "u%d", "text": "How do I bake rye bread with %d g of %s at home?"}\n' \
        $((i % 20)) $((i * 7)) "$(cut -d' ' -f$((i % 5 + 1)) <<<"salt seeds honey milk butter")"
done >"$TMP/one.jsonl"
head -n 8 "$TMP/one.jsonl" >"$TMP/none.jsonl"
for name in one none; do
    "$CLIO" run "$TMP/$name.jsonl" --out "$TMP/$name" --profile none --quiet 2>"$TMP/err" ||
        fail "$(cat "$TMP/err")"
    "$CLIO" report "$TMP/$name" -o "$TMP/$name.html"
done
node "$SOURCE/tests/browser/few.mjs" "$TMP/one.html" "$TMP/none.html"
