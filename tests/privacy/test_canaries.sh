#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# 200 planted secrets in 2,000 conversations, profile none, two trees: nothing comes out of either;
# with the gates off something does. TIMES and CONVERSATIONS make it larger: 50 times in 100,000 is
# the long test.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/record.sh"
. "$(dirname "$0")/canaries.sh"
need CLIO EMBEDDER GATELESS
need_tool sqlite3 python3 curl
plant "${CONVERSATIONS:-2000}" "${TIMES:-1}"
run_line "$CLIO" "$TMP/gated" --profile none --cluster-facet request,task
"$CLIO" tree "$TMP/gated" --of task >"$TMP/gated.task"
"$CLIO" export "$TMP/gated" --of task --format csv >>"$TMP/gated.task"
collect "$TMP/gated"
expect_none "$TMP/gated"
with_pattern=$((140 * ${TIMES:-1}))
expect_facets "$TMP/gated" $((2 * ${TIMES:-1}))
[ $((1000 * n_in_facets)) -le $with_pattern ] ||
    fail "$n_in_facets of $with_pattern secrets with a pattern are in the facets, 1 in 1,000 may be"
run_line "$GATELESS" "$TMP/open" --profile none --min-accounts 1 --min-conversations 1 \
    --clusters 400
cp "$TMP/open/atlas.db" "$TMP/open.atlas.db"
expect_some "$TMP/open"
record "canaries, $((200 * ${TIMES:-1})) in ${CONVERSATIONS:-2000} conversations" \
    "secrets in anything that a reader can see" 0 $((200 * ${TIMES:-1}))
record "canaries, $((200 * ${TIMES:-1})) in ${CONVERSATIONS:-2000} conversations" \
    "secrets with a pattern left in the facets" "$n_in_facets" $with_pattern
