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
# a verb shows the flags that mean something to it, each with a line, and refuses the others
"$CLIO" tree --help >"$TMP/out"
expect_text "$TMP/out" "--json"
expect_no_text "$TMP/out" "--min-accounts"
expect_exit 2 "$CLIO" tree nowhere --min-accounts 50
expect_text "$TMP/err" "--min-accounts means nothing to clio tree"
for verb in 'report nowhere -o page.html' 'serve nowhere' bench; do # which write none
    # shellcheck disable=SC2086 # several words
    expect_exit 2 "$CLIO" $verb --json
    expect_text "$TMP/err" "--json means nothing to clio ${verb%% *}"
done
for verb in facet describe hierarchy screen; do
    "$CLIO" "$verb" --help >"$TMP/out"
    expect_no_text "$TMP/out" --json
done
for verb in check bench; do
    expect_exit 2 "$CLIO" "$verb" demo
    expect_text "$TMP/err" "clio $verb takes flags alone"
done
expect_exit 2 "$CLIO" --quiet tree nowhere
expect_text "$TMP/err" "the verb comes first"
expect_exit 2 "$CLIO" help --min-accounts 50
expect_text "$TMP/err" "clio help knows no flag --min-accounts"
"$CLIO" serve --help >"$TMP/out"
grep -qE '^  --uds PATH +Unix socket' "$TMP/out" || fail "a flag of the verb's own has no line"
# a short page of the flags most used, and every one in groups with --help all
"$CLIO" run --help >"$TMP/out"
expect_text "$TMP/out" "--min-accounts"
expect_no_text "$TMP/out" "--retry-wait"
expect_text "$TMP/out" "clio run --help all"
"$CLIO" help man | sed -n 's/^\.B \\-\\-\([a-z\\-]*\) .*/\1/p' | tr -d '\\' | sort >"$TMP/flags"
[ "$(wc -l <"$TMP/flags")" -ge 60 ] || fail "the man page lacks flags"
flags_of() { "$CLIO" "$@" | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort; }
# all but --yes and --replay, flags of its own, are in the man page as settings
for ask in 'run --help all' 'run --help=all' 'help run all'; do
    # shellcheck disable=SC2086
    flags_of $ask | grep -vxE 'yes|replay' | diff "$TMP/flags" - >"$TMP/diff" ||
        { cat "$TMP/diff" >&2; fail "clio $ask"; }
done
if "$CLIO" run --help all | grep -q '^more:'; then fail "a flag is in no group (cli/flags.c)"; fi
for verb in $verbs; do # no short page is long, none names what the long one lacks
    flags_of "$verb" --help all >"$TMP/all"
    [ "$(flags_of "$verb" --help | tee "$TMP/short" | wc -l)" -le 18 ] ||
        fail "clio $verb --help lists $(wc -l <"$TMP/short") flags"
    [ -z "$(comm -23 "$TMP/short" "$TMP/all")" ] || fail "clio $verb --help all is not all"
    wide=$("$CLIO" "$verb" --help all | grep -vE '^  clio |^usage: ' | grep -E '.{81}' || true)
    [ -z "$wide" ] || fail "clio $verb --help is wider than 80 columns: $wide"
done
expect_exit 2 "$CLIO" help run nonsense
for verb in $verbs; do # every flag of the usage line is explained
    "$CLIO" "$verb" --help >"$TMP/out"
    for flag in $(head -n 1 "$TMP/out" | grep -oE -- '--[a-z]+'); do
        grep -qE "^  $flag " "$TMP/out" || fail "clio $verb --help does not explain $flag"
    done
    # its example of a variable is one of these flags
    flag=$(sed -n 's/^Each is also a variable: \(--[a-z-]*\) is CLIO_[A-Z_]*\.$/\1/p' "$TMP/out")
    [ "$verb" = help ] || grep -qE "^  $flag( |\$)" "$TMP/out" || fail "clio $verb has no $flag"
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
