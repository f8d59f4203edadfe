# SPDX-License-Identifier: Apache-2.0
# An address that does not say who may have it does not compile.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/plant.sh"
need_tool gcc
copy_tree
compile() {
    gcc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I"$TREE/src" \
        "$TREE/src/serve/route.c"
}
plant() { # the row of /tree becomes this
    sed "s|^    GET(\"/tree\", .*|    $1,|" "$SOURCE/src/serve/route.c" >"$TREE/src/serve/route.c"
    grep -qF "$1" "$TREE/src/serve/route.c" || fail "nothing was planted"
}
compile || fail "the table does not compile as it is"
plant 'GET("/tree", ROUTE_PAGE, HTML)'
objects 'requires 4 arguments' compile
plant 'GET("/tree", ROUTE_PAGE, HTML, 0)'
objects 'is negative' compile
plant 'GET("/tree", ROUTE_PAGE, HTML, ROLE_VIEWER)'
compile || fail "a row that says it does not compile"
