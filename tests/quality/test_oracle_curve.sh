#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A cut of tests/quality/oracle_curve.sh: CLINC150 and both planted corpora through profile remote
# with the oracle, without errors, at one and at three in ten, against the same floors.
# shellcheck source=tests/quality/oracle_curve.sh
RATES="0 0.1 0.3" CUT=7 bash "$(dirname "$0")/oracle_curve.sh" clinc150 || exit $?
RATES="0 0.1 0.3" CUT=20 bash "$(dirname "$0")/oracle_curve.sh" ordinary concerning
