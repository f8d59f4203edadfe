#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Mode dp measured: samplers against their laws, the accountant against a second one, sybils,
# membership, time, and what is left of the topics of CLINC150 (CLINC=FILE.tsv, or ../shared) at
# five budgets beside `guarded`. DP_SIZE is tiny (does it run at all), short (minutes) or long
# (hours), DP_PARTS some of accountant, sybils, membership, membership_large, timing, laws and
# utility. RECORD=1 puts the rows into tests/quality/results.csv. Fails when a figure is over its
# bar.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool python3 sqlite3
clinc=${CLINC:-$(shared data/clinc150.tsv)}
exec python3 "$SOURCE/tests/privacy/dp.py" "$CLIO" "$SOURCE" "$TMP" "$clinc" "${DP_SIZE:-short}"
