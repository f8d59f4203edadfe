#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Of a small export of real conversations few titles say nothing ("Various requests", or told apart
# only by a number): tests/quality/titles.sh in one size.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER SHAREGPT
need_tool python3 sqlite3
SIZES=1000 MOST=0.12 "$SOURCE/tests/quality/titles.sh"
