#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every verb explains itself with an example; the man page and the completion come from the same
# tables and are well-formed.
. "$(dirname "$0")/../lib.sh"
need CLIO
"$CLIO" --help >"$TMP/help"
verbs=$(sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' "$TMP/help")
[ "$(wc -w <<<"$verbs")" -ge 18 ] || fail "verbs are missing: $verbs"
for verb in $verbs; do
    expect_exit 0 "$CLIO" "$verb" --help
    expect_text "$TMP/out" "examples:"
    expect_text "$TMP/out" "clio $verb"
done
"$CLIO" help man >"$TMP/clio.1"
for verb in $verbs; do expect_text "$TMP/clio.1" ".SS clio $verb"; done
expect_text "$TMP/clio.1" "\\-\\-min\\-accounts"
if command -v man >/dev/null && man --version >/dev/null 2>&1; then
    MANROFFSEQ='' man --warnings -E UTF-8 -l "$TMP/clio.1" >"$TMP/page" 2>"$TMP/warnings" || true
    [ ! -s "$TMP/warnings" ] || { cat "$TMP/warnings" >&2; fail "the man page has faults"; }
fi
"$CLIO" help bash >"$TMP/complete.bash"
bash -n "$TMP/complete.bash"
export PATH=${CLIO%/*}:$PATH
completed=$(bash -c 'source "$1"; COMP_WORDS=(clio run --profile n); COMP_CWORD=3; _clio
    printf "%s\n" "${COMPREPLY[@]}"' - "$TMP/complete.bash")
[ "$completed" = none ] || fail "bash completed \"--profile n\" to \"$completed\""
need_tool zsh fish
"$CLIO" help zsh >"$TMP/_clio"
zsh -n "$TMP/_clio"
mkdir -p "$TMP/home"
HOME=$TMP/home zsh -fc 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -u -D
    [ "${_comps[clio]}" = _clio ]' - "$TMP" || fail "zsh does not know the completion"
"$CLIO" help fish >"$TMP/clio.fish"
fish -n "$TMP/clio.fish"
HOME=$TMP/home fish -c 'source $argv[1]; complete -C "clio run --profile "' "$TMP/clio.fish" \
    >"$TMP/fish"
expect_text "$TMP/fish" embedded
expect_exit 2 "$CLIO" help csh
