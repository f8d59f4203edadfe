#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile none: SIGKILL at 50 random moments, then the same atlas byte for byte.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/kill.sh"
kill_test none 900 50 1.5
