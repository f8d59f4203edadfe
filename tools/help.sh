# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts beside it: asked for help they print the comment at their head, and do
# nothing else.
# shellcheck shell=bash
help() { sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$help_of"; }
help_of=$(realpath "$0") # also where a script has gone elsewhere since
case ${1:-} in
-h | --help)
    help
    exit 0
    ;;
esac
usage() { # for one that was called wrongly
    help >&2
    exit 2
}
