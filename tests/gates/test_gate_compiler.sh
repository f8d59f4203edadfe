# SPDX-License-Identifier: Apache-2.0
# The compiler's gates are seen objecting: banned calls, GCC's analyser, cppcheck, clang-tidy.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/plant.sh"
need_tool gcc cppcheck clang-tidy
flags=$(sed -n 's/.*-Wno-analyzer-\([a-z-]*\).*/-Wno-analyzer-\1/p' "$SOURCE/cmake/warnings.cmake")

compile() { gcc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -I"$SOURCE/src" "$@"; }

printf '#include <string.h>\nvoid f(char *to, const char *from);\n%s\n' \
    'void f(char *to, const char *from) { strcpy(to, from); }' >"$TMP/copy.c"
objects 'poisoned "strcpy"' compile -include "$SOURCE/src/base/banned.h" -c "$TMP/copy.c" \
    -o "$TMP/copy.o"

# To an object: with -fsyntax-only the analyser reports nothing.
cat >"$TMP/twice.c" <<'END'
#include <stdlib.h>
void twice(int n);
void twice(int n)
{
    char *p = malloc(8);
    free(p);
    if (n > 3)
        free(p);
}
END
# shellcheck disable=SC2086 # one flag a word
objects 'analyzer-double-free' compile -fanalyzer $flags -c "$TMP/twice.c" -o "$TMP/twice.o"

# What the error macros tell the compiler: a value set on success is set behind `if (!rc)`.
cat >"$TMP/chain.c" <<'END'
#include "base/err.h"
int first(int x, int *out, struct err *err);
int chain(int x, struct err *err);
int first(int x, int *out, struct err *err)
{
    if (x < 0)
        return err_set(err, ERR_DATA, "below 0");
    *out = x;
    return 0;
}
int chain(int x, struct err *err)
{
    int value;
    int rc = first(x, &value, err);
    return rc ? rc : value;
}
END
# shellcheck disable=SC2086
compile -O2 -fanalyzer $flags -c "$TMP/chain.c" -o "$TMP/chain.o" || fail "a chain looks unsafe"

printf 'int f(int x);\nint f(int x)\n{\n    int a[4] = { 0 };\n    %s\n}\n' \
    'char *p = (char *)0; if (x == 0) { *p = 1; } return 8 / (x - x) + a[0];' >"$TMP/zero.c"
objects 'zerodiv' cppcheck -q --enable=warning,portability --error-exitcode=1 "$TMP/zero.c"

printf 'double f(int n);\ndouble f(int n)\n{\n    return 0.5 * (n / 2);\n}\n' >"$TMP/half.c"
cp "$SOURCE/.clang-tidy" "$TMP/.clang-tidy"
objects 'bugprone-integer-division' clang-tidy -quiet "$TMP/half.c" -- -std=gnu17 -w
