#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same in the profile embedded, with the real model: 600 conversations in CI, elsewhere 300
# for time with the same 200 secrets, denser; or as many as CANARIES says. With the gates off 300
# show that the hunt finds what comes out.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/canaries.sh"
need CLIO EMBEDDER MODEL GATELESS
need_tool sqlite3 python3 curl
few=300
n=${CANARIES:-$few}
if [ "${CI:-}" = true ]; then n=${CANARIES:-600}; fi
plant "$n"
run_line "$CLIO" "$TMP/gated" --profile embedded --model "$MODEL"
collect "$TMP/gated"
expect_none "$TMP/gated"
expect_facets "$TMP/gated" 2
plant $few
run_line "$GATELESS" "$TMP/open" --profile embedded --model "$MODEL" --min-accounts 1 \
    --min-conversations 1 --clusters 100
cp "$TMP/open/atlas.db" "$TMP/open.atlas.db"
expect_some "$TMP/open"
