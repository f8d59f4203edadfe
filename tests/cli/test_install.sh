#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `make install` puts under a prefix works from there: the command without anything of the
# build directory, its man page and completion, the library by clio.pc. Nothing else is installed,
# no test program above all, and `make uninstall` takes all of it away.
. "$(dirname "$0")/../lib.sh"
need CLIO EMBEDDER
need_tool cmake pkg-config cc
build=$(dirname "$CLIO")
[ -e "$build/cmake_install.cmake" ] || skip "$build is no build directory"
root=$TMP/root prefix=$TMP/root/opt/of\ ours
export DESTDIR=$root
cmake --install "$build" --prefix "/opt/of ours" >"$TMP/out" || fail "cmake --install"
(cd "$prefix" && find . ! -type d | LC_ALL=C sort) >"$TMP/found"
cat >"$TMP/wanted" <<'END'
./bin/clio
./include/clio.h
./include/clio_access.h
./include/clio_safety.h
./lib/libclio.so
./lib/libclio.so.0
./lib/libclio.so.0.1.0
./lib/pkgconfig/clio.pc
./share/bash-completion/completions/clio
./share/doc/clio/LICENSE
./share/doc/clio/LICENSE.llama.cpp
./share/doc/clio/deps.lock
./share/man/man1/clio.1
END
expect_same "$TMP/wanted" "$TMP/found"
if readelf -d "$prefix"/bin/clio "$prefix"/lib/libclio.so | grep -E 'R(UN)?PATH'; then
    fail "what is installed looks for libraries in the build directory"
fi
if LC_ALL=C grep -qF "$build" "$prefix/lib/pkgconfig/clio.pc" "$prefix/share/man/man1/clio.1"; then
    fail "what is installed names the build directory"
fi

"$CLIO" help man | cmp -s - "$prefix/share/man/man1/clio.1" || fail "the man page is not clio's"
bash -c '. "$1" && complete -p clio' - "$prefix/share/bash-completion/completions/clio" \
    >"$TMP/complete" || fail "the completion does not complete"
python3 "$SOURCE/tests/corpus.py" 300 >"$TMP/in.jsonl"
(cd "$TMP" && env -i PATH="$prefix/bin:/usr/bin:/bin" HOME="$TMP" CLIO_MODELS="$DATA/models" \
    clio run in.jsonl --profile none --out run --quiet) || fail "the installed clio does not run"

cat >"$TMP/use.c" <<'END'
#include <clio.h>
int main(int n, char **words)
{
    struct clio_error error;
    struct clio_atlas *atlas;
    if (n != 2 || clio_atlas_open(&atlas, words[1], &error))
        return 1;
    puts(clio_version());
    clio_atlas_close(atlas);
    return 0;
}
END
case $CLIO in
*/release/*) # a sanitizer's library wants the program built with it
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
    [ "$(pkg-config --modversion clio)" = 0.1.0 ] || fail "the version of clio.pc"
    eval "cc -Werror -o '$TMP/use' '$TMP/use.c' $(pkg-config --cflags --libs clio)" ||
        fail "a program of the library does not compile"
    LD_LIBRARY_PATH=$prefix/lib "$TMP/use" "$TMP/run" >"$TMP/version" ||
        fail "a program of the library does not open an atlas"
    expect_text "$TMP/version" 0.1.0
    ;;
esac

sed "s|^|$DESTDIR|" "$build/install_manifest.txt" | xargs -d '\n' rm -f --
[ -z "$(find "$root" ! -type d)" ] || fail "something stays after it is taken away"
