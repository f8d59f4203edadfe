# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it: asked for help they print the comment at their head, and do
# nothing else.
# shellcheck shell=bash
case ${1:-} in
-h | --help)
    sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac
