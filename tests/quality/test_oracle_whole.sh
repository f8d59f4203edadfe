#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tests/quality/oracle_curve.sh on two corpora as a whole, without errors and at three in ten: what
# the gates take out of titles depends on how many say a word, so that a cut does not show it.
# shellcheck source=tests/quality/oracle_curve.sh
RATES="0 0.3" bash "$(dirname "$0")/oracle_curve.sh" clinc150 concerning
