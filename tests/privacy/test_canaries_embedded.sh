#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The same in the profile embedded, with the real model. 2,000 conversations when CANARIES is 2000
# (`make soak`), else 300 for time: the same 200 secrets, denser.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/canaries.sh"
need CLIO EMBEDDER MODEL GATELESS
need_tool sqlite3 python3 curl
plant "${CANARIES:-300}"
run_line "$CLIO" "$TMP/gated" --profile embedded --model "$MODEL"
collect "$TMP/gated"
expect_none "$TMP/gated"
expect_facets "$TMP/gated" 2
run_line "$GATELESS" "$TMP/open" --profile embedded --model "$MODEL" --min-accounts 1 \
    --min-conversations 1 --clusters 100
cp "$TMP/open/atlas.db" "$TMP/open.atlas.db"
expect_some "$TMP/open"
