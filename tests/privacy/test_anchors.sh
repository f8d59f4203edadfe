#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Patterns are looked for only around anchors (scan/anchor.h). Of each pattern TEXTS (2,000) random
# matches are made out of its expression and put between other bytes: around anchors the same is
# found as all over the text, which needs no anchor. A pattern whose anchor was forgotten fails.
. "$(dirname "$0")/../lib.sh"
need CLIO
need_tool python3
tool=$(dirname "$CLIO")/tests/tool_anchor
texts=${TEXTS:-2000}
"$tool" patterns >"$TMP/patterns"
python3 "$SOURCE/tests/privacy/anchors.py" make "$texts" "${SEED:-1}" <"$TMP/patterns" |
    "$tool" check >"$TMP/checked"
python3 "$SOURCE/tests/privacy/anchors.py" judge "$texts" <"$TMP/checked" || fail "anchors"
