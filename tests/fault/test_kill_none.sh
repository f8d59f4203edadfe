#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Profile none: SIGKILL at random moments (KILLS, 20; `make fault` takes 50), then the same atlas
# byte for byte.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/kill.sh"
kill_test none 900 "${KILLS:-20}" 1.5
