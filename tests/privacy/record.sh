# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that have figures to record: `record CASE METRIC COUNT OF` puts a share with its
# exact 95 % interval (Clopper and Pearson) in place of the row in tests/quality/results.csv, when
# RECORD=1. A row of more trials stays, unless RECORD_SMALLER=1.
# shellcheck shell=bash
record() {
    [ "${RECORD:-}" = 1 ] || return 0
    python3 "$SOURCE/tests/privacy/record.py" "$SOURCE/tests/quality/results.csv" "$@"
}
